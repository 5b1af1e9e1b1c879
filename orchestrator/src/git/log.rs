//! Commits, newest first.

use jiff::Timestamp;
use uuid::Uuid;

use super::call::{Site, Words};
use super::diff::revision;
use crate::failure::{Code, Failure};
use crate::seam::{FilePath, GitCommit, GitLog, GitReply};

/// So many commits are told at once at most.
const MOST: u32 = 5_000;

/// So many bytes of them: 5,000 with messages of some 1,600 bytes.
const MOST_BYTES: usize = 8 << 20;

/// Fields of a commit, as log.sh prints them.
const FIELDS: usize = 8;

/// The scripts' word for a commit that isn't there.
const NO_SUCH: u8 = 97;

/// Which commits.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub revision: Option<String>,
    pub all: bool,
    pub path: Option<FilePath>,
    pub containing: Option<String>,
    pub skip: u32,
    pub limit: u32,
}

/// Asks the host.
pub(super) async fn ask(site: &Site, wanted: &Wanted) -> Result<GitReply, Failure> {
    let mark = Uuid::new_v4().simple().to_string();
    let limit = wanted.limit.min(MOST);
    let from = wanted.revision.as_deref().map_or(Ok(""), revision)?;
    let words = Words::ask("bg_log").word(&mark)?.word(MOST_BYTES.to_string())?;
    // One more says whether there are more.
    let words = words.word(wanted.skip.to_string())?.word((limit + 1).to_string())?;
    let words = words.word(if wanted.all { "1" } else { "" })?;
    let words = words.word(wanted.containing.as_deref().unwrap_or_default())?.word(from)?;
    let words = words.words(wanted.path.iter().map(FilePath::bytes))?;
    let answer = site.run(&words.limit(MOST_BYTES * 2)).await?;
    if answer.status == NO_SUCH {
        let message = format!("there is no branch or commit {from}");
        return Err(Failure::new(Code::NotFound, message).on(site.connection().host().to_string()));
    }
    let answer = site.checked(answer)?;
    let whole = answer.stdout.strip_suffix(mark.as_bytes());
    if whole.is_none() && answer.stdout.len() < MOST_BYTES {
        // git has failed in the middle: its words are there, though the script has gone on.
        return Err(site.refusal(&crate::transport::Answer { status: 128, ..answer }));
    }
    let mut commits = read(whole.unwrap_or(&answer.stdout));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = whole.is_none() || commits.len() > limit;
    commits.truncate(limit);
    Ok(GitReply::Log(GitLog { commits, more }))
}

/// Reads what log.sh prints. A commit that isn't whole was cut off.
fn read(bytes: &[u8]) -> Vec<GitCommit> {
    let mut fields: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    // Each field is ended, the last one, too.
    fields.pop();
    fields.chunks_exact(FIELDS).filter_map(commit).collect()
}

fn commit(fields: &[&[u8]]) -> Option<GitCommit> {
    let text = |at: usize| fields.get(at).map(|field| String::from_utf8_lossy(field).into_owned());
    let (refs, head) = refs(&text(5)?);
    Some(GitCommit {
        id: text(0)?,
        parents: text(1)?.split_whitespace().map(str::to_owned).collect(),
        author: text(2)?,
        email: text(3)?,
        // Beyond what a clock may say, it is as good as unknown.
        at: text(4)?
            .parse()
            .ok()
            .and_then(|secs| Timestamp::from_second(secs).ok())
            .unwrap_or_default(),
        refs,
        head,
        subject: text(6)?,
        body: text(7)?.trim_end().to_owned(),
    })
}

/// `HEAD -> main, tag: v1, origin/main`. No name of git's holds a space.
fn refs(text: &str) -> (Vec<String>, bool) {
    let mut head = false;
    let mut refs = Vec::new();
    for name in text.split(", ").filter(|name| !name.is_empty()) {
        let name = match name.strip_prefix("HEAD -> ") {
            Some(name) => {
                head = true;
                name
            }
            None => name,
        };
        if name == "HEAD" {
            head = true;
        } else if !name.ends_with("/HEAD") {
            refs.push(name.strip_prefix("tag: ").unwrap_or(name).to_owned());
        }
    }
    (refs, head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_commit_is_told_with_all_that_it_has() {
        let bytes = b"aa\0bb cc\0Ada\0ada@x\x000\0HEAD -> main, tag: v1, origin/main, origin/HEAD\0subject\0a\n\nb\n\0dd\0\0x\0y\0nonsense\0HEAD\0s\0\0ee\0cut";
        let commits = read(bytes);
        assert_eq!(commits.len(), 2);
        assert_eq!(commits[0].parents, ["bb", "cc"]);
        assert_eq!(commits[0].refs, ["main", "v1", "origin/main"]);
        assert!(commits[0].head && commits[1].head);
        assert_eq!((&*commits[0].body, commits[0].at), ("a\n\nb", Timestamp::UNIX_EPOCH));
        assert_eq!(commits[1].parents, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes: Vec<u8>) {
            read(&bytes);
        }
    }
}
