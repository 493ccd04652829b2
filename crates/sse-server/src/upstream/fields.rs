//! Which header fields are handed on.
//!
//! Those of one connection only never are (RFC 9110 7.6.1). Of an answer, those are left out that
//! would act on this server's origin, since a browser takes the answer for one of ours.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};

/// Fields of one connection only, beside those that `Connection` names.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Fields of an answer that would act on the whole origin of this server.
const OF_ORIGIN: [&str; 5] = [
    "clear-site-data",
    "content-security-policy-report-only",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
];

/// What the guard alone decides.
const CORS: &str = "access-control-";

/// Whether a request wants another protocol on its connection.
pub(crate) fn wants_upgrade(fields: &HeaderMap) -> bool {
    fields.contains_key(header::UPGRADE)
}

/// Whether an upstream that answered so would keep its connection (RFC 9112 9.3).
pub(crate) fn stays(version: Version, fields: &HeaderMap) -> bool {
    let is_close = |name: &HeaderName| *name == "close";
    version != Version::HTTP_10 && !named(fields).iter().any(is_close)
}

/// What `Connection` names.
fn named(fields: &HeaderMap) -> Vec<HeaderName> {
    let values = fields.get_all(header::CONNECTION).iter();
    let names = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    names.filter_map(|name| name.trim().parse().ok()).collect()
}

/// Makes the fields of a request those that an upstream is sent. `pseudonym` is the name of this
/// server in `Via`.
pub(super) fn request_fields(fields: &mut HeaderMap, pseudonym: &str) {
    drop_of_connection(fields);
    // It is met here: the body is read as soon as the upstream takes it.
    fields.remove(header::EXPECT);
    // A browser sends the cookies of all programs on localhost.
    let is_of_page = ["origin", "sec-fetch-site"];
    if is_of_page.iter().any(|name| fields.contains_key(*name)) {
        fields.remove(header::COOKIE);
    }
    // Events can only be counted, shown and broken where they can be read.
    if fields.contains_key(header::ACCEPT_ENCODING) {
        let identity = HeaderValue::from_static("identity");
        fields.insert(header::ACCEPT_ENCODING, identity);
    }
    if let Ok(via) = HeaderValue::from_str(&format!("1.1 {pseudonym}")) {
        fields.append(header::VIA, via);
    }
}

/// Makes the fields of an answer those that a client is sent.
pub(crate) fn answer_fields(fields: &mut HeaderMap) {
    let is_framed = fields.contains_key(header::TRANSFER_ENCODING);
    drop_of_connection(fields);
    if is_framed {
        // RFC 9112 6.3: where both are there, this one is a lie.
        fields.remove(header::CONTENT_LENGTH);
    }
    for name in OF_ORIGIN {
        fields.remove(name);
    }
    let cors: Vec<HeaderName> = fields
        .keys()
        .filter(|name| name.as_str().starts_with(CORS))
        .cloned()
        .collect();
    for name in cors {
        fields.remove(name);
    }
}

fn drop_of_connection(fields: &mut HeaderMap) {
    for name in named(fields) {
        fields.remove(name);
    }
    for name in OF_CONNECTION {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value).expect("a value");
            fields.append(*name, value);
        }
        fields
    }

    fn names(fields: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = fields.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_is_of_one_connection_is_not_handed_on() {
        let mut request = fields(&[
            ("connection", "close, X-Hop"),
            ("connection", "te"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic hunter2"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
            ("authorization", "Bearer me"),
            ("accept-encoding", "gzip, br"),
            ("cookie", "a=b"),
            ("via", "1.0 fred"),
        ]);
        request_fields(&mut request, "sse-1");
        let kept = ["accept-encoding", "authorization", "cookie", "via"];
        assert_eq!(names(&request), kept);
        assert_eq!(request["accept-encoding"], "identity");
        let via: Vec<_> = request.get_all("via").iter().collect();
        assert_eq!(via, ["1.0 fred", "1.1 sse-1"]);
    }

    #[test]
    fn a_page_does_not_give_away_the_cookies_of_this_machine() {
        for of_page in ["origin", "sec-fetch-site"] {
            let mut request = fields(&[("cookie", "a=b"), (of_page, "x")]);
            request_fields(&mut request, "sse-1");
            assert!(!request.contains_key("cookie"), "{of_page}");
        }
    }

    #[test]
    fn an_answer_says_nothing_of_our_origin_and_has_one_length() {
        let mut answer = fields(&[
            ("content-type", "application/json"),
            ("content-length", "5"),
            ("set-cookie", "a=b"),
            ("access-control-allow-origin", "*"),
            ("access-control-anything", "*"),
            ("clear-site-data", "*"),
            ("x-request-id", "1"),
        ]);
        let mut both = answer.clone();
        answer_fields(&mut answer);
        let kept = ["content-length", "content-type", "x-request-id"];
        assert_eq!(names(&answer), kept);
        both.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        answer_fields(&mut both);
        assert_eq!(names(&both), ["content-type", "x-request-id"]);
    }
}
