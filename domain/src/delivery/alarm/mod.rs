//! The alarm for toll fraud: codes that are sent to a country and hardly ever entered. Somebody who earns on the messages asks for them by the hundred and
//! has no use for what they say. Looked at by the worker, one node at a time; an alarm is written once an hour for a country, and may stop what is sent there
//! until an admin resumes it.

mod store;
#[cfg(test)]
mod tests;

use super::{Delivery, DeliveryError, Result, rules};
use crate::{
    actor::{Admin, Operator, Permission},
    journal::{
        Event,
        entry::{Audited, Change},
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::{Value, json};

/// Under this name one node at a time looks.
const LEASE: &str = "conversion";
/// How long a node that looks may take before another one does.
const LEASE_SECONDS: i32 = 50;
/// How far back is looked, and how long an alarm for a country is enough.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How long an alarm is shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 7);

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmView {
    /// Whose codes.
    pub tenant: TenantId,
    /// Which country, as ISO 3166 has it.
    pub country: String,
    /// When.
    pub raised_at: Timestamp,
    /// Messages whose code was entered or could be no more.
    pub sent: i32,
    /// Of them, those whose code was entered.
    pub entered: i32,
    /// Nothing more was sent there from then on.
    pub paused: bool,
    /// When an admin resumed it.
    pub resumed_at: Option<Timestamp>,
}

/// When there is an alarm, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmTerms {
    /// Messages in an hour from which on it is looked at.
    pub sends: i64,
    /// Codes of a hundred that must be entered; 0 is never an alarm.
    pub percent: i64,
    /// Codes to the country stop.
    pub pauses: bool,
}

/// The alarms of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarms {
    /// Of the last seven days, newest first.
    pub recent: Vec<AlarmView>,
    /// Countries to which nothing is sent now.
    pub paused: Vec<String>,
    /// When there is one.
    pub terms: AlarmTerms,
}

impl Delivery<'_> {
    /// One round: looks at every tenant's last hour and raises what is alarming; tells how many. Does nothing while another node looks.
    pub async fn watch_conversion(self) -> Result<usize> {
        let now = self.0.clock().now();
        if !store::take_lease(self.0.db(), LEASE, &self.0.node().name, LEASE_SECONDS, now).await? {
            return Ok(0);
        }
        let mut raised = 0;
        for tenant in self.0.directory().tenants(Operator::console()).await? {
            match self.watch(tenant.id, now).await {
                Ok(more) => raised += more,
                // One tenant whose keys are broken must not hide what happens to the others.
                Err(error) => tracing::error!(tenant = %tenant.id, %error, "codes that were entered could not be counted"),
            }
        }
        Ok(raised)
    }

    async fn watch(self, tenant: TenantId, now: Timestamp) -> Result<usize> {
        let mut tx = self.0.db().tenant(tenant).await?;
        let counted = store::count_entered(&mut tx, now - WINDOW, now).await?;
        if counted.is_empty() {
            return Ok(0);
        }
        let policy = self.0.directory().policy_in(&mut tx).await?;
        tx.commit().await?;
        let Some(limits) = policy.map(|policy| policy.delivery) else { return Ok(0) };
        let mut raised = 0;
        for seen in counted {
            let alarming = rules::is_alarming(&limits, seen.sent.into(), seen.entered.into());
            if alarming && !limits.paused.contains(&seen.country) && self.raise(tenant, &seen, limits.alarm_pauses, now).await? {
                raised += 1;
            }
        }
        Ok(raised)
    }

    /// Writes an alarm, its audit row and the pause in one commit; false when there is one already.
    async fn raise(self, tenant: TenantId, seen: &store::Seen, pauses: bool, now: Timestamp) -> Result<bool> {
        let (by, keys, directory) = (Admin::service(tenant), self.0.keys(tenant).await?, self.0.directory());
        let mut tx = self.0.db().tenant(tenant).await?;
        if !store::insert_alarm(&mut tx, seen, pauses, now, now - WINDOW).await? {
            return Ok(false);
        }
        let told = json!({ "country": seen.country, "sent": seen.sent, "entered": seen.entered, "paused": pauses });
        let audited = Audited {
            event: Event::ConversionAlarm,
            who: by.who(),
            target: ("tenant", Some(tenant.0)),
            reason: None,
            session: None,
            change: Change {
                before: Value::Null,
                after: told.clone(),
            },
        };
        directory.audit(&mut tx, &keys, audited, now).await?;
        if pauses {
            let why = format!("conversion alarm: {} of {} codes to {} entered", seen.entered, seen.sent, seen.country);
            directory.change_policy_in(&mut tx, &by, &why, |policy| paused(policy, &seen.country)).await?;
        }
        tx.commit().await?;
        tracing::warn!(%tenant, country = seen.country, sent = seen.sent, entered = seen.entered, pauses, "hardly any code to this country is entered");
        let mut detail = told;
        detail["tenant"] = json!(tenant);
        directory.note(by.who().kind(), Event::ConversionAlarm.as_str(), detail).await?;
        Ok(true)
    }

    /// Alarms of every tenant in the last seven days, newest first.
    pub async fn alarms(self, _by: Operator) -> Result<Vec<AlarmView>> {
        let since = self.0.clock().now() - SHOWN;
        Ok(store::list_recent(self.0.db(), None, since).await?)
    }

    /// Alarms of a tenant, what is paused, and when there is one.
    pub async fn alarms_of(self, by: &Admin) -> Result<Alarms> {
        by.needs(Permission::ReadSignIns)?;
        let since = self.0.clock().now() - SHOWN;
        let recent = store::list_recent(self.0.db(), Some(by.tenant()), since).await?;
        let (_, policy) = self.0.directory().policy(by).await?;
        let limits = policy.delivery;
        Ok(Alarms {
            recent,
            terms: AlarmTerms {
                sends: limits.alarm_sends,
                percent: limits.alarm_percent,
                pauses: limits.alarm_pauses,
            },
            paused: limits.paused,
        })
    }

    /// Sends codes to a paused country again.
    pub async fn resume_country(self, by: &Admin, country: &str, reason: &str) -> Result<()> {
        by.needs(Permission::PublishPolicy)?;
        let now = self.0.clock().now();
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let mut was_paused = false;
        let resumed = |mut policy: PolicyDocument| {
            let before = policy.delivery.paused.len();
            policy.delivery.paused.retain(|code| code != country);
            was_paused = policy.delivery.paused.len() < before;
            policy
        };
        self.0.directory().change_policy_in(&mut tx, by, reason, resumed).await?;
        if !was_paused {
            return Err(DeliveryError::Unknown);
        }
        store::set_resumed(&mut tx, country, by.who().id(), now).await?;
        Ok(tx.commit().await?)
    }

    /// Sets when there is an alarm and what it does, as the next version of the policy.
    pub async fn set_alarm(self, by: &Admin, terms: AlarmTerms, reason: &str) -> Result<()> {
        by.needs(Permission::PublishPolicy)?;
        let changed = |mut policy: PolicyDocument| {
            policy.delivery.alarm_sends = terms.sends;
            policy.delivery.alarm_percent = terms.percent;
            policy.delivery.alarm_pauses = terms.pauses;
            policy
        };
        self.0.directory().change_policy(by, reason, changed).await?;
        Ok(())
    }
}

fn paused(mut policy: PolicyDocument, country: &str) -> PolicyDocument {
    let paused = &mut policy.delivery.paused;
    if !paused.iter().any(|code| code == country) {
        paused.push(country.to_owned());
    }
    policy
}
