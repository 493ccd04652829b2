//! The event that tells a subscriber of lost ones.

use serde::Serialize;

/// Why a subscriber is told of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// What it lacked when it came back was no longer kept.
    Evicted,
    /// Nobody knows the id that it came back with.
    Unknown,
    /// It read too slowly, and its oldest events were dropped.
    Slow,
    /// The engine that keeps the topic had dropped them before this node read them.
    Trimmed,
    /// The engine that keeps the topic began a new life of it.
    Engine,
}

impl GapReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Evicted,
        Self::Unknown,
        Self::Slow,
        Self::Trimmed,
        Self::Engine,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evicted => "evicted",
            Self::Unknown => "unknown",
            Self::Slow => "slow",
            Self::Trimmed => "trimmed",
            Self::Engine => "engine",
        }
    }
}

/// Its name.
pub(super) const GAP: &str = "gap";

/// Its data.
#[derive(Serialize)]
struct GapData<'a> {
    /// The id behind which events are missing.
    from: &'a str,
    /// The id of the event that follows the gap; null where none was published yet.
    to: Option<&'a str>,
    /// How many events are missing in between; null where nobody can count them.
    lost: Option<u64>,
}

/// Its data as JSON, with the meaning of the fields of `GapData`.
pub(super) fn data(from: &str, to: Option<&str>, lost: Option<u64>) -> String {
    // Text and numbers always make JSON.
    serde_json::to_string(&GapData { from, to, lost }).unwrap_or_default()
}
