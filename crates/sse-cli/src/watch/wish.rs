//! What the command line asks for.

use std::io::Read;

use anyhow::anyhow;
use sse_client::{CurlFile, CurlRequest, Error, Header, Method, Proxy, Trust, Url, Wish};

use crate::args::Source;
use crate::outcome::Failure;

/// The largest body that is read.
const MOST: u64 = 64 << 20;

/// Reads the command line.
///
/// # Errors
/// What of it cannot be read, or a file that cannot.
pub(crate) fn of(args: &Source) -> Result<Wish, Failure> {
    let mut wish = match args.curl[..] {
        [] => typed(args)?,
        _ => pasted(&args.curl)?,
    };
    // What stands before the curl line counts, too.
    if let Some(path) = &args.cacert {
        wish.dial.trust = Trust::File(path.clone());
    }
    if args.insecure {
        wish.dial.trust = Trust::Anybody;
    }
    wish.dial.http2 |= args.http2;
    match args.proxy.as_deref() {
        None => {}
        Some("") => wish.dial.proxy = Proxy::None,
        Some(proxy) => wish.dial.proxy = Proxy::At(proxy.to_owned()),
    }
    Ok(wish)
}

/// What a curl line asks for.
fn pasted(words: &[String]) -> Result<Wish, Failure> {
    let line = match words {
        // A line within quotes, which no shell has split.
        [line] if is_curl_line(line) => CurlRequest::from_text(line),
        words => CurlRequest::from_words(words),
    };
    let line = line.map_err(|e| Failure::usage(Error::CurlLine(e)))?;
    let read = |file: &CurlFile| match file {
        CurlFile::Path(path) => read(path),
        CurlFile::Stdin => read("-"),
    };
    Wish::from_curl(&line, |file| read(file).map_err(Unread)).map_err(|Unread(failure)| failure)
}

fn is_curl_line(text: &str) -> bool {
    text.trim_start().starts_with("curl ")
}

/// Why a curl line makes no request.
struct Unread(Failure);

impl From<Error> for Unread {
    fn from(e: Error) -> Self {
        Self(Failure::usage(e))
    }
}

/// What the arguments ask for: a stream as EventSource does, but for what they say.
fn typed(args: &Source) -> Result<Wish, Failure> {
    let url = args.url.as_deref().unwrap_or_default();
    if is_curl_line(url) {
        return Err(Failure::usage(anyhow!(
            "A curl line is no URL: give it behind `--`, as in `sse watch -- curl -N URL`."
        )));
    }
    let mut wish = Wish::new(Url::parse(url).map_err(Failure::usage)?);
    let request = &args.request;
    // What is compressed all the same is a finding.
    wish.headers
        .push(Header::new("Accept-Encoding", "identity"));
    if let Some(data) = &request.data {
        wish.method = Method::POST;
        wish.headers
            .push(Header::new("Content-Type", "application/json"));
        wish.body = match data.strip_prefix('@') {
            Some(path) => read(path)?.into(),
            None => data.clone().into(),
        };
    }
    if let Some(named) = &request.method {
        let method = Method::from_bytes(named.to_ascii_uppercase().as_bytes());
        wish.method = method.map_err(|_| {
            Failure::usage(anyhow!("`{named}` is no method: give one such as POST."))
        })?;
    }
    let mut given: Vec<Header> = request.token.header()?.into_iter().collect();
    let has_token = !given.is_empty();
    for header in &request.headers {
        // Its value may be a secret.
        let (name, value) = header.split_once(':').ok_or_else(|| {
            Failure::usage(anyhow!("A header has no colon: give it as `Name: value`."))
        })?;
        let name = name.trim();
        if has_token && name.eq_ignore_ascii_case("authorization") {
            return Err(Failure::usage(anyhow!(
                "Both --token and -H give an Authorization: leave one of them out."
            )));
        }
        wish.headers
            .retain(|made| !made.name.eq_ignore_ascii_case(name));
        given.push(Header::new(name, value.trim()));
    }
    wish.headers.extend(given);
    Ok(wish)
}

/// What a file has, or stdin.
fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match path {
        "-" => std::io::stdin().take(MOST).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)),
    }
    .map_err(|e| {
        Failure::usage(anyhow!(
            "The file `{path}` cannot be read ({e}): name another one, or give @- for stdin."
        ))
    })?;
    Ok(bytes)
}
