//! Every limit that a person can meet, by name, in one place. Numbers: product.md of the specification, and RFC or NIST where named.

/// Letters of a given or family name.
pub const NAME_CHARACTERS_MAX: usize = 100;
/// Letters of a UPN.
pub const UPN_CHARACTERS_MAX: usize = 254;
/// Letters of a reason typed by an admin for the audit log.
pub const REASON_CHARACTERS_MAX: usize = 500;
/// Letters of an application's name.
pub const APPLICATION_CHARACTERS_MAX: usize = 100;
/// Shortest password (NIST SP 800-63B-4 3.1.1.2, as a single factor 15; as one of two 8).
pub const PASSWORD_CHARACTERS_MIN: usize = 8;
/// Longest password.
pub const PASSWORD_CHARACTERS_MAX: usize = 256;
/// Rows of one page of a list at most.
pub const PAGE_ROWS_MAX: usize = 500;
/// Rows of one page of a list when nothing is asked.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Recovery codes of one set.
pub const RECOVERY_CODES: usize = 10;
/// Seconds that an authenticator app in the making waits for its first code.
pub const PENDING_METHOD_SECONDS: i64 = 600;
/// Seconds that an attempt lives after its last step.
pub const ATTEMPT_SECONDS: i64 = 600;
/// Seconds for which the stored answer of an idempotency key is given again.
pub const IDEMPOTENCY_SECONDS: i64 = 600;
/// Seconds that the node's clock may differ from the database's before the node refuses to verify.
pub const CLOCK_SKEW_SECONDS_MAX: i64 = 5;
/// Wrong answers in five minutes after which waits begin, per member and family of methods.
pub const WRONG_SOFT_MAX: usize = 5;
/// Length of the window of `WRONG_SOFT_MAX`.
pub const WRONG_WINDOW_SECONDS: i64 = 300;
/// The first wait.
pub const WAIT_SECONDS_FIRST: i64 = 30;
/// The longest wait.
pub const WAIT_SECONDS_MAX: i64 = 3600;
/// Wrong answers in a row that switch a method off.
pub const WRONG_IN_ROW_MAX: i32 = 50;
/// Wrong answers in thirty days that switch a method off; success does not clear them.
pub const WRONG_ROLLING_MAX: i32 = 100;
/// Days of `WRONG_ROLLING_MAX`.
pub const WRONG_ROLLING_DAYS: i32 = 30;
/// Quiet seconds after which a lock level falls.
pub const LEVEL_QUIET_SECONDS: i64 = 86_400;
/// Quiet seconds after which wrong answers in a row are forgotten for the member's lockout.
pub const LOCKOUT_QUIET_SECONDS: i64 = 900;
/// Longest lockout.
pub const LOCKOUT_SECONDS_MAX: i64 = 86_400;
/// Wrong passwords in a row, per member and source, before waits begin.
pub const PASSWORD_WRONG_MAX: i32 = 10;
/// First wait after wrong passwords.
pub const PASSWORD_WAIT_SECONDS_FIRST: i64 = 60;
/// Wrong passwords in a row per member, whatever the source, after which only an admin or a reset opens the account.
pub const PASSWORD_WRONG_HARD_MAX: i32 = 100;
/// Steps either side of now at which a TOTP code is accepted (RFC 6238 5.2).
pub const TOTP_WINDOW_STEPS: i64 = 1;
/// Largest drift of an app's clock that is remembered, in steps.
pub const TOTP_DRIFT_STEPS_MAX: i64 = 10;
/// Counters ahead of the last one at which a code of a counter-based token is accepted (RFC 4226 7.4).
pub const HOTP_LOOK_AHEAD: i64 = 10;
/// Counters ahead among which two codes in a row set a counter-based token right again.
pub const HOTP_RESYNC_COUNTERS: i64 = 100;
/// Steps either side of now among which two codes in a row set a time-based token right again.
pub const TOTP_RESYNC_STEPS: i64 = 100;
/// Letters of a token's serial number.
pub const SERIAL_CHARACTERS_MAX: usize = 64;
/// Wrong rows of an import of which the reader still says what is wrong; with more the file is refused.
pub const IMPORT_REFUSED_MAX: usize = 10_000;
/// Authenticator apps and hardware tokens of one member together.
pub const OATH_METHODS_MAX: usize = 5;
/// Hours that a set-up link is good for.
pub const SETUP_LINK_HOURS: i64 = 72;
/// Seconds that a sent code lives on the cloud path (S51).
pub const CODE_SECONDS_CLOUD: i64 = 180;
/// Seconds that a code sent by mail lives.
pub const CODE_SECONDS_MAIL: i64 = 600;
/// Texts and calls to one member in [`SEND_WINDOW_SECONDS`] (S33).
pub const SENDS_MAX: usize = 5;
/// The window of [`SENDS_MAX`].
pub const SEND_WINDOW_SECONDS: i64 = 300;
/// The same in the strict profile.
pub const SENDS_MAX_STRICT: usize = 3;
/// The window of [`SENDS_MAX_STRICT`].
pub const SEND_WINDOW_SECONDS_STRICT: i64 = 900;
/// Messages to one number in an hour, whoever's it is.
pub const SENDS_PER_ADDRESS_HOUR: i32 = 5;
/// Messages to numbers of one prefix after which it is looked at how many codes come back.
pub const CONVERSION_SENDS: i32 = 50;
/// Codes of a hundred that must come back, else the prefix is paused.
pub const CONVERSION_PERCENT_MIN: i32 = 30;
/// Messages to one country in an hour after which an alarm looks at how many of their codes were entered, where nobody says otherwise.
pub const CONVERSION_ALARM_SENDS: i64 = 30;
/// The same, fewest and most that a tenant may say.
pub const CONVERSION_ALARM_SENDS_RANGE: std::ops::RangeInclusive<i64> = 10..=100_000;
/// Codes of a hundred that must have been entered then, where nobody says otherwise.
pub const CONVERSION_ALARM_PERCENT: i64 = 20;
/// Characters of a Temporary Access Pass, fewest.
pub const PASS_CHARACTERS_MIN: usize = 8;
/// The same, most.
pub const PASS_CHARACTERS_MAX: usize = 48;
/// The same, where nobody says otherwise.
pub const PASS_CHARACTERS: usize = 12;
/// Minutes that a pass lives, fewest.
pub const PASS_MINUTES_MIN: i64 = 10;
/// The same, most: thirty days.
pub const PASS_MINUTES_MAX: i64 = 43_200;
/// The same, where nobody says otherwise.
pub const PASS_MINUTES: i64 = 60;
/// App passwords of one member.
pub const APP_PASSWORDS_MAX: i64 = 40;
/// Letters of an app password.
pub const APP_PASSWORD_LETTERS: usize = 16;
/// Characters of an answer to a security question, fewest.
pub const SECURITY_ANSWER_CHARACTERS_MIN: usize = 3;
/// The same, most.
pub const SECURITY_ANSWER_CHARACTERS_MAX: usize = 40;
/// Security questions that are registered or asked, fewest.
pub const SECURITY_QUESTIONS_MIN: u8 = 3;
/// The same, most.
pub const SECURITY_QUESTIONS_MAX: u8 = 5;
/// Tries to answer one's security questions in [`QUESTION_TRIES_HOURS`], right ones among them.
pub const QUESTION_TRIES_MAX: usize = 5;
/// The window of [`QUESTION_TRIES_MAX`].
pub const QUESTION_TRIES_HOURS: i64 = 24;
/// Digits of the PIN of calls, fewest.
pub const CALL_PIN_DIGITS_MIN: usize = 4;
/// The same, most.
pub const CALL_PIN_DIGITS_MAX: usize = 10;
/// Digits of the code that reports fraud in a call, most: fewer than any PIN has, so that one is never taken for the other.
pub const FRAUD_CODE_DIGITS_MAX: usize = 3;
/// Days of a block, where nobody says otherwise.
pub const BLOCK_DAYS: i64 = 90;
/// The same, most: ten years. What lasts longer has no end.
pub const BLOCK_DAYS_MAX: i64 = 3_650;
/// The end of a block without end, in seconds since 1970: the first day of the year 9999.
pub const BLOCK_WITHOUT_END: i64 = 253_370_764_800;
/// Blocks of one member that are shown, newest first.
pub const BLOCKS_SHOWN: i64 = 20;
/// Seconds that a one-time bypass waits, fewest.
pub const BYPASS_SECONDS_MIN: i64 = 30;
/// The same, most: an hour.
pub const BYPASS_SECONDS_MAX: i64 = 3_600;
/// The same, where nobody says otherwise.
pub const BYPASS_SECONDS: i64 = 300;
/// Days for which a browser may be remembered, most.
pub const REMEMBER_DAYS_MAX: i64 = 30;
/// Days after which methods for a reset are looked at again, most.
pub const RECONFIRM_DAYS_MAX: i64 = 730;
/// Words that a tenant bans from passwords, most.
pub const BANNED_WORDS_MAX: usize = 1_000;
/// Characters of such a word.
pub const BANNED_WORD_CHARS: std::ops::RangeInclusive<usize> = 4..=16;
/// Addresses that are mailed about a fraud report.
pub const REPORTS_TO_MAX: usize = 10;
/// Hours for which a new phone or mailbox resets no password.
pub const RESET_COOL_HOURS: i64 = 24;
/// Days without use after which a phone or mailbox resets no password until it has been used again.
pub const RESET_IDLE_DAYS: i64 = 365;
/// Resets of one member in an hour, or phones or rounds of questions asked in them; after the last nothing is taken for [`RESET_WAIT_HOURS`].
pub const RESETS_HOUR_MAX: usize = 5;
/// The wait after them.
pub const RESET_WAIT_HOURS: i64 = 24;
/// Wrong codes in resets of one member in a row after which nothing is taken for [`RESET_WAIT_HOURS`], and longer each time.
pub const RESET_WRONG_MAX: i32 = 10;
/// Resets begun from one address in an hour, whoever they are for.
pub const RESETS_SOURCE_HOUR_MAX: usize = 30;
/// Minutes for which the right to set a password lives.
pub const RESET_RIGHT_MINUTES: i64 = 15;
/// Days for which the link of a notice works.
pub const NOTICE_LINK_DAYS: i64 = 7;
/// Trusted networks of one tenant.
pub const NETWORKS_MAX: i64 = 200;
/// The widest IPv4 network that may be trusted, in bits.
pub const NETWORK_BITS_MIN_V4: u8 = 8;
/// The widest IPv6 network that may be trusted, in bits.
pub const NETWORK_BITS_MIN_V6: u8 = 16;

/// Most makes and models of passkeys that a tenant's list holds.
pub const PASSKEY_MODELS_MAX: usize = 500;
/// Characters of an emergency key, of 5 bits each: 160 bits.
pub const EMERGENCY_KEY_CHARACTERS: usize = 32;
/// Days that an emergency key is good, most: five years.
pub const EMERGENCY_KEY_DAYS_MAX: i64 = 1_825;
/// Longest message of a ticket, in characters.
pub const TICKET_CHARACTERS_MAX: usize = 2_000;
/// Tickets about one name within 24 hours, most.
pub const TICKETS_DAY_MAX: i64 = 5;
/// Tickets from one place (an IPv4 address, an IPv6 /64) within 24 hours that were filed without being signed in, most.
pub const TICKETS_SOURCE_DAY_MAX: i64 = 20;
/// Tickets of a tenant within an hour that were filed without being signed in, most: a desk that drowns helps nobody.
pub const TICKETS_TENANT_HOUR_MAX: i64 = 200;
/// Messages of one ticket, most.
pub const TICKET_MESSAGES_MAX: i64 = 100;
/// Days for which a closed ticket is kept.
pub const TICKET_DAYS: i64 = 90;
/// Codes that a caller may read back wrongly in one check.
pub const CALLER_TRIES_MAX: i32 = 3;
/// Minutes for which the desk goes by the check of a caller.
pub const CALLER_CHECK_MINUTES: i64 = 30;
/// Bytes of a tenant's logo: a page of members stays under 100 KB with it.
pub const LOGO_BYTES_MAX: usize = 20_000;
/// Pixels of a logo in width.
pub const LOGO_WIDTH_MAX: u32 = 800;
/// Pixels of a logo in height.
pub const LOGO_HEIGHT_MAX: u32 = 400;
/// Pixels of either side of a logo at the least.
pub const LOGO_SIDE_MIN: u32 = 16;
/// Logos that are kept of a tenant, for the versions of its policy that name them.
pub const LOGOS_MAX: i64 = 100;
/// Seconds after which a message that no gateway has taken is said to be late.
pub const DELIVERY_LATE_SECONDS: i64 = 8;
