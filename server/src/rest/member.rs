//! A member as programs see one.

use domain::directory::MemberView;
use domain::policy::rules::Because;
use jiff::Timestamp;
use model::{MemberId, MethodId, MethodKind, MfaState, Role};
use serde::Serialize;
use utoipa::ToSchema;

/// A member of the directory.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Member {
    #[schema(value_type = String, format = "uuid")]
    id: MemberId,
    /// The name the member signs in with.
    #[schema(example = "member@noord.example")]
    upn: String,
    given_name: Option<String>,
    family_name: Option<String>,
    mail: Option<String>,
    /// Language of pages and messages.
    locale: Option<String>,
    /// The stored state: disabled, enabled or enforced.
    #[schema(value_type = String, example = "enforced")]
    mfa_state: MfaState,
    effective: Effective,
    /// Roles above member.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    groups: Vec<String>,
    /// Kinds of methods that can be used.
    #[schema(value_type = Vec<String>, example = json!(["totp"]))]
    methods: Vec<MethodKind>,
    /// Kinds that are switched off, for example after too many wrong codes.
    #[schema(value_type = Vec<String>)]
    methods_off: Vec<MethodKind>,
    #[schema(value_type = Option<String>, format = "uuid")]
    default_method: Option<MethodId>,
    /// Recovery codes that are left.
    recovery_codes_left: i64,
    #[schema(value_type = Option<String>, format = "date-time")]
    locked_until: Option<Timestamp>,
    /// Wrong second factors in a row.
    wrong_in_row: i32,
    /// The account is switched off.
    disabled: bool,
    /// Blocked by an admin or after a fraud report.
    blocked: bool,
    has_password: bool,
    #[schema(value_type = Option<String>, format = "date-time")]
    last_sign_in_at: Option<Timestamp>,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

/// What the stored state and the policy come to.
#[derive(Debug, Serialize, ToSchema)]
struct Effective {
    /// A second factor is asked at every sign-in.
    required: bool,
    /// Why: `nothing`, `mfa_state`, `role`, or `rule` with its name.
    #[schema(value_type = Object, example = json!({ "kind": "mfa_state" }))]
    because: Because,
    /// Something is registered that can be used.
    registered: bool,
    /// What is registered can satisfy the policy.
    can_satisfy: bool,
}

impl From<MemberView> for Member {
    fn from(view: MemberView) -> Self {
        Self {
            id: view.id,
            upn: view.upn,
            given_name: view.given_name,
            family_name: view.family_name,
            mail: view.mail,
            locale: view.locale,
            mfa_state: view.mfa_state,
            effective: Effective {
                required: view.required,
                because: view.because,
                registered: !view.methods.is_empty(),
                can_satisfy: view.can_satisfy,
            },
            roles: view.roles,
            groups: view.groups,
            methods: view.methods,
            methods_off: view.methods_off,
            default_method: view.default_method,
            recovery_codes_left: view.recovery_left,
            locked_until: view.locked_until,
            wrong_in_row: view.wrong_in_row,
            disabled: view.disabled,
            blocked: view.blocked,
            has_password: view.has_password,
            last_sign_in_at: view.last_sign_in_at,
            created_at: view.created_at,
        }
    }
}
