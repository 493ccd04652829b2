//! Where the blocks of a stream of events end: each is an event, or comments.

/// The place behind each blank line, and the end of the bytes. Further blank lines belong to the
/// block before them.
pub(super) fn block_ends(body: &[u8]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let (mut begin, mut line) = (0, 0);
    let mut at = 0;
    while at < body.len() {
        let byte = body[at];
        at += 1;
        if byte != b'\n' && byte != b'\r' {
            continue;
        }
        let content = at - 1 - line;
        if byte == b'\r' && body.get(at) == Some(&b'\n') {
            at += 1;
        }
        line = at;
        if content > 0 {
            continue;
        }
        match ends.last_mut() {
            // Nothing but line ends since the last block.
            Some(end) if begin == *end && is_blank(&body[begin..at]) => *end = at,
            _ => ends.push(at),
        }
        begin = at;
    }
    if begin < body.len() {
        ends.push(body.len());
    }
    ends
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}
