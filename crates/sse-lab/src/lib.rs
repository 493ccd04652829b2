//! The lab: what does a client of event streams really do?
//!
//! A [`Case`] is data: what the server does, what the client must do, and how that is judged. A
//! client is judged by what it asks for next, and when: the last event id that it brings tells how
//! it read what came before, the delay tells how it read `retry`, and the number of its requests
//! tells whether it gave up. Nothing of ours is in the client. What no server can see, such as the
//! data of its events, a client can report: see [`Report`].
//!
//! How it works together: [`cases`] are played to clients by a [`Lab`], which answers below `/lab`
//! of a server (its [`mounts`](Lab::mounts) go into the server's configuration). A client walks the
//! tour, which is one URL for many cases, or visits a case by the case's own URL. Each walks under
//! a name, and what came is kept by that name. [`Lab::view`] has the verdicts, at any time.

mod case;
mod error;
mod judge;
mod lab;
mod observation;
mod profile;
mod report;
mod rpc;
mod run;
mod verdict;
mod view;

pub use case::{
    Answer, Aside, Ask, Case, Field, Heads, IdText, Must, Needs, Question, Second, ShownEvent,
    Told, cases, tour,
};
pub use error::Error;
pub use judge::judge;
pub use lab::Lab;
pub use observation::{Asked, Ended, Ender, Observation};
pub use profile::Profile;
pub use report::{Report, Reported, ReportedEvent, Reports};
pub use verdict::Verdict;
pub use view::{
    CaseSentView, CaseView, ListedCase, ReportView, RequestView, RunView, SentView, VerdictView,
};
