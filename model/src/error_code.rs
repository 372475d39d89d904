//! Error codes: stable, listed in `docs/error-codes.md` (made from this table), never used again for something else.

macro_rules! error_codes {
    ($($number:literal $variant:ident $status:literal $title:literal => $next:literal;)+) => {
        /// What went wrong, as a code that people can read out and programs can compare.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $(#[doc = $title] $variant),+ }

        impl ErrorCode {
            /// Every code, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The code as shown, such as `TS-2107`.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => concat!("TS-", $number)),+ } }
            /// The status of an HTTP answer with this code.
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
            /// One plain English line for programs and logs.
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
            /// What to do next, one plain English line.
            pub const fn next(self) -> &'static str { match self { $(Self::$variant => $next),+ } }
        }

        impl std::str::FromStr for ErrorCode {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> { match text { $(concat!("TS-", $number) => Ok(Self::$variant),)+ _ => Err(()) } }
        }
    };
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

error_codes! {
    1001 BadRequest 400 "The request cannot be read" => "Correct what the detail names and send it again.";
    1002 UnsupportedType 415 "The content type is not one this address takes" => "Send the type that the detail names.";
    1003 TooLarge 413 "The request is larger than allowed" => "Send less at once; the detail names the limit.";
    1004 MethodNotAllowed 405 "This address does not take that method" => "Use one of the methods in the Allow header.";
    1005 NotFound 404 "There is nothing here" => "Check the address.";
    1006 UnknownHost 421 "This server does not answer for that host" => "Use the address your organisation gave you.";
    1007 CrossSite 403 "The request came from another site" => "Open the page again and send the form from there.";
    1008 TooBusy 429 "Too many requests at this moment" => "Wait a moment and try again.";
    1009 Invalid 422 "A value is not allowed" => "Correct the field that the detail names.";
    1010 Conflict 409 "Somebody else changed this at the same moment" => "Load it again and repeat your change.";
    1011 TicketsTooMany 429 "Too many requests for help at once" => "Wait until the time shown, or call the service desk.";
    1101 NotSignedIn 401 "Not signed in" => "Sign in first.";
    1102 KeyRefused 401 "The API key is missing, wrong, expired or not for this network" => "Check the key or have a new one made.";
    1103 ScopeMissing 403 "The API key does not have the scope for this" => "Use a key with the scope that the detail names.";
    1104 Forbidden 403 "Your role does not allow this" => "Ask an admin with the role that the detail names.";
    1105 StepUpRequired 401 "A fresh second step is needed for this" => "Confirm with your second step and repeat the change.";
    1106 IdempotencyMismatch 422 "The Idempotency-Key was used for another request" => "Use a new key for a new request.";
    2001 WrongPassword 401 "Name or password is wrong" => "Check both and try again.";
    2002 PasswordThrottled 429 "Too many wrong passwords" => "Wait until the time shown and try again.";
    2003 SignInExpired 410 "The sign-in took too long" => "Start again.";
    2004 SetUpLinkUsed 410 "The set-up link has been used or has expired" => "Ask for a new one.";
    2005 PasswordTooShort 422 "The password is too short" => "Use at least the number of characters shown.";
    2006 PasswordTooLong 422 "The password is too long" => "Use at most the number of characters shown.";
    2007 PasswordTooWeak 422 "The password is easy to guess" => "Make it longer or less common, and leave out your own name.";
    2008 AccountDisabled 403 "The account or the organisation is switched off" => "Ask the service desk.";
    2009 NameForm 422 "That is not a sign-in name" => "A sign-in name looks like name@organisation.example.";
    2010 PasswordCommon 422 "That password has been chosen too often" => "Choose something that nobody else would think of.";
    2011 PasswordBanned 422 "The password is made of names or of words that are not allowed" => "Leave out names and the words of the organisation, or add more of your own.";
    2012 ResetNotOffered 403 "The organisation does not offer to reset a password here" => "Ask the service desk for a set-up link.";
    2013 ResetLinkUsed 410 "The right to set a new password has been used or has ended" => "Start again.";
    2014 ResetRefused 401 "That did not show who you are" => "Check the answer, or use another way.";
    2040 NoticeLinkUsed 410 "The link of the notice has been used or has expired" => "Tell the service desk what was not you.";
    2101 WrongCode 401 "The code is wrong" => "Type the code that the app shows now.";
    2102 CodeForm 422 "That is not a code" => "A code has 6 or 8 digits.";
    2103 TooManyCodes 401 "Wrong too often" => "Start again.";
    2104 Locked 423 "Locked after too many wrong codes" => "Wait until the time shown, or ask the service desk.";
    2105 Throttled 429 "Too many tries" => "Wait until the time shown and try again.";
    2106 NoMethods 403 "Nothing is registered that could be used" => "Ask the service desk.";
    2107 CodeReused 401 "The code was used a moment ago" => "Wait for the next code.";
    2108 BlockedByPolicy 403 "A rule of the organisation refuses this" => "Ask the service desk.";
    2109 RegistrationRefused 403 "The first method cannot be registered with a password alone" => "Ask for a set-up link.";
    2110 ChallengeGone 410 "The challenge has been answered, has expired or does not exist" => "Start again.";
    2111 NotSent 422 "No code was sent" => "Use another way, or ask the service desk; the detail says why.";
    2112 PassUnusable 401 "The pass does not work now" => "It works within its time, and a one-time pass once. Ask the service desk for a new one.";
    2113 AppPasswordRequired 403 "0x800434D4L: the program needs an app password" => "Make an app password and type it in place of your own.";
    2114 Blocked 403 "The account is blocked" => "Ask the service desk.";
    2115 SignInReported 403 "The sign-in was reported as not one's own" => "Start again; if it was you, tell the service desk.";
    2116 MethodTooWeak 403 "A passkey is demanded and the member has none" => "Ask for a pass or a set-up link, and make a passkey with it.";
    2117 EmergencyKeyRefused 401 "The name and the emergency key do not belong together, or the key has been used or has ended" => "Check both; the key has 32 letters and digits.";
    2120 PasskeyAgain 410 "The question to the passkey has been answered or has expired" => "Press the button once more.";
    2121 PasskeyRefused 401 "This passkey was not accepted" => "Use another passkey or another way.";
    2122 PasskeyLocked 401 "The device did not check who used the passkey" => "Set a PIN, finger or face on the device and try again.";
    2123 PasskeyKnown 409 "This device holds a passkey for this account already" => "Use another device, or the passkey that is there.";
    2124 PasskeyModel 422 "The organisation does not allow this make of passkey" => "Use one that the organisation allows.";
    3001 MethodLimit 409 "No more methods of this kind fit" => "Remove one first; the detail names the limit.";
    3002 PendingGone 410 "The square has expired" => "Start again to get a new one.";
    3003 MethodNeeded 409 "This is the only method left and it is required" => "Add another one first.";
    3004 SecretInvalid 422 "The secret cannot be used" => "Give 16 to 64 bytes in Base32.";
    3005 MethodKindOff 403 "The organisation does not allow this method" => "Choose another one.";
    3006 NameUnknown 404 "No such member or method" => "Check the name.";
    3007 TokenUnknown 404 "No hardware token has this serial number" => "Check the number on the back of the token.";
    3008 TokenTaken 409 "The hardware token is somebody's" => "Take it back first.";
    3009 TokenState 409 "The hardware token cannot do that now" => "The detail says where it stands.";
    3010 ImportRefused 422 "The file was not imported" => "Correct what the detail names and send it again; nothing was imported.";
    4001 UpnTaken 409 "Another member has this sign-in name" => "Choose another one.";
    4002 DomainUnknown 422 "The domain does not belong to the organisation" => "Use one of the organisation's domains.";
    4003 RankTooHigh 403 "The member has more rights than you" => "Ask somebody with at least the same rights.";
    4004 LastGlobalAdmin 409 "The last global admin would be left without a way in" => "Make another global admin first.";
    4005 SlugTaken 409 "Another tenant has this short name" => "Choose another one.";
    4006 DomainTaken 409 "The domain belongs to another tenant" => "Check the spelling, or remove it there first.";
    4007 ConfirmationNeeded 409 "This has an effect that needs your confirmation" => "Read the effect and confirm.";
    4008 NotForOneself 403 "This cannot be done for oneself" => "Ask a colleague who has the same rights.";
    4020 PolicyMovedOn 412 "The policy has been changed meanwhile" => "Read the version in force and repeat your change on it.";
    4021 PolicyLocksOut 409 "No global admin would be left with a way in" => "Give a global admin a method that the new policy lets in, then repeat the change.";
    5001 Internal 500 "Something broke on our side" => "Try again; if it stays, send the session id to the service desk.";
    5002 DatabaseGone 503 "The database does not answer" => "Try again in a moment.";
    5003 ClockWrong 503 "The clock of this server is wrong" => "Have the server's time corrected.";
    5004 PolicyMissing 503 "The organisation has no policy" => "Have an admin publish one.";
    5005 KeyMissing 503 "A key that is needed cannot be read" => "Have the operator check the master key.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_rise() {
        let numbers: Vec<&str> = ErrorCode::ALL.iter().map(|c| c.as_str()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        assert!(ErrorCode::ALL.iter().all(|c| c.as_str().parse() == Ok(*c) && (400..600).contains(&c.status())));
    }
}
