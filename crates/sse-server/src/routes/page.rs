//! The page for browsers. Its files are the same as in the window, and are part of the program.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use rust_embed::RustEmbed;

use super::answer::say;
use super::context::Context;
use super::lookup::not_found;

/// `ui/`, read from disk in debug builds so that an edit shows at the next reload.
#[derive(RustEmbed)]
#[folder = "../../ui"]
#[exclude = "*.ts"]
#[exclude = "*.json"]
#[exclude = "*.md"]
struct Ui;

/// All of the page but its index is there, and no stream can be: `/page` is reserved.
const BELOW: &str = "page/";

/// The page asks for nothing but itself, its own API and the streams (invariant 8).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn index(State(context): State<Arc<Context>>) -> Response<Body> {
    file(&context, "index.html", "/")
}

/// Whatever is no route: a file of the page, or nothing.
pub(super) async fn asset(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path();
    let name = path
        .strip_prefix('/')
        // A debug build reads the folder, where such a step leads out of it.
        .filter(|name| name.starts_with(BELOW) && name.split('/').all(|part| part != ".."));
    let Some(name) = name else {
        return not_found(context.rooms.default(), path);
    };
    if Ui::get(name).is_some() && !matches!(*request.method(), Method::GET | Method::HEAD) {
        let sentence = format!("{path} does not answer {}: use GET.", request.method());
        let mut response = say(StatusCode::METHOD_NOT_ALLOWED, &sentence);
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
        return response;
    }
    file(&context, name, path)
}

fn file(context: &Context, name: &str, path: &str) -> Response<Body> {
    let Some(file) = Ui::get(name) else {
        return not_found(context.rooms.default(), path);
    };
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            // Another version of the program may serve another page on the same port.
            (header::CACHE_CONTROL, "no-cache".to_owned()),
        ],
        file.data,
    )
        .into_response()
}
