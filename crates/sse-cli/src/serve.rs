//! `sse serve` and `sse proxy`: start the server, print its address, and stop it in order.

mod stderr;

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sse_lab::Lab;
use sse_server::{
    Asked, Config, Drain, FaultWish, FileNews, Happened, LogEntry, LogReceiver, Server, Signals,
    StateView, TokenNews, UpstreamView, shell_url,
};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::args::{LogAs, Node, Proxy, Serve};
use crate::outcome::Failure;
use stderr::Stderr;

/// Reasons that are said without a log, at most.
const REASONS: usize = 8;

/// Lines of the log that are said in one go, if they are there. Each go wakes a thread and writes
/// once, which costs more than a line.
const TOGETHER: usize = 32;

/// The usual size of a few lines in bytes, so that their text seldom has to grow.
const USUAL: usize = 512;

/// Runs until ctrl-c or SIGTERM.
///
/// # Errors
/// A name or origin that is none, a URL of an engine that is none, or an address that cannot be
/// listened on.
pub(crate) fn run(node: Node) -> Result<(), Failure> {
    let Node {
        serve: args,
        shared,
    } = node;
    let (exposed, log) = (exposed(&args), args.log);
    let asked_streams = args.asked_streams().map(Path::to_owned);
    let mut config = Config {
        mounts: Lab::new().mounts(),
        ..args.into_config()
    };
    shared.add_to(&mut config).map_err(Failure::usage)?;
    run_as(Plan {
        exposed,
        asked_streams,
        log,
        config,
        room: None,
        faults: Vec::new(),
        notes: Vec::new(),
    })?;
    Ok(())
}

/// The same for a server that hands on what it does not answer itself.
///
/// # Errors
/// As [`run`]; a URL, a room, a fault or a folder that cannot be used.
pub(crate) fn proxy(args: Proxy) -> anyhow::Result<()> {
    let warning = exposed(&args.serve);
    let warning = warning.map(|it| format!("{it} What is forwarded needs no token."));
    let log = args.serve.log;
    let asked_streams = args.serve.asked_streams().map(Path::to_owned);
    let (config, room, faults) = args.into_parts();
    run_as(Plan {
        exposed: warning,
        asked_streams,
        log,
        config,
        room,
        faults,
        notes: Vec::new(),
    })
}

/// What is run.
pub(crate) struct Plan {
    /// The warning that is due, where an address beyond loopback was asked for.
    pub(crate) exposed: Option<String>,
    /// The file of streams that was asked for.
    pub(crate) asked_streams: Option<PathBuf>,
    pub(crate) log: LogAs,
    pub(crate) config: Config,
    /// The room in which faults are armed.
    pub(crate) room: Option<String>,
    /// What is armed from the start.
    pub(crate) faults: Vec<String>,
    /// What a person should know, in sentences for stderr.
    pub(crate) notes: Vec<String>,
}

/// Runs a server until ctrl-c or SIGTERM.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_as(plan: Plan) -> anyhow::Result<()> {
    let (stderr, spoken) = Stderr::new().context("stderr cannot be written")?;
    let traces = stderr.clone();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(move || traces.clone())
        .init();
    sse_server::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let ended = runtime.block_on(serve(plan, &stderr));
    // Everything was stopped in order. What may still hang is a look at a file on a share that does
    // not answer: the program ends without it.
    runtime.shutdown_background();
    stderr.end();
    spoken.wait();
    ended
}

async fn serve(plan: Plan, stderr: &Stderr) -> anyhow::Result<()> {
    if let Some(warning) = plan.exposed {
        stderr.say(warning).await;
    }
    for note in &plan.notes {
        stderr.say(format!("sse: {note}")).await;
    }
    // Before the port opens, so that a signal is never met by the system's own answer.
    let mut signals = Signals::listen().context("signals cannot be watched")?;
    let (how, drain) = (plan.log, plan.config.operate.drain);
    let server = tokio::select! {
        server = Server::new(plan.config) => server?,
        // A file that does not answer keeps nobody from ending the program.
        _ = signals.next() => return Ok(()),
    };
    if let Some(path) = plan.asked_streams {
        must_be_served(&server, &path)?;
    }
    for fault in &plan.faults {
        let wish = FaultWish::one(fault).in_room(plan.room.as_deref());
        let armed = server.arm(wish);
        armed.map_err(|bad| anyhow::anyhow!("The fault {fault} cannot be armed: {}", bad.error))?;
    }
    let (stopped, until_stopped) = oneshot::channel();
    let log = (how != LogAs::None)
        .then(|| tokio::spawn(keep_log(server.log(), how, stderr.clone(), until_stopped)));
    if log.is_none() && server.engine().is_some() {
        tokio::spawn(tell_of_no_engine(server.log(), stderr.clone()));
    }
    server.start().await?;
    announce(&server.state(), &server.upstreams(), server.metrics_url());
    tokio::spawn(tell_of_tokens(server.token_news(), stderr.clone()));
    tokio::spawn(tell_of_streams(server.file_news(), stderr.clone()));
    let asked = signals.next().await;
    if let (Asked::Terminate, Some(drain)) = (asked, drain) {
        stderr.say(draining(drain)).await;
        tokio::select! {
            () = server.drain() => {}
            _ = signals.next() => {}
        }
    }
    server.stop().await;
    server.recordings_written().await;
    // Whoever ended it reads how each stream ended; but nobody may be reading.
    drop(stopped);
    if let Some(log) = log {
        stderr.while_it_is_read(log).await;
    }
    Ok(())
}

/// The warning of a server that listens beyond loopback.
pub(crate) fn exposed(args: &Serve) -> Option<String> {
    let ip = args.exposed()?;
    let whom = if ip.is_unspecified() {
        "every network that this machine is on".to_owned()
    } else {
        format!("everybody who can reach {ip}")
    };
    let open = args.tokens.open();
    let advice =
        open.unwrap_or("Tokens can be read on the way: put a server in front that ends TLS");
    Some(format!(
        "sse: warning: the server is open to {whom}, without encryption. {advice}, or leave --host out to serve this machine only."
    ))
}

/// Says what becomes of the streams, to whoever sent the signal.
fn draining(Drain { whole, delay }: Drain) -> String {
    format!(
        "sse: draining for {whole:?}: streams are ended from {delay:?} on. A second signal stops at once."
    )
}

/// A file that was asked for has to be there and right; later mistakes in it stop nothing.
fn must_be_served(server: &Server, path: &Path) -> anyhow::Result<()> {
    let view = server.streams_changed().borrow().clone();
    let Some(file) = view.file else { return Ok(()) };
    match file.problem {
        Some(problem) => bail!("{}", problem.at(&file.path)),
        None if !file.exists => bail!(
            "There is no file {}: name a file that exists, or leave --streams out.",
            path.display()
        ),
        None => Ok(()),
    }
}

/// Says on stderr what becomes of the file of streams.
async fn tell_of_streams(mut news: FileNews, stderr: Stderr) {
    while let Some(line) = news.next().await {
        stderr.say(format!("sse: {line}")).await;
    }
}

/// Says on stderr what becomes of the files of tokens.
async fn tell_of_tokens(mut news: TokenNews, stderr: Stderr) {
    while let Some(line) = news.next().await {
        stderr.say(format!("sse: {line}")).await;
    }
}

/// Says on stderr why the engine of the topics cannot be reached, where there is no log: each
/// reason once, until it was reached.
async fn tell_of_no_engine(mut log: LogReceiver, stderr: Stderr) {
    let mut said = Vec::new();
    while let Some(entry) = log.recv().await {
        match &entry.happened {
            Happened::There { .. } => return,
            Happened::Lost { .. } => {
                let line = format!("sse: {}", entry.happened);
                if said.len() < REASONS && !said.contains(&line) {
                    stderr.say(line.clone()).await;
                    said.push(line);
                }
            }
            _ => {}
        }
    }
}

/// Writes the log until it is told that the server has stopped, and then what is left of it.
async fn keep_log(
    mut log: LogReceiver,
    how: LogAs,
    stderr: Stderr,
    mut stopped: oneshot::Receiver<()>,
) {
    // Each entry can be written. If one could not, a lost line would stop nothing.
    let add = |text: &mut String, entry: &LogEntry| match how {
        LogAs::Json => *text += &serde_json::to_string(entry).unwrap_or_default(),
        LogAs::Text | LogAs::None => _ = write!(text, "{entry}"),
    };
    loop {
        let entry = tokio::select! {
            entry = log.recv() => entry,
            _ = &mut stopped => break,
        };
        let Some(entry) = entry else { return };
        let mut text = String::with_capacity(USUAL);
        add(&mut text, &entry);
        for _ in 1..TOGETHER {
            let Some(entry) = log.try_recv() else { break };
            text.push('\n');
            add(&mut text, &entry);
        }
        stderr.say(text).await;
    }
    while let Some(entry) = log.try_recv() {
        let mut text = String::new();
        add(&mut text, &entry);
        stderr.say(text).await;
    }
}

/// Where to visit and what there is, for people and for scripts that read the first line. That
/// nobody reads it is no reason to end.
fn announce(state: &StateView, upstreams: &[UpstreamView], metrics: Option<String>) {
    let url = state.status.url.as_deref().unwrap_or_default();
    let streams = state.streams.iter().map(|stream| {
        let what = format!("{}: {}", stream.title, stream.summary);
        (stream.path.as_str(), what)
    });
    // Where the whole port is handed on, what is ours has another place.
    let whole = upstreams.iter().any(|upstream| upstream.room.is_none());
    let page = if whole { "/@/" } else { "/" };
    let handed = upstreams.iter().map(|upstream| {
        let room = upstream.room.as_deref();
        let below = room.map_or_else(|| "/...".to_owned(), |room| format!("/@{room}/..."));
        (below, format!("forwarded to {}", upstream.url))
    });
    let handed: Vec<_> = handed.collect();
    let handed = handed
        .iter()
        .map(|(below, what)| (below.as_str(), what.clone()));
    let lines: Vec<_> = [(page, "the page".to_owned())]
        .into_iter()
        .chain(streams)
        .chain([(
            "/topics/NAME",
            "a topic; sse publish sends to it".to_owned(),
        )])
        .chain(handed)
        .collect();
    // In quotes where a shell would make something else of it: people paste such a line.
    let lines: Vec<_> = lines
        .into_iter()
        .map(|(path, what)| (shell_url(&format!("{url}{path}")), what))
        .chain(metrics.map(|url| (url, "the metrics, for Prometheus".to_owned())))
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
    if let Some(engine) = &state.engine {
        let (place, node) = (&engine.place, &engine.node);
        text += &format!("\nThe topics are on {place}. This is the node {node}.\n");
    }
    let mut stdout = std::io::stdout();
    _ = stdout.write_all(text.as_bytes());
    _ = stdout.flush();
}
