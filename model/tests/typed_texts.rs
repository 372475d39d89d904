//! Everything that people and programs type goes through these parsers. Whatever they let pass is one line of plain characters (abuse case F14), and
//! nothing makes them fall over: empty, huge, NUL, any Unicode (F20).

use model::*;
use proptest::prelude::*;

/// What a parser made of a text: the value as it would be printed, or the error as it would be told.
fn printed(text: &str) -> Vec<(&'static str, Result<String, String>)> {
    fn told<T: std::fmt::Display + std::fmt::Debug, E: std::fmt::Display>(parsed: Result<T, E>) -> Result<String, String> {
        parsed.map(|value| format!("{value} {value:?}")).map_err(|error| error.to_string())
    }
    vec![
        ("name", told(CleanText::<NAME_CHARACTERS_MAX>::parse(text))),
        ("reason", told(CleanText::<REASON_CHARACTERS_MAX>::parse(text))),
        ("sign-in name", told(Upn::parse(text))),
        ("domain", told(DomainName::parse(text))),
        ("short name", told(Slug::parse(text))),
        ("session id", told(text.parse::<SessionId>())),
        ("cursor", told(text.parse::<Cursor>())),
        ("member id", told(text.parse::<MemberId>())),
        ("role", told(text.parse::<Role>())),
        ("state", told(text.parse::<MfaState>())),
        ("method", told(text.parse::<MethodKind>())),
        ("reason of a decision", told(text.parse::<Reason>())),
        (
            "code",
            OfferedCode::parse(text).map(|code| format!("{code:?}")).map_err(|error| error.to_string()),
        ),
        (
            "error code",
            text.parse::<ErrorCode>().map(|code| code.to_string()).map_err(|()| String::from("no code")),
        ),
    ]
}

/// Characters that make two lines of one, colour a terminal, or turn the direction of what follows.
fn harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
}

fn check(text: &str) {
    for (parser, printed) in printed(text) {
        let (Ok(line) | Err(line)) = &printed;
        assert!(!line.chars().any(harmful), "{parser} lets {text:?} into a line: {line:?}");
        assert!(line.len() < 3000, "{parser} repeats {} bytes", line.len());
    }
}

/// F14: a forged line, a coloured one, one that runs backwards.
#[test]
fn f14_no_typed_text_can_forge_a_log_line() {
    for attack in [
        "ann\r\n2026-11-17T09:41:00Z INFO accepted",
        "ann\nlevel=info",
        "ann\r",
        "\u{1b}[2J\u{1b}[31mann",
        "ann\u{9b}31m",
        "ann\u{0}",
        "ann\u{8}\u{8}\u{8}bob",
        "ann\u{202E}nna",
        "ann\u{2066}x\u{2069}",
        "ann\u{2028}bob",
        "ann\u{2029}bob",
        "ann\u{85}bob",
        "ann\u{061C}",
        "ann\u{FEFF}",
        "{\"decision\":\"allowed\"}\n",
    ] {
        for text in [
            attack.to_owned(),
            format!("{attack}@noord.example"),
            format!("ann@{attack}"),
            format!("x{attack}x"),
        ] {
            check(&text);
        }
    }
}

/// F20: nothing, everything and the strange.
#[test]
fn f20_no_parser_falls_over() {
    let huge = "9".repeat(1 << 22);
    for text in [
        "",
        " ",
        "\0",
        "-",
        "@",
        "@@",
        ".",
        "a@",
        "@a",
        "\u{FFFD}",
        "\u{10FFFF}",
        "ﷺ@noord.example",
        "İ@noord.example",
        "ß@noord.example",
        "🦆",
        "--",
        "TS-",
        "TS-9999",
        &huge,
    ] {
        check(text);
    }
    for unit in ["ﷺ", "é", "🦆", "-", " ", "@", "."] {
        for length in [1, 23, 24, 25, 99, 100, 101, 253, 254, 255, 5000] {
            check(&unit.repeat(length));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn f20_any_text_gets_an_answer(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn f20_any_text_of_the_right_form_gets_an_answer(local in "[^@]{0,40}", domain in "[^@]{0,40}") {
        check(&format!("{local}@{domain}"));
    }
}
