//! One request and its response, as those see it who ask for its parts.

use std::time::Duration;

use super::{End, Recording, Step, Wait};
use crate::fault::Fault;

/// One request and its response.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Its steps, in the order of the file.
    pub steps: &'a [Step],
}

/// Bytes that were read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How long after the step before it came.
    pub interval: Duration,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The size of its chunk, in bytes, where it is known.
    pub chunk: Option<u64>,
    /// Its size before gzip was undone, in bytes, where it is known.
    pub gzip: Option<u64>,
}

impl Recording {
    /// The exchanges, in the order of the file.
    pub fn exchanges(&self) -> impl Iterator<Item = Exchange<'_>> {
        let parts = self.steps.split(|step| *step == Step::Next);
        parts.map(|steps| Exchange { steps })
    }

    /// The exchange of this number, from 1, as a recording of its own. The notes that the file
    /// begins with stay.
    pub fn only(&self, number: usize) -> Option<Self> {
        let exchange = self.exchanges().nth(number.checked_sub(1)?)?;
        let notes = self
            .steps
            .iter()
            .take_while(|step| matches!(step, Step::Note(_)));
        let notes = notes.filter(|_| number > 1);
        Some(Self {
            steps: notes.chain(exchange.steps).cloned().collect(),
            phase: self.phase,
        })
    }
}

impl<'a> Exchange<'a> {
    /// The lines of the request's head: the request line and its fields.
    pub fn request(self) -> impl Iterator<Item = &'a str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Request(line) => Some(&**line),
            _ => None,
        })
    }

    /// The method, and the target.
    pub fn method_and_target(self) -> Option<(&'a str, &'a str)> {
        let mut words = self.request().next()?.split(' ');
        Some((words.next()?, words.next()?))
    }

    /// The body of the request.
    pub fn request_body(self) -> Vec<u8> {
        let bytes = self.steps.iter().filter_map(|step| match step {
            Step::RequestBytes(bytes) => Some(&bytes[..]),
            _ => None,
        });
        bytes.collect::<Vec<_>>().concat()
    }

    /// The lines of the response's head: the status line and its fields.
    pub fn response(self) -> impl Iterator<Item = &'a [u8]> {
        self.steps.iter().filter_map(|step| match step {
            Step::Response(line) => Some(&**line),
            _ => None,
        })
    }

    /// The pieces of the response's body.
    pub fn pieces(self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut before: Option<Wait> = None;
        for step in self.steps {
            match step {
                Step::Wait(wait) => {
                    let time = before.map_or(Duration::ZERO, |before| before.time);
                    before = Some(Wait {
                        time: time.saturating_add(wait.time),
                        ..*wait
                    });
                }
                // What was before it was the time until the head.
                Step::Response(_) => before = None,
                Step::Bytes(bytes) => match (before.take(), pieces.last_mut()) {
                    (None, Some(piece)) => piece.bytes.extend_from_slice(bytes),
                    (wait, _) => {
                        let wait = wait.unwrap_or_default();
                        pieces.push(Piece {
                            interval: wait.time,
                            bytes: bytes.clone(),
                            chunk: wait.chunk,
                            gzip: wait.gzip,
                        });
                    }
                },
                _ => {}
            }
        }
        pieces
    }

    /// The faults, in their order. Their places are those of the steps.
    pub fn faults(self) -> impl Iterator<Item = &'a Fault> {
        self.steps.iter().filter_map(|step| match step {
            Step::Fault(fault) => Some(&**fault),
            _ => None,
        })
    }

    /// How it ended, where it has.
    pub fn end(self) -> Option<End> {
        self.steps.iter().find_map(|step| match step {
            Step::End(end) => Some(*end),
            _ => None,
        })
    }
}
