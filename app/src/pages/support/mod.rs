//! `/support`: one box that finds, and the case of one attempt.

pub mod caller;
pub mod case;
pub mod desk;
pub(crate) mod findings;
mod fixes;
mod picture;
pub(crate) mod steps;
pub mod ticket;
pub mod tickets;

pub use fixes::Act;
