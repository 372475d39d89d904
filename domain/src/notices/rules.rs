//! What is told, to whom, and how often it is tried. Pure.

use jiff::{SignedDuration, Timestamp};
use model::NOTICE_LINK_DAYS;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a notice can be about: the registry of them. A row of the outbox carries the text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name),+,
            /// One that this node does not know: a newer one has written it.
            Other,
        }

        impl Kind {
            /// Every kind that has a text.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The kind of a text.
            pub fn from_text(text: &str) -> Self { match text { $($text => Self::$name,)+ _ => Self::Other } }
            /// The text, as stored.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)+ Self::Other => "other" } }
        }
    };
}

kinds! {
    /// The member registered a method.
    Registered = "security_info.registered",
    /// An admin registered one.
    RegisteredByAdmin = "security_info.registered_by_admin",
    /// A method has another name, or is the first choice now.
    Updated = "security_info.updated",
    /// The member removed a method.
    Deleted = "security_info.deleted",
    /// An admin removed one.
    DeletedByAdmin = "security_info.deleted_by_admin",
    /// The member reported methods as lost.
    Lost = "security_info.lost",
    /// A hardware token lies ready.
    TokenAssigned = "token.assigned",
    /// A hardware token is a method now.
    TokenActivated = "token.activated",
    /// A hardware token was taken back.
    TokenReturned = "token.returned",
    /// A hardware token was set right.
    TokenResynchronised = "token.resynchronised",
    /// New recovery codes.
    RecoveryCodesMade = "recovery_codes.made",
    /// A recovery code opened something.
    RecoveryCodeUsed = "recovery_code_used",
    /// A Temporary Access Pass was given.
    PassGiven = "pass.given",
    /// It was taken back.
    PassWithdrawn = "pass.withdrawn",
    /// It opened something.
    PassUsed = "pass_used",
    /// An app password was made.
    AppPasswordMade = "app_password.made",
    /// One was removed.
    AppPasswordRemoved = "app_password.removed",
    /// The member chose a PIN for calls.
    CallPinSet = "call_pin.set",
    /// An admin took it away.
    CallPinCleared = "call_pin.cleared",
    /// An admin set a password.
    PasswordSet = "password.set",
    /// The member set a new password without help.
    PasswordReset = "password.reset",
    /// The same of somebody with a role: admins hear of it too.
    PasswordResetOfAdmin = "password.reset_of_admin",
    /// A new password was asked for without help, and it could not be done.
    ResetRefused = "password.reset_refused",
    /// A set-up link was given.
    SetUpLinkMade = "set_up_link.made",
    /// A set-up link was used: the password is new.
    SetUpLinkUsed = "set_up_link.used",
    /// Names, mail address or sign-in name were changed.
    MemberChanged = "member.changed",
    /// The MFA state was changed.
    MfaStateChanged = "mfa_state.changed",
    /// Methods were removed, and registration is asked again.
    ReregistrationRequired = "reregistration.required",
    /// An admin blocked the member.
    Blocked = "member.blocked",
    /// The block was lifted.
    Unblocked = "member.unblocked",
    /// A one-time bypass was opened.
    BypassOpened = "bypass.opened",
    /// Locked after wrong answers.
    Locked = "locked",
    /// Methods went off after wrong answers.
    MethodSwitchedOff = "method_switched_off",
    /// A passkey may have been copied.
    PasskeySuspect = "passkey_suspect",
    /// A weaker method than usual opened something.
    WeakerMethod = "weaker_method",
    /// An emergency key was used.
    EmergencyUsed = "emergency_used",
    /// Wrong emergency keys were typed.
    EmergencyRefused = "emergency_refused",
    /// The member reported somebody else.
    FraudReported = "fraud.reported",
    /// The same, for the admins.
    FraudAlert = "fraud.alert",
    /// The link of a notice was used.
    Frozen = "account.frozen",
    /// The service desk was asked for help.
    TicketFiled = "ticket.filed",
    /// The service desk has answered.
    TicketAnswered = "ticket.answered",
}

impl Kind {
    /// Whether the notice carries the link of "this wasn't me": what changed a way in, or opened something in a way that is out of the ordinary.
    pub const fn carries_link(self) -> bool {
        !matches!(
            self,
            Self::TokenAssigned
                | Self::TokenReturned
                | Self::TokenResynchronised
                | Self::PassWithdrawn
                | Self::AppPasswordRemoved
                | Self::CallPinCleared
                | Self::MfaStateChanged
                | Self::Blocked
                | Self::Unblocked
                | Self::Locked
                | Self::MethodSwitchedOff
                | Self::EmergencyRefused
                | Self::ResetRefused
                | Self::FraudReported
                | Self::FraudAlert
                | Self::Frozen
                | Self::TicketFiled
                | Self::TicketAnswered
                | Self::Other
        )
    }

    /// Whether admins get it in place of the member.
    pub const fn is_for_admins(self) -> bool {
        matches!(self, Self::FraudAlert)
    }

    /// Whether admins get it as well: whoever has only the emergency key left may not read his mail.
    pub const fn is_for_admins_too(self) -> bool {
        matches!(self, Self::EmergencyUsed | Self::EmergencyRefused | Self::PasswordResetOfAdmin)
    }

    /// Whether the phones that were there before are told when a phone or mailbox comes (abuse case C12). One that goes is told itself.
    pub const fn tells_phones(self) -> bool {
        matches!(self, Self::Registered | Self::RegisteredByAdmin)
    }
}

/// Minutes after a try that failed until the next one.
const WAITS_MINUTES: [i64; 9] = [1, 2, 5, 15, 60, 120, 240, 480, 480];

/// Seconds until the next try where a provider is so new that this worker has yet to hear of it, and how often that is believed.
const SOON: (i64, i32) = (5, 3);

/// When a notice is tried again that has been tried so often; `None` when it is given up, about a day after the first try.
pub fn next_try(tries: i32, now: Timestamp) -> Option<Timestamp> {
    let wait = WAITS_MINUTES.get(usize::try_from(tries - 1).ok()?)?;
    Some(now + SignedDuration::from_mins(*wait))
}

/// Until when the link of a notice works that was written at a moment.
pub fn link_until(made: Timestamp) -> Timestamp {
    made + SignedDuration::from_hours(24 * NOTICE_LINK_DAYS)
}

/// How a notice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All whom it was for have it.
    Sent,
    /// Some have it; the others could not be reached.
    Partly,
    /// Nobody has it: no address took it, though it was tried for a day.
    GivenUp,
    /// Nobody has it: there is nobody who carries mail.
    NoProvider,
    /// There is nobody to tell.
    NobodyThere,
    /// What it says cannot be read.
    Unreadable,
}

impl End {
    /// The word, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Partly => "partly",
            Self::GivenUp => "given_up",
            Self::NoProvider => "no_provider",
            Self::NobodyThere => "nobody_there",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether admins must hear of it.
    pub const fn is_trouble(self) -> bool {
        matches!(self, Self::Partly | Self::GivenUp | Self::NoProvider | Self::Unreadable)
    }
}

/// What one round came to, over all addresses that were left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Addresses that have it, now or from a try before.
    pub reached: usize,
    /// Addresses that will never have it: they were refused.
    pub refused: usize,
    /// Addresses that may have it at a later try.
    pub open: usize,
    /// There was nobody who carries mail.
    pub no_provider: bool,
    /// A provider was not known to this worker yet, or any more.
    pub stranger: bool,
}

/// What follows a round: another try, or an end.
pub fn after(round: Round, tries: i32, now: Timestamp) -> Result<End, Timestamp> {
    if round.open > 0 && round.stranger && tries <= SOON.1 {
        return Err(now + SignedDuration::from_secs(SOON.0));
    }
    if round.open > 0
        && let Some(at) = next_try(tries, now)
    {
        return Err(at);
    }
    Ok(match (round.reached, round.refused + round.open) {
        (0, 0) => End::NobodyThere,
        (_, 0) => End::Sent,
        (0, _) if round.no_provider => End::NoProvider,
        (0, _) => End::GivenUp,
        _ => End::Partly,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes).expect("a moment")
    }

    #[test]
    fn tries_grow_apart_and_end_after_about_a_day() {
        let (mut now, mut tries, mut waits) = (at(0), 1, Vec::new());
        while let Some(next) = next_try(tries, now) {
            waits.push(next.duration_since(now).as_mins());
            (now, tries) = (next, tries + 1);
        }
        assert!(waits.is_sorted() && waits.len() == 9, "{waits:?}");
        let hours = now.duration_since(at(0)).as_hours();
        assert!((20..30).contains(&hours), "{hours}");
        assert_eq!(next_try(0, now), None, "what nobody tried is not tried again");
    }

    #[test]
    fn an_end_says_what_became_of_it() {
        let round = |reached, refused, open, no_provider| Round {
            reached,
            refused,
            open,
            no_provider,
            stranger: false,
        };
        for (round, tries, end) in [
            (round(2, 0, 0, false), 1, Ok(End::Sent)),
            (round(0, 0, 0, false), 1, Ok(End::NobodyThere)),
            (round(1, 1, 0, false), 1, Ok(End::Partly)),
            (round(1, 0, 1, false), 1, Err(at(1))),
            (round(1, 0, 1, false), 10, Ok(End::Partly)),
            (round(0, 2, 0, false), 1, Ok(End::GivenUp)),
            (round(0, 0, 1, true), 4, Err(at(15))),
            (round(0, 0, 1, true), 10, Ok(End::NoProvider)),
        ] {
            assert_eq!(after(round, tries, at(0)), end, "{round:?} at try {tries}");
        }
    }

    #[test]
    fn a_provider_of_this_minute_is_waited_for() {
        let round = Round {
            open: 1,
            stranger: true,
            ..Round::default()
        };
        assert_eq!(after(round, 1, at(0)), Err(at(0) + SignedDuration::from_secs(5)));
        assert_eq!(after(round, 4, at(0)), Err(at(15)), "and not for ever");
    }

    #[test]
    fn a_kind_is_its_text() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_text(kind.as_str()), *kind);
        }
        assert_eq!(Kind::from_text("of the future"), Kind::Other);
    }
}
