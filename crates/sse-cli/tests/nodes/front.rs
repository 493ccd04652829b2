//! nginx and HAProxy with the configurations of `examples/scale`, at other ports.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports;

/// Which balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Haproxy,
}

/// A balancer that runs.
pub(crate) struct Front {
    child: Child,
    pub(crate) addr: SocketAddr,
    _folder: TempDir,
}

impl Front {
    /// Starts one in front of nodes at these three ports, and waits until it listens.
    pub(crate) fn start(kind: Kind, nodes: &[u16]) -> Self {
        let name = match kind {
            Kind::Nginx => "nginx.conf",
            Kind::Haproxy => "haproxy.cfg",
        };
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scale");
        let mut text = fs::read_to_string(examples.join(name)).expect("it is there");
        let port = ports::lasting();
        let others = (8001..).zip(nodes).map(|(old, new)| (old, *new));
        for (old, new) in others.chain([(8080, port)]) {
            let old = format!("127.0.0.1:{old}");
            assert!(text.contains(&old), "{name} names {old}");
            text = text.replace(&old, &format!("127.0.0.1:{new}"));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join(name);
        fs::write(&config, text).expect("it is ours");
        let mut command = match kind {
            Kind::Nginx => Command::new("nginx"),
            Kind::Haproxy => Command::new("haproxy"),
        };
        match kind {
            Kind::Nginx => command
                .arg("-p")
                .arg(folder.path())
                .arg("-c")
                .arg(config)
                .args(["-g", "daemon off;"]),
            Kind::Haproxy => command.arg("-f").arg(config),
        };
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it is installed: scripts/need.sh balancers");
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(addr).is_err() {
            assert!(Instant::now() < until, "{kind:?} does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Self {
            child,
            addr,
            _folder: folder,
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // In order: nginx would leave its workers behind.
        _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        _ = self.child.wait();
    }
}
