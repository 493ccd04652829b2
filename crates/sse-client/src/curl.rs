//! A curl line as a request: what a person pastes, or hands over behind `--`.
//!
//! No file is read, nothing is sent, and no shell runs. [`CurlRequest::from_text`] splits a text
//! as a shell would, by bash's rules or those of Windows' cmd. [`CurlRequest::from_words`] takes
//! what a shell has split. [`CurlRequest::message`] puts curl's defaults into it.
//!
//! Which shell: a text with a `^` outside of quotes before a line end, `"`, `&`, or `%` is for cmd,
//! as is one with `^&`, `^%`, or `^\^"` within `"…"`, or with `""` within a word. All else is read
//! as bash reads it. Line ends are LF, CR LF, or CR alike.
//!
//! What is read of the request: `-X`, `-H`, `-d`, `--data-raw`, `--data-binary`,
//! `--data-urlencode`, `--json`, `-G`, `-I`, `-b`, `-u`, `--oauth2-bearer`, `-A`, `-e`, `--url`.
//!
//! What is read of the connection: `-L`, `--compressed`, `--http1.1`, `--http2`, `-k`, `--cacert`,
//! `-4`, `-6`, `-x`, `-U`, `--noproxy`, `--resolve`, `-m`, `--connect-timeout`.
//!
//! What is ignored, for it changes nothing of a stream that is watched:
//!
//! * how curl shows what comes: `-N`, `-s`, `-S`, `-v`, `-i`, `-#`, `-w`, `--styled-output`,
//!   `--no-progress-meter`, `--suppress-connect-headers`;
//! * where it is written, if that is `-`, `/dev/null`, or `NUL`: `-o`, `-D`, `-c`, `--stderr`. A
//!   file is refused;
//! * what curl does with an answer that is no stream: `-f`, `--fail-with-body`, `--fail-early`,
//!   `-R`, `--clobber`, `--max-filesize`;
//! * how often it tries, and how it holds a connection: `--retry` and what belongs to it,
//!   `--max-redirs`, `--keepalive-time`, `--tcp-nodelay`, `--tcp-fastopen`, `-Z`, and the like;
//! * what is so anyway: `--basic`, `--proxy-basic`, `--path-as-is`, `-j`, `--tlsv1.0` to
//!   `--tlsv1.3`, `--ca-native`, `--ssl-no-revoke`, and the like.
//!
//! Each other flag of curl is refused by its name, with what to do instead. A URL with `{…}` or
//! `[1-3]` is refused without `-g`, for curl makes other ones of it.
//!
//! As with curl, short flags can be combined (`-sSNXPOST`), a long name can be cut as long as it
//! stands for one flag, `--no-NAME` switches off, and `--` ends the flags. Beside that,
//! `--NAME=VALUE` is understood.
//!
//! Authorization, cookies, credentials, and bodies are secrets: no `Debug` and no mistake here
//! shows one, and [`CurlRequest::shown_line`] hides them.

mod ansi_c;
mod body;
mod cmd;
mod flags;
mod message;
mod mistake;
mod posix;
mod print;
mod read;
mod secret;
mod shell;
mod url;
mod words;

use std::net::IpAddr;
use std::time::Duration;

use hyper::Method;

pub use body::{CurlBody, CurlContent, CurlFile, CurlPart, CurlReading};
pub use message::CurlMessage;
pub use mistake::{CurlMistake, CurlMistakeKind, CurlPlace};

use mistake::Found;
use words::Word;

/// The longest line that is read, in bytes: a body that is longer belongs into a file.
pub const LONGEST_CURL_LINE: usize = 1 << 20;

/// A request as a curl line describes it. `None`, empty, and `false` are what the line leaves out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CurlRequest {
    /// The method of `-X`. [`method`](Self::method) knows the one that is used.
    pub method: Option<Method>,
    /// The URL of http or https, or without a scheme. It holds no credentials.
    pub url: String,
    /// The header fields of `-H`, in their order.
    pub headers: Vec<CurlHeader>,
    /// The `User-Agent` of `-A`; empty where none is to be sent.
    pub user_agent: Option<String>,
    /// The `Referer` of `-e`.
    pub referer: Option<String>,
    /// The cookies of all `-b`, as the value of `Cookie`.
    pub cookies: Option<String>,
    /// The credentials for the server.
    pub authorization: Option<CurlAuthorization>,
    /// The body.
    pub body: Option<CurlBody>,
    /// `-G`: the body goes into the URL's query.
    pub body_in_query: bool,
    /// `-I`: the head alone is asked for.
    pub head: bool,
    /// `-L`: redirects are followed.
    pub follows_redirects: bool,
    /// `--compressed`: a compressed body is asked for and decoded.
    pub compressed: bool,
    /// The version of HTTP that is asked for.
    pub version: Option<CurlVersion>,
    /// `-k`: any certificate is trusted.
    pub insecure: bool,
    /// The file of certificates that are trusted.
    pub cacert: Option<String>,
    /// The kind of addresses that is connected to.
    pub ip: Option<CurlIp>,
    /// The proxy of `-x`, of http or https, without its credentials. Empty where none is to be
    /// used, whatever the environment says.
    pub proxy: Option<String>,
    /// The credentials for the proxy, also for one that the environment names.
    pub proxy_user: Option<CurlUser>,
    /// The hosts that are reached without a proxy, with commas between them; `*` for all.
    pub no_proxy: Option<String>,
    /// The addresses of `--resolve`, in their order.
    pub resolve: Vec<CurlResolve>,
    /// The longest time that all of it may take.
    pub max_time: Option<Duration>,
    /// The longest time that connecting may take.
    pub connect_timeout: Option<Duration>,
}

/// A header field of `-H`.
#[derive(Clone, PartialEq, Eq)]
pub struct CurlHeader {
    /// Its name as it was typed. It can be sent.
    pub name: String,
    /// Its value without blanks around it, which can be sent: empty for `-H 'Name;'`. `None` for
    /// `-H 'Name:'`, which leaves out a field that would go without saying.
    pub value: Option<String>,
}

/// Credentials for the server.
#[derive(Clone, PartialEq, Eq)]
pub enum CurlAuthorization {
    /// `-u`, or a user name in the URL: Basic (RFC 7617).
    Basic(CurlUser),
    /// The token of `--oauth2-bearer` (RFC 6750).
    Bearer(String),
}

/// A user name and a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CurlUser {
    /// The name, without a colon.
    pub name: String,
    /// The password; empty where none was given.
    pub password: String,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurlVersion {
    /// `--http1.1`.
    Http11,
    /// `--http2`.
    Http2,
}

/// A kind of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurlIp {
    /// `-4`.
    V4,
    /// `-6`.
    V6,
}

/// Addresses that are taken in place of what a name resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurlResolve {
    /// The name, or an address without brackets; `*` for all hosts.
    pub host: String,
    /// The port that it counts for.
    pub port: u16,
    /// The addresses, at least one.
    pub addresses: Vec<IpAddr>,
}

impl CurlRequest {
    /// Reads a whole line, as a person pastes it. A prompt `$ ` before it is left out.
    ///
    /// # Errors
    /// What a shell or curl would refuse, what only a shell could do, and what is not supported
    /// here.
    pub fn from_text(text: &str) -> Result<Self, CurlMistake> {
        let letters: Vec<char> = match text.len() > LONGEST_CURL_LINE {
            true => Vec::new(),
            false => text.chars().collect(),
        };
        let words = match letters.is_empty() && !text.is_empty() {
            true => Err(Found::new(CurlMistakeKind::TooLong, 0)),
            false => shell::split(&letters),
        };
        words.and_then(read::read).map_err(|found| CurlMistake {
            kind: found.kind,
            place: mistake::place(&letters, found.at),
        })
    }

    /// Reads the words of a line that a shell has split, of which the first is `curl`.
    ///
    /// # Errors
    /// What curl would refuse, a NUL, which no argument can hold, and what is not supported here.
    pub fn from_words<S: AsRef<str>>(words: &[S]) -> Result<Self, CurlMistake> {
        let length: usize = words.iter().map(|word| word.as_ref().len() + 1).sum();
        let nul = words.iter().position(|word| word.as_ref().contains('\0'));
        let words = match (length > LONGEST_CURL_LINE, nul) {
            (true, _) => Err(Found::new(CurlMistakeKind::TooLong, 0)),
            (false, Some(at)) => Err(Found::new(CurlMistakeKind::Nul, at)),
            (false, None) => Ok(words.iter().enumerate().map(|(at, word)| Word {
                bytes: word.as_ref().into(),
                at,
            })),
        };
        let read = words.and_then(|words| read::read(words.collect()));
        read.map_err(|found| CurlMistake {
            kind: found.kind,
            place: CurlPlace::Word(found.at + 1),
        })
    }

    /// The method that is used: the one of `-X`, HEAD with `-I`, POST with a body, and GET.
    pub fn method(&self) -> Method {
        match &self.method {
            Some(method) => method.clone(),
            None if self.head => Method::HEAD,
            None if self.body.is_some() && !self.body_in_query => Method::POST,
            None => Method::GET,
        }
    }
}

#[cfg(test)]
mod tests;
