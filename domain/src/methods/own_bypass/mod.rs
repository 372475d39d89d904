//! The one-time bypass that a member opens for himself, where the organisation allows it: right after a second factor, for the next sign-in that has none
//! at hand. Never in the strict profile, and never for anybody with a role.

#[cfg(test)]
mod tests;

use super::*;
use crate::directory::block::{BypassView, store};

/// How a member stands with a bypass of his own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OwnBypass {
    /// He may open one.
    pub offered: bool,
    /// The one that is open, whoever opened it.
    pub open: Option<BypassView>,
}

impl Methods<'_> {
    /// How the member stands with a bypass.
    pub async fn own_bypass(self, me: &Member) -> Result<OwnBypass> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        let offered = self.offers_bypass(&mut tx, me, &view, &info).await?;
        let open = store::find_bypass(&mut tx, me.id(), self.0.clock().now()).await?;
        tx.commit().await?;
        Ok(OwnBypass { offered, open })
    }

    /// Whether the member may open one now, before anything is typed.
    pub async fn may_open_own_bypass(self, me: &Member) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.info(&mut tx, me.id()).await?;
        self.may_open(&mut tx, me, &view, &info).await?;
        Ok(tx.commit().await?)
    }

    /// Opens a bypass for oneself: within five minutes one verification is let through without a second factor. One of before is replaced.
    pub async fn open_own_bypass(self, me: &Member, reason: &CleanText<REASON_CHARACTERS_MAX>) -> Result<BypassView> {
        let now = self.0.clock().now();
        let until = now + SignedDuration::from_secs(BYPASS_SECONDS);
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        super::store::lock_member(&mut tx, me.id()).await?;
        // What has changed since the page was drawn counts: a role, a block, the policy.
        let (view, info) = self.info(&mut tx, me.id()).await?;
        self.may_open(&mut tx, me, &view, &info).await?;
        let replaced = store::end_bypasses(&mut tx, me.id(), now).await?;
        let by = Some(me.id().0);
        store::insert_bypass(&mut tx, self.0.rng().id(now), me.id(), reason.as_str(), by, now, until).await?;
        let change = (json!({ "replaced": replaced > 0 }), json!({ "until": until, "own": true }));
        self.record_own(&mut tx, me, Event::BypassOpened, Some(reason.as_str()), change).await?;
        tx.commit().await?;
        Ok(BypassView {
            reason: reason.to_string(),
            opened_at: now,
            until,
        })
    }

    /// Ends the bypass that is open. That takes a right away, so that no fresh factor is asked for it.
    pub async fn close_own_bypass(self, me: &Member) -> Result<()> {
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        super::store::lock_member(&mut tx, me.id()).await?;
        if store::end_bypasses(&mut tx, me.id(), now).await? == 0 {
            return Err(MethodError::Unknown);
        }
        self.record_own(&mut tx, me, Event::BypassClosed, None, (Value::Null, Value::Null)).await?;
        Ok(tx.commit().await?)
    }

    async fn may_open(self, tx: &mut TenantTx, me: &Member, view: &MemberView, info: &SecurityInfo) -> Result<()> {
        if !self.offers_bypass(tx, me, view, info).await? {
            return Err(crate::actor::NotAllowed {
                permission: Permission::ManageMfa,
            }
            .into());
        }
        match self.has_fresh_factor(me) {
            true => Ok(()),
            false => Err(MethodError::StepUp),
        }
    }

    /// The organisation allows it, and this member is one for whom it holds: somebody with a second factor to skip and no role to lend.
    async fn offers_bypass(self, tx: &mut TenantTx, me: &Member, view: &MemberView, info: &SecurityInfo) -> Result<bool> {
        let policy = self.0.directory().policy_in(tx).await?;
        let allowed = policy.is_some_and(|document| document.trust.self_bypass);
        let has_factor = info.methods.iter().any(|method| method.second_factor);
        Ok(allowed && !me.strict && view.rank() == 0 && !view.blocked && has_factor)
    }
}
