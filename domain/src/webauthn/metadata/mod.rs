//! What the FIDO Alliance knows about makes and models (FIDO Metadata Service 3.0). The operator uploads the signed blob; nothing is ever
//! fetched. What is kept is the little that decides, not the blob: its certificate may have run out long before the next restart.

mod names;
mod signature;

pub use signature::{BLOB_BYTES_MAX, Roots};

use data_encoding::BASE64;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Longest name of a model.
pub const MODEL_NAME_CHARACTERS_MAX: usize = 120;
/// Most entries of a blob. The real one has some hundreds.
pub const ENTRIES_MAX: usize = 20_000;

/// Why a metadata blob is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Longer than [`BLOB_BYTES_MAX`].
    #[error("The file is too long.")]
    TooLong,
    /// Not three parts of base64url with a header of JSON.
    #[error("The file is not a metadata blob.")]
    NotABlob,
    /// Signed in a way that the service does not use.
    #[error("The file is signed with an algorithm that is not accepted.")]
    AlgorithmRefused,
    /// Certificates that do not parse.
    #[error("The certificates in the file cannot be read.")]
    ChainUnreadable,
    /// No path to a root.
    #[error("The certificates in the file do not lead to a trusted root.")]
    ChainUntrusted,
    /// The signer's certificate has run out.
    #[error("The certificate of the signer has expired.")]
    SignerExpired,
    /// The signer's certificate is of the future.
    #[error("The certificate of the signer is not valid yet.")]
    SignerTooEarly,
    /// A trusted certificate of somebody else.
    #[error("The file is signed by somebody else.")]
    SignerUnexpected,
    /// The content was changed.
    #[error("The signature of the file is wrong.")]
    SignatureWrong,
    /// Signed, but not metadata.
    #[error("The content of the file cannot be read.")]
    ContentUnreadable,
    /// Older than what is there.
    #[error("The file is number {offered}, and number {kept} is there already.")]
    SerialWentBack {
        /// What is there.
        kept: u64,
        /// What was offered.
        offered: u64,
    },
    /// Roots that do not parse.
    #[error("The trusted roots cannot be read.")]
    RootUnreadable,
}

/// Whether a model may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing bad was ever reported.
    Sound,
    /// `USER_VERIFICATION_BYPASS`.
    VerificationBypassed,
    /// `ATTESTATION_KEY_COMPROMISE`.
    AttestationKeyLost,
    /// `USER_KEY_REMOTE_COMPROMISE`.
    KeysReadFromAfar,
    /// `USER_KEY_PHYSICAL_COMPROMISE`.
    KeysReadAtHand,
    /// `REVOKED`.
    Revoked,
}

/// A make and model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    name: String,
    standing: Standing,
    /// DER in base64, as the blob has it.
    roots: Vec<String>,
}

impl Model {
    /// What it is called, in English.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may be trusted.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Roots of its attestation certificates, in DER.
    pub(super) fn roots(&self) -> impl Iterator<Item = Vec<u8>> {
        self.roots.iter().filter_map(|text| BASE64.decode(text.as_bytes()).ok())
    }
}

/// A verified blob, without what nobody reads. The caller keeps its JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    serial: u64,
    next_update: Date,
    models: BTreeMap<Uuid, Model>,
}

impl Metadata {
    /// Verifies a blob offline (MDS 3.0 section 3.2): signature, chain and signer at the moment `now`, and that it is not older than what is kept.
    pub fn verify(blob: &str, roots: &Roots, kept: Option<&Self>, now: Timestamp) -> Result<Self, MetadataError> {
        let payload = signature::open(blob, roots, now)?;
        let content: Content = serde_json::from_slice(&payload).map_err(|_| MetadataError::ContentUnreadable)?;
        if content.entries.len() > ENTRIES_MAX {
            return Err(MetadataError::ContentUnreadable);
        }
        if let Some(kept) = kept.filter(|kept| kept.serial > content.no) {
            return Err(MetadataError::SerialWentBack {
                kept: kept.serial,
                offered: content.no,
            });
        }
        Ok(Self {
            serial: content.no,
            next_update: content.next_update,
            models: models(content.entries),
        })
    }

    /// The number of the blob (`no`).
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The day on which the FIDO Alliance meant to publish the next one (`nextUpdate`).
    pub fn next_update(&self) -> Date {
        self.next_update
    }

    /// The day of the next one is over: a warning for the operator, nothing stops working.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.next_update
    }

    /// Every AAGUID.
    pub fn aaguids(&self) -> impl Iterator<Item = Uuid> {
        self.models.keys().copied()
    }

    /// What is known of a model.
    pub fn model(&self, aaguid: Uuid) -> Option<&Model> {
        self.models.get(&aaguid)
    }

    /// Whether a model may be trusted; `None` if nothing is known of it.
    pub fn standing(&self, aaguid: Uuid) -> Option<Standing> {
        self.model(aaguid).map(Model::standing)
    }
}

/// The name of a model: from the metadata if there are any, else from a small table of well-known ones. The nil AAGUID has no name.
pub fn name_of(aaguid: Uuid, metadata: Option<&Metadata>) -> Option<String> {
    let known = metadata.and_then(|m| m.model(aaguid)).map(Model::name).filter(|name| !name.is_empty());
    known.or_else(|| names::well_known(aaguid)).map(String::from)
}

/// Every model that has a name, in no order.
pub fn named(metadata: Option<&Metadata>) -> Vec<(Uuid, String)> {
    let of_metadata = metadata.into_iter().flat_map(Metadata::aaguids);
    let all: std::collections::BTreeSet<Uuid> = of_metadata.chain(names::all()).collect();
    all.into_iter().filter_map(|aaguid| Some((aaguid, name_of(aaguid, metadata)?))).collect()
}

/// MDS 3.0 section 3.1.6, as far as it is read. New members and new kinds of status appear; they must not make the blob unreadable.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    no: u64,
    next_update: Date,
    entries: Vec<Entry>,
}

/// MDS 3.0 section 3.1.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    aaguid: Option<Uuid>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Vec<Report>,
}

/// FIDO Metadata Statement 3.0 section 4.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(default)]
    description: String,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

/// MDS 3.0 section 3.1.3.
#[derive(Deserialize)]
struct Report {
    status: Status,
}

/// MDS 3.0 section 3.1.4. The list grows: what is not known is not a bad report.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    UserVerificationBypass,
    AttestationKeyCompromise,
    UserKeyRemoteCompromise,
    UserKeyPhysicalCompromise,
    Revoked,
    #[serde(other)]
    NothingBad,
}

impl From<Status> for Standing {
    fn from(status: Status) -> Self {
        match status {
            Status::UserVerificationBypass => Self::VerificationBypassed,
            Status::AttestationKeyCompromise => Self::AttestationKeyLost,
            Status::UserKeyRemoteCompromise => Self::KeysReadFromAfar,
            Status::UserKeyPhysicalCompromise => Self::KeysReadAtHand,
            Status::Revoked => Self::Revoked,
            Status::NothingBad => Self::Sound,
        }
    }
}

/// FIDO2 models only: U2F and UAF entries have no AAGUID.
fn models(entries: Vec<Entry>) -> BTreeMap<Uuid, Model> {
    let mut models: BTreeMap<Uuid, Model> = BTreeMap::new();
    for entry in entries {
        let (Some(aaguid), Some(statement)) = (entry.aaguid, entry.metadata_statement) else {
            continue;
        };
        let model = Model {
            name: clean(&statement.description),
            standing: standing(&entry.status_reports),
            roots: statement
                .attestation_root_certificates
                .iter()
                .map(|text| text.split_whitespace().collect())
                .collect(),
        };
        // Of two entries about one model the worse counts.
        let better_known = models.get(&aaguid).is_some_and(|m| m.standing != Standing::Sound);
        if !better_known {
            models.insert(aaguid, model);
        }
    }
    models
}

/// The last bad report. An update does not mend it: which firmware a given device runs is not to be seen.
fn standing(reports: &[Report]) -> Standing {
    let mut standings = reports.iter().map(|report| Standing::from(report.status));
    standings.rfind(|s| *s != Standing::Sound).unwrap_or(Standing::Sound)
}

fn clean(name: &str) -> String {
    let printable = name.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(MODEL_NAME_CHARACTERS_MAX).collect::<String>().trim().to_owned()
}
