//! Which host is the master, as sentinels know it.

use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, cmd};
use rustls::ClientConfig;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use crate::address::{Host, Login};
use crate::failure::Failure;
use crate::link::Link;
use crate::sign_in::sign_in;
use crate::socket::Socket;

/// How long sentinels may take.
const WITHIN: Duration = Duration::from_secs(1);

/// What is said of a Redis that is asked for a master.
const NO_SENTINEL: &str = "it is no Sentinel: name the Sentinels, which listen at 26379 as a rule, or write redis:// for one server";

/// How to ask them.
#[derive(Clone, Debug)]
pub(crate) struct Sentinels {
    pub(crate) hosts: Vec<Host>,
    pub(crate) master: String,
    /// Theirs, or else that of the master, which they are told only if they ask for one.
    pub(crate) login: Option<Login>,
    pub(crate) fallback: Login,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Sentinels {
    /// The master that most of them name. All are asked at once, so that those that are cut off
    /// delay nobody and do not decide alone.
    pub(crate) async fn master(&self) -> Result<Host, String> {
        let mut asked = JoinSet::new();
        for host in &self.hosts {
            let (all, host) = (self.clone(), host.clone());
            asked.spawn(async move {
                let answer = timeout(WITHIN, all.ask(&host)).await;
                let silent = || Err(format!("the Sentinel {host} does not answer"));
                answer.unwrap_or_else(|_| silent())
            });
        }
        let until = Instant::now() + WITHIN;
        let (mut named, mut refusal) = (Vec::<(Host, usize)>::new(), None);
        while let Ok(Some(answer)) = timeout_at(until, asked.join_next()).await {
            match answer {
                Ok(Ok(host)) => match named.iter_mut().find(|(named, _)| *named == host) {
                    Some((_, times)) => *times += 1,
                    None => named.push((host, 1)),
                },
                Ok(Err(words)) => refusal = refusal.or(Some(words)),
                Err(_) => {}
            }
            let first = named.iter().map(|(_, times)| *times).max();
            if first.is_some_and(|times| 2 * times > self.hosts.len()) {
                break;
            }
        }
        let most = named.into_iter().max_by_key(|(_, times)| *times);
        most.map(|(host, _)| host)
            .ok_or_else(|| refusal.unwrap_or_else(|| "no Sentinel answers".to_owned()))
    }

    async fn ask(&self, host: &Host) -> Result<Host, String> {
        let named = |words: String| format!("the Sentinel {host}: {words}");
        let failed = |e: Failure| named(e.words());
        let socket = Socket::open(host, self.tls.clone()).await.map_err(named)?;
        let link = Link::new(socket, WITHIN).await.map_err(failed)?;
        if let Some(login) = &self.login {
            sign_in(&link, login, 0).await.map_err(failed)?;
        }
        let ask = || {
            let mut ask = cmd("SENTINEL");
            ask.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
            link.call(ask)
        };
        let answer = match ask().await {
            Err(Failure::Refused(words)) if words.contains("wants a password") => {
                if self.login.is_some() || self.fallback.password.is_none() {
                    return Err(named(
                        "it wants a password: put one into the URL with ?sentinel_password="
                            .to_owned(),
                    ));
                }
                sign_in(&link, &self.fallback, 0).await.map_err(failed)?;
                ask().await
            }
            answer => answer,
        };
        let answer = answer.map_err(|e| match e {
            Failure::Unsure(words) if words.contains("unknown command") => {
                named(NO_SENTINEL.to_owned())
            }
            e => failed(e),
        })?;
        let answer = Option::<(String, u16)>::from_redis_value(answer);
        match answer {
            Ok(Some((name, port))) => Ok(Host { name, port }),
            Ok(None) => Err(named(format!("it knows no master {:?}", self.master))),
            Err(_) => Err(named(NO_SENTINEL.to_owned())),
        }
    }
}
