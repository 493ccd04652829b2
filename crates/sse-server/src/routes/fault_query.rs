//! The faults that a request brings for itself: `?fault=cut,after=3`, any number of times.

use sse_engine::fault::{Act, Fault, Mistake, Profiles, check_together};
use sse_engine::text::cut;

use super::params::{BadQuery, Params};

/// The most faults that a request brings.
const MOST: usize = 16;

/// Reads each `fault=`.
///
/// # Errors
/// One is no fault, is for others than this request, or there are too many.
pub(super) fn faults(params: &Params<'_>, profiles: &Profiles) -> Result<Vec<Fault>, BadQuery> {
    let named = params.all("fault", |text| {
        let fault: Fault = text.parse().map_err(|mistake: Mistake| {
            let (shown, column, sentence) = (cut(text), mistake.column, mistake.sentence());
            BadQuery::new(format!(
                "The fault {shown} is wrong at column {column}: {sentence}"
            ))
        })?;
        let faults = profiles
            .expand(fault)
            .map_err(|mistake| BadQuery::new(mistake.sentence()))?;
        faults.iter().try_for_each(of_itself)?;
        Ok(faults)
    })?;
    let faults = named.concat();
    if faults.len() > MOST {
        return Err(BadQuery::new(format!(
            "This request brings {} faults: bring {MOST} at most.",
            faults.len()
        )));
    }
    check_together(&faults).map_err(|conflict| BadQuery::new(conflict.to_string()))?;
    Ok(faults)
}

/// A request breaks nobody else.
fn of_itself(fault: &Fault) -> Result<(), BadQuery> {
    let who = &fault.who;
    let named = match fault.act {
        Act::Refuse => Some("refuse"),
        Act::Knock => Some("knock"),
        Act::Limit { .. } => Some("limit"),
        _ => None,
    };
    let keys = [
        ("room", who.room.is_some()),
        ("client", who.client.is_some()),
        ("stream", who.stream.is_some()),
        ("connection", who.connection.is_some()),
    ];
    let key = keys.iter().find(|(_, given)| *given).map(|(key, _)| *key);
    match named.or(key) {
        Some(word) => Err(BadQuery::new(format!(
            "A fault in the query strikes only its own request, so {word} cannot be in it: arm it with POST /api/faults."
        ))),
        None if fault.act.is_of_door() && (fault.when.is_some() || !fault.start.is_zero()) => {
            Err(BadQuery::new(
                "A fault in the query is armed by its own request, so after= and start= of a word of the door are always too late: leave them out.",
            ))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Vec<String>, String> {
        let faults = faults(&Params::of(Some(query)), &Profiles::default())
            .map_err(|bad| bad.to_string())?;
        Ok(faults.iter().map(Fault::to_string).collect())
    }

    #[test]
    fn each_fault_is_read_in_its_order() {
        assert_eq!(
            read("every=1s&fault=cut,after=3&fault=comment=%22a%2C+b%22&client=x"),
            Ok(vec![
                "cut,after=3".to_owned(),
                "comment=\"a, b\"".to_owned()
            ])
        );
        assert_eq!(read(""), Ok(vec![]));
    }

    #[test]
    fn a_request_breaks_nobody_else() {
        for query in [
            "fault=refuse,for=1s",
            "fault=knock,for=1s",
            "fault=limit=2",
            "fault=cut,client=a",
            "fault=cut,room=a",
            "fault=cut,stream=/a",
            "fault=cut,connection=1",
        ] {
            let refusal = read(query).expect_err(query);
            assert!(refusal.contains("only its own request"), "{refusal}");
        }
        let late = read("fault=status=503,after=1s").expect_err("too late");
        assert!(late.contains("always too late"));
        let late = read("fault=encode=gzip,start=1s").expect_err("too late");
        assert!(late.contains("always too late"));
        assert!(
            read(&"fault=cut&".repeat(17))
                .expect_err("too many")
                .contains("16 at most")
        );
        let mistake = read("fault=cutt").expect_err("no word");
        assert!(mistake.contains("`cut`"), "{mistake}");
    }
}
