//! The readers of token files: the examples of RFC 6030, containers and lists as other programs make them, and files that somebody made to do harm.

mod common;
mod corpus;
mod csv;
mod hostile;
mod made;
mod properties;
mod pskc;
mod scale;
