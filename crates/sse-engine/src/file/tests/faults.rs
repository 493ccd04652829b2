//! Faults of streams, and profiles.

use super::mistakes::problem;
use super::{good, one};
use crate::fault::Fault;
use crate::file::definition::{locate, replaced};
use crate::file::{contents, read};

fn texts(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(Fault::to_string).collect()
}

const PROFILES: &str = r#"
[[profile]]
name = "bad-train"
about = "A tunnel every minute."
faults = ["hang,after=10s,for=5s", "wait=1s,client=t1"]
"#;

#[test]
fn a_stream_has_the_faults_of_its_list_and_each_names_it() {
    let stream = one("faults = [\"cut, after=3\", \"wait=3s,stream=/a,client=t1,times=2\"]");
    assert_eq!(
        texts(&stream.faults),
        [
            "cut,after=3,stream=/a",
            "wait=3s,times=2,stream=/a,client=t1"
        ]
    );
    assert_eq!(one("").faults, []);
    assert_eq!(one("faults = []").faults, []);
}

#[test]
fn a_profile_in_a_list_stands_for_its_faults() {
    let shipped = one("faults = [\"profile=idle-proxy,p=0.5\", \"bom\"]");
    assert_eq!(
        texts(&shipped.faults),
        ["cut,idle=60s,p=0.5,stream=/a", "bom,stream=/a"]
    );
    // Below the stream that names it, or above.
    let stream = "[[stream]]\npath = \"/a\"\nfaults = [\"profile=bad-train\"]\n";
    for text in [
        format!("{stream}{PROFILES}"),
        format!("{PROFILES}\n{stream}"),
    ] {
        let file = contents(&text).expect("no mistake");
        assert_eq!(
            texts(&file.streams[0].faults),
            [
                "hang,after=10s,stream=/a,for=5s",
                "wait=1s,stream=/a,client=t1"
            ]
        );
        let profile = &file.profiles[0];
        assert_eq!(
            (&*profile.name, &*profile.about),
            ("bad-train", "A tunnel every minute.")
        );
        assert_eq!(
            texts(&profile.faults),
            ["hang,after=10s,for=5s", "wait=1s,client=t1"]
        );
    }
}

/// Each text is below a stream's path, so that its first line is line 3.
#[test]
fn a_mistake_in_a_fault_has_its_line_its_column_and_its_sentence() {
    for (rest, line, column, words) in [
        (
            "faults = [\"cut\",\n  \"cut,aftr=3\"]",
            4,
            8,
            "In the fault \"cut,aftr=3\", `cut` knows no `aftr`: `after` is the nearest that there is.",
        ),
        (
            "faults = ['stats=503']",
            3,
            12,
            "In the fault \"stats=503\", there is no fault `stats`: `status` is the nearest that there is.",
        ),
        (
            "faults = [\"cut\\u002Caftr=3\"]",
            3,
            11,
            "In the fault \"cut,aftr=3\", `cut` knows",
        ),
        (
            "faults = [\"profile=deplyo\"]",
            3,
            11,
            "there is no profile `deplyo`: `deploy` is the nearest",
        ),
        (
            "faults = [\"cut,stream=/b\"]",
            3,
            11,
            "\"cut,stream=/b\" is for another stream: put it below the stream \"/b\"",
        ),
        (
            "faults = [\"cut\", \"refuse,for=2s\"]",
            3,
            18,
            "would refuse every stream and not this one alone",
        ),
        (
            "faults = [\"profile=deploy\"]",
            3,
            11,
            "\"profile=deploy\" would refuse every stream",
        ),
        (
            "faults = [\"cut,connection=7\"]",
            3,
            11,
            "is for one connection",
        ),
        (
            "faults = [\"status=503\", \"never\"]",
            3,
            10,
            "In faults, `status=503,stream=/a` and `never,stream=/a` exclude each other",
        ),
        ("faults = \"cut\"", 3, 10, "is no list: write one such as"),
        ("faults = [3]", 3, 11, "3 is no fault: write one in quotes"),
        (
            "fautls = []",
            3,
            1,
            "fautls is no key of a stream: faults is the nearest",
        ),
    ] {
        let problem = problem(&format!("[[stream]]\npath = \"/a\"\n{rest}"));
        assert_eq!(
            (problem.line, problem.column),
            (Some(line), Some(column)),
            "{rest}: {problem}"
        );
        assert!(problem.reason.contains(words), "{rest}: {problem}");
    }
    let many = format!("faults = [{}]", "\"bom\",".repeat(33));
    let many = problem(&format!("[[stream]]\npath = \"/a\"\n{many}"));
    assert!(many.reason.contains("32 faults at most"), "{many}");
    let streams = (0..5).map(|n| {
        let faults = "\"bom\",".repeat(26);
        format!("[[stream]]\npath = \"/{n}\"\nfaults = [{faults}]\n")
    });
    let many = problem(&streams.collect::<String>());
    assert!(many.reason.contains("128 faults at most"), "{many}");
    assert_eq!(many.line, Some(15));
}

#[test]
fn a_profile_has_its_sentences_too() {
    for (rest, line, words) in [
        ("name = 'x'", 3, "This profile has no faults: give it some"),
        ("faults = ['cut']", 3, "This profile has no name"),
        ("nam = 'x'", 4, "nam is no key of a profile: name is"),
        ("path = '/a'", 4, "path is no key of a profile: a stream"),
        ("name = 'a b'", 4, "is no name of a profile"),
        ("name = 'x'\nabout = ''", 5, "is not one sentence"),
        (
            "name = 'x'\nfaults = ['profile=deploy']",
            5,
            "A profile cannot hold a profile: write the faults of \"deploy\" here.",
        ),
        (
            "name = 'x'\nfaults = ['cut', 'cutt']",
            5,
            "there is no fault `cutt`",
        ),
        (
            "name = 'x'\nfaults = ['cut']\n[[profile]]\nname = 'x'\nfaults = []",
            7,
            "name = \"x\" is that of the profile in line 4 too",
        ),
    ] {
        let problem = problem(&format!("[[stream]]\npath = \"/a\"\n[[profile]]\n{rest}"));
        assert_eq!(problem.line, Some(line), "{rest}: {problem}");
        assert!(problem.reason.contains(words), "{rest}: {problem}");
    }
    for text in [
        "profile = 5\n[[stream]]\npath = '/a'",
        "[profile]\nname = 'x'\n[profile]\nname = 'y'",
    ] {
        let problem = problem(text);
        assert!(
            problem
                .reason
                .contains("Write [[profile]], in two brackets")
        );
    }
    let alone = problem(PROFILES);
    assert!(alone.reason.contains("There is no stream in the file"));
}

/// A definition is read by itself first, and the profiles are in other lines.
#[test]
fn a_definition_may_name_a_profile_of_the_file_and_holds_none() {
    let text = format!("[[stream]]\npath = \"/a\"\n{PROFILES}\n[[stream]]\npath = \"/b\"\n");
    let found = locate(&text, "/a").expect("TOML").expect("there is one");
    assert_eq!(found.text, "[[stream]]\npath = \"/a\"");
    let new = format!("{}\nfaults = [\"profile=bad-train\"]", found.text);
    let change = replaced(&text, "/a", &new, &found.text).expect("no mistake");
    assert_eq!(read(&change.text).expect("read")[0].faults.len(), 2);
    let new = format!("{}\nfaults = [\"profile=bad-tram\"]", found.text);
    let refused = replaced(&text, "/a", &new, &found.text).expect_err("there is none");
    assert_eq!(refused.line, Some(3), "{refused:?}");
    assert!(refused.sentence.contains("`bad-train` is the nearest"));
    assert_eq!(good(&text).len(), 2);
}
