//! Where a client goes on that brings a last event id.
//!
//! A topic of this node knows every id that it ever gave. An engine may have given ids that this
//! node has not read yet, and may have lost some that clients were sent. So the engine is asked
//! once more before anybody is told of a gap.

use super::Missed;
use crate::fault::Shift;
use crate::topics::id::{EARLIEST, Position};
use crate::topics::ring::Ring;
use crate::topics::rules::{Rule, holds};
use crate::topics::topic::{Copied, State};

/// The longest id that a gap event repeats, in characters.
const SHOWN_ID: usize = 64;

/// Whole intervals between the looks that come by themselves for which a client waits whose place
/// is newer than all that this node knows. With 5 s from one look to the next those are 10 to 15 s,
/// and more while the engine is away.
const HELD_BEATS: u64 = 3;

/// Where a client goes on.
pub(super) enum Resume {
    /// Behind the entry with this number, and is told of a gap where there is one.
    At(u64, Option<Missed>),
    /// Not known yet.
    Wait(Waiting),
}

/// What a client waits with.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The id that it brought.
    pub(super) id: Option<Box<str>>,
    /// How far it is moved from the right place.
    pub(super) shift: Shift,
    /// The look at the engine that was asked for it.
    look: Option<u64>,
    /// The looks that there were when it turned out to be newer than all that this node knows.
    held_since: Option<u64>,
}

/// Where a client goes on that brings this id, moved by `shift` within what is kept, and that has
/// waited like this.
pub(super) fn resume(
    state: &mut State,
    last_event_id: Option<&str>,
    shift: Shift,
    waited: Option<&Waiting>,
) -> Resume {
    let ring = &state.ring;
    let mut waiting = Waiting {
        id: last_event_id.map(Into::into),
        shift,
        look: waited.and_then(|waited| waited.look),
        held_since: waited.and_then(|waited| waited.held_since),
    };
    if state.copy.as_ref().is_some_and(|copy| copy.head.is_none()) {
        return Resume::Wait(waiting);
    }
    let id = match last_event_id {
        // An empty id is what a client that never had one would send: no id at all.
        None | Some("") => return Resume::At(ring.last(), None),
        Some(EARLIEST) => return Resume::At(ring.before(), None),
        Some(_) if shift == Shift::Forgotten => return Resume::At(ring.before(), None),
        Some(id) => id,
    };
    let missed = |lost, brought| {
        Some(Missed {
            from: id.chars().take(SHOWN_ID).collect(),
            lost,
            brought,
        })
    };
    if let Some(number) = ring.find(id).filter(|number| *number >= ring.before()) {
        let moved = shift.of(number).unwrap_or(0);
        let at = moved.clamp(ring.before(), ring.last());
        let in_doubt = state.copy.as_ref().is_some_and(|copy| copy.later_life)
            && ring.given(id).is_some()
            && holds(Rule::GivenInDoubt);
        // The client may mean an event of an earlier life, which the engine lost.
        return Resume::At(at, in_doubt.then(|| missed(None, None)).flatten());
    }
    let place = Position::parse(id);
    if let Some((at, lost)) = place.and_then(|place| passed_over(ring, place)) {
        return Resume::At(at, missed(Some(lost), None));
    }
    let Some(copy) = &mut state.copy else {
        return Resume::At(ring.before(), missed(None, None));
    };
    if holds(Rule::FreshLook) && !was_asked(copy, &mut waiting) {
        return Resume::Wait(waiting);
    }
    let Some(place) = place else {
        // What is kept may hold what the client had, under places that it does not bring.
        let at = match holds(Rule::UnknownGiven) {
            true => ring.last(),
            false => ring.before(),
        };
        return Resume::At(at, missed(None, None));
    };
    let brought = holds(Rule::NotBelow).then_some(place);
    match ring.behind(place) {
        // One gap says it all.
        Some(next) if ring.is_gap(next) => Resume::At(next, missed(None, brought)),
        Some(next) => Resume::At(next - 1, missed(None, brought)),
        // In a life of this ring, the engine itself denies it.
        None if place.born > ring.position(ring.last()).born && is_held(copy, &mut waiting) => {
            Resume::Wait(waiting)
        }
        None => Resume::At(ring.last(), missed(None, brought)),
    }
}

/// Where a client goes on whose place this ring passed over, and how many events it lacks: its life
/// goes on in the ring behind what is missing.
fn passed_over(ring: &Ring, place: Position) -> Option<(u64, u64)> {
    let counted = |number| {
        let behind = ring.position(number);
        let same = behind.born == place.born && behind.seq > place.seq;
        same.then(|| (number, behind.seq - place.seq))
    };
    counted(ring.before()).or_else(|| {
        let next = ring.behind(place)?;
        ring.is_gap(next).then(|| counted(next)).flatten()
    })
}

/// Whether the engine was asked after this client came; asks for that otherwise.
fn was_asked(copy: &mut Copied, waiting: &mut Waiting) -> bool {
    let look = *waiting.look.get_or_insert_with(|| copy.ask());
    copy.answered >= look
}

/// Whether a client waits whose place is newer than all that this node knows: this node may be cut
/// off from the others, or the id may be foreign.
fn is_held(copy: &Copied, waiting: &mut Waiting) -> bool {
    let since = *waiting.held_since.get_or_insert(copy.beats);
    holds(Rule::Hold) && copy.beats < since + HELD_BEATS
}
