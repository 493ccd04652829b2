//! `sse publish`: sends one request to a running server, and prints the id of the event.
//!
//! It must never change its input: it sends exactly the bytes that it was given. The server decides
//! whether they can be published.

mod post;

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};

use anyhow::{Context, anyhow, bail};
use sse_client::Url;

use crate::args::Publish;
use crate::outcome::Failure;
use post::Post;

/// How much of stdin is read. Far above what a server takes at once, so that the server is asked
/// and gives its own reason; far below what hurts.
const MOST: u64 = 16 * 1024 * 1024;

/// Publishes and prints the id of the event, the last one if there were several.
///
/// # Errors
/// A URL that is none, a server that cannot be reached, or its own words when it refuses.
pub(crate) fn run(args: Publish) -> Result<(), Failure> {
    let url = Url::parse(&args.url).map_err(Failure::usage)?;
    let retry = args.retry.map(|retry| retry.to_string());
    let post = Post {
        target: url.target(&[
            ("event", args.event.as_deref()),
            ("id", args.id.as_deref()),
            ("retry", retry.as_deref()),
        ]),
        url,
        content_type: if args.ndjson {
            "application/x-ndjson"
        } else {
            "text/plain; charset=utf-8"
        },
        token: args.token.header()?,
        body: body(args.data)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let sent = runtime.block_on(post.send());
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    let id = sent?;
    match writeln!(std::io::stdout(), "{id}") {
        // The event is published, whoever reads of it or does not.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            let sentence = "The event is published, but its id cannot be printed";
            Err(anyhow!("{sentence} ({e}): it is {id}.").into())
        }
        _ => Ok(()),
    }
}

fn body(data: Option<OsString>) -> anyhow::Result<Vec<u8>> {
    let Some(data) = data else {
        return Ok(Vec::new());
    };
    if data != "-" {
        return Ok(data.into_encoded_bytes());
    }
    let mut body = Vec::new();
    if let Err(e) = std::io::stdin().take(MOST + 1).read_to_end(&mut body) {
        bail!("Stdin cannot be read ({e}): leave - out, or give it a file.");
    }
    if body.len() as u64 > MOST {
        bail!(
            "There is more than {} MiB on stdin: publish it in parts.",
            MOST >> 20
        );
    }
    Ok(body)
}
