//! curl as a child process: a client that can be suspended, or live in another network namespace.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use sse_wire::{Decoded, Decoder};
use tokio::sync::mpsc;

use super::topics::Event;
use super::{Bench, soon};

/// A running curl; killed when it is dropped.
pub struct Curl {
    child: Child,
    output: mpsc::UnboundedReceiver<Vec<u8>>,
    decoder: Decoder,
    events: Vec<Event>,
}

impl Curl {
    /// A curl that subscribes to `target`; `None`, and a word about it, where there is none.
    pub fn start(bench: &Bench, target: &str) -> Option<Self> {
        let url = format!("http://{}{target}", bench.addr);
        Self::by(&mut Command::new("curl"), &url)
    }

    /// Runs curl, or a command that becomes curl; `None`, and a word about it, where it is missing.
    pub fn by(command: &mut Command, url: &str) -> Option<Self> {
        let child = command
            .args(["--silent", "--no-buffer", "--noproxy", "*", url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(e) => {
                println!("not tested here: curl cannot be started ({e})");
                return None;
            }
        };
        let mut stdout = child.stdout.take().expect("it is piped");
        let (pieces, output) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut piece = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = stdout.read(&mut piece) {
                if pieces.send(piece[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self {
            child,
            output,
            decoder: Decoder::new(),
            events: Vec::new(),
        })
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.expect("every Unix has kill").success());
    }

    /// Everything that it got, once that is at least `n` events.
    pub async fn events(&mut self, n: usize) -> &[Event] {
        while self.events.len() < n {
            let piece = soon("more from curl", self.output.recv()).await;
            let events = &mut self.events;
            let pushed = self.decoder.push(&piece.expect("curl goes on"), |decoded| {
                if let Decoded::Event {
                    event,
                    data,
                    last_event_id,
                } = decoded
                {
                    events.push(Event {
                        event: event.to_owned(),
                        data: data.to_owned(),
                        id: last_event_id.to_owned(),
                    });
                }
            });
            pushed.expect("small events");
        }
        &self.events
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
