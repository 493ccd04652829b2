//! The Edit menu: undo, redo, cut, copy, paste, select all.
//!
//! macOS and Windows have native items for these. On GTK the native items do nothing when they are
//! clicked: they need a library that types keys into X11 windows, and on Wayland nothing does that.
//! So there the items are our own, and act on the page. Only this side accesses the clipboard. It
//! asks the page for the selection, or hands the page the text to insert. The page itself could not
//! read the clipboard.

use tauri::menu::Submenu;
use tauri::{AppHandle, Wry};

/// Native roles.
#[cfg(not(target_os = "linux"))]
pub(crate) fn submenu(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
    use tauri::menu::PredefinedMenuItem as Role;

    Submenu::with_items(
        app,
        "&Edit",
        true,
        &[
            &Role::undo(app, None)?,
            &Role::redo(app, None)?,
            &Role::separator(app)?,
            &Role::cut(app, None)?,
            &Role::copy(app, None)?,
            &Role::paste(app, None)?,
            &Role::select_all(app, None)?,
        ],
    )
}

/// Native roles need no help.
#[cfg(not(target_os = "linux"))]
pub(crate) fn chosen(_app: &AppHandle, _id: &str) -> bool {
    false
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{chosen, submenu};

#[cfg(target_os = "linux")]
mod linux {
    use tauri::menu::{MenuItem, PredefinedMenuItem};
    use tauri::{Manager, WebviewWindow};

    use super::{AppHandle, Submenu, Wry};
    use crate::app_state::AppState;
    use crate::error::Error;
    use crate::window::MAIN;

    /// Ids, and texts with their mnemonics. No accelerators: the web view knows these keys itself,
    /// and would not see them any more.
    const ITEMS: [(&str, &str); 6] = [
        ("edit-undo", "&Undo"),
        ("edit-redo", "&Redo"),
        ("edit-cut", "Cu&t"),
        ("edit-copy", "&Copy"),
        ("edit-paste", "&Paste"),
        ("edit-select-all", "Select &All"),
    ];

    /// What is selected, in a field or in the page. Where the page shows bytes, it is those and not
    /// their layout.
    const SELECTED: &str = "\
        const field = document.activeElement;
        const inField = field && typeof field.selectionStart === 'number' && field.selectionStart !== field.selectionEnd;
        const selection = getSelection();
        const range = selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
        const around = range?.commonAncestorContainer;
        const exact = (around?.nodeType === 1 ? around : around?.parentElement)?.closest('[data-exact]');
        const selected = inField
            ? field.value.slice(field.selectionStart, field.selectionEnd)
            : exact ? range.cloneContents().textContent : String(selection);";

    pub(crate) fn submenu(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
        let submenu = Submenu::new(app, "&Edit", true)?;
        for (place, (id, label)) in ITEMS.into_iter().enumerate() {
            if place == 2 {
                submenu.append(&PredefinedMenuItem::separator(app)?)?;
            }
            submenu.append(&MenuItem::with_id(app, id, label, true, None::<&str>)?)?;
        }
        Ok(submenu)
    }

    /// Does what was chosen, if it is one of ours.
    pub(crate) fn chosen(app: &AppHandle, id: &str) -> bool {
        if !ITEMS.iter().any(|(ours, _)| *ours == id) {
            return false;
        }
        let Some(page) = app.get_webview_window(MAIN) else {
            return true;
        };
        let done = match id {
            "edit-undo" => page.eval("document.execCommand('undo')"),
            "edit-redo" => page.eval("document.execCommand('redo')"),
            "edit-select-all" => page.eval("document.execCommand('selectAll')"),
            "edit-cut" => take(&page, "document.execCommand('delete');"),
            "edit-copy" => take(&page, ""),
            _ => {
                paste(page);
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, id, "the page did not follow the menu");
        }
        true
    }

    /// Puts what is selected on the clipboard, then runs `after` in the page.
    fn take(page: &WebviewWindow, after: &str) -> tauri::Result<()> {
        let app = page.app_handle().clone();
        let script = format!("(() => {{ {SELECTED} {after} return selected; }})()");
        page.eval_with_callback(script, move |answer| {
            // A selection that is empty leaves the clipboard alone, as everywhere.
            let Some(text) = serde_json::from_str::<String>(&answer)
                .ok()
                .filter(|text| !text.is_empty())
            else {
                return;
            };
            let app = app.clone();
            tauri::async_runtime::spawn_blocking(move || {
                let shell = app.state::<AppState>();
                tell(&shell, shell.clipboard().copy(text));
            });
        })
    }

    /// Types what is on the clipboard into the page. Reading may wait for the program that offers
    /// it.
    fn paste(page: WebviewWindow) {
        tauri::async_runtime::spawn_blocking(move || {
            let shell = page.state::<AppState>();
            let typed = shell.clipboard().text().and_then(|text| {
                let text = serde_json::Value::String(text);
                Ok(page.eval(format!("document.execCommand('insertText', false, {text})"))?)
            });
            tell(&shell, typed);
        });
    }

    fn tell(shell: &AppState, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            shell.set_notice(Some(error.to_string()));
        }
    }
}
