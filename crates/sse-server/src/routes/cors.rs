//! What the pages of other origins may send and read (CORS), once the guard let them in.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

use crate::guard::Admission;

/// Answers a preflight that the guard let through (Fetch 3.3.3): what was asked for is allowed, and
/// the end of a topic to whom it `may_end`.
pub(super) fn preflight(asked: &HeaderMap, may_end: bool) -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = match may_end {
        true => "GET, HEAD, POST, DELETE",
        false => "GET, HEAD, POST",
    };
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(methods),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    headers.append(
        header::VARY,
        HeaderValue::from_static("access-control-request-headers"),
    );
    response
}

/// Has browsers ask anew each time.
pub(super) fn forget_preflight(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("0"),
    );
}

/// The same for what an upstream answers, which may have any method.
pub(super) fn any_method(asked: &HeaderMap) -> Response<Body> {
    let mut response = preflight(asked, false);
    if let Some(method) = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        headers.append(
            header::VARY,
            HeaderValue::from_static("access-control-request-method"),
        );
    }
    response
}

/// Lets the one origin read the answer.
pub(super) fn share(headers: &mut HeaderMap, admission: &Admission) {
    let Some(origin) = &admission.cors else {
        return;
    };
    // It was read from a header value, so it is one.
    let Ok(origin) = HeaderValue::from_str(origin.as_str()) else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    // A star would mean nothing beside credentials (Fetch 3.2.5), so all that the answer has are
    // named.
    let names: Vec<&str> = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| !name.starts_with("access-control-"))
        .collect();
    if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
}
