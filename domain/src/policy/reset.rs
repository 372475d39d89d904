//! What opens a reset of the password, and who is prepared for one. Pure: the policy, what a member holds and the time come in.

use super::rules::{Inputs, demanded_for};
use jiff::{SignedDuration, Timestamp};
use model::{Action, Channel, MethodKind, MethodUse, PolicyDocument, Profile, RESET_COOL_HOURS, RESET_IDLE_DAYS, ResetScope, Then};
use serde::Serialize;

/// The ways to show who one is, in the order in which they are offered. Passkeys are none of them: whoever has one signs in with it and needs no password.
const WAYS: [MethodKind; 5] = [
    MethodKind::Totp,
    MethodKind::HardwareToken,
    MethodKind::Sms,
    MethodKind::Email,
    MethodKind::SecurityQuestions,
];

/// What a way proves: two that prove the same are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// An app.
    App,
    /// A thing of its own.
    Token,
    /// A phone number, texted or called.
    Phone,
    /// A mailbox.
    Mailbox,
    /// What one knows.
    Memory,
}

/// What a kind proves; nothing where it resets no password.
pub const fn proof(kind: MethodKind) -> Option<Proof> {
    match kind {
        MethodKind::Totp => Some(Proof::App),
        MethodKind::HardwareToken => Some(Proof::Token),
        MethodKind::Sms | MethodKind::Voice => Some(Proof::Phone),
        MethodKind::Email => Some(Proof::Mailbox),
        MethodKind::SecurityQuestions => Some(Proof::Memory),
        MethodKind::Passkey | MethodKind::Push | MethodKind::Pass | MethodKind::AppPassword | MethodKind::RecoveryCode => None,
    }
}

/// How many different things the kinds prove.
pub fn proofs(kinds: &[MethodKind]) -> usize {
    let mut found: Vec<Proof> = kinds.iter().filter_map(|kind| proof(*kind)).collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

/// The ways that an organisation offers everybody, whoever he is and whatever he holds: what is offered says nothing about a name.
pub fn offered(document: &PolicyDocument, profile: Profile, carried: &[Channel]) -> Vec<MethodKind> {
    let is_offered = |kind: &MethodKind| {
        document.allows(*kind, MethodUse::Reset)
            && kind.channel().is_none_or(|channel| carried.contains(&channel))
            && (*kind != MethodKind::SecurityQuestions || profile != Profile::Strict)
    };
    WAYS.into_iter().filter(is_offered).collect()
}

/// The ways that are left after some were shown: none that proves the same once more.
pub fn left(offered: &[MethodKind], shown: &[MethodKind]) -> Vec<MethodKind> {
    let seen: Vec<Proof> = shown.iter().filter_map(|kind| proof(*kind)).collect();
    let is_new = |kind: &MethodKind| proof(*kind).is_some_and(|proof| !seen.contains(&proof));
    offered.iter().copied().filter(is_new).collect()
}

/// Whether the organisation lets anybody reset a password.
pub fn is_offered_at_all(document: &PolicyDocument) -> bool {
    document.reset.scope != ResetScope::Nobody
}

/// Whether the organisation lets this member reset the password.
pub fn is_in_scope(document: &PolicyDocument, groups: &[String]) -> bool {
    match document.reset.scope {
        ResetScope::Nobody => false,
        ResetScope::Groups => groups.iter().any(|group| document.reset.groups.contains(group)),
        ResetScope::Everybody => true,
    }
}

/// How many different things a member shows. Whoever has a role shows two, whatever the policy says.
pub fn gates(document: &PolicyDocument, is_admin: bool) -> usize {
    if is_admin { 2 } else { usize::from(document.reset.gates) }
}

/// Whether so many answers are enough to be asked. Nobody with a role is.
pub fn answers_enough(document: &PolicyDocument, is_admin: bool, answers: i64) -> bool {
    !is_admin && answers >= i64::from(document.questions.answer)
}

/// A method, as the question sees it whether it opens a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetFacts {
    /// Its kind.
    pub kind: MethodKind,
    /// On.
    pub active: bool,
    /// When it was proven.
    pub confirmed_at: Option<Timestamp>,
    /// When it last opened something.
    pub last_used_at: Option<Timestamp>,
    /// Members who have the same number or mailbox, this one among them.
    pub members: i64,
    /// So many members make a number one of the office, and nobody's own.
    pub members_max: i64,
}

/// Why a method resets no password now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotForReset {
    /// It is off, or was never proven.
    Off,
    /// So many members have it that it proves nobody (abuse case C13).
    Shared,
    /// It is new: whoever has taken over a session must not get the account by it at once (abuse case C12).
    Cooling {
        /// From when it may.
        until: Timestamp,
    },
    /// Nobody has used it for a year: the number may be another's by now (abuse case C13). It may again once it has been used.
    Idle {
        /// When it last opened something.
        since: Timestamp,
    },
}

impl ResetFacts {
    /// When it was last proven or used; never, where it is not on.
    fn seen_at(&self) -> Option<Timestamp> {
        let proven = self.confirmed_at.filter(|_| self.active)?;
        Some(self.last_used_at.map_or(proven, |used| used.max(proven)))
    }
}

impl NotForReset {
    /// The word, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shared => "shared",
            Self::Cooling { .. } => "cooling",
            Self::Idle { .. } => "idle",
        }
    }
}

/// Whether a method may open a password reset at a moment. Phones and mailboxes can be swapped and pass from hand to hand, so they wait a day, must have been
/// used within a year, and must not be shared; what a member holds in his hand need only be on. The policy says beside this which kinds may at all.
pub fn usable_for_reset(method: &ResetFacts, now: Timestamp) -> Result<(), NotForReset> {
    let (proven, since) = method.confirmed_at.zip(method.seen_at()).ok_or(NotForReset::Off)?;
    if method.kind.channel().is_none() {
        return Ok(());
    }
    if method.members >= method.members_max {
        return Err(NotForReset::Shared);
    }
    let until = proven + SignedDuration::from_hours(RESET_COOL_HOURS);
    if now < until {
        return Err(NotForReset::Cooling { until });
    }
    if now.duration_since(since) >= SignedDuration::from_hours(24 * RESET_IDLE_DAYS) {
        return Err(NotForReset::Idle { since });
    }
    Ok(())
}

/// How a member stands to a reset, before anybody needs one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// He may reset his password, and is to be asked for what it takes.
    pub asked: bool,
    /// How many different things he would show.
    pub gates: usize,
    /// How many he can, what waits out its first day among them.
    pub proofs: usize,
    /// Kinds that would be one more, as they are offered.
    pub more: Vec<MethodKind>,
    /// Places of methods that nobody has looked at for longer than the policy says; those that reset nothing before somebody does, where they are needed.
    pub stale: Vec<usize>,
}

impl Prepared {
    /// True when the member is to be asked.
    pub fn lacks(&self) -> bool {
        self.asked && (self.proofs < self.gates || !self.stale.is_empty())
    }
}

/// How a member with these methods and answers stands, by the ways that are [`offered`].
pub fn prepared(document: &PolicyDocument, inputs: &Inputs<'_>, offered: &[MethodKind], held: &[ResetFacts], answers: i64, now: Timestamp) -> Prepared {
    let is_admin = inputs.operator || !inputs.roles.is_empty();
    let gates = gates(document, is_admin);
    let questions = offered.contains(&MethodKind::SecurityQuestions) && answers_enough(document, is_admin, answers);
    let of_use = |method: &&ResetFacts| {
        let opens = usable_for_reset(method, now);
        offered.contains(&method.kind) && matches!(opens, Ok(()) | Err(NotForReset::Cooling { .. }))
    };
    let mut kinds: Vec<MethodKind> = held.iter().filter(of_use).map(|method| method.kind).collect();
    kinds.extend(questions.then_some(MethodKind::SecurityQuestions));
    let proofs = proofs(&kinds);
    let life = SignedDuration::from_hours(24 * document.reset.reconfirm_days);
    // A code that is sent proves its own phone or mailbox. Anything else is tried out by what is asked before a change, which must take it.
    let before_a_change = demanded_for(document, inputs, Action::RegisterSecurityInfo).0;
    let changes_take_codes = !matches!(before_a_change, Then::Block | Then::RequirePhishingResistant);
    let can_be_tried = |kind: MethodKind| kind.channel().is_some() || (changes_take_codes && document.allows(kind, MethodUse::Mfa));
    let is_stale = |method: &ResetFacts| {
        let old = document.reset.reconfirm_days > 0 && method.seen_at().is_some_and(|seen| now.duration_since(seen) >= life);
        match usable_for_reset(method, now) {
            Ok(()) => old,
            Err(NotForReset::Idle { .. }) => old || proofs < gates,
            Err(_) => false,
        }
    };
    let stale: Vec<usize> = (0..held.len())
        .filter(|place| offered.contains(&held[*place].kind) && can_be_tried(held[*place].kind) && is_stale(&held[*place]))
        .collect();
    kinds.extend(stale.iter().map(|place| held[*place].kind));
    Prepared {
        asked: document.reset.register && is_in_scope(document, inputs.groups),
        gates,
        proofs,
        more: left(offered, &kinds)
            .into_iter()
            .filter(|kind| !is_admin || *kind != MethodKind::SecurityQuestions)
            .collect(),
        stale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{MfaState, Role, Rule, RuleState, Subjects};
    use proptest::prelude::*;

    const DAY: i64 = 24;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 3_600 * hours).expect("a moment")
    }

    fn method(kind: MethodKind, confirmed: Option<i64>, used: Option<i64>, members: i64) -> ResetFacts {
        ResetFacts {
            kind,
            active: true,
            confirmed_at: confirmed.map(at),
            last_used_at: used.map(at),
            members,
            members_max: 3,
        }
    }

    #[test]
    fn c12_c13_a_table_of_what_may_open_a_reset() {
        use MethodKind::*;
        let (cooling, idle) = (|h| Err(NotForReset::Cooling { until: at(h) }), |h| Err(NotForReset::Idle { since: at(h) }));
        for (name, method, now, answer) in [
            ("new phone", method(Sms, Some(0), Some(0), 1), 0, cooling(24)),
            ("new phone, a minute before its day is over", method(Sms, Some(0), None, 1), 23, cooling(24)),
            ("phone of a day", method(Sms, Some(0), None, 1), 24, Ok(())),
            ("new phone for calls", method(Voice, Some(0), None, 1), 5, cooling(24)),
            ("new mailbox", method(Email, Some(0), Some(2), 1), 5, cooling(24)),
            ("mailbox of two days", method(Email, Some(0), None, 1), 48, Ok(())),
            ("new app", method(Totp, Some(0), None, 1), 0, Ok(())),
            ("new token", method(HardwareToken, Some(0), None, 1), 0, Ok(())),
            ("app of two years ago", method(Totp, Some(0), None, 1), 730 * DAY, Ok(())),
            ("phone, used within the year", method(Sms, Some(0), Some(300 * DAY), 1), 600 * DAY, Ok(())),
            ("phone, a year unused", method(Sms, Some(0), Some(10 * DAY), 1), 375 * DAY, idle(10 * DAY)),
            ("phone, never used, a year old", method(Sms, Some(0), None, 1), 365 * DAY, idle(0)),
            ("phone of two members", method(Sms, Some(0), None, 2), 48, Ok(())),
            ("phone of three members", method(Sms, Some(0), None, 3), 48, Err(NotForReset::Shared)),
            ("new phone of three members", method(Sms, Some(0), None, 3), 1, Err(NotForReset::Shared)),
            ("never proven", method(Sms, None, None, 1), 48, Err(NotForReset::Off)),
        ] {
            assert_eq!(usable_for_reset(&method, at(now)), answer, "{name}");
        }
        let off = ResetFacts {
            active: false,
            ..method(Totp, Some(0), None, 1)
        };
        assert_eq!(usable_for_reset(&off, at(48)), Err(NotForReset::Off));
    }

    #[test]
    fn two_that_prove_the_same_are_one() {
        use MethodKind::*;
        assert_eq!(proofs(&[Sms, Voice]), 1, "one phone is one thing");
        assert_eq!(proofs(&[Totp, Totp]), 1);
        assert_eq!(proofs(&[Totp, HardwareToken, Sms, Email, SecurityQuestions]), 5);
        assert_eq!(proofs(&[Passkey, RecoveryCode, Pass]), 0);
        assert_eq!(left(&[Totp, Sms, Voice, Email], &[Voice]), [Totp, Email]);
    }

    #[test]
    fn what_is_offered_is_of_the_organisation() {
        use MethodKind::*;
        let document = PolicyDocument::at_birth();
        assert_eq!(offered(&document, Profile::Standard, &[]), [Totp, HardwareToken]);
        assert_eq!(
            offered(&document, Profile::Standard, &[Channel::Sms, Channel::Mail]),
            [Totp, HardwareToken, Sms, Email]
        );
    }

    fn inputs<'a>(roles: &'a [Role], groups: &'a [String]) -> Inputs<'a> {
        Inputs {
            mfa_state: MfaState::Disabled,
            roles,
            operator: false,
            groups,
            application: None,
            action: None,
        }
    }

    /// A reset shows different things, of the ways there are: so many, and not so many methods.
    #[test]
    fn who_is_prepared_for_a_reset() {
        use MethodKind::*;
        let now = 1_000 * DAY;
        let held = |kind, days: i64| method(kind, Some(now - days * DAY), None, 1);
        let off = ResetFacts { active: false, ..held(Sms, 2) };
        let office = ResetFacts { members: 3, ..held(Sms, 2) };
        let ways = [Totp, HardwareToken, Sms, Email, SecurityQuestions];
        let mut document = PolicyDocument::at_birth();
        document.reset.scope = ResetScope::Everybody;
        document.reset.register = true;
        let nobody = [];
        for (name, methods, answers, proofs, more, stale) in [
            ("nothing", vec![], 0, 0, &ways[..], &[][..]),
            ("one app", vec![held(Totp, 2)], 0, 1, &[HardwareToken, Sms, Email, SecurityQuestions], &[]),
            ("two", vec![held(Totp, 2), held(Sms, 2)], 0, 2, &[HardwareToken, Email, SecurityQuestions], &[]),
            (
                "two apps are one",
                vec![held(Totp, 2), held(Totp, 9)],
                0,
                1,
                &[HardwareToken, Sms, Email, SecurityQuestions],
                &[],
            ),
            (
                "two numbers are one",
                vec![held(Sms, 2), held(Sms, 9)],
                0,
                1,
                &[Totp, HardwareToken, Email, SecurityQuestions],
                &[],
            ),
            (
                "no reset is called in",
                vec![held(Totp, 2), held(Voice, 2)],
                0,
                1,
                &[HardwareToken, Sms, Email, SecurityQuestions],
                &[],
            ),
            (
                "a passkey resets nothing",
                vec![held(Totp, 2), held(Passkey, 2)],
                0,
                1,
                &[HardwareToken, Sms, Email, SecurityQuestions],
                &[],
            ),
            ("answers are one", vec![held(Totp, 2)], 5, 2, &[HardwareToken, Sms, Email], &[]),
            (
                "too few answers are none",
                vec![held(Totp, 2)],
                1,
                1,
                &[HardwareToken, Sms, Email, SecurityQuestions],
                &[],
            ),
            (
                "a new phone is on its way",
                vec![held(Totp, 2), held(Sms, 0)],
                0,
                2,
                &[HardwareToken, Email, SecurityQuestions],
                &[],
            ),
            ("off", vec![held(Totp, 2), off], 0, 1, &[HardwareToken, Sms, Email, SecurityQuestions], &[]),
            (
                "a phone of the office",
                vec![held(Totp, 2), office],
                0,
                1,
                &[HardwareToken, Sms, Email, SecurityQuestions],
                &[],
            ),
            (
                "179 days",
                vec![held(Totp, 2), held(Sms, 179)],
                0,
                2,
                &[HardwareToken, Email, SecurityQuestions],
                &[],
            ),
            (
                "180 days",
                vec![held(Totp, 2), held(Sms, 180)],
                0,
                2,
                &[HardwareToken, Email, SecurityQuestions],
                &[1],
            ),
            (
                "a year",
                vec![held(Totp, 2), held(Sms, 365)],
                0,
                1,
                &[HardwareToken, Email, SecurityQuestions],
                &[1],
            ),
        ] {
            let asked = inputs(&[], &nobody);
            let found = prepared(&document, &asked, &ways, &methods, answers, at(now));
            assert_eq!((found.proofs, &found.more[..], &found.stale[..]), (proofs, more, stale), "{name}");
            assert_eq!(found.lacks(), proofs < 2 || !stale.is_empty(), "{name}");
        }
        let methods = [held(Totp, 2), held(Sms, 700)];
        let ask = |document: &PolicyDocument, roles: &[Role], groups: &[String], methods: &[ResetFacts]| {
            prepared(document, &inputs(roles, groups), &ways, methods, 9, at(now))
        };
        // Whoever has a role shows two, and never answers.
        document.reset.gates = 1;
        assert!(!ask(&document, &[], &nobody, &methods[..1]).lacks());
        let reader = ask(&document, &[Role::Reader], &nobody, &methods[..1]);
        assert!(reader.lacks() && !reader.more.contains(&SecurityQuestions), "{reader:?}");
        // Where nothing is confirmed again, an idle phone matters to whom it is missing.
        document.reset.reconfirm_days = 0;
        assert!(!ask(&document, &[], &nobody, &methods).lacks());
        assert_eq!(ask(&document, &[Role::Reader], &nobody, &methods).stale, [1]);
        // What could not be tried out is not asked for: an app where changes take passkeys alone. A phone proves itself.
        document.reset.reconfirm_days = 180;
        let old = [held(Totp, 200), held(Sms, 200)];
        assert_eq!(ask(&document, &[], &nobody, &old).stale, [0, 1]);
        document.rules = vec![Rule {
            name: String::from("changes"),
            state: RuleState::On,
            who: Subjects::default(),
            applications: Vec::new(),
            actions: vec![Action::RegisterSecurityInfo],
            then: Then::RequirePhishingResistant,
        }];
        assert_eq!(ask(&document, &[], &nobody, &old).stale, [1]);
        document.rules.clear();
        document
            .methods
            .iter_mut()
            .filter(|rule| rule.kind == Totp)
            .for_each(|rule| rule.uses = vec![MethodUse::Reset]);
        assert_eq!(ask(&document, &[], &nobody, &old).stale, [1], "nor one that is asked for nowhere else");
        document.reset.scope = ResetScope::Groups;
        document.reset.groups = vec!["staff".to_owned()];
        assert!(!ask(&document, &[], &nobody, &[]).asked);
        let staff = ["staff".to_owned()];
        assert!(prepared(&document, &inputs(&[], &staff), &ways, &[], 0, at(now)).lacks());
        document.reset.register = false;
        assert!(!prepared(&document, &inputs(&[], &staff), &ways, &[], 0, at(now)).lacks());
    }

    proptest! {
        /// Whatever else is true of a phone: within its first day it resets nothing.
        #[test]
        fn c12_no_phone_resets_within_a_day(confirmed in 0i64..1_000, later in 0i64..24, used in prop::option::of(0i64..2_000), members in 0i64..10) {
            let phone = method(MethodKind::Sms, Some(confirmed), used, members);
            prop_assert!(usable_for_reset(&phone, at(confirmed + later)).is_err());
        }
    }
}
