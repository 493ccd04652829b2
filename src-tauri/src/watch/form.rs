//! What a person fills in: a request, and how the connection is made.

use serde::{Deserialize, Serialize};
use sse_client::{CurlFile, CurlRequest, Header, Method, Trust, Url, Wish};

use crate::error::Error;

/// A request as the page shows and sends it.
///
/// Nothing of it is kept: the page has it while it is open, and a watch while it runs.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "WatchForm"))]
pub(crate) struct Form {
    /// The method.
    pub(crate) method: String,
    /// The URL; http is meant where it names no scheme.
    pub(crate) url: String,
    /// The headers in their order.
    pub(crate) headers: Vec<Field>,
    /// The body; empty where there is none.
    pub(crate) body: String,
    /// Whether it is asked for again when it ends, as an EventSource does.
    pub(crate) reconnects: bool,
    /// Whether redirects are followed.
    pub(crate) follows: bool,
    /// Whether HTTP/2 is offered.
    pub(crate) http2: bool,
    /// Whether any certificate is trusted.
    pub(crate) insecure: bool,
    /// The curl line that it was read from, where that says more of the connection than this does.
    pub(crate) curl: Option<String>,
    /// What that is, a few words each.
    pub(crate) more: Vec<String>,
}

/// A header that a person fills in.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "WatchField"))]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
    /// Whether the value is shown while nobody writes it. What is not known to be harmless is a
    /// secret.
    pub(crate) plain: bool,
}

impl Field {
    fn new(header: &Header) -> Self {
        Self {
            name: header.name.clone(),
            value: header.value.clone(),
            plain: header.is_plain(),
        }
    }
}

impl Form {
    /// What an EventSource asks for, without an address.
    pub(crate) fn empty() -> Self {
        Self {
            method: Method::GET.to_string(),
            url: String::new(),
            headers: [
                ("Accept", "text/event-stream"),
                ("Cache-Control", "no-cache"),
                // What is compressed all the same is a finding.
                ("Accept-Encoding", "identity"),
            ]
            .map(|(name, value)| Field::new(&Header::new(name, value)))
            .into(),
            body: String::new(),
            reconnects: false,
            follows: true,
            http2: false,
            insecure: false,
            curl: None,
            more: Vec::new(),
        }
    }

    /// Reads a curl line.
    ///
    /// # Errors
    /// It cannot be read, names a file, or has a body that is no text.
    pub(crate) fn from_curl(text: &str) -> Result<Self, Error> {
        let line = read(text)?;
        let wish = wish(&line)?;
        let body = String::from_utf8(wish.body.to_vec()).map_err(|_| Error::BodyNoText)?;
        let more = more(&line);
        Ok(Self {
            method: wish.method.to_string(),
            // As it was written: the port that goes without saying is left out.
            url: line.message(refused)?.url,
            headers: wish.headers.iter().map(Field::new).collect(),
            body,
            reconnects: false,
            follows: wish.follows,
            http2: wish.dial.http2,
            insecure: line.insecure,
            curl: (!more.is_empty()).then(|| text.to_owned()),
            more,
        })
    }

    /// The request that it makes.
    ///
    /// # Errors
    /// The address is no URL, the method is none, or the curl line cannot be read.
    pub(crate) fn wish(&self) -> Result<Wish, Error> {
        let url = Url::parse(self.url.trim())?;
        let mut made = Wish::new(url);
        if let Some(text) = &self.curl {
            let line = wish(&read(text)?)?;
            made.dial = line.dial;
            made.max_time = line.max_time;
        }
        let method = self.method.trim().to_ascii_uppercase();
        made.method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Error::BadMethod(self.method.clone()))?;
        let own = std::mem::take(&mut made.headers);
        let filled_in = self.headers.iter().filter_map(|field| {
            let name = field.name.trim();
            (!name.is_empty()).then(|| Header::new(name, field.value.trim()))
        });
        made.headers = filled_in.collect();
        made.body = self.body.clone().into();
        let json = (!self.body.is_empty()).then(|| Header::new("Content-Type", "application/json"));
        let agent = own.into_iter().find(|header| header.is_named("user-agent"));
        for header in json.into_iter().chain(agent) {
            if !made.headers.iter().any(|it| it.is_named(&header.name)) {
                made.headers.push(header);
            }
        }
        made.follows = self.follows;
        made.dial.http2 = self.http2;
        match (self.insecure, &made.dial.trust) {
            (true, _) => made.dial.trust = Trust::Anybody,
            (false, Trust::Anybody) => made.dial.trust = Trust::Platform,
            (false, _) => {}
        }
        Ok(made)
    }
}

fn read(text: &str) -> Result<CurlRequest, Error> {
    CurlRequest::from_text(text).map_err(|e| sse_client::Error::CurlLine(e).into())
}

fn wish(line: &CurlRequest) -> Result<Wish, Error> {
    Wish::from_curl(line, refused)
}

/// The window reads no file: a line that somebody was given would choose it.
fn refused(file: &CurlFile) -> Result<Vec<u8>, Error> {
    Err(Error::CurlFile(match file {
        CurlFile::Path(path) => path.clone(),
        CurlFile::Stdin => "-".to_owned(),
    }))
}

/// What a line says of the connection beyond the fields of a form. No secret is among it.
fn more(line: &CurlRequest) -> Vec<String> {
    let mut more = Vec::new();
    match line.proxy.as_deref() {
        None => {}
        Some("") => more.push("no proxy".to_owned()),
        Some(proxy) => more.push(format!("through the proxy {proxy}")),
    }
    if line.proxy_user.is_some() {
        more.push("with a password for the proxy".to_owned());
    }
    if let Some(file) = line.cacert.as_ref().filter(|_| !line.insecure) {
        more.push(format!("trusts {file}"));
    }
    for known in &line.resolve {
        more.push(format!("knows the address of {}", known.host));
    }
    if line.ip.is_some() {
        more.push("one kind of addresses".to_owned());
    }
    if let Some(time) = line.max_time.filter(|time| !time.is_zero()) {
        more.push(format!("{} s at most", time.as_secs_f64()));
    }
    if let Some(time) = line.connect_timeout.filter(|time| !time.is_zero()) {
        more.push(format!("connected within {} s", time.as_secs_f64()));
    }
    if line.no_proxy.is_some() {
        more.push("some hosts without a proxy".to_owned());
    }
    more
}

#[cfg(test)]
mod tests {
    use sse_client::Proxy;

    use super::*;

    fn names(wish: &Wish) -> Vec<&str> {
        let headers = wish.headers.iter();
        headers.map(|header| header.name.as_str()).collect()
    }

    #[test]
    fn a_pasted_line_fills_the_form_and_the_form_makes_its_request() {
        let line = "curl -N -k --http2 -x http://proxy.example:3128 -m 30 \
                    -H 'Authorization: Bearer sk-proj-1234567890' \
                    -H 'Content-Type: application/json' --data-raw '{\"stream\":true}' \
                    https://llm.example/v1/chat/completions";
        let form = Form::from_curl(line).expect("a line of curl");
        assert_eq!(
            (&*form.method, &*form.url, &*form.body),
            (
                "POST",
                "https://llm.example/v1/chat/completions",
                "{\"stream\":true}"
            )
        );
        assert!(form.insecure && form.http2 && !form.follows);
        assert_eq!(
            form.more,
            [
                "through the proxy http://proxy.example:3128",
                "30 s at most"
            ]
        );
        let secret = form
            .headers
            .iter()
            .find(|field| field.name == "Authorization");
        assert_eq!(secret.map(|field| field.plain), Some(false));

        let wish = form.wish().expect("a request");
        assert_eq!(wish.method, Method::POST);
        assert_eq!(wish.dial.trust, Trust::Anybody);
        assert!(matches!(&wish.dial.proxy, Proxy::At(at) if at.contains("proxy.example")));
        assert_eq!(wish.max_time.map(|time| time.as_secs()), Some(30));
        assert_eq!(wish.body, "{\"stream\":true}");

        let careful = Form {
            insecure: false,
            ..form
        };
        let wish = careful.wish().expect("a request");
        assert_eq!(wish.dial.trust, Trust::Platform);
    }

    #[test]
    fn what_is_sent_is_what_stands_there_and_what_goes_without_saying() {
        let form = Form {
            url: "localhost:8000/numbers".to_owned(),
            ..Form::empty()
        };
        let wish = form.wish().expect("a request");
        assert_eq!(
            names(&wish),
            ["Accept", "Cache-Control", "Accept-Encoding", "User-Agent"]
        );
        let post = Form {
            method: "post".to_owned(),
            body: "{}".to_owned(),
            headers: vec![Field {
                name: " User-Agent ".to_owned(),
                value: " mine ".to_owned(),
                plain: true,
            }],
            ..form
        };
        let wish = post.wish().expect("a request");
        assert_eq!(names(&wish), ["User-Agent", "Content-Type"]);
        assert_eq!(
            (&wish.method, &*wish.headers[0].value),
            (&Method::POST, "mine")
        );
    }

    #[test]
    fn what_makes_no_request_is_refused_in_a_sentence() {
        let of = |url: &str, method: &str| {
            let form = Form {
                url: url.to_owned(),
                method: method.to_owned(),
                ..Form::empty()
            };
            form.wish().err().map(|e| e.to_string()).unwrap_or_default()
        };
        for (url, method) in [
            ("", "GET"),
            ("ftp://example.com", "GET"),
            ("http://localhost:99999", "GET"),
            ("http://me:hunter2@localhost", "GET"),
            ("http://localhost", "GE T"),
        ] {
            let sentence = of(url, method);
            assert!(sentence.ends_with('.'), "{url} {method}: {sentence}");
            assert!(!sentence.contains("hunter2"), "{sentence}");
        }
        for line in [
            "curl",
            "curl --form a=b http://localhost",
            "curl -d @body.json http://localhost",
            "wget http://localhost",
        ] {
            let sentence = Form::from_curl(line).err().map(|e| e.to_string());
            let sentence = sentence.unwrap_or_default();
            assert!(
                sentence.contains(": ") && sentence.ends_with('.'),
                "{line}: {sentence}"
            );
        }
    }
}
