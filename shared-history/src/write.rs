//! Adding entries to a file, whatever state its last line is in.

use crate::{
    Append, Appended, Denial, Entry, Files, FilesError, Head, LONGEST_LINE, Malformed, Mend,
    NewLine,
};

/// How often a torn last line is mended in one go. Each time is another line that somebody has left half-written.
const MENDS: usize = 4;

/// An entry that is ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    id: String,
    text: Vec<u8>,
}

impl Prepared {
    /// Writes an entry's line.
    ///
    /// # Errors
    ///
    /// [`Malformed::TooLong`] for one that nobody would read: shorten its answer.
    pub fn new(entry: &Entry) -> Result<Self, Malformed> {
        Self::from_line(entry.to_line())
    }

    /// Takes a line as it stands, without its end.
    ///
    /// # Errors
    ///
    /// It is no entry, or not one line.
    pub fn from_line(text: Vec<u8>) -> Result<Self, Malformed> {
        if text.len() > LONGEST_LINE {
            return Err(Malformed::TooLong);
        }
        if text.contains(&b'\n') {
            return Err(Malformed::NotJson);
        }
        let id = id_in_json(&Head::parse(&text)?.id);
        Ok(Self { id, text })
    }

    /// Returns it as [`write()`] takes it.
    #[must_use]
    pub fn line(&self) -> NewLine<'_> {
        NewLine { id: &self.id, text: &self.text }
    }
}

fn id_in_json(id: &str) -> String {
    let mut quoted = Vec::with_capacity(id.len() + 2);
    crate::json::write(crate::json::Value::Text(id), &mut quoted);
    String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned()
}

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many of the lines were there before.
    pub found: usize,
    /// How many torn lines of others were moved out of the file, into `.<name>.torn` beside it.
    pub set_aside: usize,
    /// The file's inode.
    pub identity: u64,
    /// Its size in bytes.
    pub size: u64,
}

/// Appends lines to a file. A torn last line gets its end, or is set aside.
///
/// `in_doubt`: some of the lines may be there already, because nobody knows what came of an attempt before.
///
/// # Errors
///
/// What [`Files::append`] says; after anything but [`FilesError::InDoubt`] no line was added.
pub async fn write(
    files: &dyn Files,
    name: &str,
    lines: &[NewLine<'_>],
    in_doubt: bool,
) -> Result<Written, FilesError> {
    let (mut mend, mut set_aside) = (None, 0);
    for _ in 0..=MENDS {
        match files.append(&Append { name, lines, in_doubt, mend }).await? {
            Appended::Done { found, identity, size } => {
                set_aside += usize::from(mend.is_some_and(|mend| !mend.is_whole));
                return Ok(Written { found, set_aside, identity, size });
            }
            Appended::Torn { from, size, fragment } => {
                mend = Some(Mend { from, size, is_whole: is_whole(fragment.as_deref()) });
            }
        }
    }
    let denial = Denial::Other("its last line is always being written by somebody".to_owned());
    Err(FilesError::Denied { path: name.to_owned(), denial })
}

/// Whether a last line without an end lacks nothing else: it is an object. One that is too long to be shown isn't half
/// of what we write either, and stays where it is.
fn is_whole(fragment: Option<&[u8]>) -> bool {
    let Some(fragment) = fragment else { return true };
    match Head::parse(fragment) {
        Ok(_) | Err(Malformed::NoId | Malformed::NoTimestamp) => true,
        Err(Malformed::NotJson | Malformed::NotAnObject | Malformed::TooLong) => false,
    }
}

/// Whether a file with so many lines is to be trimmed to `limit`: when it has a tenth more, so that it is rare.
#[must_use]
pub fn needs_trim(lines: u64, limit: u64) -> bool {
    lines > limit.saturating_add(limit / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_that_is_an_object_only_lacks_its_end() {
        assert!(is_whole(Some(br#"{"id":"a","timestamp":1}"#)));
        assert!(is_whole(Some(br#"{"some":"thing"}"#)));
        assert!(is_whole(None));
        for torn in [&b"{\"id\":\"a\",\"timest"[..], b"42", b"{", b"null", b"\xFF"] {
            assert!(!is_whole(Some(torn)), "{torn:?}");
        }
    }

    #[test]
    fn a_file_is_trimmed_when_it_has_a_tenth_too_many() {
        assert!(!needs_trim(5500, 5000));
        assert!(needs_trim(5501, 5000));
        assert!(!needs_trim(u64::MAX, u64::MAX));
    }

    #[test]
    fn what_nobody_would_read_is_not_written() {
        let mut entry = Entry::new("a", crate::EntryKind::User, 1, "", "/");
        entry.full_response = Some("x".repeat(LONGEST_LINE));
        assert_eq!(Prepared::new(&entry), Err(Malformed::TooLong));
        let lines = b"{\"id\":\"a\",\n\"timestamp\":1}".to_vec();
        assert_eq!(Prepared::from_line(lines), Err(Malformed::NotJson));
    }

    #[test]
    fn an_id_is_looked_for_as_json_writes_it() {
        let entry = Entry::new("a\"b\\c", crate::EntryKind::User, 1, "", "/");
        let prepared = Prepared::new(&entry).unwrap();
        assert_eq!(prepared.line().id, r#"a\"b\\c"#);
        let text = String::from_utf8(prepared.text.clone()).unwrap();
        assert!(text.contains(&format!(r#""id":"{}""#, prepared.line().id)));
        assert_eq!(Prepared::from_line(prepared.text.clone()).unwrap(), prepared);
    }
}
