//! What is read, what is printed, and what each mistake is told.

mod page;

use std::num::NonZeroU64;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn each_word_acts_where_the_list_of_words_says() {
    for text in CANONICAL {
        let fault = read(text);
        let name = text.split([',', '=']).next();
        let word = WORDS.iter().find(|word| Some(word.name) == name);
        let area = match fault.act.place() {
            Place::Port | Place::Answer | Place::Head => Area::Door,
            Place::Resume | Place::Stream => Area::Stream,
            Place::Profile => Area::Profile,
        };
        assert_eq!(word.map(|word| word.area), Some(area), "{text}");
        assert_eq!(fault.act.is_of_door(), area == Area::Door, "{text}");
    }
}

fn read(text: &str) -> Fault {
    text.parse()
        .unwrap_or_else(|mistake: Mistake| panic!("{text}: {mistake}"))
}

/// The time of `cut,idle=2M2ms` was printed with ten digits, which no time may have: what was
/// printed was a mistake.
#[test]
fn a_long_time_is_printed_as_it_can_be_read() {
    let printed = |text: &str| {
        let fault = read(text);
        assert_eq!(read(&fault.to_string()), fault, "{text}");
        fault.to_string()
    };
    assert_eq!(printed("cut,idle=2M2ms"), "cut,idle=5260032s2ms");
    assert_eq!(printed("cut,idle=999999999ms"), "cut,idle=999999999ms");
    assert_eq!(printed("cut,idle=999999999s"), "cut,idle=999999999s");
    assert!("cut,idle=999999999s1s".parse::<Fault>().is_err());
}

/// Each word once, in its canonical spelling.
const CANONICAL: &[&str] = &[
    "status=503,body=\"busy, sorry\",type=text/plain,retry-after=1,header=x-from: b,attempt=2..3",
    "redirect",
    "redirect=/numbers,code=307",
    "type=none",
    "type=\"none\"",
    "type=text/html",
    "no-cors",
    "preflight=403",
    "drop-header=cache-control",
    "wait=3s",
    "never,for=10s",
    "refuse,for=2s",
    "knock,for=2s",
    "limit=6,status=429,retry-after=5",
    "limit=6",
    "encode=gzip",
    "encode=gzip,flush=never",
    "length=12",
    "status=401,after=10s",
    "end",
    "cut,half,linger=500ms,after=3",
    "cut,half=id,after=10s",
    "reset,after=2000B",
    "silence,after=\"[DONE]\"",
    "cut,after=\"3\"",
    "cut,idle=60s",
    "mute",
    "hang,for=45s",
    "split=each",
    "split=utf8",
    "split=crlf",
    "split=7",
    "merge=3",
    "dribble=200B/s",
    "hold=4096B",
    "hold=1ev",
    "hold=end",
    "ends=cr",
    "ends=mixed",
    "bom",
    "bom=2",
    "bad-utf8",
    "nul-id",
    "bad-retry",
    "no-blank",
    "unknown-field",
    "long=5242880B",
    "corrupt",
    "comment",
    "comment=ping,blank=false",
    "repeat,after=1",
    "repeat=2",
    "skip=3",
    "swap",
    "forget,p=0.5,seed=7",
    "rewind=2",
    "jump=2",
    "insert={\"error\":1}",
    "insert=\"{\\\"a\\\":1,\\\"b\\\\c\\\":2}\"",
    "drop=[DONE],times=1",
    "profile=deploy",
    "cut,start=2s,attempt=2,times=3,p=0.000001,seed=0,stream=/endless,client=a b,room=w3,connection=7,for=90s",
];

#[test]
fn what_is_canonical_is_printed_as_it_was_read() {
    for text in CANONICAL {
        assert_eq!(read(text).to_string(), *text);
    }
    for word in WORDS {
        let is_there = |text: &&&str| {
            text.strip_prefix(word.name)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'))
        };
        assert!(CANONICAL.iter().any(|text| is_there(&text)), "{word:?}");
    }
}

#[test]
fn there_are_other_spellings_of_the_same() {
    for (text, canonical) in [
        ("cut , after = 3", "cut,after=3"),
        ("cut,after=1m 30s", "cut,after=90s"),
        (
            "cut,after=2kB,linger=1500ms",
            "cut,linger=1500ms,after=2000B",
        ),
        ("long=5MiB", "long=5242880B"),
        ("drop=\"[DONE]\"", "drop=[DONE]"),
        ("redirect=/,code=302", "redirect=/"),
        ("limit=1,status=503", "limit=1"),
        ("comment=\"\",blank=true", "comment"),
        ("repeat=1,attempt=4..4", "repeat,attempt=4"),
        ("cut,p=1.0", "cut,p=1"),
        ("cut,p=0.30", "cut,p=0.3"),
        ("drop-header=Cache-Control", "drop-header=cache-control"),
        ("status=200,header=X-A:b", "status=200,header=x-a: b"),
        ("cut,for=1s,after=0", "cut,after=0,for=1s"),
    ] {
        assert_eq!(read(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn each_kind_of_mistake_has_its_sentence_and_its_column() {
    use MistakeKind::{BadValue, Length, Missing, Quote, Twice, UnknownKey, UnknownWord, Value};
    for (text, kind, column, sentence) in [
        ("", Length, 1, "a fault begins with a word"),
        (",after=3", Length, 1, "a fault begins with a word"),
        ("cutt,after=3", UnknownWord, 1, "`cut` is the nearest"),
        ("  Cut", UnknownWord, 3, "`cut` is the nearest"),
        ("xyz", UnknownWord, 1, "there are status, redirect"),
        ("after=3", UnknownWord, 1, "is a key and no fault"),
        ("cut,afer=3", UnknownKey, 5, "`after` is the nearest"),
        (
            "cut,colour=red",
            UnknownKey,
            5,
            "it knows half, linger, after",
        ),
        (
            "cut,retry-after=1",
            UnknownKey,
            5,
            "`cut` knows no `retry-after`",
        ),
        ("cut,", UnknownKey, 5, "`cut` knows no ``"),
        (
            "status=503,idle=3s",
            UnknownKey,
            12,
            "before a stream begins",
        ),
        ("cut=3", Value, 5, "`cut` takes no value: leave it out"),
        ("status", Value, 1, "give a whole number from 200 to 599"),
        ("cut,after", Value, 5, "`after` needs a value"),
        ("insert", Value, 1, "`insert` needs a value: give a value"),
        (
            "status=999",
            BadValue,
            8,
            "cannot be `999`: give a whole number from 200 to 599",
        ),
        ("status=+50", BadValue, 8, "from 200 to 599"),
        (
            "status=503,after=3",
            BadValue,
            18,
            "a time since it was armed",
        ),
        ("status=503,header=nonsense", BadValue, 19, "a header field"),
        (
            "status=503,body=\"a\",type=\"a\nb\"",
            BadValue,
            26,
            "a header field can have",
        ),
        (
            "cut,after=soon",
            BadValue,
            11,
            "a text of an event in double quotes",
        ),
        ("cut,after=\"\"", BadValue, 11, "give a text"),
        ("cut,after=1us", BadValue, 11, "a number of events"),
        ("cut,idle=1us", BadValue, 10, "whole milliseconds"),
        ("cut,half=most", BadValue, 10, "nothing, or id"),
        ("cut,attempt=3..2", BadValue, 13, "a range such as 2..3"),
        ("cut,attempt=0", BadValue, 13, "from 1"),
        ("cut,times=0", BadValue, 11, "from 1"),
        ("cut,p=0", BadValue, 7, "above 0 and up to 1"),
        ("cut,p=1.1", BadValue, 7, "above 0 and up to 1"),
        ("cut,p=0.1234567", BadValue, 7, "six digits at most"),
        ("cut,stream=endless", BadValue, 12, "the path of a stream"),
        ("refuse,for=61s", BadValue, 12, "up to 60 s"),
        ("knock,for=61s", BadValue, 11, "up to 60 s"),
        ("hang,for=601s", BadValue, 10, "up to 600 s"),
        ("hold=2MiB", BadValue, 6, "up to 1MiB"),
        ("long=0B", BadValue, 6, "a size from 1B"),
        ("dribble=200B", BadValue, 9, "such as 200B/s"),
        ("ends=both", BadValue, 6, "cr, lf, crlf or mixed"),
        ("encode=br", BadValue, 8, "give gzip"),
        ("drop=\"\"", BadValue, 6, "give a text"),
        ("cut,after=3,after=4", Twice, 13, "`after` is there twice"),
        ("cut,after=3,idle=4s", Twice, 13, "exclude each other"),
        ("drop=\"x", Quote, 6, "does not end"),
        ("drop=\"x\"y", Quote, 9, "only a comma"),
        ("drop=\"a\\n\"", Quote, 8, "a backslash stands before"),
        ("refuse", Missing, 1, "add `for=`, up to 60s"),
        ("knock", Missing, 1, "add `for=`, up to 60s"),
    ] {
        let mistake = text.parse::<Fault>().expect_err(text);
        assert_eq!(
            (mistake.kind, mistake.column),
            (kind, column),
            "{text}: {mistake}"
        );
        let told = mistake.to_string();
        assert!(told.contains(sentence), "{text}: {told}");
        assert!(told.starts_with(&format!("Column {column}: ")), "{told}");
        assert!(told.ends_with('.'), "{told}");
    }
    let long = format!("insert={}", "x".repeat(LONGEST_TEXT));
    assert_eq!(long.parse::<Fault>().expect_err("too long").kind, Length);
    let whole = format!("insert={}", "x".repeat(LONGEST_TEXT - 7));
    assert!(whole.parse::<Fault>().is_ok());
}

fn many() -> impl Strategy<Value = NonZeroU64> {
    (1..=u64::MAX).prop_filter_map("not 0", NonZeroU64::new)
}

/// A time for which a connection can be kept waiting.
fn short() -> impl Strategy<Value = Duration> {
    (0..=600_000_u64).prop_map(Duration::from_millis)
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..100_000_u64).prop_map(Duration::from_millis),
        (0..100_000_u64).prop_map(Duration::from_secs)
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ ,\"\\\\=a\n]{1,6}"].prop_filter("some", |text| !text.is_empty())
}

fn ending() -> impl Strategy<Value = Ending> {
    let half = prop_oneof![Just(None), Just(Some(Half::Bytes)), Just(Some(Half::Id))];
    (half, short()).prop_map(|(half, linger)| Ending { half, linger })
}

fn on_a_stream() -> impl Strategy<Value = Act> {
    let ends = prop_oneof![
        Just(Ends::Cr),
        Just(Ends::Lf),
        Just(Ends::CrLf),
        Just(Ends::Mixed)
    ];
    prop_oneof![
        ending().prop_map(Act::End),
        ending().prop_map(Act::Cut),
        ending().prop_map(Act::Reset),
        many().prop_map(|bytes| Act::Split(Split::Bytes(bytes))),
        (2..=1000_u64).prop_map(Act::Merge),
        (1..=u64::MAX).prop_map(Act::Dribble),
        (1..=MOST_HELD).prop_map(|bytes| Act::Hold(Hold::Bytes(bytes))),
        many().prop_map(|events| Act::Hold(Hold::Events(events))),
        ends.prop_map(Act::Ends),
        (1..=8_u64).prop_map(Act::Bom),
        (1..=LONGEST_LINE).prop_map(Act::Long),
        (any::<String>(), any::<bool>()).prop_map(|(text, blank)| Act::Comment { text, blank }),
        (1..=1000_u64).prop_map(Act::Repeat),
        (1..=1000_u64).prop_map(Act::Rewind),
        any::<String>().prop_map(Act::Insert),
        text().prop_map(Act::Drop),
    ]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        (0..=1_000_000_000_u64).prop_map(When::Events),
        time().prop_map(When::Time),
        any::<u64>().prop_map(When::Bytes),
        text().prop_map(When::Text),
        time().prop_map(When::Idle),
    ]
}

fn at_the_door() -> impl Strategy<Value = Act> {
    let header = proptest::option::of("[a-z-]{1,9}: [a-z,\"]{1,9}");
    let field = proptest::option::of("[a-z/,\"]{1,9}");
    let answer = (
        200..=599_u16,
        proptest::option::of(any::<String>()),
        field.clone(),
        header,
    );
    prop_oneof![
        (answer, proptest::option::of(0..86_400_u64)).prop_map(
            |((code, body, media_type, header), retry_after)| Act::Status(Answer {
                code,
                body,
                media_type,
                retry_after,
                header
            })
        ),
        (field.clone(), 300..=308_u16).prop_map(|(to, code)| Act::Redirect { to, code }),
        prop_oneof![field, Just(Some("none".to_owned()))].prop_map(Act::Type),
        short().prop_map(Act::Wait),
        (
            0..=1_000_000_000_u64,
            200..=599_u16,
            proptest::option::of(0..86_400_u64)
        )
            .prop_map(|(most, status, retry_after)| Act::Limit {
                most,
                status,
                retry_after
            }),
        any::<u64>().prop_map(Act::Length),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    let act = prop_oneof![
        (on_a_stream(), proptest::option::of(when())),
        (
            at_the_door(),
            proptest::option::of(time().prop_map(When::Time))
        ),
    ];
    let attempts = (many(), many()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let often = (
        proptest::option::of(attempts),
        proptest::option::of(many()),
        proptest::option::of(1..=1_000_000_u32),
        proptest::option::of(any::<u64>()),
    )
        .prop_map(|(attempts, times, chance, seed)| Often {
            attempts,
            times,
            chance,
            seed,
        });
    let name = || proptest::option::of("[a-z ,\"]{1,8}");
    let who = (
        proptest::option::of("/[a-z ,\"]{1,8}"),
        name(),
        name(),
        proptest::option::of(1..=u64::MAX),
    )
        .prop_map(|(stream, client, room, connection)| Who {
            stream,
            client,
            room,
            connection,
        });
    (act, time(), often, who, proptest::option::of(time())).prop_map(
        |((act, when), start, often, who, lasts)| Fault {
            act,
            when,
            start,
            often,
            who,
            lasts,
        },
    )
}

proptest! {
    #[test]
    fn what_was_printed_is_read_as_the_same_fault(fault in fault()) {
        let text = fault.to_string();
        let read: Result<Fault, _> = text.parse();
        prop_assert_eq!(read, Ok(fault), "{}", text);
    }

    #[test]
    fn any_text_is_a_fault_that_is_printed_for_good_or_a_mistake_within_it(
        text in prop_oneof![
            any::<String>(),
            "(cut|status|hold|drop|type|wait)(=[a-z0-9\"\\\\ ,.]{0,6})?(,(after|p|for|half|attempt)(=[a-z0-9\" .]{0,6})?){0,3}"
        ]
    ) {
        match text.parse::<Fault>() {
            Ok(fault) => {
                let printed = fault.to_string();
                prop_assert_eq!(printed.parse::<Fault>(), Ok(fault));
                prop_assert_eq!(read(&printed).to_string(), printed);
            }
            Err(mistake) => {
                prop_assert!((1..=text.chars().count() + 2).contains(&mistake.column));
                prop_assert!(mistake.to_string().ends_with('.'));
            }
        }
    }
}
