//! Which nodes there are, and how many listen on them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use redis::{Cmd, FromRedisValue, ParsingError, Value, cmd};
use sse_engine::topics::Presence;

use crate::keys::Keep;

/// Where nodes say that they are there.
pub(crate) const NODES: &str = "sse1:{nodes}:nodes";
/// For how long a node is believed to be there, in milliseconds. It says so every two seconds.
const LIVES: u64 = 6000;
/// In so many beats, at most, is a node still heard of that is gone. A node that was started again
/// hears of itself so long, and is not two nodes.
const HEARD_WHEN_GONE: u8 = 4;
/// The longest name of a node, in characters.
const MAX_NAME: usize = 64;
/// The most topics that are told of one node.
const MOST: usize = 4096;

/// The name of a node that was given none: the machine and the number of the process, such as
/// `machine-4711`. Nodes of one name are taken for a mistake.
pub fn usual_name() -> String {
    let machine = ["HOSTNAME", "COMPUTERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    let machine = machine.as_deref().map(str::trim).unwrap_or_default();
    let machine = if machine.is_empty() { "node" } else { machine };
    format!("{machine}-{}", std::process::id())
}

/// A node, for the others.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Another for each process.
    id: String,
    pub(crate) name: String,
    /// Others of its name, each with the number of beats in a row in which it was heard of.
    namesakes: Arc<Mutex<BTreeMap<String, u8>>>,
}

impl Node {
    /// A node of this name, without what a name cannot hold.
    pub(crate) fn new(name: &str) -> Self {
        // Each has keys of its own.
        let random = RandomState::new().hash_one(std::process::id());
        let name = name.chars().filter(|c| !c.is_control());
        let name: String = name.take(MAX_NAME).collect();
        Self {
            id: format!("{random:016x}"),
            name: name.trim().to_owned(),
            namesakes: Arc::default(),
        }
    }

    /// A key that no other node uses.
    pub(crate) fn probe(&self) -> String {
        format!("sse1:{{nodes}}:probe:{}", self.id)
    }

    /// What it says: its name, what it keeps, and its subscribers, a line each.
    pub(crate) fn beat(&self, keep: Keep, here: &[(Arc<str>, usize)]) -> Cmd {
        let mut text = format!("{}\n{}", self.name, kept(keep));
        let read = here.iter().filter(|(_, count)| *count > 0);
        for (topic, count) in read.take(MOST) {
            _ = write!(text, "\n{count} {topic}");
        }
        cmd("EVAL")
            .arg(include_str!("beat.lua"))
            .arg(1)
            .arg(NODES)
            .arg(&self.id)
            .arg(text)
            .arg(LIVES)
            .take()
    }

    /// What all nodes say, and what is odd about it.
    pub(crate) fn heard(
        &self,
        keep: Keep,
        answer: Value,
    ) -> Result<(Presence, Vec<String>), ParsingError> {
        let said: Vec<(String, Vec<u8>)> = Vec::from_redis_value(answer)?;
        let mut names = Vec::new();
        let mut sums: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut warnings = Vec::new();
        let mut namesakes = self
            .namesakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *namesakes);
        for (id, text) in &said {
            let Ok(text) = str::from_utf8(text) else {
                continue;
            };
            let mut lines = text.lines();
            let name: String = lines.next().unwrap_or_default().chars().take(64).collect();
            let keeps = lines.next().unwrap_or_default();
            let is_namesake = *id != self.id && name == self.name;
            if is_namesake {
                let beats = before.get(id).copied().unwrap_or(0);
                namesakes.insert(id.clone(), beats.saturating_add(1));
            }
            if namesakes
                .get(id)
                .is_some_and(|beats| *beats > HEARD_WHEN_GONE)
            {
                warnings.push(format!(
                    "Another node has the name {name:?} too: give each node a name of its own, and each fleet of nodes a database of its own."
                ));
            }
            if *id != self.id && keeps != kept(keep) {
                warnings.push(format!(
                    "The node {name:?} has other bounds of topics than this one: give all nodes the same --keep-events, --keep-bytes and --max-topics, and each fleet of nodes a database of its own."
                ));
            }
            for line in lines.take(MOST) {
                let count = line.split_once(' ');
                let count = count.and_then(|(n, topic)| Some((n.parse::<u32>().ok()?, topic)));
                if let Some((count, topic)) = count {
                    *sums.entry(topic.into()).or_default() += count as usize;
                }
            }
            names.push(name);
        }
        names.sort();
        warnings.sort();
        warnings.dedup();
        warnings.truncate(8);
        let presence = Presence {
            nodes: names.len(),
            names,
            subscribers: sums.into_iter().collect(),
        };
        Ok((presence, warnings))
    }
}

fn kept(keep: Keep) -> String {
    format!(
        "events={} bytes={} seconds={} topics={}",
        keep.events, keep.bytes, keep.seconds, keep.topics
    )
}
