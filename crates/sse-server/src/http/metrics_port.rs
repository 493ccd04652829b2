//! An address at which only `/metrics` answers, for whoever reaches it: Prometheus is seldom on the
//! machine that it watches. Nothing of it is shared with the streams, so that neither can keep the
//! other waiting.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::http1::Ends;
use super::run_context::RunContext;

/// Connections at once; the next one waits to be accepted.
const PLACES: usize = 16;

/// How long a connection may last, whatever it does. A scraper connects again.
const LASTS: Duration = Duration::from_secs(60);

/// How long to wait when a connection cannot be accepted.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Answers until the stop; the listening socket is closed when this returns.
pub(crate) async fn serve_metrics(listener: TcpListener, run: Arc<RunContext>) {
    let places = Arc::new(Semaphore::new(PLACES));
    loop {
        let accepted = async {
            // It is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = run.stop.cancelled() => return,
            accepted = accepted => accepted,
        };
        let Ok((socket, peer)) = accepted else {
            tokio::time::sleep(BACK_OFF).await;
            continue;
        };
        let Ok(local) = socket.local_addr() else {
            continue; // It is closed already.
        };
        let ends = Ends { peer, local };
        let at = Arc::clone(&run);
        run.tasks.spawn(async move {
            tokio::select! {
                () = at.stop.cancelled() => {}
                _ = tokio::time::timeout(LASTS, serve(socket, ends, &at)) => {}
            }
            drop(place);
        });
    }
}

async fn serve(socket: TcpStream, ends: Ends, run: &RunContext) {
    let limits = run.service.limits();
    let handler = service_fn(|request: hyper::Request<Incoming>| async move {
        let answer = run
            .service
            .answer_metrics(&request, (ends.peer, ends.local));
        Ok::<_, Infallible>(answer)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(socket), handler);
    // Who breaks it off asks again.
    let _: Result<(), hyper::Error> = connection.await;
}
