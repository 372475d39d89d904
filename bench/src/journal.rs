//! Pages of one member's sign-ins, read by the verb that the console reads them by: the first, and the one that follows a given row.

use crate::{Failure, domain, numbers::percentile};
use domain::{actor::Admin, directory::MemberRef, journal::SignInQuery};
use model::{Cursor, Slug, Upn};
use std::time::Instant;

/// How often each page is read; the middle one counts.
const READS: usize = 100;

pub(crate) async fn run(member: &str, microseconds: &str, attempt: &str) -> Result<(), Failure> {
    let domain = domain(1).await?;
    let tenant = domain.directory().tenant_of_slug(&Slug::parse("bench")?).await?.ok_or("no tenant bench")?;
    let admin = Admin::console(tenant);
    let first = SignInQuery {
        member: Some(MemberRef::Upn(Upn::parse(member)?)),
        ..SignInQuery::default()
    };
    let later = SignInQuery {
        cursor: Some(Cursor {
            key: microseconds.to_owned(),
            id: attempt.parse()?,
        }),
        ..first.clone()
    };
    let mut piles = [Vec::new(), Vec::new()];
    // In turns, so that a noisy moment hits both.
    for _ in 0..READS {
        for (query, pile) in [&first, &later].into_iter().zip(&mut piles) {
            let began = Instant::now();
            let page = domain.journal().sign_ins(&admin, query).await?;
            pile.push(began.elapsed());
            if page.items.len() != query.limit || page.items.iter().any(|row| row.personal.is_none()) {
                return Err("a page is not full, or a row on it cannot be read".into());
            }
        }
    }
    let [first, later] = &mut piles;
    println!("first {:.2}", percentile(first, 0.5));
    println!("later {:.2}", percentile(later, 0.5));
    Ok(())
}
