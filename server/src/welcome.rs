//! The first start on the private Postgres: a tenant, an operator in it, and a link by which the operator sets everything up. Nobody
//! should have to read a manual to see the first page.

use domain::Domain;
use domain::actor::Operator;
use domain::directory::{MemberRef, NewMember, NewTenant};
use model::{CleanText, DomainName, Profile, Role, Slug, Upn};

use crate::cli::Failure;
use crate::config::PublicUrl;

const SLUG: &str = "home";
const NAME: &str = "Home";
/// A domain that belongs to nobody on the internet.
const DOMAIN: &str = "home.internal";
const OPERATOR: &str = "operator@home.internal";

/// Makes the first tenant and its operator when there is none; answers the set-up link for as long as nobody has used one.
pub(crate) async fn first_link(domain: &Domain, public_url: &PublicUrl) -> Result<Option<String>, Failure> {
    let console = Operator::console();
    let directory = domain.directory();
    if directory.tenants(console).await?.is_empty() {
        let new = NewTenant {
            slug: Slug::parse(SLUG)?,
            name: CleanText::parse(NAME)?,
            domains: vec![DomainName::parse(DOMAIN)?],
            profile: Profile::Standard,
            locale: "en",
        };
        let tenant = directory.create_tenant(console, new).await?;
        let operator = NewMember {
            upn: Upn::parse(OPERATOR)?,
            given_name: None,
            family_name: None,
            mail: None,
            roles: vec![Role::GlobalAdmin],
        };
        let member = directory.create_member(&console.admin_of(tenant), operator).await?;
        directory.grant_operator(console, tenant, member).await?;
    }
    for (tenant, member) in directory.operators(console).await? {
        if directory.member(&console.admin_of(tenant), &MemberRef::Id(member)).await?.has_password {
            return Ok(None);
        }
    }
    let Some((tenant, member)) = directory.operators(console).await?.into_iter().next() else {
        return Ok(None);
    };
    let token = directory.make_set_up_link(&console.admin_of(tenant), &MemberRef::Id(member)).await?;
    Ok(Some(set_up_link(public_url, &token.reveal())))
}

/// The address that a set-up token is opened at.
pub(crate) fn set_up_link(public_url: &PublicUrl, token: &str) -> String {
    format!("{}/set-up/{token}", public_url.origin())
}
