//! What both sides of Tweestap say: ids, roles, codes, reasons and documents.
//!
//! Plain data and its parsing. No input or output, no clock, no randomness; builds for the browser as it is.

mod appearance;
mod code;
mod error_code;
mod id;
mod journal;
mod limits;
mod member;
mod method;
mod page;
mod password;
mod pin;
mod policy;
mod question;
mod session_id;
mod text;
mod ticket;

pub use appearance::{Appearance, Colour, LogoId, NoColour, NoLogo};
pub use code::{CodeError, OfferedCode, read_emergency_key};
pub use error_code::ErrorCode;
pub use id::{ApiKeyId, AttemptId, AuditId, ChallengeId, DeliveryId, IdError, ImportId, MemberId, MethodId, ProviderId, TenantId, TokenId};
pub use journal::{Decision, Door, Path, Purpose, Reason, StepKind, TransportResult};
pub use limits::*;
pub use member::{DomainName, DomainNameError, MfaState, Profile, RegistrationReason, Role, Slug, SlugError, Upn, UpnError};
pub use method::{Channel, DeliveryStatus, Family, MethodKind, MethodUse, OathAlgorithm, OathKind, OathParams, SenderKind, TokenState};
pub use page::{Cursor, CursorError, Page};
pub use password::{Banned, BannedWords, PASSWORD_POINTS_MIN};
pub use pin::{CallPin, PinFlaw};
pub use policy::{
    Action, CallRules, DeliveryLimits, FirstChoice, Limits, MethodRule, PasskeyModels, PasswordRules, PolicyDocument, PolicyError, Registration, Reset,
    ResetScope, Rule, RuleState, Subjects, Then, Trust,
};
pub use question::{QuestionNumbers, SecurityQuestion};
pub use session_id::{SessionId, SessionIdError};
pub use text::{CleanLines, CleanText, TextError, nfkc};
pub use ticket::{MessageKind, Shown, TicketNumber, TicketNumberError, TicketState};
