//! The repository holds what its documents say: paths exist, arrows point one way, SQL stands where it belongs, libraries are past their known holes.

mod repository;

use repository::{files, read, root};
use std::collections::{BTreeMap, BTreeSet};

/// Rust without its comments, and without the tests at its end.
fn code(path: &str) -> String {
    let text = read(path);
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = without_tests.lines().map(|line| match line.find("//") {
        Some(at) if line[..at].matches('"').count() % 2 == 0 => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What looks like a path of this repository between backticks.
fn paths(document: &str) -> Vec<&str> {
    let quoted = document.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2));
    let ends = [".rs", ".md", ".sql", ".sh", ".ts", ".toml", ".css", ".mjs", ".json"];
    quoted
        .filter(|text| !text.contains([' ', '*', '<', '…', ':', '$', '=', '(']) && !text.starts_with(['/', '~', '.']))
        .filter(|text| (text.contains('/') && text.contains('.')) || text.ends_with('/') || ends.iter().any(|end| text.ends_with(end) && text.contains('/')))
        .collect()
}

#[test]
fn every_path_in_the_documents_exists() {
    let mut documents = files("docs", ".md");
    documents.extend(["README.md", "CONTRIBUTING.md"].map(str::to_owned));
    let mut looked_at = 0;
    for document in &documents {
        let text = read(document);
        for path in paths(&text) {
            looked_at += 1;
            assert!(root().join(path).exists(), "{document} names {path}, which does not exist");
        }
        // Links to other files, relative to the document.
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = root().join(document).parent().expect("a folder").join(link.split('#').next().unwrap_or(link));
            assert!(file.exists(), "{document} links to {link}, which does not exist");
        }
    }
    assert!(looked_at > 40, "{looked_at} paths");
    let map = read("docs/architecture.md");
    for krate in ["model", "domain", "app", "server", "testkit", "xtask"] {
        assert!(map.contains(&format!("`{krate}`")), "the map does not show {krate}");
    }
    for record in files("docs/decisions", ".md") {
        let name = record.trim_start_matches("docs/");
        assert!(map.contains(name), "the map does not lead to {record}");
    }
}

/// The areas of `domain` and the level each stands on: an area may know only what stands below it.
const LEVELS: [(&str, u8); 15] = [
    ("journal", 0),
    ("policy", 0),
    ("webauthn", 0),
    ("directory", 1),
    ("delivery", 2),
    ("verification", 3),
    ("methods", 4),
    ("tokens", 5),
    ("sign_in", 6),
    ("passkeys", 7),
    ("reset", 7),
    ("notices", 8),
    ("tickets", 8),
    ("journal (reading)", 9),
    ("demo", 10),
];

/// The area of a file below `domain/src`; the journal has two halves.
fn area_of(inside: &str) -> Option<&'static str> {
    let folder = inside.split('/').next()?;
    match folder {
        "journal" if inside != "journal/entry.rs" => Some("journal (reading)"),
        _ => LEVELS.iter().map(|(area, _)| *area).find(|area| *area == folder),
    }
}

/// Every path below `crate::` that a file names, with braces spread out: `crate::journal::Event`.
fn named(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        spread(rest, &mut Vec::new(), &mut found);
    }
    found
}

/// Reads one `use` tree from its start; tells what is left behind it.
fn spread<'a>(mut rest: &'a str, before: &mut Vec<String>, found: &mut BTreeSet<String>) -> &'a str {
    let depth = before.len();
    loop {
        rest = rest.trim_start();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                let length = before.len();
                rest = spread(rest, before, found).trim_start();
                before.truncate(length);
                match rest.chars().next() {
                    Some(',') => rest = &rest[1..],
                    Some('}') => {
                        before.truncate(depth);
                        return &rest[1..];
                    }
                    _ => return rest,
                }
                if rest.trim_start().starts_with('}') {
                    before.truncate(depth);
                    return &rest.trim_start()[1..];
                }
            }
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        before.push(rest[..end].to_owned());
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(more) => rest = more,
            None => {
                found.insert(before.join("::"));
                before.truncate(depth);
                return rest;
            }
        }
    }
}

/// The arrows between the areas: from, to, and by which file.
fn arrows() -> BTreeMap<(&'static str, &'static str), BTreeSet<String>> {
    let mut arrows: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for path in files("domain/src", ".rs") {
        let inside = path.strip_prefix("domain/src/").expect("below domain/src");
        let Some(from) = area_of(inside).filter(|_| !inside.contains("tests")) else {
            continue;
        };
        let code = code(&path);
        let mut to: BTreeSet<&str> = named(&code)
            .iter()
            .filter_map(|name| {
                let (area, item) = name.split_once("::").unwrap_or((name, ""));
                let known = LEVELS.iter().map(|(area, _)| *area).find(|known| *known == area)?;
                // What everybody writes: entries, the list of events, and the one statement that adds changes.
                let writing = item.starts_with("entry") || item.starts_with("Event") || item.starts_with("store::insert_audit") || item.is_empty();
                Some(if known == "journal" && !writing { "journal (reading)" } else { known })
            })
            .collect();
        // Verbs are reached through the service as well: `domain.directory().view(…)`.
        for (area, _) in LEVELS {
            if code.contains(&format!(".{area}()")) {
                to.insert(if area == "journal" { "journal (reading)" } else { area });
            }
        }
        for to in to.into_iter().filter(|to| *to != from && (from, *to) != ("journal (reading)", "journal")) {
            arrows.entry((from, to)).or_default().insert(inside.to_owned());
        }
    }
    arrows
}

#[test]
fn the_arrows_inside_domain_point_one_way() {
    let level = |area: &str| LEVELS.iter().find(|(name, _)| *name == area).map(|(_, level)| *level);
    let arrows = arrows();
    let wrong: Vec<String> = arrows
        .iter()
        .filter(|((from, to), _)| level(from) <= level(to))
        .map(|((from, to), files)| format!("{from} -> {to} by {files:?}"))
        .collect();
    assert!(wrong.is_empty(), "these know what stands above them:\n{}", wrong.join("\n"));
    for known in [
        ("sign_in", "verification"),
        ("verification", "policy"),
        ("directory", "journal"),
        ("methods", "verification"),
    ] {
        assert!(arrows.contains_key(&known), "{known:?} is not found: the test looks wrong");
    }
    let map = read("docs/architecture.md");
    assert!(map.contains("`journal (writing), policy <- directory <- delivery <- verification <- methods <- tokens <- sign_in <- passkeys`"));
}

#[test]
fn a_tree_of_names_is_spread_out() {
    let spread: Vec<String> = named("use crate::{\n a::{b, c::D},\n e::f,\n};\nlet x = crate::g::h(1);").into_iter().collect();
    assert_eq!(spread, ["a::b", "a::c::D", "e::f", "g::h"]);
}

/// All SQL of an area stands in its `store.rs`; the service's own database is opened in one place of the server.
#[test]
fn sql_stands_in_stores_alone() {
    let tells = |path: &String| code(path).split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "sqlx");
    let in_tests = |path: &String| path.contains("tests") || path.ends_with("/testing.rs") || path.ends_with("/isolation.rs");
    let wrong: Vec<String> = files("domain/src", ".rs")
        .into_iter()
        .filter(|path| !path.ends_with("/store.rs") && !path.ends_with("/db.rs") && !in_tests(path))
        .filter(tells)
        .collect();
    assert!(wrong.is_empty(), "sqlx outside store.rs and db.rs: {wrong:?}");
    for krate in ["model/src", "app/src", "xtask/src"] {
        let wrong: Vec<String> = files(krate, ".rs").into_iter().filter(tells).collect();
        assert!(wrong.is_empty(), "{krate} knows nothing of databases: {wrong:?}");
    }
    let in_server: Vec<String> = files("server/src", ".rs")
        .into_iter()
        .filter(|path| !path.starts_with("server/src/private_postgres/") && !path.starts_with("server/src/config/") && !in_tests(path))
        .filter(tells)
        .collect();
    assert!(
        in_server.is_empty(),
        "the server starts a Postgres and reads its address; statements are the domain's: {in_server:?}"
    );
}

/// Pure rules: no waiting, no statement, no clock of their own.
#[test]
fn rules_are_pure() {
    for path in files("domain/src", "/rules.rs") {
        let code = code(&path);
        for word in ["async ", ".await", "sqlx", "clock()", "rng()", "Domain"] {
            assert!(!code.contains(word), "{path} holds {word}");
        }
    }
}

/// Time and randomness have one source each; the domain asks neither machine nor network.
#[test]
fn the_domain_reads_no_clock_and_no_environment() {
    for path in files("domain/src", ".rs") {
        if path.contains("tests") || ["domain/src/clock.rs", "domain/src/rng.rs", "domain/src/testing.rs", "domain/src/isolation.rs"].contains(&path.as_str()) {
            continue;
        }
        let code = code(&path);
        for word in [
            "Timestamp::now",
            "SystemTime",
            "Instant::now",
            "Zoned::now",
            "SysRng",
            "thread_rng",
            "Uuid::new_v4",
            "Uuid::now_v7",
            "env::var",
            "reqwest",
            "axum",
            "leptos",
        ] {
            assert!(!code.contains(word), "{path} holds {word}");
        }
    }
}

/// Four crates in a line: each names only those to its left.
#[test]
fn each_crate_knows_only_those_to_its_left() {
    let line = ["model", "domain", "app", "server"];
    for (place, krate) in line.iter().enumerate() {
        let manifest = read(&format!("{krate}/Cargo.toml"));
        for later in &line[place..] {
            let names_it = manifest
                .lines()
                .any(|l| l.split(['=', ' ', '.']).next() == Some(*later) && !l.starts_with("name"));
            assert!(!names_it, "{krate} names {later}");
        }
    }
}

/// Bar 39.
#[test]
fn no_crate_of_ours_is_unsafe() {
    let workspace = read("Cargo.toml");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    // The fuzz targets are no part of the program, and their entry points are C's.
    for manifest in files(".", "Cargo.toml")
        .iter()
        .filter(|path| !["Cargo.toml", "fuzz/Cargo.toml"].contains(&path.as_str()))
    {
        assert!(
            read(manifest).contains("[lints]\nworkspace = true"),
            "{manifest} does not take the workspace's lints"
        );
    }
}

/// F16, F17: the versions in the lock file are later than those with the holes (RUSTSEC-2024-0363, RUSTSEC-2024-0421), and the banned ones are not there.
#[test]
fn f16_f17_the_libraries_are_past_their_holes() {
    let lock = read("Cargo.lock");
    let versions = |name: &str| -> Vec<(u64, u64, u64)> {
        let wanted = format!("name = \"{name}\"");
        lock.split("[[package]]")
            .filter(|package| package.lines().any(|line| line == wanted))
            .filter_map(|package| package.lines().find_map(|line| line.strip_prefix("version = \"")))
            .map(|version| {
                let mut numbers = version.split(['.', '-', '+', '"']).map(|n| n.parse().unwrap_or(0));
                let mut next = || numbers.next().unwrap_or(0);
                (next(), next(), next())
            })
            .collect()
    };
    assert!(
        !versions("sqlx").is_empty() && versions("sqlx").iter().all(|v| *v >= (0, 8, 1)),
        "{:?}",
        versions("sqlx")
    );
    assert!(versions("idna").iter().all(|v| *v >= (1, 0, 0)), "{:?}", versions("idna"));
    assert!(versions("h2").iter().all(|v| *v >= (0, 4, 4)), "{:?}", versions("h2"));
    for banned in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(versions(banned).is_empty(), "{banned} is in the lock file");
    }
}

/// The head of each file says what it is for.
#[test]
fn every_file_says_what_it_is_for() {
    let sources = ["model", "domain", "app", "server", "testkit", "xtask"]
        .iter()
        .flat_map(|krate| files(krate, ".rs"));
    let silent: Vec<String> = sources.filter(|path| !path.ends_with("build.rs") && !read(path).starts_with("//!")).collect();
    assert!(silent.is_empty(), "no head: {silent:?}");
}
