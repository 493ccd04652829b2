//! The query parameters that describe the client. Every request for a stream or a topic may have
//! them.

use super::params::{BadQuery, Params};

/// The longest client tag, in characters.
pub(crate) const MAX_TAG: usize = 64;
/// The longest last event id in the query, in bytes.
const MAX_LAST_EVENT_ID: usize = 1024;

/// The client's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientQuery {
    /// `client=TAG`: the client's own name for itself, shown with its connection.
    pub(crate) tag: Option<String>,
    /// `lastEventId=5`: where to go on, for clients that cannot set the header. The header wins.
    pub(crate) last_event_id: Option<String>,
}

impl ClientQuery {
    /// # Errors
    /// One of the two is out of bounds, is no text, or is given twice.
    pub(super) fn of(params: &Params<'_>) -> Result<Self, BadQuery> {
        Ok(Self {
            tag: params.read("client", tag)?,
            last_event_id: params.read("lastEventId", last_event_id)?,
        })
    }

    /// The client's name alone, for a request that is refused whatever else it asks for.
    pub(crate) fn only_tag(query: Option<&str>) -> Self {
        Self {
            tag: Params::of(query).read("client", tag).ok().flatten(),
            last_event_id: None,
        }
    }
}

pub(super) fn tag(value: &str) -> Result<String, BadQuery> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    if (1..=MAX_TAG).contains(&value.len()) && value.bytes().all(plain) {
        return Ok(value.to_owned());
    }
    Err(BadQuery::new(format!(
        "client must be 1 to {MAX_TAG} letters, digits, dots, hyphens, underscores or tildes."
    )))
}

fn last_event_id(value: &str) -> Result<String, BadQuery> {
    if value.len() <= MAX_LAST_EVENT_ID {
        return Ok(value.to_owned());
    }
    Err(BadQuery::new(format!(
        "lastEventId must be at most {MAX_LAST_EVENT_ID} bytes long."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_client_is_still_known_by_its_name() {
        let named = |query| ClientQuery::only_tag(Some(query)).tag;
        assert_eq!(named("count=0&client=me").as_deref(), Some("me"));
        assert_eq!(named("client=%0A"), None);
        assert_eq!(ClientQuery::only_tag(None), ClientQuery::default());
    }

    #[test]
    fn names_and_ids_have_bounds() {
        let refused = |query: &str| {
            let read = ClientQuery::of(&Params::of(Some(query)));
            read.expect_err("out of bounds").to_string()
        };
        assert!(refused("client=").contains("1 to 64"));
        assert!(refused("client=a%0Ab").contains("1 to 64"));
        assert!(refused(&format!("client={}", "a".repeat(65))).contains("1 to 64"));
        assert!(refused(&format!("lastEventId={}", "9".repeat(1025))).contains("1024 bytes"));
        let read = ClientQuery::of(&Params::of(Some("client=a.B-1&lastEventId=x%20y&_=1")));
        let read = read.expect("within bounds");
        assert_eq!(read.tag.as_deref(), Some("a.B-1"));
        assert_eq!(read.last_event_id.as_deref(), Some("x y"));
    }
}
