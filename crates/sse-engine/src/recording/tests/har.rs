//! HAR: what browsers write is read, and what we write comes back.

use serde_json::{Value, json};

use super::foreign::{any, pieces};
use super::*;

/// What the network panel of Chromium saves of a stream, with what it does not save but may one
/// day: the events.
fn chromium() -> Value {
    json!({"log": {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "pages": [],
        "entries": [{
            "_connectionId": "12",
            "_initiator": {"type": "script", "stack": {"callFrames": [{"url": "u", "lineNumber": 3}]}},
            "_priority": "High",
            "_resourceType": "eventsource",
            "cache": {},
            "connection": "443",
            "request": {
                "method": "GET",
                "url": "https://api.example:8443/live?key=k1#top",
                "httpVersion": "http/2.0",
                "headers": [
                    {"name": ":authority", "value": "api.example:8443"},
                    {"name": "accept", "value": "text/event-stream"},
                    {"name": "cookie", "value": "a=b"},
                ],
                "queryString": [{"name": "key", "value": "k1"}],
                "cookies": [{"name": "a", "value": "b", "expires": "2030-01-01T00:00:00.000Z", "httpOnly": false}],
                "headersSize": -1,
                "bodySize": 0,
            },
            "response": {
                "status": 200,
                "statusText": "",
                "httpVersion": "http/2.0",
                "headers": [
                    {"name": "content-type", "value": "text/event-stream; charset=utf-8"},
                    {"name": "set-cookie", "value": "a=1\nb=2"},
                ],
                "cookies": [],
                "content": {
                    "size": 40,
                    "mimeType": "text/event-stream",
                    "text": ": hi\n\nid: 1\ndata: é\n\nevent: tick\ndata: b\n\n",
                },
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
                "_transferSize": 120,
                "_error": null,
            },
            "serverIPAddress": "127.0.0.1",
            "startedDateTime": "2026-11-27T11:00:00.000+01:00",
            "time": 1112.5,
            "timings": {
                "blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 1, "wait": 10,
                "receive": 1100, "_blocked_queueing": 1.0,
            },
        }],
    }})
}

#[test]
fn what_chromium_saves_is_read() {
    let imported = any(chromium().to_string());
    let expected = "wire 1
# recorded 2026-11-27T11:00:00.000+01:00 by WebInspector 537.36
> GET /live?key=k1#top HTTP/2
> host: api.example:8443
> accept: text/event-stream
> cookie: a=b
@ 12.5ms
< HTTP/2 200
< content-type: text/event-stream; charset=utf-8
< set-cookie: a=1
< set-cookie: b=2
# The HAR has no times within a body: its pieces are guessed, one an event, and spread evenly.
@ 366.666ms
| : hi
|
@ 366.666ms
| id: 1
| data: é
|
@ 366.666ms
| event: tick
| data: b
|
= end
";
    assert_eq!(imported.recording.to_text(), expected);
    assert_eq!(imported.notes.len(), 1);
    let (clean, secrets) = imported.recording.without_secrets();
    assert_eq!(secrets, 4);
    assert!(!clean.to_text().contains("a=1") && !clean.to_text().contains("k1"));
}

#[test]
fn the_events_of_a_har_give_their_times() {
    let mut har = chromium();
    let begin = 1_795_773_600.0;
    let messages = json!([
        {"time": begin + 0.1, "eventName": "message", "eventId": "1", "data": "é"},
        {"time": (begin + 0.5) * 1000.0, "event": "tick", "id": "1", "data": "b"},
    ]);
    har["log"]["entries"][0]["_eventSourceMessages"] = messages;
    let imported = any(har.to_string());
    assert_eq!(
        pieces(&imported.recording),
        [
            (87_500, ": hi\n\nid: 1\ndata: é\n\n".to_owned()),
            (400_000, "event: tick\ndata: b\n\n".to_owned()),
        ]
    );
    assert!(
        imported.notes[0].contains("times of events"),
        "{:?}",
        imported.notes
    );

    // Without a body, which open streams often do not have, the events make it.
    let entry = &mut har["log"]["entries"][0];
    entry["response"]["content"]["text"] = Value::Null;
    entry["_eventSourceMessages"][0]["time"] = json!("2026-11-27T10:00:00.1Z");
    let imported = any(har.to_string());
    assert_eq!(
        pieces(&imported.recording),
        [
            (87_500, "id: 1\ndata: é\n\n".to_owned()),
            (400_000, "event: tick\ndata: b\n\n".to_owned()),
        ]
    );
    assert!(
        imported.notes[0].contains("made up of the events"),
        "{:?}",
        imported.notes
    );

    // Times without a date tell only intervals.
    let entry = &mut har["log"]["entries"][0];
    entry["_eventSourceMessages"][0]["time"] = json!(70.25);
    entry["_eventSourceMessages"][1]["time"] = json!(70.75);
    let waits: Vec<_> = pieces(&any(har.to_string()).recording)
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(waits, [0, 500_000]);

    har["log"]["entries"][0]["_eventSourceMessages"] = json!([]);
    let imported = any(har.to_string());
    assert!(
        imported.notes[0].contains("no body of a stream"),
        "{:?}",
        imported.notes
    );
}

#[test]
fn each_entry_is_an_exchange_and_says_how_it_ended() {
    let mut har = chromium();
    let first = har["log"]["entries"][0].clone();
    let mut entry = first.clone();
    entry["response"]["_error"] = json!("net::ERR_CONNECTION_RESET");
    entry["startedDateTime"] = json!("2026-11-27T10:00:03.1125Z");
    let list = har["log"]["entries"].as_array_mut().expect("a list");
    list.push(entry);
    let mut refused = first.clone();
    refused["response"] = json!({"status": 0, "statusText": "", "headers": [], "cookies": [],
        "content": {"size": 0, "mimeType": "x-unknown"}, "_error": "net::ERR_CONNECTION_REFUSED"});
    list.push(refused);
    list.push(json!({"response": {"status": -1, "_failureText": "net::ERR_TIMED_OUT"}}));
    list.push(json!({}));
    let mut post = first;
    post["request"]["method"] = json!("POST");
    post["request"]["postData"] = json!({"mimeType": "application/json", "text": "{\"a\":1}"});
    post["response"]["headers"][0]["value"] = json!("image/png");
    post["response"]["content"] = json!({"text": "iVBO/w", "encoding": "base64"});
    list.push(post);
    let recording = any(har.to_string()).recording;
    let ends: Vec<_> = recording.exchanges().filter_map(Exchange::end).collect();
    assert_eq!(
        ends,
        [
            End::End,
            End::Reset,
            End::Cut,
            End::Timeout,
            End::Open,
            End::End
        ]
    );
    let pauses: Vec<_> = recording
        .exchanges()
        .map(|it| it.begin().as_millis())
        .collect();
    assert_eq!(pauses, [0, 2000, 0, 0, 0, 0]);
    let last = recording.exchanges().last().expect("six");
    assert_eq!(last.request_body(), b"{\"a\":1}");
    assert_eq!(last.pieces()[0].bytes, b"\x89PN\xff");
}

#[test]
fn a_har_of_ours_is_one_of_har_1_2() {
    let text = EXAMPLE.replace("> authorization", "> host: api.example\n> authorization");
    let har: Value = serde_json::from_str(&read(&text).to_har()).expect("JSON");
    let log = &har["log"];
    assert_eq!(
        (&log["version"], &log["creator"]["name"]),
        (&json!("1.2"), &json!("sse"))
    );
    let entry = &log["entries"][0];
    assert_eq!(entry["startedDateTime"], "2026-11-27T10:00:00.000Z");
    assert_eq!(entry["time"], json!(15_528));
    let timings = &entry["timings"];
    assert_eq!(
        (&timings["send"], &timings["wait"], &timings["receive"]),
        (&json!(0), &json!(412), &json!(15_116))
    );
    let request = &entry["request"];
    assert_eq!(request["url"], "https://api.example/v1/chat/completions");
    assert_eq!(
        request["postData"]["text"],
        "{\"model\":\"m\",\"stream\":true}\n"
    );
    // Each of these is asked for by the import of DevTools.
    for (object, fields) in [
        (
            request,
            &[
                "method",
                "httpVersion",
                "cookies",
                "headers",
                "queryString",
                "headersSize",
                "bodySize",
            ][..],
        ),
        (
            &entry["response"],
            &[
                "status",
                "statusText",
                "httpVersion",
                "cookies",
                "headers",
                "content",
                "redirectURL",
                "headersSize",
                "bodySize",
            ],
        ),
        (&entry["response"]["content"], &["size", "mimeType", "text"]),
        (entry, &["cache", "timings"]),
    ] {
        for field in fields {
            assert!(!object[field].is_null(), "{field} in {object}");
        }
    }
    assert_eq!(entry["_chunks"][1], json!({"wait": 80, "size": 20}));
    let messages = entry["_eventSourceMessages"].as_array().expect("a list");
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1]["data"], "{\"delta\":\"caf\u{e9}\"}");
    assert_eq!(messages[1]["time"], json!(1_795_773_600.528));
    assert_eq!(entry["_end"], "cut");
    assert!(
        entry["comment"]
            .as_str()
            .expect("it has")
            .starts_with("recorded 2026")
    );
}

#[test]
fn a_recording_comes_back_from_a_har_but_for_its_faults() {
    let again = any(read(EXAMPLE).to_har()).recording.to_text();
    assert_eq!(again, EXAMPLE.replace("! cut,half\n", ""));
}

#[test]
fn the_pieces_are_not_believed_where_they_are_not_those_of_the_body() {
    let mut har: Value = serde_json::from_str(&read(EXAMPLE).to_har()).expect("JSON");
    for sizes in [json!([1, 2]), json!([u64::MAX, 2]), json!([1000])] {
        let chunks = sizes.as_array().expect("a list").iter();
        har["log"]["entries"][0]["_chunks"] = chunks.map(|size| json!({"size": size})).collect();
        let imported = any(har.to_string());
        assert_eq!(imported.notes.len(), 1, "{:?}", imported.notes);
    }
}

#[test]
fn times_that_are_none_are_no_time() {
    let mut har = chromium();
    let entry = &mut har["log"]["entries"][0];
    entry["timings"] = json!({"wait": -5, "send": 1e300, "receive": -1e300});
    entry["startedDateTime"] = json!("soon\u{1b}");
    entry["request"]["url"] = json!("\u{0} :// a b");
    entry["request"]["method"] = json!(" ");
    entry["comment"] = json!("a\u{1b}b\nc");
    let text = any(har.to_string()).recording.to_text();
    assert!(text.contains("# a b\n# c\n"), "{text}");
    assert!(text.contains("@ 999999999s\n<"), "{text}");
}
