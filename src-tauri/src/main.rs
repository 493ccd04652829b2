//! The desktop program. It calls `run` and turns the result into the exit code.

// A release build on Windows would open a console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    sse_workbench::run()
}
