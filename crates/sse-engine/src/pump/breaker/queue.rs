//! Bytes on their way to the socket, and the places in them where events end.

use std::collections::VecDeque;

use crate::write_buffer::WriteBuffer;

/// Bytes in order, taken from the front.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// What was taken of `bytes`: they are moved when all is taken, or half.
    taken: usize,
    /// Where events end in `bytes`, and their numbers.
    marks: VecDeque<(usize, Option<u64>)>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    /// What was not taken.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Events that end in what was not taken.
    pub(super) fn events(&self) -> usize {
        self.marks.len()
    }

    /// Bytes up to the end of so many events.
    pub(super) fn length_of(&self, events: usize) -> usize {
        let last = events.checked_sub(1).and_then(|last| self.marks.get(last));
        last.map_or(0, |(end, _)| end - self.taken)
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Notes that an event ends behind what there is.
    pub(super) fn mark(&mut self, number: Option<u64>) {
        self.marks.push_back((self.bytes.len(), number));
    }

    /// Takes so many bytes, with the ends of the events in them.
    pub(super) fn take(&mut self, bytes: usize) -> (Vec<u8>, Vec<(usize, Option<u64>)>) {
        let from = self.taken;
        let to = self.bytes.len().min(from.saturating_add(bytes));
        let whole = self.marks.partition_point(|(end, _)| *end <= to);
        let marks = self.marks.drain(..whole);
        let marks = marks.map(|(end, number)| (end - from, number)).collect();
        let taken = self.bytes[from..to].to_vec();
        self.taken = to;
        if self.taken * 2 >= self.bytes.len() {
            self.bytes.drain(..self.taken);
            for (end, _) in &mut self.marks {
                *end -= self.taken;
            }
            self.taken = 0;
        }
        (taken, marks)
    }

    /// Moves so many bytes to another queue.
    pub(super) fn give(&mut self, bytes: usize, to: &mut Self) {
        let before = to.bytes.len();
        let (bytes, marks) = self.take(bytes);
        to.push(&bytes);
        let marks = marks.iter().map(|(end, number)| (before + end, *number));
        to.marks.extend(marks);
    }

    /// Moves so many bytes to the buffer of a visit.
    pub(super) fn write(&mut self, bytes: usize, out: &mut WriteBuffer) {
        let (bytes, marks) = self.take(bytes);
        let mut from = 0;
        for (end, number) in marks {
            out.payload().extend_from_slice(&bytes[from..end]);
            out.mark(number);
            from = end;
        }
        out.payload().extend_from_slice(&bytes[from..]);
    }

    /// Forgets what was not taken.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
