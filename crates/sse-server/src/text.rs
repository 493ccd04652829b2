//! Texts of other people within sentences of ours.

/// As many characters of a text as a sentence has room for.
const SHOWN: usize = 40;

/// So much of a text that a sentence can hold it, on one line.
pub(crate) fn cut(text: &str) -> String {
    let mut cut = String::new();
    let mut room = SHOWN;
    for c in text.chars() {
        let escaped = match c {
            // It needs no escape within the quotes that are put around it.
            '\'' => c.to_string(),
            _ => c.escape_debug().to_string(),
        };
        let Some(left) = room.checked_sub(escaped.chars().count()) else {
            cut.push('…');
            break;
        };
        room = left;
        cut += &escaped;
    }
    cut
}

/// As much of a text as so many bytes hold, its last character whole.
pub(crate) fn cut_to(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_its_characters() {
        assert_eq!(cut("it's\ta\"b"), "it's\\ta\\\"b");
        let whole = "x".repeat(SHOWN);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&"x".repeat(SHOWN + 1)), whole + "…");
        assert_eq!(
            [cut_to("aä", 2), cut_to("aä", 3), cut_to("a", 9)],
            ["a", "aä", "a"]
        );
        let almost = "x".repeat(SHOWN - 1);
        assert_eq!(cut(&format!("{almost}\n")), almost + "…");
    }
}
