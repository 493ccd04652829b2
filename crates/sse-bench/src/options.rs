//! What `run` and `nodes` can be told, both of them.

use std::path::PathBuf;

/// Which programs are measured, and where the tables go.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// Rounds for the servers of others, which take longer.
    #[arg(long, default_value_t = 1)]
    pub(crate) peer_rounds: usize,
    /// The `sse` to measure, instead of the one beside this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) sse_bin: Option<PathBuf>,
    /// Few clients and little time, to check that everything works. The figures mean nothing.
    #[arg(long, conflicts_with = "write")]
    pub(crate) quick: bool,
    /// Write the tables into this report, and keep the rest of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
}

/// Reads the name of a measure, which has to be one of these.
///
/// # Errors
/// It is none of them.
pub(crate) fn one_of<'a>(
    text: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<String, String> {
    let names: Vec<&str> = names.into_iter().collect();
    match names.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("the measures are {}", names.join(", "))),
    }
}
