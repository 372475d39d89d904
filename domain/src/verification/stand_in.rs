//! What stands in for a second factor at sign-in, and what it must never do. Pure. Whoever is let in by it has a session of the first level: it opens
//! no console and no change, for both ask for a factor that was shown in the session.

use super::{
    commit::{Commit, Step},
    facts::Facts,
};
use crate::policy::rules::{Inputs, evaluate};
use jiff::Timestamp;
use model::*;
use serde_json::json;
use uuid::Uuid;

/// What lets somebody through after the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// The address lies in a trusted network of the tenant.
    Network,
    /// The browser is remembered.
    Device(Uuid),
    /// An admin has opened a bypass, for this once.
    Bypass(Uuid),
}

impl StandIn {
    /// What stands in at this sign-in, if anything does. The bypass comes last, so that it is not used up where it is not needed. `guessed_off`: wrong
    /// codes have switched a method off, and guessing must not clear the way for anything but an admin's own act.
    pub(crate) fn at_sign_in(facts: &Facts, document: &PolicyDocument, application: Option<&str>, guessed_off: bool, now: Timestamp) -> Option<Self> {
        if !guessed_off && may_be_trusted(facts, document, application) {
            if document.trust.networks_skip && facts.trusted {
                return Some(Self::Network);
            }
            let device = facts.device.as_ref().filter(|device| {
                let same_epoch = facts.member.as_ref().is_some_and(|member| member.epoch == device.epoch);
                document.trust.remember_days > 0 && same_epoch && device.expires_at > now
            });
            if let Some(device) = device {
                return Some(Self::Device(device.device_id));
            }
        }
        open_bypass(facts, evaluate(document, &facts.inputs(application)).then).map(Self::Bypass)
    }

    /// The reason of the row.
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Self::Network => Reason::TrustedNetwork,
            Self::Device(_) => Reason::RememberedDevice,
            Self::Bypass(_) => Reason::Bypassed,
        }
    }

    /// Its use, in the commit of the decision: where two come at once, one of them wins.
    pub(crate) fn write(self, commit: &mut Commit) {
        match self {
            Self::Network => {}
            Self::Device(device) => commit.device_used = Some(device),
            Self::Bypass(bypass) => commit.bypass_used = Some(bypass),
        }
        commit.steps.push(Step::with(StepKind::SecondSkipped, json!({ "by": self.reason() })));
    }
}

/// The bypass that may stand in. An admin's word is no passkey: where only a phishing-resistant factor will do, the bypass is not used and stays open.
pub(crate) fn open_bypass(facts: &Facts, demanded: Then) -> Option<Uuid> {
    let bypass = facts.bypass.as_ref().filter(|_| demanded != Then::RequirePhishingResistant);
    bypass.map(|bypass| bypass.bypass_id)
}

/// Whether places and browsers may be trusted for this member at all: never in the strict profile, never for admins, never where a rule or a role demands a
/// second factor.
pub(crate) fn may_be_trusted(facts: &Facts, document: &PolicyDocument, application: Option<&str>) -> bool {
    let Some(member) = &facts.member else { return false };
    let by_itself = Inputs {
        mfa_state: MfaState::Disabled,
        ..facts.inputs(application)
    };
    facts.profile() == Profile::Standard && !member.is_admin() && evaluate(document, &by_itself).then == Then::Allow
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).expect("a moment")
    }

    /// A member who is asked for a second factor by the MFA state alone, with all that could stand in for it.
    fn facts(change: serde_json::Value) -> Facts {
        let mut facts = json!({
            "database_now": now(),
            "tenant": { "slug": "noord", "name": "Noord", "profile": "standard", "suspended": false, "log_names": false, "log_mail": false, "locale": "en" },
            "key": null,
            "member": { "member_id": Uuid::from_u128(7), "upn": "ann@noord.example", "given_name": null, "family_name": null, "mail": null, "locale": null,
                "mfa_state": "enforced", "epoch": 3, "disabled": false, "grace_from": null, "default_method": null, "user_handle": null, "roles": [],
                "operator": false, "groups": ["staff"] },
            "password": null, "subject": Uuid::from_u128(7), "subject_key": null, "throttles": [], "failures": [], "methods": [], "recovery": [],
            "pass": null, "block": null,
            "bypass": { "bypass_id": Uuid::from_u128(1), "until": now() + jiff::SignedDuration::from_mins(5) },
            "trusted": true,
            "device": { "device_id": Uuid::from_u128(2), "epoch": 3, "expires_at": now() + jiff::SignedDuration::from_mins(5), "agent": "Firefox" },
            "policy": null, "attempt": null, "challenge": null, "open_attempt": null, "sends": null, "answered": null
        });
        merge(&mut facts, change);
        serde_json::from_value(facts).expect("facts")
    }

    fn merge(into: &mut serde_json::Value, change: serde_json::Value) {
        match (into, change) {
            (serde_json::Value::Object(into), serde_json::Value::Object(change)) => {
                for (key, value) in change {
                    merge(into.entry(key).or_insert(serde_json::Value::Null), value);
                }
            }
            (into, change) => *into = change,
        }
    }

    fn document() -> PolicyDocument {
        PolicyDocument {
            trust: Trust {
                networks_skip: true,
                remember_days: 14,
                fraud_blocks: false,
                ..Trust::default()
            },
            ..PolicyDocument::at_birth()
        }
    }

    #[test]
    fn the_least_that_is_enough_stands_in() {
        let (bypass, device) = (Some(StandIn::Bypass(Uuid::from_u128(1))), Some(StandIn::Device(Uuid::from_u128(2))));
        let table = [
            (json!({}), Some(StandIn::Network)),
            (json!({ "trusted": false }), device),
            (json!({ "trusted": false, "device": null }), bypass),
            (json!({ "trusted": false, "device": null, "bypass": null }), None),
            (json!({ "trusted": false, "device": { "epoch": 2 } }), bypass),
            (json!({ "trusted": false, "device": { "expires_at": now() } }), bypass),
            (json!({ "tenant": { "profile": "strict" } }), bypass),
            (json!({ "member": { "roles": ["reader"] } }), bypass),
            (json!({ "member": { "operator": true } }), bypass),
            (json!({ "member": null, "bypass": null }), None),
        ];
        for (change, expected) in table {
            assert_eq!(
                StandIn::at_sign_in(&facts(change.clone()), &document(), None, false, now()),
                expected,
                "{change}"
            );
        }
    }

    #[test]
    fn what_the_tenant_has_not_switched_on_does_not_count() {
        let bypass = Some(StandIn::Bypass(Uuid::from_u128(1)));
        assert_eq!(
            StandIn::at_sign_in(&facts(json!({})), &PolicyDocument::at_birth(), None, false, now()),
            bypass,
            "all is off at birth"
        );
        assert_eq!(
            StandIn::at_sign_in(&facts(json!({})), &document(), None, true, now()),
            bypass,
            "guessing clears no way"
        );
        let mut demanded = document();
        demanded.rules.push(Rule {
            name: String::from("VPN"),
            state: RuleState::On,
            who: Subjects::default(),
            applications: vec![String::from("VPN")],
            actions: Vec::new(),
            then: Then::RequireMfa,
        });
        let at = |application| StandIn::at_sign_in(&facts(json!({})), &demanded, application, false, now());
        assert_eq!(at(Some("VPN")), bypass, "a rule demands it");
        assert_eq!(at(None), Some(StandIn::Network), "the rule is about something else");
    }
}
