//! "It wasn't me": whoever is asked for a factor says that somebody else is trying. The challenge is denied at once, whatever answer may still come; the tenant's
//! policy says whether the member is blocked until an admin has looked. The answer to a call with 0# comes in here, and so may others.

use super::{facts::ChallengeFacts, *};

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FraudReported {
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// The member is blocked until an admin lifts it or its days are over.
    pub blocked: bool,
}

impl Verification<'_> {
    /// Takes a report about an open challenge: of this attempt, unanswered, and if one is named, this very one. Anything else is as unknown as one that never was.
    /// A member who holds the last way into the organisation's console is told of it and not blocked.
    pub async fn report_fraud(self, tenant: TenantId, attempt: AttemptId, challenge: Option<ChallengeId>) -> Result<FraudReported, VerificationError> {
        let domain = self.0;
        domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let (commit, told) = fraud(domain, tenant, scene, challenge)?;
                Ok(Decided::Commit(Box::new(commit), told))
            })
            .await
    }
}

/// The effects: the challenge spent, the row, the block, the audit row, the notice.
fn fraud(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, named: Option<ChallengeId>) -> Result<(Commit, FraudReported), VerificationError> {
    let gone = || VerificationError::ChallengeGone;
    let attempt = scene.facts.attempt.as_ref().filter(|a| a.stage == Stage::Second && !expired(a, scene.now));
    let attempt = attempt.ok_or_else(gone)?;
    let open = scene.facts.challenge.as_ref().filter(|c| c.spent_at.is_none() && c.expires_at > scene.now);
    let open = open.filter(|c| named.is_none_or(|named| c.challenge_id == named)).ok_or_else(gone)?;
    reported(domain, tenant, scene, attempt, open)
}

/// Ends an attempt that its member says is not his: what it asked is worth nothing any more, and the journal says who reported it and how.
pub(crate) fn reported(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    challenge: &ChallengeFacts,
) -> Result<(Commit, FraudReported), VerificationError> {
    let member = scene.facts.member.as_ref().ok_or(VerificationError::ChallengeGone)?;
    let session_id = SessionId::from_bits(attempt.session_id as u64);
    let transport = (challenge.kind == Some(MethodKind::Voice)).then_some(TransportResult::FraudCodeEntered);
    let method = challenge.kind.map(|kind| (challenge.method_id, kind));
    let mut commit = ended_by(domain, tenant, scene, attempt, Reason::FraudReported, (transport, method))?;
    commit.steps.insert(0, Step::with(StepKind::FraudReported, json!({ "method": challenge.kind })));
    commit.challenge = Some(call::spent(scene, challenge));
    let wants_block = scene.policy.as_ref().is_some_and(|(_, document)| document.trust.fraud_blocks);
    // Nobody locks the organisation out of its own console by a telephone; a block that holds already is not shortened.
    let chief = member.operator || member.roles.contains(&Role::GlobalAdmin);
    // Whoever picks up a phone that is only being added may be a stranger.
    let proven = attempt.purpose.is_second_factor();
    let blocked = wants_block && proven && !chief && scene.facts.block.is_none();
    if blocked {
        commit.new_block = Some(BlockRow {
            tenant_id: tenant,
            block_id: domain.rng().id(scene.now),
            member_id: member.member_id.0,
            cause: crate::directory::block::store::FRAUD_REPORT,
            reason: format!("reported by the member, session {session_id}"),
            blocked_by: None,
            blocked_at: scene.now,
            until: scene.now + SignedDuration::from_hours(24 * BLOCK_DAYS),
        });
        commit.member = Some(MemberChange {
            ends_sessions: true,
            ends_devices: true,
            ..MemberChange::default()
        });
    }
    let after = json!({ "blocked": blocked, "method": challenge.kind });
    let audited = Audited {
        event: Event::FraudReported,
        who: Who::Member(member.member_id),
        target: ("member", Some(member.member_id.0)),
        reason: None,
        session: Some(session_id),
        change: Change {
            before: json!(null),
            after: after.clone(),
        },
    };
    commit
        .audits
        .push(AuditEntry::seal(tenant, scene.now, audited, &subject_key(scene)?, domain.rng()));
    commit.notices.push(notice(domain, scene, Event::FraudReported.as_str(), after));
    let alert = json!({ "blocked": blocked, "how": challenge.kind, "session": session_id });
    commit.notices.push(notice(domain, scene, "fraud.alert", alert));
    Ok((commit, FraudReported { session_id, blocked }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        directory::{MemberRef, block::BlockCause},
        sign_in::PasswordOutcome,
        testing::*,
    };

    async fn lets(app: &TestApp, fraud_blocks: bool) {
        let trust = Trust {
            fraud_blocks,
            ..Trust::default()
        };
        app.domain.directory().set_trust(&app.admin, trust, "test").await.expect("published");
    }

    async fn asked(app: &TestApp, member: &TestMember) -> OpenChallenge {
        let request = request(member.upn.as_str(), None);
        let answer = app.domain.verification().verify(&app.key, None, request).await.expect("an answer");
        answer.challenge.expect("a challenge")
    }

    #[tokio::test]
    async fn a_report_denies_the_challenge_and_blocks_where_the_tenant_says_so() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let (verification, of) = (app.domain.verification(), MemberRef::Id(ann.id));
        let open = asked(&app, &ann).await;
        let told = verification.report_fraud(app.tenant, open.id, None).await.expect("reported");
        assert!(!told.blocked, "off at birth");
        let right = OfferedCode::parse(&app.code(&ann)).expect("a code");
        let late = verification.answer(&app.key, None, open.id, &right).await;
        assert!(matches!(late, Err(VerificationError::ChallengeGone)), "no answer counts any more: {late:?}");
        let twice = verification.report_fraud(app.tenant, open.id, None).await;
        assert!(matches!(twice, Err(VerificationError::ChallengeGone)));
        assert_eq!(
            app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").decision,
            Some(Decision::Allowed)
        );

        lets(&app, true).await;
        let open = asked(&app, &ann).await;
        let other = verification.report_fraud(app.tenant, open.id, Some(ChallengeId(uuid::Uuid::nil()))).await;
        assert!(matches!(other, Err(VerificationError::ChallengeGone)), "another challenge's");
        let epoch = app.number("select epoch::bigint from member").await;
        let directory = app.domain.directory();
        directory.open_bypass(&app.admin, &of, 300, "left the phone at home").await.expect("a bypass");
        let told = verification.report_fraud(app.tenant, open.id, None).await.expect("reported");
        assert!(told.blocked);
        assert_eq!(app.number("select count(*) from bypass where ended_at is null").await, 0, "what was given ends");
        assert_eq!(app.number("select epoch::bigint from member").await, epoch + 1, "sessions end");
        assert_eq!(
            app.number("select count(*) from auth_log where decision = 'denied' and reason = 'fraud_reported'")
                .await,
            2
        );
        assert_eq!(app.number("select count(*) from audit_log where event = 'fraud.reported'").await, 2);
        assert_eq!(app.number("select count(*) from outbox where kind = 'fraud.reported'").await, 2);
        let standing = app.domain.directory().standing(&app.admin, &of).await.expect("a standing");
        let block = standing.block().expect("a block");
        assert_eq!(block.cause, BlockCause::FraudReport);
        assert_eq!(block.until, Some(app.now() + SignedDuration::from_hours(24 * BLOCK_DAYS)));
        let sign_in = app.domain.sign_in();
        let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
        let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert!(matches!(outcome, PasswordOutcome::Refused { reason: Reason::Blocked, .. }), "{outcome:?}");
        app.domain.directory().unblock(&app.admin, &of, "called back").await.expect("undone");
        app.wait(60);
        assert_eq!(
            app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").decision,
            Some(Decision::Allowed)
        );
    }

    /// What nobody has asked of this member, in this organisation, cannot be reported; and nobody shuts the console by it.
    #[tokio::test]
    async fn a_report_needs_an_open_challenge_of_its_tenant() {
        let app = TestApp::new().await;
        lets(&app, true).await;
        let zuid = app.neighbour("zuid").await;
        let ann = app.member_with_both("ann").await;
        let verification = app.domain.verification();
        let open = asked(&app, &ann).await;
        assert!(matches!(
            verification.report_fraud(zuid.tenant, open.id, None).await,
            Err(VerificationError::ChallengeGone)
        ));
        app.wait(ATTEMPT_SECONDS);
        assert!(matches!(
            verification.report_fraud(app.tenant, open.id, None).await,
            Err(VerificationError::ChallengeGone)
        ));
        let nobody = asked(
            &app,
            &TestMember {
                upn: Upn::parse("nobody@noord.example").expect("a name"),
                ..ann
            },
        )
        .await;
        assert!(matches!(
            verification.report_fraud(app.tenant, nobody.id, None).await,
            Err(VerificationError::ChallengeGone)
        ));
        let chief = app.with_app(app.member_with_roles("chief", &[Role::GlobalAdmin]).await).await;
        let open = asked(&app, &chief).await;
        let told = verification.report_fraud(app.tenant, open.id, None).await.expect("reported");
        assert!(!told.blocked, "a telephone shuts no console");
    }
}
