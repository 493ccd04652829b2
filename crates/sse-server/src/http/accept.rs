//! The accept loop. It accepts connections, sets their socket options, and gives each its own task.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::http1::{self, Ends};
use super::run_context::RunContext;

/// How long to wait when the process has no file descriptor left: accepting again at once would
/// only spin, since the connection stays in the queue.
const BACK_OFF: Duration = Duration::from_millis(50);

/// How often that is logged. Whoever has stderr may not read it, and a full pipe stops who writes
/// to it.
const COMPLAIN_EVERY: Duration = Duration::from_secs(30);

/// The answer to a connection beyond all limits.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\nx-content-type-options: nosniff\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 65\r\n\r\nThis server has too many connections: close some and try again.\r\n";

/// Clients that are turned away in order at once. Others may not be able to read why.
pub(crate) const TURNED_AWAY: usize = 64;

/// Accepts until the stop; the listening socket is closed when this returns.
pub(crate) async fn accept(listener: TcpListener, run: Arc<RunContext>) {
    // Where it listens on one address, every connection's end here is that one.
    let local = listener.local_addr().ok();
    let local = local.filter(|local| !local.ip().is_unspecified());
    let mut complained: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = run.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                if is_full(&run) {
                    turn_away(&run, socket);
                    continue;
                }
                // On Linux it has them from the listening socket.
                #[cfg(not(target_os = "linux"))]
                super::socket_options::prepare(
                    socket2::SockRef::from(&socket),
                    run.service.limits().stall,
                );
                let Some(local) = local.or_else(|| socket.local_addr().ok()) else {
                    continue; // It is closed already.
                };
                let ends = Ends { peer, local };
                run.tasks
                    .spawn(http1::serve(socket, ends, Arc::clone(&run)));
            }
            Err(e) if is_connection_error(&e) => {}
            Err(e) => {
                if complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) {
                    complained = Some(Instant::now());
                    tracing::warn!("cannot accept a connection ({e}): trying again");
                }
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

/// Whether there are as many connections as may be.
fn is_full(run: &RunContext) -> bool {
    let limits = run.service.limits();
    let parting = TURNED_AWAY - run.turned_away.available_permits();
    let taken = (run.tasks.len() + run.transport.len()).saturating_sub(parting);
    taken >= limits.streams.saturating_add(limits.reserve)
}

/// Says that there is no room.
fn turn_away(run: &RunContext, socket: TcpStream) {
    let Ok(place) = Arc::clone(&run.turned_away).try_acquire_owned() else {
        _ = socket.try_write(BUSY);
        return;
    };
    let stop = run.stop.clone();
    run.tasks.spawn(async move {
        super::lingering_close::close(socket, BUSY, &stop).await;
        drop(place);
    });
}

/// The one connection was broken before it was accepted; the next is not affected.
fn is_connection_error(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::BUSY;

    #[test]
    fn the_busy_answer_has_the_length_that_it_says() {
        let text = std::str::from_utf8(BUSY).expect("ASCII");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len()))
                || head.ends_with(&format!("content-length: {}", body.len()))
        );
    }
}
