//! The paths of the lab.

use crate::error::Error;

/// Below this the clients walk.
pub(super) const LAB: &str = "/lab";

/// The page that walks the lab with the browser that opens it.
pub(super) const PAGE: &str = "/lab/page";

/// Below this is what the window and programs read.
pub(super) const API: &str = "/api/lab";

/// Behind the path of a walk, this is where its client reports what it saw.
const SAW: &str = "saw";

/// The longest name of a run, in bytes.
const LONGEST_NAME: usize = 64;

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path<'a> {
    /// The list of the cases, for people.
    List,
    /// The page that walks with the browser that opens it.
    Page,
    /// What a run has come to, for people.
    Lines(&'a str),
    /// The next case of the tour, for the client of this name.
    Tour(&'a str),
    /// A case, and the name. What is below it is the case's too: clients of language models and of
    /// MCP are given it as their base.
    Case(&'a str, &'a str),
    /// What the client of this name saw: in this case, or else where it is in the tour.
    Saw(Saw<'a>),
    /// The list of the cases, for programs.
    Cases,
    /// The names of the runs.
    Runs,
    /// One run.
    Run(&'a str),
    /// The second listener of a run.
    Second(&'a str),
    /// One case of a run, with what was sent.
    RunCase(&'a str, &'a str),
}

/// A report of what a client saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saw<'a> {
    /// The case; nothing for the one of the tour that the client is at.
    pub(super) case: Option<&'a str>,
    /// The name of the run.
    pub(super) name: &'a str,
    /// Its number, where the client counts its reports.
    pub(super) number: Option<u64>,
}

/// Reads a path.
///
/// # Errors
/// There is nothing at it, or the name of the run is none.
pub(super) fn read(path: &str) -> Result<Path<'_>, Error> {
    let nothing = || Error::NoPlace(sse_engine::text::cut(path));
    if let Some(rest) = path.strip_prefix(API) {
        return match rest.trim_end_matches('/') {
            "" => Ok(Path::Cases),
            "/runs" => Ok(Path::Runs),
            rest => match rest.strip_prefix("/runs/") {
                Some(run) => match run.split_once('/') {
                    None => Ok(Path::Run(name(run)?)),
                    Some((run, "second")) => Ok(Path::Second(name(run)?)),
                    Some((run, id)) => Ok(Path::RunCase(name(run)?, id)),
                },
                None => Err(nothing()),
            },
        };
    }
    let rest = path.strip_prefix(LAB).ok_or_else(nothing)?;
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let parts: Vec<_> = rest.trim_end_matches('/').split('/').collect();
    let saw = |case, run, numbers: &[&str]| {
        Ok(Path::Saw(Saw {
            case,
            name: name(run)?,
            number: numbers.first().map(|text| number(text)).transpose()?,
        }))
    };
    match &*parts {
        [""] => Ok(Path::List),
        ["page"] => Ok(Path::Page),
        ["runs", run] => Ok(Path::Lines(name(run)?)),
        ["tour", run] => Ok(Path::Tour(name(run)?)),
        ["tour", run, SAW, numbers @ ..] if numbers.len() < 2 => saw(None, run, numbers),
        ["case", id, run, SAW, numbers @ ..] if numbers.len() < 2 => saw(Some(id), run, numbers),
        // What is a little wrong would be a request of the case, and spoil its verdict.
        ["case", _, _, SAW, ..] => Err(nothing()),
        ["case", id, run, ..] => Ok(Path::Case(id, name(run)?)),
        _ => Err(nothing()),
    }
}

/// A number of a report.
fn number(text: &str) -> Result<u64, Error> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error::NoNumber(sse_engine::text::cut(text)))
}

/// A name that a run can have.
fn name(text: &str) -> Result<&str, Error> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // No URL can have these as a part.
    let is_dots = matches!(text, "." | "..");
    match !text.is_empty() && !is_dots && text.len() <= LONGEST_NAME && text.chars().all(fits) {
        true => Ok(text),
        false => Err(Error::BadName(sse_engine::text::cut(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_for() {
        for (path, what) in [
            ("/lab", Path::List),
            ("/lab/", Path::List),
            ("/lab/page", Path::Page),
            ("/lab/runs/mine", Path::Lines("mine")),
            ("/lab/tour/mine", Path::Tour("mine")),
            ("/lab/case/R4/mine", Path::Case("R4", "mine")),
            (
                "/lab/case/L1/mine/v1/chat/completions",
                Path::Case("L1", "mine"),
            ),
            ("/api/lab", Path::Cases),
            ("/api/lab/runs", Path::Runs),
            ("/api/lab/runs/mine", Path::Run("mine")),
            ("/api/lab/runs/mine/second", Path::Second("mine")),
            ("/api/lab/runs/mine/R4", Path::RunCase("mine", "R4")),
        ] {
            assert_eq!(read(path), Ok(what), "{path}");
        }
    }

    #[test]
    fn a_report_stands_behind_the_path_of_its_walk() {
        for (path, case, number) in [
            ("/lab/tour/mine/saw", None, None),
            ("/lab/tour/mine/saw/12", None, Some(12)),
            ("/lab/case/R4/mine/saw", Some("R4"), None),
            ("/lab/case/R4/mine/saw/1", Some("R4"), Some(1)),
        ] {
            let saw = Saw {
                case,
                name: "mine",
                number,
            };
            assert_eq!(read(path), Ok(Path::Saw(saw)), "{path}");
        }
        for path in ["/lab/tour/mine/saw/0", "/lab/case/R4/mine/saw/x"] {
            assert!(matches!(read(path), Err(Error::NoNumber(_))), "{path}");
        }
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        for path in [
            "/lab/tour",
            "/lab/tour/a/b",
            "/lab/runs",
            "/lab/runs/a/b",
            "/lab/tour/a/saw/1/2",
            "/lab/case/R4/a/saw/1/2",
            "/lab/nothing",
            // The guard takes it for a stream, which the page is not.
            "/lab//page",
            "/lab//tour/mine",
            "/api/lab/x",
            "/lab/case/R4",
        ] {
            assert!(matches!(read(path), Err(Error::NoPlace(_))), "{path}");
        }
        let long = format!("/lab/tour/{}", "x".repeat(LONGEST_NAME + 1));
        for path in [
            "/lab/tour/a b",
            "/lab/tour/..",
            "/api/lab/runs/.",
            "/lab/tour/é",
            "/api/lab/runs/<x>",
            &long,
        ] {
            assert!(matches!(read(path), Err(Error::BadName(_))), "{path}");
        }
    }
}
