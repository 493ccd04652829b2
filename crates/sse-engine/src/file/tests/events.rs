//! Events that would harm a client, or that a client could not resume from.

use super::mistakes::refused;
use super::one;

/// Each of these once led a client that came back to the wrong event, or back to the beginning for
/// ever.
#[test]
fn an_id_that_does_not_lead_back_to_one_event_is_told() {
    refused(&[
        (
            "id = \"same\"",
            3,
            "id = \"same\" is the same for every event",
        ),
        ("id = \" t{n}\"", 3, "white space at its ends"),
        ("id = \"t{n}\\t\"", 3, "has a control character"),
        ("id = \"t\\u0001{n}\"", 3, "has a control character"),
        (
            "id = \"x\"\nevents = [\"a\", \"b\"]",
            4,
            "The id \"x\" is that of another event too",
        ),
        (
            "events = [\n{ id = \"x\", data = \"a\" },\n{ id = \"x\", data = \"b\" }]",
            5,
            "The id \"x\" is that of another event too",
        ),
        (
            "events = [{ id = \"2\", data = \"a\" },\n\"two\"]",
            3,
            "The id \"2\" is that of another event too",
        ),
        (
            "repeat = true\nevents = [{ id = \"x\", data = \"a\" }]",
            4,
            "The id \"x\" comes again with each round",
        ),
    ]);
    one("id = \"same\"\ncount = 1");
    one("events = [{ id = \"\", data = \"a\" }, { id = \"\", data = \"b\" }]");
}

/// The preview of such a stream went on for ever, and a client of it took a core.
#[test]
fn an_event_that_may_be_nothing_at_all_is_told() {
    refused(&[
        (
            "events = [{ event = \"{pick |}\" }]",
            3,
            "has nothing in it",
        ),
        (
            "events = [{ event = \"{pick a|}\", after = \"1s\" }]",
            3,
            "has nothing in it",
        ),
    ]);
    one("events = [{ event = \"{pick a|}\", data = \"\" }]");
    one("events = [{ event = \"heard by nobody\" }]");
}

#[test]
fn an_event_larger_than_a_topic_would_take_is_told() {
    let times = "{now}".repeat(50_000);
    refused(&[(&format!("data = \"{times}\""), 3, "can be more than 1 MiB")]);
    let lines = "\\n".repeat(150_000);
    refused(&[(&format!("data = \"{lines}\""), 3, "can be more than 1 MiB")]);
}
