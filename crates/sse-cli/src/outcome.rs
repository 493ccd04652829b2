//! How a command ends: what it exits with, and the sentence where it could not do its work.

use std::fmt;
use std::io;
use std::process::ExitCode;

use anyhow::anyhow;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done, or true.
    Yes,
    /// It is not so, and the command has said why.
    No,
}

/// Why a command could not do its work, and what it exits with.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    error: anyhow::Error,
}

/// The exit codes of all commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It is not done.
    NotDone = 1,
    /// The command line cannot be read. clap exits with the same.
    Usage = 2,
    /// No server of SSE Workbench answered.
    NoServer = 3,
}

impl Failure {
    /// The command line cannot be read.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Usage, error)
    }

    /// No server of SSE Workbench answered.
    pub(crate) fn no_server(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::NoServer, error)
    }

    /// Stdout does not take what is printed, though somebody reads it.
    pub(crate) fn unwritten(error: &io::Error) -> Self {
        let sentence = "make room there, or print elsewhere";
        Self::from(anyhow!("Stdout cannot be written ({error}): {sentence}."))
    }

    fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        let error = error.into();
        Self { kind, error }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

/// Anything else is not done.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Kind::NotDone, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}
