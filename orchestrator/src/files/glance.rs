//! What git says of a directory, in short.

use super::paths::gone;
use super::scripts::{LISTING_SECONDS, Words};
use crate::failure::Failure;
use crate::seam::GitGlance;
use crate::transport::Connection;

/// So many bytes are fetched at most: some five thousand changed files, and who has more wants to know no better.
const MOST_BYTES: u64 = 512 << 10;

/// Letters of a commit that stand for a branch where none is checked out.
const SHORT_COMMIT: usize = 7;

/// Asks the host. A relative directory begins at home.
///
/// # Errors
///
/// `dir_missing`, `permission_denied`, and when the host can't be asked.
pub(crate) async fn glance(
    connection: &Connection,
    directory: Option<&str>,
) -> Result<GitGlance, Failure> {
    let directory = directory.unwrap_or("~");
    let words = Words::new("bf_glance").path(directory)?.path("")?;
    let words = words.number(MOST_BYTES).number(LISTING_SECONDS);
    let answer = connection.call(words.call()).await?;
    match gone(connection, directory, answer.status) {
        Some(failure) => Err(failure),
        None => Ok(read(&answer.stdout)),
    }
}

/// Reads `git status --porcelain=v2 --branch`.
fn read(answer: &[u8]) -> GitGlance {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_end_matches('\0');
    let mut glance = GitGlance::default();
    let mut commit = None;
    for line in text.lines() {
        glance.repository = true;
        if let Some(name) = line.strip_prefix("# branch.head ") {
            glance.branch = (name != "(detached)").then(|| name.to_owned());
        } else if let Some(id) = line.strip_prefix("# branch.oid ") {
            commit = id.get(..SHORT_COMMIT).filter(|_| id != "(initial)").map(ToOwned::to_owned);
        } else if !line.starts_with('#') {
            glance.changed = glance.changed.saturating_add(1);
        }
    }
    glance.branch = glance.branch.or(commit);
    glance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_branch_and_the_changed_files_are_told() {
        let answer = b"# branch.oid 1234567890abcdef\n# branch.head main\n# branch.upstream origin/main\n\
            1 .M N... 100644 100644 100644 1 2 a b\n2 R. N... 100644 100644 100644 1 2 R100 c\td\n? new\n\0";
        let branch = Some("main".to_owned());
        assert_eq!(read(answer), GitGlance { repository: true, branch, changed: 3 });
    }

    #[test]
    fn without_a_branch_the_commit_is_told_and_without_a_commit_the_branch() {
        let detached = read(b"# branch.oid 1234567890abcdef\n# branch.head (detached)\n\0");
        assert_eq!(detached.branch.as_deref(), Some("1234567"));
        let fresh = read(b"# branch.oid (initial)\n# branch.head main\n? a\n\0");
        assert_eq!((fresh.branch.as_deref(), fresh.changed), (Some("main"), 1));
    }

    #[test]
    fn outside_of_a_repository_there_is_nothing_to_tell() {
        assert_eq!(read(b""), GitGlance::default());
        assert_eq!(read(b"\0"), GitGlance::default());
    }
}
