//! Every statement of security questions.

use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{MemberId, SecurityQuestion, TenantId};

/// A question that a member has answered, and the hash of the answer.
pub(crate) struct AnswerRow {
    pub(crate) question: SecurityQuestion,
    pub(crate) phc: String,
}

/// What a member has registered; nothing for nobody, by the same statement.
pub(crate) async fn find_answers(db: &Db, tenant: TenantId, member: Option<MemberId>) -> Result<Vec<AnswerRow>, DbError> {
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query!(
        "select question, phc from security_answer where tenant_id = $1 and member_id = $2 order by question",
        tenant.0,
        member.map(|m| m.0)
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let known = |question: &str| SecurityQuestion::from_text(question);
    Ok(rows
        .into_iter()
        .filter_map(|r| known(&r.question).map(|question| AnswerRow { question, phc: r.phc }))
        .collect())
}

/// How many questions a member has answered, and when.
pub(crate) async fn count_answers(tx: &mut TenantTx, member: MemberId) -> Result<(i64, Option<Timestamp>), DbError> {
    let tenant = tx.tenant().0;
    let r = sqlx::query!(
        r#"select count(*) as "registered!", max(made_at) as made_at from security_answer where tenant_id = $1 and member_id = $2"#,
        tenant,
        member.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((r.registered, r.made_at.map(|t| t.to_jiff())))
}

pub(crate) async fn insert_answer(tx: &mut TenantTx, member: MemberId, question: SecurityQuestion, phc: &str, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into security_answer (tenant_id, member_id, question, phc, made_at) values ($1, $2, $3, $4, $5)",
        tenant,
        member.0,
        question.as_str(),
        phc,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
