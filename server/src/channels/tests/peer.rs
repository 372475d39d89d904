//! Starts a peer, listens to what it tells, and ends it.

use serde_json::Value;
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How long a peer may take to start, or to tell what is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A peer that runs; it ends with this value.
pub(super) struct Peer {
    pub(super) port: u16,
    told: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Peer {
    /// Starts a peer of `peers/` and waits until it listens.
    pub(super) async fn start(script: &str, arguments: &[&str]) -> Self {
        let program = if script.ends_with(".js") { "node" } else { "python3" };
        let spawned = Command::new(program)
            .arg(testkit::crate_folder().join("peers").join(script))
            .env("PYTHONPATH", python_packages())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.unwrap_or_else(|e| panic!("the peer {script} cannot start with {program}: {e}. Run make setup once."));
        let mut told = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = timeout(PATIENCE, told.next_line()).await.expect("the peer is ready in time").expect("reads");
        let port = first.as_deref().and_then(|line| line.strip_prefix("ready ")).and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the peer {script} did not start: it said {first:?}. Run make setup once."));
        Self { port, told, _child: child }
    }

    /// The next thing of a kind that the peer tells; others are passed over.
    pub(super) async fn tells(&mut self, event: &str) -> Value {
        let search = async {
            loop {
                let line = self
                    .told
                    .next_line()
                    .await
                    .expect("reads")
                    .unwrap_or_else(|| panic!("the peer ended before {event}"));
                let value: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e} in {line}"));
                if value["event"] == event {
                    return value;
                }
            }
        };
        timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("the peer did not tell {event}"))
    }
}

/// Where `make setup` has put them.
fn python_packages() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    cache.unwrap_or_default().join("tweestap/peers/python")
}

/// A certificate for `localhost` and 127.0.0.1 in a folder of its own, and the root that signed it.
pub(super) struct Certificate {
    pub(super) folder: PathBuf,
    pub(super) root: String,
}

impl Certificate {
    pub(super) fn new() -> Self {
        use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
        let mut root = CertificateParams::new(Vec::new()).expect("parameters");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key")).expect("a root");
        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).expect("parameters").signed_by(&key, &root).expect("a leaf");
        let folder = std::env::temp_dir().join(format!("channels-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("cert.pem"), leaf.pem()).expect("writes");
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("writes");
        Self { folder, root: root.pem() }
    }

    /// What a server of these tests needs to speak TLS itself.
    pub(super) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
        let chain = CertificateDer::pem_file_iter(self.path("cert.pem")).expect("reads").collect::<Result<_, _>>();
        let key = PrivateKeyDer::from_pem_file(self.path("key.pem")).expect("a key");
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.expect("versions").with_no_client_auth().with_single_cert(chain.expect("a chain"), key);
        std::sync::Arc::new(config.expect("they fit")).into()
    }

    pub(super) fn path(&self, file: &str) -> String {
        self.folder.join(file).to_str().expect("text").to_owned()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
