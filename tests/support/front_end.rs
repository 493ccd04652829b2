//! Pages of other origins: a front end under development, on a port of its own, that reads a stream
//! with EventSource, and whatever else a test has to be served.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Serves the page as long as the test runs and gives its address.
pub(crate) async fn serve(stream: &str) -> String {
    let page = format!(
        "<!doctype html><title>Front end</title><p id=seen></p><p id=state>waiting</p><script>
            const source = new EventSource({stream:?});
            source.onmessage = (event) => {{ seen.textContent += event.data + ' '; }};
            source.onerror = () => {{ source.close(); state.textContent = 'closed'; }};
        </script>"
    );
    // Every path gives the page: a browser also asks for an icon.
    let port = serve_with(move |_| page.clone()).await;
    format!("http://localhost:{port}/")
}

/// Serves on a port of this machine, as long as the test runs, the page that is made of each path.
pub(crate) async fn serve_with(page: impl Fn(&str) -> String + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket, page.clone()));
        }
    });
    port
}

async fn answer(socket: TcpStream, page: impl Fn(&str) -> String) {
    let mut socket = BufReader::new(socket);
    let (mut first, mut line) = (String::new(), String::new());
    // The head ends with an empty line.
    while line != "\r\n" {
        line.clear();
        if !matches!(socket.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        if first.is_empty() {
            first.clone_from(&line);
        }
    }
    let page = page(first.split(' ').nth(1).unwrap_or_default());
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // A browser that has gone on needs no answer.
    let _ = socket.write_all(answer.as_bytes()).await;
}
