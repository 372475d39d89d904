//! What a change of the policy would do to members, and whether it would leave the tenant's admins a way in. Pure.

pub(crate) use crate::policy::rules::Held;
use crate::policy::rules::{Inputs, can_satisfy, evaluate, registration_reasons};
use model::{MfaState, PolicyDocument, Role, Then};
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
    pub(crate) held: Vec<Held>,
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

    fn outcome(&self, document: &PolicyDocument, application: Option<&str>) -> Outcome {
        let evaluation = evaluate(document, &self.inputs(application));
        let left = document.under(evaluation.then);
        Outcome {
            blocked: evaluation.then == Then::Block,
            prompted: evaluation.then.asks_second_factor(),
            registers: !registration_reasons(&left, &evaluation, &self.held, false).is_empty(),
            has_method: can_satisfy(&left, &self.held),
        }
    }
}

/// Applications that rules name, at most so many: a change is tried on each of them, and on none.
const APPLICATIONS_MAX: usize = 20;

/// Names of groups that either document speaks of; others make no difference.
pub(crate) fn groups_named(documents: [&PolicyDocument; 2]) -> Vec<String> {
    let named = documents.into_iter().flat_map(|document| {
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
        let applications = || std::iter::once(None).chain(named.iter().copied().take(APPLICATIONS_MAX).map(Some));
        let newly = |holds: fn(&Outcome, &Outcome) -> bool| {
            let somewhere = applications().any(|application| holds(&alike.outcome(before, application), &alike.outcome(after, application)));
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
pub(crate) fn way_in(document: &PolicyDocument, admins: &[Alike]) -> WayIn {
    let of = |admin: &Alike| {
        let outcome = admin.outcome(document, None);
        let has_anything = admin.held.iter().any(|method| method.active && method.kind.counts_as_registered());
        match outcome {
            Outcome { blocked: true, .. } => WayIn::None,
            Outcome { has_method: true, .. } => WayIn::ByMethod,
            _ if !has_anything => WayIn::ByRegistering,
            _ => WayIn::None,
        }
    };
    admins.iter().map(of).max().unwrap_or(WayIn::None)
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
