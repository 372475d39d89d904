//! The policy of a tenant: what it asks, and what it says about an attempt.

pub mod reset;
pub mod rules;

use model::{PolicyDocument, TenantId};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

/// The newest policy; the document is left out when the caller knows this version.
#[derive(Debug, Deserialize)]
pub struct PolicyFacts {
    /// Version.
    pub version: i32,
    /// Document.
    pub document: Option<PolicyDocument>,
}

/// A version and its document.
pub(crate) type Versioned = (i32, Arc<PolicyDocument>);

/// Documents that have been read before, so that they travel from the database only once a version.
#[derive(Default)]
pub(crate) struct Policies {
    newest: RwLock<HashMap<TenantId, Versioned>>,
}

impl Policies {
    /// The newest version seen.
    pub(crate) fn known(&self, tenant: TenantId) -> Option<Versioned> {
        self.newest.read().unwrap_or_else(|p| p.into_inner()).get(&tenant).cloned()
    }

    /// The version in force, as the facts tell it; `None` when the tenant has none, whatever was known before.
    pub(crate) fn current(&self, tenant: TenantId, facts: Option<&PolicyFacts>, known: Option<Versioned>) -> Option<Versioned> {
        let facts = facts?;
        match &facts.document {
            None => known.filter(|(version, _)| *version == facts.version),
            Some(document) => {
                let versioned = (facts.version, Arc::new(document.clone()));
                self.newest.write().unwrap_or_else(|p| p.into_inner()).insert(tenant, versioned.clone());
                Some(versioned)
            }
        }
    }
}
