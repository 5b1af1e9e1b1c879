//! What git's words mean, and what to do about them.

use super::logins::without_logins;
use crate::failure::{Code, Failure};

/// The scripts' word for a directory that isn't there.
const MISSING: u8 = 93;
/// The scripts' word for one that may not be entered.
const DENIED: u8 = 94;
/// The scripts' word for a host without git.
const NO_GIT: u8 = 95;
/// What git leaves with when it doesn't know an option.
const USAGE: u8 = 129;

/// So much of what git or a hook said is shown: a person looks at the rest on the host.
const SHOWN_BYTES: usize = 2_000;

/// How a script ended that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// Where, for people.
    pub directory: &'a str,
    /// The script's status.
    pub status: u8,
    /// What it printed.
    pub stdout: &'a [u8],
    /// What it complained.
    pub stderr: &'a [u8],
}

/// How git begins what it complains of. A hook that runs within it has its words on the same stream.
const KINDS: [&str; 2] = ["fatal: ", "error: "];

/// What the system says, whichever program hears it.
const DISK: [&str; 3] = ["No space left on device", "Disk quota exceeded", "Read-only file system"];

/// Whether it is a complaint of git's own.
pub(super) fn is_complaint(line: &str) -> bool {
    KINDS.iter().any(|kind| line.starts_with(kind))
}

/// A sentence of git's, what kind of trouble it is, and what to do. The first that is found counts.
struct Known {
    words: &'static str,
    code: Code,
    /// Said instead of git's words; these follow where they name what the message doesn't.
    message: Option<&'static str>,
    hint: Option<&'static str>,
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

const UNMERGED: &str =
    "Mend the conflicts, stage the files, and go on; or give the merge or rebase up";

const KNOWN: [Known; 53] = [
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

/// Why a script failed.
pub(super) fn read(said: &Said<'_>) -> Failure {
    let directory = said.directory;
    match said.status {
        MISSING => {
            return Failure::new(Code::DirMissing, format!("{directory} does not exist"));
        }
        DENIED => {
            let message = format!("the directory {directory} may not be entered");
            return Failure::new(Code::PermissionDenied, message);
        }
        NO_GIT => {
            return Failure::new(Code::NotFound, "there is no git on the host's PATH")
                .hint("Install git there");
        }
        _ => {}
    }
    // A working tree whose files come only when they are needed asks its remote at any time.
    let err = without_logins(&String::from_utf8_lossy(said.stderr));
    let out = without_logins(&String::from_utf8_lossy(said.stdout));
    if is_outside(said) {
        return Failure::new(Code::NotARepository, format!("{directory} is in no git repository"))
            .hint("`git init` there makes one");
    }
    if err.contains("dubious ownership") || err.contains("unsafe repository") {
        return foreign(directory, &err);
    }
    if said.status == USAGE {
        let words = shown(&err);
        return Failure::new(Code::Unsupported, format!("the host's git is too old: {words}"))
            .hint("git 2.20 or later is needed there");
    }
    // What a program prints on stdout may be anybody's words: they count only where stderr holds none that are known.
    let found = KNOWN.iter().find(|known| known.is_in(&err));
    let found = found.or_else(|| KNOWN.iter().find(|known| known.is_in(&out)));
    let words = if err.trim().is_empty() { &out } else { &err };
    // A program that nobody knows says at its end what has failed.
    let said_all = if found.is_some() { shown(words) } else { shown_end(words) };
    match found {
        Some(Known { code, message, hint, .. }) => {
            let failure =
                Failure::new(*code, message.map_or(said_all, |message| message.to_owned()));
            match hint {
                Some(hint) => failure.hint(*hint),
                None => failure,
            }
        }
        None if is_denied(&err) => Failure::new(Code::PermissionDenied, said_all),
        None if said_all.is_empty() => {
            Failure::new(Code::Internal, format!("git failed with status {}", said.status))
        }
        None => Failure::new(Code::Conflict, said_all),
    }
}

/// Whether git says that it is in no repository.
pub(super) fn is_outside(said: &Said<'_>) -> bool {
    memchr::memmem::find(said.stderr, b"not a git repository").is_some()
}

/// A repository of another account.
fn foreign(directory: &str, err: &str) -> Failure {
    let place = err.split('\'').nth(1).unwrap_or(directory);
    let message = format!("git doesn't trust {place}: it belongs to another account");
    Failure::new(Code::PermissionDenied, message)
        .hint(format!("If you do, on the host: git config --global --add safe.directory '{place}'"))
}

/// Whether git was refused a file, or a script of ours one of its own.
fn is_denied(err: &str) -> bool {
    let is_ours = |line: &str| is_complaint(line) || line.contains("/baton-");
    err.lines().any(|line| is_ours(line) && line.contains("Permission denied"))
}

/// git's own words for people, from the first on: without its advice and the names of its kinds of trouble.
pub(super) fn shown(words: &str) -> String {
    let (mut text, mut left) = (String::new(), SHOWN_BYTES);
    for line in lines(words) {
        let sep = if text.is_empty() { "" } else { "\n" };
        let line_cut = beginning(line, left);
        text.push_str(sep);
        text.push_str(line_cut);
        if line_cut.len() < line.len() {
            text.push('…');
            break;
        }
        left = left.saturating_sub(line.len() + 1);
    }
    text
}

/// The same up to the last ones: a hook says at its end what has failed.
pub(super) fn shown_end(words: &str) -> String {
    let (mut kept, mut left) = (Vec::new(), SHOWN_BYTES);
    let lines: Vec<&str> = lines(words).collect();
    for line in lines.iter().rev() {
        let line_cut = beginning(line, left);
        if kept.is_empty() && line_cut.len() < line.len() {
            return format!("{line_cut}…");
        }
        if line_cut.len() < line.len() {
            kept.push("…");
            break;
        }
        kept.push(line);
        left = left.saturating_sub(line.len() + 1);
    }
    kept.reverse();
    kept.join("\n")
}

/// Lines that are no advice.
fn lines(words: &str) -> impl Iterator<Item = &str> {
    words.lines().map(str::trim_end).filter_map(|line| {
        let line = KINDS.iter().find_map(|kind| line.strip_prefix(kind)).unwrap_or(line);
        let is_advice = line.starts_with("hint: ") || line == "hint:" || line == "Aborting";
        (!is_advice && !line.is_empty()).then_some(line)
    })
}

/// At most so many bytes of it, in whole letters.
fn beginning(line: &str, most: usize) -> &str {
    line.get(..line.floor_char_boundary(most)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_err(status: u8, stderr: &str) -> Failure {
        read(&Said { directory: "~/x", status, stdout: b"", stderr: stderr.as_bytes() })
    }

    #[test]
    fn git_is_shown_without_its_advice() {
        let said = "error: Your local changes to the following files would be overwritten by checkout:\n\ta b\nPlease commit your changes or stash them before you switch branches.\nAborting\n";
        let failure = read_err(1, said);
        assert_eq!(failure.code, Code::DirtyWorktree);
        assert!(
            failure.message.starts_with("Your local changes")
                && failure.message.contains("\n\ta b\n")
        );
        assert!(!failure.message.contains("Aborting"));
        assert_eq!(shown("fatal: x\nhint: y\nhint:\n\n"), "x");
        assert!(shown(&"long line\n".repeat(1000)).len() < SHOWN_BYTES + 10);
    }

    #[test]
    fn places_and_programs_that_are_not_there_are_told_apart() {
        assert_eq!(read_err(MISSING, "").code, Code::DirMissing);
        assert_eq!(read_err(DENIED, "").code, Code::PermissionDenied);
        assert_eq!(read_err(NO_GIT, "").code, Code::NotFound);
        assert_eq!(
            read_err(USAGE, "error: unknown option `porcelain=v2'\nusage: git status").code,
            Code::Unsupported
        );
        let outside = "fatal: not a git repository (or any of the parent directories): .git";
        assert_eq!(read_err(128, outside).code, Code::NotARepository);
        let foreign =
            "fatal: detected dubious ownership in repository at '/srv/x'\nTo add an exception …";
        let foreign = read_err(128, foreign);
        assert_eq!(foreign.code, Code::PermissionDenied);
        assert!(foreign.hint.is_some_and(|hint| hint.ends_with("safe.directory '/srv/x'")));
    }

    #[test]
    fn of_a_long_complaint_the_end_is_told_and_of_a_long_line_its_beginning() {
        let many: String = (1..=5_000).map(|number| format!("test {number} is fine\n")).collect();
        let failure = read_err(1, &format!("{many}test 5001 fails\n"));
        assert!(failure.message.ends_with("test 5000 is fine\ntest 5001 fails"), "{failure:?}");
        assert!(failure.message.starts_with("…\ntest"), "{failure:?}");
        assert!(failure.message.len() < SHOWN_BYTES + 400);
        let failure = read_err(1, &format!("one line: {}\n", "ü".repeat(5_000)));
        assert!(failure.message.starts_with("one line: üü") && failure.message.ends_with("ü…"));
        let known = format!("error: {}: would be overwritten by merge\n", "ü".repeat(5_000));
        assert!(read_err(1, &known).message.ends_with("ü…"));
    }

    #[test]
    fn a_hooks_words_are_not_taken_for_gits() {
        for said in [
            "the ticket already exists\n",
            "see the file nothing to commit\n",
            "cp: cannot create x: Permission denied\n",
            "checked out at 12:00, bad object in lint.cfg\n  2 files: not fully merged into the list\n",
        ] {
            let failure = read_err(1, said);
            assert_eq!((failure.code, failure.hint), (Code::Conflict, None), "{said}");
            assert_eq!(failure.message, said.trim_end(), "{said}");
        }
        let git = "fatal: a branch named 'x' already exists\n";
        assert!(read_err(128, git).hint.is_some());
        let status = "On branch main\nnothing to commit, working tree clean\n";
        assert_eq!(read_err(1, status).code, Code::NotFound);
        let identity = "Author identity unknown\n\n*** Please tell me who you are.\n";
        assert_eq!(read_err(128, identity).code, Code::InvalidConfig);
        assert_eq!(read_err(1, "f: needs merge\n").hint.as_deref(), Some(UNMERGED));
        let tool = "sh: 1: cannot create /r/.git/baton-text.7: Permission denied\n";
        assert_eq!(read_err(2, tool).code, Code::PermissionDenied);
    }

    #[test]
    fn words_that_nobody_knows_are_told_as_they_are() {
        let failure = read_err(1, "the tests fail\n");
        assert_eq!((failure.code, &*failure.message), (Code::Conflict, "the tests fail"));
        assert_eq!(read_err(3, "").message, "git failed with status 3");
    }
}
