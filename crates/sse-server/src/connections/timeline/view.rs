//! The timeline as whoever looks is told it.

use serde::Serialize;

use super::bars::{Bar, Knock};
use super::lanes::Lane;
use super::{STEP_MS, Timeline};
use crate::armed::ArmedSpan;
use crate::connections::Verdict;
use crate::connections::end_reason::{EndedBy, Why};
use crate::connections::log::LogReader;
use crate::tap::Tick;

/// What happened when, as far as it is newer than a cursor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct TimelineView {
    /// When this was answered, in milliseconds since 1970.
    pub now_ms: u64,
    /// To be handed back as `after`.
    pub cursor: u64,
    /// How long a step is, in milliseconds.
    pub step_ms: u64,
    /// Whether this is all that is kept, and not what is newer than `after`: what was answered
    /// before is to be forgotten.
    pub whole: bool,
    /// When the server was stopped since the program began, the newest 100, always all of them.
    pub away: Vec<AwayView>,
    /// When which faults were armed for requests, always all of them.
    pub armed: Vec<ArmedSpan>,
    /// Those in which something is newer.
    pub lanes: Vec<LaneView>,
    /// The ids of lanes that were forgotten since.
    pub gone: Vec<u64>,
    /// Clients that have no lane, because there are as many as may be.
    pub left_out: usize,
}

/// A time without a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct AwayView {
    /// When its stop was through, in milliseconds since 1970.
    pub from_ms: u64,
    /// When it listened again.
    pub to_ms: Option<u64>,
}

/// A client on a stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct LaneView {
    /// Counts up from 1.
    pub id: u64,
    /// The name that the client gave itself with `client=`.
    pub client: Option<String>,
    /// The program, as far as it says.
    pub program: String,
    /// Whether its tag says that all of this is one client; else that is probable.
    pub sure: bool,
    /// The path of the stream.
    pub stream: String,
    /// The method of its last request.
    pub method: String,
    /// Connections of which something is newer.
    pub bars: Vec<BarView>,
    /// Requests that got no stream and are newer.
    pub knocks: Vec<KnockView>,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct BarView {
    /// Its id in the table.
    pub connection: u64,
    /// When it began, in milliseconds since 1970.
    pub from_ms: u64,
    /// When it ended.
    pub to_ms: Option<u64>,
    /// Why it ended.
    pub why: Option<Why>,
    /// Who ended it.
    pub by: Option<EndedBy>,
    /// What it was answered with.
    pub status: u16,
    /// Where faults struck it.
    pub flags: Vec<FlagView>,
    /// How its client came back with it, where it did.
    pub verdict: Option<Verdict>,
    /// What its client did after the end of it, as the table has it.
    pub afterwards: Option<Verdict>,
    /// When its client was to come back by the reconnection time that it was told, where it was.
    pub due_ms: Option<u64>,
    /// What is newer of what came in each step: the number of the step since 1970, events,
    /// comments. Steps in which nothing came are left out.
    pub steps: Vec<(u64, u64, u64)>,
    /// What is newer of what is known exactly. A step that has ticks is drawn from them.
    pub ticks: Vec<TickView>,
}

/// Where a fault struck a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct FlagView {
    /// The number of the fault.
    pub fault: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// An event or a comment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct TickView {
    /// When its last byte was taken, in milliseconds since 1970.
    pub at_ms: f64,
    /// Which of the two.
    pub kind: TickKind,
    /// The event's id, or the beginning of a long one.
    pub id: Option<String>,
    /// The event's name, or the beginning of a long one.
    pub event: Option<String>,
    /// Its bytes, without the framing.
    pub size: usize,
    /// The place of the byte behind its last one on the wire.
    pub end: u64,
}

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum TickKind {
    /// An event.
    Event,
    /// A comment.
    Comment,
}

/// A request that got no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct KnockView {
    /// Its id in the table.
    pub connection: u64,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it was answered with.
    pub status: u16,
    /// Why.
    pub why: Why,
    /// The number of the fault that answered it, where one did.
    pub fault: Option<u64>,
}

impl Timeline {
    /// What is newer than `after`; all of it without one.
    pub(super) fn view(&self, after: Option<u64>, now_ms: u64) -> TimelineView {
        let whole = after.is_none();
        let after = after.unwrap_or(0);
        let moved = self.lanes.moved(after);
        let mut steps = self.samples.steps(after, &moved);
        let mut ticks = self.samples.ticks(after, &moved);
        let mut lanes = Vec::new();
        for (id, lane) in &self.lanes.lanes {
            let mut bars = Vec::new();
            for (id, bar) in &lane.bars {
                let steps = steps.remove(id).unwrap_or_default();
                let ticks = ticks.remove(id).unwrap_or_default();
                if bar.stamp > after || !steps.is_empty() || !ticks.is_empty() {
                    let ticks = ticks.into_iter().map(TickView::of).collect();
                    bars.push(BarView::of(*id, bar, steps, ticks));
                }
            }
            let knocks = lane.knocks.iter().filter(|(_, knock)| knock.stamp > after);
            let knocks: Vec<KnockView> = knocks.map(|(id, knock)| knock.view(*id)).collect();
            if lane.stamp > after || !bars.is_empty() || !knocks.is_empty() {
                lanes.push(lane.view(*id, bars, knocks));
            }
        }
        TimelineView {
            now_ms,
            cursor: self.cursor,
            step_ms: STEP_MS,
            whole,
            away: self.away(),
            armed: Vec::new(),
            lanes,
            gone: if whole {
                Vec::new()
            } else {
                self.lanes.gone(after)
            },
            left_out: self.lanes.left_out(),
        }
    }

    fn away(&self) -> Vec<AwayView> {
        let away = self.reader.as_ref().map(LogReader::away);
        let away = away.unwrap_or_default().into_iter();
        away.map(|(from_ms, to_ms)| AwayView { from_ms, to_ms })
            .collect()
    }
}

impl Lane {
    fn view(&self, id: u64, bars: Vec<BarView>, knocks: Vec<KnockView>) -> LaneView {
        LaneView {
            id,
            client: self.client.as_deref().map(str::to_owned),
            program: self.asked.program.to_string(),
            sure: self.client.is_some(),
            stream: self.asked.stream.to_string(),
            method: self.asked.method.to_string(),
            bars,
            knocks,
        }
    }
}

impl BarView {
    fn of(connection: u64, bar: &Bar, steps: Vec<(u64, u64, u64)>, ticks: Vec<TickView>) -> Self {
        let end = bar.ended;
        Self {
            connection,
            from_ms: bar.from_ms,
            to_ms: end.map(|end| end.at_ms),
            why: end.map(|end| end.why),
            by: end.map(|end| end.why.by()),
            status: 200,
            flags: bar
                .flags
                .iter()
                .map(|&(fault, at_ms)| FlagView { fault, at_ms })
                .collect(),
            verdict: bar.verdict.as_deref().cloned(),
            afterwards: bar.afterwards.as_deref().cloned(),
            due_ms: end.and_then(|end| end.due_ms),
            steps,
            ticks,
        }
    }
}

impl Knock {
    fn view(&self, connection: u64) -> KnockView {
        KnockView {
            connection,
            at_ms: self.at_ms,
            status: self.status,
            why: self.why,
            fault: self.fault,
        }
    }
}

impl TickView {
    fn of(tick: &Tick) -> Self {
        let (kind, event, id) = match &tick.event {
            Some((event, id)) => (TickKind::Event, Some(event.clone()), id.clone()),
            None => (TickKind::Comment, None, None),
        };
        Self {
            at_ms: tick.at_ms,
            kind,
            id,
            event,
            size: tick.size,
            end: tick.end,
        }
    }
}
