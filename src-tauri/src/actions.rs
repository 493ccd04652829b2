//! The one table of what a person can do with the server and the program. The native menu, its
//! keys, the page's buttons and the tests all read it. None of them has a list of its own.
//!
//! Whether an action can be chosen depends only on what the server is at, and is never stored.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use sse_server::{FaultWish, Phase};
use tauri::{AppHandle, Manager};
use tauri_plugin_shell::ShellExt as _;

use crate::app_state::AppState;
use crate::error::Error;
use crate::quit::leave;
use crate::standing::Standing;
use crate::zoom::{self, Zoom};
use crate::{streams_file, told, window};

type Work = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// One thing that a person can do.
pub(crate) struct Action {
    /// How menu, page and tests name it.
    pub(crate) id: &'static str,
    /// How the menu has it: a `&` stands before the letter that chooses it there.
    pub(crate) text: &'static str,
    /// The key, in Tauri's notation.
    pub(crate) accelerator: Option<&'static str>,
    /// Whether it can be chosen in this state. Of the state alone, so that nobody has to keep it up
    /// to date.
    enabled: fn(Standing) -> bool,
    /// Does it. The error is for the person who chose it.
    run: fn(AppHandle) -> Work,
}

impl Action {
    /// Whether it can be chosen in this state.
    pub(crate) fn enabled(&self, standing: Standing) -> bool {
        (self.enabled)(standing)
    }

    /// How a person reads it.
    pub(crate) fn label(&self) -> String {
        plain(self.text)
    }
}

/// The text without the sign of its mnemonic. No text has a `&` of its own.
fn plain(text: &str) -> String {
    text.replace('&', "")
}

/// Everything that a person can do.
pub(crate) static ACTIONS: [Action; 23] = [
    Action {
        id: "start",
        text: "&Start Server",
        accelerator: Some("CmdOrCtrl+Shift+S"),
        enabled: |at| matches!(at.phase, Phase::Stopped | Phase::Failed),
        run: |app| {
            Box::pin(async move {
                let server = app.state::<AppState>().server().clone();
                Ok(server.start().await?)
            })
        },
    },
    Action {
        id: "stop",
        text: "S&top Server",
        accelerator: Some("CmdOrCtrl+Shift+X"),
        enabled: |at| matches!(at.phase, Phase::Running | Phase::Starting),
        run: |app| {
            Box::pin(async move {
                let server = app.state::<AppState>().server().clone();
                server.stop().await;
                Ok(())
            })
        },
    },
    Action {
        id: "stop-abruptly",
        text: "Stop Server A&bruptly",
        accelerator: None,
        enabled: |at| at.phase == Phase::Running,
        run: |app| {
            Box::pin(async move {
                let server = app.state::<AppState>().server().clone();
                server.stop_abruptly().await;
                Ok(())
            })
        },
    },
    Action {
        id: "refuse",
        text: "Re&fuse Connections for a Minute",
        accelerator: None,
        enabled: |at| at.phase == Phase::Running,
        run: |app| Box::pin(async move { arm(&app, "refuse,for=60s") }),
    },
    Action {
        id: "knock",
        text: "Reset &New Connections for a Minute",
        accelerator: None,
        enabled: |at| at.phase == Phase::Running,
        run: |app| Box::pin(async move { arm(&app, "knock,for=60s") }),
    },
    Action {
        id: "restart",
        text: "&Restart Server",
        accelerator: Some("CmdOrCtrl+Shift+R"),
        enabled: |at| at.phase == Phase::Running,
        run: |app| {
            Box::pin(async move {
                let server = app.state::<AppState>().server().clone();
                Ok(server.restart().await?)
            })
        },
    },
    Action {
        id: "heal-all",
        text: "&Heal All",
        accelerator: Some("CmdOrCtrl+Shift+H"),
        enabled: |at| at.armed,
        run: |app| {
            Box::pin(async move {
                app.state::<AppState>().server().heal_all();
                Ok(())
            })
        },
    },
    Action {
        id: "open",
        text: "&Open in Browser",
        accelerator: Some("CmdOrCtrl+Shift+O"),
        enabled: |at| at.phase == Phase::Running,
        run: |app| Box::pin(async move { open_in_browser(&app) }),
    },
    Action {
        id: "copy-url",
        text: "&Copy URL",
        accelerator: Some("CmdOrCtrl+Shift+U"),
        enabled: |at| at.phase == Phase::Running,
        run: |app| {
            Box::pin(async move {
                let shell = app.state::<AppState>();
                // Stopped this instant: there is nothing to copy any more.
                shell
                    .url()
                    .map_or(Ok(()), |url| shell.clipboard().copy(url))
            })
        },
    },
    Action {
        id: "port",
        text: "&Port…",
        accelerator: Some("CmdOrCtrl+Shift+P"),
        enabled: |at| !matches!(at.phase, Phase::Starting | Phase::Stopping),
        run: |app| {
            Box::pin(async move {
                window::raise(&app);
                Ok(told::perform(&app, "port")?)
            })
        },
    },
    Action {
        id: "edit-streams",
        text: "&Edit Streams…",
        accelerator: Some("CmdOrCtrl+Shift+E"),
        enabled: |_| true,
        run: |app| Box::pin(async move { streams_file::edit(&app).await }),
    },
    Action {
        id: "view-streams",
        text: "&Streams",
        accelerator: Some("CmdOrCtrl+1"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "streams")?) }),
    },
    Action {
        id: "view-connections",
        text: "&Connections",
        accelerator: Some("CmdOrCtrl+2"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "connections")?) }),
    },
    Action {
        id: "view-faults",
        text: "Fa&ults",
        accelerator: Some("CmdOrCtrl+3"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "faults")?) }),
    },
    Action {
        id: "view-watch",
        text: "&Watch",
        accelerator: Some("CmdOrCtrl+4"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "watch")?) }),
    },
    Action {
        id: "view-lab",
        text: "&Lab",
        accelerator: Some("CmdOrCtrl+5"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "lab")?) }),
    },
    Action {
        id: "find",
        text: "&Find",
        accelerator: Some("CmdOrCtrl+F"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "find")?) }),
    },
    // The key of the sign +, without Shift; Tauri's notation has no name for the sign itself.
    Action {
        id: "zoom-in",
        text: "Zoom &In",
        accelerator: Some("CmdOrCtrl+="),
        enabled: |_| true,
        run: |app| Box::pin(async move { zoom::change(&app, Zoom::In) }),
    },
    Action {
        id: "zoom-out",
        text: "Zoom &Out",
        accelerator: Some("CmdOrCtrl+-"),
        enabled: |_| true,
        run: |app| Box::pin(async move { zoom::change(&app, Zoom::Out) }),
    },
    Action {
        id: "zoom-actual",
        text: "&Actual Size",
        accelerator: Some("CmdOrCtrl+0"),
        enabled: |_| true,
        run: |app| Box::pin(async move { zoom::change(&app, Zoom::Actual) }),
    },
    Action {
        id: "keys",
        text: "&Keyboard Shortcuts",
        accelerator: Some("CmdOrCtrl+/"),
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(told::perform(&app, "keys")?) }),
    },
    Action {
        id: "about",
        text: "&About SSE Workbench",
        accelerator: None,
        enabled: |_| true,
        run: |app| Box::pin(async move { Ok(window::open_about(&app)?) }),
    },
    Action {
        id: "quit",
        text: "&Quit",
        accelerator: Some("CmdOrCtrl+Q"),
        enabled: |_| true,
        run: |app| {
            Box::pin(async move {
                leave(&app);
                Ok(())
            })
        },
    },
];

/// An action as the page is told of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Action"))]
pub(crate) struct Choice {
    /// How menu, page and tests name it.
    id: &'static str,
    /// How a person reads it.
    label: String,
    /// The key, in Tauri's notation.
    accelerator: Option<&'static str>,
    /// Whether it can be chosen now.
    enabled: bool,
}

/// The whole table in one state of the server.
pub(crate) fn list(standing: Standing) -> Vec<Choice> {
    ACTIONS
        .iter()
        .map(|action| Choice {
            id: action.id,
            label: action.label(),
            accelerator: action.accelerator,
            enabled: action.enabled(standing),
        })
        .collect()
}

/// The action of that name.
pub(crate) fn find(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.id == id)
}

/// Does what was chosen, wherever it was chosen.
///
/// # Errors
///
/// The action does not exist, cannot be chosen in this state, or failed.
pub(crate) async fn perform(app: &AppHandle, id: &str) -> Result<(), Error> {
    let action = find(id).ok_or_else(|| Error::NoSuchAction(id.to_owned()))?;
    let standing = app.state::<AppState>().standing();
    if !action.enabled(standing) {
        return Err(Error::NotNow {
            label: action.label(),
            reason: reason(action, standing),
        });
    }
    (action.run)(app.clone()).await
}

fn arm(app: &AppHandle, fault: &str) -> Result<(), Error> {
    let armed = app.state::<AppState>().server().arm(FaultWish::one(fault));
    armed.map(drop).map_err(Error::Fault)
}

fn open_in_browser(app: &AppHandle) -> Result<(), Error> {
    let Some(url) = app.state::<AppState>().url() else {
        return Ok(());
    };
    #[expect(
        deprecated,
        reason = "the shell plugin is the one that this project loads; see Cargo.toml"
    )]
    let opened = app.shell().open(url.as_str(), None);
    opened.map_err(|error| Error::Browser {
        url,
        reason: error.to_string(),
    })
}

/// While what an action is not possible.
fn reason(action: &Action, standing: Standing) -> &'static str {
    let armed = Standing {
        armed: true,
        ..standing
    };
    match standing.phase {
        _ if action.enabled(armed) => "nothing is armed",
        Phase::Stopped => "the server is stopped",
        Phase::Starting => "the server is starting",
        Phase::Running => "the server is running",
        Phase::Stopping => "the server is stopping",
        Phase::Failed => "the server is not running",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [Phase; 5] = [
        Phase::Stopped,
        Phase::Starting,
        Phase::Running,
        Phase::Stopping,
        Phase::Failed,
    ];

    /// The whole matrix: for each action, the states in which it can be chosen.
    #[test]
    fn each_action_can_be_chosen_when_it_makes_sense_and_never_else() {
        use Phase::{Failed, Running, Starting, Stopped};
        let matrix: [(&str, &[Phase]); 23] = [
            ("start", &[Stopped, Failed]),
            ("stop", &[Starting, Running]),
            ("stop-abruptly", &[Running]),
            ("refuse", &[Running]),
            ("knock", &[Running]),
            ("restart", &[Running]),
            ("heal-all", &[]),
            ("open", &[Running]),
            ("copy-url", &[Running]),
            ("port", &[Stopped, Running, Failed]),
            ("edit-streams", &PHASES),
            ("view-streams", &PHASES),
            ("view-connections", &PHASES),
            ("view-faults", &PHASES),
            ("view-watch", &PHASES),
            ("view-lab", &PHASES),
            ("find", &PHASES),
            ("zoom-in", &PHASES),
            ("zoom-out", &PHASES),
            ("zoom-actual", &PHASES),
            ("keys", &PHASES),
            ("about", &PHASES),
            ("quit", &PHASES),
        ];
        assert_eq!(
            matrix.map(|(id, _)| id),
            ACTIONS.each_ref().map(|action| action.id)
        );
        for (id, phases) in matrix {
            let action = find(id).expect("the table has it");
            for phase in PHASES {
                for armed in [false, true] {
                    let can = phases.contains(&phase) || id == "heal-all" && armed;
                    assert_eq!(
                        action.enabled(Standing { phase, armed }),
                        can,
                        "{id} while {phase:?}, armed: {armed}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_reason_is_what_has_to_change() {
        let running = Standing {
            phase: Phase::Running,
            armed: false,
        };
        let reason_of = |id| reason(find(id).expect("the table has it"), running);
        assert_eq!(reason_of("heal-all"), "nothing is armed");
        assert_eq!(reason_of("start"), "the server is running");
    }

    #[test]
    fn no_key_is_given_twice() {
        let mut keys: Vec<_> = ACTIONS
            .iter()
            .filter_map(|action| action.accelerator)
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    /// The sign of a mnemonic is for the menu alone.
    #[test]
    fn every_text_has_one_mnemonic_and_the_label_none() {
        for action in &ACTIONS {
            assert_eq!(action.text.matches('&').count(), 1, "{}", action.text);
            let (before, after) = action.text.split_once('&').expect("it has one");
            assert!(after.starts_with(char::is_alphabetic), "{}", action.text);
            assert_eq!(action.label(), format!("{before}{after}"));
        }
    }

    /// The shape that the page reads.
    #[test]
    fn the_page_is_told_id_label_key_and_whether() {
        let list = serde_json::to_value(list(Standing {
            phase: Phase::Running,
            armed: false,
        }))
        .expect("the list is JSON");
        assert_eq!(
            list[0],
            serde_json::json!({
                "id": "start", "label": "Start Server", "accelerator": "CmdOrCtrl+Shift+S",
                "enabled": false
            })
        );
        let about = list.as_array().into_iter().flatten();
        let about: Vec<_> = about.filter(|action| action["id"] == "about").collect();
        assert_eq!(about.len(), 1);
        assert_eq!(about[0]["accelerator"], serde_json::Value::Null);
    }
}
