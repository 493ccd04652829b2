//! What `docs/DIAGNOSIS.md` says of a rule: the window has no other page to link to.

const DIAGNOSIS: &str = include_str!("../../../docs/DIAGNOSIS.md");

/// The text below the heading of a rule, such as `W9`, as it stands in the file; nothing where
/// there is no such rule.
pub(crate) fn explanation(rule: &str) -> Option<&'static str> {
    let heading = format!("\n## {rule} ");
    let at = DIAGNOSIS.find(&heading)? + "\n## ".len();
    let section = &DIAGNOSIS[at..];
    let section = section.split("\n## ").next().unwrap_or(section);
    Some(section.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_text_and_nothing_else_has_one() {
        for rule in sse_client::diagnose::rules() {
            let text = explanation(rule.name).expect("a heading for each rule");
            let heading = format!("{} {}", rule.name, rule.title);
            assert!(text.starts_with(&heading), "{text}");
            assert!(text.contains("**Level:**"), "{text}");
            assert!(!text.contains("\n## "), "{text}");
        }
        for nothing in ["", "W", "W99", "Diagnosis"] {
            assert_eq!(explanation(nothing), None);
        }
    }
}
