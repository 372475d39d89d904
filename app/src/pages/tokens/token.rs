//! `/admin/{tenant}/tokens/{serial}`: one token; the finding first, then what is known of it, and what can be done.

use domain::{directory::MemberView, tokens::TokenView};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{OathKind, TokenState};

use super::{Act, algorithm, state_badge};
use crate::{
    components::{Banner, Breadcrumb, ButtonLook, Fact, Facts, LinkButton, Toast},
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
    visit::visit,
};

/// The page.
#[derive(Clone, Debug)]
pub struct TokenPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The token.
    pub token: TokenView,
    /// Whose it is.
    pub owner: Option<MemberView>,
    /// What the caller may do here.
    pub acts: Vec<Act>,
    /// The owner has more rights than the caller.
    pub above: bool,
    /// What has just been done.
    pub done: Option<Act>,
}

/// The owner's name, as far as it is known.
pub(super) fn owner_name(token: &TokenView, owner: Option<&MemberView>) -> String {
    let upn = || token.owner_upn.clone().unwrap_or_else(|| text!(tokens.nobody).to_owned());
    owner.map_or_else(upn, MemberView::name)
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: TokenPage) -> Page {
    Page::new(PageMeta::new(model.token.serial.clone(), text!(tokens.token_description)), shell, view(model))
}

fn view(model: TokenPage) -> AnyView {
    let serial = model.token.serial.clone();
    let (title, here) = (serial.clone(), serial.clone());
    let above = vec![(text!(tokens.title).to_owned(), routes::admin(&model.slug, "tokens"))];
    let done = model.done.map(|act| {
        let words = act.done(&serial);
        view! { <Toast>{words}</Toast> }
    });
    let banner = model
        .above
        .then(|| view! { <Banner title=text!(tokens.above_title).to_owned()>{text!(tokens.above_words)}</Banner> });
    let owner = owner_name(&model.token, model.owner.as_ref());
    let finding = finding(&model.token, &owner, visit().now);
    let (facts, actions) = (facts(&model, &owner), actions(&model));
    view! {
        <ConsolePage title=title above=move || view! { <Breadcrumb above=above here=here/> }>
            {done}
            {banner}
            <div class="columns">
                <div class="stack wide">
                    <section class="section" aria-labelledby="finding"><div class="diagnosis"><h2 id="finding">{finding}</h2></div></section>
                    {facts}
                </div>
                <aside class="stack" aria-label=text!(tokens.actions)>{actions}</aside>
            </div>
        </ConsolePage>
    }
    .into_any()
}

/// What somebody needs to know about the token first.
fn finding(token: &TokenView, owner: &str, now: Timestamp) -> String {
    let owner = owner.to_owned();
    match (token.state, token.valid_from, token.valid_until) {
        (TokenState::Retired, ..) => text!(tokens.finding_retired).to_owned(),
        (TokenState::Active, ..) => text!(tokens.finding_active, owner = owner),
        (TokenState::Assigned, ..) => text!(tokens.finding_assigned, owner = owner),
        (TokenState::Available, _, Some(until)) if until <= now => text!(tokens.finding_past, date = format::date_with_year(until)),
        (TokenState::Available, Some(from), _) if from > now => text!(tokens.finding_early, date = format::date_with_year(from)),
        (TokenState::Available, ..) => text!(tokens.finding_available).to_owned(),
    }
}

fn facts(model: &TokenPage, owner: &str) -> AnyView {
    let token = &model.token;
    let oath = token.oath;
    let (codes, stands) = match oath.kind {
        OathKind::Totp => (text!(tokens.kind_time_long, seconds = oath.period), (text!(tokens.fact_clock), clock(token))),
        OathKind::Hotp => {
            let counter = format::number(token.counter.unwrap_or(0).unsigned_abs());
            (text!(tokens.kind_count_long).to_owned(), (text!(tokens.fact_counter), counter))
        }
    };
    let stands = (token.state != TokenState::Retired).then_some(stands);
    let owner = token.owner.map(|id| {
        let (href, name) = (format!("{}/{id}", routes::admin(&model.slug, "users")), owner.to_owned());
        view! { <Fact name=text!(tokens.fact_owner)><a href=href>{name}</a></Fact> }
    });
    let known = [
        Some((text!(tokens.fact_kind), codes)),
        Some((text!(tokens.fact_algorithm), algorithm(oath.algorithm).to_owned())),
        Some((text!(tokens.fact_digits), oath.digits.to_string())),
        stands,
        token.model.clone().map(|model| (text!(tokens.fact_made), model)),
        token.manufacturer.clone().map(|maker| (text!(tokens.fact_maker), maker)),
        token.issuer.clone().map(|issuer| (text!(tokens.fact_issuer), issuer)),
        token.valid_from.map(|at| (text!(tokens.fact_from), format::date_with_year(at))),
        token.valid_until.map(|at| (text!(tokens.fact_until), format::date_with_year(at))),
        Some((text!(tokens.fact_imported), format::moment_capital(token.imported_at))),
        token.assigned_at.map(|at| (text!(tokens.fact_assigned), format::moment_capital(at))),
        token.activated_at.map(|at| (text!(tokens.fact_activated), format::moment_capital(at))),
        token.retired_at.map(|at| (text!(tokens.fact_retired), format::moment_capital(at))),
    ];
    let known = known
        .into_iter()
        .flatten()
        .map(|(name, value)| view! { <Fact name=name><span class="wraps">{value}</span></Fact> })
        .collect_view();
    let badge = state_badge(token.state);
    view! {
        <Section id="facts" title=text!(tokens.facts)>
            <div class="card"><Facts><Fact name=text!(tokens.fact_state)>{badge}</Fact>{owner}{known}</Facts></div>
        </Section>
    }
    .into_any()
}

/// How far the clock of a token is off, as its codes have told.
fn clock(token: &TokenView) -> String {
    let seconds = u64::from(token.drift.unsigned_abs()) * u64::from(token.oath.period);
    match token.drift {
        0 => text!(tokens.clock_right).to_owned(),
        1.. => text!(tokens.clock_fast, seconds = format::number(seconds)),
        _ => text!(tokens.clock_slow, seconds = format::number(seconds)),
    }
}

fn actions(model: &TokenPage) -> AnyView {
    if model.acts.is_empty() {
        let silent = model.above || model.token.state == TokenState::Retired;
        return (!silent).then(|| view! { <p class="muted small">{text!(tokens.look_only)}</p> }).into_any();
    }
    let here = routes::token(&model.slug, &model.token.serial);
    let items = model
        .acts
        .iter()
        .map(|act| {
            let href = format!("{here}?do={}", act.word());
            let look = if *act == Act::Retire { ButtonLook::Danger } else { ButtonLook::Plain };
            let (title, words, button) = (act.title(), act.words(), act.button());
            view! {
                <li>
                    <div class="stack tight">
                        <b>{title}</b>
                        <p class="small muted">{words}</p>
                        <LinkButton href=href look=look>{button}</LinkButton>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <Section id="actions" title=text!(tokens.actions)><ul class="card flush list inset">{items}</ul></Section> }.into_any()
}
