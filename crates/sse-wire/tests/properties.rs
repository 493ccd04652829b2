//! Two properties: what is encoded decodes to the same at any chunking, and arbitrary bytes mean
//! what the standard says, read here a second time in the plainest way.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sse_wire::{Decoded, Decoder, Error, Event, LineEnding, encode};

/// What a stream meant: what was handed out, the two values that outlive it, and how it ended.
#[derive(Clone, Debug, Default, PartialEq)]
struct Meaning {
    seen: Vec<Seen>,
    last_event_id: String,
    retry: Option<u64>,
    error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Event {
        event: String,
        data: String,
        last_event_id: String,
    },
    Comment(String),
    Retry(u64),
}

impl From<Decoded<'_>> for Seen {
    fn from(decoded: Decoded<'_>) -> Self {
        match decoded {
            Decoded::Event {
                event,
                data,
                last_event_id,
            } => Self::Event {
                event: event.to_owned(),
                data: data.to_owned(),
                last_event_id: last_event_id.to_owned(),
            },
            Decoded::Comment(text) => Self::Comment(text.to_owned()),
            Decoded::Retry(retry) => Self::Retry(retry),
        }
    }
}

fn decode<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Meaning {
    let mut seen = Vec::new();
    let result = pieces
        .into_iter()
        .try_for_each(|piece| decoder.push(piece, |decoded| seen.push(decoded.into())));
    Meaning {
        seen,
        last_event_id: decoder.last_event_id().to_owned(),
        retry: decoder.retry(),
        error: result.err(),
    }
}

fn cut<'a>(bytes: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places
        .iter()
        .map(|place| place.index(bytes.len() + 1))
        .collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

fn normal_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// An event as a strategy makes it, with its own line ending: a stream may mix them.
#[derive(Clone, Debug)]
struct Sent {
    comment: Option<String>,
    retry: Option<u64>,
    event: Option<String>,
    id: Option<String>,
    data: Option<String>,
    ending: LineEnding,
}

impl Sent {
    fn encode(&self, out: &mut Vec<u8>) {
        let event = Event {
            comment: self.comment.as_deref(),
            retry: self.retry,
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            data: self.data.as_deref(),
        };
        encode(&event, self.ending, out);
    }

    /// What a client must make of it, by the words of `encode`'s documentation.
    fn mean(&self, meaning: &mut Meaning) {
        if let Some(comment) = &self.comment {
            let comment = normal_lines(comment);
            meaning.seen.extend(
                comment
                    .split('\n')
                    .map(|line| Seen::Comment(line.to_owned())),
            );
        }
        if let Some(retry) = self.retry {
            meaning.seen.push(Seen::Retry(retry));
            meaning.retry = Some(retry);
        }
        if let Some(id) = &self.id {
            meaning.last_event_id = id.replace(['\r', '\n', '\0'], "");
        }
        if let Some(data) = &self.data {
            let event = self
                .event
                .as_deref()
                .unwrap_or_default()
                .replace(['\r', '\n'], "");
            meaning.seen.push(Seen::Event {
                event: if event.is_empty() {
                    "message".to_owned()
                } else {
                    event
                },
                data: normal_lines(data),
                last_event_id: meaning.last_event_id.clone(),
            });
        }
    }
}

/// Any text, with all that means something on the wire far more often than chance would bring it.
fn text() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        "\r\r",
        "\0",
        " ",
        ":",
        ": ",
        "\u{FEFF}",
        "data: x",
        "id: 9",
        "id",
        "event: e",
        "retry: 1",
        "\ndata: x\n\n",
        "\r\nid: 9\r\n\r\n",
        "é",
        "😀",
        "\u{85}",
        "\u{2028}",
        "a piece that is longer than one block of the scan",
    ]);
    let piece =
        prop_oneof![3 => odd.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn sent() -> impl Strategy<Value = Sent> {
    let retry = prop_oneof![0..20u64, any::<u64>(), Just(u64::MAX)];
    let ending = select(vec![LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr]);
    (
        option::weighted(0.3, text()),
        option::weighted(0.3, retry),
        option::of(text()),
        option::of(text()),
        option::weighted(0.8, text()),
        ending,
    )
        .prop_map(|(comment, retry, event, id, data, ending)| Sent {
            comment,
            retry,
            event,
            id,
            data,
            ending,
        })
}

/// Bytes that are a stream often enough to reach every rule, and are cut, broken and odd otherwise.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let odd = select(vec![
        &b"\r"[..],
        b"\n",
        b"\r\n",
        b"\n\n",
        b"\r\r",
        b"\n\r",
        b"\0",
        b" ",
        b":",
        b": ",
        b"data",
        b"data: ",
        b"data:x",
        b"event",
        b"event: e",
        b"id",
        b"id: 7",
        b"id: \0",
        b"retry",
        b"retry: 12",
        b"99999999999",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB",
        b"\xF0\x9F\x98\x80",
        b"\xF0\x9F",
        b"\xE2\x82",
        b"\x80",
        b"\xC0\x80",
        b"\xED\xA0\x80",
        b"\xFF",
    ]);
    let piece = prop_oneof![6 => odd.prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..4)];
    let start = prop_oneof![2 => Just(&b""[..]), 1 => Just(&b"\xEF\xBB\xBF"[..])];
    (start, vec(piece, 0..40)).prop_map(|(start, pieces)| [start, &pieces.concat()].concat())
}

/// The standard's words in its own order: decode all, normalise the line ends, drop the tail, read
/// line by line.
fn as_the_standard_reads(bytes: &[u8]) -> Meaning {
    let stream = String::from_utf8_lossy(bytes);
    let stream = normal_lines(stream.strip_prefix('\u{FEFF}').unwrap_or(&stream));
    let mut lines: Vec<&str> = stream.split('\n').collect();
    lines.pop();

    let mut meaning = Meaning::default();
    let (mut data, mut event, mut id) = (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            meaning.last_event_id.clone_from(&id);
            if !data.is_empty() {
                data.pop();
                meaning.seen.push(Seen::Event {
                    event: if event.is_empty() {
                        "message".to_owned()
                    } else {
                        event.clone()
                    },
                    data: data.clone(),
                    last_event_id: id.clone(),
                });
            }
            data.clear();
            event.clear();
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => meaning.seen.push(Seen::Comment(value.to_owned())),
            "data" => data = format!("{data}{value}\n"),
            "event" => event = value.to_owned(),
            "id" if !value.contains('\0') => id = value.to_owned(),
            "retry" if !value.is_empty() && value.chars().all(|digit| digit.is_ascii_digit()) => {
                // The only way in which digits fail to parse is that they are too many.
                let retry = value.parse().unwrap_or(u64::MAX);
                meaning.seen.push(Seen::Retry(retry));
                meaning.retry = Some(retry);
            }
            _ => {}
        }
    }
    meaning
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_encoded_decodes_to_the_same(
        events in vec(sent(), 0..6),
        places in vec(any::<Index>(), 0..12),
    ) {
        let mut wire = Vec::new();
        let mut meant = Meaning::default();
        for event in &events {
            event.encode(&mut wire);
            event.mean(&mut meant);
        }
        prop_assert_eq!(&decode(Decoder::new(), [&wire[..]]), &meant);
        prop_assert_eq!(&decode(Decoder::new(), cut(&wire, &places)), &meant);
        prop_assert_eq!(&decode(Decoder::new(), wire.chunks(1)), &meant);
    }

    #[test]
    fn arbitrary_bytes_mean_what_the_standard_says(
        bytes in soup(),
        places in vec(any::<Index>(), 0..12),
    ) {
        let meant = as_the_standard_reads(&bytes);
        prop_assert_eq!(&decode(Decoder::new(), [&bytes[..]]), &meant);
        prop_assert_eq!(&decode(Decoder::new(), cut(&bytes, &places)), &meant);
        prop_assert_eq!(&decode(Decoder::new(), bytes.chunks(1)), &meant);
    }

    #[test]
    fn the_limit_falls_at_the_same_place_at_any_chunking(
        bytes in soup(),
        places in vec(any::<Index>(), 0..12),
        limit in 0..40usize,
    ) {
        let whole = decode(Decoder::with_limit(limit), [&bytes[..]]);
        prop_assert_eq!(&decode(Decoder::with_limit(limit), cut(&bytes, &places)), &whole);
        prop_assert_eq!(&decode(Decoder::with_limit(limit), bytes.chunks(1)), &whole);
    }
}
