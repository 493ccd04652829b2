//! Request bodies. A body has bounds of size and of time. A body beyond them is refused, and its
//! connection is closed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use super::answer::last_words;
use crate::config::Limits;
use crate::connections::{BODY_KEPT, ReadBody};
use crate::error::Error;

/// The memory that the bodies of all requests may take together. Strangers choose how many they
/// send at once, and how long they take.
#[derive(Debug)]
pub(crate) struct Budget {
    /// What all bodies may take together.
    bytes: usize,
    /// What bodies take now, never more than `bytes`. Each [`Whole`] gives its part back when it is
    /// dropped.
    taken: AtomicUsize,
}

/// A body that was read, and what it takes of the budget until it is dropped.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    /// What was read so far, until it is taken out.
    bytes: Vec<u8>,
    /// Where `taken` is given back.
    budget: &'a Budget,
    /// Bytes that it takes of the budget: the room of the body, and what is made of it.
    taken: usize,
    /// The bytes that a body may have: no memory is taken for more than that.
    most: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            taken: AtomicUsize::new(0),
        }
    }

    /// Takes `bytes` of it. Answers whether they were there.
    fn take(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= self.bytes);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.taken.fetch_update(set, get, more).is_ok()
    }
}

impl<'a> Whole<'a> {
    fn new(budget: &'a Budget, most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            budget,
            taken: 0,
            most,
        }
    }

    /// Appends to it. Answers whether the budget had room.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let length = self.bytes.len() + bytes.len();
        if length > self.taken {
            // What comes bit by bit is not copied for each bit.
            let wanted = length.max((2 * self.taken).min(self.most));
            if !self.take_more(wanted - self.taken) {
                return false;
            }
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        true
    }

    /// Takes more of the budget, for what is made of the body. Answers whether there was that much.
    pub(super) fn take_more(&mut self, bytes: usize) -> bool {
        let there = self.budget.take(bytes);
        self.taken += if there { bytes } else { 0 };
        there
    }

    /// How many lines it has, at most.
    pub(super) fn lines(&self) -> usize {
        1 + self.bytes.iter().filter(|b| **b == b'\n').count()
    }

    /// The bytes, as far as they were not taken out.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its beginning, for people who look.
    pub(super) fn into_kept(mut self) -> ReadBody {
        let mut kept = self.take();
        let length = kept.len() as u64;
        kept.truncate(BODY_KEPT);
        kept.shrink_to_fit();
        ReadBody { kept, length }
    }

    /// The bytes. What they become is still counted with this value.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

/// Reads a request body to its end, since the socket cannot be taken over with half a request in
/// it. The stream is the same whatever it says: its beginning is for people who look, and where the
/// budget has no room for it, nothing of it is kept.
pub(super) async fn drain(
    body: Body,
    limits: &Limits,
    budget: &Budget,
) -> Result<ReadBody, Response<Body>> {
    let mut kept = Whole::new(budget, BODY_KEPT);
    let (mut length, mut room) = (0, true);
    each(body, limits, |bytes| {
        length += bytes.len() as u64;
        let most = bytes.len().min(BODY_KEPT - kept.bytes.len());
        // Once bytes are left out, none follows them.
        room = room && kept.push(&bytes[..most]);
        true
    })
    .await?;
    Ok(ReadBody {
        kept: kept.take(),
        length,
    })
}

/// Reads a request body whole.
pub(super) async fn read<'a>(
    body: Body,
    limits: &Limits,
    budget: &'a Budget,
) -> Result<Whole<'a>, Response<Body>> {
    let mut whole = Whole::new(budget, limits.body_bytes);
    each(body, limits, |bytes| whole.push(&bytes)).await?;
    Ok(whole)
}

/// Why a body was not read to its end.
enum Cut {
    TooLong,
    NoRoom,
    Broken,
}

/// Hands over a body a frame at a time, so that what is to be forgotten is never kept, until
/// somebody has no room for it.
async fn each(
    body: Body,
    limits: &Limits,
    mut take: impl FnMut(Bytes) -> bool,
) -> Result<(), Response<Body>> {
    let whole = async {
        if body.size_hint().lower() > limits.body_bytes as u64 {
            return Err(Cut::TooLong);
        }
        let mut body = Limited::new(body, limits.body_bytes);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| match e.is::<LengthLimitError>() {
                true => Cut::TooLong,
                false => Cut::Broken,
            })?;
            if let Ok(bytes) = frame.into_data()
                && !take(bytes)
            {
                return Err(Cut::NoRoom);
            }
        }
        Ok(())
    };
    let cut = match tokio::time::timeout(limits.head_time, whole).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(cut)) => cut,
        Err(_) => {
            let time = Duration::from_secs(limits.head_time.as_secs());
            let sentence = format!(
                "The request body did not arrive within {}: send it faster.",
                humantime::format_duration(time)
            );
            return Err(last_words(StatusCode::REQUEST_TIMEOUT, &sentence));
        }
    };
    Err(match cut {
        Cut::TooLong => {
            let sentence = format!(
                "The request body is longer than {} bytes: send a shorter one.",
                limits.body_bytes
            );
            last_words(StatusCode::PAYLOAD_TOO_LARGE, &sentence)
        }
        Cut::NoRoom => no_room(limits),
        Cut::Broken => last_words(
            StatusCode::BAD_REQUEST,
            "The request body could not be read: send it whole and in one piece.",
        ),
    })
}

/// The answer where the bodies of others take the whole budget.
pub(super) fn no_room(limits: &Limits) -> Response<Body> {
    let sentence = Error::TooManyBodies(limits.all_bodies_bytes).to_string();
    let mut refusal = last_words(StatusCode::SERVICE_UNAVAILABLE, &sentence);
    refusal
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_take_what_they_need_of_one_room_and_give_it_back() {
        let budget = Budget::new(100);
        let mut one = Whole::new(&budget, 80);
        assert!(one.push(&[1; 40]) && one.push(&[2; 1]));
        let taken = || budget.taken.load(Ordering::Relaxed);
        assert_eq!(taken(), 80, "it grows by doubling");
        let mut two = Whole::new(&budget, 80);
        assert!(!two.push(&[3; 21]) && two.push(&[3; 20]));
        assert_eq!(taken(), 100);
        assert!(one.push(&[2; 39]) && !one.push(&[2; 1]));
        assert_eq!(one.take().len(), 80);
        assert_eq!(taken(), 100, "what it became is still there");
        drop(one);
        assert_eq!(taken(), 20);
        assert!(two.take_more(80) && !two.take_more(1));
        drop(two);
        assert_eq!(taken(), 0);
    }
}
