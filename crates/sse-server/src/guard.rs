//! The guard: decides who may connect. Every request passes it before any route.
//!
//! The threat: a page on any site can make its visitor's browser send requests to a port on
//! loopback. With DNS rebinding, the page can even reach that port under the page's own name.
//! Loopback is therefore no boundary.
//!
//! * The check of `Host` stops rebinding. A browser always sends the name that the page uses for
//!   the server.
//! * The check of `Origin` keeps other sites from reading what CORS would show them.
//! * The check of `Sec-Fetch-Site` covers requests without an Origin (images, scripts, no-cors).
//!
//! A program that is no browser may send any of these headers. It could read the streams directly
//! anyway.
//!
//! The guard must never compute our own names from anything in the request.

mod host;
mod origin;

use std::net::IpAddr;
use std::sync::{Arc, RwLock};

use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use sse_engine::lock;
use sse_engine::text::shell_word;

use crate::error::Error;
pub(crate) use host::Authority;
pub(crate) use origin::{Class, Origin};

/// What kind of place a request asks for; the guard's table has a row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// Streams and topics, which front ends under development on other ports read.
    Stream,
    /// The end of a topic: for our own page and for programs.
    EndOfTopic,
    /// The API: for our own page and for programs, on this machine.
    Api,
    /// The page and its files: ours alone.
    Page,
    /// Whether the server runs: for everybody who knows its name, and no page reads it.
    Health,
    /// A path that is nothing: whoever may read streams reads that there is none.
    Nothing,
}

impl Area {
    /// Whether the port that the client names has to be the one that it connected to. (Not for what
    /// is reached through `ssh -L`, `docker -p` and development proxies.)
    fn needs_port(self) -> bool {
        matches!(self, Area::Api | Area::Page)
    }

    /// Whether pages of other origins may come in and read the answer.
    fn is_shared(self) -> bool {
        matches!(self, Area::Stream | Area::Nothing)
    }
}

/// What a reverse proxy adds to a request that it hands on.
const FORWARDED: [&str; 7] = [
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-real-ip",
];
const FORWARDED_BELOW: &str = "x-forwarded-";

/// The ends of the connection that a request came over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// Who connected: the API answers over loopback only.
    pub(crate) peer: IpAddr,
    /// The address that was connected to: of literal addresses, only this one and loopback's are
    /// ours unasked.
    pub(crate) local: IpAddr,
    /// The port that was connected to, which the page and the API have to be asked by.
    pub(crate) port: u16,
}

/// A request that may come in, and the origin that gets CORS headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// The origin that gets CORS headers; `None` where the answer gets none.
    pub(crate) cors: Option<Origin>,
    /// What kind of origin asks, for the table and for what a preflight allows.
    pub(crate) class: Class,
}

/// A request that may not come in: status and sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) sentence: String,
    /// The origin that was refused, where that is the reason: the person may allow it.
    pub(crate) origin: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            origin: None,
        }
    }
}

/// The lists that the guard compares with. Cheap to clone; the clones share what is allowed later.
///
/// How to drive it: ask [`admit`](Self::admit) for each request before anything is answered, and
/// answer with the [`Refusal`] if there is one. When the answer has all its other headers, add
/// those for [`Admission::cors`]. [`allow_origin`](Self::allow_origin) may be called at any time.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// Hosts that the person allowed when the server was made, beside the names of loopback and the
    /// address that was connected to.
    names: Arc<[String]>,
    /// Origins that the person allowed, then or later. A lock, since the window may add one while
    /// requests read them.
    listed: Arc<RwLock<Vec<Origin>>>,
}

impl Guard {
    /// # Errors
    /// An entry that is not a host name, or not an origin.
    pub(crate) fn new(hosts: &[String], origins: &[String]) -> Result<Self, Error> {
        let names = hosts
            .iter()
            .map(|name| host::name_to_allow(name).ok_or_else(|| Error::BadHost(name.clone())))
            .collect::<Result<_, _>>()?;
        let listed = origins
            .iter()
            .map(|origin| Origin::to_allow(origin))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            names,
            listed: Arc::new(RwLock::new(listed)),
        })
    }

    /// Lets one more origin read the streams, from the next request on.
    ///
    /// # Errors
    /// `origin` is not an origin.
    pub(crate) fn allow_origin(&self, origin: &str) -> Result<(), Error> {
        let origin = Origin::to_allow(origin)?;
        let mut listed = lock::write(&self.listed);
        if !listed.contains(&origin) {
            listed.push(origin);
        }
        Ok(())
    }

    /// The guard's table.
    ///
    /// # Errors
    /// The request may not come in.
    pub(crate) fn admit<B>(
        &self,
        request: &Request<B>,
        area: Area,
        ends: Ends,
    ) -> Result<Admission, Refusal> {
        self.check_host(request, area, ends)?;
        if area == Area::Api {
            check_peer("The API", request.headers(), ends)?;
        }
        let headers = request.headers();
        let Some(origin) = origin::sent(headers) else {
            if area != Area::Health {
                check_fetch_metadata(request.method(), headers)?;
            }
            return Ok(Admission {
                cors: None,
                class: Class::None,
            });
        };
        let class = self.classify(&origin, ends);
        match class {
            _ if area == Area::Health => Ok(Admission { cors: None, class }),
            Class::Own => Ok(Admission {
                // An own origin can be cross-origin too: 127.0.0.1 and localhost are two.
                cors: matches!(area, Area::Stream | Area::EndOfTopic | Area::Nothing)
                    .then_some(origin),
                class,
            }),
            Class::Shell | Class::Local | Class::Listed if area.is_shared() => Ok(Admission {
                cors: Some(origin),
                class,
            }),
            _ if area.is_shared() => Err(foreign(&origin)),
            _ if area == Area::EndOfTopic => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Pages of other origins may not end a topic: use the server's own page, or a program such as `curl -X DELETE`.",
            )),
            _ => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "This path is for the server's own page only: from other origins, read the streams.",
            )),
        }
    }

    /// Whether a request that was admitted with an origin of this class may use what breaks streams
    /// on purpose, which is `what`: a room, or a fault in its query. A program may where it may use
    /// the API.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn admit_to_break<B>(
        &self,
        what: &str,
        request: &Request<B>,
        class: Class,
        ends: Ends,
    ) -> Result<(), Refusal> {
        if class != Class::None {
            return Ok(());
        }
        let named = host_of(request)?.port_or_default();
        if named != Some(ends.port) {
            return Err(Refusal::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "{what} answers on port {port} only: request http://localhost:{port}.",
                    port = ends.port
                ),
            ));
        }
        check_peer(what, request.headers(), ends)
    }

    fn check_host<B>(&self, request: &Request<B>, area: Area, ends: Ends) -> Result<(), Refusal> {
        let host = host_of(request)?;
        if !self.is_ours(&host, ends) {
            let name = host.to_allow();
            let advice = match name.as_deref().and_then(shell_word) {
                Some(name) => {
                    format!("use localhost, or allow it with `sse serve --allow-host {name}`")
                }
                None => "use localhost".to_owned(),
            };
            return Err(Refusal::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!("This server does not answer to that host name: {advice}."),
            ));
        }
        if area.needs_port() && host.port_or_default() != Some(ends.port) {
            return Err(Refusal::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "This server's page and its API are on port {port} only: go to http://localhost:{port}.",
                    port = ends.port
                ),
            ));
        }
        Ok(())
    }

    /// Whether a name is ours: loopback's names, the literal address that the client really
    /// connected to, and what the person allowed. A literal address cannot be rebound.
    fn is_ours(&self, authority: &Authority, ends: Ends) -> bool {
        authority.is_loopback_name()
            || authority.ip() == Some(ends.local.to_canonical())
            || self.names.iter().any(|name| authority.is_named(name))
    }

    fn classify(&self, origin: &Origin, ends: Ends) -> Class {
        if let Some((scheme, authority)) = origin.parts() {
            let bound = scheme == "http" && authority.port_or_default() == Some(ends.port);
            if bound && self.is_ours(&authority, ends) {
                return Class::Own;
            }
        }
        if origin.is_shell() {
            return Class::Shell;
        }
        if origin.is_local() {
            return Class::Local;
        }
        let listed = lock::read(&self.listed);
        if listed.contains(origin) {
            Class::Listed
        } else {
            Class::Foreign
        }
    }
}

/// The name and port that a request is for.
fn host_of<B>(request: &Request<B>) -> Result<Authority, Refusal> {
    let malformed = |sentence: &str| Refusal::new(StatusCode::BAD_REQUEST, sentence);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        // RFC 9112 3.2: a server must answer a missing or repeated Host with 400.
        return Err(malformed(
            "A request needs exactly one Host header: send the name and port that you connected to.",
        ));
    };
    let unreadable = "The Host header is not a host name with an optional port: send something like localhost:8000.";
    let host = Authority::parse(host.as_bytes()).ok_or_else(|| malformed(unreadable))?;
    // RFC 9112 3.2.2: the authority of an absolute-form target beats the Host header.
    match request.uri().authority() {
        None => Ok(host),
        Some(target) => {
            Authority::parse(target.as_str().as_bytes()).ok_or_else(|| malformed(unreadable))
        }
    }
}

/// The API tells who is connected, so it answers programs of this machine only, and what breaks
/// streams likewise; `what` is which of the two. A reverse proxy is one of those, and whom it
/// speaks for is not.
fn check_peer(what: &str, headers: &HeaderMap, ends: Ends) -> Result<(), Refusal> {
    let here = format!("http://localhost:{}", ends.port);
    if !ends.peer.to_canonical().is_loopback() {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!(
                "{what} answers only over loopback: use {here} on the machine that runs the server."
            ),
        ));
    }
    let forwarded = headers.keys().any(|name| {
        FORWARDED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED_BELOW)
    });
    if forwarded {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            format!("{what} does not answer through a proxy: connect to {here} directly."),
        ));
    }
    Ok(())
}

/// The refusal of a page that may not read the streams, with a way out that works.
fn foreign(origin: &Origin) -> Refusal {
    let shown = origin.as_str();
    // One that is written otherwise than browsers write it, with a slash behind it for instance,
    // would be another one.
    let allowed = Origin::to_allow(shown).is_ok_and(|allowed| allowed == *origin);
    let word = allowed.then(|| shell_word(shown));
    let sentence = match word {
        Some(Some(word)) => format!(
            "Pages of {shown} may not read this server's streams: allow that origin in SSE Workbench, or with `sse serve --allow-origin {word}`."
        ),
        Some(None) => "Pages of that origin may not read this server's streams: allow it in SSE Workbench.".to_owned(),
        None if shown == "null" => {
            "A page without an origin of its own, such as one that was opened as a file, may not read this server's streams: serve the page from a port of localhost.".to_owned()
        }
        None => {
            "The Origin of this request cannot be allowed: serve the page from a port of localhost.".to_owned()
        }
    };
    Refusal {
        origin: Some(shown.to_owned()),
        ..Refusal::new(StatusCode::FORBIDDEN, sentence)
    }
}

/// A request without an Origin that another site made the browser send, and that is not a
/// navigation (an image, a script, a no-cors fetch), has no business here.
fn check_fetch_metadata(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let is = |name: &str, values: &[&str]| {
        headers
            .get_all(name)
            .iter()
            .any(|value| values.iter().any(|v| value.as_bytes() == v.as_bytes()))
    };
    let from_elsewhere = is("sec-fetch-site", &["cross-site", "same-site"]);
    // A frame of another page navigates too, but nobody asked for it.
    let framed = is("sec-fetch-dest", &["iframe", "frame", "object", "embed"]);
    // Only to look: a form of another site that is sent here says its origin.
    let looks = matches!(*method, Method::GET | Method::HEAD);
    if from_elsewhere && (framed || !looks || !is("sec-fetch-mode", &["navigate"])) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Another site made this request without an Origin header: read the stream with EventSource or fetch in cors mode.",
        ));
    }
    Ok(())
}

/// Whether a request that was admitted to the API says that our own page sent it. The scripts of
/// other pages cannot set this header. A program that is not a browser can.
pub(crate) fn is_of_own_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none()
}

/// Whether a request is a CORS preflight, which the guard's decision answers.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests;
