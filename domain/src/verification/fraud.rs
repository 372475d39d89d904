//! "It was not me": what a member reports of an attempt while it asks him.

use super::{
    VerificationError, call,
    commit::{Commit, Step},
    ended_by,
    engine::Scene,
    facts::{AttemptFacts, ChallengeFacts},
};
use crate::Domain;
use model::*;
use serde_json::json;

/// Ends an attempt that its member says is not his: what it asked is worth nothing any more, and the journal says who reported it and how.
pub(crate) fn reported(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    challenge: &ChallengeFacts,
) -> Result<Commit, VerificationError> {
    let transport = (challenge.kind == Some(MethodKind::Voice)).then_some(TransportResult::FraudCodeEntered);
    let method = challenge.kind.map(|kind| (challenge.method_id, kind));
    let mut commit = ended_by(domain, tenant, scene, attempt, Reason::FraudReported, (transport, method))?;
    commit.steps.insert(0, Step::with(StepKind::FraudReported, json!({ "method": challenge.kind })));
    commit.challenge = Some(call::spent(scene, challenge));
    Ok(commit)
}
