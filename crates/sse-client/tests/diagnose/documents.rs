//! `docs/DIAGNOSIS.md` has a heading for each rule, and each link leads to one.

use sse_client::diagnose::rules;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/DIAGNOSIS.md");
    std::fs::read_to_string(path).expect("docs/DIAGNOSIS.md is there")
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let small = heading.to_lowercase();
    let kept = small
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn each_rule_has_a_heading_and_each_heading_a_rule() {
    let page = page();
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let headings: Vec<&str> = headings
        .filter(|heading| heading.starts_with('W'))
        .collect();
    let rules = rules();
    let of_rules: Vec<String> = rules
        .iter()
        .map(|r| format!("{} {}", r.name, r.title))
        .collect();
    assert_eq!(headings, of_rules);
    for (heading, rule) in headings.iter().zip(rules) {
        assert_eq!(rule.anchor(), anchor(heading), "{heading}");
    }
}

#[test]
fn each_heading_says_what_it_means_whom_it_hurts_and_what_to_change() {
    let page = page();
    let (_, rules) = page.split_once("\n## W1 ").expect("the first rule");
    for section in rules.split("\n## W") {
        let name = section.lines().next().unwrap_or_default();
        for part in [
            "**Level:** ",
            "**When:** ",
            "**Hurts:** ",
            "**Change:** ",
            "**Source:** ",
        ] {
            let count = section.matches(part).count();
            assert_eq!(count, 1, "{part} in {name}");
        }
    }
}
