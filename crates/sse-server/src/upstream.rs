//! The upstreams: to which server a room hands on what it does not answer itself.
//!
//! An upstream is chosen by whoever runs this server, and never by a request. So this is no open
//! proxy: a client chooses a path below a fixed URL, and nothing else.
//!
//! | module | what it is for |
//! |---|---|
//! | `fields` | which header fields are handed on, and which are of one connection only |

mod fields;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::http::{HeaderMap, request};
use sse_client::{Dial, Error as ClientError, PassTimes, Passed, TlsCache, Trust, Url};
use sse_engine::file::FileUpstream;
use sse_engine::lock;
use sse_engine::topics::is_name;

use crate::error::Error;
pub(crate) use fields::{answer_fields, stays, wants_upgrade};

/// How long it may take until the connection to an upstream is there, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// What is the same for all upstreams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// How long one may take for the head of an answer.
    pub(crate) head_time: Duration,
    /// Whose certificates are trusted.
    pub(crate) trust: Trust,
}

/// The server that a room hands requests on to.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Its origin, and the path that is before each path. It has no query and no user info.
    url: Url,
    dial: Dial,
    /// How long it may take for the head of an answer.
    head_time: Duration,
}

/// The name of a room; `None` is the default room.
type RoomKey = Option<Box<str>>;

/// The upstreams of all rooms.
#[derive(Debug)]
pub(crate) struct Upstreams {
    /// Those that were set by a command or in the window, by room; `None` is the default room. One
    /// that is `None` was taken away, also where the file has one.
    set: RwLock<BTreeMap<RoomKey, Option<Arc<Upstream>>>>,
    /// Those of the file.
    of_file: RwLock<BTreeMap<RoomKey, Arc<Upstream>>>,
    /// By what this server is known in `Via`. Made up for each process.
    pseudonym: String,
    terms: Terms,
}

/// Why there is no answer to hand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not connect or answer in time.
    TooSlow(String),
    /// It was not reached, or what it says is no answer.
    Failed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow(sentence) | Self::Failed(sentence) => f.write_str(sentence),
        }
    }
}

impl Upstream {
    /// Reads the URL of an upstream.
    ///
    /// # Errors
    /// It is no URL of http or https, or has a query or user info. What may be a secret is not
    /// repeated.
    pub(crate) fn parse(text: &str, terms: &Terms) -> Result<Self, Error> {
        let bad = |sentence: String| Error::BadUpstream(sentence);
        let text = text.trim();
        if text.is_empty() {
            let sentence = "It is empty: give a URL such as https://api.example.com.";
            return Err(bad(sentence.to_owned()));
        }
        let url = Url::parse(text).map_err(|e| bad(e.to_string()))?;
        if !url.query().is_empty() || text.contains(['?', '#']) {
            let sentence = "It has a query or a fragment: give scheme, host, port and path only.";
            return Err(bad(sentence.to_owned()));
        }
        Ok(Self {
            url,
            dial: Dial {
                http2: true,
                timeout: Some(CONNECT),
                trust: terms.trust.clone(),
                tls_cache: Some(TlsCache::default()),
                ..Dial::default()
            },
            head_time: terms.head_time,
        })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        let host = self.url.host_header();
        let host = host.to_str().unwrap_or_default();
        let path = self.url.path().trim_end_matches('/');
        format!("{}://{host}{path}", self.url.scheme.name())
    }

    /// Whether it is the address that a request came to, so that it would come here again.
    pub(crate) fn is(&self, local: SocketAddr) -> bool {
        let ip = self.url.host.parse().ok();
        let is_here = self.url.is_loopback() || ip == Some(local.ip().to_canonical());
        is_here && self.url.port == local.port()
    }

    /// Where a path and query below it lead to.
    pub(crate) fn target(&self, path_and_query: &str) -> Url {
        self.url.below(path_and_query)
    }

    /// Sends a request on to `to`, which is below this one. `times` has what was done, also where
    /// it fails.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn pass<B>(
        &self,
        request: (request::Parts, B),
        to: &Url,
        times: &mut PassTimes,
    ) -> Result<Passed, Failure>
    where
        B: hyper::body::Body<Data = bytes::Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let passed = sse_client::pass(request, to, &self.dial, times);
        match tokio::time::timeout(self.head_time, passed).await {
            Ok(Ok(passed)) => Ok(passed),
            Ok(Err(e @ ClientError::ConnectTimeout { .. })) => Err(Failure::TooSlow(e.to_string())),
            Ok(Err(e)) => Err(Failure::Failed(sentence(&e, to))),
            Err(_) => Err(Failure::TooSlow(format!(
                "The upstream {to} did not answer within {}: try again, or give it more time with --head-timeout.",
                humantime::format_duration(self.head_time)
            ))),
        }
    }

    /// What a `Location` of it becomes below `prefix`, where it leads to what is handed on. Nothing
    /// where it stays as it is.
    pub(crate) fn relocated(&self, asked: &Url, location: &str, prefix: &str) -> Option<String> {
        let to = asked.join(location).ok()?;
        let base = self.url.path().trim_end_matches('/');
        let below = to.path().strip_prefix(base)?;
        if !to.has_origin_of(&self.url) || !(below.is_empty() || below.starts_with('/')) {
            return None;
        }
        let fragment = location.split_once('#').map(|(_, fragment)| fragment);
        let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
        let query = match to.query() {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let slash = if below.is_empty() { "/" } else { "" };
        Some(format!("{prefix}{slash}{below}{query}{fragment}"))
    }
}

/// Why there is no answer, in a sentence for whoever asked by way of this server.
fn sentence(e: &ClientError, to: &Url) -> String {
    match e {
        ClientError::NothingListens { .. } => {
            format!("The upstream {to} is not there: start it, or set another upstream.")
        }
        ClientError::NotTrusted { reason, .. } => format!(
            "The certificate of the upstream {to} is not trusted: {reason}. Add its root to this machine, or set another upstream."
        ),
        ClientError::HostNotFound { host, reason } => {
            format!("The upstream {host} is not found ({reason}): set another upstream.")
        }
        other => other.to_string(),
    }
}

impl Upstreams {
    /// None yet.
    pub(crate) fn new(terms: Terms) -> Self {
        // Each process has other keys; the crate that makes up numbers is not needed for that.
        let made_up = RandomState::new().hash_one(std::process::id());
        Self {
            set: RwLock::default(),
            of_file: RwLock::default(),
            pseudonym: format!("sse-{made_up:016x}"),
            terms,
        }
    }

    /// The upstream of a room; `None` is the default room.
    pub(crate) fn find(&self, room: Option<&str>) -> Option<Arc<Upstream>> {
        let key = room.map(Box::from);
        if let Some(set) = lock::read(&self.set).get(&key) {
            return set.clone();
        }
        lock::read(&self.of_file).get(&key).cloned()
    }

    /// Whether a room has one.
    pub(crate) fn are_any(&self) -> bool {
        let set = lock::read(&self.set);
        set.values().any(Option::is_some) || !lock::read(&self.of_file).is_empty()
    }

    /// All of them, by room.
    pub(crate) fn all(&self) -> Vec<(Option<String>, String)> {
        let mut all: BTreeMap<_, _> = lock::read(&self.of_file)
            .iter()
            .map(|(room, upstream)| (room.clone(), Some(Arc::clone(upstream))))
            .collect();
        all.extend(lock::read(&self.set).clone());
        let all = all.into_iter();
        all.filter_map(|(room, upstream)| Some((room.map(String::from), upstream?.url())))
            .collect()
    }

    /// Gives a room an upstream, or takes it away.
    ///
    /// # Errors
    /// The URL, or the name of the room, cannot be used.
    pub(crate) fn set(&self, room: Option<&str>, url: Option<&str>) -> Result<(), Error> {
        if let Some(room) = room
            && !is_name(room)
        {
            let sentence = "The name of a room is 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first.";
            return Err(Error::BadUpstream(sentence.to_owned()));
        }
        let upstream = match url {
            None => None,
            Some(url) => Some(Arc::new(Upstream::parse(url, &self.terms)?)),
        };
        lock::write(&self.set).insert(room.map(Box::from), upstream);
        Ok(())
    }

    /// Puts those of the file in the place of those that it had. One that cannot be used is left
    /// out: the reader of the file has refused it already.
    pub(crate) fn set_of_file(&self, upstreams: &[FileUpstream]) {
        let read = upstreams.iter().filter_map(|it| {
            let upstream = Upstream::parse(&it.url, &self.terms).ok()?;
            Some((it.room.as_deref().map(Box::from), Arc::new(upstream)))
        });
        *lock::write(&self.of_file) = read.collect();
    }

    /// Whether a request has been here before: it says so itself (RFC 9110 7.6.3).
    pub(crate) fn have_seen(&self, headers: &HeaderMap) -> bool {
        let hops = headers.get_all(axum::http::header::VIA).iter();
        let mut words = hops
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ' ', '\t']));
        words.any(|word| word == self.pseudonym)
    }

    /// Makes the fields of a request those that an upstream is sent.
    pub(crate) fn request_fields(&self, fields: &mut HeaderMap) {
        fields::request_fields(fields, &self.pseudonym);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(url: &str) -> Upstream {
        Upstream::parse(url, &Terms::default()).expect(url)
    }

    #[test]
    fn an_upstream_is_a_url_without_secrets() {
        for (url, whole) in [
            ("https://api.example.com", "https://api.example.com"),
            ("localhost:11434", "http://localhost:11434"),
            ("http://h:1/base/", "http://h:1/base"),
        ] {
            assert_eq!(upstream(url).url(), whole);
        }
        for (url, hint) in [
            ("", "is empty"),
            ("http://me:hunter2@h", "user name"),
            ("http://h/?key=hunter2", "query"),
            ("http://h/#hunter2", "fragment"),
            ("ftp://h", "not supported"),
            ("http://", "not a URL"),
            ("/path", "not a URL"),
        ] {
            let refused = Upstream::parse(url, &Terms::default())
                .expect_err(url)
                .to_string();
            assert!(refused.contains(hint), "{url}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_base_path_is_kept_and_path_and_query_are_as_they_are() {
        let to = |base: &str, path: &str| upstream(base).target(path).whole();
        assert_eq!(
            to("http://h:1", "/a%20b?x=%41&y"),
            "http://h:1/a%20b?x=%41&y"
        );
        assert_eq!(to("http://h:1/base", "/v1/x"), "http://h:1/base/v1/x");
        assert_eq!(to("http://h:1/base/", "/"), "http://h:1/base/");
    }

    #[test]
    fn a_location_below_the_upstream_leads_through_the_proxy() {
        let base = upstream("http://h:1/base");
        let asked = base.target("/a/b");
        for (location, becomes) in [
            ("http://h:1/base/x?y#z", Some("/@live/x?y#z")),
            ("/base/x", Some("/@live/x")),
            ("c", Some("/@live/a/c")),
            ("/base", Some("/@live/")),
            ("/based", None),
            ("/other", None),
            ("https://h:1/base/x", None),
            ("http://elsewhere/base/x", None),
        ] {
            let relocated = base.relocated(&asked, location, "/@live");
            assert_eq!(relocated.as_deref(), becomes, "{location}");
        }
    }

    #[test]
    fn a_room_has_the_upstream_that_was_set_and_else_that_of_the_file() {
        let upstreams = Upstreams::new(Terms::default());
        let url = |room: Option<&str>| upstreams.find(room).map(|upstream| upstream.url());
        upstreams.set_of_file(&[FileUpstream {
            room: Some("live".to_owned()),
            url: "http://a".to_owned(),
        }]);
        assert_eq!(url(Some("live")).as_deref(), Some("http://a"));
        upstreams
            .set(Some("live"), Some("http://b"))
            .expect("a URL");
        assert_eq!(url(Some("live")).as_deref(), Some("http://b"));
        upstreams.set_of_file(&[]);
        assert_eq!(url(Some("live")).as_deref(), Some("http://b"));
        upstreams.set(Some("live"), None).expect("none");
        assert_eq!((url(Some("live")), url(None)), (None, None));
        assert!(!upstreams.are_any());
    }

    #[test]
    fn its_own_address_is_known_however_it_is_written() {
        let local: SocketAddr = "127.0.0.1:8000".parse().expect("an address");
        for own in [
            "http://localhost:8000",
            "http://127.0.0.1:8000/@a",
            "http://[::1]:8000",
        ] {
            assert!(upstream(own).is(local), "{own}");
        }
        let lan: SocketAddr = "192.0.2.7:8000".parse().expect("an address");
        assert!(upstream("http://192.0.2.7:8000").is(lan));
        for other in ["http://localhost:8001", "http://192.0.2.8:8000"] {
            assert!(!upstream(other).is(local), "{other}");
        }
    }
}
