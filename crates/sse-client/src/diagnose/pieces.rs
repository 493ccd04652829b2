//! The rule on the pieces in which a body was read: whether a buffer on the way cut it.

use super::facts::ROUND_SIZES;
use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::{count, size};
use crate::exchange::entries;

pub(super) const RULES: &[Rule] = &[Rule {
    name: "W6",
    title: "Full buffers",
    judge: full_buffers,
}];

/// So many pieces are no accident.
const ROUND: u64 = 3;

fn full_buffers(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream().filter(|_| seen.body.pieces.count > 0) else {
        return Vec::new();
    };
    // What a compressed body is cut into is not what was cut on the wire.
    let mut encodings = entries(&head.headers, "content-encoding");
    encodings.retain(|encoding| encoding != "identity");
    if !encodings.is_empty() {
        return Vec::new();
    }
    let pieces = &seen.body.pieces;
    if pieces.round.count < ROUND {
        return Verdict::fine("No buffer on the way cuts events at its own size.");
    }
    let sizes = ROUND_SIZES.iter().zip(pieces.round_sizes);
    let sizes = sizes.filter(|(_, often)| *often > 0);
    let sizes: Vec<String> = sizes.map(|(bytes, _)| size(*bytes as u64)).collect();
    vec![
        Verdict::risky(format!(
            "{} of exactly {} ended inside an event that went on later: a buffer on the way is \
             passed on when it is full.",
            count(pieces.round.count, "piece"),
            sizes.join(" or ")
        ))
        .hurts(
            "All clients: what does not fill the buffer waits, and the last event may never come.",
        )
        .change("Turn buffering off: X-Accel-Buffering: no, proxy_buffering off, flush each event.")
        .first(&pieces.round),
    ]
}
