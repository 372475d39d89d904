//! What can go wrong with a passkey, and the little of it that people are told.

use super::ceremony::Purpose;
use webauthn_rs::prelude::WebauthnError;

/// Why a public address cannot be the home of passkeys (WebAuthn L3 section 4, "Relying Party Identifier").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelyingPartyError {
    /// Not a URL.
    #[error("The public address is not a URL.")]
    NotAnAddress,
    /// Neither https nor `http://localhost`.
    #[error("The public address has to begin with https://; only http://localhost may do without.")]
    NotSecure,
    /// An IP address, or no host at all.
    #[error("The public address needs a host name: passkeys cannot belong to an IP address.")]
    NoHostName,
    /// `example.com.` is another host than `example.com` to a browser.
    #[error("The host name of the public address may not end with a dot.")]
    TrailingDot,
    /// A name and password, a query or a fragment.
    #[error("The public address may hold nothing but scheme, host, port and path.")]
    MoreThanAnAddress,
    /// Empty or too long.
    #[error("The display name has to be 1 to {max} characters long.")]
    DisplayName {
        /// The bound.
        max: usize,
    },
}

/// Why a ceremony did not succeed. No text of it holds a secret; none of it is shown to people but through [`Outward`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// A ceremony begun for one purpose was finished as another (abuse cases B4, B18).
    #[error("The ceremony was begun for {begun} and cannot be finished as {finished}.")]
    WrongPurpose {
        /// What it was begun for.
        begun: Purpose,
        /// What it was finished as.
        finished: Purpose,
    },
    /// Too much time between begin and finish.
    #[error("The ceremony has taken too long.")]
    Expired,
    /// The answer is longer than any browser's.
    #[error("The browser's answer is too long.")]
    TooLong,
    /// Not the JSON of a credential, or parts of it contradict each other.
    #[error("The browser's answer is malformed.")]
    Malformed,
    /// `C.type` (L3 7.1, 7.2).
    #[error("The browser's answer is of the other ceremony.")]
    WrongType,
    /// `C.challenge` (L3 7.1, 7.2).
    #[error("The browser answered another challenge.")]
    WrongChallenge,
    /// `C.origin` (L3 7.1, 7.2).
    #[error("The browser was on another site.")]
    WrongOrigin,
    /// `C.crossOrigin` or `C.topOrigin` (L3 7.1, 7.2).
    #[error("The browser was in a frame of another site.")]
    CrossOrigin,
    /// `rpIdHash` (L3 7.1, 7.2).
    #[error("The authenticator signed for another site.")]
    WrongRelyingParty,
    /// UP (L3 7.1, 7.2).
    #[error("Nobody touched the authenticator.")]
    UserNotPresent,
    /// UV (L3 7.1, 7.2).
    #[error("The authenticator did not check who used it.")]
    UserNotVerified,
    /// BE (L3 7.2).
    #[error("The credential says it may be backed up and said otherwise before.")]
    BackupEligibilityChanged,
    /// BS without BE (L3 7.1, 7.2).
    #[error("The credential says it is backed up although it cannot be.")]
    BackupImpossible,
    /// The signature (L3 7.2).
    #[error("The signature is wrong.")]
    WrongSignature,
    /// Nobody has this credential (L3 7.2).
    #[error("The credential is not known.")]
    UnknownCredential,
    /// A known credential that was not asked for (L3 7.2).
    #[error("The credential is not one of those asked for.")]
    NotAskedFor,
    /// `userHandle` is missing although nobody had said who signs in (L3 7.2).
    #[error("The answer does not say whose credential it is.")]
    UserHandleMissing,
    /// `userHandle` names another member, or the credential belongs to another one (L3 7.2).
    #[error("The credential belongs to somebody else.")]
    ForeignUser,
    /// In `excludeCredentials` (L3 5.4).
    #[error("The authenticator is registered already.")]
    AlreadyRegistered,
    /// `alg` was not offered (L3 7.1).
    #[error("The authenticator chose an algorithm that was not offered.")]
    AlgorithmNotOffered,
    /// Attestation is required and there is none that leads to a trusted root (L3 7.1).
    #[error("The authenticator did not prove its make and model.")]
    NotAttested,
    /// The AAGUID is not in the allow-list.
    #[error("This make and model is not allowed.")]
    ModelNotAllowed,
    /// Attestation is required and the credential can be copied to other devices.
    #[error("The credential is not bound to one device.")]
    NotDeviceBound,
    /// Nothing to ask for: a second factor without credentials.
    #[error("There is no passkey to ask for.")]
    NothingToAsk,
    /// More than [`PASSKEYS_MAX`](super::PASSKEYS_MAX).
    #[error("The member has as many passkeys as a member can have.")]
    TooMany,
    /// A name or display name that WebAuthn does not allow.
    #[error("The member's name does not fit a passkey.")]
    UnfitName,
    /// A stored row does not parse.
    #[error("The stored passkey cannot be read.")]
    StoredBroken,
    /// Anything else the library refuses: broken keys, broken attestation statements.
    #[error("The authenticator's data are broken.")]
    BrokenData,
}

/// What may be said to whoever stands before the page. Unknown, foreign and wrong are one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outward {
    /// Begin again: it took too long, or the page was an old one.
    BeginAgain,
    /// This passkey was not accepted.
    NotAccepted,
    /// The device has to be unlocked by its PIN, finger or face.
    VerifyYourself,
    /// This device is registered already.
    AlreadyRegistered,
    /// The organisation does not allow this make and model.
    ModelNotAllowed,
    /// Not the person's fault: ours.
    Fault,
}

impl PasskeyError {
    /// What people may know of it.
    pub const fn outward(&self) -> Outward {
        match self {
            Self::WrongPurpose { .. } | Self::Expired | Self::WrongChallenge => Outward::BeginAgain,
            Self::UserNotVerified => Outward::VerifyYourself,
            Self::AlreadyRegistered => Outward::AlreadyRegistered,
            Self::NotAttested | Self::ModelNotAllowed | Self::NotDeviceBound => Outward::ModelNotAllowed,
            Self::StoredBroken | Self::NothingToAsk | Self::TooMany | Self::UnfitName => Outward::Fault,
            Self::TooLong
            | Self::Malformed
            | Self::WrongType
            | Self::WrongOrigin
            | Self::CrossOrigin
            | Self::WrongRelyingParty
            | Self::UserNotPresent
            | Self::BackupEligibilityChanged
            | Self::BackupImpossible
            | Self::WrongSignature
            | Self::UnknownCredential
            | Self::NotAskedFor
            | Self::UserHandleMissing
            | Self::ForeignUser
            | Self::AlgorithmNotOffered
            | Self::BrokenData => Outward::NotAccepted,
        }
    }

    /// The library's refusal in our words.
    pub(super) fn of(error: &WebauthnError) -> Self {
        match error {
            WebauthnError::InvalidClientDataType => Self::WrongType,
            WebauthnError::MismatchedChallenge => Self::WrongChallenge,
            WebauthnError::InvalidRPOrigin => Self::WrongOrigin,
            WebauthnError::CredentialCrossOrigin => Self::CrossOrigin,
            WebauthnError::InvalidRPIDHash => Self::WrongRelyingParty,
            WebauthnError::UserNotPresent => Self::UserNotPresent,
            WebauthnError::UserNotVerified => Self::UserNotVerified,
            WebauthnError::CredentialBackupEligibilityInconsistent => Self::BackupEligibilityChanged,
            WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => Self::WrongSignature,
            WebauthnError::CredentialNotFound => Self::UnknownCredential,
            WebauthnError::CredentialAlteredAlgFromRequest => Self::AlgorithmNotOffered,
            WebauthnError::AttestationUntrustedAaguid | WebauthnError::AttestationFormatMissingAaguid => Self::ModelNotAllowed,
            WebauthnError::AttestationNotVerifiable
            | WebauthnError::AttestationNotSupported
            | WebauthnError::AttestationChainNotTrusted(_)
            | WebauthnError::AttestationTrustFailure
            | WebauthnError::AttestationStatementSigInvalid
            | WebauthnError::AttestationCertificateAAGUIDMismatch
            | WebauthnError::AttestationCertificateRequirementsNotMet
            | WebauthnError::AttestationLeafCertMissing => Self::NotAttested,
            WebauthnError::InvalidUsername => Self::UnfitName,
            WebauthnError::ParseBase64Failure(_) | WebauthnError::ParseJSONFailure(_) | WebauthnError::InvalidUserUniqueId => Self::Malformed,
            _ => Self::BrokenData,
        }
    }
}
