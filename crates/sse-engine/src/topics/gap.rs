//! The event that tells a subscriber of lost ones.

use serde::Serialize;

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
