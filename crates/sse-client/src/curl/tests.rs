//! What is read of curl lines, and what of them is never shown.

mod browsers;
mod flags;
mod message;
mod mistakes;
mod print;
mod secrets;
mod shells;

use super::*;

/// A text that must be read.
fn text(line: &str) -> CurlRequest {
    CurlRequest::from_text(line).unwrap_or_else(|mistake| panic!("{line:?}: {mistake}"))
}

/// Words that must be read, behind `curl`.
fn words(words: &[&str]) -> CurlRequest {
    let words = [&["curl"], words].concat();
    CurlRequest::from_words(&words).unwrap_or_else(|mistake| panic!("{words:?}: {mistake}"))
}

/// The body of a request that names no file.
fn body(request: &CurlRequest) -> Option<String> {
    let bytes = request.body.as_ref()?.bytes(|_| Err("a file"));
    Some(String::from_utf8(bytes.expect("no file")).expect("text"))
}

/// The header fields as lines; a field that is left out ends with its colon.
fn lines(headers: &[CurlHeader]) -> Vec<String> {
    let line = |header: &CurlHeader| match header.value.as_deref() {
        None => format!("{}:", header.name),
        Some("") => format!("{};", header.name),
        Some(value) => format!("{}: {value}", header.name),
    };
    headers.iter().map(line).collect()
}
