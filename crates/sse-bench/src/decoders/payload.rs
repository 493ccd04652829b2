//! The stream that all decoders read: the answers of language models.
//!
//! These are the streams that clients read most today, and the fastest ones: a model sends a small
//! JSON object for each word. Two forms are common, and each is half of the stream. In one, an
//! event is a line of data alone. In the other, it has a name too. An event has about 120 bytes of
//! data.
//! Now and then a word is not ASCII, as in every language but English, and a comment keeps the
//! connection alive. No event has an id, because these streams have none.

use std::fmt::Write;

/// Bytes of the stream: more than a core's first cache and less than its second, because a client
/// reads bytes that just arrived, and they are in a cache.
const LENGTH: usize = 256 * 1024;

/// Chunks of an answer.
const CHUNKS: usize = 200;

/// How many chunks lie between two comments.
const COMMENT: usize = 64;

const WORDS: [&str; 16] = [
    " the",
    " stream",
    " of",
    " events",
    " is",
    " read",
    ",",
    " line",
    " by",
    " line",
    ".\\n\\n",
    " café",
    " and",
    " decoded",
    " \\\"once\\\"",
    " 日本",
];

/// The stream, and what is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    pub(crate) text: String,
    pub(crate) events: u64,
    /// The lengths of the data of all events, as each language counts them.
    pub(crate) bytes: u64,
    pub(crate) utf16: u64,
    pub(crate) characters: u64,
    /// How many line feeds there are.
    pub(crate) line_feeds: u64,
}

/// The stream. It is the same each time.
pub(crate) fn payload() -> Payload {
    let mut payload = Payload::default();
    let mut chunk = 0;
    while payload.text.len() < LENGTH {
        let word = WORDS[chunk * 7 % WORDS.len()];
        let is_last = chunk % CHUNKS == CHUNKS - 1;
        if chunk % COMMENT == COMMENT - 1 {
            payload.text += ": keep-alive\n\n";
        }
        // Every other answer has the other form.
        if (chunk / CHUNKS).is_multiple_of(2) {
            payload.event(
                None,
                &format!(
                    "{{\"id\":\"chatcmpl-{:06}\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\
                     \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}",
                    chunk / CHUNKS
                ),
            );
            if is_last {
                payload.event(None, "[DONE]");
            }
        } else {
            payload.event(
                Some("content_block_delta"),
                &format!(
                    "{{\"type\":\"content_block_delta\",\"index\":0,\"message_id\":\"msg_{:012}\",\
                     \"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}}}",
                    chunk / CHUNKS
                ),
            );
            if is_last {
                payload.event(Some("message_stop"), "{\"type\":\"message_stop\"}");
            }
        }
        chunk += 1;
    }
    payload.line_feeds = payload.text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    payload
}

impl Payload {
    fn event(&mut self, name: Option<&str>, data: &str) {
        // Writing to a string cannot fail.
        if let Some(name) = name {
            _ = writeln!(self.text, "event: {name}");
        }
        _ = write!(self.text, "data: {data}\n\n");
        self.events += 1;
        self.bytes += data.len() as u64;
        self.utf16 += data.encode_utf16().count() as u64;
        self.characters += data.chars().count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_about_120_bytes_and_not_all_is_ascii() {
        let payload = payload();
        let mean = payload.bytes / payload.events;
        assert!((115..=125).contains(&mean), "{mean}");
        assert!(payload.characters < payload.utf16 || payload.utf16 < payload.bytes);
        assert!((LENGTH..LENGTH + 400).contains(&payload.text.len()));
        assert!(payload.text.ends_with("\n\n"));
    }
}
