//! Bytes that a task hands over, with made-up instants.

use std::task::{Wake, Waker};

use super::*;
use crate::fault::Fault;
use crate::handoff::{Giver, HandoffEnd, handoff};
use bytes::Bytes;

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// A pump, and the task behind it.
struct Piped {
    giver: Option<Giver<Bytes>>,
    pump: Pump,
    start: Instant,
    sent: Vec<u8>,
    events: usize,
    /// The most bytes of a visit.
    most: usize,
}

impl Piped {
    fn new(faults: &[&str]) -> Self {
        let start = Instant::now();
        let (giver, taker) = handoff(64);
        let armed = faults.iter().map(|text| {
            let fault: Fault = text.parse().expect(text);
            Arc::new(Armed::new(7, fault, start))
        });
        Self {
            giver: Some(giver),
            pump: Pump::piped(taker).broken_by(armed.collect(), start),
            start,
            sent: Vec::new(),
            events: 0,
            most: 0,
        }
    }

    /// Hands these bytes over and answers what is sent for them.
    fn give(&mut self, bytes: &[u8]) -> (String, Next) {
        let giver = self.giver.as_ref().expect("it has not ended");
        let bytes = Bytes::copy_from_slice(bytes);
        let length = bytes.len();
        giver.give(bytes, length).expect("the pump is there");
        self.visit()
    }

    fn end(&mut self, how: HandoffEnd) -> (String, Next) {
        self.giver.take().expect("it has not ended").end(how);
        self.visit()
    }

    fn visit(&mut self) -> (String, Next) {
        self.visit_at(0)
    }

    fn visit_at(&mut self, ms: u64) -> (String, Next) {
        let now = Now {
            instant: self.start + Duration::from_millis(ms),
            wall: std::time::UNIX_EPOCH,
        };
        let mut out = WriteBuffer::new();
        let mut text = Vec::new();
        loop {
            out.clear();
            let next = self.pump.fill(now, &mut out);
            text.extend(out.wire());
            self.most = self.most.max(out.len());
            self.events += out.marks().len();
            let has_news = self.pump.has_news(&Waker::from(Arc::new(Nobody)));
            match next {
                Next::More => {}
                Next::Wait { .. } if has_news => {}
                next => {
                    self.sent.extend_from_slice(&text);
                    return (String::from_utf8_lossy(&text).into_owned(), next);
                }
            }
        }
    }
}

const WAIT: Next = Next::Wait { at: None };

#[test]
fn bytes_go_on_as_they_came_and_events_are_counted() {
    let stream = b"\xEF\xBB\xBFid: 1\r\ndata:a\r\n\r\n: note\rdata: caf\xC3\xA9\r\rdata\n\nrest";
    let mut piped = Piped::new(&[]);
    for byte in stream {
        let (sent, next) = piped.give(&[*byte]);
        assert_eq!(
            (sent.is_empty(), next),
            (false, WAIT),
            "it does not wait for more"
        );
    }
    assert_eq!(piped.events, 3);
    assert_eq!(piped.end(HandoffEnd::InOrder), (String::new(), Next::End));
    assert_eq!(piped.sent, stream);
    assert!(piped.pump.is_complete());
}

#[test]
fn a_large_piece_takes_several_visits_and_is_the_same() {
    let stream = b"data: 12345678\n\n".repeat(10_000);
    let mut piped = Piped::new(&[]);
    let (sent, next) = piped.give(&stream);
    assert!(sent.as_bytes() == stream && next == WAIT);
    assert_eq!(piped.events, 10_000);
    assert_eq!(piped.most, 3 * VISIT, "each send costs something");
    let mut broken = Piped::new(&["cut,after=100000"]);
    assert!(broken.give(&stream).0.as_bytes() == stream);
    assert_eq!(broken.events, 10_000);
    assert_eq!(broken.most, VISIT, "where a fault may strike");
}

#[test]
fn it_ends_as_its_task_does() {
    for (how, next, sentence) in [
        (HandoffEnd::Cut, Next::Gone(How::Cut), ""),
        (HandoffEnd::Reset, Next::Gone(How::Reset), ""),
        (
            HandoffEnd::Failed("The file\nchanged.".to_owned()),
            Next::Failed,
            ": The file changed.\n\n",
        ),
    ] {
        let mut piped = Piped::new(&[]);
        piped.give(b"data: 1\n\n");
        assert_eq!(piped.end(how.clone()), (sentence.to_owned(), next));
        assert!(!piped.pump.is_complete());
        let mut within = Piped::new(&[]);
        within.give(b"data: 1\n");
        assert_eq!(
            within.end(how),
            (String::new(), next),
            "no event is made of a part"
        );
    }
}

/// A fault that does not change a block leaves each of its bytes as it is.
#[test]
fn a_fault_changes_events_and_nothing_else() {
    let mut piped = Piped::new(&["cut,after=3"]);
    let stream: &[u8] = b"data:a\r\n\r\n: note\r\n\r\ndata: b\r\rdata: c\n\n";
    for byte in &stream[..stream.len() - 1] {
        assert_eq!(piped.give(&[*byte]).1, WAIT);
    }
    let (sent, next) = piped.give(b"\ndata: d\n\n");
    assert_eq!(sent, "data: c\n\n");
    assert!(
        matches!(next, Next::Broken(Break { how: How::Cut, .. })),
        "{next:?}"
    );
    assert_eq!(piped.sent, stream);

    let mut piped = Piped::new(&["corrupt,after=1", "cut,half,after=2"]);
    piped.give(b"data:1234\n\ndata:1234\r\n\r\ndata:");
    let (_, next) = piped.give(b"5678\n\n");
    assert!(matches!(next, Next::Broken(_)), "{next:?}");
    let text = String::from_utf8_lossy(&piped.sent);
    assert_eq!(text, "data:1234\n\ndata: 12\r\n\r\ndata:5");
}

#[test]
fn what_a_task_gave_before_its_end_is_sent_with_a_fault_too() {
    for (how, next) in [
        (HandoffEnd::InOrder, Next::End),
        (HandoffEnd::Cut, Next::Gone(How::Cut)),
    ] {
        for fault in ["drop=\"none of them\"", "hold=3ev", "ends=lf"] {
            let mut piped = Piped::new(&[fault]);
            piped.give(b"data: 1\n\ndata: 2");
            assert_eq!(piped.end(how.clone()).1, next, "{fault}");
            assert_eq!(piped.sent, b"data: 1\n\ndata: 2", "{fault}");
        }
    }
}

#[test]
fn a_silence_takes_nothing_and_does_not_spin() {
    let mut piped = Piped::new(&["silence,after=1,for=1s"]);
    piped.give(b"data: 1\n\n");
    let (sent, next) = piped.give(b"data: 2\n\n");
    assert_eq!(sent, "");
    let at = Some(piped.start + Duration::from_secs(1));
    assert_eq!(next, Next::Wait { at });
    assert_eq!(piped.visit_at(1000), ("data: 2\n\n".to_owned(), WAIT));
}

#[test]
fn a_block_beyond_all_measure_is_let_through_in_parts() {
    let mut piped = Piped::new(&["cut,after=2"]);
    let line = [&b"data: "[..], &b"x".repeat(2 << 20)].concat();
    let (sent, next) = piped.give(&line);
    assert!(sent.len() > (1 << 20) && next == WAIT);
    piped.give(b"\n\ndata: 2\n");
    let (_, next) = piped.give(b"\ndata: 3\n\n");
    assert!(matches!(next, Next::Broken(_)), "{next:?}");
    assert_eq!(piped.sent, [&line[..], b"\n\ndata: 2\n\n"].concat());
}

#[test]
fn the_task_learns_that_the_pump_is_gone() {
    let (giver, taker) = handoff(64);
    let pump = Pump::piped(taker);
    drop(pump);
    assert!(giver.give(Bytes::from_static(b"data: 1\n\n"), 9).is_err());
}
