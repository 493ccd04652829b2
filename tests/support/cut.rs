//! A way to a server that breaks where a test wants it to: at the first request for a path.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::port::free_port;

/// Forwards connections to a server. The first request for its path breaks all of them, and no
/// other gets through until it is mended.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) port: u16,
    is_broken: watch::Sender<bool>,
}

impl Cut {
    /// Forwards to a port of this machine, as long as the test runs.
    pub(crate) async fn before(server: u16, path: &'static str) -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port is free");
        let (is_broken, _) = watch::channel(false);
        let breaks = is_broken.clone();
        let is_new = Arc::new(AtomicBool::new(true));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (breaks, is_new) = (breaks.clone(), Arc::clone(&is_new));
                tokio::spawn(async move {
                    let mut is_broken = breaks.subscribe();
                    let wanted = format!("GET {path} ");
                    tokio::select! {
                        _ = is_broken.wait_for(|is_broken| *is_broken) => {}
                        () = forward(client, (port, server), |request| {
                            let is_wanted = request.starts_with(wanted.as_bytes());
                            if is_wanted && is_new.swap(false, Ordering::Relaxed) {
                                breaks.send_replace(true);
                            }
                        }) => {}
                    }
                });
            }
        });
        Self { port, is_broken }
    }

    /// Waits until the request came that breaks it.
    pub(crate) async fn until_broken(&self) {
        let mut is_broken = self.is_broken.subscribe();
        let broken = is_broken.wait_for(|is_broken| *is_broken);
        broken.await.expect("it runs as long as the test");
    }

    pub(crate) fn mend(&self) {
        self.is_broken.send_replace(false);
    }
}

/// Forwards one connection, with the port that it was asked by replaced by the server's: its guard
/// answers for no other. `sees` is shown each piece that the client sends, before the server gets
/// it.
async fn forward(mut client: TcpStream, (from, to): (u16, u16), mut sees: impl FnMut(&[u8])) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else {
        return;
    };
    let (mut answers, mut requests) = server.into_split();
    let (mut asked, mut answered) = client.split();
    let (own, other) = (format!("localhost:{from}"), format!("localhost:{to}"));
    let ask = async {
        let mut piece = vec![0; 64 << 10];
        while let Ok(length @ 1..) = asked.read(&mut piece).await {
            sees(&piece[..length]);
            let request = String::from_utf8_lossy(&piece[..length]).replace(&own, &other);
            if requests.write_all(request.as_bytes()).await.is_err() {
                break;
            }
            // What the sight of it broke ends here.
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = ask => {}
        _ = copy(&mut answers, &mut answered) => {}
    }
}
