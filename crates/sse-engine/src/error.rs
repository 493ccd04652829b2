//! The crate's one error type: kinds for code, one sentence for people.

/// What can go wrong with a topic, an event or a request for a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that no topic can have.
    #[error(
        "That is not the name of a topic: give 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first."
    )]
    BadTopic,

    /// As many topics as there may be.
    #[error(
        "There are {0} topics, which is the limit: use one of them, end one (`curl -X DELETE` and its URL), or start the server with a higher `--max-topics`."
    )]
    TooManyTopics(usize),

    /// A `from` or a `count` that a stream cannot have; the sentence says why.
    #[error("{0}")]
    NotOfStream(String),

    /// An event that cannot be published; the sentence says why.
    #[error("{0}")]
    BadEvent(String),

    /// An event that is still kept has this id.
    #[error(
        "id={0} is that of an event that is still kept: choose another, or leave it out to get one that sorts."
    )]
    IdTaken(String),
}
