//! A balancer of connections, in turn. It skips nodes that do not take one.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Starts one in front of these ports, and answers where it is.
pub(crate) async fn start(ports: &[u16]) -> SocketAddr {
    let addr = |port: &u16| SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
    let nodes: Arc<[SocketAddr]> = ports.iter().map(addr).collect();
    let turn = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("it listens");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (nodes, turn) = (Arc::clone(&nodes), Arc::clone(&turn));
            tokio::spawn(async move {
                for _ in 0..nodes.len() {
                    let node = nodes[turn.fetch_add(1, Ordering::Relaxed) % nodes.len()];
                    if let Ok(server) = connect(node).await {
                        return join(client, server).await;
                    }
                }
            });
        }
    });
    addr
}

pub(crate) async fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(Duration::from_millis(300), TcpStream::connect(addr)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Joins two connections, until either side ends its half.
async fn join(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}
