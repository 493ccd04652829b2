//! The results as JUnit XML, which servers of continuous integration read.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;

use super::expected::Expected;
use super::results::Results;

/// Writes them into a file.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(file: &Path, results: &Results, expected: &Expected) -> anyhow::Result<()> {
    std::fs::write(file, text(results, expected))
        .with_context(|| format!("{} cannot be written", file.display()))
}

fn text(results: &Results, expected: &Expected) -> String {
    let cases: Vec<_> = results.cases().collect();
    let is_wrong = |id: &str, kind: &str| kind == "wrong" && !expected.has(id);
    let kind = |case: &sse_lab::CaseView| {
        let verdict = case.verdict.as_ref();
        verdict.map_or("not reached".to_owned(), |verdict| verdict.kind.clone())
    };
    let failures = cases
        .iter()
        .filter(|case| is_wrong(&case.id, &kind(case)))
        .count();
    let is_skipped = |kind: &str| matches!(kind, "not reached" | "needs your eyes");
    let skipped = cases.iter().filter(|case| is_skipped(&kind(case))).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    _ = writeln!(
        xml,
        "<testsuite name=\"sse lab ({})\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
        results.profile(),
        cases.len()
    );
    for case in cases {
        let (kind, name) = (kind(case), format!("{} {}", case.id, case.name));
        let end = case
            .requests
            .iter()
            .filter_map(|request| request.ended)
            .max();
        let seconds = end.unwrap_or(0) as f64 / 1000.0;
        let words = case
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.words.as_deref());
        let words = escaped(words.unwrap_or(&case.must));
        let open = format!(
            "  <testcase classname=\"lab\" name=\"{}\" time=\"{seconds:.3}\"",
            escaped(&name)
        );
        _ = match () {
            () if is_wrong(&case.id, &kind) => writeln!(
                xml,
                "{open}>\n    <failure message=\"{words}\">{}</failure>\n  </testcase>",
                escaped(&format!("{} {}\n{}", case.does, case.must, case.source))
            ),
            () if is_skipped(&kind) => writeln!(
                xml,
                "{open}>\n    <skipped message=\"{words}\"/>\n  </testcase>"
            ),
            () => writeln!(xml, "{open}/>"),
        };
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// A text as XML holds it. Of controls it may hold only these three.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_client_ends_an_attribute() {
        assert_eq!(
            escaped("a\"<b>&\u{1}\n"),
            "a&quot;&lt;b&gt;&amp;\u{fffd}&#10;"
        );
    }
}
