//! `/admin/{tenant}/users/bulk`: what a change would do to each of the chosen members, computed before it happens; then what it did.

use domain::directory::MemberView;
use leptos::prelude::*;
use model::{ErrorCode, MfaState};

use super::{Filter, href, state_badge};
use crate::{
    components::{
        Badge, BadgeLook, Banner, Breadcrumb, Button, ButtonLook, Column, EmptyState, IconName, LinkButton, Person, Row, SelectionBar, Table, Tally, Tone,
        Urgency,
    },
    pages::{reason::ReasonField, words},
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

/// A change of many members at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// Set to enabled.
    Enable,
    /// Set to disabled.
    Disable,
    /// Require registration again.
    Reregister,
}

impl Bulk {
    /// The change of a word in a form.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "enabled" => Some(Self::Enable),
            "disabled" => Some(Self::Disable),
            "reregister" => Some(Self::Reregister),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Enable => "enabled",
            Self::Disable => "disabled",
            Self::Reregister => "reregister",
        }
    }

    fn title(self, count: usize) -> String {
        match self {
            Self::Enable => text!(members.bulk_title_enabled, count = count),
            Self::Disable => text!(members.bulk_title_disabled, count = count),
            Self::Reregister => text!(members.bulk_title_reregister, count = count),
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Enable => text!(members.bulk_do_enabled),
            Self::Disable => text!(members.bulk_do_disabled),
            Self::Reregister => text!(members.bulk_do_reregister),
        }
    }
}

/// What a change does to one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// More rights than whoever asks.
    Refused,
    /// No second step any more.
    Free,
    /// Loses registrations.
    Loses,
    /// Less strict than now.
    Back,
    /// Nothing to lose, asked to register.
    AskedAgain,
    /// Asked to register.
    Asked,
    /// A role asks for it all the same.
    ByRole,
    /// Straight to enforced.
    Straight,
    /// Nothing changes.
    Unchanged,
}

impl Effect {
    /// What it comes to for so many members.
    fn words(self, count: usize) -> String {
        match self {
            Self::Refused => text!(members.effect_refused, count = count),
            Self::Free => text!(members.effect_free, count = count),
            Self::Loses => text!(members.effect_loses, count = count),
            Self::Back => text!(members.effect_back, count = count),
            Self::AskedAgain => text!(members.effect_asked_again, count = count),
            Self::Asked => text!(members.effect_asked, count = count),
            Self::ByRole => text!(members.effect_role, count = count),
            Self::Straight => text!(members.effect_straight, count = count),
            Self::Unchanged => text!(members.effect_unchanged, count = count),
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Refused | Self::Free => Tone::Bad,
            Self::Loses | Self::Back | Self::AskedAgain => Tone::Warn,
            Self::Asked => Tone::Info,
            Self::ByRole | Self::Unchanged => Tone::Neutral,
            Self::Straight => Tone::Ok,
        }
    }
}

/// What a change does to a member, by the rules that the directory follows. `rank` is that of whoever asks.
#[must_use]
pub fn effect(bulk: Bulk, member: &MemberView, rank: u8) -> Effect {
    match (bulk, member.mfa_state) {
        _ if member.rank() > rank => Effect::Refused,
        (Bulk::Enable, MfaState::Enforced) if member.can_satisfy => Effect::Unchanged,
        (Bulk::Enable, _) if member.can_satisfy => Effect::Straight,
        (Bulk::Enable, MfaState::Enabled) => Effect::Unchanged,
        (Bulk::Enable, MfaState::Enforced) => Effect::Back,
        (Bulk::Enable, MfaState::Disabled) => Effect::Asked,
        (Bulk::Disable, MfaState::Disabled) => Effect::Unchanged,
        (Bulk::Disable, _) if member.rank() > 0 => Effect::ByRole,
        (Bulk::Disable, _) => Effect::Free,
        (Bulk::Reregister, _) if member.methods.is_empty() && member.methods_off.is_empty() => Effect::AskedAgain,
        (Bulk::Reregister, _) => Effect::Loses,
    }
}

/// The question.
#[derive(Clone, Debug)]
pub struct BulkPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The change.
    pub bulk: Bulk,
    /// Everybody concerned, with what it does to them.
    pub rows: Vec<(MemberView, Effect)>,
    /// There were more than fit in one step.
    pub capped: bool,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct BulkDone {
    /// Short name of the tenant.
    pub slug: String,
    /// Everybody concerned: as they are now, or why nothing was done.
    pub rows: Vec<(MemberView, Option<ErrorCode>)>,
}

/// Who, in which state, and what about it.
fn line(slug: &str, member: &MemberView, column: &'static str, what: AnyView) -> AnyView {
    let (href, name, upn) = (href(slug, member), member.name(), member.upn.clone());
    let state = state_badge(member.mfa_state);
    view! {
        <Row href=href.clone()>
            <th scope="row"><Person name=name detail=upn href=href/></th>
            <td data-label=text!(members.column_state)>{state}</td>
            <td data-label=column>{what}</td>
        </Row>
    }
    .into_any()
}

fn breadcrumb(slug: &str, here: &str) -> AnyView {
    let above = vec![(text!(members.title).to_owned(), routes::admin(slug, "users"))];
    view! { <Breadcrumb above=above here=here.to_owned()/> }.into_any()
}

/// The preview.
#[must_use]
pub fn preview_page(shell: ConsoleShell, model: BulkPage) -> Page {
    let title = model.bulk.title(model.rows.len());
    Page::new(PageMeta::new(title.clone(), text!(members.bulk_description)), shell, preview(title, model))
}

fn preview(title: String, model: BulkPage) -> AnyView {
    let (slug, bulk) = (model.slug, model.bulk);
    let back = Filter::default().href(&slug);
    let above = breadcrumb(&slug, bulk.button());
    if model.rows.is_empty() {
        return view! {
            <ConsolePage title=title above=move || above width=PageWidth::Narrow>
                <div class="card flush">
                    <EmptyState icon=IconName::Users title=text!(members.bulk_nobody_title) words=text!(members.bulk_nobody_words)>
                        <LinkButton href=back>{text!(members.bulk_back)}</LinkButton>
                    </EmptyState>
                </div>
            </ConsolePage>
        }
        .into_any();
    }
    let mut tallies: Vec<(Effect, usize)> = Vec::new();
    let mut rows = model.rows;
    rows.sort_by_key(|(_, effect)| *effect);
    for (_, effect) in &rows {
        match tallies.last_mut() {
            Some((last, count)) if last == effect => *count += 1,
            _ => tallies.push((*effect, 1)),
        }
    }
    let tallies: Vec<Tally> = tallies
        .into_iter()
        .map(|(effect, count)| Tally {
            tone: effect.tone(),
            count: count.to_string(),
            words: effect.words(count),
        })
        .collect();
    let count = rows.len();
    let capped = model
        .capped
        .then(|| view! { <Banner tone=Tone::Warn>{text!(members.bulk_capped, count = count)}</Banner> });
    let ids = rows
        .iter()
        .map(|(member, _)| view! { <input type="hidden" name="id" value=member.id.to_string()/> })
        .collect_view();
    let lines = rows
        .into_iter()
        .map(|(member, effect)| {
            let words = view! { <Badge tone=effect.tone() look=BadgeLook::Plain>{effect.words(1)}</Badge> }.into_any();
            line(&slug, &member, text!(members.column_effect), words)
        })
        .collect_view();
    let look = if bulk == Bulk::Enable { ButtonLook::Primary } else { ButtonLook::Sure };
    let summary = text!(members.picked, count = count);
    view! {
        <ConsolePage title=title above=move || above>
            {capped}
            <SelectionBar summary=summary preview=tallies><span></span></SelectionBar>
            <form class="stack tight" method="post" action=format!("{}/bulk", routes::admin(&slug, "users"))>
                <input type="hidden" name="action" value=bulk.word()/>
                {ids}
                <ReasonField value=model.reason error=model.error/>
                <div class="buttons"><LinkButton href=back>{text!(members.bulk_keep)}</LinkButton><Button look=look>{bulk.button()}</Button></div>
            </form>
            <Table
                caption=text!(members.bulk_effects)
                columns=vec![Column::new(text!(members.column_member)), Column::new(text!(members.column_state)), Column::new(text!(members.column_effect))]
            >
                {lines}
            </Table>
        </ConsolePage>
    }
    .into_any()
}

/// The results.
#[must_use]
pub fn done_page(shell: ConsoleShell, model: BulkDone) -> Page {
    let done = model.rows.iter().filter(|(_, error)| error.is_none()).count();
    let title = text!(members.result_title, done = done, all = model.rows.len());
    let slug = model.slug;
    let above = breadcrumb(&slug, &title);
    let all = model.rows.len();
    let lines = model
        .rows
        .into_iter()
        .map(|(member, error)| {
            let result = match error {
                None => view! { <Badge tone=Tone::Ok look=BadgeLook::Plain>{text!(members.result_done)}</Badge> }.into_any(),
                Some(code) => {
                    let words = format!("{} ({code})", words::error_title(code));
                    view! { <Badge tone=Tone::Bad look=BadgeLook::Plain>{words}</Badge> }.into_any()
                }
            };
            line(&slug, &member, text!(members.column_result), result)
        })
        .collect_view();
    let tone = if done == all { Tone::Ok } else { Tone::Warn };
    let back = Filter::default().href(&slug);
    let summary = title.clone();
    let body = view! {
        <ConsolePage title=title.clone() above=move || above>
            <Banner tone=tone urgency=Urgency::Alert>{summary}</Banner>
            <Table
                caption=text!(members.bulk_effects)
                columns=vec![Column::new(text!(members.column_member)), Column::new(text!(members.column_state)), Column::new(text!(members.column_result))]
            >
                {lines}
            </Table>
            <div class="row"><LinkButton href=back>{text!(members.bulk_back)}</LinkButton></div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(title, text!(members.bulk_description)), shell, body.into_any())
}
