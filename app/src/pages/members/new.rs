//! `/admin/{tenant}/users/new`: add a member; the answer shows the set-up link, once.

use leptos::prelude::*;
use model::{NAME_CHARACTERS_MAX, Role, UPN_CHARACTERS_MAX};

use crate::{
    components::{Banner, Breadcrumb, Button, ButtonLook, Check, CopyBox, CopyLook, InputKind, LinkButton, TextField, Tone},
    pages::{Problem, words},
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct NewMemberForm {
    /// Sign-in name.
    pub upn: String,
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Mail address.
    pub mail: String,
    /// Roles ticked.
    pub roles: Vec<Role>,
    /// What is wrong with the sign-in name.
    pub upn_error: Option<String>,
    /// What is wrong with the given name.
    pub given_error: Option<String>,
    /// What is wrong with the family name.
    pub family_error: Option<String>,
    /// What is wrong with the mail address.
    pub mail_error: Option<String>,
}

/// The form.
#[derive(Clone, Debug)]
pub struct NewMemberPage {
    /// Short name of the tenant.
    pub slug: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// May give roles.
    pub may_give_roles: bool,
    /// What was typed.
    pub form: NewMemberForm,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// Roles that can be given, by rank, with what they do.
pub(crate) fn role_checks(chosen: &[Role]) -> AnyView {
    let roles = [
        (Role::Reader, text!(members.role_reader_what)),
        (Role::Support, text!(members.role_support_what)),
        (Role::AuthAdmin, text!(members.role_auth_admin_what)),
        (Role::PolicyAdmin, text!(members.role_policy_admin_what)),
        (Role::BillingAdmin, text!(members.role_billing_admin_what)),
        (Role::GlobalAdmin, text!(members.role_global_admin_what)),
    ];
    let checks = roles
        .into_iter()
        .map(|(role, what)| {
            view! {
                <Check name="role" value=role.as_str() checked=chosen.contains(&role)>
                    <span>{crate::format::capital(words::role(role))}<span class="muted small">" · "{what}</span></span>
                </Check>
            }
        })
        .collect_view();
    view! {
        <fieldset class="stack tight">
            <legend class="strong">{text!(members.roles)}</legend>
            <p class="muted small">{text!(members.roles_hint)}</p>
            {checks}
        </fieldset>
    }
    .into_any()
}

/// Draws the form.
#[must_use]
pub fn new_page(shell: ConsoleShell, model: NewMemberPage) -> Page {
    let list = routes::admin(&model.slug, "users");
    let above = vec![(text!(members.title).to_owned(), list.clone())];
    let form = model.form;
    let roles = model.may_give_roles.then(|| role_checks(&form.roles));
    let hint = match model.domains.as_slice() {
        [only] => text!(members.upn_hint_single, domain = only.clone()),
        several => text!(members.upn_hint, domains = several.join(", ")),
    };
    let name_max = NAME_CHARACTERS_MAX as u32;
    let optional = || Some(text!(members.optional).to_owned());
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let body = view! {
        <ConsolePage
            title=text!(members.new_title)
            above=move || view! { <Breadcrumb above=above here=text!(members.new_title)/> }
            lead=|| view! { <p class="muted">{text!(members.new_lead)}</p> }
            width=PageWidth::Narrow
        >
            {banner}
            <form class="stack" method="post" action=format!("{list}/new")>
                <TextField
                    name="upn"
                    label=text!(members.upn)
                    kind=InputKind::Email
                    hint=hint
                    value=form.upn
                    error=form.upn_error
                    autocomplete="off"
                    length_max=UPN_CHARACTERS_MAX as u32
                    required=true
                    focus=true
                />
                <div class="halves">
                    <TextField name="given" label=text!(members.given) hint=optional() value=form.given error=form.given_error autocomplete="off" length_max=name_max/>
                    <TextField name="family" label=text!(members.family) hint=optional() value=form.family error=form.family_error autocomplete="off" length_max=name_max/>
                </div>
                <TextField
                    name="mail"
                    label=text!(members.mail)
                    kind=InputKind::Email
                    hint=optional()
                    value=form.mail
                    error=form.mail_error
                    autocomplete="off"
                    length_max=UPN_CHARACTERS_MAX as u32
                />
                {roles}
                <div class="row">
                    <Button look=ButtonLook::Primary>{text!(members.create)}</Button>
                    <LinkButton href=list.clone() look=ButtonLook::Quiet>{text!(members.cancel)}</LinkButton>
                </div>
            </form>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(members.new_title), text!(members.new_description)), shell, body.into_any())
}

/// A set-up link, shown once.
#[derive(Clone, Debug)]
pub struct LinkPage {
    /// Short name of the tenant.
    pub slug: String,
    /// For whom.
    pub name: String,
    /// Their id.
    pub member: String,
    /// The link.
    pub link: String,
    /// The member is new.
    pub new: bool,
    /// The organisation that was made with the member as its first global admin.
    pub organisation: Option<String>,
}

/// Draws the link.
#[must_use]
pub fn link_page(shell: ConsoleShell, model: LinkPage) -> Page {
    let list = routes::admin(&model.slug, "users");
    let name = model.name;
    let title = match (&model.organisation, model.new) {
        (Some(organisation), _) => text!(tenants.made_title, name = organisation.clone()),
        (None, true) => text!(members.made_title, name = name.clone()),
        (None, false) => text!(members.link_title, name = name.clone()),
    };
    let made = model
        .organisation
        .as_ref()
        .map(|_| view! { <p class="muted">{text!(tenants.made_lead, admin = name.clone())}</p> });
    let earlier = (!model.new).then(|| view! { <p class="muted">{text!(members.link_earlier)}</p> });
    let another = model
        .new
        .then(|| match &model.organisation {
            Some(_) => (routes::OPERATOR_TENANTS_NEW.to_owned(), text!(tenants.add_another)),
            None => (format!("{list}/new"), text!(members.add_another)),
        })
        .map(|(href, words)| view! { <LinkButton href=href look=ButtonLook::Quiet>{words}</LinkButton> });
    let member = format!("{list}/{}", model.member);
    let above = match model.organisation {
        Some(_) => (text!(tenants.title).to_owned(), routes::OPERATOR_TENANTS.to_owned()),
        None => (text!(members.title).to_owned(), list),
    };
    let above = vec![above];
    let (link_title, here) = (text!(members.link_title, name = name.clone()), title.clone());
    let (link_words, to_member) = (text!(members.link_words, name = name.clone()), text!(members.to_member, name = name));
    let body = view! {
        <ConsolePage title=title.clone() above=move || view! { <Breadcrumb above=above here=here/> } width=PageWidth::Narrow>
            {made}
            <Banner tone=Tone::Warn title=link_title>{link_words}</Banner>
            <CopyBox text=model.link look=CopyLook::Block button=text!(components.copy_link)/>
            {earlier}
            <div class="row"><LinkButton href=member>{to_member}</LinkButton>{another}</div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(title, text!(members.new_description)), shell, body.into_any())
}
