//! Sentences of git's: what kind of trouble each is, and what to do about it.

use crate::failure::Code;

/// How git begins what it complains of. A hook that runs within it has its words on the same stream.
pub(super) const KINDS: [&str; 2] = ["fatal: ", "error: "];

/// What the system says, whichever program hears it.
const DISK: [&str; 3] = ["No space left on device", "Disk quota exceeded", "Read-only file system"];

/// What git says where a disk takes no more.
const FULL: [&str; 2] = ["No space left on device", "Out of diskspace"];

/// What it says where it could open a file and not write it, without the reason.
const UNWRITTEN: [&str; 4] = [
    "couldn't write '",
    "failed to write new configuration file",
    "nable to write new index file",
    "nable to write new_index file",
];

/// What is said of the disk by a complaint.
pub(super) fn disk(line: &str) -> Option<&'static str> {
    let holds = |all: &[&str]| all.iter().any(|words| line.contains(words));
    if holds(&FULL) {
        Some("the disk is full")
    } else if holds(&UNWRITTEN) {
        Some("most likely the disk is full, or the account's quota is used up")
    } else {
        None
    }
}

/// Whether it is a complaint of git's own.
pub(super) fn is_complaint(line: &str) -> bool {
    KINDS.iter().any(|kind| line.starts_with(kind))
}

/// A sentence of git's, what kind of trouble it is, and what to do. The first that is found counts.
pub(super) struct Known {
    words: &'static str,
    pub code: Code,
    /// Said instead of git's words; these follow where they name what the message doesn't.
    pub message: Option<&'static str>,
    pub hint: Option<&'static str>,
}

const fn known(
    words: &'static str,
    code: Code,
    message: Option<&'static str>,
    hint: Option<&'static str>,
) -> Known {
    Known { words, code, message, hint }
}

impl Known {
    /// Whether git says it: in a complaint, or at the beginning of a line of its status.
    fn is_in(&self, words: &str) -> bool {
        words.lines().any(|line| {
            let is_anybodys = is_complaint(line) || DISK.contains(&self.words);
            SENTENCES.contains(&self.words) && line.starts_with(self.words)
                || is_anybodys && line.contains(self.words)
                || self.words == NEEDS_MERGE && line.ends_with(NEEDS_MERGE)
        })
    }
}

/// What git says without calling it a complaint.
const SENTENCES: [&str; 10] = [
    "Couldn't load public key",
    "*** Please tell me who you are",
    "Author identity unknown",
    "You still have unmerged paths",
    "Unmerged paths",
    "You must edit all merge conflicts",
    "CONFLICT (",
    "nothing to commit",
    "no changes added to commit",
    "nothing added to commit",
];

/// Stands behind the name of a file.
const NEEDS_MERGE: &str = ": needs merge";

pub(super) const UNMERGED: &str =
    "Mend the conflicts, stage the files, and go on; or give the merge or rebase up";

const KNOWN: [Known; 54] = [
    known(
        "index file corrupt",
        Code::Corrupt,
        Some("the repository's index is broken"),
        Some(INDEX),
    ),
    known(
        "bad index file sha1",
        Code::Corrupt,
        Some("the repository's index is broken"),
        Some(INDEX),
    ),
    known(
        "index file smaller",
        Code::Corrupt,
        Some("the repository's index is broken"),
        Some(INDEX),
    ),
    known("bad signature 0x", Code::Corrupt, Some("the repository's index is broken"), Some(INDEX)),
    known(
        "bad index version",
        Code::Corrupt,
        Some("the repository's index is broken"),
        Some(INDEX),
    ),
    known(
        "unknown index entry format",
        Code::Corrupt,
        Some("the repository's index is broken"),
        Some(INDEX),
    ),
    known("bad object", Code::Corrupt, None, Some(OBJECTS)),
    known("missing object", Code::Corrupt, None, Some(OBJECTS)),
    known("unable to read tree", Code::Corrupt, None, Some(OBJECTS)),
    known(
        ".lock': File exists",
        Code::Busy,
        Some("another git is at work in the repository"),
        Some("Try again; where no git runs there any more, remove the lock file on the host"),
    ),
    known("cannot lock ref", Code::Busy, None, None),
    known(
        "No space left on device",
        Code::Internal,
        None,
        Some("Make room on the host's disk, and try again"),
    ),
    known(
        "Disk quota exceeded",
        Code::Internal,
        None,
        Some("Make room in the account's quota, and try again"),
    ),
    known("Read-only file system", Code::PermissionDenied, None, None),
    known(
        "insufficient permission",
        Code::PermissionDenied,
        None,
        Some("Files in .git belong to another account; give them back on the host"),
    ),
    known(
        "gpg failed to sign",
        Code::PermissionDenied,
        Some("the commit could not be signed"),
        Some(
            "Unlock the key on the host (an agent, or `baton terminal`), or switch commit.gpgSign off",
        ),
    ),
    known(
        "Couldn't load public key",
        Code::PermissionDenied,
        Some("the commit could not be signed"),
        Some("See user.signingKey on the host"),
    ),
    known(
        "*** Please tell me who you are",
        Code::InvalidConfig,
        Some("git doesn't know whose commit it is"),
        Some(IDENTITY),
    ),
    known(
        "unable to auto-detect email",
        Code::InvalidConfig,
        Some("git doesn't know whose commit it is"),
        Some(IDENTITY),
    ),
    known(
        "empty ident name",
        Code::InvalidConfig,
        Some("git doesn't know whose commit it is"),
        Some(IDENTITY),
    ),
    known(
        "Author identity unknown",
        Code::InvalidConfig,
        Some("git doesn't know whose commit it is"),
        Some(IDENTITY),
    ),
    known("terminal prompts disabled", Code::AuthRefused, None, Some(LOGIN)),
    known("could not read Username", Code::AuthRefused, None, Some(LOGIN)),
    known("could not read Password", Code::AuthRefused, None, Some(LOGIN)),
    known(
        "untracked working tree files would be",
        Code::DirtyWorktree,
        None,
        Some("Move these files away first: they are in no commit"),
    ),
    known(
        "would be overwritten by",
        Code::DirtyWorktree,
        None,
        Some("Commit, stash or discard these changes first"),
    ),
    known("would be removed by", Code::DirtyWorktree, None, Some("Move these files away first")),
    known(
        "not fully merged",
        Code::Conflict,
        None,
        Some("To delete it with its commits, force it"),
    ),
    known(
        "used by worktree at",
        Code::Busy,
        None,
        Some("Work there, or switch that worktree to another branch"),
    ),
    known(
        "already checked out at",
        Code::Busy,
        None,
        Some("Work there, or switch that worktree to another branch"),
    ),
    known("checked out at", Code::Busy, None, Some("Switch to another branch first")),
    known("cannot delete branch", Code::Busy, None, Some("Switch to another branch first")),
    known("Cannot delete branch", Code::Busy, None, Some("Switch to another branch first")),
    known("already exists", Code::Conflict, None, Some("Take another name")),
    known(
        "is not a valid branch name",
        Code::Usage,
        None,
        Some("`git check-ref-format --branch` says which are"),
    ),
    known("cannot be used as a branch name", Code::Usage, None, None),
    known("because you have unmerged files", Code::Conflict, None, Some(UNMERGED)),
    known("you need to resolve your current index", Code::Conflict, None, Some(UNMERGED)),
    known("You still have unmerged paths", Code::Conflict, None, Some(UNMERGED)),
    known("Unmerged paths", Code::Conflict, None, Some(UNMERGED)),
    known("You must edit all merge conflicts", Code::Conflict, None, Some(UNMERGED)),
    known(NEEDS_MERGE, Code::Conflict, None, Some(UNMERGED)),
    known("CONFLICT (", Code::Conflict, None, Some(UNMERGED)),
    known("would make it empty", Code::Conflict, None, None),
    known(
        "You have nothing to amend",
        Code::NotFound,
        Some("there is no commit yet to change"),
        None,
    ),
    known(
        "nothing to commit",
        Code::NotFound,
        Some("nothing has changed: there is nothing to commit"),
        None,
    ),
    known(
        "no changes added to commit",
        Code::NotFound,
        Some("nothing is staged: there is nothing to commit"),
        Some(STAGE),
    ),
    known(
        "nothing added to commit",
        Code::NotFound,
        Some("nothing is staged: there is nothing to commit"),
        Some(STAGE),
    ),
    known("did not match any file", Code::NotFound, None, None),
    known(
        "working trees containing submodules",
        Code::DirtyWorktree,
        Some("the worktree has submodules"),
        Some(
            "Push what was committed in them first; --force removes the worktree with them and their changes",
        ),
    ),
    known("bad boolean config value", Code::InvalidConfig, None, Some(CONFIG)),
    known("bad numeric config value", Code::InvalidConfig, None, Some(CONFIG)),
    known("bad config", Code::InvalidConfig, None, Some(CONFIG)),
    known(
        "must be run in a work tree",
        Code::Unsupported,
        Some("the repository has no files of its own: it is bare"),
        Some("Name one of its worktrees"),
    ),
];

const INDEX: &str = "On the host, move .git/index away and run `git reset`: no file is changed by that, but what was staged has to be staged again";
const OBJECTS: &str = "Objects of the repository are missing or broken: `git fsck` on the host says which; another clone may have them";
const IDENTITY: &str =
    "On the host: `git config --global user.name …` and `git config --global user.email …`";
const LOGIN: &str = "git may not ask here: log in on the host once (a credential helper, a key), for instance in `baton terminal`";
const CONFIG: &str = "Mend that file on the host: `git config --edit` there, or --global";
const STAGE: &str = "Stage files first, or commit all that git knows";

/// The first sentence that git says in these words.
pub(super) fn find(words: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.is_in(words))
}
