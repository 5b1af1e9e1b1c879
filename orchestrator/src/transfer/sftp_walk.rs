//! All that a directory of a server holds, level by level.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use crate::sftp::{Attrs, Done, Refused, Session, status};
use crate::transport::TransportError;

/// So many entries at most: a server without end is not followed.
const MOST: usize = 1_000_000;

/// So many directories are listed at once.
const DIRECTORIES: usize = 16;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Directories, files and links, by their paths below it.
    pub(super) found: BTreeMap<Vec<u8>, Attrs>,
    /// Sockets, pipes and devices, which nobody transfers.
    pub(super) left_out: u64,
}

/// Looks through it; links are what they are, and nobody follows them.
pub(super) async fn walk(session: &Session, root: &[u8]) -> Done<Walked> {
    let mut walked = Walked::default();
    let mut level = vec![Vec::new()];
    while !level.is_empty() {
        let mut next = Vec::new();
        for some in level.chunks(DIRECTORIES) {
            let listed = some.iter().map(|directory| async move {
                let full = [root, b"/", &directory[..]].concat();
                match session.entries(&full, MOST).await {
                    // Gone since it was listed, as if it had been empty.
                    Err(Refused::Status(status::NO_SUCH_FILE, _)) if !directory.is_empty() => {
                        Ok(Vec::new())
                    }
                    listed => listed.map(|(entries, _)| entries),
                }
            });
            for (directory, entries) in some.iter().zip(try_join_all(listed).await?) {
                // A name that comes twice is one thing, not two: nothing is looked for in a link.
                let entries: BTreeMap<Vec<u8>, Attrs> = entries.into_iter().collect();
                for (name, attrs) in entries {
                    let path = match directory.is_empty() {
                        true => name,
                        false => [&directory[..], b"/", &name].concat(),
                    };
                    if attrs.is_directory() {
                        next.push(path.clone());
                    } else if !attrs.is_file() && !attrs.is_link() {
                        walked.left_out += 1;
                        continue;
                    }
                    walked.found.insert(path, attrs);
                }
            }
            if walked.found.len() > MOST {
                let what = format!("a directory with more than {MOST} entries");
                return Err(
                    TransportError::Unsupported { host: session.host().clone(), what }.into()
                );
            }
        }
        level = next;
    }
    Ok(walked)
}
