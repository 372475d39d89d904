//! Hardware tokens: the inventory, whose each token is, and how one becomes a method. A seed comes in with an import and never goes out again.

pub mod error;
pub mod import;
pub mod importing;
pub mod jobs;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    actor::{Admin, Member, Permission, Who},
    directory::{MemberRef, MemberView},
    journal::{Event, entry::Audited, entry::Change},
    methods::{MethodError, SecurityInfo, check_room},
    vault::{KeyPurpose, SealedColumn},
    verification::{
        self,
        commit::Commit,
        compare::{Moved, OathGenerator},
        engine::Decided,
        rules::Match,
        store::Wanted,
    },
};
pub use error::TokenError;
use jiff::Timestamp;
use model::*;
use serde::Serialize;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, TokenError>;

/// A serial number as it stands on the back of a token, 1 to 64 characters; in any case it is the same.
pub type Serial = CleanText<SERIAL_CHARACTERS_MAX>;

/// A token as an admin sees it. Never holds a secret.
#[derive(Clone, Debug, Serialize)]
pub struct TokenView {
    /// Id.
    pub id: TokenId,
    /// Serial number.
    pub serial: String,
    /// Where it stands.
    pub state: TokenState,
    /// How it makes codes.
    pub oath: OathParams,
    /// The counter of the next code, for a token that counts.
    pub counter: Option<i64>,
    /// Steps by which its clock is off.
    pub drift: i32,
    /// Who issued the seed.
    pub issuer: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Which model.
    pub model: Option<String>,
    /// Not to be used before.
    pub valid_from: Option<Timestamp>,
    /// Not to be used from then on.
    pub valid_until: Option<Timestamp>,
    /// Whose it is.
    pub owner: Option<MemberId>,
    /// The owner's sign-in name.
    pub owner_upn: Option<String>,
    /// The method that it is.
    pub method: Option<MethodId>,
    /// Came into the inventory.
    pub imported_at: Timestamp,
    /// Was given to its owner.
    pub assigned_at: Option<Timestamp>,
    /// Was proven by a code.
    pub activated_at: Option<Timestamp>,
    /// Was taken out of use.
    pub retired_at: Option<Timestamp>,
}

impl From<store::TokenRow> for TokenView {
    fn from(row: store::TokenRow) -> Self {
        let oath: OathParams = serde_json::from_value(row.params).unwrap_or_default();
        Self {
            id: TokenId(row.token_id),
            serial: row.serial,
            state: TokenState::from_text(&row.state).unwrap_or(TokenState::Retired),
            counter: (oath.kind == OathKind::Hotp).then_some(row.last_step + 1),
            oath,
            drift: row.drift,
            issuer: row.issuer,
            manufacturer: row.manufacturer,
            model: row.model,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            owner: row.member_id.map(MemberId),
            owner_upn: row.upn,
            method: row.method_id.map(MethodId),
            imported_at: row.imported_at,
            assigned_at: row.assigned_at,
            activated_at: row.activated_at,
            retired_at: row.retired_at,
        }
    }
}

/// Which tokens to list.
#[derive(Clone, Debug)]
pub struct TokenQuery {
    /// Part of a serial number, a model, a manufacturer or an owner's sign-in name.
    pub text: Option<String>,
    /// Where they stand.
    pub state: Option<TokenState>,
    /// Whose.
    pub owner: Option<MemberRef>,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for TokenQuery {
    fn default() -> Self {
        Self {
            text: None,
            state: None,
            owner: None,
            cursor: None,
            limit: PAGE_ROWS_DEFAULT,
        }
    }
}

/// How many tokens there are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenCounts {
    /// In the drawer.
    pub available: i64,
    /// Given, not proven.
    pub assigned: i64,
    /// Somebody's method.
    pub active: i64,
    /// Out of use.
    pub retired: i64,
}

/// The verbs of hardware tokens.
#[derive(Clone, Copy)]
pub struct Tokens<'a>(pub(crate) &'a Domain);

impl Tokens<'_> {
    /// The inventory by serial number, a page at a time.
    pub async fn list(self, by: &Admin, query: &TokenQuery) -> Result<Page<TokenView>> {
        by.needs(Permission::ReadMembers)?;
        let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
        // No serial number or name has a control character, and the database takes no NUL.
        let text = query.text.as_ref().map(|t| nfkc(&t.replace(char::is_control, " ")).trim().to_lowercase());
        let text = text.filter(|t| !t.is_empty());
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let member = match &query.owner {
            Some(of) => Some(self.0.directory().view(&mut tx, of).await?.id),
            None => None,
        };
        let filter = store::TokenFilter {
            serial: None,
            text: text.as_deref(),
            state: query.state.map(|s| s.as_str()),
            member,
            after: query.cursor.as_ref(),
        };
        let rows = store::list_tokens(&mut tx, &filter, limit as i64 + 1).await?;
        tx.commit().await?;
        let page = Page::of(rows, limit, |row| Cursor {
            key: row.serial.to_uppercase(),
            id: row.token_id,
        });
        Ok(page.map(TokenView::from))
    }

    /// How many there are in each state.
    pub async fn counts(self, by: &Admin) -> Result<TokenCounts> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let rows = store::count_tokens(&mut tx).await?;
        tx.commit().await?;
        let count = |state: TokenState| rows.iter().find(|(s, _)| s == state.as_str()).map_or(0, |(_, n)| *n);
        Ok(TokenCounts {
            available: count(TokenState::Available),
            assigned: count(TokenState::Assigned),
            active: count(TokenState::Active),
            retired: count(TokenState::Retired),
        })
    }

    /// One token by its serial number.
    pub async fn token(self, by: &Admin, serial: &Serial) -> Result<TokenView> {
        by.needs(Permission::ReadMembers)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// The tokens that have been given to the caller and wait for their first code.
    pub async fn waiting_for(self, me: &Member) -> Result<Vec<TokenView>> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let filter = store::TokenFilter {
            member: Some(me.id()),
            state: Some(TokenState::Assigned.as_str()),
            ..store::TokenFilter::default()
        };
        let rows = store::list_tokens(&mut tx, &filter, OATH_METHODS_MAX as i64).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(TokenView::from).collect())
    }

    /// Gives a token of the drawer to a member. It counts once a code of it was right.
    pub async fn assign(self, by: &Admin, serial: &Serial, to: &MemberRef) -> Result<TokenView> {
        by.needs(Permission::ManageTokens)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let member = self.0.directory().view(&mut tx, to).await?;
        outranks(by, &member)?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        usable_at(&row, now)?;
        if !store::set_assigned(&mut tx, TokenId(row.token_id), member.id, now).await? {
            return Err(not_available(&row));
        }
        let after = json!({ "serial": row.serial });
        self.0
            .methods()
            .record(&mut tx, member.id, by.who(), Event::TokenAssigned, None, Value::Null, after)
            .await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Takes a token back into the drawer; with it goes the method that it was.
    pub async fn take_back(self, by: &Admin, serial: &Serial, reason: &str) -> Result<TokenView> {
        by.needs(Permission::ManageTokens)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        let Some(owner) = row.member_id.map(MemberId) else {
            return Err(TokenError::State(TokenView::from(row).state, "assigned or active"));
        };
        let member = self.0.directory().view(&mut tx, &MemberRef::Id(owner)).await?;
        outranks(by, &member)?;
        let methods = self.0.methods();
        if let Some(method) = row.method_id.map(MethodId) {
            crate::methods::store::lock_member(&mut tx, owner).await?;
            let (_, info) = methods.info(&mut tx, owner).await?;
            methods
                .remove_in(&mut tx, owner, &info, method, by.who(), Event::SecurityInfoDeletedByAdmin, Some(reason))
                .await?;
        } else if !store::set_available(&mut tx, TokenId(row.token_id)).await? {
            return Err(TokenError::Taken);
        }
        let before = json!({ "serial": row.serial });
        methods
            .record(&mut tx, owner, by.who(), Event::TokenReturned, Some(reason), before, Value::Null)
            .await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Takes a token of the drawer out of use for good: its seed is destroyed, its serial number stays known.
    pub async fn retire(self, by: &Admin, serial: &Serial, reason: &str) -> Result<TokenView> {
        by.needs(Permission::ManageTokens)?;
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        if !store::set_retired(&mut tx, TokenId(row.token_id), now).await? {
            return Err(TokenError::State(TokenView::from(row).state, "available"));
        }
        let keys = self.0.keys(by.tenant()).await?;
        let audited = Audited {
            event: Event::TokenRetired,
            who: by.who(),
            target: ("oath_token", Some(row.token_id)),
            reason: Some(reason),
            session: None,
            change: Change {
                before: json!({ "serial": row.serial, "state": row.state }),
                after: json!({ "state": TokenState::Retired }),
            },
        };
        self.0.directory().audit(&mut tx, &keys, audited, now).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Makes an assigned token its owner's method by one right code. A wrong one counts like any wrong code of the owner.
    pub async fn activate(self, by: &Admin, serial: &Serial, code: &OfferedCode) -> Result<TokenView> {
        by.needs(Permission::ManageTokens)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        let Some(owner) = row.member_id.filter(|_| row.method_id.is_none()).map(MemberId) else {
            return Err(TokenError::State(TokenView::from(row).state, "assigned"));
        };
        let member = self.0.directory().view(&mut tx, &MemberRef::Id(owner)).await?;
        tx.commit().await?;
        outranks(by, &member)?;
        self.prove(by.tenant(), &row, &member, code, (None, None), by.who()).await
    }

    /// Refuses what [`Self::claim`] would refuse whatever the token is: no fresh second factor, a kind that is not allowed, no room for one more.
    pub async fn may_claim(self, me: &Member) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.0.methods().info(&mut tx, me.id()).await?;
        tx.commit().await?;
        self.claimable(me, &info)
    }

    fn claimable(self, me: &Member, info: &SecurityInfo) -> Result<()> {
        self.0.methods().fresh(me, info)?;
        if !info.may_add.contains(&MethodKind::HardwareToken) {
            return Err(MethodError::KindOff(MethodKind::HardwareToken).into());
        }
        Ok(check_room(info)?)
    }

    /// Makes a token the caller's own method, by the serial number on its back and a code: one that was given to the caller, or one of the drawer.
    /// Needs a fresh second factor if there is one to give.
    pub async fn claim(self, me: &Member, serial: &Serial, label: &CleanText<NAME_CHARACTERS_MAX>, code: &OfferedCode) -> Result<TokenView> {
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (member, info) = self.0.methods().info(&mut tx, me.id()).await?;
        self.claimable(me, &info)?;
        let row = of_drawer(&mut tx, serial, me.id(), now).await?;
        tx.commit().await?;
        self.prove(me.tenant(), &row, &member, code, (Some(label.as_str()), None), Who::Member(me.id()))
            .await
    }

    /// The same in the wizard of a sign-in, for its member; the token is then known to have been proven in it.
    pub(crate) async fn claim_in(
        self,
        tenant: TenantId,
        member: MemberId,
        (attempt, factor): (AttemptId, bool),
        serial: &Serial,
        label: &CleanText<NAME_CHARACTERS_MAX>,
        code: &OfferedCode,
    ) -> Result<TokenView> {
        let now = self.0.clock().now();
        let mut tx = self.0.db().tenant(tenant).await?;
        let (view, info) = self.0.methods().info(&mut tx, member).await?;
        if !info.may_add.contains(&MethodKind::HardwareToken) {
            return Err(MethodError::KindOff(MethodKind::HardwareToken).into());
        }
        check_room(&info)?;
        let row = of_drawer(&mut tx, serial, member, now).await?;
        tx.commit().await?;
        self.prove(
            tenant,
            &row,
            &view,
            code,
            (Some(label.as_str()), Some((attempt.0, factor))),
            Who::Member(member),
        )
        .await
    }

    /// Sets an active token right by two codes in a row, far from where codes are looked for usually. Wrong ones count.
    pub async fn resynchronise(self, by: &Admin, serial: &Serial, codes: [&OfferedCode; 2]) -> Result<TokenView> {
        by.needs(Permission::ManageTokens)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        let (Some(owner), Some(method)) = (row.member_id.map(MemberId), row.method_id.map(MethodId)) else {
            return Err(TokenError::State(TokenView::from(row).state, "active"));
        };
        let member = self.0.directory().view(&mut tx, &MemberRef::Id(owner)).await?;
        outranks(by, &member)?;
        let generator = self.generator(&mut tx, &row).await?;
        tx.commit().await?;
        let texts = codes.map(|code| code.as_str());
        let (step, drift) = self
            .counted(
                by.tenant(),
                &member,
                TokenError::NotInRow,
                |moved, _, now| generator.resynchronise(texts, moved, now),
                Some(method),
            )
            .await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let change = (
            json!({ "serial": row.serial, "step": row.last_step, "drift": row.drift }),
            json!({ "step": step, "drift": drift }),
        );
        self.0
            .methods()
            .record(&mut tx, owner, by.who(), Event::TokenResynchronised, None, change.0, change.1)
            .await?;
        let row = store::find_token(&mut tx, serial.as_str()).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Proves a token by a code and makes it the member's method: first the code is judged and counted, then everything is written at once.
    /// `proven_in` is the sign-in whose wizard it was, and whether a second factor was given in it: without one, whoever has gained a method meanwhile shows it.
    async fn prove(
        self,
        tenant: TenantId,
        row: &store::TokenRow,
        member: &MemberView,
        code: &OfferedCode,
        (label, proven_in): (Option<&str>, Option<(uuid::Uuid, bool)>),
        who: Who,
    ) -> Result<TokenView> {
        let token = TokenId(row.token_id);
        let mut tx = self.0.db().tenant(tenant).await?;
        let generator = self.generator(&mut tx, row).await?;
        tx.commit().await?;
        let moved = Moved {
            last_step: row.last_step,
            drift: row.drift.into(),
        };
        let judge = |_: Moved, profile: Profile, now: Timestamp| match generator.compare(code.as_str(), moved, profile, now) {
            Match::Right { step, drift } => Some((step, drift)),
            Match::Reused | Match::Wrong { .. } => None,
        };
        let (step, drift) = self.counted(tenant, member, TokenError::WrongCode, judge, None).await?;
        let now = self.0.clock().now();
        let keys = self.0.keys(tenant).await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        crate::methods::store::lock_member(&mut tx, member.id).await?;
        let (view, info) = self.0.methods().info(&mut tx, member.id).await?;
        check_room(&info)?;
        if proven_in.is_some_and(|(_, factor)| !factor) && info.shows_first {
            return Err(TokenError::Verification(verification::VerificationError::ChallengeGone));
        }
        if row.state == TokenState::Available.as_str() && !store::set_assigned(&mut tx, token, member.id, now).await? {
            return Err(TokenError::Unknown);
        }
        let sealed = store::find_seed(&mut tx, token).await?.ok_or(TokenError::Unknown)?;
        let seed = keys.key(KeyPurpose::Seed).open(SealedColumn::TokenSeed, token.0, &sealed)?;
        let method = MethodId(self.0.rng().id(now));
        let sealed = keys.key(KeyPurpose::Seed).seal(SealedColumn::MethodSeed, method.0, &seed, self.0.rng());
        let mut params = row.params.clone();
        params["valid_until"] = json!(row.valid_until);
        let made = row.model.clone().unwrap_or_else(|| String::from("Token"));
        let label = label.map_or_else(|| format!("{made} {}", row.serial), str::to_owned);
        let new = crate::methods::store::NewMethodRow {
            method,
            member: member.id,
            kind: MethodKind::HardwareToken.as_str(),
            label: &label,
            state: "active",
            sealed: &sealed,
            params: &params,
            expires_at: None,
            confirmed_at: Some(now),
            last_step: step,
            drift: drift as i32,
            address_mac: None,
            waits_for: proven_in.map(|(attempt, _)| attempt),
        };
        crate::methods::store::insert_method(&mut tx, &new, now).await?;
        if !store::set_active(&mut tx, token, member.id, method, (step, drift as i32), now).await? {
            return Err(TokenError::Unknown);
        }
        crate::methods::settle_new(&mut tx, &view, &info, (method, MethodKind::HardwareToken)).await?;
        let after = json!({ "kind": MethodKind::HardwareToken, "label": label, "serial": row.serial });
        self.0
            .methods()
            .record(&mut tx, member.id, who, Event::TokenActivated, None, Value::Null, after)
            .await?;
        let row = store::find_token(&mut tx, &row.serial).await?.ok_or(TokenError::Unknown)?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Judges codes under the member's counters: nothing is compared in a wait, and what is wrong is counted before anybody learns of it. With `claims`
    /// the step found is claimed for that method in the same commit.
    async fn counted(
        self,
        tenant: TenantId,
        member: &MemberView,
        wrong: TokenError,
        judge: impl Fn(Moved, Profile, Timestamp) -> Option<(i64, i64)>,
        claims: Option<MethodId>,
    ) -> Result<(i64, i64)> {
        let domain = self.0;
        let keys = domain.keys(tenant).await?;
        let upn = Upn::parse(&member.upn).map_err(|_| TokenError::Unknown)?;
        let wanted = Wanted::of_name(tenant, upn.folded(), verification::unknown_subject(&keys, &upn));
        let outcome = domain
            .decide(wanted, |scene| {
                let facts = scene.facts;
                if let Some(until) = facts.counter("guard").waits(scene.now) {
                    return Ok(Decided::Answer(Err(TokenError::Locked(until))));
                }
                if let Some(until) = facts.counter(Family::Oath.as_str()).waits(scene.now) {
                    return Ok(Decided::Answer(Err(TokenError::Throttled(until))));
                }
                let method = facts.methods.iter().find(|m| Some(m.method_id) == claims && m.state == "active");
                if claims.is_some() && method.is_none() {
                    return Ok(Decided::Answer(Err(TokenError::State(TokenState::Active, "switched on"))));
                }
                let moved = Moved {
                    last_step: method.map_or(-1, |m| m.last_step),
                    drift: method.map_or(0, |m| m.drift),
                };
                let mut commit = Commit::about(tenant, facts, AttemptId(domain.rng().id(scene.now)), scene.now, scene.now);
                let found = judge(moved, facts.profile(), scene.now);
                match (found, claims) {
                    (Some((step, drift)), Some(method_id)) => {
                        commit.method_used = Some(verification::commit::MethodUsed {
                            method_id,
                            step,
                            drift,
                            label: None,
                            params: None,
                        })
                    }
                    (Some(_), None) => {}
                    (None, _) => {
                        let limits = scene.policy.as_ref().map(|(_, document)| document.limits.clone()).unwrap_or_default();
                        verification::count_wrong(scene, &mut commit, &limits, &[Family::Oath]);
                        verification::write_alarms(domain, tenant, scene, &mut commit, None)?;
                        // There is no attempt whose timeline could tell of it; the alarms do.
                        commit.steps.clear();
                    }
                }
                Ok(Decided::Commit(Box::new(commit), Ok(found)))
            })
            .await?;
        outcome?.ok_or(wrong)
    }

    async fn generator(self, tx: &mut crate::db::TenantTx, row: &store::TokenRow) -> Result<OathGenerator> {
        let keys = self.0.keys(tx.tenant()).await?;
        let sealed = store::find_seed(tx, TokenId(row.token_id)).await?.ok_or(TokenError::Unknown)?;
        let seed = keys.key(KeyPurpose::Seed).open(SealedColumn::TokenSeed, row.token_id, &sealed)?;
        let params: OathParams = serde_json::from_value(row.params.clone()).unwrap_or_default();
        Ok(OathGenerator::new(&seed, params))
    }
}

/// Nobody acts on somebody with more rights.
fn outranks(by: &Admin, member: &MemberView) -> Result<()> {
    if member.rank() > by.rank() {
        return Err(crate::directory::DirectoryError::RankTooHigh.into());
    }
    Ok(())
}

/// Why a token cannot be given out.
fn not_available(row: &store::TokenRow) -> TokenError {
    match row.state.as_str() {
        "assigned" | "active" => TokenError::Taken,
        _ => TokenError::State(TokenView::from(row.clone()).state, "available"),
    }
}

/// Refuses a token that its maker's dates forbid.
fn usable_at(row: &store::TokenRow, now: Timestamp) -> Result<()> {
    match (row.valid_from, row.valid_until) {
        (_, Some(until)) if until <= now => Err(TokenError::Past(until)),
        (Some(from), _) if from > now => Err(TokenError::Early(from)),
        _ => Ok(()),
    }
}

/// A token that the member may make his own: one that was given to him, or one of the drawer. Somebody else's, one out of use and one that never was look the
/// same.
async fn of_drawer(tx: &mut crate::db::TenantTx, serial: &Serial, member: MemberId, now: Timestamp) -> Result<store::TokenRow> {
    let row = store::find_token(tx, serial.as_str()).await?;
    let row = row.filter(|r| r.state == "available" || (r.state == "assigned" && r.member_id == Some(member.0)));
    let row = row.ok_or(TokenError::Unknown)?;
    usable_at(&row, now)?;
    Ok(row)
}
