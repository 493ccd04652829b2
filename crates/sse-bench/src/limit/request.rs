//! The parts of a request that the limit needs: method, path, query and body.

use memchr::memmem;

/// A request whose head and body have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) post: bool,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    /// Its length in bytes, head and body.
    pub(crate) length: usize,
}

/// What a piece of input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    Whole(Request<'a>),
    /// The request is not complete yet.
    Part,
    /// Not a request that the limit can read.
    Wrong,
}

/// The head of the last request with a body, because the next one usually has the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads {
    head: Vec<u8>,
    /// The length of the body that it announces.
    body: usize,
}

impl Heads {
    /// Reads the first request of `input`.
    pub(crate) fn parse<'a>(&mut self, input: &'a [u8]) -> Parsed<'a> {
        if !self.head.is_empty()
            && let Some(rest) = input.strip_prefix(self.head.as_slice())
        {
            return match rest.get(..self.body) {
                None => Parsed::Part,
                Some(body) => Parsed::Whole(Request {
                    post: true,
                    path: "",
                    query: "",
                    body,
                    length: self.head.len() + self.body,
                }),
            };
        }
        let parsed = parse(input);
        if let Parsed::Whole(request) = parsed
            && request.post
        {
            self.body = request.body.len();
            self.head.clear();
            self.head
                .extend_from_slice(&input[..request.length - self.body]);
        }
        parsed
    }
}

/// Reads the first request of `input`.
fn parse(input: &[u8]) -> Parsed<'_> {
    let Some(end) = memmem::find(input, b"\r\n\r\n") else {
        return Parsed::Part;
    };
    let (head, rest) = (&input[..end], &input[end + 4..]);
    let Some(target) = target(head) else {
        return Parsed::Wrong;
    };
    let post = head.starts_with(b"POST ");
    let length = if post { content_length(head) } else { 0 };
    let Some(body) = rest.get(..length) else {
        return Parsed::Part;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Parsed::Whole(Request {
        post,
        path,
        query,
        body,
        length: end + 4 + length,
    })
}

fn target(head: &[u8]) -> Option<&str> {
    let begin = memchr::memchr(b' ', head)? + 1;
    let length = memchr::memchr(b' ', &head[begin..])?;
    std::str::from_utf8(&head[begin..begin + length]).ok()
}

fn content_length(head: &[u8]) -> usize {
    // The two spellings that the load and curl send.
    let named = [&b"Content-Length: "[..], b"content-length: "];
    let found = named
        .iter()
        .find_map(|name| memmem::find(head, name).map(|at| at + name.len()));
    let digits = found.map_or(&[][..], |at| &head[at..]);
    let digits = digits.iter().take_while(|digit| digit.is_ascii_digit());
    digits.fold(0, |value, digit| value * 10 + usize::from(digit - b'0'))
}

/// The value of a parameter, not decoded.
pub(crate) fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_when_all_of_it_is_there() {
        let one = b"POST /topics/a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
        for cut in 0..one.len() {
            assert_eq!(parse(&one[..cut]), Parsed::Part, "cut at {cut}");
        }
        let two = [&one[..], b"GET /endless HTTP/1.1\r\n\r\n"].concat();
        let Parsed::Whole(first) = parse(&two) else {
            panic!("it is there");
        };
        assert_eq!(
            (first.post, first.path, first.query),
            (true, "/topics/a", "x=1")
        );
        assert_eq!((first.body, first.length), (&b"abc"[..], one.len()));
        let Parsed::Whole(second) = parse(&two[first.length..]) else {
            panic!("it is there");
        };
        assert_eq!(
            (second.post, second.path, second.query),
            (false, "/endless", "")
        );
    }

    #[test]
    fn a_head_that_comes_again_is_known() {
        let mut heads = Heads::default();
        let one = b"POST /topics/a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        let other = b"POST /topics/a HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy";
        // What is known is not read, so nothing says its path.
        for (input, body, path) in [
            (&one[..], &b"abc"[..], "/topics/a"),
            (&one[..], b"abc", ""),
            (&other[..], b"xy", "/topics/a"),
            (&one[..], b"abc", "/topics/a"),
        ] {
            for cut in 0..input.len() {
                assert_eq!(heads.parse(&input[..cut]), Parsed::Part, "cut at {cut}");
            }
            let longer = [input, b"POST"].concat();
            let Parsed::Whole(request) = heads.parse(&longer) else {
                panic!("it is there");
            };
            assert!(request.post);
            assert_eq!((request.body, request.length), (body, input.len()));
            assert_eq!(request.path, path);
        }
        let get = b"GET /endless HTTP/1.1\r\n\r\n";
        assert!(matches!(heads.parse(get), Parsed::Whole(request) if !request.post));
    }

    #[test]
    fn parameters_are_found_by_name() {
        assert_eq!(parameter("every=0ms&count=5", "count"), Some("5"));
        assert_eq!(parameter("every=0ms", "count"), None);
        assert_eq!(parameter("", "count"), None);
    }
}
