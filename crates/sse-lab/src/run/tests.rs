//! Runs in made-up time: the tour, the reports of a client, and the cases of language models and of
//! MCP, each played to a client that does it right, and to one that is wrong in each way that has
//! words.

mod llm;
mod mcp;
mod reports;
mod tour;

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use sse_engine::fault::{Act, Armed};
use sse_engine::keep_alive::KeepAlive;
use sse_engine::pump::{Next, Pump};
use sse_engine::stream::Variant;
use sse_engine::write_buffer::WriteBuffer;

use super::*;
use crate::case::cases;
use crate::observation::Ender;

/// What is said of a client.
type Said = Option<(&'static str, Option<String>)>;

const OPEN: Said = None;
const RIGHT: Said = Some(("right", None));

fn is(kind: &'static str, words: &str) -> Said {
    Some((kind, Some(words.to_owned())))
}

/// A run that begins, and when.
fn begun() -> (Run, Instant) {
    let instant = Instant::now();
    let wall = UNIX_EPOCH;
    (Run::new(1, false, Now { instant, wall }), instant)
}

/// A client of one case in made-up time.
struct Walk {
    run: Run,
    case: usize,
    began: Instant,
}

/// An answer, as the client gets it.
struct Got {
    turn: Turn,
    status: u16,
    body: String,
    /// How long it takes, where the case ends it.
    lasts: Option<Duration>,
}

impl Walk {
    fn of(id: &str) -> Self {
        let case = cases().iter().position(|case| case.id == id);
        let (run, began) = begun();
        Self {
            run,
            case: case.expect("the case is there"),
            began,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.began + Duration::from_millis(ms)
    }

    /// Sends a request at this instant, and reads its answer.
    fn sends(&mut self, at: u64, line: &str, fields: &[(&str, &str)], body: &str) -> Got {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let asked = Asked {
            method: method.to_owned(),
            target: path.to_owned(),
            fields: fields.collect(),
            body: body.as_bytes().to_vec(),
            ..Asked::default()
        };
        let request = Request::new(method, path, [], body.as_bytes());
        let now = self.at(at);
        let step = self.run.visit(cases(), self.case, (asked, &request), now);
        let Step::Play(turn) = step else {
            panic!("it is played: {step:?}");
        };
        let earlier = self.run.earlier(cases(), step);
        let seen = match earlier {
            Some(asked) => Request::new(&asked.method, path, [], &asked.body),
            None => request,
        };
        let got = Got::of(turn, &seen);
        if let Some(lasts) = got.lasts {
            self.ends(&got, now + lasts, Ender::Case);
        }
        got
    }

    fn ends(&mut self, got: &Got, at: Instant, by: Ender) {
        self.run.ended(got.turn, at, |at| Ended {
            at,
            by,
            status: got.status,
            sent: Vec::new(),
            total: 0,
            pieces: Vec::new(),
        });
    }

    /// The client leaves an answer.
    fn leaves(&mut self, got: &Got, at: u64) {
        self.ends(got, self.at(at), Ender::Client);
    }

    /// What is said at this instant.
    fn said(&self, profile: Profile, at: u64) -> Said {
        let (observation, age) = self.run.seen(self.case, self.at(at))?;
        let verdict = judge(&cases()[self.case], profile, observation, age)?;
        Some((verdict.kind(), verdict.words().map(str::to_owned)))
    }
}

impl Got {
    fn of(turn: Turn, request: &Request) -> Self {
        let answer = turn.answer(cases());
        let whole = answer
            .stream
            .faults
            .iter()
            .find_map(|fault| match &fault.act {
                Act::Status(whole) => Some(whole),
                _ => None,
            });
        if let Some(whole) = whole {
            return Self {
                turn,
                status: whole.code,
                body: whole.body.clone().unwrap_or_default(),
                lasts: Some(Duration::ZERO),
            };
        }
        let begin = Now {
            instant: Instant::now(),
            wall: UNIX_EPOCH,
        };
        let mut now = begin;
        let faults = answer.stream.faults.iter();
        let faults = faults.map(|fault| Arc::new(Armed::new(1, fault.clone(), begin.instant)));
        let variant = Variant {
            request: request.clone(),
            ..Variant::new(answer.stream.chosen(request))
        };
        let pump = Pump::new(variant, KeepAlive::Off, None).expect("it has events");
        let mut pump = pump.broken_by(faults.collect(), begin.instant);
        let (mut out, mut bytes) = (WriteBuffer::new(), Vec::new());
        let lasts = loop {
            out.clear();
            let next = pump.fill(now, &mut out);
            bytes.extend(out.wire());
            match next {
                Next::Wait { at: Some(at) } if at < begin.instant + Duration::from_secs(90) => {
                    now = begin.after(at - begin.instant);
                }
                Next::Wait { .. } => break None,
                Next::More => {}
                _ => break Some(now.instant - begin.instant),
            }
        };
        Self {
            turn,
            status: 200,
            body: String::from_utf8(bytes).expect("text"),
            lasts,
        }
    }

    /// Whether it is no turn of the case.
    fn is_aside(&self) -> bool {
        matches!(self.turn.answer, Which::Aside(_))
    }
}
