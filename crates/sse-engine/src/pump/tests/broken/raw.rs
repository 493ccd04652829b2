//! Raw bytes that a fault strikes, each as it once went wrong.

use super::*;

/// A stream of these events, all at once.
fn raw(events: &str) -> Stream {
    let text =
        format!("[[stream]]\npath = \"/raw\"\nevery = \"0ms\"\nid = false\nevents = [{events}]\n");
    let mut streams = file::read(&text).expect(&text);
    streams.pop().expect("there is one")
}

fn bytes_of(events: &str, faults: &[&str]) -> (Vec<u8>, Next) {
    let mut bench = Bench::broken(&raw(events), faults);
    let (mut out, mut all) = (WriteBuffer::new(), Vec::new());
    loop {
        out.clear();
        let next = bench.pump.fill(at(bench.now), &mut out);
        all.extend(out.wire());
        match next {
            Next::Wait { at: Some(at) } => bench.now = at,
            Next::More => {}
            next => return (all, next),
        }
    }
}

/// Each line got the end that lines of the stream have, and a line without an end got one.
#[test]
fn a_fault_leaves_raw_bytes_as_they_are() {
    let events = r"{ raw = 'data: a\r\n\n' }, { raw = 'data: \xc3\r\r' }, { raw = 'id: half' }";
    let whole = b"data: a\r\n\ndata: \xc3\r\rid: half";
    for fault in ["cut,after=30s", "split=3", "hold=end", "comment=x,after=9"] {
        let (bytes, next) = bytes_of(events, &[fault]);
        assert_eq!(bytes, whole, "{fault}");
        assert_eq!(next, Next::End, "{fault}");
    }
    let (bytes, _) = bytes_of(events, &["ends=crlf"]);
    assert_eq!(bytes, b"data: a\r\n\r\ndata: \xc3\r\n\r\nid: half");
}

/// They were no events, so a cut behind the second one never came, and nothing spoiled them.
#[test]
fn raw_bytes_count_where_they_end_an_event() {
    let events =
        r"{ raw = 'data: a\n\ndata: b\n\n' }, { raw = ': c\n\n' }, { raw = 'data: d\n' }, 'e', 'f'";
    for (after, sent) in [
        (0, ""),
        (1, "data: a\n\n"),
        (2, "data: a\n\ndata: b\n\n"),
        // The half event and the one behind it are one.
        (3, "data: a\n\ndata: b\n\n: c\n\ndata: d\ndata: e\n\n"),
    ] {
        let (bytes, next) = bytes_of(events, &[&format!("cut,after={after}")]);
        assert_eq!(bytes, sent.as_bytes(), "{after}");
        assert_eq!(next, broken(How::Cut), "{after}");
    }
    let (bytes, _) = bytes_of(r"{ raw = 'id: 1\r\ndata: a\r\n\r\n' }", &["nul-id"]);
    assert_eq!(bytes, b"id: 1\0\r\ndata: a\r\n\r\n");
}

/// Without a fault, too: the table counts them.
#[test]
fn the_ends_of_events_are_marked_in_raw_bytes() {
    let mut bench = Bench::new(
        &raw(
            r"'a', { raw = 'data: b\n\n: c\n\ndata: d' }, 'e', { raw = '\xef\xbb\xbfdata: f\n\n' }",
        ),
        KeepAlive::Off,
        None,
    );
    let mut out = WriteBuffer::new();
    bench.pump.fill(at(bench.now), &mut out);
    let marks: Vec<_> = out.marks().map(|mark| (mark.end, mark.number)).collect();
    // A byte order mark within a stream is none.
    assert_eq!(marks, [(9, Some(1)), (18, None), (39, Some(3))]);
}
