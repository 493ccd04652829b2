//! The desktop app of SSE Workbench: a native window and menu around the server of `sse-server`,
//! which runs inside this process.
//!
//! The app is thin. It turns wishes (menu, page, signals, a second launch) into calls of the
//! server, and shows the server's status in menu and page. It must never keep a second truth about
//! the server: whatever is enabled, written or emitted is read from the server's status.
//!
//! | module | what it is for |
//! |---|---|
//! | `actions` | the one table of what a person can do; menu, keys, page and tests read it |
//! | `app_state` | what all of these share |
//! | `args` | `--help` and `--version`, answered without a display |
//! | `atomic_file` | files that are written whole, then put in their place |
//! | `clipboard` | the system's clipboard |
//! | `commands` | what the page may call |
//! | `display` | whether a window can be opened at all |
//! | `downloads` | new files in the person's folder of downloads |
//! | `edit_menu` | the Edit menu |
//! | `editor` | the program that the desktop opens a file with |
//! | `error` | the app's one error type |
//! | `menu` | the native menu |
//! | `notify` | tells menu and page what changed |
//! | `quit` | the one way to end the program |
//! | `settings` | what survives a restart |
//! | `signals` | SIGTERM, SIGINT and SIGHUP end the program as Quit does |
//! | `standing` | what the server is at, as far as it decides what a person can do |
//! | `streams_file` | the file of streams, opened in an editor or changed in the window |
//! | `told` | the one event by which the page is told |
//! | `types` | the page's types of the JSON, in the tests only |
//! | `watch` | the window's watch of any URL |
//! | `window` | the main window and the About window |
//! | `zoom` | how large the page is drawn |

mod actions;
mod app_state;
mod args;
mod atomic_file;
mod clipboard;
mod commands;
mod display;
mod downloads;
mod edit_menu;
mod editor;
mod error;
mod menu;
mod notify;
mod quit;
mod settings;
mod signals;
mod standing;
mod streams_file;
mod told;
#[cfg(test)]
mod types;
mod watch;
mod window;
mod zoom;

use std::error::Error as StdError;
use std::ffi::OsStr;
use std::process::ExitCode;

use tauri::{App, Manager, RunEvent};
use tracing_subscriber::EnvFilter;

use crate::app_state::AppState;
use crate::args::Wish;

/// Runs the desktop program until its window is closed, and tells how it went.
///
/// Exit codes: 0 after an orderly end, and for a second launch, which only raises the first window;
/// 1 when no window can be opened; 2 for an argument that does not exist.
pub fn run() -> ExitCode {
    let arg = std::env::args_os().nth(1);
    match args::read(arg.as_deref().map(OsStr::to_string_lossy).as_deref()) {
        Wish::Open => {}
        Wish::Print(text) => return args::print(&text),
        Wish::Refuse(sentence) => return args::refuse(&sentence, 2),
    }
    if let Err(sentence) = display::check() {
        return args::refuse(&sentence, 1);
    }
    log_to_stderr();
    sse_server::raise_file_limit();

    let app = tauri::Builder::default()
        // First, so that a second launch ends before it has touched the settings or the port.
        .plugin(tauri_plugin_single_instance::init(|app, _args, _folder| {
            window::raise(app);
        }))
        .plugin(tauri_plugin_shell::init())
        .register_uri_scheme_protocol(window::ABOUT_SCHEME, |_context, _request| {
            window::about_page()
        })
        .invoke_handler(tauri::generate_handler![
            commands::state,
            commands::slice,
            commands::publish,
            commands::end_topic,
            commands::preview,
            commands::definition,
            commands::set_definition,
            commands::wire,
            commands::activity,
            commands::timeline,
            commands::request,
            commands::profiles,
            commands::check_fault,
            commands::arm,
            commands::heal,
            commands::break_open,
            commands::lab_cases,
            commands::lab_runs,
            commands::lab_run,
            commands::lab_case,
            commands::lab_forget,
            commands::lab_second,
            commands::watch_form,
            commands::watch_curl,
            commands::record_connection,
            commands::connection_recording,
            commands::end_connection_recording,
            commands::begin_watch,
            commands::stop_watch,
            commands::record_watch,
            commands::stop_recording_watch,
            commands::watched,
            commands::joined,
            commands::watch_again,
            commands::rule,
            commands::save,
            commands::actions,
            commands::act,
            commands::use_port,
            commands::copy,
            commands::copy_picture,
            commands::allow_origin,
            commands::upstreams,
            commands::set_upstream,
            commands::dismiss_notice,
        ])
        .on_menu_event(|app, event| menu::chosen(app, event.id().as_ref()))
        .setup(set_up)
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(|app, event| match event {
            RunEvent::ExitRequested { api, .. } => quit::exit_requested(app, &api),
            RunEvent::Exit => quit::last_thing(app),
            _ => {}
        }),
        Err(error) => {
            return args::refuse(&format!("SSE Workbench could not start: {error}."), 1);
        }
    }
    ExitCode::SUCCESS
}

/// Opens everything in the order in which a person notices it: server, menu, window. Before them,
/// the ear for signals.
fn set_up(app: &mut App) -> Result<(), Box<dyn StdError>> {
    let app = app.handle();
    signals::follow(app);
    let shell = AppState::open(&app.path().app_config_dir()?)?;
    let settings = shell.settings();
    if settings.start_at_launch {
        let server = shell.server().clone();
        // A failure is in the status, where page and menu find it.
        tauri::async_runtime::spawn(async move { server.start().await });
    }
    let (bar, items) = menu::build(app, shell.standing())?;
    app.set_menu(bar)?;
    app.manage(shell);
    app.manage(items);
    window::open_main(app, settings.window)?;
    window::zoom(app, settings.zoom)?;
    notify::follow(app);
    Ok(())
}

/// Warnings go to stderr; `RUST_LOG` asks for more.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
