//! A one-time code: one real input painted as boxes, so that paste, autofill and screen readers just work.

use leptos::prelude::*;

use super::{Field, field::described_by};

/// How many digits a code has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digits {
    /// Six.
    #[default]
    Six,
    /// Eight.
    Eight,
    /// Some that are asked for have six, others eight.
    SixOrEight,
}

impl From<u8> for Digits {
    fn from(digits: u8) -> Self {
        if digits == 8 { Self::Eight } else { Self::Six }
    }
}

impl Digits {
    /// Those of the codes that may be typed.
    pub fn of(all: impl IntoIterator<Item = u8>) -> Self {
        let mut all = all.into_iter().map(Self::from);
        let first = all.next().unwrap_or_default();
        if all.all(|digits| digits == first) { first } else { Self::SixOrEight }
    }

    const fn least(self) -> u8 {
        match self {
            Self::Six | Self::SixOrEight => 6,
            Self::Eight => 8,
        }
    }

    const fn most(self) -> u8 {
        match self {
            Self::Six => 6,
            Self::Eight | Self::SixOrEight => 8,
        }
    }

    /// The label of a field for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Six => text!(sign_in.code_label_six),
            Self::Eight => text!(sign_in.code_label_eight),
            Self::SixOrEight => text!(sign_in.code_label_either),
        }
    }

    /// What is wrong with what has another number of them.
    pub fn wrong_form(self) -> String {
        match self {
            Self::SixOrEight => text!(problems.code_form_either).to_owned(),
            digits => text!(problems.code_form, digits = digits.most()),
        }
    }
}

/// The code field.
#[component]
pub fn CodeBoxes(
    /// The label.
    #[prop(into)]
    label: String,
    /// The name it is sent under.
    #[prop(default = "code".to_owned(), into)]
    name: String,
    /// How many digits the code has.
    #[prop(optional, into)]
    digits: Digits,
    /// What was typed.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// What to know before typing.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Gets the focus when the page opens.
    #[prop(optional)]
    focus: bool,
    /// Where script runs, sends the form at the last digit.
    #[prop(default = true)]
    submits: bool,
    /// The id, when the name alone is not unique on the page.
    #[prop(optional_no_strip, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("f-{name}"));
    let described_by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some();
    let (least, most) = (digits.least(), digits.most());
    let class = if most == 8 { "code-boxes eight" } else { "code-boxes" };
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <input
                class=class
                id=id
                name=name
                inputmode="numeric"
                autocomplete="one-time-code"
                // Room for the spaces and hyphens that codes are copied with.
                maxlength=(most + 3).to_string()
                pattern=format!("[0-9](?:[ \\-]?[0-9]){{{},{}}}", least - 1, most - 1)
                data-digits=most.to_string()
                value=value
                required
                autofocus=focus
                aria-invalid=invalid.then_some("true")
                aria-describedby=described_by
                data-submit-when-full=submits.then_some("")
            />
        </Field>
    }
}
