//! Remembered browsers: after a second factor a member may leave a random secret in the browser, and is not asked there again for some days. Only its hash
//! is stored, bound to tenant and member. What it may do stands in `verification/stand_in.rs`; every change of a factor, every reset and a block end it.

#[cfg(test)]
mod tests;

use super::*;
use crate::{
    actor::Who,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    verification::{Answered, answer_attempt, stand_in, subject_key},
};
use data_encoding::BASE64URL_NOPAD;

/// What a remembered browser holds.
#[derive(Clone, Debug)]
pub struct DeviceSecret(Secret<[u8; 32]>);

impl DeviceSecret {
    /// Reads the value of a cookie.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = (text.len() == 43).then(|| BASE64URL_NOPAD.decode(text.as_bytes()).ok()).flatten()?;
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    /// The value of the cookie.
    pub fn reveal(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.expose())
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        hash(self.0.expose())
    }
}

/// A browser that is remembered from here on.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// What it holds.
    pub secret: DeviceSecret,
    /// For how many days.
    pub days: i64,
}

/// A remembered browser in its member's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView {
    /// By which it is forgotten.
    pub id: Uuid,
    /// The browser's own description.
    pub agent: String,
    /// Since when.
    pub made_at: Timestamp,
    /// When it last stood in.
    pub last_used_at: Option<Timestamp>,
    /// Until when.
    pub expires_at: Timestamp,
    /// The one that asks.
    pub this: bool,
}

/// For how many days this member's browser may be remembered; `None` where it may not.
pub(crate) fn days_for(scene: &Scene<'_>, attempt: &AttemptFacts) -> Option<i64> {
    let (_, document) = scene.policy.as_ref()?;
    let days = document.trust.remember_days;
    let may = attempt.purpose == Purpose::SignIn && days > 0 && stand_in::may_be_trusted(scene.facts, document, attempt.application.as_deref());
    may.then_some(days)
}

impl SignIn<'_> {
    /// Takes the answer to the second step of a sign-in, and remembers the browser when it is right and the organisation allows it. What is shown instead
    /// of a factor of one's own, a pass or a recovery code, leaves nothing behind.
    pub async fn second_and_remember(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        code: &OfferedCode,
        kind: Option<MethodKind>,
        client: &Client,
    ) -> Result<(Answered, Option<Remembered>)> {
        let domain = self.0;
        let secret = DeviceSecret(Secret::new(domain.rng().bytes()));
        let answered = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let (mut commit, answered, session) = answer_attempt(domain, tenant, scene, Purpose::SignIn, code, kind)?;
                let days = scene.facts.attempt.as_ref().and_then(|attempt| days_for(scene, attempt));
                let own = matches!(&answered, Answered::Right(right) if !matches!(right.method, MethodKind::Pass | MethodKind::RecoveryCode));
                let remembered = match (days.filter(|_| own), &scene.facts.member) {
                    (Some(days), Some(member)) => {
                        let device = domain.rng().id(scene.now);
                        let expires_at = scene.now + SignedDuration::from_hours(24 * days);
                        commit.new_device = Some(DeviceRow {
                            tenant_id: tenant,
                            device_id: device,
                            member_id: member.member_id.0,
                            hash: Bytea(secret.hash().to_vec()),
                            agent: client.agent.clone().unwrap_or_default(),
                            epoch: member.epoch,
                            made_at: scene.now,
                            expires_at,
                        });
                        let audited = Audited {
                            event: Event::DeviceRemembered,
                            who: Who::Member(member.member_id),
                            target: ("member", Some(member.member_id.0)),
                            reason: None,
                            session: Some(session),
                            change: Change {
                                before: json!(null),
                                after: json!({ "until": expires_at }),
                            },
                        };
                        commit
                            .audits
                            .push(AuditEntry::seal(tenant, scene.now, audited, &subject_key(scene)?, domain.rng()));
                        Some(days)
                    }
                    _ => None,
                };
                Ok(Decided::Commit(Box::new(commit), (answered, remembered)))
            })
            .await?;
        let (answered, days) = answered;
        Ok((answered, days.map(|days| Remembered { secret, days })))
    }

    /// The member's remembered browsers, the last one first.
    pub async fn devices(self, me: &Member, here: Option<&DeviceSecret>) -> Result<Vec<DeviceView>> {
        let here = here.map(DeviceSecret::hash);
        let rows = store::list_devices(self.0.db(), me.tenant(), me.id(), self.0.clock().now()).await?;
        Ok(rows
            .into_iter()
            .map(|row| DeviceView {
                id: row.device,
                agent: row.agent,
                made_at: row.made_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
                this: here.is_some_and(|here| row.hash == here),
            })
            .collect())
    }

    /// Forgets one of the member's browsers.
    pub async fn forget_device(self, me: &Member, device: Uuid) -> Result<bool> {
        let (domain, now) = (self.0, self.0.clock().now());
        let keys = domain.keys(me.tenant()).await?;
        let mut tx = domain.db().tenant(me.tenant()).await?;
        let forgotten = store::end_device(&mut tx, me.id(), device, now).await?;
        if forgotten {
            let audited = Audited {
                event: Event::DeviceForgotten,
                who: Who::Member(me.id()),
                target: ("member", Some(me.id().0)),
                reason: None,
                session: None,
                change: Change::default(),
            };
            domain.directory().audit(&mut tx, &keys, audited, now).await?;
        }
        tx.commit().await?;
        Ok(forgotten)
    }
}
