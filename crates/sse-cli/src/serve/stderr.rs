//! A thread that writes all of stderr. A pipe that nobody reads fills up, and a write to it then
//! blocks. Only this thread may block.
//!
//! Nothing else in the program may write to stderr while the server runs.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Texts that wait to be written. Each is a line, or as many of the log as are said in one go.
const TEXTS: usize = 256;

/// How long the end waits for whoever reads, while a line is taken every so often.
const PATIENCE: Duration = Duration::from_secs(2);
const STUCK: Duration = Duration::from_millis(150);

/// Says lines on stderr. Clones say them in the same place.
#[derive(Clone)]
pub(super) struct Stderr {
    /// The way to the thread, with room for [`TEXTS`] texts. Where there is none,
    /// [`say`](Self::say) waits and a trace is dropped.
    lines: mpsc::Sender<Line>,
    /// What the thread has written. Whoever waits goes on waiting while that grows.
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Lines that were written.
    said: AtomicU64,
    /// Lines that were not said because nobody read those before.
    dropped: AtomicU64,
}

enum Line {
    Text(String),
    /// Nothing comes behind it that would be waited for.
    End,
}

impl Counts {
    fn said(&self) -> u64 {
        self.said.load(Ordering::Relaxed)
    }
}

/// The thread that speaks.
pub(super) struct Spoken {
    /// Nothing is sent over it: it is disconnected when the thread ends.
    over: std::sync::mpsc::Receiver<()>,
    /// As in [`Stderr`].
    counts: Arc<Counts>,
}

impl Stderr {
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn new() -> io::Result<(Self, Spoken)> {
        let (lines, mut said) = mpsc::channel(TEXTS);
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let (end, spoken) = std::sync::mpsc::channel();
        thread::Builder::new()
            .name("stderr".to_owned())
            .spawn(move || {
                // It lives as long as the thread: whoever waits for the end is told by its drop.
                let _end = end;
                while let Some(Line::Text(mut line)) = said.blocking_recv() {
                    // In one write with its end: stderr has no buffer.
                    line.push('\n');
                    // A closed stderr is no reason to stop; what is said goes nowhere then.
                    _ = io::stderr().write_all(line.as_bytes());
                    counted.said.fetch_add(1, Ordering::Relaxed);
                    let missed = counted.dropped.swap(0, Ordering::Relaxed);
                    if missed > 0 {
                        let sentence = "lines were dropped here: stderr was read too slowly";
                        _ = writeln!(io::stderr(), "sse: {missed} {sentence}");
                    }
                }
            })?;
        let spoken = Spoken {
            over: spoken,
            counts: Arc::clone(&counts),
        };
        Ok((Self { lines, counts }, spoken))
    }

    /// Says a line, when those before it are said.
    pub(super) async fn say(&self, line: String) {
        // It fails at the end of the program only.
        _ = self.lines.send(Line::Text(line)).await;
    }

    /// Says a line if there is room for it, and does not wait.
    fn try_say(&self, line: String) {
        if self.lines.try_send(Line::Text(line)).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for a task that says something, as long as somebody reads.
    pub(super) async fn while_it_is_read(&self, mut task: JoinHandle<()>) {
        let begun = Instant::now();
        let mut said = None;
        while begun.elapsed() < PATIENCE && said != Some(self.counts.said()) {
            said = Some(self.counts.said());
            if tokio::time::timeout(STUCK, &mut task).await.is_ok() {
                return;
            }
        }
    }

    /// Says nothing more.
    pub(super) fn end(&self) {
        // Where there is no room nobody reads, and the wait for it is short.
        _ = self.lines.try_send(Line::End);
    }
}

/// For traces, which come from wherever the server works: it may not wait there.
impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.try_say(text.trim_end_matches('\n').to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Spoken {
    /// Waits until everything is said, as long as somebody reads.
    pub(super) fn wait(self) {
        let begun = Instant::now();
        let mut said = None;
        while begun.elapsed() < PATIENCE && said != Some(self.counts.said()) {
            said = Some(self.counts.said());
            if self.over.recv_timeout(STUCK) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}
