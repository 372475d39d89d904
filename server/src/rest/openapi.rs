//! The description of the interface, made from the handlers themselves: `/api/v1/openapi.json` and `tweestap openapi`.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    app_passwords, blocks, call_pins, journal, logo, methods, networks, oath_tokens, passes, passkey_models, policy, requirements, security_questions, users,
    verifications,
};

/// The whole description. A test compares it with the register of routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tweestap",
        description = "Multi-factor authentication for your own organisation. Every call carries an API key as bearer token; every error is a problem document (RFC 9457) with a stable code.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        verifications::verify,
        verifications::answer,
        verifications::status,
        verifications::resend,
        verifications::give_up,
        users::list,
        users::create,
        users::read,
        users::change,
        users::remove,
        users::set_mfa_state,
        users::unblock,
        users::require_reregistration,
        users::revoke_sessions,
        methods::list,
        methods::add,
        methods::remove,
        passes::give,
        passes::withdraw,
        blocks::list,
        blocks::block,
        blocks::open_bypass,
        blocks::close_bypass,
        networks::list,
        networks::add,
        networks::rename,
        networks::remove,
        networks::read_trust,
        networks::set_trust,
        passkey_models::read,
        passkey_models::replace,
        policy::read,
        policy::versions,
        policy::replace,
        logo::set,
        logo::remove,
        requirements::ask,
        app_passwords::list,
        app_passwords::make,
        app_passwords::remove,
        app_passwords::verify,
        call_pins::clear,
        call_pins::read_rules,
        call_pins::set_rules,
        security_questions::read_policy,
        security_questions::set_policy,
        security_questions::ask,
        security_questions::verify,
        security_questions::reset,
        oath_tokens::list,
        oath_tokens::read,
        oath_tokens::retire,
        oath_tokens::assign,
        oath_tokens::take_back,
        oath_tokens::activate,
        oath_tokens::resynchronise,
        oath_tokens::import,
        journal::auth_log,
        journal::attempt,
        journal::audit_log,
    ),
    components(schemas(crate::web::ProblemDocument)),
    security(("api_key" = [])),
    modifiers(&BearerKey),
)]
pub(crate) struct Description;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("tsk_<tenant>_<id>_<secret>")
            .description(Some("An API key with the scope that the call needs"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The description as JSON.
pub(crate) fn json() -> Result<String, serde_json::Error> {
    Description::openapi().to_pretty_json()
}
