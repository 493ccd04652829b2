//! The name and port that a request is for: `Host`, or the authority of an absolute-form target.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A well-formed authority: a host, and a port if one was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// In lower case.
    Name(String),
    Ip(IpAddr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    /// None was written, or only its colon: the scheme's default.
    Default,
    Number(u16),
}

impl Authority {
    /// Reads `host [":" port]` (RFC 9110 4.2, RFC 3986 3.2.2); `None` when it is anything else.
    /// User information, an empty host, a zone id and a port above 65,535 are malformed.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']')?;
                let host = Host::Ip(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?));
                (
                    host,
                    after.strip_prefix(':').or(after.is_empty().then_some(""))?,
                )
            }
            None => {
                let (name, port) = text.split_once(':').unwrap_or((text, ""));
                (Host::parse_name(name)?, port)
            }
        };
        let port = match port {
            "" => Port::Default,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Port::Number(digits.parse().ok()?)
            }
            _ => return None,
        };
        Some(Self { host, port })
    }

    /// `localhost` and the names below it, which every resolver takes for loopback (RFC 6761 6.3),
    /// with or without the dot of the root behind them; 127.0.0.1 or `[::1]`, and no other spelling
    /// of an address of loopback: those are the ones that we give out.
    pub(crate) fn is_loopback_name(&self) -> bool {
        match &self.host {
            Host::Name(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                // No label of a name is empty.
                match name.strip_suffix("localhost") {
                    Some("") => true,
                    Some(below) => {
                        below.ends_with('.')
                            && below.split_terminator('.').all(|label| !label.is_empty())
                    }
                    None => false,
                }
            }
            Host::Ip(ip) => *ip == Ipv4Addr::LOCALHOST || *ip == Ipv6Addr::LOCALHOST,
        }
    }

    /// The host as `--allow-host` takes it, where it does.
    pub(crate) fn to_allow(&self) -> Option<String> {
        match &self.host {
            Host::Name(name) => name_to_allow(name),
            Host::Ip(ip) => Some(ip.to_string()),
        }
    }

    /// The literal address, if it is one.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Name(_) => None,
            Host::Ip(ip) => Some(*ip),
        }
    }

    /// Whether the host is this name, given in lower case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        match &self.host {
            Host::Name(own) => own == name,
            Host::Ip(ip) => name.parse() == Ok(*ip),
        }
    }

    /// The port, 80 where none was written.
    pub(crate) fn port_or_default(&self) -> Option<u16> {
        match self.port {
            Port::Default => Some(80),
            Port::Number(port) => Some(port),
        }
    }
}

impl Host {
    fn parse_name(name: &str) -> Option<Self> {
        // unreserved, pct-encoded and sub-delims of RFC 3986; everything else cannot be in a host.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&b);
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        Some(match name.parse::<Ipv4Addr>() {
            Ok(ip) => Host::Ip(IpAddr::V4(ip)),
            Err(_) => Host::Name(name.to_ascii_lowercase()),
        })
    }
}

/// A name as `--allow-host` takes it: a host without port, in lower case.
pub(crate) fn name_to_allow(name: &str) -> Option<String> {
    if let Ok(ip) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(ip.to_string());
    }
    let authority = Authority::parse(name.as_bytes())?;
    (authority.port == Port::Default && !name.contains([':', '*', '%', '/']))
        .then(|| name.to_ascii_lowercase())
}
