//! M1 to M5.

use super::*;

const URL: &str = "/lab/case/M/me";

const OLD: Profile = Profile::Mcp20251125;
const NEW: Profile = Profile::Mcp20260728;

const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");
const SESSION: (&str, &str) = ("mcp-session-id", "lab-session");
const VERSION: (&str, &str) = ("mcp-protocol-version", "2025-11-25");

/// The fields of a good client of 2025-11-25.
const GOOD: [(&str, &str); 3] = [ACCEPT, SESSION, VERSION];

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

fn rpc(id: &str, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"name":"wait"}}}}"#)
}

/// The fields of a head.
type Fields = Vec<(&'static str, String)>;

/// A request of 2026-07-28, and its head.
fn new_rpc(id: &str, method: &str) -> (Fields, String) {
    let fields = vec![
        (ACCEPT.0, ACCEPT.1.to_owned()),
        ("mcp-protocol-version", "2026-07-28".to_owned()),
        ("mcp-method", method.to_owned()),
        ("mcp-name", "wait".to_owned()),
    ];
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
    let params = format!(r#"{{"name":"wait",{meta}}}"#);
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
    (fields, body)
}

impl Walk {
    fn post(&mut self, at: u64, fields: &[(&str, &str)], body: &str) -> Got {
        self.sends(at, &format!("POST {URL}"), fields, body)
    }

    /// The same, with the fields of 2026-07-28.
    fn posts(&mut self, at: u64, (fields, body): (Vec<(&str, String)>, String)) -> Got {
        let fields = fields.iter().map(|(name, value)| (*name, &**value));
        self.post(at, &fields.collect::<Vec<_>>(), &body)
    }

    fn get(&mut self, at: u64, fields: &[(&str, &str)]) -> Got {
        self.sends(at, &format!("GET {URL}"), fields, "")
    }

    /// The handshake of 2025-11-25, and the call, which loses its answer at 320 ms.
    fn called(id: &str) -> Self {
        let mut walk = Self::of(id);
        let began = walk.post(0, &[ACCEPT], &rpc("0", "initialize"));
        assert!(began.is_aside() && began.body.contains(r#""id":0,"result""#));
        let noticed = walk.post(5, &GOOD, INITIALIZED);
        assert_eq!((noticed.status, &*noticed.body), (202, ""));
        let listed = walk.post(10, &GOOD, &rpc("\"a\"", "tools/list"));
        assert!(listed.body.contains(r#""id":"a","result":{"tools":["#));
        let call = walk.post(20, &GOOD, &rpc("7", "tools/call"));
        assert!(!call.is_aside());
        assert_eq!(call.lasts, Some(Duration::from_millis(300)));
        walk
    }

    fn resumes(&mut self, at: u64, id: &str) -> Got {
        let brought = ("last-event-id", id);
        self.get(at, &[&GOOD[..], &[brought]].concat())
    }
}

#[test]
fn a_call_that_lost_its_answer_is_resumed_by_get() {
    for id in ["M1", "M2", "M3"] {
        let mut walk = Walk::of(id);
        let call = walk.post(0, &GOOD, &rpc("7", "tools/call"));
        let primed = format!("retry: 900\nid: {id}-start\ndata: \n\n");
        assert_eq!(call.body, primed);

        let mut walk = Walk::called(id);
        assert_eq!(walk.said(OLD, 8_319), OPEN);
        let words = "It did not come back within 8 s.";
        assert_eq!(walk.said(OLD, 8_320), is("wrong", words));
        let back = walk.resumes(1_220, &format!("{id}-start"));
        // The answer has the id of the call, which a GET does not name.
        assert!(back.body.contains(r#""id":7,"result""#), "{}", back.body);
        assert_eq!(walk.said(OLD, 1_220), RIGHT, "{id}");
        assert_eq!(walk.said(NEW, 1_220), OPEN, "it has other cases");
    }
}

/// It comes beside the handshake, so it may also come behind the first call.
#[test]
fn the_stream_that_a_client_opens_beside_its_calls_is_no_return() {
    let mut walk = Walk::of("M1");
    let got = walk.get(0, &GOOD);
    assert_eq!((got.is_aside(), got.status), (true, 405));
    let body = rpc("7", "tools/call");
    let asked = Asked {
        method: "POST".to_owned(),
        body: body.clone().into_bytes(),
        ..Asked::default()
    };
    let request = Request::new("POST", URL, [], body.as_bytes());
    let now = walk.at(20);
    // Its answer has not ended yet.
    walk.run.visit(cases(), walk.case, (asked, &request), now);
    assert!(walk.get(25, &GOOD).is_aside());
    assert!(!walk.resumes(26, "M1-start").is_aside());
}

#[test]
fn a_return_that_is_too_early_or_without_an_id_is_wrong() {
    let mut early = Walk::called("M1");
    early.resumes(820, "M1-start");
    let words = "It came back after 500 ms, and was told 900 ms.";
    assert_eq!(early.said(OLD, 820), is("wrong", words));

    let mut forgetful = Walk::called("M2");
    let got = forgetful.get(1_220, &GOOD);
    assert!(!got.is_aside(), "it is a return");
    let words = "It came back without the id of the event that has no data.";
    assert_eq!(forgetful.said(OLD, 1_220), is("wrong", words));

    let mut other = Walk::called("M2");
    other.resumes(1_220, "x");
    let words =
        "It came back with the last event id 'x', and not with the last event id 'M2-start'.";
    assert_eq!(other.said(OLD, 1_220), is("wrong", words));
}

#[test]
fn a_return_by_post_or_with_a_poor_head_is_wrong() {
    let mut walk = Walk::called("M3");
    let again = walk.post(1_220, &GOOD, &rpc("8", "tools/call"));
    assert!(again.body.contains(r#""id":8,"result""#), "{}", again.body);
    let words = "It came back with POST in place of GET.";
    assert_eq!(walk.said(OLD, 1_220), is("wrong", words));
    for (missing, words) in [
        (
            "accept",
            "It came back without text/event-stream in Accept.",
        ),
        (
            "mcp-protocol-version",
            "It came back without the version 2025-11-25 in MCP-Protocol-Version.",
        ),
        (
            "mcp-session-id",
            "It came back without the id of its session in MCP-Session-Id.",
        ),
    ] {
        let mut walk = Walk::called("M3");
        let fields = GOOD.into_iter().filter(|field| field.0 != missing);
        let fields = fields.chain([("last-event-id", "M3-start")]);
        walk.get(1_220, &fields.collect::<Vec<_>>());
        assert_eq!(walk.said(OLD, 1_220), is("wrong", words));
    }
}

#[test]
fn a_call_that_lost_its_answer_is_made_anew() {
    let lost = || {
        let mut walk = Walk::of("M4");
        let call = walk.posts(0, new_rpc("1", "tools/call"));
        assert!(!call.is_aside() && call.body.starts_with(':'));
        assert_eq!(call.lasts, Some(Duration::from_millis(300)));
        walk
    };
    let words = "It did not come back within 12 s: the call is lost, unless the program that made \
                 it makes it again.";
    assert_eq!(lost().said(NEW, 12_299), OPEN);
    assert_eq!(lost().said(NEW, 12_300), is("wrong", words));
    let mut right = lost();
    let got = right.posts(400, new_rpc("2", "tools/call"));
    let result = r#""id":2,"result":{"resultType":"complete""#;
    assert!(got.body.contains(result), "{}", got.body);
    assert_eq!(right.said(NEW, 400), RIGHT);

    let mut same = lost();
    same.posts(400, new_rpc("1", "tools/call"));
    let words = "It sent the request anew with the id 1, which it had before: it needs a new one.";
    assert_eq!(same.said(NEW, 400), is("wrong", words));
    let mut resumes = lost();
    assert!(!resumes.get(400, &[]).is_aside(), "it is a return");
    let words = "It came back with GET, and there is nothing to go on with: a request that lost \
                 its answer is sent anew by POST.";
    assert_eq!(resumes.said(NEW, 400), is("wrong", words));
    let mut brings = lost();
    let (mut fields, body) = new_rpc("2", "tools/call");
    fields.push(("last-event-id", "x".to_owned()));
    brings.posts(400, (fields, body));
    let words = "It brought the last event id 'x', and this version of MCP has none.";
    assert_eq!(brings.said(NEW, 400), is("wrong", words));
}

#[test]
fn the_heads_of_2025_11_25_are_looked_at() {
    let walked = |begin: &[(&str, &str)], later: &[(&str, &str)]| {
        let mut walk = Walk::of("M5-2025");
        walk.post(0, begin, &rpc("0", "initialize"));
        walk.post(5, later, INITIALIZED);
        walk.get(6, later);
        let got = walk.post(20, later, &rpc("1", "tools/call"));
        assert!(got.body.contains(r#""id":1,"result""#), "{}", got.body);
        walk.said(OLD, 20)
    };
    assert_eq!(walked(&[ACCEPT], &GOOD), RIGHT);
    let json = ("accept", "application/json");
    let stream = ("accept", "text/event-stream");
    let older = ("mcp-protocol-version", "2025-06-18");
    for (begin, later, words) in [
        (
            stream,
            &GOOD[..],
            "In POST initialize its Accept has no application/json.",
        ),
        (
            json,
            &GOOD,
            "In POST initialize its Accept has no text/event-stream.",
        ),
        (
            ACCEPT,
            &[ACCEPT, SESSION],
            "In POST notifications/initialized there is no MCP-Protocol-Version.",
        ),
        (
            ACCEPT,
            &[ACCEPT, SESSION, older],
            "In POST notifications/initialized its MCP-Protocol-Version is not the one that was \
             agreed, 2025-11-25.",
        ),
        (
            ACCEPT,
            &[ACCEPT, VERSION],
            "In POST notifications/initialized its MCP-Session-Id is not that of the session.",
        ),
    ] {
        assert_eq!(walked(&[begin], later), is("wrong", words));
    }
    let mut rude = Walk::of("M5-2025");
    rude.post(0, &GOOD, &rpc("1", "tools/call"));
    let words = "It did not send initialize first.";
    assert_eq!(rude.said(OLD, 0), is("wrong", words));
    let mut get = Walk::of("M5-2025");
    get.post(0, &[ACCEPT], &rpc("0", "initialize"));
    get.get(5, &[json, SESSION, VERSION]);
    get.post(20, &GOOD, &rpc("1", "tools/call"));
    let words = "In GET its Accept has no text/event-stream.";
    assert_eq!(get.said(OLD, 20), is("wrong", words));
}

#[test]
fn the_heads_of_2026_07_28_are_looked_at() {
    let called = |change: &dyn Fn(&mut Fields)| {
        let mut walk = Walk::of("M5-2026");
        let found = walk.posts(0, new_rpc("\"probe\"", "server/discover"));
        assert!(found.is_aside() && found.body.contains(r#""id":"probe","result""#));
        assert!(found.body.contains(r#""supportedVersions":["2026-07-28"]"#));
        let (mut fields, body) = new_rpc("1", "tools/call");
        change(&mut fields);
        walk.posts(20, (fields, body));
        walk.said(NEW, 20)
    };
    assert_eq!(called(&|_| ()), RIGHT);
    let no_json = "its Accept has no application/json";
    let other_name = "its Mcp-Name is not the name in its body";
    for (name, value, words) in [
        ("accept", Some("text/event-stream"), no_json),
        ("accept", None, no_json),
        (
            "accept",
            Some("application/json"),
            "its Accept has no text/event-stream",
        ),
        (
            "mcp-protocol-version",
            None,
            "there is no MCP-Protocol-Version",
        ),
        (
            "mcp-protocol-version",
            Some("2025-11-25"),
            "its MCP-Protocol-Version is not 2026-07-28",
        ),
        ("mcp-method", None, "there is no Mcp-Method"),
        (
            "mcp-method",
            Some("tools/list"),
            "its Mcp-Method is not the method of its body",
        ),
        ("mcp-name", None, other_name),
        ("mcp-name", Some("weight"), other_name),
    ] {
        let said = called(&|fields| {
            fields.retain(|(own, _)| *own != name);
            fields.extend(value.map(|value| (name, value.to_owned())));
        });
        assert_eq!(said, is("wrong", &format!("In POST tools/call {words}.")));
    }
    let said = called(&|fields| fields.push(("last-event-id", "x".to_owned())));
    let words = "In POST tools/call there is a last event id, which this version has not.";
    assert_eq!(said, is("wrong", words));
}

/// Whatever a client sends is answered, and is no turn unless it is the call.
#[test]
fn what_is_not_known_is_answered_in_words() {
    let (no_message, no_method) = ("send one message of JSON-RPC", "There is no such method");
    let posts = [
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"roots/x"}"#,
            200,
            no_method,
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":["tools/call"]}"#,
            200,
            no_method,
        ),
        ("", 400, no_message),
        ("rubbish", 400, no_message),
        ("[1]", 400, no_message),
        ("3", 400, no_message),
        ("null", 400, no_message),
        ("\"tools/call\"", 400, no_message),
        (r#"[{"method":"tools/call"}]"#, 400, no_message),
    ];
    let posts = posts.map(|(body, status, words)| ("POST", body, status, words));
    let others = [
        ("DELETE", "", 405, "leave, and it is over"),
        ("PUT", "x", 405, "leave, and it is over"),
        ("GET", "", 405, "POST"),
    ];
    for (id, profile) in [("M1", OLD), ("M4", NEW)] {
        for (method, body, status, words) in posts.into_iter().chain(others) {
            let mut walk = Walk::of(id);
            let got = walk.sends(0, &format!("{method} {URL}"), &[], body);
            assert!(got.is_aside(), "{id} {method} {body}");
            assert_eq!(got.status, status, "{id} {method} {body}");
            assert!(
                got.body.contains(words),
                "{id} {method} {body}: {}",
                got.body
            );
            let (kind, _) = walk.said(profile, 12_000).expect("it stopped");
            assert_eq!(kind, "not reached");
        }
    }
    let mut old = Walk::of("M1");
    let got = old.post(0, &[], &rpc("1", "server/discover"));
    assert_eq!((got.status, got.is_aside()), (400, true));
    let mut new = Walk::of("M4");
    let asked = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
    let got = new.post(0, &[], asked);
    assert!(got.body.contains(r#""code":-32022"#), "{}", got.body);
    assert!(
        got.body.contains(r#""requested":"2025-11-25""#),
        "{}",
        got.body
    );
}

/// What comes beside a case is bounded, as all that is kept.
#[test]
fn of_many_requests_beside_a_case_the_first_are_kept() {
    let mut walk = Walk::of("M1");
    for at in 0..100 {
        walk.post(at, &[], "rubbish");
    }
    let (seen, _) = walk.run.seen(walk.case, walk.at(100)).expect("it came");
    assert_eq!((seen.asides.len(), seen.requests.len()), (KEPT_REQUESTS, 0));
    assert!(seen.asides.iter().all(|asked| asked.ended.is_some()));
}
