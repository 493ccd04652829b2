//! Reads from a query which part of the table of connections is requested.

use sse_engine::bounds::MAX_FROM;

use super::client_query::tag;
use super::params::{BadQuery, Params, rooms};
use crate::connections::{SHOWN, Sort, TableQuery};

/// The longest filter, in bytes.
const MAX_FILTER: usize = 200;

/// The year 9999, in milliseconds since 1970.
const MAX_MS: u64 = 253_402_300_799_999;

/// How many groups can be unfolded at once.
const MAX_UNFOLDED: usize = 200;

/// More rows than there can be.
const MAX_FIRST: u64 = 1_000_000;

/// Reads the query of a request for the table.
///
/// # Errors
/// A parameter of ours that is out of bounds, unreadable, or given twice.
pub(super) fn read(query: Option<&str>) -> Result<TableQuery, BadQuery> {
    let params = Params::of(query);
    let usual = TableQuery::default();
    let small = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let first = params.whole("first", 0, MAX_FIRST)?;
    let count = params.whole("count", 1, SHOWN as u64)?;
    Ok(TableQuery {
        room: params.read("room", rooms)?,
        sort: params.read("sort", sort)?.unwrap_or(usual.sort),
        descending: params
            .read("descending", |value| yes_or_no("descending", value))?
            .unwrap_or_default(),
        filter: params.read("filter", words)?.unwrap_or_default(),
        client: params.read("client", tag)?,
        stream: params.text("stream")?,
        id: params.whole("id", 0, MAX_FROM)?,
        ended_after: params.whole("ended_after", 0, MAX_MS)?,
        grouped: params
            .read("grouped", |value| yes_or_no("grouped", value))?
            .unwrap_or_default(),
        unfolded: params.read("unfolded", numbers)?.unwrap_or_default(),
        first: first.map_or(usual.first, small),
        count: count.map_or(usual.count, small),
    })
}

fn sort(name: &str) -> Result<Sort, BadQuery> {
    let known = Sort::ALL.iter().find(|sort| sort.to_string() == name);
    known.copied().ok_or_else(|| {
        let names: Vec<String> = Sort::ALL.iter().map(Sort::to_string).collect();
        BadQuery::new(format!("sort must be one of {}.", names.join(", ")))
    })
}

fn yes_or_no(name: &str, value: &str) -> Result<bool, BadQuery> {
    let read = value.parse();
    read.map_err(|_| BadQuery::new(format!("{name} must be true or false.")))
}

fn numbers(value: &str) -> Result<Vec<u64>, BadQuery> {
    let read: Option<Vec<u64>> = value.split(',').map(|number| number.parse().ok()).collect();
    read.filter(|numbers| numbers.len() <= MAX_UNFOLDED)
        .ok_or_else(|| {
            let sentence = format!(
                "unfolded must be the ids of at most {MAX_UNFOLDED} groups, with commas between."
            );
            BadQuery::new(sentence)
        })
}

fn words(value: &str) -> Result<String, BadQuery> {
    if value.len() <= MAX_FILTER {
        return Ok(value.to_owned());
    }
    let sentence = format!(
        "filter has {} bytes: make it {MAX_FILTER} at most.",
        value.len()
    );
    Err(BadQuery::new(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_what_is_wanted() {
        let query = read(Some(
            "room=ci&sort=bytes&descending=true&filter=curl+End&first=50&count=25&client=me&stream=/endless&id=7&ended_after=9&grouped=true&unfolded=3,4&_=1",
        ))
        .expect("all within bounds");
        assert_eq!(
            query,
            TableQuery {
                room: Some("ci".to_owned()),
                sort: Sort::Bytes,
                descending: true,
                filter: "curl End".to_owned(),
                client: Some("me".to_owned()),
                stream: Some("/endless".to_owned()),
                id: Some(7),
                ended_after: Some(9),
                grouped: true,
                unfolded: vec![3, 4],
                first: 50,
                count: 25,
            }
        );
        assert_eq!(read(None), Ok(TableQuery::default()));
        let all = read(Some("room=*")).map(|query| query.room);
        assert_eq!(all, Ok(Some("*".to_owned())));
    }

    #[test]
    fn each_column_has_a_name_that_is_taken_and_documented() {
        let api = include_str!("../../../../docs/API.md");
        for sort in Sort::ALL {
            let query = read(Some(&format!("sort={sort}"))).map(|query| query.sort);
            assert_eq!(query, Ok(*sort));
            assert!(api.contains(&format!("`{sort}`")), "{sort}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_in_a_sentence() {
        let long = format!("filter={}", "x".repeat(MAX_FILTER + 1));
        for (query, words) in [
            ("room=", "room must be 1 to 64"),
            ("room=a%2Fb", "room must be 1 to 64"),
            ("sort=colour", "sort must be one of state, since,"),
            ("descending=yes", "true or false"),
            ("first=-1", "whole number from 0"),
            ("count=0", "whole number from 1 to 200"),
            ("count=201", "whole number from 1 to 200"),
            ("count=1&count=2", "given twice"),
            ("client=a%0Ab", "client"),
            ("id=x", "whole number from 0"),
            ("grouped=1", "grouped must be true or false"),
            ("unfolded=3,,4", "ids of at most 200 groups"),
            (&long, "has 201 bytes"),
        ] {
            let refused = read(Some(query)).expect_err(query).to_string();
            assert!(
                refused.contains(words) && refused.ends_with('.'),
                "{refused}"
            );
        }
    }
}
