//! Which makes and models a tenant allows.

use super::metadata::{Metadata, Model, Standing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use webauthn_rs::prelude::{AttestationCaList, AttestationCaListBuilder};

/// Most AAGUIDs in a list.
pub const ALLOWED_MODELS_MAX: usize = 500;

/// A tenant's list of makes and models.
///
/// Without attestation the list only keeps honest people from using the wrong device: an AAGUID is then a claim that anyone can make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowList {
    /// Makes and models by AAGUID (WebAuthn L3 section 6.5.1); empty for any.
    pub aaguids: Vec<Uuid>,
    /// They have to prove it (WebAuthn L3 section 6.5); then only passkeys bound to one device can be registered.
    pub attestation_required: bool,
}

/// Why an entry of a list counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Not in the metadata, so it could not prove anything.
    Unknown,
    /// The metadata name no root that can be read.
    NoRoot,
    /// Reported as broken.
    Unsound,
}

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Attestation needs metadata.
    #[error("Proof of make and model needs the metadata of the FIDO Alliance, and none has been uploaded.")]
    MetadataNeeded,
    /// Nothing is left of the list.
    #[error("None of the makes and models of the list can be allowed.")]
    NothingLeft,
    /// Too long.
    #[error("A list holds at most {ALLOWED_MODELS_MAX} makes and models.")]
    TooMany,
}

/// A list put together with the metadata of the day.
#[derive(Clone, Debug)]
pub struct Allowed {
    pub(super) models: Option<BTreeSet<Uuid>>,
    pub(super) roots: Option<AttestationCaList>,
    left_out: BTreeMap<Uuid, LeftOut>,
}

impl Allowed {
    /// Entries that count for nothing, and why: to be shown beside the list.
    pub fn left_out(&self) -> &BTreeMap<Uuid, LeftOut> {
        &self.left_out
    }

    /// Makes and models have to be proven.
    pub fn attestation_required(&self) -> bool {
        self.roots.is_some()
    }
}

impl AllowList {
    /// Puts the list together with the metadata: models reported as broken are left out, and so, if proof is required, are those without a root.
    pub fn resolve(&self, metadata: Option<&Metadata>) -> Result<Allowed, PolicyError> {
        if self.aaguids.len() > ALLOWED_MODELS_MAX {
            return Err(PolicyError::TooMany);
        }
        if self.attestation_required {
            self.proven(metadata.ok_or(PolicyError::MetadataNeeded)?)
        } else {
            self.claimed(metadata)
        }
    }

    fn claimed(&self, metadata: Option<&Metadata>) -> Result<Allowed, PolicyError> {
        let unsound = |aaguid: &Uuid| metadata.is_some_and(|m| m.standing(*aaguid).is_some_and(|s| s != Standing::Sound));
        let (left_out, models): (Vec<Uuid>, BTreeSet<Uuid>) = {
            let (bad, good): (Vec<Uuid>, Vec<Uuid>) = self.aaguids.iter().partition(|a| unsound(a));
            (bad, good.into_iter().collect())
        };
        if !self.aaguids.is_empty() && models.is_empty() {
            return Err(PolicyError::NothingLeft);
        }
        Ok(Allowed {
            models: (!models.is_empty()).then_some(models),
            roots: None,
            left_out: left_out.into_iter().map(|a| (a, LeftOut::Unsound)).collect(),
        })
    }

    fn proven(&self, metadata: &Metadata) -> Result<Allowed, PolicyError> {
        let mut roots = AttestationCaListBuilder::new();
        let mut models = BTreeSet::new();
        let mut left_out = BTreeMap::new();
        let wanted: Vec<Uuid> = if self.aaguids.is_empty() {
            metadata.aaguids().collect()
        } else {
            self.aaguids.clone()
        };
        for aaguid in wanted {
            match trust(&mut roots, aaguid, metadata.model(aaguid)) {
                Ok(()) => drop(models.insert(aaguid)),
                Err(why) => drop(left_out.insert(aaguid, why)),
            }
        }
        if models.is_empty() {
            return Err(PolicyError::NothingLeft);
        }
        Ok(Allowed {
            models: Some(models),
            roots: Some(roots.build()),
            left_out,
        })
    }
}

/// Adds the roots of a model to the list the library checks chains against.
fn trust(roots: &mut AttestationCaListBuilder, aaguid: Uuid, model: Option<&Model>) -> Result<(), LeftOut> {
    let model = model.ok_or(LeftOut::Unknown)?;
    if model.standing() != Standing::Sound {
        return Err(LeftOut::Unsound);
    }
    let added = model
        .roots()
        .filter(|der| roots.insert_device_der(der, aaguid, String::from(model.name()), BTreeMap::new()).is_ok())
        .count();
    if added == 0 { Err(LeftOut::NoRoot) } else { Ok(()) }
}
