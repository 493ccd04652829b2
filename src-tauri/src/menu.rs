//! The native menu. The table of actions defines its items. The server's status decides which of
//! them are enabled.
//!
//! Only `show` enables and disables items.

use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Manager, Wry};

use crate::actions::{self, ACTIONS, Action};
use crate::app_state::AppState;
use crate::edit_menu;
use crate::error::Error;
use crate::standing::Standing;

/// The layout: ids of the table of actions, `-` for a line between them. On macOS the first menu
/// becomes the program's own, where Quit belongs.
const FILE: &[&str] = &["quit"];
const VIEW: &[&str] = &[
    "view-streams",
    "view-connections",
    "view-faults",
    "view-watch",
    "view-lab",
    "-",
    "find",
    "-",
    "zoom-in",
    "zoom-out",
    "zoom-actual",
];
const SERVER: &[&str] = &[
    "start",
    "stop",
    "restart",
    "-",
    "stop-abruptly",
    "refuse",
    "knock",
    "-",
    "heal-all",
    "-",
    "open",
    "copy-url",
    "-",
    "port",
    "edit-streams",
];
const HELP: &[&str] = &["keys", "-", "about"];

/// The items of the menu bar, kept so that they can be enabled and disabled. Managed by Tauri.
pub(crate) struct Items(Vec<(&'static Action, MenuItem<Wry>)>);

/// Builds the menu bar as it is in this state.
pub(crate) fn build(app: &AppHandle, standing: Standing) -> tauri::Result<(Menu<Wry>, Items)> {
    let items = ACTIONS
        .iter()
        .map(|action| {
            let enabled = action.enabled(standing);
            let item = MenuItem::with_id(app, action.id, action.text, enabled, action.accelerator)?;
            Ok((action, item))
        })
        .collect::<tauri::Result<Vec<_>>>()?;
    let items = Items(items);
    let bar = Menu::with_items(
        app,
        &[
            &items.submenu(app, "&File", FILE)?,
            &edit_menu::submenu(app)?,
            &items.submenu(app, "&View", VIEW)?,
            &items.submenu(app, "&Server", SERVER)?,
            &items.submenu(app, "&Help", HELP)?,
        ],
    )?;
    Ok((bar, items))
}

impl Items {
    fn submenu(&self, app: &AppHandle, title: &str, ids: &[&str]) -> tauri::Result<Submenu<Wry>> {
        let submenu = Submenu::new(app, title, true)?;
        for &id in ids {
            match self.0.iter().find(|(action, _)| action.id == id) {
                Some((_, item)) => submenu.append(item as &dyn IsMenuItem<Wry>)?,
                None => submenu.append(&PredefinedMenuItem::separator(app)?)?,
            }
        }
        Ok(submenu)
    }
}

/// Enables what makes sense in this state, and nothing else.
pub(crate) fn show(app: &AppHandle, standing: Standing) {
    let main = app.clone();
    // One visit to the main thread for all of them; `set_enabled` from here would wait for one
    // visit each.
    let visit = app.run_on_main_thread(move || {
        for (action, item) in &main.state::<Items>().0 {
            if let Err(error) = item.set_enabled(action.enabled(standing)) {
                tracing::warn!(%error, action = action.id, "the menu shows an old state");
            }
        }
    });
    if let Err(error) = visit {
        tracing::debug!(%error, "the event loop has ended");
    }
}

/// Does what was chosen in the menu or by its key. What goes wrong is shown in the page, as there
/// is nobody to return it to.
pub(crate) fn chosen(app: &AppHandle, id: &str) {
    if edit_menu::chosen(app, id) {
        return;
    }
    let app = app.clone();
    let id = id.to_owned();
    tauri::async_runtime::spawn(async move {
        match actions::perform(&app, &id).await {
            Ok(()) => {}
            // The first is in the status, with ways out. The second is a click that the server
            // overtook.
            Err(Error::Server(_) | Error::NotNow { .. }) => {}
            Err(error) => app.state::<AppState>().set_notice(Some(error.to_string())),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_stands_in_the_menu_once() {
        for action in &ACTIONS {
            let places = [FILE, VIEW, SERVER, HELP].concat();
            let times = places.iter().filter(|&&id| id == action.id).count();
            assert_eq!(times, 1, "{}", action.id);
        }
    }

    #[test]
    fn the_menu_names_no_other_action() {
        for id in [FILE, VIEW, SERVER, HELP].concat() {
            assert!(id == "-" || actions::find(id).is_some(), "{id}");
        }
    }

    /// One letter for two items of a menu would choose neither of them.
    #[test]
    fn no_mnemonic_stands_twice_in_a_menu() {
        for menu in [FILE, VIEW, SERVER, HELP] {
            let texts = menu.iter().filter_map(|id| actions::find(id));
            let mut letters: Vec<char> = texts
                .filter_map(|action| action.text.split_once('&')?.1.chars().next())
                .map(|letter| letter.to_ascii_lowercase())
                .collect();
            letters.sort_unstable();
            let all = letters.len();
            letters.dedup();
            assert_eq!(letters.len(), all, "{menu:?}");
        }
    }
}
