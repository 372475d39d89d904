//! The words of the model in the language of the page: methods, reasons, errors. No arm catches all: a new kind does not compile until
//! somebody has decided what people may read.

use domain::journal::{Event, view::Party};
use model::{Action, Decision, ErrorCode, MethodKind, MfaState, Reason, RegistrationReason, Role};

use crate::components::{MethodKey, Tone};

/// The icon, name and colour of a kind of method.
#[must_use]
pub fn method_key(kind: MethodKind) -> MethodKey {
    match kind {
        MethodKind::Pass => MethodKey::Pass,
        MethodKind::Passkey => MethodKey::Passkey,
        MethodKind::Push => MethodKey::Push,
        MethodKind::Totp => MethodKey::App,
        MethodKind::HardwareToken => MethodKey::Token,
        MethodKind::Sms => MethodKey::Sms,
        MethodKind::Voice => MethodKey::Voice,
        MethodKind::Email => MethodKey::Mail,
        MethodKind::RecoveryCode => MethodKey::Recovery,
        MethodKind::AppPassword => MethodKey::AppPassword,
        MethodKind::SecurityQuestions => MethodKey::Questions,
    }
}

/// How a decision is drawn.
#[must_use]
pub fn decision_tone(decision: Decision) -> Tone {
    match decision {
        Decision::Allowed => Tone::Ok,
        Decision::Denied => Tone::Bad,
        Decision::Interrupted => Tone::Info,
        Decision::Abandoned => Tone::Neutral,
    }
}

/// The word for a decision: "Denied".
#[must_use]
pub fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => text!(reasons.decision_allowed),
        Decision::Denied => text!(reasons.decision_denied),
        Decision::Interrupted => text!(reasons.decision_interrupted),
        Decision::Abandoned => text!(reasons.decision_abandoned),
    }
}

/// The word for a role: "policy admin".
#[must_use]
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Member => text!(console.role_member),
        Role::Support => text!(console.role_support),
        Role::AuthAdmin => text!(console.role_auth_admin),
        Role::PolicyAdmin => text!(console.role_policy_admin),
        Role::BillingAdmin => text!(console.role_billing_admin),
        Role::Reader => text!(console.role_reader),
        Role::GlobalAdmin => text!(console.role_global_admin),
    }
}

/// The word for a stored state: "Enforced".
#[must_use]
pub fn mfa_state(state: MfaState) -> &'static str {
    match state {
        MfaState::Disabled => text!(console.state_disabled),
        MfaState::Enabled => text!(console.state_enabled),
        MfaState::Enforced => text!(console.state_enforced),
    }
}

/// How a stored state is drawn.
#[must_use]
pub fn mfa_tone(state: MfaState) -> Tone {
    match state {
        MfaState::Disabled => Tone::Neutral,
        MfaState::Enabled => Tone::Info,
        MfaState::Enforced => Tone::Ok,
    }
}

/// What was changed, in a few words: "Set-up link made".
#[must_use]
pub fn event(event: Event) -> &'static str {
    match event {
        Event::TenantCreated => text!(events.tenant_created),
        Event::MemberCreated => text!(events.member_created),
        Event::MemberChanged => text!(events.member_changed),
        Event::MemberDisabled => text!(events.member_disabled),
        Event::MemberEnabled => text!(events.member_enabled),
        Event::MemberRemoved => text!(events.member_removed),
        Event::RoleGranted => text!(events.role_granted),
        Event::RoleWithdrawn => text!(events.role_withdrawn),
        Event::PasswordSet => text!(events.password_set),
        Event::SetUpLinkMade => text!(events.set_up_link_made),
        Event::SetUpLinkUsed => text!(events.set_up_link_used),
        Event::PasswordReset => text!(events.password_reset),
        Event::MfaStateChanged => text!(events.mfa_state_changed),
        Event::ReregistrationRequired => text!(events.reregistration_required),
        Event::SecurityInfoRegistered => text!(events.security_info_registered),
        Event::SecurityInfoRegisteredByAdmin => text!(events.security_info_registered_by_admin),
        Event::SecurityInfoUpdated => text!(events.security_info_updated),
        Event::SecurityInfoDeleted => text!(events.security_info_deleted),
        Event::SecurityInfoDeletedByAdmin => text!(events.security_info_deleted_by_admin),
        Event::TokensImported => text!(events.tokens_imported),
        Event::TokenAssigned => text!(events.token_assigned),
        Event::TokenActivated => text!(events.token_activated),
        Event::TokenReturned => text!(events.token_returned),
        Event::TokenResynchronised => text!(events.token_resynchronised),
        Event::TokenRetired => text!(events.token_retired),
        Event::RecoveryCodesMade => text!(events.recovery_codes_made),
        Event::EmergencyKeyMade => text!(events.emergency_key_made),
        Event::EmergencyKeyWithdrawn => text!(events.emergency_key_withdrawn),
        Event::EmergencyKeyUsed => text!(events.emergency_key_used),
        Event::EmergencyKeyRefused => text!(events.emergency_key_refused),
        Event::PassGiven => text!(events.pass_given),
        Event::PassWithdrawn => text!(events.pass_withdrawn),
        Event::MemberBlocked => text!(events.member_blocked),
        Event::MemberUnblocked => text!(events.member_unblocked),
        Event::BypassOpened => text!(events.bypass_opened),
        Event::BypassClosed => text!(events.bypass_closed),
        Event::NetworkAdded => text!(events.network_added),
        Event::NetworkRenamed => text!(events.network_renamed),
        Event::NetworkRemoved => text!(events.network_removed),
        Event::DeviceRemembered => text!(events.device_remembered),
        Event::DeviceForgotten => text!(events.device_forgotten),
        Event::FraudReported => text!(events.fraud_reported),
        Event::MethodsLost => text!(events.methods_lost),
        Event::CallPinSet => text!(events.call_pin_set),
        Event::CallPinCleared => text!(events.call_pin_cleared),
        Event::AppPasswordMade => text!(events.app_password_made),
        Event::AppPasswordRemoved => text!(events.app_password_removed),
        Event::MemberLocked => text!(events.member_locked),
        Event::MemberUnlocked => text!(events.member_unlocked),
        Event::MethodSwitchedOff => text!(events.method_switched_off),
        Event::SessionsRevoked => text!(events.sessions_revoked),
        Event::PolicyPublished => text!(events.policy_published),
        Event::ConversionAlarm => text!(events.conversion_alarm),
        Event::ApiKeyMade => text!(events.api_key_made),
        Event::ApiKeyRevoked => text!(events.api_key_revoked),
        Event::CaseViewed => text!(events.case_viewed),
        Event::CallerCodeSent => text!(events.caller_code_sent),
        Event::CallerChecked => text!(events.caller_checked),
        Event::TicketFiled => text!(events.ticket_filed),
        Event::TicketTaken => text!(events.ticket_taken),
        Event::TicketAnswered => text!(events.ticket_answered),
        Event::TicketClosed => text!(events.ticket_closed),
        Event::TicketReopened => text!(events.ticket_reopened),
        Event::JournalExported => text!(events.journal_exported),
        Event::ForeignTenantRefused => text!(events.foreign_tenant_refused),
        Event::OperatorRecovered => text!(events.operator_recovered),
        Event::AccountFrozen => text!(events.account_frozen),
        Event::NoticeNotSent => text!(events.notice_not_sent),
    }
}

/// Who or what changed it.
#[must_use]
pub fn actor(party: &Party) -> String {
    party.name.clone().unwrap_or_else(|| {
        match party.kind.as_str() {
            "api_key" => text!(events.by_api_key),
            "console" => text!(events.by_console),
            "service" => text!(events.by_service),
            _ => text!(events.by_nobody),
        }
        .to_owned()
    })
}

/// Why an attempt ended as it did, in a few words for the middle of a line: "code already used once".
#[must_use]
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::RightCode => text!(reasons.right_code),
        Reason::RecoveryCodeUsed => text!(reasons.recovery_code_used),
        Reason::Registered => text!(reasons.registered),
        Reason::PasswordOnly => text!(reasons.password_only),
        Reason::Approved => text!(reasons.approved),
        Reason::Passkey => text!(reasons.passkey),
        Reason::Bypassed => text!(reasons.bypassed),
        Reason::TrustedNetwork => text!(reasons.trusted_network),
        Reason::RememberedDevice => text!(reasons.remembered_device),
        Reason::PasskeyRefused => text!(reasons.passkey_refused),
        Reason::RegistrationRequired => text!(reasons.registration_required),
        Reason::PageClosed => text!(reasons.page_closed),
        Reason::WrongPassword => text!(reasons.wrong_password),
        Reason::NotFound => text!(reasons.not_found),
        Reason::WrongCode => text!(reasons.wrong_code),
        Reason::CodeReused => text!(reasons.code_reused),
        Reason::CodeOutOfDate => text!(reasons.code_out_of_date),
        Reason::TooManyCodes => text!(reasons.too_many_codes),
        Reason::CodeNeverEntered => text!(reasons.code_never_entered),
        Reason::NoMethods => text!(reasons.no_methods),
        Reason::Throttled => text!(reasons.throttled),
        Reason::Locked => text!(reasons.locked),
        Reason::Blocked => text!(reasons.blocked),
        Reason::BlockedByPolicy => text!(reasons.blocked_by_policy),
        Reason::MethodOff => text!(reasons.method_off),
        Reason::Disabled => text!(reasons.disabled),
        Reason::RegistrationRefused => text!(reasons.registration_refused),
        Reason::MethodTooWeak => text!(reasons.method_too_weak),
        Reason::ResetNotOffered => text!(reasons.reset_not_offered),
        Reason::SignInExpired => text!(reasons.sign_in_expired),
        Reason::InProgress => text!(reasons.in_progress),
        Reason::Duplicate => text!(reasons.duplicate),
        Reason::Clock => text!(reasons.clock),
        Reason::ServiceError => text!(reasons.service_error),
        Reason::Misconfiguration => text!(reasons.misconfiguration),
        Reason::PassExpired => text!(reasons.pass_expired),
        Reason::AppPasswordRequired => text!(reasons.app_password_required),
        Reason::FraudReported => text!(reasons.fraud_reported),
        Reason::Declined => text!(reasons.declined),
        Reason::PushNoResponse => text!(reasons.push_no_response),
        Reason::PushFailed => text!(reasons.push_failed),
        Reason::Unreachable => text!(reasons.unreachable),
        Reason::Voicemail => text!(reasons.voicemail),
        Reason::HungUp => text!(reasons.hung_up),
        Reason::WrongPin => text!(reasons.wrong_pin),
        Reason::PinMissing => text!(reasons.pin_missing),
        Reason::BadPhone => text!(reasons.bad_phone),
        Reason::Busy => text!(reasons.busy),
        Reason::NoAnswer => text!(reasons.no_answer),
    }
}

/// Why somebody is asked to register, in one sentence.
#[must_use]
pub fn registration_reason(reason: RegistrationReason, tenant: &str, application: Option<&str>) -> String {
    let tenant = tenant.to_owned();
    match reason {
        RegistrationReason::MfaEnabledNoInfo => text!(reasons.why_mfa_enabled_no_info, tenant = tenant),
        RegistrationReason::AppPolicyRequiresMfa => {
            let application = application.unwrap_or_else(|| text!(reasons.the_application)).to_owned();
            text!(reasons.why_app_policy_requires_mfa, application = application)
        }
        RegistrationReason::DeviceRegistration => text!(reasons.why_device_registration, tenant = tenant),
        RegistrationReason::HelloProvisioning => text!(reasons.why_hello_provisioning).to_owned(),
        RegistrationReason::MethodDisabledByAdmin => text!(reasons.why_method_disabled_by_admin, tenant = tenant),
        RegistrationReason::RegistrationPolicy => text!(reasons.why_registration_policy, tenant = tenant),
        RegistrationReason::SsprEnabled => text!(reasons.why_sspr_enabled, tenant = tenant),
    }
}

/// What an attempt was for: an application, or what is asked for beside signing in.
#[must_use]
pub fn asked_for(application: &str) -> String {
    match Action::from_text(application) {
        Some(Action::RegisterDevice) => text!(reasons.action_register_device).to_owned(),
        Some(Action::ProvisionPasskey) => text!(reasons.action_provision_passkey).to_owned(),
        Some(Action::RegisterSecurityInfo) => text!(reasons.action_register_security_info).to_owned(),
        None => application.to_owned(),
    }
}

/// What happened, in a member's words.
#[must_use]
pub fn error_title(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => text!(errors.bad_request_title),
        ErrorCode::UnsupportedType => text!(errors.unsupported_type_title),
        ErrorCode::TooLarge => text!(errors.too_large_title),
        ErrorCode::MethodNotAllowed => text!(errors.method_not_allowed_title),
        ErrorCode::NotFound => text!(errors.not_found_title),
        ErrorCode::UnknownHost => text!(errors.unknown_host_title),
        ErrorCode::CrossSite => text!(errors.cross_site_title),
        ErrorCode::TooBusy => text!(errors.too_busy_title),
        ErrorCode::Invalid => text!(errors.invalid_title),
        ErrorCode::Conflict => text!(errors.conflict_title),
        ErrorCode::NotSignedIn => text!(errors.not_signed_in_title),
        ErrorCode::KeyRefused => text!(errors.key_refused_title),
        ErrorCode::ScopeMissing => text!(errors.scope_missing_title),
        ErrorCode::Forbidden => text!(errors.forbidden_title),
        ErrorCode::StepUpRequired => text!(errors.step_up_required_title),
        ErrorCode::IdempotencyMismatch => text!(errors.idempotency_mismatch_title),
        ErrorCode::WrongPassword => text!(errors.wrong_password_title),
        ErrorCode::PasswordThrottled => text!(errors.password_throttled_title),
        ErrorCode::SignInExpired => text!(errors.sign_in_expired_title),
        ErrorCode::SetUpLinkUsed => text!(errors.set_up_link_used_title),
        ErrorCode::NoticeLinkUsed => text!(errors.notice_link_used_title),
        ErrorCode::PasswordTooShort => text!(errors.password_too_short_title),
        ErrorCode::PasswordTooLong => text!(errors.password_too_long_title),
        ErrorCode::PasswordTooWeak => text!(errors.password_too_weak_title),
        ErrorCode::PasswordCommon => text!(errors.password_common_title),
        ErrorCode::PasswordBanned => text!(errors.password_banned_title),
        ErrorCode::ResetNotOffered => text!(errors.reset_not_offered_title),
        ErrorCode::ResetLinkUsed => text!(errors.reset_link_used_title),
        ErrorCode::ResetRefused => text!(errors.reset_refused_title),
        ErrorCode::AccountDisabled => text!(errors.account_disabled_title),
        ErrorCode::NameForm => text!(errors.name_form_title),
        ErrorCode::WrongCode => text!(errors.wrong_code_title),
        ErrorCode::CodeForm => text!(errors.code_form_title),
        ErrorCode::TooManyCodes => text!(errors.too_many_codes_title),
        ErrorCode::Locked => text!(errors.locked_title),
        ErrorCode::Throttled => text!(errors.throttled_title),
        ErrorCode::TicketsTooMany => text!(errors.tickets_too_many_title),
        ErrorCode::NoMethods => text!(errors.no_methods_title),
        ErrorCode::CodeReused => text!(errors.code_reused_title),
        ErrorCode::BlockedByPolicy => text!(errors.blocked_by_policy_title),
        ErrorCode::RegistrationRefused => text!(errors.registration_refused_title),
        ErrorCode::MethodTooWeak => text!(errors.method_too_weak_title),
        ErrorCode::EmergencyKeyRefused => text!(errors.emergency_key_refused_title),
        ErrorCode::ChallengeGone => text!(errors.challenge_gone_title),
        ErrorCode::NotSent => text!(errors.not_sent_title),
        ErrorCode::PassUnusable => text!(errors.pass_unusable_title),
        ErrorCode::SignInReported => text!(errors.sign_in_reported_title),
        ErrorCode::AppPasswordRequired => text!(errors.app_password_required_title),
        ErrorCode::Blocked => text!(errors.blocked_title),
        ErrorCode::PasskeyAgain => text!(errors.passkey_again_title),
        ErrorCode::PasskeyRefused => text!(errors.passkey_refused_title),
        ErrorCode::PasskeyLocked => text!(errors.passkey_locked_title),
        ErrorCode::PasskeyKnown => text!(errors.passkey_known_title),
        ErrorCode::PasskeyModel => text!(errors.passkey_model_title),
        ErrorCode::MethodLimit => text!(errors.method_limit_title),
        ErrorCode::PendingGone => text!(errors.pending_gone_title),
        ErrorCode::MethodNeeded => text!(errors.method_needed_title),
        ErrorCode::SecretInvalid => text!(errors.secret_invalid_title),
        ErrorCode::MethodKindOff => text!(errors.method_kind_off_title),
        ErrorCode::NameUnknown => text!(errors.name_unknown_title),
        ErrorCode::TokenUnknown => text!(errors.token_unknown_title),
        ErrorCode::TokenTaken => text!(errors.token_taken_title),
        ErrorCode::TokenState => text!(errors.token_state_title),
        ErrorCode::ImportRefused => text!(errors.import_refused_title),
        ErrorCode::UpnTaken => text!(errors.upn_taken_title),
        ErrorCode::DomainUnknown => text!(errors.domain_unknown_title),
        ErrorCode::RankTooHigh => text!(errors.rank_too_high_title),
        ErrorCode::LastGlobalAdmin => text!(errors.last_global_admin_title),
        ErrorCode::SlugTaken => text!(errors.slug_taken_title),
        ErrorCode::DomainTaken => text!(errors.domain_taken_title),
        ErrorCode::ConfirmationNeeded => text!(errors.confirmation_needed_title),
        ErrorCode::NotForOneself => text!(errors.not_for_oneself_title),
        ErrorCode::PolicyMovedOn => text!(errors.policy_moved_on_title),
        ErrorCode::PolicyLocksOut => text!(errors.policy_locks_out_title),
        ErrorCode::Internal => text!(errors.internal_title),
        ErrorCode::DatabaseGone => text!(errors.database_gone_title),
        ErrorCode::ClockWrong => text!(errors.clock_wrong_title),
        ErrorCode::PolicyMissing => text!(errors.policy_missing_title),
        ErrorCode::KeyMissing => text!(errors.key_missing_title),
    }
}

/// What to do next, in a member's words.
#[must_use]
pub fn error_next(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => text!(errors.bad_request_next),
        ErrorCode::UnsupportedType => text!(errors.unsupported_type_next),
        ErrorCode::TooLarge => text!(errors.too_large_next),
        ErrorCode::MethodNotAllowed => text!(errors.method_not_allowed_next),
        ErrorCode::NotFound => text!(errors.not_found_next),
        ErrorCode::UnknownHost => text!(errors.unknown_host_next),
        ErrorCode::CrossSite => text!(errors.cross_site_next),
        ErrorCode::TooBusy => text!(errors.too_busy_next),
        ErrorCode::Invalid => text!(errors.invalid_next),
        ErrorCode::Conflict => text!(errors.conflict_next),
        ErrorCode::NotSignedIn => text!(errors.not_signed_in_next),
        ErrorCode::KeyRefused => text!(errors.key_refused_next),
        ErrorCode::ScopeMissing => text!(errors.scope_missing_next),
        ErrorCode::Forbidden => text!(errors.forbidden_next),
        ErrorCode::StepUpRequired => text!(errors.step_up_required_next),
        ErrorCode::IdempotencyMismatch => text!(errors.idempotency_mismatch_next),
        ErrorCode::WrongPassword => text!(errors.wrong_password_next),
        ErrorCode::PasswordThrottled => text!(errors.password_throttled_next),
        ErrorCode::SignInExpired => text!(errors.sign_in_expired_next),
        ErrorCode::SetUpLinkUsed => text!(errors.set_up_link_used_next),
        ErrorCode::NoticeLinkUsed => text!(errors.notice_link_used_next),
        ErrorCode::PasswordTooShort => text!(errors.password_too_short_next),
        ErrorCode::PasswordTooLong => text!(errors.password_too_long_next),
        ErrorCode::PasswordTooWeak => text!(errors.password_too_weak_next),
        ErrorCode::PasswordCommon => text!(errors.password_common_next),
        ErrorCode::PasswordBanned => text!(errors.password_banned_next),
        ErrorCode::ResetNotOffered => text!(errors.reset_not_offered_next),
        ErrorCode::ResetLinkUsed => text!(errors.reset_link_used_next),
        ErrorCode::ResetRefused => text!(errors.reset_refused_next),
        ErrorCode::AccountDisabled => text!(errors.account_disabled_next),
        ErrorCode::NameForm => text!(errors.name_form_next),
        ErrorCode::WrongCode => text!(errors.wrong_code_next),
        ErrorCode::CodeForm => text!(errors.code_form_next),
        ErrorCode::TooManyCodes => text!(errors.too_many_codes_next),
        ErrorCode::Locked => text!(errors.locked_next),
        ErrorCode::Throttled => text!(errors.throttled_next),
        ErrorCode::TicketsTooMany => text!(errors.tickets_too_many_next),
        ErrorCode::NoMethods => text!(errors.no_methods_next),
        ErrorCode::CodeReused => text!(errors.code_reused_next),
        ErrorCode::BlockedByPolicy => text!(errors.blocked_by_policy_next),
        ErrorCode::RegistrationRefused => text!(errors.registration_refused_next),
        ErrorCode::MethodTooWeak => text!(errors.method_too_weak_next),
        ErrorCode::EmergencyKeyRefused => text!(errors.emergency_key_refused_next),
        ErrorCode::ChallengeGone => text!(errors.challenge_gone_next),
        ErrorCode::NotSent => text!(errors.not_sent_next),
        ErrorCode::PassUnusable => text!(errors.pass_unusable_next),
        ErrorCode::SignInReported => text!(errors.sign_in_reported_next),
        ErrorCode::AppPasswordRequired => text!(errors.app_password_required_next),
        ErrorCode::Blocked => text!(errors.blocked_next),
        ErrorCode::PasskeyAgain => text!(errors.passkey_again_next),
        ErrorCode::PasskeyRefused => text!(errors.passkey_refused_next),
        ErrorCode::PasskeyLocked => text!(errors.passkey_locked_next),
        ErrorCode::PasskeyKnown => text!(errors.passkey_known_next),
        ErrorCode::PasskeyModel => text!(errors.passkey_model_next),
        ErrorCode::MethodLimit => text!(errors.method_limit_next),
        ErrorCode::PendingGone => text!(errors.pending_gone_next),
        ErrorCode::MethodNeeded => text!(errors.method_needed_next),
        ErrorCode::SecretInvalid => text!(errors.secret_invalid_next),
        ErrorCode::MethodKindOff => text!(errors.method_kind_off_next),
        ErrorCode::NameUnknown => text!(errors.name_unknown_next),
        ErrorCode::TokenUnknown => text!(errors.token_unknown_next),
        ErrorCode::TokenTaken => text!(errors.token_taken_next),
        ErrorCode::TokenState => text!(errors.token_state_next),
        ErrorCode::ImportRefused => text!(errors.import_refused_next),
        ErrorCode::UpnTaken => text!(errors.upn_taken_next),
        ErrorCode::DomainUnknown => text!(errors.domain_unknown_next),
        ErrorCode::RankTooHigh => text!(errors.rank_too_high_next),
        ErrorCode::LastGlobalAdmin => text!(errors.last_global_admin_next),
        ErrorCode::SlugTaken => text!(errors.slug_taken_next),
        ErrorCode::DomainTaken => text!(errors.domain_taken_next),
        ErrorCode::ConfirmationNeeded => text!(errors.confirmation_needed_next),
        ErrorCode::NotForOneself => text!(errors.not_for_oneself_next),
        ErrorCode::PolicyMovedOn => text!(errors.policy_moved_on_next),
        ErrorCode::PolicyLocksOut => text!(errors.policy_locks_out_next),
        ErrorCode::Internal => text!(errors.internal_next),
        ErrorCode::DatabaseGone => text!(errors.database_gone_next),
        ErrorCode::ClockWrong => text!(errors.clock_wrong_next),
        ErrorCode::PolicyMissing => text!(errors.policy_missing_next),
        ErrorCode::KeyMissing => text!(errors.key_missing_next),
    }
}

/// A country by its ISO 3166 code: the name, where we have one, and the code.
#[must_use]
pub fn country(code: &str) -> String {
    let name = match code {
        "NL" => text!(countries.nl),
        "BE" => text!(countries.be),
        "LU" => text!(countries.lu),
        "DE" => text!(countries.de),
        "FR" => text!(countries.fr),
        "GB" => text!(countries.gb),
        "IE" => text!(countries.ie),
        "AT" => text!(countries.at),
        "CH" => text!(countries.ch),
        "DK" => text!(countries.dk),
        "SE" => text!(countries.se),
        "NO" => text!(countries.no),
        "FI" => text!(countries.fi),
        "ES" => text!(countries.es),
        "PT" => text!(countries.pt),
        "IT" => text!(countries.it),
        "PL" => text!(countries.pl),
        "US" => text!(countries.us),
        "CA" => text!(countries.ca),
        _ => return code.to_owned(),
    };
    format!("{name} ({code})")
}
