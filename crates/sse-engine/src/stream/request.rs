//! What a client asked for, as the texts of a stream see it.

use std::sync::LazyLock;

use minijinja::Value;

/// The longest body that is read as JSON, in bytes.
pub const MAX_JSON: usize = 1024 * 1024;
/// How many values such a body may hold: each takes some hundred bytes of memory.
const MAX_VALUES: usize = 64 * 1024;

/// The request that a stream answers. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request(Value);

impl Request {
    /// A request with this method and path, the parameters of its query in their order, and its
    /// body. A body that is longer than [`MAX_JSON`] or no JSON is none; of parameters with one
    /// name, the last one counts.
    pub fn new<'a>(
        method: &str,
        path: &str,
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Self {
        let query = query.into_iter();
        let query = query.map(|(name, value)| (name.to_owned(), Value::from(value)));
        let known = [
            ("method", Value::from(method)),
            ("path", Value::from(path)),
            ("query", Value::from_pairs(query)),
        ];
        let json = json(body).map(|json| ("json", json));
        Self(Value::from_pairs(known.into_iter().chain(json)))
    }

    pub(super) fn value(&self) -> Value {
        self.0.clone()
    }
}

impl Default for Request {
    /// A GET without a query, for whoever only looks.
    fn default() -> Self {
        static PLAIN: LazyLock<Request> = LazyLock::new(|| Request::new("GET", "/", [], b""));
        PLAIN.clone()
    }
}

fn json(body: &[u8]) -> Option<Value> {
    if body.is_empty() || body.len() > MAX_JSON {
        return None;
    }
    // Each value but the first stands behind one of these.
    let values = body.iter().filter(|b| matches!(b, b',' | b'[' | b'{'));
    if values.count() > MAX_VALUES {
        return None;
    }
    serde_json::from_slice(body).ok()
}
