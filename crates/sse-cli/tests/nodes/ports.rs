//! Ports that a program can have twice: it ends, and another takes its place.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// A free port below those that the kernel gives to whoever asks for any (32768 and up): while its
/// program is away, no client's connection takes it.
pub(crate) fn lasting() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(97);
    loop {
        let next = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + next % COUNT).expect("below 32768");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
