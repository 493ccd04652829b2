//! Each kind of question: what is right, wrong, allowed, not reached or still open, at the edges of
//! its times; and what comes behind a verdict changes nothing.

mod away;
mod did;
mod held;
mod many;
mod origins;
mod protocol;
mod request;
mod returned;
mod same_wait;
mod sees;

use std::collections::BTreeMap;
use std::sync::Arc;

use sse_engine::file;

use super::*;
use crate::case::{Answer, Ask, IdText, Needs, Question, ShownEvent};
use crate::observation::{Asked, Ended, Ender};

/// What a verdict is, and its words.
type Said = Option<(&'static str, Option<String>)>;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A case of so many answers that asks this about the last one, with a patience of 12 s.
fn asking(answers: usize, question: Question) -> Case {
    let ask = Ask {
        about: answers - 1,
        may_stay: false,
        allowed: false,
        gone: String::new(),
        question,
    };
    let stream = file::read("[[stream]]\npath = \"/case\"\n")
        .expect("a stream")
        .remove(0);
    let answer = Answer {
        stream: Arc::new(stream),
        closes: None,
        cut_at: None,
        to: None,
    };
    Case {
        id: "T1".to_owned(),
        name: "test".to_owned(),
        does: String::new(),
        must: String::new(),
        source: String::new(),
        wpt: Vec::new(),
        in_tour: false,
        last_in_tour: false,
        needs: Needs::default(),
        answers: vec![answer; answers],
        asides: Vec::new(),
        questions: BTreeMap::from([(Profile::Standard, vec![ask])]),
        patience: ms(12_000),
    }
}

fn ask_of(case: &mut Case) -> &mut Ask {
    &mut case.questions.get_mut(&Profile::Standard).expect("it asks")[0]
}

/// A client: its requests one after the other.
#[derive(Clone, Default)]
struct Client(Observation);

impl Client {
    /// A request at this instant, answered up to the other one by the case.
    fn asks(self, at: u64, until: u64) -> Self {
        self.held(at, until, Ender::Case)
    }

    /// The same, ended by somebody.
    fn held(mut self, at: u64, until: u64, by: Ender) -> Self {
        self.0.requests.push(Asked {
            at: ms(at),
            method: "GET".to_owned(),
            target: "/lab/case/T1/me".to_owned(),
            ended: Some(Ended {
                at: ms(until),
                by,
                status: 200,
                sent: Vec::new(),
                total: 0,
                pieces: Vec::new(),
            }),
            ..Asked::default()
        });
        self
    }

    /// A request whose answer goes on.
    fn open(self, at: u64) -> Self {
        let mut client = self.asks(at, at);
        client.last().ended = None;
        client
    }

    /// A request whose answer goes on, which brings an id.
    fn brings(self, at: u64, id: &[u8]) -> Self {
        self.open(at).field("last-event-id", id)
    }

    fn field(mut self, name: &str, value: &[u8]) -> Self {
        self.last().fields.push((name.to_owned(), value.to_vec()));
        self
    }

    fn last(&mut self) -> &mut Asked {
        self.0.requests.last_mut().expect("it asked")
    }

    /// The verdict at this instant.
    fn at(&self, case: &Case, now: u64) -> Said {
        let verdict = judge(case, Profile::Standard, &self.0, ms(now))?;
        Some((verdict.kind(), verdict.words().map(str::to_owned)))
    }
}

fn is(kind: &'static str, words: &str) -> Said {
    Some((kind, Some(words.to_owned())))
}

const RIGHT: Said = Some(("right", None));
const OPEN: Said = None;

#[test]
fn a_profile_without_the_case_has_no_verdict() {
    let case = asking(1, Question::Back);
    let client = Client::default().asks(0, 10).open(300);
    assert_eq!(judge(&case, Profile::Llm, &client.0, ms(400)), None);
    assert_eq!(client.at(&case, 400), RIGHT);
    assert_eq!(Client::default().at(&case, 400), OPEN, "nobody came");
}

/// One wrong answer is enough; else all must be there, and the weightiest counts.
#[test]
fn of_several_answers_the_weightiest_is_the_verdict() {
    let mut case = asking(1, Question::Back);
    let two = |case: &mut Case, question: Question| {
        let more = Ask {
            question,
            ..ask_of(case).clone()
        };
        let mut case = case.clone();
        case.questions
            .get_mut(&Profile::Standard)
            .expect("it asks")
            .push(more);
        case
    };
    let client = Client::default().asks(0, 10).brings(310, b"x");
    let eyes = Question::Sees {
        events: vec![ShownEvent::message("x")],
        if_reported: false,
    };
    let eyes = two(&mut case, eyes);
    let look = "Look at what it shows: it must be one event, with the data 'x'.";
    assert_eq!(client.at(&eyes, 2010), is("needs your eyes", look));
    let rate = Question::Rate {
        most: 5,
        time: ms(5000),
    };
    assert_eq!(client.at(&two(&mut case, rate), 320), OPEN);
    let id = Question::Id {
        right: IdText(b"y".to_vec()),
        wrong: Vec::new(),
    };
    let id = two(&mut case, id);
    assert_eq!(
        client.at(&id, 320),
        is(
            "wrong",
            "It came back with the last event id 'x', and not with the last event id 'y'."
        )
    );
}
