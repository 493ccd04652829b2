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

/// The longest path of a stream, in bytes.
pub const MAX_PATH: usize = 128;

/// Whether a stream can have this path.
pub fn is_servable(path: &str) -> bool {
    let parts = || path.split('/').skip(1);
    let last = parts().count().saturating_sub(1);
    // What browsers would encode or take out never arrives as it was written.
    let taken_out =
        |(at, part): (usize, &str)| matches!(part, "." | "..") || part.is_empty() && at < last;
    path.starts_with('/')
        && path.len() <= MAX_PATH
        && !is_reserved(path)
        && path.bytes().all(|b| b == b'/' || can_stand(b))
        && !parts().enumerate().any(taken_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_servable_where_it_arrives_as_it_was_written() {
        for good in ["/a", "/v1/chat/completions", "/a/", "/a:b"] {
            assert!(is_servable(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(MAX_PATH));
        for bad in [
            "", "a", "/", "/api/x", "/@a", "/a b", "/a?b", "/a%20", "/a//b", "/../a", "/é", &long,
        ] {
            assert!(!is_servable(bad), "{bad}");
        }
    }

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
