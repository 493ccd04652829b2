//! `sse watch`: shows what a stream at any URL sends, as it comes, and says what is wrong with it.
//!
//! Events are on stdout; all else is on stderr, so that a program can read the one and a person the
//! other.

mod print;
mod to_file;
mod wish;

use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Context;
use sse_client::diagnose::{Finding, Level, diagnose};
use sse_client::{End, Error, Policy, Reconnect, Step, Watch as Stream, Wish, probe};

use crate::args::{Until, Watch};
use crate::outcome::{Failure, Outcome};
pub(crate) use print::{Form, Printer};
pub(crate) use to_file::{Kept, ToFile};
pub(crate) use wish::of as wished;

/// Watches until the stream ends, enough was seen, or ctrl-c.
///
/// # Errors
/// A command line that cannot be read, or a server that cannot be reached.
pub(crate) fn run(args: Watch) -> Result<Outcome, Failure> {
    with_runtime(async {
        let wish = wished(&args.source)?;
        let mut follower = Follower {
            printer: Printer::new(Form::of(&args)),
            until: args.until,
            diagnose: args.diagnose.then_some(args.origin),
            to_file: None,
        };
        follower.follow(&wish, Stops::Unread).await
    })
}

/// Runs a command that waits for others.
///
/// # Errors
/// Those of the command, or there is no runtime.
pub(crate) fn with_runtime(
    command: impl Future<Output = Result<Outcome, Failure>>,
) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let outcome = runtime.block_on(command);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    outcome
}

/// Follows a stream, also through its reconnects.
pub(crate) struct Follower {
    pub(crate) until: Until,
    /// Whether it is judged, and whose pages are to read it.
    pub(crate) diagnose: Option<Option<String>>,
    pub(crate) printer: Printer,
    /// Where it is recorded.
    pub(crate) to_file: Option<ToFile>,
}

/// What stops a watch beside its time.
pub(crate) enum Stops {
    /// Ctrl-c, or nobody reads stdout any more.
    Unread,
    /// This.
    At(Pin<Box<dyn Future<Output = ()>>>),
}

impl Follower {
    /// Follows what is asked for until it ends, or enough was seen.
    ///
    /// # Errors
    /// A server that cannot be reached, or a stdout that cannot be written.
    pub(crate) async fn follow(&mut self, wish: &Wish, stops: Stops) -> Result<Outcome, Failure> {
        let reconnects = self.until.reconnect;
        let mut client = Reconnect::new(match reconnects {
            true => Policy::EventSource,
            false => Policy::Fetch,
        });
        let began = Instant::now();
        let stop = stop(self.until.lasts, stops);
        tokio::pin!(stop);
        let mut step = client.begin(Duration::ZERO);
        loop {
            let attempt = match step {
                Step::Request(attempt) => attempt,
                Step::Fail(failure) if reconnects => {
                    self.note(&failure.to_string());
                    return Ok(Outcome::No);
                }
                Step::Fail(_) | Step::Open | Step::Nothing => return Ok(Outcome::Yes),
            };
            let wait = attempt.at.saturating_sub(began.elapsed());
            if attempt.at > Duration::ZERO {
                let id = attempt.last_event_id.as_deref();
                self.printer.reconnects(wait, id);
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
                        self.printer.warn("No answer came in this time.");
                        Outcome::No
                    }
                    (Stop::Enough, _) => {
                        self.printer.note("stopped before the stream was there again");
                        Outcome::Yes
                    }
                }),
            };
            step = match stream {
                Ok(stream) => match self.one(wish, stream, &mut client, &mut stop).await? {
                    Watched::Over(outcome) => return Ok(outcome),
                    Watched::Ended(End::InOrder) => client.end(began.elapsed()),
                    Watched::Ended(_) => client.network_error(began.elapsed()),
                },
                // What a network has for a moment only, another try may find gone.
                Err(e) if reconnects && e.is_network() => {
                    self.note(&e.to_string());
                    client.network_error(began.elapsed())
                }
                Err(e) => return Err(failure(e)),
            };
        }
    }

    /// Watches one stream to its end, or until enough was seen.
    async fn one(
        &mut self,
        wish: &Wish,
        mut stream: Stream,
        client: &mut Reconnect,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Result<Watched, Failure> {
        let reconnects = self.until.reconnect;
        let most = self.until.events.unwrap_or(u64::MAX);
        self.printer.head(&stream);
        if let Some(to_file) = &mut self.to_file {
            to_file.begin(&stream);
        }
        let kind = stream.head().media_type();
        let kind = Some(kind.as_str()).filter(|kind| !kind.is_empty());
        if let Step::Fail(failure) = client.response(stream.head().status, kind)
            && reconnects
        {
            self.note(&failure.to_string());
        }
        let mut broken = None;
        let mut is_enough = self.to_file.as_ref().is_some_and(ToFile::is_over);
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
                () = tokio::time::sleep(REDRAWN), if self.to_file.is_some() => {
                    self.draw();
                    continue;
                }
            };
            let piece = match piece {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(e) => {
                    broken = Some(e);
                    break;
                }
            };
            self.printer.piece(&piece, most);
            if let Some(to_file) = &mut self.to_file {
                to_file.piece(&piece);
                is_enough = to_file.is_over();
                self.draw();
            }
            if let Some(reading) = self.printer.reading() {
                client.commit_id(reading.last_id());
                if let Some(retry) = reading.retry() {
                    client.retry(retry);
                }
            }
            if self.printer.stdout().is_unread() {
                return Ok(Watched::Over(Outcome::Yes));
            }
            if let Some(e) = self.printer.stdout().failure() {
                return Err(Failure::unwritten(e));
            }
            is_enough |= self.printer.events() >= most || self.printer.is_over();
        }
        let end = stream.end();
        if let Some(to_file) = &mut self.to_file {
            let (end, at) = match (end, &broken) {
                (Some((end, at)), None) => (Some(end), at),
                _ => (None, stream.elapsed()),
            };
            if let Some(e) = &broken {
                to_file.note(&e.to_string());
            }
            to_file.end(at, end);
        }
        self.printer.end(&stream, end);
        if let Some(e) = broken {
            self.printer.warn(&e.to_string());
            return Ok(Watched::Over(Outcome::No));
        }
        let is_stream = stream.head().is_stream();
        let comes_back = reconnects && is_stream && !is_enough;
        if let (Some((end, _)), true) = (end, comes_back) {
            return Ok(Watched::Ended(end));
        }
        let is_well = match &self.diagnose {
            // A page, or an error, is not what was asked for.
            None => is_stream,
            Some(origin) => {
                let elapsed = stream.elapsed();
                // The stream is over for whoever counts connections.
                drop(stream);
                let Some(reading) = self.printer.reading() else {
                    return Ok(Watched::Over(Outcome::No));
                };
                let mut seen = reading.observation(end, elapsed);
                tokio::select! {
                    () = probe(&mut seen, wish, reading.last_id(), origin.as_deref()) => {}
                    // What came until then counts.
                    _ = tokio::signal::ctrl_c() => {}
                }
                let findings = diagnose(&seen);
                self.printer.findings(&findings);
                let is_broken = |finding: &Finding| finding.level == Level::Broken;
                !findings.iter().any(is_broken)
            }
        };
        if let Some(e) = self.printer.stdout().failure() {
            return Err(Failure::unwritten(e));
        }
        Ok(Watched::Over(match is_well && !self.printer.is_over() {
            true => Outcome::Yes,
            false => Outcome::No,
        }))
    }

    /// Says a sentence, also in the file.
    fn note(&mut self, words: &str) {
        if let Some(to_file) = &mut self.to_file {
            to_file.clear();
            to_file.note(words);
        }
        self.printer.note(words);
    }

    /// Draws how far a recording is.
    fn draw(&mut self) {
        let events = self.printer.events();
        if let Some(to_file) = &mut self.to_file {
            to_file.draw(events);
        }
    }
}

/// How often a person sees how long a recording takes already.
const REDRAWN: Duration = Duration::from_secs(1);

/// How one stream was watched.
enum Watched {
    /// It ended so, and may be asked for again.
    Ended(End),
    /// Enough was seen.
    Over(Outcome),
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
async fn stop(lasts: Option<Duration>, stops: Stops) -> Stop {
    let time = async {
        match lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    match stops {
        Stops::Unread => tokio::select! {
            () = time => Stop::Enough,
            _ = tokio::signal::ctrl_c() => Stop::Enough,
            () = crate::stdout::unread() => Stop::Unread,
        },
        Stops::At(stopped) => tokio::select! {
            () = time => Stop::Enough,
            () = stopped => Stop::Enough,
        },
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
