//! `/operator/tenants`: the organisations of the installation, and one more with its first global admin. Operators only.

use axum::extract::Form;
use domain::directory::{DirectoryError, MemberRef, NewMember, NewTenant};
use model::*;

use super::{
    console::{Console, Origin, Place},
    forms::Pairs,
};
use crate::{
    caller::{Answer, Guest, Stop},
    pages::{
        Problem,
        members::{LinkPage, link_page},
        tenants::{NewTenantForm, new_page, page},
        words,
    },
};

/// The frame: an operator works in the home tenant until another one is chosen.
pub(super) async fn console(guest: &Guest) -> Result<Console, Stop> {
    let home = guest.member()?.me.tenant();
    Console::of(guest, guest.operator()?.admin_of(home)).await
}

/// The list.
pub(super) async fn list(guest: Guest) -> Answer {
    let operator = guest.operator()?;
    let console = console(&guest).await?;
    let tenants = guest.domain().directory().tenants(operator).await.map_err(guest.fails())?;
    Ok(guest.show(|| page(console.shell(Place::Tenants), tenants)))
}

/// The form.
pub(super) async fn new(guest: Guest) -> Answer {
    let console = console(&guest).await?;
    let form = NewTenantForm {
        profile: Profile::Standard.as_str().to_owned(),
        // What the operator reads is the first guess.
        locale: crate::locale::tag_of(guest.visit.locale).to_owned(),
        ..NewTenantForm::default()
    };
    Ok(guest.show(|| new_page(console.shell(Place::Tenants), form, None)))
}

/// Makes the tenant, its first global admin and the admin's set-up link, which is shown once. Everything is checked before anything is made.
pub(super) async fn create(guest: Guest, origin: Origin, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let operator = guest.operator()?;
    let console = console(&guest).await?;
    let fields = Pairs(fields);
    let typed = || NewTenantForm {
        name: fields.typed("name"),
        slug: fields.typed("slug"),
        domains: fields.typed("domains"),
        profile: fields.typed("profile"),
        locale: fields.typed("locale"),
        upn: fields.typed("upn"),
        given: fields.typed("given"),
        family: fields.typed("family"),
        ..NewTenantForm::default()
    };
    let name = CleanText::parse(fields.one("name"));
    let slug = Slug::parse(fields.one("slug").trim());
    let domains: Result<Vec<DomainName>, _> = fields
        .one("domains")
        .split([' ', ',', ';', '\t', '\r', '\n'])
        .filter(|text| !text.is_empty())
        .map(DomainName::parse)
        .collect();
    let domains = domains.ok().filter(|domains| !domains.is_empty());
    let upn = Upn::parse(fields.one("upn")).ok().filter(|upn| {
        domains
            .as_ref()
            .is_none_or(|domains| domains.iter().any(|domain| domain.as_str() == upn.domain()))
    });
    let given = fields.optional("given", |text| CleanText::parse(text).ok());
    let family = fields.optional("family", |text| CleanText::parse(text).ok());
    let profile = Profile::from_text(fields.one("profile")).unwrap_or(Profile::Strict);
    let locale = if fields.one("locale") == "en" { "en" } else { "nl" };
    let (Ok(name), Ok(slug), Some(domains), Some(upn), Ok(given_name), Ok(family_name)) = (&name, &slug, &domains, &upn, &given, &family) else {
        return Ok(guest.show_with(ErrorCode::Invalid, || {
            let wrong = |is: bool, words: &str| is.then(|| words.to_owned());
            let form = NewTenantForm {
                name_error: wrong(name.is_err(), text!(tenants.name_bad)),
                slug_error: wrong(slug.is_err(), text!(tenants.slug_bad)),
                domains_error: wrong(domains.is_none(), text!(tenants.domains_bad)),
                upn_error: wrong(upn.is_none(), text!(tenants.upn_bad)),
                given_error: wrong(given.is_err(), text!(members.name_bad)),
                family_error: wrong(family.is_err(), text!(members.name_bad)),
                ..typed()
            };
            new_page(console.shell(Place::Tenants), form, None)
        }));
    };
    let directory = guest.domain().directory();
    let new = NewTenant {
        slug: slug.clone(),
        name: name.clone(),
        domains: domains.clone(),
        profile,
        locale,
    };
    let tenant = match directory.create_tenant(operator, new).await {
        Ok(tenant) => tenant,
        Err(error @ (DirectoryError::SlugTaken | DirectoryError::DomainTaken(_))) => {
            let code = error.code();
            return Ok(guest.show_with(code, || {
                let mut form = typed();
                let words = Some(words::error_title(code).to_owned());
                match code {
                    ErrorCode::SlugTaken => form.slug_error = words,
                    _ => form.domains_error = words,
                }
                new_page(console.shell(Place::Tenants), form, Some(Problem::new(code)))
            }));
        }
        Err(error) => return Err(guest.fails()(error)),
    };
    let admin = operator.admin_of(tenant);
    let first = NewMember {
        upn: upn.clone(),
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        mail: None,
        roles: vec![Role::GlobalAdmin],
    };
    let member = directory.create_member(&admin, first).await.map_err(guest.fails())?;
    let of = MemberRef::Id(member);
    let token = directory.make_set_up_link(&admin, &of).await.map_err(guest.fails())?;
    let view = directory.member(&admin, &of).await.map_err(guest.fails())?;
    let console = Console::of(&guest, admin).await?;
    Ok(guest.show_secret(|| {
        let model = LinkPage {
            slug: console.slug().to_owned(),
            name: view.name(),
            member: member.to_string(),
            link: origin.set_up_link(&token),
            new: true,
            organisation: Some(name.as_str().to_owned()),
        };
        link_page(console.shell(Place::Tenants), model)
    }))
}
