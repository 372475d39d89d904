//! "This wasn't me", said by the member about one of the sign-ins in his own list. It ends what a stranger may have got by it, this very session among them, so
//! that a stranger gains nothing by saying it first; admins are told in any case.

use super::*;
use crate::{actor::Member, directory::block::store as blocks};
use std::collections::BTreeSet;

/// Days for which a sign-in can be reported.
pub const REPORT_DAYS: i64 = 30;

/// What a report is about, and what it will do.
#[derive(Clone, Debug)]
pub struct Reportable {
    /// The public id.
    pub session_id: SessionId,
    /// When it was decided.
    pub at: Timestamp,
    /// What it was for.
    pub application: Option<String>,
    /// Somebody got in.
    pub got_in: bool,
    /// The account will be blocked until an admin has looked.
    pub blocks: bool,
    /// Names of the methods that will go off, for they were added since.
    pub methods: Vec<String>,
    /// It has been reported already.
    pub reported: bool,
}

/// What a report came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Somebody had got in: everybody is signed out.
    pub got_in: bool,
    /// The account is blocked until an admin has looked.
    pub blocked: bool,
    /// Methods that went off.
    pub methods_off: u64,
}

impl Notices<'_> {
    /// Which of these sign-ins the member has reported.
    pub async fn reported(self, me: &Member, sessions: &[SessionId]) -> Result<BTreeSet<SessionId>> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let found = store::list_reported(&mut tx, me.id(), sessions).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// What reporting one of one's own sign-ins will do. Changes nothing.
    pub async fn reportable(self, me: &Member, session: SessionId) -> Result<Reportable> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let row = self.own(&mut tx, me, session).await?;
        let view = self.0.directory().view(&mut tx, &MemberRef::Id(me.id())).await?;
        let blocks = row.knew_password() && self.blocks(&mut tx, &view).await?;
        let methods = match row.got_in() {
            true => store::list_methods_since(&mut tx, me.id(), row.since()).await?,
            false => Vec::new(),
        };
        let reported = !store::list_reported(&mut tx, me.id(), &[session]).await?.is_empty();
        tx.commit().await?;
        Ok(Reportable {
            session_id: session,
            at: row.at,
            got_in: row.got_in(),
            application: row.application,
            blocks,
            methods,
            reported,
        })
    }

    /// Says that one of one's own sign-ins was somebody else's. Said twice, it is done once.
    pub async fn report(self, me: &Member, session: SessionId) -> Result<Reported> {
        let now = self.0.clock().now();
        let keys = self.0.keys(me.tenant()).await?;
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let row = self.own(&mut tx, me, session).await?;
        blocks::lock_member(&mut tx, me.id()).await?;
        let mut told = Reported {
            got_in: row.got_in(),
            blocked: false,
            methods_off: 0,
        };
        if !store::list_reported(&mut tx, me.id(), &[session]).await?.is_empty() {
            return Ok(told);
        }
        let view = self.0.directory().view(&mut tx, &MemberRef::Id(me.id())).await?;
        told.blocked = row.knew_password() && self.blocks(&mut tx, &view).await?;
        let mut after = json!({ "how": "list", "got_in": told.got_in, "blocked": told.blocked });
        if told.got_in || told.blocked {
            let why = told.blocked.then(|| format!("reported by the member, session {session}"));
            // Where nobody got in, nothing that came since is a stranger's.
            let since = if told.got_in { row.since() } else { now };
            let shut = self.shut(&mut tx, me.id(), since, why.as_deref(), now).await?;
            told.methods_off = shut.methods_off;
            after["methods_off"] = json!(shut.methods_off);
            after["sessions_ended"] = json!(shut.sessions_ended);
            after["recovery_codes_deleted"] = json!(shut.codes_deleted);
        }
        let directory = self.0.directory();
        for kind in [Kind::FraudReported, Kind::FraudAlert] {
            let about = json!({ "after": { "how": "list", "got_in": told.got_in, "blocked": told.blocked, "session": session } });
            directory.tell(&mut tx, &keys, me.id(), kind.as_str(), &about, now).await?;
        }
        let audited = Audited {
            event: Event::FraudReported,
            who: Who::Member(me.id()),
            target: ("member", Some(me.id().0)),
            reason: None,
            session: Some(session),
            change: Change { before: Value::Null, after },
        };
        directory.audit(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(told)
    }

    /// A sign-in of the member's own of the last thirty days that was decided; any other is as unknown as one that never was.
    async fn own(self, tx: &mut TenantTx, me: &Member, session: SessionId) -> Result<store::OwnSignIn> {
        let from = self.0.clock().now() - SignedDuration::from_hours(24 * REPORT_DAYS);
        store::find_own_sign_in(tx, me.id(), session, from).await?.ok_or(NoticeError::NothingToReport)
    }
}

impl store::OwnSignIn {
    fn got_in(&self) -> bool {
        self.decision == Decision::Allowed.as_str()
    }

    /// Whoever was asked for a second factor had the password, or something in its place; but for a reset a name is enough.
    fn knew_password(&self) -> bool {
        self.got_in() || (self.second_factor && self.purpose != Purpose::Reset.as_str())
    }

    /// From when on what was added may be the stranger's: a first registration is proven at the very moment at which it is decided.
    fn since(&self) -> Timestamp {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{methods::pass::PassTerms, testing::*};

    async fn blocks(app: &TestApp) {
        let trust = Trust {
            fraud_blocks: true,
            ..Trust::default()
        };
        app.domain.directory().set_trust(&app.admin, trust, "test").await.expect("published");
    }

    /// Product rule 7: whoever got in loses everything he has, here too; what was there before stays; said twice it is done once.
    #[tokio::test]
    async fn a_sign_in_that_was_not_mine_is_undone() {
        let app = TestApp::new().await;
        let ann = app.member_with_both("ann").await;
        let (notices, me) = (app.domain.notices(), app.signed_in(&ann, 2, 0));
        app.wait(3_600);
        let theirs = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").session_id;
        app.wait(60);
        let stranger = crate::directory::MemberRef::Id(ann.id);
        let phone = Address::Phone(crate::delivery::phone::PhoneNumber::parse("+31612345678", None).expect("a number"));
        let methods = app.domain.methods();
        methods.add_address(&app.admin, &stranger, MethodKind::Sms, &phone).await.expect("a phone");
        methods.give_pass(&app.admin, &stranger, PassTerms::default(), "asked").await.expect("a pass");
        let about = notices.reportable(&me, theirs).await.expect("about it");
        assert!(about.got_in && !about.blocks && !about.reported && about.methods.len() == 1, "{about:?}");
        let told = notices.report(&me, theirs).await.expect("reported");
        assert_eq!(
            told,
            Reported {
                got_in: true,
                blocked: false,
                methods_off: 1
            }
        );
        assert_eq!(app.number("select count(*) from method where disabled_reason = 'not_me'").await, 1);
        assert_eq!(app.number("select count(*) from method where state = 'active'").await, 1, "the app of before");
        assert_eq!(app.number("select count(*) from access_pass where ended_at is null").await, 0);
        let again = notices.report(&me, theirs).await.expect("reported before");
        assert_eq!(again.methods_off, 0);
        assert!(notices.reportable(&me, theirs).await.expect("about it").reported);
        assert_eq!(notices.reported(&me, &[theirs]).await.expect("a set").len(), 1);
        assert_eq!(app.number("select count(*) from audit_log where event = 'fraud.reported'").await, 1);
        assert_eq!(
            app.number("select count(*) from outbox where kind in ('fraud.reported', 'fraud.alert')").await,
            2
        );
    }

    /// Where nobody got in nothing is undone; where the second factor was asked somebody has the password, and the tenant may want a block.
    #[tokio::test]
    async fn a_try_that_was_not_mine_ends_nothing_that_is_mine() {
        let app = TestApp::new().await;
        blocks(&app).await;
        let (ann, bob) = (app.member_with_both("ann").await, app.member_with_both("bob").await);
        let (notices, me) = (app.domain.notices(), app.signed_in(&ann, 2, 0));
        let at = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
        app.domain.sign_in().password(&at, "not that one", &client()).await.expect("an outcome");
        app.wait(ATTEMPT_SECONDS);
        let wrong = app.verify(ann.upn.as_str(), &app.wrong_code(&ann)).await.expect("an answer").session_id;
        let other = app.verify(bob.upn.as_str(), &app.code(&bob)).await.expect("an answer").session_id;
        for session in [other, SessionId::from_bits(7)] {
            assert!(matches!(notices.report(&me, session).await, Err(NoticeError::NothingToReport)), "another's");
        }
        let bits = app.number("select session_id from auth_log where reason = 'wrong_password'").await;
        let guessed = SessionId::from_bits(bits as u64);
        let told = notices.report(&me, guessed).await.expect("reported");
        assert!(!told.got_in && !told.blocked, "a wrong password proves nothing: {told:?}");
        assert_eq!(app.number("select count(*) from block").await, 0);
        let told = notices.report(&me, wrong).await.expect("reported");
        assert!(!told.got_in && told.blocked, "{told:?}");
        assert_eq!(app.number("select count(*) from block where cause = 'fraud_report'").await, 1);
        assert_eq!(
            app.number("select count(*) from method where state = 'off'").await,
            0,
            "nothing that is hers goes off"
        );
        app.wait(31 * 24 * 3_600);
        assert!(matches!(notices.report(&me, guessed).await, Err(NoticeError::NothingToReport)), "too long ago");
    }
}
