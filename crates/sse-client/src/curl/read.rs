//! The words of a curl line as a request.

use std::time::Duration;

use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};

use super::body::{self, CurlBody, CurlContent, CurlFile, CurlPart, CurlReading};
use super::flags::{self, Known, Meaning, Setting, Switch};
use super::mistake::{CurlMistakeKind as Kind, Found};
use super::url;
use super::words::Word;
use super::{
    CurlAuthorization, CurlHeader, CurlIp, CurlRequest, CurlResolve, CurlUser, CurlVersion,
};

/// Reads words, of which the first is `curl`.
pub(super) fn read(words: Vec<Word>) -> Result<CurlRequest, Found> {
    let mut words = words.into_iter();
    let Some(program) = words.next() else {
        return Err(Found::new(Kind::Empty, 0));
    };
    if !is_curl(&program.bytes) {
        return Err(Found::new(Kind::NotCurl, program.at));
    }
    let mut reader = Reader::default();
    let mut end = program.at;
    let mut flags_end = false;
    while let Some(word) = words.next() {
        end = word.at;
        match &word.bytes[..] {
            b"--" if !flags_end => flags_end = true,
            [b'-', b'-', ..] if !flags_end => reader.long(&word, &mut words)?,
            [b'-', _, ..] if !flags_end => reader.short(&word, &mut words)?,
            _ => reader.url(word)?,
        }
    }
    reader.finish(end)
}

/// Whether the program is curl, by its name or by its path.
fn is_curl(program: &[u8]) -> bool {
    let name = program.rsplit(|b| b"/\\".contains(b)).next();
    name.is_some_and(|name| {
        name.eq_ignore_ascii_case(b"curl") || name.eq_ignore_ascii_case(b"curl.exe")
    })
}

#[derive(Default)]
struct Reader {
    request: CurlRequest,
    /// The URL with its credentials: how it is read depends on a flag that may follow.
    url: Option<Word>,
    /// The credentials in the URL of the proxy.
    proxy_url_user: Option<CurlUser>,
    cookies: Vec<String>,
    body: CurlBody,
    globoff: bool,
}

impl Reader {
    /// Reads `--NAME`, `--no-NAME`, or `--NAME=VALUE`.
    fn long(&mut self, word: &Word, words: &mut impl Iterator<Item = Word>) -> Result<(), Found> {
        let fail = |kind| Found::new(kind, word.at);
        let is_equals = |b: &u8| *b == b'=';
        let (name, value) = match word.bytes.iter().position(is_equals) {
            Some(at) => (&word.bytes[2..at], Some(word.bytes[at + 1..].to_vec())),
            None => (&word.bytes[2..], None),
        };
        // A name that is not UTF-8 is not known either.
        let name = String::from_utf8_lossy(name);
        let (known, is_on) = flags::of_name(&name).map_err(fail)?;
        let flag = format!("--{}{}", if is_on { "" } else { "no-" }, known.long);
        let at = word.at;
        if takes_value(known) && is_on {
            let value = match value {
                Some(bytes) => Word { bytes, at },
                None => words
                    .next()
                    .ok_or_else(|| fail(Kind::MissingValue(flag.clone())))?,
            };
            return self.setting(known, &flag, value);
        }
        if takes_value(known) {
            return Err(fail(flags::unknown(&flag)));
        }
        if value.is_some() && !matches!(known.meaning, Meaning::Unsupported(_)) {
            return Err(fail(Kind::UnwantedValue(flag)));
        }
        self.switch(known, is_on, flag).map_err(fail)
    }

    /// Reads short flags in one word. What follows one that takes a value is its value.
    fn short(&mut self, word: &Word, words: &mut impl Iterator<Item = Word>) -> Result<(), Found> {
        let fail = |kind| Found::new(kind, word.at);
        let mut rest = &word.bytes[1..];
        while !rest.is_empty() {
            let length = (1..=rest.len().min(4)).find(|end| str::from_utf8(&rest[..*end]).is_ok());
            let (letter, behind) = rest.split_at(length.unwrap_or(1));
            let letter = String::from_utf8_lossy(letter);
            let flag = format!("-{letter}");
            let known = letter.chars().next().and_then(flags::of_letter);
            let known = known.ok_or_else(|| fail(flags::unknown(&flag)))?;
            if takes_value(known) {
                let value = match behind {
                    [] => words
                        .next()
                        .ok_or_else(|| fail(Kind::MissingValue(flag.clone())))?,
                    _ => Word {
                        bytes: behind.to_vec(),
                        at: word.at,
                    },
                };
                return self.setting(known, &flag, value);
            }
            self.switch(known, true, flag).map_err(fail)?;
            rest = behind;
        }
        Ok(())
    }

    fn switch(&mut self, known: Known, is_on: bool, flag: String) -> Result<(), Kind> {
        let request = &mut self.request;
        let switch = match known.meaning {
            Meaning::Switch(switch) => switch,
            Meaning::Unsupported(advice) => return Err(Kind::UnsupportedFlag { flag, advice }),
            Meaning::Next => {
                let advice = "give one request alone";
                return Err(Kind::UnsupportedFlag { flag, advice });
            }
            Meaning::Ignored | Meaning::Setting(_) | Meaning::IgnoredSetting => return Ok(()),
        };
        match switch {
            Switch::Get => request.body_in_query = is_on,
            Switch::Head => request.head = is_on,
            Switch::Insecure => request.insecure = is_on,
            Switch::Location => request.follows_redirects = is_on,
            Switch::Compressed => request.compressed = is_on,
            Switch::Globoff => self.globoff = is_on,
            Switch::Http11 => request.version = is_on.then_some(CurlVersion::Http11),
            Switch::Http2 => request.version = is_on.then_some(CurlVersion::Http2),
            Switch::Ipv4 => request.ip = is_on.then_some(CurlIp::V4),
            Switch::Ipv6 => request.ip = is_on.then_some(CurlIp::V6),
        }
        Ok(())
    }

    fn setting(&mut self, known: Known, flag: &str, value: Word) -> Result<(), Found> {
        let Meaning::Setting(setting) = known.meaning else {
            return Ok(());
        };
        let at = value.at;
        if let Setting::Url = setting {
            return self.url(value);
        }
        self.set(setting, value.bytes)
            .map_err(|refusal| Found::new(refusal.of(flag), at))
    }

    fn set(&mut self, setting: Setting, bytes: Vec<u8>) -> Result<(), Refusal> {
        let request = &mut self.request;
        if let Some(part) = part(setting, &bytes)? {
            self.body.add(part);
            return Ok(());
        }
        let value = text(bytes)?;
        match setting {
            Setting::Request => {
                let method = Method::from_bytes(value.as_bytes());
                request.method = Some(method.map_err(|_| wanted("a method such as POST"))?);
            }
            Setting::Header => request.headers.push(header(&value)?),
            // Without a name, it names a file; without anything, it switches cookies on.
            Setting::Cookie if value.is_empty() => {}
            Setting::Cookie if !value.contains('=') => {
                return Err(wanted("cookies such as a=1, for no file of them is read"));
            }
            Setting::Cookie => self.cookies.push(sendable(value)?),
            Setting::User => {
                request.authorization = Some(CurlAuthorization::Basic(user(&value)?));
            }
            Setting::Bearer => {
                request.authorization = Some(CurlAuthorization::Bearer(sendable(value)?));
            }
            Setting::UserAgent => request.user_agent = Some(sendable(value)?),
            Setting::Referer => {
                let referer = value.strip_suffix(";auto").unwrap_or(&value);
                let referer = sendable(referer.to_owned())?;
                request.referer = Some(referer).filter(|referer| !referer.is_empty());
            }
            Setting::Proxy => {
                let wrong = |_| wanted("a proxy of http or https, such as http://localhost:3128");
                let (proxy, user) = url::proxy(&value).map_err(wrong)?;
                request.proxy = Some(proxy);
                // Those of -U win, wherever they stand: curl keeps them apart.
                self.proxy_url_user = user;
            }
            Setting::ProxyUser => request.proxy_user = Some(user(&value)?),
            Setting::Noproxy => request.no_proxy = Some(value),
            Setting::Resolve => request.resolve.push(resolve(&value)?),
            Setting::Cacert if value.is_empty() => return Err(wanted("the path of a file")),
            Setting::Cacert => request.cacert = Some(value),
            Setting::MaxTime => request.max_time = seconds(&value)?,
            Setting::ConnectTimeout => request.connect_timeout = seconds(&value)?,
            Setting::Output => {
                let nowhere = ["-", "/dev/stdout", "/dev/stderr", "/dev/null"];
                if !nowhere.contains(&value.as_str()) && !value.eq_ignore_ascii_case("nul") {
                    return Err(wanted("-, for no file is written"));
                }
            }
            Setting::Url
            | Setting::Data
            | Setting::DataRaw
            | Setting::DataBinary
            | Setting::DataUrlencode
            | Setting::Json => {}
        }
        Ok(())
    }

    fn url(&mut self, word: Word) -> Result<(), Found> {
        if self.url.is_some() {
            return Err(Found::new(Kind::SecondUrl, word.at));
        }
        self.url = Some(word);
        Ok(())
    }

    /// What is known once the last word was read. A mistake of the whole stands at the last word.
    fn finish(self, end: usize) -> Result<CurlRequest, Found> {
        let mut request = self.request;
        let Some(word) = self.url else {
            return Err(Found::new(Kind::NoUrl, end));
        };
        let at = word.at;
        let fail = |kind| Found::new(kind, at);
        let url = String::from_utf8(word.bytes).map_err(|_| fail(Kind::BadUrl))?;
        let (url, user) = url::target(&url, self.globoff).map_err(fail)?;
        request.url = url;
        // Those of -u win.
        let user = user.map(CurlAuthorization::Basic);
        request.authorization = request.authorization.or(user);
        request.proxy_user = request.proxy_user.or(self.proxy_url_user);
        if !self.cookies.is_empty() {
            request.cookies = Some(self.cookies.join(";"));
        }
        if !self.body.parts().is_empty() {
            request.body = Some(self.body);
        }
        if request.head && request.body.is_some() && !request.body_in_query {
            return Err(Found::new(Kind::Conflict("-I", "-d"), end));
        }
        Ok(request)
    }
}

fn takes_value(known: Known) -> bool {
    matches!(known.meaning, Meaning::Setting(_) | Meaning::IgnoredSetting)
}

/// What a value should have been. It becomes a mistake once the flag's name is known.
struct Refusal(&'static str);

impl Refusal {
    fn of(self, flag: &str) -> Kind {
        let (flag, wanted) = (flag.to_owned(), self.0);
        Kind::BadValue { flag, wanted }
    }
}

fn wanted(what: &'static str) -> Refusal {
    Refusal(what)
}

fn text(bytes: Vec<u8>) -> Result<String, Refusal> {
    String::from_utf8(bytes).map_err(|_| wanted("text in UTF-8"))
}

/// The part that a flag adds to the body, if it adds one.
fn part(setting: Setting, bytes: &[u8]) -> Result<Option<CurlPart>, Refusal> {
    let is_json = matches!(setting, Setting::Json);
    let reading = match setting {
        Setting::DataRaw => {
            let content = CurlContent::Text(bytes.to_vec());
            return Ok(Some(CurlPart { content, is_json }));
        }
        Setting::DataUrlencode => {
            let content = to_encode(bytes)?;
            return Ok(Some(CurlPart { content, is_json }));
        }
        Setting::Data => CurlReading::WithoutLineEnds,
        Setting::DataBinary | Setting::Json => CurlReading::Whole,
        _ => return Ok(None),
    };
    let content = match bytes.strip_prefix(b"@") {
        None => CurlContent::Text(bytes.to_vec()),
        Some(path) => CurlContent::File(file(path)?, reading),
    };
    Ok(Some(CurlPart { content, is_json }))
}

/// What `--data-urlencode` takes: `TEXT`, `=TEXT`, `NAME=TEXT`, `@FILE`, or `NAME@FILE`.
fn to_encode(bytes: &[u8]) -> Result<CurlContent, Refusal> {
    let find = |sign: u8| bytes.iter().position(|b| *b == sign);
    let Some(at) = find(b'=').or_else(|| find(b'@')) else {
        return Ok(CurlContent::Text(body::encoded(bytes)));
    };
    let (name, value) = (&bytes[..at], &bytes[at + 1..]);
    if bytes[at] == b'@' {
        let name = text(name.to_vec())?;
        return Ok(CurlContent::File(file(value)?, CurlReading::Encoded(name)));
    }
    let mut encoded = name.to_vec();
    if !name.is_empty() {
        encoded.push(b'=');
    }
    encoded.extend(body::encoded(value));
    Ok(CurlContent::Text(encoded))
}

fn file(path: &[u8]) -> Result<CurlFile, Refusal> {
    match path {
        [] => Err(wanted("the path of a file behind the @")),
        b"-" => Ok(CurlFile::Stdin),
        path => text(path.to_vec()).map(CurlFile::Path),
    }
}

/// A value that a header field can have.
fn sendable(value: String) -> Result<String, Refusal> {
    match HeaderValue::from_bytes(value.as_bytes()) {
        Ok(_) => Ok(value),
        Err(_) => Err(wanted("one line of text, without control characters")),
    }
}

/// What stands between the blanks of a header field (RFC 9110 5.5).
fn blanks_off(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

fn header(line: &str) -> Result<CurlHeader, Refusal> {
    if line.starts_with('@') {
        return Err(wanted("the header itself, for no file of them is read"));
    }
    let shape = || wanted("a header such as 'Accept: text/event-stream', on one line");
    let (name, value) = match (line.split_once(':'), line.split_once(';')) {
        (Some((name, value)), _) => (
            name,
            Some(blanks_off(value)).filter(|value| !value.is_empty()),
        ),
        (None, Some((name, rest))) if blanks_off(rest).is_empty() => (name, Some("")),
        _ => return Err(shape()),
    };
    let name = blanks_off(name);
    let value = value.map(|value| sendable(value.to_owned())).transpose();
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| shape())?;
    Ok(CurlHeader {
        name: name.to_owned(),
        value: value.map_err(|_| shape())?,
    })
}

/// `NAME:PASSWORD`. curl asks for a password that is missing, and nobody can be asked here.
fn user(value: &str) -> Result<CurlUser, Refusal> {
    let (name, password) = value
        .split_once(':')
        .ok_or(wanted("USER:PASSWORD, the password empty if there is none"))?;
    Ok(CurlUser {
        name: name.to_owned(),
        password: password.to_owned(),
    })
}

/// `HOST:PORT:ADDRESS[,ADDRESS]…`, addresses of IPv6 with or without brackets. A `+` before it says
/// when curl forgets it, which is after this request anyway.
fn resolve(value: &str) -> Result<CurlResolve, Refusal> {
    let shape = || wanted("HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1");
    let value = value.strip_prefix('+').unwrap_or(value);
    let (host, rest) = match value.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => value.split_once(':'),
    }
    .ok_or_else(shape)?;
    let (port, addresses) = rest.split_once(':').ok_or_else(shape)?;
    let is_host = |c: char| !c.is_whitespace() && !c.is_control() && c != '/';
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(shape());
    }
    let addresses = addresses
        .split(',')
        .map(|address| address.trim_matches(['[', ']']).parse());
    Ok(CurlResolve {
        host: host.to_owned(),
        port: port.parse().map_err(|_| shape())?,
        addresses: addresses.collect::<Result<_, _>>().map_err(|_| shape())?,
    })
}

/// The longest time that is understood, in seconds: what follows in computing with it is exact.
const LONGEST: u64 = u32::MAX as u64;

/// A time in seconds, with a fraction or without. 0 is no bound.
fn seconds(value: &str) -> Result<Option<Duration>, Refusal> {
    let shape = || wanted("seconds, such as 30 or 0.5");
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        return Err(shape());
    }
    let whole: u64 = format!("0{whole}").parse().map_err(|_| shape())?;
    if whole > LONGEST {
        return Err(shape());
    }
    let nanos = (0..9).fold(0, |nanos, at| {
        let digit = fraction.as_bytes().get(at).map_or(0, |b| b - b'0');
        nanos * 10 + u32::from(digit)
    });
    let time = Duration::new(whole, nanos);
    Ok((!time.is_zero()).then_some(time))
}
