//! What can be wrong with the URL of an engine: the crate's one error type.

/// A text that is no URL of an engine. No sentence shows anything of the text, since it may hold a
/// password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Another scheme, or none.
    #[error(
        "That is no URL of Redis or Valkey: write redis://HOST, rediss://HOST for TLS, redis+sentinel://HOST,HOST/MASTER, or unix:/PATH."
    )]
    NoScheme,

    /// No host where one has to be.
    #[error("The URL of the engine names no host: write redis://HOST or redis://HOST:PORT.")]
    NoHost,

    /// A port that is none.
    #[error(
        "The URL of the engine has a port that is no number from 1 to 65535: write redis://HOST:PORT, and an IPv6 address in brackets."
    )]
    BadPort,

    /// Several hosts, and no sentinels.
    #[error(
        "The URL of the engine names several hosts: name one, or write redis+sentinel:// where they are sentinels."
    )]
    ManyHosts,

    /// Sentinels without the name of a master.
    #[error(
        "The URL of the sentinels names no master: write redis+sentinel://HOST,HOST/MASTER, with the name that their `sentinel monitor` gives it."
    )]
    NoMaster,

    /// A user without a password, or a password where the user is.
    #[error(
        "The URL of the engine has a user and no password: write USER:PASSWORD@HOST, or :PASSWORD@HOST where there is no user."
    )]
    NoPassword,

    /// A database that is no number.
    #[error(
        "The URL of the engine has a database that is no number: write redis://HOST/0, or leave it out."
    )]
    BadDatabase,

    /// An option that is not known, or that this kind of URL has no use for.
    #[error(
        "The URL of the engine has an option that it cannot have: there are ca=FILE with TLS, sentinel_user= and sentinel_password= with sentinels, and db=, user= and password= with unix:."
    )]
    BadOption,

    /// A socket without a whole path.
    #[error("The URL of the engine names no socket: write unix:/PATH.")]
    BadSocket,

    /// A part that is no text.
    #[error(
        "The URL of the engine has a part that is no text in UTF-8 without line breaks: write such bytes of a password otherwise, or choose another."
    )]
    NotText,

    /// The file of roots cannot be used.
    #[error("The engine's roots cannot be read ({0}): give a file of certificates in PEM.")]
    BadRoots(String),
}
