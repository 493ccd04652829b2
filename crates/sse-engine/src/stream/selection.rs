//! The events of a list that are for one request.
//!
//! They are chosen once, when the request arrives, and make a stream of their own: its numbers, its
//! ids and its count are those of the events that are left. So whoever reconnects with the same
//! request goes on where it was.

use std::sync::Arc;

use super::{BadTemplate, Entry, Request, Source, Stream, Template};

impl Stream {
    /// Whether what it sends depends on what a client asks for, besides what every stream takes
    /// from a query.
    pub fn asks(&self) -> bool {
        let asks = |entry: &Entry| {
            let texts = [&entry.data, &entry.comment];
            entry.when.is_some() || texts.into_iter().flatten().any(Template::asks)
        };
        self.entries().iter().any(asks)
    }

    /// The stream as this request has it: without the events of its list that are for others.
    pub fn chosen(self: &Arc<Self>, request: &Request) -> Arc<Self> {
        let Source::List(entries) = &self.source else {
            return Arc::clone(self);
        };
        if entries.iter().all(|entry| entry.when.is_none()) {
            return Arc::clone(self);
        }
        let all = entries.len() as u64;
        let mut left: Vec<Entry> = Vec::new();
        let mut count = 0;
        for (entry, place) in entries.iter().zip(1..) {
            let holds = entry.when.as_ref().map(|when| when.holds(request));
            match holds {
                None | Some(Ok(true)) => left.push(entry.clone()),
                Some(Ok(false)) => continue,
                Some(Err(bad)) => left.push(excuse(place, &bad)),
            }
            count += u64::from(self.count.is_none_or(|count| place <= count));
        }
        let again = self.count.is_none_or(|count| count > all);
        if left.is_empty() {
            // A list has something; of this one, nothing is sent.
            left.push(Entry::default());
        }
        Arc::new(Self {
            source: Source::List(left),
            count: match again && count > 0 {
                true => self.count,
                false => Some(count),
            },
            ..(**self).clone()
        })
    }
}

/// What is sent in place of an event whose condition failed.
fn excuse(place: u64, bad: &BadTemplate) -> Entry {
    let sentence = format!(
        "Whether event {place} of the list is sent could not be told: {}",
        bad.sentence
    );
    Entry {
        comment: Some(Template::plain(&sentence)),
        ..Entry::default()
    }
}
