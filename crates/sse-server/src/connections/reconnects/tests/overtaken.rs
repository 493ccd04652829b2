//! Clients whose request is read before the end of their last connection is seen, where the id that
//! they bring is of no event that is still known.

use bytes::Bytes;
use sse_engine::handoff::handoff;
use sse_engine::pump::{Pump, SentIds};
use sse_engine::write_buffer::WriteBuffer;

use super::*;

#[test]
fn the_id_of_an_event_that_the_topic_dropped_tells_whose_return_it_is() {
    let desk = Desk::new();
    let old = desk.comes(0, untagged(None), 1);
    old.sent(7, Some(7), 100);
    let client = desk.client(untagged(Some("7")));
    let dropped = Resume {
        had: None,
        ..desk.resume(&client, 9)
    };
    let back = desk.table.open_at(client, &dropped, desk.now(5000));
    let _back = back.expect("there is room");
    // Others, which it is not.
    let _others = ["earliest", "70"].map(|id| desk.comes(5001, untagged(Some(id)), 1));
    desk.ends(&old, CLOSED, 5010);
    let said = desk.said(6000, 1).expect("its id says so");
    assert_eq!(said.other, Some(2), "{}", said.words);
}

#[test]
fn any_id_of_a_forwarded_stream_tells_whose_return_it_is() {
    let desk = Desk::new();
    let ids = Arc::new(SentIds::default());
    let (upstream, taker) = handoff(1000);
    let mut pump = Pump::piped_with_ids(taker, Arc::clone(&ids));
    let bytes = Bytes::from_static(b"id: early\ndata: 1\n\nid: late\ndata: 2\n\n");
    upstream.give(bytes, 1).expect("the pump is there");
    pump.fill(desk.now(0), &mut WriteBuffer::new());
    let client = |brought, ids: &Arc<SentIds>| Client {
        numbers: Numbering::Forwarded(Arc::clone(ids)),
        ..desk.client(untagged(brought))
    };
    let old = desk.enters(0, client(None, &ids), 1);
    old.sent(2, Some(2), 100);
    let _back = desk.enters(5000, client(Some("early"), &Arc::default()), 1);
    let _other = desk.enters(5001, client(Some("elsewhere"), &Arc::default()), 1);
    desk.ends(&old, CLOSED, 5010);
    let said = desk.said(6000, 1).expect("its id says so");
    assert_eq!(said.other, Some(2), "{}", said.words);
}
