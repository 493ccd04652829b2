//! Any text as a curl line, for bash and for Windows' cmd, and its words as a shell hands them
//! over. What is read has a length that the text bounds, comes back from the line that is printed
//! of it, and makes a request. Else the mistake is one short sentence.

#![no_main]

use std::alloc::System;
use std::convert::Infallible;

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use sse_client::{
    CurlAuthorization, CurlContent, CurlMistake, CurlReading, CurlRequest, Error, Wish,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What each file holds that a line names.
const FILE: &[u8] = b"a b\r\n";
/// A letter may become `%EF%BF%BD`, and a flag of two letters names a file.
const TIMES: usize = 16;
/// What a request has without a word about it.
const ANYWAY: usize = 512;
/// The longest sentence of a mistake: the words of others in it are cut.
const LONGEST_MISTAKE: usize = 1000;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let length = text.len();
    holds(length, within(length, || CurlRequest::from_text(&text)));
    // A line that goes on behind `\` is bash's, and one that goes on behind `^` is cmd's.
    for continued in ["curl \\\n", "curl ^\r\n"] {
        let line = format!("{continued}{text}");
        holds(line.len(), within(length, || CurlRequest::from_text(&line)));
    }
    let words: Vec<&str> = std::iter::once("curl").chain(text.split('\n')).collect();
    holds(length, within(length, || CurlRequest::from_words(&words)));
});

/// The allocator refuses what goes beyond a multiple of the text, and the process ends there. The
/// multiple: each letter becomes a `char` and each word a buffer, and a list that grows has twice
/// what it needs.
fn within<T>(length: usize, read: impl FnOnce() -> T) -> T {
    let bound = 512 * length + 64 * 1024;
    ALLOCATOR
        .set_limit(ALLOCATOR.allocated() + bound)
        .expect("it is above what is allocated");
    let read = read();
    ALLOCATOR.set_limit(usize::MAX).expect("the whole memory");
    read
}

fn holds(length: usize, read: Result<CurlRequest, CurlMistake>) {
    let request = match read {
        Ok(request) => request,
        Err(mistake) => {
            let sentence = mistake.to_string();
            assert!(sentence.len() <= LONGEST_MISTAKE, "{sentence}");
            assert!(!sentence.contains(['\n', '\r']), "{sentence:?}");
            return;
        }
    };
    let bound = TIMES * length + ANYWAY;
    assert!(length_of(&request) <= bound, "{request:?}");
    assert!(request.shown_line().len() <= bound, "{request:?}");
    comes_back(&request);
    makes_a_request(&request, bound);
}

/// The bytes of all that a line says.
fn length_of(request: &CurlRequest) -> usize {
    let texts = [
        Some(&request.url),
        request.user_agent.as_ref(),
        request.referer.as_ref(),
        request.cookies.as_ref(),
        request.cacert.as_ref(),
        request.proxy.as_ref(),
        request.no_proxy.as_ref(),
    ];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    let headers = request.headers.iter();
    let headers = headers.map(|it| it.name.len() + it.value.as_ref().map_or(0, String::len));
    let parts = request.body.iter().flat_map(|body| body.parts());
    let parts = parts.map(|part| match &part.content {
        CurlContent::Text(text) => text.len(),
        CurlContent::File(_, CurlReading::Encoded(name)) => name.len(),
        CurlContent::File(..) => 1,
    });
    let secrets = match &request.authorization {
        Some(CurlAuthorization::Basic(user)) => user.name.len() + user.password.len(),
        Some(CurlAuthorization::Bearer(token)) => token.len(),
        None => 0,
    };
    let proxy = request.proxy_user.iter();
    let proxy = proxy.map(|user| user.name.len() + user.password.len());
    texts + headers.sum::<usize>() + parts.sum::<usize>() + secrets + proxy.sum::<usize>()
}

/// The line that is printed of a request is read as the same request.
fn comes_back(request: &CurlRequest) {
    let line = request.line();
    match CurlRequest::from_text(&line) {
        Ok(again) => assert!(again == *request, "{line}"),
        Err(mistake) => panic!("{mistake}: {line}"),
    }
}

fn makes_a_request(request: &CurlRequest, bound: usize) {
    let Ok(message) = request.message(|_| Ok::<_, Infallible>(FILE.to_vec()));
    assert!(message.url.len() <= bound && message.body.as_ref().map_or(0, Vec::len) <= bound);
    match Wish::from_curl(request, |_| Ok::<_, Error>(FILE.to_vec())) {
        Ok(wish) => {
            assert_eq!(wish.method, request.method());
            let headers = wish.headers.iter();
            let headers = headers.map(|it| it.name.len() + it.value.len());
            assert!(
                headers.sum::<usize>() + wish.body.len() <= bound,
                "{wish:?}"
            );
        }
        // The sentences of `Error` have tests of their own.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
