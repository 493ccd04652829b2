//! The process of a client, and all that it starts: a wrapper such as `npm run` starts the client
//! as a child of its own. On Unix they are one process group, which ends as a whole.

use std::io;
use std::process::ExitStatus;

#[cfg(unix)]
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::Instant;

/// How often a group is looked at that is to end.
#[cfg(unix)]
const LOOK: std::time::Duration = std::time::Duration::from_millis(10);

/// A process and those that it started. Its drop kills them.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    /// The id of the group, which is that of the first process; nothing once the group has ended.
    #[cfg(unix)]
    id: Option<Pid>,
}

impl Group {
    /// # Errors
    /// The program cannot be started.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        Ok(Self {
            #[cfg(unix)]
            id: child
                .id()
                .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)),
            child,
        })
    }

    pub(super) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }
}

#[cfg(unix)]
impl Group {
    /// Whether its first process ended. It stays a zombie until [`end`](Self::end) waits for it,
    /// and the system gives nobody its id while its group has a process.
    pub(super) fn has_ended(&mut self) -> bool {
        let Some(id) = self.id else { return true };
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(id), look), Ok(None))
    }

    /// Asks all of them to end.
    pub(super) fn ask(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // An error means that all of them have ended.
            _ = kill_process_group(id, signal);
        }
    }

    /// Waits for those that were asked to end, and kills those that go on then. Answers how the
    /// first one ended.
    pub(super) async fn end(mut self, until: Instant) -> Option<ExitStatus> {
        let ended = tokio::time::timeout_at(until, self.child.wait()).await;
        let status = match ended {
            Ok(status) => status,
            Err(_) => {
                self.signal(Signal::KILL);
                self.child.wait().await
            }
        };
        while self
            .id
            .is_some_and(|id| test_kill_process_group(id).is_ok())
        {
            if Instant::now() >= until {
                self.signal(Signal::KILL);
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.id = None;
        status.ok()
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    /// Whether its first process ended.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// A process is not asked here.
    pub(super) fn ask(&self) {}

    /// Kills the first of them. Answers how it ended.
    pub(super) async fn end(mut self, _until: Instant) -> Option<ExitStatus> {
        _ = self.child.start_kill();
        self.child.wait().await.ok()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// As when a task of the lab panics, or is aborted.
    #[tokio::test]
    async fn what_is_dropped_is_killed_with_all_that_it_started() {
        let mut command = Command::new("sh");
        let script = "trap '' TERM; sleep 300 & echo up >&2; sleep 300; true";
        command.args(["-c", script]);
        command.stderr(std::process::Stdio::piped());
        let mut group = Group::spawn(&mut command).expect("sh is everywhere");
        let id = group.id.expect("it runs");
        let mut stderr = group.stderr().expect("piped");
        let mut said = [0; 3];
        let read = tokio::io::AsyncReadExt::read_exact(&mut stderr, &mut said);
        read.await.expect("it says so");
        drop(group);
        // The last of them holds its end of the pipe open.
        let mut rest = Vec::new();
        let closed = tokio::io::AsyncReadExt::read_to_end(&mut stderr, &mut rest);
        let closed = tokio::time::timeout(Duration::from_secs(20), closed).await;
        assert!(closed.is_ok(), "{id:?} goes on");
    }
}
