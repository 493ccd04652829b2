//! The answers to the questions of protocols on top of event streams: what language models and MCP
//! ask of a client.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::seen::{Open, REPORTED_WITHIN, Seen};
use super::words::time;
use crate::case::{Heads, shown};
use crate::observation::Asked;
use crate::rpc;
use crate::verdict::Verdict;

impl Seen<'_> {
    /// Whether it comes back by this method.
    pub(super) fn by(&self, method: &str) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        Ok(match back.method == method {
            true => Verdict::Right,
            false => Verdict::Wrong(format!(
                "It came back with {} in place of {method}.",
                sse_engine::text::cut(&back.method)
            )),
        })
    }

    /// Whether it asks again, or shows an error. Where it does not ask again and reports nothing,
    /// the rest is for eyes.
    pub(super) fn again_or_shows(&self, shows: &str) -> Result<Verdict, Open> {
        let until = self.answered()?.at + REPORTED_WITHIN;
        let reports = &self.observation.reports;
        let error = reports.error_until(until);
        match self.back() {
            // What came first is what counts: the other one changes nothing.
            Ok((back, _)) if error.is_some_and(|at| at < back.at) => Ok(Verdict::Right),
            Ok((_, wait)) => Ok(Verdict::Allowed(format!(
                "It asked again after {}.",
                time(wait)
            ))),
            Err(None | Some(Verdict::Wrong(_))) if error.is_some() => Ok(Verdict::Right),
            Err(Some(Verdict::Wrong(_))) => {
                let stayed = format!("did not ask again within {}", time(self.case.patience));
                Ok(match reports.are_expected() || reports.are_there(until) {
                    true => Verdict::Wrong(format!("It showed no error, and {stayed}.")),
                    false => Verdict::NeedsEyes(format!("It {stayed}. {shows}")),
                })
            }
            Err(open) => Err(open),
        }
    }

    /// Whether it sends its request of JSON-RPC anew: by POST, with another id, and with nothing of
    /// the answer before.
    pub(super) fn anew(&self) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        let first = self.reached()?;
        let called = |asked: &Asked| rpc::method(&asked.body).unwrap_or_default();
        let wrong = if back.method != "POST" {
            format!(
                "It came back with {}, and there is nothing to go on with: a request that lost \
                 its answer is sent anew by POST.",
                sse_engine::text::cut(&back.method)
            )
        } else if let Some(id) = back.id() {
            format!(
                "It brought the last event id '{}', and this version of MCP has none.",
                shown(id)
            )
        } else if called(back) != called(first) {
            format!(
                "It came back with the method '{}', and not with '{}'.",
                shown(called(back).as_bytes()),
                shown(called(first).as_bytes())
            )
        } else {
            match (rpc::id(&first.body), rpc::id(&back.body)) {
                (_, None | Some(Value::Null)) => {
                    "It sent the request anew without an id.".to_owned()
                }
                (Some(old), Some(new)) if old == new => format!(
                    "It sent the request anew with the id {}, which it had before: it needs a new \
                     one.",
                    shown(new.to_string().as_bytes())
                ),
                _ => return Ok(Verdict::Right),
            }
        };
        Ok(Verdict::Wrong(wrong))
    }

    /// Whether all heads up to the request in question say what they must.
    pub(super) fn heads(&self, heads: &Heads) -> Result<Verdict, Open> {
        let last = self.reached()?;
        let asides = self.observation.asides.iter();
        let mut came: Vec<_> = asides.filter(|asked| asked.at < last.at).collect();
        came.extend(&self.requests()[..=self.about()]);
        came.sort_by_key(|asked| asked.at);
        if let Some(behind) = &heads.behind {
            let called = |asked: &&Asked| rpc::method(&asked.body).as_ref() == Some(behind);
            let Some(first) = came.iter().position(called) else {
                return Ok(Verdict::Wrong(format!("It did not send {behind} first.")));
            };
            came.drain(..=first);
        }
        let mut verdict = Verdict::Right;
        for asked in came {
            if heads
                .method
                .as_ref()
                .is_some_and(|method| *method != asked.method)
            {
                continue;
            }
            let missed = heads.fields.iter().filter(|field| !field.is_kept(asked));
            for field in missed {
                let words = format!("In {} {}.", named(asked), field.words);
                match field.allowed {
                    false => return Ok(Verdict::Wrong(words)),
                    true => verdict = Verdict::Allowed(words),
                }
            }
        }
        Ok(verdict)
    }
}

/// A request, as a sentence calls it.
fn named(asked: &Asked) -> String {
    let method = sse_engine::text::cut(&asked.method);
    match rpc::method(&asked.body) {
        Some(called) => format!("{method} {}", shown(called.as_bytes())),
        None => method,
    }
}

/// Whether a field says what the body has at this JSON pointer. Where the body has nothing there,
/// the field need not be. A value may be written in Base64, as MCP has it for what is not ASCII.
pub(super) fn mirrors(asked: &Asked, name: &str, pointer: &str) -> bool {
    let text = match rpc::at(&asked.body, pointer) {
        None | Some(Value::Null) => return true,
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    asked.values(name).any(|value| {
        let decoded = value
            .strip_prefix(b"=?base64?")
            .and_then(|value| value.strip_suffix(b"?="))
            .map(|inner| BASE64_STANDARD.decode(inner).unwrap_or_default());
        decoded.as_deref().unwrap_or(value) == text.as_bytes()
    })
}
