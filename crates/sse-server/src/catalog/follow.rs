//! Follows the file of streams: what a person saves is served a moment later.
//!
//! It checks the file's date and length at intervals. That works on every system and file system.
//! It also works however an editor saves: in place, with a new file that replaces the old one, or
//! through a link.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sse_engine::file::{self, Contents, MAX_BYTES, Problem};

use super::Catalog;
use super::recordings::Recordings;
use super::sighting::{Sighting, look, unreadable};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(400);

/// A file that changed is read when it has not changed for so long: editors write in several goes.
const CALM: Duration = Duration::from_millis(100);

/// A file that does not answer for so long is told. The start waits no longer for the first
/// reading.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the file and serves what it holds, then goes on so for as long as the streams are there.
/// Returns after the first reading, so that the list is right when the server starts; but a share
/// that does not answer keeps nobody from starting.
pub(crate) async fn follow(streams: &Arc<Catalog>, path: PathBuf) {
    let follower = Follower {
        streams: Arc::downgrade(streams),
        path,
        last: Ok(None),
        ever: false,
        recordings: Recordings::default(),
    };
    // On a thread for what blocks: a file may lie on a share that does not answer.
    let mut reading = tokio::task::spawn_blocking(move || follower.begin());
    let read = tokio::time::timeout(PATIENCE, &mut reading).await;
    if !matches!(read, Ok(Ok(_))) {
        streams.keep(silent(), true, false);
    }
    tokio::spawn(async move {
        let follower = match read {
            Ok(follower) => follower,
            Err(_) => reading.await.map(Follower::anew),
        };
        // There is none when the runtime ends, or when reading panicked.
        if let Ok(follower) = follower {
            follower.run().await;
        }
    });
}

struct Follower {
    streams: Weak<Catalog>,
    path: PathBuf,
    last: Sighting,
    /// Whether the file was ever served.
    ever: bool,
    /// What its streams replay.
    recordings: Recordings,
}

impl Follower {
    async fn run(mut self) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.streams.strong_count() == 0 {
                return;
            }
            let (streams, ever) = (Weak::clone(&self.streams), self.ever);
            // On such a thread too.
            let mut looking = tokio::task::spawn_blocking(move || self.look());
            let looked = match tokio::time::timeout(PATIENCE, &mut looking).await {
                Ok(looked) => looked,
                Err(_) => {
                    if let Some(streams) = streams.upgrade() {
                        streams.keep(silent(), true, ever);
                    }
                    looking.await.map(Self::anew)
                }
            };
            match looked {
                Ok(follower) => self = follower,
                // The runtime ends.
                Err(_) => return,
            }
        }
    }

    /// The first reading, for which a start waits: at once, however lately the file was changed.
    fn begin(mut self) -> Self {
        let seen = look(&self.path);
        self.take(seen);
        self
    }

    fn look(mut self) -> Self {
        let now = look(&self.path);
        if now != self.last || self.recordings.have_changed() {
            std::thread::sleep(CALM);
            if look(&self.path) == now {
                self.take(now);
            }
        }
        self
    }

    /// To begin anew: it may have served a list just before it was said that the file does not
    /// answer.
    fn anew(mut self) -> Self {
        self.last = Err(String::new());
        self
    }

    fn take(&mut self, seen: Sighting) {
        let Some(streams) = self.streams.upgrade() else {
            return;
        };
        let exists = !matches!(seen, Ok(None));
        let read = match &seen {
            Ok(None) if !self.ever => {
                self.last = seen;
                return streams.say(|view| {
                    if let Some(file) = &mut view.file {
                        (file.exists, file.problem) = (false, None);
                    }
                });
            }
            Ok(None) => Err(told("The file is gone: put it back.")),
            Ok(Some(_)) => read(&self.path).map_err(|why| {
                // To be tried again at the next look: the file itself need not change for it to
                // become readable.
                self.last = Err(why.clone());
                told(&why)
            }),
            Err(why) => Err(told(why)),
        };
        if read.is_ok() || seen.is_err() || matches!(seen, Ok(None)) {
            self.last = seen;
        }
        match read.and_then(|bytes| self.contents(&bytes)) {
            Ok(contents) => {
                self.ever = true;
                streams.serve(contents);
            }
            Err(problem) => streams.keep(problem, exists, self.ever),
        }
    }

    fn contents(&mut self, bytes: &[u8]) -> Result<Contents, Problem> {
        let mut contents = file::contents(text(bytes)?)?;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.recordings.fill(&mut contents, folder)?;
        Ok(contents)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    // A pipe or a device might never end, or never begin.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("This is not a file: put one in its place.".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    // One byte more than it may have shows that it is too large.
    file.take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(told("The file is larger than 1 MiB: make it smaller."));
    }
    str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        Problem {
            line: Some(1 + before.iter().filter(|b| **b == b'\n').count()),
            ..told("This line is not UTF-8: save the file as UTF-8.")
        }
    })
}

/// The text of the file as it is now; `None` where there is no file. It waits as long as the disk
/// or the share does.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, Problem> {
    let read = look(path).and_then(|seen| seen.map(|_| read(path)).transpose());
    match read {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => Ok(Some(text(&bytes)?.to_owned())),
        Err(why) => Err(told(&why)),
    }
}

pub(super) fn silent() -> Problem {
    told("The file does not answer: see whether the disk or the share that it lies on is there.")
}

/// A problem that is in no line of the file.
fn told(sentence: &str) -> Problem {
    Problem::of_all(sentence)
}

#[cfg(test)]
mod tests {
    use sse_engine::lock;
    use tempfile::TempDir;
    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::*;

    const ONE: &str = "[[stream]]\npath = \"/one\"\ndata = \"x\"\n";

    fn catalog(text: &str) -> (TempDir, PathBuf, Arc<Catalog>) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("streams.toml");
        fs::write(&path, text).expect("written");
        let streams = Arc::new(Catalog::new(file::shipped(), Some(&path)));
        (folder, path, streams)
    }

    fn problem(streams: &Catalog) -> Option<String> {
        let file = streams.view().file.expect("there is a place for one");
        file.problem.map(|problem| problem.sentence)
    }

    /// The start once waited in the runtime's own thread.
    #[tokio::test(start_paused = true)]
    #[expect(clippy::await_holding_lock, reason = "it is what the reading hangs on")]
    async fn a_first_reading_that_hangs_blocks_no_worker_and_is_waited_for_within_a_bound() {
        let (_folder, path, streams) = catalog(ONE);
        // 1. The reading waits for this lock, as it would for a share that does not answer.
        let hang = lock::write(&streams.list);
        let following = {
            let streams = Arc::clone(&streams);
            tokio::spawn(async move { follow(&streams, path).await })
        };
        // 2. There is one worker, and this task goes on beside the one that waits.
        yield_now().await;
        advance(PATIENCE - Duration::from_millis(1)).await;
        assert!(!following.is_finished(), "the file may still answer");
        assert_eq!(problem(&streams), None);
        // 3. Whoever starts waits no longer, and the page is told why.
        advance(Duration::from_millis(2)).await;
        following.await.expect("no panic");
        let sentence = problem(&streams).expect("a problem");
        assert!(sentence.contains("does not answer"), "{sentence}");
        assert_eq!(streams.view().streams.len(), file::shipped().len());
        // 4. What is read late is served all the same.
        drop(hang);
        let mut changed = streams.changed();
        let late = changed.wait_for(|view| view.file.as_ref().is_some_and(|f| f.problem.is_none()));
        late.await.expect("the streams are there");
        assert!(streams.find("/one").is_some());
    }

    #[tokio::test]
    async fn the_file_is_in_force_when_the_first_reading_is_over() {
        let (_folder, path, streams) = catalog(ONE);
        follow(&streams, path).await;
        assert!(streams.find("/one").is_some());
        let (_folder, path, streams) = catalog("stream = 5");
        follow(&streams, path).await;
        assert!(problem(&streams).is_some());
    }
}
