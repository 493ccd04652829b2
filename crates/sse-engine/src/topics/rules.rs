//! The rules that keep a topic exact over nodes, each of which a test of the model leaves out to
//! show what it is for. A program that is built never leaves one out.

/// A rule, by what would happen without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A life that began is told of, even if no event comes in it.
    QuietLife,
    /// All that sorts before the place of a touch is read before a gap is told.
    ReadAll,
    /// Before a gap is told to a client that comes, the engine is asked once more.
    FreshLook,
    /// A client whose place is newer than all that the node knows waits.
    Hold,
    /// The place that a client is told never sorts below the one that it brought.
    NotBelow,
    /// An id that a publisher gave leads to one event for sure only in the first life of a topic.
    GivenInDoubt,
    /// Whoever brings a foreign id that nobody knows goes on with what comes.
    UnknownGiven,
    /// The place follows an event whose id was given.
    TellPlaces,
}

/// Whether the rule holds.
#[cfg(not(test))]
pub(super) const fn holds(_: Rule) -> bool {
    true
}

#[cfg(test)]
pub(super) use leave_out::{holds, leave_out};

#[cfg(test)]
mod leave_out {
    use std::cell::Cell;

    use super::Rule;

    thread_local! {
        static LEFT_OUT: Cell<&'static [Rule]> = const { Cell::new(&[]) };
    }

    pub(crate) fn holds(rule: Rule) -> bool {
        !LEFT_OUT.get().contains(&rule)
    }

    /// Leaves these rules out on this thread, from now on.
    pub(crate) fn leave_out(rules: &'static [Rule]) {
        LEFT_OUT.set(rules);
    }
}
