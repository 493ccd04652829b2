//! A desktop for one test: an X server without a screen, a D-Bus session, a window manager, and
//! folders for settings and logs.
//!
//! Each test has its own, so that tests run side by side: on a shared session bus the app's
//! single-instance rule would make one test's launch raise another test's window. It never touches
//! the display or the settings of the person who runs the tests.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{self, Process};
use super::wait::{ensure, wait_for};

/// The screen: wide enough for two columns of panels.
const SCREEN: &str = "1400x1000x24";

/// A running desktop. Dropping it ends everything on it.
#[derive(Debug)]
pub(crate) struct Desktop {
    // Fields are dropped in this order: what draws first, then what it draws on, then the files.
    _window_manager: Process,
    _bus: Process,
    _screen: Process,
    display: String,
    bus_address: String,
    home: Home,
}

impl Desktop {
    /// Starts one and waits until windows can be managed on it.
    pub(crate) async fn start() -> Self {
        let home = Home::new();
        let logs = home.folder("log");

        // With -displayfd the server chooses a free number itself, and says so when it takes
        // connections.
        let (screen, display) = Process::announced(
            process::command("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", SCREEN])
                .args(["-nolisten", "tcp", "-noreset"]),
            "xvfb",
            &logs,
            |line| {
                line.trim()
                    .parse::<u32>()
                    .ok()
                    .map(|number| format!(":{number}"))
            },
        );
        let mut bus = process::command("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        // The accessibility bus is started by this one, and inherits what it is given here.
        home.settle(&mut bus, &display);
        let (bus, bus_address) = Process::announced(&mut bus, "dbus", &logs, |line| {
            line.contains('=').then(|| line.trim().to_owned())
        });
        let mut manager = process::command("openbox");
        home.settle(&mut manager, &display);
        manager
            .arg("--sm-disable")
            .env("DBUS_SESSION_BUS_ADDRESS", &bus_address);
        let window_manager = Process::start(&mut manager, "openbox", &logs);

        let desktop = Self {
            _window_manager: window_manager,
            _bus: bus,
            _screen: screen,
            display,
            bus_address,
            home,
        };
        wait_for("a window manager", async || {
            let answer = desktop.ask("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]);
            ensure(answer.contains("window id"), answer)
        })
        .await;
        desktop
    }

    /// How to start a program on this desktop.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = process::command(program);
        self.home.settle(&mut command, &self.display);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address);
        command
    }

    /// Runs a program on this desktop to its end and gives what it printed.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .unwrap_or_else(|error| {
                panic!("cannot run {program}: {error} (make test installs what is missing)")
            });
        if output.status.success() {
            String::from_utf8_lossy(&output.stdout).into_owned()
        } else {
            String::from_utf8_lossy(&output.stderr).into_owned()
        }
    }

    /// Puts a program of this name before all others of that name; `script` is what it does.
    pub(crate) fn stand_in(&self, name: &str, script: &str) {
        let path = self.home.folder("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the folder belongs to the test");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .expect("the file belongs to the test");
    }

    /// Installs the description of a program (Desktop Entry Specification).
    pub(crate) fn add_program(&self, name: &str, lines: &str) {
        let folder = self.home.folder("data/applications");
        fs::create_dir_all(&folder).expect("the folder belongs to the test");
        let text = format!("[Desktop Entry]\n{lines}\n");
        fs::write(folder.join(format!("{name}.desktop")), text)
            .expect("the folder belongs to the test");
    }

    /// The folder that programs here take for the person's configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.home.folder("home/.config")
    }

    /// The person's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.folder("home")
    }

    /// Where the output of programs is kept.
    pub(crate) fn logs(&self) -> PathBuf {
        self.home.folder("log")
    }

    /// The titles of the windows on it, and their ids.
    pub(crate) fn windows(&self) -> Vec<Window> {
        self.ask("wmctrl", &["-lG"])
            .lines()
            .filter_map(Window::parse)
            .collect()
    }

    /// The id of the window that has the keyboard.
    pub(crate) fn active_window(&self) -> Option<u64> {
        let answer = self.ask("xprop", &["-root", "_NET_ACTIVE_WINDOW"]);
        parse_id(answer.trim().rsplit(' ').next()?)
    }
}

/// A window as the window manager lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) id: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) title: String,
}

impl Window {
    /// `0x00a00003  0 10   38   1000 700  host Title of the window`
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let id = parse_id(words.next()?)?;
        let mut words = words.skip(3);
        let width = words.next()?.parse().ok()?;
        let height = words.next()?.parse().ok()?;
        let title = words.skip(1).collect::<Vec<_>>().join(" ");
        Some(Self {
            id,
            width,
            height,
            title,
        })
    }
}

fn parse_id(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// The person's folders, made for one test.
#[derive(Debug)]
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(
            TempDir::with_prefix("workbench-test-").expect("there is room for temporary files"),
        );
        for name in [
            "bin",
            "home",
            "home/.config",
            "data",
            "cache",
            "runtime",
            "log",
        ] {
            fs::create_dir(home.folder(name)).expect("the folder was empty");
        }
        // D-Bus and GTK refuse a runtime folder that others can read.
        fs::set_permissions(home.folder("runtime"), fs::Permissions::from_mode(0o700))
            .expect("the folder belongs to the test");
        home
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Stand-ins come first, then what `make test` installs because Debian lacks it.
    fn path(&self) -> String {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin");
        let inherited = std::env::var("PATH").unwrap_or_default();
        format!(
            "{}:{}:{inherited}",
            self.folder("bin").display(),
            tools.display()
        )
    }

    /// Makes a program live here, and forget the desktop that the tests were started on.
    fn settle(&self, command: &mut Command, display: &str) {
        for name in [
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "DBUS_SESSION_BUS_ADDRESS",
            "AT_SPI_BUS_ADDRESS",
            "NO_AT_BRIDGE",
            "GTK_THEME",
            "DESKTOP_STARTUP_ID",
        ] {
            command.env_remove(name);
        }
        command
            .env("DISPLAY", display)
            .env("GDK_BACKEND", "x11")
            .env("HOME", self.folder("home"))
            .env("XDG_CONFIG_HOME", self.folder("home/.config"))
            .env("XDG_DATA_HOME", self.folder("data"))
            .env("XDG_CACHE_HOME", self.folder("cache"))
            .env("XDG_RUNTIME_DIR", self.folder("runtime"))
            .env("GSETTINGS_BACKEND", "memory")
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", self.path());
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        // What the programs printed is what one wants to read when a test has failed.
        let Ok(logs) = fs::read_dir(self.folder("log")) else {
            return;
        };
        for log in logs.flatten() {
            let text = fs::read_to_string(log.path()).unwrap_or_default();
            if !text.trim().is_empty() {
                eprintln!("---- {}\n{}", log.file_name().display(), text.trim_end());
            }
        }
    }
}
