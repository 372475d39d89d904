//! The policy document of a tenant: one table of methods, an ordered list of rules, the numbers. Versioned as a whole.

use crate::{
    Appearance, BANNED_WORD_CHARS, BANNED_WORDS_MAX, CONVERSION_ALARM_PERCENT, CONVERSION_ALARM_SENDS, CONVERSION_ALARM_SENDS_RANGE, FRAUD_CODE_DIGITS_MAX,
    Family, MethodKind, MethodUse, PASSKEY_MODELS_MAX, Profile, QuestionNumbers, RECONFIRM_DAYS_MAX, REMEMBER_DAYS_MAX, REPORTS_TO_MAX, Role,
    SECURITY_QUESTIONS_MAX, SECURITY_QUESTIONS_MIN, text::text_enum,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// All that a tenant decides about verification. A tenant has one from its birth; no document means deny.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Which method may be used for what. A kind that is not listed is off.
    pub methods: Vec<MethodRule>,
    /// Conditions, in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Who is asked to register though nothing requires it yet.
    #[serde(default)]
    pub registration: Registration,
    /// Counters and waits.
    #[serde(default)]
    pub limits: Limits,
    /// Sent codes: where to and how many.
    #[serde(default)]
    pub delivery: DeliveryLimits,
    /// What may stand in for a second factor, and what a fraud report does.
    #[serde(default)]
    pub trust: Trust,
    /// Which passkeys may be registered.
    #[serde(default)]
    pub passkeys: PasskeyModels,
    /// How many security questions are registered and asked.
    #[serde(default)]
    pub questions: QuestionNumbers,
    /// Who may set a new password without help, and how.
    #[serde(default)]
    pub reset: Reset,
    /// What a password may not hold.
    #[serde(default)]
    pub passwords: PasswordRules,
    /// What is asked in a call.
    #[serde(default)]
    pub calls: CallRules,
    /// Which method a sign-in page asks for first. Programs and RADIUS ask for the member's default whatever stands here.
    #[serde(default)]
    pub first_choice: FirstChoice,
    /// What the members' pages have of the tenant's own.
    #[serde(default)]
    pub appearance: Appearance,
}

text_enum! {
    /// Which of several methods a sign-in page asks for first; the others are one step away.
    #[derive(Default)]
    FirstChoice {
        /// The member's default.
        #[default]
        Member = "member",
        /// The strongest that he has, as product rule 5 orders them.
        Strongest = "strongest",
    }
}

/// One row of the method table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodRule {
    /// The kind.
    pub kind: MethodKind,
    /// What it may be used for; empty means off.
    pub uses: Vec<MethodUse>,
}

text_enum! {
    /// Whether a rule counts.
    RuleState {
        /// Not looked at.
        Off = "off",
        /// Recorded, without effect.
        ReportOnly = "report_only",
        /// In force.
        On = "on",
    }
}

text_enum! {
    /// What a rule demands when it matches. The strictest of all matching rules holds: block, then phishing-resistant, then MFA, then allow.
    Then {
        /// Nothing more.
        Allow = "allow",
        /// A second factor.
        RequireMfa = "require_mfa",
        /// A second factor that cannot be typed into somebody else's page.
        RequirePhishingResistant = "require_phishing_resistant",
        /// Refuse.
        Block = "block",
    }
}

impl Then {
    /// True where a password alone is not enough.
    pub const fn asks_second_factor(self) -> bool {
        matches!(self, Self::RequireMfa | Self::RequirePhishingResistant)
    }
}

text_enum! {
    /// What can be asked for beside signing in (product rule 8).
    Action {
        /// Adding, changing or removing a method.
        RegisterSecurityInfo = "register_security_info",
        /// Joining a device to the directory.
        RegisterDevice = "register_device",
        /// Setting up a passkey of a platform.
        ProvisionPasskey = "provision_passkey",
    }
}

/// A named condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The name, unique in the document, 1 to 100 characters.
    pub name: String,
    /// Off, report-only or on.
    pub state: RuleState,
    /// Who it is about.
    #[serde(default)]
    pub who: Subjects,
    /// Applications it is about; empty means every one.
    #[serde(default)]
    pub applications: Vec<String>,
    /// Actions it is about; where none is named it is about signing in.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What it demands.
    pub then: Then,
}

/// Members that a rule is about. All empty means everybody; exclusions win.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subjects {
    /// Names of groups.
    pub groups: Vec<String>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Names of groups that are left out.
    pub except_groups: Vec<String>,
    /// Roles that are left out.
    pub except_roles: Vec<Role>,
}

/// The registration policy (product rule 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Ask everybody to register, whatever the MFA state.
    #[serde(default)]
    pub ask_everybody: bool,
    /// Days from the first sign-in after it applies in which it may be skipped, 0 to 90.
    pub grace_days: u8,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            ask_everybody: false,
            grace_days: 14,
        }
    }
}

/// The numbers a tenant may set (product rule 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Wrong answers that spend a challenge, 1 to 5.
    pub challenge_wrong_max: i32,
    /// Wrong second factors in a row that lock the member, 1 to 99.
    pub lockout_after: i32,
    /// Minutes of the first lockout, 1 to 1440.
    pub lockout_minutes: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            challenge_wrong_max: 3,
            lockout_after: 10,
            lockout_minutes: 15,
        }
    }
}

/// What sent codes may cost, and how long they live (product rule 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryLimits {
    /// Countries whose numbers are texted and called, as ISO 3166 has them. Others are refused: this is what stops toll fraud.
    pub countries: Vec<String>,
    /// Texts and calls of the whole tenant in 24 hours and the hour they began in, 1 to 1,000,000.
    pub per_day: i64,
    /// Texts and calls to one country in the same time, 1 to 1,000,000.
    pub per_country_day: i64,
    /// Seconds that a code lives which was asked for on the server path, 30 to 600 (S47). On the cloud path it is always 180.
    pub server_code_seconds: i64,
    /// Messages to one country in an hour after which it is looked at how many of their codes were entered, 10 to 100,000.
    pub alarm_sends: i64,
    /// Codes of a hundred that must have been entered then, else there is an alarm, 0 to 100; 0 is never.
    pub alarm_percent: i64,
    /// An alarm stops codes to the country until an admin resumes them.
    pub alarm_pauses: bool,
    /// Countries to which nothing is sent since such an alarm.
    pub paused: Vec<String>,
    /// A number that so many members have is shown to admins and resets no password, 2 to 1,000.
    pub shared_number_members: i64,
}

impl Default for DeliveryLimits {
    fn default() -> Self {
        let home = [
            "NL", "BE", "LU", "DE", "FR", "GB", "IE", "AT", "CH", "DK", "SE", "NO", "FI", "ES", "PT", "IT", "PL", "US", "CA",
        ];
        Self {
            countries: home.map(str::to_owned).to_vec(),
            per_day: 2_000,
            per_country_day: 1_000,
            server_code_seconds: 300,
            alarm_sends: CONVERSION_ALARM_SENDS,
            alarm_percent: CONVERSION_ALARM_PERCENT,
            alarm_pauses: false,
            paused: Vec::new(),
            shared_number_members: 3,
        }
    }
}

/// What a tenant trusts (product rule 7). All of it is off at birth, and none of it holds in the strict profile, for admins, before a change, or where a
/// rule or a role demands a second factor; what differs says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Whoever signs in from a trusted network is not asked for a second factor.
    pub networks_skip: bool,
    /// Days for which a browser may be remembered, 1 to 30; 0 is off.
    pub remember_days: i64,
    /// A member who reports that somebody else is trying is blocked.
    pub fraud_blocks: bool,
    /// Who is mailed about each report, at most ten addresses; when empty, every global admin.
    pub reports_to: Vec<String>,
    /// A member without a role may open a one-time bypass for himself, right after a second factor. Like one that an admin opens it also skips a second factor
    /// that a rule demands, though not a phishing-resistant one.
    pub self_bypass: bool,
}

text_enum! {
    /// Who may reset a password.
    ResetScope {
        /// Nobody.
        Nobody = "nobody",
        /// Members of the groups that are named.
        Groups = "groups",
        /// Everybody.
        Everybody = "everybody",
    }
}

/// Self-service password reset. Whoever has a role always proves two methods and never answers questions, whatever stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reset {
    /// Who may.
    pub scope: ResetScope,
    /// Names of groups, where the scope is groups.
    pub groups: Vec<String>,
    /// Methods that are proven before a new password is set, 1 or 2.
    pub gates: u8,
    /// Whoever may is asked to register enough for it when signing in.
    pub register: bool,
    /// Days after which methods for a reset are looked at again when signing in, 0 to 730; 0 is never.
    pub reconfirm_days: i64,
}

impl Default for Reset {
    fn default() -> Self {
        Self {
            scope: ResetScope::Nobody,
            groups: Vec::new(),
            gates: 2,
            register: false,
            reconfirm_days: 180,
        }
    }
}

/// What a tenant does not want in passwords.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordRules {
    /// Words that do not count as a part of a password, at most 1,000 of 4 to 16 characters.
    pub banned: Vec<String>,
}

/// What is asked in a call beside the digit that is spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallRules {
    /// PIN mode: the member's PIN is asked for first.
    pub pin: bool,
    /// What is typed before hash to report that somebody else is signing in, 1 to 3 digits. Never a digit that is spoken to be pressed.
    pub fraud_code: String,
}

impl Default for CallRules {
    fn default() -> Self {
        Self {
            pin: false,
            fraud_code: String::from("0"),
        }
    }
}

impl CallRules {
    /// The digits that may be spoken in a call: 1 to 9, but not the one that reports fraud.
    pub fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        (1..=9).filter(|digit| self.fraud_code != digit.to_string())
    }
}

/// Which makes and models of passkeys may be registered. Without proof an AAGUID is a claim that anybody can make: the list then keeps honest people from using
/// the wrong device, and nothing more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasskeyModels {
    /// By AAGUID (WebAuthn L3 section 6.5.1); empty for any.
    pub aaguids: Vec<uuid::Uuid>,
    /// They prove make and model by attestation (WebAuthn L3 section 6.5); then only passkeys that are bound to one device can be registered.
    pub attestation_required: bool,
}

/// What is wrong with a document: the field and the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct PolicyError {
    /// The path of the field.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl PolicyDocument {
    /// What a new tenant starts with: every method of this version for its ordinary use, no rules.
    pub fn at_birth() -> Self {
        let rule = |kind, uses: &[MethodUse]| MethodRule { kind, uses: uses.to_vec() };
        Self {
            methods: vec![
                rule(MethodKind::Pass, &[MethodUse::SignIn, MethodUse::Mfa]),
                rule(MethodKind::Passkey, &[MethodUse::SignIn, MethodUse::Mfa]),
                rule(MethodKind::Totp, &[MethodUse::Mfa, MethodUse::Reset]),
                rule(MethodKind::HardwareToken, &[MethodUse::Mfa, MethodUse::Reset]),
                rule(MethodKind::Sms, &[MethodUse::Mfa, MethodUse::Reset]),
                rule(MethodKind::Voice, &[MethodUse::Mfa, MethodUse::Reset]),
                rule(MethodKind::Email, &[MethodUse::Reset]),
                rule(MethodKind::RecoveryCode, &[MethodUse::Mfa]),
            ],
            rules: Vec::new(),
            registration: Registration::default(),
            limits: Limits::default(),
            delivery: DeliveryLimits::default(),
            trust: Trust::default(),
            passkeys: PasskeyModels::default(),
            questions: QuestionNumbers::default(),
            reset: Reset::default(),
            passwords: PasswordRules::default(),
            calls: CallRules::default(),
            first_choice: FirstChoice::default(),
            appearance: Appearance::default(),
        }
    }

    /// True when the table allows this kind for this use.
    pub fn allows(&self, kind: MethodKind, wanted: MethodUse) -> bool {
        self.methods.iter().any(|rule| rule.kind == kind && rule.uses.contains(&wanted))
    }

    /// What is left of the method table under a demand: where only phishing-resistant methods will do, no other is a second factor, whatever it is
    /// otherwise. A pass still stands for the password, so that a first passkey can be registered with it.
    #[must_use]
    pub fn under(&self, then: Then) -> Cow<'_, Self> {
        if then != Then::RequirePhishingResistant {
            return Cow::Borrowed(self);
        }
        let mut left = self.clone();
        for rule in left.methods.iter_mut().filter(|rule| !rule.kind.is_phishing_resistant()) {
            rule.uses.retain(|wanted| *wanted != MethodUse::Mfa);
        }
        Cow::Owned(left)
    }

    /// What is left of the method table in a reset: what may open one is shown there as a second factor is elsewhere, and nothing else is.
    #[must_use]
    pub fn for_reset(&self) -> Self {
        let mut left = self.clone();
        for rule in &mut left.methods {
            rule.uses = match rule.uses.contains(&MethodUse::Reset) {
                true => vec![MethodUse::Mfa, MethodUse::Reset],
                false => Vec::new(),
            };
        }
        left
    }

    /// What is left of the method table before a change of whoever has no second factor: what is at hand or sent to him to reset his password stands for one.
    #[must_use]
    pub fn for_changes(&self) -> Self {
        let mut left = self.clone();
        let shown = |kind: MethodKind| matches!(kind, MethodKind::Sms | MethodKind::Email) || kind.family() == Family::Oath;
        for rule in left.methods.iter_mut().filter(|rule| shown(rule.kind) && rule.uses.contains(&MethodUse::Reset)) {
            rule.uses = vec![MethodUse::Mfa, MethodUse::Reset];
        }
        left
    }

    /// Checks every bound and every name; the first problem is returned.
    pub fn checked(self) -> Result<Self, PolicyError> {
        match self.problems().into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Every problem there is, by field: whoever has written a whole document corrects them all at once. A list that is too long is looked at no further.
    pub fn problems(&self) -> Vec<PolicyError> {
        let mut found = Problems::default();
        found.within("limits.challenge_wrong_max", self.limits.challenge_wrong_max.into(), 1, 5);
        found.within("limits.lockout_after", self.limits.lockout_after.into(), 1, 99);
        found.within("limits.lockout_minutes", self.limits.lockout_minutes, 1, 1440);
        found.within("registration.grace_days", self.registration.grace_days.into(), 0, 90);
        found.within("delivery.per_day", self.delivery.per_day, 1, 1_000_000);
        found.within("delivery.per_country_day", self.delivery.per_country_day, 1, 1_000_000);
        found.within("delivery.server_code_seconds", self.delivery.server_code_seconds, 30, 600);
        let sends = CONVERSION_ALARM_SENDS_RANGE;
        found.within("delivery.alarm_sends", self.delivery.alarm_sends, *sends.start(), *sends.end());
        found.within("delivery.alarm_percent", self.delivery.alarm_percent, 0, 100);
        found.within("delivery.paused", self.delivery.paused.len() as i64, 0, 300);
        found.within("delivery.shared_number_members", self.delivery.shared_number_members, 2, 1_000);
        if found.within("trust.reports_to", self.trust.reports_to.len() as i64, 0, REPORTS_TO_MAX as i64) {
            for (n, bad) in self
                .trust
                .reports_to
                .iter()
                .enumerate()
                .filter(|(_, address)| crate::Upn::parse(address).is_err())
            {
                let problem = format!("'{}' is not a mail address such as name@organisation.example", shown(bad, 60));
                found.add(format!("trust.reports_to[{n}]"), problem);
            }
        }
        found.within("trust.remember_days", self.trust.remember_days, 0, REMEMBER_DAYS_MAX);
        found.within("passkeys.aaguids", self.passkeys.aaguids.len() as i64, 0, PASSKEY_MODELS_MAX as i64);
        let (low, high) = (SECURITY_QUESTIONS_MIN.into(), SECURITY_QUESTIONS_MAX.into());
        if found.within("questions.register", self.questions.register.into(), low, high) {
            found.within("questions.answer", self.questions.answer.into(), low, self.questions.register.into());
        }
        found.within("reset.gates", self.reset.gates.into(), 1, 2);
        found.within("reset.reconfirm_days", self.reset.reconfirm_days, 0, RECONFIRM_DAYS_MAX);
        if self.reset.scope == ResetScope::Groups && self.reset.groups.is_empty() {
            found.add("reset.groups", "no group is named");
        }
        if found.within("reset.groups", self.reset.groups.len() as i64, 0, 200)
            && let Some(why) = self.reset.groups.iter().find_map(|name| crate::CleanText::<100>::parse(name).err())
        {
            found.add("reset.groups", why);
        }
        let code = &self.calls.fraud_code;
        if !(1..=FRAUD_CODE_DIGITS_MAX).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
            found.add("calls.fraud_code", format!("'{}' is not 1 to {FRAUD_CODE_DIGITS_MAX} digits", shown(code, 20)));
        }
        if found.within("passwords.banned", self.passwords.banned.len() as i64, 0, BANNED_WORDS_MAX as i64) {
            for (n, word) in self.passwords.banned.iter().enumerate() {
                let characters = word.chars().count();
                if !BANNED_WORD_CHARS.contains(&characters) {
                    let (low, high) = (BANNED_WORD_CHARS.start(), BANNED_WORD_CHARS.end());
                    found.add(format!("passwords.banned[{n}]"), format!("{characters} characters; a word has {low} to {high}"));
                }
            }
        }
        if found.within("delivery.countries", self.delivery.countries.len() as i64, 0, 300) {
            for (n, code) in self.delivery.countries.iter().enumerate().filter(|(_, code)| !is_country(code)) {
                let problem = format!("'{}' is not a country as ISO 3166 has it, such as NL", shown(code, 20));
                found.add(format!("delivery.countries[{n}]"), problem);
            }
        }
        for (n, _) in self.delivery.paused.iter().take(300).enumerate().filter(|(_, code)| !is_country(code)) {
            found.add(format!("delivery.paused[{n}]"), "is not a country as ISO 3166 has it, such as NL");
        }
        if self.rules.len() > 200 {
            found.add("rules", format!("{} rules; at most 200 fit", self.rules.len()));
        }
        for (n, rule) in self.rules.iter().take(200).enumerate() {
            if let Err(why) = crate::CleanText::<100>::parse(&rule.name) {
                found.add(format!("rules[{n}].name"), why);
            }
            if self.rules[..n].iter().any(|other| other.name == rule.name) {
                found.add(format!("rules[{n}].name"), "another rule has this name");
            }
            let lists = [
                ("applications", &rule.applications),
                ("who.groups", &rule.who.groups),
                ("who.except_groups", &rule.who.except_groups),
            ];
            for (list, names) in lists {
                if names.len() > 200 {
                    found.add(format!("rules[{n}].{list}"), format!("{} names; at most 200 fit", names.len()));
                } else if let Some(why) = names.iter().find_map(|name| crate::CleanText::<100>::parse(name).err()) {
                    found.add(format!("rules[{n}].{list}"), why);
                }
            }
        }
        for (n, row) in self.methods.iter().enumerate().take(100) {
            if self.methods[..n].iter().any(|other| other.kind == row.kind) {
                found.add(format!("methods[{n}].kind"), format!("{} is listed twice", row.kind));
            }
            // What somebody's friends can know is no factor: not even a policy makes it one (product rule 5).
            if row.kind == MethodKind::SecurityQuestions && row.uses.iter().any(|wanted| *wanted != MethodUse::Reset) {
                found.add(format!("methods[{n}].uses"), format!("{} are for resets only", row.kind));
            }
        }
        if !self.methods.iter().any(|rule| rule.uses.contains(&MethodUse::Mfa)) {
            found.add("methods", "no method is left for a second factor");
        }
        found.0
    }

    /// Refuses what a tenant of this profile may not have; the first problem is returned.
    pub fn checked_for(self, profile: Profile) -> Result<Self, PolicyError> {
        match self.problems_for(profile).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Every problem that the document has in a tenant of this profile: in the strict one there are no security questions (OWASP ASVS 6.4.2).
    pub fn problems_for(&self, profile: Profile) -> Vec<PolicyError> {
        let listed = |row: &MethodRule| row.kind == MethodKind::SecurityQuestions && !row.uses.is_empty();
        let mut found = Problems::default();
        if let Some(n) = self.methods.iter().position(listed).filter(|_| profile == Profile::Strict) {
            let problem = format!("{} are not for the strict profile", MethodKind::SecurityQuestions);
            found.add(format!("methods[{n}].kind"), problem);
        }
        found.0.extend(self.problems());
        found.0
    }
}

/// What is wrong with a document, gathered.
#[derive(Default)]
struct Problems(Vec<PolicyError>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, problem: impl ToString) {
        self.0.push(PolicyError {
            field: field.into(),
            problem: problem.to_string(),
        });
    }

    fn within(&mut self, field: &str, value: i64, low: i64, high: i64) -> bool {
        let good = (low..=high).contains(&value);
        if !good {
            self.add(field, format!("{value} is not between {low} and {high}"));
        }
        good
    }
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}

/// What was typed, as far as it can be shown.
fn shown(typed: &str, characters: usize) -> String {
    typed.chars().filter(|c| !c.is_control()).take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tenants_document_is_good() {
        assert!(PolicyDocument::at_birth().checked().is_ok());
        assert!(PolicyDocument::at_birth().allows(MethodKind::Totp, MethodUse::Mfa));
        assert!(!PolicyDocument::at_birth().allows(MethodKind::Email, MethodUse::Mfa));
    }

    /// Where only phishing-resistant methods will do, the table has no other second factor, and is otherwise as it was.
    #[test]
    fn what_is_left_under_a_demand() {
        let whole = PolicyDocument::at_birth();
        assert_eq!(*whole.under(Then::RequireMfa), whole);
        let left = whole.under(Then::RequirePhishingResistant);
        for kind in MethodKind::ALL.iter().copied() {
            let allowed = |document: &PolicyDocument, wanted| document.allows(kind, wanted);
            assert_eq!(allowed(&left, MethodUse::Mfa), kind == MethodKind::Passkey, "{kind}");
            for wanted in [MethodUse::SignIn, MethodUse::Reset] {
                assert_eq!(allowed(&left, wanted), allowed(&whole, wanted), "{kind}");
            }
        }
    }

    #[test]
    fn a_bound_that_is_broken_is_named() {
        let mut bad = PolicyDocument::at_birth();
        bad.limits.lockout_after = 100;
        assert_eq!(
            bad.checked().expect_err("out of bounds").to_string(),
            "limits.lockout_after: 100 is not between 1 and 99"
        );
        let mut torn = PolicyDocument::at_birth();
        torn.rules.push(Rule {
            name: "r".to_owned(),
            state: RuleState::On,
            who: Subjects::default(),
            applications: vec!["VPN\0".to_owned()],
            actions: vec![],
            then: Then::Block,
        });
        assert_eq!(
            torn.checked().expect_err("a control character").to_string(),
            "rules[0].applications: holds the character U+0000 at position 4, which is not allowed"
        );
        let mut none = PolicyDocument::at_birth();
        none.methods.clear();
        assert!(none.checked().is_err());
    }

    /// Whoever has written a document by hand is told all that is wrong with it at once.
    #[test]
    fn every_problem_is_named_by_its_field() {
        let mut bad = PolicyDocument::at_birth();
        bad.limits.lockout_after = 0;
        bad.delivery.countries = vec!["NL".to_owned(), "Holland".to_owned()];
        bad.reset.gates = 9;
        bad.methods.push(bad.methods[0].clone());
        let fields: Vec<String> = bad.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["limits.lockout_after", "reset.gates", "delivery.countries[1]", "methods[8].kind"]);
        assert_eq!(bad.problems_for(Profile::Strict), bad.problems());
    }

    #[test]
    fn security_questions_are_for_resets_and_not_for_the_strict_profile() {
        let with = |uses: &[MethodUse], register, answer| {
            let mut document = PolicyDocument::at_birth();
            document.methods.push(MethodRule {
                kind: MethodKind::SecurityQuestions,
                uses: uses.to_vec(),
            });
            document.questions = QuestionNumbers { register, answer };
            document
        };
        let reset = [MethodUse::Reset];
        for (register, answer, good) in [
            (3, 3, true),
            (5, 5, true),
            (5, 3, true),
            (4, 5, false),
            (2, 2, false),
            (6, 3, false),
            (5, 2, false),
        ] {
            assert_eq!(with(&reset, register, answer).checked().is_ok(), good, "{register} and {answer}");
        }
        assert!(with(&[MethodUse::Mfa], 3, 3).checked().is_err());
        assert!(with(&[MethodUse::SignIn, MethodUse::Reset], 3, 3).checked().is_err());
        assert!(with(&reset, 3, 3).checked_for(Profile::Standard).is_ok());
        assert!(with(&reset, 3, 3).checked_for(Profile::Strict).is_err());
        assert!(with(&[], 3, 3).checked_for(Profile::Strict).is_ok(), "switched off is off");
    }

    #[test]
    fn resets_and_words_have_bounds() {
        let bad = |change: fn(&mut PolicyDocument)| {
            let mut document = PolicyDocument::at_birth();
            change(&mut document);
            document.checked().expect_err("out of bounds").to_string()
        };
        assert_eq!(bad(|d| d.reset.gates = 3), "reset.gates: 3 is not between 1 and 2");
        assert_eq!(bad(|d| d.reset.reconfirm_days = 731), "reset.reconfirm_days: 731 is not between 0 and 730");
        assert_eq!(bad(|d| d.reset.scope = ResetScope::Groups), "reset.groups: no group is named");
        assert_eq!(
            bad(|d| d.passwords.banned = vec!["noord".to_owned(), "abc".to_owned()]),
            "passwords.banned[1]: 3 characters; a word has 4 to 16"
        );
        assert_eq!(
            bad(|d| d.passwords.banned = vec!["word".to_owned(); 1_001]),
            "passwords.banned: 1001 is not between 0 and 1000"
        );
    }

    #[test]
    fn a_fraud_code_is_a_few_digits_and_never_spoken() {
        let with = |code: &str| {
            let mut document = PolicyDocument::at_birth();
            document.calls.fraud_code = code.to_owned();
            document.checked()
        };
        assert!(!PolicyDocument::at_birth().calls.pin, "off at birth");
        for good in ["0", "7", "99", "112"] {
            assert!(with(good).is_ok(), "{good}");
        }
        for bad in ["", "1234", "0#", "a", " 0", "٧"] {
            assert_eq!(
                with(bad).expect_err("no code").to_string(),
                format!("calls.fraud_code: '{bad}' is not 1 to 3 digits")
            );
        }
        let spoken = |code: &str| with(code).expect("good").calls.digits().collect::<Vec<_>>();
        assert_eq!(spoken("0"), (1..=9).collect::<Vec<_>>());
        assert_eq!(spoken("7"), [1, 2, 3, 4, 5, 6, 8, 9]);
        assert_eq!(spoken("77"), (1..=9).collect::<Vec<_>>());
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<PolicyDocument>(r#"{"methods":[],"allow_everything":true}"#).is_err());
    }
}
