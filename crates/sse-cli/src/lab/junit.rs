//! The results as JUnit XML, which servers of continuous integration read.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use super::expected::Expected;
use super::results::Results;
use super::told::{Told, is};

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

/// How a case stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Outcome {
    fn of(told: &Told, expected: &Expected) -> Self {
        let verdict = told.view.verdict.as_ref();
        match verdict.map_or("not reached", |verdict| &verdict.kind) {
            // As suites have it: what is known to fail does not fail them, and does not pass.
            "wrong" if expected.has(&told.view.id) => Self::Skipped,
            "wrong" => Self::Failed,
            "not reached" | "needs your eyes" => Self::Skipped,
            _ => Self::Passed,
        }
    }
}

fn text(results: &Results, expected: &Expected) -> String {
    let all = results.told();
    let all: Vec<_> = all
        .map(|told| (told, Outcome::of(told, expected)))
        .collect();
    let count = |outcome| all.iter().filter(|(_, own)| *own == outcome).count();
    let seconds = |time: Duration| time.as_secs_f64();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    _ = writeln!(
        xml,
        "<testsuite name=\"sse lab ({})\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        results.profile(),
        all.len(),
        count(Outcome::Failed),
        count(Outcome::Skipped),
        seconds(all.iter().map(|(told, _)| told.took).sum()),
    );
    for (told, outcome) in &all {
        let case = &told.view;
        let words = escaped(&told.words());
        let inner = match outcome {
            Outcome::Failed => format!(
                "<failure message=\"{words}\">{}</failure>",
                escaped(&format!("{} {}\n{}", case.does, case.must, case.source))
            ),
            Outcome::Skipped if expected.has(&case.id) && is(case, "wrong") => {
                format!("<skipped message=\"Wrong, as expected: {words}\"/>")
            }
            Outcome::Skipped => format!("<skipped message=\"{words}\"/>"),
            Outcome::Passed => format!("<system-out>{words}</system-out>"),
        };
        _ = writeln!(
            xml,
            "  <testcase classname=\"lab\" name=\"{}\" time=\"{:.3}\">\n    {inner}\n  </testcase>",
            escaped(&format!("{} {}", case.id, case.name)),
            seconds(told.took)
        );
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
