//! The REST interface, `/api/v1`: one file an area. Each handler is who may call, what it means, what is answered; errors are mapped in
//! `error.rs` alone.

mod app_passwords;
mod blocks;
mod call_pins;
mod docs;
mod error;
mod journal;
mod json;
mod key;
mod logo;
mod member;
mod methods;
mod networks;
mod oath_tokens;
pub(crate) mod openapi;
mod paging;
mod passes;
mod passkey_models;
mod policy;
mod requirements;
mod security_questions;
#[cfg(test)]
mod tests;
mod users;
mod verifications;

use app::edge::Routes;

use crate::state::Service;

/// Every route of the interface.
pub(crate) fn routes() -> Routes<Service> {
    Routes::new()
        .merge(verifications::routes())
        .merge(users::routes())
        .merge(methods::routes())
        .merge(passes::routes())
        .merge(blocks::routes())
        .merge(networks::routes())
        .merge(passkey_models::routes())
        .merge(policy::routes())
        .merge(logo::routes())
        .merge(app_passwords::routes())
        .merge(call_pins::routes())
        .merge(security_questions::routes())
        .merge(requirements::routes())
        .merge(oath_tokens::routes())
        .merge(journal::routes())
        .merge(docs::routes())
}
