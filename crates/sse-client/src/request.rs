//! One request, and its answer.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, StatusCode, header};
use hyper_util::rt::TokioIo;

use crate::connect::Dial;
use crate::early_response::EarlyResponse;
use crate::error::Error;
use crate::exchange::Header;
use crate::media_type;
use crate::proxy::Proxy;
use crate::url::Url;

/// A request to publish or to ask. Whoever sends it decides how long it may take.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is done.
    pub method: Method,
    /// The path and query that it is done to; [`Url::target`] makes it.
    pub target: String,
    /// What the body is, where there is one.
    pub content_type: Option<&'static str>,
    /// One more header field, such as an `Authorization`.
    pub header: Option<Header>,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// The head of an answer, with the rest of it still to be read.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// What its body is said to be, in small letters and without parameters.
    pub content_type: String,
    /// Where it says that something is, as it says it.
    pub location: Option<String>,
    /// What was not read yet. The server may send any amount, so [`read`](Self::read) takes a
    /// bound.
    body: Incoming,
}

impl Request {
    /// Sends it to the host of a URL, over a connection of its own.
    ///
    /// # Errors
    /// There is no connection, no answer, or one that is not HTTP.
    pub async fn send(self, url: &Url) -> Result<Answer, Error> {
        let server = url.to_string();
        let dial = Dial {
            proxy: Proxy::None,
            ..Dial::default()
        };
        let socket = dial.connect(url, |_| {}).await?.socket;
        let mut request = hyper::Request::builder()
            .method(self.method)
            .uri(&self.target)
            .header(header::HOST, url.host_header())
            .header(
                header::USER_AGENT,
                concat!("sse/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(content_type) = self.content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(Header { name, value }) = self.header {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body)));
        let request = request.map_err(|_| Error::BadUrl(self.target))?;
        let silent = || Error::NoAnswer {
            server: server.clone(),
        };
        let socket = TokioIo::new(EarlyResponse(socket));
        let (mut sender, connection) = http1::handshake(socket).await.map_err(|_| silent())?;
        // What goes wrong with it comes out of the answer too.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|e| match e.is_parse() {
            true => Error::NotHttp {
                server: server.clone(),
            },
            false => silent(),
        })?;
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let location = answer.headers().get(header::LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        Ok(Answer {
            location: location.map(str::to_owned),
            status: answer.status(),
            content_type: media_type::essence(kind).unwrap_or_default(),
            body: answer.into_body(),
        })
    }
}

impl Answer {
    /// Reads the body, `most` bytes of it at most. Answers what came, and whether that was all of
    /// it.
    pub async fn read(self, most: usize) -> (Vec<u8>, bool) {
        let mut body = Limited::new(self.body, most);
        let mut came = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => came.extend_from_slice(&data),
                Ok(Err(_trailers)) => {}
                Err(_) => return (came, false),
            }
        }
        (came, true)
    }
}
