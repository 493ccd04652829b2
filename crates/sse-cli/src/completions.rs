//! `sse completions`: prints the script that lets a shell complete `sse`. It is generated from the
//! command line that `args` defines.

use std::io::{ErrorKind, Write};

use anyhow::bail;

use crate::args::{self, Completions};

/// Prints the completions.
///
/// # Errors
/// A stdout that cannot be written to.
pub(crate) fn run(args: Completions) -> anyhow::Result<()> {
    // Not to stdout at once: clap_complete panics when nobody reads it.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut args::documented(), "sse", &mut text);
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&text).and_then(|()| stdout.flush()) {
        // A reader that has seen enough (`| head`) is no reason to fail.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            bail!("The completions cannot be printed ({e}): give stdout a file that takes them.")
        }
        _ => Ok(()),
    }
}
