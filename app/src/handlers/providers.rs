//! `/operator/providers`: who carries messages. Operators only. A secret comes in and never goes out again; what else was typed stays when it is refused.

use axum::extract::{Form, Path, Query as QueryOf};
use domain::{
    delivery::{
        Address, DeliveryError, NewProvider, ProviderKind, ProviderView,
        channel::Language,
        desk::ProviderChange,
        phone::{Mailbox, PhoneNumber},
    },
    vault::Secret,
};
use model::*;
use serde::Deserialize;

use super::{console::Place, forms::Pairs, tenants::console};
use crate::{
    caller::{Answer, Guest, Stop, see},
    locale::Locale,
    pages::providers::{
        KindChoice, NewProviderPage, ProviderDone, ProviderForm, ProviderPage, ProvidersPage, RemoveProvider, TestForm, TestOutcome, Wrong, choose_page, href,
        new_page, page, provider_page, remove_page, settings,
    },
    routes,
};

/// Bytes of a secret; real ones have a few dozen.
const SECRET_BYTES_MAX: usize = 4 * 1024;
/// Characters of a setting that are read; certificates have many.
const SETTING_CHARACTERS_MAX: usize = 64 * 1024;
/// Characters of an address that a test goes to.
const ADDRESS_CHARACTERS_MAX: usize = 254;

/// The query of the pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderQuery {
    #[serde(rename = "do")]
    act: String,
    kind: String,
    done: String,
}

fn done_of(word: &str, name: String) -> Option<ProviderDone> {
    Some(match word {
        "moved" => ProviderDone::Moved,
        "on" => ProviderDone::On(name),
        "off" => ProviderDone::Off(name),
        "removed" => ProviderDone::Removed,
        "added" => ProviderDone::Added(name),
        "saved" => ProviderDone::Saved,
        _ => return None,
    })
}

/// The list.
pub(super) async fn list(guest: Guest, QueryOf(query): QueryOf<ProviderQuery>) -> Answer {
    overview(&guest, done_of(&query.done, String::new()), None).await
}

async fn overview(guest: &Guest, done: Option<ProviderDone>, conflict: Option<ErrorCode>) -> Answer {
    let operator = guest.operator()?;
    let console = console(guest).await?;
    let delivery = guest.domain().delivery();
    let tenants = guest.domain().directory().tenants(operator).await.map_err(guest.fails())?;
    let model = ProvidersPage {
        providers: delivery.providers(operator).await.map_err(guest.fails())?,
        figures: delivery.provider_figures(operator).await.map_err(guest.fails())?,
        alarms: delivery.alarms(operator).await.map_err(guest.fails())?,
        tenants: tenants.into_iter().map(|tenant| (tenant.id, tenant.name)).collect(),
        development: guest.portal.development,
        done,
        conflict: conflict.is_some(),
    };
    let draw = || page(console.shell(Place::Providers), model);
    Ok(match conflict {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    })
}

/// Changes the order.
pub(super) async fn order(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let operator = guest.operator()?;
    let fields = Pairs(fields);
    let earlier = match fields.one("do") {
        "up" => true,
        "down" => false,
        _ => return Err(guest.oops(ErrorCode::BadRequest)),
    };
    let id = id_of(&guest, fields.one("id"))?;
    match guest.domain().delivery().move_provider(operator, id, earlier).await {
        Ok(()) => Ok(see(&format!("{}?done=moved", routes::OPERATOR_PROVIDERS))),
        Err(error @ DeliveryError::Unknown) => overview(&guest, None, Some(error.code())).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

fn id_of(guest: &Guest, text: &str) -> Result<ProviderId, Stop> {
    text.parse().map_err(|_| guest.oops(ErrorCode::NotFound))
}

/// What is offered here: a folder in development only.
fn kind_of(guest: &Guest, word: &str) -> Option<ProviderKind> {
    ProviderKind::from_text(word).filter(|kind| guest.portal.development || *kind != ProviderKind::Folder)
}

/// Which kind, and then its form.
pub(super) async fn new(guest: Guest, QueryOf(query): QueryOf<ProviderQuery>) -> Answer {
    let console = console(&guest).await?;
    let development = guest.portal.development;
    let Some(kind) = kind_of(&guest, &query.kind) else {
        return Ok(guest.show(|| choose_page(console.shell(Place::Providers), KindChoice { development })));
    };
    let model = NewProviderPage {
        form: ProviderForm::new(kind, development),
        tenants: tenants(&guest).await?,
    };
    Ok(guest.show(|| new_page(console.shell(Place::Providers), model)))
}

async fn tenants(guest: &Guest) -> Result<Vec<(String, String)>, Stop> {
    let tenants = guest.domain().directory().tenants(guest.operator()?).await.map_err(guest.fails())?;
    Ok(tenants.into_iter().map(|tenant| (tenant.slug, tenant.name)).collect())
}

/// What was typed, without the secret.
fn typed(fields: &Pairs, kind: ProviderKind, development: bool) -> ProviderForm {
    let long = |name: &str| -> String {
        let keeps = |c: &char| !c.is_control() || *c == '\n';
        fields.one(name).chars().filter(keeps).take(SETTING_CHARACTERS_MAX).collect()
    };
    ProviderForm {
        name: fields.typed("name"),
        tenant: fields.typed("tenant"),
        values: settings(kind, development)
            .iter()
            .map(|setting| (setting.name.to_owned(), long(setting.name)))
            .collect(),
        ..ProviderForm::new(kind, development)
    }
}

/// The secret as typed; an empty one is none.
fn secret_of(fields: &Pairs) -> Option<Secret<String>> {
    let text = fields.one("secret").trim_end_matches(['\n', '\r']);
    (!text.is_empty() && text.len() <= SECRET_BYTES_MAX && !text.contains(char::is_control)).then(|| Secret::new(text.to_owned()))
}

/// Makes a provider. What is wrong is said beside its field.
pub(super) async fn create(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let operator = guest.operator()?;
    let console = console(&guest).await?;
    let fields = Pairs(fields);
    let kind = kind_of(&guest, fields.one("kind")).ok_or_else(|| guest.oops(ErrorCode::BadRequest))?;
    let mut form = typed(&fields, kind, guest.portal.development);
    if let Some(channel) = Channel::from_text(fields.one("channel")).filter(|channel| kind.carries(*channel)) {
        form.channel = channel;
    }
    let name = CleanText::<NAME_CHARACTERS_MAX>::parse(fields.one("name"));
    if name.is_err() {
        form.wrong.push((String::from("name"), Wrong::Name));
    }
    let secret = secret_of(&fields);
    let complete = form.complete(secret.is_some());
    if let (Ok(name), true) = (name, complete) {
        let tenant = match fields.one("tenant") {
            "" => None,
            slug => {
                let slug: Slug = slug.parse().map_err(|_| guest.oops(ErrorCode::BadRequest))?;
                let found = guest
                    .domain()
                    .directory()
                    .tenant_of_slug(&slug)
                    .await
                    .map_err(|_| guest.oops(ErrorCode::DatabaseGone))?;
                Some(found.ok_or_else(|| guest.oops(ErrorCode::NotFound))?)
            }
        };
        let delivery = guest.domain().delivery();
        let peers = delivery.providers(operator).await.map_err(guest.fails())?;
        let last = peers.iter().filter(|p| p.channel == form.channel && p.tenant == tenant).map(|p| p.rank).max();
        let new = NewProvider {
            tenant,
            channel: form.channel,
            kind,
            name,
            // Whoever is new is asked last.
            rank: last.map_or(1, |rank| (rank + 1).min(1_000)),
            settings: form.settings(),
            secret,
        };
        match delivery.add_checked(operator, new, &*guest.portal.protocols).await {
            Ok(id) => return Ok(see(&format!("{}?done=added", href(id)))),
            Err(DeliveryError::NameTaken) => form.wrong.push((String::from("name"), Wrong::NameTaken)),
            Err(DeliveryError::Setting(trouble)) => form.refuse(trouble),
            Err(error) => return Err(guest.fails()(error)),
        }
    }
    let model = NewProviderPage {
        form,
        tenants: tenants(&guest).await?,
    };
    Ok(guest.show_with(ErrorCode::Invalid, || new_page(console.shell(Place::Providers), model)))
}

async fn find(guest: &Guest, id: ProviderId) -> Result<ProviderView, Stop> {
    match guest.domain().delivery().provider(guest.operator()?, id).await {
        Err(DeliveryError::Unknown) => Err(guest.oops(ErrorCode::NotFound)),
        found => found.map_err(guest.fails()),
    }
}

async fn model_of(guest: &Guest, provider: ProviderView) -> Result<ProviderPage, Stop> {
    let operator = guest.operator()?;
    let figures = guest.domain().delivery().provider_figures(operator).await.map_err(guest.fails())?;
    let tenant = match provider.tenant {
        Some(tenant) => Some(guest.domain().directory().tenant(tenant).await.map_err(guest.fails())?.name),
        None => None,
    };
    Ok(ProviderPage {
        form: ProviderForm::of(&provider, guest.portal.development),
        figures: figures.into_iter().find(|figures| figures.provider == provider.id),
        tenant,
        test: TestForm::default(),
        done: None,
        conflict: None,
        provider,
    })
}

/// One provider, or the question before it is removed.
pub(super) async fn show(guest: Guest, Path(id): Path<String>, QueryOf(query): QueryOf<ProviderQuery>) -> Answer {
    guest.operator()?;
    let console = console(&guest).await?;
    let provider = find(&guest, id_of(&guest, &id)?).await?;
    if query.act == "remove" {
        let question = question(&guest, provider).await?;
        return Ok(guest.show(|| remove_page(console.shell(Place::Providers), question)));
    }
    let name = provider.name.clone();
    let mut model = model_of(&guest, provider).await?;
    model.done = done_of(&query.done, name);
    Ok(guest.show(|| provider_page(console.shell(Place::Providers), model)))
}

async fn question(guest: &Guest, provider: ProviderView) -> Result<RemoveProvider, Stop> {
    let (operator, delivery) = (guest.operator()?, guest.domain().delivery());
    let all = delivery.providers(operator).await.map_err(guest.fails())?;
    Ok(RemoveProvider {
        last: !all
            .iter()
            .any(|other| other.id != provider.id && other.channel == provider.channel && other.enabled),
        waiting: delivery.waiting_for_provider(operator, provider.id).await.map_err(guest.fails())?,
        conflict: false,
        provider,
    })
}

/// Does what was asked.
pub(super) async fn act(guest: Guest, Path(id): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.operator()?;
    let provider = find(&guest, id_of(&guest, &id)?).await?;
    let fields = Pairs(fields);
    match fields.one("do") {
        "change" => change(&guest, provider, &fields).await,
        "on" => switch(&guest, provider, &fields, true).await,
        "off" => switch(&guest, provider, &fields, false).await,
        "remove" => remove(&guest, provider, &fields).await,
        "test" => test(&guest, provider, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

/// The version that somebody looked at; a form without one has seen nothing.
fn version_of(fields: &Pairs) -> i32 {
    fields.one("version").parse().unwrap_or(-1)
}

async fn change(guest: &Guest, provider: ProviderView, fields: &Pairs) -> Answer {
    let operator = guest.operator()?;
    let console = console(guest).await?;
    let id = provider.id;
    let mut form = ProviderForm {
        channel: provider.channel,
        has_secret: provider.has_secret,
        ..typed(fields, provider.kind, guest.portal.development)
    };
    let name = CleanText::<NAME_CHARACTERS_MAX>::parse(fields.one("name"));
    if name.is_err() {
        form.wrong.push((String::from("name"), Wrong::Name));
    }
    let secret = secret_of(fields);
    let (mut code, mut conflict) = (ErrorCode::Invalid, None);
    let complete = form.complete(secret.is_some());
    if let (Ok(name), true) = (name, complete) {
        let change = ProviderChange {
            name,
            settings: form.settings(),
            secret,
        };
        let delivery = guest.domain().delivery();
        match delivery
            .change_provider(operator, id, version_of(fields), change, &*guest.portal.protocols)
            .await
        {
            Ok(()) => return Ok(see(&format!("{}?done=saved", href(id)))),
            Err(DeliveryError::NameTaken) => form.wrong.push((String::from("name"), Wrong::NameTaken)),
            Err(DeliveryError::Setting(trouble)) => form.refuse(trouble),
            Err(DeliveryError::SecretNeeded) => form.wrong.push((String::from("secret"), Wrong::SecretAgain)),
            Err(error @ DeliveryError::Changed) => {
                code = error.code();
                conflict = Some(());
            }
            Err(error) => return Err(guest.fails()(error)),
        }
    }
    // As it is now, with what was typed: a second press saves it over that.
    let now = find(guest, id).await?;
    let mut model = model_of(guest, now).await?;
    model.conflict = conflict.map(|()| differences(&model.form, &form));
    model.form = form;
    Ok(guest.show_with(code, || provider_page(console.shell(Place::Providers), model)))
}

/// Fields that are not as they were typed.
fn differences(now: &ProviderForm, typed: &ProviderForm) -> Vec<String> {
    let name = (now.name.trim() != typed.name.trim()).then(|| String::from("name"));
    let settings = typed
        .values
        .iter()
        .map(|(name, _)| name)
        .filter(|name| now.value(name).trim() != typed.value(name).trim());
    name.into_iter().chain(settings.cloned()).collect()
}

async fn switch(guest: &Guest, provider: ProviderView, fields: &Pairs, on: bool) -> Answer {
    let (operator, id) = (guest.operator()?, provider.id);
    match guest.domain().delivery().switch_provider(operator, id, version_of(fields), on).await {
        Ok(()) => Ok(see(&format!("{}?done={}", href(id), if on { "on" } else { "off" }))),
        Err(error @ DeliveryError::Changed) => {
            let console = console(guest).await?;
            let now = find(guest, id).await?;
            let mut model = model_of(guest, now).await?;
            model.conflict = Some(Vec::new());
            Ok(guest.show_with(error.code(), || provider_page(console.shell(Place::Providers), model)))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn remove(guest: &Guest, provider: ProviderView, fields: &Pairs) -> Answer {
    let (operator, id) = (guest.operator()?, provider.id);
    match guest.domain().delivery().remove_provider(operator, id, version_of(fields)).await {
        Ok(()) => Ok(see(&format!("{}?done=removed", routes::OPERATOR_PROVIDERS))),
        Err(error @ (DeliveryError::UnderWay(_) | DeliveryError::Changed)) => {
            let console = console(guest).await?;
            let now = find(guest, id).await?;
            let mut again = question(guest, now).await?;
            again.conflict = matches!(error, DeliveryError::Changed);
            Ok(guest.show_with(error.code(), || remove_page(console.shell(Place::Providers), again)))
        }
        Err(error) => Err(guest.fails()(error)),
    }
}

/// Sends a test and tells on the page how it went.
async fn test(guest: &Guest, provider: ProviderView, fields: &Pairs) -> Answer {
    let operator = guest.operator()?;
    let console = console(guest).await?;
    let id = provider.id;
    let to: String = fields.typed("to").chars().take(ADDRESS_CHARACTERS_MAX).collect();
    let address = match provider.channel {
        Channel::Mail => Mailbox::parse(to.trim()).ok().map(Address::Mail),
        Channel::Sms | Channel::Voice => PhoneNumber::parse(to.trim(), None).ok().map(Address::Phone),
    };
    let language = match guest.visit.locale {
        Locale::nl => Language::Nl,
        Locale::en => Language::En,
    };
    let (outcome, code) = match address {
        None => (TestOutcome::BadAddress, Some(ErrorCode::Invalid)),
        Some(address) => {
            let delivery = guest.domain().delivery();
            match delivery.test_provider(operator, id, &address, language, &*guest.portal.protocols).await {
                Ok(told) => (TestOutcome::Told(told), None),
                Err(error @ DeliveryError::NoSender) => (TestOutcome::NoSender, Some(error.code())),
                Err(error @ DeliveryError::TooSoon) => (TestOutcome::TooSoon, Some(error.code())),
                Err(error) => return Err(guest.fails()(error)),
            }
        }
    };
    let now = find(guest, id).await?;
    let mut model = model_of(guest, now).await?;
    model.test = TestForm { to, outcome: Some(outcome) };
    let draw = || provider_page(console.shell(Place::Providers), model);
    Ok(match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    })
}
