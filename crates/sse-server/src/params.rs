//! The parameters of a query (`application/x-www-form-urlencoded`), read strictly.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::query::BadQuery;

/// Each parameter's name, and its value where that is text. Whoever is asked for a parameter of theirs refuses one that is
/// not; what nobody knows may hold anything.
pub(crate) fn params(
    query: Option<&str>,
) -> impl Iterator<Item = (Cow<'_, str>, Result<Cow<'_, str>, BadQuery>)> {
    let pairs = query.unwrap_or_default().split('&');
    pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = match decoded(name) {
            Some(name) => name,
            None => name.into(),
        };
        let value = decoded(value).ok_or_else(|| {
            BadQuery::new(format!(
                "{name} is not UTF-8 once its percent signs are decoded: encode its text as UTF-8."
            ))
        });
        (name, value)
    })
}

/// The text that was encoded, if it was text.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    if !part.contains('+') {
        return percent_decode_str(part).decode_utf8().ok();
    }
    let spaced = part.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(text.into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_browsers_write_them() {
        let read: Vec<(String, String)> = params(Some("a=1&b=x+y%2B%26&&c&=d&e=%C3%A4=%&a%20b=2"))
            .map(|(name, value)| {
                let value = value.expect("all of it is text");
                (name.into_owned(), value.into_owned())
            })
            .collect();
        let expected = [
            ("a", "1"),
            ("b", "x y+&"),
            ("c", ""),
            ("", "d"),
            ("e", "ä=%"),
            ("a b", "2"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, expected);
        assert_eq!(params(None).count(), 0);
    }

    /// They became U+FFFD, and were published so.
    #[test]
    fn bytes_that_are_no_text_are_refused_where_somebody_asks_for_them() {
        for bad in ["id=%FF", "id=a%C3", "id=%C0%80+x", "id=%ED%A0%80"] {
            let (name, value) = params(Some(bad)).next().expect("one");
            assert_eq!(name, "id");
            let refusal = value.expect_err(bad).to_string();
            assert!(refusal.starts_with("id is not UTF-8"), "{refusal}");
        }
    }
}
