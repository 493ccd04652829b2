//! The fields that a sender sets in one event.
//!
//! Plain borrowed data, which is never checked or changed here: an `Event` can hold any text.
//! [`encode`](crate::encode()) alone decides what happens to text that the wire cannot carry.

/// One event, or one comment, or both, as a sender means it.
///
/// A field that is `None` is not written. The order here is the order on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Event<'a> {
    /// Text that clients skip: a keep-alive, or a note to whoever reads the bytes.
    pub comment: Option<&'a str>,
    /// How long clients wait before they connect again, in milliseconds.
    pub retry: Option<u64>,
    /// The event's name; empty means the default, `message`.
    pub event: Option<&'a str>,
    /// The id that a client brings back when it reconnects; empty makes it forget the one it has.
    pub id: Option<&'a str>,
    /// What the event carries. Without it clients dispatch nothing, but take `retry` and `id` all
    /// the same.
    pub data: Option<&'a str>,
}
