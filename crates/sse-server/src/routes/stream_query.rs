//! How the query of a request changes a stream.

use std::time::Duration;

use sse_engine::bounds::{MAX_COUNT, MAX_EVERY, MAX_FROM};
use sse_engine::stream::{Overrides, Speed};
use sse_engine::time::read_time;

use super::params::{BadQuery, Params};

/// Reads `every=100ms`, `count=20`, `from=7` and `speed=10`.
///
/// # Errors
/// A parameter of ours that is out of bounds, unreadable, or given twice.
pub(super) fn overrides(params: &Params<'_>) -> Result<Overrides, BadQuery> {
    Ok(Overrides {
        every: params.read("every", every)?,
        count: params.whole("count", 1, MAX_COUNT)?,
        from: params.whole("from", 0, MAX_FROM)?,
        speed: params.read("speed", speed)?,
    })
}

fn speed(value: &str) -> Result<Speed, BadQuery> {
    Speed::read(value).ok_or_else(|| BadQuery::new(format!("speed must be {}.", Speed::WANTED)))
}

fn every(value: &str) -> Result<Duration, BadQuery> {
    read_time(value)
        .filter(|every| *every <= MAX_EVERY)
        .ok_or_else(|| BadQuery::new("every must be a time such as 100ms or 2s, from 0ms to 1h."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Overrides, BadQuery> {
        overrides(&Params::of(Some(query)))
    }

    fn refused(query: &str) -> String {
        let read = read(query);
        read.expect_err("this query is out of bounds").to_string()
    }

    #[test]
    fn overrides_are_read() {
        assert_eq!(
            read("every=100ms&count=20&from=7&client=a.B-1&lastEventId=x%20y&_=1"),
            Ok(Overrides {
                every: Some(Duration::from_millis(100)),
                count: Some(20),
                from: Some(7),
                speed: None,
            })
        );
        assert_eq!(read(""), Ok(Overrides::default()));
    }

    /// humantime panics on this one: a client could end its connection's task with it.
    #[test]
    fn a_time_that_overflows_is_refused() {
        assert!(refused("every=18446744073709551615s%201000ms").starts_with("every must be"));
    }

    #[test]
    fn bounds_are_inclusive() {
        for good in [
            "every=0ms",
            "every=1h",
            "count=1",
            "count=1000000000",
            "from=0",
            "from=9007199254740991",
        ] {
            read(good).expect(good);
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_told_the_bound() {
        for bad in [
            "every=",
            "every=fast",
            "every=100",
            "every=3601s",
            "every=-1s",
            "every=1ms%00",
        ] {
            assert!(refused(bad).contains("from 0ms to 1h"), "{bad}");
        }
        for bad in [
            "count=0",
            "count=1000000001",
            "count=%2B5",
            "count=-1",
            "count=",
            "count=1e3",
        ] {
            assert!(refused(bad).contains("from 1 to 1000000000"), "{bad}");
        }
        for bad in [
            "from=9007199254740992",
            "from=99999999999999999999999",
            "from=x",
        ] {
            assert!(refused(bad).contains("from 0 to 9007199254740991"), "{bad}");
        }
        assert!(refused("count=1&count=1").contains("twice"));
    }
}
