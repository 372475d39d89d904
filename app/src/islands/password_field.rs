//! A field for a new password with a hint how strong it is while one types. A hint only: the server judges with a better measure.

// The macro writes a second struct for the props on the wire and gives it no doc line.
#![allow(missing_docs)]

use leptos::prelude::*;
use model::{Banned, BannedWords};
use serde::{Deserialize, Serialize};

/// The words of the field in the language of the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasswordWords {
    /// The label.
    pub label: String,
    /// What makes a good password.
    pub hint: String,
    /// The name of the meter, for screen readers.
    pub meter: String,
    /// Shown for too few characters.
    pub too_short: String,
    /// Shown for a weak one.
    pub weak: String,
    /// Shown for a fair one.
    pub fair: String,
    /// Shown for a strong one.
    pub strong: String,
    /// Shown when little is left beside the name of the person or the organisation.
    pub personal: String,
    /// Shown when little is left beside what everybody chooses.
    pub common: String,
    /// The button that shows what was typed.
    pub show: String,
    /// The button that hides it again.
    pub hide: String,
}

/// How good a password looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Nothing,
    Short,
    Personal,
    Common,
    Weak,
    Fair,
    Strong,
}

impl Look {
    /// Filled parts of the meter, out of four.
    fn level(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Short | Self::Personal | Self::Common => 1,
            Self::Weak => 2,
            Self::Fair => 3,
            Self::Strong => 4,
        }
    }
}

/// Counts what an attacker must guess: length, weighed by how many different characters there are; runs and repeats count for little.
fn look(password: &str, length_min: usize, words: &BannedWords) -> Look {
    let lower = password.to_lowercase();
    let length = password.chars().count();
    if length == 0 {
        return Look::Nothing;
    }
    if length < length_min {
        return Look::Short;
    }
    match words.problem(password) {
        Some(Banned::Common) => return Look::Common,
        Some(Banned::Words) => return Look::Personal,
        None => {}
    }
    let letters: Vec<char> = lower.chars().collect();
    let fresh = letters.windows(2).filter(|pair| (u32::from(pair[1])).abs_diff(u32::from(pair[0])) > 1).count();
    let mut different = letters;
    different.sort_unstable();
    different.dedup();
    match fresh.min(different.len() * 2) {
        0..8 => Look::Weak,
        8..15 => Look::Fair,
        _ => Look::Strong,
    }
}

/// The field. Without script it is an ordinary password field.
#[island]
pub fn PasswordField(
    /// The name it is sent under.
    name: String,
    /// Its words.
    words: PasswordWords,
    /// The fewest characters a password has.
    length_min: usize,
    /// Names that hardly count in it.
    personal: Vec<String>,
    /// What the server found wrong with the last one.
    error: Option<String>,
    /// The address of the icon before it.
    icon: String,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    let (seen, set_seen) = signal(Look::Nothing);
    let (shown, set_shown) = signal(false);
    let judge = {
        // What the server holds it against too, but for the organisation's own list: that one is nobody's business before he is in.
        let banned = BannedWords::new([], personal.iter().map(String::as_str));
        move |typed: &str| set_seen.set(look(typed, length_min, &banned))
    };
    // The browser may have filled the field before the wasm arrived.
    Effect::new({
        let judge = judge.clone();
        move || {
            if let Some(input) = input.get() {
                judge(&input.value());
            }
        }
    });
    let id = format!("f-{name}");
    let (hint_id, error_id, meter_id) = (format!("{id}-hint"), format!("{id}-error"), format!("{id}-meter"));
    let described_by = format!("{hint_id} {error_id} {meter_id}");
    let invalid = error.is_some();
    let PasswordWords {
        label,
        hint,
        meter,
        too_short,
        weak,
        fair,
        strong,
        personal: has_name,
        common,
        show,
        hide,
    } = words;
    let verdict = move || match seen.get() {
        Look::Nothing => String::new(),
        Look::Short => too_short.clone(),
        Look::Personal => has_name.clone(),
        Look::Common => common.clone(),
        Look::Weak => weak.clone(),
        Look::Fair => fair.clone(),
        Look::Strong => strong.clone(),
    };
    view! {
        <div class="field password-field">
            <label for=id.clone()>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            <div class="with-button">
                <input
                    class="input"
                    id=id
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete="new-password"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="256"
                    required
                    autofocus=invalid
                    aria-invalid=invalid.then_some("true")
                    aria-describedby=described_by
                    node_ref=input
                    on:input:target=move |event| judge(&event.target().value())
                />
                <button
                    class="button quiet"
                    type="button"
                    aria-pressed=move || shown.get().to_string()
                    data-needs-script=""
                    on:click=move |_| set_shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { hide.clone() } else { show.clone() }}
                </button>
            </div>
            <p class="error" id=error_id hidden=!invalid>
                <svg class="icon" aria-hidden="true"><use href=icon></use></svg>
                {error.unwrap_or_default()}
            </p>
            <div class="strength" id=meter_id aria-live="polite" data-needs-script="">
                <svg viewBox="0 0 200 6" preserveAspectRatio="none" role="img" aria-label=meter data-level=move || seen.get().level().to_string()>
                    <rect width="47" height="6" rx="2"></rect>
                    <rect x="51" width="47" height="6" rx="2"></rect>
                    <rect x="102" width="47" height="6" rx="2"></rect>
                    <rect x="153" width="47" height="6" rx="2"></rect>
                </svg>
                <span>{verdict}</span>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::{BannedWords, Look, look};

    #[test]
    fn long_and_varied_is_strong_and_names_are_not() {
        let words = BannedWords::new([], ["duinmeer"]);
        let judged = |password| look(password, 8, &words);
        assert_eq!(judged(""), Look::Nothing);
        assert_eq!(judged("kort"), Look::Short);
        assert_eq!(judged("aaaaaaaaaaaaaaaa"), Look::Weak);
        assert_eq!(judged("abcdefghijklmnop"), Look::Weak);
        assert_eq!(judged("Duinmeer2026!x"), Look::Personal);
        assert_eq!(judged("W@chtwoord2026!"), Look::Common);
        assert_eq!(judged("een lange wandeling door de duinen"), Look::Strong);
    }
}
