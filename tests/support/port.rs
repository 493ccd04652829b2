//! Ports: one to use, and whether one is in use.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// A port that is free at this moment on both families of loopback.
pub(crate) fn free_port() -> u16 {
    (0..100)
        .find_map(|_| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
            let port = listener.local_addr().ok()?.port();
            let free = bind_v6(port).is_ok();
            free.then_some(port)
        })
        .expect("one of a hundred random ports is free")
}

/// Whether nothing listens on `port` any more, on either family.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && bind_v6(port).is_ok()
}

/// A machine without IPv6 is no failure: then there is nothing to bind, and nothing in the way.
fn bind_v6(port: u16) -> io::Result<()> {
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        _ => Ok(()),
    }
}
