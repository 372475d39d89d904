//! Passkeys and security keys (WebAuthn Level 3): registration, sign-in without a name, second factor, step-up.
//!
//! Nothing here knows a database or a browser. The caller keeps two things: the [`Ceremony`] of a begun action, in a row of one session that is read by
//! deleting it, and the JSON of each passkey, in a row of its member. WebAuthn itself is webauthn-rs; here are the rules that it leaves to the site.

mod authenticator_data;
mod ceremony;
mod client_data;
mod credential;
mod error;
pub mod metadata;
mod policy;
mod rules;
mod signals;
#[cfg(test)]
pub(crate) mod tests;

pub use ceremony::{CEREMONY_SECONDS, Ceremony, PROMPT_SECONDS, Purpose};
pub use credential::{CREDENTIAL_ID_BYTES_MAX, CredentialId, StoredPasskey};
pub use error::{Outward, PasskeyError, RelyingPartyError};
pub use metadata::{Metadata, MetadataError, Roots, Standing};
pub use policy::{Allowed, LeftOut, PolicyError};
pub use rules::{Asserted, CounterRule, Registered, Verdict};

use authenticator_data::{Attested, Used};
use ceremony::{Asking, Creating, CreatingState};
use client_data::Kind;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{fmt, time::Duration};
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{CreationChallengeResponse, Passkey, PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError},
};
use webauthn_rs_proto::{AllowCredentials, AttestationConveyancePreference, AuthenticatorTransport, ResidentKeyRequirement};

/// Longest display name of the site.
pub const SITE_NAME_CHARACTERS_MAX: usize = 64;
/// Longest answer of a browser.
pub const RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Most passkeys of a member.
pub const PASSKEYS_MAX: usize = 64;

/// What goes to the browser: `{"publicKey": …}` as `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it (WebAuthn L3
/// sections 5.1.8 and 5.1.9), and `mediation` for autofill.
pub type OptionsJson = Value;

/// The site whose passkeys these are (WebAuthn L3 section 4, "Relying Party"). The RP ID is the host of the public address and can never change.
#[derive(Clone)]
pub struct RelyingParty {
    id: String,
    origin: String,
    library: Webauthn,
}

/// Who registers a passkey (WebAuthn L3 section 5.4.3).
#[derive(Clone, Copy, Debug)]
pub struct Registrant<'a> {
    /// Random, one a member, never shown (L3 14.6.1).
    pub user_handle: Uuid,
    /// What the member signs in with.
    pub name: &'a str,
    /// What the member is called.
    pub display_name: &'a str,
}

/// Whether the passkey has to serve for signing in without a name (WebAuthn L3 section 5.4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discoverable {
    /// If the authenticator has room for it.
    #[default]
    Preferred,
    /// Or not at all.
    Required,
}

/// What a new passkey has to be. User verification is always required.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistrationDemand<'a> {
    /// Makes and models allowed; any if `None`.
    pub models: Option<&'a Allowed>,
    /// Usable without a name.
    pub discoverable: Discoverable,
}

/// How a passkey is asked for at sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Among the suggestions of the name field (conditional mediation, WebAuthn L3 section 5.1.4).
    Autofill,
    /// By a button, in the browser's dialog.
    Button,
}

/// What an answer claims before anything is checked: enough to look up the row, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which credential.
    pub credential_id: CredentialId,
    /// Whose.
    pub user_handle: Option<Uuid>,
}

impl RelyingParty {
    /// Of the public address of the service. The RP ID is its host, and its origin is the only one that counts (L3 13.4.9).
    pub fn new(public_url: &str, display_name: &str) -> Result<Self, RelyingPartyError> {
        let url = Url::parse(public_url).map_err(|_| RelyingPartyError::NotAnAddress)?;
        let id = rp_id_of(&url)?;
        let length = display_name.chars().count();
        if display_name.trim().is_empty() || length > SITE_NAME_CHARACTERS_MAX {
            return Err(RelyingPartyError::DisplayName { max: SITE_NAME_CHARACTERS_MAX });
        }
        let library = WebauthnBuilder::new(&id, &url)
            .and_then(|builder| builder.rp_name(display_name).timeout(Duration::from_secs(PROMPT_SECONDS)).build())
            .map_err(|_| RelyingPartyError::NotAnAddress)?;
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            id,
            library,
        })
    }

    /// The RP ID (L3 section 4).
    pub fn rp_id(&self) -> &str {
        &self.id
    }

    /// The one origin, as browsers write it (L3 5.8.1).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Begins a registration (L3 7.1). `exclude` is what the member has already.
    pub fn begin_registration(
        &self,
        who: &Registrant<'_>,
        exclude: &[CredentialId],
        demand: RegistrationDemand<'_>,
        now: Timestamp,
    ) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        if exclude.len() >= PASSKEYS_MAX {
            return Err(PasskeyError::TooMany);
        }
        let ids = Some(exclude.iter().map(|id| id.as_bytes().to_vec()).collect());
        let (
            Registrant {
                user_handle,
                name,
                display_name,
            },
            library,
        ) = (*who, &self.library);
        let (mut options, state) = match demand.models.and_then(|m| m.roots.clone()) {
            None => library
                .start_passkey_registration(user_handle, name, display_name, ids)
                .map(|(options, state)| (options, CreatingState::Plain(state))),
            Some(roots) => library
                .start_attested_passkey_registration(user_handle, name, display_name, ids, roots, None)
                .map(|(options, state)| (options, CreatingState::Attested(state))),
        }
        .map_err(|error| PasskeyError::of(&error))?;
        ask_for(&mut options, demand);
        let creating = Creating {
            user_handle,
            exclude: exclude.to_vec(),
            models: demand.models.and_then(|m| m.models.clone()),
            library: state,
        };
        Ok((json(&options)?, Ceremony::creating(now, creating)))
    }

    /// Finishes a registration (L3 7.1). Whether the credential id is new in the tenant is the database's to say. A model that the
    /// metadata report as broken is refused, whatever the policy.
    pub fn finish_registration(&self, ceremony: Ceremony, response: &str, metadata: Option<&Metadata>, now: Timestamp) -> Result<Registered, PasskeyError> {
        let creating = ceremony.into_creating(now)?;
        let response: RegisterPublicKeyCredential = parsed(response)?;
        client_data::check(&response.response.client_data_json, Kind::Create, &self.origin)?;
        let said = Attested::read(&response.response.attestation_object)?;
        if response.raw_id != said.credential_id.as_bytes() {
            return Err(PasskeyError::Malformed);
        }
        if creating.exclude.contains(&said.credential_id) {
            return Err(PasskeyError::AlreadyRegistered);
        }

        let (passkey, attested) = self.created(&creating.library, &response)?;
        let sound = metadata.and_then(|m| m.standing(said.aaguid)).is_none_or(|s| s == Standing::Sound);
        let allowed = creating.models.is_none_or(|models| models.contains(&said.aaguid));
        if !sound || !allowed {
            return Err(PasskeyError::ModelNotAllowed);
        }

        Ok(Registered {
            user_handle: creating.user_handle,
            passkey_json: json(&passkey)?,
            aaguid: said.aaguid,
            name_by_aaguid: metadata::name_of(said.aaguid, metadata),
            counter: said.counter,
            backup_eligible: said.backup_eligible,
            backed_up: said.backed_up,
            user_verified: said.user_verified,
            discoverable: response.extensions.cred_props.as_ref().and_then(|props| props.rk),
            transports: named(response.response.transports.as_deref()),
            credential_id: said.credential_id,
            attested,
        })
    }

    fn created(&self, state: &CreatingState, response: &RegisterPublicKeyCredential) -> Result<(Passkey, bool), PasskeyError> {
        match state {
            CreatingState::Plain(state) => self.library.finish_passkey_registration(response, state).map(|passkey| (passkey, false)),
            CreatingState::Attested(state) => self
                .library
                .finish_attested_passkey_registration(response, state)
                .map(|passkey| (Passkey::from(passkey), true)),
        }
        .map_err(|error| match error {
            WebauthnError::CredentialMayNotBeHardwareBound if matches!(state, CreatingState::Attested(_)) => PasskeyError::NotDeviceBound,
            WebauthnError::CredentialMayNotBeHardwareBound => PasskeyError::BackupImpossible,
            other => PasskeyError::of(&other),
        })
    }

    /// Begins a sign-in without a name (L3 7.2). It asks for any passkey of the site, so it tells nothing about who has one.
    pub fn begin_sign_in(&self, prompt: Prompt, now: Timestamp) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        self.ask(Purpose::SignIn, prompt, None, &[], now)
    }

    /// Begins the second factor of a member who is known (L3 7.2).
    pub fn begin_second_factor(&self, member: Uuid, stored: &[StoredPasskey], now: Timestamp) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        self.ask_member(Purpose::SecondFactor, member, stored, now)
    }

    /// Begins a step-up of a member who is signed in (L3 7.2).
    pub fn begin_step_up(&self, member: Uuid, stored: &[StoredPasskey], now: Timestamp) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        self.ask_member(Purpose::StepUp, member, stored, now)
    }

    fn ask_member(&self, purpose: Purpose, member: Uuid, stored: &[StoredPasskey], now: Timestamp) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        if stored.is_empty() {
            return Err(PasskeyError::NothingToAsk);
        }
        if stored.len() > PASSKEYS_MAX {
            return Err(PasskeyError::TooMany);
        }
        if stored.iter().any(|passkey| passkey.user_handle != member) {
            return Err(PasskeyError::ForeignUser);
        }
        self.ask(purpose, Prompt::Button, Some(member), stored, now)
    }

    /// Every assertion is the library's discoverable one, narrowed by `allowCredentials` where we know who is asked: so the
    /// credential is always compared with its row of the moment, and one that was removed meanwhile opens nothing.
    fn ask(
        &self,
        purpose: Purpose,
        prompt: Prompt,
        user_handle: Option<Uuid>,
        stored: &[StoredPasskey],
        now: Timestamp,
    ) -> Result<(OptionsJson, Ceremony), PasskeyError> {
        let (mut options, library) = self.library.start_discoverable_authentication().map_err(|error| PasskeyError::of(&error))?;
        options.public_key.extensions = None;
        options.public_key.allow_credentials = stored.iter().map(descriptor).collect();
        if prompt == Prompt::Button {
            options.mediation = None;
        }
        let asking = Asking {
            user_handle,
            allowed: stored.iter().map(|passkey| passkey.credential_id.clone()).collect(),
            library,
        };
        Ok((json(&options)?, Ceremony::asking(purpose, now, asking)))
    }

    /// Reads which credential an answer claims to be of.
    pub fn claim(response: &str) -> Result<Claim, PasskeyError> {
        let response: PublicKeyCredential = parsed(response)?;
        Ok(Claim {
            user_handle: claimed_user(&response)?,
            credential_id: CredentialId::new(response.raw_id)?,
        })
    }

    /// Finishes a sign-in (L3 7.2) against the row that [`RelyingParty::claim`] led to, or none. The user handle has to be there and to be the row's.
    pub fn finish_sign_in(&self, ceremony: Ceremony, response: &str, found: Option<&StoredPasskey>, now: Timestamp) -> Result<Asserted, PasskeyError> {
        let asking = ceremony.into_asking(Purpose::SignIn, now)?;
        let response = self.answer(response)?;
        let stored = found.ok_or(PasskeyError::UnknownCredential)?;
        match claimed_user(&response)? {
            None => Err(PasskeyError::UserHandleMissing),
            Some(user) if user != stored.user_handle => Err(PasskeyError::ForeignUser),
            Some(_) => self.asserted(asking, &response, stored),
        }
    }

    /// Finishes a second factor (L3 7.2) against the member's rows of the moment.
    pub fn finish_second_factor(&self, ceremony: Ceremony, response: &str, stored: &[StoredPasskey], now: Timestamp) -> Result<Asserted, PasskeyError> {
        self.finish_of_member(ceremony.into_asking(Purpose::SecondFactor, now)?, response, stored)
    }

    /// Finishes a step-up (L3 7.2) against the member's rows of the moment.
    pub fn finish_step_up(&self, ceremony: Ceremony, response: &str, stored: &[StoredPasskey], now: Timestamp) -> Result<Asserted, PasskeyError> {
        self.finish_of_member(ceremony.into_asking(Purpose::StepUp, now)?, response, stored)
    }

    fn finish_of_member(&self, asking: Asking, response: &str, stored: &[StoredPasskey]) -> Result<Asserted, PasskeyError> {
        let response = self.answer(response)?;
        let stored = stored
            .iter()
            .find(|passkey| passkey.credential_id.as_bytes() == response.raw_id)
            .ok_or(PasskeyError::UnknownCredential)?;
        if !asking.allowed.contains(&stored.credential_id) {
            return Err(PasskeyError::NotAskedFor);
        }
        let handle = claimed_user(&response)?.unwrap_or(stored.user_handle);
        if asking.user_handle != Some(stored.user_handle) || handle != stored.user_handle {
            return Err(PasskeyError::ForeignUser);
        }
        self.asserted(asking, &response, stored)
    }

    fn answer(&self, response: &str) -> Result<PublicKeyCredential, PasskeyError> {
        let response: PublicKeyCredential = parsed(response)?;
        client_data::check(&response.response.client_data_json, Kind::Get, &self.origin)?;
        Ok(response)
    }

    fn asserted(&self, asking: Asking, response: &PublicKeyCredential, stored: &StoredPasskey) -> Result<Asserted, PasskeyError> {
        let outcome = self.library.finish_discoverable_authentication_v2(response, asking.library, &stored.passkey);
        let (used, updated, counter_regressed) = match &outcome {
            Ok(result) => {
                let mut passkey = stored.passkey.clone();
                let changed = passkey.update_credential(result).unwrap_or(false);
                let used = Used {
                    counter: result.counter(),
                    user_verified: result.user_verified(),
                    backup_eligible: result.backup_eligible(),
                    backed_up: result.backup_state(),
                };
                (used, if changed { Some(json(&passkey)?) } else { None }, false)
            }
            // The last of the library's checks: everything else, the signature too, was right. What follows is the verdict's to say.
            Err(WebauthnError::CredentialPossibleCompromise) => (Used::read(&response.response.authenticator_data)?, None, true),
            Err(WebauthnError::CredentialMayNotBeHardwareBound) => return Err(PasskeyError::BackupImpossible),
            Err(error) => return Err(PasskeyError::of(error)),
        };
        Ok(Asserted {
            user_handle: stored.user_handle,
            credential_id: stored.credential_id.clone(),
            counter: used.counter,
            counter_regressed,
            backed_up: used.backed_up,
            backup_state_changed: used.backed_up != stored.record.backup_state,
            backup_eligible: used.backup_eligible,
            user_verified: used.user_verified,
            passkey_updated: updated,
        })
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty").field("origin", &self.origin).finish_non_exhaustive()
    }
}

fn rp_id_of(url: &Url) -> Result<String, RelyingPartyError> {
    let Some(Host::Domain(host)) = url.host() else {
        return Err(RelyingPartyError::NoHostName);
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && host == "localhost") {
        return Err(RelyingPartyError::NotSecure);
    }
    if host.ends_with('.') {
        return Err(RelyingPartyError::TrailingDot);
    }
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if bare {
        Ok(host.to_owned())
    } else {
        Err(RelyingPartyError::MoreThanAnAddress)
    }
}

/// The library asks for credentials that cannot be found without a name; we ask for those that can. A list of models without proof needs
/// to see the AAGUID, which browsers blank unless attestation is asked for.
fn ask_for(options: &mut CreationChallengeResponse, demand: RegistrationDemand<'_>) {
    let options = &mut options.public_key;
    if let Some(selection) = &mut options.authenticator_selection {
        selection.resident_key = Some(match demand.discoverable {
            Discoverable::Preferred => ResidentKeyRequirement::Preferred,
            Discoverable::Required => ResidentKeyRequirement::Required,
        });
        selection.require_resident_key = demand.discoverable == Discoverable::Required;
    }
    if demand.models.is_some_and(|m| m.models.is_some()) {
        options.attestation = Some(AttestationConveyancePreference::Direct);
    }
}

fn descriptor(stored: &StoredPasskey) -> AllowCredentials {
    AllowCredentials {
        type_: String::from("public-key"),
        id: stored.credential_id.as_bytes().to_vec(),
        transports: (!stored.transports.is_empty()).then(|| stored.transports.clone()),
    }
}

/// The names of transports (L3 5.8.4), as far as they are known.
fn named(transports: Option<&[AuthenticatorTransport]>) -> Vec<String> {
    let known = transports.unwrap_or_default().iter().filter(|t| **t != AuthenticatorTransport::Unknown);
    let names = known.filter_map(|t| serde_json::to_value(t).ok());
    names.filter_map(|name| name.as_str().map(String::from)).collect()
}

fn claimed_user(response: &PublicKeyCredential) -> Result<Option<Uuid>, PasskeyError> {
    response
        .get_user_unique_id()
        .filter(|bytes| !bytes.is_empty())
        .map(|bytes| Uuid::from_slice(bytes).map_err(|_| PasskeyError::ForeignUser))
        .transpose()
}

fn parsed<T: DeserializeOwned>(response: &str) -> Result<T, PasskeyError> {
    if response.len() > RESPONSE_BYTES_MAX {
        return Err(PasskeyError::TooLong);
    }
    serde_json::from_str(response).map_err(|_| PasskeyError::Malformed)
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value, PasskeyError> {
    serde_json::to_value(value).map_err(|_| PasskeyError::BrokenData)
}
