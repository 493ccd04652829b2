//! A front end under development: one small page on a port of its own, that reads a stream with
//! EventSource.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Serves the page as long as the test runs and gives its address.
pub(crate) async fn serve(stream: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let page = format!(
        "<!doctype html><title>Front end</title><p id=seen></p><p id=state>waiting</p><script>
            const source = new EventSource({stream:?});
            source.onmessage = (event) => {{ seen.textContent += event.data + ' '; }};
            source.onerror = () => {{ source.close(); state.textContent = 'closed'; }};
        </script>"
    );
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket, page.clone()));
        }
    });
    format!("http://localhost:{port}/")
}

/// Every path gives the page: a browser also asks for an icon.
async fn answer(socket: TcpStream, page: String) {
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    // The head ends with an empty line.
    while line != "\r\n" {
        line.clear();
        if !matches!(socket.read_line(&mut line).await, Ok(1..)) {
            return;
        }
    }
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // A browser that has gone on needs no answer.
    let _ = socket.write_all(answer.as_bytes()).await;
}
