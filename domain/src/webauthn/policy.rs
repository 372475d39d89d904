//! Which makes and models a tenant allows.

use super::metadata::{Metadata, Model, Standing};
use model::{PASSKEY_MODELS_MAX, PasskeyModels};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use webauthn_rs::prelude::{AttestationCaList, AttestationCaListBuilder};

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
    #[error("A list holds at most {PASSKEY_MODELS_MAX} makes and models.")]
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
    /// Puts a tenant's list together with the metadata: models reported as broken are left out, and so, if proof is required, are those without a root.
    pub fn of(list: &PasskeyModels, metadata: Option<&Metadata>) -> Result<Self, PolicyError> {
        if list.aaguids.len() > PASSKEY_MODELS_MAX {
            return Err(PolicyError::TooMany);
        }
        match list.attestation_required {
            true => Self::proven(&list.aaguids, metadata.ok_or(PolicyError::MetadataNeeded)?),
            false => Self::claimed(&list.aaguids, metadata),
        }
    }

    fn claimed(aaguids: &[Uuid], metadata: Option<&Metadata>) -> Result<Self, PolicyError> {
        let unsound = |aaguid: &Uuid| metadata.is_some_and(|m| m.standing(*aaguid).is_some_and(|s| s != Standing::Sound));
        let (left_out, models): (Vec<Uuid>, BTreeSet<Uuid>) = {
            let (bad, good): (Vec<Uuid>, Vec<Uuid>) = aaguids.iter().partition(|a| unsound(a));
            (bad, good.into_iter().collect())
        };
        if !aaguids.is_empty() && models.is_empty() {
            return Err(PolicyError::NothingLeft);
        }
        Ok(Self {
            models: (!models.is_empty()).then_some(models),
            roots: None,
            left_out: left_out.into_iter().map(|a| (a, LeftOut::Unsound)).collect(),
        })
    }

    fn proven(aaguids: &[Uuid], metadata: &Metadata) -> Result<Self, PolicyError> {
        let mut roots = AttestationCaListBuilder::new();
        let mut models = BTreeSet::new();
        let mut left_out = BTreeMap::new();
        let wanted: Vec<Uuid> = match aaguids.is_empty() {
            true => metadata.aaguids().collect(),
            false => aaguids.to_vec(),
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
        Ok(Self {
            models: Some(models),
            roots: Some(roots.build()),
            left_out,
        })
    }

    /// Entries that count for nothing, and why: to be shown beside the list.
    pub fn left_out(&self) -> &BTreeMap<Uuid, LeftOut> {
        &self.left_out
    }

    /// Makes and models have to be proven.
    pub fn attestation_required(&self) -> bool {
        self.roots.is_some()
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
