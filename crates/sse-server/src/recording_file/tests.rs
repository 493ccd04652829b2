//! A recording in its file: whole or beside it, and nothing is lost that was there.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sse_engine::recording::{End, PieceSizes, Recorder, Recording, Secrets};
use tempfile::TempDir;

use super::{Existing, RecordingFile};
use crate::error::Error;

const BEGAN: SystemTime = SystemTime::UNIX_EPOCH;

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn begin(&self, existing: Existing) -> Result<RecordingFile, Error> {
        let recorder = Recorder::bounded(BEGAN, Secrets::KeptBack, 4096);
        RecordingFile::create(&self.path("a.wire"), existing, recorder)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("it is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("it is there").file_name().into_string())
            .map(|name| name.expect("UTF-8"))
            .collect();
        names.sort();
        names
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn head(file: &mut RecordingFile) {
    let status: &[u8] = b"HTTP/1.1 200 OK";
    file.record(ms(0), |to| to.request(ms(0), "GET / HTTP/1.1", []))
        .expect("it is first");
    file.record(ms(1), |to| to.response(ms(1), [status]))
        .expect("it is second");
}

fn piece(file: &mut RecordingFile, at: u64, bytes: &[u8]) -> Result<(), Error> {
    file.record(ms(at), |to| to.piece(ms(at), bytes, PieceSizes::default()))
}

#[test]
fn a_file_has_its_name_when_it_is_whole() {
    let bench = Bench::new();
    let mut file = bench.begin(Existing::Kept).expect("it is free");
    head(&mut file);
    piece(&mut file, 5, b"data: a\n\n").expect("it has room");
    // What a crash would leave now.
    assert_eq!(bench.names(), ["a.wire.part"]);
    let beginning = Recording::parse_beginning(bench.read("a.wire.part")).expect("it is one");
    let saved = file.close(ms(9)).expect("it is written");
    assert_eq!(bench.names(), ["a.wire"]);
    let text = bench.read("a.wire");
    assert_eq!(
        (&saved.path, saved.size),
        (&bench.path("a.wire"), text.len() as u64)
    );
    assert_eq!((saved.kept_back, saved.cut_short), (0, None));
    assert!(
        text.ends_with("@ 4ms\n| data: a\n|\n@ 4ms\n= open\n"),
        "{text}"
    );
    let whole = Recording::parse(&text).expect("it is one");
    assert_eq!(whole.to_text(), text);
    assert_eq!(
        whole.exchanges().next().expect("one").pieces(),
        beginning.exchanges().next().expect("one").pieces()
    );
}

#[test]
fn what_is_known_at_the_end_only_is_written_then() {
    let bench = Bench::new();
    let mut file = bench.begin(Existing::Kept).expect("it is free");
    head(&mut file);
    piece(&mut file, 5, b"data: a\r\n\r\n").expect("it has room");
    file.record(ms(6), |to| to.end(ms(6), End::Cut))
        .expect("it has room");
    let key: [(&str, &[u8]); 1] = [("api-key", b"secret")];
    file.record(ms(7), |to| to.request(ms(7), "GET / HTTP/1.1", key))
        .expect("it has room");
    file.record(ms(8), |to| to.end(ms(8), End::Reset))
        .expect("it has room");
    let part = bench.read("a.wire.part");
    assert!(
        part.contains("; 0 secrets kept back\n") && part.contains("\n~ data: a\\r\n"),
        "{part}"
    );
    let saved = file.close(ms(9)).expect("it is written");
    assert_eq!(bench.names(), ["a.wire"]);
    let text = bench.read("a.wire");
    assert!(
        text.starts_with("wire 1\n% ends crlf\n# recorded "),
        "{text}"
    );
    assert!(
        text.contains("; 1 secret kept back\n") && text.contains("\n| data: a\n|\n"),
        "{text}"
    );
    assert!(!text.contains(": secret"), "{text}");
    assert_eq!((saved.size, saved.kept_back), (text.len() as u64, 1));
}

#[test]
fn nothing_is_overwritten_that_was_there() {
    let bench = Bench::new();
    fs::write(bench.path("a.wire"), "old").expect("it is written");
    let refused = bench.begin(Existing::Kept).expect_err("it is there");
    assert!(matches!(refused, Error::RecordingExists(_)), "{refused}");
    let mut file = bench.begin(Existing::Replaced).expect("it is wished");
    head(&mut file);
    assert_eq!(
        bench.read("a.wire"),
        "old",
        "it is replaced by what is whole"
    );
    // Of two at once, the second is refused, whatever it wishes.
    for existing in [Existing::Kept, Existing::Replaced] {
        let other = Recorder::new(BEGAN, Secrets::KeptBack);
        let path = bench.path("a.wire");
        let refused = RecordingFile::create(&path, existing, other).expect_err("it is written");
        let is_known = match existing {
            Existing::Kept => matches!(refused, Error::RecordingExists(_)),
            Existing::Replaced => matches!(refused, Error::RecordingUnderWay(_)),
        };
        assert!(is_known, "{refused}");
    }
    piece(&mut file, 2, b"a").expect("it has room");
    file.close(ms(3)).expect("it is written");
    assert!(
        bench
            .read("a.wire")
            .ends_with("@ 1ms\n~ a\\\n@ 1ms\n= open\n")
    );

    // What a crash left is as dear.
    fs::remove_file(bench.path("a.wire")).expect("it is there");
    fs::write(bench.path("a.wire.part"), "wire 1\n").expect("it is written");
    let refused = bench.begin(Existing::Kept).expect_err("it is there");
    assert!(matches!(refused, Error::RecordingLeft(_)), "{refused}");
    assert_eq!(bench.read("a.wire.part"), "wire 1\n");
    let file = bench.begin(Existing::Replaced).expect("it is wished");
    file.close(ms(0)).expect("it is written");
    assert_eq!(bench.names(), ["a.wire"]);
}

#[test]
fn a_name_that_is_taken_meanwhile_is_left_alone() {
    let bench = Bench::new();
    let mut file = bench.begin(Existing::Kept).expect("it is free");
    head(&mut file);
    fs::write(bench.path("a.wire"), "other").expect("it is written");
    let refused = file.close(ms(3)).expect_err("it is taken").to_string();
    assert!(
        refused.contains("a.wire cannot be written (")
            && refused.ends_with(".part file beside it.")
    );
    assert_eq!(bench.read("a.wire"), "other");
    Recording::parse(bench.read("a.wire.part")).expect("it is whole");
}

#[test]
fn only_an_ordinary_file_in_a_folder_that_is_there_is_written() {
    let bench = Bench::new();
    fs::create_dir(bench.path("folder")).expect("it is made");
    for name in ["folder", "none/a.wire", "", ".."] {
        for existing in [Existing::Kept, Existing::Replaced] {
            let recorder = Recorder::new(BEGAN, Secrets::KeptBack);
            let refused = RecordingFile::create(&bench.path(name), existing, recorder);
            let refused = refused.expect_err(name);
            assert!(matches!(refused, Error::RecordingFile { .. }), "{refused}");
        }
    }
    assert_eq!(bench.names(), ["folder"]);
}

#[test]
fn the_bound_is_told() {
    let bench = Bench::new();
    let mut file = bench.begin(Existing::Kept).expect("it is free");
    head(&mut file);
    let full = (0..9999).find_map(|at| piece(&mut file, at, b"data: a\n\n").err());
    let full = full.expect("it has a bound");
    assert!(full.to_string().contains("4096 bytes"), "{full}");
    piece(&mut file, 9999, b"a").expect_err("it is full");
    let saved = file.close(ms(99_999)).expect("it is written");
    assert_eq!(saved.cut_short, Some(full));
    let text = bench.read("a.wire");
    assert!(
        text.len() <= 4096 && text.ends_with("is missing\n= open\n"),
        "{text}"
    );
    Recording::parse(text).expect("it is whole");
}

#[test]
fn what_is_dropped_is_closed() {
    let bench = Bench::new();
    let mut file = bench.begin(Existing::Kept).expect("it is free");
    head(&mut file);
    drop(file);
    assert_eq!(bench.names(), ["a.wire"]);
    assert!(bench.read("a.wire").ends_with("\n= open\n"));
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_secrets_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    fs::write(bench.path("real.wire"), "old").expect("it is written");
    std::os::unix::fs::symlink("real.wire", bench.path("a.wire")).expect("it is made");
    let file = bench.begin(Existing::Replaced).expect("it is wished");
    file.close(ms(0)).expect("it is written");
    assert!(bench.path("a.wire").is_symlink());
    assert!(bench.read("real.wire").starts_with("wire 1\n"));

    let recorder = Recorder::new(BEGAN, Secrets::Written);
    let path = bench.path("secrets.wire");
    let file = RecordingFile::create(&path, Existing::Kept, recorder).expect("it is free");
    file.close(ms(0)).expect("it is written");
    let mode = fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}
