//! `sse-bench`: measures the speed of the SSE Workbench server beside a server that marks the limit
//! of the machine, and beside the servers that people use; and the speed of its decoder beside the
//! decoders that people use.
//!
//! `run` starts each server on one core and its clients on another, in rounds, and writes the
//! tables of docs/BENCHMARKS.md. `decoders` does the same with decoders, `proxies` with proxies,
//! and `nodes` with nodes that share their topics. `soak` checks for ten minutes that no event is
//! lost and that memory stays flat. They start this program again, as a server (`limit`,
//! `axum-sse`), as clients (`load`) and as a decoder (`decode`).

#[cfg(target_os = "linux")]
mod attempt;
#[cfg(target_os = "linux")]
mod axum_sse;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod decoders;
#[cfg(target_os = "linux")]
mod limit;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod measures;
#[cfg(target_os = "linux")]
mod nodes;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod payload;
#[cfg(target_os = "linux")]
mod pin;
#[cfg(target_os = "linux")]
mod poll;
#[cfg(target_os = "linux")]
mod procs;
#[cfg(target_os = "linux")]
mod proxies;
#[cfg(target_os = "linux")]
mod report;
mod results;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod servers;
#[cfg(target_os = "linux")]
mod soak;
#[cfg(target_os = "linux")]
mod stats;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    match linux::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sse-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("sse-bench: the benchmark runs only on Linux, because it uses epoll and /proc.");
    ExitCode::FAILURE
}
