//! What the help pages say of each way of signing in.

use crate::components::MethodKey;

/// The words of a page.
pub(super) struct Words {
    pub(super) what: &'static str,
    pub(super) need: &'static str,
    pub(super) steps: [&'static str; 3],
    /// What people see, and what to do then.
    pub(super) troubles: Vec<(&'static str, &'static str)>,
}

/// What is said of a method.
#[allow(clippy::too_many_lines, reason = "one arm for each method")]
pub(super) fn of(method: MethodKey) -> Option<Words> {
    Some(match method {
        MethodKey::Passkey => Words {
            what: text!(help.passkey_what),
            need: text!(help.passkey_need),
            steps: [text!(help.passkey_step1), text!(help.passkey_step2), text!(help.passkey_step3)],
            troubles: vec![
                (text!(help.passkey_asks1), text!(help.passkey_answer1)),
                (text!(help.passkey_asks2), text!(help.passkey_answer2)),
            ],
        },
        MethodKey::App => Words {
            what: text!(help.app_what),
            need: text!(help.app_need),
            steps: [text!(help.app_step1), text!(help.app_step2), text!(help.app_step3)],
            troubles: vec![
                (text!(help.app_asks1), text!(help.app_answer1)),
                (text!(help.app_asks2), text!(help.app_answer2)),
                (text!(help.app_asks3), text!(help.app_answer3)),
            ],
        },
        MethodKey::Token => Words {
            what: text!(help.token_what),
            need: text!(help.token_need),
            steps: [text!(help.token_step1), text!(help.token_step2), text!(help.token_step3)],
            troubles: vec![
                (text!(help.token_asks1), text!(help.token_answer1)),
                (text!(help.token_asks2), text!(help.token_answer2)),
            ],
        },
        MethodKey::Sms => Words {
            what: text!(help.sms_what),
            need: text!(help.sms_need),
            steps: [text!(help.sms_step1), text!(help.sms_step2), text!(help.sms_step3)],
            troubles: vec![
                (text!(help.sms_asks1), text!(help.sms_answer1)),
                (text!(help.sms_asks2), text!(help.sms_answer2)),
            ],
        },
        MethodKey::Voice => Words {
            what: text!(help.voice_what),
            need: text!(help.voice_need),
            steps: [text!(help.voice_step1), text!(help.voice_step2), text!(help.voice_step3)],
            troubles: vec![
                (text!(help.voice_asks1), text!(help.voice_answer1)),
                (text!(help.voice_asks2), text!(help.voice_answer2)),
            ],
        },
        MethodKey::Mail => Words {
            what: text!(help.mail_what),
            need: text!(help.mail_need),
            steps: [text!(help.mail_step1), text!(help.mail_step2), text!(help.mail_step3)],
            troubles: vec![(text!(help.mail_asks1), text!(help.mail_answer1))],
        },
        MethodKey::Recovery => Words {
            what: text!(help.recovery_what),
            need: text!(help.recovery_need),
            steps: [text!(help.recovery_step1), text!(help.recovery_step2), text!(help.recovery_step3)],
            troubles: vec![(text!(help.recovery_asks1), text!(help.recovery_answer1))],
        },
        MethodKey::AppPassword => Words {
            what: text!(help.app_password_what),
            need: text!(help.app_password_need),
            steps: [text!(help.app_password_step1), text!(help.app_password_step2), text!(help.app_password_step3)],
            troubles: vec![
                (text!(help.app_password_asks1), text!(help.app_password_answer1)),
                (text!(help.app_password_asks2), text!(help.app_password_answer2)),
            ],
        },
        MethodKey::Questions => Words {
            what: text!(help.questions_what),
            need: text!(help.questions_need),
            steps: [text!(help.questions_step1), text!(help.questions_step2), text!(help.questions_step3)],
            troubles: vec![(text!(help.questions_asks1), text!(help.questions_answer1))],
        },
        MethodKey::Pass => Words {
            what: text!(help.pass_what),
            need: text!(help.pass_need),
            steps: [text!(help.pass_step1), text!(help.pass_step2), text!(help.pass_step3)],
            troubles: vec![(text!(help.pass_asks1), text!(help.pass_answer1))],
        },
        MethodKey::Push => return None,
    })
}
