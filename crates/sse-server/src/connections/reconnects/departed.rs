//! A client whose connection ended: whether a client that arrives later is the same, and what was
//! lost or repeated.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::write_buffer::Receipt;

use super::given::{BackWith, GivenIds};
use super::{Answered, Resume, told_retry, who};
use crate::connections::connection::{Client, Connection, Request, shown};
use crate::connections::end_reason::EndedBy;
use crate::connections::numbering::{Numbering, WeakNumbering};

/// A client as its connection ended, or as it was told that there is no more.
#[derive(Debug)]
pub(in crate::connections) struct Departed {
    /// A hash of what it is known by.
    pub(super) who: u64,
    /// The row that it was. Where it was answered that there is no more, the row of that request.
    pub(super) row: u64,
    tag: Option<Box<str>>,
    /// Without the port, which changes with each connection.
    peer: IpAddr,
    /// Which stream it asked for, and with which program.
    asked: Arc<Request>,
    /// When it went. How long it stays away is counted from here.
    pub(super) at: Instant,
    /// What the numbers of its events were numbers of.
    numbers: WeakNumbering,
    /// The number that would have been next.
    next: Option<u64>,
    /// What it was told.
    told: Receipt,
    /// The number from which on it was sent everything, over all its connections that lost nothing.
    since: u64,
    /// The id that it had brought itself.
    brought: Option<Box<str>>,
    /// The last id that it was given, as much of it as is compared, and the number of that event.
    last_id: Option<(u64, String)>,
    /// The ids that it was given, where its stream was forwarded.
    given: Option<Arc<GivenIds>>,
    /// Whether it waits for no more: it had all of the stream, or left it.
    satisfied: bool,
    /// How often it was told that there is no more.
    sent_away: u32,
    /// Whether that was the last that it was told.
    is_away: bool,
    /// The fault that ended its stream, if one did.
    fault: Option<u64>,
    /// When it came since then and was refused, the last time, and with which status.
    refused: Option<(Instant, u16)>,
    /// Whether it had a stream, or was told that there is no more of one: of a client that was only
    /// refused nothing is known but its request.
    was_served: bool,
}

/// How a client came back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Return {
    /// The row that it goes on from.
    pub(super) of: u64,
    /// How long it was away, since it was last there; unknown where it was back before it was
    /// missed.
    pub(super) away: Option<Duration>,
    /// The status that it was refused with when it was last there, if it was.
    pub(super) refused: Option<u16>,
    /// The fault that had ended its stream, if one had, and the id of the last event that it was
    /// given.
    pub(super) cut_by: Option<(u64, Option<String>)>,
    /// The reconnection time that it had been sent, in milliseconds, to be compared with `away`.
    pub(super) retry: Option<u64>,
    /// The last event id that it brought, if it brought one.
    pub(super) brought: Option<Box<str>>,
    pub(super) answered: Answered,
    /// What it lost and what it is sent twice; `None` where that cannot be told.
    pub(super) cost: Option<Cost>,
    /// See [`Departed::since`].
    since: u64,
    /// Whether its tag shows that it is the same client.
    pub(super) sure: bool,
    /// How often it had been told that there is no more.
    pub(super) sent_away: u32,
    /// Whether it came although that was the last that it had been told.
    pub(super) despite: bool,
    /// What that id is among those that it had been given. The advice depends on it.
    pub(super) id: BroughtId,
    /// The same where its stream was forwarded, and how many events it was sent behind that id.
    /// Nothing where it was back before it was missed.
    pub(super) back_with: Option<(BackWith, Option<u64>)>,
    /// Whether it had ended its connection itself.
    pub(super) left: bool,
    /// The ids that it had been given, where its stream was forwarded.
    given: Option<Arc<GivenIds>>,
    /// Whether it sends its request itself, which an EventSource does not.
    pub(super) posts: bool,
}

/// The id that a client came back with, beside those that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BroughtId {
    /// It had one, and did not bring it.
    Forgotten,
    /// It had none that it could bring.
    NoneGiven,
    /// The stream gives no such id.
    Unknown,
    /// It is of an event that the client was not sent.
    Ahead,
    /// It is of an event that another node sent.
    Elsewhere,
    /// It is of an event that it was sent.
    Known,
}

impl From<BackWith> for BroughtId {
    fn from(back: BackWith) -> Self {
        match back {
            BackWith::Last | BackWith::Earlier => Self::Known,
            BackWith::Forgotten => Self::Forgotten,
            BackWith::Nothing => Self::NoneGiven,
            BackWith::Unsent => Self::Ahead,
            BackWith::Unknown => Self::Unknown,
        }
    }
}

/// Events that a client was never sent, and those that it is sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Those between the last that it has and the first that it goes on with.
    pub(super) lost: u64,
    /// Those that it is sent twice, if it stays for them.
    pub(super) repeated: u64,
    /// Those that come before them and are new.
    pub(super) before: u64,
}

impl Departed {
    /// The client of a row that has just been ended. It may wait for a topic.
    pub(in crate::connections) fn of(row: &Connection, told: Receipt, at: Instant) -> Self {
        let numbers = &row.client.numbers;
        let next = row.sent.next();
        let last_id = match (row.last_id(), numbers, next) {
            // A subscriber is given its place before any event.
            (None, Numbering::Topic(topic, _), Some(next)) if topic.tells_place() => {
                let place = next.saturating_sub(1);
                Some((place, topic.id(place)))
            }
            (last_id, ..) => last_id,
        };
        let ended = row.ended.get();
        let ending = ended.map(|ended| ended.why);
        Self {
            fault: ended.and_then(|ended| ended.fault),
            numbers: WeakNumbering::new(numbers),
            next,
            since: told.first,
            told,
            last_id: last_id.map(|(n, id)| (n, shown(&id).to_owned())),
            given: GivenIds::of(row, ending.is_some_and(|it| it.by() == EndedBy::Client)),
            satisfied: ending.is_some_and(|it| it.is_complete() || it.by() == EndedBy::Client),
            ..Self::known(row, told, at)
        }
    }

    /// The client of a row that was told that there is no more. It is taken at its word: it has had
    /// all before.
    pub(super) fn away(row: &Connection, resume: &Resume, at: Instant) -> Self {
        let told = Receipt {
            retry: resume.numbers.retry(),
            first: 0,
            gap: false,
            whole: None,
        };
        let brought = row.client.brought.as_deref();
        let last = resume.had.unwrap_or(resume.next.saturating_sub(1));
        Self {
            numbers: WeakNumbering::new(&resume.numbers),
            next: Some(resume.next),
            last_id: brought.map(|id| (last, id.to_owned())),
            satisfied: true,
            sent_away: 1,
            is_away: true,
            ..Self::known(row, told, at)
        }
    }

    /// The client of a row that was refused.
    pub(super) fn refused(row: &Connection, status: u16, at: Instant) -> Self {
        let told = Receipt {
            retry: told_retry(row),
            first: 0,
            gap: false,
            whole: None,
        };
        let brought = row.client.brought.as_deref();
        Self {
            last_id: brought.map(|id| (0, id.to_owned())),
            // It was sent nothing.
            since: u64::MAX,
            refused: Some((at, status)),
            was_served: false,
            ..Self::known(row, told, at)
        }
    }

    /// Notes that it came, and was refused.
    /// Where it was told another reconnection time, that one holds.
    pub(super) fn is_refused(&mut self, status: u16, retry: Option<u64>, now: Instant) {
        self.refused = Some((now, status));
        self.told.retry = retry.or(self.told.retry);
    }

    /// When it was last there: who is refused has been there.
    pub(super) fn was_there(&self) -> Instant {
        self.refused.map_or(self.at, |(at, _)| at)
    }

    /// The same client, which was told now, as this row, that there is no more.
    pub(super) fn goes_away(self, row: &Connection, at: Instant) -> Self {
        Self {
            row: row.id,
            at,
            asked: Arc::clone(&row.client.asked),
            satisfied: true,
            sent_away: self.sent_away.saturating_add(1),
            is_away: true,
            fault: None,
            refused: None,
            ..self
        }
    }

    /// What is known of any client.
    fn known(row: &Connection, told: Receipt, at: Instant) -> Self {
        Self {
            who: who(&row.client),
            row: row.id,
            tag: row.client.tag.clone(),
            peer: row.client.peer.ip(),
            asked: Arc::clone(&row.client.asked),
            at,
            numbers: WeakNumbering::new(&Numbering::None),
            next: None,
            told,
            since: told.first,
            brought: row.client.brought.clone(),
            last_id: None,
            given: None,
            satisfied: false,
            sent_away: 0,
            is_away: false,
            fault: None,
            refused: None,
            was_served: true,
        }
    }

    /// The same client, whose connection had been a return itself.
    pub(super) fn continued(self, back: Option<&Return>) -> Self {
        let Some(back) = back else { return self };
        let given = match (self.given, &back.given) {
            (Some(own), Some(before)) => Some(Arc::new(own.behind(before))),
            (own, _) => own,
        };
        let lost_nothing = back.cost.is_some_and(|cost| cost.lost == 0) && !self.told.gap;
        Self {
            since: match lost_nothing {
                true => self.since.min(back.since),
                false => self.since,
            },
            sent_away: back.sent_away,
            given,
            ..self
        }
    }

    pub(super) fn is_sure(&self) -> bool {
        self.tag.is_some()
    }

    /// Whether it came although it had been told that there is no more.
    pub(super) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Whether this is no return but a new question: a program that posts asks anew, and waits for
    /// nothing of the answer before.
    pub(super) fn is_asked_anew(&self, client: &Client) -> bool {
        self.satisfied && client.brought.is_none() && posts(client)
    }

    /// How well the client that arrives fits, if it may be this one at all.
    pub(super) fn fits(
        &self,
        who: u64,
        client: &Client,
        had: Option<(u64, &Numbering)>,
    ) -> Option<Fit> {
        // Requests that ask alike are mostly one.
        let same_stream =
            Arc::ptr_eq(&self.asked, &client.asked) || self.asked.stream == client.asked.stream;
        if self.who != who || !same_stream || self.tag != client.tag {
            return None;
        }
        let fit = match (&client.brought, &self.last_id) {
            (Some(brought), Some((_, last))) if **brought == **last => Fit::LastId,
            // One that did not get all of it brings an id from before the last.
            (Some(_), _) if had.is_some_and(|(had, of)| self.was_given(client, had, of)) => {
                Fit::OlderId
            }
            (Some(brought), _) if self.was_sent(brought) => Fit::OlderId,
            _ => Fit::TagOnly,
        };
        let same = || self.peer == client.peer.ip() && self.asked.program == client.asked.program;
        (client.is_known() || fit != Fit::TagOnly && same()).then_some(fit)
    }

    /// The last id that it was given on its own connection.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_ref().map(|(_, id)| &**id)
    }

    /// Whether its stream was forwarded, so that it may have any of the ids that stood in it.
    pub(super) fn is_forwarded(&self) -> bool {
        self.given.is_some()
    }

    /// The last id that it has: one that it was given before it came counts, where it was given no
    /// other.
    fn held_id(&self) -> Option<&str> {
        self.last_id().or(self.brought.as_deref())
    }

    /// Whether it has this id of a stream that was forwarded.
    fn was_sent(&self, id: &str) -> bool {
        let Some(given) = self.given.as_ref().filter(|_| !id.is_empty()) else {
            return false;
        };
        self.held_id() == Some(id) || given.followed_by(id).is_some()
    }

    /// Whether it was given the id of the event `had`.
    fn was_given(&self, client: &Client, had: u64, numbers: &Numbering) -> bool {
        let Some(next) = self.next.filter(|_| self.numbers.is(numbers)) else {
            return false;
        };
        // An id without data comes behind the last event, and its place before a subscriber's
        // first.
        let not_behind = had < next || numbers.events_between(next, had + 1) == 0;
        let own = self.brought == client.brought || matches!(self.numbers, WeakNumbering::Topic(_));
        not_behind && (had >= self.told.first || had + 1 == self.told.first && own)
    }

    /// How its client came back.
    pub(super) fn back(
        &self,
        client: &Client,
        resume: Option<&Resume>,
        answered: Answered,
        away: Option<Duration>,
    ) -> Return {
        let given = self.given.as_ref().filter(|_| away.is_some());
        let back_with =
            given.map(|given| given.back_with(client.brought.as_deref(), self.held_id()));
        Return {
            back_with,
            left: self.given.as_ref().is_some_and(|given| given.left),
            given: self.given.clone(),
            of: self.row,
            away,
            refused: self.refused.map(|(_, status)| status),
            cut_by: self.fault.map(|fault| {
                let id = self.last_id.as_ref().map(|(_, id)| id.clone());
                (fault, id)
            }),
            retry: self.told.retry,
            brought: client.brought.clone(),
            answered,
            cost: resume.and_then(|resume| self.cost(client, resume, answered)),
            since: self.since,
            sure: self.is_sure(),
            sent_away: self.sent_away,
            despite: self.is_away,
            id: match back_with {
                Some((back, _)) => back.into(),
                None => self.brought_id(client, resume),
            },
            posts: posts(client),
        }
    }

    fn brought_id(&self, client: &Client, resume: Option<&Resume>) -> BroughtId {
        let had = resume.and_then(|resume| resume.had);
        match (&client.brought, &self.last_id, had) {
            (None, None, _) => BroughtId::NoneGiven,
            (None, Some(_), _) => BroughtId::Forgotten,
            (Some(brought), Some((_, last)), _) if **brought == **last => BroughtId::Known,
            (Some(_), _, None) => BroughtId::Unknown,
            (Some(_), _, Some(had)) if self.next.is_some_and(|next| had >= next) => {
                match resume.is_some_and(|resume| resume.numbers.is_shared()) {
                    true => BroughtId::Elsewhere,
                    false => BroughtId::Ahead,
                }
            }
            (Some(_), _, Some(_)) => BroughtId::Known,
        }
    }

    /// What it costs the client to go on there.
    fn cost(&self, client: &Client, resume: &Resume, answered: Answered) -> Option<Cost> {
        let numbers = &resume.numbers;
        // Who is refused has not gone on anywhere.
        if matches!(answered, Answered::Refused(_)) {
            return None;
        }
        if !self.was_served {
            return self.cost_of_refusals(client, resume);
        }
        if !self.numbers.is(numbers) {
            return None;
        }
        let sent = self.next?;
        let is_shared = numbers.is_shared();
        if is_shared && resume.had.is_none() {
            // It may have been on another node, and what it had there nobody knows here.
            return None;
        }
        let (had, next) = match client.brought.as_deref() {
            // It leads to the first event that has it, and nothing tells which one the client had.
            Some(brought) if numbers.repeats_id(brought) => match &self.last_id {
                Some((n, last)) if **last == *brought => (Some(*n), n + 1),
                _ => return None,
            },
            _ => (resume.had, resume.next),
        };
        // What it says that it has counts, and not what the kernel took for it; but it cannot have
        // what was never sent.
        let lacks = match had {
            // Another node sent it to the client.
            Some(had) if is_shared => had + 1,
            Some(had) => sent.min(had + 1),
            None => sent,
        };
        if self.told.gap && next.min(lacks) < self.told.first {
            // Some of what lies there was sent and some was not.
            return None;
        }
        // What was sent before that is of others.
        let again = next.max(self.since);
        let (repeated, before) = match answered {
            Answered::Stream => (
                numbers.events_between(again, sent),
                numbers.events_between(next, again),
            ),
            Answered::Complete | Answered::Refused(_) => (0, 0),
        };
        Some(Cost {
            lost: numbers.events_between(lacks, next),
            repeated,
            before,
        })
    }
}

impl Departed {
    /// What it costs a client to go on there that was only refused before. It is taken at its word:
    /// it has what it says that it has.
    fn cost_of_refusals(&self, client: &Client, resume: &Resume) -> Option<Cost> {
        let numbers = &resume.numbers;
        let Some(brought) = client.brought.as_deref() else {
            return self.brought.is_none().then(Cost::default);
        };
        let had = resume.had.filter(|_| !numbers.repeats_id(brought))?;
        Some(Cost {
            lost: numbers.events_between(had + 1, resume.next),
            ..Cost::default()
        })
    }
}

/// An EventSource sends GET.
fn posts(client: &Client) -> bool {
    &*client.asked.method == "POST"
}

/// How well a client fits one that went, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It has the tag, or none where that is enough.
    TagOnly,
    /// It brought an id that the other was given before the last.
    OlderId,
    /// It brought the last id that the other was given.
    LastId,
}
