//! The token that a request sends: in its `Authorization`, or in a cookie.

use axum::http::{HeaderMap, HeaderValue, header};

use super::token_file::{Token, has_form};

/// The cookies that hold a token. The second is for pages over https: browsers set it only there,
/// and only for the host that sets it (RFC 6265bis 4.1.3.2).
const COOKIES: [&[u8]; 2] = [b"sse_token", b"__Host-sse"];

/// Cookies of these names that are looked at. A browser may send several, for several paths.
const MOST: usize = 8;

/// What a request sends.
#[derive(Debug)]
pub(super) enum Presented {
    /// These, of which one is enough.
    Tokens(Vec<Token>),
    Nothing,
    /// Something that cannot be a token, and what is wrong with it.
    Malformed(&'static str),
}

/// Reads what a request sends. If it has a bearer token, no cookie counts: whoever sets the header
/// means it. An `Authorization` of another scheme may be for a balancer in between, and is left
/// out.
pub(super) fn presented(headers: &HeaderMap) -> Presented {
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(field) = fields.next() {
        if fields.next().is_some() {
            return Presented::Malformed("The request has more than one Authorization: send one.");
        }
        match bearer(field.as_bytes()) {
            None => {}
            Some(b"") => {
                return Presented::Malformed(
                    "The request has an Authorization of Bearer without a token: check whether the variable that has the token is empty.",
                );
            }
            Some(token) if has_form(token) => return Presented::Tokens(vec![Token::sent(token)]),
            Some(_) => {
                return Presented::Malformed(
                    "What follows Bearer in the Authorization is no token: send one, of letters, digits and -._~+/= only.",
                );
            }
        }
    }
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    let tokens = pairs.filter_map(token_of).take(MOST).map(Token::sent);
    let tokens: Vec<Token> = tokens.collect();
    match tokens.is_empty() {
        true => Presented::Nothing,
        false => Presented::Tokens(tokens),
    }
}

/// What stands behind the scheme `Bearer`, in any case of letters (RFC 9110 11.1).
fn bearer(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|byte| matches!(byte, b' ' | b'\t'));
    let (scheme, rest) = field.split_at(end.unwrap_or(field.len()));
    scheme
        .eq_ignore_ascii_case(b"bearer")
        .then_some(rest.trim_ascii())
}

/// The value of a cookie that holds a token, without the quotes that some clients write around it
/// (RFC 6265 4.1.1). An empty one is none.
fn token_of(pair: &[u8]) -> Option<&[u8]> {
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
    if !COOKIES.contains(&name) {
        return None;
    }
    let unquoted = value.strip_prefix(b"\"");
    let unquoted = unquoted.and_then(|value| value.strip_suffix(b"\""));
    let value = unquoted.unwrap_or(value);
    (!value.is_empty()).then_some(value)
}

/// Leaves out the cookies that hold a token: they are for this server, and not for an upstream.
pub(super) fn leave_out_cookies(headers: &mut HeaderMap) {
    let is_token = |pair: &&[u8]| token_of(pair).is_some();
    let cookies = || headers.get_all(header::COOKIE).iter();
    let pairs = || cookies().flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    if !pairs().any(|pair| is_token(&pair)) {
        return;
    }
    let others: Vec<&[u8]> = pairs().filter(|pair| !is_token(pair)).collect();
    let others = others.join(&b';').trim_ascii().to_vec();
    headers.remove(header::COOKIE);
    if let (false, Ok(value)) = (others.is_empty(), HeaderValue::from_bytes(&others)) {
        headers.insert(header::COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value).expect("a value");
            headers.append(*name, value);
        }
        headers
    }

    fn sent(fields: &[(&'static str, &[u8])]) -> Result<Vec<String>, &'static str> {
        match presented(&headers(fields)) {
            Presented::Tokens(tokens) => {
                Ok(tokens.iter().map(|token| token.text().to_owned()).collect())
            }
            Presented::Nothing => Ok(Vec::new()),
            Presented::Malformed(sentence) => Err(sentence),
        }
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        for field in [
            &b"Bearer abc.~+/="[..],
            b"bearer abc.~+/=",
            b"BEARER   abc.~+/=",
            b"BeArEr\tabc.~+/= ",
        ] {
            let read = sent(&[("authorization", field), ("cookie", b"sse_token=other")]);
            assert_eq!(read, Ok(vec!["abc.~+/=".to_owned()]));
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_no_cookie_helps() {
        for (field, hint) in [
            (&b"Bearer"[..], "without a token"),
            (b"bearer ", "without a token"),
            (b"Bearer a b", "is no token"),
            (b"Bearer a,b", "is no token"),
            (b"Bearer a, Bearer b", "is no token"),
            (b"Bearer \"a\"", "is no token"),
            (b"Bearer t=x", "is no token"),
            (b"Bearer =", "is no token"),
            (b"Bearer a%20", "is no token"),
            (b"Bearer a\xc3\xa4", "is no token"),
            (b"Bearer a\xff", "is no token"),
        ] {
            let read = sent(&[("authorization", field), ("cookie", b"sse_token=abc")]);
            let sentence = read.expect_err("no token");
            assert!(sentence.contains(hint), "{field:?}: {sentence}");
        }
        let twice: [(_, &[u8]); 2] = [
            ("authorization", b"Bearer a"),
            ("authorization", b"Bearer a"),
        ];
        assert!(sent(&twice).expect_err("two").contains("more than one"));
        let mixed: [(_, &[u8]); 2] = [
            ("authorization", b"Basic a"),
            ("authorization", b"Bearer a"),
        ];
        assert!(sent(&mixed).is_err());
    }

    #[test]
    fn another_scheme_leaves_the_cookie() {
        for field in [&b"Basic YTpi"[..], b"abc", b"Bearerabc", b"", b"Digest a=b"] {
            let fields = [("authorization", field), ("cookie", &b"sse_token=abc"[..])];
            assert_eq!(sent(&fields), Ok(vec!["abc".to_owned()]), "{field:?}");
            assert_eq!(sent(&fields[..1]), Ok(Vec::new()), "{field:?}");
        }
    }

    #[test]
    fn every_cookie_of_its_names_counts() {
        for (cookie, tokens) in [
            (&b"sse_token=a"[..], &["a"][..]),
            (b"__Host-sse=a", &["a"]),
            (
                b"x=y; sse_token=a;__Host-sse=b; sse_token=c",
                &["a", "b", "c"],
            ),
            (b"sse_token=\"a\"", &["a"]),
            (b"sse_token=\"", &["\""]),
            (b"sse_token=a=b", &["a=b"]),
            (b" sse_token = a ", &["a"]),
            (b"sse_token=", &[]),
            (b"sse_token=\"\"", &[]),
            (b"sse_token", &[]),
            (b"SSE_TOKEN=a", &[]),
            (b"__host-sse=a", &[]),
            (b"xsse_token=a; sse_tokens=b", &[]),
            (b"x=sse_token=a", &[]),
            (b";;;=;", &[]),
        ] {
            let read = sent(&[("cookie", cookie)]).expect("no header is wrong");
            assert_eq!(read, tokens, "{:?}", String::from_utf8_lossy(cookie));
        }
        let both: [(_, &[u8]); 2] = [("cookie", b"sse_token=a"), ("cookie", b"sse_token=b")];
        assert_eq!(sent(&both).expect("two fields").len(), 2);
        let many = "sse_token=a; ".repeat(500);
        let read = sent(&[("cookie", many.as_bytes())]);
        assert_eq!(read.expect("many").len(), MOST);
    }

    #[test]
    fn an_upstream_gets_the_other_cookies() {
        for (cookie, left) in [
            (&b"a=b; c=d"[..], Some(&b"a=b; c=d"[..])),
            (b"a=b; sse_token=x; c=d", Some(b"a=b; c=d")),
            (b"__Host-sse=x", None),
            (b"sse_token=x; a=b", Some(b"a=b")),
        ] {
            let mut headers = headers(&[("cookie", cookie)]);
            leave_out_cookies(&mut headers);
            let kept = headers.get("cookie").map(HeaderValue::as_bytes);
            assert_eq!(kept, left);
        }
    }
}
