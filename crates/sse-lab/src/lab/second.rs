//! The second listener of a run: another origin for what is redirected there, or begins there, and
//! one that can be closed while a client looks for it.

use std::time::{Duration, Instant, SystemTime};

use axum::http::header::HOST;
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde::Serialize;
use sse_engine::fault::{Act, Ending, Fault, Often, When, Who};
use sse_engine::lock::lock;
use sse_engine::stream::Stream;
use sse_engine::time::Now;
use sse_server::{Error as ServerError, ExtraListener, MountedRequest};

use super::{Lab, list, say};
use crate::case::{Answer, Case, Second};
use crate::error::Error;
use crate::run::{Run, Turn};

/// What stands for a case's URL at the second listener, in a redirect.
const URL: &str = "{second}";

/// Where the second listener is.
#[derive(Serialize)]
struct Opened {
    url: String,
}

impl Lab {
    /// Opens the second listener of the run by this name, which begins here if it is not there, and
    /// answers its URL. If it is open already, that is the answer. It is closed with the run, and
    /// by a stop of the server.
    ///
    /// # Errors
    /// The server does not run, as many are open as may be, or the system does not let it listen.
    pub async fn open_second(&self, name: &str) -> Result<String, Error> {
        let _opening = self.0.opening.lock().await;
        let port = match self.second_port(name) {
            Some(port) => port,
            None => {
                let listeners = lock(&self.0.listeners).clone();
                let listeners = listeners.ok_or(Error::NoSecond)?;
                let opened = listeners.open().await.map_err(|e| match e {
                    ServerError::TooManyListeners(most) => Error::TooManySeconds(most),
                    e => e.into(),
                })?;
                let now = Now {
                    instant: Instant::now(),
                    wall: SystemTime::now(),
                };
                self.with(name, now, |run| run.second.insert(opened).port())
            }
        };
        Ok(format!("http://127.0.0.1:{port}"))
    }

    /// Opens it for who asks by the API.
    pub(super) async fn second(&self, name: &str, request: &MountedRequest) -> Response<Bytes> {
        if request.method != "POST" {
            return list::other(request, "POST");
        }
        match self.open_second(name).await {
            Ok(url) => list::json_of(&Opened {
                url: url + request.before,
            }),
            Err(e) => say(StatusCode::SERVICE_UNAVAILABLE, &e.to_string()),
        }
    }

    /// The port of the second listener of a run, where it is open.
    pub(super) fn second_port(&self, name: &str) -> Option<u16> {
        self.runs().get(name).and_then(open_port)
    }

    /// Whether a case can be played to a request that came where this one did.
    ///
    /// # Errors
    /// It needs the second listener of its run.
    pub(super) fn fits(
        &self,
        case: &Case,
        name: &str,
        request: &MountedRequest,
    ) -> Result<(), Error> {
        let port = self.second_port(name);
        let is_fit = match case.needs.second {
            Second::Unused => true,
            Second::Redirect => port.is_some(),
            Second::Url => port == Some(request.local.port()),
        };
        let need = || Error::NeedsSecond {
            id: case.id.clone(),
            name: name.to_owned(),
        };
        is_fit.then_some(()).ok_or_else(need)
    }

    /// Closes the second listener of a run where an answer does, as long as it says.
    pub(super) fn close_second(&self, name: &str, answer: &Answer) {
        let runs = self.runs();
        let second = runs.get(name).and_then(|run| run.second.as_ref());
        if let (Some(time), Some(second)) = (answer.closes, second) {
            second.close_for(time);
        }
    }
}

/// The port of a run's second listener, where it is open.
fn open_port(run: &Run) -> Option<u16> {
    let second = run.second.as_ref().filter(|second| second.is_open());
    second.map(ExtraListener::port)
}

/// The stream of an answer as one request gets it: at its path, with the URL of its case at the
/// second listener in its redirects, and cut when its turn says.
pub(super) fn of_request(
    stream: &Stream,
    request: &MountedRequest,
    (turn, port): (Turn, Option<u16>),
) -> Stream {
    let url = port.map(|port| url(request, port)).unwrap_or_default();
    let faults = stream.faults.iter().map(|fault| match &fault.act {
        Act::Redirect { to: Some(to), code } => Fault {
            act: Act::Redirect {
                to: Some(to.replace(URL, &url)),
                code: *code,
            },
            ..fault.clone()
        },
        _ => fault.clone(),
    });
    let cut = turn.cut_in.map(|time| Fault {
        act: Act::Cut(Ending::default()),
        when: Some(When::Time(time)),
        start: Duration::ZERO,
        often: Often::default(),
        who: Who::default(),
        lasts: None,
    });
    Stream {
        path: request.path.clone(),
        faults: faults.chain(cut).collect(),
        ..stream.clone()
    }
}

/// The URL that was asked for, at the second listener.
fn url(request: &MountedRequest, port: u16) -> String {
    // A browser keeps cookies by the host alone, whatever the port: so it is another host.
    let asked = request.headers.get(HOST).map(HeaderValue::as_bytes);
    let host = match asked.is_some_and(|host| host.starts_with(b"127.")) {
        true => "localhost",
        false => "127.0.0.1",
    };
    format!("http://{host}:{port}{}{}", request.before, request.path)
}
