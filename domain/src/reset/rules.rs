//! The rules of a reset. Pure: the policy, what a member holds, what was shown and the time come in.

use crate::{
    policy::reset::{answers_enough, gates, is_in_scope, proofs, usable_for_reset},
    verification::{
        facts::{Facts, MemberFacts, MethodFacts},
        rules::Counter,
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;

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

/// How a name stands under a policy. Whoever has a role shows two things, and never answers questions.
pub fn standing(facts: &Facts, document: &PolicyDocument, now: Timestamp) -> Standing {
    let is_admin = facts.member.as_ref().is_some_and(MemberFacts::is_admin);
    let gates = gates(document, is_admin);
    let answers = facts.for_reset.as_ref().map_or(0, |beside| beside.answers);
    let is_held = |kind: &MethodKind| match kind {
        MethodKind::SecurityQuestions => answers_enough(document, is_admin, answers),
        kind => place(facts, document, *kind, now).is_some(),
    };
    let held: Vec<MethodKind> = facts.ways_to_reset(document).into_iter().filter(is_held).collect();
    let closed = match &facts.member {
        None => Some(Closed::NotFound),
        Some(member) if member.disabled || facts.tenant.as_ref().is_none_or(|tenant| tenant.suspended) => Some(Closed::Disabled),
        Some(_) if facts.block.is_some() => Some(Closed::Blocked),
        Some(member) if !is_in_scope(document, &member.groups) => Some(Closed::NotOffered),
        Some(_) if proofs(&held) < gates => Some(Closed::TooFew),
        Some(_) => None,
    };
    Standing { held, gates, closed }
}

/// The method of a kind that may open a reset now, by its place in the facts; the member's first choice before others.
pub fn place(facts: &Facts, document: &PolicyDocument, kind: MethodKind, now: Timestamp) -> Option<usize> {
    let first = facts.member.as_ref().and_then(|member| member.default_method);
    let may = |method: &MethodFacts| method.kind == kind && usable_for_reset(&facts.opens_reset(document, method, now), now).is_ok();
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
