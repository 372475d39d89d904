//! `/reset`: a forgotten password, step by step. The session holds the handle of the attempt and nothing else; how far it is, the domain says.

use axum::{
    extract::{Form, Path, Query as QueryOf},
    response::{IntoResponse, Response},
};
use domain::{
    directory::DirectoryError,
    methods::question::Given,
    reset::{Began, Chosen, ResetError, ResetRight, ResetToken, ResetView, Shown},
    sign_in::{NewSession, SessionStage},
    vault::Secret,
};
use jiff::Timestamp;
use model::*;

use super::forms::{Fields, Pairs, Query};
use crate::{
    caller::{Answer, Guest, Stop, see},
    edge::Uncompressed,
    pages::{
        Problem,
        reset::{ResetPage, Stand, page},
    },
    routes,
};

/// The step that the reset is at.
pub(super) async fn show(mut guest: Guest, QueryOf(query): QueryOf<Query>) -> Answer {
    if query.done.is_some() {
        return Ok(guest.show(|| page(guest.shell(), ResetPage::Done)));
    }
    let Some((tenant, attempt)) = guest.attempt() else {
        return Ok(name_page(&guest, String::new(), None));
    };
    match guest.domain().reset().look(tenant, attempt).await {
        Ok(view) => {
            guest.in_attempt(view.session_id);
            let ways = query.show.as_deref() == Some("ways");
            Ok(guest.show(|| page(guest.shell(), step(view, ways, None))))
        }
        // Another attempt, such as a sign-in, is left alone: whoever forgot the password comes from there.
        Err(ResetError::Expired) => Ok(name_page(&guest, String::new(), None)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// What came back from a step.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let fields = Pairs(fields);
    match fields.one("step") {
        "name" => name(guest, &fields).await,
        "way" => way(guest, &fields).await,
        "code" => code(guest, &fields).await,
        "answers" => answers(guest, &fields).await,
        "restart" => {
            guest.close().await?;
            Ok(see(routes::RESET))
        }
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

/// The page for the new password. Looking uses nothing up.
pub(super) async fn show_password(guest: Guest, Path(token): Path<String>) -> Answer {
    let found = match ResetToken::parse(&token) {
        Some(parsed) => guest.domain().reset().right(&parsed).await,
        None => Err(ResetError::LinkGone),
    };
    match found {
        Ok(right) => Ok(guest.show_secret(|| page(guest.shell(), password_page(&token, right, None)))),
        Err(ResetError::LinkGone) => Ok(stopped(&guest, Problem::new(ErrorCode::ResetLinkUsed), None)),
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Sets it. Nobody is signed in by it.
pub(super) async fn act_password(guest: Guest, Path(token): Path<String>, Form(fields): Form<Fields>) -> Answer {
    let gone = || Ok(stopped(&guest, Problem::new(ErrorCode::ResetLinkUsed), None));
    let Some(parsed) = ResetToken::parse(&token) else { return gone() };
    let resets = guest.domain().reset();
    match resets.set(&parsed, &fields.password).await {
        Ok(_) => {
            guest.close().await?;
            Ok(see(&format!("{}?done=set", routes::RESET)))
        }
        Err(ResetError::LinkGone) => gone(),
        Err(ResetError::Directory(DirectoryError::Password(problem))) => {
            let code = DirectoryError::Password(problem).code();
            let Ok(right) = resets.right(&parsed).await else { return gone() };
            let shown = guest.show_with(code, || page(guest.shell(), password_page(&token, right, Some(Problem::new(code)))));
            Ok((Uncompressed, shown).into_response())
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn name(guest: Guest, fields: &Pairs) -> Answer {
    let Ok(upn) = Upn::parse(fields.one("upn").trim()) else {
        let problem = Problem::new(ErrorCode::NameForm);
        return Ok(name_page(&guest, fields.typed("upn"), Some(problem)));
    };
    match guest.domain().reset().begin(&upn, &guest.client).await.map_err(guest.fails())? {
        Began::NotOffered => Ok(stopped(&guest, Problem::new(ErrorCode::ResetNotOffered), Some(upn.to_string()))),
        Began::Wait { until } => Ok(stopped(&guest, throttled(until), Some(upn.to_string()))),
        Began::Begun { tenant, attempt } => {
            let new = NewSession::of_attempt(Some(tenant), Some(attempt), SessionStage::SignIn, 0, guest.client.clone());
            guest.open(new).await?;
            Ok(see(routes::RESET))
        }
    }
}

async fn way(mut guest: Guest, fields: &Pairs) -> Answer {
    let (tenant, attempt) = at(&guest)?;
    let Some(kind) = MethodKind::from_text(fields.one("method")) else {
        return Ok(see(routes::RESET));
    };
    match guest.domain().reset().choose(tenant, attempt, kind).await {
        Ok(Chosen::Asked) => Ok(see(routes::RESET)),
        Ok(Chosen::Wait { until }) => {
            let view = look(&mut guest, tenant, attempt).await?;
            let problem = throttled(until);
            Ok(guest.show_with(problem.code, || page(guest.shell(), step(view, true, Some(problem)))))
        }
        Err(error) => over(&guest, error).await,
    }
}

async fn code(mut guest: Guest, fields: &Pairs) -> Answer {
    let (tenant, attempt) = at(&guest)?;
    let offered = OfferedCode::parse(fields.one("code"))
        .ok()
        .filter(|code| matches!(code, OfferedCode::Digits(_)));
    let Some(offered) = offered else {
        let view = look(&mut guest, tenant, attempt).await?;
        return Ok(again(&guest, view, Problem::new(ErrorCode::CodeForm)));
    };
    let shown = guest.domain().reset().answer(tenant, attempt, &offered).await;
    came_of(guest, (tenant, attempt), shown).await
}

async fn answers(guest: Guest, fields: &Pairs) -> Answer {
    let (tenant, attempt) = at(&guest)?;
    let given: Vec<Given> = (0..usize::from(SECURITY_QUESTIONS_MAX))
        .map(|n| (fields.one(&format!("question-{n}")).to_owned(), fields.one(&format!("answer-{n}")).to_owned()))
        .filter(|(question, _)| !question.is_empty())
        .map(|(question, answer)| Given {
            question,
            answer: Secret::new(answer),
        })
        .collect();
    let shown = guest.domain().reset().answer_questions(tenant, attempt, &given).await;
    came_of(guest, (tenant, attempt), shown).await
}

async fn came_of(mut guest: Guest, (tenant, attempt): (TenantId, AttemptId), shown: Result<Shown, ResetError>) -> Answer {
    match shown {
        Ok(Shown::More) => Ok(see(routes::RESET)),
        Ok(Shown::Enough(token)) => {
            guest.close().await?;
            Ok(see(&routes::RESET_PASSWORD.replace("{token}", &token.reveal())))
        }
        Ok(Shown::Wrong { tries_left }) => {
            let view = look(&mut guest, tenant, attempt).await?;
            let problem = Problem {
                tries_left: u8::try_from(tries_left).ok(),
                ..Problem::new(ErrorCode::ResetRefused)
            };
            Ok(again(&guest, view, problem))
        }
        Ok(Shown::RanOut) => {
            let view = look(&mut guest, tenant, attempt).await?;
            let problem = Problem::new(ErrorCode::ResetRefused);
            Ok(guest.show_with(problem.code, || page(guest.shell(), step(view, true, Some(problem)))))
        }
        Ok(Shown::Ended) => {
            guest.close().await?;
            Ok(stopped(&guest, Problem::new(ErrorCode::TooManyCodes), None))
        }
        Err(error) => over(&guest, error).await,
    }
}

fn at(guest: &Guest) -> Result<(TenantId, AttemptId), Stop> {
    guest.attempt().ok_or_else(|| see(routes::RESET).into())
}

async fn look(guest: &mut Guest, tenant: TenantId, attempt: AttemptId) -> Result<ResetView, Stop> {
    match guest.domain().reset().look(tenant, attempt).await {
        Ok(view) => {
            guest.in_attempt(view.session_id);
            Ok(view)
        }
        Err(error) => Err(over(guest, error).await?.into()),
    }
}

/// A step of a reset that has ended, or never was one.
async fn over(guest: &Guest, error: ResetError) -> Answer {
    match error {
        ResetError::Expired => {
            guest.close().await?;
            Ok(stopped(guest, Problem::new(ErrorCode::ResetLinkUsed), None))
        }
        error => Err(guest.fails()(error)),
    }
}

fn again(guest: &Guest, view: ResetView, problem: Problem) -> Response {
    guest.show_with(problem.code, || page(guest.shell(), step(view, false, Some(problem))))
}

/// The page of where a reset stands.
fn step(view: ResetView, ways: bool, problem: Option<Problem>) -> ResetPage {
    let at = Stand {
        upn: view.upn,
        gate: view.gate,
        gates: view.gates,
    };
    match view.asked.filter(|_| !ways) {
        None => ResetPage::Ways { at, ways: view.ways, problem },
        Some(asked) if asked.kind == MethodKind::SecurityQuestions => ResetPage::Questions {
            at,
            questions: asked.questions,
            problem,
        },
        Some(asked) => ResetPage::Code {
            at,
            kind: asked.kind,
            until: asked.kind.channel().map(|_| asked.expires_at),
            problem,
        },
    }
}

fn throttled(until: Timestamp) -> Problem {
    Problem {
        until: Some(until),
        ..Problem::new(ErrorCode::Throttled)
    }
}

fn name_page(guest: &Guest, upn: String, problem: Option<Problem>) -> Response {
    match problem.as_ref().map(|problem| problem.code) {
        Some(code) => guest.show_with(code, || page(guest.shell(), ResetPage::Name { upn, problem })),
        None => guest.show(|| page(guest.shell(), ResetPage::Name { upn, problem })),
    }
}

fn stopped(guest: &Guest, problem: Problem, upn: Option<String>) -> Response {
    guest.show_with(problem.code, || page(guest.shell(), ResetPage::Stopped { problem, upn }))
}

fn password_page(token: &str, right: ResetRight, problem: Option<Problem>) -> ResetPage {
    let member = right.member;
    let names = [Some(member.upn.clone()), member.given_name, member.family_name, Some(right.tenant.name)];
    ResetPage::Password {
        action: routes::RESET_PASSWORD.replace("{token}", token),
        upn: member.upn,
        names: names.into_iter().flatten().collect(),
        length_min: PASSWORD_CHARACTERS_MIN,
        until: right.expires_at,
        problem,
    }
}
