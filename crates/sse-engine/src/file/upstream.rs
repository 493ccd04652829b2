//! Upstreams in the file: which room hands on to which server.

use http::Uri;
use toml::de::{DeTable, DeValue};

use super::sentences::{self, Keys, quoted, shown};
use super::value::{Given, find};
use super::{Reader, line};
use crate::topics::is_name;

/// How many upstreams a file may hold: there are as many rooms at once.
const MAX_UPSTREAMS: usize = 64;

/// The longest URL of one, in bytes.
const MAX_URL: usize = 2048;

/// The keys of an upstream.
const UPSTREAM: Keys = Keys {
    of: "an upstream",
    names: &["room", "url"],
    elsewhere: &["path"],
    there: "a path of the upstream is a part of its url",
};

/// A room that hands on what it does not answer itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUpstream {
    /// The room; nothing is the one that has no name, with the whole port.
    pub room: Option<String>,
    /// A URL of http or https, without user info, query and fragment.
    pub url: String,
}

impl Reader<'_> {
    /// The upstreams of the file.
    pub(super) fn upstreams(&mut self, file: &DeTable<'_>) -> Vec<FileUpstream> {
        let Some(given) = find(file, "upstream") else {
            return Vec::new();
        };
        let list = match given.value {
            DeValue::Array(list) if !list.is_empty() => list,
            _ => {
                self.tell(given.at, sentences::UPSTREAM_HEADING);
                return Vec::new();
            }
        };
        if let Some(more) = list.get(MAX_UPSTREAMS) {
            let reason = format!(
                "{MAX_UPSTREAMS} upstreams are the most: take this one and those below out."
            );
            self.tell(more.span().start, reason);
        }
        let mut upstreams: Vec<(usize, FileUpstream)> = Vec::new();
        for one in list.iter().take(MAX_UPSTREAMS) {
            let at = one.span().start;
            let DeValue::Table(table) = one.get_ref() else {
                let reason = format!(
                    "{} is no upstream: begin one with the line [[upstream]].",
                    shown(one.get_ref())
                );
                self.tell(at, reason);
                continue;
            };
            let Some(upstream) = self.upstream(at, table) else {
                continue;
            };
            let at = find(table, "room").map_or(at, |given| given.at);
            match upstreams.iter().find(|(_, it)| it.room == upstream.room) {
                None => upstreams.push((at, upstream)),
                Some((other, _)) => {
                    let other = line(&self.text.as_bytes()[..*other]);
                    let reason = format!(
                        "The upstream in line {other} is for this room too: give each room one at most."
                    );
                    self.tell(at, reason);
                }
            }
        }
        upstreams
            .into_iter()
            .map(|(_, upstream)| upstream)
            .collect()
    }

    fn upstream(&mut self, at: usize, table: &DeTable<'_>) -> Option<FileUpstream> {
        self.keys(table, UPSTREAM);
        let room = match find(table, "room") {
            Some(given) => Some(self.room(given)?),
            None => None,
        };
        let Some(url) = find(table, "url") else {
            let reason =
                "This upstream has no url: give it one, such as url = \"https://api.example.com\".";
            self.tell(at, reason);
            return None;
        };
        let url = self.upstream_url(url)?;
        Some(FileUpstream { room, url })
    }

    fn room(&mut self, given: Given<'_>) -> Option<String> {
        let name = self.text(given)?;
        if is_name(name) {
            return Some(name.to_owned());
        }
        self.wrong(
            given,
            "is no name of a room: write 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first.",
        )
    }

    /// What may be a secret is not repeated.
    fn upstream_url(&mut self, given: Given<'_>) -> Option<String> {
        let url = self.text(given)?;
        match problem(url) {
            None => Some(url.to_owned()),
            Some(problem) => {
                self.tell(given.at, format!("This url {problem}"));
                None
            }
        }
    }
}

/// What is wrong with the URL of an upstream, behind "this url".
fn problem(url: &str) -> Option<String> {
    let example = "write one such as \"https://api.example.com\".";
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("has a user name or a password: leave it out.".to_owned());
    }
    if url.contains(['?', '#']) {
        return Some("has a query or a fragment: leave it out.".to_owned());
    }
    if !["http", "https"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it))
    {
        return Some(format!("is not one of http or https: {example}"));
    }
    if url.len() > MAX_URL {
        return Some(format!("has {} bytes: write {MAX_URL} at most.", url.len()));
    }
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    let is_port =
        |port: &str| port.ends_with(']') || port.is_empty() || port.parse::<u16>().is_ok();
    let read = url.parse::<Uri>().ok();
    let has_host = read.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    match has_host && port.is_none_or(is_port) {
        true => None,
        false => Some(format!("{} is none: {example}", quoted(url))),
    }
}

#[cfg(test)]
mod tests {
    use crate::file::contents;

    fn upstreams(text: &str) -> Result<Vec<(Option<String>, String)>, String> {
        let contents = contents(text).map_err(|problem| problem.to_string())?;
        let upstreams = contents.upstreams.into_iter();
        Ok(upstreams.map(|it| (it.room, it.url)).collect())
    }

    #[test]
    fn a_file_gives_rooms_their_upstreams() {
        let text = "[[upstream]]\nroom = \"live\"\nurl = \"https://api.example.com/v1\"\n\n[[upstream]]\nurl = \"http://[::1]:11434\"\n";
        assert_eq!(
            upstreams(text),
            Ok(vec![
                (
                    Some("live".to_owned()),
                    "https://api.example.com/v1".to_owned()
                ),
                (None, "http://[::1]:11434".to_owned()),
            ])
        );
        let beside = format!("[[stream]]\npath = \"/a\"\n\n{text}");
        assert_eq!(upstreams(&beside).map(|all| all.len()), Ok(2));
    }

    #[test]
    fn a_mistake_names_its_line_and_repeats_no_secret() {
        for (text, hint) in [
            ("upstream = 1", "line 1: Write [[upstream]]"),
            (
                "[[upstream]]\nroom = \"a b\"\nurl = \"http://h\"",
                "line 2: room = \"a b\" is no name",
            ),
            (
                "[[upstream]]\nroom = \"a\"",
                "line 1: This upstream has no url",
            ),
            ("[[upstream]]\nurl = 1", "line 2: url = 1 is no text"),
            (
                "[[upstream]]\nurl = \"ftp://h\"",
                "line 2: This url is not one of http",
            ),
            (
                "[[upstream]]\nurl = \"h:80\"",
                "line 2: This url is not one of http",
            ),
            (
                "[[upstream]]\nurl = \"http://\"",
                "line 2: This url \"http://\" is none",
            ),
            ("[[upstream]]\nurl = \"http://h:99999\"", "is none"),
            (
                "[[upstream]]\nurl = \"http://me:hunter2@h\"",
                "has a user name",
            ),
            (
                "[[upstream]]\nurl = \"http://h/?key=hunter2\"",
                "has a query",
            ),
            ("[[upstream]]\nurl = \"http://h\"\nurl2 = 1", "line 3: "),
            (
                "[[upstream]]\nroom = \"a\"\nurl = \"http://h\"\n[[upstream]]\nroom = \"a\"\nurl = \"http://i\"",
                "line 5: The upstream in line 2 is for this room too",
            ),
        ] {
            let problem = upstreams(text).expect_err(text);
            assert!(problem.contains(hint), "{text}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
