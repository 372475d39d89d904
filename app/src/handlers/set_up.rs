//! `/set-up/{token}`: the one-time link a new account begins with: a password first, then the second step.

use axum::{
    extract::{Form, Path},
    response::IntoResponse,
};
use domain::{
    directory::{DirectoryError, SetUpLink, SetUpToken},
    sign_in::{NewSession, SessionStage},
    verification::facts::Stage,
};
use model::*;

use super::forms::Fields;
use crate::{
    caller::{Answer, Guest, Stop, see},
    edge::Uncompressed,
    pages::{
        Problem,
        set_up::{SetUpPage, page},
    },
    routes,
};

/// The password page, or that the link no longer works. Looking does not use it up.
pub(super) async fn show(guest: Guest, Path(token): Path<String>) -> Answer {
    match find(&guest, &token).await? {
        Some((_, link)) => Ok(guest.show_secret(|| page(guest.shell(), form(&token, link, None)))),
        None => Ok(gone(&guest)),
    }
}

/// Sets the password and goes on to the second step. The link is used up.
pub(super) async fn act(guest: Guest, Path(token): Path<String>, Form(fields): Form<Fields>) -> Answer {
    let Some((parsed, link)) = find(&guest, &token).await? else {
        return Ok(gone(&guest));
    };
    let member = match guest.domain().directory().use_set_up_link(&parsed, &fields.password).await {
        Ok(member) => member,
        Err(DirectoryError::LinkGone) => return Ok(gone(&guest)),
        Err(DirectoryError::Password(problem)) => {
            let code = DirectoryError::Password(problem).code();
            let shown = guest.show_with(code, || page(guest.shell(), form(&token, link, Some(Problem::new(code)))));
            return Ok((Uncompressed, shown).into_response());
        }
        Err(error) => return Err(guest.fails()(error)),
    };
    let upn = Upn::parse(&member.upn).map_err(|_| guest.oops(ErrorCode::Internal))?;
    let sign_in = guest.domain().sign_in();
    let begun = sign_in.begin_set_up(parsed.tenant(), &upn, &guest.client).await.map_err(guest.fails())?;
    let attempt = begun.attempt.ok_or_else(|| guest.oops(ErrorCode::Internal))?;
    let view = sign_in.look(parsed.tenant(), attempt).await.map_err(guest.fails())?;
    let (stage, next) = match view.stage {
        Stage::Register => (SessionStage::Register, routes::REGISTER),
        Stage::Password | Stage::Second | Stage::Decided => (SessionStage::SignIn, routes::SIGN_IN),
    };
    guest
        .open(NewSession::of_attempt(Some(parsed.tenant()), Some(attempt), stage, 1, guest.client.clone()))
        .await?;
    Ok(see(next))
}

async fn find(guest: &Guest, token: &str) -> Result<Option<(SetUpToken, SetUpLink)>, Stop> {
    let Some(parsed) = SetUpToken::parse(token) else { return Ok(None) };
    match guest.domain().directory().set_up_link(&parsed).await {
        Ok(link) => Ok(Some((parsed, link))),
        Err(DirectoryError::LinkGone) => Ok(None),
        Err(error) => Err(guest.fails()(error)),
    }
}

fn gone(guest: &Guest) -> axum::response::Response {
    guest.show_with(ErrorCode::SetUpLinkUsed, || page(guest.shell(), SetUpPage::Gone))
}

fn form(token: &str, link: SetUpLink, problem: Option<Problem>) -> SetUpPage {
    SetUpPage::Password {
        action: routes::SET_UP.replace("{token}", token),
        name: link.member.given_name,
        family: link.member.family_name,
        upn: link.member.upn,
        tenant: link.tenant.name,
        length_min: PASSWORD_CHARACTERS_MIN,
        until: link.expires_at,
        problem,
    }
}
