//! `docs/abuse-cases.md` lists every abuse case and every bar with its test, or with the feature it comes with; and every test that is named after a
//! case stands there.

mod repository;

use repository::{files, read, root};
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = "docs/abuse-cases.md";
const CRATES: [&str; 6] = ["model", "domain", "app", "server", "testkit", "xtask"];

/// The rows of the tables: id, attack or statement, tests.
fn rows() -> Vec<(String, String, String)> {
    let document = read(DOCUMENT);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        match cells[..] {
            [id, said, test] if id.bytes().any(|b| b.is_ascii_digit()) => Some((id.to_owned(), said.to_owned(), test.to_owned())),
            _ => None,
        }
    };
    document.lines().filter(|line| line.starts_with("| ")).filter_map(row).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Every test in the sources, as the runner names it.
fn tests() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for krate in CRATES {
        for path in files(krate, ".rs") {
            let source = read(&path);
            let Some(module) = module_of(krate, &path) else { continue };
            let mut inline = false;
            let (mut is_test, mut ignored) = (false, false);
            for line in source.lines() {
                let line = line.trim_start();
                inline |= line.starts_with("mod tests {");
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                ignored |= line.starts_with("#[ignore");
                let name = line
                    .trim_start_matches("async ")
                    .strip_prefix("fn ")
                    .and_then(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
                if let Some(name) = name {
                    if is_test && !ignored {
                        let inside = if inline { "tests::" } else { "" };
                        found.insert(format!("{module}::{inside}{name}"), path.clone());
                    }
                    (is_test, ignored) = (false, false);
                }
            }
        }
    }
    found
}

/// The path of the module in a file: `domain/src/sign_in/tests.rs` is `domain::sign_in::tests`, `domain/tests/catalogue.rs` is `domain::catalogue`.
fn module_of(krate: &str, path: &str) -> Option<String> {
    let inside = path.strip_prefix(krate)?.strip_suffix(".rs")?;
    let inside = inside.strip_prefix("/src/").or_else(|| inside.strip_prefix("/tests/"))?;
    let names = inside.split('/').filter(|name| !["mod", "lib", "main"].contains(name));
    Some([krate].into_iter().chain(names).collect::<Vec<_>>().join("::"))
}

#[test]
fn every_case_and_every_bar_stands_in_the_list_once() {
    let cases = [("A", 18), ("B", 23), ("C", 13), ("D", 14), ("E", 16), ("F", 20)];
    let cases = cases.iter().flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}{n}")));
    let expected: Vec<String> = cases.chain((1..=40).map(|bar| bar.to_string())).collect();
    assert_eq!(expected.len(), 104 + 40);
    let listed: Vec<String> = rows().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_line_has_a_test_or_waits_for_a_feature() {
    let known = tests();
    for (id, said, test) in rows() {
        assert!(said.len() > 10, "{id} says nothing");
        let named = quoted(&test);
        let waits = test.starts_with("later, with ") && test.len() > "later, with ".len();
        assert!(!named.is_empty() || waits, "{id} has neither a test nor a feature it comes with: {test}");
        for name in named {
            if let Some((file, title)) = name.split_once(" › ") {
                let source = read(file);
                assert!(
                    ["\"", "'", "`"].iter().any(|quote| source.contains(&format!("test({quote}{title}{quote}"))),
                    "{id}: there is no such test in the browser: {name}"
                );
            } else if name.contains("::") {
                assert!(known.contains_key(name), "{id}: there is no such test: {name}");
            } else {
                assert!(waits && (root().join(name).exists() || name.starts_with("make ")), "{id}: there is no {name}");
            }
        }
    }
}

#[test]
fn every_test_named_after_a_case_stands_in_its_line() {
    let lines: BTreeMap<String, String> = rows().into_iter().map(|(id, _, test)| (id, test)).collect();
    let mut missing = BTreeSet::new();
    for test in tests().keys() {
        let name = test.rsplit("::").next().unwrap_or_default();
        // `a5_a6_counted…` is about both.
        for word in name.split('_') {
            let case = word.to_uppercase();
            if !lines.contains_key(&case) || case.starts_with(|c: char| c.is_ascii_digit()) {
                break;
            }
            if !quoted(&lines[&case]).contains(&test.as_str()) {
                missing.insert(format!("{case}: `{test}`"));
            }
        }
    }
    assert!(missing.is_empty(), "not in {DOCUMENT}:\n{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
}
