//! An engine: where connections come from.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use sse_engine::Error;
use sse_engine::topics::{Answer, Engine, Log};
use tokio::time::timeout;

use crate::address::{Address, At, Host};
use crate::failure::{Failure, away};
use crate::keys::Keep;
use crate::link::Link;
use crate::log::{Peer, RedisLog, Terms};
use crate::mistake::Mistake;
use crate::presence::Node;
use crate::reader::{BLOCK, Reader};
use crate::sentinel::Sentinels;
use crate::sign_in::{look, sign_in, unblocks, warnings};
use crate::socket::Socket;
use crate::tls;

/// How long a call may take, and how long a connection may take to open.
pub(crate) const WITHIN: Duration = Duration::from_secs(2);

/// A Redis or a Valkey, or the master that sentinels name. The crate's documentation has the forms
/// of its URL.
#[derive(Debug)]
pub struct RedisEngine {
    address: Address,
    tls: Option<Arc<ClientConfig>>,
    terms: Terms,
}

impl RedisEngine {
    /// The engine at this URL, for the node of this name. All nodes of an engine keep the same, and
    /// each has a name of its own.
    ///
    /// # Errors
    /// A text that is no URL, or a file of roots that cannot be read. No sentence shows the URL.
    pub fn new(url: &str, keep: Keep, node: &str) -> Result<Self, Mistake> {
        let address = Address::read(url)?;
        let tls = match address.tls {
            true => Some(tls::config(address.roots.as_deref())?),
            false => None,
        };
        let terms = Terms {
            place: address.to_string(),
            keep,
            node: Node::new(node),
            sizes: Arc::default(),
        };
        Ok(Self {
            address,
            tls,
            terms,
        })
    }

    /// Opens a connection whose calls are answered within this time.
    async fn link(&self, host: Option<&Host>, within: Duration) -> Result<Link, String> {
        let socket = match (&self.address.at, host) {
            (At::Unix(path), _) => Socket::open_unix(path).await?,
            (At::Host(host), None) | (_, Some(host)) => {
                Socket::open(host, self.tls.clone()).await?
            }
            (At::Sentinels(..), None) => return Err("no Sentinel was asked".to_owned()),
        };
        let link = Link::new(socket, within).await.map_err(Failure::words)?;
        let signed_in = sign_in(&link, &self.address.login, self.address.database);
        signed_in.await.map_err(Failure::words)?;
        Ok(link)
    }

    async fn open(&self) -> Result<RedisLog, String> {
        let master = match &self.address.at {
            At::Sentinels(hosts, master) => {
                let sentinels = Sentinels {
                    hosts: hosts.clone(),
                    master: master.clone(),
                    login: self.address.sentinel_login.clone(),
                    fallback: self.address.login.clone(),
                    tls: self.tls.clone(),
                };
                Some(sentinels.master().await?)
            }
            _ => None,
        };
        let opened = timeout(WITHIN, self.open_at(master.as_ref()));
        let opened = opened.await.unwrap_or_else(|_| {
            // Plain Redis waits for the end of the line.
            let tls = if self.address.tls {
                ", or does not speak TLS"
            } else {
                ""
            };
            Err(format!("it does not answer in time{tls}"))
        });
        // With sentinels it is worth knowing which host it was.
        opened.map_err(|words| match master {
            // The URL does not name it, so it cannot be corrected there.
            Some(host) if words.starts_with("nothing listens at") => {
                format!("nothing listens at the master {host}: the Sentinels may name another soon")
            }
            Some(host) if !words.contains(&host.to_string()) => {
                format!("the master {host}: {words}")
            }
            _ => words,
        })
    }

    async fn open_at(&self, master: Option<&Host>) -> Result<RedisLog, String> {
        let (calls, reads) = tokio::try_join!(
            self.link(master, WITHIN),
            // Its wait is its own heartbeat.
            self.link(master, WITHIN + BLOCK),
        )?;
        let info = look(&calls, &self.terms.node.probe()).await;
        let info = info.map_err(Failure::words)?;
        let id = unblocks(&calls, &reads).await.map_err(Failure::words)?;
        let warnings = warnings(&info, &self.terms.place);
        let reader = Reader::new(reads, id, Arc::clone(&self.terms.sizes));
        let peer = Peer {
            master: master.map(Host::to_string),
            run_id: info.run_id().to_owned(),
        };
        let terms = self.terms.clone();
        Ok(RedisLog::new(terms, calls, reader, peer, warnings))
    }
}

impl Engine for RedisEngine {
    fn connect(&self) -> Answer<'_, Arc<dyn Log>> {
        Box::pin(async move {
            let failed = |words: String| -> Error { away(&self.terms.place, &words) };
            let log: Arc<dyn Log> = Arc::new(self.open().await.map_err(failed)?);
            Ok(log)
        })
    }

    fn place(&self) -> String {
        self.terms.place.clone()
    }
}
