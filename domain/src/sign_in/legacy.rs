//! Programs that can do nothing but send a name and a password: mail servers and the like ask here. An app password opens; the member's own password opens only
//! where no second factor is asked of the member (S60). Nothing here ever makes a session.

use super::*;
use crate::{
    actor::Scope,
    directory::api_key::Credential,
    methods::app_password,
    policy::rules::{Evaluation, Inputs, evaluate},
    verification::{Entered, VerificationError, authenticate, log_at_once},
};
use std::net::IpAddr;

/// What a program asks.
#[derive(Clone, Debug)]
pub struct LegacyRequest {
    /// Whose password.
    pub user: Upn,
    /// What was sent as the password.
    pub password: Secret<String>,
    /// By which protocol, such as `imap`: policy and journal know it as the application.
    pub protocol: CleanText<APPLICATION_CHARACTERS_MAX>,
    /// Where the program sits, as the calling system says.
    pub client: Client,
}

/// What it is told. A name that does not exist answers like a wrong password.
#[derive(Clone, Debug, PartialEq)]
pub struct LegacyAnswer {
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// Allowed or denied.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// Until when nothing is compared.
    pub wait_until: Option<Timestamp>,
}

/// What the password that was sent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    AppPassword,
    OwnPassword,
    Nothing,
}

/// What is known before anything is compared.
struct Known {
    member: Option<MemberId>,
    app_passwords: bool,
    wait: Option<Timestamp>,
}

impl SignIn<'_> {
    /// Checks what a program sent. Every answer has its row in the authentication log.
    pub async fn legacy(self, credential: &Credential, from: Option<IpAddr>, request: LegacyRequest) -> Result<LegacyAnswer> {
        let domain = self.0;
        let tenant = domain
            .directory()
            .tenant_of_slug(&credential.slug)
            .await?
            .ok_or(VerificationError::KeyRefused)?;
        let keys = domain.keys(tenant).await?;
        let unknown = unknown_subject(&keys, &request.user);
        let source = format!("password:{}", source_of(&keys, &request.client));
        let wanted = Wanted {
            key: Some(credential.key),
            ..Wanted::of_name(tenant, request.user.folded(), unknown)
        };
        let known = domain
            .decide(wanted, |scene| {
                authenticate(scene.facts, tenant, credential, from, Scope::Verify)?;
                Ok(Decided::Answer(Known {
                    member: scene.facts.member.as_ref().map(|m| m.member_id),
                    app_passwords: allows_app_passwords(scene),
                    wait: waits(scene, &source),
                }))
            })
            .await?;
        let typed = password::normalised(request.password.expose()).unwrap_or_else(|_| Secret::new(String::from("\u{1}")));
        let mac = Bytea(keys.key(KeyPurpose::WrongPassword).mac(&[typed.expose().as_bytes()])[..16].to_vec());
        let sent = match known.wait {
            Some(_) => Sent::Nothing,
            None => self.compare_sent(tenant, &known, typed, &request).await?,
        };
        let answer = domain
            .decide(wanted, |scene| {
                let integration = authenticate(scene.facts, tenant, credential, from, Scope::Verify)?;
                let begun = Begun::now(domain, scene, &request.user, request.client.clone(), None);
                let (mut commit, outcome, until) = judged(scene, tenant, &begun, request.protocol.as_str(), sent, &source, &mac);
                let answer = LegacyAnswer {
                    session_id: begun.session,
                    decision: outcome.decision,
                    // A wrong password, a switched-off account and a name that does not exist say the same.
                    reason: match outcome.reason {
                        Reason::NotFound | Reason::Disabled => Reason::WrongPassword,
                        other => other,
                    },
                    wait_until: until,
                };
                let entered = Entered::by_rest(integration.path(), Some(request.protocol.as_str()));
                log_at_once(domain, tenant, scene, &mut commit, &begun, entered, outcome)?;
                commit.reserve(begun.session);
                Ok(Decided::Commit(Box::new(commit), answer))
            })
            .await?;
        Ok(answer)
    }

    /// One hash, and one look for an app password, whoever is asked about.
    async fn compare_sent(self, tenant: TenantId, known: &Known, typed: Secret<String>, request: &LegacyRequest) -> Result<Sent> {
        let domain = self.0;
        let letters = app_password::read(typed.expose());
        let stored = store::find_password(domain.db(), tenant, known.member).await?;
        let own = domain.passwords().verify(domain.vault(), stored, typed).await?;
        let is_app_password = match (known.member, &letters) {
            (Some(member), Some(letters)) if known.app_passwords => {
                domain
                    .methods()
                    .use_app_password(tenant, member, letters, request.client.address, request.protocol.as_str())
                    .await?
            }
            _ => false,
        };
        Ok(match (is_app_password, own) {
            (true, _) => Sent::AppPassword,
            (false, true) => Sent::OwnPassword,
            (false, false) => Sent::Nothing,
        })
    }
}

fn allows_app_passwords(scene: &Scene<'_>) -> bool {
    let document = scene.policy.as_ref().map(|(_, document)| document);
    document.is_some_and(|document| document.allows(MethodKind::AppPassword, MethodUse::SignIn))
}

/// Until when nothing is compared: passwords and app passwords come in by the same field, so the longer wait holds for both.
fn waits(scene: &Scene<'_>, source: &str) -> Option<Timestamp> {
    let guessed = scene.facts.counter(&app_passwords_from(source)).waits(scene.now);
    password_waits(scene, source).max(guessed)
}

/// What it comes to: the effects, the outcome, and until when to wait.
fn judged(scene: &Scene<'_>, tenant: TenantId, begun: &Begun, protocol: &str, sent: Sent, source: &str, mac: &Bytea) -> (Commit, Outcome, Option<Timestamp>) {
    let facts = scene.facts;
    let mut commit = Commit::about(tenant, facts, begun.attempt, scene.now, scene.now);
    commit
        .steps
        .push(Step::with(StepKind::RequestReceived, json!({ "door": Door::Rest, "application": protocol })));
    let evaluated = scene.evaluate(Some(protocol));
    let mut until = None;
    let (decision, reason) = match (&evaluated, sent) {
        (None, _) => (Decision::Denied, Reason::Misconfiguration),
        _ if waits(scene, source).is_some() => {
            until = waits(scene, source);
            commit
                .steps
                .push(Step::with(StepKind::Throttled, json!({ "reason": Reason::Throttled, "until": until })));
            (Decision::Denied, Reason::Throttled)
        }
        (Some(_), Sent::Nothing) => {
            count_wrong_password(scene, &mut commit, source, mac);
            commit.steps.push(Step::new(StepKind::PasswordWrong));
            let reason = if facts.member.is_some() { Reason::WrongPassword } else { Reason::NotFound };
            (Decision::Denied, reason)
        }
        (Some((_, document, evaluation)), Sent::OwnPassword | Sent::AppPassword) => match (rules::admits(facts, evaluation, scene.now), sent) {
            (Err(Verdict::NotCompared { reason, until: locked }), _) => {
                until = locked;
                commit.steps.push(Step::with(StepKind::Locked, json!({ "reason": reason, "until": locked })));
                (Decision::Denied, reason)
            }
            (_, Sent::AppPassword) => {
                clear(scene, &mut commit, &[&app_passwords_from(source)]);
                commit.steps.push(Step::with(StepKind::CodeRight, json!({ "method": MethodKind::AppPassword })));
                (Decision::Allowed, Reason::RightCode)
            }
            _ if needs_app_password(scene, document, evaluation, protocol) => {
                commit.steps.push(Step::new(StepKind::PasswordRight));
                (Decision::Denied, Reason::AppPasswordRequired)
            }
            _ => {
                clear(scene, &mut commit, &["password", source]);
                commit.steps.push(Step::new(StepKind::PasswordRight));
                (Decision::Allowed, Reason::PasswordOnly)
            }
        },
    };
    let outcome = Outcome {
        decision,
        reason,
        transport: None,
        second_factor: false,
        method: (reason == Reason::RightCode).then_some((None, MethodKind::AppPassword)),
        policy: evaluated.map(|(version, _, evaluation)| policy_record(facts, version, &evaluation)),
    };
    (commit, outcome, until)
}

/// Enforced members need an app password (product rule 3), and so does everybody of whom a role or a rule asks a second factor: only whoever is merely enabled
/// goes on with the password until the registration is done.
fn needs_app_password(scene: &Scene<'_>, document: &PolicyDocument, evaluation: &Evaluation, protocol: &str) -> bool {
    let enforced = scene.facts.member.as_ref().is_some_and(|m| m.mfa_state == MfaState::Enforced);
    let by_itself = Inputs {
        mfa_state: MfaState::Disabled,
        ..scene.facts.inputs(Some(protocol))
    };
    enforced || (evaluation.then.asks_second_factor() && evaluate(document, &by_itself).then.asks_second_factor())
}

/// Forgets rows of wrong ones.
fn clear(scene: &Scene<'_>, commit: &mut Commit, scopes: &[&str]) {
    for scope in scopes.iter().filter(|scope| !scene.facts.counter(scope).is_clear()) {
        commit.counters.push(ScopedCounter {
            scope: (*scope).to_owned(),
            counter: Default::default(),
            same: Vec::new(),
        });
    }
}

/// Counts as a wrong password, and as a wrong app password; the same one again, as a program repeats it that nobody has told of a change, does not count.
fn count_wrong_password(scene: &Scene<'_>, commit: &mut Commit, source: &str, mac: &Bytea) {
    let before = commit.counters.len();
    count_password(scene, commit, source, mac);
    if commit.counters.len() > before {
        let scope = app_passwords_from(source);
        commit.counters.push(ScopedCounter {
            counter: scene.facts.counter(&scope).after_wrong_answer(scene.facts.profile(), scene.now),
            scope,
            same: Vec::new(),
        });
    }
}

/// Wrong app passwords are counted by where they come from: sixteen random letters need no more, and nobody keeps a member's own programs out by guessing from
/// elsewhere (product rule 6).
fn app_passwords_from(source: &str) -> String {
    format!("app_{source}")
}
