//! Who signed a metadata blob (FIDO Metadata Service 3.0 section 3.2, "Metadata BLOB object processing rules"): a compact JWS (RFC 7515 section
//! 7.1) whose certificates lead to a root. The chain is webpki's to check and the signature ring's; here only the three parts are told apart.

use super::MetadataError;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, alg_id, pem::PemObject,
};
use serde::Deserialize;
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error as ChainError, KeyUsage, anchor_from_trusted_cert, ring::RSA_PKCS1_2048_8192_SHA256};

/// Longest blob. The real one has about 10 MB, most of them icons.
pub const BLOB_BYTES_MAX: usize = 64 * 1024 * 1024;
const CHAIN_MAX: usize = 6;

/// The name in the certificate of the FIDO Alliance.
const FIDO_SIGNER: &str = "mds.fidoalliance.org";
/// The roots the FIDO Alliance signs under. Public certificates, as Mozilla ships them.
const FIDO_ROOTS: [&str; 2] = [include_str!("roots/globalsign-r3.pem"), include_str!("roots/globalsign-r46.pem")];

/// Whose signature counts: the roots, and the name the signer's certificate has to bear. Without the name everybody with a
/// certificate of the same authority could sign.
#[derive(Clone, Debug)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    signer: ServerName<'static>,
}

impl Roots {
    /// The FIDO Alliance under GlobalSign's roots R3 and R46.
    pub fn fido() -> Self {
        Self::new(&FIDO_ROOTS.concat(), FIDO_SIGNER).expect("the roots that are compiled in can be read: a test does so")
    }

    /// Other roots, in PEM, and another signer.
    pub fn new(pem: &str, signer: &str) -> Result<Self, MetadataError> {
        let anchors = CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| Ok(anchor_from_trusted_cert(&der.map_err(|_| MetadataError::RootUnreadable)?)?.to_owned()))
            .collect::<Result<Vec<_>, MetadataError>>()?;
        let signer = ServerName::try_from(signer.to_owned()).map_err(|_| MetadataError::RootUnreadable)?;
        if anchors.is_empty() {
            return Err(MetadataError::RootUnreadable);
        }
        Ok(Self { anchors, signer })
    }
}

impl From<ChainError> for MetadataError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::CertExpired { .. } => Self::SignerExpired,
            ChainError::CertNotValidYet { .. } => Self::SignerTooEarly,
            ChainError::CertNotValidForName(_) => Self::SignerUnexpected,
            ChainError::InvalidSignatureForPublicKey => Self::SignatureWrong,
            ChainError::BadDer | ChainError::BadDerTime | ChainError::TrailingData(_) => Self::ChainUnreadable,
            // The list of webpki is long and grows; all of it means that no path leads to a root.
            _ => Self::ChainUntrusted,
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    x5c: Vec<String>,
    /// Extensions that must be understood (RFC 7515 section 4.1.11): there are none that we do.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
enum Algorithm {
    RS256,
    ES256,
    #[serde(other)]
    Other,
}

impl Algorithm {
    fn verifier(&self) -> Result<&'static dyn SignatureVerificationAlgorithm, MetadataError> {
        match self {
            Self::RS256 => Ok(RSA_PKCS1_2048_8192_SHA256),
            Self::ES256 => Ok(&Es256),
            Self::Other => Err(MetadataError::AlgorithmRefused),
        }
    }
}

/// ES256 (RFC 7518 section 3.4): ECDSA whose signature is r and s side by side, unlike that of certificates.
#[derive(Debug)]
struct Es256;

impl SignatureVerificationAlgorithm for Es256 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

/// Checks chain, name and signature at a moment, and gives the payload.
pub(super) fn open(blob: &str, roots: &Roots, now: Timestamp) -> Result<Vec<u8>, MetadataError> {
    let blob = blob.trim();
    if blob.len() > BLOB_BYTES_MAX {
        return Err(MetadataError::TooLong);
    }
    let (signed, signature) = blob.rsplit_once('.').ok_or(MetadataError::NotABlob)?;
    let (header, payload) = signed
        .split_once('.')
        .filter(|(_, payload)| !payload.contains('.'))
        .ok_or(MetadataError::NotABlob)?;
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| MetadataError::NotABlob)?;
    if header.crit.is_some() {
        return Err(MetadataError::AlgorithmRefused);
    }
    let verifier = header.alg.verifier()?;

    let chain = certificates(&header.x5c)?;
    let (leaf, intermediates) = chain.split_first().ok_or(MetadataError::ChainUnreadable)?;
    let leaf = EndEntityCert::try_from(leaf)?;
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &roots.anchors,
        intermediates,
        unix(now),
        KeyUsage::server_auth(),
        None,
        None,
    )?;
    leaf.verify_is_valid_for_subject_name(&roots.signer)?;
    leaf.verify_signature(verifier, signed.as_bytes(), &decoded(signature)?)
        .map_err(|_| MetadataError::SignatureWrong)?;

    decoded(payload)
}

fn decoded(part: &str) -> Result<Vec<u8>, MetadataError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| MetadataError::NotABlob)
}

/// `x5c` (RFC 7515 section 4.1.6): plain base64 of DER, the signer first.
fn certificates(x5c: &[String]) -> Result<Vec<CertificateDer<'static>>, MetadataError> {
    if x5c.len() > CHAIN_MAX {
        return Err(MetadataError::ChainUnreadable);
    }
    x5c.iter()
        .map(|text| {
            BASE64
                .decode(text.as_bytes())
                .map(CertificateDer::from)
                .map_err(|_| MetadataError::ChainUnreadable)
        })
        .collect()
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().try_into().unwrap_or(0)))
}
