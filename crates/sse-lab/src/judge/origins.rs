//! What a client does at another origin, and at one that is closed for a time; and what it does
//! with its secrets.

use super::seen::{Open, Seen};
use super::words::{list, time};
use crate::verdict::Verdict;

/// The fields that are secrets of one origin.
const SECRETS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

impl Seen<'_> {
    /// Whether its page asked before it came back.
    pub(super) fn preflight(&self) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        // What it asks later changes nothing.
        let mut preflights = self.observation.preflights.iter();
        Ok(match preflights.any(|at| *at <= back.at) {
            false => Verdict::Wrong(
                "It came back with its id, and did not ask first (OPTIONS).".to_owned(),
            ),
            true => Verdict::Right,
        })
    }

    /// Whether it left its secrets behind where it was redirected.
    pub(super) fn no_leak(&self) -> Result<Verdict, Open> {
        let stayed = || {
            let words = "It did not follow the redirect, so it sent nothing there.";
            Verdict::NotReached(words.to_owned())
        };
        let back = match self.back() {
            Ok((back, _)) if back.second => back,
            Ok(_) | Err(Some(Verdict::Wrong(_))) => return Ok(stayed()),
            Err(open) => return Err(open),
        };
        let sent = SECRETS.iter().filter(|name| back.values(name).count() > 0);
        let sent: Vec<_> = sent.map(|name| (*name).to_owned()).collect();
        Ok(match &*sent {
            [] => Verdict::Right,
            _ => Verdict::Wrong(format!(
                "It sent {} to another origin.",
                list(sent.into_iter())
            )),
        })
    }

    /// Whether it came back with another value of a field than the one that was refused.
    pub(super) fn fresh(&self, field: &str) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        let refused = self.reached()?;
        Ok(match back.values(field).eq(refused.values(field)) {
            false => Verdict::Right,
            true => Verdict::Wrong(format!(
                "It came back with the same field {field}, which was refused."
            )),
        })
    }

    /// How long after the listener was open again it came back.
    pub(super) fn refused(&self) -> Result<String, Open> {
        let (back, wait) = self.back()?;
        let closed = self.case.answers[self.about()].closes.unwrap_or_default();
        let open = self.reached()?.at + closed;
        Ok(format!(
            "It came back after {}, which is {} after the listener was open again.",
            time(wait),
            time(back.at.saturating_sub(open))
        ))
    }
}
