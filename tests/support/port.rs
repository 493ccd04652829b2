//! Ports: one to use, and whether one is in use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// Below the ports that systems give to clients and to whoever binds port 0: none of those may take
/// ours before we use it.
const FIRST: u16 = 12_000;
const COUNT: u16 = 2_000;
/// So far apart that the next free port after one of them is nobody else's.
const STEP: u16 = 8;

/// A port that is free on both families of loopback, and that no other test here is given.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Another program of tests, run at the same time, begins elsewhere.
    let begin = (process::id().wrapping_mul(331) % u32::from(COUNT)) as u16;
    (0..COUNT)
        .map(|_| FIRST + STEP * ((begin + GIVEN.fetch_add(1, Relaxed) % COUNT) % COUNT))
        .find(|&port| is_free(port))
        .expect("one of many ports is free")
}

/// Whether nothing listens on `port` any more, on either family.
///
/// Asked by connecting: a listener of our own, however short its life, is inherited by each program
/// that another test starts at that moment, and the port then stays taken until that program runs.
/// A machine without IPv6 is no failure: nothing can listen there.
pub(crate) fn is_free(port: u16) -> bool {
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    loopback
        .into_iter()
        .all(|address| TcpStream::connect((address, port)).is_err())
}
