//! TLS to a watched server: whom it trusts, and why it does not trust one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::url::Url;

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// What this machine trusts: the system's own roots, and those of a company.
    #[default]
    Platform,
    /// The roots of a file in PEM, and no others.
    File(PathBuf),
    /// Anybody's. What is watched may be anybody's then.
    Anybody,
}

/// What TLS needs, made once for many connections: reading the roots of a machine takes some
/// milliseconds. A server may take a session up again by it.
#[derive(Clone, Default)]
pub struct TlsCache(Arc<OnceLock<Arc<ClientConfig>>>);

impl fmt::Debug for TlsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsCache")
    }
}

/// Begins TLS over a connection. Offers HTTP/2 where it is wanted, and HTTP/1.1 always.
///
/// # Errors
/// The certificate is not trusted, or there is no TLS.
pub(crate) async fn begin(
    socket: TcpStream,
    url: &Url,
    trust: &Trust,
    http2: bool,
    cache: Option<&TlsCache>,
) -> Result<TlsStream<TcpStream>, Error> {
    let cached = cache.and_then(|cache| cache.0.get().cloned());
    let config = match cached {
        Some(config) => config,
        None => {
            let mut config = config(trust)?;
            let h2: &[u8] = b"h2";
            config.alpn_protocols = [h2, b"http/1.1"][usize::from(!http2)..]
                .iter()
                .map(|protocol| protocol.to_vec())
                .collect();
            let config = Arc::new(config);
            if let Some(cache) = cache {
                // Another connection may have been as fast.
                _ = cache.0.set(Arc::clone(&config));
            }
            config
        }
    };
    let name = ServerName::try_from(url.host.clone()).map_err(|_| Error::BadUrl(url.whole()))?;
    let connector = TlsConnector::from(config);
    let server = url.to_string();
    connector.connect(name, socket).await.map_err(|e| {
        failure(&e, &server).unwrap_or_else(|| Error::Tls {
            server,
            reason: match e.kind() {
                io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
                io::ErrorKind::ConnectionReset => "it reset the connection".to_owned(),
                _ => e.to_string(),
            },
        })
    })
}

/// The version of a connection, in words.
pub(crate) fn version(connection: &rustls::ClientConnection) -> Option<&'static str> {
    match connection.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        rustls::ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// What TLS has against a server, where an error of its socket comes from TLS: while it begins, or
/// later, as with a server that wants a certificate of ours.
pub(crate) fn failure(e: &io::Error, server: &str) -> Option<Error> {
    let cause = e.get_ref()?.downcast_ref::<rustls::Error>()?;
    let server = server.to_owned();
    Some(match cause {
        rustls::Error::InvalidCertificate(why) => Error::NotTrusted {
            server,
            reason: reason(why),
        },
        rustls::Error::InvalidMessage(_) => Error::Tls {
            server,
            reason: "what it sends is not TLS".to_owned(),
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => Error::Tls {
            server,
            reason: "it wants a certificate of the client, which is not supported".to_owned(),
        },
        other => Error::Tls {
            server,
            reason: other.to_string(),
        },
    })
}

fn config(trust: &Trust) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let no_tls = |e: rustls::Error| Error::NoRoots(e.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(no_tls)?;
    let builder = match trust {
        Trust::Platform => builder.with_platform_verifier().map_err(no_tls)?,
        Trust::File(path) => builder.with_root_certificates(roots(path)?),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unchecked(provider))),
    };
    Ok(builder.with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore, Error> {
    let shown = path.display();
    let unread = |reason: &dyn fmt::Display| Error::NoRoots(format!("{shown}: {reason}"));
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

/// Why a certificate is not trusted, in words.
fn reason(why: &CertificateError) -> String {
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

/// Trusts any certificate. The handshake is checked still.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
