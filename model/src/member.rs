//! Members: names, states, roles and why one is asked to register.

use crate::text::{is_forbidden, text_enum};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use unicode_normalization::UnicodeNormalization;

text_enum! {
    /// The stored MFA state of a member (product rule 3): an admin enables, completing registration enforces.
    MfaState {
        /// No second step asked because of this state.
        Disabled = "disabled",
        /// Asked to register at the next sign-in; other programs go on with the password until then.
        Enabled = "enabled",
        /// Registered: a second step every time; programs outside the browser need an app password.
        Enforced = "enforced",
    }
}

text_enum! {
    /// What somebody may do in a tenant (product rule 1). Every role above `member` always needs a second factor.
    Role {
        /// Registers own security info, signs in.
        Member = "member",
        /// Finds sessions, sees why, unlocks. Never sees codes, secrets or full numbers.
        Support = "support",
        /// Enables MFA, resets methods, unblocks.
        AuthAdmin = "auth_admin",
        /// Methods policy, conditions, settings.
        PolicyAdmin = "policy_admin",
        /// Providers, licences, statements.
        BillingAdmin = "billing_admin",
        /// Reads everything, changes nothing.
        Reader = "reader",
        /// All of the above in the tenant.
        GlobalAdmin = "global_admin",
    }
}

impl Role {
    /// How much a role can do, for the rule that nobody acts on a member with more rights than his own.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Member => 0,
            Self::Reader | Self::Support => 1,
            Self::AuthAdmin | Self::PolicyAdmin | Self::BillingAdmin => 2,
            Self::GlobalAdmin => 3,
        }
    }
}

text_enum! {
    /// Which set of numbers a tenant lives by: the product's, or the stricter of product and security rules.
    Profile {
        /// The product's numbers.
        Standard = "standard",
        /// The stricter number wherever two exist; no first registration with a password alone.
        Strict = "strict",
    }
}

text_enum! {
    /// Why somebody is asked to register (product rule 4, S58). Several may hold at once; the order is strictest first.
    RegistrationReason {
        /// An admin enabled MFA and nothing is registered.
        MfaEnabledNoInfo = "mfa_enabled_no_info",
        /// A policy of the application needs MFA.
        AppPolicyRequiresMfa = "app_policy_requires_mfa",
        /// Joining a device needs MFA.
        DeviceRegistration = "device_registration",
        /// Setting up a platform credential needs MFA.
        HelloProvisioning = "hello_provisioning",
        /// The chosen method was switched off by an admin.
        MethodDisabledByAdmin = "method_disabled_by_admin",
        /// The organisation asks everybody to register.
        RegistrationPolicy = "registration_policy",
        /// Self-service reset is on and needs information to help later.
        SsprEnabled = "sspr_enabled",
    }
}

impl RegistrationReason {
    /// True when "skip for now" may be offered if nothing stricter holds.
    pub const fn skippable(self) -> bool {
        matches!(self, Self::RegistrationPolicy | Self::SsprEnabled)
    }
}

/// The name a member signs in with, `local@domain`. Kept as typed for people, compared in folded form (NFKC, lower case), so that
/// no other spelling of the same name reaches another counter or another account.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Upn {
    typed: String,
    folded: String,
    at: usize,
}

/// Why a text is not a UPN. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpnError {
    /// Longer than a name can be.
    #[error("a sign-in name has at most {max} characters; this has {length}")]
    TooLong {
        /// Bytes given.
        length: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Not of the form name@domain.
    #[error("a sign-in name looks like name@organisation.example")]
    Form,
    /// A space, a control character or a mark that turns the reading direction.
    #[error("a sign-in name holds no spaces, control characters or hidden marks")]
    Forbidden,
    /// What follows the @ is not a domain.
    #[error("what follows the @ is not a domain name")]
    Domain,
}

impl Upn {
    /// Checks and folds. Surrounding spaces are dropped.
    pub fn parse(text: &str) -> Result<Self, UpnError> {
        let typed = text.trim();
        if typed.len() > crate::UPN_CHARACTERS_MAX {
            return Err(UpnError::TooLong {
                length: typed.len(),
                max: crate::UPN_CHARACTERS_MAX,
            });
        }
        if typed.chars().any(|c| is_forbidden(c) || c.is_whitespace()) {
            return Err(UpnError::Forbidden);
        }
        let folded = fold(typed);
        if folded.chars().any(|c| is_forbidden(c) || c.is_whitespace()) || folded.len() > 2 * crate::UPN_CHARACTERS_MAX {
            return Err(UpnError::Forbidden);
        }
        let (local, domain) = folded.rsplit_once('@').ok_or(UpnError::Form)?;
        if local.is_empty() || local.contains('@') || domain.is_empty() {
            return Err(UpnError::Form);
        }
        let domain = DomainName::parse(domain).map_err(|_| UpnError::Domain)?;
        let at = local.len();
        Ok(Self {
            typed: typed.to_owned(),
            folded: format!("{local}@{domain}"),
            at,
        })
    }

    /// As the member writes it.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// As it is compared.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The domain, which finds the tenant.
    pub fn domain(&self) -> &str {
        &self.folded[self.at + 1..]
    }

    /// The part before the @, folded.
    pub fn local(&self) -> &str {
        &self.folded[..self.at]
    }
}

/// NFKC, lower case, NFKC again (lower-casing can leave composed forms).
fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

impl FromStr for Upn {
    type Err = UpnError;
    fn from_str(text: &str) -> Result<Self, UpnError> {
        Self::parse(text)
    }
}
impl TryFrom<String> for Upn {
    type Error = UpnError;
    fn try_from(text: String) -> Result<Self, UpnError> {
        Self::parse(&text)
    }
}
impl From<Upn> for String {
    fn from(upn: Upn) -> Self {
        upn.typed
    }
}
impl fmt::Display for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}
impl fmt::Debug for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.typed)
    }
}

/// A domain that belongs to a tenant, lower case ASCII, without a trailing dot (RFC 1123 labels; IDNs in their `xn--` form).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

/// Why a text is not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a domain has labels of letters, digits and hyphens, at most 63 each and 253 together")]
pub struct DomainNameError;

impl DomainName {
    /// Checks and lowers.
    pub fn parse(text: &str) -> Result<Self, DomainNameError> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let label =
            |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-') && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if text.len() <= 253 && text.split('.').all(label) {
            Ok(Self(text))
        } else {
            Err(DomainNameError)
        }
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for DomainName {
    type Err = DomainNameError;
    fn from_str(text: &str) -> Result<Self, DomainNameError> {
        Self::parse(text)
    }
}
impl TryFrom<String> for DomainName {
    type Error = DomainNameError;
    fn try_from(text: String) -> Result<Self, DomainNameError> {
        Self::parse(&text)
    }
}
impl From<DomainName> for String {
    fn from(domain: DomainName) -> Self {
        domain.0
    }
}
impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The short name of a tenant in addresses and keys: 2 to 40 of a-z, 0-9 and hyphen, starting with a letter. Never changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a short name has 2 to 40 small letters, digits or hyphens and starts with a letter")]
pub struct SlugError;

impl Slug {
    /// Checks; nothing is changed on the way, so that what is written is what is used.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let good = (2..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for Slug {
    type Err = SlugError;
    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::parse(text)
    }
}
impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::parse(&text)
    }
}
impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}
impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_folds_to_one() {
        let one = Upn::parse("zoë.k@noord.example").expect("good");
        for other in [
            "ZOË.K@NOORD.example",
            " zoe\u{308}.k@noord.example ",
            "zoë.k@noord.example.",
            "ｚoë.k@noord.example",
        ] {
            assert_eq!(Upn::parse(other).expect(other).folded(), one.folded(), "{other}");
        }
        assert_eq!((one.local(), one.domain()), ("zoë.k", "noord.example"));
    }

    #[test]
    fn what_is_not_a_name_is_refused_with_its_reason() {
        let long = format!("{}@noord.example", "a".repeat(300));
        type Expected = fn(&UpnError) -> bool;
        let table: [(&str, Expected); 8] = [
            ("", |e| *e == UpnError::Form),
            ("ann", |e| *e == UpnError::Form),
            ("@noord.example", |e| *e == UpnError::Form),
            ("ann@", |e| *e == UpnError::Form),
            ("ann@-noord", |e| *e == UpnError::Domain),
            ("an n@noord.example", |e| *e == UpnError::Forbidden),
            ("ann\0@noord.example", |e| *e == UpnError::Forbidden),
            (&long, |e| matches!(e, UpnError::TooLong { length: 314, max: 254 })),
        ];
        for (text, expected) in table {
            assert!(expected(&Upn::parse(text).expect_err(text)), "{text}");
        }
    }

    #[test]
    fn slugs_and_domains() {
        assert!(Slug::parse("noord").is_ok() && Slug::parse("noord-2").is_ok());
        assert!(["", "n", "2noord", "Noord", "noord-", "no_rd", "nöord"].iter().all(|s| Slug::parse(s).is_err()));
        assert_eq!(DomainName::parse("Noord.Example.").map(String::from), Ok("noord.example".into()));
        assert!(["", "a..b", "a b", "é.example"].iter().all(|d| DomainName::parse(d).is_err()));
    }
}
