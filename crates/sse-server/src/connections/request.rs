//! A request as it was received, and what is handed out of it.
//!
//! What it holds is never logged and never stored: its `Debug` has lengths alone.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, Version};
use serde::Serialize;
use sse_wire::Text;

use super::leg::Leg;
use super::secrets;

/// As much of a request's body as is kept.
pub(crate) const BODY_KEPT: usize = 64 * 1024;

/// What every kept request takes in memory beside its bytes.
const OVERHEAD: usize = 128;

/// A request as it was received, in as few bytes as possible: thousands may be kept.
#[derive(Clone)]
pub(crate) struct Received {
    /// The request line and the header fields, each with its line end, and behind them as much of
    /// the body as is kept.
    bytes: Box<[u8]>,
    /// Where the body begins in them.
    head: usize,
    /// How many bytes of the body were read; nothing where the answer did not wait for it.
    body: Option<u64>,
    /// Whether the head stands there as it came.
    exact: bool,
    /// The request that an upstream was sent for it, where one was. Boxed: of most there is none.
    leg: Option<Box<LegView>>,
    /// What its row keeps of that.
    leg_of_row: Option<Arc<Leg>>,
}

/// What was read of a request's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadBody {
    /// The first bytes, [`BODY_KEPT`] at most.
    pub(crate) kept: Vec<u8>,
    /// How many there were.
    pub(crate) length: u64,
}

impl Received {
    /// The head of a request. `heard` is what the socket received since the answer before; where
    /// that is not this head, it is written anew from what is known of it.
    pub(crate) fn head<B>(request: &HttpRequest<B>, heard: &[u8]) -> Self {
        let (bytes, exact) = match own_head(request, heard) {
            Some(head) => (head.to_vec(), true),
            None => (written(request), false),
        };
        Self {
            head: bytes.len(),
            bytes: bytes.into_boxed_slice(),
            body: None,
            exact,
            leg: None,
            leg_of_row: None,
        }
    }

    /// The head of a request that could not be read.
    pub(crate) fn unread(head: &[u8]) -> Self {
        Self {
            bytes: head.into(),
            head: head.len(),
            body: None,
            exact: true,
            leg: None,
            leg_of_row: None,
        }
    }

    /// Whether its client says that it takes an event stream, as each EventSource does (HTML
    /// 9.2.5).
    pub(crate) fn accepts_events(&self) -> bool {
        let (head, _) = self.bytes.split_at(self.head);
        let mut fields = head.split(|byte| *byte == b'\n').skip(1);
        fields.any(|line| {
            let line = String::from_utf8_lossy(line).to_ascii_lowercase();
            let accept = line.strip_prefix("accept:");
            accept.is_some_and(|types| types.contains("text/event-stream"))
        })
    }

    /// The same with its body.
    pub(crate) fn with(self, body: ReadBody) -> Self {
        let head = &self.bytes[..self.head];
        Self {
            bytes: [head, &body.kept].concat().into_boxed_slice(),
            body: Some(body.length),
            ..self
        }
    }

    /// The same with the request that an upstream was sent for it, and what its row keeps of that.
    pub(crate) fn sent_on(self, view: LegView, leg: Leg) -> Self {
        Self {
            leg: Some(Box::new(view)),
            leg_of_row: Some(Arc::new(leg)),
            ..self
        }
    }

    /// What its row keeps of the request that an upstream was sent for it.
    pub(super) fn leg_of_row(&self) -> Option<Arc<Leg>> {
        self.leg_of_row.clone()
    }

    /// The request that an upstream was sent for it.
    pub(super) fn leg(&self) -> Option<LegView> {
        self.leg.as_deref().cloned()
    }

    /// The same with `[kept back]` in place of each secret of its head: what this does not hold
    /// can be handed to nobody.
    pub(crate) fn without_secrets(self) -> Self {
        let (head, body) = self.bytes.split_at(self.head);
        let mut kept = Vec::with_capacity(self.bytes.len());
        let mut is_secret = false;
        for (number, (line, end)) in lines(head).enumerate() {
            if number == 0 {
                let [method, target, _] = words(line);
                let behind = (method.len() + 1 + target.len()).min(line.len());
                kept.extend_from_slice(&line[..behind - target.len()]);
                kept.extend(secrets::target_without_secrets(target));
                kept.extend_from_slice(&line[behind..]);
            } else {
                let (name, value) = named(line);
                let goes_on = is_folded(line) && is_secret;
                is_secret = goes_on || has_secret(line, name, value);
                match is_secret {
                    true if goes_on => kept.extend([b" ", secrets::KEPT_BACK].concat()),
                    true if name.is_empty() => kept.extend_from_slice(secrets::KEPT_BACK),
                    true => kept.extend([name, b": ", secrets::KEPT_BACK].concat()),
                    false => kept.extend_from_slice(line),
                }
            }
            kept.extend_from_slice(end.as_bytes());
        }
        Self {
            head: kept.len(),
            bytes: [&kept, body].concat().into_boxed_slice(),
            ..self
        }
    }

    /// What it takes in memory.
    pub(super) fn size(&self) -> usize {
        OVERHEAD + self.bytes.len()
    }

    /// Its head, and what is kept of its body, of which so many bytes were read.
    pub(super) fn parts(&self) -> (&[u8], &[u8], u64) {
        let (head, body) = self.bytes.split_at(self.head);
        (head, body, self.body.unwrap_or(0))
    }

    /// All of it, with its secrets where they are `shown`.
    pub(super) fn view(&self, shown: bool) -> ReceivedView {
        let (head, body) = self.bytes.split_at(self.head);
        let mut lines = lines(head);
        let (first, end) = lines.next().unwrap_or_default();
        let [method, target, version] = words(first);
        let mut fields: Vec<FieldView> = Vec::new();
        for (line, end) in lines {
            // A line that is folded goes on with the field before it.
            let secret = is_folded(line) && fields.last().is_some_and(|field| field.value.secret);
            fields.push(FieldView::of(line, end, secret, shown));
        }
        ReceivedView {
            method: String::from_utf8_lossy(method).into_owned(),
            target: secrets::parts(target)
                .into_iter()
                .map(|(part, secret)| Hideable::of(part, secret, shown))
                .collect(),
            version: String::from_utf8_lossy(version).into_owned(),
            end,
            fields,
            body: self.body.map(|_| Text::whole(body)),
            body_length: self.body.unwrap_or(0),
            body_cut: self.body.is_some_and(|length| length > body.len() as u64),
            exact: self.exact,
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("head", &self.head)
            .field("body", &self.body)
            .field("exact", &self.exact)
            .finish_non_exhaustive()
    }
}

/// The request of a connection, as far as it is kept.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct RequestView {
    /// The connection's id in the table.
    pub id: u64,
    /// When it arrived, in milliseconds since 1970: ids begin anew with each start of the program.
    pub since_ms: u64,
    /// The request.
    pub request: Option<ReceivedView>,
    /// Why there is none.
    #[cfg_attr(feature = "types", ts(type = "\"no longer kept\" | null"))]
    pub missing: Option<&'static str>,
    /// The request that an upstream was sent for it, where one was.
    pub upstream: Option<LegView>,
}

/// The leg of a request to its upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct LegView {
    /// What the upstream was asked for, without the query.
    pub url: String,
    /// The status that it answered with; nothing where it gave no answer.
    pub status: Option<u16>,
    /// Milliseconds until the connection was there, TLS included; nothing where it never was.
    pub connect_ms: Option<u64>,
    /// Milliseconds until the head of the answer was there.
    pub head_ms: Option<u64>,
    /// Why there is no answer, in one sentence.
    pub problem: Option<String>,
}

/// A request as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ReceivedView {
    /// The method.
    pub method: String,
    /// The target in parts, which are all of it together: a secret in it is a part.
    pub target: Vec<Hideable>,
    /// The version, such as `HTTP/1.1`.
    pub version: String,
    /// What ended the request line.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub end: &'static str,
    /// The header fields, in their order.
    pub fields: Vec<FieldView>,
    /// What is kept of the body, empty where it has none; nothing where the answer did not wait
    /// for it.
    pub body: Option<Text>,
    /// Bytes of the body that were read.
    pub body_length: u64,
    /// Whether some of those are not kept.
    pub body_cut: bool,
    /// Whether names, order and line ends are as they came. Of a request that arrived together with
    /// another, names are in lower case and fields of one name are beside each other.
    pub exact: bool,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct FieldView {
    /// Its name; empty for a line that has none.
    pub name: Text,
    /// Its value, without the spaces around it.
    #[serde(flatten)]
    pub value: Hideable,
    /// What ended its line.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub end: &'static str,
}

/// A text that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Hideable {
    /// The text; nothing where it is hidden.
    pub value: Option<Text>,
    /// Whether it is a secret.
    pub secret: bool,
    /// How many characters it has, hidden or not.
    pub length: usize,
}

impl Hideable {
    fn of(value: &[u8], secret: bool, shown: bool) -> Self {
        Self {
            value: (shown || !secret).then(|| Text::whole(value)),
            secret,
            length: String::from_utf8_lossy(value).chars().count(),
        }
    }
}

impl FieldView {
    /// A line of the head.
    fn of(line: &[u8], end: &'static str, secret: bool, shown: bool) -> Self {
        let (name, value) = named(line);
        let secret = secret || has_secret(line, name, value);
        Self {
            name: Text::whole(name),
            value: Hideable::of(value, secret, shown),
            end,
        }
    }
}

/// The name and the value of a line of the head. One without a colon is all value.
fn named(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b':') {
        Some(at) => (&line[..at], trimmed(&line[at + 1..])),
        None => (&[], line),
    }
}

/// Whether a line has a secret. One without a colon may be a field whose colon is what is missing:
/// then its beginning is its name for all that is known.
fn has_secret(line: &[u8], name: &[u8], value: &[u8]) -> bool {
    let named = if line.contains(&b':') { name } else { line };
    secrets::is_secret(named) || secrets::has_secret(value)
}

/// Whether a line goes on with the field before it.
pub(super) fn is_folded(line: &[u8]) -> bool {
    line.starts_with(b" ") || line.starts_with(b"\t")
}

/// Lines, each with what ended it.
pub(super) fn lines(head: &[u8]) -> impl Iterator<Item = (&[u8], &'static str)> {
    let lines = head.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| {
        if let Some(line) = line.strip_suffix(b"\r\n") {
            (line, "\r\n")
        } else if let Some(line) = line.strip_suffix(b"\n") {
            (line, "\n")
        } else {
            (line, "")
        }
    })
}

/// The three words of a request line. Spaces within the second one are its own.
pub(super) fn words(line: &[u8]) -> [&[u8]; 3] {
    let is_space = |byte: &u8| *byte == b' ';
    let Some(method) = line.iter().position(is_space) else {
        return [line, b"", b""];
    };
    let (method, rest) = (&line[..method], &line[method + 1..]);
    match rest.iter().rposition(is_space) {
        Some(at) => [method, &rest[..at], &rest[at + 1..]],
        None => [method, rest, b""],
    }
}

pub(super) fn trimmed(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = value.iter().position(|byte| !is_space(byte));
    let Some(from) = from else { return b"" };
    let to = value.iter().rposition(|byte| !is_space(byte));
    &value[from..to.map_or(value.len(), |to| to + 1)]
}

/// The head in what was heard, if it is that of this request: all that hyper read of it stands
/// there.
fn own_head<'a, B>(request: &HttpRequest<B>, heard: &'a [u8]) -> Option<&'a [u8]> {
    // Empty lines before a request mean nothing (RFC 9112 2.2).
    let begin = heard.iter().position(|byte| !b"\r\n".contains(byte))?;
    let heard = &heard[begin..];
    let mut end = 0;
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    let mut first = None;
    for (line, ending) in lines(heard) {
        if ending.is_empty() {
            return None;
        }
        if line.is_empty() {
            break;
        }
        end += line.len() + ending.len();
        if first.is_none() {
            first = Some(line);
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        fields.push((&line[..colon], trimmed(&line[colon + 1..])));
    }
    let [method, _, version] = words(first?);
    let same = method == request.method().as_str().as_bytes()
        && version == version_of(request.version()).as_bytes()
        && are(request.headers(), &fields);
    same.then(|| &heard[..end])
}

/// Whether these are all fields, in their order as far as hyper keeps it.
fn are(headers: &HeaderMap, fields: &[(&[u8], &[u8])]) -> bool {
    headers.len() == fields.len()
        && headers.keys().all(|name| {
            let known = headers.get_all(name).iter();
            let own = fields
                .iter()
                .filter(|(own, _)| own.eq_ignore_ascii_case(name.as_str().as_bytes()));
            known
                .map(HeaderValue::as_bytes)
                .eq(own.map(|(_, value)| *value))
        })
}

/// A head with all that hyper read of it.
fn written<B>(request: &HttpRequest<B>) -> Vec<u8> {
    let version = version_of(request.version());
    let mut head = format!("{} {} {version}\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head
}

fn version_of(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}
