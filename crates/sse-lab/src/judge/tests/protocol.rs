//! What protocols on top of event streams ask: heads, requests that are sent anew, and requests
//! beside the turns of a case.

use super::*;
use crate::case::{Field, Heads, Must};
use crate::report::{Report, Reported, ReportedEvent};

impl Client {
    /// The last request with this method and body.
    fn sends(mut self, method: &str, body: &str) -> Self {
        let last = self.last();
        method.clone_into(&mut last.method);
        body.as_bytes().clone_into(&mut last.body);
        self
    }

    /// The last request is none of the case.
    fn beside(mut self) -> Self {
        let aside = self.0.requests.pop().expect("it asked");
        self.0.asides.push(aside);
        self
    }
}

fn call(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"wait"}}}}"#)
}

fn field(name: &str, must: Must, words: &str) -> Field {
    Field {
        name: name.to_owned(),
        must,
        words: words.to_owned(),
        allowed: false,
    }
}

#[test]
fn the_method_of_the_return_is_asked_for() {
    let case = asking(1, Question::By("GET".to_owned()));
    let lost = Client::default().asks(0, 10).sends("POST", &call("1"));
    assert_eq!(lost.at(&case, 12_009), OPEN);
    let words = "It did not come back within 12 s.";
    assert_eq!(lost.at(&case, 12_010), is("wrong", words));
    let back = lost.open(900);
    assert_eq!(back.at(&case, 900), RIGHT);
    assert_eq!(
        back.sends("POST", &call("1")).at(&case, 900),
        is("wrong", "It came back with POST in place of GET.")
    );
}

#[test]
fn a_request_that_lost_its_answer_is_sent_anew() {
    let case = asking(1, Question::Anew);
    let lost = Client::default().asks(0, 10).sends("POST", &call("1"));
    let back = |body: &str| lost.clone().open(900).sends("POST", body);
    assert_eq!(lost.at(&case, 900), OPEN);
    assert_eq!(back(&call("2")).at(&case, 900), RIGHT);
    assert_eq!(
        back(&call("\"1\"")).at(&case, 900),
        RIGHT,
        "a text is no number"
    );
    let wrong = |client: Client, words: &str| {
        assert_eq!(client.at(&case, 900), is("wrong", words));
    };
    wrong(
        back("").sends("GET", ""),
        "It came back with GET, and there is nothing to go on with: a request that lost its answer \
         is sent anew by POST.",
    );
    wrong(
        back(&call("2")).field("last-event-id", b"7"),
        "It brought the last event id '7', and this version of MCP has none.",
    );
    wrong(
        back(&call("1")),
        "It sent the request anew with the id 1, which it had before: it needs a new one.",
    );
    wrong(
        back(&call("null")),
        "It sent the request anew without an id.",
    );
    wrong(
        back(r#"{"id":2,"method":"tools/list"}"#),
        "It came back with the method 'tools/list', and not with 'tools/call'.",
    );
    wrong(
        back("\u{1}[rubbish"),
        "It came back with the method '', and not with 'tools/call'.",
    );
}

#[test]
fn who_does_not_ask_again_must_show_it() {
    let case = asking(1, Question::AgainOrShows("Look at it.".to_owned()));
    let lost = Client::default().asks(0, 10);
    assert_eq!(lost.at(&case, 12_009), OPEN);
    let words = "It did not ask again within 12 s. Look at it.";
    assert_eq!(lost.at(&case, 12_010), is("needs your eyes", words));
    let left = Client::default().held(0, 10, Ender::Client);
    assert_eq!(left.at(&case, 12_010), is("needs your eyes", words));
    let words = "It asked again after 490 ms.";
    assert_eq!(lost.clone().open(500).at(&case, 600), is("allowed", words));
    let stopped = Client::default().held(0, 10, Ender::Stop);
    let words = "The server ended the answer for a reason of its own, such as a stop.";
    assert_eq!(stopped.at(&case, 12_010), is("not reached", words));
    // What comes too late changes nothing.
    let words = "It did not ask again within 12 s. Look at it.";
    let late = lost.open(12_010);
    assert_eq!(late.at(&case, 13_000), is("needs your eyes", words));
}

/// A client that reports what it shows needs no eyes.
#[test]
fn who_reports_an_error_is_right_and_who_reports_none_is_wrong() {
    let case = asking(1, Question::AgainOrShows("Look at it.".to_owned()));
    let reports = |at: u64, what: Report| {
        let mut lost = Client::default().asks(0, 10);
        lost.0.reports.add(Reported {
            at: ms(at),
            number: None,
            what,
        });
        lost
    };
    let error = || Report::Error("it broke off".to_owned());
    let shown = reports(2_010, error());
    assert_eq!(shown.at(&case, 2_010), RIGHT);
    assert_eq!(shown.clone().open(2_500).at(&case, 2_500), RIGHT, "both");
    let words = "It asked again after 90 ms.";
    let again = reports(2_010, error()).open(100);
    assert_eq!(again.at(&case, 2_500), is("allowed", words));
    let words = "It showed no error, and did not ask again within 12 s.";
    // It came too late, so it was not there.
    let late = reports(2_011, error());
    assert_eq!(late.at(&case, 12_009), OPEN);
    let look = "It did not ask again within 12 s. Look at it.";
    assert_eq!(late.at(&case, 12_010), is("needs your eyes", look));
    let mut silent = Client::default().asks(0, 10);
    silent.0.reports.expect();
    assert_eq!(silent.at(&case, 12_010), is("wrong", words));
    let told = reports(20, Report::Event(ReportedEvent::default()));
    assert_eq!(told.at(&case, 12_010), is("wrong", words));
}

/// All heads up to the turn that the question is about, in the order of their arrival.
#[test]
fn heads_are_looked_at_also_beside_the_turns() {
    let case = asking(
        1,
        Question::Heads(Heads {
            method: Some("POST".to_owned()),
            behind: Some("initialize".to_owned()),
            fields: vec![field(
                "mcp-session-id",
                Must::Be("lab".to_owned()),
                "there is no session",
            )],
        }),
    );
    let began = Client::default()
        .asks(0, 1)
        .sends("POST", r#"{"id":0,"method":"initialize"}"#)
        .beside();
    assert_eq!(began.at(&case, 12_000), OPEN);
    let good = |client: Client| client.field("mcp-session-id", b"lab");
    let listed = |client: Client| {
        let listed = client.asks(5, 6);
        listed.sends("POST", r#"{"id":1,"method":"tools/list"}"#)
    };
    let called = |client: Client| client.open(9).sends("POST", &call("2"));
    let right = good(called(good(listed(began.clone())).beside()));
    assert_eq!(right.at(&case, 9), RIGHT, "initialize itself has none");
    // A GET is not asked for, and neither is what comes behind the turn.
    let more = right.clone().asks(7, 8).beside();
    let more = more.asks(10, 11).sends("POST", "").beside();
    assert_eq!(more.at(&case, 20), RIGHT);
    let words = "In POST tools/list there is no session.";
    let wrong = good(called(listed(began.clone()).beside()));
    assert_eq!(wrong.at(&case, 9), is("wrong", words));
    let words = "In POST tools/call there is no session.";
    assert_eq!(called(began).at(&case, 9), is("wrong", words));
    let words = "It did not send initialize first.";
    let rude = good(called(Client::default()));
    assert_eq!(rude.at(&case, 9), is("wrong", words));
}

#[test]
fn a_head_repeats_the_body() {
    let mirror = |name: &str, pointer: &str| {
        let must = Must::Mirror(pointer.to_owned());
        let fields = vec![field(name, must, "it is another one")];
        let heads = Heads {
            fields,
            method: None,
            behind: None,
        };
        asking(1, Question::Heads(heads))
    };
    let client = || Client::default().open(0).sends("POST", &call("1"));
    let name = mirror("mcp-name", "/params/name");
    let words = "In POST tools/call it is another one.";
    for (value, is_right) in [
        (&b"wait"[..], true),
        (b"=?base64?d2FpdA==?=", true),
        (b"=?base64?d2FpdA?=", false),
        (b"=?base64?=", false),
        (b"Wait", false),
        (b"\xff", false),
    ] {
        let said = client().field("mcp-name", value).at(&name, 0);
        let expected = if is_right { RIGHT } else { is("wrong", words) };
        assert_eq!(said, expected, "{value:?}");
    }
    assert_eq!(client().at(&name, 0), is("wrong", words), "it is missing");
    // Where the body has nothing, the head need not.
    let uri = mirror("mcp-name", "/params/uri");
    assert_eq!(client().at(&uri, 0), RIGHT);
    let id = mirror("x-id", "/id");
    assert_eq!(client().field("x-id", b"1").at(&id, 0), RIGHT);
    assert_eq!(client().sends("POST", "{").at(&id, 0), RIGHT);
}

/// Else a case would stay open for ever.
#[test]
fn who_asks_only_beside_the_case_has_not_reached_it() {
    let case = asking(1, Question::Back);
    let began = Client::default().asks(0, 10).beside();
    assert_eq!(began.at(&case, 12_009), OPEN);
    let words = "It sent one request, and then none that this case is about within 12 s.";
    assert_eq!(began.at(&case, 12_010), is("not reached", words));
    // What comes later changes nothing.
    let late = began
        .clone()
        .asks(12_010, 12_020)
        .beside()
        .asks(12_100, 12_110);
    assert_eq!(
        late.open(12_500).at(&case, 13_000),
        is("not reached", words)
    );

    let reached = began.clone().open(12_009);
    assert_eq!(reached.at(&case, 12_010), OPEN, "it is there");
    let words = "It sent one request, and then none that this case is about within 12 s.";
    let late = began.clone().open(12_010);
    assert_eq!(late.at(&case, 12_010), is("not reached", words));

    let two = began.asks(11_000, 11_010).beside();
    assert_eq!(two.at(&case, 23_009), OPEN);
    let words = "It sent 2 requests, and then none that this case is about within 12 s.";
    assert_eq!(two.at(&case, 23_010), is("not reached", words));
    let reached = two.asks(23_000, 23_010).open(23_500);
    assert_eq!(reached.at(&case, 23_600), RIGHT);
}
