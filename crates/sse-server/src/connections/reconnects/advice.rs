//! What to change in a client that has a bad verdict, in one sentence for each fault.

use super::departed::{BroughtId, Return};

/// Of one that lost something, or is sent something twice.
pub(super) fn of_cost(back: &Return, lost: bool) -> &'static str {
    match back.id {
        BroughtId::Forgotten if back.posts => FORGETS,
        BroughtId::Forgotten => {
            "It makes a new EventSource and forgets the id: let it reconnect, or pass lastEventId."
        }
        BroughtId::NoneGiven => {
            "The stream gives no ids, so nobody can go on: give its events ids, or close the client at the last one."
        }
        BroughtId::Unknown => {
            "It brings an id that this stream never gave: let it pass the id of the last event as it came."
        }
        BroughtId::Ahead => {
            "It brings the id of an event that it was not sent: let it keep the id of the last event that it has."
        }
        BroughtId::Known | BroughtId::Elsewhere if lost => {
            "What it lost is no longer kept: let it listen for the event gap and load the rest, or keep more (--keep-events)."
        }
        BroughtId::Known | BroughtId::Elsewhere => {
            "It brings an id from before its last event: let it keep the id of each event as it comes."
        }
    }
}

/// Of one that brings another id than the last of its stream, which was forwarded.
pub(super) fn of_id(back: &Return) -> &'static str {
    match back.id {
        // How else an upstream takes an id is not known.
        BroughtId::Forgotten => FORGETS,
        _ => of_cost(back, false),
    }
}

const FORGETS: &str = "It asks again and forgets the id: let it send the last id as Last-Event-ID.";

/// Of one that comes again after 204.
pub(super) const STAY_AWAY: &str = "204 says that there is no more: let it make no new EventSource, and no new request, when readyState is 2 (CLOSED).";

/// Of one that has several connections open.
pub(super) const CLOSE_ONE: &str = "It opened the stream again without closing the one before: let it call close(), for instance in the clean-up of its effect.";

/// Of one that did not come back.
pub(super) const COME_BACK: &str =
    "An EventSource comes back by itself: do not close it. Let a client with fetch ask again.";

/// Of one that was refused and did not come again.
pub(super) const TRY_AGAIN: &str = "An EventSource gives up when it is refused: let it make a new one after a while, with lastEventId.";

/// Of one whose finite stream was cut, and not by itself.
pub(super) const NOT_WHOLE: &str = "A cut can look like an end: let it take what it has as whole only when the last event has come.";
