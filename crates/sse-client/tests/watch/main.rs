//! Watches of real servers on this machine, which answer byte by byte as a test has it.

mod bad;
mod body;
mod curl;
mod encodings;
mod http2;
mod pass;
mod proxies;
mod redirects;
mod request;
mod support;
mod trust;
