//! Each rule where it fires, and where it is silent.

mod body;
mod head;
mod requests;

use std::collections::BTreeSet;

use sse_client::diagnose::{Level, Observation, rules};

use crate::support::of;

/// What one rule has to say on two streams.
struct Case {
    rule: &'static str,
    level: Level,
    /// What stands in the sentence where it fires.
    says: &'static str,
    fires: Observation,
    /// A stream that is near, and on which it has nothing to say that is worse than fine.
    silent: Observation,
}

fn case(
    rule: &'static str,
    level: Level,
    says: &'static str,
    fires: Observation,
    silent: Observation,
) -> Case {
    Case {
        rule,
        level,
        says,
        fires,
        silent,
    }
}

fn all() -> Vec<Case> {
    let families = [head::cases(), body::cases(), requests::cases()];
    families.into_iter().flatten().collect()
}

#[test]
fn each_rule_fires_where_it_should() {
    for case in all() {
        let found = of(case.rule, &case.fires);
        let fitting = found
            .iter()
            .find(|finding| finding.sentence.contains(case.says));
        let Some(finding) = fitting else {
            panic!("{} does not say {:?}: {found:#?}", case.rule, case.says);
        };
        assert_eq!(finding.level, case.level, "{finding:#?}");
    }
}

#[test]
fn each_rule_is_silent_where_it_should_be() {
    for case in all() {
        let found = of(case.rule, &case.silent);
        let bad = found.iter().find(|finding| {
            finding.level != Level::Fine
                && (case.level == Level::WorthKnowing || finding.level <= case.level)
        });
        assert!(bad.is_none(), "{}, {:?}: {bad:#?}", case.rule, case.says);
    }
}

#[test]
fn each_rule_has_a_case() {
    let tested: BTreeSet<&str> = all().iter().map(|case| case.rule).collect();
    let rules: BTreeSet<&str> = rules().iter().map(|rule| rule.name).collect();
    assert_eq!(tested, rules);
    let numbers: BTreeSet<String> = (1..=33).map(|number| format!("W{number}")).collect();
    assert_eq!(rules, numbers.iter().map(String::as_str).collect());
}

/// Where a rule fires, it says whom that hurts and what to change, each as a sentence, and shows
/// no secret.
#[test]
fn each_finding_says_what_to_do() {
    for case in all() {
        for seen in [&case.fires, &case.silent] {
            for finding in of(case.rule, seen) {
                let is_sentence = |text: &str| text.ends_with('.') && !text.contains("  ");
                assert!(is_sentence(&finding.sentence), "{finding:#?}");
                let shown = serde_json::to_string(&finding).expect("JSON");
                assert!(!shown.contains("hunter2"), "{shown}");
                assert!(!finding.sentence.contains(char::is_control), "{shown}");
                let advises = finding.level != Level::Fine;
                for text in [&finding.hurts, &finding.change] {
                    assert_eq!(is_sentence(text), advises, "{finding:#?}");
                    assert_eq!(text.is_empty(), !advises, "{finding:#?}");
                }
                let anchor = finding.rule.to_lowercase() + "-";
                assert!(finding.anchor.starts_with(&anchor), "{finding:#?}");
                assert_eq!(finding.link(), format!("DIAGNOSIS.md#{}", finding.anchor));
            }
        }
    }
}
