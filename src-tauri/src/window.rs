//! The windows: the main window with the bundled page, and the small About window.
//!
//! Neither ever leaves its page, so only the bundled files can reach the commands.

use tauri::http::{Response, header};
use tauri::utils::config::WebviewUrl;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, LogicalSize, Manager, Url, WebviewWindow, WebviewWindowBuilder, WindowEvent,
};

use crate::app_state::AppState;
use crate::settings::WindowSize;

/// The label of the main window.
pub(crate) const MAIN: &str = "main";
const TITLE: &str = "SSE Workbench";

/// Keys of the zoom beside those of the menu, where an item has one key: the sign + is on a key of
/// its own, with Shift or without, or on a key pad. What the menu takes never arrives here.
const ZOOM_KEYS: &str = "\
    addEventListener('keydown', (event) => {
        const action = { '+': 'zoom-in', '-': 'zoom-out', 0: 'zoom-actual' }[event.key];
        const beside = event.key === '+' || event.code.startsWith('Numpad');
        const chord = (event.ctrlKey || event.metaKey) && !event.altKey;
        if (!action || !beside || !chord) return;
        event.preventDefault();
        window.__TAURI__.core.invoke('act', { action });
    });";

const ABOUT: &str = "about";
/// Where the About page goes to be closed. Nothing is there.
const CLOSE: &str = "/close";
/// The page has no script of its own, and its policy allows none. This one is the window's.
const ABOUT_KEYS: &str = "\
    addEventListener('DOMContentLoaded', () => document.querySelector('a').focus());
    addEventListener('keydown', ({ key }) => { if (key === 'Escape') location.assign('/close'); });";
/// Serves the About page, which is not one of the page's files.
pub(crate) const ABOUT_SCHEME: &str = "about-workbench";

/// Opens the main window. Its theme is the system's.
pub(crate) fn open_main(app: &AppHandle, size: WindowSize) -> tauri::Result<()> {
    let (min_width, min_height) = WindowSize::MIN;
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::default())
        .title(TITLE)
        .inner_size(size.width.into(), size.height.into())
        .min_inner_size(min_width.into(), min_height.into())
        .initialization_script(ZOOM_KEYS)
        .on_navigation(is_bundled)
        .on_new_window(|_url, _features| NewWindowResponse::Deny)
        .build()?;

    let watched = window.clone();
    window.on_window_event(move |event| match event {
        WindowEvent::Resized(_) => remember(&watched),
        // The small window must not keep the program alive.
        WindowEvent::Destroyed => {
            if let Some(about) = watched.get_webview_window(ABOUT) {
                let _ = about.destroy();
            }
        }
        _ => {}
    });
    Ok(())
}

/// Draws the page of the main window so large, in percent.
pub(crate) fn zoom(app: &AppHandle, percent: u32) -> tauri::Result<()> {
    match app.get_webview_window(MAIN) {
        Some(window) => window.set_zoom(f64::from(percent) / 100.0),
        None => Ok(()),
    }
}

/// Says in the title of the main window how many faults are armed.
pub(crate) fn show_armed(app: &AppHandle, faults: usize) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let title = title(faults);
    if window.title().is_ok_and(|shown| shown == title) {
        return;
    }
    if let Err(error) = window.set_title(&title) {
        tracing::warn!(%error, "the title shows an old state");
    }
}

/// The title, as the page has it in a browser.
fn title(faults: usize) -> String {
    match faults {
        0 => TITLE.to_owned(),
        1 => format!("1 fault armed, {TITLE}"),
        _ => format!("{faults} faults armed, {TITLE}"),
    }
}

/// Brings the main window to the front, wherever it is.
pub(crate) fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    for step in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = step {
            tracing::warn!(%error, "the window could not be raised");
        }
    }
}

/// Opens the About window, or brings it to the front. A native dialog would hold the event loop,
/// and with it the menu, the page and Quit, for as long as it is open.
pub(crate) fn open_about(app: &AppHandle) -> tauri::Result<()> {
    if let Some(about) = app.get_webview_window(ABOUT) {
        return about.set_focus();
    }
    let opener = app.clone();
    let about = WebviewWindowBuilder::new(app, ABOUT, WebviewUrl::CustomProtocol(about_url()))
        .title("About SSE Workbench")
        .inner_size(360.0, 340.0)
        .resizable(false)
        .center()
        .initialization_script(ABOUT_KEYS)
        .on_navigation(move |url| {
            if url.path() == CLOSE {
                close_about(&opener);
            }
            *url == about_url()
        })
        .on_new_window(|_url, _features| NewWindowResponse::Deny)
        .build()?;
    about.hide_menu()
}

/// Closes the About window. Not at once: it is its own page that asks.
fn close_about(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Some(about) = app.get_webview_window(ABOUT)
            && let Err(error) = about.close()
        {
            tracing::warn!(%error, "the About window could not be closed");
        }
    });
}

/// The About page: no script, no network, no command.
pub(crate) fn about_page() -> Response<Vec<u8>> {
    let page = include_str!("about.html")
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{description}", env!("CARGO_PKG_DESCRIPTION"))
        .replace("{icon}", include_str!("../icons/icon.svg"));
    let mut response = Response::new(page.into_bytes());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}

/// Keeps the size for the next launch, unless it is the display's and not a person's.
fn remember(window: &WebviewWindow) {
    let Some(size) = ordinary_size(window) else {
        return;
    };
    if let Some(shell) = window.try_state::<AppState>() {
        shell.remember_window(WindowSize::new(size.width, size.height));
    }
}

/// The size in logical pixels; none while it is maximized, full screen or minimized, or cannot be
/// told.
fn ordinary_size(window: &WebviewWindow) -> Option<LogicalSize<u32>> {
    let special = window.is_maximized().ok()?
        || window.is_fullscreen().ok()?
        || window.is_minimized().ok()?;
    if special {
        return None;
    }
    Some(
        window
            .inner_size()
            .ok()?
            .to_logical(window.scale_factor().ok()?),
    )
}

/// Whether the main window may go there: the bundled page, or what `tauri dev` serves in its place.
/// A web driver starts with an empty page.
fn is_bundled(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost")) => true,
        ("about", _) => url.path() == "blank",
        ("http", Some("localhost" | "127.0.0.1")) => tauri::is_dev(),
        _ => false,
    }
}

/// Windows has no schemes of one's own, only hosts.
fn about_url() -> Url {
    let url = if cfg!(windows) {
        format!("http://{ABOUT_SCHEME}.localhost/")
    } else {
        format!("{ABOUT_SCHEME}://localhost/")
    };
    Url::parse(&url).expect("a URL made of constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_go(url: &str) -> bool {
        is_bundled(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn the_window_stays_on_its_page() {
        for url in [
            "tauri://localhost/",
            "tauri://localhost/index.html",
            "http://tauri.localhost/",
            "about:blank",
        ] {
            assert!(may_go(url), "{url}");
        }
        for url in [
            "https://example.com/",
            "http://tauri.localhost.example.com/",
            "tauri://example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:srcdoc",
        ] {
            assert!(!may_go(url), "{url}");
        }
    }

    /// A page on the server's port has an owner that we do not know.
    #[test]
    fn the_window_never_shows_what_a_port_serves() {
        // `tauri dev` serves the page itself from such an address.
        assert_eq!(may_go("http://localhost:8000/"), tauri::is_dev());
    }

    #[test]
    fn the_title_counts_what_is_armed() {
        assert_eq!(title(0), "SSE Workbench");
        assert_eq!(title(1), "1 fault armed, SSE Workbench");
        assert_eq!(title(3), "3 faults armed, SSE Workbench");
    }

    #[test]
    fn the_about_page_is_whole() {
        let page = String::from_utf8(about_page().into_body()).expect("text");
        assert!(page.contains(env!("CARGO_PKG_VERSION")));
        assert!(page.contains("<svg"));
        assert!(page.contains(&format!("href=\"{CLOSE}\"")));
        assert!(ABOUT_KEYS.contains(&format!("'{CLOSE}'")));
        for placeholder in ["{version}", "{description}", "{icon}"] {
            assert!(!page.contains(placeholder), "{placeholder} was left");
        }
    }
}
