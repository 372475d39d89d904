//! The way back in: ten codes, shown once.

use leptos::prelude::*;

use super::{PATH, stair};
use crate::components::{Button, ButtonLook, ButtonSize, Check, Icon, IconName, RecoveryCodes};

pub(super) fn view(codes: Vec<String>, unticked: bool, progress: (u8, u8)) -> AnyView {
    view! {
        <div class="lead">
            {stair(progress, text!(register.part_way_back))}
            <h1>{text!(register.codes_title)}</h1>
            <p>{text!(register.codes_lead)}</p>
        </div>
        {saved_form(codes, unticked, PATH)}
    }
    .into_any()
}

/// The codes with the box to tick; also for a new set from the security info.
pub(crate) fn saved_form(codes: Vec<String>, unticked: bool, action: &'static str) -> AnyView {
    let error = unticked.then(|| {
        view! { <p class="error" role="alert"><Icon name=IconName::XCircle/>{text!(register.saved_needed)}</p> }
    });
    view! {
        <RecoveryCodes codes=codes file_name=text!(register.codes_file)/>
        <form class="stack" method="post" action=action>
            <input type="hidden" name="step" value="codes"/>
            <div class="field"><Check name="saved" required=true>{text!(register.saved)}</Check>{error}</div>
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(register.finish)}</Button>
        </form>
    }
    .into_any()
}
