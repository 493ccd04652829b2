//! TLS: whose certificates are trusted, and what is said of the others.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use sse_client::{End, Error, Trust, Wish};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::{OK, begin, head, in_time, next, refusal, serve, text, wish};

/// Somebody who signs certificates, with the file of the root.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    pub(crate) fn new() -> Self {
        static BORN: AtomicU32 = AtomicU32::new(1);
        let mut root = CertificateParams::new(Vec::new()).expect("no names");
        let name = format!("authority {}", BORN.fetch_add(1, Ordering::Relaxed));
        root.distinguished_name.push(DnType::CommonName, name);
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(root, key).expect("a root");
        let mut file = NamedTempFile::new().expect("a file");
        file.write_all(issuer.pem().as_bytes())
            .expect("it is written");
        Self { issuer, file }
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::File(self.file.path().to_owned())
    }

    /// How a server speaks that has a certificate for a name.
    pub(crate) fn signs(&self, name: &str) -> ServerConfig {
        self.signs_changed(name, |_| {})
    }

    fn signs_changed(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the versions are known")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)
            .expect("they belong together")
    }
}

/// A server with TLS that plays a script on each connection.
pub(crate) async fn serve_tls<F>(
    config: ServerConfig,
    script: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serve(move |socket| {
        let (acceptor, script) = (acceptor.clone(), script.clone());
        async move {
            if let Ok(stream) = acceptor.accept(socket).await {
                script(stream).await;
            }
        }
    })
    .await
}

async fn greet(mut stream: TlsStream<TcpStream>) {
    head(&mut stream).await;
    _ = stream.write_all(OK.as_bytes()).await;
    _ = stream.write_all(b"data: 1\n\n").await;
    _ = stream.shutdown().await;
}

pub(crate) fn trusting(url: String, trust: Trust) -> Wish {
    let mut wish = wish(url);
    wish.dial.trust = trust;
    wish
}

async fn distrust(at: SocketAddr, trust: Trust) -> String {
    match refusal(trusting(format!("https://{at}"), trust)).await {
        Error::NotTrusted { server, reason } => {
            assert_eq!(server, at.to_string());
            reason
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_root_of_a_file_is_trusted_for_names_and_addresses() {
    let authority = Authority::new();
    for name in ["127.0.0.1", "localhost"] {
        let at = serve_tls(authority.signs(name), greet).await;
        let url = format!("https://{name}:{}/", at.port());
        let mut watch = begin(trusting(url, authority.trust()))
            .await
            .expect("an answer");
        assert_eq!(text(&mut watch).await, "data: 1\n\n");
        assert_eq!(watch.end().map(|(end, _)| end), Some(End::InOrder));
        let times = watch.times();
        assert!(
            times.connect < times.tls && times.tls < times.request_sent,
            "{times:?}"
        );
        assert!(
            watch.raw().1.starts_with(OK.as_bytes()),
            "the tap is behind TLS"
        );
    }
}

#[tokio::test]
async fn why_a_certificate_is_not_trusted_is_said() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let unknown = "nobody that this machine trusts has signed it";
    let good = serve_tls(authority.signs("127.0.0.1"), greet).await;
    assert_eq!(distrust(good, Trust::Platform).await, unknown);
    assert_eq!(distrust(good, stranger.trust()).await, unknown);

    let other = serve_tls(authority.signs("other.example"), greet).await;
    assert_eq!(
        distrust(other, authority.trust()).await,
        "it is for another name"
    );

    let changed = |change: fn(&mut CertificateParams)| authority.signs_changed("127.0.0.1", change);
    let expired = changed(|params| params.not_after = date_time_ymd(2001, 1, 1));
    let expired = serve_tls(expired, greet).await;
    assert_eq!(distrust(expired, authority.trust()).await, "it has expired");

    let early = changed(|params| params.not_before = date_time_ymd(3000, 1, 1));
    let early = serve_tls(early, greet).await;
    assert_eq!(
        distrust(early, authority.trust()).await,
        "it is not valid yet"
    );

    // As people make it for themselves.
    let own = changed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let own = serve_tls(own, greet).await;
    let of_authority = "it is of an authority that signs others, and not of a server";
    assert_eq!(distrust(own, authority.trust()).await, of_authority);

    for at in [good, other, expired, early, own] {
        let asked = trusting(format!("https://{at}"), Trust::Anybody);
        let mut watch = begin(asked).await.expect("an answer");
        assert_eq!(text(&mut watch).await, "data: 1\n\n");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_named() {
    let asked = |path: &str| trusting("https://127.0.0.1:9".to_owned(), Trust::File(path.into()));
    let listens = serve(|_| async {}).await;
    for path in [
        "/nowhere/roots.pem",
        env!("CARGO_MANIFEST_PATH"),
        "/dev/zero",
    ] {
        let asked = Wish {
            url: wish(format!("https://{listens}")).url,
            ..asked(path)
        };
        let e = refusal(asked).await;
        assert!(
            matches!(&e, Error::NoRoots(why) if why.starts_with(path)),
            "{e}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_and_one_that_leaves_have_their_sentences() {
    let plain = serve(|mut socket| async move {
        _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        _ = socket.read(&mut [0; 1000]).await;
    });
    let leaves = serve(|mut socket| async move {
        _ = socket.read(&mut [0; 1000]).await;
    });
    let resets = serve(|socket| async move {
        _ = socket.readable().await;
        let linger = socket2::SockRef::from(&socket).set_linger(Some(std::time::Duration::ZERO));
        linger.expect("the option is there");
    });
    for (at, why) in [
        (plain.await, "what it sends is not TLS"),
        (leaves.await, "it closed the connection"),
        (resets.await, "it reset the connection"),
    ] {
        let e = refusal(trusting(format!("https://{at}"), Trust::Anybody)).await;
        assert!(
            matches!(&e, Error::Tls { reason, .. } if reason == why),
            "{e}"
        );
    }
}

/// Over TLS 1.3 a client learns that only when it reads the answer.
#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_says_so_behind_the_handshake() {
    let authority = Authority::new();
    let root = authority.issuer.der().clone();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).expect("a root");
    let provider = Arc::new(ring::default_provider());
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    );
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let certificate = params
        .signed_by(&key, &authority.issuer)
        .expect("a certificate");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the versions are known")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(
            vec![certificate.into()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("they belong together");
    let at = serve_tls(config, greet).await;
    let e = refusal(trusting(format!("https://{at}"), authority.trust())).await;
    let is_it =
        matches!(&e, Error::Tls { reason, .. } if reason.contains("a certificate of the client"));
    assert!(is_it, "{e}");
}

/// Without its close_notify, a body that ends with the connection may be cut (RFC 8446 6.1).
#[tokio::test]
async fn an_end_that_tls_does_not_vouch_for_is_a_cut() {
    let authority = Authority::new();
    let at = serve_tls(authority.signs("127.0.0.1"), |mut stream| async move {
        head(&mut stream).await;
        _ = stream.write_all(OK.as_bytes()).await;
        _ = stream.write_all(b"data: 1\n\n").await;
        _ = stream.flush().await;
        _ = stream.get_mut().0.shutdown().await;
    })
    .await;
    let asked = trusting(format!("https://{at}"), authority.trust());
    let mut watch = begin(asked).await.expect("an answer");
    assert_eq!(text(&mut watch).await, "data: 1\n\n");
    assert_eq!(watch.end().map(|(end, _)| end), Some(End::Cut));
}

#[tokio::test]
async fn whoever_drops_a_watch_closes_tls_too() {
    let (gone, mut is_gone) = mpsc::channel(1);
    let authority = Authority::new();
    let at = serve_tls(authority.signs("127.0.0.1"), move |mut stream| {
        let gone = gone.clone();
        async move {
            head(&mut stream).await;
            _ = stream.write_all(OK.as_bytes()).await;
            _ = stream.write_all(b":\n").await;
            _ = stream.flush().await;
            _ = gone.send(stream.read(&mut [0]).await.unwrap_or(0)).await;
        }
    })
    .await;
    let asked = trusting(format!("https://{at}"), authority.trust());
    let mut watch = begin(asked).await.expect("an answer");
    assert!(next(&mut watch).await.is_some());
    drop(watch);
    assert_eq!(in_time(is_gone.recv()).await, Some(0));
}
