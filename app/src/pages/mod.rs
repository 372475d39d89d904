//! The pages. Folders follow the URL; each page is a view-model and a pure function from it to a view, so that any state can be
//! drawn without data behind it.

pub mod activity;
pub mod alarms;
pub mod audit;
pub mod design;
pub mod emergency;
pub mod error;
pub mod fate;
mod filters;
pub mod help;
pub mod journal;
pub mod lost;
pub mod member;
pub mod members;
pub mod messages;
pub mod networks;
pub mod notices;
mod passkey;
pub mod passkey_models;
mod places;
pub mod preferences;
mod problem;
pub mod providers;
pub mod reason;
pub mod register;
pub mod request;
pub mod reset;
pub mod security_info;
pub mod senders;
pub mod set_up;
pub mod sign_in;
pub mod support;
pub mod tenants;
pub mod tokens;
pub mod words;

pub use filters::Filters;
pub use places::{home_of, places};
pub use problem::Problem;
