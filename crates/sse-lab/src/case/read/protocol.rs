//! The questions of protocols on top of event streams, as they are written.

use serde::Deserialize;

use super::WrittenAsk;
use crate::case::{Heads, Question};

/// Which requests are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHeads {
    method: Option<String>,
    behind: Option<String>,
}

/// The question, where it is one of these.
pub(super) fn question(ask: &mut WrittenAsk) -> Option<Question> {
    if let Some(heads) = ask.heads.take() {
        let fields = std::mem::take(&mut ask.fields).into_iter();
        return Some(Question::Heads(Heads {
            method: heads.method,
            behind: heads.behind,
            fields: fields.map(super::WrittenField::field).collect(),
        }));
    }
    let rest = [
        ask.by.take().map(Question::By),
        ask.again_or_shows.take().map(Question::AgainOrShows),
        ask.anew.then_some(Question::Anew),
    ];
    rest.into_iter().flatten().next()
}
