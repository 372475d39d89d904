//! The journal: one row for each decided attempt, one for each change, and the steps between. Rows are written by the areas they are about, with
//! what stands in [`entry`]; the verbs here read them, and write only that somebody has looked.

mod case;
pub mod csv;
pub mod diagnosis;
mod diagnosis_english;
pub mod entry;
pub mod error;
mod export;
pub mod mask;
mod open;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod view;

use crate::{
    actor::{Admin, Member, Permission},
    db::TenantTx,
    directory::MemberRef,
};
pub use diagnosis_english::InEnglish;
pub use error::JournalError;
use jiff::{SignedDuration, Timestamp};
use mask::Sight;
use model::*;
use open::Opener;
use store::{AuditFilter, AuditLogRow, AuthRow, SignInFilter};
use uuid::Uuid;
pub use view::{AuditQuery, AuditRow, CaseView, Shown, SignInCounts, SignInQuery, SignInRow};

type Result<T> = std::result::Result<T, JournalError>;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What the audit log can say: the registry of events (bar 38). Texts follow the original's names where it has one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $name),+ }

        impl Event {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The text, as stored.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text),+ } }
            /// The event of a text.
            pub fn from_text(text: &str) -> Option<Self> { match text { $($text => Some(Self::$name),)+ _ => None } }
        }
    };
}

events! {
    /// A tenant came to be.
    TenantCreated = "tenant.created",
    /// A member came to be.
    MemberCreated = "member.created",
    /// Names, mail or sign-in name changed.
    MemberChanged = "member.changed",
    /// Switched off.
    MemberDisabled = "member.disabled",
    /// Switched on again.
    MemberEnabled = "member.enabled",
    /// Removed from the directory.
    MemberRemoved = "member.removed",
    /// A role was given.
    RoleGranted = "role.granted",
    /// A role was taken.
    RoleWithdrawn = "role.withdrawn",
    /// A password was set.
    PasswordSet = "password.set",
    /// A member set a new password without help.
    PasswordReset = "password.reset",
    /// A set-up link was made.
    SetUpLinkMade = "set_up_link.made",
    /// A set-up link was used.
    SetUpLinkUsed = "set_up_link.used",
    /// An emergency key was made.
    EmergencyKeyMade = "emergency_key.made",
    /// An emergency key was withdrawn.
    EmergencyKeyWithdrawn = "emergency_key.withdrawn",
    /// An emergency key was used: every method of its member is void.
    EmergencyKeyUsed = "emergency_key.used",
    /// A wrong emergency key was typed for somebody who has one.
    EmergencyKeyRefused = "emergency_key.refused",
    /// The MFA state changed.
    MfaStateChanged = "mfa_state.changed",
    /// Registration was required again.
    ReregistrationRequired = "reregistration.required",
    /// A method was registered by its member.
    SecurityInfoRegistered = "security_info.registered",
    /// A method was registered by an admin.
    SecurityInfoRegisteredByAdmin = "security_info.registered_by_admin",
    /// A method was renamed, or made the default.
    SecurityInfoUpdated = "security_info.updated",
    /// A method was removed by its member.
    SecurityInfoDeleted = "security_info.deleted",
    /// A method was removed by an admin.
    SecurityInfoDeletedByAdmin = "security_info.deleted_by_admin",
    /// Hardware tokens came into the inventory.
    TokensImported = "tokens.imported",
    /// A hardware token was given to a member.
    TokenAssigned = "token.assigned",
    /// A hardware token was proven by a code and is a method now.
    TokenActivated = "token.activated",
    /// A hardware token went back into the drawer.
    TokenReturned = "token.returned",
    /// Two codes in a row set a hardware token right.
    TokenResynchronised = "token.resynchronised",
    /// A hardware token was taken out of use for good.
    TokenRetired = "token.retired",
    /// New recovery codes were made.
    RecoveryCodesMade = "recovery_codes.made",
    /// A Temporary Access Pass was given.
    PassGiven = "pass.given",
    /// A pass was taken back.
    PassWithdrawn = "pass.withdrawn",
    /// An admin blocked a member.
    MemberBlocked = "member.blocked",
    /// An admin lifted a block.
    MemberUnblocked = "member.unblocked",
    /// A one-time bypass was opened.
    BypassOpened = "bypass.opened",
    /// A one-time bypass was closed before it was used.
    BypassClosed = "bypass.closed",
    /// The member chose a PIN for calls, or another one.
    CallPinSet = "call_pin.set",
    /// An admin took a member's PIN for calls away.
    CallPinCleared = "call_pin.cleared",
    /// A network was trusted.
    NetworkAdded = "network.added",
    /// A trusted network has another name.
    NetworkRenamed = "network.renamed",
    /// A network is trusted no more.
    NetworkRemoved = "network.removed",
    /// A browser is not asked for a second factor for some days.
    DeviceRemembered = "device.remembered",
    /// A member's remembered browser is asked again.
    DeviceForgotten = "device.forgotten",
    /// A member said that somebody else was trying to sign in.
    FraudReported = "fraud.reported",
    /// A member reported methods as lost.
    MethodsLost = "security_info.lost",
    /// An app password was made.
    AppPasswordMade = "app_password.made",
    /// An app password was removed.
    AppPasswordRemoved = "app_password.removed",
    /// Locked after too many wrong answers.
    MemberLocked = "member.locked",
    /// Counters were cleared.
    MemberUnlocked = "member.unlocked",
    /// A method was switched off by too many wrong answers.
    MethodSwitchedOff = "method.switched_off",
    /// Sessions were ended.
    SessionsRevoked = "sessions.revoked",
    /// A policy was published.
    PolicyPublished = "policy.published",
    /// So few codes sent to a country were entered that it looks like toll fraud.
    ConversionAlarm = "conversion.alarm",
    /// A REST key was made.
    ApiKeyMade = "api_key.made",
    /// A REST key was revoked.
    ApiKeyRevoked = "api_key.revoked",
    /// Somebody looked at a case.
    CaseViewed = "case.viewed",
    /// The journal was exported.
    JournalExported = "journal.exported",
    /// Somebody tried to reach another tenant's things, or what nobody has: here both look the same, only the installation's log tells them apart.
    ForeignTenantRefused = "foreign_tenant.refused",
    /// An operator's account was recovered at the console.
    OperatorRecovered = "operator.recovered",
    /// A member said by the link of a notice that a change was not his; what came since was ended.
    AccountFrozen = "account.frozen",
    /// The desk sent a code that a caller is to read back.
    CallerCodeSent = "caller.code_sent",
    /// A caller was checked at the desk, and passed or failed.
    CallerChecked = "caller.checked",
    /// Somebody asked the support desk for help.
    TicketFiled = "ticket.filed",
    /// Somebody at the desk looks after it.
    TicketTaken = "ticket.taken",
    /// The desk answered.
    TicketAnswered = "ticket.answered",
    /// It is done with.
    TicketClosed = "ticket.closed",
    /// It was opened again.
    TicketReopened = "ticket.reopened",
    /// A notice reached nobody, or not everybody it was for.
    NoticeNotSent = "notice.not_sent",
}

/// The verbs of the journal.
#[derive(Clone, Copy)]
pub struct Journal<'a>(pub(crate) &'a crate::Domain);

impl Journal<'_> {
    /// Sign-ins and verifications, newest first, a page at a time.
    pub async fn sign_ins(self, by: &Admin, query: &SignInQuery) -> Result<Page<SignInRow>> {
        by.needs(Permission::ReadSignIns)?;
        let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
        let Some(mut filter) = self.filter(by, query).await? else {
            return Ok(Page {
                items: Vec::new(),
                next_cursor: None,
            });
        };
        filter.before = query.cursor.as_ref().map(Cursor::moment).transpose()?;
        self.page(by.tenant(), Sight::of(by.roles()), &filter, limit).await
    }

    /// How many sign-ins ended how, under the same filters; the outcome itself does not filter here.
    pub async fn sign_in_counts(self, by: &Admin, query: &SignInQuery) -> Result<SignInCounts> {
        by.needs(Permission::ReadSignIns)?;
        let mut counts = SignInCounts::default();
        let Some(mut filter) = self.filter(by, query).await? else {
            return Ok(counts);
        };
        filter.decision = None;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let counted = store::count_sign_ins(&mut tx, &filter).await?;
        tx.commit().await?;
        for (decision, rows) in counted {
            counts.all += rows;
            *match store::word(&decision, Decision::from_text)? {
                Decision::Allowed => &mut counts.allowed,
                Decision::Denied => &mut counts.denied,
                Decision::Interrupted => &mut counts.interrupted,
                Decision::Abandoned => &mut counts.abandoned,
            } = rows;
        }
        Ok(counts)
    }

    /// The member's own sign-ins, newest first.
    pub async fn own_sign_ins(self, me: &Member, cursor: Option<&Cursor>, limit: usize) -> Result<Page<SignInRow>> {
        let filter = SignInFilter {
            subjects: vec![me.id().0],
            before: cursor.map(Cursor::moment).transpose()?,
            ..SignInFilter::default()
        };
        self.page(me.tenant(), Sight::Whole, &filter, limit.clamp(1, PAGE_ROWS_MAX)).await
    }

    /// Changes, newest first, a page at a time.
    pub async fn audit(self, by: &Admin, query: &AuditQuery) -> Result<Page<AuditRow>> {
        by.needs(Permission::ReadAudit)?;
        let limit = query.limit.clamp(1, PAGE_ROWS_MAX);
        let before = query.cursor.as_ref().map(Cursor::moment).transpose()?;
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let filter = AuditFilter {
            before,
            ..audit_filter(&mut tx, query).await?
        };
        let rows = store::list_audit(&mut tx, &filter, limit + 1).await?;
        let opener = Opener::of(&mut tx, keys, Sight::of(by.roles()), rows.iter().filter_map(|r| r.target_id)).await?;
        tx.commit().await?;
        let page = Page::of(rows, limit, after_audit);
        Ok(page.map(|row| opener.audit(row)))
    }

    /// What a query comes to in stored values; `None` when nothing can match, because the session id is not one of this tenant's.
    async fn filter(self, by: &Admin, query: &SignInQuery) -> Result<Option<SignInFilter>> {
        let mut filter = SignInFilter {
            from: query.from.map(storable),
            to: query.to.map(storable),
            decision: query.decision,
            reason: query.reason,
            method: query.method,
            application: query.application.clone(),
            correlation: query.correlation,
            ..SignInFilter::default()
        };
        if let Some(session) = query.session {
            // Rows lie by the moment of their decision: that alone leads to the row without a search.
            let Some(decided) = self.decided(by, session).await? else { return Ok(None) };
            let at = decided.occurred_at.to_jiff();
            filter.attempt = Some(decided.attempt_id);
            filter.from = filter.from.max(Some(at));
            filter.to = Some(filter.to.unwrap_or(Timestamp::MAX).min(just_after(at)));
        }
        let keys = self.0.keys(by.tenant()).await?;
        filter.client_ip_mac = query.client_ip.map(|ip| entry::search_mac(&keys, "client_ip", &ip.to_string()));
        filter.subjects = match &query.member {
            None => Vec::new(),
            Some(MemberRef::Id(id)) => vec![id.0],
            Some(MemberRef::Upn(upn)) => {
                let mut tx = self.0.db().tenant(by.tenant()).await?;
                let named = members_named(&mut tx, upn).await?;
                tx.commit().await?;
                match named {
                    Named::Now(member) => vec![member],
                    // What was tried with the name while nobody had it is found by the id that its counters have.
                    Named::Once(mut removed) => {
                        removed.push(crate::verification::unknown_subject(&keys, upn));
                        removed
                    }
                }
            }
        };
        Ok(Some(filter))
    }

    async fn page(self, tenant: TenantId, sight: Sight, filter: &SignInFilter, limit: usize) -> Result<Page<SignInRow>> {
        let (rows, opener) = self.rows(tenant, sight, filter, limit + 1).await?;
        let Page { items, next_cursor } = Page::of(rows, limit, after_sign_in);
        let items = items.iter().map(|row| opener.sign_in(row)).collect::<std::result::Result<_, _>>()?;
        Ok(Page { items, next_cursor })
    }

    async fn rows(self, tenant: TenantId, sight: Sight, filter: &SignInFilter, limit: usize) -> Result<(Vec<AuthRow>, Opener)> {
        let keys = self.0.keys(tenant).await?;
        // Months that have not come are left out; another node's clock may be a little ahead of this one's.
        let soon = self.0.clock().now() + SignedDuration::from_hours(1);
        let filter = SignInFilter {
            to: Some(filter.to.map_or(soon, |to| to.min(soon))),
            ..filter.clone()
        };
        let mut tx = self.0.db().tenant(tenant).await?;
        let rows = store::list_sign_ins(&mut tx, &filter, limit).await?;
        let opener = Opener::of(&mut tx, keys, sight, rows.iter().map(|r| r.subject_id)).await?;
        tx.commit().await?;
        Ok((rows, opener))
    }
}

/// Whose a name is.
enum Named {
    /// This member's.
    Now(Uuid),
    /// Nobody's; it was once that of these, who have been removed.
    Once(Vec<Uuid>),
}

async fn members_named(tx: &mut TenantTx, upn: &Upn) -> Result<Named> {
    Ok(match crate::directory::store::find_member_id(tx, upn.folded()).await? {
        Some(member) => Named::Now(member),
        None => Named::Once(store::list_removed_members(tx, upn.folded()).await?),
    })
}

async fn audit_filter(tx: &mut TenantTx, query: &AuditQuery) -> Result<AuditFilter> {
    let mut ids = [None, None];
    for (ids, of) in ids.iter_mut().zip([&query.actor, &query.target]) {
        *ids = match of {
            None => None,
            Some(MemberRef::Id(id)) => Some(vec![id.0]),
            Some(MemberRef::Upn(upn)) => Some(match members_named(tx, upn).await? {
                Named::Now(member) => vec![member],
                Named::Once(removed) => removed,
            }),
        };
    }
    let [actors, targets] = ids;
    Ok(AuditFilter {
        from: query.from.map(storable),
        to: query.to.map(storable),
        event: query.event.map(Event::as_str),
        actors,
        targets,
        ..AuditFilter::default()
    })
}

/// A moment that Postgres can hold too: it knows no years as far back as we can name them, and nothing was logged then.
fn storable(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}

/// The smallest moment later than one.
fn just_after(at: Timestamp) -> Timestamp {
    at.saturating_add(SignedDuration::from_micros(1)).unwrap_or(at)
}

fn after_sign_in(row: &AuthRow) -> Cursor {
    Cursor::at(row.occurred_at.to_jiff(), row.attempt_id)
}

fn after_audit(row: &AuditLogRow) -> Cursor {
    Cursor::at(row.occurred_at.to_jiff(), row.audit_id)
}
