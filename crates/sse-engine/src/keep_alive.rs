//! When a keep-alive comment is sent.

use std::time::Duration;

/// When a keep-alive comment is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    /// Never.
    Off,
    /// At a fixed interval from the start of the connection, whatever else is sent.
    Interval(Duration),
    /// After so long without a byte.
    Idle(Duration),
}

impl Default for KeepAlive {
    /// 15 s, the interval that the WHATWG standard advises against proxies that drop idle
    /// connections (HTML 9.2.7).
    fn default() -> Self {
        KeepAlive::Interval(Duration::from_secs(15))
    }
}
