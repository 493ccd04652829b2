//! One accepted connection: HTTP/1 by hyper until a stream begins, ours from there on.
//!
//! A stream's handler answers with an ordinary response that carries its pump as an extension. The
//! service sees it, hands head and pump over, and never answers hyper; so hyper has written nothing of
//! this response when the socket is taken back from it. No hyper body, no read-ahead, no doubt about
//! what was sent.

mod io;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use axum::body::Body;
use axum::http::{Response, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Takeover};
use crate::connections::{EndedBy, Ending};
use crate::transport::{Connection, Framing, Transport};
use crate::wire::Wire;
use io::Watched;

/// A stream that begins: everything that leaves hyper.
struct Handoff {
    head: Vec<u8>,
    takeover: Takeover,
    framing: Framing,
}

/// Serves one connection until it ends, a stream begins on it, or `stop` is cancelled.
pub(crate) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    app: Arc<App>,
    transport: Transport,
    stop: CancellationToken,
) {
    let Ok(local) = socket.local_addr() else {
        return; // It is closed already.
    };
    let limits = app.limits().clone();
    // Room for one: a connection carries at most one stream.
    let (begin, mut begun) = mpsc::channel(1);
    // Whether an answer to a request is being made: a stop waits for that, and for nothing else.
    let answering = AtomicBool::new(false);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (app, begin, answering) = (Arc::clone(&app), begin.clone(), &answering);
        async move {
            let version = request.version();
            answering.store(true, Ordering::Relaxed);
            let mut response = app.answer(request.map(Body::new), peer, local).await;
            answering.store(false, Ordering::Relaxed);
            if let Some(takeover) = response.extensions_mut().remove() {
                // The driver listens as long as this future is polled.
                _ = begin.send(handoff(&response, takeover, version)).await;
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .serve_connection(Watched::new(socket, limits.stall), service);

    let handoff = tokio::select! {
        biased;
        Some(handoff) = begun.recv() => handoff,
        () = stop.cancelled() => {
            // An answer that is being made may finish within the grace of the stop. Half a request may not:
            // its client could take for ever. Nor may a stream that would only begin.
            if answering.load(Ordering::Relaxed) {
                let mut connection = pin!(connection);
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection => {}
                    _ = begun.recv() => {}
                }
            }
            return;
        }
        // Ended or broken, by the client or by a limit: there is nobody to tell.
        _ = &mut connection => return,
    };

    let io = connection.into_parts().io;
    let Some((pump, open)) = handoff.takeover.take() else {
        return;
    };
    let Some(socket) = io.into_settled() else {
        // The client sent this request behind one whose answer it does not read. The rest of that
        // answer went away with hyper, so nothing that we send could be understood.
        open.end(Ending::new(EndedBy::Server, "pipelined"));
        return;
    };
    transport.take_in(Connection::new(
        Wire::new(socket),
        handoff.head,
        handoff.framing,
        pump,
        open,
    ));
}

/// The response head as bytes, framed for the version that the client speaks.
fn handoff(response: &Response<Body>, takeover: Takeover, version: Version) -> Handoff {
    let framing = match version {
        Version::HTTP_11 => Framing::Chunked,
        _ => Framing::Bare,
    };
    // RFC 9110 6.2: the version is that of the server, whatever the client speaks. (hyper repeats the client's.)
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    let mut field = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    for (name, value) in response.headers() {
        field(name.as_str(), value.as_bytes());
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    field(header::DATE.as_str(), date.as_bytes());
    field(header::CONNECTION.as_str(), b"close");
    if framing == Framing::Chunked {
        field(header::TRANSFER_ENCODING.as_str(), b"chunked");
    }
    head.extend_from_slice(b"\r\n");
    Handoff {
        head,
        takeover,
        framing,
    }
}
