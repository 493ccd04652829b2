//! `sse record`: writes what a stream at any URL sends into a file, exact to the byte.
//!
//! The name of the file is on stdout when it is whole. On a terminal, stderr says how far it is.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::anyhow;
use sse_client::Wish;
use sse_server::recording::{Recorder, Secrets};
use sse_server::{Existing, RecordingFile, WatchRecording, recording_name};

use crate::args::Record;
use crate::complain;
use crate::look::several;
use crate::outcome::{Failure, Outcome};
use crate::watch::{Follower, Form, Kept, Printer, Stops, ToFile, wished, with_runtime};

/// Records until the stream ends, enough came, or ctrl-c.
///
/// # Errors
/// A command line that cannot be read, a file that cannot be written, or a server that cannot be
/// reached.
pub(crate) fn run(args: Record) -> Result<Outcome, Failure> {
    with_runtime(record(args))
}

async fn record(args: Record) -> Result<Outcome, Failure> {
    let wish = wished(&args.source)?;
    // From here on ctrl-c and SIGTERM close the file.
    let stop = sse_server::asked_to_end().map_err(|e| anyhow!("Signals cannot be heard ({e})."))?;
    let file = file(&args, &wish)?;
    let is_terminal = io::stderr().is_terminal();
    let mut follower = Follower {
        until: args.until,
        diagnose: None,
        printer: Printer::new(Form::Nothing {
            quiet: !is_terminal,
        }),
        to_file: Some(ToFile::new(WatchRecording::new(file))),
    };
    let followed = follower.follow(&wish, Stops::At(Box::pin(stop))).await;
    let Some(to_file) = follower.to_file else {
        return followed;
    };
    let Some(kept) = to_file.close().map_err(|e| Failure::from(anyhow!(e)))? else {
        // Nothing came: why is said, or it was stopped.
        return followed.and(Ok(Outcome::No));
    };
    told(&kept, is_terminal);
    followed?;
    match kept.problem {
        None => Ok(Outcome::Yes),
        Some(problem) => {
            complain(problem);
            Ok(Outcome::No)
        }
    }
}

/// Says what is where: the name for whoever reads stdout, and the rest for a person.
fn told(kept: &Kept, is_terminal: bool) {
    // Nobody may be reading: the file is there all the same.
    _ = writeln!(io::stdout(), "{}", kept.saved.path.display());
    if is_terminal {
        let mut words = format!("{:.1} s", kept.lasts.as_secs_f64());
        words += &format!(", {}", several(kept.saved.size, "byte"));
        if kept.saved.kept_back > 0 {
            let secrets = several(kept.saved.kept_back as u64, "secret");
            words += &format!(", {secrets} kept back");
        }
        _ = writeln!(io::stderr(), "{words}");
    }
}

fn file(args: &Record, wish: &Wish) -> Result<RecordingFile, Failure> {
    let now = SystemTime::now();
    let named = args.output.as_deref();
    if named == Some(Path::new("-")) {
        let words = "A recording is a file: name one with -o, or leave it out.";
        return Err(Failure::usage(anyhow!(words)));
    }
    let path = named.map_or_else(
        || PathBuf::from(recording_name(&wish.url.whole(), now)),
        Path::to_owned,
    );
    let secrets = match args.keep_secrets {
        true => Secrets::Written,
        false => Secrets::KeptBack,
    };
    let existing = match args.force {
        true => Existing::Replaced,
        false => Existing::Kept,
    };
    let file = RecordingFile::create(&path, existing, Recorder::new(now, secrets));
    file.map_err(|e| Failure::from(anyhow!(e)))
}
