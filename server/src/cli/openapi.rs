//! `tweestap openapi`: the description of the REST interface, for generators of clients.

use std::process::ExitCode;

use super::Failure;
use crate::rest::openapi;

/// Prints OpenAPI as JSON.
#[derive(Debug, clap::Args)]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        println!("{}", openapi::json()?);
        Ok(ExitCode::SUCCESS)
    }
}
