//! The crate's one error type. Code matches its variants, and people read its one sentence.

/// What can go wrong with a topic, an event or a request for a stream. A program matches on the
/// variant.
///
/// Each message says what is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that no topic can have. Choose another.
    #[error(
        "That is not the name of a topic: give 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first."
    )]
    BadTopic,

    /// There are as many topics as there may be. Use one of them, or try again when one has ended.
    #[error(
        "There are {0} topics, which is the limit: use one of them, end one (`curl -X DELETE` and its URL), or start the server with a higher `--max-topics`."
    )]
    TooManyTopics(usize),

    /// A node reads as many topics of its engine as it may. Use one of them, or try again when
    /// nobody reads one any more.
    #[error(
        "This node has readers of {0} topics, which is the limit: use one of them, or start the server with a higher `--max-topics`."
    )]
    TooManyFollowed(usize),

    /// The rooms have as many topics as all of them may have together. End one, or reset a room.
    #[error(
        "The rooms have {0} topics, which is the limit for all of them: end one (`curl -X DELETE` and its URL), or reset a room."
    )]
    TooManyTopicsInRooms(usize),

    /// The topics of all rooms keep as much as they may together. End one, or reset a room.
    #[error(
        "The topics of all rooms keep {0} bytes at most, and there is no room for this event: end one (`curl -X DELETE` and its URL), or reset a room."
    )]
    TooManyBytes(usize),

    /// A `from` before the first number of a list. Ask from this number on.
    #[error("from must be at least {0}, the first number of this list.")]
    FromTooSmall(u64),

    /// A `count` that would repeat an id, so that a client that reconnects could not be told where
    /// it was. Ask for so many at most.
    #[error(
        "count must be {0} at most: from there on there are so many events, and their ids cannot come twice."
    )]
    CountTooLarge(u64),

    /// An event that cannot be published as it is. The sentence says which of its fields is wrong,
    /// and what it may be.
    #[error("{0}")]
    BadEvent(String),

    /// An event that is still kept has this id. It was published already, if the publisher gives
    /// each id once; otherwise choose another.
    #[error(
        "id={0} is that of an event that is still kept: if you repeat a publish, that was published; else choose another id, or leave it out to get one that sorts."
    )]
    IdTaken(String),

    /// The engine that keeps the topics does not answer, or refuses. Nothing was done. The text
    /// says why and where, for those who run the server; the sentence, which publishers read, does
    /// not.
    #[error(
        "The engine that keeps the topics is away, so nothing was done: try again in a second. The log of this server says why."
    )]
    EngineAway(String),

    /// So many publishes wait for the engine, and this one was not done. Try again.
    #[error(
        "{0} publishes wait for the engine that keeps the topics, which is the limit, so nothing was published: try again in a second."
    )]
    TooManyWaiting(usize),

    /// The server stops, and did nothing. Try again, at another node.
    #[error("This server is stopping, so nothing was done: try again in a second.")]
    Stopping,

    /// The engine that keeps the topics has no memory left. Nothing was published. Make room there.
    #[error(
        "The engine that keeps the topics is full: give it more memory (`maxmemory` in Redis), or lower `--keep-bytes`, and try again."
    )]
    EngineFull,

    /// The engine has no room for this topic. It keeps so many at most, in parts of which the one
    /// of this topic is full. Nothing was published.
    #[error(
        "The engine has no room for this topic: it keeps {0} topics at most, in 16 parts of which this one's is full. Use a topic that there is, or start the nodes with a higher `--max-topics`."
    )]
    TopicsFull(usize),

    /// The engine has something else where this topic would be, or refuses this topic alone.
    /// Nothing was published. The text says what, and what to do.
    #[error("The engine cannot keep this topic: {0}.")]
    TopicBlocked(String),

    /// The connection to the engine was lost while a publish was under way. Repeat it with its id:
    /// where it was published, the answer is that the id is taken. The text says why it was lost,
    /// as that of [`EngineAway`](Self::EngineAway) does.
    #[error(
        "The engine that keeps the topics was lost before it answered: the event may have been published. If it has an id, repeat it: 409 then says that it was."
    )]
    MaybePublished(String),

    /// The connection to the engine was lost while the end of a topic was under way. End it again.
    #[error(
        "The engine that keeps the topics was lost before it answered: the topic may have been ended. End it again."
    )]
    MaybeEnded,

    /// Many events went to the engine in several calls, and one failed behind the first `done`.
    /// Publish the rest.
    #[error(
        "The first {done} of {all} events were published, so publish only the rest again. {why}"
    )]
    PartlyPublished {
        /// How many are published.
        done: usize,
        /// How many there were.
        all: usize,
        /// What became of the next.
        why: Box<Error>,
    },

    /// A text that is no fault. The mistake says of which kind, and where.
    #[error(transparent)]
    BadFault(#[from] crate::fault::Mistake),

    /// A text that is no recording. The mistake says of which kind, and where.
    #[error(transparent)]
    BadRecording(#[from] crate::recording::RecordingMistake),

    /// A recording that cannot be replayed. The sentence says why, and what to do.
    #[error("{0}")]
    Unplayable(String),

    /// A request for a recording at another pace than a recording can have.
    #[error(
        "This stream is a recording, which has no every: use speed, such as speed=10 or speed=max."
    )]
    NoPace,

    /// A request for a stream that is no recording, at another speed.
    #[error("This stream is not a recording, so it has no speed: use every, such as every=100ms.")]
    NoSpeed,

    /// Two faults of a list that exclude each other. The conflict names both.
    #[error(transparent)]
    FaultConflict(#[from] crate::fault::Conflict),
}
