//! What a case answers beside its turns: what a protocol needs around the request that the case is
//! about, such as MCP's `initialize`.

use sse_engine::stream::{Condition, Request};

use super::Answer;

/// An answer to requests that are no turn of the case. Of several that fit, the first one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Which requests it answers.
    pub when: Condition,
    /// Whether these bring a last event id; nothing where both do.
    pub brings_id: Option<bool>,
    /// Whether it answers only until the answer to the first turn has ended. What comes then is a
    /// return, and the case is about it.
    pub at_first: bool,
    /// What it answers.
    pub answer: Answer,
}

impl Aside {
    /// Whether it answers this request.
    pub(crate) fn fits(&self, request: &Request, brings_id: bool, is_first_over: bool) -> bool {
        // A condition that cannot be told of a request was not meant for it.
        let is_meant = || self.when.holds(request).unwrap_or(false);
        self.brings_id.is_none_or(|brings| brings == brings_id)
            && !(self.at_first && is_first_over)
            && is_meant()
    }
}
