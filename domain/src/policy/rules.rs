//! What a policy says. Pure: the same document and inputs always give the same answer.

use model::{Action, Family, MethodKind, MethodUse, MfaState, PolicyDocument, Profile, Reason, RegistrationReason, Role, Rule, RuleState, Subjects, Then};
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
    /// What is asked for beside signing in.
    pub action: Option<Action>,
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
    /// All that asks for a second factor, as whoever has none is told of it: the state or a role, an application, an action.
    pub causes: Vec<RegistrationReason>,
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
    let by_itself = inputs.operator || inputs.roles.iter().any(|role| role.rank() > 0) || inputs.mfa_state != MfaState::Disabled;
    let demanding = looked_at
        .iter()
        .filter(|(rule, matched)| *matched && rule.state == RuleState::On && rule.then.asks_second_factor());
    let mut causes: Vec<RegistrationReason> = demanding.map(|(rule, _)| cause(rule, inputs)).collect();
    causes.extend(by_itself.then_some(RegistrationReason::MfaEnabledNoInfo));
    causes.sort();
    causes.dedup();
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
    Evaluation { then, because, rules, causes }
}

/// What a rule that asks for a second factor is to the member who has none.
fn cause(rule: &Rule, inputs: &Inputs<'_>) -> RegistrationReason {
    match inputs.action.filter(|action| rule.actions.contains(action)) {
        Some(Action::RegisterDevice) => RegistrationReason::DeviceRegistration,
        Some(Action::ProvisionPasskey) => RegistrationReason::HelloProvisioning,
        Some(Action::RegisterSecurityInfo) | None => RegistrationReason::AppPolicyRequiresMfa,
    }
}

/// Whoever asks for an action signs in as well: rules about signing in are asked beside those about the action, so that naming one opens nothing.
fn matches(rule: &Rule, inputs: &Inputs<'_>) -> bool {
    let application = || inputs.application.is_some_and(|asked| rule.applications.iter().any(|a| a == asked));
    let action = || inputs.action.is_some_and(|asked| rule.actions.contains(&asked));
    let about = match (rule.applications.is_empty(), rule.actions.is_empty()) {
        (true, true) => true,
        (false, true) => application(),
        (true, false) => action(),
        (false, false) => application() || action(),
    };
    about && concerns(&rule.who, inputs)
}

/// What rules about one action demand, and nothing else: the strictest of those that name it, with its name.
pub fn demanded_for<'a>(document: &'a PolicyDocument, inputs: &Inputs<'_>, action: Action) -> (Then, Option<&'a str>) {
    let asked = Inputs {
        action: Some(action),
        ..inputs.clone()
    };
    let named = document
        .rules
        .iter()
        .filter(|rule| rule.state == RuleState::On && rule.actions.contains(&action) && matches(rule, &asked));
    let strictest = [Then::Block, Then::RequirePhishingResistant, Then::RequireMfa]
        .into_iter()
        .find_map(|then| named.clone().find(|rule| rule.then == then));
    strictest.map_or((Then::Allow, None), |rule| (rule.then, Some(&rule.name)))
}

/// Why whoever has shown nothing but a password may register nothing, where that is so: a rule about registering, or the strict profile where a second factor
/// is asked. The inputs name no application: registering is for all of them.
pub fn closed_to_a_password(document: &PolicyDocument, inputs: &Inputs<'_>, evaluation: &Evaluation, profile: Profile) -> Option<Reason> {
    match demanded_for(document, inputs, Action::RegisterSecurityInfo).0 {
        Then::Block => Some(Reason::BlockedByPolicy),
        Then::RequirePhishingResistant => Some(Reason::RegistrationRefused),
        Then::Allow | Then::RequireMfa => (profile == Profile::Strict && evaluation.then.asks_second_factor()).then_some(Reason::RegistrationRefused),
    }
}

fn concerns(who: &Subjects, inputs: &Inputs<'_>) -> bool {
    let among = |groups: &[String], roles: &[Role]| groups.iter().any(|g| inputs.groups.contains(g)) || roles.iter().any(|r| inputs.roles.contains(r));
    let everybody = who.groups.is_empty() && who.roles.is_empty();
    (everybody || among(&who.groups, &who.roles)) && !among(&who.except_groups, &who.except_roles)
}

/// Why a method is off that still has to be shown, or put right by an admin, before a password alone registers another: guessed at, disowned, or lost.
pub(crate) const STILL_IN_THE_WAY: [&str; 3] = ["too_many_wrong", "not_me", "lost"];

/// A method of the member, as far as the question goes whether it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its kind.
    pub kind: MethodKind,
    /// Confirmed and switched on.
    pub active: bool,
    /// Switched off by an admin or by too many wrong answers, or past its own life.
    pub off: bool,
}

impl Held {
    /// A method by its stored state; one that is past its own life (RFC 6030 section 5, ExpiryDate) is as one that was switched off: it can never be shown again.
    pub fn of(kind: MethodKind, state: &str, past: bool) -> Self {
        Self {
            kind,
            active: state == "active" && !past,
            off: state == "off" || (state == "active" && past),
        }
    }

    /// What opens something for as long as it is there at all: recovery codes, a pass.
    pub const fn open(kind: MethodKind) -> Self {
        Self {
            kind,
            active: true,
            off: false,
        }
    }
}

/// True when one of the methods can serve as a second factor under this policy.
pub fn can_satisfy(document: &PolicyDocument, held: &[Held]) -> bool {
    held.iter().any(|method| makes_registered(document, method))
}

/// Whether a method makes its member registered under this policy.
pub fn makes_registered(document: &PolicyDocument, method: &Held) -> bool {
    method.active && method.kind.counts_as_registered() && document.allows(method.kind, MethodUse::Mfa)
}

/// Why a member is asked to register, strictest first; empty when nothing is missing. All that holds is listed.
pub fn registration_reasons(document: &PolicyDocument, evaluation: &Evaluation, held: &[Held], lacks_for_reset: bool) -> Vec<RegistrationReason> {
    let for_reset = lacks_for_reset.then_some(RegistrationReason::SsprEnabled);
    if can_satisfy(document, held) {
        return for_reset.into_iter().collect();
    }
    let mut reasons = Vec::from_iter(for_reset);
    if evaluation.then.asks_second_factor() {
        reasons.extend(evaluation.causes.iter().copied());
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
            action: None,
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
        assert_eq!(registration_reasons(&document, &by_state, &[app], false), []);
        assert_eq!(registration_reasons(&document, &by_state, &[], false), [RegistrationReason::MfaEnabledNoInfo]);
        assert_eq!(
            registration_reasons(&document, &by_state, &[recovery], false),
            [RegistrationReason::MfaEnabledNoInfo],
            "recovery codes are a fallback"
        );
        assert_eq!(
            registration_reasons(&document, &by_state, &[switched_off], false),
            [RegistrationReason::MfaEnabledNoInfo, RegistrationReason::MethodDisabledByAdmin]
        );
        assert_eq!(registration_reasons(&document, &nothing, &[], false), []);
        document.registration.ask_everybody = true;
        assert_eq!(registration_reasons(&document, &nothing, &[], false), [RegistrationReason::RegistrationPolicy]);
        document.methods.retain(|row| row.kind != MethodKind::Totp);
        assert_eq!(
            registration_reasons(&document, &by_state, &[app], false).last(),
            Some(&RegistrationReason::RegistrationPolicy)
        );
        assert!(registration_reasons(&document, &by_state, &[app], false).contains(&RegistrationReason::MethodDisabledByAdmin));
    }

    /// All causes are listed, each from what really asks: the state, a rule about the application, a rule about an action, the policy, the reset.
    #[test]
    fn every_reason_comes_from_its_own_cause() {
        use RegistrationReason::*;
        let mut document = PolicyDocument::at_birth();
        let about = |name: &str, actions: &[Action], applications: &[&str]| Rule {
            actions: actions.to_vec(),
            applications: applications.iter().map(|a| (*a).to_owned()).collect(),
            ..rule(name, Then::RequireMfa)
        };
        document.rules = vec![
            about("vpn", &[], &["VPN"]),
            about("join", &[Action::RegisterDevice], &[]),
            about("hello", &[Action::ProvisionPasskey], &[]),
        ];
        let ask = |state, application, action| {
            let asked = Inputs {
                application,
                action,
                ..inputs(state, &[])
            };
            registration_reasons(&document, &evaluate(&document, &asked), &[], false)
        };
        assert_eq!(ask(MfaState::Disabled, None, None), []);
        assert_eq!(ask(MfaState::Disabled, Some("VPN"), None), [AppPolicyRequiresMfa]);
        assert_eq!(ask(MfaState::Disabled, None, Some(Action::RegisterDevice)), [DeviceRegistration]);
        assert_eq!(ask(MfaState::Disabled, None, Some(Action::ProvisionPasskey)), [HelloProvisioning]);
        assert_eq!(ask(MfaState::Disabled, None, Some(Action::RegisterSecurityInfo)), []);
        assert_eq!(
            ask(MfaState::Enabled, None, Some(Action::RegisterDevice)),
            [MfaEnabledNoInfo, DeviceRegistration]
        );
        assert_eq!(ask(MfaState::Enforced, Some("VPN"), None), [MfaEnabledNoInfo, AppPolicyRequiresMfa]);
    }

    /// Naming an action takes nothing from what signing in asks (product rule 8).
    #[test]
    fn an_action_opens_nothing_that_signing_in_would_not() {
        let mut document = PolicyDocument::at_birth();
        document.rules = vec![rule("everywhere", Then::Block)];
        for action in Action::ALL {
            let asked = Inputs {
                action: Some(*action),
                ..inputs(MfaState::Disabled, &[])
            };
            assert_eq!(evaluate(&document, &asked).then, Then::Block, "{action}");
        }
        document.rules[0].actions = vec![Action::RegisterSecurityInfo];
        let plain = inputs(MfaState::Disabled, &[]);
        assert_eq!(evaluate(&document, &plain).then, Then::Allow, "a rule about an action is not about signing in");
        assert_eq!(demanded_for(&document, &plain, Action::RegisterSecurityInfo), (Then::Block, Some("everywhere")));
        assert_eq!(demanded_for(&document, &plain, Action::RegisterDevice), (Then::Allow, None));
    }
}
