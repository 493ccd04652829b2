//! What the command line asks for.

use std::io::Read;

use anyhow::anyhow;
use sse_client::diagnose::Header;
use sse_client::{Dial, Error, Method, Proxy, Trust, Url, Wish};

use crate::args::Watch;
use crate::outcome::Failure;

/// The largest body that is read.
const MOST: u64 = 64 << 20;

/// Reads the command line.
///
/// # Errors
/// What of it cannot be read, or a file that cannot.
pub(crate) fn of(args: &Watch) -> Result<Wish, Failure> {
    let url = args.url.as_deref().unwrap_or_default();
    let url = Url::parse(url).map_err(Failure::usage)?;
    let request = &args.request;
    let body = request.data.as_deref().map(read).transpose()?;
    let named = request.method.as_deref().unwrap_or(match body {
        Some(_) => "POST",
        None => "GET",
    });
    let method = Method::from_bytes(named.to_ascii_uppercase().as_bytes());
    let bad = |_| Failure::usage(anyhow!("`{named}` is no method: give one such as POST."));
    let method = method.map_err(bad)?;
    let mut headers = Vec::new();
    for header in &request.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Failure::usage(Error::BadHeader(header.clone())))?;
        headers.push(Header::new(name.trim(), value.trim()));
    }
    let mut default = |name: &str, value: &str| {
        let is_there = |header: &Header| header.name.eq_ignore_ascii_case(name);
        if !headers.iter().any(is_there) {
            headers.push(Header::new(name, value));
        }
    };
    default("accept", "text/event-stream");
    default("cache-control", "no-cache");
    default("user-agent", concat!("sse/", env!("CARGO_PKG_VERSION")));
    // What is compressed all the same is a finding.
    default("accept-encoding", "identity");
    if body.is_some() {
        default("content-type", "application/json");
    }
    let trust = match (&args.cacert, args.insecure) {
        (Some(path), _) => Trust::File(path.clone()),
        (None, true) => Trust::Anybody,
        (None, false) => Trust::Platform,
    };
    let proxy = match args.proxy.as_deref() {
        None => Proxy::Environment,
        Some("") => Proxy::None,
        Some(proxy) => Proxy::At(proxy.to_owned()),
    };
    Ok(Wish {
        method,
        url,
        headers,
        body: body.unwrap_or_default().into(),
        dial: Dial {
            trust,
            proxy,
            http2: args.http2,
        },
        follows: true,
    })
}

/// The body as it was typed, or as a file or stdin has it.
fn read(data: &str) -> Result<Vec<u8>, Failure> {
    let Some(path) = data.strip_prefix('@') else {
        return Ok(data.as_bytes().to_vec());
    };
    let mut bytes = Vec::new();
    match path {
        "-" => std::io::stdin().take(MOST).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)),
    }
    .map_err(|e| {
        Failure::usage(anyhow!(
            "{path} cannot be read ({e}): name a file, or @- for stdin."
        ))
    })?;
    Ok(bytes)
}
