//! Which makes and models of passkeys a tenant allows, and what the FIDO Alliance knows about them: uploaded by the operator and verified offline.

use super::{Passkeys, PasskeysError, Result, store};
use crate::{
    actor::{Admin, Operator, Permission},
    db::TenantTx,
    directory::DirectoryError,
    webauthn::{
        Allowed, LeftOut, Metadata, Roots, Standing,
        metadata::{name_of, named},
    },
};
use jiff::{Timestamp, civil::Date};
use model::{PasskeyModels, PolicyDocument};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The metadata that are there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetadataView {
    /// The number of the blob (FIDO Metadata Service 3.0, `no`).
    pub serial: u64,
    /// The day of the next one (`nextUpdate`).
    pub next_update: Date,
    /// That day is over.
    pub overdue: bool,
    /// Models that are known.
    pub models: usize,
}

impl MetadataView {
    fn of(metadata: &Metadata, now: Timestamp) -> Self {
        Self {
            serial: metadata.serial(),
            next_update: metadata.next_update(),
            overdue: metadata.is_overdue(now),
            models: metadata.aaguids().count(),
        }
    }
}

/// A make and model of a tenant's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// AAGUID.
    pub aaguid: Uuid,
    /// What it is called, if that is known.
    pub name: Option<String>,
    /// Why it counts for nothing; `None` where it counts.
    pub left_out: Option<LeftOut>,
}

/// A tenant's list, put together with the metadata of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelsView {
    /// What stands in it.
    pub listed: Vec<ListedModel>,
    /// They have to prove it.
    pub attestation_required: bool,
}

/// A model that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// AAGUID.
    pub aaguid: Uuid,
    /// What it is called.
    pub name: String,
}

impl Passkeys<'_> {
    /// Takes a metadata blob: signature, chain and signer are verified, and that it is not older than what is there. The whole blob counts, or nothing of it.
    pub async fn import_metadata(self, _by: Operator, blob: &str, roots: &Roots) -> Result<MetadataView> {
        let domain = self.0;
        let now = domain.clock().now();
        let kept = self.metadata().await?;
        let metadata = Metadata::verify(blob, roots, kept.as_ref(), now)?;
        let view = MetadataView::of(&metadata, now);
        let content = serde_json::to_value(&metadata).map_err(|_| PasskeysError::Unreadable)?;
        let serial = i64::try_from(metadata.serial()).map_err(|_| PasskeysError::Unreadable)?;
        store::save_metadata(domain.db(), serial, &content, now).await?;
        domain
            .directory()
            .note("console", "fido_metadata.imported", json!({ "serial": view.serial, "models": view.models }))
            .await?;
        Ok(view)
    }

    /// The metadata that are there.
    pub async fn metadata_view(self, _by: Operator) -> Result<Option<MetadataView>> {
        let now = self.0.clock().now();
        Ok(self.metadata().await?.map(|metadata| MetadataView::of(&metadata, now)))
    }

    /// The tenant's list.
    pub async fn models(self, by: &Admin) -> Result<ModelsView> {
        let (_, document) = self.0.directory().policy(by).await?;
        let metadata = self.metadata().await?;
        // A list that cannot be put together any more is shown as it stands.
        let allowed = Allowed::of(&document.passkeys, metadata.as_ref()).ok();
        Ok(view_of(&document.passkeys, allowed.as_ref(), metadata.as_ref()))
    }

    /// Sets the list, as the next version of the policy. A list that would leave nothing is refused.
    pub async fn set_models(self, by: &Admin, models: PasskeyModels, reason: &str) -> Result<ModelsView> {
        self.change_models(by, reason, |list| *list = models).await
    }

    /// The same for a part of the list: what a colleague puts on it at the same moment stays.
    pub async fn change_models(self, by: &Admin, reason: &str, change: impl FnOnce(&mut PasskeyModels)) -> Result<ModelsView> {
        by.needs(Permission::PublishPolicy).map_err(DirectoryError::from)?;
        let metadata = self.metadata().await?;
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let mut models = PasskeyModels::default();
        let changed = |mut document: PolicyDocument| {
            change(&mut document.passkeys);
            models = document.passkeys.clone();
            document
        };
        self.0.directory().change_policy_in(&mut tx, by, reason, changed).await?;
        let allowed = Allowed::of(&models, metadata.as_ref())?;
        tx.commit().await?;
        Ok(view_of(&models, Some(&allowed), metadata.as_ref()))
    }

    /// Models that have a name, by name: those of the metadata, and a few that most people have.
    pub async fn known_models(self, by: &Admin) -> Result<Vec<KnownModel>> {
        by.needs(Permission::PublishPolicy).map_err(DirectoryError::from)?;
        let metadata = self.metadata().await?;
        let mut known: Vec<KnownModel> = named(metadata.as_ref())
            .into_iter()
            .filter(|(aaguid, _)| {
                metadata
                    .as_ref()
                    .and_then(|m| m.standing(*aaguid))
                    .is_none_or(|standing| standing == Standing::Sound)
            })
            .map(|(aaguid, name)| KnownModel { aaguid, name })
            .collect();
        known.sort_by(|a, b| a.name.to_lowercase().cmp(&b.name.to_lowercase()).then(a.aaguid.cmp(&b.aaguid)));
        Ok(known)
    }

    /// How many members have a passkey that a list would not let them register: it goes on working, and nobody can make another one like it.
    pub async fn members_outside(self, by: &Admin, models: &PasskeyModels) -> Result<i64> {
        by.needs(Permission::PublishPolicy).map_err(DirectoryError::from)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let listed: Vec<String> = models.aaguids.iter().map(Uuid::to_string).collect();
        let count = store::count_outside(&mut tx, &listed, models.attestation_required).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// What may be registered in the tenant now.
    pub(super) async fn allowed(self, tx: &mut TenantTx) -> Result<Allowed> {
        let policy = crate::directory::store::find_policy(tx).await?;
        let document: Option<PolicyDocument> = policy.and_then(|(_, document)| serde_json::from_value(document).ok());
        let document = document.ok_or(crate::verification::VerificationError::PolicyMissing)?;
        let metadata = self.metadata().await?;
        // The member can do nothing about a list that leaves nothing: no make is allowed then.
        Allowed::of(&document.passkeys, metadata.as_ref()).map_err(|_| crate::webauthn::PasskeyError::ModelNotAllowed.into())
    }

    /// The metadata, read anew: a registration is rare, and another node may have taken newer ones.
    pub(super) async fn metadata(self) -> Result<Option<Metadata>> {
        let content = store::find_metadata(self.0.db()).await?;
        content
            .map(|content| serde_json::from_value(content).map_err(|_| PasskeysError::Unreadable))
            .transpose()
    }
}

fn view_of(models: &PasskeyModels, allowed: Option<&Allowed>, metadata: Option<&Metadata>) -> ModelsView {
    let listed = models.aaguids.iter().map(|aaguid| ListedModel {
        aaguid: *aaguid,
        name: name_of(*aaguid, metadata),
        left_out: allowed.and_then(|allowed| allowed.left_out().get(aaguid).copied()),
    });
    ModelsView {
        listed: listed.collect(),
        attestation_required: models.attestation_required,
    }
}
