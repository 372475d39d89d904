//! Where browsers report what the content security policy stopped. Anybody can send anything here, so each kind is logged
//! once, short, and only a bounded number of kinds.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use app::edge::{Body, Routes, Who};
use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde::Deserialize;

/// More kinds than this are somebody's game.
const KINDS_MAX: usize = 100;
const TEXT_CHARACTERS_MAX: usize = 200;

static KINDS_SEEN: LazyLock<Mutex<HashSet<Kind>>> = LazyLock::new(Mutex::default);

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    Routes::new().add(Method::POST, "/csp", Who::Reporter, Body::Report, take)
}

async fn take(body: Bytes) -> StatusCode {
    for kind in kinds_in(&body) {
        let mut seen = KINDS_SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < KINDS_MAX && seen.insert(kind.clone()) {
            tracing::warn!(directive = kind.directive, blocked = kind.blocked, "a browser did not load something");
        }
    }
    StatusCode::NO_CONTENT
}

/// What makes two reports the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    directive: String,
    blocked: String,
}

/// The two shapes browsers send: `report-uri` (CSP 2) one object, `report-to` (Reporting API) a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Report {
    Old {
        #[serde(rename = "csp-report")]
        report: OldReport,
    },
    New(Vec<NewReport>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OldReport {
    #[serde(default)]
    violated_directive: String,
    #[serde(default)]
    blocked_uri: String,
}

#[derive(Deserialize)]
struct NewReport {
    body: NewBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewBody {
    #[serde(default)]
    effective_directive: String,
    #[serde(default, rename = "blockedURL")]
    blocked_url: String,
}

fn kinds_in(body: &[u8]) -> Vec<Kind> {
    match serde_json::from_slice(body) {
        Ok(Report::Old { report }) => vec![Kind::of(&report.violated_directive, &report.blocked_uri)],
        Ok(Report::New(reports)) => {
            let kinds = reports.iter().take(KINDS_MAX);
            kinds
                .map(|report| Kind::of(&report.body.effective_directive, &report.body.blocked_url))
                .collect()
        }
        Err(_) => Vec::new(),
    }
}

impl Kind {
    /// Query and fragment are cut off: they may hold what somebody typed.
    fn of(directive: &str, blocked: &str) -> Self {
        let plain = |text: &str| {
            let text = text.split(['?', '#']).next().unwrap_or_default();
            text.chars().filter(|character| !character.is_control()).take(TEXT_CHARACTERS_MAX).collect()
        };
        Self {
            directive: plain(directive),
            blocked: plain(blocked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_reports_are_read_without_their_query() {
        let old = br#"{"csp-report":{"violated-directive":"script-src","blocked-uri":"https://evil.example/x?code=123456"}}"#;
        let new = br#"[{"type":"csp-violation","body":{"effectiveDirective":"script-src","blockedURL":"https://evil.example/x#secret"}}]"#;
        let expected = vec![Kind {
            directive: "script-src".into(),
            blocked: "https://evil.example/x".into(),
        }];
        assert_eq!(kinds_in(old), expected);
        assert_eq!(kinds_in(new), expected);
        assert_eq!(kinds_in(b"anything"), vec![]);
    }
}
