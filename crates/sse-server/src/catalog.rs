//! The streams that are served. A person can change this list while the server runs.
//!
//! A new list replaces the list in force only if the whole file was read and has no mistake. It
//! applies to connections that begin after that. A file that cannot be read or understood changes
//! nothing, and its problem is reported.

mod changes;
mod definition;
mod follow;
mod recordings;
mod sighting;

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use serde::Serialize;
use tokio::sync::watch;

use crate::events_file::Places;
pub use changes::FileNews;
pub use definition::{DefinitionView, streams_text};
pub(crate) use follow::follow;
pub use recordings::read_recording;
use sse_engine::fault::{Fault, Profiles};
use sse_engine::file::{Contents, FileUpstream, Problem};
use sse_engine::lock;
use sse_engine::stream::{Stream, StreamInfo};

/// The list in force.
#[derive(Debug)]
pub(crate) struct Catalog {
    list: RwLock<Arc<[Arc<Stream>]>>,
    /// The faults of the streams. They stand here and not in the streams: a stream whose faults are
    /// others sends the same events, and its clients go on.
    faults: RwLock<Vec<Fault>>,
    /// The profiles of faults: those of the file, and the shipped ones.
    profiles: RwLock<Arc<Profiles>>,
    /// The upstreams of the file.
    upstreams: RwLock<Vec<FileUpstream>>,
    /// The place of the file, where there is one.
    file: Option<PathBuf>,
    /// The folder of the files of events, where there is one.
    folder: Option<PathBuf>,
    /// Where events stand in these files.
    places: Arc<Places>,
    view: watch::Sender<StreamsView>,
}

/// The streams and where they come from, as the page is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamsView {
    /// In the order of the list.
    pub streams: Vec<StreamInfo>,
    /// The file that they come from; `None` where the program has no place for one.
    pub file: Option<StreamsFile>,
}

/// The file that people edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StreamsFile {
    /// Where it is, or is to be; a sign that is not Unicode is shown as one that stands for it.
    pub path: String,
    /// The same for people, with `~` for their home.
    pub short: String,
    /// Whether it is there. While it never was, the shipped streams are served.
    pub exists: bool,
    /// Goes up whenever a list of it begins to be served: much can change of a stream that is not
    /// in its `StreamInfo`.
    pub revision: u64,
    /// Why it is not what is served.
    pub problem: Option<FileProblem>,
}

/// Why a file of streams is not what is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct FileProblem {
    /// The line of the mistake, from 1, where it is one of the file's text.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
    /// What is served meanwhile.
    pub instead: &'static str,
}

impl Catalog {
    /// The streams of a list, until a file says otherwise.
    pub(crate) fn new(mut list: Vec<Stream>, file: Option<&Path>) -> Self {
        let faults = take_faults(&mut list);
        let view = StreamsView {
            streams: list.iter().map(StreamInfo::from).collect(),
            file: file.map(|path| StreamsFile {
                path: path.display().to_string(),
                short: short_path(path),
                exists: false,
                revision: 0,
                problem: None,
            }),
        };
        Self {
            list: RwLock::new(shared(list)),
            faults: RwLock::new(faults),
            profiles: RwLock::default(),
            upstreams: RwLock::default(),
            file: file.map(Path::to_owned),
            folder: file.and_then(Path::parent).map(Path::to_owned),
            places: Arc::default(),
            view: watch::Sender::new(view),
        }
    }

    /// The stream at this path.
    pub(crate) fn find(&self, path: &str) -> Option<Arc<Stream>> {
        let list = lock::read(&self.list);
        list.iter().find(|stream| stream.path == path).cloned()
    }

    /// The faults of all streams of the list.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        lock::read(&self.faults).clone()
    }

    /// The profiles of faults.
    pub(crate) fn profiles(&self) -> Arc<Profiles> {
        Arc::clone(&lock::read(&self.profiles))
    }

    /// The upstreams of the file.
    pub(crate) fn upstreams(&self) -> Vec<FileUpstream> {
        lock::read(&self.upstreams).clone()
    }

    /// What the page is told, now.
    pub(crate) fn view(&self) -> StreamsView {
        self.view.borrow().clone()
    }

    /// What the page is told, to be followed.
    pub(crate) fn changed(&self) -> watch::Receiver<StreamsView> {
        self.view.subscribe()
    }

    /// The same list, which no file changes. Whoever follows the file goes on with this one.
    pub(crate) fn copy(&self) -> Self {
        let list = Arc::clone(&lock::read(&self.list));
        Self {
            view: watch::Sender::new(StreamsView {
                streams: list
                    .iter()
                    .map(|stream| StreamInfo::from(&**stream))
                    .collect(),
                file: None,
            }),
            list: RwLock::new(list),
            faults: RwLock::default(),
            profiles: RwLock::new(self.profiles()),
            upstreams: RwLock::default(),
            file: None,
            folder: self.folder.clone(),
            places: Arc::clone(&self.places),
        }
    }

    /// The folder of the files of events, where there is one, and what is known of them.
    pub(crate) fn events_files(&self) -> (Option<PathBuf>, Arc<Places>) {
        (self.folder.clone(), Arc::clone(&self.places))
    }

    /// Serves another list, such as the one that the file holds.
    pub(crate) fn serve(&self, contents: Contents) {
        let mut list = contents.streams;
        let faults = take_faults(&mut list);
        let streams = list.iter().map(StreamInfo::from).collect();
        let mut served = lock::write(&self.list);
        // What has not changed stays the same one: its numbers mean what they meant.
        let same = |stream: Stream| {
            let known = served.iter().find(|known| ***known == stream);
            known.map_or_else(|| Arc::new(stream), Arc::clone)
        };
        let list = list.into_iter().map(same).collect();
        *served = list;
        drop(served);
        *lock::write(&self.faults) = faults;
        *lock::write(&self.profiles) = Arc::new(Profiles::with(contents.profiles));
        *lock::write(&self.upstreams) = contents.upstreams;
        self.say(|view| {
            view.streams = streams;
            if let Some(file) = &mut view.file {
                file.exists = true;
                file.revision += 1;
                file.problem = None;
            }
        });
    }

    /// Serves what was served before, and says why.
    fn keep(&self, problem: Problem, exists: bool, ever: bool) {
        self.say(|view| {
            if let Some(file) = &mut view.file {
                file.exists = exists;
                file.problem = Some(FileProblem {
                    line: problem.line,
                    sentence: problem.reason,
                    instead: match ever {
                        true => "The list from before is served on.",
                        false => "The shipped streams are served.",
                    },
                });
            }
        });
    }

    fn say(&self, change: impl FnOnce(&mut StreamsView)) {
        self.view.send_if_modified(|view| {
            let before = view.clone();
            change(view);
            *view != before
        });
    }
}

fn take_faults(list: &mut [Stream]) -> Vec<Fault> {
    let faults = list.iter_mut().flat_map(|stream| stream.faults.drain(..));
    faults.collect()
}

/// A path for people, with `~` for their home.
pub fn short_path(path: &Path) -> String {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

fn shared(list: Vec<Stream>) -> Arc<[Arc<Stream>]> {
    list.into_iter().map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use sse_engine::file;

    use super::*;

    /// Whoever breaks a stream in the file while a client is on it wants to see what that client
    /// does.
    #[test]
    fn a_stream_with_other_faults_is_the_same_stream() {
        let contents = |faults: &str| {
            let text = format!("[[stream]]\npath = \"/a\"\nfaults = [{faults}]\n");
            file::contents(&text).expect("no mistake")
        };
        let catalog = Catalog::new(contents("\"bom\"").streams, None);
        let before = catalog.find("/a").expect("it is served");
        let texts = || -> Vec<String> { catalog.faults().iter().map(Fault::to_string).collect() };
        assert_eq!(texts(), ["bom,stream=/a"]);
        catalog.serve(contents("\"cut,after=3\", \"swap\""));
        let after = catalog.find("/a").expect("it is served");
        assert!(Arc::ptr_eq(&before, &after));
        assert_eq!(texts(), ["cut,after=3,stream=/a", "swap,stream=/a"]);
    }
}
