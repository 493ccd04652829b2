//! The origin that a request names (RFC 6454, Fetch 3.1).

use axum::http::{HeaderMap, header};

use super::host::Authority;
use crate::error::Error;

/// The origins of the window: the bundled page on Linux and macOS, and on Windows.
const SHELL: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

/// An `Origin` as it was sent, in lower case: compared whole, never by prefix or suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(String);

/// The columns of the guard's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// No Origin: programs, navigations, same-origin GETs.
    None,
    /// An origin that this server is bound to.
    Own,
    /// The window.
    Shell,
    /// Some other port of this machine: the front end under development.
    Local,
    /// Allowed by the person.
    Listed,
    /// All the rest, `null` too.
    Foreign,
}

/// The origin that a request carries. A repeated or unreadable one is kept as something that no
/// list can hold, so that it is foreign.
pub(super) fn sent(headers: &HeaderMap) -> Option<Origin> {
    let mut all = headers.get_all(header::ORIGIN).iter();
    let first = all.next()?;
    let text = match (first.to_str(), all.next()) {
        (Ok(text), None) => text,
        _ => "null",
    };
    Some(Origin::new(text))
}

impl Origin {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, and without the scheme's own port, which browsers leave out.
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let own_port = match text.split_once(':') {
            Some(("http", _)) => ":80",
            Some(("https", _)) => ":443",
            _ => "",
        };
        Self(text.strip_suffix(own_port).unwrap_or(&text).to_owned())
    }

    /// An origin that a person allows: scheme, host, port and nothing more.
    pub(super) fn to_allow(text: &str) -> Result<Self, Error> {
        let origin = Self::new(text.trim_end_matches('/'));
        match origin.parts() {
            // A star would never match: origins are compared whole.
            Some(_) if !origin.0.contains('*') => Ok(origin),
            _ => Err(Error::BadOrigin(origin.0)),
        }
    }

    /// Scheme and authority, or `None` for `null` and everything that is not an origin.
    pub(super) fn parts(&self) -> Option<(&str, Authority)> {
        let (scheme, rest) = self.0.split_once("://")?;
        let named = !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !named {
            return None;
        }
        Some((scheme, Authority::parse(rest.as_bytes())?))
    }

    pub(super) fn is_shell(&self) -> bool {
        SHELL.contains(&self.as_str())
    }

    /// http(s) on localhost, below it, on 127/8 or `[::1]`, whatever the port.
    pub(super) fn is_local(&self) -> bool {
        let Some(("http" | "https", authority)) = self.parts() else {
            return false;
        };
        authority.is_loopback_name() || authority.ip().is_some_and(|ip| ip.is_loopback())
    }
}
