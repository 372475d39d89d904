//! Light, dark, or whatever the device says; remembered in a cookie.

/// The cookie that remembers the choice.
pub const COOKIE: &str = "theme";

/// How the page is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    #[default]
    System,
    /// By day.
    Light,
    /// By night.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word for the cookie and the address.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the word of the cookie or the address.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.key() == key)
    }

    /// The value of `data-theme` on the document; nothing when the device decides.
    #[must_use]
    pub fn forced(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.key())
    }

    /// The value of the `color-scheme` meta tag, so that the first paint already has the right canvas.
    #[must_use]
    pub fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
