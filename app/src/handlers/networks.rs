//! `/admin/{tenant}/networks`: trusted networks, and what trust lets them and remembered browsers do.

use axum::{
    extract::{Form, Path, Query as QueryOf},
    response::Response,
};
use domain::{
    actor::Permission,
    directory::{
        DirectoryError,
        network::{NetworkView, read_range},
    },
};
use model::*;
use serde::Deserialize;

use super::{
    console::{Console, Place},
    forms::{Pairs, reason_of},
    members::reason_words,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    pages::{
        Problem,
        networks::{NetworkDone, NetworkQuestion, NetworksPage, NewNetworkForm, page, question_page},
    },
    routes,
};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NetworksQuery {
    #[serde(rename = "do")]
    act: String,
    id: String,
    done: String,
}

/// The page, or the question about one network.
pub(super) async fn show(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<NetworksQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::PublishPolicy).await?;
    let remove = match query.act.as_str() {
        "rename" => false,
        "remove" => true,
        _ => return overview(&guest, &console, NewNetworkForm::default(), NetworkDone::parse(&query.done), None).await,
    };
    let network = find(&guest, &console, &query.id).await?;
    let question = question(&console, network, remove);
    Ok(guest.show(|| question_page(console.shell(Place::Networks), question)))
}

async fn find(guest: &Guest, console: &Console, id: &str) -> Result<NetworkView, Stop> {
    let networks = guest.domain().directory().networks(&console.admin).await.map_err(guest.fails())?;
    let found = networks.into_iter().find(|network| network.id.to_string() == id);
    found.ok_or_else(|| guest.oops(ErrorCode::NotFound))
}

fn question(console: &Console, network: NetworkView, remove: bool) -> NetworkQuestion {
    NetworkQuestion {
        slug: console.slug().to_owned(),
        name: network.name.clone(),
        network,
        remove,
        name_error: None,
        reason: String::new(),
        reason_error: None,
    }
}

async fn overview(guest: &Guest, console: &Console, form: NewNetworkForm, done: Option<NetworkDone>, problem: Option<Problem>) -> Answer {
    let code = problem.as_ref().map(|problem| problem.code);
    let model = load(guest, console, form, done, problem).await?;
    let draw = || page(console.shell(Place::Networks), model);
    Ok(match code {
        Some(code) => guest.show_with(code, draw),
        None => guest.show(draw),
    })
}

async fn load(guest: &Guest, console: &Console, form: NewNetworkForm, done: Option<NetworkDone>, problem: Option<Problem>) -> Result<NetworksPage, Stop> {
    let directory = guest.domain().directory();
    let networks = directory.networks(&console.admin).await.map_err(guest.fails())?;
    let (_, policy) = directory.policy(&console.admin).await.map_err(guest.fails())?;
    Ok(NetworksPage {
        slug: console.slug().to_owned(),
        networks,
        trust: policy.trust,
        strict: console.tenant.profile == Profile::Strict,
        reports_error: None,
        form,
        trust_reason: (String::new(), None),
        done,
        problem,
    })
}

/// Does what was asked and goes back to the page.
pub(super) async fn act(guest: Guest, Path(slug): Path<String>, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    guest.member()?;
    let console = Console::open(&guest, &slug, Permission::PublishPolicy).await?;
    let fields = Pairs(fields);
    match fields.one("do") {
        "add" => add(&guest, &console, &fields).await,
        "rename" => change(&guest, &console, &fields, false).await,
        "remove" => change(&guest, &console, &fields, true).await,
        "trust" => trust(&guest, &console, &fields).await,
        _ => Err(guest.oops(ErrorCode::BadRequest)),
    }
}

fn back(console: &Console, done: NetworkDone) -> Response {
    see(&format!("{}?done={}", routes::admin(console.slug(), "networks"), done.word()))
}

async fn add(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let name = CleanText::<NAME_CHARACTERS_MAX>::parse(fields.one("name"));
    let (range, reason) = (read_range(fields.one("range")), reason_of(fields));
    let (Ok(name), Ok(_), Some(reason)) = (&name, &range, &reason) else {
        return refused(guest, console, fields, name.is_err(), range.is_err(), reason.is_none(), ErrorCode::Invalid).await;
    };
    let added = guest
        .domain()
        .directory()
        .add_network(&console.admin, name, fields.one("range"), reason.as_str())
        .await;
    match added {
        Ok(_) => Ok(back(console, NetworkDone::Added)),
        Err(DirectoryError::Network(_)) => refused(guest, console, fields, false, true, false, ErrorCode::Invalid).await,
        Err(error) => Err(guest.fails()(error)),
    }
}

/// The page again, with all that was typed. Words are made where the language is known: while it is drawn.
async fn refused(guest: &Guest, console: &Console, fields: &Pairs, name: bool, range: bool, reason: bool, code: ErrorCode) -> Answer {
    let mut model = load(guest, console, NewNetworkForm::default(), None, None).await?;
    let typed = fields.typed("range");
    let there = read_range(&typed).is_ok_and(|range| model.networks.iter().any(|network| network.range == range));
    Ok(guest.show_with(code, || {
        model.form = NewNetworkForm {
            name: fields.typed("name"),
            reason: fields.typed("reason"),
            name_error: name.then(|| text!(members.name_bad).to_owned()),
            range_error: range.then(|| match (there, read_range(&typed)) {
                (true, _) => text!(networks.range_there, range = typed.clone()),
                (false, Ok(_)) => text!(networks.range_full, range = typed.clone()),
                (false, Err(_)) => text!(networks.range_bad, range = typed.clone()),
            }),
            reason_error: reason.then(|| reason_words(&fields.typed("reason"))),
            range: typed.clone(),
        };
        page(console.shell(Place::Networks), model)
    }))
}

async fn change(guest: &Guest, console: &Console, fields: &Pairs, remove: bool) -> Answer {
    let network = find(guest, console, fields.one("id")).await?;
    let (id, directory, by) = (network.id, guest.domain().directory(), &console.admin);
    let (name, reason) = (CleanText::<NAME_CHARACTERS_MAX>::parse(fields.one("name")), reason_of(fields));
    let done = match (remove, &name, &reason) {
        (true, _, Some(reason)) => directory.remove_network(by, id, reason.as_str()).await.map(|()| NetworkDone::Removed),
        (false, Ok(name), Some(reason)) => directory.rename_network(by, id, name, reason.as_str()).await.map(|()| NetworkDone::Renamed),
        _ => {
            let mut again = question(console, network, remove);
            return Ok(guest.show_with(ErrorCode::Invalid, || {
                if !remove {
                    again.name = fields.typed("name");
                    again.name_error = name.is_err().then(|| text!(members.name_bad).to_owned());
                }
                again.reason = fields.typed("reason");
                again.reason_error = reason.is_none().then(|| reason_words(&again.reason));
                question_page(console.shell(Place::Networks), again)
            }));
        }
    };
    done.map(|done| back(console, done)).map_err(guest.fails())
}

async fn trust(guest: &Guest, console: &Console, fields: &Pairs) -> Answer {
    let days = fields.one("days").parse::<i64>().ok().filter(|days| (0..=REMEMBER_DAYS_MAX).contains(days));
    let lines = fields.one("reports_to").lines().map(str::trim).filter(|line| !line.is_empty());
    let reports_to: Vec<String> = lines.map(str::to_owned).collect();
    let trust = Trust {
        networks_skip: !fields.one("skip").is_empty(),
        remember_days: days.ok_or_else(|| guest.oops(ErrorCode::BadRequest))?,
        fraud_blocks: !fields.one("fraud").is_empty(),
        reports_to,
        self_bypass: !fields.one("bypass").is_empty(),
    };
    let bad = trust.reports_to.iter().find(|address| Upn::parse(address).is_err()).cloned();
    if bad.is_some() || trust.reports_to.len() > REPORTS_TO_MAX {
        let mut model = load(guest, console, NewNetworkForm::default(), None, None).await?;
        model.trust = trust;
        model.trust_reason = (fields.typed("reason"), None);
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            model.reports_error = Some(match bad {
                Some(address) => {
                    let shown: String = address.chars().filter(|c| !c.is_control()).take(60).collect();
                    text!(networks.reports_bad, address = shown)
                }
                None => text!(networks.reports_many, max = REPORTS_TO_MAX),
            });
            page(console.shell(Place::Networks), model)
        }));
    }
    let Some(reason) = reason_of(fields) else {
        let mut model = load(guest, console, NewNetworkForm::default(), None, None).await?;
        model.trust = trust;
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            model.trust_reason = (fields.typed("reason"), Some(reason_words(&fields.typed("reason"))));
            page(console.shell(Place::Networks), model)
        }));
    };
    let saved = guest.domain().directory().set_trust(&console.admin, trust, reason.as_str()).await;
    saved.map(|_| back(console, NetworkDone::Saved)).map_err(guest.fails())
}
