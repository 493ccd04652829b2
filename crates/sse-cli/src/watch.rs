//! `sse watch`: shows what a stream at any URL sends, as it comes, and says what is wrong with it.
//!
//! Events are on stdout; all else is on stderr, so that a program can read the one and a person the
//! other.

mod print;
mod wish;

use std::time::Duration;

use anyhow::Context;
use sse_client::diagnose::{Finding, Gatherer, Level, Observation, diagnose};
use sse_client::{End, Error, Watch as Stream};

use crate::args::Watch;
use crate::outcome::{Failure, Outcome};
use print::Printer;

/// Watches until the stream ends, enough was seen, or ctrl-c.
///
/// # Errors
/// A command line that cannot be read, or a server that cannot be reached.
pub(crate) fn run(args: Watch) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let outcome = runtime.block_on(watch(args));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    outcome
}

async fn watch(args: Watch) -> Result<Outcome, Failure> {
    let wish = wish::of(&args)?;
    let most = args.events.unwrap_or(u64::MAX);
    let mut printer = Printer::new(&args);
    let over = over(args.lasts);
    tokio::pin!(over);
    let began = tokio::select! {
        began = Stream::begin(wish) => began.map_err(failure)?,
        () = &mut over => {
            printer.note("No answer came in this time.");
            return Ok(Outcome::No);
        }
    };
    let mut stream = began;
    printer.head(&stream);
    let mut gatherer = Gatherer::new(stream.times().head_complete.unwrap_or_default());
    let mut broken = None;
    while printer.events() < most {
        let piece = tokio::select! {
            piece = stream.next() => piece,
            () = &mut over => break,
        };
        let piece = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(e) => {
                broken = Some(e);
                break;
            }
        };
        gatherer.read_compressed(piece.at, &piece.bytes, piece.wire_bytes);
        printer.piece(&piece, most);
        if printer.is_unread() {
            return Ok(Outcome::Yes);
        }
    }
    printer.end(&stream, stream.end());
    if let Some(e) = broken {
        printer.note(&e.to_string());
        return Ok(Outcome::No);
    }
    let is_stream = stream.head().is_stream();
    if !args.diagnose {
        // A page, or an error, is not what was asked for.
        return Ok(match is_stream {
            true => Outcome::Yes,
            false => Outcome::No,
        });
    }
    let findings = diagnose(&observation(&stream, &gatherer));
    printer.findings(&findings);
    let is_broken = |finding: &Finding| finding.level == Level::Broken;
    Ok(match findings.iter().any(is_broken) {
        true => Outcome::No,
        false => Outcome::Yes,
    })
}

/// Until ctrl-c, or until the time is over.
async fn over(lasts: Option<Duration>) {
    let time = async {
        match lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn observation(stream: &Stream, gatherer: &Gatherer) -> Observation {
    let (end, ended) = stream.end().unwrap_or((End::Stopped, stream.elapsed()));
    Observation {
        asked: stream.asked().clone(),
        hops: stream.hops().to_vec(),
        head: Some(stream.head().clone()),
        times: stream.times(),
        body: gatherer.facts(ended),
        end,
        ended,
        resume: None,
        head_request: None,
        preflight: None,
        cross_origin: None,
        dialect: None,
    }
}

/// What cannot be reached exits with another code than what cannot be read.
fn failure(e: Error) -> Failure {
    match e {
        Error::BadUrl(_)
        | Error::Scheme { .. }
        | Error::UserInfo
        | Error::CurlLine(_)
        | Error::TooManyHeaders
        | Error::BadHeader(_)
        | Error::BadProxy
        | Error::NoRoots(_) => Failure::usage(e),
        Error::Encoding(_) | Error::NotEncoded(_) | Error::Grows => {
            Failure::from(anyhow::Error::from(e))
        }
        _ => Failure::no_server(e),
    }
}
