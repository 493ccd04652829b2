//! The options of a connection's socket.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// When a silent connection is first asked whether it is there, and how often then. Three
/// unanswered questions end it; on Linux, where the user timeout counts instead, the first one
/// after it does.
const ASK_AFTER: Duration = Duration::from_secs(15);
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How much longer than the bound on a stalled client the kernel waits for one that vanished. With
/// equal bounds the kernel would now and then call a client vanished that is there but does not
/// read.
#[cfg(target_os = "linux")]
const VANISHED_AFTER_STALLED: Duration = Duration::from_secs(5);

/// Options that a connection can do without: a socket that refuses them is used all the same.
pub(crate) fn prepare(socket: SockRef<'_>, stall: Duration) {
    _ = socket.set_tcp_nodelay(true);
    let keep_alive = TcpKeepalive::new()
        .with_time(ASK_AFTER)
        .with_interval(ASK_EVERY);
    // Windows has no count that can be set; its own is ten.
    #[cfg(unix)]
    let keep_alive = keep_alive.with_retries(3);
    _ = socket.set_tcp_keepalive(&keep_alive);
    // Linux only: also ends a connection whose bytes nobody acknowledges (RFC 5482).
    #[cfg(target_os = "linux")]
    {
        _ = socket.set_tcp_user_timeout(Some(stall + VANISHED_AFTER_STALLED));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = stall;
}
