//! The policy document as a whole: read with its author, listed by version, replaced on the version it was made of, and tried before. What no change may
//! do, whoever makes it and by whatever verb, is leave the tenant without a global admin who can get in.

pub(crate) mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use rules::WayIn;
pub use rules::{Difference, PolicyEffect};
use serde::Serialize;

/// Combinations of state, roles, groups and methods that a change is tried on.
const ALIKE_MAX: usize = 5_000;

/// Who has published a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyAuthor {
    /// `member`, `api_key` or `operator`.
    pub kind: &'static str,
    /// By which he is known.
    pub id: Uuid,
    /// Sign-in name of a member, name of a key.
    pub name: Option<String>,
}

/// A version as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyVersion {
    /// Number, from 1.
    pub version: i32,
    /// Since when.
    pub published_at: Timestamp,
    /// By whom; nobody for the first one and for what was done at the machine's console.
    pub published_by: Option<PolicyAuthor>,
}

/// A version with its document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyView {
    /// Number, author, moment.
    #[serde(flatten)]
    pub of: PolicyVersion,
    /// What it says.
    pub document: PolicyDocument,
}

/// A whole document in place of the one in force.
#[derive(Clone, Debug)]
pub struct NewPolicy<'a> {
    /// The version it was made of: what a colleague has published since is not lost.
    pub based_on: i32,
    /// What it says.
    pub document: PolicyDocument,
    /// For the audit log.
    pub reason: &'a str,
}

/// What a change would come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyTrial {
    /// The version that was compared with.
    pub based_on: i32,
    /// What differs.
    pub changes: Vec<Difference>,
    /// What that would do to the members there are.
    pub effect: PolicyEffect,
}

/// Reads a document; what cannot be read is named by its field.
pub fn read_document(value: Value) -> std::result::Result<PolicyDocument, PolicyError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        PolicyError {
            field: if path == "." { String::from("document") } else { path },
            problem: error.into_inner().to_string(),
        }
    })
}

impl Directory<'_> {
    /// A version of the policy, or the one in force. Whoever may read the audit log has every document before him anyway.
    pub async fn policy_version(self, by: &Admin, version: Option<i32>) -> Result<PolicyView> {
        by.needs(Permission::ReadAudit)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let found = store::find_version(&mut tx, version).await?;
        tx.commit().await?;
        let (version, document, published_at, published_by) = found.ok_or(DirectoryError::Unknown("policy"))?;
        let document = serde_json::from_value(document).map_err(|_| DirectoryError::Unknown("policy"))?;
        let of = PolicyVersion {
            version,
            published_at,
            published_by,
        };
        Ok(PolicyView { of, document })
    }

    /// The versions there have been, newest first.
    pub async fn policy_versions(self, by: &Admin, cursor: Option<&Cursor>, limit: usize) -> Result<Page<PolicyVersion>> {
        by.needs(Permission::ReadAudit)?;
        let before = cursor
            .map(|cursor| cursor.key.parse::<i32>().map_err(|_| DirectoryError::Unknown("page")))
            .transpose()?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let rows = store::list_versions(&mut tx, before, limit as i64 + 1).await?;
        tx.commit().await?;
        let of = |(version, published_at, published_by)| PolicyVersion {
            version,
            published_at,
            published_by,
        };
        Ok(Page::of(rows.into_iter().map(of).collect(), limit, |last| Cursor {
            key: last.version.to_string(),
            id: Uuid::nil(),
        }))
    }

    /// Puts a whole document in place of the version it was made of; answers the new version.
    pub async fn replace_policy(self, by: &Admin, new: NewPolicy<'_>) -> Result<i32> {
        by.needs(Permission::PublishPolicy)?;
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let version = self.replace(&mut tx, by, new).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// What that would come to. Everything is done but the commit, so that what would be refused is refused here.
    pub async fn try_policy(self, by: &Admin, new: NewPolicy<'_>) -> Result<PolicyTrial> {
        by.needs(Permission::PublishPolicy)?;
        let now = self.0.clock().now();
        self.0.keys(by.tenant()).await?;
        let (based_on, after) = (new.based_on, new.document.clone());
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        self.replace(&mut tx, by, new).await?;
        let before = store::find_version(&mut tx, Some(based_on)).await?.map(|(_, document, ..)| document);
        let before: PolicyDocument = before
            .and_then(|document| serde_json::from_value(document).ok())
            .ok_or(DirectoryError::Unknown("policy"))?;
        let groups = rules::groups_named(&[&before, &after]);
        let mut everybody = store::list_alike(&mut tx, &groups, false, ALIKE_MAX as i64 + 1, now).await?;
        drop(tx);
        let complete = everybody.len() <= ALIKE_MAX;
        everybody.truncate(ALIKE_MAX);
        let json = |document: &PolicyDocument| serde_json::to_value(document).unwrap_or_default();
        // Thousands of combinations times rules times applications: not between the requests of others.
        let compared = tokio::task::spawn_blocking(move || PolicyTrial {
            based_on,
            changes: rules::differences(&json(&before), &json(&after)),
            effect: rules::effect(&before, &after, &everybody, complete),
        });
        compared.await.map_err(|_| DirectoryError::Unknown("policy"))
    }

    async fn replace(self, tx: &mut TenantTx, by: &Admin, new: NewPolicy<'_>) -> Result<i32> {
        let NewPolicy { based_on, document, reason } = new;
        let next = |present: i32, _| match present == based_on {
            true => Ok(document),
            false => Err(DirectoryError::PolicyMovedOn { present, based_on }),
        };
        self.publish(tx, by, Some(reason), next).await
    }

    /// Refuses a document that takes from the tenant's global admins the way in that the present one leaves them.
    pub(super) async fn keep_a_way_in(self, tx: &mut TenantTx, profile: Profile, before: Option<&Value>, after: &PolicyDocument, now: Timestamp) -> Result<()> {
        let before: Option<PolicyDocument> = before.and_then(|before| serde_json::from_value(before.clone()).ok());
        let Some(before) = before else { return Ok(()) };
        let groups = rules::groups_named(&[&before, after]);
        let admins = store::list_alike(tx, &groups, true, ALIKE_MAX as i64, now).await?;
        let (was, will) = (rules::way_in(&before, profile, &admins), rules::way_in(after, profile, &admins));
        match will {
            _ if will >= was => Ok(()),
            WayIn::ByMethod => Ok(()),
            WayIn::ByRegistering => Err(DirectoryError::PolicyLocksOut(String::from("none has a method that it lets in"))),
            WayIn::None => Err(DirectoryError::PolicyLocksOut(String::from(
                "a rule refuses them, or none has a method that it lets in",
            ))),
        }
    }

    /// How the global admins get in under the policy in force; none, where there is no global admin at all. Whoever changes them or the policy waits from here
    /// to the end of this transaction, so that two changes that are harmless one by one do not lock everybody out together.
    pub(super) async fn way_of_the_admins(self, tx: &mut TenantTx, now: Timestamp) -> Result<Option<WayIn>> {
        let (profile, found) = super::store::lock_policy(tx).await?;
        let profile = Profile::from_text(&profile).ok_or(DirectoryError::Unknown("profile"))?;
        let document = found.and_then(|(_, document)| serde_json::from_value(document).ok());
        let document: PolicyDocument = document.ok_or(DirectoryError::Unknown("policy"))?;
        let admins = store::list_alike(tx, &rules::groups_named(&[&document]), true, ALIKE_MAX as i64, now).await?;
        Ok((!admins.is_empty()).then(|| rules::way_in(&document, profile, &admins)))
    }
}
