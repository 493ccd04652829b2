//! What the table shows of a connection: a field for each column, and how it is filled. `sort.rs`
//! defines how rows are sorted by it.

use std::time::Instant;

use serde::Serialize;
use sse_engine::time::{millis, since_1970};
use sse_wire::Framing;

use super::Verdict;
use super::connection::{Connection, Cut, NextStep, Struck};
use super::end_reason::{EndedBy, Why};
use super::groups::GroupView;
use super::leg::LegsView;
use super::rates::PerSecond;

/// One connection.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct RowView {
    /// Counts up from 1 in the order of arrival.
    pub id: u64,
    /// Address and port of the client.
    pub peer: String,
    /// The program, as far as it says.
    pub program: String,
    /// The room that it was sent to; nothing is the room that has no name.
    pub room: Option<String>,
    /// The path of the stream.
    pub stream: String,
    /// The name that the client gave itself with `client=`.
    pub client: Option<String>,
    /// The request's method.
    pub method: String,
    /// When it arrived, in milliseconds since 1970.
    pub since_ms: u64,
    /// The last event id that it brought.
    pub brought: Option<String>,
    /// The id of the last event that it was sent.
    pub last_id: Option<String>,
    /// Events that the kernel took for it.
    pub events: u64,
    /// Bytes that the kernel took for it, head and framing included.
    pub bytes: u64,
    /// Events a second, once somebody has looked for a second or two, and while it is open.
    pub rate: Option<f64>,
    /// Bytes a second, as `rate`.
    pub byte_rate: Option<f64>,
    /// How many events of its topic it has yet to be sent; nothing where its stream is no topic.
    pub behind: Option<u64>,
    /// What the next step sends, while it is open and replays a recording step by step.
    pub step: Option<NextStep>,
    /// Whether the socket takes no more at the moment.
    pub blocked: bool,
    /// Whether it waits for the engine that keeps its topic, which has not said yet where it goes
    /// on; left out where it does not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "types", ts(as = "Option<bool>", optional))]
    pub waits: bool,
    /// The version of HTTP that the client speaks, and with it the framing: chunks in 1.1, bare
    /// bytes in 1.0.
    #[cfg_attr(feature = "types", ts(type = "\"1.0\" | \"1.1\""))]
    pub http: &'static str,
    /// `open`, `ended` or `refused`.
    #[cfg_attr(feature = "types", ts(as = "super::connection::State", inline))]
    pub state: &'static str,
    /// The status it was answered with.
    pub status: u16,
    /// The origin that was refused, where that was the reason.
    pub origin: Option<String>,
    /// The faults that struck it, in that order.
    pub faults: Vec<Struck>,
    /// How it ended, once it has.
    pub ended: Option<EndedView>,
    /// How its client came back with it, where it did.
    pub verdict: Option<Verdict>,
    /// What its client did after the end of it, where that is known, or where it was cut; while it
    /// is open, what else its client has open.
    pub afterwards: Option<Verdict>,
    /// The faults that struck the connections that are folded into its line, by their numbers.
    pub folded_faults: Vec<Struck>,
    /// The group that its line stands for or belongs to, where rows are grouped.
    pub group: Option<GroupView>,
    /// Both legs, where its request was forwarded.
    pub legs: Option<LegsView>,
}

/// How a connection ended.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct EndedView {
    /// Who ended it.
    pub by: EndedBy,
    /// Why, in a few words.
    pub why: Why,
    /// Whether the client has everything that there was.
    pub complete: bool,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// How far it came, of a finite stream that ended before its last event.
    pub cut: Option<Cut>,
    /// The number of the fault that ended it, where one did.
    pub fault: Option<u64>,
}

impl RowView {
    /// A row at `now` without its verdicts and its group.
    pub(super) fn of(row: &Connection, rate: Option<PerSecond>, now: Instant) -> Self {
        let ended = row.ended.get().map(|ended| &**ended);
        Self {
            id: row.id,
            peer: row.client.peer.to_string(),
            program: row.client.asked.program.to_string(),
            room: row.client.asked.room.as_deref().map(str::to_owned),
            stream: row.client.asked.stream.to_string(),
            client: row.client.tag.as_deref().map(str::to_owned),
            method: row.client.asked.method.to_string(),
            since_ms: row.since,
            brought: row.client.brought.as_deref().map(str::to_owned),
            last_id: row.last_id().map(|(_, id)| id),
            events: row.sent.counts().events,
            bytes: row.sent.counts().bytes,
            rate: rate.map(|rate| rate.events),
            byte_rate: rate.map(|rate| rate.bytes),
            behind: row.behind(),
            step: row.step(),
            blocked: ended.is_none() && row.sent.is_blocked(),
            waits: ended.is_none() && row.sent.is_waiting(),
            http: match row.client.asked.framing {
                Framing::Bare => "1.0",
                Framing::Chunked => "1.1",
            },
            state: row.state().word(),
            status: row.status,
            origin: row.origin().map(str::to_owned),
            ended: ended.map(|ended| EndedView {
                by: ended.why.by(),
                why: ended.why,
                complete: ended.why.is_complete(),
                at_ms: millis(since_1970(ended.when)),
                cut: ended.cut,
                fault: ended.fault,
            }),
            faults: row.faults(),
            verdict: None,
            afterwards: None,
            group: None,
            legs: row.leg().map(|leg| match ended {
                Some(ended) if ended.why == Why::Forwarded => leg.view(None),
                Some(ended) => leg.view(Some(ended.at)),
                None => leg.open(now),
            }),
            folded_faults: Vec::new(),
        }
    }
}
