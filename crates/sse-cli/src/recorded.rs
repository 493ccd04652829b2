//! A file that holds a recording, as a command is given it.

use std::fs::File;
use std::io::{self, Read};

use anyhow::anyhow;
use sse_server::recording::{Imported, MOST_BYTES, Recording};

use crate::outcome::Failure;

/// Reads a file of any format; `-` is stdin.
///
/// # Errors
/// What cannot be opened, or is no recording.
pub(crate) fn read(file: &str) -> Result<Imported, Failure> {
    // One byte more tells that it is too large.
    let most = MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match file {
        "-" => io::stdin().take(most).read_to_end(&mut bytes),
        path => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    }
    .map_err(|e| {
        Failure::usage(anyhow!(
            "The file `{file}` cannot be read ({e}): name another one, or - for stdin."
        ))
    })?;
    Recording::parse_any(bytes).map_err(|mistake| {
        Failure::usage(match file {
            "-" => anyhow!("stdin: {mistake}"),
            path => anyhow!("{path}: {mistake}"),
        })
    })
}
