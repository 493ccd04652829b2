//! The head of a recorded response, as it is sent again.

use http::{HeaderName, HeaderValue, StatusCode};

use crate::own_headers;

/// The head of a recorded response, without the fields that the server answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayHead {
    /// Its status: never one that more heads follow.
    pub status: StatusCode,
    /// Its fields, in their order.
    pub fields: Vec<(HeaderName, HeaderValue)>,
}

/// Fields that are true of the recorded connection and not of ours. The body was stored decoded.
const OF_THE_CONNECTION: [&str; 6] = [
    "content-encoding",
    "proxy-connection",
    "proxy-authenticate",
    "alt-svc",
    "strict-transport-security",
    "set-cookie2",
];

impl ReplayHead {
    /// Reads the lines of a head. Of several heads the last counts: those before it were interim
    /// ones (RFC 9110 15.2).
    ///
    /// # Errors
    /// The status, which cannot be served.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Option<Self>, String> {
        let mut head: Option<(&[u8], Vec<_>)> = None;
        for line in lines {
            match &mut head {
                Some((_, fields)) if !line.starts_with(b"HTTP/") => fields.extend(field(line)),
                _ => head = Some((line, Vec::new())),
            }
        }
        let Some((line, fields)) = head else {
            return Ok(None);
        };
        let words = String::from_utf8_lossy(line);
        let word = words.split_ascii_whitespace().nth(1).unwrap_or_default();
        let status = StatusCode::from_bytes(word.as_bytes()).ok();
        let status = status.filter(|status| (200..=599).contains(&status.as_u16()));
        match status {
            Some(status) => Ok(Some(Self { status, fields })),
            None => Err(crate::text::cut(word)),
        }
    }

    /// Whether no body follows it, whatever was recorded (RFC 9110 15.3.5, 15.3.6, 15.4.5).
    pub fn has_no_body(&self) -> bool {
        matches!(self.status.as_u16(), 204 | 205 | 304)
    }

    /// Whether a client reads events from what follows it.
    pub(super) fn is_of_events(&self) -> bool {
        let mut types = self
            .fields
            .iter()
            .filter(|(name, _)| *name == "content-type");
        let is_events = |value: &HeaderValue| {
            let value = value.as_bytes();
            let word = b"text/event-stream";
            value
                .get(..word.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(word))
        };
        // Without a type it may be: a recording that was written by hand need not say it.
        types.next().is_none_or(|(_, value)| is_events(value))
    }
}

/// A field of a head, where it is one that is sent again.
fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    let is_ours = own_headers::is_own(name.as_str()) || OF_THE_CONNECTION.contains(&name.as_str());
    (!is_ours).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<ReplayHead>, String> {
        ReplayHead::read(lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn what_the_server_answers_for_is_left_out() {
        let head = read(&[
            "HTTP/1.1 103 Early Hints",
            "link: </early>",
            "HTTP/2 503 ",
            "Content-Type: application/json",
            "x-two: a",
            "x-two:b ",
            "transfer-encoding: chunked",
            "content-length: 7",
            "Content-Encoding: gzip",
            "Connection: keep-alive",
            "date: Fri",
            "set-cookie: a=b",
            "Access-Control-Allow-Origin: *",
            "content-security-policy: script-src *",
            "x-content-type-options: sniff",
            "strict-transport-security: max-age=1",
            "retry-after: 3",
        ]);
        let head = head.expect("a status").expect("a head");
        assert_eq!(head.status, StatusCode::SERVICE_UNAVAILABLE);
        let fields: Vec<_> = head
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")))
            .collect();
        assert_eq!(
            fields,
            [
                ("content-type", "application/json"),
                ("x-two", "a"),
                ("x-two", "b"),
                ("retry-after", "3"),
            ]
        );
        assert!(!head.is_of_events());
    }

    #[test]
    fn a_status_that_is_none_is_told() {
        for (line, word) in [
            ("HTTP/1.1 101 Switching Protocols", "101"),
            ("HTTP/1.1 999", "999"),
            ("HTTP/1.1", ""),
            ("HTTP/1.1 OK", "OK"),
        ] {
            assert_eq!(read(&[line]), Err(word.to_owned()), "{line}");
        }
        assert_eq!(read(&[]), Ok(None));
        let bare = read(&["HTTP/1.1 200"]).expect("a status").expect("a head");
        assert!(bare.is_of_events());
    }
}
