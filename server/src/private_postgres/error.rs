//! What can go wrong with the private Postgres, said so that the reader knows what to do.

use std::io;
use std::path::{Path, PathBuf};

/// The private Postgres could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivatePostgresError {
    #[error("{what} {}: {error}", path.display())]
    File { what: &'static str, path: PathBuf, error: io::Error },
    #[error("no Postgres is installed (neither in PATH nor under /usr/lib/postgresql). Install it (Debian: apt-get install postgresql), or set DATABASE_URL")]
    NotInstalled,
    #[error("Postgres {found} is installed, and at least {needed} is needed: install a newer one, or set DATABASE_URL")]
    TooOld { found: u32, needed: u32 },
    #[error(
        "the data folder was made by Postgres {folder}, which is not installed any more (found: {found}): install it again, or move the data with pg_upgrade"
    )]
    OtherVersion { folder: u32, found: u32 },
    #[error(
        "the user postgres cannot reach {}, and Postgres never runs as root: choose another TWEESTAP_DATA_DIR, such as /var/lib/tweestap, or start as an ordinary user",
        .0.display()
    )]
    Unreachable(PathBuf),
    #[error("there is no user `postgres` on this machine, and Postgres never runs as root: start as an ordinary user")]
    NoPostgresUser,
    #[error("{} is missing beside the data it belongs to: put it back from a backup", .0.display())]
    Missing(PathBuf),
    #[error("{} {why}", path.display())]
    Unreadable { path: PathBuf, why: &'static str },
    #[error("another tweestap has been starting or stopping the private Postgres for {0} seconds; is it stuck?")]
    Busy(u64),
    #[error("{program} failed: {output}")]
    Program { program: String, output: String },
    #[error("the private Postgres does not answer as it should: {0}")]
    Database(#[from] sqlx::Error),
}

impl PrivatePostgresError {
    /// Says what was tried with which file when the system refuses.
    pub(super) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { what, path, error }
    }
}
