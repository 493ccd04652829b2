//! Topics that began a new life, all of a moment in one entry.

use std::fmt;

use serde::Serialize;

/// Topics of an engine that began a new life: each of their subscribers got a `gap` event whose
/// `lost` is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewLives {
    /// How many topics.
    pub topics: usize,
    /// The name of one of them.
    pub topic: String,
    /// Subscribers of this node that got the gap.
    pub subscribers: usize,
    /// Why.
    pub why: NewLifeReason,
}

/// Why a topic begins a new life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NewLifeReason {
    /// Another process answers: the engine was restarted, or failed over.
    Restarted,
    /// The same process lacks what it had.
    Lacking,
    /// Somebody ended the topic.
    Ended,
}

impl fmt::Display for NewLifeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restarted => "the engine was restarted, or failed over",
            Self::Lacking => {
                "the engine lacks events that a node knows of: it was emptied or changed by hand, or two masters took events"
            }
            Self::Ended => "it was ended with DELETE",
        })
    }
}

impl fmt::Display for NewLives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            topics,
            topic,
            subscribers,
            why,
        } = self;
        match topics {
            1 => write!(f, "the topic {topic} began a new life")?,
            _ => write!(f, "{topics} topics began a new life, {topic} and others")?,
        }
        let plural = if *subscribers == 1 { "" } else { "s" };
        write!(
            f,
            ", a gap for {subscribers} subscriber{plural} of this node: "
        )?;
        match (why, topics) {
            (NewLifeReason::Ended, 2..) => f.write_str("they were ended with DELETE"),
            _ => write!(f, "{why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_topic_is_named_and_many_are_counted() {
        let said = |topics, subscribers, why| {
            let topic = "news".to_owned();
            let lives = NewLives {
                topics,
                topic,
                subscribers,
                why,
            };
            lives.to_string()
        };
        assert_eq!(
            said(1, 333, NewLifeReason::Restarted),
            "the topic news began a new life, a gap for 333 subscribers of this node: the engine was restarted, or failed over"
        );
        assert_eq!(
            said(10_000, 1, NewLifeReason::Ended),
            "10000 topics began a new life, news and others, a gap for 1 subscriber of this node: they were ended with DELETE"
        );
    }
}
