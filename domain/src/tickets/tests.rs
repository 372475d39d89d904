//! Tickets against a fresh Postgres: what is filled in, who sees it, how many are taken, what is told to whom.

use super::*;
use crate::{sign_in::PasswordOutcome, testing::*};

fn words(text: &str) -> Words {
    Words::parse(text).expect("words")
}

fn draft(text: &str) -> Draft {
    Draft {
        page: String::from("/sign-in?back=/security-info"),
        error: Some(ErrorCode::Throttled),
        words: words(text),
    }
}

fn at_place(last: u8) -> Client {
    Client {
        address: Some(std::net::IpAddr::from([198, 51, 100, last])),
        ..client()
    }
}

async fn desk(app: &TestApp) -> (TestMember, Admin) {
    let sue = app.member_with_roles("sue", &[Role::Support]).await;
    let by = Admin::new(app.tenant, Who::Member(sue.id), vec![Role::Support]);
    (sue, by)
}

fn waiting() -> TicketQuery {
    TicketQuery {
        limit: 50,
        ..TicketQuery::default()
    }
}

/// S66: page, code, session and account are filled in; the desk reads all of it, answers by mail, and the member answers back.
#[tokio::test]
async fn a_ticket_goes_from_the_member_to_the_desk_and_back() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (_, by) = desk(&app).await;
    let tickets = app.domain.tickets();
    let session = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").session_id;
    let me = app.signed_in(&ann, 2, 0);
    let filed = tickets.file(&me, &draft("My code\nis not taken."), Some(session), None).await.expect("filed");
    assert_eq!(filed.session_id, session);

    let page = tickets.tickets(&by, &waiting()).await.expect("a page");
    let row = &page.items[0];
    assert_eq!(
        (row.number, row.page.as_str(), row.error.as_deref()),
        (filed.number, "/sign-in", Some("TS-2105"))
    );
    assert_eq!(
        (row.upn.as_deref(), row.member_id, row.shown),
        (Some("ann@noord.example"), Some(ann.id), Shown::SignedIn)
    );
    assert_eq!((row.excerpt.as_str(), row.state, row.mine), ("My code is not taken.", TicketState::Open, false));
    let about = tickets.tickets_about(&by, session).await.expect("tickets");
    assert_eq!(about.len(), 1);
    assert!(tickets.tickets_about(&by, SessionId::from_bits(7)).await.expect("none").is_empty());

    app.wait(60);
    tickets.take_ticket(&by, filed.number).await.expect("taken");
    let counts = tickets.ticket_counts(&by).await.expect("counts");
    assert_eq!((counts.open, counts.taken, counts.mine), (0, 1, 1));
    tickets
        .reply(&by, filed.number, MessageKind::Note, &words("clock of her phone?"), false)
        .await
        .expect("noted");
    app.wait(1);
    tickets
        .reply(&by, filed.number, MessageKind::Answer, &words("Set the time of your phone."), true)
        .await
        .expect("answered");
    let detail = tickets.ticket(&by, filed.number).await.expect("a ticket");
    assert_eq!(detail.ticket.state, TicketState::Closed);
    assert_eq!(detail.ticket.taken_by.as_deref(), Some("sue"));
    assert_eq!(detail.address.as_deref(), Some("203.0.113.24"));
    let said: Vec<_> = detail.messages.iter().map(|m| (m.kind, m.author.as_deref(), m.words.as_deref())).collect();
    assert_eq!(
        said,
        [
            (MessageKind::Member, None, Some("My code\nis not taken.")),
            (MessageKind::Note, Some("sue"), Some("clock of her phone?")),
            (MessageKind::Answer, Some("sue"), Some("Set the time of your phone.")),
        ]
    );
    assert_eq!(app.number("select count(*) from outbox where kind = 'ticket.filed'").await, 1);
    assert_eq!(app.number("select count(*) from outbox where kind = 'ticket.answered'").await, 1);

    // The member sees the answer and never the note, and opens it again by saying more.
    let own = tickets.own_tickets(&me).await.expect("own");
    assert_eq!(
        own[0].messages.iter().map(|m| m.kind).collect::<Vec<_>>(),
        [MessageKind::Member, MessageKind::Answer]
    );
    assert!(own[0].messages.iter().all(|m| m.author.is_none()), "who of the desk it was stays there");
    tickets.add_to_own(&me, filed.number, &words("It is right already.")).await.expect("said");
    let detail = tickets.ticket(&by, filed.number).await.expect("a ticket");
    assert_eq!((detail.ticket.state, detail.ticket.taken_by), (TicketState::Open, None));
    let seen = app
        .seen_by_superuser("select event from audit_log where event like 'ticket.%' order by event")
        .await;
    assert_eq!(seen, ["ticket.answered", "ticket.closed", "ticket.filed", "ticket.reopened", "ticket.taken"]);
}

/// Without being signed in: what has been shown so far is said, and what is answered is the same for every name there is and there is not.
#[tokio::test]
async fn a_stranger_learns_nothing_about_a_name() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (_, by) = desk(&app).await;
    let (tickets, sign_in) = (app.domain.tickets(), app.domain.sign_in());
    for (n, name) in ["ann@noord.example", "nobody@noord.example", "ann@nowhere.example"].into_iter().enumerate() {
        let upn = Upn::parse(name).expect("a name");
        tickets
            .file_for_name(&upn, &draft("help"), None, &at_place(n as u8))
            .await
            .expect("a session id");
    }
    let begun = sign_in.begin(&ann.upn, None, &client()).await.expect("an attempt");
    assert_eq!(
        sign_in.password(&begun, PASSWORD, &client()).await.expect("an outcome"),
        PasswordOutcome::Second
    );
    let session = tickets.file_in(&begun, &draft("no phone"), None, &client()).await.expect("filed");
    assert_eq!(session, begun.session_id);
    let rows = tickets.tickets(&by, &waiting()).await.expect("a page").items;
    let seen: Vec<_> = rows.iter().map(|row| (row.upn.as_deref(), row.member_id, row.shown)).collect();
    assert_eq!(seen.len(), 3, "nobody's domain is nobody's desk");
    for row in [
        (Some("ann@noord.example"), Some(ann.id), Shown::Name),
        (Some("nobody@noord.example"), None, Shown::Name),
        (Some("ann@noord.example"), Some(ann.id), Shown::Password),
    ] {
        assert!(seen.contains(&row), "{row:?} in {seen:?}");
    }
    assert_eq!(
        app.number("select count(*) from outbox where kind = 'ticket.filed'").await,
        2,
        "whoever has the name hears of it"
    );
    assert_eq!(
        app.seen_by_superuser("select event from installation_log where event = 'unknown_domain_ticket'")
            .await
            .len(),
        1
    );
    // A reset asks for a second proof at once, and has had no password.
    let (_, mut policy) = app.domain.directory().policy(&app.admin).await.expect("a policy");
    policy.reset.scope = ResetScope::Everybody;
    app.domain.directory().publish_policy(&app.admin, policy).await.expect("published");
    let crate::reset::Began::Begun { tenant, attempt } = app.domain.reset().begin(&ann.upn, &client()).await.expect("begun") else {
        panic!("a reset");
    };
    let at = BegunAttempt {
        tenant: Some(tenant),
        attempt: Some(attempt),
        session_id: session,
    };
    let of_reset = tickets.file_in(&at, &draft("reset"), None, &client()).await.expect("filed");
    assert_eq!(tickets.tickets_about(&by, of_reset).await.expect("tickets")[0].shown, Shown::Name);
}

/// Whoever files without end meets a limit that says until when, by name, by place and by desk; the signed-in member only that of his own name.
#[tokio::test]
async fn nobody_floods_the_desk() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let me = app.signed_in(&ann, 2, 0);
    let session = app.verify(ann.upn.as_str(), &app.code(&ann)).await.expect("an answer").session_id;
    let tickets = app.domain.tickets();
    let first = app.now();
    for _ in 0..TICKETS_DAY_MAX {
        tickets.file(&me, &draft("again"), Some(session), None).await.expect("filed");
        app.wait(1);
    }
    let refused = tickets.file(&me, &draft("again"), Some(session), None).await.expect_err("too many");
    assert!(
        matches!(refused, TicketError::TooMany(until) if until == first + SignedDuration::from_hours(24)),
        "{refused}"
    );
    // Strangers who type her name count among themselves: they take nothing from her, nor she from them.
    for n in 0..TICKETS_DAY_MAX {
        tickets
            .file_for_name(&ann.upn, &draft("x"), None, &at_place(100 + n as u8))
            .await
            .expect("filed");
    }
    assert!(tickets.file_for_name(&ann.upn, &draft("x"), None, &at_place(200)).await.is_err());
    // Twenty names from one place.
    let name = |n: usize| Upn::parse(&format!("nobody{n}@noord.example")).expect("a name");
    for n in 0..TICKETS_SOURCE_DAY_MAX as usize {
        tickets.file_for_name(&name(n), &draft("x"), None, &at_place(1)).await.expect("filed");
    }
    let refused = tickets.file_for_name(&name(99), &draft("x"), None, &at_place(1)).await.expect_err("too many");
    assert_eq!(refused.code(), ErrorCode::TicketsTooMany);
    tickets.file_for_name(&name(99), &draft("x"), None, &at_place(2)).await.expect("from elsewhere");
    // A day later all is forgotten.
    app.wait(86_400);
    tickets.file(&me, &draft("again"), Some(session), None).await.expect("filed");
    // Two at once do not slip through together.
    app.wait(86_400);
    let both = futures_util::future::join_all((0..8).map(|_| tickets.file(&me, &DRAFT, Some(session), None))).await;
    assert_eq!(both.iter().filter(|filed| filed.is_ok()).count() as i64, TICKETS_DAY_MAX);
}

static DRAFT: std::sync::LazyLock<Draft> = std::sync::LazyLock::new(|| draft("at once"));

/// One's own attempts only: another's session id is not taken into a ticket, and nobody adds to what is not his.
#[tokio::test]
async fn a_ticket_is_about_ones_own_session() {
    let app = TestApp::new().await;
    let (ann, bob) = (app.member_with_both("ann").await, app.member_with_both("bob").await);
    let tickets = app.domain.tickets();
    let theirs = app.verify(bob.upn.as_str(), &app.code(&bob)).await.expect("an answer").session_id;
    let begun = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let me = app.signed_in(&ann, 2, 0);
    let filed = tickets.file(&me, &draft("x"), Some(theirs), begun.attempt).await.expect("filed");
    assert_eq!(filed.session_id, begun.session_id, "the session he is in, not the one he names");
    let refused = tickets.file(&me, &draft("x"), Some(theirs), None).await.expect_err("nothing of his own");
    assert!(matches!(refused, TicketError::Unknown));
    // A sign-in that has ended is told by its id, for the name of the one that goes on; not somebody else's.
    let next = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let about = tickets.file_in(&next, &draft("x"), Some(begun.session_id), &client()).await.expect("filed");
    assert_eq!(about, begun.session_id);
    let about = tickets.file_in(&next, &draft("x"), Some(theirs), &client()).await.expect("filed");
    assert_eq!(about, next.session_id);
    let bobs = app.signed_in(&bob, 2, 0);
    let refused = tickets.add_to_own(&bobs, filed.number, &words("mine")).await.expect_err("not his");
    assert!(matches!(refused, TicketError::Unknown));
    assert!(tickets.own_tickets(&bobs).await.expect("none").is_empty());
}

/// Who may not handle tickets sees none; what is closed takes no answer; two at the desk do not answer into a ticket that one of them has closed.
#[tokio::test]
async fn the_desk_is_for_those_who_handle_tickets() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (_, by) = desk(&app).await;
    let tickets = app.domain.tickets();
    let begun = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let me = app.signed_in(&ann, 1, 0);
    let number = tickets.file(&me, &draft("x"), None, begun.attempt).await.expect("filed").number;
    for roles in [vec![], vec![Role::Reader], vec![Role::PolicyAdmin], vec![Role::BillingAdmin]] {
        let other = Admin::new(app.tenant, Who::Member(ann.id), roles);
        assert_eq!(tickets.ticket(&other, number).await.expect_err("no right").code(), ErrorCode::Forbidden);
        assert_eq!(tickets.tickets(&other, &waiting()).await.expect_err("no right").code(), ErrorCode::Forbidden);
        assert_eq!(tickets.close_ticket(&other, number).await.expect_err("no right").code(), ErrorCode::Forbidden);
    }
    tickets.close_ticket(&by, number).await.expect("closed");
    tickets.close_ticket(&by, number).await.expect("closed already");
    let late = tickets
        .reply(&by, number, MessageKind::Answer, &words("late"), false)
        .await
        .expect_err("closed");
    assert!(matches!(late, TicketError::Closed) && late.code() == ErrorCode::Conflict);
    assert!(matches!(tickets.take_ticket(&by, number).await, Err(TicketError::Closed)));
    let closed = TicketQuery { closed: true, ..waiting() };
    assert_eq!(tickets.tickets(&by, &closed).await.expect("a page").items.len(), 1);
    tickets.reopen_ticket(&by, number).await.expect("open");
    assert_eq!(tickets.ticket(&by, number).await.expect("a ticket").ticket.state, TicketState::Taken);
    tickets.close_ticket(&by, number).await.expect("closed");
    // Where there is nobody to answer nothing is said to have been sent; a note stays possible.
    let nobody = Upn::parse("nobody@noord.example").expect("a name");
    let session = tickets.file_for_name(&nobody, &draft("x"), None, &client()).await.expect("filed");
    let of_nobody = tickets.tickets_about(&by, session).await.expect("tickets")[0].number;
    let refused = tickets.reply(&by, of_nobody, MessageKind::Answer, &words("hello"), false).await;
    assert!(matches!(refused, Err(TicketError::Unanswerable)), "{refused:?}");
    tickets.reply(&by, of_nobody, MessageKind::Note, &words("a prank"), true).await.expect("noted");
    // Kept for a time, then gone with all that was said.
    app.wait(TICKET_DAYS * 86_400);
    assert_eq!(tickets.sweep_tickets(&[app.tenant]).await.expect("swept"), 0);
    app.wait(1);
    assert_eq!(tickets.sweep_tickets(&[app.tenant]).await.expect("swept"), 2);
    assert_eq!(app.number("select count(*) from ticket_message").await, 0);
}

/// Pages of the list: each ticket once, longest waiting first.
#[tokio::test]
async fn tickets_come_in_pages() {
    let app = TestApp::new().await;
    let (_, by) = desk(&app).await;
    let tickets = app.domain.tickets();
    for n in 0..7 {
        let upn = Upn::parse(&format!("nobody{n}@noord.example")).expect("a name");
        tickets
            .file_for_name(&upn, &draft(&format!("number {n}")), None, &client())
            .await
            .expect("filed");
    }
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let query = TicketQuery {
            limit: 3,
            cursor,
            ..TicketQuery::default()
        };
        let page = tickets.tickets(&by, &query).await.expect("a page");
        seen.extend(page.items.into_iter().map(|row| row.excerpt));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, (0..7).map(|n| format!("number {n}")).collect::<Vec<_>>());
    let wrong = TicketQuery {
        cursor: Some(Cursor {
            key: String::from("no moment"),
            id: app.tenant.0,
        }),
        ..waiting()
    };
    assert_eq!(tickets.tickets(&by, &wrong).await.expect_err("no cursor of ours").code(), ErrorCode::Invalid);
}

/// E4, bar 14: what was said stands nowhere as it is, and is gone for good with the key of whoever it is about; the ticket itself stays readable as a row.
#[tokio::test]
async fn e4_words_are_sealed_and_end_with_their_key() {
    let app = TestApp::new().await;
    let ann = app.member_with_both("ann").await;
    let (_, by) = desk(&app).await;
    let tickets = app.domain.tickets();
    let begun = app.domain.sign_in().begin(&ann.upn, None, &client()).await.expect("an attempt");
    let me = app.signed_in(&ann, 1, 0);
    let number = tickets
        .file(&me, &draft("a very private matter"), None, begun.attempt)
        .await
        .expect("filed")
        .number;
    tickets
        .reply(&by, number, MessageKind::Answer, &words("a very private answer"), false)
        .await
        .expect("answered");
    let mut dump = String::new();
    for (table, _) in app.tables().await {
        dump.extend(app.seen_by_superuser(format!("select t::text from \"{table}\" t")).await);
    }
    assert!(!dump.contains("very private"), "sealed");
    app.as_superuser(format!(
        "update subject_key set wrapped = null, destroyed_at = now() where subject_id = '{}'",
        ann.id
    ))
    .await;
    let detail = tickets.ticket(&by, number).await.expect("still a ticket");
    assert!(detail.ticket.upn.is_none() && detail.messages.iter().all(|m| m.words.is_none()), "{detail:?}");
    let refused = tickets.reply(&by, number, MessageKind::Note, &words("x"), false).await.expect_err("no key");
    assert_eq!(refused.code(), ErrorCode::KeyMissing);
    tickets.close_ticket(&by, number).await.expect("closed all the same");
}
