//! What of a curl line may be shown. Each `Debug` of it is written by hand, here.

use std::fmt;

use super::body::{CurlBody, CurlContent, CurlPart};
use super::message::CurlMessage;
use super::url;
use super::{CurlAuthorization, CurlHeader, CurlRequest, CurlUser};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "…";

/// The header fields whose values may be shown. All others may hold a secret, `X-Api-Key` and a
/// session's id among them.
const SHOWN: [&str; 25] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "anthropic-version",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "dnt",
    "expect",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "origin",
    "pragma",
    "priority",
    "range",
    "sec-gpc",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "x-accel-buffering",
    "x-requested-with",
];

/// The value of a header field as it may be shown.
pub(super) fn shown_value(header: &CurlHeader) -> Option<String> {
    let name = header.name.to_ascii_lowercase();
    let is_shown = SHOWN.contains(&name.as_str())
        || name.starts_with("sec-fetch-")
        || name.starts_with("sec-ch-");
    header.value.as_deref().map(|value| match name.as_str() {
        "referer" => url::shown(value),
        _ if is_shown || value.is_empty() => value.to_owned(),
        _ => HIDDEN.to_owned(),
    })
}

/// Something that is there and not shown.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Debug for CurlRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurlRequest")
            .field("method", &self.method)
            .field("url", &url::shown(&self.url))
            .field("headers", &self.headers)
            .field("user_agent", &self.user_agent)
            .field("referer", &self.referer.as_deref().map(url::shown))
            .field("cookies", &self.cookies.as_ref().map(|_| Hidden))
            .field("authorization", &self.authorization)
            .field("body", &self.body)
            .field("body_in_query", &self.body_in_query)
            .field("head", &self.head)
            .field("follows_redirects", &self.follows_redirects)
            .field("compressed", &self.compressed)
            .field("version", &self.version)
            .field("insecure", &self.insecure)
            .field("cacert", &self.cacert)
            .field("ip", &self.ip)
            .field("proxy", &self.proxy.as_deref().map(url::shown))
            .field("proxy_user", &self.proxy_user)
            .field("no_proxy", &self.no_proxy)
            .field("resolve", &self.resolve)
            .field("max_time", &self.max_time)
            .field("connect_timeout", &self.connect_timeout)
            .finish()
    }
}

/// Without a body, and without the query: with `-G`, the body is in it.
impl fmt::Debug for CurlMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("CurlMessage")
            .field("method", &self.method)
            .field("url", &url::shown(path))
            .field("headers", &self.headers)
            .field("body", &self.body.as_ref().map(|_| Hidden))
            .finish()
    }
}

impl fmt::Debug for CurlHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurlHeader")
            .field("name", &self.name)
            .field("value", &shown_value(self))
            .finish()
    }
}

impl fmt::Debug for CurlAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Basic(_) => "Basic",
            Self::Bearer(_) => "Bearer",
        };
        f.debug_tuple(name).field(&Hidden).finish()
    }
}

impl fmt::Debug for CurlUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CurlUser").field(&Hidden).finish()
    }
}

impl fmt::Debug for CurlBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts()).finish()
    }
}

impl fmt::Debug for CurlPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurlPart")
            .field("content", &self.content)
            .field("is_json", &self.is_json)
            .finish()
    }
}

/// A file is named, and a text is not shown.
impl fmt::Debug for CurlContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.debug_tuple("Text").field(&Hidden).finish(),
            Self::File(file, reading) => f.debug_tuple("File").field(file).field(reading).finish(),
        }
    }
}
