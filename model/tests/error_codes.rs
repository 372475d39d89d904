//! `docs/error-codes.md` is made from [`ErrorCode`]. Stale, it fails this test; `TWEESTAP_WRITE_DOCS=1 cargo test -p model --test error_codes` writes it anew.

use model::ErrorCode;
use std::{fmt::Write, fs, path::Path};

const HEAD: &str = "<!-- Made from model/src/error_code.rs by model/tests/error_codes.rs. Change the code, then run: TWEESTAP_WRITE_DOCS=1 cargo test -p model --test error_codes -->
# Error codes

Every refusal carries one of these, in the pages beside the session id, in REST as `code`. A code is never used again for something else.
A code says what happened, never who exists: a name that does not exist and a wrong code give the same answer.
";

/// The groups, by the thousands and hundreds of their numbers.
const GROUPS: [(&str, &str); 7] = [
    ("10", "The request itself"),
    ("11", "Who asks"),
    ("20", "Signing in"),
    ("21", "The second step"),
    ("30", "Methods"),
    ("40", "The directory"),
    ("50", "Our side"),
];

fn document() -> String {
    let mut text = String::from(HEAD);
    for (prefix, title) in GROUPS {
        let codes = ErrorCode::ALL.iter().filter(|code| code.as_str().starts_with(&format!("TS-{prefix}")));
        write!(text, "\n## {title}\n\n| code | HTTP | what happened | what to do |\n|---|---|---|---|\n").expect("a String takes all text");
        for code in codes {
            writeln!(text, "| {code} | {} | {} | {} |", code.status(), code.title(), code.next()).expect("a String takes all text");
        }
    }
    text
}

#[test]
fn the_list_of_error_codes_is_up_to_date() {
    // Where the crate is now: it may have been built in another checkout with the same build folder.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let path = Path::new(&here).join("../docs/error-codes.md");
    let fresh = document();
    for code in ErrorCode::ALL {
        assert!(fresh.contains(&format!("| {code} | ")), "{code} belongs to no group above");
    }
    if std::env::var_os("TWEESTAP_WRITE_DOCS").is_some() {
        fs::write(&path, &fresh).expect("docs/error-codes.md can be written");
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == fresh,
        "docs/error-codes.md is stale; run: TWEESTAP_WRITE_DOCS=1 cargo test -p model --test error_codes"
    );
}
