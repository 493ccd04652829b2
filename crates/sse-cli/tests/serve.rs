//! `sse serve` as a person and a script use it: what it prints, what it answers, how it ends.

#![cfg(unix)] // Signals.

mod support;

use std::io::{BufRead, Read};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use support::{SSE, Serving, read_until, run};

#[test]
fn it_says_where_to_visit_and_what_there_is() {
    let mut serving = Serving::start(&[]);
    assert!(serving.addr.starts_with("localhost:"), "{}", serving.addr);
    assert!(
        !serving.addr.ends_with(":0"),
        "the real port: {}",
        serving.addr
    );
    read_until(&mut serving.get("/endless"), "data: 1\n\n");
    serving.signal("TERM");
    let mut rest = String::new();
    let stdout = serving.stdout.as_mut().expect("open");
    stdout.read_to_string(&mut rest).expect("UTF-8");
    let addr = &serving.addr;
    for line in [
        format!("GET  http://{addr}/ "),
        format!("GET  http://{addr}/numbers       Finite stream: 5 events, every 1 s"),
        format!("GET  http://{addr}/endless       Endless stream: endless, every 500 ms"),
        format!("GET  http://{addr}/topics/NAME   a topic"),
        format!("curl -N http://{addr}/endless"),
    ] {
        assert!(rest.contains(&line), "{line} in {rest}");
    }
    assert_eq!(serving.end(), (Some(0), String::new()));
}

#[test]
fn every_signal_that_asks_ends_streams_in_order_and_the_program_with_0() {
    for signal in ["TERM", "INT"] {
        let serving = Serving::start(&[]);
        let mut stream = serving.get("/endless");
        read_until(&mut stream, "data: 1\n\n");
        serving.signal(signal);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("an orderly end");
        assert!(rest.ends_with(b"0\r\n\r\n"), "{signal}");
        assert_eq!(serving.end(), (Some(0), String::new()), "{signal}");
    }
}

#[test]
fn a_port_in_use_is_one_sentence_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let (code, stdout, stderr) = run(&["serve", "--port", &port]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_eq!(stderr.lines().count(), 1);
    assert!(
        stderr.starts_with(&format!("sse: Port {port} is used by ")),
        "{stderr}"
    );
    if cfg!(target_os = "linux") {
        assert!(
            stderr.contains(&format!("({})", std::process::id())),
            "{stderr}"
        );
    }
}

#[test]
fn what_cannot_be_understood_is_exit_code_2_or_a_sentence() {
    assert_eq!(run(&["serve", "--port", "99999"]).0, Some(2));
    assert_eq!(run(&["serve", "--nonsense"]).0, Some(2));
    assert_eq!(run(&[]).0, Some(2));
    for (args, words) in [
        (["serve", "--allow-origin", "evil"], "is not an origin"),
        (["serve", "--allow-host", "http://a"], "is not a host name"),
    ] {
        let (code, _, stderr) = run(&args);
        assert_eq!(code, Some(1));
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn version_and_help_are_printed() {
    let (code, stdout, _) = run(&["--version"]);
    assert_eq!(
        (code, stdout),
        (Some(0), format!("sse {}\n", env!("CARGO_PKG_VERSION")))
    );
    let (code, stdout, _) = run(&["serve", "--help"]);
    assert_eq!(code, Some(0));
    for option in [
        "--host",
        "--port",
        "--allow-host",
        "--allow-origin",
        "--keep-alive",
        "--max-streams",
        "--max-topics",
        "--keep-events",
        "--keep-bytes",
        "--max-lag",
        "--slow",
        "--no-break",
        "--log",
    ] {
        assert!(stdout.contains(option), "{option}");
    }
}

#[test]
fn beyond_loopback_is_only_by_asking_and_warns_in_words() {
    let serving = Serving::start(&["--host", "0.0.0.0"]);
    read_until(&mut serving.get("/numbers"), "data: 1\n\n");
    serving.signal("TERM");
    let (code, stderr) = serving.end();
    assert_eq!(code, Some(0));
    assert!(
        stderr.contains("warning") && stderr.contains("every network"),
        "{stderr}"
    );
}

#[test]
fn that_nobody_reads_its_output_is_no_reason_to_end() {
    let mut serving = Serving::start(&[]);
    // What `sse serve | head -1` does.
    serving.stdout = None;
    read_until(&mut serving.get("/endless"), "data: 1\n\n");
    serving.signal("TERM");
    assert_eq!(serving.end().0, Some(0));
}

/// What a person does: a file of their own, a change, a mistake, the mistake mended.
#[test]
fn streams_of_a_file_are_served_and_a_mistake_in_it_is_told() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("my.toml");
    let save = |text: &str| {
        let new = folder.path().join("my.toml~");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(new, &file).expect("in its place");
    };
    let name = file.to_str().expect("UTF-8");

    let (code, _, stderr) = run(&["serve", "--port", "0", "--streams", name]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("There is no file"), "{stderr}");
    save("\n[[stream]]\npath = 5\n");
    let (code, stdout, stderr) = run(&["serve", "--port", "0", "--streams", name]);
    assert_eq!((code, &*stdout), (Some(1), ""));
    assert!(stderr.contains("my.toml, line 3: "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");

    save("[[stream]]\npath = \"/mine\"\n");
    let mut serving = Serving::start(&["--streams", name]);
    read_until(&mut serving.get("/mine"), "data: 1\n\n");
    let mut told = serving.stderr();
    save("[[stream]]\npath = \"/mine\"\nevrey = \"1s\"\n");
    let line = told.next().expect("open").expect("UTF-8");
    assert!(
        line.starts_with(&format!("sse: {name}, line 3: ")),
        "{line}"
    );
    assert!(
        line.contains("every") && line.ends_with("served on."),
        "{line}"
    );
    read_until(&mut serving.get("/mine"), "data: 1\n\n");
    save("[[stream]]\npath = \"/mended\"\n");
    let line = told.next().expect("open").expect("UTF-8");
    assert_eq!(line, format!("sse: {name} is served."));
    read_until(&mut serving.get("/mended"), "data: 1\n\n");
    serving.signal("TERM");
    assert!(told.next().is_none());
}

/// Of a wrong file that went away it was said that it is served, and of a good one that came
/// nothing at all.
#[test]
fn what_becomes_of_a_file_in_the_usual_place_is_told() {
    let config = tempfile::TempDir::new().expect("a folder");
    let file = config.path().join("dev.sse-workbench/streams.toml");
    let save = |text: &str| {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, text).expect("written");
    };
    save("");
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "XDG_CONFIG_HOME=$1 exec \"$0\" serve --port 0 --log none",
            SSE,
        ])
        .arg(config.path());
    let mut serving = Serving::spawn(&mut command);
    let mut told = serving.stderr();
    let mut line = || told.next().expect("open").expect("UTF-8");
    let name = file.to_str().expect("UTF-8");
    let empty = line();
    assert!(
        empty.starts_with(&format!("sse: {name}: There is no stream in the file")),
        "{empty}"
    );
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(
        line(),
        format!("sse: {name} is gone. The shipped streams are served.")
    );
    save("[[stream]]\npath = \"/mine\"\n");
    assert_eq!(line(), format!("sse: {name} is served."));
    read_until(&mut serving.get("/mine"), "data: 1\n\n");
    serving.signal("TERM");
}

/// Each connection takes a descriptor. At the limit the rest wait in the queue, and the server
/// neither ends nor spins; when some leave, those that waited are served.
#[test]
fn it_lives_on_when_file_descriptors_run_out() {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 40 && exec \"$0\" serve --port 0 --log none",
        SSE,
    ]);
    let serving = Serving::spawn(&mut command);
    let mut first: Vec<TcpStream> = (0..60).map(|_| serving.get("/endless")).collect();
    read_until(&mut first[0], "data: 2\n\n");
    let mut waiting = first.split_off(50);
    drop(first);
    for stream in &mut waiting {
        read_until(stream, "data: 1\n\n");
    }
    serving.signal("TERM");
    let (code, stderr) = serving.end();
    assert_eq!(code, Some(0));
    let complaints = stderr.lines().count();
    // One line for each listener: nobody may be reading, and a full pipe once stopped the whole
    // server.
    assert!(
        stderr.contains("cannot accept") && complaints <= 2,
        "{stderr}"
    );
}

/// The path was printed as it is: pasting the line ran what stood behind the `&`.
#[test]
#[cfg(unix)] // It pastes into shells.
fn the_line_to_try_runs_curl_on_that_path_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("streams.toml");
    let path = "/it's&touch$IFS$9made;(x)";
    let list = format!("[[stream]]\npath = \"{path}\"\ncount = 1\n");
    std::fs::write(&file, list).expect("written");
    let mut serving = Serving::start(&["--streams", file.to_str().expect("UTF-8")]);
    let mut printed = String::new();
    let mut stdout = serving.stdout.take().expect("piped");
    let line = loop {
        printed.clear();
        let read = stdout.read_line(&mut printed).expect("UTF-8");
        assert!(read > 0, "there is a line to try");
        if let Some(line) = printed.trim_end().strip_prefix("Try  ") {
            break line.to_owned();
        }
    };
    let mut tried = 0;
    for shell in ["sh", "bash", "dash", "zsh", "fish"] {
        let mut command = std::process::Command::new(shell);
        command.args(["-c", &line]).current_dir(folder.path());
        let Ok(output) = command.output() else {
            continue; // It is not installed here.
        };
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("data: 1\n"), "{shell}: {line}: {output:?}");
        let made = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(made, 1, "{shell} made a file of {line}");
        tried += 1;
    }
    assert!(tried > 0, "there is a shell");
}
