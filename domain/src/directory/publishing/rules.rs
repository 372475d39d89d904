//! What a change of the policy would do to members, and whether it would leave the tenant's admins a way in. Pure.

pub(crate) use crate::policy::rules::Held;
use crate::policy::rules::{Evaluation, Inputs, can_satisfy, closed_to_a_password, evaluate, registration_reasons, usable_families};
use model::{MethodKind, MethodUse, MfaState, PolicyDocument, Profile, Role, Then};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Members who are the same to a policy, and how many of them there are.
#[derive(Clone, Debug)]
pub(crate) struct Alike {
    pub(crate) mfa_state: MfaState,
    pub(crate) roles: Vec<Role>,
    pub(crate) operator: bool,
    pub(crate) groups: Vec<String>,
    /// Methods, and the country of a phone.
    pub(crate) methods: Vec<(Held, Option<String>)>,
    /// Has a PIN for calls.
    pub(crate) call_pin: bool,
    /// One of the methods is off in a way that a password alone puts nothing in its place.
    pub(crate) still_in_the_way: bool,
    pub(crate) members: i64,
}

/// What a change would do to the members there are, as they are at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyEffect {
    /// Members that were looked at.
    pub members: i64,
    /// Would be asked to register, and are not asked now.
    pub newly_asked_to_register: i64,
    /// Have a method that will do now, and would have none.
    pub left_without_method: i64,
    /// Would be asked for a second factor somewhere, and are not asked now.
    pub newly_prompted: i64,
    /// Would be refused somewhere, and are not refused now.
    pub newly_blocked: i64,
    /// Everybody was looked at; otherwise the rarest combinations of groups and methods were left out.
    pub complete: bool,
}

/// What a policy comes to for somebody at one application.
#[derive(Clone, Copy, Default)]
struct Outcome {
    blocked: bool,
    prompted: bool,
    registers: bool,
    has_method: bool,
}

impl Alike {
    fn inputs<'a>(&'a self, application: Option<&'a str>) -> Inputs<'a> {
        Inputs {
            mfa_state: self.mfa_state,
            roles: &self.roles,
            operator: self.operator,
            groups: &self.groups,
            application,
            action: None,
        }
    }

    fn held(&self) -> Vec<Held> {
        self.methods.iter().map(|(held, _)| *held).collect()
    }

    /// What is left of the methods where a document sends to no phone of their country, and asks a PIN in calls that has not been chosen.
    fn within_reach(&self, document: &PolicyDocument) -> Vec<Held> {
        let answers = |held: &Held| held.kind != MethodKind::Voice || !document.calls.pin || self.call_pin;
        let is_sent_to = |country: &Option<String>| country.as_ref().is_none_or(|country| document.delivery.countries.contains(country));
        let reached = self.methods.iter().filter(|(held, country)| answers(held) && is_sent_to(country));
        reached.map(|(held, _)| *held).collect()
    }

    fn outcome(&self, document: &PolicyDocument, application: Option<&str>) -> Outcome {
        let evaluation = evaluate(document, &self.inputs(application));
        let left = document.under(evaluation.then);
        Outcome {
            blocked: evaluation.then == Then::Block,
            prompted: evaluation.then.asks_second_factor(),
            registers: !registration_reasons(&left, &evaluation, &self.held(), false).is_empty(),
            has_method: can_satisfy(&left, &self.within_reach(document)),
        }
    }

    fn way_in(&self, document: &PolicyDocument, profile: Profile) -> WayIn {
        let evaluation = evaluate(document, &self.inputs(None));
        let left = document.under(evaluation.then);
        if evaluation.then == Then::Block {
            WayIn::None
        } else if can_satisfy(&left, &self.within_reach(document)) {
            WayIn::ByMethod
        } else if self.may_register(document, &left, &evaluation, profile) {
            WayIn::ByRegistering
        } else {
            WayIn::None
        }
    }

    /// As sign-in has it: nothing that would have to be shown first, nothing that refuses the wizard, and something to set up in it.
    fn may_register(&self, document: &PolicyDocument, left: &PolicyDocument, evaluation: &Evaluation, profile: Profile) -> bool {
        let shows_first = !usable_families(document, &self.held()).is_empty();
        let closed = closed_to_a_password(document, &self.inputs(None), evaluation, profile).is_some();
        let would_do = |kind: &MethodKind| kind.counts_as_registered() && left.allows(*kind, MethodUse::Mfa);
        !shows_first && !self.still_in_the_way && !closed && MethodKind::ALL.iter().any(would_do)
    }
}

/// Applications that rules name, at most so many: a change is tried on each of them, and on none.
const APPLICATIONS_MAX: usize = 20;

/// Names of groups that either document speaks of; others make no difference.
pub(crate) fn groups_named(documents: &[&PolicyDocument]) -> Vec<String> {
    let named = documents.iter().flat_map(|document| {
        let rules = document.rules.iter().flat_map(|rule| rule.who.groups.iter().chain(&rule.who.except_groups));
        rules.chain(&document.reset.groups)
    });
    named.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Compares two policies on everybody.
pub(crate) fn effect(before: &PolicyDocument, after: &PolicyDocument, everybody: &[Alike], complete: bool) -> PolicyEffect {
    let named: BTreeSet<&str> = [before, after]
        .into_iter()
        .flat_map(|document| document.rules.iter().flat_map(|rule| rule.applications.iter().map(String::as_str)))
        .collect();
    let mut effect = PolicyEffect {
        complete: complete && named.len() <= APPLICATIONS_MAX,
        ..PolicyEffect::default()
    };
    for alike in everybody {
        effect.members += alike.members;
        let applications = std::iter::once(None).chain(named.iter().copied().take(APPLICATIONS_MAX).map(Some));
        let outcomes: Vec<(Outcome, Outcome)> = applications
            .map(|application| (alike.outcome(before, application), alike.outcome(after, application)))
            .collect();
        let newly = |holds: fn(&Outcome, &Outcome) -> bool| {
            let somewhere = outcomes.iter().any(|(was, will)| holds(was, will));
            if somewhere { alike.members } else { 0 }
        };
        effect.newly_asked_to_register += newly(|was, will| will.registers && !was.registers);
        effect.left_without_method += newly(|was, will| was.has_method && !will.has_method);
        effect.newly_prompted += newly(|was, will| will.prompted && !was.prompted);
        effect.newly_blocked += newly(|was, will| will.blocked && !was.blocked);
    }
    effect
}

/// How a global admin would get in under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WayIn {
    /// A rule refuses him, or what he has will not do.
    None,
    /// He has nothing yet and registers when he first signs in.
    ByRegistering,
    /// He has a method that will do.
    ByMethod,
}

/// The best way in of these admins.
pub(crate) fn way_in(document: &PolicyDocument, profile: Profile, admins: &[Alike]) -> WayIn {
    admins.iter().map(|admin| admin.way_in(document, profile)).max().unwrap_or(WayIn::None)
}

/// A part of the document that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Path of the field.
    pub field: String,
    /// What it was; null where it was not there.
    pub before: Value,
    /// What it would be.
    pub after: Value,
}

/// Where two documents differ, field by field; lists are compared as a whole.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), before, after, &mut found);
    found
}

fn compare(field: String, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(was), Value::Object(will)) => {
            for key in was.keys().chain(will.keys()).collect::<BTreeSet<_>>() {
                let below = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                let at = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                compare(below, &at(was), &at(will), found);
            }
        }
        _ if before != after => found.push(Difference {
            field,
            before: before.clone(),
            after: after.clone(),
        }),
        _ => {}
    }
}
