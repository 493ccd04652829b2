//! How large the page is drawn in the main window: chosen in the menu, kept in the settings.

use tauri::{AppHandle, Manager as _};

use crate::app_state::AppState;
use crate::error::Error;
use crate::settings::Settings;
use crate::window;

/// The sizes, in percent, as browsers have them.
const STEPS: [u32; 13] = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300];

/// A wish of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zoom {
    /// One step larger.
    In,
    /// One step smaller.
    Out,
    /// As the page is made.
    Actual,
}

impl Zoom {
    /// The size after this wish. A size between two steps, as a person may write it into the
    /// settings, goes to the next one.
    fn from(self, percent: u32) -> u32 {
        let mut steps = STEPS.into_iter();
        match self {
            Self::In => steps.find(|step| *step > percent).unwrap_or(percent),
            Self::Out => steps.rfind(|step| *step < percent).unwrap_or(percent),
            Self::Actual => Settings::ACTUAL_SIZE,
        }
    }
}

/// Draws the page in another size, and keeps that for the next launch.
pub(crate) fn change(app: &AppHandle, zoom: Zoom) -> Result<(), Error> {
    let shell = app.state::<AppState>();
    let percent = zoom.from(shell.settings().zoom);
    window::zoom(app, percent)?;
    shell.change_settings(|settings| settings.zoom = percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_lead_from_bound_to_bound_and_no_further() {
        let (least, most) = Settings::ZOOM.into_inner();
        let way = |zoom: Zoom, from| {
            let mut way = vec![from];
            while let Some(last) = way.last().copied()
                && zoom.from(last) != last
            {
                way.push(zoom.from(last));
            }
            way
        };
        assert_eq!(way(Zoom::In, least), STEPS);
        let mut down = way(Zoom::Out, most);
        down.reverse();
        assert_eq!(down, STEPS);
    }

    #[test]
    fn a_size_between_two_steps_goes_to_the_next_one() {
        assert_eq!(Zoom::In.from(101), 110);
        assert_eq!(Zoom::Out.from(109), 100);
        assert_eq!(Zoom::Actual.from(109), 100);
    }
}
