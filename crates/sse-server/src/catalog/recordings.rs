//! The recordings that streams of the file replay. They are read with the file, and followed as it
//! is.
//!
//! A path is that of a person on this machine, so it may be absolute, or lead out of the folder.
//! What is read is served to clients and nothing else: no sentence and no view holds its text.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sse_engine::file::{Contents, Problem, RecordingRef};
use sse_engine::recording::{Imported, MOST_BYTES, Recording, RecordingMistake};
use sse_engine::stream::Replay;

use super::sighting::{Sighting, look};

/// What the recordings of one file of streams have together at most, in bytes: they are in memory.
const MOST_TOGETHER: u64 = 4 * MOST_BYTES as u64;

/// The recordings that were read, so that one that did not change is not read again.
#[derive(Debug, Default)]
pub(super) struct Recordings(Vec<Known>);

#[derive(Debug)]
struct Known {
    path: PathBuf,
    /// What a look found before it was read.
    seen: Sighting,
    /// What it holds; nothing where it cannot be replayed.
    replay: Option<Arc<Replay>>,
}

impl Recordings {
    /// Whether one of them is not what it was.
    pub(super) fn have_changed(&self) -> bool {
        self.0.iter().any(|known| look(&known.path) != known.seen)
    }

    /// Gives the streams what their recordings hold, which lie beside the file in this folder. From
    /// then on these are followed, whether or not they can be replayed.
    ///
    /// # Errors
    /// The first problem, at the place that names the recording.
    pub(super) fn fill(&mut self, contents: &mut Contents, folder: &Path) -> Result<(), Problem> {
        let mut before = std::mem::take(&mut self.0);
        let mut problem = None;
        for of in &contents.recordings {
            let path = folder.join(&of.file);
            let read = match self.0.iter().find(|known| known.path == path) {
                // Another stream has it too.
                Some(Known {
                    replay: Some(replay),
                    ..
                }) => Ok(Arc::clone(replay)),
                Some(_) => continue,
                None => self.read(of, path, &mut before),
            };
            let filled = read.and_then(|replay| of.fill(&mut contents.streams, replay));
            problem = problem.or(filled.err());
        }
        problem.map_or(Ok(()), Err)
    }

    fn read(
        &mut self,
        of: &RecordingRef,
        path: PathBuf,
        before: &mut Vec<Known>,
    ) -> Result<Arc<Replay>, Problem> {
        let seen = look(&path);
        let same = before
            .iter()
            .position(|known| known.path == path && known.seen == seen && known.replay.is_some());
        if let Some(same) = same {
            let known = before.swap_remove(same);
            let replay = known.replay.clone();
            self.0.push(known);
            return replay.ok_or_else(|| of.problem("The recording is gone: put it back."));
        }
        let length = |seen: &Sighting| seen.as_ref().ok()?.as_ref().map(|print| print.length);
        let together: u64 = self.0.iter().filter_map(|known| length(&known.seen)).sum();
        let read = if together + length(&seen).unwrap_or(0) > MOST_TOGETHER {
            Err(of.problem(format!(
                "The recordings of this file have more than {MOST_TOGETHER} bytes together: shorten {}, or serve it elsewhere.",
                of.file
            )))
        } else {
            bytes_of(&path)
                .map_err(|why| of.problem(why.sentence(&of.file)))
                .and_then(|bytes| recording(&bytes).map_err(|mistake| of.mistake(&mistake)))
                .and_then(|recording| {
                    Replay::new(&recording)
                        .map_err(|error| of.problem(format!("{}: {error}", of.file)))
                })
        };
        let read = read.map(Arc::new);
        self.0.push(Known {
            path,
            seen,
            replay: read.as_ref().ok().map(Arc::clone),
        });
        read
    }
}

/// Why no bytes of a recording could be read.
enum Unread {
    Gone,
    NoFile,
    Io(std::io::Error),
}

impl Unread {
    fn sentence(&self, file: &str) -> String {
        match self {
            Self::Gone => format!(
                "There is no recording {file}: put it there, or correct its path, which begins in the folder of this file."
            ),
            Self::NoFile => format!("{file} is not a file: put a recording in its place."),
            Self::Io(error) => {
                format!("The recording {file} cannot be read ({error}): make it readable.")
            }
        }
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Unread> {
    let unread = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Unread::Gone,
        _ => Unread::Io(error),
    };
    // A pipe or a device might never end, or never begin.
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(Unread::NoFile);
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unread)?;
    // One byte more than it may have shows that it is too large.
    file.take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    Ok(bytes)
}

/// What the bytes of a recording say, in whichever format they are. The beginning of a `.wire` file
/// is a mistake here: somebody may be writing it.
fn recording(bytes: &[u8]) -> Result<Recording, RecordingMistake> {
    match bytes.starts_with(b"wire 1") {
        true => Recording::parse(bytes),
        false => Recording::parse_any(bytes).map(|imported| imported.recording),
    }
}

/// Reads a recording of any format that is to be replayed, and what a person should know of it;
/// waits as long as the disk or the share does.
///
/// # Errors
/// A sentence: it cannot be read, or has a mistake.
pub fn read_recording(path: &Path) -> Result<Imported, String> {
    let shown = path.display().to_string();
    let bytes = bytes_of(path).map_err(|why| match why {
        Unread::Gone => format!("There is no file {shown}: name one that exists."),
        why => why.sentence(&shown),
    })?;
    Recording::parse_any(&bytes).map_err(|mistake| match mistake.line {
        Some(line) => format!("{shown}, line {line}: {}", mistake.sentence()),
        None => format!("{shown}: {}", mistake.sentence()),
    })
}
