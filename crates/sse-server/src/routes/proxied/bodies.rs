//! What is read of the bodies of both sides on the way. Neither is kept but for the beginning of
//! the request's, which people look at.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use sse_client::{BrokenOff, End, PassedBody};
use sse_engine::lock::lock;
use tokio::sync::oneshot;

use crate::connections::{BODY_KEPT, ReadBody};
use crate::transport::Presence;

/// The body of a request, whose beginning is kept as it goes by.
pub(super) struct Watched {
    body: Body,
    read: Arc<Mutex<ReadBody>>,
    /// Goes with this, when whoever sends it needs no more of it.
    _is_read: oneshot::Sender<()>,
}

/// The beginning of a body that goes by.
#[derive(Debug)]
pub(super) struct Kept {
    read: Arc<Mutex<ReadBody>>,
    until_read: oneshot::Receiver<()>,
}

impl Kept {
    /// What went by so far.
    pub(super) fn so_far(&self) -> ReadBody {
        lock(&self.read).clone()
    }

    /// Resolves when nothing more of it goes by.
    pub(super) async fn whole(&mut self) {
        // It is never sent: its sender goes.
        _ = (&mut self.until_read).await;
    }
}

impl Watched {
    pub(super) fn new(body: Body) -> (Self, Kept) {
        let (is_read, until_read) = oneshot::channel();
        let read: Arc<Mutex<ReadBody>> = Arc::default();
        let watched = Self {
            body,
            read: Arc::clone(&read),
            _is_read: is_read,
        };
        (watched, Kept { read, until_read })
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let mut read = lock(&self.read);
            let room = BODY_KEPT.saturating_sub(read.kept.len()).min(data.len());
            read.kept.extend_from_slice(&data[..room]);
            read.length += data.len() as u64;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which ends when its client leaves: while nothing is sent to that, nobody
/// else would notice.
pub(super) struct Attended {
    body: PassedBody,
    left: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Attended {
    pub(super) fn new(body: PassedBody, presence: Option<Presence>) -> Self {
        let left = |presence: Presence| -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move { presence.left().await })
        };
        Self {
            body,
            left: presence.map(left),
        }
    }
}

impl HttpBody for Attended {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        match &mut this.left {
            Some(left) => {
                ready!(left.as_mut().poll(cx));
                this.left = None;
                Poll::Ready(Some(Err(BrokenOff(End::Stopped))))
            }
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

impl fmt::Debug for Attended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attended").finish_non_exhaustive()
    }
}
