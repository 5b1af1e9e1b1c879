//! What bytes are: text that can be edited, text that can be shown, or neither.

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// A byte for each letter.
    Latin1,
}

/// So much is looked at to tell text from what is none: as git does it (`buffer_is_binary`).
const LOOKED_AT: usize = 8000;

impl Encoding {
    /// What bytes from a file's beginning are, and whether they are all of it; `None` when they are no text.
    pub fn of(bytes: &[u8], whole: bool) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xfe]) {
            return Some(Self::Utf16Le);
        }
        if bytes.starts_with(&[0xfe, 0xff]) {
            return Some(Self::Utf16Be);
        }
        if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => Some(Self::Utf8),
            // A letter that is cut off where the bytes end.
            Err(error) if !whole && error.error_len().is_none() => Some(Self::Utf8),
            Err(_) => Some(Self::Latin1),
        }
    }

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Latin1 => "not UTF-8, shown as Latin-1",
        }
    }
}

/// Bytes as text; what is none is shown as such.
pub fn decode(bytes: &[u8], encoding: Encoding) -> String {
    let pairs = |of: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().skip(1).map(|pair| of(*pair));
        char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
    };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => pairs(u16::from_le_bytes),
        Encoding::Utf16Be => pairs(u16::from_be_bytes),
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_apart() {
        assert_eq!(Encoding::of(b"", true), Some(Encoding::Utf8));
        assert_eq!(Encoding::of("ä\n".as_bytes(), true), Some(Encoding::Utf8));
        assert_eq!(Encoding::of(b"a\xc3", true), Some(Encoding::Latin1));
        assert_eq!(Encoding::of(b"a\xc3", false), Some(Encoding::Utf8));
        assert_eq!(Encoding::of(b"a\xffb", false), Some(Encoding::Latin1));
        assert_eq!(Encoding::of(b"\x7fELF\0", true), None);
        assert_eq!(Encoding::of(b"\xff\xfea\0", true), Some(Encoding::Utf16Le));
    }

    #[test]
    fn what_is_no_utf_8_can_be_read() {
        assert_eq!(decode(b"\xff\xfea\0\xe4\0", Encoding::Utf16Le), "aä");
        assert_eq!(decode(b"\xfe\xff\0a", Encoding::Utf16Be), "a");
        assert_eq!(decode(b"gr\xfc\xdf", Encoding::Latin1), "grüß");
    }
}
