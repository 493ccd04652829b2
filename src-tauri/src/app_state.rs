//! What the modules of the app share: the server, the settings, the notice, the clipboard.
//!
//! Nothing here is a copy of what the server knows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sse_lab::Lab;
use sse_redis::{Keep, Mistake, RedisEngine, usual_name};
use sse_server::{Config, Engine, Phase, Server, TopicConfig, UpstreamWish};
use tokio::sync::watch;

use crate::clipboard::Clipboard;
use crate::error::Error;
use crate::settings::{self, RoomUpstream, Settings, Store, WindowSize};
use crate::standing::Standing;
use crate::watch::Watcher;

/// The shell's state, managed by Tauri.
pub(crate) struct AppState {
    server: Server,
    /// The settings. The lock is held over a change and its save, so that the file is that of the
    /// last change.
    store: Mutex<Store>,
    /// The sentence that the page shows until it is dismissed. Whoever forwards it to the page
    /// waits for its changes.
    notice: watch::Sender<Option<String>>,
    clipboard: Clipboard,
    watcher: Watcher,
    /// The lab that the server answers for below `/lab`.
    lab: Lab,
    /// The file that the server reads and the editor opens.
    streams_file: PathBuf,
}

/// The engine at this URL, for the node of this name.
fn engine(url: &str, topics: &TopicConfig, node: &str) -> Result<Arc<dyn Engine>, Mistake> {
    let keep = Keep {
        events: topics.keep_events,
        bytes: topics.keep_bytes,
        topics: topics.max_topics,
        ..Keep::default()
    };
    Ok(Arc::new(RedisEngine::new(url, keep, node)?))
}

impl AppState {
    /// Reads the settings in `folder` and makes a server of them. Starts nothing.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let (store, mut notice) = Store::open(folder);
        let streams_file = settings::streams_file(folder);
        let topics = &store.settings().topics;
        let node = usual_name();
        let on = topics.on.as_deref();
        let (topics_on, mistake) = match on.map(|on| engine(on, &topics.config, &node)) {
            None => (None, None),
            Some(Ok(engine)) => (Some(engine), None),
            Some(Err(mistake)) => (None, Some(mistake)),
        };
        let lab = Lab::new();
        let config = Config {
            mounts: lab.mounts(),
            port: store.settings().port,
            streams_file: Some(streams_file.clone()),
            topics: topics.config.clone(),
            topics_on,
            node,
            ..Config::default()
        };
        if let Some(mistake) = mistake {
            notice.get_or_insert_with(|| {
                format!("The topics are kept in this app alone, because `on` in the settings is wrong: {mistake}")
            });
        }
        // On the main thread, which is no worker: the first state has the list of the file.
        let server = tauri::async_runtime::block_on(Server::new(config))?;
        for origin in &store.settings().allow_origins {
            // One bad entry must not keep the window shut.
            if let Err(error) = server.allow_origin(origin) {
                notice.get_or_insert_with(|| {
                    format!("An allowed origin in the settings is left out: {error}")
                });
            }
        }
        for RoomUpstream { room, url } in &store.settings().upstreams {
            let wish = UpstreamWish {
                room: room.clone(),
                url: Some(url.clone()),
            };
            if let Err(error) = server.set_upstream(&wish) {
                notice.get_or_insert_with(|| {
                    format!("An upstream in the settings is left out: {error}")
                });
            }
        }
        Ok(Self {
            server,
            store: Mutex::new(store),
            notice: watch::Sender::new(notice),
            clipboard: Clipboard::default(),
            watcher: Watcher::default(),
            lab,
            streams_file,
        })
    }

    /// The server, which is the truth about itself.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// The state that the server is in now.
    pub(crate) fn phase(&self) -> Phase {
        self.server.status().borrow().phase
    }

    /// What the server is at now, as far as it decides what a person can do.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            phase: self.phase(),
            armed: !self.server.faults().is_empty(),
        }
    }

    /// Where the server is to be visited, while it runs.
    pub(crate) fn url(&self) -> Option<String> {
        self.server.status().borrow().url.clone()
    }

    /// The settings as they are now.
    pub(crate) fn settings(&self) -> Settings {
        self.store().settings().clone()
    }

    /// Changes the settings and saves them.
    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), Error> {
        let mut store = self.store();
        change(store.settings_mut());
        store.save()
    }

    /// Keeps the window's size in memory: it changes with every pixel of a drag.
    pub(crate) fn remember_window(&self, size: WindowSize) {
        let mut store = self.store();
        let window = &mut store.settings_mut().window;
        window.width = size.width;
        window.height = size.height;
    }

    /// Saves what is in memory only.
    pub(crate) fn save_settings(&self) -> Result<(), Error> {
        self.store().save()
    }

    /// The sentence that the page shows until it is dismissed; here to be followed.
    pub(crate) fn notice(&self) -> watch::Receiver<Option<String>> {
        self.notice.subscribe()
    }

    /// Shows a sentence in the page, or takes it away.
    pub(crate) fn set_notice(&self, sentence: Option<String>) {
        self.notice.send_replace(sentence);
    }

    /// The system's clipboard.
    pub(crate) fn clipboard(&self) -> &Clipboard {
        &self.clipboard
    }

    /// The window's watch of any URL.
    pub(crate) fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// The lab, which judges clients.
    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The file that the server reads its streams from.
    pub(crate) fn streams_file(&self) -> &Path {
        &self.streams_file
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
