//! Bodies of JSON-RPC, as far as the lab looks at them. They come from outside: whatever is none is
//! nothing.

use serde_json::Value;

/// The method that a body calls.
pub(crate) fn method(body: &[u8]) -> Option<String> {
    at(body, "/method")?.as_str().map(str::to_owned)
}

/// The id of a request, as JSON. A notification has none.
pub(crate) fn id(body: &[u8]) -> Option<Value> {
    at(body, "/id")
}

/// A value of a body by its JSON pointer (RFC 6901).
pub(crate) fn at(body: &[u8], pointer: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    value.pointer_mut(pointer).map(Value::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_rpc_is_nothing() {
        let call = br#"{"jsonrpc":"2.0","id":"a-1","method":"tools/call"}"#;
        assert_eq!(method(call).as_deref(), Some("tools/call"));
        assert_eq!(id(call), Some(Value::from("a-1")));
        let deep = "[".repeat(100_000);
        for body in [
            &b""[..],
            b"\xff\xfe",
            b"[1]",
            b"\"method\"",
            br#"{"method":3}"#,
            br#"{"method":"x""#,
            deep.as_bytes(),
        ] {
            assert_eq!(method(body), None);
            assert_eq!(id(body), None);
        }
    }
}
