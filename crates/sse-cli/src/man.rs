//! `sse man`: prints the manual pages, `sse.1` and one for each subcommand. They are generated from
//! the command line that `args` defines.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;
use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

use crate::args::{self, Man};

/// Writes the pages into a folder.
///
/// # Errors
/// A folder that cannot be written to.
pub(crate) fn run(args: Man) -> anyhow::Result<()> {
    let folder = args.folder;
    if let Err(e) = write_all(&folder) {
        bail!(
            "The manual pages cannot be written to {} ({e}): give a folder that you may write to.",
            folder.display()
        );
    }
    Ok(())
}

fn write_all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // `sse help` is told of in each page's options.
    let mut whole = args::documented().disable_help_subcommand(true);
    // Gives the subcommands their whole names, such as `sse serve` and sse-serve(1).
    whole.build();
    let subs: Vec<_> = whole.get_subcommands().collect();
    let names: Vec<_> = subs.iter().map(|sub| display_name(sub)).collect();
    write(&whole, &names, folder)?;
    for sub in subs {
        write(sub, &[display_name(&whole)], folder)?;
    }
    Ok(())
}

fn display_name(command: &Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

/// Writes one page; `others` are those that it points to.
fn write(command: &Command, others: &[&str], folder: &Path) -> io::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    // clap_mangen writes no date as no word at all, and what follows would move into its place.
    writeln!(
        text,
        ".TH {} 1 \"\" \"SSE Workbench {}\" \"User Commands\"",
        display_name(command),
        env!("CARGO_PKG_VERSION")
    )?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_help() {
        examples(&help.to_string()).to_writer(&mut text)?;
    }
    see_also(others).to_writer(&mut text)?;
    fs::write(folder.join(page.get_filename()), text)
}

/// The text below the help, line by line: clap_mangen would fill its lines to a paragraph.
fn examples(text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in text.lines().filter(|line| *line != "Examples:") {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

fn see_also(others: &[&str]) -> Roff {
    let mut line = Vec::new();
    for (i, name) in others.iter().enumerate() {
        line.extend([
            roman(if i == 0 { "" } else { ", " }),
            bold(*name),
            roman("(1)"),
        ]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text(line);
    roff
}
