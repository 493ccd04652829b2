//! The files of tokens, as they are typed: those that a server knows, and the one that a program
//! sends.

use std::path::PathBuf;

use sse_client::Header;
use sse_server::{Tokens, first_token};

use crate::outcome::Failure;

/// Which tokens a server knows.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenFiles {
    /// Only a request with a token of this file can publish, or end a topic. Each line of the file
    /// is a token of at least 16 characters. A change takes effect when it is saved.
    #[arg(long, value_name = "FILE")]
    publish_token: Option<PathBuf>,

    /// Only a request with a token of this file, or one that may publish, can read a topic or a
    /// stream. What is forwarded to another server needs no token.
    #[arg(long, value_name = "FILE")]
    subscribe_token: Option<PathBuf>,
}

impl TokenFiles {
    pub(crate) fn into_config(self) -> Tokens {
        Tokens {
            publish: self.publish_token,
            subscribe: self.subscribe_token,
        }
    }

    /// What is open to whoever reaches the server, and which options close it; nothing where all is
    /// closed.
    pub(crate) fn open(&self) -> Option<&'static str> {
        match (&self.publish_token, &self.subscribe_token) {
            (None, None) => Some(
                "Whoever reaches it can read and publish: give --publish-token FILE and --subscribe-token FILE",
            ),
            (Some(_), None) => Some("Whoever reaches it can read: give --subscribe-token FILE too"),
            // Without tokens that may publish, nobody may.
            (_, Some(_)) => None,
        }
    }
}

/// The token that a request sends.
#[derive(Debug, clap::Args)]
pub(crate) struct SentToken {
    /// Send the first token of this file, as `Authorization: Bearer`. Unlike -H, it shows the token
    /// to no other user of this machine.
    #[arg(long = "token", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl SentToken {
    /// The header field that carries it, if one is to be sent.
    ///
    /// # Errors
    /// The file cannot be read, or has a mistake.
    pub(crate) fn header(&self) -> Result<Option<Header>, Failure> {
        let Some(file) = &self.token_file else {
            return Ok(None);
        };
        let token = first_token(file).map_err(Failure::usage)?;
        let value = format!("Bearer {}", token.text());
        Ok(Some(Header::new("Authorization", value)))
    }
}
