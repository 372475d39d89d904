//! `/admin/{tenant}/passkey-models`: which makes and models of passkeys may be registered. What would leave members outside is asked about first.

use axum::extract::{Form, Path, Query as QueryOf};
use domain::{actor::Permission, passkeys::PasskeysError, webauthn::PolicyError};
use model::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    console::{Console, Place},
    forms::{Pairs, reason_of},
    members::reason_words,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::passkey_models::{ModelAsk, ModelDone, ModelForm, ModelQuestion, ModelsPage, ProofForm, Refused, page, question_page},
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelsQuery {
    #[serde(rename = "do")]
    act: String,
    aaguid: String,
    done: String,
}

/// The page, or the question about one model.
pub(super) async fn show(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<ModelsQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::PublishPolicy).await?;
    if query.act != "remove" {
        let mut model = load(&guest, &console).await?;
        model.done = ModelDone::parse(&query.done);
        return Ok(guest.show(|| page(console.shell(Place::PasskeyModels), model)));
    }
    let aaguid: Uuid = query.aaguid.parse().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let question = remove_question(&guest, &console, aaguid).await?;
    Ok(guest.show(|| question_page(console.shell(Place::PasskeyModels), question)))
}

async fn load(guest: &Guest, console: &Console) -> Result<ModelsPage, Stop> {
    let passkeys = guest.domain().passkeys();
    let view = passkeys.models(&console.admin).await.map_err(guest.fails())?;
    Ok(ModelsPage {
        slug: console.slug().to_owned(),
        known: passkeys.known_models(&console.admin).await.map_err(guest.fails())?,
        form: ModelForm::default(),
        proof: ProofForm {
            required: view.attestation_required,
            ..ProofForm::default()
        },
        view,
        done: None,
        refused: None,
    })
}

/// The list as it stands.
async fn listed(guest: &Guest, console: &Console) -> Result<PasskeyModels, Stop> {
    let (_, policy) = guest.domain().directory().policy(&console.admin).await.map_err(guest.fails())?;
    Ok(policy.passkeys)
}

async fn outside(guest: &Guest, console: &Console, models: &PasskeyModels) -> Result<i64, Stop> {
    let count = guest.domain().passkeys().members_outside(&console.admin, models).await;
    count.map_err(guest.fails())
}

async fn remove_question(guest: &Guest, console: &Console, aaguid: Uuid) -> Result<ModelQuestion, Stop> {
    let view = guest.domain().passkeys().models(&console.admin).await.map_err(guest.fails())?;
    let found = view.listed.into_iter().find(|listed| listed.aaguid == aaguid);
    let found = found.ok_or_else(|| guest.oops(ErrorCode::NotFound))?;
    let mut after = listed(guest, console).await?;
    take_off(&mut after, aaguid);
    Ok(ModelQuestion {
        slug: console.slug().to_owned(),
        ask: ModelAsk::Remove(found),
        last: after.aaguids.is_empty(),
        outside: outside(guest, console, &after).await?,
        reason: String::new(),
        reason_error: None,
    })
}

fn take_off(models: &mut PasskeyModels, aaguid: Uuid) {
    models.aaguids.retain(|listed| *listed != aaguid);
}

/// Does what was asked and goes back to the page.
pub(super) async fn act(guest: Guest, Path(slug): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.member()?;
    let console = Console::open(&guest, &slug, Permission::PublishPolicy).await?;
    let fields = Pairs(fields);
    match fields.one("do") {
        "add" => add(&guest, &console, &fields).await,
        "remove" => remove(&guest, &console, &fields).await,
        "proof" => proof(&guest, &console, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

/// Changes the list as it stands at that moment; what cannot be one is said on the page.
async fn set(guest: &Guest, console: &Console, reason: &str, done: ModelDone, change: impl FnOnce(&mut PasskeyModels)) -> Answer {
    let refused = match guest.domain().passkeys().change_models(&console.admin, reason, change).await {
        Ok(_) => return Ok(see(&format!("{}?done={}", routes::admin(console.slug(), "passkey-models"), done.word()))),
        Err(PasskeysError::Models(PolicyError::MetadataNeeded)) => Refused::NeedsMetadata,
        Err(PasskeysError::Models(PolicyError::NothingLeft)) => Refused::NothingLeft,
        Err(PasskeysError::Models(PolicyError::TooMany)) => Refused::TooMany,
        Err(error) => return Err(guest.fails()(error)),
    };
    let mut model = load(guest, console).await?;
    model.refused = Some(refused);
    Ok(guest.show_with(ErrorCode::Invalid, || page(console.shell(Place::PasskeyModels), model)))
}

async fn add(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let typed = fields.typed("aaguid");
    // What is typed counts before what is chosen.
    let wanted = match (typed.trim(), fields.one("known")) {
        ("", "") => None,
        ("", known) => Some(known.to_owned()),
        (typed, _) => Some(typed.to_owned()),
    };
    let parsed = wanted.as_deref().map(Uuid::parse_str);
    let mut models = listed(guest, console).await?;
    let there = matches!(&parsed, Some(Ok(aaguid)) if models.aaguids.contains(aaguid));
    let reason = reason_of(fields);
    let (Some(Ok(aaguid)), false, Some(reason)) = (&parsed, there, &reason) else {
        let mut model = load(guest, console).await?;
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            model.form = ModelForm {
                known: fields.typed("known"),
                aaguid_error: match (&parsed, there) {
                    (None, _) => Some(text!(models.aaguid_missing).to_owned()),
                    (Some(Err(_)), _) => Some(text!(models.aaguid_bad, value = typed.clone())),
                    (Some(Ok(_)), true) => Some(text!(models.aaguid_there).to_owned()),
                    (Some(Ok(_)), false) => None,
                },
                aaguid: typed,
                reason: fields.typed("reason"),
                reason_error: reason.is_none().then(|| reason_words(&fields.typed("reason"))),
            };
            page(console.shell(Place::PasskeyModels), model)
        }));
    };
    // The first one makes a list: members may have other models then. Every further one leaves fewer of them outside.
    let first = models.aaguids.is_empty();
    models.aaguids.push(*aaguid);
    let count = outside(guest, console, &models).await?;
    if first && count > 0 && fields.one("sure").is_empty() {
        return Ok(ask(guest, console, ModelAsk::Add(*aaguid), count, reason.to_string()));
    }
    let added = |list: &mut PasskeyModels| {
        if !list.aaguids.contains(aaguid) {
            list.aaguids.push(*aaguid);
        }
    };
    set(guest, console, reason.as_str(), ModelDone::Added, added).await
}

fn ask(guest: &Guest, console: &Console, ask: ModelAsk, outside: i64, reason: String) -> axum::response::Response {
    let question = ModelQuestion {
        slug: console.slug().to_owned(),
        ask,
        last: false,
        outside,
        reason,
        reason_error: None,
    };
    guest.show(|| question_page(console.shell(Place::PasskeyModels), question))
}

async fn remove(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let aaguid: Uuid = fields.one("aaguid").parse().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let Some(reason) = reason_of(fields) else {
        let mut question = remove_question(guest, console, aaguid).await?;
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            question.reason = fields.typed("reason");
            question.reason_error = Some(reason_words(&question.reason));
            question_page(console.shell(Place::PasskeyModels), question)
        }));
    };
    if !listed(guest, console).await?.aaguids.contains(&aaguid) {
        return Err(guest.oops(ErrorCode::NotFound));
    }
    set(guest, console, reason.as_str(), ModelDone::Removed, |list| take_off(list, aaguid)).await
}

async fn proof(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let required = !fields.one("required").is_empty();
    let Some(reason) = reason_of(fields) else {
        let mut model = load(guest, console).await?;
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            model.proof = ProofForm {
                required,
                reason: fields.typed("reason"),
                reason_error: Some(reason_words(&fields.typed("reason"))),
            };
            page(console.shell(Place::PasskeyModels), model)
        }));
    };
    let before = listed(guest, console).await?;
    let models = PasskeyModels {
        attestation_required: required,
        aaguids: before.aaguids,
    };
    let count = outside(guest, console, &models).await?;
    if required && !before.attestation_required && count > 0 && fields.one("sure").is_empty() {
        return Ok(ask(guest, console, ModelAsk::Proof, count, reason.to_string()));
    }
    set(guest, console, reason.as_str(), ModelDone::Saved, |list| list.attestation_required = required).await
}
