//! L1 to L3.

use super::*;

const ASK: &str = "POST /lab/case/L/me/chat/completions";

fn said(walk: &Walk, at: u64) -> Said {
    walk.said(Profile::Llm, at)
}

fn ask(walk: &mut Walk, at: u64) -> Got {
    walk.sends(at, ASK, &[], r#"{"stream":true,"messages":[]}"#)
}

#[test]
fn half_an_answer_is_asked_for_again_or_shown_to_be_half() {
    for id in ["L1-cut", "L1-end"] {
        let mut walk = Walk::of(id);
        let half = ask(&mut walk, 0);
        assert_eq!(half.body.matches("data: {").count(), 3, "{}", half.body);
        assert!(!half.body.contains("\"stop\"") && !half.body.contains("DONE"));
        assert_eq!(half.lasts, Some(Duration::ZERO));
        assert_eq!(said(&walk, 5_999), OPEN);
        let words = "It did not ask again within 6 s. Look at what it shows: it must say that the \
                     answer is not whole.";
        assert_eq!(said(&walk, 6_000), is("needs your eyes", words));

        let mut again = Walk::of(id);
        ask(&mut again, 0);
        let whole = ask(&mut again, 500);
        assert!(whole.body.ends_with("data: [DONE]\n\n"), "{}", whole.body);
        let words = "It asked again after 500 ms.";
        assert_eq!(said(&again, 501), is("allowed", words));
    }
}

#[test]
fn who_is_stopped_closes_the_connection_at_once() {
    let mut prompt = Walk::of("L2");
    let got = ask(&mut prompt, 0);
    assert!(
        got.body.contains("\"content\":\"Stop now.\""),
        "{}",
        got.body
    );
    assert_eq!(got.lasts, Some(Duration::from_millis(59_900)));
    prompt.leaves(&got, 999);
    assert_eq!(said(&prompt, 1_000), RIGHT);
    let mut late = Walk::of("L2");
    let got = ask(&mut late, 0);
    late.leaves(&got, 1_001);
    let words = "It was still connected after 1 s.";
    assert_eq!(said(&late, 1_002), is("wrong", words));
}

#[test]
fn who_has_had_done_leaves() {
    let mut walk = Walk::of("L3");
    let got = ask(&mut walk, 0);
    assert!(got.body.ends_with("data: [DONE]\n\n"), "{}", got.body);
    assert_eq!(got.lasts, None);
    assert_eq!(said(&walk, 4_999), OPEN);
    let words = "It was still connected after 5 s.";
    assert_eq!(said(&walk, 5_000), is("wrong", words));
    let mut prompt = Walk::of("L3");
    let got = ask(&mut prompt, 0);
    prompt.leaves(&got, 40);
    assert_eq!(said(&prompt, 41), RIGHT);
}

#[test]
fn what_is_no_chat_is_answered_in_words_and_is_no_turn() {
    for (line, status, words) in [
        ("GET /lab/case/L1-cut/me/models", 200, r#""object":"model""#),
        ("GET /lab/case/L1-cut/me", 405, "send a POST"),
        ("PUT /lab/case/L1-cut/me/chat/completions", 405, "a POST"),
        (
            "POST /lab/case/L1-cut/me/responses",
            404,
            "chat/completions",
        ),
        (
            "POST /lab/case/L1-cut/me/v1/messages",
            404,
            "chat/completions",
        ),
    ] {
        let mut walk = Walk::of("L1-cut");
        let got = walk.sends(0, line, &[], "{}");
        assert!(got.is_aside(), "{line}");
        assert_eq!(got.status, status, "{line}");
        assert!(got.body.contains(words), "{line}: {}", got.body);
        let words = "It sent one request, and then none that this case is about within 6 s.";
        assert_eq!(said(&walk, 6_000), is("not reached", words));
    }
    // Some clients are given a whole URL, and no body is too odd.
    let mut walk = Walk::of("L1-cut");
    let got = walk.sends(0, "POST /lab/case/L1-cut/me", &[], "\u{0}rubbish");
    assert!(!got.is_aside());
}
