//! What a node asks itself before it says it is ready.

use crate::{Domain, KeysError, actor::Operator, directory::DirectoryError};

/// Tenants whose keys are tried: the master key is one for all, so a few show whether it is the right one.
const TENANTS_TRIED_MAX: usize = 5;

impl Domain {
    /// Opens the keys of some tenants with the master key; tells how many were tried.
    pub async fn check_keys(&self) -> Result<usize, DirectoryError> {
        let tenants = self.directory().tenants(Operator::console()).await?;
        let tried = tenants.iter().take(TENANTS_TRIED_MAX);
        for tenant in tried.clone() {
            self.keys(tenant.id).await.map_err(|error: KeysError| DirectoryError::Keys(error))?;
        }
        Ok(tried.len())
    }
}
