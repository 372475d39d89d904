//! The texts of `locales/`, as typed keys. Pages write `text!(area.key)` or `text!(area.key, name = value)`: the language is that of
//! the visit being rendered, and a key that does not exist in both languages does not compile.

#[allow(missing_docs, unreachable_pub, clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
}

pub use generated::i18n::*;

/// The text of a key in the language of the visit being rendered; a `&'static str`, or a `String` when it has values in it.
#[macro_export]
macro_rules! text {
    ($($key:tt)*) => {
        ::leptos_i18n::td_string!($crate::visit::locale(), $($key)*)
    };
}

/// Like [`text!`], for texts with marked parts: `rich!(area.key, <b> = <strong/>)` gives a view.
#[macro_export]
macro_rules! rich {
    ($($key:tt)*) => {
        ::leptos_i18n::td!($crate::visit::locale(), $($key)*)
    };
}
