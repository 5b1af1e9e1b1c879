//! The escape character, as ssh has it: what is typed behind it at the beginning of a line is for us.

/// What was typed, told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// For the program.
    Keys(Vec<u8>),
    /// `~.`: leave.
    Leave,
}

/// Looks for the escape character.
#[derive(Clone, Debug)]
pub struct Escape {
    character: Option<u8>,
    /// Whether a line begins here.
    at_begin: bool,
    /// Whether the character was typed and what follows isn't.
    open: bool,
}

impl Escape {
    /// `None` looks for nothing.
    pub fn new(character: Option<u8>) -> Self {
        Self { character, at_begin: true, open: false }
    }

    /// Tells what was typed apart; what stands behind a leave is nobody's.
    pub fn read(&mut self, typed: &[u8]) -> Vec<Typed> {
        let mut keys = Vec::with_capacity(typed.len());
        let mut out = Vec::new();
        for byte in typed {
            if std::mem::take(&mut self.open) {
                match (*byte, self.character) {
                    (b'.', _) => {
                        if !keys.is_empty() {
                            out.push(Typed::Keys(keys));
                        }
                        out.push(Typed::Leave);
                        return out;
                    }
                    // Twice is once.
                    (twice, Some(character)) if twice == character => {}
                    (_, Some(character)) => keys.push(character),
                    (_, None) => {}
                }
            } else if self.at_begin && Some(*byte) == self.character {
                self.open = true;
                continue;
            }
            self.at_begin = matches!(byte, b'\r' | b'\n');
            keys.push(*byte);
        }
        if !keys.is_empty() {
            out.push(Typed::Keys(keys));
        }
        out
    }
}

/// Reads `--escape`: one character, `^X`, or `none`.
///
/// # Errors
///
/// What it should be.
pub fn character(text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        _ if text == "none" => Ok(None),
        [one @ 0x21..=0x7e] => Ok(Some(*one)),
        [b'^', letter @ (b'@'..=b'_' | b'a'..=b'z')] => Ok(Some(letter & 0x1f)),
        _ => Err("give one character, such as ~, or ^X for Ctrl-X, or none".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Typed {
        Typed::Keys(text.into())
    }

    #[test]
    fn it_counts_at_the_beginning_of_a_line_only() {
        let mut escape = Escape::new(Some(b'~'));
        assert_eq!(escape.read(b"a~."), [keys("a~.")]);
        assert_eq!(escape.read(b"\r~"), [keys("\r")]);
        assert_eq!(escape.read(b".x"), [Typed::Leave]);
    }

    #[test]
    fn twice_is_once_and_anything_else_is_both() {
        let mut escape = Escape::new(Some(b'~'));
        assert_eq!(escape.read(b"~~.\r~x~.\r"), [keys("~.\r~x~.\r")]);
        assert_eq!(escape.read(b"ls\r~."), [keys("ls\r"), Typed::Leave]);
    }

    #[test]
    fn without_one_everything_is_typed() {
        assert_eq!(Escape::new(None).read(b"~."), [keys("~.")]);
        assert_eq!(character("none"), Ok(None));
        assert_eq!(character("^]"), Ok(Some(0x1d)));
        assert_eq!(character("~"), Ok(Some(b'~')));
        assert!(character("ab").is_err() && character("").is_err() && character("é").is_err());
    }
}
