//! The type of a body, as a `Content-Type` field names it.

/// What a `Content-Type` field says without its parameters, in small letters; `None` where it
/// names no type.
///
/// Several fields are one list with commas, and the last type in it counts, as for a browser
/// ([Fetch], "extract a MIME type"). A comma within quotes separates nothing.
///
/// [Fetch]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
pub(crate) fn essence(content_type: &str) -> Option<String> {
    let mut quoted = false;
    let mut escaped = false;
    let values = content_type.split(|letter: char| {
        let separates = letter == ',' && !quoted;
        quoted ^= letter == '"' && !escaped;
        escaped = quoted && letter == '\\' && !escaped;
        separates
    });
    values
        .filter_map(|value| {
            let value = value.split(';').next().unwrap_or_default();
            let value = value.trim_matches([' ', '\t', '\r', '\n']);
            let (kind, subtype) = value.split_once('/')?;
            let is_type = is_token(kind) && is_token(subtype) && value != "*/*";
            is_type.then(|| value.to_ascii_lowercase())
        })
        .last()
}

/// A token of RFC 9110 5.6.2.
fn is_token(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::essence;

    #[test]
    fn parameters_and_case_do_not_matter_and_the_last_type_counts() {
        for (field, expected) in [
            ("text/event-stream", Some("text/event-stream")),
            (
                "Text/Event-Stream; charset=utf-8",
                Some("text/event-stream"),
            ),
            (" text/event-stream ;", Some("text/event-stream")),
            ("text/event-stream;bogus", Some("text/event-stream")),
            ("text/event-streamx", Some("text/event-streamx")),
            ("text/html, text/event-stream", Some("text/event-stream")),
            ("text/event-stream, */*", Some("text/event-stream")),
            (r#"text/plain; a="x,y/z""#, Some("text/plain")),
            (r#"text/plain; a="\",y/z""#, Some("text/plain")),
            ("text/ event-stream", None),
            ("event-stream", None),
            ("", None),
        ] {
            assert_eq!(essence(field).as_deref(), expected, "{field}");
        }
    }
}
