//! How a token makes its codes, by the short names that the readers use.

pub use model::{OathAlgorithm as Algorithm, OathKind as Kind, OathParams as Oath};
