//! The reading side against a real Postgres.

mod diagnosis;
mod plan;

use super::{
    AuditQuery, Event, JournalError, Shown, SignInQuery, SignInRow, csv,
    diagnosis::{Finding, Fix, Place},
};
use crate::{
    actor::{Admin, Member, Operator, Permission, Who},
    directory::{DirectoryError, MemberPatch, MemberRef},
    testing::{TestApp, TestMember, client, new_tenant, request},
    verification::Answer,
};
use futures_util::TryStreamExt;
use jiff::SignedDuration;
use model::*;
use plan::fill;
use std::collections::HashSet;

fn of(member: &TestMember) -> SignInQuery {
    SignInQuery {
        member: Some(MemberRef::Id(member.id)),
        ..SignInQuery::default()
    }
}

fn about(member: &TestMember) -> AuditQuery {
    AuditQuery {
        target: Some(MemberRef::Id(member.id)),
        ..AuditQuery::default()
    }
}

fn session_of(member: &TestMember, app: &TestApp) -> Member {
    Member {
        tenant: app.tenant,
        member: member.id,
        roles: vec![],
        operator: false,
        level: 2,
        strict: false,
        factor_at: None,
        factor: None,
        client: client(),
        session: uuid::Uuid::nil(),
    }
}

impl TestApp {
    fn with_role(&self, role: Role) -> Admin {
        Admin::new(self.tenant, Who::Member(MemberId(self.domain.rng().handle())), vec![role])
    }

    async fn list(&self, query: &SignInQuery) -> Vec<SignInRow> {
        self.domain.journal().sign_ins(&self.admin, query).await.expect("a page").items
    }

    async fn changes(&self, event: Event) -> Vec<super::AuditRow> {
        let query = AuditQuery {
            event: Some(event),
            ..AuditQuery::default()
        };
        self.domain.journal().audit(&self.admin, &query).await.expect("a page").items
    }

    /// Verifies for an application.
    async fn verify_for(&self, application: &str, user: &str, code: &str) -> Answer {
        let mut request = request(user, Some(code));
        request.application = CleanText::parse(application).ok();
        self.domain.verification().verify(&self.key, None, request).await.expect("decided")
    }

    /// Five right and wrong answers of one member, a minute apart.
    async fn some_history(&self, member: &TestMember) {
        for n in 0..5 {
            self.wait(60);
            let code = if n % 2 == 0 { self.code(member) } else { self.wrong_code(member) };
            self.verify(member.upn.as_str(), &code).await.expect("decided");
        }
    }
}

#[tokio::test]
async fn what_the_tenant_does_not_log_is_null() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let patch = MemberPatch {
        family_name: Some(CleanText::parse("=Émond").ok()),
        mail: Some(Upn::parse("ann@post.example").ok()),
        ..MemberPatch::default()
    };
    app.domain
        .directory()
        .change_member(&app.admin, &MemberRef::Id(ann.id), patch, None)
        .await
        .expect("changed");
    for switches in ["false", "true", "false"] {
        app.wait(60);
        let sql: &'static str = match switches {
            "true" => "update tenant set log_names = true, log_mail = true",
            _ => "update tenant set log_names = false, log_mail = false",
        };
        app.as_superuser(sql).await;
        app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("decided");
    }
    let rows = app.list(&of(&ann)).await;
    let logged: Vec<_> = rows
        .iter()
        .map(|r| r.personal.as_ref().expect("open"))
        .map(|p| (p.given_name.as_deref(), p.family_name.as_deref(), p.mail.as_deref()))
        .collect();
    let nothing = (None, None, None);
    assert_eq!(
        logged,
        [nothing, (Some("ann"), Some("=Émond"), Some("ann@post.example")), nothing],
        "off means NULL from then on, and what was logged stays"
    );
    let row = &rows[1];
    let personal = row.personal.as_ref().expect("open");
    assert_eq!(
        (personal.upn.as_str(), personal.client_ip.as_deref()),
        ("ann@noord.example", Some("203.0.113.24"))
    );
    assert_eq!(
        (personal.phone.as_deref(), personal.device_token.as_deref()),
        (None, None),
        "a code has neither"
    );
    assert_eq!(
        (row.mode.as_str(), row.server_name.as_str(), row.server_ip.as_deref()),
        ("standard", "node-a", None)
    );
    assert_eq!(
        (row.decision, row.reason, row.denial()),
        (Some(Decision::Allowed), Some(Reason::RightCode), None)
    );
    assert_eq!((row.shown, row.method_kind), (Shown::Whole, Some(MethodKind::Totp)));
    let line = String::from_utf8(csv::sign_in(row)).expect("text");
    assert!(
        line.contains(
            ",ann@noord.example,ann,'=Émond,ann@post.example,,,standard,allowed,right_code,node-a,,203.0.113.24,,SUCCESS_OATH_CODE_VERIFIED,VPN,totp,"
        ),
        "{line}"
    );
}

#[tokio::test]
async fn cells_that_a_spreadsheet_would_run_are_made_text() {
    for bad in ["=1+1", "+31612345678", "-2", "@sum(A1)", "\tx", "\rx", "\nx", "＝1"] {
        let line = csv::line([bad.to_owned(), "plain".into()]);
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_slice());
        let record = reader.records().next().expect("a record").expect("well formed");
        assert_eq!(&record[0], format!("'{bad}"), "{bad:?}");
        assert_eq!(&record[1], "plain");
    }
    let quoted = csv::line(["a,\"b\"\r\nc".to_owned()]);
    assert_eq!(quoted, b"\"a,\"\"b\"\"\r\nc\"\r\n");

    let app = TestApp::new().await;
    let mut request = request("=cmd@noord.example", Some("000000"));
    request.client.agent = Some("=HYPERLINK(\"https://evil.example\")".into());
    request.application = CleanText::parse("+VPN").ok();
    app.domain.verification().verify(&app.key, None, request).await.expect("decided");
    let rows = app.list(&SignInQuery::default()).await;
    let mut file = csv::header(&csv::SIGN_IN_COLUMNS);
    file.extend(csv::sign_in(&rows[0]));
    let mut reader = ::csv::Reader::from_reader(file.as_slice());
    assert_eq!(reader.headers().expect("a header"), &csv::SIGN_IN_COLUMNS[..]);
    let record = reader.records().next().expect("a record").expect("as long as the header");
    let dangerous: Vec<&str> = record.iter().filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])).collect();
    assert_eq!(dangerous, Vec::<&str>::new());
    assert_eq!(&record[3], "'=cmd@noord.example");
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    // All at one moment: only the id tells them apart.
    for _ in 0..7 {
        app.verify("nobody@noord.example", "123456").await.expect("decided");
    }
    app.some_history(&ann).await;
    let all = app.list(&SignInQuery::default()).await;
    assert_eq!(all.len(), 12);
    let mut seen = Vec::new();
    let mut query = SignInQuery {
        limit: 5,
        ..SignInQuery::default()
    };
    loop {
        let page = app.domain.journal().sign_ins(&app.admin, &query).await.expect("a page");
        seen.extend(page.items.iter().map(|r| r.attempt_id));
        let Some(cursor) = page.next_cursor else { break };
        query.cursor = Some(cursor.to_string().parse().expect("a cursor"));
    }
    assert_eq!(seen, all.iter().map(|r| r.attempt_id).collect::<Vec<_>>());
    query.cursor = Some(Cursor {
        key: "ann".into(),
        id: all[0].attempt_id.0,
    });
    assert!(matches!(app.domain.journal().sign_ins(&app.admin, &query).await, Err(JournalError::Cursor(_))));
    let counts = app.domain.journal().sign_in_counts(&app.admin, &SignInQuery::default()).await.expect("counts");
    assert_eq!((counts.all, counts.allowed, counts.denied), (12, 3, 9));
    assert_eq!((counts.interrupted, counts.abandoned), (0, 0));
}

#[tokio::test]
async fn every_filter_finds_its_rows_and_the_counts_are_their_sum() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_app("ann").await, app.member_with_app("bob").await);
    app.some_history(&ann).await;
    app.wait(60);
    let mut elsewhere = request(bob.upn.as_str(), Some(&app.code(&bob)));
    elsewhere.client.address = Some("2001:db8::7".parse().expect("an address"));
    elsewhere.application = CleanText::parse("Webmail").ok();
    let webmail = app.domain.verification().verify(&app.key, None, elsewhere).await.expect("decided");
    app.wait(60);
    app.verify("Nobody@noord.example", "123456").await.expect("decided");
    let all = app.list(&SignInQuery::default()).await;
    assert_eq!(all.len(), 7);
    let base = SignInQuery::default;
    let named = |name: &str| Some(MemberRef::Upn(Upn::parse(name).expect("a name")));
    let cases = [
        (of(&ann), 5),
        (
            SignInQuery {
                member: named("ANN@noord.example"),
                ..base()
            },
            5,
        ),
        (
            SignInQuery {
                member: named("nobody@noord.example"),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                member: named("never@noord.example"),
                ..base()
            },
            0,
        ),
        (
            SignInQuery {
                decision: Some(Decision::Denied),
                ..base()
            },
            3,
        ),
        (
            SignInQuery {
                reason: Some(Reason::WrongCode),
                ..base()
            },
            2,
        ),
        (
            SignInQuery {
                reason: Some(Reason::RightCode),
                ..base()
            },
            4,
        ),
        (
            SignInQuery {
                reason: Some(Reason::WrongCode),
                member: named("bob@noord.example"),
                ..base()
            },
            0,
        ),
        (
            SignInQuery {
                method: Some(MethodKind::Totp),
                ..base()
            },
            6,
        ),
        (
            SignInQuery {
                method: Some(MethodKind::RecoveryCode),
                ..base()
            },
            0,
        ),
        (
            SignInQuery {
                application: Some("Webmail".into()),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                correlation: Some(all[1].correlation_id),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                client_ip: "2001:db8:0::7".parse().ok(),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                client_ip: "203.0.113.24".parse().ok(),
                ..base()
            },
            6,
        ),
        (
            SignInQuery {
                session: Some(webmail.session_id),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                session: Some(webmail.session_id),
                decision: Some(Decision::Denied),
                ..base()
            },
            0,
        ),
        (
            SignInQuery {
                from: Some(all[0].occurred_at),
                ..base()
            },
            1,
        ),
        (
            SignInQuery {
                to: Some(all[0].occurred_at),
                ..base()
            },
            6,
        ),
        (
            SignInQuery {
                from: Some(all[0].occurred_at),
                session: Some(webmail.session_id),
                ..base()
            },
            0,
        ),
    ];
    for (n, (query, expected)) in cases.into_iter().enumerate() {
        let found = app.list(&query).await;
        assert_eq!(found.len(), expected, "case {n}: {query:?}");
        let counts = app
            .domain
            .journal()
            .sign_in_counts(
                &app.admin,
                &SignInQuery {
                    decision: None,
                    ..query.clone()
                },
            )
            .await
            .expect("counts");
        assert_eq!(counts.all, counts.allowed + counts.denied + counts.interrupted + counts.abandoned);
        if query.decision.is_none() {
            assert_eq!(counts.all, expected as i64, "case {n}: the sum of the rows is the figure");
        }
    }
    // A name is found after its member was removed, with what was tried before and after.
    app.domain
        .directory()
        .remove_member(&app.admin, &MemberRef::Id(bob.id), "left")
        .await
        .expect("removed");
    app.verify(bob.upn.as_str(), "123456").await.expect("decided");
    assert_eq!(
        app.list(&SignInQuery {
            member: named("bob@noord.example"),
            ..base()
        })
        .await
        .len(),
        2
    );
}

#[tokio::test]
async fn each_role_sees_what_it_needs_and_no_more() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.as_superuser("update tenant set log_names = true, log_mail = true").await;
    let patch = MemberPatch {
        mail: Some(Upn::parse("ann@post.example").ok()),
        ..MemberPatch::default()
    };
    let directory = app.domain.directory();
    directory
        .change_member(&app.admin, &MemberRef::Id(ann.id), patch, Some("asked by phone"))
        .await
        .expect("changed");
    let answer = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("decided");
    let journal = app.domain.journal();

    let desk = journal
        .sign_ins(&app.with_role(Role::Support), &of(&ann))
        .await
        .expect("support may")
        .items
        .remove(0);
    let seen = desk.personal.expect("open");
    assert_eq!(
        (seen.given_name.as_deref(), seen.mail.as_deref(), desk.shown),
        (Some("ann"), Some("a•••@post.example"), Shown::Masked)
    );
    let outline = journal
        .sign_ins(&app.with_role(Role::PolicyAdmin), &of(&ann))
        .await
        .expect("policy admins may")
        .items
        .remove(0);
    let seen = outline.personal.expect("open");
    assert_eq!((seen.upn.as_str(), seen.given_name.as_deref()), ("a•••@noord.example", Some("a•••")));

    let billing = app.with_role(Role::BillingAdmin);
    for refused in [
        journal.sign_ins(&billing, &of(&ann)).await.err(),
        journal.sign_in_counts(&billing, &of(&ann)).await.err(),
        journal.audit(&billing, &about(&ann)).await.err(),
        journal.attempt(&billing, answer.session_id).await.err(),
        journal.export(&billing, &of(&ann)).await.err(),
        journal.export_audit(&billing, &about(&ann)).await.err(),
        journal.audit(&app.with_role(Role::Support), &about(&ann)).await.err(),
        journal.attempt(&app.with_role(Role::PolicyAdmin), answer.session_id).await.err(),
    ] {
        assert_eq!(refused.map(|e| e.code()), Some(ErrorCode::Forbidden));
    }

    let changed = AuditQuery {
        event: Some(Event::MemberChanged),
        ..about(&ann)
    };
    let read = journal
        .audit(&app.with_role(Role::Reader), &changed)
        .await
        .expect("readers may")
        .items
        .remove(0);
    assert_eq!((read.before["mail"].as_str(), read.after["mail"].as_str()), (None, Some("ann@post.example")));
    assert_eq!((read.actor.kind.as_str(), read.target.name.as_deref()), ("console", Some("ann@noord.example")));
    assert_eq!((read.reason.as_deref(), read.shown), (Some("asked by phone"), Shown::Whole));
    let masked = journal
        .audit(&app.with_role(Role::PolicyAdmin), &changed)
        .await
        .expect("policy admins may")
        .items
        .remove(0);
    assert_eq!(
        (masked.after["mail"].as_str(), masked.after["upn"].as_str()),
        (Some("a•••@post.example"), Some("a•••@noord.example"))
    );
    assert_eq!(masked.target.name.as_deref(), Some("a•••@noord.example"));
    let case = journal.attempt(&app.with_role(Role::Support), answer.session_id).await.expect("support may");
    let change = case.changes.iter().find(|c| c.event == Event::MemberChanged.as_str()).expect("a change");
    assert_eq!(change.after["mail"], "a•••@post.example");
}

#[tokio::test]
async fn nobody_reads_across_tenants_and_trying_leaves_a_trace() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.some_history(&ann).await;
    let answer = app.verify_for("VPN", ann.upn.as_str(), &app.wrong_code(&ann)).await;
    let south = app
        .domain
        .directory()
        .create_tenant(Operator::console(), new_tenant("zuid", Profile::Standard))
        .await
        .expect("a tenant");
    let stranger = Admin::console(south);
    let journal = app.domain.journal();
    let mut never = SessionId::from_bits(1);
    if never == answer.session_id {
        never = SessionId::from_bits(2);
    }

    // What another tenant has looks like what nobody has, in the answer and in the stranger's own log.
    for session in [answer.session_id, never] {
        let refused = journal.attempt(&stranger, session).await.expect_err("not his");
        assert!(matches!(refused, JournalError::SessionUnknown));
        assert_eq!(refused.code(), ErrorCode::NotFound);
        let by_session = SignInQuery {
            session: Some(session),
            ..SignInQuery::default()
        };
        assert!(journal.sign_ins(&stranger, &by_session).await.expect("a page").items.is_empty());
        assert_eq!(journal.sign_in_counts(&stranger, &by_session).await.expect("counts").all, 0);
        assert!(
            journal
                .export(&stranger, &by_session)
                .await
                .expect("a stream")
                .try_collect::<Vec<_>>()
                .await
                .expect("rows")
                .is_empty()
        );
    }
    let refusals = AuditQuery {
        event: Some(Event::ForeignTenantRefused),
        ..AuditQuery::default()
    };
    let traces = journal.audit(&stranger, &refusals).await.expect("a page").items;
    assert_eq!(traces.len(), 8, "a row in his own tenant for each try");
    assert!(traces.iter().all(|t| t.target.id.is_none() && t.actor.kind == "console"));
    assert!(app.changes(Event::ForeignTenantRefused).await.is_empty(), "nothing in the other tenant's log");
    assert!(app.changes(Event::CaseViewed).await.is_empty(), "nothing was seen");
    assert_eq!(
        app.number("select count(*) from installation_log where event = 'foreign_tenant.refused'").await,
        4
    );
    assert_eq!(app.number("select count(*) from installation_log where event = 'session.unknown'").await, 4);

    assert!(journal.sign_ins(&stranger, &of(&ann)).await.expect("a page").items.is_empty());
    assert!(journal.sign_ins(&stranger, &SignInQuery::default()).await.expect("a page").items.is_empty());
    assert!(journal.audit(&stranger, &about(&ann)).await.expect("a page").items.is_empty());

    // A member reads only what is his own.
    let bob = app.member_with_app("bob").await;
    app.verify(bob.upn.as_str(), &app.code(&bob)).await.expect("decided");
    let own = journal.own_sign_ins(&session_of(&bob, &app), None, 50).await.expect("a page").items;
    assert_eq!((own.len(), own[0].member_id), (1, Some(bob.id)));
    assert_eq!(own[0].personal.as_ref().map(|p| p.upn.as_str()), Some("bob@noord.example"));
    let mut abroad = session_of(&ann, &app);
    abroad.tenant = south;
    assert!(journal.own_sign_ins(&abroad, None, 50).await.expect("a page").items.is_empty());
}

#[tokio::test]
async fn an_erased_person_is_a_row_without_a_name() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_app("ann").await, app.member_with_app("bob").await);
    let answer = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("decided");
    app.verify(bob.upn.as_str(), &app.code(&bob)).await.expect("decided");
    app.as_superuser(
        "update subject_key k set wrapped = null, destroyed_at = now() from member m where m.member_id = k.subject_id and m.upn_folded = 'ann@noord.example'",
    )
    .await;
    let rows = app.list(&SignInQuery::default()).await;
    let erased = rows.iter().find(|r| r.member_id == Some(ann.id)).expect("the row is still there");
    assert_eq!((erased.personal.as_ref(), erased.shown), (None, Shown::Erased));
    assert_eq!((erased.decision, erased.application.as_deref()), (Some(Decision::Allowed), Some("VPN")));
    assert!(rows.iter().any(|r| r.member_id == Some(bob.id) && r.personal.is_some()));
    let line = String::from_utf8(csv::sign_in(erased)).expect("text");
    assert!(
        line.contains(",,,,,,,standard,allowed,right_code,node-a,,,,") && line.ends_with(",erased\r\n"),
        "{line}"
    );
    let changes = app.domain.journal().audit(&app.admin, &about(&ann)).await.expect("a page").items;
    let made = changes.iter().find(|c| c.event == Event::MemberCreated.as_str()).expect("a row");
    assert_eq!((made.shown, made.after.is_null()), (Shown::Erased, true));
    let case = app.domain.journal().attempt(&app.admin, answer.session_id).await.expect("a case");
    assert_eq!(case.row.shown, Shown::Erased);

    // A value that was changed is told apart from one that was erased, and hides no other.
    app.as_superuser("alter table auth_log disable row level security; update auth_log a set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) from member m where m.member_id = a.subject_id and m.upn_folded = 'bob@noord.example'").await;
    let rows = app.list(&SignInQuery::default()).await;
    let shown: HashSet<_> = rows.iter().map(|r| (r.member_id == Some(bob.id), r.shown == Shown::Unreadable)).collect();
    assert_eq!(shown, HashSet::from([(true, true), (false, false)]));
}

#[tokio::test]
async fn an_export_sees_one_moment_and_is_written_down() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.some_history(&ann).await;
    fill(&app, 1200, 40).await;
    let query = SignInQuery {
        limit: 3,
        ..SignInQuery::default()
    };
    let stream = app.domain.journal().export(&app.with_role(Role::Reader), &query).await.expect("a stream");
    let mut stream = std::pin::pin!(stream);
    let first = stream.try_next().await.expect("a row").expect("some");
    // Later rows, and one that is dated into what is not read yet.
    app.verify(ann.upn.as_str(), &app.wrong_code(&ann)).await.expect("decided");
    app.as_superuser("insert into auth_log select tenant_id, occurred_at - interval '40 days', gen_random_uuid(), session_id, correlation_id, started_at, subject_id, member_id, door, purpose, path, decision, reason, transport_result, second_factor, application, method_id, method_kind, mode, registration_reasons, policy_version, policy_mfa_state, policy_roles, policy_groups, policy_client, policy_then, policy_rules, delivery, node, server_ip, sealed, upn_mac, client_ip_mac, phone_tail_mac, pg_current_xact_id(), format, salt, leaf_hash from auth_log order by occurred_at desc limit 1").await;
    let mut rows = vec![first];
    while let Some(row) = stream.try_next().await.expect("a row") {
        rows.push(row);
    }
    assert_eq!(rows.len(), 1205, "what was there at the start, whatever the limit of a page");
    assert!(
        rows.windows(2)
            .all(|pair| (pair[0].occurred_at, pair[0].attempt_id) > (pair[1].occurred_at, pair[1].attempt_id))
    );
    let ids: HashSet<_> = rows.iter().map(|r| r.attempt_id).collect();
    assert_eq!(ids.len(), rows.len());
    let told = app.changes(Event::JournalExported).await;
    assert_eq!(
        (told.len(), told[0].after["what"].as_str(), told[0].actor.kind.as_str()),
        (1, Some("sign_ins"), "member")
    );

    let changes: Vec<_> = app
        .domain
        .journal()
        .export_audit(&app.admin, &AuditQuery::default())
        .await
        .expect("a stream")
        .try_collect()
        .await
        .expect("rows");
    assert!(changes.iter().any(|c| c.event == Event::TenantCreated.as_str()));
    let line = csv::ndjson(&changes[0]);
    assert!(line.ends_with(b"}\n") && serde_json::from_slice::<serde_json::Value>(&line).is_ok());
    assert_eq!(csv::audit(&changes[0]).iter().filter(|b| **b == b'\n').count(), 1);
}

#[tokio::test]
async fn a_case_says_where_the_code_was_used() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    app.wait(60);
    let code = app.code(&ann);
    let vpn = app.verify_for("VPN", ann.upn.as_str(), &code).await;
    app.wait(20);
    let webmail = app.verify_for("Webmail", ann.upn.as_str(), &code).await;
    app.wait(5);
    let support = app.with_role(Role::Support);
    let case = app.domain.journal().attempt(&support, webmail.session_id).await.expect("a case");
    assert_eq!(
        case.diagnosis.finding,
        Finding::CodeReused {
            place: Some(Place::Application("VPN".into())),
            session_id: Some(vpn.session_id),
            seconds_earlier: Some(20)
        }
    );
    assert_eq!(case.diagnosis.fixes, [Fix::TellNextCode]);
    let english = case.diagnosis.in_english();
    assert_eq!(english.what, "The code was right, but it had been used.");
    assert!(english.why.contains("20 seconds earlier for VPN, session"), "{english:?}");
    assert_eq!(case.row.denial(), Some("code_reused"));
    let kinds: Vec<_> = case.steps.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [StepKind::RequestReceived, StepKind::CodeReused, StepKind::Decided]);
    let policy = case.policy.as_ref().expect("asked");
    assert_eq!((policy.version, policy.then.is_some(), policy.because.is_some()), (1, true, true));
    let member = case.member.as_ref().expect("a member");
    assert_eq!((member.id, member.methods.len(), member.methods[0].kind), (ann.id, 1, MethodKind::Totp));
    assert_eq!((member.methods[0].on, member.methods[0].code_seconds), (true, Some(30)));
    assert_eq!(
        case.last_good.as_ref().map(|g| (g.session_id, g.method_kind)),
        Some((vpn.session_id, Some(MethodKind::Totp)))
    );
    assert_eq!(case.counters.iter().find(|c| c.scope == "guard").map(|c| c.in_row), Some(1));
    assert_eq!(case.counters.iter().find(|c| c.scope == "oath").map(|c| c.in_thirty_days), Some(1));
    assert!(
        case.changes
            .iter()
            .any(|c| c.event == Event::SecurityInfoRegisteredByAdmin.as_str() && c.actor.kind == "console")
    );
    let seen = app.changes(Event::CaseViewed).await;
    assert_eq!(
        (seen.len(), seen[0].session_id, seen[0].target.id),
        (1, Some(webmail.session_id), Some(ann.id.0))
    );
    assert_eq!(seen[0].actor.id, support.who().id());

    // Once she is in, nothing is left to fix.
    app.wait(60);
    app.verify_for("Webmail", ann.upn.as_str(), &app.code(&ann)).await;
    let case = app.domain.journal().attempt(&support, webmail.session_id).await.expect("a case");
    assert_eq!(
        (case.diagnosis.fixes.as_slice(), case.diagnosis.good_since),
        (&[Fix::NothingToDo][..], Some(app.now()))
    );
    let json = serde_json::to_value(&case).expect("can be written");
    assert_eq!(json["diagnosis"]["finding"]["kind"], "code_reused");
    assert_eq!(
        json["diagnosis"]["finding"]["place"],
        serde_json::json!({ "kind": "application", "name": "VPN" })
    );
}

#[tokio::test]
async fn a_case_knows_clocks_locks_and_names() {
    let app = TestApp::new().await;
    let (ann, support) = (app.member_with_app("ann").await, app.with_role(Role::Support));
    let journal = app.domain.journal();
    let off = app.verify(ann.upn.as_str(), &app.code_at(&ann, 6)).await.expect("decided");
    let case = journal.attempt(&support, off.session_id).await.expect("a case");
    assert_eq!(case.diagnosis.finding, Finding::ClockOff { steps: 6, seconds: 180 });
    assert_eq!(case.diagnosis.fixes[0], Fix::ResyncClock);

    let nobody = app.verify("nobody@noord.example", "123456").await.expect("decided");
    let case = journal.attempt(&support, nobody.session_id).await.expect("a case");
    assert_eq!((case.diagnosis.finding, case.member.is_none()), (Finding::UnknownName, true));
    assert_eq!(case.row.personal.map(|p| p.upn).as_deref(), Some("nobody@noord.example"));

    // Wrong answers until a wait, then until a lock.
    let mut last = off;
    while last.reason != Some(Reason::Locked) {
        last = app.verify(ann.upn.as_str(), &app.wrong_code(&ann)).await.expect("decided");
        if last.reason == Some(Reason::Throttled) {
            let case = journal.attempt(&support, last.session_id).await.expect("a case");
            assert_eq!(case.diagnosis.finding, Finding::Throttled { until: last.wait_until });
            assert!(matches!(case.diagnosis.fixes[..], [Fix::TellToWait { .. }, Fix::Unlock]));
            let until = last.wait_until.expect("a wait");
            app.wait(until.duration_since(app.now()).as_secs());
        }
    }
    let case = journal.attempt(&support, last.session_id).await.expect("a case");
    assert_eq!(
        case.diagnosis.finding,
        Finding::Locked {
            until: last.wait_until,
            here: false
        }
    );
    assert_eq!(case.diagnosis.fixes[0], Fix::Unlock);
    assert_eq!(Fix::Unlock.needs(), Some(Permission::Unlock));
    app.domain
        .directory()
        .unlock(&support, &MemberRef::Id(ann.id), "heard her voice")
        .await
        .expect("support may");
    let case = journal.attempt(&support, last.session_id).await.expect("a case");
    let unlocked = case.changes.iter().find(|c| c.event == Event::MemberUnlocked.as_str()).expect("a change");
    assert_eq!((unlocked.actor.id, unlocked.reason.as_deref()), (support.who().id(), Some("heard her voice")));
}

#[tokio::test]
async fn an_open_attempt_is_a_case_from_its_first_step() {
    let app = TestApp::new().await;
    let ann = app.member_with_app("ann").await;
    let begun = app
        .domain
        .verification()
        .verify(&app.key, None, request(ann.upn.as_str(), None))
        .await
        .expect("begun");
    let journal = app.domain.journal();
    let case = journal.attempt(&app.admin, begun.session_id).await.expect("a case");
    assert!(matches!(case.diagnosis.finding, Finding::Waiting { .. }));
    let open = case.open.expect("open");
    assert_eq!(open.ends_at, app.now() + SignedDuration::from_secs(ATTEMPT_SECONDS));
    assert_eq!((case.row.decision, case.row.reason, case.row.second_factor), (None, None, true));
    assert_eq!(
        case.row.personal.as_ref().map(|p| (p.upn.as_str(), p.client_ip.as_deref())),
        Some(("ann@noord.example", Some("203.0.113.24")))
    );
    assert!(
        app.list(&SignInQuery {
            session: Some(begun.session_id),
            ..SignInQuery::default()
        })
        .await
        .is_empty(),
        "not in the log yet"
    );

    app.wait(7);
    let attempt = begun.challenge.expect("a challenge").id;
    let wrong = OfferedCode::parse(&app.wrong_code(&ann)).expect("a code");
    app.domain.verification().answer(&app.key, None, attempt, &wrong).await.expect("wrong");
    let case = journal.attempt(&app.admin, begun.session_id).await.expect("a case");
    assert!(
        matches!(
            case.diagnosis.finding,
            Finding::WrongCode {
                answer: 1,
                of: Some(3),
                in_row: Some(1),
                locks_at: 10
            }
        ),
        "{:?}",
        case.diagnosis
    );
    app.wait(7);
    let right = OfferedCode::parse(&app.code(&ann)).expect("a code");
    app.domain.verification().answer(&app.key, None, attempt, &right).await.expect("right");
    let case = journal.attempt(&app.admin, begun.session_id).await.expect("a case");
    assert_eq!((case.open, case.row.decision), (None, Some(Decision::Allowed)));
    assert_eq!(case.steps.len(), 5);
    assert!(case.steps.is_sorted_by_key(|s| s.at));
    assert_eq!(
        app.list(&SignInQuery {
            session: Some(begun.session_id),
            ..SignInQuery::default()
        })
        .await
        .len(),
        1
    );
}

#[tokio::test]
async fn an_admin_of_the_other_rank_is_still_only_a_reader_here() {
    // Reading never needs a rank: support may look at a global admin's case, but not act on him.
    let app = TestApp::new().await;
    let boss = app.with_app(app.member_with_roles("boss", &[Role::GlobalAdmin]).await).await;
    let answer = app.verify(boss.upn.as_str(), &app.wrong_code(&boss)).await.expect("decided");
    let support = app.with_role(Role::Support);
    assert!(app.domain.journal().attempt(&support, answer.session_id).await.is_ok());
    let refused = app.domain.directory().unlock(&support, &MemberRef::Id(boss.id), "please").await;
    assert!(matches!(refused, Err(DirectoryError::RankTooHigh)));
}
