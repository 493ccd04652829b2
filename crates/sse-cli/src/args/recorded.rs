//! The arguments of the commands that read recordings: `sse show` and `sse diff`.

pub(crate) const SHOW_EXAMPLES: &str = "\
Examples:
  sse show chat.wire                          requests, heads, and each event with its time
  sse show chat.wire --json                   a JSON object for each piece
  sse show session.har                        each request of a HAR that a browser saved
  sse show session.har --exchange 3 --wire > chat.wire
                                              the third of them as a recording
  curl -sN http://localhost:8000/numbers | sse show -
                                              what comes from stdin";

pub(crate) const DIFF_EXAMPLES: &str = "\
Examples:
  sse diff old.wire new.wire                  events, then status and content type, then ends
  sse diff old.wire new.wire --times          also how long after the one before each event came
  curl -sN http://localhost:8000/numbers | sse diff numbers.wire -
                                              a recording and what comes from stdin";

/// What is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The first file, told by its content; - is stdin.
    #[arg(value_name = "A")]
    pub(crate) first: String,

    /// The second file.
    #[arg(value_name = "B")]
    pub(crate) second: String,

    /// Compare the time between events, too: what differs by more than 50 ms and 20 %.
    #[arg(long)]
    pub(crate) times: bool,
}

/// What is shown, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The file, told by its content; - is stdin.
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    #[command(flatten)]
    form: ShowForm,

    /// Only the exchange of this number, from 1.
    #[arg(long, value_name = "N")]
    pub(crate) exchange: Option<usize>,

    /// Keep what is kept back by default: the values of authorization, cookie, set-cookie and
    /// fields such as x-api-key, and keys and tokens in URLs.
    #[arg(long)]
    pub(crate) keep_secrets: bool,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct ShowForm {
    /// Print one JSON object a line: for each head, piece, note, fault and end.
    #[arg(long)]
    json: bool,

    /// Print it as a HAR 1.2, which browsers import.
    #[arg(long)]
    har: bool,

    /// Print the body of the response, exactly.
    #[arg(long)]
    sse: bool,

    /// Print it as a .wire file in its canonical form.
    #[arg(long)]
    wire: bool,
}

/// How a recording is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShowAs {
    /// For people.
    Lines,
    /// A JSON object a piece.
    Json,
    /// As a HAR.
    Har,
    /// The body alone.
    Body,
    /// As a `.wire` file.
    Wire,
}

impl Show {
    /// How it is shown.
    pub(crate) fn form(&self) -> ShowAs {
        match self.form {
            ShowForm { json: true, .. } => ShowAs::Json,
            ShowForm { har: true, .. } => ShowAs::Har,
            ShowForm { sse: true, .. } => ShowAs::Body,
            ShowForm { wire: true, .. } => ShowAs::Wire,
            _ => ShowAs::Lines,
        }
    }
}
