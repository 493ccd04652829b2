//! A user name and a password.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;

/// Whoever asks a server or a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name. It has no colon, or else what follows that is taken for the password.
    pub name: String,
    /// The password.
    pub password: String,
}

impl User {
    /// Both as Basic sends them (RFC 7617 2).
    pub(crate) fn basic(&self) -> HeaderValue {
        let text = STANDARD.encode(format!("{}:{}", self.name, self.password));
        // Base64 has no character that a header could not carry.
        let value = HeaderValue::try_from(format!("Basic {text}"));
        let mut value = value.unwrap_or(HeaderValue::from_static("Basic"));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7617 2.
    #[test]
    fn a_user_is_sent_as_the_standard_says_and_not_shown() {
        let user = User {
            name: "Aladdin".to_owned(),
            password: "open sesame".to_owned(),
        };
        assert_eq!(user.basic(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{user:?} {:?}", user.basic()), "User(…) Sensitive");
    }
}
