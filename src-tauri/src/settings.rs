//! What survives a restart: port, start at launch, allowed origins, the bounds of topics, the
//! window's size and zoom.
//!
//! The settings are one TOML file, `settings.toml`, in the app's configuration folder. A save
//! writes a whole new file beside the old one, and then replaces it. A crash therefore leaves the
//! old file. A file that cannot be understood is renamed and never overwritten. Keys that this
//! version does not know survive a save. Comments do not.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sse_server::{DEFAULT_PORT, TopicConfig};

use crate::atomic_file::{self, Readers};
use crate::error::Error;

const FILE: &str = "settings.toml";

/// What the file of streams is called, beside it.
const STREAMS: &str = "streams.toml";

/// Where the file of streams is, or is to be.
pub(crate) fn streams_file(folder: &Path) -> PathBuf {
    folder.join(STREAMS)
}

/// The settings, each with a default that a missing key takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Where the server listens; 0 takes any free port at each start.
    pub(crate) port: u16,
    /// Whether the server starts with the window.
    pub(crate) start_at_launch: bool,
    /// Origins that were allowed in the window to read the streams.
    pub(crate) allow_origins: Vec<String>,
    /// The upstreams that rooms were given in the window. None has a secret in its URL: the server
    /// refuses those.
    pub(crate) upstreams: Vec<RoomUpstream>,
    /// What topics keep, and what becomes of those who read them slowly.
    pub(crate) topics: Topics,
    /// The main window.
    pub(crate) window: WindowSize,
    /// How large the page is drawn, in percent.
    pub(crate) zoom: u32,
    /// What a later version may have written.
    #[serde(flatten)]
    others: toml::Table,
}

impl Settings {
    /// The zoom of a page that is drawn as it is made.
    pub(crate) const ACTUAL_SIZE: u32 = 100;
    /// The bounds of the zoom.
    pub(crate) const ZOOM: RangeInclusive<u32> = 50..=300;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: DEFAULT_PORT,
            start_at_launch: true,
            allow_origins: Vec::new(),
            upstreams: Vec::new(),
            topics: Topics::default(),
            window: WindowSize::default(),
            zoom: Self::ACTUAL_SIZE,
            others: toml::Table::new(),
        }
    }
}

/// The upstream of a room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RoomUpstream {
    /// The room; nothing is the one that has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) room: Option<String>,
    /// Where it hands on what it does not answer itself.
    pub(crate) url: String,
}

/// The bounds of topics: `max_topics`, `keep_events`, `keep_bytes`, `max_lag`, and `slow`, which is
/// "disconnect" or "drop". And where they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Topics {
    /// The URL of the engine that keeps them, which other nodes share, such as
    /// "redis://localhost:6379". Only a person writes it, and it may hold a password: nothing shows
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on: Option<String>,
    /// The bounds as the server has them; a key that is missing takes its default.
    #[serde(flatten)]
    pub(crate) config: TopicConfig,
    /// What a later version may have written.
    #[serde(flatten)]
    others: toml::Table,
}

/// The inside of the main window, in logical pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WindowSize {
    /// From side to side.
    pub(crate) width: u32,
    /// From below the title to the bottom, menu bar included where the window carries one.
    pub(crate) height: u32,
    /// What a later version may have written.
    #[serde(flatten)]
    others: toml::Table,
}

impl WindowSize {
    /// The smallest window that the page is made for.
    pub(crate) const MIN: (u32, u32) = (360, 400);
    /// Beyond any display; a number above it was not written by this program.
    const MAX: (u32, u32) = (16_384, 16_384);

    /// A size within bounds.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self {
            width: width.clamp(Self::MIN.0, Self::MAX.0),
            height: height.clamp(Self::MIN.1, Self::MAX.1),
            others: toml::Table::new(),
        }
    }
}

impl Default for WindowSize {
    /// Room for what matters of the connections, on a laptop display of 1366 by 768 too.
    fn default() -> Self {
        Self::new(1280, 680)
    }
}

/// The settings in memory, and the file that they came from.
pub(crate) struct Store {
    /// `None` when there is a file that must not be overwritten and could not be moved either.
    path: Option<PathBuf>,
    /// What the person chose last, saved or not.
    settings: Settings,
    /// What the file holds, so that nothing is written without a change.
    saved: Settings,
}

impl Store {
    /// Reads the settings in `folder`, or takes the defaults and says in a sentence why.
    pub(crate) fn open(folder: &Path) -> (Self, Option<String>) {
        // A link, as people use to share their settings between machines, stays a link.
        let path = folder.join(FILE);
        let path = fs::canonicalize(&path).unwrap_or(path);
        match read(&path) {
            Ok(settings) => (Self::new(Some(path), settings), None),
            Err(why) => {
                let (path, outcome) = match set_aside(&path) {
                    Ok(kept) => {
                        let name = kept
                            .file_name()
                            .unwrap_or_default()
                            .to_string_lossy()
                            .into_owned();
                        (
                            Some(path),
                            format!("the old file is kept beside it as {name}"),
                        )
                    }
                    Err(error) => (
                        None,
                        format!(
                            "the file could not be set aside ({error}), so no change is saved until you move it"
                        ),
                    ),
                };
                let shown = folder.join(FILE);
                let notice = format!(
                    "The settings in {} could not be read ({why}). The defaults are used, and {outcome}.",
                    shown.display()
                );
                (Self::new(path, Settings::default()), Some(notice))
            }
        }
    }

    fn new(path: Option<PathBuf>, settings: Settings) -> Self {
        let saved = settings.clone();
        Self {
            path,
            settings,
            saved,
        }
    }

    /// The settings in memory.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings in memory, to be changed; `save` is what makes it last.
    pub(crate) fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Writes the settings if they differ from the file.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if self.settings == self.saved {
            return Ok(());
        }
        write(path, &self.settings).map_err(|error| Error::Settings {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        self.saved = self.settings.clone();
        Ok(())
    }
}

/// The settings in a file; the defaults where there is none; the reason in a few words where it
/// makes no sense.
fn read(path: &Path) -> Result<Settings, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(error.to_string()),
    };
    let mut settings: Settings = toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map(|span| 1 + text[..span.start].matches('\n').count());
        let message = error.message().replace('\n', ", ");
        line.map_or(message.clone(), |line| format!("line {line}: {message}"))
    })?;
    let bounded = WindowSize::new(settings.window.width, settings.window.height);
    settings.window.width = bounded.width;
    settings.window.height = bounded.height;
    let (least, most) = Settings::ZOOM.into_inner();
    settings.zoom = settings.zoom.clamp(least, most);
    Ok(settings)
}

fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let text = toml::to_string_pretty(settings).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = atomic_file::written(folder, text.as_bytes(), Readers::Own)?;
    file.persist(path)?;
    Ok(())
}

/// Moves a file to `settings.toml.damaged`, or to a number after that when one is kept there
/// already.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(".damaged");
        if n > 1 {
            name.push(format!("-{n}"));
        }
        PathBuf::from(name)
    };
    let free = (1..)
        .map(aside)
        .find(|name| fs::symlink_metadata(name).is_err())
        .ok_or_else(|| io::Error::other("every name for it is taken"))?;
    fs::rename(path, &free)?;
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder for the test")
    }

    fn put(folder: &Path, text: &str) {
        fs::write(folder.join(FILE), text).expect("the settings are written");
    }

    fn text(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).expect("the file is there")
    }

    #[test]
    fn no_file_means_the_defaults_and_no_notice() {
        let folder = folder();
        let (store, notice) = Store::open(folder.path());
        assert_eq!(*store.settings(), Settings::default());
        assert_eq!(notice, None);
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let folder = folder();
        // The configuration folder of a new user does not exist yet.
        let inner = folder.path().join("new");
        let (mut store, _) = Store::open(&inner);
        let settings = store.settings_mut();
        settings.port = 0;
        settings.start_at_launch = false;
        settings.allow_origins = vec!["https://app.example:8443".to_owned()];
        settings.window = WindowSize::new(800, 600);
        settings.zoom = 125;
        store.save().expect("the settings are saved");

        let (again, notice) = Store::open(&inner);
        assert_eq!(again.settings(), store.settings());
        assert_eq!(notice, None);
        let left = fs::read_dir(&inner).expect("the folder is there").count();
        assert_eq!(left, 1, "a temporary file was left behind");
    }

    #[test]
    fn nothing_is_written_without_a_change() {
        let folder = folder();
        let (mut store, _) = Store::open(folder.path());
        store.save().expect("there is nothing to save");
        assert!(!folder.path().join(FILE).exists());
    }

    #[test]
    fn a_missing_key_takes_its_default() {
        let folder = folder();
        put(folder.path(), "port = 0\n[window]\nwidth = 500\n");
        let (store, notice) = Store::open(folder.path());
        assert_eq!(notice, None);
        assert_eq!(store.settings().port, 0);
        assert!(store.settings().start_at_launch);
        assert_eq!(
            store.settings().window,
            WindowSize::new(500, WindowSize::default().height)
        );
    }

    #[test]
    fn a_size_outside_the_bounds_is_brought_inside() {
        let folder = folder();
        put(folder.path(), "[window]\nwidth = 1\nheight = 4000000000\n");
        let (store, notice) = Store::open(folder.path());
        assert_eq!(notice, None);
        assert_eq!(store.settings().window, WindowSize::new(360, 16_384));
    }

    #[test]
    fn a_zoom_outside_the_bounds_is_brought_inside() {
        for (written, taken) in [
            (0, 50),
            (50, 50),
            (101, 101),
            (300, 300),
            (4_000_000_000_u32, 300),
        ] {
            let folder = folder();
            put(folder.path(), &format!("zoom = {written}\n"));
            let (store, notice) = Store::open(folder.path());
            assert_eq!(notice, None);
            assert_eq!(store.settings().zoom, taken);
        }
    }

    /// What was saved could not be read again: the next start took the defaults.
    #[test]
    fn what_is_saved_is_read_again() {
        let folder = folder();
        put(
            folder.path(),
            "[topics]\non = \"redis://:a@b\"\nttl = \"90m\"\nfirst_block = \"none\"\nkeep_alive_blank = false\n",
        );
        let (mut store, notice) = Store::open(folder.path());
        assert_eq!(notice, None);
        store.settings_mut().port = 9000;
        store.save().expect("the settings are saved");
        let (again, notice) = Store::open(folder.path());
        assert_eq!(notice, None);
        assert_eq!(again.settings(), store.settings());
        assert_eq!(again.settings().topics.config.ttl.as_secs(), 5400);
        assert_eq!(again.settings().topics.on.as_deref(), Some("redis://:a@b"));
    }

    #[test]
    fn unknown_keys_survive_a_save() {
        let folder = folder();
        put(
            folder.path(),
            "theme = \"dark\"\n[topics]\nslow = \"drop\"\nlater = 7\n[window]\nx = 3\n[faults]\nstatus = 503\n",
        );
        let (mut store, notice) = Store::open(folder.path());
        assert_eq!(notice, None);
        store.settings_mut().port = 9000;
        store.settings_mut().window.width = 700;
        store.save().expect("the settings are saved");

        let table: toml::Table = text(folder.path(), FILE).parse().expect("the file is TOML");
        assert_eq!(table["port"].as_integer(), Some(9000));
        assert_eq!(table["theme"].as_str(), Some("dark"));
        assert_eq!(table["topics"]["later"].as_integer(), Some(7));
        assert_eq!(table["topics"]["slow"].as_str(), Some("drop"));
        assert_eq!(table["topics"]["keep_events"].as_integer(), Some(1000));
        assert_eq!(table["window"]["x"].as_integer(), Some(3));
        assert_eq!(table["faults"]["status"].as_integer(), Some(503));
    }

    #[test]
    fn a_damaged_file_is_set_aside_with_a_sentence() {
        for damaged in [
            "port = ",
            "port = 70000\n",
            "[topics]\nslow = \"maybe\"\n",
            "\n\nport = \"eighty\"\n",
            "\u{0}\u{1}",
        ] {
            let folder = folder();
            put(folder.path(), damaged);
            let (mut store, notice) = Store::open(folder.path());
            let notice = notice.expect("the person is told");
            assert!(notice.contains("settings.toml.damaged."), "{notice}");
            assert!(!notice.contains('\n'), "{notice}");
            assert_eq!(*store.settings(), Settings::default());
            assert_eq!(text(folder.path(), "settings.toml.damaged"), damaged);

            store.settings_mut().port = 9000;
            store.save().expect("a new file is written");
            assert_eq!(text(folder.path(), "settings.toml.damaged"), damaged);
        }
    }

    #[test]
    fn the_sentence_names_the_line() {
        let folder = folder();
        put(folder.path(), "start_at_launch = true\nport = 70000\n");
        let (_, notice) = Store::open(folder.path());
        let notice = notice.expect("the person is told");
        assert!(notice.contains("line 2: "), "{notice}");
    }

    #[test]
    fn an_older_damaged_file_is_never_overwritten() {
        let folder = folder();
        for n in 1..=3 {
            put(folder.path(), &format!("damaged {n}"));
            let (_, notice) = Store::open(folder.path());
            assert!(notice.is_some());
        }
        assert_eq!(text(folder.path(), "settings.toml.damaged"), "damaged 1");
        assert_eq!(text(folder.path(), "settings.toml.damaged-2"), "damaged 2");
        assert_eq!(text(folder.path(), "settings.toml.damaged-3"), "damaged 3");
    }

    #[test]
    fn bytes_that_are_no_text_are_damage_too() {
        let folder = folder();
        fs::write(folder.path().join(FILE), [0xff, 0xfe, 0x00]).expect("the settings are written");
        let (_, notice) = Store::open(folder.path());
        assert!(notice.is_some());
        assert!(folder.path().join("settings.toml.damaged").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_a_link() {
        let folder = folder();
        let shared = folder.path().join("shared.toml");
        fs::write(&shared, "port = 9000\n").expect("the shared file is written");
        std::os::unix::fs::symlink(&shared, folder.path().join(FILE)).expect("the link is made");
        let (mut store, _) = Store::open(folder.path());
        store.settings_mut().port = 9001;
        store.save().expect("the settings are saved");
        assert!(text(folder.path(), "shared.toml").contains("9001"));
        let link = fs::symlink_metadata(folder.path().join(FILE)).expect("the link is there");
        assert!(link.is_symlink());
    }
}
