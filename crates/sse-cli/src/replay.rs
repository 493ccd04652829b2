//! `sse replay`: serves one recording, and prints where.

use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use sse_server::recording::Recording;
use sse_server::{Config, Playback, Stream, is_servable, read_recording};

use crate::args::Replay;
use crate::serve::{Plan, exposed, run_as};

/// Where a recording is served whose request says no path that it can have.
const USUAL_PATH: &str = "/replay";

/// Runs until ctrl-c or SIGTERM.
///
/// # Errors
/// A file that cannot be read or replayed; as for `sse serve`.
pub(crate) fn run(args: Replay) -> anyhow::Result<()> {
    if args.serve.asked_streams().is_some() {
        bail!(
            "`sse replay` serves one recording: leave --streams out, or name the recording in that file, as source, and start `sse serve`."
        );
    }
    let imported = read_recording(&args.file).map_err(|sentence| anyhow!(sentence))?;
    let recording = imported.recording;
    let replay = sse_server::Replay::new(&recording)
        .map_err(|error| anyhow!("{}: {error}", args.file.display()))?;
    let recorded = recorded_path(&recording);
    let path = args
        .at
        .or(recorded)
        .unwrap_or_else(|| USUAL_PATH.to_owned());
    let notes = [imported.notes, notes(&replay)].concat();
    let playback = Playback {
        replay: Arc::new(replay),
        speed: args.speed,
        step: args.step,
    };
    let stream = Stream::replaying(path, title(&args.file), playback);
    run_as(Plan {
        exposed: exposed(&args.serve),
        asked_streams: None,
        log: args.serve.log,
        config: Config {
            streams: vec![stream],
            streams_file: None,
            ..args.serve.into_config()
        },
        room: None,
        faults: Vec::new(),
        notes,
    })
}

/// What is special about it, in sentences.
fn notes(replay: &sse_server::Replay) -> Vec<String> {
    let mut notes = Vec::new();
    if !replay.is_empty() && !replay.has_ids() {
        notes.push(
            "The recording has no ids: a client that reconnects gets it from its beginning."
                .to_owned(),
        );
    } else if !replay.is_empty() && !replay.has_unique_ids() {
        notes.push(
            "Some ids of the recording are not unique: a client that reconnects with one of them gets the recording from its beginning."
                .to_owned(),
        );
    }
    if replay.stays_open() {
        notes.push(
            "The recording has no end: connections stay open after its last byte.".to_owned(),
        );
    }
    match replay.faults() {
        0 => {}
        1 => notes.push("The recording has 1 fault, which strikes at its place.".to_owned()),
        faults => notes.push(format!(
            "The recording has {faults} faults, which strike at their places."
        )),
    }
    notes
}

/// The path of the first recorded request, where a stream can have it.
fn recorded_path(recording: &Recording) -> Option<String> {
    let (_, target) = recording.exchanges().next()?.method_and_target()?;
    let path = match target.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => target,
    };
    let path = path.split(['?', '#']).next()?;
    is_servable(path).then(|| path.to_owned())
}

/// What the window calls it: the name of the file.
fn title(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy()
        .chars()
        .filter(|c| !c.is_control())
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_request_where_a_stream_can_have_it() {
        for (target, path) in [
            ("/v1/chat?key=1", Some("/v1/chat")),
            ("https://a.example/v1/chat#x", Some("/v1/chat")),
            ("https://a.example", None),
            ("/", None),
            ("/api/x", None),
            ("/a%20b", None),
            ("*", None),
        ] {
            let text = format!("wire 1\n> GET {target} HTTP/1.1\n= reset\n");
            let recording = Recording::parse(text).expect("a recording");
            assert_eq!(recorded_path(&recording).as_deref(), path, "{target}");
        }
        let none = Recording::parse("wire 1\n< HTTP/1.1 200 OK\n= end\n").expect("a recording");
        assert_eq!(recorded_path(&none), None);
    }
}
