//! Words as a request.

use std::time::Duration;

use super::super::flags;
use super::{body, lines, text, words};
use crate::curl::*;

#[test]
fn flags_are_read_in_each_of_their_shapes() {
    for line in [
        &["-X", "POST", "-H", "Accept:x", "-N", "-k", "h/"][..],
        &["-XPOST", "-HAccept:x", "-Nk", "h/"],
        &["h/", "-NkXPOST", "-sSkNH", "Accept:x"],
        &[
            "--request",
            "POST",
            "--header",
            "Accept: x",
            "--no-buffer",
            "--insecure",
            "h/",
        ],
        &[
            "--request=POST",
            "--header=Accept: x",
            "--insecure",
            "--url=h/",
        ],
        &[
            "--request=POST",
            "--heade",
            "Accept:   x\t",
            "--insec",
            "--url",
            "h/",
        ],
        &[
            "-X",
            "GET",
            "-X",
            "POST",
            "-H",
            "Accept:x",
            "--no-insecure",
            "-k",
            "--",
            "h/",
        ],
        &[
            "--location",
            "--no-location",
            "-kX",
            "POST",
            "-HAccept:x",
            "h/",
        ],
    ] {
        let request = words(line);
        assert_eq!(request.method(), "POST", "{line:?}");
        assert_eq!(lines(&request.headers), ["Accept: x"], "{line:?}");
        assert_eq!(request.url, "h/", "{line:?}");
        assert!(request.insecure && !request.follows_redirects, "{line:?}");
    }
    assert_eq!(words(&["--", "-h/"]).url, "-h/");
    assert_eq!(words(&["-H", "-X: y", "h/"]).headers[0].name, "-X");
}

#[test]
fn a_line_says_how_it_connects() {
    let line = "curl -L -k --compressed --http2 -6 --cacert ca.pem -x http://me:pw@proxy:3128 \
                --noproxy 'a,b' --resolve '+a:443:127.0.0.1,[::1]' --resolve [::2]:80:::1 -m 1.5 \
                --connect-timeout 10 https://a/";
    let request = text(line);
    assert!(request.follows_redirects && request.insecure && request.compressed);
    assert_eq!(request.version, Some(CurlVersion::Http2));
    assert_eq!(request.ip, Some(CurlIp::V6));
    assert_eq!(request.cacert.as_deref(), Some("ca.pem"));
    assert_eq!(request.proxy.as_deref(), Some("http://proxy:3128"));
    let user = request.proxy_user.expect("in the proxy's URL");
    assert_eq!((&*user.name, &*user.password), ("me", "pw"));
    assert_eq!(request.no_proxy.as_deref(), Some("a,b"));
    let resolve = request.resolve.iter().map(|resolve| {
        let addresses = resolve.addresses.iter().map(ToString::to_string);
        (
            &*resolve.host,
            resolve.port,
            addresses.collect::<Vec<_>>().join(" "),
        )
    });
    assert_eq!(
        resolve.collect::<Vec<_>>(),
        [
            ("a", 443, "127.0.0.1 ::1".to_owned()),
            ("::2", 80, "::1".to_owned())
        ]
    );
    assert_eq!(request.max_time, Some(Duration::from_millis(1500)));
    assert_eq!(request.connect_timeout, Some(Duration::from_secs(10)));

    let none = words(&["--http2", "--http1.1", "-6", "-4", "-x", "", "-m", "0", "h"]);
    assert_eq!(none.version, Some(CurlVersion::Http11));
    assert_eq!(none.ip, Some(CurlIp::V4));
    assert_eq!(
        none.proxy.as_deref(),
        Some(""),
        "none, whatever the environment says"
    );
    assert_eq!(none.max_time, None);
    let both = words(&["-U", "a:b:c", "-x", "d:e@proxy", "h"]);
    let user = both.proxy_user.expect("of -U");
    assert_eq!((&*user.name, &*user.password), ("a", "b:c"));
}

#[test]
fn what_changes_nothing_is_ignored() {
    let silent = [
        "-N",
        "-s",
        "-S",
        "-v",
        "-i",
        "-f",
        "-#",
        "-R",
        "-Z",
        "-j",
        "-1",
        "-w",
        "%{http_code}",
        "-o",
        "-",
        "-o/dev/null",
        "-D-",
        "-c",
        "NUL",
        "--retry",
        "5",
        "--no-keepalive",
        "--no-progress-meter",
        "--tlsv1.2",
        "--max-redirs=3",
        "--no-sessionid",
        "--path-as-is",
        "-b",
        "",
    ];
    let request = words(&[&silent[..], &["h/"]].concat());
    assert!(
        request
            == CurlRequest {
                url: "h/".to_owned(),
                ..CurlRequest::default()
            }
    );
}

#[test]
fn credentials_come_from_the_flag_or_the_url() {
    for (line, name, password, url) in [
        (&["-u", "me:a:b", "http://h/"][..], "me", "a:b", "http://h/"),
        (&["-ume:", "http://h/"], "me", "", "http://h/"),
        (&["http://me:p%40w@h:1/a@b"], "me", "p@w", "http://h:1/a@b"),
        (&["me@h/"], "me", "", "h/"),
        (&["http://a:b@h/", "-u", "me:pw"], "me", "pw", "http://h/"),
    ] {
        let request = words(line);
        let Some(CurlAuthorization::Basic(user)) = &request.authorization else {
            panic!("{line:?}: no user");
        };
        assert_eq!((&*user.name, &*user.password), (name, password), "{line:?}");
        assert_eq!(request.url, url, "{line:?}");
    }
    assert!(words(&["http://@h/?a=b@c"]).authorization.is_none());
    let bearer = words(&["--oauth2-bearer", "made-up", "h"]).authorization;
    assert!(bearer == Some(CurlAuthorization::Bearer("made-up".to_owned())));
}

#[test]
fn headers_keep_their_order_and_letters() {
    let request = words(&[
        "-H",
        "X-B:  1: 2 ",
        "-H",
        "x-a;",
        "-H",
        "Accept:",
        "-H",
        "X-B: é",
        "-H",
        "User-Agent: \t",
        "h",
    ]);
    assert_eq!(
        lines(&request.headers),
        ["X-B: 1: 2", "x-a;", "Accept:", "X-B: é", "User-Agent:"]
    );
    assert_eq!(request.headers[1].value.as_deref(), Some(""));
    assert_eq!(request.headers[2].value, None);
}

#[test]
fn a_body_is_what_its_flags_add_up_to() {
    for (line, wanted) in [
        (&["-d", "a=1", "-d", "b=2"][..], "a=1&b=2"),
        (
            &["-d", "", "-d", "a", "--data", "", "--data-ascii", "b"],
            "&a&&b",
        ),
        (&["--data-raw", "@a", "--data-binary", "b\r\n"], "@a&b\r\n"),
        (&["--data-urlencode", "n@a=b@c"], "n@a=b%40c"),
        (&["--data-urlencode", "a b~*-._é"], "a+b~%2A-._%C3%A9"),
        (
            &["--data-urlencode", "=x y=z", "--data-urlencode", "n=v&w"],
            "x+y%3Dz&n=v%26w",
        ),
        (&["--json", "{\"a\":1}", "--json", "{}"], "{\"a\":1}{}"),
        (&["--json", "a", "-d", "b"], "a&b"),
        (&["-da", "--data-raw=b"], "a&b"),
    ] {
        let request = words(&[line, &["h"]].concat());
        assert_eq!(body(&request).as_deref(), Some(wanted), "{line:?}");
        assert_eq!(request.method(), "POST", "{line:?}");
    }
    let bytes = text(r"curl --data-binary $'\xff\x80' h")
        .body
        .expect("a body");
    let bytes = bytes.bytes(|_| Err(())).expect("no file");
    assert_eq!(bytes, [0xff, 0x80]);
}

#[test]
fn files_of_a_body_are_named_and_not_read() {
    let request = words(&[
        "-d",
        "@a",
        "--data-binary",
        "@a",
        "--data-urlencode",
        "n@a",
        "--data-urlencode",
        "@a",
        "-d@-",
        "--json",
        "@a",
        "h",
    ]);
    let body = request.body.expect("a body");
    let mut asked = Vec::new();
    let bytes = body.bytes(|file| {
        asked.push(file.clone());
        Ok::<_, ()>(b"x \r\ny\n".to_vec())
    });
    let path = || CurlFile::Path("a".to_owned());
    let stdin = CurlFile::Stdin;
    assert_eq!(asked, [path(), path(), path(), path(), stdin, path()]);
    assert_eq!(
        String::from_utf8(bytes.expect("each was read")).expect("text"),
        "x y&x \r\ny\n&n=x+%0D%0Ay%0A&x+%0D%0Ay%0A&x yx \r\ny\n"
    );
    assert_eq!(body.bytes(|_| Err("no such file")), Err("no such file"));
}

#[test]
fn the_method_follows_from_the_rest_of_the_line() {
    for (line, method) in [
        (&["h"][..], "GET"),
        (&["-d", "", "h"], "POST"),
        (&["-G", "-d", "a", "h"], "GET"),
        (&["-I", "h"], "HEAD"),
        (&["-I", "-G", "-d", "a", "h"], "HEAD"),
        (&["-X", "PUT", "-d", "a", "h"], "PUT"),
        (&["-I", "-X", "get", "h"], "get"),
    ] {
        assert_eq!(words(line).method(), method, "{line:?}");
    }
}

#[test]
fn brackets_of_a_url_are_literal_where_curl_says_so() {
    for (line, url) in [
        (&[r"h/?a=\{b\}\[1\]"][..], "h/?a={b}[1]"),
        (&["h/?a[]=1&b[c]=2"], "h/?a[]=1&b[c]=2"),
        (&["http://[::1]:8000/"], "http://[::1]:8000/"),
        (&["-g", "h/{a,b}[1-3]"], "h/{a,b}[1-3]"),
        (&["h/[a-b-c]"], "h/[a-b-c]"),
        (&[r"h/\a"], r"h/\a"),
        (&["h/a,b[x-1]"], "h/a,b[x-1]"),
    ] {
        assert_eq!(words(line).url, url, "{line:?}");
    }
}

#[test]
fn a_flag_that_is_not_supported_says_what_to_do() {
    let mut seen = 0;
    for flag in flags::FLAGS {
        let flags::Meaning::Unsupported(advice) = flag.meaning else {
            continue;
        };
        let name = format!("--{}", flag.long);
        let words = ["curl", &name, "h"];
        let mistake = CurlRequest::from_words(&words).expect_err(&name);
        assert_eq!(
            mistake.to_string(),
            format!("Word 2: {name} is not supported: {advice}.")
        );
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}
