//! What somebody would have to register before an application or an action lets him in: asked by a directory or a platform before it sends him to the wizard.
//! Nothing is decided and nothing is written; the answer for a name that does not exist is that for a member who has nothing and of whom nothing is asked.

use super::{Verification, VerificationError, engine::Decided, store::Wanted, unknown_subject};
use crate::{
    actor::{Integration, Scope},
    policy::rules::{Because, can_satisfy, closed_to_a_password, registration_reasons, usable_families},
};
use model::*;

/// What is asked.
#[derive(Clone, Debug)]
pub struct RequirementsRequest {
    /// Who.
    pub user: Upn,
    /// Where to.
    pub application: Option<CleanText<NAME_CHARACTERS_MAX>>,
    /// What for, in place of an application.
    pub action: Option<Action>,
}

/// What is required, why, and where it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirements {
    /// What the policy demands.
    pub demand: Then,
    /// Where that comes from.
    pub because: Because,
    /// What the member has is enough, or nothing is demanded.
    pub satisfied: bool,
    /// Why he would be asked to register, strictest first.
    pub reasons: Vec<RegistrationReason>,
    /// Kinds of which one would have to be registered, strongest first; empty where nothing is missing.
    pub missing: Vec<MethodKind>,
    /// Where he registers, after signing in. It opens nothing by itself. None where there is nothing to do, or a rule refuses it.
    pub link: Option<String>,
}

impl Verification<'_> {
    /// What a member would have to register.
    pub async fn requirements(self, by: &Integration, asked: &RequirementsRequest) -> Result<Requirements, VerificationError> {
        if !by.has(Scope::Verify) && !by.has(Scope::Admin) {
            return Err(VerificationError::ScopeMissing(Scope::Verify.as_str()));
        }
        let domain = self.0;
        let keys = domain.keys(by.tenant()).await?;
        let target = asked.action.map(Action::as_str).or(asked.application.as_ref().map(CleanText::as_str));
        let wanted = Wanted::of_name(by.tenant(), asked.user.folded(), unknown_subject(&keys, &asked.user));
        domain
            .decide(wanted, |scene| {
                let (_, document, evaluation) = scene.evaluate(target).ok_or(VerificationError::PolicyMissing)?;
                let held = scene.facts.held(scene.now);
                let (asks, able) = (evaluation.then.asks_second_factor(), can_satisfy(&document, &held));
                let blocked = evaluation.then == Then::Block;
                let reasons = match blocked {
                    true => Vec::new(),
                    false => registration_reasons(&document, &evaluation, &held, scene.facts.prepared_for_reset(&document, scene.now).lacks()),
                };
                // Where sign-in would refuse the wizard there is no link into it. Whoever has something to show shows it first, and is refused by a block alone.
                let shows_first = !usable_families(&document, &held).is_empty();
                let closed = match closed_to_a_password(&document, &scene.facts.inputs(None), &evaluation, scene.facts.profile()) {
                    Some(Reason::BlockedByPolicy) => true,
                    Some(_) => !shows_first,
                    None => !shows_first && (scene.facts.has_one_switched_off() || (asks && scene.facts.has_one_past(scene.now))),
                };
                let would_do = |kind: &&MethodKind| match kind {
                    MethodKind::Passkey => domain.offers_passkeys(&document),
                    kind => kind.counts_as_registered() && document.allows(**kind, MethodUse::Mfa),
                };
                let missing = match asks && !able {
                    true => MethodKind::ALL.iter().filter(would_do).copied().collect(),
                    false => Vec::new(),
                };
                Ok(Decided::Answer(Requirements {
                    demand: evaluation.then,
                    because: evaluation.because,
                    satisfied: !blocked && (!asks || able),
                    link: (!reasons.is_empty() && !closed).then(|| link(&domain.node().origin, target)),
                    reasons,
                    missing,
                }))
            })
            .await
    }
}

/// The sign-in page, told what for. The address is the configured one, never what a request claims.
fn link(origin: &str, target: Option<&str>) -> String {
    let Some(target) = target else { return format!("{origin}/sign-in") };
    let escaped: String = target.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    });
    format!("{origin}/sign-in?for={escaped}")
}

#[cfg(test)]
mod tests;
