//! Titles, as they may be shown.

/// More than any tab shows; xterm keeps whatever comes.
const LONGEST: usize = 256;

/// A title without what would break a line of text or turn its order round; `None` when nothing is left.
pub(super) fn cleaned(title: &str) -> Option<String> {
    let shown: String = title
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !steers_text(*c))
        .take(LONGEST)
        .collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

/// Characters that are not seen and change how their neighbours are read.
fn steers_text(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_short_line_in_the_order_in_which_it_is_written() {
        assert_eq!(cleaned("  vim\nfile\t"), Some("vim file".to_owned()));
        assert_eq!(cleaned("a\u{202e}gpj.exe\u{7}"), Some("agpj.exe".to_owned()));
        assert_eq!(cleaned("\u{1b}\u{200b} "), None);
        assert_eq!(cleaned(&"x".repeat(5000)).map(|title| title.len()), Some(LONGEST));
    }
}
