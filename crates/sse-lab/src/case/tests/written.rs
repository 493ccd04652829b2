//! A list of cases that cannot be played says what is wrong.

use super::*;

/// A case with these lines.
fn one(lines: &str) -> Result<Vec<Case>, Error> {
    read::read(&format!(
        "[[case]]\nid = \"T1\"\nname = \"t\"\ndoes = \"A.\"\nmust = \"B.\"\nsource = \"C\"\n{lines}"
    ))
}

#[test]
fn a_variant_is_put_into_every_text() {
    let lines = "variants = { one = \"a\", two = \"b\" }\nwpt = [\"{v}\"]\n\
                 answers = [{ events = [\"{v}\"] }]\nasks.all = [{ id = \"{v}-x\" }]";
    let cases = one(lines).expect("it can be played");
    let ids: Vec<_> = cases.iter().map(|case| &*case.id).collect();
    assert_eq!(ids, ["T1-one", "T1-two"]);
    assert_eq!(cases[1].wpt, ["b"]);
    assert_eq!(Played::of(&cases[1].answers[0]).bytes(), b"data: b\n\n");
    let asks = &cases[1].questions[&Profile::Resilient];
    let Question::Id { right, .. } = &asks[0].question else {
        panic!("{asks:?}");
    };
    assert_eq!(*right, IdText(b"b-x".to_vec()));
    let cases = one(&lines.replace("{ one = \"a\", two = \"b\" }", "[\"404\"]"));
    assert_eq!(cases.expect("it can be played")[0].id, "T1-404");
}

#[test]
fn a_mistake_has_a_sentence() {
    let answers = "answers = [{ events = [\"x\"] }]\n";
    for (lines, said) in [
        (
            "answers = []\nasks.all = [{ back = true }]".to_owned(),
            "it has no answer",
        ),
        (
            format!("{answers}asks.all = []"),
            "nothing is asked for all",
        ),
        (
            format!("{answers}asks.all = [{{}}]"),
            "a question asks nothing",
        ),
        (
            format!("{answers}asks.all = [{{ away = \"soon\" }}]"),
            "soon is no time",
        ),
        (
            format!("{answers}asks.all = [{{ most = 1 }}]"),
            "`most` needs `within`",
        ),
        (
            format!("{answers}asks.all = [{{ tells = \"left\" }}]"),
            "`tells` needs `within`",
        ),
        (
            format!("{answers}asks.all = [{{ tells = \"lies\" }}]"),
            "lies cannot be told",
        ),
        (
            format!("{answers}asks.all = [{{ back = true, about = 1 }}]"),
            "there is no answer 1",
        ),
        (
            format!("{answers}asks.all = [{{ id = '\\xz1' }}]"),
            "\\xz1 has an escape that is no byte",
        ),
        (
            format!("{answers}asks.strict = [{{ back = true }}]"),
            "There is no profile strict",
        ),
        (
            "answers = [{ faults = [\"cut,after=x\"] }]\nasks.all = [{ back = true }]".to_owned(),
            "after",
        ),
        (format!("{answers}asks.all = [{{ guess = true }}]"), "guess"),
        (
            format!("{answers}asks.all = [{{ back = true }}]\nlevel = 3"),
            "level",
        ),
    ] {
        let error = one(&lines).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
    let error = read::read("").expect_err("nothing is in it").to_string();
    assert_eq!(error, "The cases cannot be read: there is no [[case]].");
}
