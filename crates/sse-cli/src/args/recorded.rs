//! The arguments of the commands that read recordings: `sse show` and `sse diff`.

pub(crate) const SHOW_EXAMPLES: &str = "\
Examples:
  sse show chat.wire                          requests, heads, and each event with its time
  sse show chat.wire --json                   a JSON object for each piece
  sse show session.har                        each request of a HAR that a browser saved
  sse show session.har --exchange 3 --wire > chat.wire
                                              convert its third exchange to a recording
  curl -sN http://localhost:8000/numbers | sse show -
                                              read from stdin";

pub(crate) const DIFF_EXAMPLES: &str = "\
Examples:
  sse diff old.wire new.wire                  events, then status and content type, then ends
  sse diff old.wire new.wire --times          also the time before each event
  curl -sN http://localhost:8000/numbers | sse diff numbers.wire -
                                              compare a recording with stdin";

/// What is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The first file, in any format that `sse show` reads; - is stdin.
    #[arg(value_name = "A")]
    pub(crate) first: String,

    /// The second file; - is stdin.
    #[arg(value_name = "B")]
    pub(crate) second: String,

    /// Also compare the time before each event. Times differ if they are more than 50 ms and 20 %
    /// apart.
    #[arg(long)]
    pub(crate) times: bool,
}

/// What is shown, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The file. Its content decides the format; - is stdin.
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    #[command(flatten)]
    form: ShowForm,

    /// Print only the exchange with this number, from 1.
    #[arg(long, value_name = "N")]
    pub(crate) exchange: Option<usize>,

    /// Leave secrets in. Without it, these values are kept back: authorization, cookie, set-cookie,
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

    /// Convert it to a HAR 1.2, which browsers import.
    #[arg(long)]
    har: bool,

    /// Print the exact bytes of the response's body.
    #[arg(long)]
    sse: bool,

    /// Convert it to a .wire file in its canonical form.
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
