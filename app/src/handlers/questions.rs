//! `/security-info/add/security-questions`: answers for the day on which the password is forgotten. What was typed goes into the form again and nowhere else.

use axum::{
    extract::Form,
    response::{IntoResponse, Response},
};
use domain::{
    methods::{
        MethodError,
        question::{Given, QuestionError, QuestionsView},
    },
    vault::Secret,
};
use model::*;

use super::forms::Pairs;
use crate::{
    caller::{Answer, Guest, see},
    edge::Uncompressed,
    pages::{
        Problem,
        security_info::{PATH, QuestionRow, QuestionsForm, questions_form},
    },
    routes,
    visit::query_value,
};

/// The most of an answer that is shown again, in characters: more than fits, so that what is too long is seen.
const SHOWN_MAX: usize = 100;

/// The form. The second step comes first, so that nothing is typed for nothing.
pub(super) async fn show(guest: Guest) -> Answer {
    let me = guest.member()?.clone();
    let standing = match guest.domain().methods().may_register_questions(&me.me).await {
        Ok(standing) => standing,
        Err(error) => return stopped(&guest, error),
    };
    let rows = (0..standing.register).map(|_| QuestionRow::empty()).collect();
    Ok(guest.show(|| questions_form(guest.shell(), form(standing, rows, None))))
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let me = guest.member()?.clone();
    let methods = guest.domain().methods();
    let standing = match methods.may_register_questions(&me.me).await {
        Ok(standing) => standing,
        Err(error) => return stopped(&guest, error),
    };
    let fields = Pairs(fields);
    let (mut questions, mut answers) = (fields.all("question"), fields.all("answer"));
    let given: Vec<Given> = (0..standing.register)
        .map(|_| Given {
            question: questions.next().unwrap_or_default().to_owned(),
            answer: Secret::new(answers.next().unwrap_or_default().to_owned()),
        })
        .collect();
    match methods.register_questions(&me.me, &given).await {
        Ok(()) => Ok(see(&format!("{PATH}?done=questions"))),
        Err(QuestionError::Flawed(flaws)) => {
            let rows = given.iter().enumerate().map(|(n, given)| QuestionRow {
                question: SecurityQuestion::from_text(&given.question),
                answer: shown(&given.answer),
                flaw: flaws.iter().find(|flawed| flawed.place == n).map(|flawed| flawed.flaw),
            });
            Ok(again(&guest, ErrorCode::Invalid, form(standing, rows.collect(), None)))
        }
        Err(error @ QuestionError::Hash(_)) => {
            let rows = given.iter().map(|given| QuestionRow {
                question: SecurityQuestion::from_text(&given.question),
                answer: shown(&given.answer),
                flaw: None,
            });
            let code = error.code();
            Ok(again(&guest, code, form(standing, rows.collect(), Some(Problem::new(code)))))
        }
        Err(error) => stopped(&guest, error),
    }
}

/// What stands in the way whatever is typed.
fn stopped(guest: &Guest, error: QuestionError) -> Answer {
    match error {
        QuestionError::Method(MethodError::StepUp) => Ok(see(&format!("{PATH}?confirm={}", query_value(routes::SECURITY_INFO_ADD_QUESTIONS)))),
        error => Err(guest.fails()(error)),
    }
}

fn form(standing: QuestionsView, rows: Vec<QuestionRow>, problem: Option<Problem>) -> QuestionsForm {
    QuestionsForm {
        rows,
        asked: standing.answer,
        replaces: standing.registered > 0,
        problem,
    }
}

fn again(guest: &Guest, code: ErrorCode, model: QuestionsForm) -> Response {
    (Uncompressed, guest.show_with(code, || questions_form(guest.shell(), model))).into_response()
}

fn shown(answer: &Secret<String>) -> Secret<String> {
    Secret::new(answer.expose().chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect())
}
