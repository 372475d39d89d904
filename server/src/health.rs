//! `/healthz`: the process answers. `/readyz`: the node can do its work. `tweestap doctor` says the same in more words.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::edge::{Routes, Who};
use axum::Json;
use axum::extract::FromRef;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Domain;
use model::CLOCK_SKEW_SECONDS_MAX;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::error_chain::whole;

/// How long an answer of `/readyz` is good for: however often it is asked, the database is asked once a second.
const ANSWER_SECONDS: u64 = 1;

/// A check that takes longer has failed: whoever asks is a load balancer that will not wait either.
const CHECK_SECONDS_MAX: u64 = 2;

/// What must hold on a node that verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Database,
    Migrations,
    Keys,
    Clock,
}

impl Check {
    pub(crate) const ALL: [Self; 4] = [Self::Database, Self::Migrations, Self::Keys, Self::Clock];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Migrations => "migrations",
            Self::Keys => "keys",
            Self::Clock => "clock",
        }
    }
}

/// One check and what it found, in words for the operator.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) good: bool,
    pub(crate) words: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.good { "ok   " } else { "FAULT" };
        write!(formatter, "{verdict} {:<11} {}", self.check.as_str(), self.words)
    }
}

/// Asks each check once.
pub(crate) async fn examine(domain: &Domain) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in Check::ALL {
        let limit = Duration::from_secs(CHECK_SECONDS_MAX);
        let (good, words) = match tokio::time::timeout(limit, one(check, domain)).await {
            Ok(Ok(words)) => (true, words),
            Ok(Err(words)) => (false, words),
            Err(_) => (false, format!("no answer within {CHECK_SECONDS_MAX} s")),
        };
        findings.push(Finding { check, good, words });
    }
    findings
}

async fn one(check: Check, domain: &Domain) -> Result<String, String> {
    let db = domain.db();
    match check {
        Check::Database => {
            let started = Instant::now();
            db.clock().await.map_err(|error| whole(&error))?;
            db.check_role().await.map_err(|error| whole(&error))?;
            Ok(format!(
                "answers in {:.1} ms; the role may do no more than it should",
                started.elapsed().as_secs_f64() * 1000.0
            ))
        }
        Check::Migrations => match db.migrations_missing().await.map_err(|error| whole(&error))? {
            0 => Ok(format!("all {} are there", domain::db::migrations_known())),
            missing => Err(format!("{missing} are missing: run tweestap migrate")),
        },
        Check::Keys => match domain.check_keys().await {
            Ok(0) => Ok("there is no tenant yet".to_owned()),
            Ok(tried) => Ok(format!("the master key opens those of {tried} tenants")),
            Err(error) => Err(format!("{}: is TWEESTAP_MASTER_KEY the one that this database began with?", whole(&error))),
        },
        Check::Clock => {
            let database = db.clock().await.map_err(|error| whole(&error))?;
            let skew = domain.clock().skew(database).as_secs_f64();
            let words = format!("differs from the database's by {skew:.1} s");
            if skew.abs() > CLOCK_SKEW_SECONDS_MAX as f64 {
                Err(format!("{words}: set the time of this machine"))
            } else {
                Ok(words)
            }
        }
    }
}

/// When it was asked, and what was found.
type Examined = (Instant, Vec<Finding>);

/// The readiness of this node, asked at most once a second.
#[derive(Clone)]
pub(crate) struct Readiness {
    domain: Domain,
    last: Arc<Mutex<Option<Examined>>>,
}

impl Readiness {
    pub(crate) fn new(domain: Domain) -> Self {
        Self { domain, last: Arc::default() }
    }

    async fn findings(&self) -> Vec<Finding> {
        // Whoever comes while somebody asks waits here and gets the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, findings)) = last.as_ref()
            && at.elapsed() < Duration::from_secs(ANSWER_SECONDS)
        {
            return findings.clone();
        }
        let findings = examine(&self.domain).await;
        for fault in findings.iter().filter(|finding| !finding.good) {
            tracing::warn!(check = fault.check.as_str(), why = fault.words, "not ready");
        }
        *last = Some((Instant::now(), findings.clone()));
        findings
    }
}

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Readiness: FromRef<S>,
{
    Routes::new().get("/healthz", Who::Anyone, alive).get("/readyz", Who::Anyone, ready)
}

/// Alive means only: not stuck. A node that is alive and not ready is left alone, not restarted.
async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// Words about faults stay in the log: everybody may ask here.
async fn ready(State(readiness): State<Readiness>) -> (StatusCode, Json<Value>) {
    let findings = readiness.findings().await;
    let good = findings.iter().all(|finding| finding.good);
    let checks: Map<String, Value> = findings
        .iter()
        .map(|finding| (finding.check.as_str().to_owned(), json!(if finding.good { "ok" } else { "fault" })))
        .collect();
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "status": if good { "ready" } else { "not ready" }, "checks": checks })))
}
