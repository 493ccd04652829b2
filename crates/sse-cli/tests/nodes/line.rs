//! The line from the nodes to the engine, which can lead elsewhere and break.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::balancer::connect;
use crate::chance::Chance;

/// The line from the nodes to the engine.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: Mutex<SocketAddr>,
    /// Ends all connections that are there when it is cancelled.
    cut: Mutex<CancellationToken>,
    /// Whether each connection ends within a reply.
    frays: AtomicBool,
    chance: Arc<Chance>,
}

impl Line {
    pub(crate) async fn to(target: SocketAddr, chance: Arc<Chance>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            cut: Mutex::default(),
            frays: AtomicBool::default(),
            chance,
        });
        let known = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&known).carry(node));
            }
        });
        Self { addr, shared }
    }

    /// Leads to another engine from now on. Whoever is connected is cut off.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.shared.target.lock().expect("no panic") = target;
        self.cut();
    }

    /// Whether each connection ends within a reply, after some bytes of it.
    pub(crate) fn fray(&self, frays: bool) {
        self.shared.frays.store(frays, Ordering::Relaxed);
        self.cut();
    }

    fn cut(&self) {
        let mut cut = self.shared.cut.lock().expect("no panic");
        std::mem::take(&mut *cut).cancel();
    }
}

impl Shared {
    async fn carry(self: Arc<Self>, node: TcpStream) {
        let cut = self.cut.lock().expect("no panic").clone();
        let target = *self.target.lock().expect("no panic");
        let Ok(engine) = connect(target).await else {
            return;
        };
        _ = node.set_nodelay(true);
        let (mut from_node, to_node) = node.into_split();
        let (from_engine, mut to_engine) = engine.into_split();
        tokio::select! {
            _ = copy(&mut from_node, &mut to_engine) => {}
            _ = self.replies(from_engine, to_node) => {}
            () = cut.cancelled() => {}
        }
    }

    async fn replies(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        if !self.frays.load(Ordering::Relaxed) {
            return copy(&mut from, &mut to).await.map(drop);
        }
        // Some end within what signs a node in, most between and within answers to publishes.
        let most = [200, 2_000, 20_000][usize::try_from(self.chance.below(3)).unwrap_or(0)];
        let mut left = usize::try_from(1 + self.chance.below(most)).unwrap_or(1);
        let mut buffer = [0; 4096];
        while left > 0 {
            let length = from.read(&mut buffer).await?.min(left);
            if length == 0 {
                break;
            }
            to.write_all(&buffer[..length]).await?;
            left -= length;
        }
        Ok(())
    }
}
