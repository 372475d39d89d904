//! The parts of pages that live in the browser. Few and small: everything they need comes in as plain values, the words too.

mod password_field;

pub use password_field::*;
