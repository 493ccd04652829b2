//! Waiting for something to become true. The only place in the tests that knows how often one
//! looks, and when one gives up.

use std::time::Duration;

use tokio::time::{interval, timeout};

/// How long a test waits for what should happen at once. Loose on purpose: it must hold on a busy
/// machine with two cores, and is only ever spent by a test that fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Asks `probe` until it is content. While it is not, it says what it sees, and that is in the
/// failure's message.
pub(crate) async fn wait_for<T>(what: &str, probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    wait_at_most(DEADLINE, what, probe).await
}

/// [`wait_for`] with a deadline of its own.
pub(crate) async fn wait_at_most<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let mut tick = interval(Duration::from_millis(50));
    let mut seen = String::from("nothing");
    let looking = async {
        loop {
            tick.tick().await;
            match probe().await {
                Ok(value) => return value,
                Err(instead) => seen = instead,
            }
        }
    };
    match timeout(deadline, looking).await {
        Ok(value) => value,
        Err(_) => panic!("waited {deadline:?} in vain for {what}; last seen: {seen}"),
    }
}

/// Content if `true`; else says `instead`.
pub(crate) fn ensure(is_so: bool, instead: impl Into<String>) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(instead.into()) }
}
