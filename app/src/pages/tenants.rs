//! `/operator/tenants`: the organisations of the installation, and one more with its first global admin.

use domain::directory::TenantView;
use leptos::prelude::*;
use model::{NAME_CHARACTERS_MAX, Profile, UPN_CHARACTERS_MAX};

use super::Problem;
use crate::{
    components::{
        Badge, BadgeLook, Breadcrumb, Button, ButtonLook, Choice, Column, EmptyState, IconName, InputKind, LinkButton, Pager, Person, Row, Select, Table,
        TextField, Tone,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => text!(tenants.standard),
        Profile::Strict => text!(tenants.strict),
    }
}

/// Draws the list.
#[must_use]
pub fn page(shell: ConsoleShell, tenants: Vec<TenantView>) -> Page {
    let add = || view! { <LinkButton href=routes::OPERATOR_TENANTS_NEW look=ButtonLook::Primary icon=IconName::Plus>{text!(tenants.add)}</LinkButton> };
    let body = if tenants.is_empty() {
        view! {
            <div class="card flush">
                <EmptyState icon=IconName::Globe title=text!(tenants.empty_title) words=text!(tenants.empty_words)/>
            </div>
        }
        .into_any()
    } else {
        list(tenants)
    };
    let view = view! { <ConsolePage title=text!(tenants.title) actions=add>{body}</ConsolePage> };
    Page::new(PageMeta::new(text!(tenants.title), text!(tenants.description)), shell, view.into_any())
}

fn list(tenants: Vec<TenantView>) -> AnyView {
    let columns = vec![
        Column::new(text!(tenants.c_name)),
        Column::new(text!(tenants.c_domains)),
        Column::new(text!(tenants.c_profile)),
        Column::new(text!(tenants.c_state)),
        Column::new(text!(tenants.c_since)),
    ];
    let summary = text!(tenants.rows, count = tenants.len());
    let lines = tenants
        .into_iter()
        .map(|tenant| {
            let href = routes::admin(&tenant.slug, "users");
            let domains = match tenant.domains.is_empty() {
                true => text!(tenants.no_domains).to_owned(),
                false => tenant.domains.join(", "),
            };
            let (tone, state) = match tenant.suspended {
                true => (Tone::Bad, text!(tenants.suspended)),
                false => (Tone::Ok, text!(tenants.active)),
            };
            let (profile, since) = (profile(tenant.profile), format::date_with_year(tenant.created_at));
            view! {
                <Row href=href.clone()>
                    <th scope="row"><Person name=tenant.name detail=tenant.slug href=href/></th>
                    <td data-label=text!(tenants.c_domains)>{domains}</td>
                    <td data-label=text!(tenants.c_profile)>{profile}</td>
                    <td data-label=text!(tenants.c_state)><Badge tone=tone look=BadgeLook::Plain>{state}</Badge></td>
                    <td data-label=text!(tenants.c_since)>{since}</td>
                </Row>
            }
        })
        .collect_view();
    view! { <Table caption=text!(tenants.caption) columns=columns below=move || view! { <Pager summary=summary/> }>{lines}</Table> }.into_any()
}

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct NewTenantForm {
    /// Name for people.
    pub name: String,
    /// Short name.
    pub slug: String,
    /// Domains, with spaces between them.
    pub domains: String,
    /// `standard` or `strict`.
    pub profile: String,
    /// `en` or `nl`.
    pub locale: String,
    /// Sign-in name of the first admin.
    pub upn: String,
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// With the short name.
    pub slug_error: Option<String>,
    /// With the domains.
    pub domains_error: Option<String>,
    /// With the sign-in name.
    pub upn_error: Option<String>,
    /// With the given name.
    pub given_error: Option<String>,
    /// With the family name.
    pub family_error: Option<String>,
}

/// Draws the form.
#[must_use]
pub fn new_page(shell: ConsoleShell, form: NewTenantForm, problem: Option<Problem>) -> Page {
    let banner = problem.as_ref().and_then(Problem::banner);
    let name_max = NAME_CHARACTERS_MAX as u32;
    let hint = |words: &str| Some(words.to_owned());
    let profiles = vec![Choice::new("standard", text!(tenants.standard)), Choice::new("strict", text!(tenants.strict))];
    let languages = vec![Choice::new("nl", "Nederlands"), Choice::new("en", "English")];
    let above = vec![(text!(tenants.title).to_owned(), routes::OPERATOR_TENANTS.to_owned())];
    let view = view! {
        <ConsolePage
            title=text!(tenants.new_title)
            above=move || view! { <Breadcrumb above=above here=text!(tenants.new_title)/> }
            lead=|| view! { <p class="muted">{text!(tenants.new_lead)}</p> }
            width=PageWidth::Narrow
        >
            {banner}
            <form class="stack" method="post" action=routes::OPERATOR_TENANTS_NEW>
                <h2>{text!(tenants.the_organisation)}</h2>
                <TextField name="name" label=text!(tenants.name) value=form.name error=form.name_error length_max=name_max required=true focus=true autocomplete="off"/>
                <TextField name="slug" label=text!(tenants.slug) hint=hint(text!(tenants.slug_hint)) value=form.slug error=form.slug_error length_max=40 required=true autocomplete="off"/>
                <TextField name="domains" label=text!(tenants.domains) hint=hint(text!(tenants.domains_hint)) value=form.domains error=form.domains_error length_max=500 required=true autocomplete="off"/>
                <div class="halves">
                    <Select name="profile" label=text!(tenants.profile) hint=hint(text!(tenants.profile_hint)) options=profiles selected=form.profile/>
                    <Select name="locale" label=text!(tenants.locale) hint=hint(text!(tenants.locale_hint)) options=languages selected=form.locale/>
                </div>
                <h2>{text!(tenants.the_admin)}</h2>
                <TextField
                    name="upn"
                    label=text!(tenants.upn)
                    kind=InputKind::Email
                    value=form.upn
                    error=form.upn_error
                    length_max=UPN_CHARACTERS_MAX as u32
                    required=true
                    autocomplete="off"
                />
                <div class="halves">
                    <TextField name="given" label=text!(members.given) hint=hint(text!(members.optional)) value=form.given error=form.given_error length_max=name_max autocomplete="off"/>
                    <TextField name="family" label=text!(members.family) hint=hint(text!(members.optional)) value=form.family error=form.family_error length_max=name_max autocomplete="off"/>
                </div>
                <div class="row">
                    <Button look=ButtonLook::Primary>{text!(tenants.create)}</Button>
                    <LinkButton href=routes::OPERATOR_TENANTS look=ButtonLook::Quiet>{text!(tenants.cancel)}</LinkButton>
                </div>
            </form>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(tenants.new_title), text!(tenants.description)), shell, view.into_any())
}
