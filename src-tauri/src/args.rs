//! The few arguments of the desktop program, answered before anything needs a display.
//!
//! It must never become a second `sse serve`: here the settings decide how the server runs.

use std::io::{self, Write as _};
use std::process::ExitCode;

const HELP: &str = "\
Serve, watch and break Server-Sent Events on your own desk.

Usage: sse-workbench [--help | --version]

Opens the window and starts the server on the port of the settings (8000 at first). A second launch raises the
window of the first. Without a display, `sse serve` runs the same server.

Settings: settings.toml in the folder dev.sse-workbench of your configuration
          ($XDG_CONFIG_HOME, or ~/.config, on Linux)
Streams:  streams.toml beside it; without one, those that are shipped
Log:      set RUST_LOG, for instance RUST_LOG=debug
";

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Open the window.
    Open,
    /// Print this and end well.
    Print(String),
    /// Print this sentence as an error and end badly.
    Refuse(String),
}

/// Reads the first argument after the program's name; there is none that takes another.
pub(crate) fn read(arg: Option<&str>) -> Wish {
    match arg {
        None => Wish::Open,
        Some("--help" | "-h") => Wish::Print(HELP.to_owned()),
        Some("--version" | "-V") => {
            Wish::Print(concat!("sse-workbench ", env!("CARGO_PKG_VERSION"), "\n").to_owned())
        }
        Some(arg) => Wish::Refuse(format!(
            "`{arg}` is not an argument of sse-workbench: see `sse-workbench --help`, or `sse serve --help` for \
             the server without a window."
        )),
    }
}

/// Writes to stdout. A reader that went away (`| head`) is no reason to fail.
pub(crate) fn print(text: &str) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Writes one sentence to stderr and gives the exit code back.
pub(crate) fn refuse(sentence: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "sse-workbench: {sentence}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_argument_opens_the_window() {
        assert_eq!(read(None), Wish::Open);
    }

    #[test]
    fn help_and_version_are_printed() {
        for arg in ["--help", "-h"] {
            assert_eq!(read(Some(arg)), Wish::Print(HELP.to_owned()));
        }
        for arg in ["--version", "-V"] {
            assert_eq!(
                read(Some(arg)),
                Wish::Print(format!("sse-workbench {}\n", env!("CARGO_PKG_VERSION")))
            );
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let Wish::Refuse(sentence) = read(Some("--port=9000")) else {
            panic!("an unknown argument was accepted");
        };
        assert!(sentence.contains("--port=9000"), "{sentence}");
        assert!(sentence.contains("sse serve"), "{sentence}");
    }
}
