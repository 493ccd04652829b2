//! A URL as it was typed: the server that it names, and the target of the request.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;

use crate::error::Error;
use crate::foreign::shown_url;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// As the bytes are.
    Http,
    /// Through TLS.
    Https,
}

impl Scheme {
    /// Its name, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL that names none (RFC 9110 4.2).
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Which server is meant, and where in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port; where the URL names none, that of its scheme.
    pub port: u16,
    /// The path as it was typed; `/` where there is none.
    path: String,
    /// The query as it was typed, to which fields are added; empty where there is none.
    query: String,
}

impl Url {
    /// Reads a URL of http or https. Without a scheme it is one of http.
    ///
    /// # Errors
    /// What is no URL, or one of another scheme.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let typed_scheme = url.split_once("://").filter(|(scheme, _)| {
            // `localhost:8000/topics/a?b=c://d` has none.
            scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        });
        let (scheme, rest) = typed_scheme.unwrap_or(("http", url));
        let typed_authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Before all else, because other sentences repeat what was typed.
        if typed_authority.contains('@') {
            return Err(Error::UserInfo);
        }
        let mut named = [Scheme::Http, Scheme::Https].into_iter();
        let known = named.rfind(|known| scheme.eq_ignore_ascii_case(known.name()));
        let known = known.ok_or_else(|| Error::Scheme {
            scheme: scheme.to_owned(),
            // A file has no host, and a URL of http has one.
            rest: match rest.starts_with('/') || rest.is_empty() {
                true => "localhost:8000/topics/news".to_owned(),
                false => rest.to_owned(),
            },
        })?;
        let bad = || Error::BadUrl(url.to_owned());
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| bad())?;
        let authority = uri.authority().ok_or_else(bad)?;
        // What stands behind the host is nothing, a colon, or a colon and a port.
        let port = match authority.as_str()[authority.host().len()..].trim_start_matches(':') {
            "" => known.port(),
            port => port.parse().map_err(|_| bad())?,
        };
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Self {
            scheme: known,
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

    /// The same server, at this path and query below its own path, as they are. Its own query is
    /// left out.
    pub fn below(&self, path_and_query: &str) -> Self {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        let path = format!("{}{path}", self.path.trim_end_matches('/'));
        Self {
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path
            },
            query: query.to_owned(),
            ..self.clone()
        }
    }

    /// Its path, as it was typed.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its query, as it was typed; empty where there is none.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The value of the Host header: the port only where it is not that of the scheme, as a browser
    /// sends it.
    pub fn host_header(&self) -> HeaderValue {
        let server = self.to_string();
        let port = format!(":{}", self.scheme.port());
        let host = server.strip_suffix(&port).unwrap_or(&server);
        // It was read from a URL, which has no character that a header could not carry.
        HeaderValue::from_str(host).unwrap_or(HeaderValue::from_static(""))
    }

    /// The URL that a reference leads to from here (RFC 3986 5), without its fragment.
    ///
    /// # Errors
    /// What is no URL, or one of another scheme.
    pub fn join(&self, reference: &str) -> Result<Self, Error> {
        let bad = || Error::BadUrl(reference.to_owned());
        let here: url::Url = self.whole().parse().map_err(|_| bad())?;
        let joined = here.join(reference).map_err(|_| bad())?;
        Self::parse(joined.as_str())
    }

    /// Scheme, host, port, path and query.
    pub fn whole(&self) -> String {
        format!("{}://{self}{}", self.scheme.name(), self.target(&[]))
    }

    /// Whether a page of one is of the same origin as one of the other (RFC 6454 4).
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.port == other.port
            && self.host.eq_ignore_ascii_case(&other.host)
    }

    /// Whether this machine is meant, as far as the host itself says: `localhost` and what is below
    /// it (RFC 6761 6.3), an address of the loopback, also as IPv6 writes one of IPv4, and the
    /// address of no machine, which leads here too.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_end_matches('.').to_ascii_lowercase();
        let ip: Option<IpAddr> = host.parse().ok();
        match ip.map(|ip| ip.to_canonical()) {
            Some(ip) => ip.is_loopback() || ip.is_unspecified(),
            None => host == "localhost" || host.ends_with(".localhost"),
        }
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

/// Without its query, which may hold a secret.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_url(&self.whole()))
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
            ("https://h/a?b", "h:443", "/a?b"),
            ("HTTPS://h:80", "h:80", "/"),
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
                "ws://localhost:8000/topics/a",
                "ws is not supported: give a URL such as http://localhost:8000/topics/a.",
            ),
            (
                "file:///etc/passwd",
                "file is not supported: give a URL such as http://localhost:8000/topics/news.",
            ),
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
    fn a_reference_leads_on_and_the_host_has_the_port_that_it_needs() {
        let from = Url::parse("https://h:8443/a/b?c").expect("a URL");
        for (reference, whole) in [
            ("d?e#f", "https://h:8443/a/d?e"),
            ("/d", "https://h:8443/d"),
            ("//other/d", "https://other:443/d"),
            ("http://other", "http://other:80/"),
            ("?e", "https://h:8443/a/b?e"),
        ] {
            let to = from.join(reference).expect(reference);
            assert_eq!(to.whole(), whole, "{reference}");
            assert!(!to.has_origin_of(&from) || to.host == "h");
        }
        for bad in ["ftp://h/a", "https://[", "mailto:me"] {
            assert!(from.join(bad).is_err(), "{bad}");
        }
        let host = |url| Url::parse(url).expect(url).host_header();
        assert_eq!(host("https://h/a"), "h");
        assert_eq!(host("http://h:443/a"), "h:443");
        assert_eq!(host("http://[::1]:80/a"), "[::1]");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let here = |url| Url::parse(url).expect(url).is_loopback();
        assert!(here("localhost") && here("LocalHost:1") && here("127.1.2.3") && here("[::1]:5"));
        assert!(
            here("a.localhost.") && here("[::ffff:127.0.0.1]") && here("0.0.0.0") && here("[::]")
        );
        assert!(!here("localhost.example") && !here("192.168.1.5") && !here("h"));
        assert!(!here("notlocalhost") && !here("[::ffff:10.0.0.1]"));
    }
}
