//! One spelling for each path of a request.

use std::borrow::Cow;

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use sse_engine::stream::can_stand;

/// The target with its path in one spelling, so that guard, routes and table all see the same one.
///
/// What need not be percent-encoded means the same when it is (RFC 9110 4.2.3); of the signs that
/// are reserved we give none a meaning of its own. A slash that was encoded stays so, and so does
/// what would become a dot segment: nothing here leads to another folder than was written.
pub(super) fn normalized(target: Uri) -> Uri {
    let Cow::Owned(path) = decoded(target.path()) else {
        return target;
    };
    let spelled = match target.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = target.clone().into_parts();
    let Ok(spelled) = PathAndQuery::try_from(spelled) else {
        return target;
    };
    parts.path_and_query = Some(spelled);
    Uri::from_parts(parts).unwrap_or(target)
}

/// A path with all that may stand as it is.
fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return path.into();
    }
    let parts: Vec<Cow<'_, str>> = path
        .split('/')
        .map(|part| match part_decoded(part) {
            plain if matches!(&*plain, "." | "..") => part.into(),
            plain => plain.into(),
        })
        .collect();
    parts.join("/").into()
}

fn part_decoded(part: &str) -> String {
    let mut plain = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        plain += before;
        let byte = after
            .get(..2)
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if can_stand(byte) => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            // In the one spelling that is left, the digits are upper case (RFC 3986 6.2.2.1).
            Some(byte) => {
                plain += &format!("%{byte:02X}");
                rest = &after[2..];
            }
            None => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(target: &str) -> String {
        normalized(target.parse().expect("a target")).to_string()
    }

    #[test]
    fn what_need_not_be_encoded_means_the_same_when_it_is() {
        for (written, same) in [
            ("/numbers", "/numbers"),
            ("/%6Eumbers", "/numbers"),
            ("/topics/a%7Eb?x=%7E", "/topics/a~b?x=%7E"),
            ("/%61pi/state", "/api/state"),
            ("/it%27s%26more", "/it's&more"),
            ("/a%3ab%40", "/a:b@"),
            ("http://localhost:1/%6e?q", "http://localhost:1/n?q"),
            ("/a%", "/a%"),
            ("/a%4", "/a%4"),
            ("/a%zz", "/a%zz"),
            ("/a%c3%a4", "/a%C3%A4"),
            ("/a%2541", "/a%2541"),
        ] {
            assert_eq!(spelled(written), same, "{written}");
        }
    }

    #[test]
    fn no_step_between_folders_is_made() {
        for (written, same) in [
            ("/a%2fb", "/a%2Fb"),
            ("/%2e%2e/api/state", "/%2e%2e/api/state"),
            ("/a/%2e", "/a/%2e"),
            ("/a/.%2E/b", "/a/.%2E/b"),
            ("/%2e%2e%2fapi", "/..%2Fapi"),
            ("/%2e%2ea", "/..a"),
            ("/%2f%2e%2e", "/%2F.."),
            ("/%5c%00%0a%25", "/%5C%00%0A%25"),
        ] {
            assert_eq!(spelled(written), same, "{written}");
        }
    }
}
