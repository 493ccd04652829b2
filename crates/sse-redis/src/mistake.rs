//! What can be wrong with the URL of an engine: the crate's one error type.

/// A text that is no URL of an engine. No sentence shows anything of the text, since it may hold a
/// password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Another scheme, or none.
    #[error(
        "The URL of the engine is not one of Redis or Valkey: write redis://HOST, rediss://HOST for TLS, redis+sentinel://HOST,HOST/MASTER, or unix:/PATH."
    )]
    NoScheme,

    /// No host where one has to be.
    #[error("The URL of the engine names no host: write redis://HOST or redis://HOST:PORT.")]
    NoHost,

    /// A port that is none.
    #[error(
        "The URL of the engine has a port that is not a number from 1 to 65535: write redis://HOST:PORT, and an IPv6 address in brackets."
    )]
    BadPort,

    /// Several hosts, and no sentinels.
    #[error(
        "The URL of the engine names several hosts: name one, or write redis+sentinel:// if they are Sentinels."
    )]
    ManyHosts,

    /// Sentinels without the name of a master.
    #[error(
        "The URL of the Sentinels names no master: write redis+sentinel://HOST,HOST/MASTER, with the name that `sentinel monitor` gives it in their files."
    )]
    NoMaster,

    /// A user without a password, or a password where the user is.
    #[error(
        "The URL of the engine has a user but no password: write USER:PASSWORD@HOST, or :PASSWORD@HOST for a password without a user."
    )]
    NoPassword,

    /// A database that is no number.
    #[error(
        "The URL of the engine has a database that is not a number: write redis://HOST/0, or leave it out."
    )]
    BadDatabase,

    /// An option that is not known, or that this kind of URL has no use for.
    #[error(
        "The URL of the engine has an option that it cannot have: with TLS there is ca=FILE, with Sentinels sentinel_user= and sentinel_password=, and with unix: db=, user= and password=."
    )]
    BadOption,

    /// A socket without a whole path.
    #[error("The URL of the engine names no socket: write unix:/PATH.")]
    BadSocket,

    /// A part that is no text.
    #[error(
        "The URL of the engine has a line break, or bytes that are not UTF-8: remove them, and choose another password if they are in it."
    )]
    NotText,

    /// The file of roots cannot be used.
    #[error(
        "The root certificates of the engine cannot be read ({0}): name a PEM file with ?ca=FILE."
    )]
    BadRoots(String),
}
