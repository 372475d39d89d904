//! What the time of a comparison tells (abuse case A15), in the manner of dudect (Reparaz, Balasch, Verbauwhede 2017): two classes of input in random order,
//! the slowest tenth left out, Welch's t of what is left. Beyond 4.5 either way the time tells them apart. A comparison that stops at the first difference
//! stands beside ours, to show that the measure would see it.

use crate::Failure;
use domain::{
    rng::Rng,
    verification::compare::{Moved, OathGenerator},
};
use jiff::Timestamp;
use model::{OathParams, Profile};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;

/// Measurements that are thrown away before the first that counts.
const WARM_UP: usize = 2_000;

pub(crate) fn run(seconds: &str) -> Result<(), Failure> {
    let slice = Duration::from_secs(seconds.parse()?) / 3;
    println!("code {:.1}", of_codes(slice)?);
    let (stored, right_but_last, wrong) = mac();
    println!(
        "mac {:.1}",
        t(slice, |right| bool::from(stored.ct_eq(if right { &right_but_last } else { &wrong })))
    );
    println!("plain {:.1}", t(slice, |right| is_same(&stored, if right { &right_but_last } else { &wrong })));
    Ok(())
}

/// Codes of an app of which five digits are right, beside codes of which none is.
fn of_codes(slice: Duration) -> Result<f64, Failure> {
    let now = Timestamp::from_second(1_800_000_000)?;
    let app = OathGenerator::new(b"12345678901234567890", OathParams::default());
    let code = app.code(app.step_at(now));
    let next = |digit: char| char::from(b'0' + ((digit as u8 - b'0' + 1) % 10));
    let wrong: String = code.chars().map(next).collect();
    let almost: String = code.chars().take(5).chain(code.chars().skip(5).map(next)).collect();
    let moved = || Moved { last_step: -1, drift: 0 };
    Ok(t(slice, |right| {
        app.compare(if right { &almost } else { &wrong }, moved(), Profile::Standard, now) == domain::verification::rules::Match::Wrong { near: None }
    }))
}

/// A long MAC, one that differs in its last byte, and one that differs in all: long, so that a difference would show.
fn mac() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut stored = vec![0; 4096];
    Rng::System.fill(&mut stored);
    let mut almost = stored.clone();
    almost[4095] ^= 0xff;
    let wrong = stored.iter().map(|byte| byte ^ 0xff).collect();
    (stored, almost, wrong)
}

/// What one would write without thinking.
#[inline(never)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b))
}

/// Welch's t of the times of the two classes.
fn t(slice: Duration, mut compare: impl FnMut(bool) -> bool) -> f64 {
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    let (began, mut coins) = (Instant::now(), [0; 64]);
    let mut n = 0;
    while began.elapsed() < slice {
        Rng::System.fill(&mut coins);
        for coin in coins {
            let right = coin & 1 == 1;
            let before = Instant::now();
            black_box(compare(black_box(right)));
            let took = before.elapsed().as_nanos() as f64;
            n += 1;
            if n > WARM_UP {
                times[usize::from(right)].push(took);
            }
        }
    }
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let limit = all.get(all.len() * 9 / 10).copied().unwrap_or(f64::MAX);
    let moments = times.map(|class| {
        let kept: Vec<f64> = class.into_iter().filter(|time| *time <= limit).collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    ((moments[0].0 - moments[1].0) / (moments[0].1 + moments[1].1).sqrt()).abs()
}
