//! How the body of a stream is delimited.

/// How the body of a stream is delimited (RFC 9112 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Framing {
    /// HTTP/1.1: a visit is a chunk.
    Chunked,
    /// HTTP/1.0: the end of the connection is the end of the body.
    Bare,
}
