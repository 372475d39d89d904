//! Temporary Access Passes: what a service desk gives to somebody who has nothing else, for a short time. Shown once, stored as a MAC bound to its member.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use crate::{rng::Rng, vault::Secret, verification::compare::pass_mac};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How a pass shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassTerms {
    /// Characters, 8 to 48.
    pub characters: usize,
    /// Minutes from its start, 10 to 43,200.
    pub minutes: i64,
    /// Good for one use alone.
    pub one_time: bool,
    /// From when it is good; at once when that is left out or past.
    pub start: Option<Timestamp>,
}

impl Default for PassTerms {
    fn default() -> Self {
        Self {
            characters: PASS_CHARACTERS,
            minutes: PASS_MINUTES,
            one_time: true,
            start: None,
        }
    }
}

impl PassTerms {
    /// From when to when it is good, for a pass that is given now.
    pub fn times(&self, now: Timestamp) -> std::result::Result<(Timestamp, Timestamp), &'static str> {
        if !(PASS_CHARACTERS_MIN..=PASS_CHARACTERS_MAX).contains(&self.characters) {
            return Err("length: a pass has 8 to 48 characters");
        }
        if !(PASS_MINUTES_MIN..=PASS_MINUTES_MAX).contains(&self.minutes) {
            return Err("minutes: a pass lives 10 to 43,200 minutes");
        }
        let from = self.start.filter(|start| *start > now).unwrap_or(now);
        if from.duration_since(now) > SignedDuration::from_mins(PASS_MINUTES_MAX) {
            return Err("start: a pass begins within thirty days");
        }
        Ok((from, from + SignedDuration::from_mins(self.minutes)))
    }
}

/// A pass on its way to the one page that shows it.
#[derive(Clone, Debug)]
pub struct GivenPass {
    text: Secret<String>,
    /// How it stands.
    pub view: PassView,
}

impl GivenPass {
    /// The pass in groups of four, to be shown once.
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = self.text.expose().as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
        groups.join("-")
    }
}

/// Whether a pass opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassState {
    /// It has yet to begin.
    Early,
    /// It is good now.
    Open,
    /// It was good for one use and has been used.
    Used,
    /// Its time has run out.
    Past,
}

/// A pass as its member and admins see it: never its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassView {
    /// Whether it opens anything now.
    pub state: PassState,
    /// Good for one use alone.
    pub one_time: bool,
    /// From when it is good.
    pub valid_from: Timestamp,
    /// Until when it is good.
    pub valid_until: Timestamp,
    /// When it was given.
    pub made_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl PassView {
    pub(crate) fn of(row: store::PassRow, now: Timestamp) -> Self {
        let state = match row.one_time && row.used_at.is_some() {
            true => PassState::Used,
            false if now >= row.valid_until => PassState::Past,
            false if now < row.valid_from => PassState::Early,
            false => PassState::Open,
        };
        Self {
            state,
            one_time: row.one_time,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            made_at: row.made_at,
            last_used_at: row.last_used_at,
        }
    }

    /// True for one that opens something now or will.
    pub const fn is_live(&self) -> bool {
        matches!(self.state, PassState::Early | PassState::Open)
    }
}

/// A new pass: random, with a letter among its characters, so that nobody takes it for a row of digits.
pub(crate) fn new_pass(rng: &Rng, characters: usize) -> Secret<String> {
    loop {
        let mut bytes = [0; PASS_CHARACTERS_MAX];
        rng.fill(&mut bytes);
        let text: String = bytes[..characters].iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect();
        if text.bytes().any(|b| b.is_ascii_alphabetic()) {
            return Secret::new(text);
        }
    }
}

impl Methods<'_> {
    /// Gives a member a pass; the one before ends. Not to oneself, and not to somebody with more rights. Shown once.
    pub async fn give_pass(self, by: &Admin, of: &MemberRef, terms: PassTerms, reason: &str) -> Result<GivenPass> {
        by.needs(Permission::GivePasses)?;
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let (valid_from, valid_until) = terms.times(now).map_err(MethodError::Terms)?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.receiver(&mut tx, by, of).await?;
        let policy = self.0.directory().policy_in(&mut tx).await?;
        let allowed = |wanted| policy.as_ref().is_some_and(|d| d.allows(MethodKind::Pass, wanted));
        if !allowed(MethodUse::SignIn) && !allowed(MethodUse::Mfa) {
            return Err(MethodError::KindOff(MethodKind::Pass));
        }
        super::store::lock_member(&mut tx, view.id).await?;
        let before = crate::directory::store::end_passes(&mut tx, view.id, now).await?;
        let text = new_pass(rng, terms.characters);
        let row = store::NewPassRow {
            pass: rng.id(now),
            member: view.id,
            mac: &pass_mac(&keys, view.id.0, text.expose()),
            one_time: terms.one_time,
            valid_from,
            valid_until,
            made_by: by.who().id(),
        };
        store::insert_pass(&mut tx, &row, now).await?;
        let after = json!({ "one_time": terms.one_time, "valid_from": valid_from, "valid_until": valid_until });
        self.record(&mut tx, view.id, by.who(), Event::PassGiven, Some(reason), json!({ "replaced": before }), after)
            .await?;
        let row = store::find_pass(&mut tx, view.id).await?.ok_or(MethodError::Unknown)?;
        tx.commit().await?;
        Ok(GivenPass {
            text,
            view: PassView::of(row, now),
        })
    }

    /// Takes a member's pass back: it opens nothing from now on.
    pub async fn withdraw_pass(self, by: &Admin, of: &MemberRef, reason: &str) -> Result<()> {
        by.needs(Permission::GivePasses)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        if view.rank() > by.rank() {
            return Err(crate::directory::DirectoryError::RankTooHigh.into());
        }
        super::store::lock_member(&mut tx, view.id).await?;
        let before = store::find_pass(&mut tx, view.id).await?.ok_or(MethodError::Unknown)?;
        crate::directory::store::end_passes(&mut tx, view.id, now).await?;
        let before = json!({ "one_time": before.one_time, "valid_from": before.valid_from, "valid_until": before.valid_until });
        self.record(&mut tx, view.id, by.who(), Event::PassWithdrawn, Some(reason), before, Value::Null)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The member that a pass is for.
    async fn receiver(self, tx: &mut TenantTx, by: &Admin, of: &MemberRef) -> Result<MemberView> {
        let view = self.0.directory().view(tx, of).await?;
        if view.rank() > by.rank() {
            return Err(crate::directory::DirectoryError::RankTooHigh.into());
        }
        if by.who() == Who::Member(view.id) {
            return Err(MethodError::Oneself);
        }
        Ok(view)
    }
}
