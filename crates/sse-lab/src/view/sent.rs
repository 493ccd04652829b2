//! What was sent in one case, with its lines and what a client reads from them, as the wire of a
//! connection is shown.

use std::time::{Duration, Instant};

use serde::Serialize;
use sse_server::{BodyReader, PieceView, WireEvent};

use super::CaseView;
use crate::case::Case;
use crate::observation::Ended;
use crate::profile::Profile;
use crate::run::Run;

/// What a client made of one case, and what it was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabCaseSent"))]
pub struct CaseSentView {
    /// The case, and the requests that came.
    pub case: CaseView,
    /// What was sent to each of these requests.
    pub sent: Vec<SentView>,
}

/// What was sent to one request, as far as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabSent"))]
pub struct SentView {
    /// What the kernel took, piece by piece, the head first. Nothing while the answer is under way,
    /// or where the next case answers the request.
    pub pieces: Vec<PieceView>,
    /// What a client makes of it.
    pub events: Vec<WireEvent>,
}

impl CaseSentView {
    /// Nothing where the profile does not have the case.
    pub(crate) fn of(
        (at, case): (usize, &Case),
        run: &Run,
        profile: Profile,
        now: Instant,
    ) -> Option<Self> {
        if !case.is_in(profile) {
            return None;
        }
        let stopped = run.has_stopped(crate::case::cases(), now);
        let case = CaseView::of((at, case), run, profile, (stopped, now));
        let Some((seen, _)) = run.seen(at, now) else {
            let sent = Vec::new();
            return Some(Self { case, sent });
        };
        let since = case.since.unwrap_or_default();
        let sent = seen.requests.iter().map(|asked| {
            let end = asked.ended.as_ref();
            end.map(|end| SentView::of(end, since)).unwrap_or_default()
        });
        Some(Self {
            sent: sent.collect(),
            case: case.with_requests(seen),
        })
    }
}

impl SentView {
    /// `since` is when the case's first request came, in milliseconds since 1970.
    fn of(end: &Ended, since: u64) -> Self {
        let mut reader = BodyReader::of_response(is_chunked(&end.sent));
        let mut view = Self::default();
        let mut rest = &*end.sent;
        // A body that was sent by other means has no times.
        let whole = [(end.at, rest.len())];
        let pieces = match &*end.pieces {
            [] => &whole[..],
            pieces => pieces,
        };
        for (at, length) in pieces {
            let (piece, behind) = rest.split_at((*length).min(rest.len()));
            rest = behind;
            if piece.is_empty() {
                continue;
            }
            let (piece, events) = reader.read(shown_at(since, *at), piece);
            view.pieces.push(piece);
            view.events.extend(events);
        }
        view
    }
}

/// An instant of a case in milliseconds since 1970.
fn shown_at(since: u64, at: Duration) -> f64 {
    // As precise as a time since 1970 can be in a number of JSON.
    since as f64 + at.as_secs_f64() * 1000.0
}

/// Whether a response says that its body comes in chunks.
fn is_chunked(sent: &[u8]) -> bool {
    let head = sent.windows(4).position(|four| four == b"\r\n\r\n");
    let head = &sent[..head.unwrap_or(sent.len())];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.contains("\r\ntransfer-encoding: chunked")
}

#[cfg(test)]
mod tests {
    use sse_server::What;

    use super::*;
    use crate::observation::Ender;

    fn ended(sent: &str, pieces: &[(u64, usize)]) -> Ended {
        let pieces = pieces
            .iter()
            .map(|(ms, length)| (Duration::from_millis(*ms), *length));
        Ended {
            at: Duration::from_millis(9),
            by: Ender::Case,
            status: 200,
            sent: sent.as_bytes().to_vec(),
            total: sent.len() as u64,
            pieces: pieces.collect(),
        }
    }

    #[test]
    fn what_was_sent_is_read_as_a_client_reads_it() {
        let sent = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
            11\r\nid: 7\ndata: half\n\r\n1\r\n\n\r\n";
        let view = SentView::of(&ended(sent, &[(2, sent.len() - 6), (5, 6)]), 1000);
        let times: Vec<_> = view.pieces.iter().map(|piece| piece.at_ms).collect();
        assert_eq!(times, [1002.0, 1005.0]);
        let [event] = &*view.events else {
            panic!("one event: {:?}", view.events);
        };
        assert_eq!((event.at_ms, event.end), (1005.0, sent.len() as u64 - 2));
        let What::Event { id, data, .. } = &event.what else {
            panic!("an event: {event:?}");
        };
        assert_eq!((id.as_deref(), &**data), (Some("7"), "half"));
    }

    #[test]
    fn a_body_without_chunks_and_without_times_is_one_piece() {
        let sent = "HTTP/1.1 503 Service Unavailable\r\n\r\nGo away.\n";
        let view = SentView::of(&ended(sent, &[]), 1000);
        assert_eq!(view.pieces.len(), 1);
        assert_eq!(view.pieces[0].bytes, sent);
        assert_eq!(view.pieces[0].at_ms, 1009.0);
    }
}
