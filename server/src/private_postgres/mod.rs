//! The private Postgres: what every sub-command uses when `DATABASE_URL` is not set.
//!
//! It lives in the data folder, listens on a loopback port of its own, and runs as long as anybody uses it:
//! - `start.lock` is held alone while somebody starts or stops it;
//! - `in-use.lock` is held together by all who use it. The last one out finds nobody else there and stops the server.
//!
//! Both are locks of the operating system, so a killed program holds neither and the next one simply goes on.

mod cluster;
mod error;
mod folder;
mod programs;
mod roles;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::Path;

use crate::config::{DatabaseUrls, MasterKey};

use cluster::Cluster;
pub(crate) use error::PrivatePostgresError;
use folder::Folder;

/// A running private Postgres, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct PrivatePostgres {
    pub(crate) urls: DatabaseUrls,
    pub(crate) master_key: MasterKey,
    folder: Folder,
    cluster: Cluster,
    /// The shared lock that says "somebody uses it"; gone once left.
    in_use: Option<File>,
}

impl PrivatePostgres {
    /// Starts the server of this data folder, or joins it when it runs already. Makes everything on first use.
    pub(crate) async fn join(data_dir: &Path) -> Result<Self, PrivatePostgresError> {
        let folder = Folder::open(data_dir)?;
        let starting = folder.lock_start().await?;
        let in_use = folder.lock_in_use()?;
        let mut access = folder.access()?;
        let master_key = folder.master_key()?;
        let cluster = Cluster::find_or_make(&folder, &access).await?;
        if !cluster.is_running().await? {
            access = folder.with_free_port(access)?;
            cluster.start(&access).await?;
        }
        let urls = roles::prepare(&access).await?;
        drop(starting);
        Ok(Self {
            urls,
            master_key,
            folder,
            cluster,
            in_use: Some(in_use),
        })
    }

    /// Goes away; stops the server when nobody else uses it.
    pub(crate) async fn leave(mut self) -> Result<(), PrivatePostgresError> {
        let starting = self.folder.lock_start().await?;
        if self.is_last_out()? {
            self.cluster.stop().await?;
        }
        drop(starting);
        Ok(())
    }

    /// Gives up the own share and asks whether it was the last. Only meaningful while `start.lock` is held.
    fn is_last_out(&mut self) -> Result<bool, PrivatePostgresError> {
        drop(self.in_use.take());
        self.folder.nobody_uses_it()
    }
}

/// For the ways out that do not pass `leave`, such as an error on the way: the same, without waiting for others.
impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if self.in_use.is_none() {
            return;
        }
        // When somebody else is starting or stopping, he takes over what there is to do.
        if let Ok(Some(_starting)) = self.folder.try_lock_start()
            && let Ok(true) = self.is_last_out()
        {
            self.cluster.stop_now();
        }
    }
}
