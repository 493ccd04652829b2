//! Who may connect, and who may publish: what changes while the server is there.

use super::Server;
use crate::error::Error;
use crate::tokens::TokenNews;

impl Server {
    /// Lets the pages of one more origin read the streams, from the next request on.
    ///
    /// # Errors
    /// `origin` is not an origin.
    pub fn allow_origin(&self, origin: &str) -> Result<(), Error> {
        self.context.guard.allow_origin(origin)
    }

    /// What becomes of the files of tokens, from the beginning on.
    pub fn token_news(&self) -> TokenNews {
        self.context.keyring.news()
    }
}
