//! App passwords: for one program each that can do nothing but send a password. Made here, shown once, stored as MACs bound to their member. They are checked
//! at one door only, `sign_in/legacy.rs`: nothing else ever compares with them.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use crate::{
    vault::{Secret, TenantKeys},
    verification::VerificationError,
};

/// An app password as its member and admins see it: never its letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppPasswordView {
    /// Id.
    pub id: Uuid,
    /// For which program.
    pub label: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From which address.
    pub last_used_ip: Option<String>,
    /// By which protocol.
    pub last_protocol: Option<String>,
}

/// A member's own app passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAppPasswords {
    /// Those that work, oldest first.
    pub items: Vec<AppPasswordView>,
    /// The organisation allows them.
    pub allowed: bool,
}

/// An app password on its way to the one answer that shows it.
#[derive(Clone, Debug)]
pub struct MadeAppPassword {
    letters: Secret<String>,
    /// How it stands.
    pub view: AppPasswordView,
}

impl MadeAppPassword {
    /// The sixteen letters, to be shown once.
    pub fn reveal(&self) -> &str {
        self.letters.expose()
    }
}

/// What a program may have sent as an app password: sixteen letters, in any case, with the spaces in which people copy them. `None` for everything else,
/// which cannot be one.
pub(crate) fn read(typed: &str) -> Option<Secret<String>> {
    let plain: String = typed.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_lowercase()).collect();
    let is_one = plain.len() == APP_PASSWORD_LETTERS && plain.bytes().all(|b| b.is_ascii_lowercase());
    is_one.then(|| Secret::new(plain))
}

/// The MAC under which an app password is stored: bound to its member.
pub(crate) fn app_password_mac(keys: &TenantKeys, member: MemberId, letters: &str) -> [u8; 32] {
    keys.key(KeyPurpose::AppPassword).mac(&[member.0.as_bytes(), letters.as_bytes()])
}

/// Sixteen letters, each as likely as every other: bytes that would favour some are thrown away.
fn new_letters(rng: &crate::rng::Rng) -> Secret<String> {
    let mut letters = String::with_capacity(APP_PASSWORD_LETTERS);
    while letters.len() < APP_PASSWORD_LETTERS {
        let [byte] = rng.bytes();
        if byte < 234 {
            letters.push(char::from(b'a' + byte % 26));
        }
    }
    Secret::new(letters)
}

impl Methods<'_> {
    /// The app passwords of a member.
    pub async fn app_passwords_of(self, by: &Admin, of: &MemberRef) -> Result<Vec<AppPasswordView>> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        let found = store::list(&mut tx, view.id).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// The member's own app passwords, and whether more may be made.
    pub async fn my_app_passwords(self, me: &Member) -> Result<OwnAppPasswords> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let items = store::list(&mut tx, me.id()).await?;
        let allowed = self.app_passwords_allowed(&mut tx).await?;
        tx.commit().await?;
        Ok(OwnAppPasswords { items, allowed })
    }

    /// Makes an app password for a program of a member. The organisation must have switched them on.
    pub async fn make_app_password(self, by: &Admin, of: &MemberRef, label: &CleanText<NAME_CHARACTERS_MAX>) -> Result<MadeAppPassword> {
        by.needs(Permission::ManageMfa)?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.reachable(&mut tx, by, of).await?;
        let made = self.make_in(&mut tx, &keys, view.id, label).await?;
        let after = json!({ "label": label });
        self.record(&mut tx, view.id, by.who(), Event::AppPasswordMade, None, Value::Null, after)
            .await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes one for a program of one's own. Needs a fresh second factor.
    pub async fn make_my_app_password(self, me: &Member, label: &CleanText<NAME_CHARACTERS_MAX>) -> Result<MadeAppPassword> {
        let keys = self.0.keys(me.tenant()).await?;
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let made = self.make_in(&mut tx, &keys, me.id(), label).await?;
        let after = json!({ "label": label });
        self.record_of(&mut tx, me, Event::AppPasswordMade, Value::Null, after).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Removes an app password: its program is refused from the next request on.
    pub async fn remove_app_password(self, by: &Admin, of: &MemberRef, id: Uuid, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMfa)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.reachable(&mut tx, by, of).await?;
        let label = store::end(&mut tx, view.id, id, now).await?.ok_or(MethodError::Unknown)?;
        self.record(
            &mut tx,
            view.id,
            by.who(),
            Event::AppPasswordRemoved,
            Some(reason),
            json!({ "label": label }),
            Value::Null,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Removes one of one's own, or all of them where none is named; the names of those that are gone. Needs a fresh second factor.
    pub async fn remove_my_app_passwords(self, me: &Member, named: Option<Uuid>) -> Result<Vec<String>> {
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        let gone = match named {
            Some(id) => vec![store::end(&mut tx, me.id(), id, now).await?.ok_or(MethodError::Unknown)?],
            None => store::end_all(&mut tx, me.id(), now).await?,
        };
        for label in &gone {
            self.record_of(&mut tx, me, Event::AppPasswordRemoved, json!({ "label": label }), Value::Null)
                .await?;
        }
        tx.commit().await?;
        Ok(gone)
    }

    async fn app_passwords_allowed(self, tx: &mut TenantTx) -> Result<bool> {
        let policy = self.0.directory().policy_in(tx).await?;
        Ok(policy.is_some_and(|document| document.allows(MethodKind::AppPassword, MethodUse::SignIn)))
    }

    async fn make_in(self, tx: &mut TenantTx, keys: &TenantKeys, member: MemberId, label: &CleanText<NAME_CHARACTERS_MAX>) -> Result<MadeAppPassword> {
        if !self.app_passwords_allowed(tx).await? {
            return Err(MethodError::KindOff(MethodKind::AppPassword));
        }
        super::store::lock_member(tx, member).await?;
        if store::list(tx, member).await?.len() as i64 >= APP_PASSWORDS_MAX {
            return Err(MethodError::AppPasswordLimit(APP_PASSWORDS_MAX));
        }
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let (id, letters) = (rng.id(now), new_letters(rng));
        store::insert(tx, id, member, label.as_str(), &app_password_mac(keys, member, letters.expose()), now).await?;
        let view = AppPasswordView {
            id,
            label: label.to_string(),
            made_at: now,
            last_used_at: None,
            last_used_ip: None,
            last_protocol: None,
        };
        Ok(MadeAppPassword { letters, view })
    }

    /// The app password that these letters are, if they are one of the member's; marked as used in the same statement, so that one that has just ended is
    /// none any more.
    pub(crate) async fn use_app_password(
        self,
        tenant: TenantId,
        member: MemberId,
        letters: &Secret<String>,
        address: Option<std::net::IpAddr>,
        protocol: &str,
    ) -> std::result::Result<bool, VerificationError> {
        let keys = self.0.keys(tenant).await?;
        let mac = app_password_mac(&keys, member, letters.expose());
        let address = address.map(|a| a.to_string());
        let mut tx = self.0.db().tenant(tenant).await?;
        let used = store::set_used(&mut tx, member, &mac, address.as_deref(), protocol, self.0.clock().now()).await?;
        tx.commit().await?;
        Ok(used)
    }

    async fn reachable(self, tx: &mut TenantTx, by: &Admin, of: &MemberRef) -> Result<MemberView> {
        let view = self.0.directory().view(tx, of).await?;
        match view.rank() > by.rank() {
            true => Err(crate::directory::DirectoryError::RankTooHigh.into()),
            false => Ok(view),
        }
    }
}
