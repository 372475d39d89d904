//! `/security-questions`: asks the questions of a name and takes the answers, for a reset alone. Needs a key with scope `questions`, and tells nothing of
//! whether there is such a name, or whether anybody has answered anything.

use std::net::IpAddr;

use app::edge::{Body, Routes};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use domain::Domain;
use domain::actor::Client;
use domain::methods::question::{AskedQuestions, Given, QuestionPolicy, QuestionsAnswer, QuestionsRequest, QuestionsView};
use domain::vault::Secret;
use jiff::Timestamp;
use model::{AttemptId, Decision, QuestionNumbers, Reason, SECURITY_QUESTIONS_MAX, SecurityQuestion, SessionId, Upn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{Answer, Refusal};
use super::json::{Json, JsonAndBytes, Parameters, Whom};
use super::key::{CHANGE, Change, Key, QUESTIONS, Shown};
use super::users::{ReasonText, RemoveParameters};
use super::verifications::idempotency;
use crate::state::Service;
use crate::web::ProblemDocument;

pub(super) fn routes() -> Routes<Service> {
    let of_member = "/api/v1/users/{user}/security-questions";
    let path = "/api/v1/security-questions";
    Routes::new()
        .get(path, CHANGE, read_policy)
        .add(Method::PUT, path, CHANGE, Body::Json, set_policy)
        .add(Method::POST, path, QUESTIONS, Body::Json, ask)
        .add(Method::POST, "/api/v1/security-questions/verify", QUESTIONS, Body::Json, verify)
        .add(Method::DELETE, of_member, CHANGE, Body::None, reset)
}

/// What the policy says of security questions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionTerms {
    /// Members may answer them, and they are asked at a reset.
    allowed: bool,
    /// How many a member answers, 3 to 5.
    #[schema(example = 5)]
    register: u8,
    /// How many are asked, 3 to 5, and not more than that.
    #[schema(example = 3)]
    answer: u8,
}

impl From<QuestionPolicy> for QuestionTerms {
    fn from(policy: QuestionPolicy) -> Self {
        Self {
            allowed: policy.allowed,
            register: policy.numbers.register,
            answer: policy.numbers.answer,
        }
    }
}

/// The same, with the reason for the audit log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewQuestionTerms {
    /// Members may answer them, and they are asked at a reset.
    allowed: bool,
    /// How many a member answers, 3 to 5.
    #[schema(example = 5)]
    register: u8,
    /// How many are asked, 3 to 5, and not more than that.
    #[schema(example = 3)]
    answer: u8,
    /// For the audit log.
    #[schema(value_type = String, example = "decided by the board")]
    reason: ReasonText,
}

/// Reads what the policy says of security questions.
#[utoipa::path(
    get, path = "/api/v1/security-questions", tag = "Security questions",
    responses((status = 200, body = QuestionTerms), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn read_policy(State(domain): State<Domain>, key: Key<Change>) -> Answer<Out<QuestionTerms>> {
    Ok(Out(domain.methods().question_policy(&key.admin()).await?.into()))
}

/// Says so from now on, as the next version of the policy. Off at birth; an organisation of the strict profile has none (OWASP ASVS 6.4.2).
#[utoipa::path(
    put, path = "/api/v1/security-questions", tag = "Security questions", request_body = NewQuestionTerms,
    responses((status = 200, body = QuestionTerms), (status = "4XX", body = ProblemDocument, description = "Refused; the detail says why")),
)]
async fn set_policy(State(domain): State<Domain>, key: Key<Change>, Json(new): Json<NewQuestionTerms>) -> Answer<Out<QuestionTerms>> {
    let wanted = QuestionPolicy {
        allowed: new.allowed,
        numbers: QuestionNumbers {
            register: new.register,
            answer: new.answer,
        },
    };
    domain.methods().set_question_policy(&key.admin(), wanted, new.reason.as_str()).await?;
    Ok(Out(wanted.into()))
}

/// Whose questions are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionsFor {
    /// Sign-in name of the member.
    #[schema(value_type = String, example = "member@noord.example")]
    user: Upn,
    /// Where the member sits, as your system sees it.
    #[schema(value_type = Option<String>)]
    client_ip: Option<IpAddr>,
    /// Groups attempts of one run on your side.
    correlation_id: Option<Uuid>,
}

/// The questions to ask.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Asked {
    /// By which they are answered, once.
    #[schema(value_type = String, format = "uuid")]
    id: AttemptId,
    /// The public id of the attempt; people may read it out to support.
    #[schema(value_type = String, example = "7K2M-9QXD-3F")]
    session_id: SessionId,
    questions: Vec<Question>,
    /// Until when they may be answered.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

/// A question.
#[derive(Debug, Serialize, ToSchema)]
struct Question {
    /// Its id, which never changes.
    #[schema(value_type = String, example = "first-film")]
    id: SecurityQuestion,
    text: QuestionText,
}

/// A question as it is asked.
#[derive(Debug, Serialize, ToSchema)]
struct QuestionText {
    /// In English.
    en: &'static str,
    /// In Dutch.
    nl: &'static str,
}

impl From<AskedQuestions> for Asked {
    fn from(asked: AskedQuestions) -> Self {
        let question = |id: SecurityQuestion| Question {
            id,
            text: QuestionText {
                en: id.english(),
                nl: id.dutch(),
            },
        };
        Self {
            id: asked.id,
            session_id: asked.session_id,
            questions: asked.questions.into_iter().map(question).collect(),
            expires_at: asked.expires_at,
        }
    }
}

/// Asks the security questions of a name. Needs a key with scope `questions`.
///
/// A name that does not exist, and a member without questions, are asked as many as everybody, and always the same.
#[utoipa::path(
    post, path = "/api/v1/security-questions", tag = "Security questions", request_body = QuestionsFor,
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of 1 to 200 characters, new for each new request")),
    responses((status = 200, body = Asked), (status = "4XX", body = ProblemDocument, description = "Not asked")),
)]
async fn ask(State(domain): State<Domain>, key: Shown, headers: HeaderMap, JsonAndBytes(body, bytes): JsonAndBytes<QuestionsFor>) -> Answer<Out<Asked>> {
    let request = QuestionsRequest {
        user: body.user,
        client: Client {
            address: body.client_ip,
            agent: None,
        },
        correlation_id: body.correlation_id,
        idempotency: idempotency(&headers, &bytes)?,
    };
    let asked = domain.methods().questions_for(&key.credential, Some(key.address), request).await?;
    Ok(Out(asked.into()))
}

/// The answers, all of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyQuestions {
    /// The id that came with the questions.
    #[schema(value_type = String, format = "uuid")]
    id: AttemptId,
    answers: Vec<QuestionAnswer>,
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuestionAnswer {
    /// The id of the question.
    #[schema(example = "first-film")]
    question: String,
    /// As typed; capitals, width and white space make no difference.
    answer: String,
}

/// The decision. Wrong answers are an answer, not an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionsVerdict {
    /// The public id of the attempt.
    #[schema(value_type = String, example = "7K2M-9QXD-3F")]
    session_id: SessionId,
    /// `allowed` when every answer was right; else `denied`.
    #[schema(value_type = String, example = "allowed")]
    decision: Decision,
    /// `right_code`, `wrong_code` whatever was not right, or `throttled`.
    #[schema(value_type = String, example = "right_code")]
    reason: Reason,
    /// Until when nothing is compared, after the day's last try.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time")]
    wait_until: Option<Timestamp>,
}

impl From<QuestionsAnswer> for QuestionsVerdict {
    fn from(answer: QuestionsAnswer) -> Self {
        Self {
            session_id: answer.session_id,
            decision: answer.decision,
            reason: answer.reason,
            wait_until: answer.wait_until,
        }
    }
}

/// Checks the answers: all right, or refused. Five tries a day for each name. Needs a key with scope `questions`.
///
/// Good for a reset and for nothing else: never take it for a second step. With an `Idempotency-Key` the same request answers the same for ten minutes;
/// without one, a lost answer has used the try up.
#[utoipa::path(
    post, path = "/api/v1/security-questions/verify", tag = "Security questions", request_body = VerifyQuestions,
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of 1 to 200 characters, new for each new request")),
    responses(
        (status = 200, body = QuestionsVerdict),
        (status = 410, body = ProblemDocument, description = "Answered, expired or unknown"),
    ),
)]
async fn verify(
    State(domain): State<Domain>,
    key: Shown,
    headers: HeaderMap,
    JsonAndBytes(body, bytes): JsonAndBytes<VerifyQuestions>,
) -> Answer<Out<QuestionsVerdict>> {
    if body.answers.len() > usize::from(SECURITY_QUESTIONS_MAX) {
        return Err(Refusal::invalid("answers", format!("at most {SECURITY_QUESTIONS_MAX} are asked")));
    }
    let given: Vec<Given> = body
        .answers
        .into_iter()
        .map(|given| Given {
            question: given.question,
            answer: Secret::new(given.answer),
        })
        .collect();
    let idempotency = idempotency(&headers, &bytes)?;
    let answer = domain
        .methods()
        .answer_questions(&key.credential, Some(key.address), body.id, &given, idempotency)
        .await?;
    Ok(Out(answer.into()))
}

/// How security questions stand for a member; never which ones.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    /// Answers that are registered.
    registered: i64,
    /// Since when.
    #[schema(value_type = Option<String>, format = "date-time")]
    registered_at: Option<Timestamp>,
}

impl Standing {
    /// Of a member who has any.
    pub(super) fn of(view: QuestionsView) -> Option<Self> {
        (view.registered > 0).then_some(Self {
            registered: view.registered,
            registered_at: view.made_at,
        })
    }
}

/// Removes a member's security questions: the member answers new ones, or none.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}/security-questions", tag = "Security questions",
    params(("user" = String, Path, description = "Id or sign-in name"), RemoveParameters),
    responses((status = 204, description = "Removed"), (status = "4XX", body = ProblemDocument, description = "Refused")),
)]
async fn reset(State(domain): State<Domain>, key: Key<Change>, Whom(whom): Whom, Parameters(asked): Parameters<RemoveParameters>) -> Answer<StatusCode> {
    domain.methods().reset_questions(&key.admin(), &whom, asked.reason.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
