//! Where a stream is defined, for whoever wants to see or edit its lines.
//!
//! The file is read anew each time: what is shown is what is there, even a moment before it is
//! served.

use std::path::Path;

use serde::Serialize;
use sse_engine::file::definition::{Definition, locate};
use sse_engine::file::{self, Problem, SHIPPED_STREAMS};

use super::follow::{PATIENCE, silent, text_of};
use super::{Catalog, short_path};

/// The lines that define a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct DefinitionView {
    /// The path of the stream.
    pub stream: String,
    /// Its lines, with the comments that directly precede or follow them, joined with a line feed
    /// each.
    pub text: String,
    /// The number of the first line, from 1.
    pub first_line: usize,
    /// The number of the last line.
    pub last_line: usize,
    /// Whether the file is there. If not, these are lines of the shipped text, which is served.
    pub exists: bool,
    /// Where the file is, or is to be, with `~` for the person's home; `None` where the program has
    /// no place for one.
    pub file: Option<String>,
    /// Whether the lines can be replaced in the file. They cannot where the file writes several
    /// streams into one line.
    pub editable: bool,
}

impl Catalog {
    /// Where the stream at this path is defined; `None` where it is not.
    ///
    /// # Errors
    /// A sentence: the file cannot be read, or is not TOML.
    pub(crate) async fn definition(&self, path: &str) -> Result<Option<DefinitionView>, String> {
        let file = self.file.clone();
        let reading = {
            let (file, path) = (file.clone(), path.to_owned());
            tokio::task::spawn_blocking(move || found(file.as_deref(), &path))
        };
        let found = match tokio::time::timeout(PATIENCE, reading).await {
            Ok(Ok(found)) => found,
            // It hangs, or the runtime ends.
            Ok(Err(_)) | Err(_) => Err(silent()),
        };
        let found = found.map_err(|problem| in_file(file.as_deref(), &problem))?;
        Ok(found
            // What is shipped need not be what is served where there is no file.
            .filter(|(exists, _)| *exists || self.is_shipped(path))
            .map(|(exists, found)| DefinitionView {
                stream: path.to_owned(),
                text: found.text,
                first_line: found.first_line,
                last_line: found.last_line,
                exists,
                editable: file.is_some() && found.alone,
                file: file.as_deref().map(short_path),
            }))
    }

    /// Whether the stream that is served at this path is the shipped one.
    fn is_shipped(&self, path: &str) -> bool {
        let served = self.find(path);
        served.is_some_and(|served| file::shipped().contains(&served))
    }
}

/// The definition in the file, or in the shipped text where there is none, and which of them.
fn found(file: Option<&Path>, path: &str) -> Result<Option<(bool, Definition)>, Problem> {
    let text = file.map(text_of).transpose()?.flatten();
    let found = locate(text.as_deref().unwrap_or(SHIPPED_STREAMS), path)?;
    Ok(found.map(|found| (text.is_some(), found)))
}

/// The problem with its place.
fn in_file(file: Option<&Path>, problem: &Problem) -> String {
    let path = file.map(short_path).unwrap_or_default();
    match problem.line {
        Some(line) => format!("{path}, line {line}: {}", problem.reason),
        None => format!("{path}: {}", problem.reason),
    }
}

/// The text of a file of streams as it is now; `None` where there is no file.
///
/// # Errors
/// A sentence: the file cannot be read, is too large or not UTF-8.
pub fn streams_text(file: &Path) -> Result<Option<String>, String> {
    text_of(file).map_err(|problem| in_file(Some(file), &problem))
}
