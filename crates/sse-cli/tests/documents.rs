//! `sse completions` and `sse man`: what the packages install beside the command, made from the
//! command line itself.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::{SSE, run};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// The subcommands that a person reads of, from `sse --help`; whichever there will be.
fn subcommands() -> Vec<String> {
    let (_, help, _) = run(&["--help"]);
    let list = help.split("Commands:\n").nth(1).expect("a list of them");
    let names: Vec<_> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    for expected in ["serve", "publish", "completions"] {
        assert!(names.iter().any(|name| name == expected), "{help}");
    }
    names
}

fn completions(shell: &str) -> String {
    let (code, stdout, stderr) = run(&["completions", shell]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{shell}");
    stdout
}

/// What bash would offer behind a line whose last word is not finished.
#[cfg(unix)]
fn offered_by_bash(line: &str) -> Vec<String> {
    const ASK: &str = r#"
        source /dev/stdin
        read -ra COMP_WORDS <<<"$1"
        [[ $1 != *' ' ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _sse sse "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    use std::io::Write;
    let mut bash = Command::new("bash")
        .args(["--norc", "-c", ASK, "bash", line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash is there");
    let mut stdin = bash.stdin.take().expect("piped");
    stdin
        .write_all(completions("bash").as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = bash.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn each_shell_is_told_of_each_subcommand_and_of_its_options() {
    let subcommands = subcommands();
    for shell in SHELLS {
        let text = completions(shell);
        for word in subcommands
            .iter()
            .map(String::as_str)
            .chain(["keep-events"])
        {
            assert!(text.contains(word), "{word} for {shell}");
        }
    }
}

#[cfg(unix)] // bash.
#[test]
fn bash_completes_a_subcommand_an_option_and_a_value() {
    assert_eq!(offered_by_bash("sse ser"), ["serve"]);
    assert_eq!(offered_by_bash("sse serve --keep-ev"), ["--keep-events"]);
    assert_eq!(offered_by_bash("sse serve --slow "), ["disconnect", "drop"]);
    // The packages are made with it, and nobody else is to come upon it.
    assert_eq!(offered_by_bash("sse ma"), [""]);
}

#[test]
fn completions_and_pages_are_the_same_whoever_makes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().to_str().expect("UTF-8");
    let made = |arguments: &[&str]| {
        let output = Command::new(SSE)
            .args(arguments)
            .env("HOME", "/nowhere/anybody")
            .env("XDG_CONFIG_HOME", "/nowhere/anybody/settings")
            .output()
            .expect("the program was built");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for shell in SHELLS {
        let text = made(&["completions", shell]);
        assert!(!text.contains("anybody"), "{shell}");
        assert_eq!(text, completions(shell));
    }
    made(&["man", here]);
    for page in fs::read_dir(folder.path()).expect("a folder") {
        let text = fs::read_to_string(page.expect("a page").path()).expect("UTF-8");
        assert!(!text.contains("anybody"), "{text}");
    }
}

#[test]
fn there_is_a_page_for_the_command_and_for_each_subcommand() {
    let folder = tempfile::tempdir().expect("a folder");
    // A folder that is not there yet, as in a fresh tree.
    let pages = folder.path().join("share/man1");
    let done = run(&["man", pages.to_str().expect("UTF-8")]);
    assert_eq!(done, (Some(0), String::new(), String::new()));

    let mut written: Vec<_> = fs::read_dir(&pages)
        .expect("it was made")
        .map(|page| {
            page.expect("a page")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    written.sort();
    let mut expected: Vec<_> = subcommands()
        .iter()
        .map(|name| format!("sse-{name}.1"))
        .chain(["sse.1".to_owned()])
        .collect();
    expected.sort();
    assert_eq!(written, expected);

    let page = |name: &str| fs::read_to_string(pages.join(name)).expect("a page");
    let serve = page("sse-serve.1");
    for part in [
        // Without a date: the release's is not known to the program.
        ".TH sse-serve 1 \"\" \"SSE Workbench ",
        "sse\\-serve \\- Run the server",
        "\\fBsse serve\\fR",
        "\\fB\\-\\-keep\\-events\\fR",
        // Each example has a line of its own.
        "\n  sse serve \\-\\-port 0 ",
        "\\fBsse\\fR(1)",
    ] {
        assert!(serve.contains(part), "{part} in {serve}");
    }
    let whole = page("sse.1");
    for name in subcommands() {
        let escaped = name.replace('-', "\\-");
        assert!(whole.contains(&format!("sse\\-{escaped}(1)")), "{name}");
    }
    assert!(!whole.contains("sse\\-man"), "{whole}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_one_sentence_and_exit_code_1() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let (code, stdout, stderr) = run(&["man", file.path().to_str().expect("UTF-8")]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("give a folder"), "{stderr}");
    assert!(stderr.ends_with(".\n"), "{stderr}");
}

#[test]
fn a_shell_that_is_not_known_is_answered_with_those_that_are() {
    let (code, stdout, stderr) = run(&["completions", "tcsh"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    for shell in SHELLS {
        assert!(stderr.contains(shell), "{shell} in {stderr}");
    }
}

#[test]
fn a_reader_that_is_gone_is_no_failure() {
    for shell in SHELLS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(SSE)
            .args(["completions", shell])
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program was built");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    }
}

#[cfg(target_os = "linux")] // Its device that is always full.
#[test]
fn a_stdout_that_takes_nothing_is_one_sentence_and_exit_code_1() {
    let full = fs::File::create("/dev/full").expect("it is there");
    let output = Command::new(SSE)
        .args(["completions", "bash"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("the program was built");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("cannot be printed"), "{stderr}");
}
