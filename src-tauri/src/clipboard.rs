//! The system's clipboard, for the native menu's Copy and Paste, and for pictures.
//!
//! The page never reads the clipboard. It hands texts and pictures over, and gets text only when a
//! person chooses Paste.

use std::sync::{Mutex, PoisonError};

use tauri::image::Image;

use crate::error::Error;

/// Opened at first use and kept: on X11 and Wayland what was copied lives as long as the
/// program that offers it.
#[derive(Default)]
pub(crate) struct Clipboard(Mutex<Option<arboard::Clipboard>>);

impl Clipboard {
    /// Puts `text` on the clipboard.
    pub(crate) fn copy(&self, text: String) -> Result<(), Error> {
        self.with(|clipboard| clipboard.set_text(text))
    }

    /// Puts a picture on the clipboard, of the bytes of a PNG.
    pub(crate) fn copy_picture(&self, png: &[u8]) -> Result<(), Error> {
        let picture = Image::from_bytes(png).map_err(|_| Error::NotAPicture)?;
        let image = arboard::ImageData {
            width: picture.width() as usize,
            height: picture.height() as usize,
            bytes: picture.rgba().into(),
        };
        self.with(|clipboard| clipboard.set_image(image))
    }

    /// What is on the clipboard; nothing when it holds no text. May wait for the program that
    /// offers it, so it is not for the main thread. Elsewhere than on Linux the native role pastes.
    #[cfg(target_os = "linux")]
    pub(crate) fn text(&self) -> Result<String, Error> {
        self.with(|clipboard| match clipboard.get_text() {
            Err(arboard::Error::ContentNotAvailable) => Ok(String::new()),
            other => other,
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
    ) -> Result<T, Error> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match &mut *slot {
            Some(clipboard) => clipboard,
            empty => empty.insert(arboard::Clipboard::new()?),
        };
        Ok(work(clipboard)?)
    }
}
