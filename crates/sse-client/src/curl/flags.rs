//! The flags of curl: which are read, which change nothing here, and which are not supported.

use strsim::levenshtein;

use super::mistake::CurlMistakeKind as Kind;

/// A flag, and what becomes of it.
pub(super) struct Flag {
    /// The name behind `--`.
    pub(super) long: &'static str,
    /// The letter behind `-`.
    pub(super) short: Option<char>,
    pub(super) meaning: Meaning,
}

/// What becomes of a flag.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// It is on, or off with `--no-` before its name.
    Switch(Switch),
    /// It has a value.
    Setting(Setting),
    /// It changes nothing of a stream that is watched.
    Ignored,
    /// It has a value, and changes nothing either.
    IgnoredSetting,
    /// It is not supported, and this is what to do.
    Unsupported(&'static str),
    /// Behind it, another request begins.
    Next,
}

/// A flag without a value.
#[derive(Clone, Copy)]
pub(super) enum Switch {
    Get,
    Head,
    Insecure,
    Location,
    Compressed,
    Http11,
    Http2,
    Ipv4,
    Ipv6,
    Globoff,
}

/// A flag with a value.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Url,
    Request,
    Header,
    Data,
    DataRaw,
    DataBinary,
    DataUrlencode,
    Json,
    Cookie,
    User,
    Bearer,
    UserAgent,
    Referer,
    Proxy,
    ProxyUser,
    Noproxy,
    Resolve,
    Cacert,
    MaxTime,
    ConnectTimeout,
    /// A file to write to, which may only be the terminal or nothing.
    Output,
}

use Meaning::{Ignored, IgnoredSetting, Next, Unsupported};

const fn flag(long: &'static str, meaning: Meaning) -> Flag {
    let short = None;
    Flag {
        long,
        short,
        meaning,
    }
}

const fn lettered(short: char, long: &'static str, meaning: Meaning) -> Flag {
    let short = Some(short);
    Flag {
        long,
        short,
        meaning,
    }
}

const fn switch(long: &'static str, switch: Switch) -> Flag {
    flag(long, Meaning::Switch(switch))
}

const fn setting(long: &'static str, setting: Setting) -> Flag {
    flag(long, Meaning::Setting(setting))
}

const LEAVE: &str = "leave it out";
const FORM: &str = "give the body with --data-binary @FILE and its Content-Type with -H";
const WRITES: &str = "leave it out, for a watch shows what comes";
const LOGIN: &str = "give the whole Authorization with -H";
const TLS: &str = "leave it out; --cacert and -k are there";
const PROXY: &str = "give an http proxy with -x, or leave it out";
const RANGE: &str = "give the header itself with -H";
const VERSION: &str = "leave it out, or give --http1.1 or --http2";
const ROUTE: &str = "leave it out, or give --resolve";

/// All flags that are known. Those of other protocols than HTTP are in [`ELSEWHERE`].
#[rustfmt::skip]
pub(super) const FLAGS: &[Flag] = &[
    // What is read.
    lettered('G', "get", Meaning::Switch(Switch::Get)),
    lettered('I', "head", Meaning::Switch(Switch::Head)),
    lettered('k', "insecure", Meaning::Switch(Switch::Insecure)),
    lettered('L', "location", Meaning::Switch(Switch::Location)),
    lettered('4', "ipv4", Meaning::Switch(Switch::Ipv4)),
    lettered('6', "ipv6", Meaning::Switch(Switch::Ipv6)),
    lettered('g', "globoff", Meaning::Switch(Switch::Globoff)),
    switch("compressed", Switch::Compressed),
    switch("http1.1", Switch::Http11),
    switch("http2", Switch::Http2),
    setting("url", Setting::Url),
    lettered('X', "request", Meaning::Setting(Setting::Request)),
    lettered('H', "header", Meaning::Setting(Setting::Header)),
    lettered('d', "data", Meaning::Setting(Setting::Data)),
    setting("data-ascii", Setting::Data),
    setting("data-raw", Setting::DataRaw),
    setting("data-binary", Setting::DataBinary),
    setting("data-urlencode", Setting::DataUrlencode),
    setting("json", Setting::Json),
    lettered('b', "cookie", Meaning::Setting(Setting::Cookie)),
    lettered('u', "user", Meaning::Setting(Setting::User)),
    setting("oauth2-bearer", Setting::Bearer),
    lettered('A', "user-agent", Meaning::Setting(Setting::UserAgent)),
    lettered('e', "referer", Meaning::Setting(Setting::Referer)),
    lettered('x', "proxy", Meaning::Setting(Setting::Proxy)),
    lettered('U', "proxy-user", Meaning::Setting(Setting::ProxyUser)),
    setting("noproxy", Setting::Noproxy),
    setting("resolve", Setting::Resolve),
    setting("cacert", Setting::Cacert),
    lettered('m', "max-time", Meaning::Setting(Setting::MaxTime)),
    setting("connect-timeout", Setting::ConnectTimeout),
    lettered('o', "output", Meaning::Setting(Setting::Output)),
    lettered('D', "dump-header", Meaning::Setting(Setting::Output)),
    lettered('c', "cookie-jar", Meaning::Setting(Setting::Output)),
    setting("stderr", Setting::Output),
    lettered(':', "next", Next),

    // What changes nothing: how curl shows what comes, what it does once the stream has ended, and
    // what a watch does anyway.
    lettered('N', "buffer", Ignored),
    lettered('s', "silent", Ignored),
    lettered('S', "show-error", Ignored),
    lettered('v', "verbose", Ignored),
    lettered('i', "include", Ignored),
    flag("show-headers", Ignored),
    lettered('f', "fail", Ignored),
    flag("fail-with-body", Ignored),
    flag("fail-early", Ignored),
    lettered('#', "progress-bar", Ignored),
    flag("progress-meter", Ignored),
    flag("styled-output", Ignored),
    flag("suppress-connect-headers", Ignored),
    lettered('w', "write-out", IgnoredSetting),
    lettered('j', "junk-session-cookies", Ignored),
    lettered('R', "remote-time", Ignored),
    lettered('Z', "parallel", Ignored),
    flag("parallel-immediate", Ignored),
    flag("parallel-max", IgnoredSetting),
    flag("retry", IgnoredSetting),
    flag("retry-delay", IgnoredSetting),
    flag("retry-max-time", IgnoredSetting),
    flag("retry-all-errors", Ignored),
    flag("retry-connrefused", Ignored),
    flag("max-redirs", IgnoredSetting),
    flag("max-filesize", IgnoredSetting),
    flag("basic", Ignored),
    flag("proxy-basic", Ignored),
    flag("path-as-is", Ignored),
    flag("disallow-username-in-url", Ignored),
    flag("keepalive", Ignored),
    flag("keepalive-time", IgnoredSetting),
    flag("keepalive-cnt", IgnoredSetting),
    flag("tcp-nodelay", Ignored),
    flag("tcp-fastopen", Ignored),
    flag("happy-eyeballs-timeout-ms", IgnoredSetting),
    flag("expect100-timeout", IgnoredSetting),
    flag("sessionid", Ignored),
    flag("npn", Ignored),
    flag("ca-native", Ignored),
    flag("ssl-no-revoke", Ignored),
    flag("ssl-revoke-best-effort", Ignored),
    flag("false-start", Ignored),
    lettered('1', "tlsv1", Ignored),
    flag("tlsv1.0", Ignored),
    flag("tlsv1.1", Ignored),
    flag("tlsv1.2", Ignored),
    flag("tlsv1.3", Ignored),
    flag("clobber", Ignored),

    // What is not supported.
    lettered('F', "form", Unsupported(FORM)),
    flag("form-string", Unsupported(FORM)),
    flag("form-escape", Unsupported(FORM)),
    lettered('T', "upload-file", Unsupported("give the body with -X PUT --data-binary @FILE")),
    flag("url-query", Unsupported("write it into the URL, or give it with -G -d")),
    lettered('O', "remote-name", Unsupported(WRITES)),
    flag("remote-name-all", Unsupported(WRITES)),
    lettered('J', "remote-header-name", Unsupported(WRITES)),
    flag("output-dir", Unsupported(WRITES)),
    flag("create-dirs", Unsupported(WRITES)),
    flag("create-file-mode", Unsupported(WRITES)),
    flag("remove-on-error", Unsupported(WRITES)),
    flag("xattr", Unsupported(WRITES)),
    flag("libcurl", Unsupported(WRITES)),
    flag("trace", Unsupported(WRITES)),
    flag("trace-ascii", Unsupported(WRITES)),
    flag("trace-config", Unsupported(WRITES)),
    flag("trace-ids", Unsupported(WRITES)),
    flag("trace-time", Unsupported(WRITES)),
    flag("etag-save", Unsupported(WRITES)),
    flag("etag-compare", Unsupported(RANGE)),
    lettered('r', "range", Unsupported(RANGE)),
    lettered('C', "continue-at", Unsupported(RANGE)),
    lettered('z', "time-cond", Unsupported(RANGE)),
    flag("tr-encoding", Unsupported(RANGE)),
    flag("anyauth", Unsupported(LOGIN)),
    flag("digest", Unsupported(LOGIN)),
    flag("negotiate", Unsupported(LOGIN)),
    flag("ntlm", Unsupported(LOGIN)),
    flag("ntlm-wb", Unsupported(LOGIN)),
    flag("aws-sigv4", Unsupported(LOGIN)),
    lettered('n', "netrc", Unsupported("give -u USER:PASSWORD")),
    flag("netrc-file", Unsupported("give -u USER:PASSWORD")),
    flag("netrc-optional", Unsupported("give -u USER:PASSWORD")),
    flag("location-trusted", Unsupported("give -L, or the URL that it leads to")),
    flag("follow", Unsupported("give -L")),
    flag("post301", Unsupported("give the URL that it leads to")),
    flag("post302", Unsupported("give the URL that it leads to")),
    flag("post303", Unsupported("give the URL that it leads to")),
    lettered('0', "http1.0", Unsupported(VERSION)),
    flag("http0.9", Unsupported(VERSION)),
    flag("http2-prior-knowledge", Unsupported(VERSION)),
    flag("http3", Unsupported(VERSION)),
    flag("http3-only", Unsupported(VERSION)),
    flag("alpn", Unsupported(VERSION)),
    flag("alt-svc", Unsupported(LEAVE)),
    flag("hsts", Unsupported(LEAVE)),
    flag("raw", Unsupported(LEAVE)),
    flag("ignore-content-length", Unsupported(LEAVE)),
    flag("request-target", Unsupported("write it into the URL")),
    flag("haproxy-protocol", Unsupported(LEAVE)),
    flag("haproxy-clientip", Unsupported(LEAVE)),
    flag("limit-rate", Unsupported(LEAVE)),
    flag("rate", Unsupported(LEAVE)),
    lettered('Y', "speed-limit", Unsupported("give -m SECONDS, or leave it out")),
    lettered('y', "speed-time", Unsupported("give -m SECONDS, or leave it out")),
    lettered('K', "config", Unsupported("write its flags into this line")),
    lettered('q', "disable", Unsupported(LEAVE)),
    flag("variable", Unsupported("write the value itself")),
    lettered('E', "cert", Unsupported(TLS)),
    flag("cert-type", Unsupported(TLS)),
    flag("cert-status", Unsupported(TLS)),
    flag("key", Unsupported(TLS)),
    flag("key-type", Unsupported(TLS)),
    flag("pass", Unsupported(TLS)),
    flag("capath", Unsupported(TLS)),
    flag("crlfile", Unsupported(TLS)),
    flag("pinnedpubkey", Unsupported(TLS)),
    flag("ciphers", Unsupported(TLS)),
    flag("tls13-ciphers", Unsupported(TLS)),
    flag("curves", Unsupported(TLS)),
    flag("sigalgs", Unsupported(TLS)),
    flag("ech", Unsupported(TLS)),
    flag("tls-max", Unsupported(TLS)),
    flag("tls-earlydata", Unsupported(TLS)),
    flag("tlsauthtype", Unsupported(TLS)),
    flag("tlspassword", Unsupported(TLS)),
    flag("tlsuser", Unsupported(TLS)),
    flag("ssl", Unsupported(TLS)),
    flag("ssl-reqd", Unsupported(TLS)),
    flag("ssl-allow-beast", Unsupported(TLS)),
    flag("ssl-auto-client-cert", Unsupported(TLS)),
    lettered('2', "sslv2", Unsupported(TLS)),
    lettered('3', "sslv3", Unsupported(TLS)),
    flag("engine", Unsupported(TLS)),
    flag("egd-file", Unsupported(TLS)),
    flag("random-file", Unsupported(TLS)),
    flag("proxy-anyauth", Unsupported(PROXY)),
    flag("proxy-digest", Unsupported(PROXY)),
    flag("proxy-negotiate", Unsupported(PROXY)),
    flag("proxy-ntlm", Unsupported(PROXY)),
    flag("proxy-header", Unsupported(PROXY)),
    flag("proxy-http2", Unsupported(PROXY)),
    flag("proxy-insecure", Unsupported(PROXY)),
    flag("proxy-ca-native", Unsupported(PROXY)),
    flag("proxy-cacert", Unsupported(PROXY)),
    flag("proxy-capath", Unsupported(PROXY)),
    flag("proxy-cert", Unsupported(PROXY)),
    flag("proxy-cert-type", Unsupported(PROXY)),
    flag("proxy-ciphers", Unsupported(PROXY)),
    flag("proxy-crlfile", Unsupported(PROXY)),
    flag("proxy-key", Unsupported(PROXY)),
    flag("proxy-key-type", Unsupported(PROXY)),
    flag("proxy-pass", Unsupported(PROXY)),
    flag("proxy-pinnedpubkey", Unsupported(PROXY)),
    flag("proxy-service-name", Unsupported(PROXY)),
    flag("proxy-ssl-allow-beast", Unsupported(PROXY)),
    flag("proxy-ssl-auto-client-cert", Unsupported(PROXY)),
    flag("proxy-tls13-ciphers", Unsupported(PROXY)),
    flag("proxy-tlsauthtype", Unsupported(PROXY)),
    flag("proxy-tlspassword", Unsupported(PROXY)),
    flag("proxy-tlsuser", Unsupported(PROXY)),
    flag("proxy-tlsv1", Unsupported(PROXY)),
    flag("proxy1.0", Unsupported(PROXY)),
    lettered('p', "proxytunnel", Unsupported(PROXY)),
    flag("preproxy", Unsupported(PROXY)),
    flag("socks4", Unsupported(PROXY)),
    flag("socks4a", Unsupported(PROXY)),
    flag("socks5", Unsupported(PROXY)),
    flag("socks5-basic", Unsupported(PROXY)),
    flag("socks5-gssapi", Unsupported(PROXY)),
    flag("socks5-gssapi-nec", Unsupported(PROXY)),
    flag("socks5-gssapi-service", Unsupported(PROXY)),
    flag("socks5-hostname", Unsupported(PROXY)),
    flag("connect-to", Unsupported(ROUTE)),
    flag("interface", Unsupported(ROUTE)),
    flag("local-port", Unsupported(ROUTE)),
    flag("ip-tos", Unsupported(ROUTE)),
    flag("vlan-priority", Unsupported(ROUTE)),
    flag("mptcp", Unsupported(ROUTE)),
    flag("dns-interface", Unsupported(ROUTE)),
    flag("dns-ipv4-addr", Unsupported(ROUTE)),
    flag("dns-ipv6-addr", Unsupported(ROUTE)),
    flag("dns-servers", Unsupported(ROUTE)),
    flag("doh-cert-status", Unsupported(ROUTE)),
    flag("doh-insecure", Unsupported(ROUTE)),
    flag("doh-url", Unsupported(ROUTE)),
    flag("unix-socket", Unsupported("give a URL with host and port")),
    flag("abstract-unix-socket", Unsupported("give a URL with host and port")),
    flag("proto", Unsupported(LEAVE)),
    flag("proto-default", Unsupported("write the scheme into the URL")),
    flag("proto-redir", Unsupported(LEAVE)),
    lettered('h', "help", Unsupported(LEAVE)),
    lettered('M', "manual", Unsupported(LEAVE)),
    lettered('V', "version", Unsupported(LEAVE)),
];

/// What to do with a flag of another protocol.
const OTHER: &str = "leave it out, for it is not of HTTP";

/// Flags of other protocols than HTTP: the letter, where there is one, and the name.
#[rustfmt::skip]
const ELSEWHERE: &[(Option<char>, &str)] = &[
    (Some('a'), "append"), (Some('B'), "use-ascii"), (Some('l'), "list-only"),
    (Some('P'), "ftp-port"), (Some('Q'), "quote"), (Some('t'), "telnet-option"),
    (None, "compressed-ssh"), (None, "crlf"), (None, "delegation"), (None, "eprt"),
    (None, "epsv"), (None, "disable-eprt"), (None, "disable-epsv"), (None, "ftp-account"),
    (None, "ftp-alternative-to-user"), (None, "ftp-create-dirs"), (None, "ftp-method"),
    (None, "ftp-pasv"), (None, "ftp-pret"), (None, "ftp-skip-pasv-ip"), (None, "ftp-ssl-ccc"),
    (None, "ftp-ssl-ccc-mode"), (None, "ftp-ssl-control"), (None, "hostpubmd5"),
    (None, "hostpubsha256"), (None, "krb"), (None, "login-options"), (None, "mail-auth"),
    (None, "mail-from"), (None, "mail-rcpt"), (None, "mail-rcpt-allowfails"),
    (None, "metalink"), (None, "pubkey"), (None, "sasl-authzid"), (None, "sasl-ir"),
    (None, "service-name"), (None, "tftp-blksize"), (None, "tftp-no-options"),
    (None, "upload-flags"),
];

/// A flag that was found: its whole name, and what becomes of it.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) long: &'static str,
    pub(super) meaning: Meaning,
}

/// All flags that are known.
fn all() -> impl Iterator<Item = (Option<char>, Known)> {
    let here = FLAGS.iter().map(|flag| {
        let Flag {
            long,
            short,
            meaning,
        } = *flag;
        (short, Known { long, meaning })
    });
    let elsewhere = ELSEWHERE.iter().map(|(short, long)| {
        let meaning = Unsupported(OTHER);
        (*short, Known { long, meaning })
    });
    here.chain(elsewhere)
}

/// The flag of a letter.
pub(super) fn of_letter(letter: char) -> Option<Known> {
    all().find_map(|(short, known)| (short == Some(letter)).then_some(known))
}

/// The flag of a name behind `--`, or of the beginning of one name alone, and whether it is on:
/// `--no-NAME` switches it off.
///
/// # Errors
/// There is no such flag, or there are several.
pub(super) fn of_name(name: &str) -> Result<(Known, bool), Kind> {
    let (name, is_on) = match name.strip_prefix("no-") {
        Some(rest) => (rest, false),
        None => (name, true),
    };
    let mut found = all()
        .map(|(_, known)| known)
        .filter(|known| known.long.starts_with(name) && !name.is_empty());
    let typed = || format!("--{}{name}", if is_on { "" } else { "no-" });
    match (
        all().find(|(_, known)| known.long == name),
        found.next(),
        found.next(),
    ) {
        (Some((_, known)), ..) | (None, Some(known), None) => Ok((known, is_on)),
        (None, Some(one), Some(other)) => Err(Kind::AmbiguousFlag {
            flag: typed(),
            names: [one.long, other.long],
        }),
        (None, None, _) => Err(unknown(&typed())),
    }
}

/// As many characters of a flag as a sentence has room for. The longest name has 26.
const SHOWN: usize = 32;

/// That a flag is not known. It is named only where it looks like one, for a value that stands
/// where a flag should may be a secret.
pub(super) fn unknown(typed: &str) -> Kind {
    let name = typed.trim_start_matches('-');
    let looks_like_one = typed.len() - name.len() <= 2
        && typed.len() <= SHOWN
        && !name.is_empty()
        && (name.chars().count() == 1 && !name.contains(char::is_control)
            || name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b"-.0123456789".contains(&b)));
    if !looks_like_one {
        let (flag, nearest) = (None, None);
        return Kind::UnknownFlag { flag, nearest };
    }
    let supported = all().filter(|(_, known)| !matches!(known.meaning, Unsupported(_)));
    let nearest = supported
        .map(|(_, known)| (levenshtein(name, known.long), known.long))
        .min()
        // Half of the name wrong is another word.
        .filter(|(wrong, long)| *wrong <= long.len() / 2 && name.len() > 1)
        .map(|(_, long)| long);
    let flag = Some(typed.to_owned());
    Kind::UnknownFlag { flag, nearest }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_and_letter_stands_for_one_flag() {
        let mut names = BTreeSet::new();
        let mut letters = BTreeSet::new();
        for (letter, known) in all() {
            assert!(names.insert(known.long), "--{}", known.long);
            if let Some(letter) = letter {
                assert!(letters.insert(letter), "-{letter}");
            }
            assert!(known.long.len() + 2 <= SHOWN, "--{}", known.long);
        }
    }
}
