//! Which paths a stream can have.

/// Paths that no stream can have: those of the server, and those that it will have. What is below
/// them is meant too.
pub const RESERVED: [&str; 8] = [
    "/healthz", "/api", "/topics", "/page", "/metrics", "/readyz", "/lab", "/tickets",
];

/// What a path that nobody but the server can have begins with.
pub const RESERVED_SIGN: &str = "/@";

/// Whether no stream can have this path.
pub fn is_reserved(path: &str) -> bool {
    path == "/" || path.starts_with(RESERVED_SIGN) || RESERVED.iter().any(|own| is_below(path, own))
}

/// Whether a path is this one, or below it.
pub fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path can hold this byte as it stands, slashes aside (`pchar` of RFC 3986 3.3, without
/// the percent sign).
pub fn can_stand(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_paths_are_reserved_whole_and_with_what_is_below_them() {
        for own in [
            "/",
            "/api",
            "/api/x",
            "/healthz",
            "/topics",
            "/page/a",
            "/metrics",
            "/readyz",
            "/lab",
            "/lab/tour/x",
            "/tickets",
            "/@a",
            "/@",
        ] {
            assert!(is_reserved(own), "{own}");
        }
        for free in [
            "/apix", "/labels", "/pages", "/v1/api", "/ticket", "/a@", "/numbers",
        ] {
            assert!(!is_reserved(free), "{free}");
        }
    }
}
