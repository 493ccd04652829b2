//! Rules on the end, on requests beside the stream, and on what a view of the dialect saw.

use hyper::Method;
use sse_client::diagnose::Level::{Broken, WorthKnowing};
use sse_client::diagnose::{
    CrossOrigin, DialectFacts, DialectKind, End, HeadRequest, Header, Observation, Preflight,
    Resume,
};

use super::{Case, case};
use crate::support::{but, good, head, headers, llm, ms, secs, steady, watched};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = ends();
    cases.extend(resumes());
    cases.extend(head_and_options());
    cases.extend(pages());
    cases.extend(answers());
    cases.extend(mcp());
    cases.extend(paces());
    cases
}

/// A good stream that ended so long after its request.
fn ended(age: u64, end: End) -> Observation {
    let ended = ms(age + 20);
    let events = (0..)
        .map(|n| 1_000 + n * 7_000)
        .take_while(|at| *at + 3_000 < age);
    let events = events.map(|at| (at, format!("id: {at}\ndata: 1\n\n")));
    let mut seen = watched(events, ended);
    seen.end = end;
    seen
}

fn ends() -> Vec<Case> {
    let idle = but(|seen| {
        seen.body = watched(steady(3), secs(63)).body;
        seen.ended = secs(63);
        seen.end = End::Reset;
    });
    vec![
        case(
            "W22",
            WorthKnowing,
            "was cut: the connection closed before the body was whole after 45 s.",
            ended(45_000, End::Cut),
            ended(45_000, End::InOrder),
        ),
        case(
            "W22",
            WorthKnowing,
            "was reset",
            ended(45_000, End::Reset),
            good(),
        ),
        case(
            "W22",
            WorthKnowing,
            "GOAWAY and the error 11",
            ended(45_000, End::GoAway { code: 11 }),
            good(),
        ),
        case(
            "W22",
            WorthKnowing,
            "closes the connection in order",
            ended(9, End::GoAway { code: 0 }),
            good(),
        ),
        case(
            "W22",
            WorthKnowing,
            "That looks like an age limit of 60 s.",
            ended(61_200, End::InOrder),
            ended(61_201, End::InOrder),
        ),
        case(
            "W22",
            WorthKnowing,
            "an age limit of 60 min",
            ended(3_600_000, End::InOrder),
            ended(60_000, End::Stopped),
        ),
        case(
            "W22",
            WorthKnowing,
            "No byte had come for 60 s: that looks like an idle limit of 60 s.",
            idle,
            good(),
        ),
    ]
}

fn resumed(status: Option<u16>, ids: &[&str], events: u64) -> Observation {
    but(|seen| {
        seen.resume = Some(Resume {
            last_event_id: "20".into(),
            status,
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            events,
        });
    })
}

/// The same, of a stream whose ids are `a1`, `a3`, `a5` …, or the same as numbers.
fn resumed_by(prefix: &str, next: &str) -> Observation {
    let events = (0..9).map(|n| (n * 1_000, format!("id: {prefix}{}\ndata: 1\n\n", n * 2 + 1)));
    let mut seen = watched(events, secs(9));
    seen.resume = Some(Resume {
        last_event_id: format!("{prefix}17"),
        status: Some(200),
        ids: vec![next.to_owned()],
        events: 1,
    });
    seen
}

fn resumes() -> Vec<Case> {
    let exactly = || resumed(Some(200), &["21", "22"], 2);
    vec![
        case(
            "W23",
            WorthKnowing,
            "no answer",
            resumed(None, &[], 0),
            exactly(),
        ),
        case(
            "W23",
            WorthKnowing,
            "from the beginning",
            resumed(Some(200), &["1"], 9),
            exactly(),
        ),
        case(
            "W23",
            WorthKnowing,
            "from now: 4 ids between are missing",
            resumed(Some(200), &["25"], 9),
            resumed(Some(200), &[], 0),
        ),
        case(
            "W23",
            WorthKnowing,
            "1 id between",
            resumed(Some(200), &["22"], 1),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "with this id again",
            resumed(Some(200), &["20"], 1),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "an earlier id",
            resumed(Some(200), &["12"], 1),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "have no id",
            resumed(Some(200), &[], 3),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "answers 204",
            resumed(Some(204), &[], 0),
            // It had ended, and there is no more.
            Observation {
                end: End::InOrder,
                ..resumed(Some(204), &[], 0)
            },
        ),
        case(
            "W23",
            WorthKnowing,
            "refuses with 404",
            resumed(Some(404), &[], 0),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "answers 503",
            resumed(Some(503), &[], 0),
            good(),
        ),
        case(
            "W23",
            WorthKnowing,
            "an earlier event",
            resumed_by("a", "a5"),
            resumed_by("a", "a19"),
        ),
        // Ids that count by one only now and then do not tell either.
        case(
            "W23",
            WorthKnowing,
            "1 id between is missing",
            resumed(Some(200), &["22"], 1),
            {
                let mut seen = resumed(Some(200), &["22"], 1);
                let ids = b"id: 1\ndata: 1\n\nid: 2\ndata: 1\n\nid: 20\ndata: 1\n\n";
                seen.body = watched([(40, ids)], secs(1)).body;
                seen
            },
        ),
        // The only event is the first and the last.
        case(
            "W23",
            WorthKnowing,
            "with this id again",
            {
                let mut seen = resumed(Some(200), &["20"], 1);
                seen.body = watched([(40, "id: 20\ndata: 1\n\n")], secs(1)).body;
                seen
            },
            good(),
        ),
        // Numbers that do not count by one do not tell what is missing.
        case(
            "W23",
            WorthKnowing,
            "an earlier id",
            resumed_by("", "16"),
            resumed_by("", "99"),
        ),
    ]
}

fn preflight(status: u16, pairs: &[(&str, &str)]) -> Observation {
    but(|seen| {
        seen.preflight = Some(Preflight {
            origin: "https://page.example".into(),
            status: Some(status),
            headers: headers(pairs),
        });
    })
}

fn head_and_options() -> Vec<Case> {
    let asked = |status, has_body| {
        but(|seen| {
            seen.head_request = Some(HeadRequest {
                status,
                has_body,
                took: secs(2),
            });
        })
    };
    let allowed = ("access-control-allow-origin", "*");
    let named = ("Access-Control-Allow-Headers", "X-A, Last-Event-ID");
    let good_preflight = || preflight(204, &[allowed, named]);
    let mut silent = good_preflight();
    silent.preflight.as_mut().expect("it is there").status = None;
    vec![
        case(
            "W24",
            WorthKnowing,
            "no answer within 2 s",
            asked(None, false),
            asked(Some(200), false),
        ),
        case(
            "W24",
            WorthKnowing,
            "HEAD starts the stream",
            asked(Some(200), true),
            asked(Some(405), false),
        ),
        case(
            "W24",
            WorthKnowing,
            "the status is 403",
            preflight(403, &[allowed, named]),
            good_preflight(),
        ),
        case(
            "W24",
            WorthKnowing,
            "it has no answer",
            silent,
            good_preflight(),
        ),
        case(
            "W24",
            WorthKnowing,
            "Last-Event-ID is not in",
            preflight(
                200,
                &[allowed, ("access-control-allow-headers", "x-last-event-id")],
            ),
            preflight(200, &[allowed, ("access-control-allow-headers", "*")]),
        ),
        case(
            "W24",
            WorthKnowing,
            "no Access-Control-Allow-Origin",
            preflight(200, &[named]),
            preflight(
                200,
                &[
                    ("access-control-allow-origin", "https://page.example"),
                    named,
                ],
            ),
        ),
    ]
}

fn page(with_credentials: bool, pairs: &[(&str, &str)]) -> Observation {
    but(|seen| {
        seen.cross_origin = Some(CrossOrigin {
            origin: "https://page.example".into(),
            with_credentials,
            headers: headers(pairs),
        });
    })
}

fn pages() -> Vec<Case> {
    let any = ("Access-Control-Allow-Origin", "*");
    let this = ("Access-Control-Allow-Origin", "https://page.example");
    let other = ("Access-Control-Allow-Origin", "https://other.example");
    let vary = ("Vary", "Accept, origin");
    let credentials = ("Access-Control-Allow-Credentials", "true");
    vec![
        case(
            "W25",
            WorthKnowing,
            "there is no Access",
            page(false, &[]),
            page(false, &[any]),
        ),
        case(
            "W25",
            WorthKnowing,
            "is https://other",
            page(false, &[other]),
            page(false, &[this, ("Vary", "Origin")]),
        ),
        case(
            "W25",
            WorthKnowing,
            "several times",
            page(false, &[any, this]),
            good(),
        ),
        case(
            "W25",
            WorthKnowing,
            "asks with credentials",
            page(true, &[any]),
            page(true, &[this, vary, credentials]),
        ),
        case(
            "W25",
            WorthKnowing,
            "no Access-Control-Allow-Credentials",
            page(true, &[this, vary]),
            good(),
        ),
        case(
            "W25",
            WorthKnowing,
            "Vary does not name",
            page(false, &[this]),
            page(false, &[this, ("Vary", "*")]),
        ),
    ]
}

fn answered(end: End, change: impl FnOnce(&mut DialectFacts)) -> Observation {
    but(|seen| {
        let mut facts = llm();
        change(&mut facts);
        seen.dialect = Some(facts);
        seen.end = end;
    })
}

fn answers() -> Vec<Case> {
    let open = |facts: &mut DialectFacts| facts.end_seen = false;
    let why = |facts: &mut DialectFacts| facts.truncation = Some("There is no [DONE].".into());
    vec![
        case(
            "W30",
            Broken,
            "The mark of its end did not come.",
            answered(End::InOrder, open),
            // We left before it could come.
            answered(End::Stopped, open),
        ),
        case(
            "W30",
            Broken,
            "The answer of OpenAI chat completions looks truncated. There is no [DONE].",
            answered(End::Cut, why),
            answered(End::InOrder, |_| {}),
        ),
        case(
            "W30",
            Broken,
            "an error inside a 200: overloaded.",
            answered(End::Stopped, |facts| {
                facts.error = Some("overloaded.".into());
            }),
            answered(End::InOrder, |facts| {
                facts.kind = DialectKind::Other;
                facts.end_seen = false;
            }),
        ),
        case(
            "W30",
            WorthKnowing,
            "a part of its end is missing or unusual. There is no [DONE].",
            answered(End::InOrder, |facts| {
                facts.doubt = Some("There is no [DONE].".into());
                facts.end_seen = false;
            }),
            answered(End::Stopped, |facts| {
                facts.doubt = Some("There is no [DONE].".into());
            }),
        ),
        // Lines of JSON are no events, and their answer may be truncated all the same.
        case(
            "W30",
            Broken,
            "looks truncated",
            {
                let mut seen = answered(End::InOrder, open);
                seen.body = watched([(40, "{\"done\":false}\n")], secs(1)).body;
                head(&mut seen).headers = headers(&[("content-type", "application/x-ndjson")]);
                seen
            },
            {
                let mut seen = answered(End::InOrder, open);
                head(&mut seen).status = 500;
                seen
            },
        ),
    ]
}

/// A good request of MCP and its answer, whose end came.
fn mcp_answer(version: &str) -> Observation {
    but(|seen| {
        seen.asked.method = Method::POST;
        seen.asked.headers = headers(&[
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", version),
            ("Mcp-Session-Id", "hunter2"),
        ]);
        seen.dialect = Some(DialectFacts {
            name: "MCP".into(),
            kind: DialectKind::Mcp,
            end_seen: true,
            ..DialectFacts::default()
        });
        seen.end = End::InOrder;
        if version >= "2026" {
            seen.body = watched([(40, "data: {}\n\n")], secs(1)).body;
        }
    })
}

fn mcp() -> Vec<Case> {
    const OLD: &str = "2025-11-25";
    const NEW: &str = "2026-07-28";
    let but_mcp = |version, change: &dyn Fn(&mut Observation)| {
        let mut seen = mcp_answer(version);
        change(&mut seen);
        seen
    };
    let accepts = |value: &str| {
        but_mcp(OLD, &|seen| {
            seen.asked.headers[0].value = value.to_owned();
        })
    };
    let without = |name: &'static str| {
        but_mcp(OLD, &|seen| {
            seen.asked.headers.retain(|header| header.name != name);
        })
    };
    let brings_id = |seen: &mut Observation| {
        seen.asked
            .headers
            .push(Header::new("Last-Event-ID", "hunter2"));
    };
    let unanswered = |seen: &mut Observation| {
        seen.dialect.as_mut().expect("it is there").end_seen = false;
    };
    vec![
        case(
            "W32",
            WorthKnowing,
            "does not accept both",
            accepts("text/event-stream, */*"),
            accepts("Text/Event-Stream; q=1,application/json"),
        ),
        case(
            "W32",
            WorthKnowing,
            "does not accept both",
            without("Accept"),
            mcp_answer(OLD),
        ),
        case(
            "W32",
            WorthKnowing,
            "does not name a protocol version",
            without("MCP-Protocol-Version"),
            mcp_answer(NEW),
        ),
        case(
            "W32",
            WorthKnowing,
            "no resume, and the request brings",
            but_mcp(NEW, &brings_id),
            but_mcp(OLD, &brings_id),
        ),
        case(
            "W32",
            WorthKnowing,
            "no resume, and the server gives ids",
            but_mcp(NEW, &|seen| seen.body = good().body),
            good(),
        ),
        case(
            "W32",
            WorthKnowing,
            "without the response",
            but_mcp(OLD, &unanswered),
            but_mcp(OLD, &|seen| {
                unanswered(seen);
                seen.end = End::Stopped;
            }),
        ),
    ]
}

fn paces() -> Vec<Case> {
    let only_first = |first| {
        answered(End::InOrder, |facts| {
            facts.first_token = Some(first);
            facts.longest_stall = None;
        })
    };
    let paced = |first, stall| {
        answered(End::InOrder, |facts| {
            facts.first_token = Some(first);
            facts.longest_stall = Some(stall);
        })
    };
    vec![
        case(
            "W33",
            WorthKnowing,
            "The first token came after 12 s.",
            only_first(secs(12)),
            only_first(secs(9)),
        ),
        case(
            "W33",
            WorthKnowing,
            "The first token came after 11 s.",
            paced(secs(11), secs(1)),
            paced(secs(10), secs(1)),
        ),
        case(
            "W33",
            WorthKnowing,
            "42.0 tokens came a second. The longest stall was 12 s. Half of the gaps",
            paced(secs(1), secs(12)),
            good(),
        ),
    ]
}
