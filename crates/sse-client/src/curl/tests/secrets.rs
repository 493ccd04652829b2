//! No secret is in a `Debug`, a mistake, or a line that is shown.

use super::text;
use crate::curl::*;

/// Each secret of the line below holds this word.
const WORD: &str = "sesame";

fn line() -> String {
    let line = r#"curl -X POST -H 'Authorization: Bearer sesame1' -H 'cookie: a=sesame2'
        -H 'X-Api-Key: sesame3' -H 'Proxy-Authorization: Basic sesame4' -b 'b=sesame5'
        -u 'sesame6:sesame7' -x 'http://sesame8:sesame9@proxy:3128' -U 'sesame10:sesame11'
        -d 'sesame12' --data-raw '@sesame13' --data-binary 'sesame14' --data-urlencode 'a=sesame15'
        --json '{"a":"sesame16"}' -e 'http://r/?token=sesame17' -H 'Accept: text/event-stream'
        'https://sesame18:sesame19@h/a?b=c&api_key=sesame20&X-Amz-Signature=sesame21#sesame22'"#;
    line.replace('\n', " \\\n")
}

#[track_caller]
fn has_none(shown: &str) {
    assert!(!shown.contains(WORD), "{shown}");
}

#[test]
fn no_debug_shows_a_secret() {
    let request = text(&line());
    let shown = format!("{request:?} {request:#?}");
    has_none(&shown);
    for plain in [
        "POST",
        "https://h/a?b=c&api_key=…",
        "http://proxy:3128",
        "text/event-stream",
    ] {
        assert!(shown.contains(plain), "{plain}: {shown}");
    }
    let message = request.message(|_| Err("no file is named"));
    has_none(&format!("{message:?}"));
    let bearer = text("curl --oauth2-bearer sesame -G -d sesame h");
    has_none(&format!("{bearer:?} {:?}", bearer.message(|_| Err(()))));
    for header in &request.headers {
        has_none(&format!("{header:?}"));
    }
    for part in request.body.iter().flat_map(CurlBody::parts) {
        has_none(&format!("{part:?} {:?}", part.content));
    }
    has_none(&format!(
        "{:?} {:?}",
        request.authorization, request.proxy_user
    ));
}

#[test]
fn a_line_that_is_shown_has_no_secret_and_one_that_is_copied_has_all() {
    let request = text(&line());
    let shown = request.shown_line();
    has_none(&shown);
    assert_eq!(
        shown,
        "curl -N -X POST -x http://proxy:3128 -U '…:…' -H 'Authorization: …' -H 'cookie: …' \
         -H 'X-Api-Key: …' -H 'Proxy-Authorization: …' -H 'Accept: text/event-stream' \
         -e 'http://r/?token=…' -b '…=…' -u '…:…' --data-raw '…' --data-raw '…' --data-raw '…' \
         --data-raw '…' --json '…' 'https://h/a?b=c&api_key=…&X-Amz-Signature=…#…'"
    );
    let whole = request.line();
    // Those of the URL and of the proxy's URL are not used beside -u and -U.
    for number in (1..=22).filter(|number| ![8, 9, 18, 19].contains(number)) {
        assert!(
            whole.contains(&format!("{WORD}{number}")),
            "{number}: {whole}"
        );
    }
}

/// The secret stands in each place at which a line can be wrong.
#[test]
fn no_mistake_repeats_a_value() {
    let s = WORD;
    let mut seen = 0;
    for line in [
        format!("{s} h"),
        format!("curl -H {s} h"),
        format!("curl -H '{s} a: {s}' h"),
        format!("curl -H $'a: {s}\\n{s}' h"),
        format!("curl -u {s} h"),
        format!("curl -X '{s} {s}' h"),
        format!("curl -m {s} h"),
        format!("curl -b {s} h"),
        format!("curl -b $'a={s}\\n' h"),
        format!("curl -x socks5://{s}:{s}@h h"),
        format!("curl --resolve {s} h"),
        format!("curl --cacert '' --{s}_{s} h"),
        format!("curl -o {s} h"),
        format!("curl --insecure={s} h"),
        format!("curl --nope={s} h"),
        format!("curl ---{s} h"),
        format!("curl --{s}{s}{s}{s}{s}{s}{s} h"),
        format!("curl --Bearer{s} h"),
        format!("curl --oauth2-bearer $'{s}\\n' h"),
        format!("curl -A $'{s}\\n' h"),
        format!("curl h {s}"),
        format!("curl ftp://{s}:{s}@h"),
        format!("curl 'http://{s}:{s}@h/ {s}'"),
        format!("curl http://{s}%3A{s}:{s}@h/"),
        format!("curl 'h/{{{s},{s}}}'"),
        format!("curl h -d '{s}"),
        format!("curl h -d {s}; {s}"),
        format!("curl h -d ${s}"),
        format!("curl h ^\n -d %{s}%"),
        format!("curl h -d $'{s}\\0'"),
        format!("curl h\n{s}"),
        format!("curl -I -d {s} h"),
        format!("curl -d {s}"),
    ] {
        let mistake = CurlRequest::from_text(&line).expect_err(&line);
        has_none(&format!(
            "{mistake} {mistake:?} {:?}",
            crate::Error::from(mistake.clone())
        ));
        seen += 1;
    }
    assert_eq!(seen, 33);
}
