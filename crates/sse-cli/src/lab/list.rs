//! `sse lab --list`: the cases, one a line.

use sse_lab::Case;

use super::walk;
use crate::api;
use crate::args::Lab as Args;
use crate::outcome::{Failure, Outcome};
use crate::table::table;

/// Lists the cases that were asked for.
///
/// # Errors
/// As [`walk::wanted`], or a stdout that cannot be written.
pub(super) fn print(args: &Args) -> Result<Outcome, Failure> {
    let wanted = walk::wanted(args).map_err(Failure::usage)?;
    let rows: Vec<_> = wanted.into_iter().map(row).collect();
    api::print(&table(&["case", "name", "walked", "the server"], &rows))?;
    Ok(Outcome::Yes)
}

fn row(case: &Case) -> Vec<String> {
    let walked = if case.in_tour { "in the tour" } else { "alone" };
    [&*case.id, &*case.name, walked, &*case.does]
        .map(str::to_owned)
        .to_vec()
}
