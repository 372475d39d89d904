//! A QR code, drawn by the server.

use fast_qr::{ECL, QRBuilder};
use leptos::prelude::*;

/// White modules around the code, so that a camera finds it.
const QUIET_ZONE: usize = 2;

/// The square. A text too long for a QR code (about 2,300 characters) gives no square; the typed key stands beside it anyway.
#[component]
pub fn QrFrame(
    /// What the camera reads.
    #[prop(into)]
    content: String,
    /// What it is; for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let code = QRBuilder::new(content.as_bytes()).ecl(ECL::M).build().ok()?;
    let side = code.size + 2 * QUIET_ZONE;
    let path = path(code.size, |row, column| code[row][column].value());
    Some(view! {
        <div class="qr-frame">
            <svg viewBox=format!("0 0 {side} {side}") role="img" aria-label=label>
                <rect width=side.to_string() height=side.to_string() fill="white"></rect>
                <path d=path fill="black"></path>
            </svg>
        </div>
    })
}

/// One rectangle for each run of dark modules in a row.
fn path(size: usize, dark: impl Fn(usize, usize) -> bool) -> String {
    let mut path = String::new();
    for row in 0..size {
        let mut column = 0;
        while column < size {
            let start = column;
            while column < size && dark(row, column) {
                column += 1;
            }
            if column > start {
                let width = column - start;
                path.push_str(&format!("M{} {}h{width}v1h-{width}z", start + QUIET_ZONE, row + QUIET_ZONE));
            }
            column += 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn runs_of_dark_modules_become_one_rectangle() {
        assert_eq!(path(3, |row, column| row == 0 || column == 2), "M2 2h3v1h-3zM4 3h1v1h-1zM4 4h1v1h-1z");
    }
}
