//! The words of the journal: how an attempt came in, how it ended and why.

use crate::text::text_enum;

text_enum! {
    /// The outcome of an attempt. Always with a [`Reason`]; two fields, never one.
    Decision {
        /// Let in.
        Allowed = "allowed",
        /// Refused.
        Denied = "denied",
        /// Stopped for something to be done first, such as registration.
        Interrupted = "interrupted",
        /// Left before anything was decided.
        Abandoned = "abandoned",
    }
}

text_enum! {
    /// By which door an attempt came.
    Door {
        /// The sign-in pages.
        Web = "web",
        /// The REST interface.
        Rest = "rest",
        /// RADIUS.
        Radius = "radius",
    }
}

text_enum! {
    /// What a challenge or attempt is for. One made for one purpose is refused for every other (bar 11).
    Purpose {
        /// Signing in to the portal or console.
        SignIn = "sign_in",
        /// A verification asked for by another system.
        Verification = "verification",
        /// A fresh second factor before a change.
        StepUp = "step_up",
        /// A set-up link: first password and first method.
        SetUp = "set_up",
        /// Proving a phone or mailbox that is to be a method: answered only by what was sent there.
        AddMethod = "add_method",
        /// Showing who one is, to set a new password.
        Reset = "reset",
        /// A caller reads back to the desk what was sent to a phone or mailbox of the account.
        CallerCheck = "caller_check",
    }
}

impl Purpose {
    /// Whether an answer is a second factor, which may count for billing. Proving a new phone, or who is calling, opens nothing and costs nothing.
    pub const fn is_second_factor(self) -> bool {
        !matches!(self, Self::AddMethod | Self::CallerCheck)
    }
}

text_enum! {
    /// Which rules of life hold for delivered codes (S47, S51).
    Path {
        /// 180 seconds, fixed.
        Cloud = "cloud",
        /// Set by the tenant, 300 seconds unless changed.
        Server = "server",
    }
}

text_enum! {
    /// Why an attempt ended as it did. Our own list; [`Reason::denial_key`] maps it to the 22 denial reasons of the original.
    Reason {
        /// The code was right.
        RightCode = "right_code",
        /// A recovery code was right and is used up.
        RecoveryCodeUsed = "recovery_code_used",
        /// A method was registered and proven on the way in.
        Registered = "registered",
        /// The password was right and nothing asked for more.
        PasswordOnly = "password_only",
        /// Approved in the app.
        Approved = "approved",
        /// Signed in with a passkey.
        Passkey = "passkey",
        /// A one-time bypass stood in for the second factor.
        Bypassed = "bypassed",
        /// Not asked for a second factor: the address lies in a trusted network.
        TrustedNetwork = "trusted_network",
        /// Not asked for a second factor: the browser is remembered.
        RememberedDevice = "remembered_device",
        /// The passkey was not accepted: unknown, not this member's, or its signature is wrong.
        PasskeyRefused = "passkey_refused",
        /// Registration has to come first.
        RegistrationRequired = "registration_required",
        /// The page was left before a second factor was asked.
        PageClosed = "page_closed",
        /// Name or password wrong.
        WrongPassword = "wrong_password",
        /// No such member.
        NotFound = "not_found",
        /// The code was wrong.
        WrongCode = "wrong_code",
        /// The code was right but had been used.
        CodeReused = "code_reused",
        /// The code belongs to a moment too far from now.
        CodeOutOfDate = "code_out_of_date",
        /// Wrong too often in one challenge.
        TooManyCodes = "too_many_codes",
        /// Nobody typed the code in time.
        CodeNeverEntered = "code_never_entered",
        /// Nothing registered that could answer.
        NoMethods = "no_methods",
        /// Too many tries; a wait holds.
        Throttled = "throttled",
        /// Locked after too many wrong second factors.
        Locked = "locked",
        /// Blocked by an admin.
        Blocked = "blocked",
        /// A rule of the tenant refuses this.
        BlockedByPolicy = "blocked_by_policy",
        /// The method is switched off.
        MethodOff = "method_off",
        /// The account or the organisation is switched off.
        Disabled = "disabled",
        /// First registration is not allowed from here.
        RegistrationRefused = "registration_refused",
        /// What the member has is a weaker second factor than the policy demands.
        MethodTooWeak = "method_too_weak",
        /// The organisation does not let this member set a new password without help.
        ResetNotOffered = "reset_not_offered",
        /// The sign-in took too long.
        SignInExpired = "sign_in_expired",
        /// Another attempt is being decided at this moment.
        InProgress = "in_progress",
        /// The same request again.
        Duplicate = "duplicate",
        /// The clock of this node is wrong.
        Clock = "clock",
        /// Something broke on our side.
        ServiceError = "service_error",
        /// Settings are missing or contradict each other.
        Misconfiguration = "misconfiguration",
        /// A pass has expired.
        PassExpired = "pass_expired",
        /// The program needs an app password.
        AppPasswordRequired = "app_password_required",
        /// Declined in the app.
        Declined = "declined",
        /// The member said that somebody else was trying.
        FraudReported = "fraud_reported",
        /// Nobody answered the push.
        PushNoResponse = "push_no_response",
        /// The push could not be sent.
        PushFailed = "push_failed",
        /// The phone could not be reached.
        Unreachable = "unreachable",
        /// Voicemail answered.
        Voicemail = "voicemail",
        /// Hung up.
        HungUp = "hung_up",
        /// Wrong PIN.
        WrongPin = "wrong_pin",
        /// Calls ask for a PIN, and the member has none.
        PinMissing = "pin_missing",
        /// The number is not one.
        BadPhone = "bad_phone",
        /// Somebody was speaking on that line.
        Busy = "busy",
        /// The phone rang, and nobody took it.
        NoAnswer = "no_answer",
    }
}

impl Reason {
    /// The key of the original's 22 denial reasons (specification, original.md 5a); `None` for what is not a denial.
    pub const fn denial_key(self) -> Option<&'static str> {
        Some(match self {
            Self::RightCode | Self::RecoveryCodeUsed | Self::Registered | Self::PasswordOnly | Self::Approved | Self::Passkey => return None,
            Self::Bypassed | Self::TrustedNetwork | Self::RememberedDevice => return None,
            Self::RegistrationRequired | Self::PageClosed => return None,
            Self::WrongPassword
            | Self::PasskeyRefused
            | Self::Disabled
            | Self::RegistrationRefused
            | Self::AppPasswordRequired
            | Self::PassExpired
            | Self::ResetNotOffered
            | Self::BlockedByPolicy => "invalid_auth",
            Self::NotFound => "not_found",
            Self::WrongCode => "wrong_code",
            Self::CodeReused => "code_reused",
            Self::CodeOutOfDate => "invalid_app_code",
            Self::TooManyCodes | Self::Throttled => "too_many_codes",
            Self::CodeNeverEntered | Self::SignInExpired => "code_never_entered",
            Self::NoMethods | Self::MethodOff | Self::MethodTooWeak => "no_methods",
            Self::Locked | Self::Blocked => "blocked",
            Self::InProgress => "in_progress",
            Self::Duplicate => "duplicate",
            Self::Clock | Self::ServiceError => "service_error",
            Self::Misconfiguration => "misconfig",
            Self::Declined | Self::FraudReported => "declined",
            Self::PushNoResponse => "push_no_response",
            Self::PushFailed => "push_failed",
            Self::Unreachable | Self::Busy | Self::NoAnswer => "unreachable",
            Self::Voicemail => "voicemail",
            Self::HungUp => "hung_up",
            Self::WrongPin => "wrong_pin",
            Self::PinMissing => "no_methods",
            Self::BadPhone => "bad_phone",
        })
    }

    /// What a caller outside may be told: an unknown name and a member with nothing registered answer like a wrong code.
    pub const fn outward(self) -> Self {
        match self {
            Self::NotFound | Self::NoMethods | Self::Disabled | Self::MethodOff => Self::WrongCode,
            other => other,
        }
    }
}

text_enum! {
    /// The call-result codes of the original's activity report (original.md 5b) that our doors can produce: what the transport did, not
    /// what was decided. The texts are the original's, for export.
    TransportResult {
        /// Asked, no answer yet.
        OathCodePending = "SUCCESS_OATH_CODE_PENDING",
        /// A valid code.
        OathCodeVerified = "SUCCESS_OATH_CODE_VERIFIED",
        /// A valid code after another method was denied.
        FallbackOathCodeVerified = "SUCCESS_FALLBACK_OATH_CODE_VERIFIED",
        /// The member is blocked or locked.
        UserBlocked = "SUCCESS_USER_BLOCKED",
        /// A wrong code.
        OathCodeIncorrect = "FAILED_OATH_CODE_INCORRECT",
        /// A code used before.
        OathCodeDuplicate = "FAILED_OATH_CODE_DUPLICATE",
        /// A code of before the last one used.
        OathCodeOld = "FAILED_OATH_CODE_OLD",
        /// A code after the attempt had ended.
        OathTokenTimeout = "FAILED_OATH_TOKEN_TIMEOUT",
        /// Throttled by the service.
        AuthenticationThrottled = "FAILED_AUTHENTICATION_THROTTLED",
        /// Too late for any method.
        AuthResultTimeout = "FAILED_AUTH_RESULT_TIMEOUT",
        /// The service failed.
        ServerError = "FAILED_SERVER_ERROR",
        /// Authenticated by SMS.
        SmsAuthenticated = "SUCCESS_SMS_AUTHENTICATED",
        /// SMS sent, one way.
        SmsSent = "SUCCESS_SMS_SENT",
        /// SMS not sent.
        SmsNotSent = "FAILED_SMS_NOT_SENT",
        /// The code from the SMS was wrong.
        SmsOtpIncorrect = "FAILED_SMS_OTP_INCORRECT",
        /// Approved in the app.
        PhoneAppAuthenticated = "SUCCESS_PHONE_APP_AUTHENTICATED",
        /// Denied in the app.
        PhoneAppDenied = "FAILED_PHONE_APP_DENIED",
        /// No answer in the app.
        PhoneAppNoResponse = "FAILED_PHONE_APP_NO_RESPONSE",
        /// Keys were pressed that were not the ones asked for.
        WithPin = "SUCCESS_WITH_PIN",
        /// Confirmed in a call as it asked.
        NoPin = "SUCCESS_NO_PIN",
        /// Answered, nothing pressed: usually voicemail.
        NoPinButTimeout = "SUCCESS_NO_PIN_BUT_TIMEOUT",
        /// The phone could not be reached.
        ConfigIssue = "CONFIG_ISSUE",
        /// Hung up.
        UserHungUp = "FAILED_USER_HUNGUP_ON_US",
        /// The number has a wrong format.
        InvalidPhoneNumber = "FAILED_INVALID_PHONENUMBER",
        /// The code that reports fraud was pressed.
        FraudCodeEntered = "FAILED_FRAUD_CODE_ENTERED",
    }
}

text_enum! {
    /// The kinds of steps on an attempt's timeline.
    StepKind {
        /// A request came by REST.
        RequestReceived = "request_received",
        /// The name was entered.
        NameEntered = "name_entered",
        /// A new password was asked for without help, and whether that can come to an end.
        ResetAsked = "reset_asked",
        /// The password was right.
        PasswordRight = "password_right",
        /// The password was wrong.
        PasswordWrong = "password_wrong",
        /// The policy was evaluated.
        PolicyEvaluated = "policy_evaluated",
        /// Registration is needed, with the reasons.
        RegistrationNeeded = "registration_needed",
        /// A method was registered and proven.
        MethodRegistered = "method_registered",
        /// A code was asked for.
        CodeAsked = "code_asked",
        /// A message with a code waits for its provider.
        DeliveryQueued = "delivery_queued",
        /// A provider has the message.
        DeliveryHanded = "delivery_handed",
        /// A provider reports that the message arrived.
        DeliveryDelivered = "delivery_delivered",
        /// A provider could not deliver the message, or cannot say whether it did.
        DeliveryFailed = "delivery_failed",
        /// Nothing was sent: a limit, a country or a missing provider.
        DeliveryRefused = "delivery_refused",
        /// A call was not taken, or ended without the keys that it asked for.
        CallMissed = "call_missed",
        /// The member reported that it was not him.
        FraudReported = "fraud_reported",
        /// The code was right.
        CodeRight = "code_right",
        /// The PIN of a call was right; its digit is asked for next.
        PinRight = "pin_right",
        /// No code was asked for, and what stood in for it.
        SecondSkipped = "second_skipped",
        /// A passkey's signature was right.
        PasskeyAccepted = "passkey_accepted",
        /// A passkey's counter has not grown: there may be a copy of it.
        PasskeySuspect = "passkey_suspect",
        /// A passkey was not accepted.
        PasskeyRefused = "passkey_refused",
        /// The member chose a weaker way than the last time.
        WeakerMethod = "weaker_method",
        /// The code was wrong.
        CodeWrong = "code_wrong",
        /// The code had been used.
        CodeReused = "code_reused",
        /// Not compared: a wait holds.
        Throttled = "throttled",
        /// Not compared: the member is locked.
        Locked = "locked",
        /// Counters were cleared by an admin or support.
        Unlocked = "unlocked",
        /// A method was switched off by too many wrong answers.
        MethodSwitchedOff = "method_switched_off",
        /// Decided.
        Decided = "decided",
        /// Time ran out.
        Expired = "expired",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_unique_and_come_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_text(reason.as_str()), Some(*reason));
        }
        let mut texts: Vec<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), Reason::ALL.len());
    }

    #[test]
    fn a_stranger_learns_no_more_than_wrong_code() {
        for hidden in [Reason::NotFound, Reason::NoMethods, Reason::Disabled] {
            assert_eq!(hidden.outward(), Reason::WrongCode);
        }
    }
}
