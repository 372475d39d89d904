//! A tenant with members who have authenticator apps, made by the verbs that make them in real life.
//!
//! Prints `key …` and then a line for each member: name and seed.

use crate::{Failure, domain};
use domain::{
    actor::{Admin, Operator, Scope},
    directory::{MemberRef, NewMember, NewTenant},
    methods::OathSeed,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use model::{CleanText, DomainName, OathParams, Path, Profile, Slug, Upn};

/// Members made at the same time.
const AT_ONCE: usize = 8;
/// Members who have a password too.
pub(crate) const WITH_PASSWORD: usize = 2;
/// Their password.
pub(crate) const PASSWORD: &str = "vier natte eenden";

/// The sign-in name of a member.
pub(crate) fn name(n: usize) -> Result<Upn, Failure> {
    name_at(n, "bench.example")
}

/// The same of another tenant.
pub(crate) fn name_at(n: usize, domain: &str) -> Result<Upn, Failure> {
    Ok(Upn::parse(&format!("m{n}@{domain}"))?)
}

pub(crate) async fn load(count: &str) -> Result<(), Failure> {
    let count: usize = count.parse()?;
    let domain = domain(AT_ONCE as u32).await?;
    domain.directory().make_partitions(5).await?;
    let tenant = NewTenant {
        slug: Slug::parse("bench")?,
        name: CleanText::parse("Bench")?,
        domains: vec![DomainName::parse("bench.example")?],
        profile: Profile::Standard,
        locale: "en",
    };
    let admin = &Admin::console(domain.directory().create_tenant(Operator::console(), tenant).await?);
    let domain = &domain;
    let lines: Vec<String> = stream::iter(0..count)
        .map(|n| async move {
            let upn = name(n)?;
            let new = NewMember {
                upn: upn.clone(),
                given_name: None,
                family_name: None,
                mail: None,
                roles: Vec::new(),
            };
            let member = MemberRef::Id(domain.directory().create_member(admin, new).await?);
            if n < WITH_PASSWORD {
                domain.directory().set_password(admin, &member, PASSWORD).await?;
            }
            let seed = OathSeed::new(domain.rng());
            domain.methods().add_totp(admin, &member, seed.clone(), OathParams::default(), true).await?;
            Ok::<_, Failure>(format!("{upn} {}", seed.reveal()))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let key = domain
        .directory()
        .create_api_key(admin, &CleanText::parse("bench")?, &[Scope::Verify], Path::Cloud)
        .await?;
    println!("key {}", key.reveal());
    println!("{}", lines.join("\n"));
    Ok(())
}
