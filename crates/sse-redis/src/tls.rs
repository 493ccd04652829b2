//! TLS to an engine, and why it does not begin.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use sse_tls::{Trust, distrust};

use crate::failure::cut;
use crate::mistake::Mistake;

/// What TLS needs: the roots of this file and no others, or else what this machine trusts.
pub(crate) fn config(roots: Option<&Path>) -> Result<Arc<ClientConfig>, Mistake> {
    let trust = roots.map_or(Trust::Platform, |path| Trust::File(path.to_owned()));
    let config = sse_tls::config(&trust);
    Ok(Arc::new(
        config.map_err(|e| Mistake::BadRoots(e.to_string()))?,
    ))
}

/// Why TLS did not begin, in words.
pub(crate) fn reason(e: &io::Error) -> String {
    let cause = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let why = cut(&distrust(why));
            format!("its certificate is not trusted: {why} (name its roots with ?ca=FILE)")
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            "it does not speak TLS: write redis://".to_owned()
        }
        _ => format!("TLS cannot begin: {}", cut(&e.to_string())),
    }
}
