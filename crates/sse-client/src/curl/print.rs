//! A request as a curl line again, in bash's quotes.

use std::fmt::Write as _;

use super::body::{CurlBody, CurlContent, CurlFile, CurlPart, CurlReading};
use super::secret::{HIDDEN, shown_value};
use super::{CurlAuthorization, CurlHeader, CurlIp, CurlRequest, CurlUser, CurlVersion, url};

impl CurlRequest {
    /// The whole line, to copy. It holds the secrets, and is read as the same request. curl runs it
    /// in bash, as do zsh and ksh.
    pub fn line(&self) -> String {
        self.print(false)
    }

    /// The line as it may be shown: a `…` stands for each secret.
    pub fn shown_line(&self) -> String {
        self.print(true)
    }

    fn print(&self, hides: bool) -> String {
        let mut line = Line {
            text: "curl -N".to_owned(),
            hides,
        };
        if let Some(method) = &self.method {
            line.pair("-X", method.as_str());
        }
        self.print_connection(&mut line);
        for header in &self.headers {
            line.pair("-H", &line.header(header));
        }
        if let Some(agent) = &self.user_agent {
            line.pair("-A", agent);
        }
        if let Some(referer) = &self.referer {
            // `;auto` at the end would be curl's, and is taken off once.
            let auto = if referer.ends_with(";auto") {
                ";auto"
            } else {
                ""
            };
            line.pair("-e", &(line.url(referer) + auto));
        }
        if let Some(cookies) = &self.cookies {
            line.pair("-b", &line.secret(cookies, "…=…"));
        }
        match &self.authorization {
            Some(CurlAuthorization::Basic(user)) => line.pair("-u", &line.user(user)),
            Some(CurlAuthorization::Bearer(token)) => {
                line.pair("--oauth2-bearer", &line.secret(token, HIDDEN));
            }
            None => {}
        }
        for (on, flag) in [(self.body_in_query, "-G"), (self.head, "-I")] {
            if on {
                line.flag(flag);
            }
        }
        for part in self.body.iter().flat_map(CurlBody::parts) {
            line.part(part);
        }
        let shown = line.url(&self.url);
        if shown.contains(['{', '}', '[', ']']) {
            line.flag("-g");
        }
        match shown.starts_with('-') {
            true => line.pair("--url", &shown),
            false => line.word(shown.as_bytes()),
        }
        line.text
    }

    fn print_connection(&self, line: &mut Line) {
        for (on, flag) in [
            (self.follows_redirects, "-L"),
            (self.compressed, "--compressed"),
            (self.version == Some(CurlVersion::Http11), "--http1.1"),
            (self.version == Some(CurlVersion::Http2), "--http2"),
            (self.insecure, "-k"),
            (self.ip == Some(CurlIp::V4), "-4"),
            (self.ip == Some(CurlIp::V6), "-6"),
        ] {
            if on {
                line.flag(flag);
            }
        }
        if let Some(proxy) = &self.proxy {
            line.pair("-x", &line.url(proxy));
        }
        if let Some(user) = &self.proxy_user {
            line.pair("-U", &line.user(user));
        }
        for (flag, value) in [("--noproxy", &self.no_proxy), ("--cacert", &self.cacert)] {
            if let Some(value) = value {
                line.pair(flag, value);
            }
        }
        for resolve in &self.resolve {
            let addresses = resolve.addresses.iter().map(ToString::to_string);
            let addresses = addresses.collect::<Vec<_>>().join(",");
            let host = match resolve.host.contains(':') {
                true => format!("[{}]", resolve.host),
                false => resolve.host.clone(),
            };
            line.pair("--resolve", &format!("{host}:{}:{addresses}", resolve.port));
        }
        for (flag, time) in [
            ("-m", self.max_time),
            ("--connect-timeout", self.connect_timeout),
        ] {
            if let Some(time) = time {
                let exact = format!("{}.{:09}", time.as_secs(), time.subsec_nanos());
                line.pair(flag, exact.trim_end_matches('0').trim_end_matches('.'));
            }
        }
    }
}

struct Line {
    text: String,
    hides: bool,
}

impl Line {
    /// A secret, or what is shown in its place and read as well.
    fn secret(&self, secret: &str, hidden: &str) -> String {
        match self.hides {
            true => hidden.to_owned(),
            false => secret.to_owned(),
        }
    }

    fn url(&self, url: &str) -> String {
        match self.hides {
            true => url::shown(url),
            false => url.to_owned(),
        }
    }

    fn user(&self, user: &CurlUser) -> String {
        self.secret(&format!("{}:{}", user.name, user.password), "…:…")
    }

    fn header(&self, header: &CurlHeader) -> String {
        let value = match self.hides {
            true => shown_value(header),
            false => header.value.clone(),
        };
        match value.as_deref() {
            None => format!("{}:", header.name),
            Some("") => format!("{};", header.name),
            Some(value) => format!("{}: {value}", header.name),
        }
    }

    fn part(&mut self, part: &CurlPart) {
        let (file, reading) = match &part.content {
            CurlContent::Text(text) => {
                self.flag(if part.is_json { "--json" } else { "--data-raw" });
                return match self.hides {
                    true => self.word(HIDDEN.as_bytes()),
                    false => self.word(text),
                };
            }
            CurlContent::File(file, reading) => (file, reading),
        };
        let path = match file {
            CurlFile::Path(path) => path,
            CurlFile::Stdin => "-",
        };
        let (flag, name) = match reading {
            CurlReading::Whole if part.is_json => ("--json", ""),
            CurlReading::Whole => ("--data-binary", ""),
            CurlReading::WithoutLineEnds => ("-d", ""),
            CurlReading::Encoded(name) => ("--data-urlencode", name.as_str()),
        };
        self.pair(flag, &format!("{name}@{path}"));
    }

    fn flag(&mut self, flag: &str) {
        self.text.push(' ');
        self.text += flag;
    }

    fn pair(&mut self, flag: &str, value: &str) {
        self.flag(flag);
        self.word(value.as_bytes());
    }

    /// One word: as it is, in single quotes, or as `$'…'`.
    fn word(&mut self, word: &[u8]) {
        self.text.push(' ');
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._/:@+,%".contains(b);
        let text = str::from_utf8(word).ok();
        match text {
            Some(text) if !word.is_empty() && word.iter().all(is_plain) => self.text += text,
            Some(text) if !text.contains(|c: char| c == '\'' || c.is_control()) => {
                self.text.push('\'');
                self.text += text;
                self.text.push('\'');
            }
            _ => self.escaped(word),
        }
    }

    fn escaped(&mut self, word: &[u8]) {
        self.text += "$'";
        for chunk in word.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => self.text += "\\n",
                    '\r' => self.text += "\\r",
                    '\t' => self.text += "\\t",
                    '\'' | '\\' => self.text.extend(['\\', c]),
                    c if c.is_control() => {
                        let mut room = [0; 4];
                        self.bytes(c.encode_utf8(&mut room).as_bytes());
                    }
                    c => self.text.push(c),
                }
            }
            self.bytes(chunk.invalid());
        }
        self.text.push('\'');
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for b in bytes {
            // Writing to a text cannot fail.
            let _ = write!(self.text, "\\x{b:02x}");
        }
    }
}
