//! Streams that a request breaks for itself: what arrives at a raw socket, and how it ends.

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use sse_server::{Config, EndedBy, KeepAlive};
use support::{Bench, Client, Head, soon};
use tokio::io::AsyncReadExt;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With the last chunk.
    InOrder,
    /// FIN, and no last chunk.
    Cut,
    /// RST.
    Reset,
}

/// The body that arrived, without the framing, in the pieces that were chunks, and how it ended.
struct Got {
    head: Head,
    chunks: Vec<Vec<u8>>,
    end: End,
}

impl Got {
    fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body()).expect("UTF-8")
    }
}

/// Nothing but events; ten a second where nothing else is said.
async fn bench() -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        ..Config::default()
    })
    .await
}

async fn ask(bench: &Bench, fault: &str) -> Client {
    ask_for(bench, &format!("/endless?every=20ms&count=5&{fault}")).await
}

async fn ask_for(bench: &Bench, target: &str) -> Client {
    let target = [('"', "%22"), (' ', "%20"), ('<', "%3C"), ('>', "%3E")]
        .iter()
        .fold(target.to_owned(), |text, (from, to)| {
            text.replace(*from, to)
        });
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", &target, &[])).await;
    client
}

/// Everything until the connection ends, and whether by a reset.
async fn all(client: &mut Client) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let reset = soon("the end", async {
        loop {
            match client.socket.read_buf(&mut bytes).await {
                Ok(0) => return false,
                Ok(_) => {}
                Err(e) => {
                    assert_eq!(e.kind(), ErrorKind::ConnectionReset);
                    return true;
                }
            }
        }
    })
    .await;
    (bytes, reset)
}

/// What a request with this fault gets.
async fn got(bench: &Bench, fault: &str) -> Got {
    let mut client = ask(bench, fault).await;
    let head = client.head().await;
    let mut bytes = client.buffered();
    let (rest, reset) = all(&mut client).await;
    bytes.extend(rest);
    let (chunks, last) = unframed(&head, &bytes);
    let end = match (reset, last) {
        (true, _) => End::Reset,
        (false, true) => End::InOrder,
        (false, false) => End::Cut,
    };
    Got { head, chunks, end }
}

/// The payloads of the chunks, and whether the last one came.
fn unframed(head: &Head, mut bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    if head.get("transfer-encoding") != Some("chunked") {
        return (vec![bytes.to_vec()], false);
    }
    let mut chunks = Vec::new();
    while let Some(at) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..at]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            return (chunks, true);
        }
        chunks.push(bytes[at + 2..at + 2 + size].to_vec());
        bytes = &bytes[at + size + 4..];
    }
    assert!(bytes.is_empty(), "half a chunk");
    (chunks, false)
}

fn event(n: u64) -> String {
    match n {
        1 => "retry: 1000\nid: 1\ndata: 1\n\n".to_owned(),
        n => format!("id: {n}\ndata: {n}\n\n"),
    }
}

fn events(all: impl IntoIterator<Item = u64>) -> String {
    all.into_iter().map(event).collect()
}

/// The `fetch` of Node.js takes each end of a connection that was to close for the end of the body.
#[tokio::test]
async fn a_head_does_not_announce_the_end_that_breaks_its_stream_off() {
    let bench = bench().await;
    for (fault, connection) in [
        ("", "close"),
        ("fault=end,after=2", "close"),
        ("fault=cut,after=2", "keep-alive"),
        ("fault=cut,half,after=2", "keep-alive"),
        ("fault=reset,after=2", "keep-alive"),
        // Without chunks the end of the connection is that of the body.
        ("fault=cut,after=2&fault=length=9", "close"),
    ] {
        let got = got(&bench, fault).await;
        assert_eq!(got.head.get("connection"), Some(connection), "{fault}");
    }
}

#[tokio::test]
async fn a_stream_ends_in_order_is_cut_or_is_reset() {
    let bench = bench().await;
    for (fault, text, end) in [
        ("fault=end,after=2", events(1..=2), End::InOrder),
        ("fault=cut,after=2", events(1..=2), End::Cut),
        ("fault=reset,after=2", events(1..=2), End::Reset),
        (
            "fault=cut,after=2,half",
            events(1..=2) + "id: 3\nda",
            End::Cut,
        ),
        (
            "fault=cut,after=1,half=id",
            events(1..=1) + "id: 2\n",
            End::Cut,
        ),
        (
            "fault=reset,after=30B",
            events(1..=2)[..30].to_owned(),
            End::Reset,
        ),
        ("fault=end,after=\"3\"", events(1..=3), End::InOrder),
        ("fault=end,after=0", String::new(), End::InOrder),
    ] {
        let got = got(&bench, fault).await;
        assert_eq!(got.head.status, 200);
        assert_eq!((got.text(), got.end), (text, end), "{fault}");
    }
}

#[tokio::test]
async fn a_row_says_which_fault_ended_it_and_when_the_kernel_took_what() {
    let bench = bench().await;
    got(&bench, "client=a&fault=cut,after=2,half").await;
    let row = bench.ended("a").await;
    assert_eq!(row.events, 2, "half an event is none");
    assert_eq!(row.last_id.as_deref(), Some("2"));
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Server, "fault"));
    assert!(!ended.complete);
    assert_eq!(row.faults.len(), 1);
    assert_eq!(row.faults[0].fault, "cut,half,after=2");
    assert_eq!(ended.fault, Some(row.faults[0].id));
}

#[tokio::test]
async fn at_the_door_nothing_is_answered() {
    let bench = bench().await;
    for (fault, reset) in [
        ("fault=cut", false),
        ("fault=reset", true),
        ("fault=never,for=50ms", false),
    ] {
        let mut client = ask(&bench, fault).await;
        assert_eq!(all(&mut client).await, (vec![], reset), "{fault}");
    }
    let mut client = ask(&bench, "fault=wait=200ms").await;
    let asked = Instant::now();
    assert_eq!(client.head().await.status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn another_answer_comes_in_place_of_the_stream() {
    let bench = bench().await;
    let answer = async |fault: &str| {
        let mut client = ask(&bench, fault).await;
        let head = client.head().await;
        let body = client.body(&head).await;
        (head, body)
    };
    let (head, body) = answer("client=b&fault=status=503,retry-after=2").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("2")));
    assert!(
        body.contains("(status=503,retry-after=2) answers in place of the stream"),
        "{body}"
    );
    let row = bench.client("b").rows.remove(0);
    assert_eq!((row.status, row.state), (503, "refused"));
    assert_eq!(row.ended.expect("at once").why.words(), "fault");

    let (head, body) =
        answer("fault=status=200,type=text/html,body=<h1>log in</h1>,header=\"x-by: a, b\"").await;
    assert_eq!((head.status, &*body), (200, "<h1>log in</h1>"));
    assert_eq!(head.get("content-type"), Some("text/html"));
    assert_eq!(head.get("x-by"), Some("a, b"));
    let (head, _) = answer("fault=redirect=http://localhost:1/x,code=307").await;
    assert_eq!(
        (head.status, head.get("location")),
        (307, Some("http://localhost:1/x"))
    );
    let (head, _) = answer("fault=redirect").await;
    assert_eq!((head.status, head.get("location")), (302, None));
    let asked = Instant::now();
    assert_eq!(
        answer("fault=status=500&fault=wait=100ms").await.0.status,
        500
    );
    assert!(asked.elapsed() >= Duration::from_millis(100));
}

/// A page elsewhere that navigates to such an answer would else run as our own origin.
#[tokio::test]
async fn no_fault_takes_the_sandbox_away() {
    let bench = bench().await;
    for fault in [
        "fault=status=200,type=text/html,body=<script>1</script>",
        "fault=redirect=/page",
        "fault=type=text/html",
        "fault=type=none",
        "fault=length=9",
        "fault=encode=gzip",
        "fault=no-cors",
    ] {
        let head = ask(&bench, fault).await.head().await;
        assert_eq!(head.all("content-security-policy"), ["sandbox"], "{fault}");
        assert_eq!(head.all("x-content-type-options"), ["nosniff"], "{fault}");
    }
    for field in [
        "content-security-policy",
        "x-content-type-options",
        "set-cookie",
        "access-control-allow-origin",
        "transfer-encoding",
    ] {
        for fault in [
            format!("fault=drop-header={field}"),
            format!("fault=status=200,header=\"{field}: x\""),
        ] {
            assert_eq!(
                ask(&bench, &fault).await.head().await.status,
                400,
                "{fault}"
            );
        }
    }
}

#[tokio::test]
async fn a_head_is_changed() {
    let bench = bench().await;
    let head = async |fault: &str| got(&bench, fault).await.head;
    assert_eq!(
        head("fault=type=text/plain").await.get("content-type"),
        Some("text/plain")
    );
    assert_eq!(head("fault=type=none").await.get("content-type"), None);
    let cache = "no-store, no-transform";
    assert_eq!(head("").await.get("cache-control"), Some(cache));
    assert_eq!(
        head("fault=drop-header=cache-control")
            .await
            .get("cache-control"),
        None
    );

    let got = got(&bench, "fault=length=7").await;
    assert_eq!(got.head.all("content-length"), ["7"]);
    assert_eq!(got.head.get("transfer-encoding"), None);
    assert_eq!(got.text(), events(1..=5), "which is more than it said");

    let origin = [("origin", "http://localhost:3000")];
    for (fault, shared) in [("", true), ("fault=no-cors", false)] {
        let target = format!("/numbers?every=0ms&{fault}");
        let (_, head) = bench.ask("GET", &target, &origin).await;
        assert_eq!(head.get("access-control-allow-origin").is_some(), shared);
    }
}

#[tokio::test]
async fn bytes_arrive_changed_late_and_in_pieces() {
    let bench = bench().await;
    let crlf = events(1..=5).replace('\n', "\r\n");
    for (fault, body) in [
        ("fault=ends=crlf", crlf.as_bytes().to_vec()),
        (
            "fault=bom",
            format!("\u{feff}{}", events(1..=5)).into_bytes(),
        ),
        (
            "fault=repeat,after=2",
            events([1, 2, 3, 3, 4, 5]).into_bytes(),
        ),
        ("fault=skip=2,after=1", events([1, 4, 5]).into_bytes()),
        ("fault=swap,after=1", events([1, 3, 2, 4, 5]).into_bytes()),
        ("fault=drop=4", events([1, 2, 3, 5]).into_bytes()),
        (
            "fault=insert=x,after=5",
            (events(1..=5) + "data: x\n\n").into_bytes(),
        ),
        (
            "fault=comment=x,after=4",
            (events(1..=4) + ": x\n\n" + &event(5)).into_bytes(),
        ),
        (
            "fault=nul-id,after=4",
            (events(1..=4) + "id: 5\0\ndata: 5\n\n").into_bytes(),
        ),
        (
            "fault=bad-utf8,after=4",
            [events(1..=4).as_bytes(), b"id: 5\ndata: 5\xFF\n\n"].concat(),
        ),
        (
            "fault=bad-retry,after=4",
            (events(1..=4) + "retry: 10s\n" + &event(5)).into_bytes(),
        ),
        (
            "fault=unknown-field,after=4",
            (events(1..=4) + "unknown: field\n" + &event(5)).into_bytes(),
        ),
        (
            "fault=no-blank,after=3",
            (events(1..=3) + "id: 4\ndata: 4\n" + &event(5)).into_bytes(),
        ),
        (
            "fault=corrupt,after=4",
            (events(1..=4) + "id: 5\ndata: \n\n").into_bytes(),
        ),
        (
            "fault=ends=cr",
            events(1..=5).replace('\n', "\r").into_bytes(),
        ),
        ("fault=split=5", events(1..=5).into_bytes()),
        ("fault=merge=2", events(1..=5).into_bytes()),
        ("fault=dribble=2kB/s", events(1..=5).into_bytes()),
        ("fault=hold=end", events(1..=5).into_bytes()),
        ("fault=mute,after=2,for=100ms", events(1..=5).into_bytes()),
    ] {
        let got = got(&bench, fault).await;
        assert_eq!(got.end, End::InOrder, "{fault}");
        assert_eq!(
            got.body().escape_ascii().to_string(),
            body.escape_ascii().to_string(),
            "{fault}"
        );
    }
    let split = got(&bench, "fault=split=5").await;
    let sizes: Vec<usize> = split.chunks.iter().map(Vec::len).collect();
    assert_eq!(
        sizes[..5],
        [5; 5],
        "each piece is a chunk and a write of its own: {sizes:?}"
    );
    let held = got(&bench, "fault=hold=end").await;
    assert_eq!(held.chunks.len(), 1);
    let merged = got(&bench, "fault=merge=2").await;
    let (_, but_last) = merged.chunks.split_last().expect("there are some");
    for chunk in but_last {
        let ends = chunk.windows(2).filter(|two| two == b"\n\n").count();
        assert!(ends >= 2, "{}", chunk.escape_ascii());
    }
    let long = got(&bench, "fault=long=5MiB,after=1").await;
    assert!(long.body().len() > 5 << 20);
}

/// The engine's tests unpack it.
#[tokio::test]
async fn a_stream_arrives_as_gzip() {
    let bench = bench().await;
    for fault in ["encode=gzip", "encode=gzip,flush=never"] {
        let got = got(&bench, &format!("fault={fault}")).await;
        assert_eq!(got.head.get("content-encoding"), Some("gzip"), "{fault}");
        // RFC 1952, 2.3.1: what it is, and that deflate packed it.
        assert!(got.body().starts_with(b"\x1F\x8B\x08"), "{fault}");
        assert_eq!(got.end, End::InOrder, "{fault}");
        if fault.contains("never") {
            assert!(got.chunks.len() <= 2, "its head and then all of it");
        }
    }
}

#[tokio::test]
async fn a_client_goes_on_at_the_wrong_place() {
    let bench = bench().await;
    for (fault, numbers) in [
        ("", 4..=5),
        ("fault=forget", 1..=5),
        ("fault=rewind=2", 2..=5),
        ("fault=jump=1", 5..=5),
    ] {
        let got = got(&bench, &format!("lastEventId=3&{fault}")).await;
        let first = *numbers.start();
        let text = events(numbers).replace("retry: 1000\n", "");
        assert_eq!(
            got.text(),
            format!("retry: 1000\n{text}"),
            "{fault} from {first}"
        );
    }
}

/// The client may have left for long: the connection stays until the fault is over.
#[tokio::test]
async fn what_hangs_does_not_notice_that_its_client_left_and_a_stop_ends_it() {
    let bench = bench().await;
    let target = "/endless?every=20ms&client=h&fault=hang,after=1,for=500ms";
    let (mut client, _) = bench.get(target).await;
    client.chunk().await;
    drop(client);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.client("h").rows[0].state, "open");
    assert_eq!(
        bench.ended("h").await.ended.expect("it ended").by,
        EndedBy::Client
    );

    // One that is only silent is noticed at once.
    let target = "/endless?every=20ms&client=s&fault=silence,after=1";
    let (mut client, _) = bench.get(target).await;
    client.chunk().await;
    drop(client);
    let left = Instant::now();
    assert_eq!(
        bench.ended("s").await.ended.expect("it ended").by,
        EndedBy::Client
    );
    assert!(left.elapsed() < Duration::from_secs(1));

    let hung = [
        "hang",
        "never",
        "silence",
        "hold=end",
        "wait=600s",
        "dribble=1B/s",
    ];
    let mut clients = Vec::new();
    for fault in hung {
        clients.push(ask_for(&bench, &format!("/endless?every=20ms&fault={fault}")).await);
    }
    bench
        .table("all of them", |slice| slice.tally.open == hung.len())
        .await;
    let asked = Instant::now();
    bench.server.stop().await;
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn a_late_fin_leaves_the_socket_open_behind_the_last_byte() {
    let bench = bench().await;
    for (fault, reset) in [("end", false), ("cut", false), ("reset", true)] {
        let mut client = ask(&bench, &format!("fault={fault},after=1,linger=300ms")).await;
        client.head().await;
        client.until("data: 1\n\n").await;
        let last = Instant::now();
        let (_, was_reset) = all(&mut client).await;
        assert!(last.elapsed() >= Duration::from_millis(250), "{fault}");
        assert_eq!(was_reset, reset, "{fault}");
    }
}

#[tokio::test]
async fn a_request_with_a_wrong_fault_gets_a_sentence() {
    let bench = bench().await;
    for (fault, words) in [
        (
            "fault=cutt",
            "wrong at column 1: there is no fault `cutt`: `cut` is the nearest",
        ),
        ("fault=cut,after=x", "wrong at column 11:"),
        ("fault=refuse,for=1s", "refuse cannot be in it"),
        ("fault=cut,client=me", "client cannot be in it"),
    ] {
        let mut client = ask(&bench, fault).await;
        let head = client.head().await;
        assert_eq!(head.status, 400, "{fault}");
        let body = client.body(&head).await;
        assert!(body.contains(words), "{fault}: {body}");
    }
}

/// A fault on one connection changes no byte and no delay of another.
#[tokio::test]
async fn nobody_else_is_struck() {
    let bench = bench().await;
    let whole = async |fault: &str| {
        let mut client = bench.connect().await;
        let target = format!("/endless?every=20ms&count=20&{fault}");
        client.send(&bench.request("GET", &target, &[])).await;
        let (head, began) = (client.head().await, Instant::now());
        let mut bytes = client.buffered();
        bytes.extend(all(&mut client).await.0);
        // Not the chunks: two events of a late visit share one.
        (unframed(&head, &bytes).0.concat(), began.elapsed())
    };
    let (alone, _) = whole("").await;
    let faults = [
        "dribble=1B/s",
        "split=each",
        "hang",
        "long=5MiB",
        "hold=end",
        "cut,after=3",
    ];
    let faults = faults.map(|fault| format!("fault={fault}&client=x"));
    let mut broken = Vec::new();
    for fault in &faults {
        broken.push(ask_for(&bench, &format!("/endless?every=20ms&{fault}")).await);
    }
    let (beside, took) = whole("").await;
    assert_eq!(beside, alone);
    assert!(took < Duration::from_secs(10), "{took:?}");
}
