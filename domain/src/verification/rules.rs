//! The rules of verification. Pure: facts and the time come in, a verdict goes out. Nothing here reads a clock or a database.

use super::facts::{AttemptFacts, Facts, MethodFacts};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Wrong answers of one scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    /// Wrong answers since the last right one.
    pub in_row: i32,
    /// The moments of the last few, oldest first.
    pub recent: Vec<Timestamp>,
    /// How many waits have been imposed; falls after success or a quiet day.
    pub level: i32,
    /// Nothing is compared before this moment.
    pub wait_until: Option<Timestamp>,
    /// The last wrong answer.
    pub last_at: Option<Timestamp>,
}

impl Counter {
    /// The moment until which nothing is compared, if that is still ahead.
    pub fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        self.wait_until.filter(|until| *until > now)
    }

    /// True when there is nothing to forget.
    pub fn is_clear(&self) -> bool {
        *self == Self::default()
    }

    /// Quiet since the last wrong answer; a wait is no quiet time, for nobody could answer during it.
    fn quiet_for(&self, now: Timestamp, seconds: i64) -> bool {
        self.last_at
            .max(self.wait_until)
            .is_some_and(|since| now.duration_since(since) >= SignedDuration::from_secs(seconds))
    }

    /// A wrong answer for a family of methods: five in five minutes, then a wait that doubles with each further one, 30 s to an hour. In the
    /// strict profile never more than five comparisons in any five minutes.
    pub fn after_wrong_answer(&self, profile: Profile, now: Timestamp) -> Self {
        let level = if self.quiet_for(now, LEVEL_QUIET_SECONDS) { 0 } else { self.level };
        let window = SignedDuration::from_secs(WRONG_WINDOW_SECONDS);
        let mut recent: Vec<Timestamp> = self.recent.iter().copied().filter(|at| now.duration_since(*at) < window).collect();
        recent.push(now);
        if recent.len() > WRONG_SOFT_MAX {
            recent.remove(0);
        }
        let mut next = Self {
            in_row: self.in_row.saturating_add(1),
            level,
            recent,
            wait_until: None,
            last_at: Some(now),
        };
        if next.recent.len() >= WRONG_SOFT_MAX || level > 0 {
            let mut until = now + doubled(WAIT_SECONDS_FIRST, level, WAIT_SECONDS_MAX);
            if profile == Profile::Strict && next.recent.len() >= WRONG_SOFT_MAX {
                until = until.max(next.recent[0] + window);
            }
            next.wait_until = Some(until);
            next.level = level + 1;
        }
        next
    }

    /// A wrong second factor for the member's lockout: so many in a row lock for so long, then twice as long, at most a day; fifteen quiet minutes
    /// forget the row, a quiet day the level.
    pub fn after_wrong_second(&self, limits: &Limits, now: Timestamp) -> Self {
        let in_row = if self.quiet_for(now, LOCKOUT_QUIET_SECONDS) { 0 } else { self.in_row } + 1;
        let level = if self.quiet_for(now, LEVEL_QUIET_SECONDS) { 0 } else { self.level };
        if in_row < limits.lockout_after {
            return Self {
                in_row,
                level,
                wait_until: None,
                last_at: Some(now),
                recent: Vec::new(),
            };
        }
        let until = now + doubled(limits.lockout_minutes * 60, level, LOCKOUT_SECONDS_MAX);
        Self {
            in_row: 0,
            level: level + 1,
            wait_until: Some(until),
            last_at: Some(now),
            recent: Vec::new(),
        }
    }

    /// A wrong password from one source: ten, then a minute, doubling to an hour.
    pub fn after_wrong_password(&self, now: Timestamp) -> Self {
        let level = if self.quiet_for(now, LEVEL_QUIET_SECONDS) { 0 } else { self.level };
        let in_row = self.in_row.saturating_add(1);
        let mut next = Self {
            in_row,
            level,
            wait_until: None,
            last_at: Some(now),
            recent: Vec::new(),
        };
        if in_row >= PASSWORD_WRONG_MAX {
            next.wait_until = Some(now + doubled(PASSWORD_WAIT_SECONDS_FIRST, level, WAIT_SECONDS_MAX));
            next.level = level + 1;
        }
        next
    }
}

/// `first * 2^level` seconds, at most `max`.
fn doubled(first: i64, level: i32, max: i64) -> SignedDuration {
    let factor = 1i64.checked_shl(level.clamp(0, 40) as u32).unwrap_or(i64::MAX);
    SignedDuration::from_secs(first.saturating_mul(factor).min(max))
}

/// How an offered code compares with one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Right, at this step, with this drift to remember.
    Right {
        /// The step or counter that matched.
        step: i64,
        /// The drift to remember, in steps.
        drift: i64,
    },
    /// Right, but the step or a later one has been used.
    Reused,
    /// Wrong; `near` tells by how many steps the code is off, if it belongs to a moment not far away.
    Wrong {
        /// Steps from now.
        near: Option<i64>,
    },
}

/// How an offered code compares with the pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassMatch {
    /// Right, and good now.
    Right,
    /// Right, but used already, and good for one use alone.
    Used,
    /// Right, but before its start or past its end.
    OutOfTime,
    /// Wrong.
    Wrong,
}

/// The results of comparing: each method that was compared, and the recovery code that matched.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Methods by their place in the facts.
    pub methods: Vec<(usize, Match)>,
    /// The recovery code that matched, by its place in the facts.
    pub recovery: Option<usize>,
    /// Whether the code that was sent was compared, and matched.
    pub sent: Option<bool>,
    /// How the pass compared, if it was compared.
    pub pass: Option<PassMatch>,
}

/// What may be compared now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparable {
    /// Families that are not in a wait.
    pub families: Vec<Family>,
    /// Methods by their place in the facts.
    pub methods: Vec<usize>,
    /// Recovery codes may be compared.
    pub recovery: bool,
    /// The method whose sent code may be compared, by its place in the facts.
    pub sent: Option<usize>,
    /// The pass may be compared.
    pub pass: bool,
}

/// The verdict on an offered code.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The code is right.
    Right {
        /// The method, by its place in the facts; `None` for a recovery code.
        method: Option<usize>,
        /// The step to claim and the drift to remember, for a method.
        claim: Option<(i64, i64)>,
        /// The recovery code to use up, by its place in the facts.
        recovery: Option<usize>,
        /// Counters to clear.
        families: Vec<Family>,
    },
    /// The code is the pass, and the pass is good.
    RightPass {
        /// The pass to use.
        pass: Uuid,
    },
    /// Refused without comparing.
    NotCompared {
        /// Why.
        reason: Reason,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Compared and refused; counts as a wrong answer.
    Wrong {
        /// Why.
        reason: Reason,
        /// The method that explains the reason best, by its place in the facts.
        method: Option<usize>,
        /// Families to count in.
        families: Vec<Family>,
        /// Steps by which the code was off, where it belonged to a moment not far away.
        near: Option<i64>,
    },
}

/// Whether anything may be compared at all, whatever the code: locks, blocks, switched-off accounts. The answer never depends on the code.
pub fn admits(facts: &Facts, evaluation: &crate::policy::rules::Evaluation, now: Timestamp) -> Result<(), Verdict> {
    let refuse = |reason, until| Err(Verdict::NotCompared { reason, until });
    stands(facts, evaluation)?;
    let guard = facts.counter("guard");
    if let Some(until) = guard.waits(now) {
        return refuse(Reason::Locked, Some(until));
    }
    // What was open when the member was locked does not go on after the lock.
    let open_before = |attempt: &AttemptFacts| guard.wait_until.is_some_and(|until| attempt.started_at < until);
    if facts.attempt.as_ref().is_some_and(open_before) {
        return refuse(Reason::Locked, None);
    }
    Ok(())
}

/// Whether the account may be used at all, whatever was guessed: what holds for passkeys too, which no wrong code ever locks (product rule 6).
pub fn stands(facts: &Facts, evaluation: &crate::policy::rules::Evaluation) -> Result<(), Verdict> {
    let refuse = |reason, until| Err(Verdict::NotCompared { reason, until });
    if facts.tenant.as_ref().is_none_or(|tenant| tenant.suspended) || facts.member.as_ref().is_some_and(|member| member.disabled) {
        return refuse(Reason::Disabled, None);
    }
    if let Some(block) = &facts.block {
        return refuse(Reason::Blocked, block.ends());
    }
    if evaluation.then == Then::Block {
        return refuse(Reason::BlockedByPolicy, None);
    }
    Ok(())
}

/// Which methods an offered code is compared with: confirmed, allowed by the policy, of a family that can have this form, not in a wait; and only of
/// the kind named, if one is. Where there is nothing to compare (an unknown name, nothing registered) the first family stands for it, so that its wait
/// holds there too.
pub fn comparable(facts: &Facts, document: &PolicyDocument, offered: &OfferedCode, kind: Option<MethodKind>, now: Timestamp) -> Result<Comparable, Verdict> {
    let wanted: Vec<Family> = offered.families().iter().copied().filter(|f| kind.is_none_or(|k| k.family() == *f)).collect();
    // Proving a phone, or who is calling: only what was sent there counts.
    let proving = facts.attempt.as_ref().is_some_and(|a| !a.purpose.is_second_factor());
    let fits = |m: &MethodFacts| {
        !proving
            && m.state == "active"
            // A phone has no code of its own: what was sent to it is compared with the challenge.
            && m.kind.channel().is_none()
            && wanted.contains(&m.kind.family())
            && kind.is_none_or(|k| k == m.kind)
            && document.allows(m.kind, MethodUse::Mfa)
            && m.sealed.is_some()
            && !m.is_past(now)
    };
    let has_recovery =
        !proving && wanted.contains(&Family::Recovery) && !facts.recovery.is_empty() && document.allows(MethodKind::RecoveryCode, MethodUse::Mfa);
    let mut held: Vec<Family> = facts.methods.iter().filter(|m| fits(m)).map(|m| m.kind.family()).collect();
    held.extend(has_recovery.then_some(Family::Recovery));
    // What is asked in a call is answered in it and nowhere else.
    let typed = |k: MethodKind| k != MethodKind::Voice && kind.is_none_or(|kind| kind == k);
    let sent = sent_to(facts, document, now).filter(|place| wanted.contains(&Family::Delivered) && typed(facts.methods[*place].kind));
    held.extend(sent.map(|_| Family::Delivered));
    let has_pass = !proving && wanted.contains(&Family::Pass) && pass_may_be_compared(facts, document, MethodUse::Mfa);
    held.extend(has_pass.then_some(Family::Pass));
    if held.is_empty() {
        held.extend(wanted.first());
    }
    held.sort();
    held.dedup();
    let waits = |family: &Family| facts.counter(family.as_str()).waits(now);
    let families: Vec<Family> = held.iter().copied().filter(|family| waits(family).is_none()).collect();
    if families.is_empty() && !held.is_empty() {
        return Err(Verdict::NotCompared {
            reason: Reason::Throttled,
            until: held.iter().filter_map(waits).min(),
        });
    }
    let methods = facts
        .methods
        .iter()
        .enumerate()
        .filter(|(_, m)| fits(m) && families.contains(&m.kind.family()))
        .map(|(n, _)| n)
        .collect();
    let recovery = has_recovery && families.contains(&Family::Recovery);
    let sent = sent.filter(|_| families.contains(&Family::Delivered));
    let pass = has_pass && families.contains(&Family::Pass);
    Ok(Comparable {
        families,
        methods,
        recovery,
        sent,
        pass,
    })
}

/// Whether there is a pass that the policy allows for this use, and that guessing has not taken out of use.
pub fn pass_may_be_compared(facts: &Facts, document: &PolicyDocument, wanted: MethodUse) -> bool {
    facts.pass.is_some() && document.allows(MethodKind::Pass, wanted) && !pass_is_guessed_off(facts)
}

/// As many wrong answers as switch a method off: no pass is compared any more, an old one or a new one, until an admin has unlocked the member.
pub fn pass_is_guessed_off(facts: &Facts) -> bool {
    facts.counter(Family::Pass.as_str()).in_row >= WRONG_IN_ROW_MAX || facts.rolling(Family::Pass) >= WRONG_ROLLING_MAX
}

/// The method that the open challenge's code was sent to, by its place in the facts: as long as the challenge lives and the method may be used. A phone that
/// is only to become a method is proven by its own challenge and by nothing else.
pub fn sent_to(facts: &Facts, document: &PolicyDocument, now: Timestamp) -> Option<usize> {
    let challenge = facts.challenge.as_ref()?;
    if challenge.code_sealed.is_none() || challenge.spent_at.is_some() || challenge.expires_at <= now {
        return None;
    }
    let proving = challenge.purpose == Purpose::AddMethod;
    facts.methods.iter().position(|m| {
        Some(m.method_id) == challenge.method_id
            && if proving {
                // One that is there already is only checked.
                m.state == "pending" || m.state == "active"
            } else {
                m.state == "active" && document.allows(m.kind, MethodUse::Mfa)
            }
    })
}

/// The kind of the method that was used last, of those that still stand.
pub fn last_used(facts: &Facts) -> Option<MethodKind> {
    let stands = facts.methods.iter().filter(|m| m.state == "active");
    stands
        .filter_map(|m| Some((m.last_used_at?, m.kind)))
        .max_by_key(|(at, _)| *at)
        .map(|(_, kind)| kind)
}

/// Judges a comparison. Wrong answers count in the families that had something to compare; a name that does not exist, or a member with nothing
/// registered, counts in the first family, so that both look the same from outside.
pub fn judge(facts: &Facts, comparable: &Comparable, comparison: &Comparison) -> Verdict {
    if let (Some(PassMatch::Right), Some(pass)) = (comparison.pass, &facts.pass) {
        return Verdict::RightPass { pass: pass.pass_id };
    }
    if let Some(place) = comparison.recovery {
        return Verdict::Right {
            method: None,
            claim: None,
            recovery: Some(place),
            families: vec![Family::Recovery],
        };
    }
    if let (Some(place), Some(true)) = (comparable.sent, comparison.sent) {
        let method = &facts.methods[place];
        return Verdict::Right {
            method: Some(place),
            // A use is a step: it marks when the method was last used, and makes a waiting one count.
            claim: Some((method.last_step + 1, method.drift)),
            recovery: None,
            families: vec![Family::Delivered],
        };
    }
    for (place, matched) in &comparison.methods {
        if let Match::Right { step, drift } = matched {
            let family = facts.methods[*place].kind.family();
            return Verdict::Right {
                method: Some(*place),
                claim: Some((*step, *drift)),
                recovery: None,
                families: vec![family],
            };
        }
    }
    let mut families: Vec<Family> = comparison.methods.iter().map(|(place, _)| facts.methods[*place].kind.family()).collect();
    if comparable.recovery {
        families.push(Family::Recovery);
    }
    if comparison.sent.is_some() {
        families.push(Family::Delivered);
    }
    if comparison.pass.is_some() {
        families.push(Family::Pass);
    }
    families.sort();
    families.dedup();
    let nothing_compared = families.is_empty();
    if nothing_compared {
        families.extend(comparable.families.first());
    }
    let reused = comparison.methods.iter().find(|(_, m)| *m == Match::Reused).map(|(place, _)| *place);
    let near = comparison.methods.iter().find_map(|(place, m)| match m {
        Match::Wrong { near: Some(steps) } => Some((*place, *steps)),
        _ => None,
    });
    let (reason, method) = match (facts.member.is_some(), nothing_compared, reused) {
        (false, ..) => (Reason::NotFound, None),
        _ if comparison.pass == Some(PassMatch::Used) => (Reason::CodeReused, None),
        _ if comparison.pass == Some(PassMatch::OutOfTime) => (Reason::PassExpired, None),
        (true, true, _) if facts.pass.is_some() && pass_is_guessed_off(facts) => (Reason::MethodOff, None),
        (true, true, _) if facts.methods.iter().any(|m| m.state == "off") => (Reason::MethodOff, None),
        (true, true, _) => (Reason::NoMethods, None),
        (true, false, Some(place)) => (Reason::CodeReused, Some(place)),
        (true, false, None) => (
            Reason::WrongCode,
            near.map(|(place, _)| place)
                .or(comparable.sent)
                .or(comparison.methods.first().map(|(place, _)| *place)),
        ),
    };
    Verdict::Wrong {
        reason,
        method,
        families,
        near: near.map(|(_, steps)| steps),
    }
}

/// Methods to switch off after one more wrong answer in a family: fifty in a row, or a hundred in thirty days.
pub fn switched_off(facts: &Facts, families: &[Family]) -> Vec<MethodId> {
    let exhausted = |family: &Family| facts.counter(family.as_str()).in_row + 1 >= WRONG_IN_ROW_MAX || facts.rolling(*family) + 1 >= WRONG_ROLLING_MAX;
    let off: Vec<Family> = families.iter().copied().filter(exhausted).collect();
    facts
        .methods
        .iter()
        .filter(|m| m.state == "active" && off.contains(&m.kind.family()))
        .map(|m| m.method_id)
        .collect()
}

/// The steps at which a TOTP code is accepted: one either side of where the app's clock is known to be; strict: that step and the one before.
pub fn window(profile: Profile, step_now: i64, drift: i64) -> std::ops::RangeInclusive<i64> {
    let middle = step_now + drift;
    match profile {
        Profile::Standard => middle - TOTP_WINDOW_STEPS..=middle + TOTP_WINDOW_STEPS,
        Profile::Strict => middle - 1..=middle,
    }
}

/// The drift to remember after a code of `step` was right: at most two steps of change each time, at most ten in all, or as many as two codes in a
/// row have shown.
pub fn drift_after(drift: i64, step_now: i64, step: i64) -> i64 {
    let seen = step - step_now;
    let furthest = drift.abs().max(TOTP_DRIFT_STEPS_MAX);
    (drift + (seen - drift).clamp(-2, 2)).clamp(-furthest, furthest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a moment")
    }

    #[test]
    fn five_in_five_minutes_then_waits_that_double() {
        let mut counter = Counter::default();
        for n in 0..4 {
            counter = counter.after_wrong_answer(Profile::Standard, at(n));
            assert_eq!(counter.wait_until, None, "answer {n}");
        }
        let mut now = at(10);
        for wait in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            counter = counter.after_wrong_answer(Profile::Standard, now);
            assert_eq!(counter.wait_until, Some(now + SignedDuration::from_secs(wait)));
            now += SignedDuration::from_secs(wait);
            assert_eq!(counter.waits(now), None, "the wait is over at its end");
        }
        let quiet = now + SignedDuration::from_secs(LEVEL_QUIET_SECONDS);
        assert_eq!(
            counter.after_wrong_answer(Profile::Standard, quiet).wait_until,
            None,
            "a quiet day forgets the level"
        );
    }

    #[test]
    fn the_member_is_locked_after_ten_and_longer_each_time() {
        let limits = Limits::default();
        let mut counter = Counter::default();
        let mut now = at(0);
        for minutes in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
            for n in 1..=10 {
                counter = counter.after_wrong_second(&limits, now);
                assert_eq!(counter.wait_until.is_some(), n == 10);
                now += SignedDuration::from_secs(1);
            }
            assert_eq!(
                counter.wait_until,
                Some(now - SignedDuration::from_secs(1) + SignedDuration::from_mins(minutes))
            );
            now = counter.wait_until.expect("locked");
        }
        let mut few = Counter::default();
        for _ in 0..9 {
            few = few.after_wrong_second(&limits, at(0));
        }
        assert_eq!(
            few.after_wrong_second(&limits, at(LOCKOUT_QUIET_SECONDS)).in_row,
            1,
            "fifteen quiet minutes forget the row"
        );
    }

    #[test]
    fn wrong_passwords_wait_after_ten() {
        let mut counter = Counter::default();
        for n in 1..=12 {
            counter = counter.after_wrong_password(at(n * 100));
            let wait = match n {
                ..=9 => None,
                10 => Some(60),
                11 => Some(120),
                _ => Some(240),
            };
            assert_eq!(counter.wait_until, wait.map(|s| at(n * 100 + s)));
        }
    }

    #[test]
    fn drift_follows_the_app_slowly() {
        assert_eq!(drift_after(0, 100, 101), 1);
        assert_eq!(drift_after(0, 100, 107), 2);
        assert_eq!(drift_after(9, 100, 120), 10);
        assert_eq!(drift_after(-40, 100, 61), -39, "what two codes in a row have shown is kept");
        assert_eq!(window(Profile::Standard, 100, 1), 100..=102);
        assert_eq!(window(Profile::Strict, 100, 0), 99..=100);
    }

    proptest! {
        /// Bar 2: in the strict profile no more than five comparisons in any five minutes, whatever the order of waits.
        #[test]
        fn strict_never_compares_more_than_five_in_five_minutes(pauses in prop::collection::vec(0i64..400, 1..120)) {
            let (mut counter, mut now, mut compared) = (Counter::default(), at(0), Vec::new());
            for pause in pauses {
                now += SignedDuration::from_secs(pause);
                if counter.waits(now).is_none() {
                    compared.push(now);
                    counter = counter.after_wrong_answer(Profile::Strict, now);
                }
            }
            for (n, first) in compared.iter().enumerate() {
                let within = compared[n..].iter().filter(|at| at.duration_since(*first) < SignedDuration::from_secs(WRONG_WINDOW_SECONDS)).count();
                prop_assert!(within <= WRONG_SOFT_MAX, "{within} comparisons");
            }
        }

        /// Waits only grow while nobody succeeds and no quiet day passes.
        #[test]
        fn waits_never_shrink(pauses in prop::collection::vec(0i64..3000, 6..60)) {
            let (mut counter, mut now, mut last) = (Counter::default(), at(0), SignedDuration::ZERO);
            for pause in pauses {
                now = counter.waits(now).unwrap_or(now) + SignedDuration::from_secs(pause);
                counter = counter.after_wrong_answer(Profile::Standard, now);
                if let Some(until) = counter.wait_until {
                    let wait = until.duration_since(now);
                    prop_assert!(wait >= last && wait <= SignedDuration::from_secs(WAIT_SECONDS_MAX));
                    last = wait;
                }
            }
        }
    }
}
