//! `sse serve`: starts the server, says where to visit, and ends it in order.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, bail};
use sse_server::{FileProblem, Server, StateView, StreamsView, shell_url};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::args::Serve;

/// Runs until ctrl-c or SIGTERM.
///
/// # Errors
/// A name or origin that is none, or an address that cannot be listened on.
pub(crate) fn run(args: Serve) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    sse_server::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let ended = runtime.block_on(serve(args));
    // Everything was stopped in order. What may still hang is a look at a file on a share that does not answer, or a line
    // that nobody reads: the program ends without them.
    runtime.shutdown_background();
    ended
}

async fn serve(args: Serve) -> anyhow::Result<()> {
    if let Some(ip) = args.exposed() {
        warn_exposed(ip);
    }
    // Before the port opens, so that a signal is never met by the system's own answer.
    let asked = sse_server::asked_to_end().context("signals cannot be watched")?;
    let asked_streams = args.asked_streams().map(Path::to_owned);
    let server = Server::new(args.into_config())?;
    if let Some(path) = asked_streams {
        must_be_served(&server, &path)?;
    }
    server.start().await?;
    announce(&server.state());
    tokio::spawn(tell_of_streams(server.streams_changed()));
    asked.await;
    server.stop().await;
    Ok(())
}

fn warn_exposed(ip: IpAddr) {
    let whom = if ip.is_unspecified() {
        "every network that this machine is on".to_owned()
    } else {
        format!("everybody who can reach {ip}")
    };
    _ = writeln!(
        std::io::stderr(),
        "sse: warning: the streams are open to {whom}, without encryption or password. Leave --host out to serve this machine only."
    );
}

/// A file that was asked for has to be there and right; later mistakes in it stop nothing.
fn must_be_served(server: &Server, path: &Path) -> anyhow::Result<()> {
    let view = server.streams_changed().borrow().clone();
    let Some(file) = view.file else { return Ok(()) };
    match file.problem {
        Some(problem) => bail!("{}", at(&file.path, &problem)),
        None if !file.exists => bail!(
            "There is no file {}: give one that is there, or leave --streams out.",
            path.display()
        ),
        None => Ok(()),
    }
}

/// Says on stderr what becomes of the file of streams, now and whenever that is another.
async fn tell_of_streams(mut changed: watch::Receiver<StreamsView>) {
    let mut before = None;
    loop {
        let file = changed.borrow_and_update().file.clone();
        let now = file.map(|file| {
            let line = match &file.problem {
                Some(problem) => format!("{} {}", at(&file.path, problem), problem.instead),
                None if file.exists => format!("{} is served.", file.path),
                None => format!("{} is gone. The shipped streams are served.", file.path),
            };
            (line, file.problem.is_some())
        });
        if let Some((line, is_wrong)) = now
            && before.as_ref() != Some(&line)
        {
            // At the beginning only a mistake is news.
            let is_news = before.is_some() || is_wrong;
            before = Some(line.clone());
            if is_news {
                // It waits where nobody reads.
                let said =
                    tokio::task::spawn_blocking(move || writeln!(std::io::stderr(), "sse: {line}"));
                _ = said.await;
            }
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}

/// The problem, with its place.
fn at(path: &str, problem: &FileProblem) -> String {
    let line = problem.line.map(|line| format!(", line {line}"));
    format!("{path}{}: {}", line.unwrap_or_default(), problem.sentence)
}

/// Where to visit and what there is, for people and for scripts that read the first line. That nobody
/// reads it is no reason to end.
fn announce(state: &StateView) {
    let url = state.status.url.as_deref().unwrap_or_default();
    let streams = state.streams.iter().map(|stream| {
        let what = format!("{}: {}", stream.title, stream.summary);
        (stream.path.as_str(), what)
    });
    let lines: Vec<_> = [("/", "the page".to_owned())]
        .into_iter()
        .chain(streams)
        .chain([(
            "/topics/NAME",
            "a topic; sse publish sends to it".to_owned(),
        )])
        .collect();
    // In quotes where a shell would make something else of it: people paste such a line.
    let lines: Vec<_> = lines
        .into_iter()
        .map(|(path, what)| (shell_url(&format!("{url}{path}")), what))
        .collect();
    let width = lines.iter().map(|(visit, _)| visit.len()).max();
    let width = width.unwrap_or_default();
    let mut text = format!("Serving on {url} (ctrl-c ends it)\n\n");
    for (visit, what) in lines {
        text += &format!("  GET  {visit:width$}   {what}\n");
    }
    // An endless one, if there is one: whoever tries sees something move.
    let endless = state.streams.iter().find(|stream| stream.endless);
    if let Some(stream) = endless.or(state.streams.first()) {
        let visit = shell_url(&format!("{url}{}", stream.path));
        text += &format!("\nTry  curl -N {visit}\n");
    }
    let mut stdout = std::io::stdout();
    _ = stdout.write_all(text.as_bytes());
    _ = stdout.flush();
}
