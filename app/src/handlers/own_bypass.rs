//! `/security-info?bypass=1`: the second step skipped once, as a member asks for himself. A fresh second step comes first.

use domain::{methods::MethodError, sign_in::SignedIn};
use model::*;

use super::forms::Fields;
use crate::{
    caller::{Answer, Guest, see},
    pages::security_info::{PATH, SecurityInfo, page},
    visit::query_value,
};

/// The question.
pub(super) async fn ask(guest: Guest, me: &SignedIn) -> Answer {
    match guest.domain().methods().may_open_own_bypass(&me.me).await {
        Ok(()) => {
            let model = SecurityInfo::Bypass {
                reason: String::new(),
                wrong: false,
            };
            Ok(guest.show(|| page(guest.shell(), model)))
        }
        Err(error) => stopped(&guest, error),
    }
}

/// Opens it, with a reason.
pub(super) async fn open(guest: Guest, me: &SignedIn, fields: &Fields) -> Answer {
    let Ok(reason) = CleanText::parse(&fields.reason) else {
        let model = SecurityInfo::Bypass {
            reason: fields.reason.chars().filter(|c| !c.is_control()).take(REASON_CHARACTERS_MAX).collect(),
            wrong: true,
        };
        return Ok(guest.show_with(ErrorCode::Invalid, || page(guest.shell(), model)));
    };
    match guest.domain().methods().open_own_bypass(&me.me, &reason).await {
        Ok(_) => Ok(see(PATH)),
        Err(error) => stopped(&guest, error),
    }
}

/// Ends it; a second click, or one after it was used, finds it gone and is told the same.
pub(super) async fn close(guest: Guest, me: &SignedIn) -> Answer {
    match guest.domain().methods().close_own_bypass(&me.me).await {
        Ok(()) | Err(MethodError::Unknown) => Ok(see(&format!("{PATH}?done=bypass-ended"))),
        Err(error) => Err(guest.fails()(error)),
    }
}

fn stopped(guest: &Guest, error: MethodError) -> Answer {
    match error {
        MethodError::StepUp => Ok(see(&format!("{PATH}?confirm={}", query_value(&format!("{PATH}?bypass=1"))))),
        error => Err(guest.fails()(error)),
    }
}
