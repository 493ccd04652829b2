//! WebDriver servers: one for the app's webview, one for each browser. They put a [`Page`] in a
//! test's hands.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use fantoccini::ClientBuilder;
use fantoccini::wd::Capabilities;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::app::PROGRAM;
use super::desktop::Desktop;
use super::page::Page;
use super::port::free_port;
use super::process::Process;
use super::wait::{ensure, wait_for};

/// How long an app or a browser may take until its driver has a page. Loose on purpose, and only
/// ever spent by a test that fails.
const LAUNCH: Duration = Duration::from_secs(120);

/// A page, and what has to run as long as it is looked at. Dropping it ends the driver and all that
/// it started.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) page: Page,
    driver: Process,
}

impl Session {
    /// Ends the session as a browser's user would. (The app's process is killed by its driver: what
    /// happens when the app ends in order has tests of its own.)
    pub(crate) async fn close(self) {
        self.page.close().await;
    }

    /// Ends the session and waits until the app is gone: a launch beside one that is about to end
    /// would hand over to it, and its driver would wait for a window for ever.
    pub(crate) async fn close_app(self, desktop: &Desktop) {
        let apps = self.processes_of("sse-workbench");
        self.close().await;
        wait_for("the end of the app", async || {
            let left: Vec<_> = apps.iter().filter(|id| is_alive(**id)).collect();
            ensure(left.is_empty(), format!("{left:?} run"))?;
            // What it is known by to a second launch goes with its connection to the bus, which the
            // bus may close a moment later.
            let names = desktop.ask("dbus-send", &LIST_NAMES);
            let name = names.lines().find(|line| line.contains("SingleInstance"));
            ensure(name.is_none(), name.unwrap_or_default())
        })
        .await;
    }

    /// The ids of the processes of one program that this session started.
    pub(crate) fn processes_of(&self, program: &str) -> Vec<u32> {
        let output = Command::new("pgrep")
            .args(["-g", &self.driver.id().to_string(), "-x", program])
            .output()
            .expect("pgrep is installed with procps");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect()
    }
}

/// Launches the app through tauri-driver and looks at the page in its webview.
pub(crate) async fn webview(desktop: &Desktop) -> Session {
    webview_of(desktop, desktop.command("tauri-driver"), PROGRAM, &[]).await
}

/// The same for any command that opens the app in the end.
pub(crate) async fn webview_of(
    desktop: &Desktop,
    driver: Command,
    program: &str,
    arguments: &[&str],
) -> Session {
    let session = launched(desktop, driver, program, arguments).await;
    // The webview's first location is about:blank.
    session.page.until_present("status-bar").await;
    session
}

/// The same as soon as there is a webview, with nothing in it yet.
pub(crate) async fn launched(
    desktop: &Desktop,
    mut driver: Command,
    program: &str,
    arguments: &[&str],
) -> Session {
    let (port, native_port) = (free_port(), free_port());
    driver.args([
        "--port",
        &port.to_string(),
        "--native-port",
        &native_port.to_string(),
    ]);
    let driver = Process::start(&mut driver, "tauri-driver", &desktop.logs());
    // tauri-driver does not say when it listens.
    for (port, what) in [(port, "tauri-driver"), (native_port, "WebKitWebDriver")] {
        wait_for(what, async || {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(_) => Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    Err("no listener".to_owned())
                }
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }
    let options = json!({ "application": program, "args": arguments });
    open(
        driver,
        port,
        json!({ "browserName": "wry", "tauri:options": options }),
    )
    .await
}

/// Opens Chromium.
pub(crate) async fn chromium(desktop: &Desktop) -> Session {
    let (driver, port) = Process::announced(
        desktop.command("chromedriver").arg("--port=0"),
        "chromedriver",
        &desktop.logs(),
        |line| port_in(line, "started successfully on port "),
    );
    // --no-sandbox: as root, as in a container, Chromium does not start with it. /dev/shm is tiny
    // in containers.
    let arguments = [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-gpu",
    ];
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments, "binary": "/usr/bin/chromium" },
        // A script that draws hundreds of pictures takes longer than the usual 30 s where the
        // machine does something else as well.
        "timeouts": { "script": 120_000 },
    });
    open(driver, port, wanted).await
}

/// Opens Firefox.
pub(crate) async fn firefox(desktop: &Desktop) -> Session {
    let (driver, port) = Process::announced(
        desktop.command("geckodriver").args(["--port", "0"]),
        "geckodriver",
        &desktop.logs(),
        |line| port_in(line, "Listening on 127.0.0.1:"),
    );
    let wanted = json!({ "browserName": "firefox", "moz:firefoxOptions": { "binary": "/usr/bin/firefox-esr" } });
    open(driver, port, wanted).await
}

fn port_in(line: &str, before: &str) -> Option<u16> {
    let (_, after) = line.split_once(before)?;
    after.trim_end_matches(['.', ' ']).parse().ok()
}

const LIST_NAMES: [&str; 5] = [
    "--session",
    "--print-reply",
    "--dest=org.freedesktop.DBus",
    "/org/freedesktop/DBus",
    "org.freedesktop.DBus.ListNames",
];

/// Whether a process runs. One that has ended and that nobody has asked about yet does not.
fn is_alive(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

async fn open(driver: Process, port: u16, wanted: Value) -> Session {
    let Value::Object(wanted) = wanted else {
        panic!("capabilities are an object");
    };
    let wanted: Capabilities = wanted;
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let address = format!("http://127.0.0.1:{port}");
    let connecting = builder.capabilities(wanted).connect(&address);
    let client = timeout(LAUNCH, connecting)
        .await
        .unwrap_or_else(|_| {
            panic!(
                "no WebDriver session within {LAUNCH:?}; the driver said: {}",
                driver.output()
            )
        })
        .unwrap_or_else(|error| {
            panic!(
                "no WebDriver session: {error}; the driver said: {}",
                driver.output()
            )
        });
    Session {
        page: Page::new(client),
        driver,
    }
}
