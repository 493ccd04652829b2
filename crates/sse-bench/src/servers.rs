//! The servers that are measured, and how each is started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::child::{self, Running};
use crate::pin;

/// The core of the servers, and the core of their clients.
pub(crate) const SERVER_CORE: usize = 0;
pub(crate) const LOAD_CORE: usize = 1;

/// A server. Its name in kebab case is a value of `--only`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Server {
    /// `sse serve` as it is shipped.
    Sse,
    /// Prepared bytes and epoll, in this crate.
    Limit,
    /// axum's `Sse` and a broadcast channel, in this crate.
    Axum,
    /// nchan in nginx.
    Nchan,
    /// better-sse on node.
    BetterSse,
    /// sse-starlette on uvicorn with uvloop.
    SseStarlette,
}

impl Server {
    /// Its name in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Server::Sse => "**`sse serve`**",
            Server::Limit => "limit",
            Server::Axum => "axum `Sse` + broadcast channel",
            Server::Nchan => "nchan (nginx)",
            Server::BetterSse => "better-sse (node)",
            Server::SseStarlette => "sse-starlette (uvicorn, uvloop)",
        }
    }

    /// Whether it serves only a topic: the servers of others are no reference for paced numbers.
    pub(crate) fn topics_only(self) -> bool {
        matches!(
            self,
            Server::Nchan | Server::BetterSse | Server::SseStarlette
        )
    }
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The `sse` that is measured.
    pub(crate) sse: PathBuf,
    /// The folder where scripts/bench-peers.sh installed the servers of others.
    pub(crate) peers: PathBuf,
    pub(crate) logs: PathBuf,
}

impl Programs {
    /// # Errors
    /// There is no `sse`.
    pub(crate) fn new(sse: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = child::folder()?;
        let beside = std::env::current_exe()?.with_file_name("sse");
        let sse = sse.unwrap_or(beside);
        let sse = sse.canonicalize().with_context(|| {
            format!("{} does not exist: build it (cargo build --release -p sse-cli) or pass another with --sse-bin", sse.display())
        })?;
        Ok(Self {
            sse,
            peers: folder.join("peers"),
            logs: folder,
        })
    }

    /// The reason why a server cannot be measured, if there is one.
    pub(crate) fn lacking(&self, server: Server) -> Option<String> {
        let file = match server {
            Server::Sse | Server::Limit | Server::Axum => return None,
            Server::Nchan => self.nginx(),
            Server::BetterSse => self
                .peers
                .join("better-sse/node_modules/better-sse/package.json"),
            Server::SseStarlette => self.python(),
        };
        (!file.exists()).then(|| format!("{} is not installed", server.title()))
    }

    fn nginx(&self) -> PathBuf {
        self.peers.join("nchan/usr/sbin/nginx")
    }

    fn python(&self) -> PathBuf {
        self.peers.join("sse-starlette/bin/python")
    }

    /// Starts a server on its core.
    ///
    /// # Errors
    /// It does not accept connections.
    pub(crate) fn start(&self, server: Server) -> anyhow::Result<Running> {
        let port = child::free_port()?;
        let command = self.command(server, port)?;
        let name = server
            .to_possible_value()
            .context("every server has a name")?;
        let log = self.logs.join(format!("{}.log", name.get_name()));
        Running::start(command, port, log)
    }

    fn command(&self, server: Server, port: u16) -> anyhow::Result<Command> {
        let pinned = |program: &Path| pin::command(SERVER_CORE, program.as_os_str());
        let own = std::env::current_exe()?;
        let port_text = port.to_string();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Ok(match server {
            Server::Sse => {
                let mut command = pinned(&self.sse)?;
                command.args(["serve", "--port", &port_text]);
                command
            }
            Server::Limit => {
                let mut command = pinned(&own)?;
                command.args(["limit", "--port", &port_text]);
                command
            }
            Server::Axum => {
                let mut command = pinned(&own)?;
                command.args(["axum-sse", "--port", &port_text]);
                command
            }
            Server::Nchan => {
                let prefix = self.peers.join("nchan");
                let template = std::fs::read_to_string(sources.join("nchan/nginx.conf"))?;
                let text = template
                    .replace("@PORT@", &port_text)
                    .replace("@PREFIX@", &prefix.to_string_lossy());
                let file = prefix.join("nginx.conf");
                std::fs::write(&file, text)?;
                let mut command = pinned(&self.nginx())?;
                command
                    .args(["-e", "stderr", "-p"])
                    .arg(&prefix)
                    .arg("-c")
                    .arg(&file);
                command
            }
            Server::BetterSse => {
                let mut command = pin::command(SERVER_CORE, OsStr::new("node"))?;
                command
                    .arg(self.peers.join("better-sse/server.mjs"))
                    .arg(&port_text);
                command
            }
            Server::SseStarlette => {
                let mut command = pinned(&self.python())?;
                command
                    .arg(sources.join("sse-starlette/server.py"))
                    .arg(&port_text);
                command
            }
        })
    }
}

/// # Errors
/// The machine has only one core.
pub(crate) fn two_cores() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(
        cores >= 2,
        "the benchmark needs two cores, one for the server and one for its clients, but this machine has {cores}"
    );
    Ok(())
}
