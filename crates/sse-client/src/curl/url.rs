//! The URL of a curl line, and that of its proxy: which part is whose, and what of it is a secret.

use std::borrow::Cow;

use super::CurlUser;
use super::mistake::CurlMistakeKind as Kind;

/// A URL without its credentials, and these.
pub(super) type Parted = (String, Option<CurlUser>);

/// Reads the URL that is asked for.
pub(super) fn target(url: &str, is_literal: bool) -> Result<Parted, Kind> {
    let url = match is_literal {
        true => url.into(),
        false => without_glob(url)?,
    };
    let (scheme, authority, rest) = split(&url);
    if !["", "http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(Kind::Scheme);
    }
    let (user, host) = credentials(authority)?;
    // `:80` is a port without a host.
    let has_host = !host.is_empty() && !host.starts_with(':');
    if !has_host || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Kind::BadUrl);
    }
    let joined = join(scheme, host, rest);
    // Without the credentials of `a@b://c`, the host would be read as a scheme.
    let joined = match scheme.is_empty() && !split(&joined).0.is_empty() {
        true => join("http", host, rest),
        false => joined,
    };
    Ok((joined, user))
}

/// Reads the URL of a proxy, which may be empty.
pub(super) fn proxy(url: &str) -> Result<Parted, Kind> {
    match target(url, true) {
        _ if url.is_empty() => Ok((String::new(), None)),
        parted => parted,
    }
}

/// The scheme, which may be empty, the authority, and what follows it.
fn split(url: &str) -> (&str, &str, &str) {
    let is_scheme = |scheme: &str| {
        scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (scheme, &rest[..end], &rest[end..])
}

fn join(scheme: &str, host: &str, rest: &str) -> String {
    match scheme {
        "" => format!("{host}{rest}"),
        scheme => format!("{scheme}://{host}{rest}"),
    }
}

/// The credentials before the `@` of an authority, decoded, and what follows them.
fn credentials(authority: &str) -> Result<(Option<CurlUser>, &str), Kind> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok((None, authority));
    };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |part: &str| {
        let part = percent_encoding::percent_decode_str(part).decode_utf8();
        // curl refuses `%00` here too.
        let part = part.ok().filter(|part| !part.contains('\0'));
        part.map(Cow::into_owned).ok_or(Kind::BadUrl)
    };
    let (name, password) = (decoded(name)?, decoded(password)?);
    if name.contains(':') {
        return Err(Kind::UserColon);
    }
    let user = CurlUser { name, password };
    Ok(((user != CurlUser::default()).then_some(user), host))
}

/// A URL in which curl would look for sets and ranges, `\` taken from the brackets behind it.
fn without_glob(url: &str) -> Result<Cow<'_, str>, Kind> {
    if !url.contains(['{', '}', '[', ']']) {
        return Ok(url.into());
    }
    let mut literal = String::with_capacity(url.len());
    let mut rest = url.chars().peekable();
    // Where the text behind the open bracket begins.
    let mut open = None;
    while let Some(c) = rest.next() {
        match c {
            '\\' if rest.peek().is_some_and(|c| "{}[]".contains(*c)) => {
                literal.extend(rest.next());
                continue;
            }
            // A set, of one value even: `{id}` would be sent as `id`.
            '{' | '}' => return Err(Kind::Glob),
            '[' => open = Some(literal.len() + 1),
            ']' if open.take().is_some_and(|open| is_range(&literal[open..])) => {
                return Err(Kind::Glob);
            }
            _ => {}
        }
        literal.push(c);
    }
    Ok(literal.into())
}

/// Whether `[1-3]`, `[a-z]`, or `[1-9:2]` is meant. `[::1]`, `[]`, and `[name]` are not.
fn is_range(inside: &str) -> bool {
    let (range, _step) = inside.split_once(':').unwrap_or((inside, ""));
    let is_letter = |end: &str| end.len() == 1 && end.as_bytes()[0].is_ascii_alphabetic();
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit());
    range.split_once('-').is_some_and(|(from, to)| {
        is_letter(from) && is_letter(to) || is_number(from) && is_number(to)
    })
}

/// A URL with data at the end of its query (`-G`). What no URL can hold is percent-encoded.
pub(super) fn with_query(url: &str, data: &[u8]) -> String {
    if data.is_empty() {
        return url.to_owned();
    }
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let mut whole = format!("{url}{joint}");
    for b in data {
        match b {
            b'#' => whole += "%23",
            b if b.is_ascii_graphic() => whole.push(char::from(*b)),
            b => whole += percent_encoding::percent_encode_byte(*b),
        }
    }
    whole + fragment
}

/// Parts of a parameter's name whose value is a secret.
const SECRET: [&str; 14] = [
    "auth", "code", "cred", "jwt", "key", "pass", "pwd", "secret", "session", "sid", "sig",
    "state", "ticket", "token",
];

/// A URL that may be shown: without the values of parameters that are secrets, and without its
/// fragment.
pub(super) fn shown(url: &str) -> String {
    let (scheme, authority, rest) = split(url);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (rest, fragment) = rest
        .split_once('#')
        .map_or((rest, ""), |(rest, _)| (rest, "#…"));
    let Some((path, query)) = rest.split_once('?') else {
        return join(scheme, host, rest) + fragment;
    };
    let pairs = query.split('&').map(|pair| {
        let is_secret = form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_some_and(|(name, _)| {
                let name = name.to_ascii_lowercase();
                SECRET.iter().any(|part| name.contains(part))
            });
        match pair.split_once('=') {
            Some((name, _)) if is_secret => format!("{name}=…"),
            _ => pair.to_owned(),
        }
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    join(scheme, host, &format!("{path}?{query}")) + fragment
}
