//! TLS to an engine: whom it trusts, and why it does not trust one.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::failure::cut;
use crate::mistake::Mistake;

/// The largest file of roots, in bytes.
const MAX_ROOTS: u64 = 16 * 1024 * 1024;

/// What TLS needs: the roots of this file and no others, or else what this machine trusts.
pub(crate) fn config(roots: Option<&Path>) -> Result<Arc<ClientConfig>, Mistake> {
    let no_roots = |e: rustls::Error| Mistake::BadRoots(e.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(no_roots)?;
    let builder = match roots {
        Some(path) => builder.with_root_certificates(read(path)?),
        None => builder.with_platform_verifier().map_err(no_roots)?,
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

fn read(path: &Path) -> Result<RootCertStore, Mistake> {
    let shown = path.display();
    let unread = |reason: &dyn fmt::Display| Mistake::BadRoots(format!("{shown}: {reason}"));
    // A device never ends, and the open of a pipe waits for whoever writes to it.
    let metadata = std::fs::metadata(path).map_err(|e| unread(&e))?;
    if !metadata.is_file() || metadata.len() > MAX_ROOTS {
        return Err(unread(&"it is not a file of 16 MiB at most"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unread(&e))? {
        let certificate = certificate.map_err(|e| unread(&e))?;
        roots.add(certificate).map_err(|e| unread(&e))?;
    }
    match roots.is_empty() {
        true => Err(unread(&"it has no certificate")),
        false => Ok(roots),
    }
}

/// Why TLS did not begin, in words.
pub(crate) fn reason(e: &io::Error) -> String {
    let cause = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let why = match why {
                CertificateError::UnknownIssuer => "no trusted root has signed it".into(),
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    "it is for another name".into()
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "it has expired".into()
                }
                other => cut(&other.to_string()),
            };
            format!("its certificate is not trusted: {why} (name its roots with ?ca=FILE)")
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            "it does not speak TLS: write redis:// in place of rediss://".to_owned()
        }
        _ => format!("TLS cannot begin: {}", cut(&e.to_string())),
    }
}
