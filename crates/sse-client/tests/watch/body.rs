//! Bodies over HTTP/1.1: how they are framed, in which pieces they come, and how they end.

use std::time::Duration;

use sse_client::End;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::{CHUNKED, OK, answer, head, in_time, next, rest, serve, text, watch};

#[tokio::test]
async fn a_body_ends_in_order_by_its_chunks_its_length_or_its_connection() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    for bytes in [
        format!("{CHUNKED}6\r\ndata: \r\n3\r\n1\n\n\r\n0\r\n\r\n"),
        format!("{length}data: 1\n\nand what does not belong to it"),
        format!("{OK}data: 1\n\n"),
    ] {
        let mut watch = watch(answer(bytes.clone()).await).await;
        assert_eq!(watch.end(), None);
        assert_eq!(text(&mut watch).await, "data: 1\n\n", "{bytes}");
        let (end, at) = watch.end().expect("an end");
        assert_eq!(end, End::InOrder, "{bytes}");
        assert!(at <= watch.elapsed());
        assert!(next(&mut watch).await.is_none(), "an end is for ever");
        let (before, raw) = watch.raw();
        assert_eq!(before, 0);
        assert_eq!(String::from_utf8_lossy(&raw), bytes);
    }
}

#[tokio::test]
async fn a_body_without_its_end_is_cut() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    for bytes in [
        format!("{CHUNKED}9\r\ndata:"),
        format!("{CHUNKED}5\r\ndata:\r\n"),
        format!("{CHUNKED}5\r\ndata:\r\n0\r\n"),
        format!("{CHUNKED}5\r\ndata:\r\nno chunk\r\n"),
        format!("{length}data:"),
    ] {
        let mut watch = watch(answer(bytes.clone()).await).await;
        assert_eq!(text(&mut watch).await, "data:", "{bytes}");
        assert_eq!(watch.end().map(|(end, _)| end), Some(End::Cut), "{bytes}");
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_known_from_one_that_is_closed() {
    for head_of_body in [OK, CHUNKED] {
        let (go, wait) = mpsc::channel::<()>(1);
        let wait = std::sync::Arc::new(tokio::sync::Mutex::new(wait));
        let at = serve(move |mut socket| {
            let wait = wait.clone();
            async move {
                head(&mut socket).await;
                let body = format!("{head_of_body}9\r\ndata: 1\n\n\r\n");
                _ = socket.write_all(body.as_bytes()).await;
                _ = wait.lock().await.recv().await;
                let linger = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
                linger.expect("the option is there");
            }
        })
        .await;
        let mut watch = watch(at).await;
        assert!(next(&mut watch).await.is_some());
        go.send(()).await.expect("it waits");
        assert_eq!(rest(&mut watch).await, []);
        assert_eq!(watch.end().map(|(end, _)| end), Some(End::Reset));
    }
}

#[tokio::test]
async fn what_one_read_brings_is_one_piece_and_what_two_bring_is_two() {
    let (go, wait) = mpsc::channel::<()>(1);
    let wait = std::sync::Arc::new(tokio::sync::Mutex::new(wait));
    let at = serve(move |mut socket| {
        let wait = wait.clone();
        async move {
            head(&mut socket).await;
            let mut wait = wait.lock().await;
            _ = socket.write_all(CHUNKED.as_bytes()).await;
            _ = wait.recv().await;
            let three = b"2\r\nda\r\n4\r\nta: \r\n3\r\n1\n\n\r\n";
            _ = socket.write_all(three).await;
            _ = wait.recv().await;
            // A chunk whose length comes before its bytes.
            _ = socket.write_all(b"5\r\n").await;
            _ = wait.recv().await;
            _ = socket.write_all(b"data:\r\n").await;
            for byte in b"2\r\n 2\r\n0\r\n\r\n" {
                _ = wait.recv().await;
                _ = socket.write_all(&[*byte]).await;
            }
        }
    })
    .await;
    let mut watch = watch(at).await;
    go.send(()).await.expect("it waits");
    let first = next(&mut watch).await.expect("a piece");
    assert_eq!(
        (&first.bytes[..], first.wire_bytes),
        (&b"data: 1\n\n"[..], 9)
    );
    assert!(watch.times().head_complete.expect("a head") <= first.at);

    go.send(()).await.expect("it waits");
    let waits = tokio::time::timeout(Duration::from_millis(100), watch.next()).await;
    assert!(waits.is_err(), "a length is no piece");
    let between = watch.elapsed();
    go.send(()).await.expect("it waits");
    let second = next(&mut watch).await.expect("a piece");
    assert_eq!(second.bytes, b"data:");
    assert!(
        first.at < between && between < second.at,
        "the time is that of its own read"
    );

    let mut before = second.at;
    for byte in [None, None, None, Some(b' '), Some(b'2')] {
        go.send(()).await.expect("it waits");
        let Some(byte) = byte else { continue };
        let piece = next(&mut watch).await.expect("a piece");
        assert_eq!((piece.bytes, piece.wire_bytes), (vec![byte], 1));
        assert!(before <= piece.at);
        before = piece.at;
    }
    drop(go);
    assert_eq!(rest(&mut watch).await, []);
    assert_eq!(watch.end().map(|(end, _)| end), Some(End::InOrder));
}

#[tokio::test]
async fn a_slow_reader_gets_pieces_in_order_and_each_with_the_time_of_its_read() {
    let at = serve(|mut socket| async move {
        head(&mut socket).await;
        _ = socket.write_all(CHUNKED.as_bytes()).await;
        for _ in 0..1_000 {
            _ = socket.write_all(b"9\r\ndata: 1\n\n\r\n").await;
        }
        _ = socket.write_all(b"0\r\n\r\n").await;
    })
    .await;
    let mut watch = watch(at).await;
    let pieces = rest(&mut watch).await;
    let all: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| piece.bytes.clone())
        .collect();
    assert_eq!(all, b"data: 1\n\n".repeat(1_000));
    assert!(pieces.windows(2).all(|two| two[0].at < two[1].at));
}

#[tokio::test]
async fn a_long_body_takes_no_more_memory_than_a_short_one() {
    const CHUNK: usize = 64 << 10;
    const CHUNKS: usize = 1_536;
    let at = serve(|mut socket| async move {
        head(&mut socket).await;
        _ = socket.write_all(OK.as_bytes()).await;
        let chunk = vec![b'x'; CHUNK];
        for _ in 0..CHUNKS {
            if socket.write_all(&chunk).await.is_err() {
                return;
            }
        }
    })
    .await;
    let mut watch = watch(at).await;
    let before = memory();
    let (mut came, mut largest) = (0, 0);
    while let Some(piece) = next(&mut watch).await {
        came += piece.wire_bytes;
        largest = largest.max(piece.bytes.len());
    }
    assert_eq!(came, CHUNK * CHUNKS);
    assert!(largest <= 100_003, "{largest}");
    let (skipped, raw) = watch.raw();
    assert_eq!(raw.len(), 1 << 20);
    assert_eq!(skipped as usize + raw.len(), came + OK.len());
    if let (Some(before), Some(after)) = (before, memory()) {
        // Tests beside this one take some, too.
        assert!(after < before + (48 << 20), "{before} bytes, then {after}");
    }
}

/// How many bytes this process has in memory, where the system tells.
fn memory() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[tokio::test]
async fn whoever_drops_a_watch_closes_its_connection() {
    let (gone, mut is_gone) = mpsc::channel(1);
    let at = serve(move |mut socket| {
        let gone = gone.clone();
        async move {
            head(&mut socket).await;
            _ = socket.write_all(OK.as_bytes()).await;
            _ = gone.send(socket.read(&mut [0]).await.unwrap_or(0)).await;
        }
    })
    .await;
    let watch = watch(at).await;
    assert!(is_gone.try_recv().is_err());
    drop(watch);
    assert_eq!(in_time(is_gone.recv()).await, Some(0));
}

#[tokio::test]
async fn whoever_stops_waiting_loses_nothing() {
    let at = serve(|mut socket| async move {
        head(&mut socket).await;
        _ = socket.write_all(CHUNKED.as_bytes()).await;
        for _ in 0..200 {
            _ = socket.write_all(b"9\r\ndata: 1\n\n\r\n").await;
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        _ = socket.write_all(b"0\r\n\r\n").await;
    })
    .await;
    let mut watch = watch(at).await;
    let mut came = 0;
    let mut stops = 0;
    in_time(async {
        while watch.end().is_none() {
            let stopped = tokio::select! {
                biased;
                piece = watch.next() => Err(piece),
                () = tokio::task::yield_now() => Ok(()),
            };
            match stopped {
                Ok(()) => {
                    stops += 1;
                    tokio::task::yield_now().await;
                }
                Err(piece) => came += piece.expect("a body").map_or(0, |piece| piece.wire_bytes),
            }
        }
    })
    .await;
    assert_eq!(came, 9 * 200);
    assert!(stops > 0);
}
