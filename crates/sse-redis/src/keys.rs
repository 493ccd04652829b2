//! What is under which name in the engine, and how much of it.

/// Keys of all topics are spread over so many slots of a cluster.
const TAGS: u32 = 16;

/// The keys of one topic, all in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The events: a stream.
    pub entries: String,
    /// Where the topic stands: a hash.
    pub meta: String,
    /// Given ids and their places: a hash.
    pub given: String,
    /// The topics of this slot by their last use: a sorted set.
    pub topics: String,
}

impl Keys {
    /// Those of the topic of this name. `sse1` is the version of the format.
    pub fn of(topic: &str) -> Self {
        // FNV-1a: the same on all nodes, and in all versions.
        let hash = topic.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let tag = format!("sse1:{{{:x}}}", hash % TAGS);
        Self {
            entries: format!("{tag}:e:{topic}"),
            meta: format!("{tag}:m:{topic}"),
            given: format!("{tag}:i:{topic}"),
            topics: format!("{tag}:topics"),
        }
    }
}

/// What the engine keeps. All nodes of an engine need the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The most events of a topic.
    pub events: usize,
    /// The most bytes of a topic, unless its newest event alone is larger.
    pub bytes: usize,
    /// How long a topic stays without a call, in seconds.
    pub seconds: u64,
    /// The most topics of each of the 16 slots that topics are spread over.
    pub topics: usize,
}

impl Keep {
    /// The most topics of all slots together.
    pub fn all_topics(&self) -> usize {
        self.topics.saturating_mul(TAGS as usize)
    }
}

impl Default for Keep {
    /// That of the topics of one node, and a day.
    fn default() -> Self {
        Self {
            events: 1000,
            bytes: 4 * 1024 * 1024,
            seconds: 24 * 3600,
            topics: 256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_topic_are_in_one_slot_and_those_of_topics_are_spread() {
        let keys = Keys::of("news");
        let (tag, _) = keys.entries.split_once(":e:").expect("its kind");
        assert_eq!(keys.meta, format!("{tag}:m:news"));
        assert_eq!(keys.given, format!("{tag}:i:news"));
        assert_eq!(keys.topics, format!("{tag}:topics"));
        let tags: std::collections::HashSet<String> = (0..200)
            .map(|n| Keys::of(&format!("t{n}")).entries[..9].to_owned())
            .collect();
        assert_eq!(tags.len(), 16);
    }
}
