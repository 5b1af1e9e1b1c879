//! Keeping what is shown within bounds.

/// Tool outputs and kept lines are cut at so many bytes.
pub(crate) const LIMIT_BYTES: usize = 64 * 1024;

/// `text`, with its middle taken out when it has more than 64 KiB.
pub(crate) fn cut(text: &str) -> String {
    if text.len() <= LIMIT_BYTES {
        return text.to_owned();
    }
    let half = LIMIT_BYTES / 2;
    let head = floor(text, half);
    let tail = ceil(text, text.len() - half);
    let gone = tail - head;
    format!("{}\n[… {gone} bytes left out …]\n{}", &text[..head], &text[tail..])
}

/// `text` without what is behind 64 KiB.
pub(super) fn cut_end(text: &str) -> &str {
    if text.len() <= LIMIT_BYTES { text } else { &text[..floor(text, LIMIT_BYTES)] }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_stay_and_characters_stay_whole() {
        let text = format!("begin{}end", "ä".repeat(LIMIT_BYTES));
        let short = cut(&text);
        assert!(short.starts_with("begin") && short.ends_with("end"));
        assert!(short.len() < LIMIT_BYTES + 64 && short.contains("bytes left out"));
        assert_eq!(cut("short"), "short");
        assert!(cut_end(&text).len() <= LIMIT_BYTES);
    }
}
