//! A program that publishes: each event with an id, again and again until it is acknowledged.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What became of an event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Publish {
    /// When it was first sent.
    pub(crate) began: Duration,
    /// When a node said that it has it.
    pub(crate) acked: Option<Duration>,
}

/// The events of all publishers, by their data, which is their id too.
pub(crate) type Publishes = BTreeMap<String, Publish>;

/// A node answers within two seconds that the engine is away; the rest is for the machine.
const LATEST_REFUSAL: Duration = Duration::from_millis(3500);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(100);

/// What the publishers of a scene share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) target: SocketAddr,
    pub(crate) topic: String,
    pub(crate) begun: Instant,
    pub(crate) patience: Duration,
    pub(crate) published: Mutex<Publishes>,
    /// What an answer should not have been.
    pub(crate) wrong: Mutex<Vec<String>>,
    /// How often a node answered 503.
    pub(crate) refused: Mutex<usize>,
}

impl Desk {
    /// Publishes one event after the other until it is told to end. The one under way is finished.
    pub(crate) async fn publish(
        self: Arc<Self>,
        name: &str,
        pace: Duration,
        end: CancellationToken,
    ) {
        for n in 1_u64.. {
            if end.is_cancelled() {
                return;
            }
            self.publish_one(&format!("{name}-{n}")).await;
            sleep(pace).await;
        }
    }

    /// Publishes one event, however long that takes.
    pub(crate) async fn publish_one(&self, id: &str) {
        let began = self.begun.elapsed();
        let publish = Publish { began, acked: None };
        self.published
            .lock()
            .expect("no panic")
            .insert(id.to_owned(), publish);
        loop {
            let sent = Instant::now();
            match timeout(self.patience, self.send(id)).await {
                Ok(Ok(answer)) if answer.is_ack() => break,
                Ok(Ok(answer)) => self.look_at(&answer, sent.elapsed()),
                // The node or its connection is gone, or the node was stopped.
                Ok(Err(_)) | Err(_) => {}
            }
            sleep(AGAIN).await;
        }
        let mut published = self.published.lock().expect("no panic");
        let publish = published.get_mut(id).expect("it began");
        publish.acked = Some(self.begun.elapsed());
    }

    fn look_at(&self, answer: &Answer, took: Duration) {
        let mut wrong = self.wrong.lock().expect("no panic");
        if answer.status != 503 {
            wrong.push(format!("a publish was answered {}", answer.text));
        } else if !answer.text.to_lowercase().contains("\r\nretry-after:") {
            wrong.push(format!("no Retry-After: {}", answer.text));
        } else if took > LATEST_REFUSAL {
            wrong.push(format!("503 came after {took:?}"));
        }
        *self.refused.lock().expect("no panic") += 1;
    }

    async fn send(&self, id: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.target).await?;
        let (topic, port, length) = (&self.topic, self.target.port(), id.len());
        let request = format!(
            "POST {topic}?id={id} HTTP/1.1\r\nhost: localhost:{port}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{id}"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Answer { status, text })
    }
}

struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    /// 409 says that an earlier try arrived.
    fn is_ack(&self) -> bool {
        [200, 201, 409].contains(&self.status)
    }
}
