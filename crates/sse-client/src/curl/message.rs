//! The request that a curl line makes, with all that goes without saying.

use hyper::Method;

use super::body::{CurlBody, CurlFile};
use super::{CurlHeader, CurlRequest, url};

/// What is sent, without what depends on the connection: `Host`, the body's length, and
/// `Authorization`, which [`CurlRequest::authorization`] makes where no field of it is here.
#[derive(Clone, PartialEq, Eq)]
pub struct CurlMessage {
    /// The method.
    pub method: Method,
    /// The URL, with the data of `-G` in its query.
    pub url: String,
    /// The header fields. A value of `None` says that this field is not sent, although it would go
    /// without saying.
    pub headers: Vec<CurlHeader>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl CurlRequest {
    /// Puts it together as curl does: a header of `-H` wins over one that another flag makes, and
    /// data is a form where neither `--json` nor a header says otherwise. `User-Agent` and `Accept`
    /// are left to whoever sends it, where the line says nothing about them.
    ///
    /// Whoever calls reads the files of the body, whole, and bounds them.
    ///
    /// # Errors
    /// What reading a file answers.
    pub fn message<E>(
        &self,
        read: impl FnMut(&CurlFile) -> Result<Vec<u8>, E>,
    ) -> Result<CurlMessage, E> {
        let body = self.body.as_ref();
        let bytes = body.map(|body| body.bytes(read)).transpose()?;
        let is_json = body.is_some_and(CurlBody::is_json);
        let (url, bytes) = match (self.body_in_query, bytes) {
            (true, Some(data)) => (url::with_query(&self.url, &data), None),
            (_, bytes) => (self.url.clone(), bytes),
        };
        let form = match is_json {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let made = [
            ("User-Agent", self.user_agent.as_deref()),
            ("Referer", self.referer.as_deref()),
            ("Cookie", self.cookies.as_deref()),
            ("Content-Type", bytes.is_some().then_some(form)),
            ("Accept", is_json.then_some("application/json")),
        ];
        let mut headers = self.headers.clone();
        for (name, value) in made {
            let is_there = self
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case(name));
            if let Some(value) = value.filter(|_| !is_there) {
                headers.push(CurlHeader {
                    name: name.to_owned(),
                    value: Some(value.to_owned()).filter(|value| !value.is_empty()),
                });
            }
        }
        Ok(CurlMessage {
            method: self.method(),
            url,
            headers,
            body: bytes,
        })
    }
}
