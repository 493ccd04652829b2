//! A URL as it was typed: the server that it names, and the target of the request.

use std::fmt;

use hyper::Uri;
use hyper::header::HeaderValue;

use crate::error::Error;

/// Which server is meant, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port, 80 where the URL names none.
    pub port: u16,
    /// The path as it was typed; `/` where there is none.
    path: String,
    /// The query as it was typed, to which fields are added; empty where there is none.
    query: String,
}

/// The port of a URL that names none (RFC 9110 4.2.1).
const HTTP: u16 = 80;

impl Url {
    /// Reads a URL, with its scheme or without.
    ///
    /// # Errors
    /// What is no URL, or not one of http.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let typed_scheme = url.split_once("://").filter(|(scheme, _)| {
            // `localhost:8000/topics/a?b=c://d` has none.
            scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        });
        let (scheme, rest) = typed_scheme.unwrap_or(("http", url));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(Error::Scheme {
                scheme: scheme.to_owned(),
                rest: rest.to_owned(),
            });
        }
        let bad = || Error::BadUrl(url.to_owned());
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| bad())?;
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.as_str().contains('@') {
            return Err(Error::UserInfo);
        }
        // What stands behind the host is nothing, a colon, or a colon and a port.
        let port = match authority.as_str()[authority.host().len()..].trim_start_matches(':') {
            "" => HTTP,
            port => port.parse().map_err(|_| bad())?,
        };
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
        })
    }

    /// What the request asks for: the path, the URL's own query, and the fields that are given.
    pub fn target(&self, fields: &[(&str, Option<&str>)]) -> String {
        let given = fields
            .iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)));
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(given)
            .finish();
        let query: Vec<&str> = [self.query.as_str(), &fields]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        if query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, query.join("&"))
    }

    /// The value of the Host header.
    pub fn host_header(&self) -> HeaderValue {
        // It was read from a URL, which has no character that a header could not carry.
        HeaderValue::from_str(&self.to_string()).unwrap_or(HeaderValue::from_static(""))
    }

    /// Whether this machine is meant.
    pub fn is_loopback(&self) -> bool {
        self.is_localhost()
            || self
                .host
                .parse()
                .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    /// Whether it says `localhost`, in any letters.
    pub fn is_localhost(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
    }
}

/// Host and port as in a URL.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_with_or_without_its_scheme() {
        for (typed, server, target) in [
            (
                "http://localhost:8000/topics/news",
                "localhost:8000",
                "/topics/news",
            ),
            (
                "localhost:8000/topics/news",
                "localhost:8000",
                "/topics/news",
            ),
            ("HTTP://LOCALHOST/topics/a", "LOCALHOST:80", "/topics/a"),
            ("127.0.0.1:1/topics/a", "127.0.0.1:1", "/topics/a"),
            ("[::1]:8000/topics/a", "[::1]:8000", "/topics/a"),
            ("http://[::1]/topics/a", "[::1]:80", "/topics/a"),
            ("localhost:/topics/a#part", "localhost:80", "/topics/a"),
            ("localhost:8000", "localhost:8000", "/"),
            ("localhost?client=a", "localhost:80", "/?client=a"),
            ("h/topics/a?b=c://d", "h:80", "/topics/a?b=c://d"),
            ("h/topics/a%20b?", "h:80", "/topics/a%20b"),
        ] {
            let address = Url::parse(typed).expect(typed);
            assert_eq!(address.to_string(), server, "{typed}");
            assert_eq!(address.target(&[]), target, "{typed}");
        }
    }

    #[test]
    fn fields_join_the_query_and_cannot_leave_their_place() {
        let target = |url, fields: &[_]| Url::parse(url).expect(url).target(fields);
        assert_eq!(
            target(
                "h/a?x=1",
                &[
                    ("event", Some("a b&id=c#d\n")),
                    ("id", None),
                    ("retry", Some("5"))
                ]
            ),
            "/a?x=1&event=a+b%26id%3Dc%23d%0A&retry=5"
        );
        assert_eq!(target("h/a", &[("id", Some("é%"))]), "/a?id=%C3%A9%25");
        assert_eq!(target("h/a", &[("id", Some(""))]), "/a?id=");
    }

    #[test]
    fn what_is_no_http_url_is_told_why() {
        for (typed, hint) in [
            (
                "https://localhost:8000/topics/a",
                "https is not supported: give a URL such as http://localhost:8000/topics/a.",
            ),
            ("ws://h/a", "ws is not supported"),
            ("http://me:pw@h/a", "user name"),
            ("", "not a URL"),
            ("http://", "not a URL"),
            ("http:///topics/a", "not a URL"),
            ("/topics/a", "not a URL"),
            (":8000/topics/a", "not a URL"),
            ("localhost:99999/topics/a", "not a URL"),
            ("localhost:x/topics/a", "not a URL"),
            ("mailto:me", "not a URL"),
            ("[::1/topics/a", "not a URL"),
            ("::1/topics/a", "not a URL"),
            ("local host/topics/a", "not a URL"),
            ("h/topics/a b", "not a URL"),
            ("h/topics/a\nb", "not a URL"),
        ] {
            let sentence = Url::parse(typed).expect_err(typed).to_string();
            assert!(sentence.contains(hint), "{typed}: {sentence}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let here = |url| Url::parse(url).expect(url).is_loopback();
        assert!(here("localhost") && here("LocalHost:1") && here("127.1.2.3") && here("[::1]:5"));
        assert!(!here("localhost.example") && !here("192.168.1.5") && !here("h"));
    }
}
