//! The accept loop. It accepts connections, sets their socket options, and gives each its own task.

use std::collections::VecDeque;
use std::future::{poll_fn, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::Socket;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use super::http1::{self, Ends};
use super::run_context::RunContext;
use crate::clock;
use crate::mount::Listening;

/// How long to wait when the process has no file descriptor left: accepting again at once would
/// only spin, since the connection stays in the queue.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Connections that wait to be accepted, at most. More connects at once than the default of 128 are
/// common here: a reconnect storm stalls for a second when the queue is full.
pub(crate) const BACKLOG: i32 = 4096;

/// How many connections are begun before the loop accepts again. Serving takes longer than
/// connecting: without this the system's queue overflows, and clients wait for seconds.
const BEGUN_AT_ONCE: usize = 32;

/// How many are accepted before the loop looks at anything else.
const ACCEPTED_AT_ONCE: usize = 1024;

/// How often that is logged. Whoever has stderr may not read it, and a full pipe stops who writes
/// to it.
const COMPLAIN_EVERY: Duration = Duration::from_secs(30);

/// The answer to a connection beyond all limits.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\nx-content-type-options: nosniff\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 65\r\n\r\nThis server has too many connections: close some and try again.\r\n";

/// Clients that are turned away in order at once. Others may not be able to read why.
pub(crate) const TURNED_AWAY: usize = 64;

/// How often it is tried to listen again when a fault no longer keeps the server from that. Who
/// took the port meanwhile may give it back.
const LISTEN_AGAIN: Duration = Duration::from_millis(50);

/// Accepts until the stop; the listening socket is closed when this returns. `bind` makes a socket
/// with the address of this one that does not listen.
pub(crate) async fn accept(
    listener: TcpListener,
    bind: impl Fn(SocketAddr) -> io::Result<Socket>,
    mut listening: Listening,
    run: Arc<RunContext>,
) {
    // It is gone before `listening` is: whoever waits for the end of that finds the port free.
    let mut listener = listener;
    let stop = listening.stop.clone();
    let faults = run.service.faults();
    let mut changed = faults.changed();
    // Where it listens on one address, every connection's end here is that one.
    let local = listener.local_addr().ok();
    let local = local.filter(|local| !local.ip().is_unspecified());
    let mut complained: Option<Instant> = None;
    // Accepted, and not begun.
    let mut waiting = VecDeque::new();
    loop {
        let now = clock::now().instant;
        if let Some((fault, _)) = faults.refuses(now) {
            run.service.refuses(&fault);
        }
        if refused_until(&run, &listening, now).is_some() {
            begin(&run, waiting.drain(..));
            let changes = (&mut changed, &mut listening);
            let refused = refuse(listener, &bind, changes, &run).await;
            let Some(again) = refused else {
                return;
            };
            listener = again;
            continue;
        }
        let refusal = faults.next_refusal(now);
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Ok(()) = changed.changed() => continue,
            Ok(()) = listening.changed() => continue,
            () = until(refusal), if refusal.is_some() => continue,
            accepted = listener.accept() => Some(accepted),
            () = ready(()), if !waiting.is_empty() => None,
        };
        let admit = |socket: TcpStream, peer| {
            if let Some(socket) = admitted(socket, &run, waiting.len())
                && let Some(local) = local.or_else(|| socket.local_addr().ok())
            {
                waiting.push_back((socket, Ends { peer, local }));
            }
        };
        // What is armed meanwhile is to strike the next one.
        let goes_on = || !changed.has_changed().unwrap_or(false);
        if let Some(first) = accepted
            && let Err(e) = accept_all(&listener, first, goes_on, admit).await
        {
            if complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) {
                complained = Some(Instant::now());
                tracing::warn!("cannot accept a connection ({e}): trying again");
            }
            begin(&run, waiting.drain(..));
            tokio::time::sleep(BACK_OFF).await;
        }
        begin(&run, waiting.drain(..waiting.len().min(BEGUN_AT_ONCE)));
        if !waiting.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

/// Hands the first connection to `admit`, and all others that wait to be accepted, up to a bound
/// and while it `goes_on`.
async fn accept_all(
    listener: &TcpListener,
    first: io::Result<(TcpStream, SocketAddr)>,
    goes_on: impl Fn() -> bool,
    mut admit: impl FnMut(TcpStream, SocketAddr),
) -> io::Result<()> {
    let mut next = Some(first);
    let mut count = 0;
    while let Some(accepted) = next.take() {
        match accepted {
            Ok((socket, peer)) => admit(socket, peer),
            Err(e) if is_connection_error(&e) => {}
            Err(e) => return Err(e),
        }
        count += 1;
        if count < ACCEPTED_AT_ONCE && goes_on() {
            next = unconstrained(poll_fn(|cx| {
                Poll::Ready(match listener.poll_accept(cx) {
                    Poll::Ready(accepted) => Some(accepted),
                    Poll::Pending => None,
                })
            }))
            .await;
        }
    }
    Ok(())
}

/// Gives each connection its task.
fn begin(run: &Arc<RunContext>, connections: impl Iterator<Item = (TcpStream, Ends)>) {
    for (socket, ends) in connections {
        run.tasks.spawn(http1::serve(socket, ends, Arc::clone(run)));
    }
}

/// The socket of a connection that is to be served, where `waiting` others wait for that; nothing
/// where it is reset or turned away.
fn admitted(socket: TcpStream, run: &RunContext, waiting: usize) -> Option<TcpStream> {
    if run.service.resets_on_arrival() {
        // A socket without it is gone already.
        _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        return None;
    }
    if is_full(run, waiting) {
        turn_away(run, socket);
        return None;
    }
    // On Linux it has them from the listening socket.
    #[cfg(not(target_os = "linux"))]
    super::socket_options::prepare(socket2::SockRef::from(&socket), run.service.limits().stall);
    Some(socket)
}

/// Until when nothing listens, because of a fault or of whoever opened the listener.
fn refused_until(
    run: &RunContext,
    listening: &Listening,
    now: std::time::Instant,
) -> Option<std::time::Instant> {
    let fault = run.service.faults().refuses(now).map(|(_, until)| until);
    fault.max(listening.closed_until(now))
}

/// Does not listen while that is wanted, and keeps the port. Answers the socket that listens again;
/// nothing at a stop.
async fn refuse(
    listener: TcpListener,
    bind: impl Fn(SocketAddr) -> io::Result<Socket>,
    (faults, listening): (&mut watch::Receiver<u64>, &mut Listening),
    run: &RunContext,
) -> Option<TcpListener> {
    let addr = listener.local_addr();
    // Bytes of those that were accepted go on; who waits to be accepted is reset.
    drop(listener);
    let mut kept = addr.as_ref().ok().and_then(|addr| {
        let socket = bind(*addr).ok()?;
        // With it, whoever has it too could take the port.
        #[cfg(unix)]
        socket.set_reuse_address(false).ok()?;
        Some(socket)
    });
    while let Some(end) = refused_until(run, listening, clock::now().instant) {
        let stop = listening.stop.clone();
        tokio::select! {
            () = stop.cancelled() => return None,
            Ok(()) = faults.changed() => {}
            Ok(()) = listening.changed() => {}
            () = until(Some(end)) => {}
        }
    }
    let addr = addr.ok()?;
    let mut complained: Option<Instant> = None;
    loop {
        let socket = match kept.take() {
            Some(socket) => Ok(socket),
            None => bind(addr),
        };
        let again = socket.and_then(|socket| {
            // Without it the port is taken as long as a stream is open on it.
            #[cfg(unix)]
            socket.set_reuse_address(true)?;
            socket.listen(BACKLOG)?;
            TcpListener::from_std(socket.into())
        });
        match again {
            Ok(listener) => return Some(listener),
            Err(e) if complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) => {
                complained = Some(Instant::now());
                tracing::warn!("cannot listen on {addr} again ({e}): trying again");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = listening.stop.cancelled() => return None,
            () = tokio::time::sleep(LISTEN_AGAIN) => {}
        }
    }
}

async fn until(instant: Option<std::time::Instant>) {
    if let Some(instant) = instant {
        tokio::time::sleep_until(instant.into()).await;
    }
}

/// Whether there are as many connections as may be, with those that are accepted and not begun.
fn is_full(run: &RunContext, waiting: usize) -> bool {
    let limits = run.service.limits();
    let parting = TURNED_AWAY - run.turned_away.available_permits();
    let taken = (run.tasks.len() + run.transport.len() + waiting).saturating_sub(parting);
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
