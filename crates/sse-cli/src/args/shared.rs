//! Topics on an engine that nodes share, as they are typed.

use std::sync::Arc;

use sse_redis::{Keep, Mistake, RedisEngine, usual_name};
use sse_server::{Config, Engine};

use super::Serve;

/// `sse serve`, alone or as one of several nodes.
#[derive(Debug, clap::Args)]
pub(crate) struct Node {
    #[command(flatten)]
    pub(crate) serve: Serve,

    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Shared {
    /// Keep the topics in the Redis or Valkey at this URL, such as redis://localhost:6379, and
    /// share them with other servers that use it. This turns on --no-break. Put a URL with a
    /// password into SSE_TOPICS_ON: every user of this machine can read the command line.
    #[arg(
        long,
        value_name = "URL",
        env = "SSE_TOPICS_ON",
        hide_env_values = true
    )]
    topics_on: Option<String>,

    /// With --topics-on, the name of this server on the page. Without it, the name of the machine
    /// and the number of the process.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
}

impl Shared {
    /// Adds to what the server is started with.
    ///
    /// # Errors
    /// A text that is no URL. Its sentence does not repeat it.
    pub(crate) fn add_to(self, config: &mut Config) -> Result<(), Mistake> {
        // A variable that is set to nothing is as good as none; a flag is not.
        let is_variable = std::env::var_os("SSE_TOPICS_ON").is_some_and(|url| url.is_empty());
        let is_given = |url: &String| !url.is_empty() || !is_variable;
        let Some(url) = self.topics_on.filter(is_given) else {
            return Ok(());
        };
        let keep = Keep {
            events: config.topics.keep_events,
            bytes: config.topics.keep_bytes,
            topics: config.topics.max_topics,
            ..Keep::default()
        };
        let node = self.node.unwrap_or_else(usual_name);
        let engine: Arc<dyn Engine> = Arc::new(RedisEngine::new(&url, keep, &node)?);
        config.topics_on = Some(engine);
        config.node = node;
        Ok(())
    }
}
