//! The design system: small parts that know nothing of what they show. One file a part, drawn in `style/components/` under the same
//! name; every state is on the design page.

mod badge;
mod banner;
mod button;
mod chart;
mod check;
mod chip;
mod code_boxes;
mod copy_box;
mod countdown;
mod diagnosis;
mod dialog;
mod drawer;
mod empty_state;
mod facets;
mod facts;
mod field;
mod file_field;
mod icon;
mod kbd;
mod logo;
mod method_card;
mod method_icon;
mod new_rows;
mod number_match;
mod pager;
mod person;
mod progress;
mod qr_frame;
mod recovery_codes;
mod search;
mod select;
mod selection_bar;
mod side_nav;
mod stat;
mod stepper;
mod switches;
mod table;
mod tabs;
mod textarea;
mod timeline;
mod toast;
mod top_bar;

pub use badge::*;
pub use banner::*;
pub use button::*;
pub use chart::*;
pub use check::*;
pub use chip::*;
pub use code_boxes::*;
pub use copy_box::*;
pub use countdown::*;
pub use diagnosis::*;
pub use dialog::*;
pub use drawer::*;
pub use empty_state::*;
pub use facets::*;
pub use facts::*;
pub use field::*;
pub use file_field::*;
pub use icon::*;
pub use kbd::*;
pub use logo::*;
pub use method_card::*;
pub use method_icon::*;
pub use new_rows::*;
pub use number_match::*;
pub use pager::*;
pub use person::*;
pub use progress::*;
pub use qr_frame::*;
pub use recovery_codes::*;
pub use search::*;
pub use select::*;
pub use selection_bar::*;
pub use side_nav::*;
pub use stat::*;
pub use stepper::*;
pub use switches::*;
pub use table::*;
pub use tabs::*;
pub use textarea::*;
pub use timeline::*;
pub use toast::*;
pub use top_bar::*;

/// Joins the class names that are not empty.
fn classes<const COUNT: usize>(names: [&str; COUNT]) -> String {
    let mut joined = String::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(name);
    }
    joined
}
