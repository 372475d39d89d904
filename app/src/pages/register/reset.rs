//! For the day one forgets the password: what is old is tried out, and what is missing is added. The sign-in is over; it can wait.

use leptos::prelude::*;

use super::{Mode, Offer, PATH, choose::offers_list, reasons, skip, stair};
use crate::{
    components::Toast,
    pages::security_info::{MethodView, Notice, to_try},
};

/// What a reset takes that is not there.
#[derive(Clone, Debug)]
pub struct ForReset {
    /// How many different things are shown in a reset.
    pub gates: usize,
    /// How many of them there are.
    pub proofs: usize,
    /// What would be one more, as it is offered; empty where there are enough.
    pub offers: Vec<Offer>,
    /// What nobody has looked at for long.
    pub stale: Vec<MethodView>,
    /// What has just been done.
    pub notice: Option<Notice>,
}

pub(super) fn view(mode: &Mode, tenant: &str, model: ForReset) -> AnyView {
    let ForReset {
        gates,
        proofs,
        offers,
        stale,
        notice,
    } = model;
    let missing = !offers.is_empty();
    let of = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let step = missing.then(|| stair((of(proofs + 1), of(gates)), text!(register.part_choose)));
    let head = match missing {
        true => view! { <h1>{text!(register.reset_title)}</h1>{reasons(mode, tenant)} }.into_any(),
        false => view! { <h1>{text!(register.reset_stale_title)}</h1> }.into_any(),
    };
    let two = (missing && gates > 1).then(|| match proofs {
        0 => text!(register.reset_two_none),
        _ => text!(register.reset_two_one),
    });
    let stale = (!stale.is_empty()).then(|| {
        let words = text!(register.reset_stale, count = stale.len());
        let title = missing.then(|| view! { <h2>{text!(register.reset_stale_title)}</h2> });
        view! {
            <section class="stack">
                <div class="lead">{title}<p>{words}</p></div>
                <ul class="stack tight">{stale.into_iter().map(to_try).collect_view()}</ul>
            </section>
        }
    });
    let offers = missing.then(|| {
        view! {
            <form method="post" action=PATH>
                <input type="hidden" name="step" value="choose"/>
                <ul class="stack tight">{offers_list(offers)}</ul>
            </form>
        }
    });
    view! {
        {step}
        {notice.map(|notice| view! { <Toast>{notice.words()}</Toast> })}
        <div class="lead">{head}{two.map(|words| view! { <p>{words}</p> })}</div>
        {offers}
        {stale}
        {skip(mode)}
    }
    .into_any()
}
