//! Opens the listening sockets: both loopback families on one port, or one address that was asked
//! for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpListener;

use super::port_holder::holder;
use crate::error::Error;
use crate::http::{BACKLOG, socket_options};

/// How often another port is tried when a free one that the system chose for one family is taken on
/// the other.
const TRIES: usize = 16;

/// How many ports above a taken one are tried.
const SPAN: u16 = 100;

/// What is asked of the sockets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Bytes asked of the kernel as the send buffer of a connection.
    pub(crate) send_buffer: usize,
    /// How long a connection may take no byte while bytes wait.
    pub(crate) stall: Duration,
}

/// The sockets of a running server, all on one port.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) sockets: Vec<TcpListener>,
    pub(crate) port: u16,
    /// The one at which only the metrics answer, and on a port of its own.
    pub(crate) metrics: Option<TcpListener>,
}

impl Listeners {
    /// The same, and one for the metrics at this address.
    ///
    /// # Errors
    /// As [`listen`].
    pub(crate) fn with_metrics(self, addr: Option<SocketAddr>) -> Result<Self, Error> {
        let metrics = addr.map(|addr| {
            bind_and_listen(addr, None).map_err(|e| {
                let host = Host {
                    ip: addr.ip(),
                    may_lack: false,
                };
                explain(addr, &e, &[host])
            })
        });
        Ok(Self {
            metrics: metrics.transpose()?,
            ..self
        })
    }

    /// Where the metrics have an address of their own.
    pub(crate) fn metrics_at(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }
}

/// A socket at this address that does not listen yet, with these options.
pub(crate) fn bind(addr: SocketAddr, options: Options) -> io::Result<Socket> {
    bound(addr, Some(options))
}

/// Listens on `host`, or on both families of loopback. A family that the machine lacks is no
/// failure; a port taken on either is.
///
/// # Errors
/// [`Error::PortInUse`], [`Error::PortForbidden`], or [`Error::Listen`] with the system's words.
pub(crate) fn listen(
    host: Option<IpAddr>,
    port: u16,
    options: Options,
) -> Result<Listeners, Error> {
    let hosts = hosts(host);
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_all(&hosts, port, Some(options)) {
            Err((_, e)) if e.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err((addr, e)) => return Err(explain(addr, &e, &hosts)),
            Ok(listeners) => return Ok(listeners),
        }
    }
}

/// An address to listen on, and whether the machine may lack it.
#[derive(Clone, Copy, Debug)]
struct Host {
    ip: IpAddr,
    may_lack: bool,
}

/// Loopback in both families whatever else is asked for, so that `localhost` and the page always
/// work here; a literal loopback address is taken at its word.
fn hosts(asked: Option<IpAddr>) -> Vec<Host> {
    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let asked_is_loopback = asked.is_some_and(|ip| ip.to_canonical().is_loopback());
    // [::] takes in 127.0.0.1 as well, 0.0.0.0 only its own family.
    let taken_in = |ip: &IpAddr| match asked {
        Some(IpAddr::V4(any)) if any.is_unspecified() => ip.is_ipv4(),
        Some(IpAddr::V6(any)) => any.is_unspecified(),
        _ => false,
    };
    let beside = loopback
        .into_iter()
        .filter(|ip| !asked_is_loopback && !taken_in(ip));
    let may_lack = |may_lack| move |ip| Host { ip, may_lack };
    let asked = asked.into_iter().map(may_lack(false));
    asked.chain(beside.map(may_lack(true))).collect()
}

/// Whether every one of `hosts` could be listened on at `port` just now.
fn is_free(hosts: &[Host], port: u16) -> bool {
    bind_all(hosts, port, None).is_ok()
}

fn bind_all(
    hosts: &[Host],
    port: u16,
    options: Option<Options>,
) -> Result<Listeners, (SocketAddr, io::Error)> {
    let mut sockets = Vec::new();
    let mut port = port;
    let mut missing = None;
    for host in hosts {
        let addr = SocketAddr::new(host.ip, port);
        match bind_and_listen(addr, options) {
            Ok(socket) => {
                // The second family takes the port that the system chose for the first.
                port = socket.local_addr().map_err(|e| (addr, e))?.port();
                sockets.push(socket);
            }
            Err(e) if host.may_lack && is_missing(&e) => missing = Some((addr, e)),
            Err(e) => return Err((addr, e)),
        }
    }
    match (sockets.is_empty(), missing) {
        (true, Some(missing)) => Err(missing),
        _ => Ok(Listeners {
            sockets,
            port,
            metrics: None,
        }),
    }
}

fn bind_and_listen(addr: SocketAddr, options: Option<Options>) -> io::Result<TcpListener> {
    let socket = bound(addr, options)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn bound(addr: SocketAddr, options: Option<Options>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        // [::] is asked for to take in both families, whatever the system's default is.
        socket.set_only_v6(!addr.ip().is_unspecified())?;
    }
    // Unix only: without it a port is taken for a minute after its last connection. On Windows the
    // same option lets two programs listen at once.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if let Some(options) = options {
        // Accepted sockets inherit it, before their first byte.
        socket.set_send_buffer_size(options.send_buffer)?;
        // The others too, on Linux: six system calls less for each connection.
        #[cfg(target_os = "linux")]
        socket_options::prepare(SockRef::from(&socket), options.stall);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

/// The machine lacks this address family, or this loopback address.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || error.raw_os_error() == Some(address_family_not_supported())
}

/// EAFNOSUPPORT, which the standard library has no kind for.
const fn address_family_not_supported() -> i32 {
    if cfg!(target_os = "linux") {
        97
    } else if cfg!(windows) {
        10047
    } else {
        47 // macOS and the BSDs
    }
}

fn explain(addr: SocketAddr, error: &io::Error, hosts: &[Host]) -> Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse {
            port: addr.port(),
            holder: holder(addr.port()),
            next_free: next_free(hosts, addr.port()),
        },
        io::ErrorKind::PermissionDenied => Error::PortForbidden { port: addr.port() },
        _ => Error::Listen {
            addr: addr.to_string(),
            kind: error.kind(),
            reason: error.to_string(),
        },
    }
}

/// The next port above `taken` that every one of `hosts` could be listened on a moment ago.
fn next_free(hosts: &[Host], taken: u16) -> Option<u16> {
    (taken.checked_add(1)?..=taken.saturating_add(SPAN)).find(|port| is_free(hosts, *port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options {
        send_buffer: 64 * 1024,
        stall: Duration::from_secs(30),
    };

    #[tokio::test]
    async fn both_families_share_the_port_that_the_system_chose() {
        let listeners = listen(None, 0, OPTIONS).expect("a free port");
        assert_ne!(listeners.port, 0);
        for socket in &listeners.sockets {
            assert_eq!(socket.local_addr().expect("bound").port(), listeners.port);
        }
    }

    #[tokio::test]
    async fn a_port_taken_on_either_family_is_in_use_and_the_holder_is_named() {
        for host in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"] {
            let Ok(taken) = std::net::TcpListener::bind(host) else {
                continue; // This machine lacks the family.
            };
            let port = taken.local_addr().expect("bound").port();
            match listen(None, port, OPTIONS).expect_err("somebody has it") {
                Error::PortInUse {
                    port: told,
                    holder,
                    next_free,
                } => {
                    assert_eq!(told, port);
                    if cfg!(target_os = "linux") {
                        assert_eq!(holder.expect("it is this test").pid, std::process::id());
                    }
                    assert!(next_free.is_some_and(|next| next > port));
                }
                other => panic!("not in use: {other:?}"),
            }
        }
    }

    #[test]
    fn loopback_stays_whatever_is_asked_for() {
        for (asked, expected) in [
            (None, &["127.0.0.1", "::1"][..]),
            (Some("127.0.0.1"), &["127.0.0.1"]),
            (Some("::1"), &["::1"]),
            (Some("127.0.0.2"), &["127.0.0.2"]),
            (Some("0.0.0.0"), &["0.0.0.0", "::1"]),
            (Some("::"), &["::"]),
            (Some("192.168.1.5"), &["192.168.1.5", "127.0.0.1", "::1"]),
            (Some("fe80::1"), &["fe80::1", "127.0.0.1", "::1"]),
        ] {
            let asked = asked.map(|ip: &str| ip.parse().expect("an address"));
            let hosts: Vec<String> = hosts(asked).iter().map(|h| h.ip.to_string()).collect();
            assert_eq!(hosts, expected, "{asked:?}");
        }
    }

    #[tokio::test]
    async fn a_family_that_the_machine_lacks_is_no_failure_unless_it_was_asked_for() {
        // TEST-NET-1 (RFC 5737): nobody's, so this stands for a family without loopback.
        let lacking = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let hosts = |may_lack| {
            [
                Host {
                    ip: lacking,
                    may_lack,
                },
                Host {
                    ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
                    may_lack: true,
                },
            ]
        };
        let listeners = bind_all(&hosts(true), 0, None).expect("the other family is there");
        assert_eq!(listeners.sockets.len(), 1);
        bind_all(&hosts(false), 0, None).expect_err("it was asked for");
        bind_all(&hosts(true)[..1], 0, None).expect_err("there must be one");
    }

    #[tokio::test]
    async fn what_the_system_says_becomes_a_sentence_with_a_way_out() {
        let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 80);
        let explained = |kind: io::ErrorKind| explain(addr, &kind.into(), &hosts(None));
        assert_eq!(
            explained(io::ErrorKind::PermissionDenied).to_string(),
            "Port 80 is not allowed for this user: choose one above 1023."
        );
        assert!(matches!(
            explained(io::ErrorKind::PermissionDenied),
            Error::PortForbidden { port: 80 }
        ));
        assert!(matches!(
            explained(io::ErrorKind::AddrInUse),
            Error::PortInUse { port: 80, .. }
        ));
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_told_in_words() {
        // TEST-NET-1 (RFC 5737): nobody's.
        let error = listen(Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))), 0, OPTIONS)
            .expect_err("not ours");
        assert!(error.to_string().contains("192.0.2.1:0"), "{error}");
        let kind = io::ErrorKind::AddrNotAvailable;
        assert!(matches!(error, Error::Listen { kind: told, .. } if told == kind));
    }
}
