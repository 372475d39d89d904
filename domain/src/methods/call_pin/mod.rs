//! The PIN of calls: one for each member, hashed like a password, asked for in every call before the digit where the organisation has switched PIN mode on.
//! It opens nothing by itself. Whether one that was typed is right is asked in one place only, `verification/call.rs`.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use crate::{directory::DirectoryError, vault::Secret};

/// How the PIN of calls stands for a member. Never the PIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallPinView {
    /// The organisation asks for it in calls.
    pub asked: bool,
    /// Since when there is one.
    pub set_at: Option<Timestamp>,
}

impl CallPinView {
    /// True where no call can confirm anything until one is chosen.
    pub const fn is_missing(&self) -> bool {
        self.asked && self.set_at.is_none()
    }
}

/// How it stands for a member under a policy.
pub(super) async fn view(tx: &mut TenantTx, member: MemberId, document: Option<&PolicyDocument>) -> std::result::Result<CallPinView, crate::db::DbError> {
    Ok(CallPinView {
        asked: document.is_some_and(|document| document.calls.pin),
        set_at: store::find_set_at(tx, member).await?,
    })
}

impl Methods<'_> {
    /// What the policy says of calls.
    pub async fn call_rules(self, by: &Admin) -> Result<CallRules> {
        by.needs(Permission::ReadMembers)?;
        let (_, document) = self.0.directory().policy(by).await?;
        Ok(document.calls.clone())
    }

    /// Says so from now on, as the next version of the policy.
    pub async fn set_call_rules(self, by: &Admin, rules: CallRules, reason: &str) -> Result<()> {
        let change = |document| PolicyDocument { calls: rules, ..document };
        self.0.directory().change_policy(by, reason, change).await?;
        Ok(())
    }

    /// Chooses the member's own PIN, or another one. Needs a fresh second factor, as every change of security info.
    pub async fn set_call_pin(self, me: &Member, pin: &CallPin) -> Result<()> {
        self.may_set_call_pin(me).await?;
        // Hashed before anything is locked: the pool lets in no more than the machine can take.
        let phc = self
            .0
            .passwords()
            .hash(self.0.vault(), self.0.rng(), Secret::new(pin.expose().to_owned()))
            .await?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        store::lock(&mut tx, me.id()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.may_set(me, &info)?;
        store::set(&mut tx, me.id(), &phc, now).await?;
        let before = json!({ "set_at": info.call_pin.set_at });
        self.record_of(&mut tx, me, Event::CallPinSet, before, json!({ "set_at": now })).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the member may choose a PIN now, before anything is typed: how it stands.
    pub async fn may_set_call_pin(self, me: &Member) -> Result<CallPinView> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        tx.commit().await?;
        self.may_set(me, &info)?;
        Ok(info.call_pin)
    }

    /// Takes a member's PIN away, as an admin does: calls confirm nothing until its member has chosen a new one.
    pub async fn clear_call_pin(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMfa)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(DirectoryError::RankTooHigh.into());
        }
        store::lock(&mut tx, view.id).await?;
        let set_at = store::find_set_at(&mut tx, view.id).await?;
        if !crate::directory::store::delete_call_pin(&mut tx, view.id).await? {
            return Err(MethodError::Unknown);
        }
        let before = json!({ "set_at": set_at });
        self.record(&mut tx, view.id, by.who(), Event::CallPinCleared, Some(reason), before, Value::Null)
            .await?;
        Ok(tx.commit().await?)
    }

    /// A PIN is chosen where it is asked for, or changed where there is one.
    fn may_set(self, me: &Member, info: &SecurityInfo) -> Result<()> {
        if !info.call_pin.asked && info.call_pin.set_at.is_none() {
            return Err(MethodError::PinOff);
        }
        self.fresh(me, info)
    }
}
