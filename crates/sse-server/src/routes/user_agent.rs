//! A short name, which people recognise, for the program behind a `User-Agent`.

/// The longest name shown, in characters.
const LONGEST: usize = 48;
const LONGEST_VERSION: usize = 8;

/// Browsers by the token that only they (and what is built on them) carry, the more special first:
/// every browser claims to be the older ones.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// `Firefox 140`, `curl 8.5.0`, or `unknown`.
pub(crate) fn name(user_agent: Option<&str>) -> String {
    let Some(agent) = user_agent.map(str::trim).filter(|agent| !agent.is_empty()) else {
        return "unknown".to_owned();
    };
    if agent.starts_with("Mozilla/") {
        for (token, name) in BROWSERS {
            if let Some((_, rest)) = agent.split_once(token) {
                let digits = rest.chars().take_while(char::is_ascii_digit);
                let major: String = digits.take(LONGEST_VERSION).collect();
                return format!("{name} {major}").trim_end().to_owned();
            }
        }
    }
    let product = agent.split_whitespace().next().unwrap_or(agent);
    product
        .replacen('/', " ", 1)
        .chars()
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn programs_are_named_as_people_know_them() {
        let table = [
            (None, "unknown"),
            (Some("  "), "unknown"),
            (Some("curl/8.5.0"), "curl 8.5.0"),
            (Some("python-requests/2.32 extra"), "python-requests 2.32"),
            (Some("node"), "node"),
            (
                Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
                "Firefox 140",
            ),
            (
                Some(
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                ),
                "Chrome 142",
            ),
            (
                Some(
                    "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
                ),
                "Chrome 142",
            ),
            (
                Some("Mozilla/5.0 AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"),
                "Edge 142",
            ),
            (
                Some(
                    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                ),
                "Safari 18",
            ),
            (Some("Mozilla/5.0 (something else)"), "Mozilla 5.0"),
        ];
        for (agent, expected) in table {
            assert_eq!(name(agent), expected, "{agent:?}");
        }
        assert_eq!(name(Some(&"x".repeat(500))).len(), 48);
        let endless = format!("Mozilla/5.0 Firefox/{}", "1".repeat(500));
        assert_eq!(name(Some(&endless)), "Firefox 11111111");
    }
}
