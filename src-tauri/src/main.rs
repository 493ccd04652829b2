//! The desktop program: the shell's `run`, and its result as the exit code.

// A release build on Windows would open a console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    sse_workbench::run()
}
