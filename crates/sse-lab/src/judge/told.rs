//! What is only told: nothing of it is right or wrong.

use super::seen::{Open, Seen};
use super::words::time;
use crate::case::Told;
use crate::verdict::Verdict;

impl Seen<'_> {
    pub(super) fn told(&self, told: Told) -> Result<Verdict, Open> {
        let words = match told {
            Told::Delay => {
                let (_, wait) = self.back()?;
                format!("It came back after {}.", time(wait))
            }
            Told::Left(within) => match self.left(within)? {
                Some(held) => format!("It left after {}.", time(held)),
                None => format!("It was still connected after {}.", time(within)),
            },
            Told::Place => {
                let (back, _) = self.back()?;
                let first = self.requests().first().map(|request| &*request.target);
                if first == Some(&*self.reached()?.target) {
                    let words = "It did not follow the redirect.";
                    return Err(Some(Verdict::NotReached(words.to_owned())));
                }
                let is_first = first == Some(&*back.target);
                match is_first {
                    true => "It came back to the URL that it was given.".to_owned(),
                    false if back.target == self.reached()?.target => {
                        "It came back to the URL that it was redirected to.".to_owned()
                    }
                    false => format!(
                        "It came back to another URL, {}.",
                        sse_engine::text::cut(&back.shown_target())
                    ),
                }
            }
            Told::Refused => self.refused()?,
            Told::Spread(within) => self.spread(within)?,
            Told::Connections(within) => self.connections(within)?,
            Told::Taken(within) => self.taken(within)?,
        };
        Ok(Verdict::Allowed(words))
    }
}
