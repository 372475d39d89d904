//! Tickets: what somebody who cannot go on asks the support desk.

use crate::text::text_enum;
use std::{fmt, str::FromStr};

text_enum! {
    /// Where a ticket stands.
    TicketState {
        /// Nobody has looked after it yet.
        Open = "open",
        /// Somebody at the desk looks after it.
        Taken = "taken",
        /// Done with.
        Closed = "closed",
    }
}

text_enum! {
    /// How much whoever filed a ticket had shown of who he is.
    Shown {
        /// A name, which anybody can type.
        Name = "name",
        /// The password, or what stands in its place.
        Password = "password",
        /// He was signed in.
        SignedIn = "signed_in",
    }
}

text_enum! {
    /// What a message of a ticket is.
    MessageKind {
        /// The member's words.
        Member = "member",
        /// The desk's answer, which the member gets.
        Answer = "answer",
        /// A note of the desk for itself.
        Note = "note",
    }
}

/// The number of a ticket, such as `T-4821-7735`: eight digits, unique within a tenant. Without order, so that it tells nobody how many there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketNumber(u32);

/// The text is not the number of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket number is T and eight digits, such as T-4821-7735")]
pub struct TicketNumberError;

const LOWEST: u32 = 10_000_000;
const NUMBERS: u32 = 90_000_000;

impl TicketNumber {
    /// Makes a number of random bits.
    pub const fn from_bits(bits: u32) -> Self {
        Self(LOWEST + bits % NUMBERS)
    }

    /// As stored.
    pub const fn stored(self) -> i32 {
        self.0 as i32
    }

    /// Of what was stored.
    pub fn from_stored(number: i32) -> Option<Self> {
        u32::try_from(number).ok().filter(|n| (LOWEST..LOWEST + NUMBERS).contains(n)).map(Self)
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T-{:04}-{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

impl fmt::Debug for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for TicketNumber {
    type Err = TicketNumberError;
    /// Reads it in any spelling with its T: `T-4821-7735`, `t48217735`, `T 4821 7735`.
    fn from_str(text: &str) -> Result<Self, TicketNumberError> {
        let digits: String = text
            .trim()
            .strip_prefix(['T', 't'])
            .ok_or(TicketNumberError)?
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .take(9)
            .collect();
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TicketNumberError);
        }
        digits.parse().ok().and_then(Self::from_stored).ok_or(TicketNumberError)
    }
}

impl serde::Serialize for TicketNumber {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(bits: u32) {
            let number = TicketNumber::from_bits(bits);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(number.to_string().to_lowercase().replace('-', " ").parse(), Ok(number));
            prop_assert_eq!(TicketNumber::from_stored(number.stored()), Some(number));
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,40}") {
            let _ = text.parse::<TicketNumber>();
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "T",
            "48217735",
            "T-4821-773",
            "T-4821-77355",
            "T-0821-7735",
            "T-4821-773A",
            "TT48217735",
            "T-４８２１-7735",
        ] {
            assert_eq!(text.parse::<TicketNumber>(), Err(TicketNumberError), "{text}");
        }
    }
}
