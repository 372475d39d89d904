//! Comparing an offered code with stored secrets. Every comparison is constant in time; the results are judged elsewhere.

use super::{
    facts::{Facts, MethodFacts},
    rules::{Comparable, Comparison, Match, drift_after, window},
};
use crate::vault::{KeyPurpose, SealBroken, SealedColumn, TenantKeys};
use jiff::Timestamp;
use model::{OathAlgorithm, OathParams, OfferedCode, Profile};
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
                let matched = totp(&facts.methods[*place], code, facts.profile(), keys, now)?;
                comparison.methods.push((*place, matched));
            }
        }
        OfferedCode::Recovery(code) if comparable.recovery => {
            let mac = recovery_mac(keys, facts.subject, code);
            comparison.recovery = facts.recovery.iter().position(|stored| bool::from(stored.0.ct_eq(&mac)));
        }
        OfferedCode::Recovery(_) => {}
    }
    Ok(comparison)
}

/// Compares with one authenticator app or time-based token (RFC 6238).
pub fn totp(method: &MethodFacts, code: &str, profile: Profile, keys: &TenantKeys, now: Timestamp) -> Result<Match, SealBroken> {
    let (Some(params), Some(sealed)) = (method.oath(), &method.sealed) else {
        return Err(SealBroken);
    };
    let seed = keys.key(KeyPurpose::Seed).open(SealedColumn::MethodSeed, method.method_id.0, &sealed.0)?;
    let generator = OathGenerator::new(&seed, params);
    let step_now = now.as_second().div_euclid(i64::from(params.period));
    let accepted = window(profile, step_now, method.drift);
    // Every step of the window is computed, whichever matches, so that the time tells nothing.
    let matching = accepted.filter(|step| generator.is_code(*step, code)).max();
    Ok(match matching {
        Some(step) if step > method.last_step => Match::Right {
            step,
            drift: drift_after(method.drift, step_now, step),
        },
        Some(_) => Match::Reused,
        None => Match::Wrong {
            near: (-NEAR_STEPS..=NEAR_STEPS).find(|off| generator.is_code(step_now + off, code)),
        },
    })
}

/// The MAC under which a recovery code is stored: bound to its member, so that nobody else's is ever found.
pub fn recovery_mac(keys: &TenantKeys, member: uuid::Uuid, code: &str) -> [u8; 32] {
    keys.key(KeyPurpose::RecoveryCode).mac(&[member.as_bytes(), code.as_bytes()])
}

/// Makes the codes of one seed.
pub struct OathGenerator {
    totp: totp_rs::Totp,
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
        let totp = Builder::new()
            .with_algorithm(algorithm)
            .with_digits(params.digits)
            .with_skew(0)
            .with_step_duration(params.period.into())
            .with_secret(seed.to_vec())
            .build_noncompliant();
        Self {
            totp,
            period: params.period.into(),
        }
    }

    /// The code of a step.
    pub fn code(&self, step: i64) -> Zeroizing<String> {
        Zeroizing::new(self.totp.generate((step.max(0) * self.period) as u64).to_string())
    }

    fn is_code(&self, step: i64, code: &str) -> bool {
        step >= 0 && bool::from(self.code(step).as_bytes().ct_eq(code.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                        period: 30,
                    },
                );
                assert_eq!(*generator.code(time / 30), expected, "{algorithm} at {time}");
            }
        }
    }
}
