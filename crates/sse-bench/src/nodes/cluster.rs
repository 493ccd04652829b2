//! The nodes that are measured, and those that others would run in their place.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::engine::Engine;
use crate::child::{self, Running};
use crate::servers::{Programs, SERVER_CORE};
use crate::{load, pin};

/// How long a node may take until it publishes.
const START: Duration = Duration::from_secs(20);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// `sse serve` with its topics on the engine.
    Engine,
    /// The same node without an engine.
    Alone,
    /// The engine alone, which is asked directly.
    Bare,
    /// nchan in nginx, with Redis.
    Nchan,
    /// better-sse on node, with Redis.
    BetterSse,
}

impl Side {
    /// Its name in the tables.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Engine => "**`sse serve --topics-on`**",
            Self::Alone => "the same node without engine",
            Self::Bare => "the script alone",
            Self::Nchan => "nchan + Redis",
            Self::BetterSse => "better-sse + Redis",
        }
    }

    /// Whether it is a server of others, which is measured in fewer rounds.
    pub(super) fn is_of_others(self) -> bool {
        matches!(self, Self::Nchan | Self::BetterSse)
    }

    /// The reason why it cannot be measured, if there is one.
    pub(super) fn lacking(self, programs: &Programs) -> Option<String> {
        let file = match self {
            Self::Alone | Self::Bare => return None,
            Self::Engine => {
                let help = Command::new(&programs.sse)
                    .args(["serve", "--help"])
                    .output();
                let text = help.map(|help| help.stdout).unwrap_or_default();
                let knows = String::from_utf8_lossy(&text).contains("--topics-on");
                return (!knows).then(|| "`sse serve` knows no `--topics-on`".to_owned());
            }
            Self::Nchan => programs.peers.join("nchan/usr/sbin/nginx"),
            Self::BetterSse => programs
                .peers
                .join("better-sse-redis/node_modules/ioredis/package.json"),
        };
        (!file.exists()).then(|| format!("{} is not installed", self.title()))
    }
}

/// Nodes, with the engine that they share if they share one.
pub(super) struct Cluster {
    // The nodes end first.
    pub(super) nodes: Vec<Running>,
    pub(super) engine: Option<Engine>,
}

impl Cluster {
    /// Starts so many nodes.
    ///
    /// # Errors
    /// A program does not start.
    pub(super) fn start(programs: &Programs, side: Side, nodes: usize) -> anyhow::Result<Self> {
        let engine = match side {
            Side::Alone => None,
            _ => Some(Engine::start(&programs.logs)?),
        };
        let mut cluster = Self {
            nodes: Vec::new(),
            engine,
        };
        for number in 0..nodes {
            let port = child::free_port()?;
            let engine = cluster.engine.as_ref().map(Engine::port);
            let command = command(programs, side, port, engine, number)?;
            let log = programs.logs.join(format!("node-{side:?}-{number}.log"));
            cluster.nodes.push(Running::start(command, port, log)?);
            load::until_taken(port, START)?;
        }
        Ok(cluster)
    }

    /// # Errors
    /// There is none.
    pub(super) fn engine(&self) -> anyhow::Result<&Engine> {
        self.engine.as_ref().context("this side has no engine")
    }

    /// The processes that work beside the node of this number.
    pub(super) fn beside(&self, number: usize) -> Vec<u32> {
        let others = self.nodes.iter().enumerate();
        let others = others.filter(|(at, _)| *at != number);
        others
            .map(|(_, node)| node.id())
            .chain(self.engine.as_ref().map(Engine::id))
            .collect()
    }
}

fn command(
    programs: &Programs,
    side: Side,
    port: u16,
    engine: Option<u16>,
    number: usize,
) -> anyhow::Result<Command> {
    let pinned = |program: &Path| pin::command(SERVER_CORE, program.as_os_str());
    let port_text = port.to_string();
    let url = engine.map(|engine| format!("redis://127.0.0.1:{engine}"));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    Ok(match side {
        Side::Engine | Side::Alone | Side::Bare => {
            let mut command = pinned(&programs.sse)?;
            // What `--topics-on` implies is turned off for both.
            command.args(["serve", "--no-break", "--port", &port_text]);
            if let Some(url) = url {
                command.args(["--topics-on", &url, "--node", &format!("node-{number}")]);
            }
            command
        }
        Side::Nchan => {
            let prefix = programs.peers.join("nchan");
            let template = fs::read_to_string(sources.join("nchan/redis.conf"))?;
            let text = template
                .replace("@PORT@", &port_text)
                .replace("@REDIS@", &url.context("nchan is measured with Redis")?)
                .replace("@PREFIX@", &prefix.to_string_lossy());
            let file = prefix.join(format!("redis-{number}.conf"));
            fs::write(&file, text)?;
            let mut command = pinned(&prefix.join("usr/sbin/nginx"))?;
            command.args(["-e", "stderr", "-p"]).arg(&prefix);
            command.arg("-c").arg(&file);
            command
        }
        Side::BetterSse => {
            let mut command = pin::command(SERVER_CORE, OsStr::new("node"))?;
            command
                .arg(programs.peers.join("better-sse-redis/server.mjs"))
                .args([&port_text, &url.context("it is measured with Redis")?]);
            command
        }
    })
}
