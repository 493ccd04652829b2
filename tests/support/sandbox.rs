//! A page elsewhere leads a browser to an answer that a fault chose: a document whose script would
//! read the API as if the server's own page asked, and tell its opener.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::front_end;
use super::page::Page;
use super::wait::{ensure, wait_for};

/// What the page elsewhere does to show a document, in place of `URL`. In a frame there would be
/// no document: the guard refuses those of other pages.
const WAYS: [(&str, &str); 2] = [
    ("window", "window.open(URL);"),
    ("place", "location = URL;"),
];

/// It hands on what a document posts to it.
const ELSEWHERE: &str = "<!doctype html><title>Elsewhere</title><body><script>
    addEventListener('message', ({ data }) => { new Image().src = '/told/posted-' + data; });
</script>";

/// A document that says under its name that its script runs and that it could read the API. The
/// picture needs no script.
fn document(name: &str, port: u16) -> String {
    let told = format!("http://127.0.0.1:{port}/told/{name}");
    format!(
        "<!doctype html><title>Trap</title><script>
            const tell = (what) => {{
                new Image().src = '{told}-' + what;
                opener?.postMessage('{name}-' + what, '*');
            }};
            tell('ran');
            fetch('/api/state').then((answer) => answer.text()).then(() => tell('read'));
        </script><img src='{told}-shown'>"
    )
}

/// Each way to such a document is gone twice: to one of a server that does not mark its answers,
/// where the script runs and reads, and before it to that of a fault. What came of the first would
/// have been heard long before the second.
pub(crate) async fn an_answer_reaches_nothing(page: &Page, port: u16) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let elsewhere = {
        let heard = Arc::clone(&heard);
        let says = |path: &str| match path.split_once("/bare/") {
            Some((_, named)) => {
                let (port, name) = named.split_once('/').expect("a port and a name");
                document(name, port.parse().expect("a port"))
            }
            None => ELSEWHERE.to_owned(),
        };
        front_end::serve_with(move |path| {
            let mut heard = heard.lock().expect("nobody panics with it");
            heard.push(path.trim_start_matches("/told/").to_owned());
            says(path)
        })
        .await
    };
    let until_heard = async |what: &str| {
        wait_for(what, async || {
            let heard = heard.lock().expect("nobody panics with it");
            ensure(heard.iter().any(|one| one == what), format!("{heard:?}"))
        })
        .await;
    };
    for (way, script) in WAYS {
        for kind in ["fault", "bare"] {
            let name = format!("{kind}-{way}");
            let url = if kind == "bare" {
                json!(format!(
                    "http://localhost:{elsewhere}/bare/{elsewhere}/{name}"
                ))
                .to_string()
            } else {
                let document = document(&name, elsewhere);
                let fault = json!(format!("status=200,type=text/html,body=\"{document}\""));
                format!(
                    "'http://localhost:{port}/numbers?' + new URLSearchParams({{ fault: {fault} }})"
                )
            };
            // 127.0.0.1 and localhost are two sites.
            page.goto(&format!("http://127.0.0.1:{elsewhere}/")).await;
            page.js(&script.replace("URL", &url))
                .await
                .expect("the page elsewhere runs scripts");
            until_heard(&format!("{name}-shown")).await;
            if kind == "bare" {
                until_heard(&format!("{name}-ran")).await;
                until_heard(&format!("{name}-read")).await;
            }
        }
    }
    until_heard("posted-bare-window-read").await;

    let heard = heard.lock().expect("nobody panics with it");
    let reached: Vec<_> = heard
        .iter()
        .filter(|one| one.contains("fault-") && !one.ends_with("-shown"))
        .collect();
    assert!(reached.is_empty(), "its script did {reached:?}");
}
