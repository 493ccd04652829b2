//! The real program, started as a person starts it.

use super::desktop::{Desktop, Window};
use super::http;
use super::port::{free_port, is_free};
use super::process::Process;
use super::settings;
use super::wait::{ensure, wait_for};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sse-workbench");

/// What stands in the title bar, and what windows are found by.
pub(crate) const TITLE: &str = "SSE Workbench";

/// The app, running with its server on [`App::port`].
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl App {
    /// Launches it on a free port and waits until its server answers and its window is there.
    pub(crate) async fn launch(desktop: &Desktop) -> Self {
        let port = free_port();
        settings::use_port(desktop, port);
        Self::launch_with_settings(desktop, port).await
    }

    /// The same with the settings as they are, which say `port`.
    pub(crate) async fn launch_with_settings(desktop: &Desktop, port: u16) -> Self {
        let process = Process::start(&mut desktop.command(PROGRAM), "app", &desktop.logs());
        let app = Self { process, port };
        http::until_it_answers(port).await;
        wait_for("the app's window", async || window(desktop)).await;
        app
    }

    /// Waits until it has ended as it should: with exit code 0, and nothing listening any more.
    pub(crate) async fn ended_in_order(mut self) {
        let status = self.process.ended().await;
        assert!(
            status.success(),
            "the app ended with {status}, having said: {}",
            self.process.output()
        );
        assert!(
            is_free(self.port),
            "port {} is still taken after the app has ended",
            self.port
        );
    }
}

/// The app's window, if there is exactly one.
pub(crate) fn window(desktop: &Desktop) -> Result<Window, String> {
    let mut ours: Vec<_> = desktop
        .windows()
        .into_iter()
        .filter(|window| window.title == TITLE)
        .collect();
    ensure(
        ours.len() == 1,
        format!("{} windows of the app", ours.len()),
    )?;
    ours.pop().ok_or_else(|| "no window".to_owned())
}
