//! What clients report that they saw: read from a query, or from a body of JSON. The JSON of a
//! single report is that of the callbacks of LaunchDarkly's sse-contract-tests, so that the test
//! services which exist for these can report here.

use axum::http::{Response, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value};
use sse_server::MountedRequest;

use super::empty;
use crate::error::Error;
use crate::report::{KEPT_REPORTS, Report, ReportedEvent};

/// The names of an event's type. `event` is the name of the field in a stream.
const TYPES: [&str; 2] = ["type", "event"];

/// The most bytes of a body with reports. It is four times what is kept of the reports of a case.
const LONGEST: usize = 64 * 1024;

/// The reports of a request. A number in its path is that of its only report.
///
/// # Errors
/// It has none, or what it has is none.
pub(super) fn read(request: &MountedRequest, is_numbered: bool) -> Result<Vec<Report>, Error> {
    match request.method == "POST" && !request.body.is_empty() {
        true => of_body(&request.body, is_numbered),
        false => of_query(request.query.as_deref().unwrap_or_default()).map(|report| vec![report]),
    }
}

/// What is answered to a report.
pub(super) fn noted() -> Response<Bytes> {
    empty(StatusCode::NO_CONTENT)
}

fn of_query(query: &str) -> Result<Report, Error> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let value = |name: &str| {
        let mut pairs = pairs.iter();
        let found = pairs.find(|(own, _)| own == name);
        found.map(|(_, value)| value.to_string())
    };
    if value("closed").is_some() {
        return Ok(Report::Closed);
    }
    if let Some(words) = value("error") {
        return Ok(Report::Error(words));
    }
    Ok(Report::Event(ReportedEvent {
        data: value("data").ok_or(Error::NoReport)?,
        name: TYPES.into_iter().find_map(value),
        id: value("id"),
    }))
}

fn of_body(body: &[u8], is_numbered: bool) -> Result<Vec<Report>, Error> {
    if body.len() > LONGEST {
        return Err(Error::LargeReport);
    }
    let value = serde_json::from_slice(body).map_err(|_| Error::NoReport)?;
    let mut reports = Vec::new();
    match value {
        Value::Object(report) => reports.extend(of_object(report)?),
        Value::Array(_) if is_numbered => return Err(Error::ManyReports),
        Value::Array(list) if list.len() > KEPT_REPORTS => return Err(Error::LongList),
        Value::Array(list) => {
            for report in list {
                let Value::Object(report) = report else {
                    return Err(Error::NoReport);
                };
                reports.extend(of_object(report)?);
            }
        }
        _ => return Err(Error::NoReport),
    }
    Ok(reports)
}

/// One report; nothing of a comment, which no case asks for.
fn of_object(mut report: Map<String, Value>) -> Result<Option<Report>, Error> {
    let kind = match report.get("kind") {
        None => None,
        Some(Value::String(kind)) => Some(kind.clone()),
        Some(_) => return Err(Error::NoReport),
    };
    Ok(Some(match kind.as_deref() {
        Some("event") => match report.remove("event") {
            Some(Value::Object(event)) => Report::Event(of_event(event)?),
            _ => return Err(Error::NoReport),
        },
        Some("comment") => return Ok(None),
        // The words of an error stand in either field, the protocol's text and its harness differ.
        Some("error") => {
            let words = text(&mut report, "error")?;
            let words = words.map_or_else(|| text(&mut report, "comment"), |words| Ok(Some(words)));
            Report::Error(words?.unwrap_or_default())
        }
        Some("closed") => Report::Closed,
        Some(other) => return Err(Error::NoKind(sse_engine::text::cut(other))),
        None => match text(&mut report, "error")? {
            Some(words) => Report::Error(words),
            None => Report::Event(of_event(report)?),
        },
    }))
}

fn of_event(mut event: Map<String, Value>) -> Result<ReportedEvent, Error> {
    let mut name = None;
    for field in TYPES {
        name = name.or(text(&mut event, field)?);
    }
    Ok(ReportedEvent {
        data: text(&mut event, "data")?.ok_or(Error::NoReport)?,
        id: text(&mut event, "id")?,
        name,
    })
}

/// A field that is a text, where it is there.
fn text(object: &mut Map<String, Value>, field: &str) -> Result<Option<String>, Error> {
    match object.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::NoReport),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: Option<&str>, data: &str, id: Option<&str>) -> Report {
        Report::Event(ReportedEvent {
            name: name.map(str::to_owned),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        })
    }

    #[test]
    fn a_query_is_an_event_an_error_or_that_it_was_closed() {
        for (query, report) in [
            ("data=x", event(None, "x", None)),
            (
                "data=+a%0Ab&type=note&id=7",
                event(Some("note"), " a\nb", Some("7")),
            ),
            ("data=&event=&id=", event(Some(""), "", Some(""))),
            ("error=it+broke", Report::Error("it broke".to_owned())),
            ("closed", Report::Closed),
        ] {
            assert_eq!(of_query(query), Ok(report), "{query}");
        }
        for query in ["", "dat=x", "type=note"] {
            assert_eq!(of_query(query), Err(Error::NoReport), "{query}");
        }
    }

    #[test]
    fn a_body_is_a_callback_a_plain_report_or_a_list() {
        let callback = br#"{"kind":"event","event":{"type":"put","data":"x","id":"7"}}"#;
        let put = event(Some("put"), "x", Some("7"));
        assert_eq!(of_body(callback, true), Ok(vec![put]));
        let error = Ok(vec![Report::Error("no".to_owned())]);
        assert_eq!(of_body(br#"{"kind":"error","error":"no"}"#, true), error);
        assert_eq!(of_body(br#"{"kind":"error","comment":"no"}"#, true), error);
        assert_eq!(
            of_body(br#"{"kind":"comment","comment":" x"}"#, true),
            Ok(vec![])
        );
        let list = br#"[{"data":"x","type":null},{"error":"no"},{"kind":"closed"}]"#;
        assert_eq!(
            of_body(list, false),
            Ok(vec![
                event(None, "x", None),
                Report::Error("no".to_owned()),
                Report::Closed
            ])
        );
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for body in [
            "x",
            "7",
            "{}",
            r#"{"data":7}"#,
            r#"[7]"#,
            r#"{"kind":7}"#,
            r#"{"kind":"event"}"#,
            r#"{"kind":"event","event":{"type":"x"}}"#,
        ] {
            assert_eq!(
                of_body(body.as_bytes(), false),
                Err(Error::NoReport),
                "{body}"
            );
        }
        assert_eq!(of_body(b"[]", true), Err(Error::ManyReports));
        // A list of 87,000 reports held up the whole server for a second.
        let list = |n| format!("[{}]", vec![r#"{"data":""}"#; n].join(","));
        assert!(of_body(list(KEPT_REPORTS).as_bytes(), false).is_ok());
        let long = list(KEPT_REPORTS + 1);
        assert_eq!(of_body(long.as_bytes(), false), Err(Error::LongList));
        let large = format!(r#"{{"data":"{}"}}"#, "x".repeat(LONGEST));
        assert_eq!(of_body(large.as_bytes(), false), Err(Error::LargeReport));
        let kind = br#"{"kind":"news"}"#;
        assert_eq!(of_body(kind, true), Err(Error::NoKind("news".to_owned())));
    }
}
