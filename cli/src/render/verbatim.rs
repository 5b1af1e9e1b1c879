//! Text that a program printed for people: shown as it stands, line by line.

use super::clean::clean;

/// What is out of the text of a turn.
#[derive(Debug, Default)]
pub struct Verbatim {
    /// The piece as far as it is out: what comes later must begin with it.
    printed: String,
    /// Whether anything is out.
    begun: bool,
}

impl Verbatim {
    /// Whether anything was printed.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Takes the piece so far, and returns its new whole lines.
    pub fn grow(&mut self, text: &str) -> Vec<String> {
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let text = clean(&text[..whole]);
        // Another text: the whole of it comes with its end.
        if text.starts_with(&self.printed) { self.new_lines(text) } else { Vec::new() }
    }

    /// Takes the finished piece, and returns what isn't out yet. The next piece begins anew.
    pub fn finish(&mut self, text: &str) -> Vec<String> {
        let text = clean(text);
        if !text.starts_with(&self.printed) {
            // It isn't the text that was announced: nothing of it may be missing.
            self.printed.clear();
        }
        let lines = self.new_lines(text);
        self.printed.clear();
        lines
    }

    fn new_lines(&mut self, text: String) -> Vec<String> {
        let new = &text[self.printed.len()..];
        let lines: Vec<String> = new.lines().map(ToOwned::to_owned).collect();
        self.begun |= !lines.is_empty();
        self.printed = text;
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_comes_once_and_as_it_is() {
        let mut verbatim = Verbatim::default();
        assert_eq!(verbatim.grow("a   b"), [""; 0]);
        assert!(!verbatim.has_begun());
        assert_eq!(verbatim.grow("a   b\n* c\n  d"), ["a   b", "* c"]);
        assert_eq!(verbatim.finish("a   b\n* c\n  d\n\n"), ["  d", ""]);
        // Another piece.
        assert_eq!(verbatim.grow("e\x1b[2J\n"), ["e^[[2J"]);
        assert_eq!(verbatim.finish("e\x1b[2J\n\tf"), ["    f"]);
        assert!(verbatim.has_begun());
        // Whoever tells it may have changed, and not know of the beginning.
        assert_eq!(verbatim.grow("g\nh\n"), ["g", "h"]);
        assert_eq!(verbatim.grow("i\nj\nk\n"), [""; 0]);
        assert_eq!(verbatim.finish("g\nh\ni\n"), ["i"]);
    }
}
