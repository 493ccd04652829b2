//! A client of the model: the real subscription, the real bytes, the real decoder.

use std::collections::HashMap;
use std::sync::Arc;

use sse_wire::{Decoded, Decoder};

use crate::topics::{Filled, Position, Subscription, Topic};
use crate::write_buffer::WriteBuffer;

use super::chance::Chance;

/// What a client was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The event with this number.
    Event(u64),
    /// A gap that ends at this place, behind the id that the client had.
    Gap(Option<Position>, Option<Position>),
}

/// An EventSource: it comes back with its last event id, anywhere.
#[derive(Default)]
pub(super) struct Client {
    /// The node that it is connected to, and its subscription there.
    pub(super) stream: Option<(usize, Subscription)>,
    decoder: Decoder,
    /// Its last event id; empty for none.
    pub(super) id: String,
    /// When it was first told a place.
    pub(super) since: Option<u64>,
    /// The places of the events that it was sent with one.
    pub(super) places: Vec<(Position, u64)>,
    /// What it was sent, and when.
    pub(super) sent: Vec<(u64, Sent)>,
}

impl Client {
    /// Comes to a node, with the id that it has.
    pub(super) fn connect(&mut self, node: usize, topic: &Arc<Topic>) {
        let id = Some(&*self.id).filter(|id| !id.is_empty());
        self.stream = Subscription::join(topic, id).map(|subscription| (node, subscription));
        self.decoder = Decoder::new();
    }

    pub(super) fn cut(&mut self) {
        self.stream = None;
    }

    /// One visit, or part of it: with `cut` the connection ends within its bytes, and if that says
    /// so, also between an event and its place. Answers whether there was something.
    pub(super) fn visit(&mut self, now: u64, cut: Option<(&mut Chance, bool)>) -> bool {
        let Some((_, subscription)) = &mut self.stream else {
            return false;
        };
        let mut out = WriteBuffer::new();
        let filled = subscription.fill(&mut out);
        let bytes = out.wire();
        let is_cut = cut.is_some();
        let cuts_places = cut.as_ref().is_none_or(|(_, places)| *places);
        let taken = match cut {
            Some((chance, _)) => chance.below(bytes.len() as u64 + 1) as usize,
            None => bytes.len(),
        };
        let (sent, places) = (&mut self.sent, &mut self.places);
        let mut id = self.id.clone();
        let mut each = |decoded: Decoded<'_>| match decoded {
            Decoded::Event {
                event: "gap",
                last_event_id,
                ..
            } => {
                let from = Position::parse(&id);
                sent.push((now, Sent::Gap(from, Position::parse(last_event_id))));
                last_event_id.clone_into(&mut id);
            }
            Decoded::Event {
                data,
                last_event_id,
                ..
            } => {
                let number = data.parse().expect("a number");
                sent.push((now, Sent::Event(number)));
                // One that is sent without an id has that of the event before it.
                let place = Position::parse(last_event_id).filter(|_| last_event_id != id);
                places.extend(place.map(|place| (place, number)));
                last_event_id.clone_into(&mut id);
            }
            Decoded::Comment(_) | Decoded::Retry(_) => {}
        };
        let (first, rest) = bytes.split_at(taken);
        self.decoder.push(first, &mut each).expect("small");
        for byte in rest.iter().map(std::slice::from_ref) {
            let id = self.decoder.last_event_id();
            if cuts_places || id.is_empty() || Position::parse(id).is_some() {
                break;
            }
            self.decoder.push(byte, &mut each).expect("small");
        }
        if !self.decoder.last_event_id().is_empty() {
            self.decoder.last_event_id().clone_into(&mut self.id);
            self.since.get_or_insert(now);
        }
        if is_cut || filled == Filled::TooSlow {
            self.cut();
        }
        !bytes.is_empty()
    }

    /// What is wrong with what it was sent: an event that came twice, or one that was acknowledged
    /// after it came, never came, and is in no gap that it was told of.
    pub(super) fn faults(&self, acked: &[super::world::Acked]) -> (Vec<u64>, Vec<u64>) {
        let mut times = HashMap::new();
        let mut gaps = Vec::new();
        for (at, sent) in &self.sent {
            match sent {
                Sent::Event(number) => *times.entry(*number).or_insert(0) += 1,
                Sent::Gap(from, to) => gaps.push((*at, *from, *to)),
            }
        }
        let twice = times.iter().filter(|(_, n)| **n > 1).map(|(n, _)| *n);
        let Some(since) = self.since else {
            return (Vec::new(), Vec::new());
        };
        let is_told = |event: &super::world::Acked| {
            gaps.iter().any(|(at, from, to)| {
                let within = *from < Some(event.place) && Some(event.place) <= *to;
                *at >= event.at || from.is_some() && within
            })
        };
        let lost = acked
            .iter()
            .filter(|event| event.at > since && !times.contains_key(&event.number))
            .filter(|event| !is_told(event))
            .map(|event| event.number);
        (twice.collect(), lost.collect())
    }
}
