//! `/operator/senders`: what messages come from, by country and day. Operators only.

use axum::extract::{Form, Query as QueryOf};
use domain::delivery::{DeliveryError, NewSender, SenderView};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use model::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{console::Place, forms::Pairs, tenants::console};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::senders::{SenderDone, SenderForm, SenderQuestion, SenderWrong, SendersPage, page, question_page},
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SendersQuery {
    #[serde(rename = "do")]
    act: String,
    id: String,
    done: String,
}

/// The table, or the question about one sender.
pub(super) async fn show(guest: Guest, QueryOf(query): QueryOf<SendersQuery>) -> Answer {
    guest.operator()?;
    let remove = match query.act.as_str() {
        "end" => false,
        "remove" => true,
        _ => return overview(&guest, SenderForm::default(), SenderDone::parse(&query.done), None).await,
    };
    let console = console(&guest).await?;
    let sender = find(&guest, &query.id).await?;
    let question = question(&guest, sender, remove);
    Ok(guest.show(|| question_page(console.shell(Place::Senders), question)))
}

async fn find(guest: &Guest, id: &str) -> Result<SenderView, Stop> {
    let id: Uuid = id.parse().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    match guest.domain().delivery().sender(guest.operator()?, id).await {
        Err(DeliveryError::Unknown) => Err(guest.oops(ErrorCode::NotFound)),
        found => found.map_err(guest.fails()),
    }
}

/// A sender that ends with a day has that day as its last.
fn question(guest: &Guest, sender: SenderView, remove: bool) -> SenderQuestion {
    let last = sender
        .valid_until
        .map(|until| guest.visit.zoned(until - SignedDuration::from_secs(1)).date().to_string());
    SenderQuestion {
        sender,
        remove,
        until: last.unwrap_or_default(),
        wrong: None,
        conflict: false,
    }
}

async fn overview(guest: &Guest, form: SenderForm, done: Option<SenderDone>, code: Option<ErrorCode>) -> Answer {
    let operator = guest.operator()?;
    let console = console(guest).await?;
    let delivery = guest.domain().delivery();
    let tenants = guest.domain().directory().tenants(operator).await.map_err(guest.fails())?;
    let model = SendersPage {
        senders: delivery.senders(operator).await.map_err(guest.fails())?,
        providers: delivery.providers(operator).await.map_err(guest.fails())?,
        tenants: tenants.into_iter().map(|tenant| (tenant.id, tenant.slug, tenant.name)).collect(),
        form,
        done,
    };
    let draw = || page(console.shell(Place::Senders), model);
    Ok(match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    })
}

/// Does what was asked.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.operator()?;
    let fields = Pairs(fields);
    match fields.one("do") {
        "add" => add(&guest, &fields).await,
        "end" => end(&guest, &fields).await,
        "remove" => remove(&guest, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

fn back(done: SenderDone) -> axum::response::Response {
    see(&format!("{}?done={}", routes::OPERATOR_SENDERS, done.word()))
}

/// The beginning of a day where the reader is; `after` days later.
fn day(guest: &Guest, text: &str, after: i64) -> Option<Timestamp> {
    let day: Date = text.parse().ok()?;
    let begins = day.checked_add(after.days()).ok()?.to_zoned(guest.visit.zone.clone()).ok()?;
    Some(begins.timestamp())
}

async fn add(guest: &Guest, fields: &Pairs) -> Answer {
    let operator = guest.operator()?;
    let mut form = SenderForm {
        channel: fields.typed("channel"),
        kind: fields.typed("kind"),
        value: fields.typed("value"),
        country: fields.typed("country").trim().to_uppercase(),
        provider: fields.typed("provider"),
        tenant: fields.typed("tenant"),
        from: fields.typed("from"),
        until: fields.typed("until"),
        wrong: Vec::new(),
    };
    let oops = || guest.oops(ErrorCode::BadRequest);
    let channel = Channel::from_text(&form.channel).ok_or_else(oops)?;
    let kind = SenderKind::from_text(&form.kind).ok_or_else(oops)?;
    let from = fields.optional("from", |text| day(guest, text, 0));
    let until = fields.optional("until", |text| day(guest, text, 1));
    if from.is_err() {
        form.wrong.push(("from", SenderWrong::Date));
    }
    if until.is_err() {
        form.wrong.push(("until", SenderWrong::Date));
    }
    let (Ok(from), Ok(until)) = (from, until) else {
        return overview(guest, form, None, Some(ErrorCode::Invalid)).await;
    };
    let provider = fields.optional("provider", |text| text.parse::<ProviderId>().ok()).map_err(|()| oops())?;
    let delivery = guest.domain().delivery();
    if let Some(provider) = provider {
        delivery.provider(operator, provider).await.map_err(guest.fails())?;
    }
    let tenant = match form.tenant.as_str() {
        "" => None,
        slug => {
            let slug: Slug = slug.parse().map_err(|_| oops())?;
            let found = guest
                .domain()
                .directory()
                .tenant_of_slug(&slug)
                .await
                .map_err(|_| guest.oops(ErrorCode::DatabaseGone))?;
            Some(found.ok_or_else(|| guest.oops(ErrorCode::NotFound))?)
        }
    };
    let new = NewSender {
        tenant,
        channel,
        country: Some(form.country.clone()).filter(|code| !code.is_empty()),
        kind,
        value: form.value.clone(),
        provider,
        valid_from: from,
        valid_until: until,
    };
    let wrong = match delivery.add_sender(operator, new).await {
        Ok(_) => return Ok(back(SenderDone::Added)),
        Err(DeliveryError::Overlaps(other)) => ("value", SenderWrong::Overlaps(other)),
        Err(DeliveryError::Invalid(field, _)) => match field {
            // A short code says first that it is none, and then that it is not at home.
            "country" if kind == SenderKind::ShortCode && form.country.len() != 1 => ("country", SenderWrong::ShortCountry),
            "country" => ("country", SenderWrong::Country),
            "kind" => ("kind", SenderWrong::Kind),
            "valid_until" => ("until", SenderWrong::Until),
            _ => ("value", SenderWrong::Value),
        },
        Err(error) => return Err(guest.fails()(error)),
    };
    form.wrong.push(wrong);
    overview(guest, form, None, Some(ErrorCode::Invalid)).await
}

async fn end(guest: &Guest, fields: &Pairs) -> Answer {
    let operator = guest.operator()?;
    let console = console(guest).await?;
    let sender = find(guest, fields.one("id")).await?;
    let oops = || guest.oops(ErrorCode::BadRequest);
    let seen = fields.optional("seen", |text| text.parse::<Timestamp>().ok()).map_err(|()| oops())?;
    let typed = fields.typed("until");
    let (wrong, code) = match fields.optional("until", |text| day(guest, text, 1)) {
        Err(()) => (Some(SenderWrong::Date), ErrorCode::Invalid),
        Ok(until) => match guest.domain().delivery().set_sender_end(operator, sender.id, seen, until).await {
            Ok(()) => return Ok(back(SenderDone::Ended)),
            Err(DeliveryError::Invalid(..)) => (Some(SenderWrong::Until), ErrorCode::Invalid),
            Err(error @ DeliveryError::Changed) => (None, error.code()),
            Err(DeliveryError::Overlaps(other)) => (Some(SenderWrong::Overlaps(other)), ErrorCode::Conflict),
            Err(error) => return Err(guest.fails()(error)),
        },
    };
    let sender = find(guest, fields.one("id")).await?;
    let mut again = question(guest, sender, false);
    again.conflict = wrong.is_none();
    if wrong.is_some() {
        again.until = typed;
    }
    again.wrong = wrong;
    Ok(guest.show_with(code, || question_page(console.shell(Place::Senders), again)))
}

async fn remove(guest: &Guest, fields: &Pairs) -> Answer {
    let sender = find(guest, fields.one("id")).await?;
    match guest.domain().delivery().remove_sender(guest.operator()?, sender.id).await {
        Ok(()) => Ok(back(SenderDone::Removed)),
        Err(error) => Err(guest.fails()(error)),
    }
}
