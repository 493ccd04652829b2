//! A request, from the guard to its answer.
//!
//! | module | what it is for |
//! |---|---|
//! | `service` | the way of a request: guard, lookup, handler, and the marks that every answer gets |
//! | `context` | what the handlers work with |
//! | `lookup` | what a path leads to |
//! | `visitor` | who asks for a stream |
//! | `answer`, `head` | what is answered, and what the head of a stream says |
//! | `streams`, `topics`, `publish`, `body` | streams and topics |
//! | `api`, `state`, `page` | what the page needs, and the page |

mod answer;
mod api;
mod body;
mod context;
mod head;
mod lookup;
mod page;
mod publish;
mod service;
mod state;
mod streams;
mod topics;
mod visitor;

pub(crate) use answer::ONE_CODING;
pub(crate) use body::Room;
pub(crate) use context::Context;
pub(crate) use head::{bytes as head_bytes, framing};
pub(crate) use page::is_file;
#[cfg(fuzzing)]
pub(crate) use publish::{Fields, Kind};
pub(crate) use service::App;
pub use state::StateView;
