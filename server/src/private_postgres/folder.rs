//! The data folder: locks, port and passwords, master key. Only its owner may read them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PrivatePostgresError;
use crate::config::{MasterKey, is_root};
use crate::random;

/// How long somebody else may take to start (the first time with initdb) or stop the server.
const LOCK_WAIT_SECONDS_MAX: u64 = 120;

/// The folder that `TWEESTAP_DATA_DIR` names.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

/// How to reach the server: kept in the folder, readable by its owner only.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) port: u16,
    pub(super) superuser_password: String,
    pub(super) owner_password: String,
    pub(super) app_password: String,
    pub(super) keeper_password: String,
}

impl Folder {
    /// Makes the folder when it is not there. Root's stays passable, because `postgres` must get through to its own part.
    pub(super) fn open(path: &Path) -> Result<Self, PrivatePostgresError> {
        let mode = if is_root() { 0o711 } else { 0o700 };
        if !path.is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(path)
                .map_err(PrivatePostgresError::file("cannot make the data folder", path))?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(PrivatePostgresError::file("cannot set the rights of the data folder", path))?;
        let path = fs::canonicalize(path).map_err(PrivatePostgresError::file("cannot find the data folder", path))?;
        Ok(Self { path })
    }

    /// Where Postgres keeps its files.
    pub(super) fn postgres(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// Where a new one is made; renamed once it is whole, so that a half-made one is never taken for whole.
    pub(super) fn postgres_in_the_making(&self) -> PathBuf {
        self.path.join("postgres.new")
    }

    pub(super) fn password_file(&self) -> PathBuf {
        self.path.join("initdb-password")
    }

    /// Waits for the lock that starting and stopping need.
    pub(super) async fn lock_start(&self) -> Result<File, PrivatePostgresError> {
        let pause = Duration::from_millis(50);
        for _ in 0..(LOCK_WAIT_SECONDS_MAX * 20) {
            if let Some(lock) = self.try_lock_start()? {
                return Ok(lock);
            }
            tokio::time::sleep(pause).await;
        }
        Err(PrivatePostgresError::Busy(LOCK_WAIT_SECONDS_MAX))
    }

    pub(super) fn try_lock_start(&self) -> Result<Option<File>, PrivatePostgresError> {
        let (file, path) = self.lock_file("start.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(PrivatePostgresError::file("cannot lock", &path)(error)),
        }
    }

    /// Says "somebody uses it". Waits for nobody: whoever asks for it alone does so under `start.lock` and lets go.
    pub(super) fn lock_in_use(&self) -> Result<File, PrivatePostgresError> {
        let (file, path) = self.lock_file("in-use.lock")?;
        file.lock_shared().map_err(PrivatePostgresError::file("cannot lock", &path))?;
        Ok(file)
    }

    pub(super) fn nobody_uses_it(&self) -> Result<bool, PrivatePostgresError> {
        let (file, path) = self.lock_file("in-use.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(PrivatePostgresError::file("cannot lock", &path)(error)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<(File, PathBuf), PrivatePostgresError> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(PrivatePostgresError::file("cannot open", &path))?;
        Ok((file, path))
    }

    /// Port and passwords; made once. Data without them would be lost behind passwords nobody knows, so that is an error.
    pub(super) fn access(&self) -> Result<Access, PrivatePostgresError> {
        let path = self.access_path();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| PrivatePostgresError::Unreadable {
                path,
                why: "is damaged: put it back from a backup",
            }),
            Err(error) if error.kind() == ErrorKind::NotFound && self.postgres().exists() => Err(PrivatePostgresError::Missing(path)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let access = Access {
                    port: 0,
                    superuser_password: random::password(),
                    owner_password: random::password(),
                    app_password: random::password(),
                    keeper_password: random::password(),
                };
                self.keep(&access)?;
                Ok(access)
            }
            Err(error) => Err(PrivatePostgresError::file("cannot read", &path)(error)),
        }
    }

    /// Keeps the remembered port when it is free, else remembers another one.
    pub(super) fn with_free_port(&self, mut access: Access) -> Result<Access, PrivatePostgresError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, access.port))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .and_then(|listener| listener.local_addr());
        let port = listener.map_err(PrivatePostgresError::file("cannot find a free port for", &self.path))?.port();
        if port != access.port {
            access.port = port;
            self.keep(&access)?;
        }
        Ok(access)
    }

    fn keep(&self, access: &Access) -> Result<(), PrivatePostgresError> {
        let path = self.access_path();
        let text = serde_json::to_vec_pretty(access).map_err(|_| PrivatePostgresError::Unreadable {
            path: path.clone(),
            why: "cannot be written as JSON",
        })?;
        self.write_private(&path, &text)
    }

    fn access_path(&self) -> PathBuf {
        self.path.join("postgres.json")
    }

    /// The master key of this installation. Made with the folder, never remade beside data that another key has sealed.
    pub(super) fn master_key(&self) -> Result<MasterKey, PrivatePostgresError> {
        let path = self.path.join("master.key");
        match fs::read_to_string(&path) {
            Ok(text) => MasterKey::parse(&text).map_err(|why| PrivatePostgresError::Unreadable { path: path.clone(), why }),
            Err(error) if error.kind() == ErrorKind::NotFound && self.postgres().exists() => Err(PrivatePostgresError::Missing(path)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = MasterKey::from_bytes(random::bytes());
                let text = format!("{}\n", key.to_base64().expose());
                self.write_private(&path, text.as_bytes())?;
                Ok(key)
            }
            Err(error) => Err(PrivatePostgresError::file("cannot read", &path)(error)),
        }
    }

    /// Writes a file that only its owner can read, whole or not at all.
    pub(super) fn write_private(&self, path: &Path, content: &[u8]) -> Result<(), PrivatePostgresError> {
        let new = path.with_extension("new");
        // A left-over of a killed run may have other rights; a new file has ours from its first byte.
        drop(fs::remove_file(&new));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        written.map_err(PrivatePostgresError::file("cannot write", &new))?;
        fs::rename(&new, path).map_err(PrivatePostgresError::file("cannot write", path))?;
        File::open(&self.path)
            .and_then(|folder| folder.sync_all())
            .map_err(PrivatePostgresError::file("cannot write to the disk", &self.path))
    }
}
