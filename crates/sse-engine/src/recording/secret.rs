//! What is kept back from a recording, because whoever has the file could use it. Bodies are not
//! touched.

use super::{Recording, Step};

/// What stands for the value of a field.
const KEPT_BACK: &str = "[kept back]";
/// What stands for a part of a URL, which has no spaces.
const KEPT_BACK_IN_URL: &str = "[kept-back]";

/// Whether the value of a field of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
    ];
    names.contains(&&*name) || name.ends_with("-token") || name.ends_with("-key")
}

impl Recording {
    /// The same without secrets, and how many were kept back: values of fields that hold tokens and
    /// keys, values of `key=` and `token=` in URLs, and their user info. Bodies stay as they are.
    pub fn without_secrets(mut self) -> (Self, usize) {
        let mut count = 0;
        let mut first = true;
        for step in &mut self.steps {
            match step {
                Step::Next => first = true,
                step => {
                    count += keep_back(step, first);
                    first &= !matches!(step, Step::Request(_));
                }
            }
        }
        (self, count)
    }
}

/// Keeps back what a step holds of secrets, and answers how many there were. `first` says that a
/// line of a request is its first one.
pub(super) fn keep_back(step: &mut Step, first: bool) -> usize {
    match step {
        Step::Request(line) => {
            let changed = if first {
                in_request_line(line)
            } else {
                in_field(line)
            };
            changed.map_or(0, |(text, secrets)| {
                *line = text;
                secrets
            })
        }
        // A byte that is not UTF-8 stands in no name.
        Step::Response(line) => {
            let changed = in_field(&String::from_utf8_lossy(line));
            changed.map_or(0, |(text, secrets)| {
                *line = text.into_bytes();
                secrets
            })
        }
        _ => 0,
    }
}

fn in_request_line(line: &str) -> Option<(String, usize)> {
    let (method, rest) = line.split_once(' ')?;
    let (target, version) = rest.rsplit_once(' ')?;
    let (target, secrets) = in_url(target);
    (secrets > 0).then(|| (format!("{method} {target} {version}"), secrets))
}

/// A field without its secrets, where it has any.
fn in_field(line: &str) -> Option<(String, usize)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim();
    if is_secret(name) {
        return (value != KEPT_BACK).then(|| (format!("{name}: {KEPT_BACK}"), 1));
    }
    let urls = ["location", "content-location", "referer"];
    if !urls.iter().any(|url| name.eq_ignore_ascii_case(url)) {
        return None;
    }
    let (url, secrets) = in_url(value);
    (secrets > 0).then(|| (format!("{name}: {url}"), secrets))
}

/// A URL without its secrets, and how many it had.
pub(super) fn in_url(url: &str) -> (String, usize) {
    let mut secrets = 0;
    let mut keep_back = |value: &str| {
        secrets += usize::from(value != KEPT_BACK_IN_URL);
        KEPT_BACK_IN_URL
    };
    let mut clean = String::with_capacity(url.len());
    let mut rest = url;
    let begin = rest
        .find("//")
        .filter(|at| !rest[..*at].contains(['/', '?', '#']));
    if let Some(at) = begin {
        let host = at + "//".len();
        let end = rest[host..]
            .find(['/', '?', '#'])
            .map_or(rest.len(), |end| host + end);
        if let Some(sign) = rest[host..end].rfind('@') {
            clean.push_str(&rest[..host]);
            clean.push_str(keep_back(&rest[host..host + sign]));
            rest = &rest[host + sign..];
        }
    }
    // A fragment can hold a token as well as a query.
    for part in rest.split_inclusive(['?', '&', '#', ';']) {
        let sign = part.len() - usize::from(part.ends_with(['?', '&', '#', ';']));
        let (pair, sign) = part.split_at(sign);
        match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && is_secret_parameter(name) => {
                clean.push_str(name);
                clean.push('=');
                clean.push_str(keep_back(value));
            }
            _ => clean.push_str(pair),
        }
        clean.push_str(sign);
    }
    (clean, secrets)
}

/// `key` and `token`, and names that end so, such as `api_key`.
fn is_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("key") || name.ends_with("token")
}
