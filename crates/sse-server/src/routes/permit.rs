//! Whether a request that the guard let through has the token that it needs.
//!
//! What it needs is told by what its path leads to, never by the path's own text: whatever spelling
//! leads to a topic needs what the topic needs.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, header};

use super::answer::tell;
use super::client_query::ClientQuery;
use super::context::Context;
use super::lookup::Lookup;
use super::visitor::{Visitor, client};
use crate::connections::Received;
use crate::guard;
use crate::mount::MountArea;
use crate::tokens::Wish;

/// What a request wants to do that may need a token. Nothing for what a preflight asks, which
/// carries none, and for what is handed on: its `Authorization` is for the upstream.
fn wish<B>(found: &Lookup<'_>, request: &Request<B>) -> Option<Wish> {
    if guard::is_preflight(request) {
        return None;
    }
    match (found, request.method()) {
        (Lookup::Topic(_), &Method::GET | &Method::HEAD) => Some(Wish::Subscribe),
        (Lookup::Topic(_), &Method::POST) => Some(Wish::Publish),
        (Lookup::Topic(_), &Method::DELETE) => Some(Wish::End),
        // A stream answers POST as it answers GET.
        (Lookup::Stream(_), &Method::GET | &Method::HEAD | &Method::POST) => Some(Wish::Subscribe),
        (Lookup::Mount(mount), _) => match mount.area {
            MountArea::Stream => Some(Wish::Subscribe),
            MountArea::Page => None,
            MountArea::Api => Some(Wish::Operate),
        },
        // A proxy beside us may look like a program of this machine, so that is not enough.
        (Lookup::Api | Lookup::Metrics, _) => Some(Wish::Operate),
        _ => None,
    }
}

/// The refusal of a request that lacks a token. Its body is not read. The table has it, unless it
/// is one of the API's.
pub(super) fn refusal(
    context: &Context,
    request: &Request<Body>,
    found: &Lookup<'_>,
    visitor: Visitor<'_>,
) -> Option<Response<Body>> {
    let wish = wish(found, request)?;
    let denial = context.keyring.admit(request.headers(), wish).err()?;
    let mut response = tell(request.uri().path(), denial.status, &denial.sentence);
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(denial.challenge),
    );
    // A page that asks again and again would push the clients of streams out of the table.
    if wish == Wish::Operate {
        return Some(response);
    }
    if wish == Wish::Publish {
        context.measures.answered(denial.status.as_u16());
    }
    let words = ClientQuery::only_tag(request.uri().query());
    let client = client(request, visitor, &words);
    visitor.room.connections.refuse(
        (client, Received::head(request, visitor.heard)),
        denial.status.as_u16(),
        None,
        denial.why,
    );
    Some(response)
}
