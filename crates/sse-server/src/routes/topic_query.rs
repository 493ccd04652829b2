//! The query of a subscriber to a topic. It cannot change a pace or a count, because a topic has
//! neither.

use sse_engine::topics::Form;

use super::params::{BadQuery, Params};

/// Reads `names=data`: each event comes as one that every client hears.
///
/// # Errors
/// Another value, or it is given twice.
pub(super) fn form(params: &Params<'_>) -> Result<Form, BadQuery> {
    let form = params.read("names", |value| match value {
        "data" => Ok(Form::NamesInData),
        _ => Err(BadQuery::new(
            "names must be data or left out: with names=data, the first line of each event's data is its name.",
        )),
    })?;
    Ok(form.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_topic_has_is_read() {
        let read = |query| form(&Params::of(Some(query)));
        assert_eq!(
            read("every=x&count=-1&from=&names=data"),
            Ok(Form::NamesInData)
        );
        assert_eq!(read("every=x"), Ok(Form::Plain));
        assert!(read("names=id").is_err() && read("names=data&names=data").is_err());
    }
}
