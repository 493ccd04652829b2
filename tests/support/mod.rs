//! What the end-to-end tests share: a desktop of their own, the app on it, eyes and hands for
//! window, menu and browser.
//!
//! Every test works on the real program and sees only what a person, a browser or a socket can see.
//! Nothing here reaches into the app's code, and nothing waits for a length of time: it waits for
//! what shall happen, with a deadline.

// Each file in tests/ is a program of its own and uses a part of this.
#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod app;
pub(crate) mod cut;
pub(crate) mod desktop;
pub(crate) mod engine;
pub(crate) mod foreign;
pub(crate) mod front_end;
pub(crate) mod http;
pub(crate) mod lab;
pub(crate) mod menu;
pub(crate) mod outcomes;
pub(crate) mod page;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod sandbox;
pub(crate) mod second_client;
pub(crate) mod settings;
pub(crate) mod story;
pub(crate) mod usage;
pub(crate) mod wait;
pub(crate) mod walk;
pub(crate) mod webdriver;
