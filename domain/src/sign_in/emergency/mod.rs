//! Emergency keys: 160 random bits on paper, in a safe, for the day on which nobody with the rights can sign in any more. Made at the console of the
//! machine alone, so that whoever takes over an admin's account makes himself no way back; for global admins and operators, one each. Using one removes
//! every method, ends what was open, tells every global admin, and gives a set-up link of a few minutes. Wrong ones are counted by source, and whoever
//! has a key is warned.

mod store;
#[cfg(test)]
mod tests;

use super::*;
use crate::{
    actor::{Admin, Permission, Who},
    db::TenantTx,
    directory::{DirectoryError, MemberRef, MemberView, SetUpToken},
    journal::{
        Event,
        entry::{Audited, Change},
    },
    vault::{Secret, TenantKeys},
    verification::unknown_subject,
};
use serde_json::Value;
use subtle::ConstantTimeEq;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How long the set-up link lives that a key opens.
const LINK_MINUTES: i64 = 15;

/// The wrong key at which the admins are warned, each time it is reached.
const WARNS_AT: i32 = 3;

/// A key on its way to the paper.
#[derive(Clone, Debug)]
pub struct MadeKey {
    text: Secret<String>,
    /// Until when it is good.
    pub valid_until: Timestamp,
}

impl MadeKey {
    /// The key in groups of four, to be shown once.
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = self.text.expose().as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
        groups.join("-")
    }
}

/// A key as the console lists it: never its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmergencyKeyView {
    /// Whose.
    pub upn: String,
    /// Made when.
    pub made_at: Timestamp,
    /// Good until.
    pub valid_until: Timestamp,
    /// When it was used; it opens nothing from then on.
    pub used_at: Option<Timestamp>,
}

/// What came of a key.
#[derive(Clone, Debug)]
pub enum KeyOutcome {
    /// Right: this link sets a new password and a first method.
    Right(SetUpToken),
    /// Wrong, used, ended, or for nobody: all the same.
    Wrong,
    /// Not looked at; too many wrong ones.
    Wait {
        /// Until when.
        until: Timestamp,
    },
}

impl SignIn<'_> {
    /// Makes a key for a global admin or an operator, at the console of the machine; the one before ends. Shown once. Days: 1 to 1,825.
    pub async fn make_emergency_key(self, by: &Admin, of: &MemberRef, days: i64) -> Result<MadeKey> {
        if by.who() != Who::Console || !(1..=EMERGENCY_KEY_DAYS_MAX).contains(&days) {
            return Err(DirectoryError::Terms("an emergency key is made at the console of the machine, for 1 to 1,825 days").into());
        }
        let (directory, now, rng) = (self.0.directory(), self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = directory.view(&mut tx, of).await?;
        if !view.operator && !view.roles.contains(&Role::GlobalAdmin) {
            return Err(DirectoryError::Terms("an emergency key is for a global admin or an operator").into());
        }
        let mut bytes = [0; EMERGENCY_KEY_CHARACTERS];
        rng.fill(&mut bytes);
        let text: Secret<String> = Secret::new(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect());
        let valid_until = now + SignedDuration::from_hours(24 * days);
        let replaced = store::end_keys(&mut tx, view.id, now).await?;
        store::insert_key(&mut tx, rng.id(now), view.id, &key_mac(&keys, view.id.0, text.expose()), now, valid_until).await?;
        let change = Change {
            before: json!({ "replaced": replaced }),
            after: json!({ "valid_until": valid_until }),
        };
        self.write_down(&mut tx, &keys, Event::EmergencyKeyMade, by.who(), view.id.0, change).await?;
        tx.commit().await?;
        Ok(MadeKey { text, valid_until })
    }

    /// Ends a member's key; tells whether there was one.
    pub async fn withdraw_emergency_key(self, by: &Admin, of: &MemberRef) -> Result<bool> {
        by.needs(Permission::ManageRoles).map_err(DirectoryError::from)?;
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        let ended = store::end_keys(&mut tx, view.id, now).await? > 0;
        if ended {
            self.write_down(&mut tx, &keys, Event::EmergencyKeyWithdrawn, by.who(), view.id.0, Change::default())
                .await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// The keys of the tenant that were not replaced or withdrawn.
    pub async fn emergency_keys(self, by: &Admin) -> Result<Vec<EmergencyKeyView>> {
        by.needs(Permission::ManageRoles).map_err(DirectoryError::from)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let keys = store::list_keys(&mut tx).await?;
        tx.commit().await?;
        Ok(keys)
    }

    /// Takes a key from whoever types it. A name that does not exist, a member without a key and a wrong key look the same, cost the same and are counted
    /// the same. The key is used up in the transaction that makes the link.
    pub async fn use_emergency_key(self, upn: &Upn, typed: &str, client: &Client) -> Result<KeyOutcome> {
        let directory = self.0.directory();
        let Some(tenant) = directory.tenant_of_upn(upn).await? else {
            directory.note("visitor", "unknown_domain_emergency_key", json!({})).await?;
            return Ok(KeyOutcome::Wrong);
        };
        let suspended = directory.tenant(tenant).await?.suspended;
        let keys = self.0.keys(tenant).await?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(tenant).await?;
        let member = match directory.view(&mut tx, &MemberRef::Upn(upn.clone())).await {
            Ok(view) => Some(view),
            Err(DirectoryError::Unknown(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let subject = member.as_ref().map_or_else(|| unknown_subject(&keys, upn), |view| view.id.0);
        let scope = format!("emergency:{}", source_of(&keys, client));
        // The row is held until the end: whoever tries at the same moment waits for what comes of this.
        let counter = store::lock_counter(&mut tx, subject, &scope).await?;
        if let Some(until) = counter.waits(now) {
            return Ok(KeyOutcome::Wait { until });
        }
        let offered = key_mac(&keys, subject, &read_emergency_key(typed).unwrap_or_default());
        let stored = store::find_key(&mut tx, subject, now).await?;
        let right = bool::from(stored.as_ref().map_or(&[0; 32][..], |key| &key.mac).ct_eq(&offered));
        // Whoever is switched off gets in by no door (bar 23), and a role that was taken takes the key with it.
        let may = |view: &MemberView| !suspended && !view.disabled && !view.blocked && (view.operator || view.roles.contains(&Role::GlobalAdmin));
        let opens = match (&member, &stored) {
            (Some(view), Some(key)) if right && may(view) => store::set_used(&mut tx, key.id, now).await?,
            _ => false,
        };
        let outcome = match member {
            Some(view) if opens => {
                store::write_counter(&mut tx, subject, &scope, &Default::default()).await?;
                KeyOutcome::Right(self.open(&mut tx, &keys, &view).await?)
            }
            member => {
                let next = counter.after_wrong_password(now);
                store::write_counter(&mut tx, subject, &scope, &next).await?;
                let change = Change {
                    before: Value::Null,
                    after: json!({ "in_row": next.in_row }),
                };
                self.write_down(&mut tx, &keys, Event::EmergencyKeyRefused, Who::Service, subject, change)
                    .await?;
                if let Some(view) = member.filter(|_| stored.is_some() && next.in_row == WARNS_AT) {
                    self.0.directory().tell(&mut tx, &keys, view.id, "emergency_refused", &json!({}), now).await?;
                }
                KeyOutcome::Wrong
            }
        };
        tx.commit().await?;
        if matches!(outcome, KeyOutcome::Right(_)) {
            tracing::warn!("an emergency key was used");
            directory.note("visitor", "emergency_key.used", json!({ "tenant": tenant })).await?;
        }
        Ok(outcome)
    }

    /// What a right key does: everything the member had is void, everybody is told, and a link of a few minutes leads on.
    async fn open(self, tx: &mut TenantTx, keys: &TenantKeys, view: &MemberView) -> Result<SetUpToken> {
        let now = self.0.clock().now();
        crate::directory::store::remove_registrations(tx, view.id, now).await?;
        store::remove_the_rest(tx, view.id, now).await?;
        crate::directory::end_what_was_given(tx, view.id, now).await?;
        crate::directory::store::end_app_passwords(tx, view.id, now).await?;
        crate::directory::store::end_devices(tx, view.id, now).await?;
        crate::directory::store::delete_sessions(tx, view.id).await?;
        crate::directory::store::clear_throttles(tx, view.id).await?;
        self.write_down(tx, keys, Event::EmergencyKeyUsed, Who::Member(view.id), view.id.0, Change::default())
            .await?;
        self.0.directory().tell(tx, keys, view.id, "emergency_used", &json!({}), now).await?;
        let life = SignedDuration::from_mins(LINK_MINUTES);
        Ok(self.0.directory().new_set_up_link(tx, view.id, life, now).await?.0)
    }

    async fn write_down(self, tx: &mut TenantTx, keys: &TenantKeys, event: Event, who: Who, subject: Uuid, change: Change) -> Result<()> {
        let audited = Audited {
            event,
            who,
            target: ("member", Some(subject)),
            reason: None,
            session: None,
            change,
        };
        Ok(self.0.directory().audit(tx, keys, audited, self.0.clock().now()).await?)
    }
}

/// The MAC under which a key is stored: bound to its member.
fn key_mac(keys: &TenantKeys, member: Uuid, key: &str) -> [u8; 32] {
    keys.key(KeyPurpose::EmergencyKey).mac(&[member.as_bytes(), key.as_bytes()])
}
