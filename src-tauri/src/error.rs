//! The app's one error type. Code matches its variants, and people read its one sentence. The page
//! gets that sentence.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// What can go wrong between a person's wish and the server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The server said no; its status says so too.
    #[error(transparent)]
    Server(#[from] sse_server::Error),

    /// The page or a menu asked for something that does not exist.
    #[error("There is no action `{0}`: this is a fault of the page, reload it.")]
    NoSuchAction(String),

    /// The action exists, but not in this state of the server.
    #[error("{label} is not possible while {reason}.")]
    NotNow {
        /// The action as a person reads it.
        label: String,
        /// What has to change first.
        reason: &'static str,
    },

    /// The fault cannot be armed.
    #[error("{}", .0.error)]
    Fault(sse_server::BadFault),

    /// The lab cannot do it.
    #[error(transparent)]
    Lab(#[from] sse_lab::Error),

    /// What was to be watched makes no request.
    #[error(transparent)]
    Watch(#[from] sse_client::Error),

    /// A method that no request can have.
    #[error("`{0}` is no method: give one such as GET or POST.")]
    BadMethod(String),

    /// A curl line names a file, which the window does not read.
    #[error("The curl command reads its body from {0}: paste the text of the body instead.")]
    CurlFile(String),

    /// The body of a curl line cannot be shown.
    #[error("The body of this curl command is not text: use `sse watch -- curl …` instead.")]
    BodyNoText,

    /// The page asked for a rule that there is none of.
    #[error("There is no rule `{0}`: this is a fault of the page, reload it.")]
    NoSuchRule(String),

    /// The stream has just gone from the file, or the page asked for nonsense.
    #[error("There is no stream at {0} any more: choose another from the list.")]
    NoSuchStream(String),

    /// The file of streams cannot be read, or is not TOML.
    #[error("{0}")]
    Definition(String),

    /// There is no watch that could be recorded, or one that is recorded already.
    #[error("There is no watch to record, or it is already recorded: watch a stream first.")]
    NothingToRecord,

    /// The recording could not begin. The server's own error says why.
    #[error(transparent)]
    Recording(sse_server::Error),

    /// The page asked for a file that it may not write.
    #[error("`{0}` is not a file name: this is a fault of the page, reload it.")]
    BadFileName(String),

    /// The page sent what is no bytes.
    #[error("What was sent is not bytes: this is a fault of the page, reload it.")]
    NotBytes,

    /// The page sent what is no picture, or one that the system cannot read.
    #[error("The picture cannot be read: make the window smaller and copy it again.")]
    NotAPicture,

    /// The file could not be written.
    #[error("The file could not be written into {} ({reason}): make room there, or copy the bytes instead.", folder.display())]
    Save {
        /// Where it should have gone.
        folder: PathBuf,
        /// The system's own words.
        reason: String,
    },

    /// The file of streams could not be written for the first time.
    #[error(
        "The file of streams could not be written to {} ({reason}): make one there yourself; the streams in it are \
         served when you save it.",
        path.display()
    )]
    StreamsFile {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },

    /// No editor took the file of streams.
    #[error(
        "No editor could be opened ({reason}): open {} in one yourself; what you save is served at once.",
        path.display()
    )]
    Editor {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },

    /// A port that no server can have.
    #[error("`{0}` is not a port: choose a number from 1 to 65535, or 0 for any free one.")]
    BadPort(String),

    /// The browser did not open.
    #[error("No browser could be opened ({reason}): visit {url} in one yourself.")]
    Browser {
        /// Where it should have gone.
        url: String,
        /// The system's own words.
        reason: String,
    },

    /// The clipboard did not take or give text.
    #[error("The clipboard did not answer ({0}): select the text and copy it from there.")]
    Clipboard(#[from] arboard::Error),

    /// The settings could not be written.
    #[error(
        "The settings could not be saved to {} ({reason}): the change holds until SSE Workbench is closed.",
        path.display()
    )]
    Settings {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },

    /// The toolkit below the window failed.
    #[error("The window could not be shown ({0}): close SSE Workbench and open it again.")]
    Window(#[from] tauri::Error),
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
