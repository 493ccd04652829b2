//! Starts and stops the server, and finds who has the port.
//!
//! | module | what it is for |
//! |---|---|
//! | `server` | the handle that everybody holds, and the one task that changes the state |
//! | `run` | one run, from its listening sockets to its last connection |
//! | `listen`, `port_holder` | the listening sockets; who holds a port that is taken |
//! | `signals` | what asks a program to end |

mod listen;
mod port_holder;
mod run;
mod server;
mod signals;

pub use server::Server;
pub use signals::asked_to_end;
