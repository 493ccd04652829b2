//! Follows a file of tokens: what an operator saves is in force a moment later.
//!
//! The file is small, so each look reads it whole. It is taken when two looks in a row find the
//! same: programs that save a file in several goes leave half of it in between.

use std::path::{Path, PathBuf};

use super::token_file::{self, Mistake, Read, Token};

/// What a look at a file found.
pub(super) type Sighting = Result<Read, Mistake>;

/// One file, and what is known of it.
pub(super) struct Followed {
    path: PathBuf,
    /// The text that is in force.
    in_force: Vec<u8>,
    /// What the last look found.
    last: Sighting,
    /// The problem that was told last, while it lasts.
    problem: Option<String>,
}

/// What a look changes.
pub(super) struct Change {
    /// The tokens that are in force from now on, if they are others.
    pub(super) tokens: Option<Vec<Token>>,
    /// A line for whoever runs the server.
    pub(super) line: String,
}

impl Followed {
    /// A file that was read, and is in force.
    pub(super) fn new(path: &Path, read: Read) -> Self {
        Self {
            path: path.to_owned(),
            in_force: read.bytes.clone(),
            last: Ok(read),
            problem: None,
        }
    }

    /// Reads the file, however long that takes.
    pub(super) fn look(&self) -> Sighting {
        token_file::read(&self.path)
    }

    /// What follows of a look.
    pub(super) fn take(&mut self, seen: Sighting) -> Option<Change> {
        let is_calm = seen == self.last;
        self.last = seen;
        if !is_calm {
            return None;
        }
        let parsed = match &self.last {
            Ok(read) if read.bytes == self.in_force => {
                self.problem.take()?;
                let line = format!(
                    "{} is as before, and its tokens are in force.",
                    self.path.display()
                );
                return Some(Change { tokens: None, line });
            }
            Ok(read) => token_file::parse(&read.bytes),
            Err(mistake) => Err(mistake.clone()),
        };
        match (parsed, &self.last) {
            (Ok(tokens), Ok(read)) => {
                self.in_force.clone_from(&read.bytes);
                self.problem = None;
                let line = in_force(&self.path, &tokens, read.is_open);
                let tokens = Some(tokens);
                Some(Change { tokens, line })
            }
            (Err(mistake), _) => {
                let problem = mistake.in_file(&self.path).to_string();
                if self.problem.as_ref() == Some(&problem) {
                    return None;
                }
                let line = format!("{problem} The tokens from before stay in force.");
                self.problem = Some(problem);
                Some(Change { tokens: None, line })
            }
            (Ok(_), Err(_)) => None,
        }
    }
}

fn in_force(path: &Path, tokens: &[Token], is_open: bool) -> String {
    let path = path.display();
    let count = match tokens.len() {
        1 => "1 token is".to_owned(),
        many => format!("{many} tokens are"),
    };
    let line = format!("{path} was changed: {count} in force.");
    match is_open {
        true => format!("{line} {}", open_to_all(path)),
        false => line,
    }
}

/// What is said of a file that every user of the machine may read.
pub(super) fn open_to_all(path: impl std::fmt::Display) -> String {
    format!("Every user of this machine can read {path}: change that with chmod 600.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-0123456789abcdef";
    const NEW: &str = "new-0123456789abcdef";

    fn read(text: &str) -> Sighting {
        Ok(Read {
            bytes: text.into(),
            is_open: false,
        })
    }

    fn gone() -> Sighting {
        token_file::read(Path::new("/nowhere/at/all"))
    }

    fn followed() -> Followed {
        let Ok(read) = read(OLD) else { unreachable!() };
        Followed::new(Path::new("/tokens"), read)
    }

    /// Two looks that find the same.
    fn twice(followed: &mut Followed, seen: impl Fn() -> Sighting) -> Option<Change> {
        assert!(followed.take(seen()).is_none(), "it may be half saved");
        followed.take(seen())
    }

    #[test]
    fn a_file_that_was_changed_is_in_force_at_the_second_look() {
        let mut followed = followed();
        assert!(followed.take(read(OLD)).is_none(), "nothing is new");
        let change = twice(&mut followed, || read(&format!("{OLD}\n{NEW}"))).expect("news");
        assert_eq!(change.line, "/tokens was changed: 2 tokens are in force.");
        let tokens = change.tokens.expect("tokens");
        assert_eq!(tokens[1].text(), NEW);
        assert!(followed.take(read(&format!("{OLD}\n{NEW}"))).is_none());
    }

    #[test]
    fn a_file_that_is_being_saved_is_not_taken() {
        let mut followed = followed();
        assert!(followed.take(read("")).is_none());
        assert!(followed.take(read(&NEW[..5])).is_none());
        assert!(followed.take(read(NEW)).is_none());
        let change = followed.take(read(NEW)).expect("news");
        assert_eq!(change.tokens.expect("tokens").len(), 1);
    }

    #[test]
    fn a_mistake_keeps_the_tokens_from_before_and_is_told_once() {
        for (seen, hint) in [
            (
                &gone as &dyn Fn() -> Sighting,
                "/tokens: There is no such file",
            ),
            (
                &|| read("short"),
                "/tokens, line 1: A token has at least 16",
            ),
            (&|| read("# nothing"), "/tokens: The file has no token"),
        ] {
            let mut followed = followed();
            let change = twice(&mut followed, seen).expect("news");
            assert!(change.tokens.is_none());
            assert!(change.line.starts_with(hint), "{}", change.line);
            assert!(
                change
                    .line
                    .ends_with(" The tokens from before stay in force.")
            );
            assert!(followed.take(seen()).is_none(), "it was told");
            let back = twice(&mut followed, || read(OLD)).expect("news");
            assert!(back.tokens.is_none());
            assert_eq!(
                back.line,
                "/tokens is as before, and its tokens are in force."
            );
        }
    }

    #[test]
    fn a_file_that_everybody_can_read_is_told() {
        let open = || {
            let read = read(NEW)?;
            Ok(Read {
                is_open: true,
                ..read
            })
        };
        let change = twice(&mut followed(), open).expect("news");
        assert!(change.line.ends_with("chmod 600."), "{}", change.line);
    }
}
