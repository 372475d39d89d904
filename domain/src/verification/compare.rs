//! Comparing an offered code with stored secrets. Every comparison is constant in time; the results are judged elsewhere.

use super::{
    facts::{ChallengeFacts, Facts, MethodFacts},
    rules::{Comparable, Comparison, Match, PassMatch, drift_after, window},
};
use crate::vault::{KeyPurpose, SealBroken, SealedColumn, TenantKeys};
use jiff::Timestamp;
use model::{HOTP_LOOK_AHEAD, HOTP_RESYNC_COUNTERS, OathAlgorithm, OathKind, OathParams, OfferedCode, Profile, TOTP_RESYNC_STEPS};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder};
use zeroize::Zeroizing;

/// How far from now a wrong code is looked for, to be able to say that a clock is off; steps either side.
const NEAR_STEPS: i64 = 10;

/// Compares a code with everything it may be compared with.
pub fn compare(facts: &Facts, comparable: &Comparable, offered: &OfferedCode, keys: &TenantKeys, now: Timestamp) -> Result<Comparison, SealBroken> {
    let mut comparison = Comparison::default();
    match offered {
        OfferedCode::Digits(code) => {
            for place in &comparable.methods {
                let matched = oath(&facts.methods[*place], code, facts.profile(), keys, now)?;
                comparison.methods.push((*place, matched));
            }
            if let (Some(_), Some(challenge)) = (comparable.sent, &facts.challenge) {
                comparison.sent = Some(sent(challenge, code, keys)?);
            }
        }
        OfferedCode::Recovery(code) if comparable.recovery => {
            let mac = recovery_mac(keys, facts.subject, code);
            comparison.recovery = facts.recovery.iter().position(|stored| bool::from(stored.0.ct_eq(&mac)));
        }
        OfferedCode::Recovery(_) | OfferedCode::Pass(_) => {}
    }
    if comparable.pass {
        comparison.pass = Some(pass(facts, offered, keys, now));
    }
    Ok(comparison)
}

/// Compares with the pass. The same is computed whether there is one or not, and whether it is good or not.
pub fn pass(facts: &Facts, offered: &OfferedCode, keys: &TenantKeys, now: Timestamp) -> PassMatch {
    let mac = pass_mac(keys, facts.subject, offered.as_pass().unwrap_or_default());
    let stored = facts.pass.as_ref().map_or(&[0; 32][..], |pass| &pass.mac.0);
    let right = bool::from(stored.ct_eq(&mac));
    match &facts.pass {
        Some(pass) if right && pass.is_spent() => PassMatch::Used,
        Some(pass) if right && !pass.is_in_time(now) => PassMatch::OutOfTime,
        Some(_) if right => PassMatch::Right,
        _ => PassMatch::Wrong,
    }
}

/// The MAC under which a pass is stored: bound to its member.
pub fn pass_mac(keys: &TenantKeys, member: uuid::Uuid, pass: &str) -> [u8; 32] {
    keys.key(KeyPurpose::Pass).mac(&[member.as_bytes(), pass.as_bytes()])
}

/// Compares with one authenticator app or hardware token.
pub fn oath(method: &MethodFacts, code: &str, profile: Profile, keys: &TenantKeys, now: Timestamp) -> Result<Match, SealBroken> {
    let (Some(params), Some(sealed)) = (method.oath(), &method.sealed) else {
        return Err(SealBroken);
    };
    let seed = keys.key(KeyPurpose::Seed).open(SealedColumn::MethodSeed, method.method_id.0, &sealed.0)?;
    let moved = Moved {
        last_step: method.last_step,
        drift: method.drift,
    };
    Ok(OathGenerator::new(&seed, params).compare(code, moved, profile, now))
}

/// How far an app or token has moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The last accepted step or counter; -1 before the first.
    pub last_step: i64,
    /// Steps by which its clock is off.
    pub drift: i64,
}

/// Compares with the code that was sent.
pub(crate) fn sent(challenge: &ChallengeFacts, code: &str, keys: &TenantKeys) -> Result<bool, SealBroken> {
    let sealed = challenge.code_sealed.as_ref().ok_or(SealBroken)?;
    let stored = keys
        .key(KeyPurpose::Code)
        .open(SealedColumn::ChallengeCode, challenge.challenge_id.0, &sealed.0)?;
    Ok(bool::from(stored.as_slice().ct_eq(code.as_bytes())))
}

/// The MAC under which a recovery code is stored: bound to its member, so that nobody else's is ever found.
pub fn recovery_mac(keys: &TenantKeys, member: uuid::Uuid, code: &str) -> [u8; 32] {
    keys.key(KeyPurpose::RecoveryCode).mac(&[member.as_bytes(), code.as_bytes()])
}

/// Makes the codes of one seed.
pub struct OathGenerator {
    totp: totp_rs::Totp,
    kind: OathKind,
    /// Seconds of a step; 1 where a counter moves the code, so that the counter takes the place of the time.
    period: i64,
}

impl OathGenerator {
    /// For a seed and its parameters. Seeds shorter than RFC 4226 wants are accepted here: what may be stored is checked where it is stored.
    pub fn new(seed: &[u8], params: OathParams) -> Self {
        let algorithm = match params.algorithm {
            OathAlgorithm::Sha1 => Algorithm::SHA1,
            OathAlgorithm::Sha256 => Algorithm::SHA256,
            OathAlgorithm::Sha512 => Algorithm::SHA512,
        };
        let period = match params.kind {
            OathKind::Totp => params.period,
            OathKind::Hotp => 1,
        };
        let totp = Builder::new()
            .with_algorithm(algorithm)
            .with_digits(params.digits)
            .with_skew(0)
            .with_step_duration(period.into())
            .with_secret(seed.to_vec())
            .build_noncompliant();
        Self {
            totp,
            kind: params.kind,
            period: period.into(),
        }
    }

    /// The code of a step or counter.
    pub fn code(&self, step: i64) -> Zeroizing<String> {
        Zeroizing::new(self.totp.generate((step.max(0) * self.period) as u64).to_string())
    }

    /// The step of a moment.
    pub fn step_at(&self, moment: Timestamp) -> i64 {
        moment.as_second().div_euclid(self.period)
    }

    /// Compares one code. Every step that could be accepted is computed, whichever matches, so that the time tells nothing.
    pub fn compare(&self, code: &str, moved: Moved, profile: Profile, now: Timestamp) -> Match {
        match self.kind {
            OathKind::Totp => self.compare_by_time(code, moved, profile, now),
            OathKind::Hotp => self.compare_by_counter(code, moved),
        }
    }

    /// RFC 6238 5.2: a step either side of where the clock of the app is known to be.
    fn compare_by_time(&self, code: &str, moved: Moved, profile: Profile, now: Timestamp) -> Match {
        let step_now = self.step_at(now);
        let matching = window(profile, step_now, moved.drift).filter(|step| self.is_code(*step, code)).max();
        match matching {
            Some(step) if step > moved.last_step => Match::Right {
                step,
                drift: drift_after(moved.drift, step_now, step),
            },
            Some(_) => Match::Reused,
            None => Match::Wrong {
                near: (-NEAR_STEPS..=NEAR_STEPS).filter(|off| self.is_code(step_now + off, code)).min(),
            },
        }
    }

    /// RFC 4226 7.2 and 7.4: the counters after the last one, as far as somebody presses the button without signing in.
    fn compare_by_counter(&self, code: &str, moved: Moved) -> Match {
        let next = moved.last_step + 1;
        let ahead = (next..next + HOTP_LOOK_AHEAD).filter(|counter| self.is_code(*counter, code)).min();
        let behind = (next - HOTP_LOOK_AHEAD..next).filter(|counter| self.is_code(*counter, code)).max();
        match (ahead, behind) {
            (Some(step), _) => Match::Right { step, drift: 0 },
            (None, Some(_)) => Match::Reused,
            (None, None) => Match::Wrong {
                near: (HOTP_LOOK_AHEAD..HOTP_RESYNC_COUNTERS).filter(|off| self.is_code(next + off, code)).min(),
            },
        }
    }

    /// Finds two codes that follow each other, far from where they are looked for usually (RFC 4226 7.4): the step of the second and the drift to
    /// remember. Nothing at or before the last accepted step is found.
    pub fn resynchronise(&self, codes: [&str; 2], moved: Moved, now: Timestamp) -> Option<(i64, i64)> {
        let steps = match self.kind {
            OathKind::Totp => self.step_at(now) - TOTP_RESYNC_STEPS..self.step_at(now) + TOTP_RESYNC_STEPS,
            OathKind::Hotp => moved.last_step + 1..moved.last_step + HOTP_RESYNC_COUNTERS,
        };
        let first = steps
            .filter(|step| self.is_code(*step, codes[0]) & self.is_code(*step + 1, codes[1]))
            .find(|step| *step > moved.last_step)?;
        let drift = match self.kind {
            OathKind::Totp => first + 1 - self.step_at(now),
            OathKind::Hotp => 0,
        };
        Some((first + 1, drift))
    }

    fn is_code(&self, step: i64, code: &str) -> bool {
        step >= 0 && bool::from(self.code(step).as_bytes().ct_eq(code.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter_based() -> OathGenerator {
        let params = OathParams {
            kind: OathKind::Hotp,
            ..OathParams::default()
        };
        OathGenerator::new(b"12345678901234567890", params)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    /// RFC 4226 7.4: ten counters ahead, never back; what lies further ahead is recognised but not accepted.
    #[test]
    fn a_counter_only_moves_forward_and_not_far() {
        let generator = counter_based();
        let told = |counter, last_step| generator.compare(&generator.code(counter), Moved { last_step, drift: 0 }, Profile::Standard, at(0));
        assert_eq!(told(0, -1), Match::Right { step: 0, drift: 0 });
        assert_eq!(told(9, -1), Match::Right { step: 9, drift: 0 });
        assert_eq!(told(10, -1), Match::Wrong { near: Some(10) });
        assert_eq!(told(99, -1), Match::Wrong { near: Some(99) });
        assert_eq!(told(100, -1), Match::Wrong { near: None });
        assert_eq!(told(5, 5), Match::Reused);
        assert_eq!(told(4, 5), Match::Reused);
        assert_eq!(told(15, 5), Match::Right { step: 15, drift: 0 });
        assert_eq!(told(16, 5), Match::Wrong { near: Some(10) });
    }

    /// Abuse case A16, the rule: one right code of two is nothing, and what has been passed is not found again.
    #[test]
    fn a16_two_codes_in_a_row_set_a_token_right() {
        let generator = counter_based();
        let found = |first, second, last_step| {
            let codes = [generator.code(first), generator.code(second)];
            generator.resynchronise([&codes[0], &codes[1]], Moved { last_step, drift: 0 }, at(0))
        };
        assert_eq!(found(60, 61, 5), Some((61, 0)));
        assert_eq!(found(60, 62, 5), None, "not in a row");
        assert_eq!(found(61, 60, 5), None, "the wrong way round");
        assert_eq!(found(4, 5, 5), None, "behind");
        assert_eq!(found(104, 105, 5), Some((105, 0)), "the last of a hundred");
        assert_eq!(found(105, 106, 5), None, "further than a hundred");
        let by_time = OathGenerator::new(b"12345678901234567890", OathParams::default());
        let now = at(1_800_000_000);
        let step = by_time.step_at(now);
        let slow = [by_time.code(step - 41), by_time.code(step - 40)];
        let nothing_yet = Moved { last_step: -1, drift: 0 };
        assert_eq!(by_time.resynchronise([&slow[0], &slow[1]], nothing_yet, now), Some((step - 40, -40)));
    }

    /// RFC 4226 appendix D and RFC 6238 appendix B.
    #[test]
    fn codes_are_those_of_the_standards() {
        let seed = b"12345678901234567890";
        let hotp: Vec<String> = (0..10).map(|n| OathGenerator::new(seed, OathParams::default()).code(n).to_string()).collect();
        assert_eq!(
            hotp,
            [
                "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"
            ]
        );
        let long: Vec<u8> = seed.iter().copied().cycle().take(64).collect();
        let table = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000i64, "65353130", "77737706", "47863826"),
        ];
        for (time, sha1, sha256, sha512) in table {
            for (algorithm, length, expected) in [
                (OathAlgorithm::Sha1, 20, sha1),
                (OathAlgorithm::Sha256, 32, sha256),
                (OathAlgorithm::Sha512, 64, sha512),
            ] {
                let generator = OathGenerator::new(
                    &long[..length],
                    OathParams {
                        algorithm,
                        digits: 8,
                        ..OathParams::default()
                    },
                );
                assert_eq!(*generator.code(time / 30), expected, "{algorithm} at {time}");
            }
        }
    }
}
