//! What came of a watch, for the page. Whoever asks again names what it has already.

use serde::{Deserialize, Serialize};
use sse_client::diagnose::{Finding, Level, Observation};
use sse_client::dialect::{Dialect, Kind, Level as Whole};
use sse_client::{End, Header, Reading};
use sse_server::{PieceView, WireEvent};

use super::progress::{KeptEvent, Progress, Stage, length, millis, shown_id};
use super::record::RecordingView;

/// How far somebody has read a watch.
#[derive(Clone, Copy, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "WatchCursor"))]
pub(crate) struct Cursor {
    /// The watch; 0 where nothing is known of any.
    run: u64,
    /// Its stream.
    stream: u64,
    /// The place of the byte behind the last one of its body.
    end: u64,
    /// The number of the last event.
    event: u64,
    /// How long a step of the picture is, in milliseconds.
    step_ms: f64,
    /// The step of the picture from which on something may be new.
    step: usize,
}

/// What a watch is at, and what is new of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct WatchView {
    /// Which watch it is; 0 before the first one.
    run: u64,
    /// Where it stands.
    state: WatchState,
    /// The same in words, or a sentence where it failed.
    words: String,
    /// Who ended it, once it is over.
    ended_by: Option<WatchEnd>,
    /// How long it lasts or lasted, in milliseconds.
    elapsed_ms: f64,
    /// Which stream of the watch it is, from 1; 0 before the first head.
    stream: u64,
    /// How the stream before it ended, and how it was asked for again.
    resumed: Option<String>,
    /// The request and the head of the answer, once that is there.
    exchange: Option<ExchangeView>,
    /// How many pieces this stream had.
    pieces_counted: u64,
    /// How many events there were on all streams.
    events_counted: u64,
    /// Comments of this stream.
    comments: u64,
    /// Bytes of its decoded body.
    bytes: u64,
    /// Bytes of its body on the wire.
    wire_bytes: u64,
    /// Its last event id.
    last_id: Option<String>,
    /// The reconnection time that it set, in milliseconds.
    retry_ms: Option<u64>,
    /// Pieces of its body, as far as they are new and kept.
    pieces: Vec<PieceView>,
    /// What a client makes of those.
    wire_events: Vec<WireEvent>,
    /// Events, as far as they are new and kept.
    events: Vec<WatchedEvent>,
    /// When pieces came.
    arrivals: ArrivalsView,
    /// The figures that say how it goes.
    figures: Figures,
    /// What is wrong with this stream so far, the worst first.
    findings: Vec<FindingView>,
    /// Whether second requests would tell more, and are possible now.
    can_probe: bool,
    /// Whether they are on their way.
    probing: bool,
    /// The recording of it, where there is or was one.
    recording: Option<RecordingView>,
}

/// Where a watch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub(crate) enum WatchState {
    /// Nothing was asked for yet.
    Idle,
    /// A request is on its way.
    Asking,
    /// An answer is being read.
    Open,
    /// It is asked for again in a moment.
    Waiting,
    /// It is over.
    Over,
    /// It could not go on.
    Failed,
}

/// Who ended a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub(crate) enum WatchEnd {
    /// The server, in order.
    Server,
    /// Whoever watched.
    Client,
    /// Nobody: it was cut off or reset, or could not go on.
    Cut,
}

/// A request, and the head of its answer. Secrets are hidden.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExchangeView {
    /// The method that was asked with last.
    method: String,
    /// The URL that was asked for last, without its query.
    url: String,
    /// The headers of that request.
    sent: Vec<Shown>,
    /// The redirects on the way, a line each.
    hops: Vec<String>,
    /// The version of HTTP, such as `HTTP/1.1`.
    http: String,
    /// The version of TLS, where there is one.
    tls: Option<String>,
    /// The status.
    status: u16,
    /// The headers of the answer.
    received: Vec<Shown>,
    /// The media type, without parameters.
    media_type: String,
    /// How the body is compressed, where it is.
    encoding: Option<String>,
    /// Whether its body is events, or lines of JSON.
    has_events: bool,
    /// The steps until the head was there, each with its instant since the request began, in
    /// milliseconds.
    steps: Vec<StepView>,
}

/// A header as it may be shown.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ShownHeader"))]
pub(crate) struct Shown {
    name: String,
    value: String,
}

/// A step of an exchange.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ExchangeStep"))]
pub(crate) struct StepView {
    /// What was done then.
    what: &'static str,
    /// When, in milliseconds.
    at_ms: f64,
}

/// An event that came.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct WatchedEvent {
    /// Counts up from 1 over all streams of a watch.
    number: u64,
    /// The stream that it came on.
    stream: u64,
    /// When, in milliseconds since 1970.
    at_ms: f64,
    /// Its name; empty for a line of JSON, which has none.
    event: String,
    /// The last event id.
    id: String,
    /// Its data, or its first 1 MiB.
    data: String,
    /// How many bytes of the data are not here.
    left_out: u64,
}

/// When pieces came, in steps of time from the beginning of the watch on.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ArrivalsView {
    /// How long a step is, in milliseconds.
    step_ms: f64,
    /// The steps in which something came, as far as they may be new: all of them where `step_ms` is
    /// not what was asked with.
    steps: Vec<ArrivalStep>,
    /// How long no piece has come until now, in milliseconds; 0 where nothing is waited for.
    silent_ms: f64,
    /// The usual time between two events, in milliseconds, where there were some.
    usual_gap_ms: Option<f64>,
}

/// What came in a step of time.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ArrivalStep {
    /// Which step it is, from 0.
    step: usize,
    /// Pieces.
    pieces: u64,
    /// Events that they completed.
    events: u64,
    /// The longest time without a piece that ended in it, in milliseconds.
    gap_ms: f64,
}

/// How a stream goes, in three figures. Times are in milliseconds.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "WatchFigures"))]
pub(crate) struct Figures {
    /// What is counted: `token`, `piece` of an answer whose stream counts no tokens, or `event`.
    of: &'static str,
    /// The name of the dialect, where it is known.
    dialect: Option<&'static str>,
    /// From the request to the first of them.
    first_ms: Option<f64>,
    /// How many a second, from the first to the last.
    rate: Option<f64>,
    /// The longest time between two of them, or since the last one.
    stall_ms: Option<f64>,
}

/// Something that is wrong with a stream, or that was looked at and is good.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct FindingView {
    /// The name of its rule, such as `W9`.
    rule: &'static str,
    /// How bad it is.
    level: FindingLevel,
    /// What is the case.
    sentence: String,
    /// When it was seen, in milliseconds since the request of its stream.
    at_ms: Option<u64>,
    /// The offset of the byte in the body.
    byte: Option<u64>,
    /// Whom it hurts, as a sentence; empty where it is fine.
    hurts: String,
    /// What to change, as a sentence; empty where it is fine.
    change: String,
}

/// How bad it is, the worst first.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub(crate) enum FindingLevel {
    /// A client does not get what was meant for it.
    Broken,
    /// It works here, and fails for some clients or behind some proxies.
    Risky,
    /// It is no mistake, and one should know of it.
    Note,
    /// It was looked at, and it is good.
    Fine,
}

/// What the events of a stream mean together.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct JoinedView {
    /// The watch that it is of.
    run: u64,
    /// The name of the dialect; nothing where none was recognised.
    dialect: Option<&'static str>,
    /// The texts and calls, in the order in which they began: texts first.
    parts: Vec<JoinedPart>,
    /// Whether it is whole, once it is over, as a sentence.
    verdict: Option<String>,
    /// Whether that is good.
    whole: bool,
    /// What else is worth knowing, a sentence each.
    notes: Vec<String>,
}

/// A text that came in pieces, joined.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct JoinedPart {
    /// What it is: `text`, `reasoning` or `tool`.
    kind: &'static str,
    /// Where it belongs, in the dialect's own words.
    place: String,
    /// The name of a tool; else empty.
    name: String,
    /// The text, or the arguments of a tool.
    text: String,
    /// How many bytes are missing at its end, because of a bound.
    left_out: u64,
}

impl Progress {
    /// What is new since somebody read so far.
    ///
    /// `judged` is what the diagnosis said of which watch and stream. Another may have begun since.
    pub(super) fn view(
        &self,
        cursor: &Cursor,
        judged: Option<((u64, u64), Vec<Finding>)>,
    ) -> WatchView {
        let is_same = cursor.run == self.run;
        let (from, after) = match is_same {
            true if cursor.stream == self.stream => (cursor.end, cursor.event),
            true => (0, cursor.event),
            false => (0, 0),
        };
        let reading = self.reading.as_ref();
        let counts = reading.map(Reading::counts).unwrap_or_default();
        let is_new = |piece: &&PieceView| piece.offset >= from;
        let observed = self.observed().map(|(_, seen)| seen);
        let judged = judged.filter(|(of, _)| *of == (self.run, self.stream));
        let findings = judged.map(|(_, findings)| findings).unwrap_or_default();
        WatchView {
            run: self.run,
            state: self.state(),
            words: self.words(),
            ended_by: self.ended_by(),
            elapsed_ms: millis(self.elapsed()),
            stream: self.stream,
            resumed: self.resumed.clone(),
            exchange: reading.map(|reading| ExchangeView::of(reading, self.tls)),
            pieces_counted: counts.pieces,
            events_counted: self.counted,
            comments: counts.comments,
            bytes: counts.bytes,
            wire_bytes: counts.wire_bytes,
            last_id: reading.and_then(|it| it.last_id()).map(shown_id),
            retry_ms: reading.and_then(Reading::retry),
            pieces: self.pieces.iter().filter(is_new).cloned().collect(),
            wire_events: {
                let events = self.wire_events.iter();
                events.filter(|event| event.end > from).cloned().collect()
            },
            events: {
                let events = self.events.iter();
                let new = events.filter(|event| event.number > after);
                new.map(WatchedEvent::of).collect()
            },
            arrivals: self.arrivals_since(cursor, is_same, observed.as_ref()),
            figures: self.figures(observed.as_ref()),
            findings: findings.into_iter().map(FindingView::of).collect(),
            can_probe: self.can_probe(),
            probing: self.probing,
            recording: self.record.view(self.elapsed()),
        }
    }

    fn state(&self) -> WatchState {
        match &self.stage {
            Stage::Idle => WatchState::Idle,
            Stage::Asking => WatchState::Asking,
            Stage::Open => WatchState::Open,
            Stage::Waiting { .. } => WatchState::Waiting,
            Stage::Over { .. } => WatchState::Over,
            Stage::Failed(_) => WatchState::Failed,
        }
    }

    fn ended_by(&self) -> Option<WatchEnd> {
        match (&self.stage, self.end) {
            (Stage::Failed(_), _) => Some(WatchEnd::Cut),
            (Stage::Over { by_hand: true, .. }, _) => Some(WatchEnd::Client),
            (Stage::Over { .. }, Some((End::InOrder, _))) => Some(WatchEnd::Server),
            (Stage::Over { .. }, Some((End::Stopped, _)) | None) => Some(WatchEnd::Client),
            (Stage::Over { .. }, Some(_)) => Some(WatchEnd::Cut),
            _ => None,
        }
    }

    fn words(&self) -> String {
        match &self.stage {
            Stage::Idle => String::new(),
            Stage::Asking => "connecting".to_owned(),
            Stage::Open => "open".to_owned(),
            Stage::Waiting {
                since,
                wait,
                id,
                why,
            } => {
                let left = since.saturating_add(*wait).saturating_sub(self.elapsed());
                let id = match id {
                    Some(id) => format!(" with id {id}"),
                    None => String::new(),
                };
                format!("reconnects in {:.1} s{id}: {why}", left.as_secs_f64())
            }
            Stage::Over { by_hand: true, .. } => {
                format!("stopped after {}", length(self.elapsed()))
            }
            Stage::Over { why: Some(why), .. } => why.clone(),
            Stage::Over { why: None, .. } => match self.end {
                Some((end, at)) => format!("{end} after {}", length(at)),
                None => "over".to_owned(),
            },
            Stage::Failed(why) => why.clone(),
        }
    }

    fn arrivals_since(
        &self,
        cursor: &Cursor,
        is_same: bool,
        observed: Option<&Observation>,
    ) -> ArrivalsView {
        let arrivals = &self.arrivals;
        let step_ms = millis(arrivals.length());
        let from = match is_same && cursor.step_ms == step_ms {
            true => cursor.step,
            false => 0,
        };
        let steps = arrivals.bins().iter().enumerate().skip(from);
        let steps = steps.filter(|(_, bin)| bin.pieces > 0);
        let usual = observed.and_then(|seen| seen.body.events.gaps.percentile(50));
        let waits = self.state() == WatchState::Open;
        ArrivalsView {
            step_ms,
            steps: steps
                .map(|(step, bin)| ArrivalStep {
                    step,
                    pieces: bin.pieces,
                    events: bin.events,
                    gap_ms: millis(bin.gap),
                })
                .collect(),
            silent_ms: match waits {
                true => millis(self.elapsed().saturating_sub(arrivals.last())),
                false => 0.0,
            },
            usual_gap_ms: usual.map(millis),
        }
    }

    fn figures(&self, observed: Option<&Observation>) -> Figures {
        let view = self.reading.as_ref().map(Reading::view);
        let pace = view.map(|view| view.pace).unwrap_or_default();
        let dialect = view.and_then(|view| view.dialect);
        let dialect = dialect.map(Dialect::name);
        let sent = self.reading.as_ref().and_then(|it| it.times().request_sent);
        let sent = sent.unwrap_or_default();
        let now = self.elapsed().saturating_sub(self.offset);
        let is_open = self.state() == WatchState::Open;
        if let (Some(first), Some(last)) = (pace.first, pace.last) {
            let stall = pace.longest_stall.map(|stall| stall.length);
            let now = now.saturating_sub(sent).saturating_sub(last);
            let tokens = pace.tokens_a_second();
            return Figures {
                of: if tokens.is_some() { "token" } else { "piece" },
                dialect,
                first_ms: Some(millis(first)),
                rate: tokens.or(pace.pieces_a_second()),
                stall_ms: stall.max(is_open.then_some(now)).map(millis),
            };
        }
        let first = self.reading.as_ref().and_then(Reading::first_event);
        let silence = observed.map(|seen| seen.body.silence.longest);
        let counts = self.reading.as_ref().map(Reading::counts);
        let last = self.reading.as_ref().and_then(Reading::last_event);
        let rate = first.zip(last).and_then(|(first, last)| {
            let seconds = last.saturating_sub(first).as_secs_f64();
            let events = counts.map_or(0, |counts| counts.events);
            (events > 1 && seconds > 0.0).then(|| (events - 1) as f64 / seconds)
        });
        Figures {
            of: "event",
            dialect,
            first_ms: first.map(|first| millis(first.saturating_sub(sent))),
            rate,
            stall_ms: silence.filter(|_| first.is_some()).map(millis),
        }
    }

    /// What the events mean together.
    pub(super) fn joined(&self) -> JoinedView {
        let view = self.reading.as_ref().map(Reading::view);
        let texts = view.into_iter().flat_map(|view| &view.parts);
        let texts = texts.map(|part| JoinedPart {
            kind: match part.kind {
                Kind::Text => "text",
                Kind::Reasoning => "reasoning",
            },
            place: part.place.clone(),
            name: String::new(),
            text: part.text.clone(),
            left_out: part.left_out,
        });
        let calls = view.into_iter().flat_map(|view| &view.tool_calls);
        let calls = calls.map(|call| JoinedPart {
            kind: "tool",
            place: call.place.clone(),
            name: call.name.clone(),
            text: call.arguments.clone(),
            left_out: call.left_out,
        });
        let verdict = view.and_then(|view| view.verdict.as_ref());
        JoinedView {
            run: self.run,
            dialect: view.and_then(|view| view.dialect).map(Dialect::name),
            parts: texts.chain(calls).collect(),
            verdict: verdict.map(|verdict| verdict.sentence.clone()),
            whole: verdict.is_none_or(|verdict| verdict.level == Whole::Whole),
            notes: view.map(|view| view.notes.clone()).unwrap_or_default(),
        }
    }
}

impl ExchangeView {
    fn of(reading: &Reading, tls: Option<&str>) -> Self {
        let (asked, head, times) = (reading.asked(), reading.head(), reading.times());
        let shown = |name: &str, value: String| Shown {
            name: name.to_owned(),
            value,
        };
        let steps = [
            ("name resolved", times.name),
            ("connected", times.connect),
            ("TLS agreed", times.tls),
            ("request sent", times.request_sent),
            ("first byte of the head", times.head_first_byte),
            ("head complete", times.head_complete),
            ("first event", reading.first_event()),
        ];
        let steps = steps.into_iter().filter_map(|(what, at)| {
            at.map(|at| StepView {
                what,
                at_ms: millis(at),
            })
        });
        Self {
            method: asked.method.to_string(),
            url: asked.shown_url(),
            sent: asked
                .headers
                .iter()
                .map(|it| shown(&it.name, it.shown()))
                .collect(),
            hops: reading.hops().iter().map(ToString::to_string).collect(),
            http: format!("{:?}", head.version),
            tls: tls.map(str::to_owned),
            status: head.status,
            received: head.headers.iter().map(received).collect(),
            media_type: head.media_type(),
            encoding: head.value("content-encoding").map(str::to_owned),
            has_events: head.is_stream() || reading.is_json_lines(),
            steps: steps.collect(),
        }
    }
}

impl WatchedEvent {
    fn of(seen: &KeptEvent) -> Self {
        Self {
            number: seen.number,
            stream: seen.stream,
            at_ms: seen.at_ms,
            event: seen.event.clone(),
            id: seen.id.clone(),
            data: seen.data.clone(),
            left_out: seen.left_out,
        }
    }
}

impl FindingView {
    fn of(finding: Finding) -> Self {
        Self {
            rule: finding.rule,
            level: match finding.level {
                Level::Broken => FindingLevel::Broken,
                Level::Risky => FindingLevel::Risky,
                Level::WorthKnowing => FindingLevel::Note,
                Level::Fine => FindingLevel::Fine,
            },
            sentence: finding.sentence,
            at_ms: finding.evidence.at_ms,
            byte: finding.evidence.byte,
            hurts: finding.hurts,
            change: finding.change,
        }
    }
}

fn received(it: &Header) -> Shown {
    let (name, value) = (it.name.clone(), it.shown_in_answer());
    Shown { name, value }
}
