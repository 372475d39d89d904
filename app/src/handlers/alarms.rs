//! `/admin/{tenant}/alarms`: codes that hardly ever come back, what is paused, and when there is an alarm.

use std::ops::RangeInclusive;

use axum::extract::{Form, Path, Query as QueryOf};
use domain::{actor::Permission, delivery::DeliveryError, delivery::alarm::AlarmTerms};
use model::*;
use serde::Deserialize;

use super::{
    console::{Console, Place},
    forms::{Pairs, reason_of},
    members::reason_words,
};
use crate::{
    caller::{Answer, Guest, see},
    pages::alarms::{AlarmDone, AlarmsPage, ResumeQuestion, TermsForm, page, resume_page},
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlarmsQuery {
    #[serde(rename = "do")]
    act: String,
    country: String,
    done: String,
}

/// The page, or the question before a country is resumed.
pub(super) async fn show(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<AlarmsQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ReadSignIns).await?;
    let alarms = guest.domain().delivery().alarms_of(&console.admin).await.map_err(guest.fails())?;
    let may = console.admin.may(Permission::PublishPolicy);
    if query.act == "resume" {
        if !may {
            return Err(guest.oops(ErrorCode::Forbidden));
        }
        // What has been resumed meanwhile is not asked about.
        if !alarms.paused.contains(&query.country) {
            return Ok(see(&routes::admin(console.slug(), "alarms")));
        }
        let question = ResumeQuestion {
            slug,
            country: query.country,
            reason: String::new(),
            reason_error: None,
        };
        return Ok(guest.show(|| resume_page(console.shell(Place::Alarms), question)));
    }
    let model = AlarmsPage {
        slug,
        form: may.then(|| TermsForm::of(&alarms.terms)),
        alarms,
        done: AlarmDone::parse(&query.done),
    };
    Ok(guest.show(|| page(console.shell(Place::Alarms), model)))
}

/// Does what was asked and goes back to the page.
pub(super) async fn act(guest: Guest, Path(slug): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.member()?;
    let console = Console::open(&guest, &slug, Permission::PublishPolicy).await?;
    let fields = Pairs(fields);
    match fields.one("do") {
        "resume" => resume(&guest, &console, &fields).await,
        "terms" => terms(&guest, &console, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

fn back(console: &Console, done: AlarmDone) -> Answer {
    Ok(see(&format!("{}?done={}", routes::admin(console.slug(), "alarms"), done.word())))
}

async fn resume(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let country = fields.typed("country");
    let Some(reason) = reason_of(fields) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            let reason = fields.typed("reason");
            let question = ResumeQuestion {
                slug: console.slug().to_owned(),
                country,
                reason_error: Some(reason_words(&reason)),
                reason,
            };
            resume_page(console.shell(Place::Alarms), question)
        }));
    };
    match guest.domain().delivery().resume_country(&console.admin, &country, reason.as_str()).await {
        Ok(()) => back(console, AlarmDone::Resumed),
        Err(DeliveryError::Unknown) => Err(guest.oops(ErrorCode::NotFound)),
        Err(error) => Err(guest.fails()(error)),
    }
}

async fn terms(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let delivery = guest.domain().delivery();
    let whole = |field: &str, range: RangeInclusive<i64>| fields.one(field).trim().parse::<i64>().ok().filter(|n| range.contains(n));
    let (sends, percent) = (whole("sends", CONVERSION_ALARM_SENDS_RANGE), whole("percent", 0..=100));
    let reason = reason_of(fields);
    let pauses = !fields.one("pauses").is_empty();
    if let (Some(sends), Some(percent), Some(reason)) = (sends, percent, &reason) {
        let terms = AlarmTerms { sends, percent, pauses };
        return match delivery.set_alarm(&console.admin, terms, reason.as_str()).await {
            Ok(()) => back(console, AlarmDone::Saved),
            Err(error) => Err(guest.fails()(error)),
        };
    }
    let alarms = delivery.alarms_of(&console.admin).await.map_err(guest.fails())?;
    Ok(guest.show_with(ErrorCode::Invalid, || {
        let form = TermsForm {
            sends: fields.typed("sends"),
            percent: fields.typed("percent"),
            pauses,
            reason: fields.typed("reason"),
            sends_error: sends.is_none().then(|| text!(alarms.sends_bad).to_owned()),
            percent_error: percent.is_none().then(|| text!(alarms.percent_bad).to_owned()),
            reason_error: reason.is_none().then(|| reason_words(&fields.typed("reason"))),
        };
        let model = AlarmsPage {
            slug: console.slug().to_owned(),
            alarms,
            form: Some(form),
            done: None,
        };
        page(console.shell(Place::Alarms), model)
    }))
}
