//! "This wasn't me": the link in a notice. It opens nothing, ever: it ends sessions, remembered browsers, passes, bypasses, set-up links and app passwords,
//! switches off what became a method since the change, and tells the admins. Looking does nothing; the token works once and for seven days.

use super::*;
use crate::{directory::block::store as blocks, vault::Secret};

/// Seconds by which the moment of a method and that of its notice may differ: both are written in one transaction.
pub(super) const SAME_SECONDS: i64 = 5;

/// The token of a notice's link: tenant, link and 256 bits that only the tenant's key can make. Cannot be printed.
#[derive(Clone)]
pub struct NoticeToken {
    tenant: TenantId,
    link: Uuid,
    secret: Secret<[u8; 32]>,
}

impl NoticeToken {
    /// The token of a notice: the same at every try, so that each mail that was sent holds a link that works.
    pub(super) fn of(keys: &TenantKeys, tenant: TenantId, notice: Uuid) -> Self {
        Self {
            tenant,
            link: notice,
            secret: Secret::new(keys.key(KeyPurpose::NoticeLink).mac(&[notice.as_bytes()])),
        }
    }

    /// The text that goes into the link.
    pub fn reveal(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.tenant.0.as_bytes());
        bytes.extend(self.link.as_bytes());
        bytes.extend(self.secret.expose());
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a text; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let id = |at: usize| Uuid::from_slice(&bytes[at..at + 16]).ok();
        Some(Self {
            tenant: TenantId(id(0)?),
            link: id(16)?,
            secret: Secret::new(bytes[32..].try_into().ok()?),
        })
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.expose()).into()
    }
}

impl std::fmt::Debug for NoticeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoticeToken({}, …)", self.link)
    }
}

/// What a link is about, as whoever holds it may see it.
#[derive(Clone, Debug)]
pub struct NoticeLink {
    /// Of which tenant.
    pub tenant: TenantView,
    /// The sign-in name, as far as its owner knows it again.
    pub masked: String,
    /// What it is about.
    pub kind: Kind,
    /// When that happened.
    pub at: Timestamp,
    /// Saying "this wasn't me" blocks the account as well.
    pub blocks: bool,
}

/// What saying "this wasn't me" came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The account is blocked until an admin has looked.
    pub blocked: bool,
    /// Methods that went off.
    pub methods_off: u64,
}

/// What was shut of an account.
pub(super) struct Shut {
    pub(super) sessions_ended: u64,
    pub(super) methods_off: u64,
    pub(super) codes_deleted: u64,
}

impl NoticeLink {
    /// What it is about, in a few words: the subject of the mail.
    pub fn subject(&self, dutch: bool) -> String {
        let none = Value::Null;
        let zone = TimeZone::UTC;
        texts::happened(&Told {
            kind: self.kind,
            language: if dutch { Language::Nl } else { Language::En },
            tenant: &self.tenant.name,
            upn: "",
            name: None,
            before: &none,
            after: &none,
            at: self.at,
            zone: &zone,
            place: None,
            link: None,
            case: None,
        })
        .subject
    }
}

impl Notices<'_> {
    /// What a link is about, if it still works. Looking does not use it up: mail scanners look too.
    pub async fn link(self, token: &NoticeToken) -> Result<NoticeLink> {
        let (tenant, mut tx) = self.door(token).await?;
        let found = store::find_link(&mut tx, token.link, &token.hash(), self.0.clock().now()).await?;
        let row = found.ok_or(NoticeError::LinkGone)?;
        let member = self.0.directory().view(&mut tx, &MemberRef::Id(MemberId(row.member_id))).await.map_err(gone)?;
        let blocks = self.blocks(&mut tx, &member).await?;
        tx.commit().await?;
        Ok(NoticeLink {
            tenant,
            masked: masked(&member.upn),
            kind: Kind::from_text(&row.kind),
            at: row.since,
            blocks,
        })
    }

    /// Says "this wasn't me": ends what is open and switches off what came since. Works once, even for two browsers at the same moment.
    pub async fn freeze(self, token: &NoticeToken) -> Result<Frozen> {
        let now = self.0.clock().now();
        let (_, mut tx) = self.door(token).await?;
        let found = store::find_link(&mut tx, token.link, &token.hash(), now).await?;
        let row = found.ok_or(NoticeError::LinkGone)?;
        let member = MemberId(row.member_id);
        blocks::lock_member(&mut tx, member).await?;
        if !store::set_link_used(&mut tx, token.link, &token.hash(), now).await? {
            return Err(NoticeError::LinkGone);
        }
        let view = self.0.directory().view(&mut tx, &MemberRef::Id(member)).await.map_err(gone)?;
        let since = row.since - SignedDuration::from_secs(SAME_SECONDS);
        let blocked = self.blocks(&mut tx, &view).await?;
        let why = blocked.then_some("reported by the link of a notice");
        let shut = self.shut(&mut tx, member, since, why, now).await?;
        let after = json!({
            "notice": row.kind, "blocked": blocked, "methods_off": shut.methods_off, "sessions_ended": shut.sessions_ended,
            "recovery_codes_deleted": shut.codes_deleted,
        });
        let audited = Audited {
            event: Event::AccountFrozen,
            who: Who::Member(member),
            target: ("member", Some(member.0)),
            reason: None,
            session: None,
            change: Change { before: Value::Null, after },
        };
        let (directory, keys) = (self.0.directory(), self.0.keys(token.tenant).await?);
        directory.audit(&mut tx, &keys, audited, now).await?;
        for (kind, told) in [
            (Kind::Frozen, json!({ "blocked": blocked })),
            (Kind::FraudAlert, json!({ "blocked": blocked, "how": "link" })),
        ] {
            directory.tell(&mut tx, &keys, member, kind.as_str(), &told, now).await?;
        }
        tx.commit().await?;
        Ok(Frozen {
            blocked,
            methods_off: shut.methods_off,
        })
    }

    /// Ends what is open of a member, switches off what became a method since a moment, and blocks where there is a reason to.
    pub(super) async fn shut(self, tx: &mut TenantTx, member: MemberId, since: Timestamp, block: Option<&str>, now: Timestamp) -> Result<Shut> {
        let sessions_ended = crate::directory::store::delete_sessions(tx, member).await?;
        crate::directory::store::end_devices(tx, member, now).await?;
        crate::directory::end_what_was_given(tx, member, now).await?;
        crate::directory::store::end_set_up_links(tx, member, now).await?;
        crate::directory::store::end_app_passwords(tx, member, now).await?;
        let methods_off = store::suspend_methods(tx, member, since, now).await?;
        self.0.methods().settle_default(tx, member).await?;
        crate::methods::call_pin::store::delete_since(tx, member, since).await?;
        let codes_deleted = store::delete_recovery(tx, member, since).await?;
        if let Some(reason) = block {
            let until = now + SignedDuration::from_hours(24 * BLOCK_DAYS);
            blocks::insert_block(tx, self.0.rng().id(now), member, (blocks::FRAUD_REPORT, reason), None, now, until).await?;
        }
        Ok(Shut {
            sessions_ended,
            methods_off,
            codes_deleted,
        })
    }

    /// Whether the tenant wants a block. As with a report by telephone: nobody shuts the organisation's own console by a mail (verification::fraud).
    pub(super) async fn blocks(self, tx: &mut TenantTx, member: &MemberView) -> Result<bool> {
        let chief = member.operator || member.roles.contains(&Role::GlobalAdmin);
        let policy = self.0.directory().policy_in(tx).await?;
        Ok(policy.is_some_and(|document| document.trust.fraud_blocks) && !chief && !member.blocked)
    }

    /// The tenant of a token and a transaction in it; a tenant that is switched off has no links.
    async fn door(self, token: &NoticeToken) -> Result<(TenantView, TenantTx)> {
        let tenant = self.0.directory().tenant(token.tenant).await.map_err(gone)?;
        if tenant.suspended {
            return Err(NoticeError::LinkGone);
        }
        // Loaded before the transaction that needs them holds a connection.
        self.0.keys(token.tenant).await?;
        let tx = self.0.db().tenant(token.tenant).await?;
        Ok((tenant, tx))
    }
}

fn gone(error: crate::directory::DirectoryError) -> NoticeError {
    match error {
        crate::directory::DirectoryError::Unknown(_) => NoticeError::LinkGone,
        other => other.into(),
    }
}

/// First letter and domain: a mail may lie open.
fn masked(upn: &str) -> String {
    Mailbox::parse(upn).map_or_else(|_| String::from("•••"), |mail| mail.masked())
}
