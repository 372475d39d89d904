//! Tenants and members as they are shown.

use super::store::{MemberFilter, MemberRow, TenantRow};
use crate::policy::rules::{Because, Held, Inputs, evaluate, makes_registered};
use jiff::Timestamp;
use model::*;
use serde::Serialize;
use serde_json::{Value, json};

/// A tenant.
#[derive(Clone, Debug, Serialize)]
pub struct TenantView {
    /// Id.
    pub id: TenantId,
    /// Short name.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Standard or strict.
    pub profile: Profile,
    /// IANA time zone.
    pub time_zone: String,
    /// `en` or `nl`.
    pub locale: String,
    /// Days the journal is kept.
    pub retention_days: i32,
    /// Switched off by the operator.
    pub suspended: bool,
    /// Domains.
    pub domains: Vec<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl From<TenantRow> for TenantView {
    fn from(row: TenantRow) -> Self {
        Self {
            id: TenantId(row.tenant_id),
            slug: row.slug,
            name: row.name,
            profile: Profile::from_text(&row.profile).unwrap_or(Profile::Strict),
            time_zone: row.time_zone,
            locale: row.locale,
            retention_days: row.retention_days,
            suspended: row.suspended,
            domains: row.domains,
            created_at: row.created_at,
        }
    }
}

/// A member by id or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberRef {
    /// By id.
    Id(MemberId),
    /// By sign-in name.
    Upn(Upn),
}

impl std::str::FromStr for MemberRef {
    type Err = UpnError;
    fn from_str(text: &str) -> Result<Self, UpnError> {
        match text.parse::<MemberId>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => Ok(Self::Upn(Upn::parse(text)?)),
        }
    }
}

/// Which members to list.
#[derive(Clone, Debug)]
pub struct MemberQuery {
    /// Part of a name or sign-in name.
    pub text: Option<String>,
    /// Stored state.
    pub state: Option<MfaState>,
    /// 0 or 1 usable methods.
    pub methods: Option<u8>,
    /// Only locked ones.
    pub locked: bool,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for MemberQuery {
    fn default() -> Self {
        Self {
            text: None,
            state: None,
            methods: None,
            locked: false,
            cursor: None,
            limit: PAGE_ROWS_DEFAULT,
        }
    }
}

impl MemberQuery {
    /// Reads a search as people type it: `state:enabled method:none locked:yes ann`. Words without a colon are parts of names.
    pub fn typed(search: &str) -> Self {
        let mut query = Self::default();
        let mut words = Vec::new();
        for word in search.split_whitespace().take(20) {
            match word.split_once(':') {
                Some(("state", state)) if MfaState::from_text(state).is_some() => query.state = MfaState::from_text(state),
                Some(("method", "none")) => query.methods = Some(0),
                Some(("method", "one")) => query.methods = Some(1),
                Some(("locked", "yes")) => query.locked = true,
                Some(("upn", part)) => words.push(part.trim_end_matches('*')),
                _ => words.push(word),
            }
        }
        let text: String = nfkc(&words.join(" "))
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_control())
            .take(UPN_CHARACTERS_MAX)
            .collect();
        query.text = Some(text).filter(|t| !t.is_empty());
        query
    }

    pub(super) fn filter<'a>(&'a self, factors: &'a [String]) -> MemberFilter<'a> {
        MemberFilter {
            member: None,
            text: self.text.as_deref(),
            state: self.state.map(|s| s.as_str()),
            methods: self.methods.map(i64::from),
            factors,
            locked: self.locked,
            after: self.cursor.as_ref().map(|c| (c.key.as_str(), c.id)),
        }
    }
}

/// A member as somebody with the right sees it, with the effective state and why.
#[derive(Clone, Debug, Serialize)]
pub struct MemberView {
    /// Id.
    pub id: MemberId,
    /// Sign-in name.
    pub upn: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Stored state.
    pub mfa_state: MfaState,
    /// A second factor is asked at every sign-in.
    pub required: bool,
    /// Why it is asked, or that nothing asks for it.
    pub because: Because,
    /// The methods registered can satisfy the policy.
    pub can_satisfy: bool,
    /// Roles above member.
    pub roles: Vec<Role>,
    /// Operator of the installation.
    pub operator: bool,
    /// Groups.
    pub groups: Vec<String>,
    /// Kinds that are on.
    pub methods: Vec<MethodKind>,
    /// Kinds that are off.
    pub methods_off: Vec<MethodKind>,
    /// One for each method that makes its member registered, under the policy in force.
    #[serde(skip)]
    pub factors: Vec<MethodKind>,
    /// The default method.
    pub default_method: Option<MethodId>,
    /// Unused recovery codes.
    pub recovery_left: i64,
    /// Locked until.
    pub locked_until: Option<Timestamp>,
    /// Wrong second factors in a row.
    pub wrong_in_row: i32,
    /// Switched off.
    pub disabled: bool,
    /// Blocked by an admin or after a fraud report.
    pub blocked: bool,
    /// Has a password.
    pub has_password: bool,
    /// Last sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

impl MemberView {
    /// Makes the view of a row under a policy; without a policy nothing can be satisfied.
    pub(crate) fn of(row: MemberRow, policy: Option<&PolicyDocument>) -> Self {
        let roles: Vec<Role> = row.roles.iter().filter_map(|r| Role::from_text(r)).collect();
        let mfa_state = MfaState::from_text(&row.mfa_state).unwrap_or(MfaState::Enforced);
        let held: Vec<Held> = row.methods.iter().map(|m| Held::of(m.kind, &m.state, m.past)).collect();
        let inputs = Inputs {
            mfa_state,
            roles: &roles,
            operator: row.operator,
            groups: &row.groups,
            application: None,
            action: None,
        };
        let evaluation = policy.map(|p| evaluate(p, &inputs));
        let left = policy.zip(evaluation.as_ref()).map(|(policy, said)| policy.under(said.then));
        let factors: Vec<MethodKind> = left.map_or_else(Vec::new, |left| held.iter().filter(|h| makes_registered(&left, h)).map(|h| h.kind).collect());
        let kinds = |on: bool| held.iter().filter(|h| h.active == on).map(|h| h.kind).collect();
        Self {
            id: MemberId(row.member_id),
            upn: row.upn,
            given_name: row.given_name,
            family_name: row.family_name,
            mail: row.mail,
            locale: row.locale,
            mfa_state,
            can_satisfy: !factors.is_empty(),
            required: evaluation.as_ref().is_none_or(|e| e.then != Then::Allow),
            because: evaluation.map_or(Because::Nothing, |e| e.because),
            methods: kinds(true),
            methods_off: kinds(false),
            factors,
            roles,
            operator: row.operator,
            groups: row.groups,
            default_method: row.default_method.map(MethodId),
            recovery_left: row.recovery_left,
            locked_until: row.locked_until,
            wrong_in_row: row.wrong_in_row,
            disabled: row.disabled,
            blocked: row.blocked,
            has_password: row.has_password,
            last_sign_in_at: row.last_sign_in_at,
            created_at: row.created_at,
        }
    }

    /// Given and family name, else the sign-in name.
    pub fn name(&self) -> String {
        let name = [self.given_name.as_deref(), self.family_name.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        if name.is_empty() { self.upn.clone() } else { name }
    }

    /// The highest rank of the roles; an operator's is above them all.
    pub fn rank(&self) -> u8 {
        if self.operator {
            crate::actor::OPERATOR_RANK
        } else {
            self.roles.iter().map(|r| r.rank()).max().unwrap_or(0)
        }
    }

    pub(super) fn facts(&self) -> Value {
        json!({ "upn": self.upn, "given_name": self.given_name, "family_name": self.family_name, "mail": self.mail })
    }
}
