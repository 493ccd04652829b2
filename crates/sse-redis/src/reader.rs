//! The endless read, on a connection of its own: whoever waits there keeps all others waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis::{Cmd, FromRedisValue, Value, cmd};
use sse_engine::topics::Position;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::entries::{Read, streams};
use crate::failure::Failure;
use crate::keys::Keys;
use crate::link::Link;
use crate::publish::raw;
use crate::sign_in::unblock;

/// How long a read waits for entries.
pub(crate) const BLOCK: Duration = Duration::from_secs(2);
/// The same where nobody can end the wait.
const SHORT_BLOCK: Duration = Duration::from_millis(100);
/// The most entries of a topic in one answer.
const MOST: usize = 500;
/// What an answer is to have at most, in bytes, so that it comes in time over a slow network too.
/// It has more only where events grow from one read to the next.
const BUDGET: usize = 2 * 1024 * 1024;
/// An event is thought to have so many bytes at least.
const SMALL: usize = 1024;

/// How large entries were lately, over all connections. It bounds what an answer may have.
#[derive(Debug, Default)]
pub(crate) struct Sizes(AtomicUsize);

impl Sizes {
    fn large(&self) -> usize {
        self.0.load(Ordering::Relaxed).max(SMALL)
    }

    /// How many entries of each of so many topics are to be asked for; 0 if one of each is too
    /// many.
    pub(crate) fn count(&self, topics: usize) -> usize {
        (BUDGET / self.large() / topics.max(1)).min(MOST)
    }

    /// How many topics can be asked for one entry each.
    fn topics(&self) -> usize {
        (BUDGET / self.large()).max(1)
    }

    /// The largest of these entries was so large. What was large stays in mind for some reads.
    pub(crate) fn note(&self, largest: usize) {
        let before = self.large();
        self.0
            .store(largest.max(before - before / 8), Ordering::Relaxed);
    }

    /// An answer was so large that it ended the connection.
    pub(crate) fn too_large(&self) {
        self.0.store(BUDGET, Ordering::Relaxed);
    }
}

/// The connection that reads.
pub(crate) struct Reader {
    link: Link,
    /// Its id, where its wait can be ended by that.
    id: Option<i64>,
    sizes: Arc<Sizes>,
    /// What was asked and is not answered yet. It stays here where nobody waits for it any more.
    under_way: Mutex<Option<JoinHandle<Result<Value, Failure>>>>,
    /// The first topic of the next part, where all at once are too many.
    part: AtomicUsize,
}

/// Topics, each with what was read of it.
pub(crate) type Topics = Vec<(Arc<str>, Read)>;

impl Reader {
    pub(crate) fn new(link: Link, id: Option<i64>, sizes: Arc<Sizes>) -> Self {
        Self {
            link,
            id,
            sizes,
            under_way: Mutex::default(),
            part: AtomicUsize::new(0),
        }
    }

    /// Reads these topics behind these places. `calls` is a connection that does not wait.
    pub(crate) async fn read(
        &self,
        calls: &Link,
        behind: &[(Arc<str>, Position)],
    ) -> Result<Topics, Failure> {
        let mut under_way = self.under_way.lock().await;
        self.end(calls, &mut under_way).await?;
        if behind.is_empty() {
            sleep(BLOCK).await;
            return Ok(Vec::new());
        }
        let (count, at_once) = (self.sizes.count(behind.len()), self.sizes.topics());
        if count > 0 {
            let answer = self.ask(&mut under_way, behind, count, true).await;
            return self.take(calls, behind, answer).await;
        }
        // One of each would be too many: some at a time, until there is nothing to be had at once.
        for _ in 0..behind.len().div_ceil(at_once) {
            let first = self.part.fetch_add(at_once, Ordering::Relaxed) % behind.len();
            let part = &behind[first..behind.len().min(first + at_once)];
            let answer = self.ask(&mut under_way, part, 1, false).await;
            let read = self.take(calls, part, answer).await?;
            if !read.is_empty() {
                return Ok(read);
            }
        }
        // Whoever waits is woken by one topic.
        let answer = self.ask(&mut under_way, behind, 1, true).await;
        self.take(calls, behind, answer).await
    }

    /// Ends what is under way and was dropped.
    async fn end(
        &self,
        calls: &Link,
        under_way: &mut Option<JoinHandle<Result<Value, Failure>>>,
    ) -> Result<(), Failure> {
        while let Some(task) = under_way.as_mut() {
            if let Some(id) = self.id.filter(|_| !task.is_finished()) {
                calls.call(unblock(id)).await?;
            }
            // It may not have begun to wait when it was told to end. Without an id it ends soon.
            if let Ok(answer) = timeout(Duration::from_millis(5), &mut *task).await {
                *under_way = None;
                match answer {
                    Ok(Ok(_)) | Ok(Err(Failure::WrongType)) => {}
                    Ok(Err(e)) => return Err(e),
                    Err(_) => return Err(Failure::Unsure("the read was ended".to_owned())),
                }
            }
        }
        Ok(())
    }

    /// Asks, in a task that goes on where this is dropped: the connection would else wait for an
    /// answer that it takes for the next.
    async fn ask(
        &self,
        under_way: &mut Option<JoinHandle<Result<Value, Failure>>>,
        behind: &[(Arc<str>, Position)],
        count: usize,
        waits: bool,
    ) -> Result<Value, Failure> {
        let block = if self.id.is_some() {
            BLOCK
        } else {
            SHORT_BLOCK
        };
        let xread = xread(behind, count, waits.then_some(block));
        let task = under_way.insert(tokio::spawn(self.link.call(xread)));
        let answer = task.await;
        *under_way = None;
        answer.unwrap_or_else(|_| Err(Failure::Unsure("the read was ended".to_owned())))
    }

    async fn take(
        &self,
        calls: &Link,
        behind: &[(Arc<str>, Position)],
        answer: Result<Value, Failure>,
    ) -> Result<Topics, Failure> {
        let answer = match answer {
            Err(Failure::WrongType) => {
                // One of them. The others are read, and it tells of itself when it is touched.
                let behind = self.streams(calls, behind).await?;
                if behind.is_empty() {
                    sleep(SHORT_BLOCK).await;
                    return Ok(Vec::new());
                }
                let xread = xread(
                    &behind,
                    self.sizes.count(behind.len()).max(1),
                    Some(SHORT_BLOCK),
                );
                self.link.call(xread).await
            }
            answer => answer,
        };
        if answer.as_ref().is_err_and(Failure::is_too_large) {
            self.sizes.too_large();
        }
        let no_redis =
            |_| Failure::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned());
        let read = streams(answer?).map_err(no_redis)?;
        let names: HashMap<String, &Arc<str>> = behind
            .iter()
            .map(|(topic, _)| (Keys::of(topic).entries, topic))
            .collect();
        let mut topics = Vec::with_capacity(read.len());
        for (key, read) in read {
            self.sizes.note(read.largest);
            if let Some(topic) = names.get(&key) {
                topics.push((Arc::clone(topic), read));
            }
        }
        Ok(topics)
    }

    /// Those of the topics that are streams.
    async fn streams(
        &self,
        calls: &Link,
        behind: &[(Arc<str>, Position)],
    ) -> Result<Vec<(Arc<str>, Position)>, Failure> {
        let mut kept = Vec::new();
        for (topic, place) in behind {
            let kind = calls
                .call(cmd("TYPE").arg(Keys::of(topic).entries).take())
                .await?;
            let kind = String::from_redis_value(kind).unwrap_or_default();
            if kind == "stream" || kind == "none" {
                kept.push((Arc::clone(topic), *place));
            }
        }
        Ok(kept)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(task) = self.under_way.get_mut().take() {
            task.abort();
        }
    }
}

fn xread(behind: &[(Arc<str>, Position)], count: usize, block: Option<Duration>) -> Cmd {
    let mut xread = cmd("XREAD");
    xread.arg("COUNT").arg(count);
    if let Some(block) = block {
        xread.arg("BLOCK").arg(block.as_millis() as u64);
    }
    xread.arg("STREAMS");
    for (topic, _) in behind {
        xread.arg(Keys::of(topic).entries);
    }
    for (_, place) in behind {
        xread.arg(raw(*place));
    }
    xread
}
