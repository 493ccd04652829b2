//! Starts and stops the server, and finds the program that holds the port.
//!
//! | module | what it is for |
//! |---|---|
//! | `server` | the handle of the server, and the one task that changes its status |
//! | `run` | one run, from its listening sockets to its last connection |
//! | `drain` | ends the streams one by one before a stop |
//! | `listen` | the listening sockets |
//! | `extra` | those that are opened while the server runs, for who answers a mount |
//! | `port_holder` | the program that holds a port that is taken |
//! | `signals` | the signals that ask a program to end |
//! | `tasks` | what the server does by itself, whether or not it runs |

mod drain;
mod extra;
mod listen;
mod port_holder;
mod run;
mod server;
mod signals;
mod tasks;

pub use server::Server;
pub use signals::{Asked, Signals, asked_to_end};
