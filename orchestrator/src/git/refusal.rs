//! Why git failed: its words, as people are told them.

use super::known::{self, KINDS, Known, is_complaint};
use super::logins::without_logins;
use crate::failure::{Code, Failure};

/// The scripts' word for a directory that isn't there.
const MISSING: u8 = 93;
/// The scripts' word for one that may not be entered.
const DENIED: u8 = 94;
/// The scripts' word for a host without git.
const NO_GIT: u8 = 95;
/// The scripts' word for a `.git` that may not be read: git takes it for none.
const HIDDEN: u8 = 96;
/// What git leaves with when it doesn't know an option.
const USAGE: u8 = 129;

/// What to do outside of a repository; git says no more of one whose HEAD is broken.
pub const OUTSIDE: &str =
    "`git init` there makes one; where a .git is there already, git can't use it: see its HEAD";

/// So much of what git or a hook said is shown: a person looks at the rest on the host.
const SHOWN_BYTES: usize = 2_000;

/// So many names of files are shown.
const SHOWN_NAMES: usize = 5;

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
        HIDDEN => {
            let message = format!("the .git of {directory} may not be read");
            return Failure::new(Code::PermissionDenied, message)
                .hint("Check the owner and mode of the .git directory there or above");
        }
        _ => {}
    }
    // A working tree whose files come only when they are needed asks its remote at any time.
    let err = without_logins(&String::from_utf8_lossy(said.stderr));
    let out = without_logins(&String::from_utf8_lossy(said.stdout));
    if is_outside(said) {
        return Failure::new(Code::NotARepository, format!("{directory} is in no git repository"))
            .hint(OUTSIDE);
    }
    if err.contains("dubious ownership") || err.contains("unsafe repository") {
        return foreign(directory, &err);
    }
    if said.status == USAGE {
        let words = shown(&err);
        return Failure::new(Code::Unsupported, format!("the host's git is too old: {words}"))
            .hint("git 2.20 or later is needed there");
    }
    if err.lines().any(|line| is_own_file(line) && line.ends_with("Permission denied")) {
        let message = format!("this account may not write the repository {directory}");
        return Failure::new(Code::PermissionDenied, message)
            .hint("Check the owner and mode of its .git directory");
    }
    let complaints = err.lines().filter(|line| is_own_file(line) || is_complaint(line));
    if let Some(why) = complaints.filter_map(known::disk).next() {
        let message = format!("{directory} could not be written: {why}");
        return Failure::new(Code::TooLarge, message).hint("Make room there, then try again");
    }
    // What a program prints on stdout may be anybody's words: they count only where stderr holds none that are known.
    let found = known::find(&err).or_else(|| known::find(&out));
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
        // Of a worktree's place, which may be another one.
        None if err.contains("could not create leading directories") => {
            let code = if is_denied(&err) { Code::PermissionDenied } else { Code::Conflict };
            Failure::new(code, said_all).hint("Say a place where this account may make directories")
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

/// Names of files, the first ones.
pub(super) fn few(names: &[&str]) -> String {
    let shown = names.iter().take(SHOWN_NAMES).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_NAMES { shown + ", …" } else { shown }
}

/// Which files are in conflict.
pub(super) fn in_conflict(names: &[&str]) -> String {
    let files =
        if names.len() == 1 { "a file is".into() } else { format!("{} files are", names.len()) };
    format!("{files} in conflict: {}", few(names))
}

/// Whether that is about a file of ours in the git directory: `cat` names none of those that it writes.
fn is_own_file(line: &str) -> bool {
    line.contains("/baton-") || line.starts_with("cat: write error: ")
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
        let is_advice = line.starts_with("hint: ")
            || line == "hint:"
            || line == "Aborting"
            || line.starts_with("Preparing worktree (");
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
        assert_eq!(read_err(HIDDEN, "").code, Code::PermissionDenied);
        let lost = "error: missing object 27cd for refs/heads/main";
        assert_eq!(read_err(128, lost).code, Code::Corrupt);
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
        assert_eq!(read_err(1, "f: needs merge\n").hint.as_deref(), Some(known::UNMERGED));
        let tool = "sh: 1: cannot create /r/.git/baton-text.7: Permission denied\n";
        let refused = read_err(2, tool);
        assert_eq!(refused.code, Code::PermissionDenied);
        assert!(refused.message.starts_with("this account may not write the repository ~"));
        for full in [
            "cat: write error: No space left on device\n",
            "sh: 1: cannot create /r/.git/baton-text.7: No space left on device\n",
        ] {
            let refused = read_err(1, full);
            assert_eq!(refused.code, Code::TooLarge, "{full}");
            assert!(refused.message.ends_with("the disk is full"), "{full}");
        }
    }

    #[test]
    fn a_full_disk_is_told_whatever_git_could_not_write() {
        let lock = "'/r/.git/refs/heads/x.lock'";
        for (full, why) in [
            (
                "fatal: unable to write loose object file: No space left on device",
                "the disk is full",
            ),
            (
                &format!(
                    "fatal: cannot lock ref 'refs/heads/x': Unable to create {lock}: No space left on device"
                ),
                "the disk is full",
            ),
            (
                "fatal: sha1 file '/r/.git/index.lock' write error. Out of diskspace",
                "the disk is full",
            ),
            // It doesn't say why.
            (
                &format!("fatal: cannot update ref 'refs/heads/x': couldn't write {lock}"),
                "most likely",
            ),
            ("error: failed to write new configuration file /r/.git/config.lock", "most likely"),
        ] {
            let refused = read_err(128, full);
            assert_eq!(refused.code, Code::TooLarge, "{full}");
            assert!(
                refused.message.contains(&format!("could not be written: {why}")),
                "{refused:?}"
            );
        }
        // Somebody else's disk.
        let theirs = read_err(1, "remote: fatal: write error: No space left on device\n");
        assert!(theirs.message.starts_with("remote:"), "{theirs:?}");
    }

    #[test]
    fn words_that_nobody_knows_are_told_as_they_are() {
        let failure = read_err(1, "the tests fail\n");
        assert_eq!((failure.code, &*failure.message), (Code::Conflict, "the tests fail"));
        assert_eq!(read_err(3, "").message, "git failed with status 3");
    }
}
