//! What can be wrong with what the lab is given.

/// What can be wrong with what the lab is given. Each is one sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A list of cases that cannot be read.
    #[error("The cases cannot be read: {0}.")]
    BadCases(String),
    /// A case that says something impossible.
    #[error("Case {id} cannot be played: {reason}.")]
    BadCase {
        /// The id of the case.
        id: String,
        /// What is wrong, as a clause.
        reason: String,
    },
    /// There is no such case.
    #[error("There is no case {0}: /lab lists them.")]
    NoCase(String),
    /// There is nothing at a path.
    #[error("There is nothing at {0}: /lab lists what there is.")]
    NoPlace(String),
    /// There is no such profile.
    #[error(
        "There is no profile {0}: choose standard, resilient, llm, mcp-2025-11-25 or mcp-2026-07-28."
    )]
    NoProfile(String),
    /// A case that the profile does not have.
    #[error("The profile {profile} does not have the case {id}: choose {others}.")]
    NotInProfile {
        /// The id of the case.
        id: String,
        /// The name of the profile.
        profile: &'static str,
        /// The names of those that have it, as a sentence lists them.
        others: String,
    },
    /// A name that no run can have.
    #[error(
        "{0} cannot be the name of a client: use at most 64 letters, digits, dots, hyphens and underscores."
    )]
    BadName(String),
    /// A report that says nothing of what was seen.
    #[error(
        "Report what the client shows: data=.. (with type=.. and id=.. if you know them), error=.. or closed. docs/LAB.md shows the same as JSON."
    )]
    NoReport,
    /// Several reports with one number.
    #[error("A number behind /saw is for one report: send a list to /saw, without a number.")]
    ManyReports,
    /// A body with reports that is too large.
    #[error("Reports of more than 64 KiB are not read: send the first events, or several reports.")]
    LargeReport,
    /// A list of too many reports.
    #[error("A list has 64 reports at most, and no case needs more: report the first events.")]
    LongList,
    /// A report of a kind that is not known.
    #[error("There is no report of the kind {0}: choose event, error, comment or closed.")]
    NoKind(String),
    /// A report with a number that is none.
    #[error("{0} is no number of a report: the first is 1.")]
    NoNumber(String),
    /// A report of what was not sent.
    #[error("The client {0} was sent nothing here that it could report: let it connect first.")]
    NothingSent(String),
    /// A case that is played at the second address of a run, or leads there.
    #[error(
        "Case {id} needs a second address: POST /api/lab/runs/{name}/second opens it and answers its URL. Connect to the case there, unless the case redirects."
    )]
    NeedsSecond {
        /// The id of the case.
        id: String,
        /// The name of the run.
        name: String,
    },
    /// As many runs have a second address as may have one.
    #[error(
        "{0} runs have a second address, which is the limit: forget one of them (DELETE /api/lab/runs/NAME)."
    )]
    TooManySeconds(usize),
    /// The server cannot open a second address.
    #[error(transparent)]
    Server(#[from] sse_server::Error),
    /// A page of another site led a browser to the lab.
    #[error(
        "A page of another site led the browser here: open the URL with an EventSource, or type it."
    )]
    Led,
    /// The server opens no second listener, since it breaks nothing on purpose.
    #[error(
        "This server breaks no stream on purpose, so it has no second address: start it without --no-break."
    )]
    NoSecond,
    /// No client came by that name.
    #[error("No client has come by the name {0}: let it connect to /lab/tour/{0} first.")]
    NoRun(String),
}
