//! The program that the desktop opens a file with, if the desktop names one.
//!
//! The desktop answers before any window appears. If the program runs in a terminal, no window may
//! ever appear.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that files are opened with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Editor {
    /// What the desktop calls it.
    name: String,
    /// Whether it runs in a terminal: then it may be that no window ever appears.
    in_terminal: bool,
}

/// What to tell the person who had the file opened.
pub(crate) fn words(editor: Option<&Editor>, path: &Path) -> String {
    let path = sse_server::short_path(path);
    match editor {
        Some(Editor {
            name,
            in_terminal: false,
        }) => format!("Opened in {name}: what you save is served at once."),
        Some(Editor { name, .. }) => format!(
            "{name} opens the file in a terminal: if none appears, open {path} in an editor yourself."
        ),
        None => format!(
            "The desktop was asked to open the file, but does not report with which program: if no editor appears, open {path} in one yourself."
        ),
    }
}

/// The program of this desktop for the file; nothing where it cannot be known.
pub(crate) fn of(path: &Path) -> Option<Editor> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let kind = asked(
        Command::new("xdg-mime")
            .args(["query", "filetype"])
            .arg(path),
    )?;
    let entry = asked(Command::new("xdg-mime").args(["query", "default", &kind]))?;
    folders()
        .iter()
        .filter_map(|folder| fs::read_to_string(folder.join("applications").join(&entry)).ok())
        .find_map(|text| read(&text))
}

/// The one line that a program answers with.
fn asked(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

/// Where programs are described (XDG Base Directory Specification).
fn folders() -> Vec<PathBuf> {
    let given = |name| env::var_os(name).filter(|value| !value.is_empty());
    let own = given("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(given("HOME")?).join(".local/share")));
    let shared = given("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    own.into_iter().chain(env::split_paths(&shared)).collect()
}

/// Reads a description (Desktop Entry Specification); its other groups describe other things.
fn read(text: &str) -> Option<Editor> {
    let group = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[Desktop Entry]")
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let (mut name, mut in_terminal) = (None, false);
    for line in group {
        match line
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
        {
            Some(("Name", value)) => name = Some(value.to_owned()),
            Some(("Terminal", value)) => in_terminal = value == "true",
            _ => {}
        }
    }
    Some(Editor {
        name: name.filter(|name| !name.is_empty())?,
        in_terminal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        words(read(text).as_ref(), Path::new("/etc/streams.toml"))
    }

    #[test]
    fn the_program_that_opens_the_file_is_named() {
        let text = "[Desktop Entry]\nName=Text Editor\nName[de]=Textbearbeitung\nExec=gedit %U\n[Desktop Action new]\nName=New Window\n";
        assert_eq!(
            said(text),
            "Opened in Text Editor: what you save is served at once."
        );
    }

    /// Where vim was the program for text, the file was opened in no window at all, and nothing was
    /// said.
    #[test]
    fn of_a_program_for_terminals_it_is_said_what_to_do_if_none_appears() {
        let sentence = said("# text\n[Desktop Entry]\nName = Vim\nTerminal = true\n");
        assert!(sentence.starts_with("Vim opens the file in a terminal"));
        assert!(sentence.contains("open /etc/streams.toml in an editor yourself"));
    }

    #[test]
    fn what_says_no_name_is_not_named() {
        for text in [
            "",
            "Name=Vim",
            "[Desktop Entry]\nName=\n",
            "[Other]\nName=Vim\n",
        ] {
            assert!(
                said(text).contains("does not report with which program"),
                "{text}"
            );
        }
    }
}
