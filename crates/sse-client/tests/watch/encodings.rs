//! Compressed bodies: each event at once, both sizes, and what does not decode.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use sse_client::{End, Error};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::support::{answer, begin, head, in_time, next, refusal, serve, watch, wish};

const EVENTS: [&[u8]; 3] = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"];

fn flushed<E: Write>(mut encoder: E, taken: impl Fn(&mut E) -> Vec<u8>) -> Vec<Vec<u8>> {
    let events = EVENTS.iter().map(|event| {
        encoder.write_all(event).expect("it is encoded");
        encoder.flush().expect("it is flushed");
        taken(&mut encoder)
    });
    events.collect()
}

#[tokio::test]
async fn an_event_that_was_flushed_is_there_at_once() {
    let level = Compression::default();
    let gzip = flushed(GzEncoder::new(Vec::new(), level), |e| {
        std::mem::take(e.get_mut())
    });
    let zlib = flushed(ZlibEncoder::new(Vec::new(), level), |e| {
        std::mem::take(e.get_mut())
    });
    let bare = flushed(DeflateEncoder::new(Vec::new(), level), |e| {
        std::mem::take(e.get_mut())
    });
    let br = flushed(
        brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20),
        |e| std::mem::take(e.get_mut()),
    );
    for (encoding, pieces) in [
        ("gzip", gzip),
        ("deflate", zlib),
        ("deflate", bare),
        ("br", br),
    ] {
        let (go, wait) = mpsc::channel::<()>(1);
        let wait = std::sync::Arc::new(tokio::sync::Mutex::new(wait));
        let sent = pieces.clone();
        let at = serve(move |mut socket| {
            let (wait, sent) = (wait.clone(), sent.clone());
            async move {
                head(&mut socket).await;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n");
                _ = socket.write_all(head.as_bytes()).await;
                for piece in sent {
                    _ = wait.lock().await.recv().await;
                    _ = socket.write_all(&piece).await;
                }
            }
        })
        .await;
        let mut watch = watch(at).await;
        for (event, piece) in EVENTS.into_iter().zip(pieces) {
            go.send(()).await.expect("it waits");
            let came = next(&mut watch).await.expect("a piece");
            assert_eq!(came.bytes, event, "{encoding}");
            assert_eq!(came.wire_bytes, piece.len(), "{encoding}");
        }
        assert!(next(&mut watch).await.is_none());
    }
}

#[tokio::test]
async fn a_body_that_grows_is_handed_over_in_parts_and_a_bomb_is_refused() {
    const GROWN: usize = 64 << 20;
    let zeros = vec![0; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 9, 24);
    for _ in 0..GROWN >> 20 {
        gzip.write_all(&zeros).expect("it is encoded");
        br.write_all(&zeros).expect("it is encoded");
    }
    br.flush().expect("it is flushed");
    let gzip = gzip.finish().expect("it is encoded");
    let mut of_gzip = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
    of_gzip.extend(&gzip);
    let mut watch = watch(answer(of_gzip).await).await;
    let (mut grown, mut wire) = (0, 0);
    while let Some(piece) = next(&mut watch).await {
        assert!(piece.bytes.len() <= (8 << 20), "{}", piece.bytes.len());
        grown += piece.bytes.len();
        wire += piece.wire_bytes;
        let is_all = wire == gzip.len();
        assert!(
            is_all || watch.end().is_none(),
            "it ends behind its last piece"
        );
    }
    assert_eq!((grown, wire), (GROWN, gzip.len()));

    let mut of_br = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n".to_vec();
    of_br.extend(br.get_ref());
    let mut watch = crate::support::watch(answer(of_br).await).await;
    assert_eq!(in_time(watch.next()).await, Err(Error::Grows));
    assert_eq!(in_time(watch.next()).await, Ok(None));
    assert!(watch.end().is_some());
}

/// It came in a few reads, and takes long to grow: clocks go on meanwhile.
#[tokio::test]
async fn a_bomb_stops_no_clock() {
    const MEMBER: usize = 16 << 20;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; MEMBER]).expect("it is encoded");
    let gzip = gzip.finish().expect("it is encoded");
    let bomb = |members| {
        let ok = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
        answer([&ok[..], &gzip.repeat(members)].concat())
    };

    // The clock of whoever watches.
    let mut grown = watch(bomb(5).await).await;
    next(&mut grown).await.expect("a piece");
    let pause = tokio::time::sleep(Duration::from_millis(10));
    tokio::pin!(pause);
    loop {
        tokio::select! {
            piece = grown.next() => {
                let piece = piece.expect("it is gzip");
                assert!(piece.is_some(), "the clock stood still");
            }
            () = &mut pause => break,
        }
    }

    // And that of the watch itself.
    let mut asked = wish(format!("http://{}/", bomb(32).await));
    asked.max_time = Some(Duration::from_millis(200));
    let mut grown = begin(asked).await.expect("an answer");
    let mut size = 0;
    while let Some(piece) = next(&mut grown).await {
        size += piece.bytes.len();
    }
    assert!(size < 32 * MEMBER, "{size}");
    let end = grown.end();
    assert!(matches!(end, Some((End::Stopped, _))), "{end:?}");
}

#[tokio::test]
async fn an_encoding_that_is_not_known_or_not_so_has_its_sentence() {
    let head = |encoding: &str| format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n");
    let zstd = answer(head("zstd")).await;
    let e = refusal(wish(format!("http://{zstd}"))).await;
    assert_eq!(e, Error::Encoding("zstd".to_owned()));
    let twice = answer(head("gzip, br")).await;
    let e = refusal(wish(format!("http://{twice}"))).await;
    assert_eq!(e, Error::Encoding("gzip, br".to_owned()));
    let rude = answer(head(&"\u{9b}31m".repeat(100))).await;
    let sentence = refusal(wish(format!("http://{rude}"))).await.to_string();
    assert!(
        sentence.len() < 300 && !sentence.contains(char::is_control),
        "{sentence}"
    );

    for encoding in ["gzip", "deflate", "br"] {
        let plain = answer(head(encoding) + "\n\n\u{ff}data: this is not compressed at all\n\n");
        let asked = wish(format!("http://{}", plain.await));
        let mut watch = begin(asked).await.expect("an answer");
        let mut came = in_time(watch.next()).await;
        while matches!(came, Ok(Some(_))) {
            came = in_time(watch.next()).await;
        }
        assert!(
            matches!(came, Err(Error::NotEncoded(_))),
            "{encoding}: {came:?}"
        );
        assert_eq!(in_time(watch.next()).await, Ok(None));
    }
    let identity = answer(head("identity") + "data: 1\n\n").await;
    let mut watch = watch(identity).await;
    assert_eq!(
        next(&mut watch).await.expect("a piece").bytes,
        b"data: 1\n\n"
    );
}
