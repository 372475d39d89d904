//! The rules of a reset. Pure: the policy, what a member holds, what was shown and the time come in.

use crate::{
    methods::rules::{ResetFacts, usable_for_reset},
    verification::{
        facts::{Facts, MethodFacts},
        rules::Counter,
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use uuid::Uuid;

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

/// Why no reset of a name comes to an end. Nobody is told on a page; the member is told by mail, the admins by the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nobody has the name.
    NotFound,
    /// The account or the organisation is switched off.
    Disabled,
    /// An admin has blocked the member: what somebody proves by himself does not lift that.
    Blocked,
    /// The organisation does not let this member.
    NotOffered,
    /// The member holds too little to show.
    TooFew,
}

impl Closed {
    /// The reason in the journal.
    pub const fn reason(self) -> Reason {
        match self {
            Self::NotFound => Reason::NotFound,
            Self::Disabled => Reason::Disabled,
            Self::Blocked => Reason::Blocked,
            Self::NotOffered => Reason::ResetNotOffered,
            Self::TooFew => Reason::NoMethods,
        }
    }
}

/// How a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The kinds that the member can show at this moment.
    pub held: Vec<MethodKind>,
    /// How many different things have to be shown.
    pub gates: usize,
    /// Why it comes to nothing.
    pub closed: Option<Closed>,
}

/// What a reset needs beside the facts of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How many others have the same number or mailbox, by method.
    pub shared: Vec<(Uuid, i64)>,
    /// Answers to security questions.
    pub answers: i64,
    /// Kinds that were shown in the attempt.
    pub shown: Vec<MethodKind>,
}

/// How a name stands under a policy. Whoever has a role shows two things, and never answers questions.
pub fn standing(facts: &Facts, document: &PolicyDocument, offered: &[MethodKind], beside: &Beside, now: Timestamp) -> Standing {
    let gates = match &facts.member {
        Some(member) if member.is_admin() => 2,
        _ => usize::from(document.reset.gates),
    };
    let held: Vec<MethodKind> = offered.iter().copied().filter(|kind| is_held(facts, document, *kind, beside, now)).collect();
    let closed = match &facts.member {
        None => Some(Closed::NotFound),
        Some(member) if member.disabled || facts.tenant.as_ref().is_none_or(|tenant| tenant.suspended) => Some(Closed::Disabled),
        Some(_) if facts.block.is_some() => Some(Closed::Blocked),
        Some(member) if !is_in_scope(&document.reset, &member.groups) => Some(Closed::NotOffered),
        Some(_) if proofs(&held) < gates => Some(Closed::TooFew),
        Some(_) => None,
    };
    Standing { held, gates, closed }
}

fn is_in_scope(reset: &Reset, groups: &[String]) -> bool {
    match reset.scope {
        ResetScope::Nobody => false,
        ResetScope::Groups => groups.iter().any(|group| reset.groups.contains(group)),
        ResetScope::Everybody => true,
    }
}

fn is_held(facts: &Facts, document: &PolicyDocument, kind: MethodKind, beside: &Beside, now: Timestamp) -> bool {
    if kind == MethodKind::SecurityQuestions {
        return beside.answers >= i64::from(document.questions.answer) && facts.member.as_ref().is_some_and(|member| !member.is_admin());
    }
    place(facts, document, kind, beside, now).is_some()
}

/// The method of a kind that may open a reset now, by its place in the facts; the member's first choice before others.
pub fn place(facts: &Facts, document: &PolicyDocument, kind: MethodKind, beside: &Beside, now: Timestamp) -> Option<usize> {
    let first = facts.member.as_ref().and_then(|member| member.default_method);
    let may = |method: &MethodFacts| {
        let others = beside.shared.iter().find(|(id, _)| *id == method.method_id.0).map_or(0, |(_, others)| *others);
        let asked = ResetFacts {
            kind,
            active: method.state == "active",
            confirmed_at: method.confirmed_at,
            last_used_at: method.last_used_at,
            members: others + 1,
            members_max: document.delivery.shared_number_members,
        };
        method.kind == kind && method.sealed.is_some() && !method.is_past(now) && usable_for_reset(&asked, now).is_ok()
    };
    let mut places: Vec<usize> = (0..facts.methods.len()).filter(|place| may(&facts.methods[*place])).collect();
    places.sort_by_key(|place| Some(facts.methods[*place].method_id) != first);
    places.first().copied()
}

/// The counter after one more: with the fifth in an hour nothing is taken for a day (original.md 4e).
pub fn after_one(counter: &Counter, now: Timestamp) -> Counter {
    counted(counter, RESETS_HOUR_MAX, RESET_WAIT_HOURS, now)
}

/// The counter of a source after one more: behind one address there are many people, so more of them, and an hour.
pub fn after_one_from(counter: &Counter, now: Timestamp) -> Counter {
    counted(counter, RESETS_SOURCE_HOUR_MAX, 1, now)
}

/// The counter of wrong codes after one more: with every tenth in a row nothing is taken for a day, then for two, four, eight, sixteen. In a month that is half
/// of the hundred that a method bears (NIST SP 800-63B-4 section 3.2.2).
pub fn after_wrong(counter: &Counter, now: Timestamp) -> Counter {
    let in_row = counter.in_row.saturating_add(1);
    let full = in_row % RESET_WRONG_MAX == 0;
    let level = if full { (counter.level + 1).min(5) } else { counter.level };
    Counter {
        in_row,
        level,
        wait_until: match full {
            true => Some(now + SignedDuration::from_hours(RESET_WAIT_HOURS << (level - 1))),
            false => counter.wait_until,
        },
        recent: Vec::new(),
        last_at: Some(now),
    }
}

fn counted(counter: &Counter, most: usize, wait_hours: i64, now: Timestamp) -> Counter {
    let hour = SignedDuration::from_hours(1);
    let mut recent: Vec<Timestamp> = counter.recent.iter().copied().filter(|at| now.duration_since(*at) < hour).collect();
    recent.push(now);
    Counter {
        in_row: counter.in_row.saturating_add(1),
        level: 0,
        wait_until: (recent.len() >= most).then(|| now + SignedDuration::from_hours(wait_hours)),
        recent,
        last_at: Some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        /// Never more than five in any hour, and a day of rest after the fifth.
        #[test]
        fn five_an_hour_then_a_day(pauses in prop::collection::vec(0i64..7_200, 1..60)) {
            let (mut counter, mut now, mut taken) = (Counter::default(), Timestamp::from_second(1_800_000_000).expect("a moment"), Vec::new());
            for pause in pauses {
                now += SignedDuration::from_secs(pause);
                if counter.waits(now).is_none() {
                    taken.push(now);
                    counter = after_one(&counter, now);
                }
            }
            for (n, first) in taken.iter().enumerate() {
                let within = taken[n..].iter().filter(|at| at.duration_since(*first) < SignedDuration::from_hours(1)).count();
                prop_assert!(within <= RESETS_HOUR_MAX);
                if let Some(next) = taken.get(n + RESETS_HOUR_MAX) && within == RESETS_HOUR_MAX {
                    prop_assert!(next.duration_since(taken[n + RESETS_HOUR_MAX - 1]) >= SignedDuration::from_hours(RESET_WAIT_HOURS));
                }
            }
        }
    }
}
