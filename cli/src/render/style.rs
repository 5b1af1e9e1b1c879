//! The styles of a transcript. Text reads without them, too.

use anstyle::{AnsiColor, Style};

pub const PLAIN: Style = Style::new();
pub const STRONG: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const CODE: Style = AnsiColor::Cyan.on_default();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const WARN: Style = AnsiColor::Yellow.on_default();

/// The text in a style, which ends with it.
pub fn styled(style: Style, text: &str) -> String {
    if style == PLAIN || text.is_empty() {
        text.to_owned()
    } else {
        format!("{style}{text}{style:#}")
    }
}

/// Each line in a style of its own, so that a pager or a cut line shows no odd colours.
pub fn styled_lines(style: Style, text: &str) -> String {
    text.split('\n').map(|line| styled(style, line)).collect::<Vec<_>>().join("\n")
}
