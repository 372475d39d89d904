//! Security questions: what a member answers once, so that a password can be reset. Hashed like passwords, for resets alone, never a factor, never for
//! anybody with a role. The set is replaced as a whole; how it is asked stands in `asking.rs`.

pub(crate) mod asking;
mod error;
pub mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use crate::{directory::DirectoryError, vault::Secret};
pub use asking::{AskedQuestions, QuestionsAnswer, QuestionsRequest};
pub use error::QuestionError;
pub use rules::{Flaw, Flawed};

type Result<T> = std::result::Result<T, QuestionError>;

/// A question and its answer as they were typed.
#[derive(Clone, Debug)]
pub struct Given {
    /// The id of the question.
    pub question: String,
    /// The answer.
    pub answer: Secret<String>,
}

/// How security questions stand for a member. Never which ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QuestionsView {
    /// The member may register them: the organisation allows them, and the member has no role.
    pub allowed: bool,
    /// Answers that are registered.
    pub registered: i64,
    /// Since when.
    pub made_at: Option<Timestamp>,
    /// How many are to be registered.
    pub register: u8,
    /// How many are asked at a reset.
    pub answer: u8,
}

impl QuestionsView {
    /// True when there are answers, and as many as are asked.
    pub const fn is_enough(&self) -> bool {
        self.registered >= self.answer as i64
    }
}

/// What a tenant's policy says of security questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionPolicy {
    /// Members may register them, and they are asked.
    pub allowed: bool,
    /// How many.
    pub numbers: QuestionNumbers,
}

impl QuestionPolicy {
    fn of(document: &PolicyDocument) -> Self {
        Self {
            allowed: document.allows(MethodKind::SecurityQuestions, MethodUse::Reset),
            numbers: document.questions,
        }
    }
}

/// How they stand for a member under a policy.
pub(super) async fn view(tx: &mut TenantTx, member: &MemberView, document: Option<&PolicyDocument>) -> std::result::Result<QuestionsView, crate::db::DbError> {
    let (registered, made_at) = store::count_answers(tx, member.id).await?;
    let numbers = document.map(|document| document.questions).unwrap_or_default();
    Ok(QuestionsView {
        allowed: member.rank() == 0 && document.is_some_and(|d| d.allows(MethodKind::SecurityQuestions, MethodUse::Reset)),
        registered,
        made_at,
        register: numbers.register,
        answer: numbers.answer,
    })
}

impl Methods<'_> {
    /// What the policy says of security questions.
    pub async fn question_policy(self, by: &Admin) -> Result<QuestionPolicy> {
        by.needs(Permission::ReadMembers)?;
        let (_, document) = self.0.directory().policy(by).await?;
        Ok(QuestionPolicy::of(&document))
    }

    /// Says so from now on, as the next version of the policy. The strict profile allows none.
    pub async fn set_question_policy(self, by: &Admin, wanted: QuestionPolicy, reason: &str) -> Result<()> {
        let change = |mut document: PolicyDocument| {
            document.methods.retain(|rule| rule.kind != MethodKind::SecurityQuestions);
            if wanted.allowed {
                document.methods.push(MethodRule {
                    kind: MethodKind::SecurityQuestions,
                    uses: vec![MethodUse::Reset],
                });
            }
            document.questions = wanted.numbers;
            document
        };
        self.0.directory().change_policy(by, reason, change).await?;
        Ok(())
    }

    /// Registers the member's own questions and answers; the set before is gone. Needs a fresh second factor, as every change of security info.
    pub async fn register_questions(self, me: &Member, given: &[Given]) -> Result<()> {
        let wanted = self.may_register_questions(me).await?;
        if given.len() != usize::from(wanted.register) {
            return Err(QuestionError::Number(wanted.register));
        }
        let fits = rules::read_set(given).map_err(QuestionError::Flawed)?;
        // Hashed before anything is locked, one after the other: the pool lets in no more than the machine can take.
        let mut hashed = Vec::with_capacity(fits.len());
        for fit in fits {
            let phc = self.0.passwords().hash(self.0.vault(), self.0.rng(), fit.answer).await?;
            hashed.push((fit.question, phc));
        }
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        super::store::lock_member(&mut tx, me.id()).await?;
        // What has changed while they were hashed counts: a role, the policy, the number.
        let standing = self.may_register(&mut tx, me).await?;
        if hashed.len() != usize::from(standing.register) {
            return Err(QuestionError::Number(standing.register));
        }
        crate::directory::store::delete_security_answers(&mut tx, me.id()).await?;
        for (question, phc) in &hashed {
            store::insert_answer(&mut tx, me.id(), *question, phc, now).await?;
        }
        let (event, before) = match standing.registered {
            0 => (Event::SecurityInfoRegistered, Value::Null),
            before => (Event::SecurityInfoUpdated, told(before)),
        };
        let after = told(hashed.len() as i64);
        self.record(&mut tx, me.id(), Who::Member(me.id()), event, None, before, after).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the member may register questions now, and how many: before anything is typed.
    pub async fn may_register_questions(self, me: &Member) -> Result<QuestionsView> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let standing = self.may_register(&mut tx, me).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Removes the member's own questions, whether the organisation still allows them or not.
    pub async fn remove_questions(self, me: &Member) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        super::store::lock_member(&mut tx, me.id()).await?;
        let (_, info) = self.info(&mut tx, me.id()).await?;
        self.fresh(me, &info)?;
        self.take(&mut tx, me.id(), Who::Member(me.id()), Event::SecurityInfoDeleted, None).await?;
        Ok(tx.commit().await?)
    }

    /// Removes a member's questions, as an admin does: the member answers new ones, or none.
    pub async fn reset_questions(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMfa)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(DirectoryError::RankTooHigh.into());
        }
        super::store::lock_member(&mut tx, view.id).await?;
        self.take(&mut tx, view.id, by.who(), Event::SecurityInfoDeletedByAdmin, Some(reason)).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the member may register questions, and how many.
    async fn may_register(self, tx: &mut TenantTx, me: &Member) -> Result<QuestionsView> {
        let (view, info) = self.info(tx, me.id()).await?;
        if view.rank() > 0 {
            return Err(QuestionError::ForMembersOnly);
        }
        if me.strict || !info.questions.allowed {
            return Err(QuestionError::Off);
        }
        self.fresh(me, &info)?;
        Ok(info.questions)
    }

    async fn take(self, tx: &mut TenantTx, member: MemberId, who: Who, event: Event, reason: Option<&str>) -> Result<()> {
        match crate::directory::store::delete_security_answers(tx, member).await? {
            0 => Err(MethodError::Unknown.into()),
            gone => Ok(self.record(tx, member, who, event, reason, told(gone as i64), Value::Null).await?),
        }
    }
}

/// What the audit log says of a set: how many, never which.
fn told(questions: i64) -> Value {
    json!({ "kind": MethodKind::SecurityQuestions, "questions": questions })
}
