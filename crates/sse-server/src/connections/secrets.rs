//! Which parts of a request are secrets. They are handed out only to whoever asks for them.
//!
//! A secret is known by its name, or by a value that begins with `Basic` or `Bearer`. A name need
//! only contain one of the words: to hide a value needlessly costs a person one press.

use std::ops::Range;

use percent_encoding::percent_decode;

/// A name that contains one of these words is the name of a secret. Underscores count as hyphens.
const WORDS: [&str; 12] = [
    "api-key",
    "apikey",
    "auth",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "passw",
    "secret",
    "session",
    "signature",
    "token",
];

/// Short names of secrets. They must be the whole name: as a part of one they mean nothing.
const WHOLE: [&str; 5] = ["code", "key", "pass", "pwd", "sig"];

/// What stands in place of a secret.
pub(super) const KEPT_BACK: &[u8] = b"[kept back]";

/// The same within a request target or an address, which has no spaces.
const KEPT_BACK_IN_TARGET: &[u8] = b"[kept-back]";

/// A field's value, or `[kept back]` where the field has a secret: by its name, by the scheme that
/// its value begins with, or in the address that it is.
pub fn value_without_secrets<'a>(name: &[u8], value: &'a [u8]) -> &'a [u8] {
    match is_secret(name) || has_secret(value) {
        true => KEPT_BACK,
        false => value,
    }
}

/// A request target with `[kept-back]` in place of each secret: of what stands before the `@` of an
/// address, and of the value of each parameter whose name says that it is one.
pub fn target_without_secrets(target: &[u8]) -> Vec<u8> {
    let shown = |(part, is_secret)| match is_secret {
        true => KEPT_BACK_IN_TARGET,
        false => part,
    };
    let parts: Vec<_> = parts(target).into_iter().map(shown).collect();
    parts.concat()
}

/// Whether a header field or a parameter of this name has a secret.
pub(super) fn is_secret(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name)
        .trim()
        .to_lowercase()
        .replace('_', "-");
    WHOLE.contains(&&*name)
        || name.ends_with("-key")
        || WORDS.iter().any(|word| name.contains(word))
}

/// Whether a field's value has a secret within it, whatever the field's name: an address with one,
/// such as the `Referer` of a page that was opened with a token, or what a scheme of HTTP
/// authentication begins (RFC 9110 11.4).
pub(super) fn has_secret(value: &[u8]) -> bool {
    is_credential(value) || is_address(value) && parts(value).iter().any(|(_, secret)| *secret)
}

fn is_credential(value: &[u8]) -> bool {
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    let known = |name: &[u8]| scheme.eq_ignore_ascii_case(name) && scheme.len() < value.len();
    known(b"Bearer") || known(b"Basic")
}

fn is_address(value: &[u8]) -> bool {
    value.starts_with(b"/") || value.windows(3).any(|three| three == b"://")
}

/// A request target, or an address, in parts: what is a secret in it, and what is not. Together
/// they are all of it.
///
/// A secret is the value of a parameter whose name says so, and what stands before the `@` of an
/// authority.
pub(super) fn parts(target: &[u8]) -> Vec<(&[u8], bool)> {
    let mut parts = Vec::new();
    let mut at = 0;
    for secret in secrets(target) {
        parts.push((&target[at..secret.start], false));
        at = secret.end;
        parts.push((&target[secret], true));
    }
    parts.push((&target[at..], false));
    parts.retain(|(part, _)| !part.is_empty());
    parts
}

/// Where its secrets stand, in their order.
fn secrets(target: &[u8]) -> Vec<Range<usize>> {
    let mut secrets: Vec<Range<usize>> = user(target).into_iter().collect();
    let mut at = secrets.last().map_or(0, |user| user.end);
    for pair in target[at..].split_inclusive(|byte| *byte == b'&') {
        let end = at + pair.len() - usize::from(pair.ends_with(b"&"));
        secrets.extend(value(&target[at..end]).map(|from| at + from..end));
        at += pair.len();
    }
    secrets
}

/// Where the first secret value begins in what stands between two `&`. It extends to the end,
/// because nobody knows where the reader of the address would end it.
fn value(pair: &[u8]) -> Option<usize> {
    let mut at = 0;
    for piece in pair.split_inclusive(|byte| matches!(byte, b'?' | b';' | b'#')) {
        if let Some(name) = piece.iter().position(|byte| *byte == b'=')
            && is_secret(&decoded(&piece[..name]))
        {
            return Some(at + name + 1);
        }
        at += piece.len();
    }
    None
}

/// Where an address names a user, and perhaps a password.
fn user(target: &[u8]) -> Option<Range<usize>> {
    let from = target.windows(3).position(|three| three == b"://")? + 3;
    let authority = target[from..]
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .map_or(target.len(), |length| from + length);
    let at = target[from..authority].iter().rposition(|b| *b == b'@')?;
    Some(from..from + at)
}

fn decoded(name: &[u8]) -> Vec<u8> {
    percent_decode(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_secret_is_known_however_it_is_written() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "COOKIE",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "X-Auth-Key",
            "Ocp-Apim-Subscription-Key",
            "access_token",
            "API_KEY",
            "apikey",
            "client_secret",
            "password",
            "x-session-id",
            "key",
            " sig",
        ] {
            assert!(is_secret(name.as_bytes()), "{name}");
        }
        for name in [
            "host",
            "origin",
            "last-event-id",
            "accept",
            "user-agent",
            "keyboard",
            "client",
            "from",
            "",
            "sec-fetch-site",
            "content-encoding",
        ] {
            assert!(!is_secret(name.as_bytes()), "{name}");
        }
    }

    fn shown(target: &str) -> String {
        let shown = |(part, secret): (&[u8], bool)| match secret {
            true => format!("<{}>", part.len()),
            false => String::from_utf8_lossy(part).into_owned(),
        };
        parts(target.as_bytes()).into_iter().map(shown).collect()
    }

    #[test]
    fn a_target_hides_the_values_of_secrets_and_nothing_else() {
        for (target, expected) in [
            ("/endless", "/endless"),
            ("/endless?client=a&token=abc", "/endless?client=a&token=<3>"),
            ("/x?%74oken=ab&b=c&token=", "/x?%74oken=<2>&b=c&token="),
            ("/x?a=b=token=c&&key=1", "/x?a=b=token=c&&key=<1>"),
            ("/x?token=a?b;c#d&e=f", "/x?token=<7>&e=f"),
            ("/x?a=b;token=c&d", "/x?a=b;token=<1>&d"),
            ("http://me:pw@localhost/x?y", "http://<5>@localhost/x?y"),
            ("http://localhost/@me", "http://localhost/@me"),
            ("/token/secret", "/token/secret"),
            ("", ""),
        ] {
            assert_eq!(shown(target), expected, "{target}");
            let all: Vec<u8> = parts(target.as_bytes())
                .iter()
                .flat_map(|(part, _)| *part)
                .copied()
                .collect();
            assert_eq!(all, target.as_bytes());
        }
    }

    #[test]
    fn what_is_handed_out_has_words_in_place_of_secrets() {
        let target = target_without_secrets(b"/x?client=a&token=abc&key=&pass=\xff");
        assert_eq!(
            target,
            b"/x?client=a&token=[kept-back]&key=&pass=[kept-back]"
        );
        assert_eq!(value_without_secrets(b"x-api-key", b"abc"), b"[kept back]");
        let referer = b"http://localhost/?token=abc";
        assert_eq!(value_without_secrets(b"referer", referer), b"[kept back]");
        assert_eq!(value_without_secrets(b"accept", b"*/*"), b"*/*");
    }

    #[test]
    fn an_address_with_a_secret_is_one() {
        assert!(has_secret(b"http://localhost:5173/?a=b&token=abc"));
        assert!(has_secret(b"http://localhost:5173/#access_token=abc"));
        assert!(has_secret(b"http://me:pw@localhost/"));
        assert!(!has_secret(b"http://localhost:5173/?a=b"));
        assert!(!has_secret(b"text/html;token=abc"), "no address");
        assert!(has_secret(b"bearer abc") && has_secret(b"Basic YTpi"));
        assert!(!has_secret(b"Bearer") && !has_secret(b"basically"));
    }
}
