//! The square, the same secret as a link for a phone, and as a key to type.

use leptos::prelude::*;
use model::{OathAlgorithm, OathParams};

use super::{Mode, PATH, cancel, reasons, skip, stair};
use crate::{
    components::{Button, ButtonSize, CopyBox, CopyLook, Fact, Facts, Icon, IconName, QrFrame},
    format,
};

/// A secret that an app is to take over. Shown once; the answer must not be compressed.
#[derive(Clone)]
pub struct Square {
    /// The name of the account in the app.
    pub issuer: String,
    /// The `otpauth://` address in the square.
    pub otpauth: String,
    /// The same secret in Base32, to type.
    pub key: String,
    /// How the codes are made.
    pub params: OathParams,
}

/// The secret stays out of every print.
impl std::fmt::Debug for Square {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Square").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

pub(super) fn view(mode: &Mode, tenant: &str, square: Square, passkey: bool, progress: (u8, u8)) -> AnyView {
    view! {
        <div class="lead">
            {stair(progress, text!(register.part_app))}
            <h1>{text!(register.scan_title)}</h1>
            {reasons(mode, tenant)}
        </div>
        {passkey.then(super::passkey::first)}
        {ways(square)}
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="scanned"/>
            <Button size=ButtonSize::Block>{text!(register.added)}</Button>
        </form>
        <div class="row apart small"><a href=format!("{PATH}?show=choose")>{text!(register.something_else)}</a>{skip(mode)}</div>
        {cancel(mode)}
    }
    .into_any()
}

/// Open, scan, or type.
pub(super) fn ways(square: Square) -> AnyView {
    let Square { issuer, otpauth, key, params } = square;
    // The values that nearly every app assumes need no words.
    let unusual = (params != OathParams::default()).then(|| {
        let algorithm = match params.algorithm {
            OathAlgorithm::Sha1 => "SHA-1",
            OathAlgorithm::Sha256 => "SHA-256",
            OathAlgorithm::Sha512 => "SHA-512",
        };
        view! {
            <Fact name=text!(register.key_algorithm)>{algorithm}</Fact>
            <Fact name=text!(register.key_period)>{format::duration(u64::from(params.period).min(59))}</Fact>
        }
    });
    view! {
        <div class="scan-ways stack">
            <a class="button primary block phone-only" href=otpauth.clone()><Icon name=IconName::MethodApp/>{text!(register.open_app)}</a>
            <div class="or phone-only">{text!(register.or_other_phone)}</div>
            <QrFrame content=otpauth label=text!(register.qr_label)/>
            <p class="muted small qr-words">{rich!(register.scan_words, <b> = <strong/>)}</p>
        </div>
        <div>
            <details class="disclose">
                <summary>{text!(register.cannot_scan)}</summary>
                <div class="stack tight">
                    <p class="muted small">{rich!(register.type_key, <b> = <strong/>)}</p>
                    <Facts>
                        <Fact name=text!(register.key_account)>{issuer}</Fact>
                        <Fact name=text!(register.key)><CopyBox text=in_fours(&key) look=CopyLook::Block/></Fact>
                        <Fact name=text!(register.key_kind)>{text!(register.key_kind_time, digits = params.digits)}</Fact>
                        {unusual}
                    </Facts>
                </div>
            </details>
            <details class="disclose">
                <summary>{text!(register.no_app)}</summary>
                <div class="stack tight"><p class="muted small">{text!(register.no_app_words)}</p></div>
            </details>
        </div>
    }
    .into_any()
}

/// Groups of four, as people read and type it.
fn in_fours(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::in_fours;

    #[test]
    fn a_key_is_read_in_groups_of_four() {
        assert_eq!(in_fours("JV4VG2LOMV"), "JV4V G2LO MV");
    }
}
