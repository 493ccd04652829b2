//! Bytes as a HAR has them: as text where they are UTF-8, else in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Body, Number};

/// Base64 with its padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Body {
    pub(super) fn of(bytes: Vec<u8>, mime_type: String, has_size: bool) -> Self {
        let size = has_size.then_some(Number(bytes.len() as f64));
        let (text, encoding) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(e) => (STANDARD.encode(e.as_bytes()), Some("base64".to_owned())),
        };
        Self {
            size,
            mime_type: Some(mime_type),
            text: Some(text),
            encoding,
        }
    }

    /// The bytes; none where the text is missing or no base64.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        let text = self.text?;
        match self.encoding.as_deref() {
            Some("base64") => {
                let text: Vec<u8> = text
                    .into_bytes()
                    .into_iter()
                    .filter(|byte| !byte.is_ascii_whitespace())
                    .collect();
                LENIENT.decode(text).ok()
            }
            _ => Some(text.into_bytes()),
        }
    }
}
