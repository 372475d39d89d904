//! What an admin does when somebody must not come in, or must come in once without a second factor: blocks, their history, and the one-time bypass.
//! The verification engine loads both with all other facts; here they only begin and end.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use serde::Serialize;

/// How long a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockTerm {
    /// So many days, 1 to 3,650.
    Days(i64),
    /// Until somebody lifts it.
    WithoutEnd,
}

impl Default for BlockTerm {
    fn default() -> Self {
        Self::Days(BLOCK_DAYS)
    }
}

impl BlockTerm {
    /// The end of a block that begins now.
    pub fn until(self, now: Timestamp) -> Result<Timestamp> {
        match self {
            Self::WithoutEnd => Ok(without_end()),
            Self::Days(days) if (1..=BLOCK_DAYS_MAX).contains(&days) => Ok(now + SignedDuration::from_hours(24 * days)),
            Self::Days(_) => Err(DirectoryError::Terms("days: a block lasts 1 to 3,650 days, or has no end")),
        }
    }
}

/// The end of what has none, as it is stored.
fn without_end() -> Timestamp {
    Timestamp::from_second(BLOCK_WITHOUT_END).unwrap_or(Timestamp::MAX)
}

/// What brought a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockCause {
    /// An admin.
    Admin,
    /// The member said that somebody else was trying.
    FraudReport,
}

/// A block, in force or of before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockView {
    /// What brought it.
    pub cause: BlockCause,
    /// Why, in somebody's words.
    pub reason: String,
    /// Since when.
    pub blocked_at: Timestamp,
    /// Until when; `None` for one without end.
    pub until: Option<Timestamp>,
    /// When it was lifted, if it was.
    pub ended_at: Option<Timestamp>,
    /// Why it was lifted.
    pub end_reason: Option<String>,
    /// It holds at this moment.
    pub holds: bool,
}

/// A one-time bypass that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BypassView {
    /// Why, in somebody's words.
    pub reason: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when, if nobody uses it before.
    pub until: Timestamp,
}

/// How a member stands with blocks and bypasses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Blocks, newest first; one that holds is the first.
    pub blocks: Vec<BlockView>,
    /// The bypass that is open.
    pub bypass: Option<BypassView>,
}

impl Standing {
    /// The block that holds.
    pub fn block(&self) -> Option<&BlockView> {
        self.blocks.iter().find(|block| block.holds)
    }
}

impl Directory<'_> {
    /// Blocks a member: every verification is refused from now on, every session ends, and so does a bypass. A block of before is replaced.
    pub async fn block(self, by: &Admin, of: &MemberRef, term: BlockTerm, reason: &str) -> Result<MemberView> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        if by.who() == Who::Member(view.id) {
            return Err(DirectoryError::Oneself);
        }
        let (now, until) = (change.now, term.until(change.now)?);
        self.keep_a_global_admin(&mut change, &view).await?;
        store::lock_member(&mut change.tx, view.id).await?;
        let replaced = store::end_blocks(&mut change.tx, view.id, by.who().id(), reason, now).await?;
        let id = self.0.rng().id(now);
        store::insert_block(&mut change.tx, id, view.id, (store::ADMIN, reason), by.who().id(), now, until).await?;
        super::end_what_was_given(&mut change.tx, view.id, now).await?;
        let ended = super::store::delete_sessions(&mut change.tx, view.id).await?;
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        let told = json!({ "until": (term != BlockTerm::WithoutEnd).then_some(until), "sessions_ended": ended });
        change
            .finish(self, Event::MemberBlocked, by, Some(reason), json!({ "replaced": replaced > 0 }), told)
            .await?;
        Ok(after)
    }

    /// Lifts the block of a member, whatever brought it.
    pub async fn unblock(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<MemberView> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        if by.who() == Who::Member(view.id) {
            return Err(DirectoryError::Oneself);
        }
        let now = change.now;
        store::lock_member(&mut change.tx, view.id).await?;
        if store::end_blocks(&mut change.tx, view.id, by.who().id(), reason, now).await? == 0 {
            return Err(DirectoryError::NotOpen("block"));
        }
        let after = self.view(&mut change.tx, &MemberRef::Id(view.id)).await?;
        change
            .finish(
                self,
                Event::MemberUnblocked,
                by,
                Some(reason),
                json!({ "blocked": true }),
                json!({ "blocked": false }),
            )
            .await?;
        Ok(after)
    }

    /// Opens a one-time bypass: within so many seconds one verification is let through without a second factor. One of before is replaced. Not for oneself.
    pub async fn open_bypass(self, by: &Admin, of: &MemberRef, seconds: i64, reason: &str) -> Result<BypassView> {
        by.needs(Permission::ManageMfa)?;
        if !(BYPASS_SECONDS_MIN..=BYPASS_SECONDS_MAX).contains(&seconds) {
            return Err(DirectoryError::Terms("seconds: a bypass waits 30 to 3,600 seconds"));
        }
        let (view, mut change) = self.begin_change(by, of).await?;
        if by.who() == Who::Member(view.id) {
            return Err(DirectoryError::Oneself);
        }
        if view.blocked {
            return Err(DirectoryError::Terms("the member is blocked: lift the block first"));
        }
        let now = change.now;
        let until = now + SignedDuration::from_secs(seconds);
        store::lock_member(&mut change.tx, view.id).await?;
        let replaced = store::end_bypasses(&mut change.tx, view.id, now).await?;
        let id = self.0.rng().id(now);
        store::insert_bypass(&mut change.tx, id, view.id, reason, by.who().id(), now, until).await?;
        change
            .finish(
                self,
                Event::BypassOpened,
                by,
                Some(reason),
                json!({ "replaced": replaced > 0 }),
                json!({ "until": until }),
            )
            .await?;
        Ok(BypassView {
            reason: reason.to_owned(),
            opened_at: now,
            until,
        })
    }

    /// Closes a bypass that nobody has used yet.
    pub async fn close_bypass(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<()> {
        by.needs(Permission::ManageMfa)?;
        let (view, mut change) = self.begin_change(by, of).await?;
        let now = change.now;
        store::lock_member(&mut change.tx, view.id).await?;
        if store::end_bypasses(&mut change.tx, view.id, now).await? == 0 {
            return Err(DirectoryError::NotOpen("bypass"));
        }
        change.finish(self, Event::BypassClosed, by, Some(reason), Value::Null, Value::Null).await
    }

    /// How a member stands with blocks and bypasses.
    pub async fn standing(self, by: &Admin, of: &MemberRef) -> Result<Standing> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.view(&mut tx, of).await?;
        let now = self.0.clock().now();
        let blocks = store::list_blocks(&mut tx, view.id).await?;
        let bypass = store::find_bypass(&mut tx, view.id, now).await?;
        tx.commit().await?;
        Ok(Standing {
            blocks: blocks.into_iter().map(|row| row.seen(now)).collect(),
            bypass,
        })
    }
}

impl store::BlockRow {
    fn seen(self, now: Timestamp) -> BlockView {
        BlockView {
            cause: if self.cause == store::ADMIN {
                BlockCause::Admin
            } else {
                BlockCause::FraudReport
            },
            reason: self.reason,
            blocked_at: self.blocked_at,
            until: (self.until < without_end()).then_some(self.until),
            holds: self.ended_at.is_none() && self.until > now,
            ended_at: self.ended_at,
            end_reason: self.end_reason,
        }
    }
}
