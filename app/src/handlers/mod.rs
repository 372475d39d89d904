//! What people do on the pages, one file an area. Each handler says who may call, calls one verb, and shows a page or looks elsewhere.

mod account;
mod activity;
mod add_address;
mod add_method;
mod alarms;
mod app_passwords;
mod audit;
mod call_pin;
mod caller_check;
mod console;
mod emergency;
mod fate;
mod forms;
mod help;
mod journal;
mod lost;
mod member;
mod members;
mod messages;
mod networks;
mod notices;
mod own_bypass;
mod passkey;
mod passkey_models;
mod providers;
mod questions;
mod register;
mod register_more;
mod request;
mod reset;
mod security_info;
mod senders;
mod set_up;
mod sign_in;
mod support;
mod tenants;
mod tickets;
mod token;
mod token_import;
mod tokens;

use axum::{extract::FromRef, http::Method};

use crate::{
    caller::Portal,
    edge::{Body, Routes, Who},
    routes,
};

/// Every address of the pages with who may call it.
pub fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Portal: FromRef<S>,
{
    Routes::new()
        .get(routes::HOME, Who::Member, account::home)
        .get(routes::PREFERENCES, Who::Anyone, account::preferences)
        .get(routes::DESIGN, Who::Anyone, account::design)
        .get(routes::SIGN_IN, Who::Anyone, sign_in::show)
        .post(routes::SIGN_IN, Who::Anyone, sign_in::act)
        .add(Method::POST, routes::SIGN_IN_PASSKEY_OPTIONS, Who::Anyone, Body::None, passkey::sign_in_options)
        .add(Method::POST, routes::SIGN_IN_SECOND_OPTIONS, Who::Anyone, Body::None, passkey::second_options)
        .get(routes::FATE, Who::Visitor, fate::show)
        .post(routes::SIGN_OUT, Who::Anyone, account::sign_out)
        .get(routes::SET_UP, Who::Anyone, set_up::show)
        .post(routes::SET_UP, Who::Anyone, set_up::act)
        .get(routes::RESET, Who::Anyone, reset::show)
        .post(routes::RESET, Who::Anyone, reset::act)
        .get(routes::RESET_PASSWORD, Who::Anyone, reset::show_password)
        .post(routes::RESET_PASSWORD, Who::Anyone, reset::act_password)
        .get(routes::EMERGENCY, Who::Anyone, emergency::show)
        .post(routes::EMERGENCY, Who::Anyone, emergency::act)
        .get(routes::NOTICE, Who::Anyone, notices::show)
        .post(routes::NOTICE, Who::Anyone, notices::act)
        .get(routes::REGISTER, Who::Visitor, register::show)
        .post(routes::REGISTER, Who::Visitor, register::act)
        .add(Method::POST, routes::REGISTER_PASSKEY_OPTIONS, Who::Visitor, Body::None, passkey::first_options)
        .get(routes::SECURITY_INFO, Who::Member, security_info::show)
        .post(routes::SECURITY_INFO, Who::Member, security_info::act)
        .add(
            Method::POST,
            routes::SECURITY_INFO_CONFIRM_OPTIONS,
            Who::Member,
            Body::None,
            passkey::confirm_options,
        )
        .get(routes::SECURITY_INFO_ADD_PASSKEY, Who::Member, passkey::show_add)
        .post(routes::SECURITY_INFO_ADD_PASSKEY, Who::Member, passkey::add)
        .add(
            Method::POST,
            routes::SECURITY_INFO_ADD_PASSKEY_OPTIONS,
            Who::Member,
            Body::None,
            passkey::add_options,
        )
        .get(routes::SECURITY_INFO_ADD, Who::Member, add_method::choose)
        .get(routes::SECURITY_INFO_ADD_PHONE, Who::Member, add_address::show_phone)
        .post(routes::SECURITY_INFO_ADD_PHONE, Who::Member, add_address::act_phone)
        .get(routes::SECURITY_INFO_ADD_CALL, Who::Member, add_address::show_call)
        .post(routes::SECURITY_INFO_ADD_CALL, Who::Member, add_address::act_call)
        .get(routes::SECURITY_INFO_ADD_MAIL, Who::Member, add_address::show_mail)
        .post(routes::SECURITY_INFO_ADD_MAIL, Who::Member, add_address::act_mail)
        .get(routes::SECURITY_INFO_ADD_QUESTIONS, Who::Member, questions::show)
        .post(routes::SECURITY_INFO_ADD_QUESTIONS, Who::Member, questions::act)
        .get(routes::SECURITY_INFO_CALL_PIN, Who::Member, call_pin::show)
        .post(routes::SECURITY_INFO_CALL_PIN, Who::Member, call_pin::act)
        .get(routes::SECURITY_INFO_ADD_TOKEN, Who::Member, add_method::show)
        .post(routes::SECURITY_INFO_ADD_TOKEN, Who::Member, add_method::act)
        .get(routes::SECURITY_INFO_APP_PASSWORDS, Who::Member, app_passwords::show)
        .post(routes::SECURITY_INFO_APP_PASSWORDS, Who::Member, app_passwords::act)
        .get(routes::HELP, Who::Anyone, help::index)
        .get(routes::HELP_METHOD, Who::Anyone, help::method)
        .get(routes::HELP_ERROR, Who::Anyone, help::error)
        .get(routes::REQUEST, Who::Anyone, request::show)
        .post(routes::REQUEST, Who::Anyone, request::act)
        .get(routes::LOST, Who::Anyone, lost::show)
        .post(routes::LOST, Who::Visitor, lost::act)
        .get(routes::ACTIVITY, Who::Member, activity::show)
        .post(routes::ACTIVITY, Who::Member, activity::act)
        .get(routes::USERS, Who::Admin, members::list)
        .get(routes::USERS_NEW, Who::Admin, members::new)
        .post(routes::USERS_NEW, Who::Admin, members::create)
        .get(routes::USERS_BULK, Who::Admin, members::preview)
        .post(routes::USERS_BULK, Who::Admin, members::apply)
        .get(routes::USER, Who::Admin, member::show)
        .post(routes::USER, Who::Admin, member::act)
        .get(routes::NETWORKS, Who::Admin, networks::show)
        .post(routes::NETWORKS, Who::Admin, networks::act)
        .get(routes::PASSKEY_MODELS, Who::Admin, passkey_models::show)
        .post(routes::PASSKEY_MODELS, Who::Admin, passkey_models::act)
        .get(routes::ALARMS, Who::Admin, alarms::show)
        .post(routes::ALARMS, Who::Admin, alarms::act)
        .get(routes::TOKENS, Who::Admin, tokens::list)
        .get(routes::TOKENS_IMPORT, Who::Admin, token_import::ask)
        .upload(routes::TOKENS_IMPORT, Who::Admin, token_import::begin)
        .get(routes::TOKENS_IMPORT_RUN, Who::Admin, token_import::show)
        .get(routes::TOKEN, Who::Admin, token::show)
        .post(routes::TOKEN, Who::Admin, token::act)
        .get(routes::OPERATOR_TENANTS, Who::Operator, tenants::list)
        .get(routes::OPERATOR_TENANTS_NEW, Who::Operator, tenants::new)
        .post(routes::OPERATOR_TENANTS_NEW, Who::Operator, tenants::create)
        .get(routes::OPERATOR_PROVIDERS, Who::Operator, providers::list)
        .post(routes::OPERATOR_PROVIDERS, Who::Operator, providers::order)
        .get(routes::OPERATOR_PROVIDERS_NEW, Who::Operator, providers::new)
        .post(routes::OPERATOR_PROVIDERS_NEW, Who::Operator, providers::create)
        .get(routes::OPERATOR_PROVIDER, Who::Operator, providers::show)
        .post(routes::OPERATOR_PROVIDER, Who::Operator, providers::act)
        .get(routes::OPERATOR_SENDERS, Who::Operator, senders::show)
        .post(routes::OPERATOR_SENDERS, Who::Operator, senders::act)
        .get(routes::OPERATOR_MESSAGES, Who::Operator, messages::show)
        .get(routes::JOURNAL, Who::Admin, journal::show)
        .get(routes::JOURNAL_CSV, Who::Admin, journal::csv)
        .get(routes::AUDIT, Who::Admin, audit::show)
        .get(routes::AUDIT_CSV, Who::Admin, audit::csv)
        .get(routes::SUPPORT, Who::Support, support::desk)
        .get(routes::TICKETS, Who::Support, tickets::list)
        .get(routes::TICKET, Who::Support, tickets::show)
        .post(routes::TICKET, Who::Support, tickets::act)
        .get(routes::CALLER, Who::Support, caller_check::show)
        .post(routes::CALLER, Who::Support, caller_check::act)
        .get(routes::CASE, Who::Support, support::case)
        .post(routes::CASE, Who::Support, support::act)
}
