//! What a case needs besides its answers.

use serde::{Deserialize, Serialize};

use crate::observation::Asked;

/// What a case needs besides its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// What it needs the second listener of its run for.
    pub second: Second,
    /// So many clients at once; 0 and 1 are one.
    pub clients: usize,
    /// One of these fields in the head of the first request, in small letters; it may be empty.
    pub fields: Vec<String>,
    /// What is said of a client that sends none of them, as a sentence.
    pub without: String,
}

/// What a case needs the second listener of its run for: another origin, or one that can be closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabSecond"))]
pub enum Second {
    /// For nothing.
    #[default]
    Unused,
    /// It redirects there: `{second}` in the fault `redirect` is its URL there.
    Redirect,
    /// Its URL is there.
    Url,
}

impl Needs {
    /// What is said of a client whose first request brings nothing that the case could be about.
    pub(crate) fn missing(&self, first: &Asked) -> Option<&str> {
        let mut fields = self.fields.iter();
        let is_there = fields.any(|name| first.values(name).next().is_some());
        (!self.fields.is_empty() && !is_there).then_some(&*self.without)
    }
}
