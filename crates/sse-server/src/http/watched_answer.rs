//! A whole answer that somebody watches. It leaves hyper like a stream, so that it is known which
//! of its bytes the kernel took. Its connection closes behind it.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Collected};
use hyper::body::Body as _;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::connections::Why;
use crate::mount::Account;
use crate::routes::{self, WatchedAnswer};
use crate::transport::Hangup;

/// An answer as bytes, and the account of them.
pub(super) struct Whole {
    status: StatusCode,
    /// The head, and the body where there is one.
    bytes: Vec<u8>,
    account: Account,
    /// Why it ends where nothing goes wrong.
    why: Why,
}

impl Whole {
    /// The bytes of this answer for a client that speaks this version.
    pub(super) async fn of(
        response: Response<Body>,
        watched: WatchedAnswer,
        method: &Method,
        version: Version,
    ) -> Self {
        let (mut head, body) = response.into_parts();
        let is_bodiless = matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        let length = body.size_hint().exact().filter(|_| !is_bodiless);
        if let Some(length) = length {
            head.headers.insert(header::CONTENT_LENGTH, length.into());
        }
        let framing = match is_bodiless {
            // The end of the head is the end of it.
            true => sse_wire::Framing::Bare,
            // As a stream, of which only the head was asked for.
            false => routes::framing(version, &head.headers),
        };
        let mut bytes = routes::head_bytes(head.status, &head.headers, framing);
        if *method != Method::HEAD && length.is_some() {
            // It is in memory, and nothing can go wrong.
            let body = body.collect().await.map(Collected::to_bytes);
            bytes.extend_from_slice(&body.unwrap_or_default());
        }
        let WatchedAnswer { account, why } = watched;
        Self {
            status: head.status,
            bytes,
            account,
            why,
        }
    }

    /// Tells that it ended so.
    pub(super) fn end(self, why: Why) {
        let now = clock::now();
        self.account.end(self.status.as_u16(), why.told(), now);
    }

    /// The same where its client was sent `before` already.
    pub(super) fn behind(mut self, before: &[u8]) -> Self {
        self.account.took(&[before], 0, before.len());
        self
    }

    /// Sends it behind what was `held` of answers before it, and tells what became of it. Answers
    /// whether all of it was sent.
    pub(super) async fn send(
        mut self,
        socket: &TcpStream,
        held: &[u8],
        stall: Duration,
        kill: &CancellationToken,
    ) -> bool {
        let sending = async {
            let parts = [held, &self.bytes];
            let mut at = 0;
            while at < held.len() + self.bytes.len() {
                let part = match at < held.len() {
                    true => &held[at..],
                    false => &self.bytes[at - held.len()..],
                };
                match tokio::time::timeout(stall, socket.writable()).await {
                    Err(_) => return Err(Why::Stalled),
                    Ok(Err(e)) => return Err(Hangup::from(e).why()),
                    Ok(Ok(())) => {}
                }
                match socket.try_write(part) {
                    Ok(n) => {
                        let from = at.max(held.len());
                        self.account.took(&parts, from, at + n);
                        at += n;
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(e) => return Err(Hangup::from(e).why()),
                }
            }
            Ok(self.why)
        };
        let ended = tokio::select! {
            biased;
            ended = sending => ended,
            () = kill.cancelled() => Err(Why::Stopped),
        };
        let (Ok(why) | Err(why)) = ended;
        self.end(why);
        ended.is_ok()
    }
}
