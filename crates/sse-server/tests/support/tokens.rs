//! A server with tokens, and what it answers.

use std::path::{Path, PathBuf};

use sse_server::{Config, Tokens};
use tempfile::TempDir;

use super::Bench;

/// A token that may publish.
pub const PUBLISH: &str = "publish-0123456789abcdef";
/// A token that may only subscribe.
pub const SUBSCRIBE: &str = "subscribe-0123456789abcdef";

/// A server with tokens, and the folder of their files.
pub struct Guarded {
    pub bench: Bench,
    pub folder: TempDir,
}

/// Writes a file that only its owner can read, and puts it in its place.
pub fn save(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let own = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&new, own).expect("it is ours");
    }
    std::fs::rename(new, path).expect("in its place");
}

/// The files of the tokens that publish and that subscribe.
pub fn files(folder: &TempDir) -> (PathBuf, PathBuf) {
    let file = |name| folder.path().join(name);
    (file("publish"), file("subscribe"))
}

pub async fn guarded() -> Guarded {
    guarded_by(true, true).await
}

pub async fn guarded_by(publish: bool, subscribe: bool) -> Guarded {
    let folder = TempDir::new().expect("a folder");
    let (publish_file, subscribe_file) = files(&folder);
    save(&publish_file, &format!("# those of CI\n{PUBLISH}\n"));
    save(&subscribe_file, &format!("{SUBSCRIBE}\n"));
    let bench = Bench::with(Config {
        tokens: Tokens {
            publish: publish.then_some(publish_file),
            subscribe: subscribe.then_some(subscribe_file),
        },
        ..Config::default()
    })
    .await;
    Guarded { bench, folder }
}

/// An `Authorization` with this token.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

impl Guarded {
    /// The status of a request, its `WWW-Authenticate`, and the sentence where it has a body.
    pub async fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> (u16, String, String) {
        let body = [("content-length", "1")];
        let mut headers = headers.to_vec();
        if method == "POST" {
            headers.extend(body);
        }
        let mut client = self.bench.connect().await;
        client
            .send(&self.bench.request(method, target, &headers))
            .await;
        if method == "POST" {
            client.send("x").await;
        }
        let head = client.head().await;
        let challenge = head.get("www-authenticate").unwrap_or_default().to_owned();
        let sentence = match head.get("content-length") {
            Some(_) if method != "HEAD" => client.body(&head).await,
            _ => String::new(),
        };
        (head.status, challenge, sentence)
    }

    pub async fn status(&self, method: &str, target: &str, token: Option<&str>) -> u16 {
        let field = token.map(bearer);
        let field = field.as_deref().map(|field| ("authorization", field));
        let fields: Vec<_> = field.into_iter().collect();
        self.ask(method, target, &fields).await.0
    }
}
