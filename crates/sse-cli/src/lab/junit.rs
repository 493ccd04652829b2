//! The results as JUnit XML, which servers of continuous integration read.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context;

use super::expected::Expected;
use super::results::Results;

/// The file that they are written into. It is opened before the run, so that a path that cannot be
/// written is said at once, and holds what it held until the results are there.
#[derive(Debug)]
pub(super) struct Junit {
    path: PathBuf,
    file: File,
    /// Whether it was not there before, and nothing is in it yet.
    is_new: bool,
}

impl Junit {
    /// # Errors
    /// The file cannot be written.
    pub(super) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        let new = options.write(true).create_new(true).open(&path);
        let is_new = new.is_ok();
        let file = match new {
            // It may be a device, or what a shell opened.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                OpenOptions::new().write(true).open(&path)
            }
            new => new,
        };
        let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { path, file, is_new })
    }

    /// Writes the results.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(mut self, results: &Results, expected: &Expected) -> anyhow::Result<()> {
        self.is_new = false;
        let written = self.replace(&text(results, expected));
        written.with_context(|| format!("{} cannot be written", self.path.display()))
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

impl Drop for Junit {
    fn drop(&mut self) {
        if self.is_new {
            // An empty file is no result.
            _ = fs::remove_file(&self.path);
        }
    }
}

fn text(results: &Results, expected: &Expected) -> String {
    let all: Vec<_> = results.told().collect();
    let cases: Vec<_> = all.iter().map(|told| &told.view).collect();
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
    for told in all {
        let case = &told.view;
        let (kind, name) = (kind(case), format!("{} {}", case.id, case.name));
        let end = case
            .requests
            .iter()
            .filter_map(|request| request.ended)
            .max();
        let seconds = end.unwrap_or(0) as f64 / 1000.0;
        let words = escaped(&told.words());
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
