//! Stdout as `sse watch` and `sse show` write to it: a terminal gets nothing that it would obey,
//! and whoever does not read any more is noticed.

use std::borrow::Cow;
use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::api::shown;

/// Stdout, and what became of it.
pub(crate) struct Stdout {
    is_terminal: bool,
    /// What ended within a character, or behind a CR whose LF may follow.
    begun: Vec<u8>,
    /// Why nothing more can be written.
    broken: Option<io::Error>,
}

impl Stdout {
    pub(crate) fn new() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            begun: Vec::new(),
            broken: None,
        }
    }

    /// Whether it is a terminal that shows colours.
    pub(crate) fn has_colours(&self) -> bool {
        has_colours(self.is_terminal)
    }

    /// How many columns the terminal has that it is.
    pub(crate) fn width(&self) -> Option<usize> {
        let size = self.is_terminal.then(terminal_size::terminal_size)?;
        size.map(|(width, _)| usize::from(width.0))
    }

    /// Prints what was made here. Foreign text within it was shown already.
    pub(crate) fn print(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        let mut stdout = io::stdout();
        let printed = stdout.write_all(bytes).and_then(|()| stdout.flush());
        self.broken = printed.err();
    }

    /// Prints a piece of what came as it is; on a terminal without what that would obey.
    pub(crate) fn print_foreign(&mut self, piece: &[u8]) {
        match self.is_terminal {
            false => self.print(piece),
            true => {
                let text = harmless(&mut self.begun, piece);
                self.print(text.as_bytes());
            }
        }
    }

    /// Nothing follows what came so far: what is unfinished stays so.
    pub(crate) fn end_foreign(&mut self) {
        if !std::mem::take(&mut self.begun).is_empty() {
            self.print("\u{FFFD}".as_bytes());
        }
    }

    /// Nobody reads it any more.
    pub(crate) fn is_unread(&self) -> bool {
        let broken = self.broken.as_ref();
        broken.is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    }

    /// Why it cannot be written, where that is not because nobody reads it.
    pub(crate) fn failure(&self) -> Option<&io::Error> {
        self.broken.as_ref().filter(|_| !self.is_unread())
    }
}

/// Whether what is printed there may have colours.
pub(crate) fn has_colours(is_terminal: bool) -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    // The terminal of an editor, which shows escapes as they are.
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_set("NO_COLOR") && !is_dumb
}

/// A piece of foreign text for a terminal: lines and tabs as they are, and no other control
/// character. What may go on in the next piece is kept in `begun`.
fn harmless(begun: &mut Vec<u8>, piece: &[u8]) -> String {
    let mut bytes = std::mem::take(begun);
    bytes.extend_from_slice(piece);
    *begun = bytes.split_off(bytes.len() - unfinished(&bytes));
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.split_inclusive('\n').map(|line| {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => match line.strip_suffix('\n') {
                Some(line) => (line, "\n"),
                None => (line, ""),
            },
        };
        let fields: Vec<Cow<'_, str>> = line.split('\t').map(|field| shown(field).into()).collect();
        fields.join("\t") + end
    });
    lines.collect()
}

/// How many bytes at the end may be the beginning of something: of a character, or of CR LF.
fn unfinished(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r") {
        return 1;
    }
    // A character has four bytes at most.
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(first) = tail.iter().rposition(|byte| byte & 0xC0 == 0xC0) else {
        return 0;
    };
    let tail = &tail[first..];
    match str::from_utf8(tail) {
        // Nothing is wrong with it but that it ends.
        Err(e) if e.error_len().is_none() => tail.len(),
        _ => 0,
    }
}

/// Until nobody reads stdout any more. Where it is no pipe, nothing tells that.
#[cfg(unix)]
pub(crate) async fn unread() {
    use std::os::fd::AsFd;

    use tokio::io::Interest;
    use tokio::net::unix::pipe::Sender;

    let stdout = io::stdout().as_fd().try_clone_to_owned();
    // Nothing is sent through it, so it may block, as whoever shares it expects. A file is refused.
    let pipe = stdout.and_then(Sender::from_owned_fd_unchecked);
    if let Ok(pipe) = &pipe
        && pipe.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Nothing tells it here before the next line is printed.
#[cfg(not(unix))]
pub(crate) async fn unread() {
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal is sent of these pieces.
    fn terminal(pieces: &[&[u8]]) -> String {
        let mut begun = Vec::new();
        let pieces = pieces.iter().map(|piece| harmless(&mut begun, piece));
        pieces.collect()
    }

    #[test]
    fn a_terminal_gets_lines_and_tabs_and_nothing_that_it_would_obey() {
        assert_eq!(
            terminal(&["豆\tGrüße\r\nb\n".as_bytes()]),
            "豆\tGrüße\r\nb\n"
        );
        for control in [
            "\u{0}", "\u{7}", "\u{8}", "\u{1b}", "\r", "\u{7f}", "\u{9b}",
        ] {
            let text = format!("a{control}b\n");
            assert_eq!(terminal(&[text.as_bytes()]), "a\u{FFFD}b\n", "{control:?}");
        }
        assert_eq!(
            terminal(&[b"a\xff\xc3(\x9b31m\n"]),
            "a\u{FFFD}\u{FFFD}(\u{FFFD}31m\n"
        );
    }

    #[test]
    fn where_a_piece_ends_changes_nothing() {
        let text = "é豆🫘\r\n\r\u{1b}[2J\u{9b}\tb\n";
        let bytes = [text.as_bytes(), b"\xf0\x9f\xabx\xe2\x82\r\n"].concat();
        let whole = terminal(&[&bytes]);
        for at in 0..bytes.len() {
            assert_eq!(terminal(&[&bytes[..at], &bytes[at..]]), whole, "{at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(terminal(&single), whole);
    }
}
