//! Topics that began a new life, for the log: they come by the thousand when an engine is
//! restarted, and make one line for each reason.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::connections::{NewLifeReason, NewLives};

/// How long is waited for more of them, from the first on.
pub(super) const MOMENT: Duration = Duration::from_millis(500);

/// Lives that began with one answer of the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Begun {
    /// All of them.
    pub(super) lives: u64,
    /// Those of a topic that was ended.
    pub(super) ended: u64,
    /// Whether another process answered than the last time.
    pub(super) is_other_process: bool,
}

impl Begun {
    /// Why the last of them began.
    fn why(&self) -> NewLifeReason {
        match (self.ended == self.lives, self.is_other_process) {
            (true, _) => NewLifeReason::Ended,
            (false, true) => NewLifeReason::Restarted,
            (false, false) => NewLifeReason::Lacking,
        }
    }
}

/// Topics whose new life is not told of yet.
#[derive(Debug, Default)]
pub(super) struct Births(BTreeMap<NewLifeReason, Born>);

#[derive(Debug, Default)]
struct Born {
    /// Each once; there are as many as are followed, at most.
    names: HashSet<Arc<str>>,
    /// The first of them.
    first: Option<Arc<str>>,
    subscribers: usize,
}

impl Births {
    /// A topic with so many subscribers began such lives.
    pub(super) fn add(&mut self, name: &Arc<str>, begun: Begun, subscribers: usize) {
        let born = self.0.entry(begun.why()).or_default();
        born.first.get_or_insert_with(|| Arc::clone(name));
        if born.names.insert(Arc::clone(name)) {
            born.subscribers += subscribers;
        }
    }

    /// What is to be told, and is not told again.
    pub(super) fn take(&mut self) -> Vec<NewLives> {
        let all = std::mem::take(&mut self.0).into_iter();
        let lives = all.map(|(why, born)| NewLives {
            topics: born.names.len(),
            topic: born.first.as_deref().unwrap_or_default().to_owned(),
            subscribers: born.subscribers,
            why,
        });
        lives.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(lives: u64, ended: u64, is_other_process: bool) -> Begun {
        Begun {
            lives,
            ended,
            is_other_process,
        }
    }

    #[test]
    fn ten_thousand_topics_are_one_line_for_each_reason() {
        let mut births = Births::default();
        for n in 0..10_000 {
            births.add(&format!("t{n}").into(), begun(1, 0, true), 2);
        }
        births.add(&"ended".into(), begun(1, 1, true), 5);
        births.add(&"ended".into(), begun(1, 1, false), 5);
        births.add(&"lacking".into(), begun(2, 1, false), 7);
        let told = births.take();
        let told: Vec<_> = told
            .iter()
            .map(|it| (it.topics, it.topic.as_str(), it.subscribers, it.why))
            .collect();
        assert_eq!(
            told,
            [
                (10_000, "t0", 20_000, NewLifeReason::Restarted),
                (1, "lacking", 7, NewLifeReason::Lacking),
                (1, "ended", 5, NewLifeReason::Ended),
            ]
        );
        assert!(births.take().is_empty(), "they are told of once");
    }
}
