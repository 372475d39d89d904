//! `/admin/{tenant}/users`: the list and its CSV, a member more, and a change of many at once.

use axum::{
    extract::{Form, Path, Query as QueryOf},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    actor::Permission,
    directory::{DirectoryError, MemberRef, MemberView, NewMember},
};
use model::*;
use serde::Deserialize;

use super::{
    console::{Console, Origin, Place},
    forms::{Pairs, reason_of},
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        members::{
            Bulk, BulkDone, BulkPage, Filter, LinkPage, MembersPage, NewMemberForm, NewMemberPage, Picked, done_page, effect, link_page, new_page, page,
            preview_page,
        },
    },
    routes,
};

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    state: String,
    methods: String,
    locked: String,
    cursor: Option<String>,
    pick: String,
    format: String,
}

/// The list, or the same as CSV. A session id in the search leads to its case.
pub(super) async fn list(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<ListQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadMembers).await?;
    if let Ok(session) = query.q.trim().parse::<SessionId>()
        && console.at_desk()
    {
        return Ok(see(&routes::case(session)));
    }
    let filter = Filter::read(&query.q, &query.state, &query.methods, &query.locked);
    if query.format == "csv" {
        return csv(&guest, &console, &filter).await;
    }
    let cursor = match query.cursor.as_deref().map(str::parse::<Cursor>) {
        None => None,
        Some(Ok(cursor)) => Some(cursor),
        Some(Err(_)) => return Ok(see(&filter.href(&slug))),
    };
    let directory = guest.domain().directory();
    let mut asked = filter.query();
    asked.cursor.clone_from(&cursor);
    let found = directory.members(&console.admin, &asked).await.map_err(guest.fails())?;
    let counts = directory.member_counts(&console.admin).await.map_err(guest.fails())?;
    let model = MembersPage {
        slug,
        counts,
        filter,
        rows: found.items,
        cursor: cursor.map(|cursor| cursor.to_string()),
        next: found.next_cursor.map(|cursor| cursor.to_string()),
        picked: match query.pick.as_str() {
            "page" => Picked::Page,
            "all" => Picked::All,
            _ => Picked::None,
        },
        may_add: console.admin.may(Permission::ManageMembers),
        may_change: console.admin.may(Permission::ManageMfa),
    };
    Ok(guest.show(|| page(console.shell_for(Place::Members, query.q.clone()), model)))
}

/// Every member that the filter finds, in the order of the list.
async fn csv(guest: &Guest, console: &Console, filter: &Filter) -> Answer {
    use domain::journal::csv::{header as head, line};
    let columns = [
        "upn",
        "given_name",
        "family_name",
        "mfa_state",
        "required",
        "can_satisfy",
        "methods",
        "roles",
        "locked_until",
        "disabled",
        "last_sign_in_at",
        "created_at",
    ];
    let mut body = head(&columns);
    let mut asked = filter.query();
    asked.limit = PAGE_ROWS_MAX;
    loop {
        let found = guest.domain().directory().members(&console.admin, &asked).await.map_err(guest.fails())?;
        for member in found.items {
            let list = |words: Vec<&str>| words.join(" ");
            let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
            let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let cells = [
                member.upn,
                member.given_name.unwrap_or_default(),
                member.family_name.unwrap_or_default(),
                member.mfa_state.as_str().to_owned(),
                yes(member.required),
                yes(member.can_satisfy),
                list(member.methods.iter().map(|kind| kind.as_str()).collect()),
                list(member.roles.iter().map(|role| role.as_str()).collect()),
                time(member.locked_until),
                yes(member.disabled),
                time(member.last_sign_in_at),
                member.created_at.to_string(),
            ];
            body.extend(line(cells));
        }
        match found.next_cursor {
            Some(next) => asked.cursor = Some(next),
            None => break,
        }
    }
    let name = HeaderValue::from_str(&format!("attachment; filename=\"members-{}.csv\"", console.slug())).map_err(|_| guest.oops(ErrorCode::Internal))?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], body).into_response())
}

/// What the change would do to each of the chosen.
pub(super) async fn preview(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<Vec<(String, String)>>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageMfa).await?;
    let query = Pairs(query);
    let bulk = Bulk::parse(query.one("action")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let (members, capped) = match query.one("scope") {
        "all" => {
            let mut asked = Filter::read(query.one("q"), "", "", "").query();
            asked.limit = PAGE_ROWS_MAX;
            let found = guest.domain().directory().members(&console.admin, &asked).await.map_err(guest.fails())?;
            (found.items, found.next_cursor.is_some())
        }
        _ => (chosen(&guest, &console, &query).await?, false),
    };
    Ok(ask(&guest, &console, bulk, members, capped, String::new(), None))
}

fn ask(guest: &Guest, console: &Console, bulk: Bulk, members: Vec<MemberView>, capped: bool, reason: String, wrong: Option<()>) -> Response {
    let rank = console.admin.rank();
    let model = || BulkPage {
        slug: console.slug().to_owned(),
        bulk,
        rows: members.iter().map(|member| (member.clone(), effect(bulk, member, rank))).collect(),
        capped,
        error: wrong.map(|()| reason_words(&reason)),
        reason: reason.clone(),
    };
    let draw = || preview_page(console.shell(Place::Members), model());
    match wrong {
        Some(()) => guest.show_with(ErrorCode::Invalid, draw),
        None => guest.show(draw),
    }
}

/// What is wrong with a reason, in words.
pub(super) fn reason_words(reason: &str) -> String {
    match reason.trim().is_empty() {
        true => text!(members.reason_missing).to_owned(),
        false => text!(members.reason_long).to_owned(),
    }
}

/// Changes each of the chosen and says what came of it.
pub(super) async fn apply(guest: Guest, Path(slug): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageMfa).await?;
    let fields = Pairs(fields);
    let bulk = Bulk::parse(fields.one("action")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let members = chosen(&guest, &console, &fields).await?;
    let Some(reason) = reason_of(&fields) else {
        return Ok(ask(&guest, &console, bulk, members, false, fields.typed("reason"), Some(())));
    };
    let directory = guest.domain().directory();
    let mut rows = Vec::with_capacity(members.len());
    for before in members {
        let of = MemberRef::Id(before.id);
        let changed = match bulk {
            Bulk::Enable => {
                directory
                    .set_mfa_state(&console.admin, &of, MfaState::Enabled, false, Some(reason.as_str()))
                    .await
            }
            Bulk::Disable => {
                directory
                    .set_mfa_state(&console.admin, &of, MfaState::Disabled, false, Some(reason.as_str()))
                    .await
            }
            Bulk::Reregister => directory.require_reregistration(&console.admin, &of, reason.as_str()).await,
        };
        rows.push(match changed {
            Ok(after) => (after, None),
            Err(error) => (before, Some(error.code())),
        });
    }
    Ok(guest.show(|| {
        done_page(
            console.shell(Place::Members),
            BulkDone {
                slug: console.slug().to_owned(),
                rows,
            },
        )
    }))
}

/// The ticked members that exist here; what is not here is left out without a word.
async fn chosen(guest: &Guest, console: &Console, fields: &Pairs) -> Result<Vec<MemberView>, Stop> {
    let mut members = Vec::new();
    for id in fields.all("id").filter_map(|id| id.parse::<MemberId>().ok()).take(PAGE_ROWS_MAX) {
        match guest.domain().directory().member(&console.admin, &MemberRef::Id(id)).await {
            Ok(member) => members.push(member),
            Err(DirectoryError::Unknown(_)) => {}
            Err(error) => return Err(guest.fails()(error)),
        }
    }
    Ok(members)
}

/// The form for a member more.
pub(super) async fn new(guest: Guest, Path(slug): Path<String>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageMembers).await?;
    Ok(guest.show(|| draw_new(&console, NewMemberForm::default(), None)))
}

fn draw_new(console: &Console, form: NewMemberForm, problem: Option<Problem>) -> crate::render::Page {
    let model = NewMemberPage {
        slug: console.slug().to_owned(),
        domains: console.tenant.domains.clone(),
        may_give_roles: console.admin.may(Permission::ManageRoles),
        form,
        problem,
    };
    new_page(console.shell(Place::Members), model)
}

/// Adds the member and shows the set-up link, once.
pub(super) async fn create(guest: Guest, origin: Origin, Path(slug): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageMembers).await?;
    let fields = Pairs(fields);
    let typed = || NewMemberForm {
        upn: fields.typed("upn"),
        given: fields.typed("given"),
        family: fields.typed("family"),
        mail: fields.typed("mail"),
        roles: fields.all("role").filter_map(Role::from_text).collect(),
        ..NewMemberForm::default()
    };
    let upn = Upn::parse(fields.one("upn"));
    let given = fields.optional("given", |text| CleanText::parse(text).ok());
    let family = fields.optional("family", |text| CleanText::parse(text).ok());
    let mail = fields.optional("mail", |text| Upn::parse(text).ok());
    let (Ok(upn), Ok(given_name), Ok(family_name), Ok(mail)) = (&upn, &given, &family, &mail) else {
        let domain = console.tenant.domains.first().cloned().unwrap_or_else(|| "organisation.example".to_owned());
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            let mut form = typed();
            form.upn_error = upn.is_err().then(|| text!(members.upn_form, domain = domain));
            form.given_error = given.is_err().then(|| text!(members.name_bad).to_owned());
            form.family_error = family.is_err().then(|| text!(members.name_bad).to_owned());
            form.mail_error = mail.is_err().then(|| text!(members.mail_bad).to_owned());
            draw_new(&console, form, None)
        }));
    };
    let new = NewMember {
        upn: upn.clone(),
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        mail: mail.clone(),
        roles: typed().roles.into_iter().filter(|role| *role != Role::Member).collect(),
    };
    let directory = guest.domain().directory();
    let member = match directory.create_member(&console.admin, new).await {
        Ok(member) => member,
        Err(error @ (DirectoryError::UpnTaken | DirectoryError::DomainUnknown(_))) => {
            let code = error.code();
            return Ok(guest.show_with(code, || {
                let mut form = typed();
                form.upn_error = Some(crate::pages::words::error_title(code).to_owned());
                draw_new(&console, form, Some(Problem::new(code)))
            }));
        }
        Err(error) => return Err(guest.fails()(error)),
    };
    let of = MemberRef::Id(member);
    let token = directory.make_set_up_link(&console.admin, &of).await.map_err(guest.fails())?;
    let view = directory.member(&console.admin, &of).await.map_err(guest.fails())?;
    Ok(guest.show_secret(|| {
        let model = LinkPage {
            slug: console.slug().to_owned(),
            name: view.name(),
            member: member.to_string(),
            link: origin.set_up_link(&token),
            new: true,
            organisation: None,
        };
        link_page(console.shell(Place::Members), model)
    }))
}
