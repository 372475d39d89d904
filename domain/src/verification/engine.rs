//! The engine's one loop: load all facts, decide, commit all effects; if facts changed in between, once more. Two calls of the database for a
//! decision, without BEGIN. The commit runs in a task that nobody can cancel.

use super::{
    commit::Commit,
    error::VerificationError,
    facts::Facts,
    store::{self, Wanted},
};
use crate::{
    Domain,
    policy::rules::{Evaluation, evaluate, usable_families},
    vault::TenantKeys,
};
use jiff::Timestamp;
use model::{CLOCK_SKEW_SECONDS_MAX, MethodKind, MethodUse, PolicyDocument, Profile, Purpose, Then};
use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};
use tokio::sync::Mutex;
use uuid::Uuid;

const TRIES_MAX: u32 = 8;
const GATES: usize = 1024;

/// Lets one decision about a member through at a time within this process, so that the guard conflicts only between nodes. Speed, not
/// correctness: the guard in the database holds without it.
pub(crate) struct Gates {
    gates: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl Gates {
    pub(crate) fn new() -> Self {
        Self {
            gates: (0..GATES).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    fn of(&self, subject: Uuid) -> &Mutex<()> {
        &self.gates[self.hasher.hash_one(subject) as usize % GATES]
    }
}

/// What is at hand when a decision is made.
pub(crate) struct Scene<'a> {
    /// All facts.
    pub(crate) facts: &'a Facts,
    /// The tenant's keys.
    pub(crate) keys: &'a TenantKeys,
    /// The policy's version and document; `None` when there is none, which denies.
    pub(crate) policy: Option<(i32, Arc<PolicyDocument>)>,
    /// The moment.
    pub(crate) now: Timestamp,
}

impl Scene<'_> {
    /// Asks the policy. The document is what is left of it under what the policy demands: nothing downstream offers or takes a method that would not do.
    pub(crate) fn evaluate(&self, application: Option<&str>) -> Option<(i32, Arc<PolicyDocument>, Evaluation)> {
        let (version, document) = self.policy.clone()?;
        let evaluation = evaluate(&document, &self.facts.inputs(application));
        if self.facts.attempt.as_ref().is_some_and(|attempt| attempt.purpose == Purpose::Reset) {
            return Some((version, Arc::new(document.for_reset()), evaluation));
        }
        let document = match document.under(evaluation.then) {
            Cow::Borrowed(_) => document,
            Cow::Owned(left) => Arc::new(left),
        };
        if self.proves_by_a_way_to_reset(&document, &evaluation) {
            return Some((version, Arc::new(document.for_changes()), evaluation));
        }
        Some((version, document, evaluation))
    }

    /// Whether the policy takes a kind for a second factor, whatever is asked here.
    pub(crate) fn takes(&self, kind: MethodKind) -> bool {
        self.policy.as_ref().is_some_and(|(_, document)| document.allows(kind, MethodUse::Mfa))
    }

    /// Before a change, whoever holds no second factor and is asked for none shows what would reset his password: it says no less about him. Not in the strict
    /// profile, and not while something is off that stands in the way of a password alone.
    fn proves_by_a_way_to_reset(&self, document: &PolicyDocument, evaluation: &Evaluation) -> bool {
        self.facts.attempt.as_ref().is_some_and(|attempt| attempt.purpose == Purpose::StepUp)
            && evaluation.then == Then::Allow
            && self.facts.profile() != Profile::Strict
            && !self.facts.has_one_switched_off()
            && !self
                .facts
                .methods
                .iter()
                .any(|m| m.state == "active" && document.allows(m.kind, MethodUse::SignIn))
            && usable_families(document, &self.facts.held_with_pass(self.now)).is_empty()
    }
}

/// What a decision comes to.
pub(crate) enum Decided<T> {
    /// Write this, then answer.
    Commit(Box<Commit>, T),
    /// Answer without writing.
    Answer(T),
}

impl Domain {
    /// Loads, decides, commits; again when the facts have changed in between. `judge` may be called several times and must not have effects.
    pub(crate) async fn decide<T>(
        &self,
        wanted: Wanted<'_>,
        mut judge: impl FnMut(&Scene<'_>) -> Result<Decided<T>, VerificationError>,
    ) -> Result<T, VerificationError> {
        let keys = self.keys(wanted.tenant).await?;
        let known = self.policies().known(wanted.tenant);
        let wanted = Wanted {
            policy: known.as_ref().map(|(version, _)| *version),
            ..wanted
        };
        let mut gate = None;
        for _ in 0..TRIES_MAX {
            let now = self.clock().now();
            let facts = store::load(self.db(), wanted, now).await?.ok_or(VerificationError::ChallengeGone)?;
            let skew = self.clock().skew(facts.database_now).as_secs();
            if skew.abs() > CLOCK_SKEW_SECONDS_MAX {
                return Err(VerificationError::ClockWrong(skew));
            }
            let policy = self.policies().current(wanted.tenant, facts.policy.as_ref(), known.clone());
            let scene = Scene {
                facts: &facts,
                keys: &keys,
                policy,
                now,
            };
            let (commit, answer) = match judge(&scene)? {
                Decided::Answer(answer) => return Ok(answer),
                Decided::Commit(commit, answer) => (commit, answer),
            };
            if gate.is_none() {
                gate = Some(self.gates().of(facts.subject).lock().await);
            }
            let db = self.db().clone();
            let committed = tokio::spawn(async move { store::commit(&db, &commit).await })
                .await
                .map_err(|_| VerificationError::Busy)?;
            match committed {
                Ok(()) => return Ok(answer),
                // Facts changed, the public id was taken, or the same idempotency key came twice at once: decide again on new facts.
                Err(error) if error.is_conflict() || matches!(error.constraint(), Some("session_locator_pkey" | "idempotency_pkey")) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VerificationError::Busy)
    }
}
