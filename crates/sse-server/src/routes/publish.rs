//! Reads a request to publish: its query, the kind of its body, and its events.

use axum::http::{HeaderMap, header};
use sse_engine::Error as Engine;
use sse_engine::text::cut;
use sse_engine::topics::{Batch, Draft, retry_bounds};

use super::params::{BadQuery, Params};
use crate::error::Error;

/// The fields that a request's query gives to its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// The name of the events; an empty one is none.
    event: Option<String>,
    id: Option<String>,
    /// The reconnection time that they set, in milliseconds.
    retry: Option<u64>,
}

impl Fields {
    /// Reads the query of a request target. Parameters that are not ours are ignored.
    ///
    /// # Errors
    /// A parameter that is given twice or is not UTF-8, or a retry that is no number within bounds.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Error> {
        let params = Params::of(query);
        let refused = |e: BadQuery| Engine::BadEvent(e.to_string());
        let retry = |value: &str| {
            let digits = value.bytes().all(|b| b.is_ascii_digit());
            let retry = digits.then(|| value.parse().ok()).flatten();
            retry.ok_or_else(|| BadQuery::new(retry_bounds()))
        };
        Ok(Self {
            event: params.text("event").map_err(refused)?,
            id: params.text("id").map_err(refused)?,
            retry: params.read("retry", retry).map_err(refused)?,
        })
    }

    /// The events that `body` holds: one, or one for each line that is not blank.
    ///
    /// # Errors
    /// A body that is not UTF-8, or what [`Draft::check`] and [`Batch::lines`] find.
    pub(crate) fn batch(self, body: Vec<u8>, kind: Kind) -> Result<Batch, Error> {
        let Ok(body) = String::from_utf8(body) else {
            return bad(
                "The body is not UTF-8: encode it as UTF-8, because an event stream carries nothing else.",
            );
        };
        let draft = Draft {
            event: self.event.filter(|event| !event.is_empty()),
            id: self.id,
            retry: self.retry,
            data: body,
        };
        draft.check()?;
        match kind {
            Kind::Whole => Ok(Batch::one(draft)),
            Kind::Lines => Ok(Batch::lines(draft)?),
        }
    }
}

/// What a request's body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The data of one event.
    Whole,
    /// An event on each line.
    Lines,
}

impl Kind {
    /// Reads it from the head of a request.
    ///
    /// # Errors
    /// A body that is coded, or written in another character set than UTF-8: its bytes would be
    /// taken for other text.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let texts = |name| {
            let values = headers.get_all(name).iter();
            values.map(|value| String::from_utf8_lossy(value.as_bytes()))
        };
        for coding in texts(header::CONTENT_ENCODING) {
            let plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
            if let Some(other) = coding.split(',').map(str::trim).find(|one| !plain(one)) {
                return Err(Error::BodyCoding(cut(other)));
            }
        }
        let mut kind = Self::Whole;
        for content_type in texts(header::CONTENT_TYPE) {
            let (essence, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
            if essence.trim().eq_ignore_ascii_case("application/x-ndjson") {
                kind = Self::Lines;
            }
            if let Some(charset) = charset(parameters)
                && !UTF_8
                    .iter()
                    .any(|known| charset.eq_ignore_ascii_case(known))
            {
                return Err(Error::BodyCharset(cut(&charset)));
            }
        }
        Ok(kind)
    }
}

/// Names of UTF-8, and of what is a part of it.
const UTF_8: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

/// The character set among the parameters of a media type, without its quotes (RFC 9110 5.6.6).
fn charset(parameters: &str) -> Option<String> {
    let mut quoted = false;
    let mut escaped = false;
    let parts = parameters.split(|c| {
        if !std::mem::take(&mut escaped) {
            quoted ^= c == '"';
            escaped = quoted && c == '\\';
        }
        c == ';' && !quoted
    });
    let mut pairs = parts.filter_map(|part| part.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let charset = value.trim().trim_matches('"').replace('\\', "");
    // Nothing is no name, and declares nothing.
    (!charset.is_empty()).then_some(charset)
}

fn bad<T>(sentence: impl Into<String>) -> Result<T, Error> {
    Err(Engine::BadEvent(sentence.into()).into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn read(query: &str, body: &[u8], lines: bool) -> Result<Batch, String> {
        let kind = if lines { Kind::Lines } else { Kind::Whole };
        Fields::parse(Some(query))
            .and_then(|fields| fields.batch(body.to_vec(), kind))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn a_body_is_the_data_of_one_event_as_it_stands() {
        for body in ["", "hello", "a\r\nb\rc\n\0", "{\"a\": [1,\n 2]}\n"] {
            let batch = read("event=tick&id=x%20y&retry=0&_=1", body.as_bytes(), false);
            assert_eq!(
                batch,
                Ok(Batch::one(Draft {
                    event: Some("tick".to_owned()),
                    id: Some("x y".to_owned()),
                    retry: Some(0),
                    data: body.to_owned(),
                }))
            );
        }
        let plain = Batch::one(Draft::default());
        assert_eq!(read("event=", b"", false), Ok(plain));
    }

    #[test]
    fn lines_are_one_event_each() {
        let batch = read("event=e", b"{\"a\": 1}\r\n\n \n\"two\"\n3", true).expect("JSON");
        let data: Vec<&str> = batch.events(0).filter_map(|event| event.data).collect();
        assert_eq!(data, ["{\"a\": 1}", "\"two\"", "3"]);
        assert!(batch.events(0).all(|event| event.event == Some("e")));
        assert!(read("id=a", b"1\n", true).is_ok());
        for (query, body, hint) in [
            ("", &b"1\n{x\n"[..], "Line 2 is not JSON"),
            ("", b"\n \n", "no event"),
            ("", b"", "no event"),
            ("id=a", b"1\n2\n", "leave it out"),
            ("", b"1\n\xff\n", "UTF-8"),
        ] {
            let sentence = read(query, body, true).expect_err("refused");
            assert!(sentence.contains(hint), "{sentence}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_in_a_sentence() {
        for (query, hint) in [
            ("event=a%0Ab", "CR, LF or NUL"),
            ("event=a%00", "CR, LF or NUL"),
            ("event=gap", "lost events"),
            ("id=a%0Db", "CR, LF or NUL"),
            ("id=", "is empty"),
            ("id=a%20", "white space at its ends"),
            ("id=a%09b", "control characters"),
            ("id=earliest", "means something"),
            ("id=1763823600123-000000000009", "means something"),
            ("id=a&id=b", "twice"),
            ("retry=-1", "from 0 to 86400000"),
            ("retry=86400001", "from 0 to 86400000"),
            ("retry=", "from 0 to 86400000"),
            ("retry=1s", "from 0 to 86400000"),
            ("event=%FF", "event is not UTF-8"),
            ("id=%FF", "id is not UTF-8"),
            ("retry=%FF", "retry is not UTF-8"),
        ] {
            let sentence = read(query, b"x", false).expect_err(query);
            assert!(sentence.contains(hint), "{query}: {sentence}");
        }
        let long = format!("id={}", "x".repeat(1025));
        assert!(read(&long, b"", false).is_err());
        assert!(read(&long[..long.len() - 1], b"", false).is_ok());
        assert!(read("", b"\xff", false).is_err());
    }

    fn kind(fields: &[(&str, &str)]) -> Result<Kind, String> {
        let headers = fields.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, value.parse().expect("a value"))
        });
        Kind::of(&headers.collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_kind_of_body_is_read_from_its_type() {
        let of = |text| kind(&[("content-type", text)]);
        assert_eq!(of("application/x-ndjson"), Ok(Kind::Lines));
        assert_eq!(of("Application/X-NDJSON ; charset=utf-8"), Ok(Kind::Lines));
        assert_eq!(of("application/json"), Ok(Kind::Whole));
        assert_eq!(of("application/x-ndjson-seq"), Ok(Kind::Whole));
        assert_eq!(kind(&[]), Ok(Kind::Whole));
    }

    /// Text in UTF-16 was published with a NUL between its letters, and a body that was compressed
    /// as it was compressed.
    #[test]
    fn a_body_that_is_no_plain_utf_8_is_refused() {
        let of = |text| kind(&[("content-type", text)]);
        for good in [
            "text/plain",
            "text/plain; charset=UTF-8",
            "text/plain;charset=\"utf-8\"",
            "text/plain; format=flowed; charset=us-ascii",
            "text/plain; charset",
            "text/plain; charset=",
        ] {
            assert_eq!(of(good), Ok(Kind::Whole), "{good}");
        }
        for bad in [
            "text/plain; charset=utf-16le",
            "text/plain; CHARSET=\"ISO-8859-1\"",
            "text/plain; charset='utf-8'",
            "application/json; a=b; charset=latin1",
            "application/x-ndjson;charset=utf-16",
            "text/plain; x=\"; charset=utf-8\"; charset=utf-16",
            "text/plain; x=\"\\\"; charset=utf-8;\"; charset=utf-16",
        ] {
            let refusal = of(bad).expect_err(bad);
            assert!(refusal.starts_with("The body has the charset"), "{refusal}");
        }
        let coded = |text| kind(&[("content-encoding", text)]);
        assert_eq!(coded("identity"), Ok(Kind::Whole));
        for bad in ["gzip", "br", "identity, gzip", "aes128gcm"] {
            let refusal = coded(bad).expect_err(bad);
            assert!(
                refusal.starts_with("The body has the content coding"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_mark_of_the_byte_order_before_lines_is_no_part_of_them() {
        let batch = read("", b"\xEF\xBB\xBF{\"a\":1}\n2", true).expect("JSON");
        let data: Vec<&str> = batch.events(0).filter_map(|event| event.data).collect();
        assert_eq!(data, ["{\"a\":1}", "2"]);
        assert!(read("", b"1\n\xEF\xBB\xBF2", true).is_err());
        let whole = read("", b"\xEF\xBB\xBFx", false).expect("text");
        let data = whole.events(0).next().and_then(|event| event.data);
        assert_eq!(data, Some("\u{feff}x"), "as it stands");
    }
}
