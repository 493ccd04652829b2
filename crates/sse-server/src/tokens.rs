//! Which tokens may publish, and which may subscribe.
//!
//! The guard comes first and decides who may come in. A token decides what is done then. Tokens are
//! secrets that whoever runs the server wrote into files; they name nobody.
//!
//! Invariant: a token is compared in a time that tells nothing of it, and never leaves this module
//! but to be sent by a program that was given its file.

mod follow;
mod presented;
mod token_file;

use std::path::PathBuf;
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use sse_engine::lock;
use subtle::Choice;
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::config::Tokens;
use crate::connections::Why;
use crate::error::Error;
use follow::{Change, Followed};
use presented::{Presented, presented};
pub use token_file::{Token, first_token};

/// Time between two looks at the files.
const LOOK: Duration = Duration::from_millis(500);

/// How long a start waits for a file that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lines of news that are kept for whoever reads them.
const NEWS: usize = 16;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Read a stream or a topic.
    Subscribe,
    /// Publish to a topic.
    Publish,
    /// End a topic.
    End,
    /// Look at what others do, and break it: the API.
    Operate,
}

/// Why a request may not do what it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// 401 where another token may help, and 403 where the token is known (RFC 6750 3.1).
    pub(crate) status: StatusCode,
    /// What `WWW-Authenticate` says.
    pub(crate) challenge: &'static str,
    /// What the table has of it.
    pub(crate) why: Why,
    /// What is wrong, and what to do.
    pub(crate) sentence: String,
}

/// The tokens in force. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Keyring(Arc<Rings>);

struct Rings {
    /// The tokens that may do everything, where there is a file of them.
    publish: Option<Ring>,
    /// The tokens that may subscribe, where there is a file of them.
    subscribe: Option<Ring>,
    /// What was to be said of the files when they were first read.
    notes: Vec<String>,
    news: broadcast::Sender<String>,
}

/// The tokens of one file. A lock, since the file is followed while requests are compared.
type Ring = RwLock<Vec<Token>>;

impl Default for Rings {
    fn default() -> Self {
        Self {
            publish: None,
            subscribe: None,
            notes: Vec::new(),
            news: broadcast::Sender::new(NEWS),
        }
    }
}

impl Keyring {
    /// Reads the files, and follows them for as long as the tokens are used.
    ///
    /// # Errors
    /// [`Error::TokenFile`]: a file cannot be read, or has a mistake.
    pub(crate) async fn open(files: &Tokens) -> Result<Self, Error> {
        let (publish, publish_file) = begin(files.publish.clone()).await?;
        let (subscribe, subscribe_file) = begin(files.subscribe.clone()).await?;
        let followed = [publish_file, subscribe_file];
        let notes = followed.iter().flatten();
        let rings = Arc::new(Rings {
            publish,
            subscribe,
            notes: notes.filter_map(|file| file.note.clone()).collect(),
            ..Rings::default()
        });
        if rings.are_any() {
            tokio::spawn(follow(Arc::downgrade(&rings), followed));
        }
        Ok(Self(rings))
    }

    /// Whether any request needs a token.
    pub(crate) fn is_any(&self) -> bool {
        self.0.are_any()
    }

    /// Whether a request for this needs a token.
    pub(crate) fn is_needed_to(&self, wish: Wish) -> bool {
        match wish {
            Wish::Subscribe => self.0.subscribe.is_some(),
            Wish::Publish | Wish::End | Wish::Operate => self.is_any(),
        }
    }

    /// Whether a request with these headers may do this.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn admit(&self, headers: &HeaderMap, wish: Wish) -> Result<(), Denial> {
        if !self.is_needed_to(wish) {
            return Ok(());
        }
        let tokens = match presented(headers) {
            Presented::Tokens(tokens) => tokens,
            Presented::Nothing => return Err(self.none(wish)),
            Presented::Malformed(sentence) => return Err(malformed(sentence)),
        };
        // Every token with every other, whatever was found before.
        let may_publish = is_among(&tokens, self.0.publish.as_ref());
        let may_subscribe = is_among(&tokens, self.0.subscribe.as_ref());
        match (wish, bool::from(may_publish), bool::from(may_subscribe)) {
            (Wish::Subscribe, _, true) | (_, true, _) => Ok(()),
            (_, false, false) => Err(unknown()),
            (_, false, true) => Err(self.not_allowed(wish)),
        }
    }

    fn none(&self, wish: Wish) -> Denial {
        let sentence = match (wish, &self.0.publish) {
            (Wish::Publish | Wish::End | Wish::Operate, None) => NOBODY.to_owned(),
            (Wish::Subscribe, _) => "Subscribing here needs a token: send it as `Authorization: Bearer TOKEN`, or as the cookie sse_token, which an EventSource sends too. A token in the URL does not count.".to_owned(),
            (Wish::Publish, _) => "Publishing here needs a token: send it as `Authorization: Bearer TOKEN`. A token in the URL does not count.".to_owned(),
            (Wish::Operate, _) => "The API of this server needs a token that may publish: give a command --token FILE, or press Token… in the page.".to_owned(),
            (Wish::End, _) => "Ending a topic here needs a token: send one that may publish as `Authorization: Bearer TOKEN`.".to_owned(),
        };
        Denial {
            status: StatusCode::UNAUTHORIZED,
            // RFC 6750 3.1: without a token, no error is named.
            challenge: "Bearer",
            why: Why::NoToken,
            sentence,
        }
    }

    fn not_allowed(&self, wish: Wish) -> Denial {
        let sentence = match (wish, &self.0.publish) {
            (_, None) => NOBODY,
            (Wish::End, _) => {
                "This token may only subscribe: end topics with one that may publish."
            }
            (Wish::Operate, _) => {
                "This token may only subscribe: use the API with one that may publish."
            }
            _ => "This token may only subscribe: publish with one that may publish.",
        };
        Denial {
            status: StatusCode::FORBIDDEN,
            challenge: "Bearer error=\"insufficient_scope\"",
            why: Why::TokenMayNotPublish,
            sentence: sentence.to_owned(),
        }
    }

    /// Leaves out what of a request is a token for this server, where an upstream gets the request.
    /// Its `Authorization` is for the upstream.
    pub(crate) fn leave_out(&self, headers: &mut HeaderMap) {
        if self.is_any() {
            presented::leave_out_cookies(headers);
        }
    }

    /// What there is to say of the files, now and later.
    pub(crate) fn news(&self) -> TokenNews {
        let mut notes = self.0.notes.clone();
        notes.reverse();
        TokenNews {
            notes,
            news: self.0.news.subscribe(),
        }
    }
}

impl Rings {
    fn are_any(&self) -> bool {
        self.publish.is_some() || self.subscribe.is_some()
    }
}

/// Who publishes where no file says who may.
const NOBODY: &str = "Nobody may publish here or use the API, because the server has only tokens that may subscribe: start it with --publish-token FILE too.";

fn malformed(sentence: &str) -> Denial {
    Denial {
        status: StatusCode::UNAUTHORIZED,
        challenge: "Bearer error=\"invalid_token\"",
        why: Why::NoToken,
        sentence: sentence.to_owned(),
    }
}

fn unknown() -> Denial {
    Denial {
        status: StatusCode::UNAUTHORIZED,
        challenge: "Bearer error=\"invalid_token\"",
        why: Why::UnknownToken,
        sentence:
            "This server does not know the token: check it for a typing mistake, or get a newer one."
                .to_owned(),
    }
}

/// Whether one of these tokens is one of a ring.
fn is_among(tokens: &[Token], ring: Option<&Ring>) -> Choice {
    let Some(ring) = ring else {
        return Choice::from(0);
    };
    let known = lock::read(ring);
    let pairs = tokens
        .iter()
        .flat_map(|token| known.iter().map(move |it| it.is(token)));
    pairs.fold(Choice::from(0), |any, is| any | is)
}

/// A file that is followed.
struct File {
    followed: Followed,
    /// What is to be said of it at the beginning.
    note: Option<String>,
}

/// Reads a file for the first time, if there is to be one.
async fn begin(path: Option<PathBuf>) -> Result<(Option<Ring>, Option<File>), Error> {
    let Some(path) = path else {
        return Ok((None, None));
    };
    let silent = || Error::TokenFile {
        path: token_file::shown(&path),
        line: None,
        reason:
            "The file does not answer: see whether the disk or the share that it lies on is there."
                .to_owned(),
    };
    let reading = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || token_file::read(&path))
    };
    let Ok(Ok(read)) = timeout(PATIENCE, reading).await else {
        return Err(silent());
    };
    let wrong = |mistake: token_file::Mistake| mistake.in_file(&path);
    let read = read.map_err(wrong)?;
    let tokens = token_file::parse(&read.bytes).map_err(wrong)?;
    let note = read.is_open.then(|| follow::open_to_all(path.display()));
    let followed = Followed::new(&path, read);
    Ok((Some(RwLock::new(tokens)), Some(File { followed, note })))
}

/// Looks at both files for as long as there are the tokens.
async fn follow(rings: Weak<Rings>, files: [Option<File>; 2]) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut files = files.map(|file| file.map(|file| file.followed));
    loop {
        ticks.tick().await;
        if rings.strong_count() == 0 {
            return;
        }
        let looking = move || {
            let changes = files.each_mut().map(|file| {
                let file = file.as_mut()?;
                let seen = file.look();
                file.take(seen)
            });
            (files, changes)
        };
        // On a thread for what blocks: a file may lie on a share that does not answer.
        let Ok((looked, changes)) = tokio::task::spawn_blocking(looking).await else {
            // The runtime ends.
            return;
        };
        files = looked;
        let Some(rings) = rings.upgrade() else { return };
        for (ring, change) in [&rings.publish, &rings.subscribe].into_iter().zip(changes) {
            let (Some(ring), Some(Change { tokens, line })) = (ring, change) else {
                continue;
            };
            if let Some(tokens) = tokens {
                *lock::write(ring) = tokens;
            }
            // Nobody may be reading.
            _ = rings.news.send(line);
        }
    }
}

/// What there is to say of the files of tokens, line by line.
#[derive(Debug)]
pub struct TokenNews {
    /// What is to be said first, the last line first.
    notes: Vec<String>,
    news: broadcast::Receiver<String>,
}

impl TokenNews {
    /// The next line: that a file was changed and is in force, or has a mistake and the tokens from
    /// before stay; `None` when the server is gone. No line has a token.
    pub async fn next(&mut self) -> Option<String> {
        if let Some(note) = self.notes.pop() {
            return Some(note);
        }
        loop {
            match self.news.recv().await {
                Ok(line) => return Some(line),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
