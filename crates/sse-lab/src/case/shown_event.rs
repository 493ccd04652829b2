//! An event as a client is to show it.

use sse_engine::text::cut;

/// The type of an event that has none of its own.
const MESSAGE: &str = "message";

/// As many events as a sentence names.
const NAMED: usize = 5;

/// An event as a client is to show it, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEvent {
    /// Its type.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl ShownEvent {
    /// One with these data, and with the type of events that have none of their own.
    pub fn message(data: impl Into<String>) -> Self {
        Self::named("", data)
    }

    /// One with this type; an empty one is that of events that have none of their own.
    pub fn named(name: &str, data: impl Into<String>) -> Self {
        Self {
            name: match name {
                "" => MESSAGE.to_owned(),
                name => name.to_owned(),
            },
            data: data.into(),
        }
    }

    /// Whether a client must listen for its type to get it, if it is as EventSource is.
    pub fn has_own_name(&self) -> bool {
        self.name != MESSAGE
    }

    /// Events in words: how many, and with which data.
    pub fn list(events: &[Self]) -> String {
        let mut named: Vec<_> = events.iter().take(NAMED).map(Self::words).collect();
        if events.len() > NAMED {
            named.push(format!("{} more", events.len() - NAMED));
        }
        match &*named {
            [] => "no event".to_owned(),
            [one] => format!("one event, with the data {one}"),
            [rest @ .., last] => {
                let (count, rest) = (events.len(), rest.join(", "));
                format!("{count} events, with the data {rest} and {last}")
            }
        }
    }

    fn words(&self) -> String {
        let data = cut(&self.data);
        match self.has_own_name() {
            true => format!("'{data}' of the type {}", cut(&self.name)),
            false => format!("'{data}'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_and_quoted() {
        let list = |data: &[&str]| {
            let events = data.iter().map(|data| ShownEvent::message(*data));
            ShownEvent::list(&events.collect::<Vec<_>>())
        };
        assert_eq!(list(&[]), "no event");
        assert_eq!(list(&[" a\nb\0"]), "one event, with the data ' a\\nb\\0'");
        assert_eq!(list(&["x", ""]), "2 events, with the data 'x' and ''");
        assert_eq!(
            list(&["1"; 9]),
            "9 events, with the data '1', '1', '1', '1', '1' and 4 more"
        );
        let named = ShownEvent::named("note", "x");
        assert_eq!(
            ShownEvent::list(&[named]),
            "one event, with the data 'x' of the type note"
        );
    }
}
