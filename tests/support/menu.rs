//! The native menu, seen and worked through the desktop's accessibility bus, as a screen reader
//! does it.

use serde_json::Value;

use super::desktop::Desktop;
use super::wait::{ensure, wait_for};

const HELPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/atspi.py");

/// One entry of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) enabled: bool,
    /// The letter that chooses it while its menu is open.
    pub(crate) letter: String,
    /// The key that chooses it at any time, as GTK writes it.
    pub(crate) key: String,
}

/// The menu bar at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MenuBar(Vec<(String, Vec<Item>)>);

impl MenuBar {
    /// Reads it from the only app on this desktop.
    pub(crate) fn read(desktop: &Desktop) -> Result<Self, String> {
        let value = run(desktop, &["menu"])?;
        let menus: Vec<_> = value
            .as_array()
            .into_iter()
            .flatten()
            .map(|menu| (text(&menu["label"]), items(&menu["items"])))
            .collect();
        ensure(!menus.is_empty(), "a menu bar without menus")?;
        Ok(Self(menus))
    }

    /// The names of the menus.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The labels in one menu.
    pub(crate) fn labels(&self, menu: &str) -> Vec<&str> {
        self.items(menu)
            .iter()
            .map(|item| item.label.as_str())
            .collect()
    }

    /// The labels of one menu that can be chosen now.
    pub(crate) fn enabled(&self, menu: &str) -> Vec<&str> {
        self.items(menu)
            .iter()
            .filter(|item| item.enabled)
            .map(|item| item.label.as_str())
            .collect()
    }

    /// The letter of each item of one menu.
    pub(crate) fn letters(&self, menu: &str) -> Vec<&str> {
        self.items(menu)
            .iter()
            .map(|item| item.letter.as_str())
            .collect()
    }

    /// The key of each item of one menu.
    pub(crate) fn keys(&self, menu: &str) -> Vec<&str> {
        self.items(menu)
            .iter()
            .map(|item| item.key.as_str())
            .collect()
    }

    fn items(&self, menu: &str) -> &[Item] {
        self.0
            .iter()
            .find(|(name, _)| name == menu)
            .map_or(&[], |(_, items)| items)
    }
}

/// Chooses an item of a menu.
pub(crate) fn choose(desktop: &Desktop, menu: &str, item: &str) {
    run(desktop, &["choose", menu, item])
        .unwrap_or_else(|error| panic!("{menu} > {item}: {error}"));
}

/// Presses keys together, as a hand on a keyboard does: `["Control_L", "2"]`.
pub(crate) fn press(desktop: &Desktop, keys: &[&str]) {
    run(desktop, &[&["press"], keys].concat()).unwrap_or_else(|error| panic!("{keys:?}: {error}"));
}

/// Moves the pointer to a place on the screen.
pub(crate) fn point(desktop: &Desktop, x: u32, y: u32) {
    let [x, y] = [x, y].map(|at| at.to_string());
    run(desktop, &["point", &x, &y]).unwrap_or_else(|error| panic!("{x} {y}: {error}"));
}

/// Waits until exactly these items of a menu can be chosen.
pub(crate) async fn until_enabled(desktop: &Desktop, menu: &str, labels: &[&str]) {
    wait_for(&format!("{labels:?} enabled in {menu}"), async || {
        let bar = MenuBar::read(desktop)?;
        ensure(
            bar.enabled(menu) == labels,
            format!("{:?}", bar.enabled(menu)),
        )
    })
    .await;
}

fn items(value: &Value) -> Vec<Item> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| Item {
            label: text(&item["label"]),
            enabled: item["enabled"] == true,
            letter: text(&item["letter"]),
            key: text(&item["key"]),
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Debian's own python has the bindings; another one on the PATH has not.
fn run(desktop: &Desktop, arguments: &[&str]) -> Result<Value, String> {
    let output = desktop
        .command("/usr/bin/python3")
        .arg(HELPER)
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
