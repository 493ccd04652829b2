//! The page that walks the lab with the browser that opens it. Its modules and sheets are files of
//! the page, which the server has below `/page/`.

use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use sse_server::MountedRequest;

use super::{list, say};

const PAGE: &str = include_str!("../../../../ui/lab.html");

/// What stands in its head. It asks for nothing but its own files, the API and the lab.
const FIELDS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
];

pub(super) fn answer(request: &MountedRequest) -> Response<Bytes> {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return list::other(request, "GET");
    }
    let mut response = say(StatusCode::OK, PAGE.trim_end());
    for (name, value) in FIELDS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
