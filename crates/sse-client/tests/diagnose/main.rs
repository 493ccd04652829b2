//! The diagnosis of a watched stream, with made-up instants: each rule where it fires and where it
//! is silent, streams that are good, a watch of a day, and any bytes in any pieces.

mod details;
mod documents;
mod good;
mod memory;
mod properties;
mod rules;
mod support;
