//! Codes that are sent: which method they go to, whether one may go, and the challenge with its message, written by one commit.

use super::{
    call::CallState,
    commit::{ChallengeRow, Commit, DeliveryRow, Step},
    engine::Scene,
    error::VerificationError,
    facts::{ChallengeFacts, MethodFacts},
};
use crate::{
    Domain,
    bytea::Bytea,
    delivery::{
        self, Parcel, open_address,
        rules::{Address, NotSent, code_seconds, may_send, route},
        seal_parcel,
    },
    rng::Rng,
    vault::{KeyPurpose, SealBroken, SealedColumn},
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::json;

/// A code that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnItsWay {
    /// The method it goes to.
    pub kind: MethodKind,
    /// Where it goes, masked.
    pub sent_to: String,
    /// How long it lives.
    pub expires_at: Timestamp,
    /// How far the call is, for one that is called.
    pub call: Option<CallState>,
    /// What has become of its messages.
    pub fate: Fate,
}

/// What has become of a code's messages, as far as whoever waits for it has something to do about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is on its way, or has arrived.
    #[default]
    OnItsWay,
    /// No gateway has taken it for longer than they usually need.
    Late,
    /// It will not arrive.
    Lost,
}

/// What has become of the messages of a challenge. Its time begins with the first.
pub(super) fn fate(scene: &Scene<'_>, challenge: &ChallengeFacts) -> Fate {
    let messages: Vec<_> = scene.facts.deliveries.iter().filter(|d| d.challenge_id == challenge.challenge_id).collect();
    let Some(newest) = messages.iter().max_by_key(|d| d.n) else {
        return Fate::OnItsWay;
    };
    let has_failed = |status| matches!(status, DeliveryStatus::Failed | DeliveryStatus::Dropped);
    // All messages of a challenge carry one code: one that a gateway has taken may arrive, whatever became of the others.
    if messages.iter().any(|d| d.status != DeliveryStatus::Queued && !has_failed(d.status)) {
        return Fate::OnItsWay;
    }
    let waits = scene.now.duration_since(challenge.created_at) >= SignedDuration::from_secs(DELIVERY_LATE_SECONDS);
    match newest.status {
        DeliveryStatus::Queued if waits => Fate::Late,
        status if has_failed(status) => Fate::Lost,
        _ => Fate::OnItsWay,
    }
}

/// What an attempt is, as far as a code that is sent for it needs to know.
#[derive(Clone, Copy)]
pub(crate) struct For {
    pub(crate) attempt: AttemptId,
    pub(crate) purpose: Purpose,
    pub(crate) path: Path,
    /// Wrong answers that the attempt has had already: another way starts no new row of tries (abuse case B3).
    pub(crate) wrong_count: i32,
}

/// The method that a code would go to: of the kind named; the member's first choice before others.
pub(crate) fn method_for(scene: &Scene<'_>, document: &PolicyDocument, kind: MethodKind) -> Option<usize> {
    let facts = scene.facts;
    let first = facts.member.as_ref().and_then(|m| m.default_method);
    let usable = |m: &MethodFacts| m.kind == kind && m.state == "active" && document.allows(kind, MethodUse::Mfa) && m.sealed.is_some();
    let mut places: Vec<usize> = (0..facts.methods.len()).filter(|place| usable(&facts.methods[*place])).collect();
    places.sort_by_key(|place| Some(facts.methods[*place].method_id) != first);
    places.first().copied()
}

/// Adds a challenge and its message to a commit, or says why nothing is sent. The code is made here and nowhere else.
pub(crate) fn send_code(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, commit: &mut Commit, what: For, place: usize) -> Sent {
    let method = &scene.facts.methods[place];
    let limits = delivery_limits(scene);
    let Some(channel) = method.kind.channel() else {
        return Err(SealBroken.into());
    };
    let to = address_of(method, channel)?;
    let until = scene.now + SignedDuration::from_secs(code_seconds(&limits, what.path, channel));
    let challenge = ChallengeId(domain.rng().id(scene.now));
    let message = match message(domain, tenant, scene, &what, method, &to, (challenge, 1, until), &[]) {
        Ok(message) => message,
        Err(Refused::NotSent(why)) => {
            commit.steps.push(refusal(method, &why));
            return Ok(Err(why));
        }
        Err(Refused::Broken(broken)) => return Err(broken.into()),
    };
    let code = match channel {
        Channel::Voice => new_digit(domain.rng(), &call_rules(scene)),
        Channel::Sms | Channel::Mail => new_code(domain.rng()),
    };
    let sealed = scene
        .keys
        .key(KeyPurpose::Code)
        .seal(SealedColumn::ChallengeCode, challenge.0, code.as_bytes(), domain.rng());
    commit.new_challenge = Some(ChallengeRow {
        tenant_id: tenant,
        challenge_id: challenge,
        attempt_id: what.attempt,
        purpose: what.purpose,
        kind: Some(method.kind),
        method_id: Some(method.method_id),
        subject_id: Some(scene.facts.subject),
        code_sealed: Some(Bytea(sealed)),
        wrong_count: what.wrong_count,
        created_at: scene.now,
        expires_at: until,
    });
    commit
        .steps
        .push(Step::with(StepKind::CodeAsked, json!({ "method": method.kind, "to": message.masked })));
    Ok(Ok(queue(commit, method.kind, message, until)))
}

/// Adds one more message for a challenge that is open: the same code, through the next provider, and not a second longer.
pub(crate) fn resend_code(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, commit: &mut Commit, what: For, challenge: &ChallengeFacts) -> Sent {
    let method = scene
        .facts
        .methods
        .iter()
        .find(|m| Some(m.method_id) == challenge.method_id)
        .ok_or(VerificationError::ChallengeGone)?;
    let Some(channel) = method.kind.channel() else {
        return Err(SealBroken.into());
    };
    let to = address_of(method, channel)?;
    let earlier: Vec<_> = scene.facts.deliveries.iter().filter(|d| d.challenge_id == challenge.challenge_id).collect();
    let tried: Vec<ProviderId> = earlier.iter().filter_map(|d| d.provider_id).collect();
    let n = earlier.iter().map(|d| d.n).max().unwrap_or(0) + 1;
    match message(
        domain,
        tenant,
        scene,
        &what,
        method,
        &to,
        (challenge.challenge_id, n, challenge.expires_at),
        &tried,
    ) {
        Ok(message) => Ok(Ok(queue(commit, method.kind, message, challenge.expires_at))),
        Err(Refused::NotSent(why)) => {
            commit.steps.push(refusal(method, &why));
            Ok(Err(why))
        }
        Err(Refused::Broken(broken)) => Err(broken.into()),
    }
}

/// A code on its way, the reason why none is, or what stopped everything.
type Sent = Result<Result<OnItsWay, NotSent>, VerificationError>;

enum Refused {
    NotSent(NotSent),
    Broken(SealBroken),
}

/// The numbers of the policy; the usual ones where there is none, for then nothing is allowed anyway.
fn delivery_limits(scene: &Scene<'_>) -> DeliveryLimits {
    scene.policy.as_ref().map(|(_, document)| document.delivery.clone()).unwrap_or_default()
}

fn address_of(method: &MethodFacts, channel: Channel) -> Result<Address, SealBroken> {
    Ok(Address {
        channel,
        country: method.param("country").map(str::to_owned),
        prefix: method.param("prefix").map(str::to_owned),
        mac: method.address_mac.clone().ok_or(SealBroken)?,
    })
}

#[allow(clippy::too_many_arguments, reason = "a message has this many sides")]
fn message(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    what: &For,
    method: &MethodFacts,
    to: &Address,
    (challenge, n, until): (ChallengeId, i32, Timestamp),
    tried: &[ProviderId],
) -> Result<DeliveryRow, Refused> {
    let facts = scene.facts;
    let sends = facts.sends.as_ref().ok_or(Refused::Broken(SealBroken))?;
    may_send(sends, &delivery_limits(scene), facts.profile(), to, scene.now).map_err(Refused::NotSent)?;
    let (route, sender) = route(sends, to.channel, to.country.as_deref(), tried).map_err(Refused::NotSent)?;
    let sealed = method.sealed.as_ref().ok_or(Refused::Broken(SealBroken))?;
    let address = open_address(scene.keys.key(KeyPurpose::Address), method.method_id.0, &sealed.0).map_err(Refused::Broken)?;
    let id = DeliveryId(domain.rng().id(scene.now));
    let masked = address.masked();
    let parcel = Parcel {
        to: address,
        locale: locale(scene),
        service: facts.tenant.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
        minutes: (until.duration_since(scene.now).as_secs().max(60) / 60) as u32,
    };
    Ok(DeliveryRow {
        delivery_id: id,
        tenant_id: tenant,
        challenge_id: challenge,
        attempt_id: what.attempt,
        subject_id: facts.subject,
        n,
        channel: to.channel,
        country: to.country.clone(),
        prefix: to.prefix.clone(),
        address_mac: to.mac.clone(),
        masked,
        provider_id: route.provider_id,
        provider: route.name.clone(),
        sender: sender.value.clone(),
        status: DeliveryStatus::Queued,
        sealed: Bytea(seal_parcel(scene.keys.key(KeyPurpose::Code), id, &parcel, domain.rng())),
        created_at: scene.now,
        run_at: scene.now,
        gone_at: until,
    })
}

fn queue(commit: &mut Commit, kind: MethodKind, message: DeliveryRow, until: Timestamp) -> OnItsWay {
    let detail = json!({ "n": message.n, "channel": message.channel, "provider": message.provider, "sender": message.sender, "to": message.masked });
    commit.steps.push(Step::with(StepKind::DeliveryQueued, detail));
    let sent = OnItsWay {
        kind,
        sent_to: message.masked.clone(),
        expires_at: until,
        call: (kind == MethodKind::Voice).then_some(CallState::Calling),
        fate: Fate::OnItsWay,
    };
    commit.new_delivery = Some(message);
    sent
}

fn refusal(method: &MethodFacts, why: &NotSent) -> Step {
    Step::with(
        StepKind::DeliveryRefused,
        json!({ "method": method.kind, "to": method.masked(), "problem": why.word(), "until": why.until() }),
    )
}

pub(crate) fn locale(scene: &Scene<'_>) -> String {
    let member = scene.facts.member.as_ref().and_then(|m| m.locale.clone());
    let tenant = scene.facts.tenant.as_ref().map(|t| t.locale.clone());
    member.or(tenant).unwrap_or_else(|| String::from("en"))
}

/// Six digits, each equally likely.
fn new_code(rng: &Rng) -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(format!("{:06}", drawn(rng, 1_000_000)))
}

/// The digit that is spoken in a call, 1 to 9, and never the one that reports fraud.
fn new_digit(rng: &Rng, rules: &CallRules) -> zeroize::Zeroizing<String> {
    let digits: Vec<u8> = rules.digits().collect();
    let place = drawn(rng, digits.len() as u64) as usize;
    zeroize::Zeroizing::new(digits[place].to_string())
}

/// What the policy says of calls; the usual where there is none, for then nothing is allowed anyway.
pub(crate) fn call_rules(scene: &Scene<'_>) -> CallRules {
    scene.policy.as_ref().map(|(_, document)| document.calls.clone()).unwrap_or_default()
}

/// A number below `many`, each equally likely.
fn drawn(rng: &Rng, many: u64) -> u64 {
    // What lies past the last whole round would make small numbers likelier.
    let fair = u64::MAX - u64::MAX % many;
    let found = std::iter::repeat_with(|| u64::from_be_bytes(rng.bytes())).find(|n| *n < fair);
    found.unwrap_or_default() % many
}

/// The address that is to become a method, as its row keeps it: sealed, with what may be shown and what the rules need.
pub(crate) fn address_params(address: &delivery::Address) -> serde_json::Value {
    match address {
        delivery::Address::Phone(phone) => json!({ "masked": phone.masked(), "country": phone.country(), "prefix": phone.prefix() }),
        delivery::Address::Mail(mail) => json!({ "masked": mail.masked() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digit_that_reports_fraud_is_never_spoken() {
        let rng = Rng::seeded(7);
        for code in ["0", "3", "9", "33"] {
            let rules = CallRules {
                fraud_code: code.to_owned(),
                ..CallRules::default()
            };
            let mut drawn: Vec<String> = (0..500).map(|_| new_digit(&rng, &rules).to_string()).collect();
            drawn.sort();
            drawn.dedup();
            let all: Vec<String> = (1..=9).map(|digit: u8| digit.to_string()).filter(|digit| digit != code).collect();
            assert_eq!(drawn, all, "each other digit, and not {code}");
        }
    }
}
