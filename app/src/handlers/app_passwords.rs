//! `/security-info/app-passwords`: passwords for programs that cannot ask for a second step.

use axum::{
    extract::{Form, Query as QueryOf},
    response::{IntoResponse, Response},
};
use domain::{methods::MethodError, sign_in::SignedIn};
use model::*;
use uuid::Uuid;

use super::forms::{Fields, Query};
use crate::{
    caller::{Answer, Guest, Stop, see},
    edge::Uncompressed,
    pages::{
        Problem,
        security_info::{AppPasswords, PATH, app_passwords},
    },
    routes::SECURITY_INFO_APP_PASSWORDS as HERE,
    visit::query_value,
};

/// The list, or the question whether one or all are to go.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    let me = guest.member()?.clone();
    let own = guest.domain().methods().my_app_passwords(&me.me).await.map_err(guest.fails())?;
    let named = query.remove.as_deref().and_then(|id| id.parse::<Uuid>().ok());
    let asked = own.items.iter().find(|password| Some(password.id) == named).cloned();
    let model = match (asked, query.remove.as_deref()) {
        (Some(password), _) => AppPasswords::Remove(password),
        (None, Some("all")) if !own.items.is_empty() => AppPasswords::RemoveAll { count: own.items.len() },
        _ => {
            let removed = query.what.filter(|_| query.done.as_deref() == Some("removed"));
            let name = query
                .name
                .unwrap_or_default()
                .chars()
                .filter(|c| !c.is_control())
                .take(NAME_CHARACTERS_MAX)
                .collect();
            list(&guest, &me, (name, None), removed, None).await?
        }
    };
    Ok(guest.show(|| app_passwords(guest.shell(), model)))
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Fields>) -> Answer {
    let me = guest.member()?.clone();
    match fields.step.as_str() {
        "make" => make(guest, &me, &fields).await,
        "remove" => remove(guest, &me, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

async fn make(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let typed = || {
        fields
            .name
            .chars()
            .filter(|c| !c.is_control())
            .take(2 * NAME_CHARACTERS_MAX)
            .collect::<String>()
    };
    let label = match CleanText::parse(&fields.name) {
        Ok(label) => label,
        Err(problem) => {
            let model = list(&guest, me, (typed(), Some(problem)), None, None).await?;
            return Ok(guest.show_with(ErrorCode::Invalid, || app_passwords(guest.shell(), model)));
        }
    };
    match guest.domain().methods().make_my_app_password(&me.me, &label).await {
        Ok(made) => {
            let model = AppPasswords::Made {
                label: made.view.label.clone(),
                letters: made.reveal().to_owned(),
            };
            Ok(guest.show_secret(|| app_passwords(guest.shell(), model)))
        }
        Err(MethodError::StepUp) => Ok(confirm_first(&format!("{HERE}?name={}", query_value(label.as_str())))),
        Err(error @ (MethodError::KindOff(_) | MethodError::AppPasswordLimit(_))) => {
            let code = error.code();
            let model = list(&guest, me, (typed(), None), None, Some(Problem::new(code))).await?;
            Ok((Uncompressed, guest.show_with(code, || app_passwords(guest.shell(), model))).into_response())
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn remove(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let named = match fields.method.as_str() {
        "" => None,
        id => Some(id.parse::<Uuid>().map_err(|_| guest.oops(ErrorCode::BadRequest))?),
    };
    match guest.domain().methods().remove_my_app_passwords(&me.me, named).await {
        Ok(gone) => Ok(see(&format!("{HERE}?done=removed&what={}", query_value(&gone.join(", "))))),
        // A second click finds it gone already.
        Err(MethodError::Unknown) => Ok(see(HERE)),
        Err(MethodError::StepUp) => {
            let which = if named.is_some() { fields.method.as_str() } else { "all" };
            Ok(confirm_first(&format!("{HERE}?remove={which}")))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

/// A fresh second step, and back to where it was asked for.
fn confirm_first(back: &str) -> Response {
    see(&format!("{PATH}?confirm={}", query_value(back)))
}

async fn list(
    guest: &Guest,
    me: &SignedIn,
    (name, error): (String, Option<TextError>),
    removed: Option<String>,
    problem: Option<Problem>,
) -> Result<AppPasswords, Stop> {
    let own = guest.domain().methods().my_app_passwords(&me.me).await.map_err(guest.fails())?;
    Ok(AppPasswords::List {
        tenant: me.tenant.name.clone(),
        items: own.items,
        allowed: own.allowed,
        name,
        error,
        removed,
        problem,
    })
}
