//! Request bodies: within a bound of bytes and of time, or refused with the connection's last words.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::app::say;
use crate::config::Limits;

/// Reads a request body to its end and forgets it: the stream is the same whatever it says, and the
/// socket cannot be taken over with half a request in it.
pub(super) async fn drain(body: Body, limits: &Limits) -> Result<(), Response<Body>> {
    each(body, limits, drop).await
}

/// Reads a request body whole.
pub(super) async fn read(body: Body, limits: &Limits) -> Result<Vec<u8>, Response<Body>> {
    let mut whole = Vec::new();
    each(body, limits, |bytes| whole.extend_from_slice(&bytes)).await?;
    Ok(whole)
}

/// Hands over a body a frame at a time, so that what is to be forgotten is never kept.
async fn each(
    body: Body,
    limits: &Limits,
    mut take: impl FnMut(Bytes),
) -> Result<(), Response<Body>> {
    let too_long = || {
        let sentence = format!(
            "The request body is longer than {} bytes: send a shorter one.",
            limits.body_bytes
        );
        last_words(StatusCode::PAYLOAD_TOO_LARGE, &sentence)
    };
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_long());
    }
    let mut body = Limited::new(body, limits.body_bytes);
    let whole = async {
        while let Some(frame) = body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                take(bytes);
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    match tokio::time::timeout(limits.head_time, whole).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(last_words(
            StatusCode::BAD_REQUEST,
            "The request body could not be read: send it whole and in one piece.",
        )),
        Err(_) => Err(last_words(
            StatusCode::REQUEST_TIMEOUT,
            &format!(
                "The request body did not arrive within {}: send it faster.",
                humantime::format_duration(Duration::from_secs(limits.head_time.as_secs()))
            ),
        )),
    }
}

/// A refusal over a body that was not read: the connection cannot be used again.
fn last_words(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = say(status, sentence);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
