//! Whom a connection with TLS trusts, and why it does not trust a certificate: the same for a
//! server that is watched, for an upstream, and for the engine of the topics.
//!
//! It opens no socket. Whoever opens one makes its configuration here, and says in its own words
//! what went wrong.

mod unchecked;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use unchecked::Unchecked;

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// What this machine trusts: the system's own roots, and those of a company.
    #[default]
    Platform,
    /// The roots of a file in PEM, and no others.
    File(PathBuf),
    /// Anybody's. Whoever answers may be anybody then.
    Anybody,
}

/// The roots that are trusted cannot be read. The text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRoots(String);

/// The largest file of roots, in bytes.
const MAX_ROOTS: u64 = 16 * 1024 * 1024;

/// What a connection needs. Reading the roots of a machine takes some milliseconds.
///
/// # Errors
/// The roots cannot be read.
pub fn config(trust: &Trust) -> Result<ClientConfig, BadRoots> {
    let provider = Arc::new(ring::default_provider());
    let no_tls = |e: rustls::Error| BadRoots(e.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(no_tls)?;
    let builder = match trust {
        Trust::Platform => builder.with_platform_verifier().map_err(no_tls)?,
        Trust::File(path) => builder.with_root_certificates(roots(path)?),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unchecked::new(provider))),
    };
    Ok(builder.with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore, BadRoots> {
    let shown = path.display();
    let unread = |reason: &dyn fmt::Display| BadRoots(format!("{shown}: {reason}"));
    // A device never ends, and the open of a pipe waits for whoever writes to it.
    let metadata = std::fs::metadata(path).map_err(|e| unread(&e))?;
    if !metadata.is_file() || metadata.len() > MAX_ROOTS {
        return Err(unread(&"it is no file of 16 MiB at most"));
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

/// Why a certificate is not trusted, in words. What the library says has no end that it keeps to:
/// cut it where that matters.
pub fn distrust(why: &CertificateError) -> String {
    let words = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::UnknownIssuer => "nobody that this machine trusts has signed it",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name"
        }
        CertificateError::Revoked => "it was revoked",
        CertificateError::BadSignature => "its signature is not of the one whom it names",
        // The library has no variant for this one, which many make for themselves.
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            "it is of an authority that signs others, and not of a server"
        }
        other => return other.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_roots_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roots.pem");
        let told = |path: &Path| {
            let Err(told) = config(&Trust::File(path.to_owned())) else {
                panic!("{} is trusted", path.display());
            };
            told.to_string()
        };
        let named = format!("{}: ", path.display());
        assert!(told(&path).starts_with(&named), "{}", told(&path));
        assert!(told(folder.path()).contains("it is no file of 16 MiB"));
        std::fs::write(&path, "-----BEGIN NOTHING-----\n").expect("written");
        assert!(told(&path).starts_with(&named), "{}", told(&path));
        std::fs::write(&path, "").expect("written");
        assert_eq!(told(&path), format!("{named}it has no certificate"));
        std::fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(MAX_ROOTS + 1))
            .expect("a large one");
        assert!(told(&path).contains("it is no file of 16 MiB"));
        #[cfg(unix)]
        assert!(told(Path::new("/dev/zero")).contains("it is no file"));
    }

    #[test]
    fn words_are_those_of_a_person() {
        for (why, words) in [
            (CertificateError::Expired, "it has expired"),
            (CertificateError::NotValidYet, "it is not valid yet"),
            (CertificateError::Revoked, "it was revoked"),
            (CertificateError::NotValidForName, "it is for another name"),
        ] {
            assert_eq!(distrust(&why), words);
        }
    }
}
