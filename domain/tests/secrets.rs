//! Abuse case A15: what is secret is compared in constant time. `make bench` measures the times; this holds the ways in which a comparison could get in.

mod repository;

use domain::{
    directory::{SetUpToken, api_key::Credential},
    methods::{OathSeed, app_password::MadeAppPassword, pass::GivenPass, recovery::RecoveryCodes},
    vault::Secret,
};
use model::{CallPin, OfferedCode};
use repository::{files, read};
use std::marker::PhantomData;

/// Asks the compiler whether a type can be compared: the inherent constant is there for those that can, and goes before the one of the trait.
struct Asked<T: ?Sized>(PhantomData<T>);
trait Otherwise {
    const COMPARABLE: bool = false;
}
impl<T: ?Sized> Otherwise for Asked<T> {}
impl<T: ?Sized + PartialEq> Asked<T> {
    const COMPARABLE: bool = true;
}

#[test]
fn a15_types_of_secrets_cannot_be_compared() {
    const { assert!(Asked::<String>::COMPARABLE, "the question works") };
    const {
        assert!(!Asked::<Secret<String>>::COMPARABLE);
        assert!(!Asked::<Secret<[u8; 32]>>::COMPARABLE);
        assert!(!Asked::<OfferedCode>::COMPARABLE);
        assert!(!Asked::<CallPin>::COMPARABLE);
        assert!(!Asked::<Credential>::COMPARABLE);
        assert!(!Asked::<SetUpToken>::COMPARABLE);
        assert!(!Asked::<OathSeed>::COMPARABLE);
        assert!(!Asked::<GivenPass>::COMPARABLE);
        assert!(!Asked::<MadeAppPassword>::COMPARABLE);
        assert!(!Asked::<RecoveryCodes>::COMPARABLE);
    };
}

/// Words at the end of a name that mean a secret, or what is stored of one.
const SECRETS: [&str; 13] = [
    "mac",
    "hash",
    "secret",
    "token",
    "password",
    "seed",
    "pass",
    "offered",
    "phc",
    "expected",
    "pin",
    "digest",
    "signature",
];

/// Comparisons with such a name that compare no secret, and why.
const NO_SECRET: [(&str, &str); 4] = [
    ("comparison.pass == Some(PassMatch::", "what a comparison came to"),
    (
        "map(|p| &p.phc) != stored.as_ref()",
        "whether the stored hash is still the one that was checked: both are ours",
    ),
    ("a.mac == to.mac", "MACs of numbers, to count messages by: both are ours"),
    (
        "row.hash == here",
        "which row of a member's own list is this browser: both were read after the browser was recognised by the index",
    ),
];

/// The name before or after a comparison, as far as it is one word.
fn last_word(text: &str) -> &str {
    let end = text.trim_end().trim_end_matches(['(', ')', '&', '*']);
    let at = end.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    end[at..].rsplit('_').next().unwrap_or_default()
}

fn first_name(text: &str) -> &str {
    let start = text.trim_start().trim_start_matches(['(', '&', '*', '!']);
    let path = start
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        .next()
        .unwrap_or_default();
    path.rsplit(['.', '_']).next().unwrap_or_default()
}

#[test]
fn a15_no_secret_is_compared_by_its_first_difference() {
    let mut looked_at = 0;
    let mut used: Vec<&str> = Vec::new();
    for folder in ["model/src", "domain/src", "app/src", "server/src"] {
        for file in files(folder, ".rs") {
            if file.contains("/tests") || file.ends_with("_tests.rs") || file.ends_with("testing.rs") || file.ends_with("isolation.rs") {
                continue;
            }
            let text = read(&file);
            for (n, line) in text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().enumerate() {
                let line = line.split("//").next().unwrap_or_default();
                for operator in [" == ", " != "] {
                    for (at, _) in line.match_indices(operator) {
                        looked_at += 1;
                        let names = [last_word(&line[..at]), first_name(&line[at + operator.len()..])];
                        let Some(secret) = names.into_iter().find(|name| SECRETS.contains(name)) else {
                            continue;
                        };
                        let excused = NO_SECRET.iter().find(|(text, _)| line.contains(text));
                        assert!(
                            excused.is_some(),
                            "{file}:{}: `{secret}` is compared by `{}`: use subtle, or say why not",
                            n + 1,
                            operator.trim()
                        );
                        used.extend(excused.map(|(text, _)| *text));
                    }
                }
            }
        }
    }
    assert!(looked_at > 300, "{looked_at} comparisons");
    for (text, _) in NO_SECRET {
        assert!(used.contains(&text), "nothing compares `{text}` any more");
    }
}
