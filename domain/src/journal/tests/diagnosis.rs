//! Every finding with what leads to it, what fixes it and how it reads in English.

use crate::{
    actor::Permission,
    journal::{
        Shown, SignInRow,
        diagnosis::{CaseFacts, Diagnosis, Finding, Fix, Place},
        view::{GoodSignIn, MethodView, OpenAttempt, PolicyView, StepView},
    },
    policy::rules::Because,
    verification::facts::Stage,
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    "2026-11-17T09:41:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_secs(seconds)
}

fn row(decision: Option<Decision>, reason: Option<Reason>) -> SignInRow {
    SignInRow {
        attempt_id: AttemptId(Uuid::nil()),
        session_id: SessionId::from_bits(7),
        correlation_id: Uuid::nil(),
        started_at: at(0),
        occurred_at: at(29),
        member_id: Some(MemberId(Uuid::nil())),
        door: Door::Web,
        purpose: Purpose::SignIn,
        path: Path::Cloud,
        decision,
        reason,
        transport_result: None,
        second_factor: true,
        application: None,
        method_id: Some(MethodId(Uuid::nil())),
        method_kind: Some(MethodKind::Totp),
        mode: "standard".into(),
        registration_reasons: vec![RegistrationReason::MfaEnabledNoInfo, RegistrationReason::RegistrationPolicy],
        policy_version: Some(14),
        policy_then: None,
        delivery: None,
        server_name: "node-a".into(),
        server_ip: None,
        personal: None,
        shown: Shown::Erased,
    }
}

/// A scene: an app of this member, these steps, and what else is known.
struct Scene {
    row: SignInRow,
    steps: Vec<StepView>,
    methods: Vec<MethodView>,
    policy: Option<PolicyView>,
    accepted: Option<GoodSignIn>,
    confirmed_at: Option<Timestamp>,
    locked_until: Option<Timestamp>,
    good_since: Option<Timestamp>,
    open: Option<OpenAttempt>,
}

fn denied(reason: Reason) -> Scene {
    Scene {
        row: row(Some(Decision::Denied), Some(reason)),
        steps: vec![],
        methods: vec![app(true, 30)],
        policy: None,
        accepted: None,
        confirmed_at: None,
        locked_until: None,
        good_since: None,
        open: None,
    }
}

fn app(on: bool, code_seconds: u8) -> MethodView {
    MethodView {
        id: MethodId(Uuid::nil()),
        kind: MethodKind::Totp,
        label: "App".into(),
        on,
        disabled_reason: (!on).then(|| "too_many_wrong".into()),
        clock_off_seconds: 0,
        code_seconds: Some(code_seconds),
        created_at: at(-1000),
        last_used_at: None,
    }
}

fn good(seconds: i64, purpose: Purpose, application: Option<&str>) -> Option<GoodSignIn> {
    Some(GoodSignIn {
        at: at(seconds),
        session_id: SessionId::from_bits(9),
        purpose,
        application: application.map(str::to_owned),
        method_kind: Some(MethodKind::Totp),
    })
}

impl Scene {
    fn step(mut self, seconds: i64, kind: StepKind, detail: Value) -> Self {
        self.steps.push(StepView { at: at(seconds), kind, detail });
        self
    }

    fn wrong(self, seconds: i64, steps_off: Option<i64>, in_row: i32) -> Self {
        self.step(
            seconds,
            StepKind::CodeWrong,
            json!({ "method": "totp", "steps_off": steps_off, "in_row": in_row }),
        )
    }

    fn reused(self) -> Self {
        self.step(29, StepKind::CodeReused, json!({ "method": "totp", "steps_off": null, "in_row": 1 }))
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::of(&CaseFacts {
            now: at(60),
            row: &self.row,
            open: self.open,
            steps: &self.steps,
            policy: self.policy.as_ref(),
            limits: &Limits::default(),
            methods: &self.methods,
            locked_until: self.locked_until,
            accepted: self.accepted.as_ref(),
            confirmed_at: self.confirmed_at,
            good_since: self.good_since,
        })
    }

    /// The finding, the fixes, and a part of what and why in English.
    #[track_caller]
    fn comes_to(&self, finding: Finding, fixes: &[Fix], english: &str) {
        let diagnosis = self.diagnosis();
        assert_eq!(diagnosis.finding, finding);
        assert_eq!(diagnosis.fixes, fixes);
        let told = diagnosis.in_english();
        assert_eq!(format!("{} {}", told.what, told.why), english);
        assert_eq!(told.fix.len(), fixes.len());
        assert!(told.fix.iter().all(|f| f.ends_with('.')));
    }
}

fn reused(place: Option<Place>, session: bool, seconds: Option<i64>) -> Finding {
    Finding::CodeReused {
        place,
        session_id: session.then(|| SessionId::from_bits(9)),
        seconds_earlier: seconds,
    }
}

#[test]
fn a_used_code() {
    let fixes = [Fix::TellNextCode];
    let session = SessionId::from_bits(9);
    denied(Reason::CodeReused)
        .reused()
        .with(|s| s.accepted = good(9, Purpose::Verification, Some("VPN")))
        .comes_to(
            reused(Some(Place::Application("VPN".into())), true, Some(20)),
            &fixes,
            &format!("The code was right, but it had been used. It was accepted 20 seconds earlier for VPN, session {session}. Each code works once."),
        );
    for (purpose, place, words) in [
        (Purpose::Verification, Place::OtherSystem, "another system"),
        (Purpose::SignIn, Place::Portal, "signing in"),
        (Purpose::StepUp, Place::Change, "confirming a change"),
        (Purpose::SetUp, Place::Registration, "registering the app"),
    ] {
        let scene = denied(Reason::CodeReused).reused().with(|s| s.accepted = good(28, purpose, None));
        scene.comes_to(
            reused(Some(place), true, Some(1)),
            &fixes,
            &format!("The code was right, but it had been used. It was accepted 1 second earlier for {words}, session {session}. Each code works once."),
        );
    }
    // Registering the app used the code, later than any sign-in.
    denied(Reason::CodeReused)
        .reused()
        .with(|s| {
            s.accepted = good(-900, Purpose::SignIn, None);
            s.confirmed_at = Some(at(19));
        })
        .comes_to(
            reused(Some(Place::Registration), false, Some(10)),
            &fixes,
            "The code was right, but it had been used. It was accepted 10 seconds earlier for registering the app. Each code works once.",
        );
    denied(Reason::CodeReused).reused().comes_to(
        reused(None, false, None),
        &fixes,
        "The code was right, but it had been used. It, or a later one, had been accepted before. Each code works once.",
    );
    // The attempt ended by the limit, but its last answer was a used code.
    let ended = denied(Reason::TooManyCodes).wrong(1, None, 1).wrong(2, None, 2).reused();
    assert_eq!(ended.diagnosis().finding, reused(None, false, None));
}

#[test]
fn a_clock_that_is_off() {
    denied(Reason::WrongCode).wrong(29, Some(6), 1).comes_to(
        Finding::ClockOff { steps: 6, seconds: 180 },
        &[Fix::ResyncClock, Fix::TellNextCode],
        "The code belongs to another moment: 3 minutes after it was typed. The clock of the phone is 3 minutes ahead of the right time.",
    );
    denied(Reason::TooManyCodes)
        .with(|s| s.methods = vec![app(true, 60)])
        .wrong(1, Some(-9), 1)
        .wrong(2, None, 2)
        .comes_to(
            Finding::ClockOff { steps: -9, seconds: -540 },
            &[Fix::ResyncClock, Fix::TellNextCode],
            "The code belongs to another moment: 9 minutes before it was typed. The clock of the phone is 9 minutes behind the right time, or an old code was typed.",
        );
    let late = denied(Reason::WrongCode).wrong(29, Some(-3), 1);
    assert_eq!(late.diagnosis().fixes, [Fix::TellNextCode, Fix::ResyncClock], "an old code is as likely");
}

#[test]
fn a_wrong_code() {
    denied(Reason::WrongCode).wrong(29, None, 1).comes_to(
        Finding::WrongCode {
            answer: 1,
            of: None,
            in_row: Some(1),
            locks_at: 10,
        },
        &[Fix::TellNextCode, Fix::TellRightAccount],
        "The code was wrong. It belongs to no moment near: mistyped, made for another account, or by an app with another secret. It was wrong number 1 in a row; 10 lock the account.",
    );
    denied(Reason::WrongCode)
        .step(0, StepKind::CodeAsked, json!({}))
        .wrong(1, None, 4)
        .wrong(29, None, 5)
        .comes_to(
            Finding::WrongCode {
                answer: 2,
                of: Some(3),
                in_row: Some(5),
                locks_at: 10,
            },
            &[Fix::TellRightAccount, Fix::TellNextCode, Fix::RequireReregistration],
            "The code was wrong: answer 2 of 3. It belongs to no moment near: mistyped, made for another account, or by an app with another secret. It was wrong number 5 in a row; 10 lock the account.",
        );
    denied(Reason::TooManyCodes).wrong(1, None, 1).wrong(2, None, 2).wrong(3, None, 3).comes_to(
        Finding::TooManyWrong { answers: 3 },
        &[Fix::TellRightAccount, Fix::TellNextCode, Fix::RequireReregistration],
        "The attempt ended after 3 wrong codes. They belong to no moment near: made for another account, or by an app with another secret.",
    );
}

#[test]
fn locks_and_waits() {
    let until = at(900);
    denied(Reason::Locked)
        .step(29, StepKind::Locked, json!({ "reason": "locked", "until": until }))
        .comes_to(
            Finding::Locked {
                until: Some(until),
                here: false,
            },
            &[Fix::Unlock, Fix::TellToWait { until }],
            "The account is locked until 2026-11-17 09:56:00 UTC. Too many second factors had been wrong before this attempt; nothing was compared.",
        );
    denied(Reason::Locked).wrong(29, Some(5), 0).with(|s| s.locked_until = Some(until)).comes_to(
        Finding::Locked {
            until: Some(until),
            here: true,
        },
        &[Fix::Unlock, Fix::TellToWait { until }, Fix::ResyncClock],
        "The account is locked until 2026-11-17 09:56:00 UTC. This attempt brought one wrong second factor too many.",
    );
    let over = denied(Reason::Locked).step(29, StepKind::Locked, json!({ "reason": "locked", "until": at(50) }));
    assert_eq!(over.diagnosis().fixes, [Fix::TellStartAgain], "the lock is over");
    let nobody = denied(Reason::Locked)
        .with(|s| s.row.member_id = None)
        .step(29, StepKind::Locked, json!({ "reason": "locked", "until": until }));
    assert_eq!(
        nobody.diagnosis().fixes,
        [Fix::TellToWait { until }],
        "a name that is nobody's cannot be unlocked"
    );
    denied(Reason::Throttled)
        .step(29, StepKind::Throttled, json!({ "reason": "throttled", "until": until }))
        .comes_to(
            Finding::Throttled { until: Some(until) },
            &[Fix::TellToWait { until }, Fix::Unlock],
            "A wait holds until 2026-11-17 09:56:00 UTC. Several codes were wrong shortly before; this one was not compared and does not count.",
        );
}

#[test]
fn methods_that_are_missing_or_off() {
    denied(Reason::NoMethods).with(|s| s.methods.clear()).comes_to(
        Finding::NoMethods { other_kinds: vec![] },
        &[Fix::GivePass, Fix::SendSetUpLink],
        "Nothing is registered. The member has no method that could make or receive a code.",
    );
    denied(Reason::NoMethods).comes_to(
        Finding::NoMethods {
            other_kinds: vec![MethodKind::Totp],
        },
        &[Fix::CheckPolicy { rule: None }, Fix::SendSetUpLink],
        "Nothing that is registered may be used. Registered: totp; the policy does not allow them for this, or another kind was asked.",
    );
    denied(Reason::MethodOff).with(|s| s.methods = vec![app(false, 30)]).comes_to(
        Finding::MethodOff {
            kinds: vec![MethodKind::Totp],
            by_wrong_answers: true,
        },
        &[Fix::Unlock, Fix::RequireReregistration],
        "The method is switched off: totp. Too many wrong answers switched it off.",
    );
}

#[test]
fn accounts_names_and_passwords() {
    denied(Reason::Disabled).comes_to(
        Finding::AccountOff,
        &[Fix::EnableAccount],
        "The account or the organisation is switched off. An admin or the operator did that.",
    );
    denied(Reason::WrongPassword).step(1, StepKind::PasswordWrong, json!({})).comes_to(
        Finding::WrongPassword { times: 1 },
        &[Fix::TellRightPassword, Fix::SendSetUpLink],
        "The password was wrong. The second step was never reached.",
    );
    denied(Reason::NotFound).comes_to(
        Finding::UnknownName,
        &[Fix::TellRightName],
        "No member has this name. Mistyped, of another organisation, or removed. Whoever tried was told the same as for a wrong code or password.",
    );
    denied(Reason::Blocked).comes_to(
        Finding::Blocked,
        &[Fix::LiftBlock],
        "The member is blocked. An admin blocked the member, or a fraud report did.",
    );
}

#[test]
fn rules_and_registration() {
    let policy = PolicyView {
        version: 14,
        mfa_state: None,
        roles: vec![],
        groups: vec![],
        then: Some(Then::Block),
        because: Some(Because::Rule("Guests on the VPN".into())),
        rules: vec![],
    };
    denied(Reason::BlockedByPolicy).with(|s| s.policy = Some(policy)).comes_to(
        Finding::BlockedByRule {
            rule: Some("Guests on the VPN".into()),
            version: Some(14),
        },
        &[Fix::CheckPolicy {
            rule: Some("Guests on the VPN".into()),
        }],
        "Blocked by the rule “Guests on the VPN”. The rule matched and refuses. Policy version 14.",
    );
    denied(Reason::RegistrationRequired)
        .with(|s| s.row.decision = Some(Decision::Interrupted))
        .comes_to(
            Finding::RegistrationNeeded {
                reasons: vec![RegistrationReason::MfaEnabledNoInfo, RegistrationReason::RegistrationPolicy],
            },
            &[Fix::TellToFinish, Fix::SendSetUpLink],
            "Stopped: security info has to be registered first. MFA is switched on for the member and nothing is registered. The organisation asks everybody to register.",
        );
    denied(Reason::RegistrationRefused).comes_to(
        Finding::RegistrationRefused,
        &[Fix::GivePass, Fix::SendSetUpLink],
        "The first method cannot be registered with a password alone. The organisation lives by the strict profile.",
    );
    denied(Reason::ResetNotOffered).comes_to(
        Finding::ResetNotOffered,
        &[Fix::SendSetUpLink],
        "A new password was asked for, and the organisation does not let this member set one without help. The policy names who may.",
    );
    denied(Reason::MethodTooWeak).comes_to(
        Finding::MethodTooWeak,
        &[Fix::GivePass, Fix::SendSetUpLink],
        "A passkey is demanded and the member has none. A rule of the policy asks for a phishing-resistant method.",
    );
}

#[test]
fn a_pass_that_opens_nothing_says_why() {
    denied(Reason::PassExpired).comes_to(
        Finding::PassExpired,
        &[Fix::GivePass, Fix::SendSetUpLink],
        "The pass had expired. A pass works only within its time.",
    );
    denied(Reason::PassExpired)
        .step(1, StepKind::CodeWrong, json!({ "method": "pass", "from": at(3600).to_string() }))
        .comes_to(
            Finding::PassEarly { from: at(3600) },
            &[Fix::TellToWait { until: at(3600) }, Fix::GivePass],
            "The pass is not good before 2026-11-17 10:41:00 UTC. It was given with a start that lies ahead.",
        );
    denied(Reason::CodeReused).with(|s| s.row.method_kind = Some(MethodKind::Pass)).comes_to(
        Finding::PassUsed,
        &[Fix::GivePass, Fix::SendSetUpLink],
        "The pass had been used. It was given for one use alone.",
    );
}

#[test]
fn attempts_that_were_left_or_are_open() {
    denied(Reason::CodeNeverEntered)
        .step(0, StepKind::CodeAsked, json!({ "method": "totp" }))
        .wrong(1, None, 1)
        .comes_to(
            Finding::NeverAnswered {
                method: Some(MethodKind::Totp),
                wrong: 1,
            },
            &[Fix::TellStartAgain, Fix::RequireReregistration],
            "A second step was asked (totp) and never answered after 1 wrong. The time ran out: the page was left, the phone was not at hand, or somebody else has the password.",
        );
    denied(Reason::PageClosed).with(|s| s.row.decision = Some(Decision::Abandoned)).comes_to(
        Finding::LeftEarly,
        &[Fix::NothingToDo],
        "Left before anything was decided. The page was closed before a second step was asked.",
    );
    denied(Reason::PageClosed)
        .with(|s| {
            s.row = row(None, None);
            s.open = Some(OpenAttempt {
                stage: Stage::Second,
                ends_at: at(600),
            });
        })
        .comes_to(
            Finding::Waiting {
                stage: Stage::Second,
                ends_at: at(600),
            },
            &[Fix::TellToFinish],
            "The attempt is open and waits for the second step. It ends at 2026-11-17 09:51:00 UTC if nothing more happens.",
        );
}

#[test]
fn what_went_well_and_what_went_well_since() {
    denied(Reason::RightCode).with(|s| s.row.decision = Some(Decision::Allowed)).comes_to(
        Finding::Allowed {
            how: Reason::RightCode,
            method: Some(MethodKind::Totp),
        },
        &[Fix::NothingToDo],
        "Allowed: right code. Everything asked for was given. Method: totp.",
    );
    denied(Reason::Disabled).with(|s| s.good_since = Some(at(60))).comes_to(
        Finding::AccountOff,
        &[Fix::NothingToDo],
        "The account or the organisation is switched off. An admin or the operator did that. A later sign-in, at 2026-11-17 09:42:00 UTC, went well.",
    );
}

#[test]
fn every_reason_comes_to_something_that_can_be_said() {
    for reason in Reason::ALL {
        let told = denied(*reason).diagnosis();
        assert!(!told.fixes.is_empty(), "{reason}");
        let english = told.in_english();
        assert!(english.what.ends_with('.') && english.why.ends_with('.'), "{reason}: {english:?}");
        assert!(!english.what.contains('_') && !english.why.contains('_'), "{reason}: {english:?}");
        let json = serde_json::to_value(&told).expect("can be written");
        assert!(json["finding"]["kind"].is_string(), "{reason}");
    }
}

#[test]
fn what_changes_something_needs_a_right() {
    assert_eq!(Fix::Unlock.needs(), Some(Permission::Unlock));
    assert_eq!(Fix::RequireReregistration.needs(), Some(Permission::ManageMfa));
    assert_eq!(Fix::SendSetUpLink.needs(), Some(Permission::ManageMembers));
    assert_eq!(Fix::EnableAccount.needs(), Some(Permission::ManageMembers));
    assert_eq!(Fix::CheckPolicy { rule: None }.needs(), Some(Permission::PublishPolicy));
    assert_eq!(Fix::TellNextCode.needs(), None);
}
