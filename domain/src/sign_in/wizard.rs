//! The wizard's other methods: a phone that is texted or called, and a hardware token. Each is proven by the verbs that prove it for whoever is signed in;
//! what was proven in the wizard of a sign-in, and nothing else, then opens this sign-in. Until that commit the member has got in nowhere: whoever leaves in
//! between is asked for the new method at the next sign-in.

use super::{
    registration::{Registrant, open_registration, opens},
    *,
};
use crate::{
    delivery::Address,
    methods::{MethodError, Prover, Proving, recovery::RecoveryCodes},
    tokens::{Serial, TokenError, TokenView},
    verification::{Answered, VerificationError},
};

#[cfg(test)]
mod tests;

/// What a method that was proven in the wizard opens, and recovery codes where there were none.
pub type Opened = (RightAnswer, Option<RecoveryCodes>);

impl SignIn<'_> {
    /// What may be set up in the wizard, strongest first: what the policy lets do for this sign-in, and what can be carried.
    pub async fn wizard_offers(self, tenant: TenantId, attempt: AttemptId) -> Result<Vec<MethodKind>> {
        let judge = |scene: &Scene<'_>| {
            let (_, member, document) = open_registration(scene, Registrant::HasNothing)?;
            Ok(Decided::Answer((member.member_id, document)))
        };
        let (member, document) = self.0.decide(Wanted::of_attempt(tenant, attempt), judge).await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        let (_, info) = self.0.methods().info(&mut tx, member).await?;
        tx.commit().await?;
        let would_do = |kind: &MethodKind| kind.counts_as_registered() && document.allows(*kind, MethodUse::Mfa);
        // A call that asks for a PIN confirms nothing before one is chosen, which is done on security info.
        let can_confirm = |kind: &MethodKind| *kind != MethodKind::Voice || !info.call_pin.is_missing();
        Ok(info
            .may_add
            .iter()
            .copied()
            .filter(|kind| would_do(kind) && can_confirm(kind) && info.has_room_for(*kind))
            .collect())
    }

    /// Sends a code to a phone, or calls it, that is to become the first method of whoever is in the wizard.
    pub async fn register_address(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        client: &Client,
        kind: MethodKind,
        address: &Address,
    ) -> std::result::Result<Proving, MethodError> {
        let (member, _) = self.wizard_of(tenant, attempt, kind).await?;
        let prover = Prover {
            tenant,
            member,
            client,
            waits_for: attempt.0,
            replaces: None,
        };
        self.0.methods().prove_address(prover, |_| Ok(()), kind, address).await
    }

    /// Takes the code that was sent in the wizard.
    pub async fn confirm_registered_address(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        proving: AttemptId,
        code: &OfferedCode,
    ) -> std::result::Result<Answered, MethodError> {
        let (member, factor) = self.wizard_of(tenant, attempt, MethodKind::Sms).await?;
        self.proves_for(tenant, attempt, proving).await?;
        let still = |scene: &Scene<'_>| factor || !has_any(scene, &scene.facts.held(scene.now));
        self.0.methods().confirm_address_of((tenant, member), proving, code, still).await
    }

    /// Finishes what was confirmed in a call to a phone of the wizard; `None` while it was not.
    pub async fn complete_registered_call(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        proving: AttemptId,
    ) -> std::result::Result<Option<Answered>, MethodError> {
        let (member, factor) = self.wizard_of(tenant, attempt, MethodKind::Voice).await?;
        self.proves_for(tenant, attempt, proving).await?;
        let still = |scene: &Scene<'_>| factor || !has_any(scene, &scene.facts.held(scene.now));
        self.0.methods().complete_address_of((tenant, member), proving, still).await
    }

    /// Where the proof of a phone stands that was begun in this wizard; nothing when it has ended or belongs elsewhere.
    pub async fn look_at_proof(self, tenant: TenantId, attempt: AttemptId, proving: AttemptId) -> Result<Option<AttemptView>> {
        match self.proves_for(tenant, attempt, proving).await {
            Ok(()) => {}
            Err(MethodError::Verification(VerificationError::ChallengeGone)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        match self.look(tenant, proving).await {
            Ok(view) if view.purpose == Purpose::AddMethod => Ok(Some(view)),
            Ok(_) | Err(SignInError::Expired | SignInError::OtherStep(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The code of that proof once more.
    pub async fn send_proof_again(self, tenant: TenantId, attempt: AttemptId, proving: AttemptId) -> std::result::Result<(), MethodError> {
        self.proves_for(tenant, attempt, proving).await?;
        let again = self.0.verification().send_again(tenant, proving, Purpose::AddMethod).await?;
        again.map(drop).map_err(MethodError::NotSent)
    }

    /// Makes a hardware token the first method of whoever is in the wizard, by its serial number and a code.
    pub async fn register_token(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        serial: &Serial,
        label: &CleanText<NAME_CHARACTERS_MAX>,
        code: &OfferedCode,
    ) -> std::result::Result<TokenView, TokenError> {
        let (member, factor) = self.wizard_of(tenant, attempt, MethodKind::HardwareToken).await?;
        let wizard = (attempt, factor);
        self.0.tokens().claim_in(tenant, member, wizard, serial, label, code).await
    }

    /// Opens the sign-in in whose wizard a method has been proven. `None` while none has been.
    pub async fn finish_registration(self, tenant: TenantId, attempt: AttemptId) -> Result<Option<Opened>> {
        let domain = self.0;
        let opened = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let (attempt, member, document) = open_registration(scene, Registrant::HasProven)?;
                let proven = scene.facts.methods.iter().find(|method| {
                    let here = method.state == "active" && method.waits_for == Some(attempt.attempt_id.0);
                    here && method.kind.counts_as_registered() && document.allows(method.kind, MethodUse::Mfa)
                });
                let Some(proven) = proven else { return Ok(Decided::Answer(None)) };
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                let opened = opens(domain, tenant, scene, (attempt, member), &mut commit, (proven.method_id, proven.kind))?;
                Ok(Decided::Commit(Box::new(commit), Some(opened)))
            })
            .await?;
        Ok(opened)
    }

    /// The member of the wizard, where this kind would do, and whether a second factor was given before it.
    async fn wizard_of(self, tenant: TenantId, attempt: AttemptId, kind: MethodKind) -> std::result::Result<(MemberId, bool), MethodError> {
        let would_do = |document: &PolicyDocument| kind.counts_as_registered() && document.allows(kind, MethodUse::Mfa);
        let judge = |scene: &Scene<'_>| match open_registration(scene, Registrant::HasNothing)? {
            (attempt, member, document) if would_do(&document) => Ok(Decided::Answer(Some((member.member_id, attempt.second_asked)))),
            _ => Ok(Decided::Answer(None)),
        };
        let member = self.0.decide(Wanted::of_attempt(tenant, attempt), judge).await?;
        member.ok_or(MethodError::KindOff(kind))
    }

    /// Refuses a proof that was not begun in this wizard: its method waits for another sign-in or session.
    async fn proves_for(self, tenant: TenantId, attempt: AttemptId, proving: AttemptId) -> std::result::Result<(), MethodError> {
        let judge = |scene: &Scene<'_>| {
            let challenge = scene.facts.challenge.as_ref().filter(|challenge| challenge.purpose == Purpose::AddMethod);
            let method = challenge.and_then(|challenge| scene.facts.methods.iter().find(|m| Some(m.method_id) == challenge.method_id));
            match method.is_some_and(|method| method.waits_for == Some(attempt.0)) {
                true => Ok(Decided::Answer(())),
                false => Err(VerificationError::ChallengeGone),
            }
        };
        Ok(self.0.decide(Wanted::of_attempt(tenant, proving), judge).await?)
    }
}
