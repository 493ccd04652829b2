//! A mount that is answered by a function, and who watches its answers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::http::{Response, StatusCode};
use sse_engine::file;
use sse_engine::time::Now;
use sse_server::{
    Answering, Config, ExtraListeners, Handler, Mount, MountArea, MountedAnswer, MountedEnd,
    MountedRequest, MountedStream, Watcher,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Bench, soon};

/// Two events, an id each, and nothing more.
pub const TWO: &str = "every = '1ms'\ncount = 2\nretry = '300ms'";

/// What ends a body in chunks.
pub const LAST_CHUNK: &str = "0\r\n\r\n";

type Answer = dyn Fn(&MountedRequest, Arc<dyn Watcher>) -> MountedAnswer + Send + Sync;

/// A handler of one function, and what it was asked.
pub struct Answers {
    answer: Box<Answer>,
    asked: Mutex<Vec<MountedRequest>>,
    preflights: Mutex<Vec<MountedRequest>>,
    unread: Mutex<Vec<(String, StatusCode)>>,
    listeners: Mutex<ExtraListeners>,
    told: UnboundedSender<MountedEnd>,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl Handler for Answers {
    fn answer(&self, request: MountedRequest) -> Answering<'_> {
        let answer = (self.answer)(&request, Arc::new(Told(self.told.clone())));
        of(&self.asked).push(request);
        Box::pin(async move { answer })
    }

    fn preflight(&self, request: &MountedRequest) {
        of(&self.preflights).push(request.clone());
    }

    fn unread(&self, path: &str, status: StatusCode, _at: Now) {
        of(&self.unread).push((path.to_owned(), status));
    }

    fn join(&self, listeners: &ExtraListeners) {
        *of(&self.listeners) = listeners.clone();
    }
}

fn of<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().expect("nobody failed with it")
}

#[derive(Debug)]
struct Told(UnboundedSender<MountedEnd>);

impl Watcher for Told {
    fn ended(&self, end: MountedEnd) {
        // It fails where the test is over.
        _ = self.0.send(end);
    }
}

/// A mount whose answers are watched.
pub struct Mounted {
    pub handler: Arc<Answers>,
    told: UnboundedReceiver<MountedEnd>,
}

impl Mounted {
    pub fn new(
        answer: impl Fn(&MountedRequest, Arc<dyn Watcher>) -> MountedAnswer + Send + Sync + 'static,
    ) -> Self {
        let (send, told) = unbounded_channel();
        let handler = Arc::new(Answers {
            answer: Box::new(answer),
            asked: Mutex::default(),
            preflights: Mutex::default(),
            unread: Mutex::default(),
            listeners: Mutex::default(),
            told: send,
        });
        Self { handler, told }
    }

    /// One that answers with the stream of these lines of a file, without its path.
    pub fn stream(lines: &str) -> Self {
        let text = lines.to_owned();
        Self::new(move |_, watcher| stream(&text, Some(watcher)))
    }

    pub fn at(&self, prefix: &'static str, area: MountArea) -> Mount {
        Mount {
            prefix,
            area,
            handler: self.handler.clone(),
        }
    }

    /// A server that has it at `/lab`.
    pub async fn bench(&self) -> Bench {
        self.bench_with(Config::default()).await
    }

    pub async fn bench_with(&self, config: Config) -> Bench {
        Bench::with(Config {
            mounts: vec![self.at("/lab", MountArea::Stream)],
            ..config
        })
        .await
    }

    /// What it was asked since the last look.
    pub fn asked(&self) -> Vec<MountedRequest> {
        std::mem::take(&mut of(&self.handler.asked))
    }

    /// The requests that could not be read.
    pub fn unread(&self) -> Vec<(String, StatusCode)> {
        std::mem::take(&mut of(&self.handler.unread))
    }

    pub fn preflights(&self) -> Vec<MountedRequest> {
        std::mem::take(&mut of(&self.handler.preflights))
    }

    /// What it opens listeners with.
    pub fn listeners(&self) -> ExtraListeners {
        of(&self.handler.listeners).clone()
    }

    /// How the next answer ended.
    pub async fn ended(&mut self) -> MountedEnd {
        soon("the end is told", self.told.recv())
            .await
            .expect("the handler is there")
    }

    /// How the only answer ended.
    pub async fn ended_once(&mut self) -> MountedEnd {
        let end = self.ended().await;
        assert!(self.told.try_recv().is_err(), "it is told once");
        end
    }
}

/// An answer with the stream of these lines of a file, without its path.
pub fn stream(lines: &str, watcher: Option<Arc<dyn Watcher>>) -> MountedAnswer {
    let text = format!("[[stream]]\npath = '/case'\n{lines}");
    let mut streams = file::read(&text).expect("a stream");
    MountedAnswer::Stream(MountedStream {
        stream: Arc::new(streams.remove(0)),
        watcher,
        request: None,
    })
}

/// A page, as a whole answer.
pub fn page(text: &str) -> MountedAnswer {
    MountedAnswer::Whole(whole(text))
}

pub fn whole(text: &str) -> Response<bytes::Bytes> {
    let response = Response::builder()
        .status(200)
        .header("content-type", "text/html");
    response
        .body(text.to_owned().into())
        .expect("a sound response")
}

/// Sends a request and answers all that comes until the connection ends.
pub async fn all(bench: &Bench, method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut client = bench.connect().await;
    client.send(&bench.request(method, target, headers)).await;
    String::from_utf8(client.rest().await).expect("we write UTF-8")
}

pub fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}
