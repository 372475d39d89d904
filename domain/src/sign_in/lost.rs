//! "I lost my phone": whoever has given one factor says which of his methods he has no more. They go off at once, sessions, remembered browsers and app
//! passwords end, and what is left of the methods leads in again. Nothing is opened by it: with nothing left, only support helps.

use super::*;
use crate::{
    actor::{Client, Member, Who},
    directory::{block::store as blocks, store as directory},
    journal::{
        Event,
        entry::{Audited, Change},
    },
    methods::{MethodError, MethodView, SecurityInfo, pass::PassState},
    verification::facts::Facts,
};

/// Why a method is off that its member has reported as lost.
pub const LOST: &str = "lost";

/// Whoever has lost something, and how he is known here.
pub(crate) struct Loser<'a> {
    member: MemberId,
    /// The attempt he is in.
    session: Option<SessionId>,
    /// The session he is in, which goes on.
    keep: Option<Uuid>,
    client: &'a Client,
}

/// What somebody has who has lost something.
#[derive(Clone, Debug)]
pub struct Belongings {
    /// Methods that can be lost: those that are on, and those that were reported already.
    pub methods: Vec<MethodView>,
    /// Unused recovery codes.
    pub recovery_left: i64,
    /// A pass is open.
    pub pass: bool,
}

impl Belongings {
    /// Whether anything is left to sign in with.
    pub fn way_left(&self) -> bool {
        self.pass || self.recovery_left > 0 || self.methods.iter().any(|m| m.second_factor && m.kind.counts_as_registered())
    }
}

/// What was ended, for the one who reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What went off: kind and name.
    pub methods: Vec<(MethodKind, String)>,
    /// Browsers that were signed out.
    pub sessions: u64,
    /// Browsers that are asked again.
    pub browsers: u64,
    /// App passwords that work no more.
    pub app_passwords: u64,
    /// A second factor is left.
    pub way_left: bool,
}

impl SignIn<'_> {
    /// What the one of an attempt has, who has given the password and is asked for a second factor.
    pub async fn belongings(self, tenant: TenantId, attempt: AttemptId) -> Result<Belongings> {
        let (member, _) = self.asked_for_second(tenant, attempt).await?;
        self.belongings_of_member(tenant, member).await
    }

    /// The same for somebody who is signed in.
    pub async fn my_belongings(self, me: &Member) -> Result<Belongings> {
        self.belongings_of_member(me.tenant(), me.id()).await
    }

    /// Takes methods out of use that the one of an attempt has lost. The password is factor enough for that; it opens nothing.
    pub async fn report_lost(self, tenant: TenantId, attempt: AttemptId, methods: &[MethodId], client: &Client) -> Result<Receipt> {
        let (member, session) = self.asked_for_second(tenant, attempt).await?;
        let loser = Loser {
            member,
            session: Some(session),
            keep: None,
            client,
        };
        self.take_out_of_use(tenant, &loser, methods).await
    }

    /// The same for somebody who is signed in, whose own session goes on.
    pub async fn report_mine_lost(self, me: &SignedIn, methods: &[MethodId]) -> Result<Receipt> {
        let loser = Loser {
            member: me.me.id(),
            session: None,
            keep: Some(me.handle),
            client: me.me.client(),
        };
        let mut receipt = self.take_out_of_use(me.me.tenant(), &loser, methods).await?;
        // With a second factor that he has just given he sets up the next one now.
        receipt.way_left |= self.0.methods().has_fresh_factor(&me.me);
        Ok(receipt)
    }

    /// Takes a method into use again that was found. Needs a fresh second factor, which can only be another.
    pub async fn found_again(self, me: &Member, method: MethodId) -> std::result::Result<(), MethodError> {
        let methods = self.0.methods();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        crate::methods::store::lock_member(&mut tx, me.id()).await?;
        let (_, info) = methods.info(&mut tx, me.id()).await?;
        methods.fresh(me, &info)?;
        let label = store::set_found(&mut tx, me.id(), method).await?.ok_or(MethodError::Unknown)?;
        let kind = info.methods.iter().find(|m| m.id == method).map(|m| m.kind);
        let about = |on: bool| json!({ "kind": kind, "label": label, "on": on });
        methods.record_of(&mut tx, me, Event::SecurityInfoUpdated, about(false), about(true)).await?;
        Ok(tx.commit().await?)
    }

    /// Member and public id of an attempt that waits for its second factor. Blocked, locked, expired or at another step, it is as unknown as one that never was.
    async fn asked_for_second(self, tenant: TenantId, attempt: AttemptId) -> Result<(MemberId, SessionId)> {
        let judge = |scene: &Scene<'_>| {
            let gone = || crate::verification::VerificationError::ChallengeGone;
            let facts: &Facts = scene.facts;
            let open = facts
                .attempt
                .as_ref()
                .filter(|a| a.stage == Stage::Second && a.purpose == Purpose::SignIn && !expired(a, scene.now));
            let open = open.ok_or_else(gone)?;
            let (_, _, evaluation) = scene.evaluate(open.application.as_deref()).ok_or_else(gone)?;
            rules::admits(facts, &evaluation, scene.now).map_err(|_| gone())?;
            let member = facts.member.as_ref().ok_or_else(gone)?;
            Ok(Decided::Answer((member.member_id, SessionId::from_bits(open.session_id as u64))))
        };
        Ok(self.0.decide(Wanted::of_attempt(tenant, attempt), judge).await?)
    }

    async fn belongings_of_member(self, tenant: TenantId, member: MemberId) -> Result<Belongings> {
        let mut tx = self.0.db().tenant(tenant).await?;
        let (_, info) = self.0.methods().info(&mut tx, member).await?;
        tx.commit().await?;
        let can_be_lost = |m: &MethodView| m.active || m.disabled_reason.as_deref() == Some(LOST);
        Ok(Belongings {
            methods: info.methods.into_iter().filter(can_be_lost).collect(),
            recovery_left: info.recovery_left,
            pass: info.pass.is_some_and(|pass| pass.state == PassState::Open),
        })
    }

    async fn take_out_of_use(self, tenant: TenantId, loser: &Loser<'_>, methods: &[MethodId]) -> Result<Receipt> {
        let now = self.0.clock().now();
        let keys = self.0.keys(tenant).await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        blocks::lock_member(&mut tx, loser.member).await?;
        let gone = store::suspend_lost(&mut tx, loser.member, methods).await?;
        let info = self.0.methods().settle_default(&mut tx, loser.member).await?;
        let mut receipt = Receipt {
            methods: gone,
            sessions: 0,
            browsers: 0,
            app_passwords: 0,
            way_left: way_left(&info),
        };
        if receipt.methods.is_empty() {
            return Ok(receipt);
        }
        receipt.sessions = store::delete_others_in(&mut tx, loser.member, loser.keep).await?;
        receipt.browsers = directory::end_devices(&mut tx, loser.member, now).await?;
        receipt.app_passwords = directory::end_app_passwords(&mut tx, loser.member, now).await?;
        // Nor is a password set by what was shown from it a moment ago.
        directory::end_set_up_links(&mut tx, loser.member, now).await?;
        directory::end_reset_rights(&mut tx, loser.member, now).await?;
        // Every decision under way sees that facts have changed.
        blocks::stir(&mut tx, loser.member).await?;
        let after = json!({
            "methods": receipt.methods.iter().map(|(kind, label)| json!({ "kind": kind, "label": label })).collect::<Vec<_>>(),
            "sessions_ended": receipt.sessions, "browsers_forgotten": receipt.browsers, "app_passwords_removed": receipt.app_passwords,
        });
        let told = json!({ "after": after, "from": loser.client });
        self.0
            .directory()
            .tell(&mut tx, &keys, loser.member, Event::MethodsLost.as_str(), &told, now)
            .await?;
        let audited = Audited {
            event: Event::MethodsLost,
            who: Who::Member(loser.member),
            target: ("member", Some(loser.member.0)),
            reason: None,
            session: loser.session,
            change: Change {
                before: serde_json::Value::Null,
                after,
            },
        };
        self.0.directory().audit(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(receipt)
    }
}

/// Whether a member can still give a second factor, a recovery code and a pass among them.
fn way_left(info: &SecurityInfo) -> bool {
    let pass = info.pass.as_ref().is_some_and(|pass| pass.state == PassState::Open);
    pass || info.recovery_left > 0 || info.methods.iter().any(|m| m.second_factor && m.kind.counts_as_registered())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing::*, verification::Answered};

    async fn at_second(app: &TestApp, member: &TestMember) -> AttemptId {
        let at = app.domain.sign_in().begin(&member.upn, None, &client()).await.expect("an attempt");
        let outcome = app.domain.sign_in().password(&at, PASSWORD, &client()).await.expect("an outcome");
        assert!(matches!(outcome, PasswordOutcome::Second), "{outcome:?}");
        at.attempt.expect("an attempt")
    }

    fn offered(code: &str) -> OfferedCode {
        OfferedCode::parse(code).expect("a code")
    }

    /// NIST SP 800-63B-4 section 4.2: one factor is enough to report a loss, which takes effect at once and opens nothing.
    #[tokio::test]
    async fn what_is_lost_opens_nothing_any_more_and_what_is_left_does() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let sign_in = app.domain.sign_in();
        let codes = app
            .domain
            .methods()
            .new_recovery_codes(&app.signed_in(&ann, 2, 0))
            .await
            .expect("codes")
            .reveal();
        let bob = app.member_with_both("bob").await;
        let attempt = at_second(&app, &ann).await;
        let has = sign_in.belongings(app.tenant, attempt).await.expect("belongings");
        assert_eq!((has.methods.len(), has.recovery_left, has.pass), (1, 10, false));
        let method = ann.method.expect("an app");
        let none = sign_in
            .report_lost(app.tenant, attempt, &[bob.method.expect("an app")], &client())
            .await
            .expect("a receipt");
        assert!(none.methods.is_empty(), "another's is not his to lose");
        let receipt = sign_in.report_lost(app.tenant, attempt, &[method], &client()).await.expect("a receipt");
        assert_eq!((receipt.methods.len(), receipt.way_left), (1, true));
        assert_eq!(
            app.number("select count(*) from audit_log where event = 'security_info.lost' and session_id is not null")
                .await,
            1
        );
        let answered = app
            .domain
            .verification()
            .second(app.tenant, attempt, Purpose::SignIn, &offered(&app.code(&ann)), None)
            .await
            .expect("an answer");
        assert!(matches!(answered.0, Answered::Wrong { .. }), "{answered:?}");
        let answered = app
            .domain
            .verification()
            .second(app.tenant, attempt, Purpose::SignIn, &offered(&codes[0]), None)
            .await
            .expect("an answer");
        assert!(matches!(answered.0, Answered::Right(_)), "{answered:?}");
        let gone = sign_in.report_lost(app.tenant, attempt, &[method], &client()).await;
        assert!(
            matches!(gone, Err(SignInError::Expired | SignInError::OtherStep(_))),
            "a decided attempt: {gone:?}"
        );
    }

    /// Reporting everything as lost must not be a way to a first registration with a password alone.
    #[tokio::test]
    async fn with_nothing_left_a_password_registers_nothing() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        for state in [MfaState::Enforced, MfaState::Disabled] {
            app.set_state(&ann, state).await;
            app.as_superuser("update method set state = 'active', disabled_reason = null; delete from throttle")
                .await;
            let sign_in = app.domain.sign_in();
            let attempt = at_second(&app, &ann).await;
            let receipt = sign_in
                .report_lost(app.tenant, attempt, &[ann.method.expect("an app")], &client())
                .await
                .expect("a receipt");
            assert!(!receipt.way_left);
            assert!(sign_in.begin_registration(app.tenant, attempt).await.is_err());
            let at = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
            let outcome = sign_in.password(&at, PASSWORD, &client()).await.expect("an outcome");
            assert!(
                matches!(outcome, PasswordOutcome::Refused { reason: Reason::MethodOff, .. }),
                "{state}: {outcome:?}"
            );
        }
    }

    /// Bar 9: whoever holds a session that has gone stale reports what stands in his way as lost, and has nothing of his own in its place by that; nor does a
    /// right to set a password, which was got with what is lost, outlive the report.
    #[tokio::test]
    async fn taking_a_method_out_of_use_clears_no_way() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let (methods, stale) = (app.domain.methods(), app.signed_in(&ann, 2, 11));
        let tenant = app.tenant;
        app.as_superuser(format!(
            "insert into password_reset (tenant_id, reset_id, member_id, session_id, token_hash, epoch, created_at, expires_at)
             select '{tenant}', gen_random_uuid(), member_id, 1, '\\x00', epoch, now(), now() + interval '1 day' from member where member_id = '{0}';
             delete from recovery_code",
            ann.id
        ))
        .await;
        let of = crate::directory::MemberRef::Id(ann.id);
        app.domain.directory().make_set_up_link(&app.admin, &of).await.expect("a link");
        let attempt = at_second(&app, &ann).await;
        let receipt = app
            .domain
            .sign_in()
            .report_lost(tenant, attempt, &[ann.method.expect("an app")], &client())
            .await
            .expect("a receipt");
        assert_eq!((receipt.methods.len(), receipt.way_left), (1, false));
        for why in ["lost", "not_me", "too_many_wrong"] {
            app.as_superuser(format!("update method set disabled_reason = '{why}' where state = 'off'"))
                .await;
            for me in [&stale, &app.signed_in(&ann, 1, 0)] {
                assert!(matches!(methods.begin_totp(me).await, Err(MethodError::StepUp)), "{why}");
                assert!(matches!(methods.new_recovery_codes(me).await, Err(MethodError::StepUp)), "{why}");
            }
        }
        let open = "select (select count(*) from password_reset where used_at is null) + (select count(*) from set_up_link where used_at is null)";
        assert_eq!(app.number(open).await, 0, "rights and links");
        // What an admin has switched off is none of his.
        app.as_superuser("update method set disabled_reason = 'admin' where state = 'off'").await;
        assert!(methods.begin_totp(&stale).await.is_ok());
    }

    /// Found again: by the one who has another factor, freshly given.
    #[tokio::test]
    async fn what_was_found_is_taken_into_use_with_another_factor() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let (sign_in, method) = (app.domain.sign_in(), ann.method.expect("an app"));
        app.domain.methods().new_recovery_codes(&app.signed_in(&ann, 2, 0)).await.expect("codes");
        let attempt = at_second(&app, &ann).await;
        sign_in.report_lost(app.tenant, attempt, &[method], &client()).await.expect("a receipt");
        let stale = sign_in.found_again(&app.signed_in(&ann, 2, 11), method).await;
        assert!(matches!(stale, Err(MethodError::StepUp)), "{stale:?}");
        let fresh = app.signed_in(&ann, 2, 0);
        sign_in.found_again(&fresh, method).await.expect("in use");
        assert!(matches!(sign_in.found_again(&fresh, method).await, Err(MethodError::Unknown)), "it is not lost");
        assert_eq!(app.number("select count(*) from method where state = 'active'").await, 1);
    }
}
