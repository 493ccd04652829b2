//! Texts of other people within sentences of ours.

/// As many characters of a text as a sentence has room for.
const SHOWN: usize = 40;

/// So much of a text that a sentence can hold it, on one line.
pub(crate) fn cut(text: &str) -> String {
    let mut cut: String = text.escape_debug().take(SHOWN + 1).collect();
    if cut.chars().count() > SHOWN {
        cut.pop();
        cut.push('…');
    }
    // An apostrophe needs no escape within the quotes that are put around it.
    cut.replace("\\'", "'")
}
