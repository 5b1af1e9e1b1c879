//! Files of a directory, for mentions.

use super::form::Paths;
use super::scripts::{LISTING_SECONDS, Words};
use crate::failure::Failure;
use crate::seam::FileNames;
use crate::transport::{Connection, TransportError};

/// So many files are told of at most.
const MOST: usize = 20_000;

/// So many bytes of names are fetched at most.
const MOST_BYTES: u64 = 1 << 20;

/// The script's word for a directory that isn't there.
const MISSING: u8 = 3;
/// The script's word for one that may not be entered.
const DENIED: u8 = 4;

/// Asks the host; at most `limit` come. A relative directory begins at home.
///
/// # Errors
///
/// `dir_missing`, `permission_denied`, and when the host can't be asked.
pub(crate) async fn names(
    connection: &Connection,
    directory: Option<&str>,
    limit: u32,
) -> Result<FileNames, Failure> {
    let directory = directory.unwrap_or("~");
    let words = Words::new("bf_names").path(directory)?.path("")?;
    let words = words.number(MOST_BYTES).number(LISTING_SECONDS);
    let answer = connection.call(words.call()).await?;
    match gone(connection, directory, answer.status) {
        Some(failure) => Err(failure),
        None => Ok(read(&answer.stdout, usize::try_from(limit).unwrap_or(MOST).min(MOST))),
    }
}

/// Why a directory can't be looked at, where a script's status says so.
pub(super) fn gone(connection: &Connection, directory: &str, status: u8) -> Option<Failure> {
    let host = connection.host().clone();
    match status {
        MISSING => Some(TransportError::DirMissing { host, dir: directory.to_owned() }.into()),
        DENIED => {
            let what = format!("the directory {directory} may not be entered");
            Some(TransportError::PermissionDenied { host, what }.into())
        }
        _ => None,
    }
}

/// Reads the answer of the script: names, and an empty one where these are all.
fn read(answer: &[u8], limit: usize) -> FileNames {
    let Paths { mut paths, whole } = paths(answer);
    let more = !whole || paths.len() > limit;
    paths.truncate(limit);
    FileNames { files: paths, more }
}

/// The same, however many there are.
pub(super) fn paths(answer: &[u8]) -> Paths {
    let mut parts: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    // What isn't ended may be half a name.
    parts.pop();
    let whole = parts.last().is_some_and(|last| last.is_empty());
    let mut paths: Vec<String> = parts
        .into_iter()
        .filter_map(|name| std::str::from_utf8(name).ok()) // Nobody could type it.
        .map(|name| name.strip_prefix("./").unwrap_or(name))
        .filter(|name| !name.is_empty() && !name.contains('\n'))
        .map(str::to_owned)
        .collect();
    paths.sort_unstable();
    // git names a file that is in conflict once for each side.
    paths.dedup();
    Paths { paths, whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_ended_counts_and_only_an_end_says_that_it_is_all() {
        let all = read(b"./b\0a b\0a b\0x\ny\0\xff\0\0", 10);
        assert_eq!((all.files, all.more), (vec!["a b".to_owned(), "b".to_owned()], false));
        let cut = read(b"one\0two\0thr", 10);
        assert_eq!((cut.files, cut.more), (vec!["one".to_owned(), "two".to_owned()], true));
        assert_eq!(read(b"", 10), FileNames { files: vec![], more: true });
        assert_eq!(read(b"\0", 10), FileNames::default());
        assert_eq!(read(b"b\0a\0\0", 1), FileNames { files: vec!["a".into()], more: true });
    }
}
