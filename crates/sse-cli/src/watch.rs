//! `sse watch`: shows what a stream at any URL sends, as it comes, and says what is wrong with it.
//!
//! Events are on stdout; all else is on stderr, so that a program can read the one and a person the
//! other.

mod print;
mod wish;

use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use sse_client::diagnose::{Finding, Level, diagnose};
use sse_client::{End, Error, Policy, Reconnect, Step, Watch as Stream, Wish, probe};

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
    let mut printer = Printer::new(&args);
    let mut client = Reconnect::new(match args.reconnect {
        true => Policy::EventSource,
        false => Policy::Fetch,
    });
    let began = Instant::now();
    let stop = stop(args.lasts);
    tokio::pin!(stop);
    let mut step = client.begin(Duration::ZERO);
    loop {
        let attempt = match step {
            Step::Request(attempt) => attempt,
            Step::Fail(failure) if args.reconnect => {
                printer.note(&failure.to_string());
                return Ok(Outcome::No);
            }
            Step::Fail(_) | Step::Open | Step::Nothing => return Ok(Outcome::Yes),
        };
        let wait = attempt.at.saturating_sub(began.elapsed());
        if attempt.at > Duration::ZERO {
            printer.reconnects(wait, attempt.last_event_id.as_deref());
        }
        let asked = async {
            tokio::time::sleep(wait).await;
            Stream::begin(wish.resumed(attempt.last_event_id)).await
        };
        let stream = tokio::select! {
            asked = asked => asked,
            stop = &mut stop => return Ok(match (stop, attempt.at) {
                (Stop::Unread, _) => Outcome::Yes,
                (Stop::Enough, Duration::ZERO) => {
                    printer.note("No answer came in this time.");
                    Outcome::No
                }
                (Stop::Enough, _) => {
                    printer.note("stopped before the stream was there again");
                    Outcome::Yes
                }
            }),
        };
        step = match stream {
            Ok(stream) => {
                match one(&args, &wish, stream, &mut client, &mut printer, &mut stop).await? {
                    Watched::Over(outcome) => return Ok(outcome),
                    Watched::Ended(End::InOrder) => client.end(began.elapsed()),
                    Watched::Ended(_) => client.network_error(began.elapsed()),
                }
            }
            // What a network has for a moment only, another try may find gone.
            Err(e) if args.reconnect && e.is_network() => {
                printer.note(&e.to_string());
                client.network_error(began.elapsed())
            }
            Err(e) => return Err(failure(e)),
        };
    }
}

/// How one stream was watched.
enum Watched {
    /// It ended so, and may be asked for again.
    Ended(End),
    /// Enough was seen.
    Over(Outcome),
}

/// Watches one stream to its end, or until enough was seen.
async fn one(
    args: &Watch,
    wish: &Wish,
    mut stream: Stream,
    client: &mut Reconnect,
    printer: &mut Printer,
    stop: &mut (impl Future<Output = Stop> + Unpin),
) -> Result<Watched, Failure> {
    let most = args.events.unwrap_or(u64::MAX);
    printer.head(&stream);
    let kind = stream.head().media_type();
    let kind = Some(kind.as_str()).filter(|kind| !kind.is_empty());
    if let Step::Fail(failure) = client.response(stream.head().status, kind)
        && args.reconnect
    {
        printer.note(&failure.to_string());
    }
    let mut broken = None;
    let mut is_enough = false;
    while !is_enough {
        let piece = tokio::select! {
            piece = stream.next() => piece,
            stop = &mut *stop => match stop {
                Stop::Enough => {
                    is_enough = true;
                    break;
                }
                Stop::Unread => return Ok(Watched::Over(Outcome::Yes)),
            },
        };
        let piece = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(e) => {
                broken = Some(e);
                break;
            }
        };
        printer.piece(&piece, most);
        if let Some(reading) = printer.reading() {
            client.commit_id(reading.last_id());
            if let Some(retry) = reading.retry() {
                client.retry(retry);
            }
        }
        if printer.stdout().is_unread() {
            return Ok(Watched::Over(Outcome::Yes));
        }
        if let Some(e) = printer.stdout().failure() {
            return Err(unwritten(e));
        }
        is_enough = printer.events() >= most || printer.is_over();
    }
    let end = stream.end();
    printer.end(&stream, end);
    if let Some(e) = broken {
        printer.note(&e.to_string());
        return Ok(Watched::Over(Outcome::No));
    }
    let is_stream = stream.head().is_stream();
    let comes_back = args.reconnect && is_stream && !is_enough;
    if let (Some((end, _)), true) = (end, comes_back) {
        return Ok(Watched::Ended(end));
    }
    let is_well = match args.diagnose {
        // A page, or an error, is not what was asked for.
        false => is_stream,
        true => {
            let elapsed = stream.elapsed();
            // The stream is over for whoever counts connections.
            drop(stream);
            let Some(reading) = printer.reading() else {
                return Ok(Watched::Over(Outcome::No));
            };
            let mut seen = reading.observation(end, elapsed);
            tokio::select! {
                () = probe(&mut seen, wish, reading.last_id(), args.origin.as_deref()) => {}
                // What came until then counts.
                _ = tokio::signal::ctrl_c() => {}
            }
            let findings = diagnose(&seen);
            printer.findings(&findings);
            let is_broken = |finding: &Finding| finding.level == Level::Broken;
            !findings.iter().any(is_broken)
        }
    };
    if let Some(e) = printer.stdout().failure() {
        return Err(unwritten(e));
    }
    Ok(Watched::Over(match is_well && !printer.is_over() {
        true => Outcome::Yes,
        false => Outcome::No,
    }))
}

fn unwritten(e: &io::Error) -> Failure {
    Failure::from(anyhow!(
        "Stdout cannot be written ({e}): make room there, or print elsewhere."
    ))
}

/// Why a watch stops that could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Ctrl-c, or the time is over.
    Enough,
    /// Nobody reads stdout any more.
    Unread,
}

/// Until there is a reason to stop.
async fn stop(lasts: Option<Duration>) -> Stop {
    let time = async {
        match lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => Stop::Enough,
        _ = tokio::signal::ctrl_c() => Stop::Enough,
        () = crate::stdout::unread() => Stop::Unread,
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
