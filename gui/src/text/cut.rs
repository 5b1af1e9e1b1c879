//! Where long text is cut into parts that are quick to lay out.

/// Bytes of a paragraph that are laid out at once.
pub const PARAGRAPH_BYTES: usize = 4 << 10;
/// Lines of code, of a diff, of output that are laid out at once.
pub const LINES: usize = 50;
/// Rows of a table that are laid out at once.
pub const TABLE_ROWS: usize = 20;

/// Where to cut a paragraph: behind a line feed, else behind a space, else between two characters.
pub fn paragraph(text: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut from = 0;
    while text.len() - from > PARAGRAPH_BYTES {
        let most = floor(text, from + PARAGRAPH_BYTES);
        let window = text.get(from..most).unwrap_or_default();
        // Not too early: a part of a few words would be seen.
        let least = window.len() / 2;
        let behind = |found: Option<usize>| found.filter(|at| *at >= least).map(|at| from + at + 1);
        let cut = behind(window.rfind('\n')).or_else(|| behind(window.rfind(' '))).unwrap_or(most);
        cuts.push(cut);
        from = cut;
    }
    cuts
}

/// Where to cut lines: behind every [`LINES`]th line feed, and within what is longer than [`PARAGRAPH_BYTES`].
pub fn lines(text: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    // Where the part that is open begins, and how many lines it has.
    let (mut from, mut count) = (0, 0);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if count == LINES || (count > 0 && end - from > PARAGRAPH_BYTES) {
            cuts.push(start);
            (from, count) = (start, 0);
        }
        while end - from > PARAGRAPH_BYTES {
            from = floor(text, from + PARAGRAPH_BYTES);
            cuts.push(from);
        }
        count += 1;
        start = end;
    }
    cuts
}

/// The last boundary of characters at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
