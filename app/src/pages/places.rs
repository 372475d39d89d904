//! Where somebody can go, by role.

use domain::sign_in::SignedIn;
use model::Role;

use crate::routes;

/// The page that this person has most use for after signing in.
#[must_use]
pub fn home_of(me: &SignedIn) -> String {
    let second_factor = me.me.level() >= 2;
    match me.me.roles() {
        _ if second_factor && me.member.operator => routes::OPERATOR_TENANTS.to_owned(),
        [Role::Support] if second_factor => routes::SUPPORT.to_owned(),
        [] => routes::SECURITY_INFO.to_owned(),
        _ if second_factor => routes::admin(&me.tenant.slug, "users"),
        _ => routes::SECURITY_INFO.to_owned(),
    }
}

/// Links of the account menu: name and address. Only what the roles can use.
#[must_use]
pub fn places(me: &SignedIn) -> Vec<(String, String)> {
    let mut places = vec![
        (text!(shell.my_security_info).to_owned(), routes::SECURITY_INFO.to_owned()),
        (text!(activity.title).to_owned(), routes::ACTIVITY.to_owned()),
    ];
    let home = home_of(me);
    if home != routes::SECURITY_INFO {
        places.push((text!(shell.console).to_owned(), home));
    }
    places
}
