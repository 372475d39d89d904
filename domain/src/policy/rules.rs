//! What a policy says. Pure: the same document and inputs always give the same answer.

use model::{Family, MethodKind, MethodUse, MfaState, PolicyDocument, RegistrationReason, Role, Rule, RuleState, Subjects, Then};
use serde::{Deserialize, Serialize};

/// What is known of an attempt when the policy is asked. Stored with the attempt, so that a draft can be tried on it later.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs<'a> {
    /// The stored MFA state.
    pub mfa_state: MfaState,
    /// Roles above member.
    pub roles: &'a [Role],
    /// An operator of the installation.
    pub operator: bool,
    /// Names of groups.
    pub groups: &'a [String],
    /// The application asked for.
    pub application: Option<&'a str>,
}

/// What the policy said, and each rule's part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The strictest demand.
    pub then: Then,
    /// Where it comes from.
    pub because: Because,
    /// Every rule that was looked at.
    pub rules: Vec<RuleOutcome>,
}

/// Why a second factor is asked, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Because {
    /// Nothing asks for it.
    Nothing,
    /// The member's MFA state.
    MfaState,
    /// A role above member, or operator.
    Role,
    /// A rule, by name.
    Rule(String),
}

/// One rule's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// Its name.
    pub name: String,
    /// On or report-only.
    pub state: RuleState,
    /// Whether it matched.
    pub matched: bool,
}

/// Asks the policy. Block is stricter than phishing-resistant MFA, that than MFA, MFA than nothing; roles and the member's state demand MFA whatever the
/// rules say, and only a rule that demands more is stronger.
pub fn evaluate(document: &PolicyDocument, inputs: &Inputs<'_>) -> Evaluation {
    let looked_at: Vec<(&Rule, bool)> = document
        .rules
        .iter()
        .filter(|rule| rule.state != RuleState::Off)
        .map(|rule| (rule, matches(rule, inputs)))
        .collect();
    let in_force = |then| {
        looked_at
            .iter()
            .find(|(rule, matched)| *matched && rule.state == RuleState::On && rule.then == then)
            .map(|(rule, _)| Because::Rule(rule.name.clone()))
    };
    let stronger = |then| in_force(then).map(|rule| (then, rule));
    let (then, because) = match stronger(Then::Block).or_else(|| stronger(Then::RequirePhishingResistant)) {
        Some(said) => said,
        None if inputs.operator || inputs.roles.iter().any(|role| role.rank() > 0) => (Then::RequireMfa, Because::Role),
        None if inputs.mfa_state != MfaState::Disabled => (Then::RequireMfa, Because::MfaState),
        None => in_force(Then::RequireMfa).map_or((Then::Allow, Because::Nothing), |rule| (Then::RequireMfa, rule)),
    };
    let rules = looked_at
        .into_iter()
        .map(|(rule, matched)| RuleOutcome {
            name: rule.name.clone(),
            state: rule.state,
            matched,
        })
        .collect();
    Evaluation { then, because, rules }
}

fn matches(rule: &Rule, inputs: &Inputs<'_>) -> bool {
    let application = rule.applications.is_empty() || inputs.application.is_some_and(|asked| rule.applications.iter().any(|a| a == asked));
    rule.actions.is_empty() && application && concerns(&rule.who, inputs)
}

fn concerns(who: &Subjects, inputs: &Inputs<'_>) -> bool {
    let among = |groups: &[String], roles: &[Role]| groups.iter().any(|g| inputs.groups.contains(g)) || roles.iter().any(|r| inputs.roles.contains(r));
    let everybody = who.groups.is_empty() && who.roles.is_empty();
    (everybody || among(&who.groups, &who.roles)) && !among(&who.except_groups, &who.except_roles)
}

/// A method of the member, as far as the question goes whether it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its kind.
    pub kind: MethodKind,
    /// Confirmed and switched on.
    pub active: bool,
    /// Switched off by an admin or by too many wrong answers.
    pub off: bool,
}

/// True when one of the methods can serve as a second factor under this policy.
pub fn can_satisfy(document: &PolicyDocument, held: &[Held]) -> bool {
    held.iter()
        .any(|method| method.active && method.kind.counts_as_registered() && document.allows(method.kind, MethodUse::Mfa))
}

/// Why a member is asked to register, strictest first; empty when nothing is missing.
pub fn registration_reasons(document: &PolicyDocument, evaluation: &Evaluation, held: &[Held]) -> Vec<RegistrationReason> {
    if can_satisfy(document, held) {
        return Vec::new();
    }
    let mut reasons = Vec::new();
    if evaluation.then.asks_second_factor() {
        reasons.push(match evaluation.because {
            Because::Rule(_) => RegistrationReason::AppPolicyRequiresMfa,
            Because::Nothing | Because::MfaState | Because::Role => RegistrationReason::MfaEnabledNoInfo,
        });
        if held.iter().any(|method| method.off || (method.active && method.kind.counts_as_registered())) {
            reasons.push(RegistrationReason::MethodDisabledByAdmin);
        }
    }
    if document.registration.ask_everybody {
        reasons.push(RegistrationReason::RegistrationPolicy);
    }
    reasons.sort();
    reasons
}

/// Families whose codes a member could offer now, for "use another way".
pub fn usable_families(document: &PolicyDocument, held: &[Held]) -> Vec<Family> {
    let mut families: Vec<Family> = held
        .iter()
        .filter(|m| m.active && document.allows(m.kind, MethodUse::Mfa))
        .map(|m| m.kind.family())
        .collect();
    families.sort();
    families.dedup();
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, then: Then) -> Rule {
        Rule {
            name: name.into(),
            state: RuleState::On,
            who: Subjects::default(),
            applications: vec![],
            actions: Vec::new(),
            then,
        }
    }

    fn inputs<'a>(mfa_state: MfaState, roles: &'a [Role]) -> Inputs<'a> {
        Inputs {
            mfa_state,
            roles,
            operator: false,
            groups: &[],
            application: Some("VPN"),
        }
    }

    #[test]
    fn the_strictest_demand_holds() {
        let mut document = PolicyDocument::at_birth();
        let plain = inputs(MfaState::Disabled, &[]);
        assert_eq!(evaluate(&document, &plain).then, Then::Allow);
        assert_eq!(evaluate(&document, &inputs(MfaState::Enabled, &[])).because, Because::MfaState);
        assert_eq!(evaluate(&document, &inputs(MfaState::Disabled, &[Role::Support])).because, Because::Role);
        assert_eq!(
            evaluate(
                &document,
                &Inputs {
                    operator: true,
                    ..plain.clone()
                }
            )
            .then,
            Then::RequireMfa
        );
        document.rules = vec![rule("let in", Then::Allow), rule("mfa", Then::RequireMfa)];
        assert_eq!(evaluate(&document, &plain).because, Because::Rule("mfa".into()));
        document.rules.push(rule("passkeys", Then::RequirePhishingResistant));
        let demanded = evaluate(&document, &inputs(MfaState::Enforced, &[Role::GlobalAdmin]));
        assert_eq!(
            (demanded.then, demanded.because),
            (Then::RequirePhishingResistant, Because::Rule("passkeys".into()))
        );
        document.rules.push(rule("block", Then::Block));
        assert_eq!(evaluate(&document, &inputs(MfaState::Enforced, &[Role::GlobalAdmin])).then, Then::Block);
    }

    #[test]
    fn report_only_and_off_have_no_effect_and_exclusions_win() {
        let mut document = PolicyDocument::at_birth();
        let mut silent = rule("silent", Then::Block);
        silent.state = RuleState::ReportOnly;
        let mut off = rule("off", Then::Block);
        off.state = RuleState::Off;
        let mut vpn = rule("teachers on the VPN", Then::RequireMfa);
        vpn.applications = vec!["VPN".into()];
        vpn.who = Subjects {
            groups: vec!["teachers".into()],
            except_groups: vec!["guests".into()],
            ..Subjects::default()
        };
        document.rules = vec![silent, off, vpn];
        let teachers = ["teachers".to_owned()];
        let both = ["teachers".to_owned(), "guests".to_owned()];
        let plain = inputs(MfaState::Disabled, &[]);
        let said = evaluate(
            &document,
            &Inputs {
                groups: &teachers,
                ..plain.clone()
            },
        );
        assert_eq!(said.then, Then::RequireMfa);
        assert_eq!(
            said.rules.iter().map(|r| (r.name.as_str(), r.matched)).collect::<Vec<_>>(),
            [("silent", true), ("teachers on the VPN", true)]
        );
        assert_eq!(
            evaluate(
                &document,
                &Inputs {
                    groups: &both,
                    ..plain.clone()
                }
            )
            .then,
            Then::Allow
        );
        assert_eq!(
            evaluate(
                &document,
                &Inputs {
                    groups: &teachers,
                    application: Some("Webmail"),
                    ..plain
                }
            )
            .then,
            Then::Allow
        );
    }

    #[test]
    fn the_reasons_to_register() {
        let mut document = PolicyDocument::at_birth();
        let app = Held {
            kind: MethodKind::Totp,
            active: true,
            off: false,
        };
        let recovery = Held {
            kind: MethodKind::RecoveryCode,
            active: true,
            off: false,
        };
        let switched_off = Held {
            active: false,
            off: true,
            ..app
        };
        let by_state = evaluate(&document, &inputs(MfaState::Enabled, &[]));
        let nothing = evaluate(&document, &inputs(MfaState::Disabled, &[]));
        assert_eq!(registration_reasons(&document, &by_state, &[app]), []);
        assert_eq!(registration_reasons(&document, &by_state, &[]), [RegistrationReason::MfaEnabledNoInfo]);
        assert_eq!(
            registration_reasons(&document, &by_state, &[recovery]),
            [RegistrationReason::MfaEnabledNoInfo],
            "recovery codes are a fallback"
        );
        assert_eq!(
            registration_reasons(&document, &by_state, &[switched_off]),
            [RegistrationReason::MfaEnabledNoInfo, RegistrationReason::MethodDisabledByAdmin]
        );
        assert_eq!(registration_reasons(&document, &nothing, &[]), []);
        document.registration.ask_everybody = true;
        assert_eq!(registration_reasons(&document, &nothing, &[]), [RegistrationReason::RegistrationPolicy]);
        document.methods.retain(|row| row.kind != MethodKind::Totp);
        assert_eq!(
            registration_reasons(&document, &by_state, &[app]).last(),
            Some(&RegistrationReason::RegistrationPolicy)
        );
        assert!(registration_reasons(&document, &by_state, &[app]).contains(&RegistrationReason::MethodDisabledByAdmin));
    }
}
