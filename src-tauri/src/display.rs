//! Checks whether a window can be opened, before any code runs that would panic without a display.
//!
//! Linux only: macOS and Windows always have a display for a program that a person starts.

/// The way out where there is no display.
#[cfg(target_os = "linux")]
const INSTEAD: &str = "run `sse serve` for the same server without a window.";

/// A sentence for the person when no window can be opened.
#[cfg(target_os = "linux")]
pub(crate) fn check() -> Result<(), String> {
    let wayland = set("WAYLAND_DISPLAY");
    let x11 = set("DISPLAY");
    // A socket that was handed over by the parent is Wayland's own affair.
    if std::env::var_os("WAYLAND_SOCKET").is_some()
        || wayland.as_deref().is_some_and(wayland_answers)
    {
        return Ok(());
    }
    match (wayland, x11) {
        (None, None) => Err(format!(
            "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): {INSTEAD}"
        )),
        (Some(name), None) => Err(format!(
            "The display `{}` of WAYLAND_DISPLAY does not answer: {INSTEAD}",
            name.to_string_lossy()
        )),
        // Opening the clipboard connects to the X server with this user's cookie, as the window
        // will.
        (_, Some(name)) => match arboard::Clipboard::new() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!(
                "The display `{}` of DISPLAY does not answer: {INSTEAD}",
                name.to_string_lossy()
            )),
        },
    }
}

/// Elsewhere there is always one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn check() -> Result<(), String> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn set(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether somebody listens on the compositor's socket.
#[cfg(target_os = "linux")]
fn wayland_answers(name: &std::ffi::OsStr) -> bool {
    // An absolute name replaces the folder.
    let folder = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
    let socket = std::path::Path::new(&folder).join(name);
    socket.is_absolute() && std::os::unix::net::UnixStream::connect(socket).is_ok()
}
