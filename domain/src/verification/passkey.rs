//! A passkey's answer within the engine: what it proved comes from [`crate::webauthn`], what follows is decided and committed like every other answer.

use super::{
    Judged, VerificationError,
    engine::Scene,
    facts::MethodFacts,
    rules::{self, Verdict},
};
use model::{MethodKind, MethodUse, Reason};
use serde_json::{Value, json};

use crate::webauthn::{Asserted, CounterRule, CredentialId, StoredPasskey};

/// What an authenticator's answer came to.
pub(crate) enum Shown {
    /// Proven, by the method at this place in the facts.
    Right {
        /// The method, by its place in the facts.
        place: usize,
        /// Its parameters from here on.
        params: Value,
        /// Its counter has not grown: there may be a copy of it.
        copy: bool,
    },
    /// Not accepted.
    Refused {
        /// The method it claimed to be of, if it is one of the member's.
        place: Option<usize>,
        /// Its counter has not grown: there may be a copy of it.
        copy: bool,
    },
}

impl Shown {
    /// Not accepted, and no sign of a copy.
    pub(crate) const fn refused(place: Option<usize>) -> Self {
        Self::Refused { place, copy: false }
    }
}

/// The passkey of a method's row; `None` for other kinds, for those that are off, and for a row that cannot be read.
pub(crate) fn stored(method: &MethodFacts, user_handle: uuid::Uuid) -> Option<StoredPasskey> {
    if method.kind != MethodKind::Passkey || method.state != "active" {
        return None;
    }
    let transports: Vec<String> = method
        .params
        .get("transports")
        .and_then(|names| serde_json::from_value(names.clone()).ok())
        .unwrap_or_default();
    StoredPasskey::parse(user_handle, method.params.get("record")?, &transports).ok()
}

/// All passkeys of the member that may be shown now.
pub(crate) fn held(scene: &Scene<'_>) -> Vec<StoredPasskey> {
    let Some(handle) = scene.facts.member.as_ref().and_then(|m| m.user_handle) else {
        return Vec::new();
    };
    scene.facts.methods.iter().filter_map(|m| stored(m, handle)).collect()
}

/// The place of a credential among the member's methods.
pub(crate) fn place_of(scene: &Scene<'_>, credential: &CredentialId) -> Option<usize> {
    let id = credential.to_string();
    scene
        .facts
        .methods
        .iter()
        .position(|m| m.kind == MethodKind::Passkey && m.param("credential_id") == Some(&id))
}

/// What a successful assertion comes to under a rule: the method's new parameters, or a refusal of what may be a copy.
pub(crate) fn shown(scene: &Scene<'_>, asserted: Asserted, rule: CounterRule) -> Shown {
    use crate::webauthn::Verdict as Said;
    let Some(place) = place_of(scene, &asserted.credential_id) else {
        return Shown::refused(None);
    };
    if asserted.verdict(rule) == Said::Refuse {
        return Shown::Refused {
            place: Some(place),
            copy: asserted.counter_regressed,
        };
    }
    let copy = asserted.counter_regressed;
    let mut params = scene.facts.methods[place].params.clone();
    params["backed_up"] = json!(asserted.backed_up);
    if asserted.counter_regressed {
        params["counter_regressed"] = json!(true);
    }
    if let Some(record) = asserted.passkey_updated {
        params["record"] = record;
    }
    Shown::Right { place, params, copy }
}

/// Judges what was shown: the account stands, the policy allows passkeys for this use, and the signature was right.
pub(crate) fn judge(scene: &Scene<'_>, application: Option<&str>, wanted: MethodUse, shown: Shown) -> Result<Judged, VerificationError> {
    let (version, document, evaluation) = scene.evaluate(application).ok_or(VerificationError::PolicyMissing)?;
    let suspect = match shown {
        Shown::Right { place, copy: true, .. } => Some(place),
        Shown::Refused { place, copy: true } => place,
        _ => None,
    };
    let mut params = None;
    let verdict = match (rules::stands(scene.facts, &evaluation), shown) {
        // Only whoever shows the passkey learns how the account stands.
        (_, Shown::Refused { place, .. }) => Verdict::Wrong {
            reason: Reason::PasskeyRefused,
            method: place,
            families: Vec::new(),
            near: None,
        },
        (Err(refused), Shown::Right { .. }) => refused,
        (Ok(()), Shown::Right { .. }) if !document.allows(MethodKind::Passkey, wanted) => Verdict::NotCompared {
            reason: Reason::MethodOff,
            until: None,
        },
        (Ok(()), Shown::Right { place, params: after, .. }) => {
            let method = &scene.facts.methods[place];
            params = Some(after);
            Verdict::Right {
                method: Some(place),
                // A use is a step: two answers at once are two steps, and one of them loads again.
                claim: Some((method.last_step + 1, 0)),
                recovery: None,
                families: Vec::new(),
            }
        }
    };
    Ok(Judged {
        compared_any: matches!(verdict, Verdict::Right { .. } | Verdict::Wrong { .. }),
        verdict,
        version: Some(version),
        document: Some(document),
        evaluation: Some(evaluation),
        params,
        suspect,
    })
}
