//! Why a script has done nothing, as people are told.

use super::complaint::complained_of;
use crate::failure::{Code, Failure};
use crate::host::HostId;
use crate::seam::FilePath;
use crate::transport::{Answer, TransportError};

/// Behind the name of what lies outside of its root.
const OUTSIDE: &str = " lies outside of the directory in which work is done";

/// Whether something wasn't changed since it lies outside of its root, and nobody has said that it may.
pub fn lies_outside(why: &Failure) -> bool {
    why.code == Code::PermissionDenied && why.message.ends_with(OUTSIDE)
}

/// What somebody wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To see it.
    See,
    /// To write a file.
    Write,
    /// To make, move or delete something.
    Change,
}

/// Statuses that the scripts leave with; `enter.sh` and the others say what they mean.
pub(super) mod why {
    pub const MISSING: u8 = 3;
    pub const WORDS: u8 = 4;
    pub const DIRECTORY: u8 = 5;
    pub const THERE: u8 = 6;
    pub const CHANGED: u8 = 7;
    pub const OUTSIDE: u8 = 8;
    pub const NEITHER: u8 = 9;
    pub const READ_ONLY: u8 = 14;
    pub const STANDS_ON: u8 = 16;
    pub const EITHER: u8 = 17;
    pub const NOT_EMPTY: u8 = 18;
    pub const OVER_DIRECTORY: u8 = 19;
    pub const NO_DIRECTORY: u8 = 21;
    pub const IN_PART: u8 = 22;
    pub const INTO_ITSELF: u8 = 23;
}

/// Why `answer` isn't the answer.
pub(super) fn failure(host: &HostId, wish: Wish, path: &FilePath, answer: &Answer) -> Failure {
    let said = String::from_utf8_lossy(&answer.stderr);
    refused(host, wish, path, answer.status, &said)
}

/// Why nothing was done: a status, and what the system's programs `said`.
pub(super) fn refused(
    host: &HostId,
    wish: Wish,
    path: &FilePath,
    status: u8,
    said: &str,
) -> Failure {
    // The directory in which paths begin has no name.
    let here = FilePath::from(".");
    let path = if path.bytes().is_empty() { &here } else { path };
    let failure = match status {
        why::MISSING => missing(path),
        why::WORDS => in_words(wish, path, said),
        why::DIRECTORY => Failure::new(Code::IsDirectory, format!("{path} is a directory")),
        why::THERE => Failure::new(Code::Conflict, format!("{path} is there already"))
            .hint("Choose another name, or say that it may be replaced"),
        why::CHANGED => Failure::new(Code::Conflict, format!("{path} was changed since it was read"))
            .hint("Compare what is there now with yours; nothing was written"),
        why::OUTSIDE => Failure::new(
            Code::PermissionDenied,
            format!("{path}{OUTSIDE}"),
        )
        .hint("Say that it may lie outside, if you mean it; nothing was changed"),
        why::NEITHER => Failure::new(Code::Unsupported, format!("{path} is neither a file nor a directory"))
            .hint("Sockets, pipes and devices are shown, but not read or written"),
        10 => Failure::new(Code::ConnectionLost, format!("only a part of {path} arrived"))
            .hint("What was there is untouched; write it again"),
        11 => Failure::new(
            Code::Unsupported,
            format!("{path} has further names (hard links), which writing it would part from it"),
        )
        .hint("Remove the other names, or write into it with a program there: `baton exec`"),
        12 => Failure::new(
            Code::PermissionDenied,
            format!("{path} belongs to another account, and would belong to this one when it is written"),
        )
        .hint("Write it as its owner, or make it yours first; what was there is untouched"),
        13 => Failure::new(
            Code::PermissionDenied,
            format!("nothing may be made or removed in the directory of {path}"),
        )
        .hint("A file is replaced as a whole, for which its directory has to be writable: check its mode and owner"),
        why::READ_ONLY => Failure::new(Code::PermissionDenied, format!("{path} is read-only for this account"))
            .hint("Check its mode and owner"),
        15 => Failure::new(
            Code::Unsupported,
            format!("{path} would have to be moved to another file system, which takes long and may stop half-way"),
        )
        .hint("Copy it there with a program of the host: `baton exec HOST -- mv FROM TO`"),
        why::STANDS_ON => Failure::new(
            Code::Usage,
            format!("{path} is a home, `/`, what holds the directory in which work is done, or no name of its own"),
        )
        .hint("Such a one is not changed from here; name what is in it"),
        why::EITHER => Failure::new(
            Code::Usage,
            format!("{path} may be a home, and is the name of a file as well"),
        )
        .hint(format!("Write ./{path} for the file, or the whole path for what is in the home")),
        why::NOT_EMPTY => Failure::new(Code::Conflict, format!("{path} is not empty"))
            .hint("Say that what it holds is deleted as well"),
        why::OVER_DIRECTORY => Failure::new(Code::IsDirectory, format!("{path} would replace a directory, or a file be replaced by one"))
            .hint("Delete or move what is there first"),
        20 => Failure::new(Code::Unsupported, "neither find nor stat there tells what files are")
            .hint("Install findutils or busybox there"),
        why::NO_DIRECTORY => Failure::new(Code::NotFound, format!("{path} is no directory"))
            .hint("Name the directory that it is in, or read it as the file that it is"),
        why::IN_PART => in_part(in_words(wish, &in_the_way(path, said), said), path),
        why::INTO_ITSELF => Failure::new(Code::Usage, format!("{path} can't be moved into itself"))
            .hint("Choose a directory that isn't in it"),
        129.. if wish == Wish::Write => Failure::new(
            Code::Internal,
            format!("what wrote {path} was ended there (status {status})"),
        )
        .hint("Look how it stands, and save it again: it is the old file or the new one, and no half of either"),
        status => {
            let words = first_line(said);
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            Failure::new(Code::Internal, format!("a script for {path} ended with {status}{words}"))
        }
    };
    failure.on(host.to_string())
}

/// A save whose answer was lost on its way.
pub(super) fn unsure(failure: Failure) -> Failure {
    match failure.code {
        Code::ConnectionLost | Code::TimedOut => failure.hint(
            "Whether it was saved isn't known: look how it stands, and save it again where it wasn't; it is the old file or the new one",
        ),
        _ => failure,
    }
}

/// What rm could not delete, of all that is in `path`.
fn in_the_way(path: &FilePath, said: &str) -> FilePath {
    let named = ["", "ermission denied", "not permitted", "Read-only"]
        .iter()
        .rev()
        .find_map(|reason| complained_of(said, reason).into_iter().next());
    let base = String::from_utf8_lossy(path.name()).into_owned();
    let below = named.and_then(|named| named.strip_prefix(&base)?.strip_prefix('/'));
    below.map_or_else(|| path.clone(), |below| path.join(below.as_bytes()))
}

/// A directory of which a part may be deleted.
pub(super) fn in_part(failure: Failure, path: &FilePath) -> Failure {
    let mut failure = failure;
    failure.message.push_str(&format!("; what else could be deleted of {path} is gone"));
    failure.hint("What is left there wasn't touched, nor what was named behind it: check the owner and mode of the directory that holds what is in the way, then delete the rest")
}

/// One of several, of which others stood before it.
pub(super) fn behind_others(failure: Failure) -> Failure {
    let mut failure = failure;
    failure.message.push_str("; what was named before it is deleted");
    failure
}

/// Where something is to be moved that can't be gone to.
pub(super) fn no_place(failure: Failure, path: &FilePath) -> Failure {
    if failure.code != Code::NotFound {
        return failure;
    }
    Failure { message: format!("the directory of {path} is not there"), ..failure }
        .hint("Make it first: `baton files mkdir -p`")
}

/// A directory that is to be made in one that isn't there.
pub(super) fn no_parent(failure: Failure, path: &FilePath) -> Failure {
    let above = path.directory();
    if failure.message != missing(path).message || above.bytes().is_empty() {
        return failure;
    }
    Failure { message: missing(&above).message, ..failure }
        .hint(format!("To make it as well: `baton files mkdir -p` with {path}"))
}

fn missing(path: &FilePath) -> Failure {
    Failure::new(Code::NotFound, format!("{path} is not there"))
        .hint("It may have been moved or deleted")
}

/// By what the system's programs say in the C locale.
fn in_words(wish: Wish, path: &FilePath, said: &str) -> Failure {
    // Behind the last colon: before it may stand any name.
    let says = |words: &str| {
        said.lines().filter_map(|line| line.rsplit(": ").next()).any(|why| why.contains(words))
    };
    let line = first_line(said);
    let untouched = match wish {
        Wish::Write => "What was there is untouched. ",
        Wish::See | Wish::Change => "",
    };
    if says("No space left") {
        Failure::new(Code::TooLarge, format!("{path} could not be written: the disk is full"))
            .hint(format!("{untouched}Make room there, then try again"))
    } else if says("quota") || says("Quota") {
        Failure::new(
            Code::TooLarge,
            format!("{path} could not be written: the disk quota is used up"),
        )
        .hint(format!("{untouched}Make room there, then try again"))
    } else if says("File too large") {
        Failure::new(Code::TooLarge, format!("{path} is larger than a file may be there"))
            .hint(format!("{untouched}`ulimit -f` says how large one may be"))
    } else if says("nput/output error") {
        let what = if wish == Wish::See { "read" } else { "written" };
        Failure::new(
            Code::Internal,
            format!("{path} could not be {what}: its disk reports an error"),
        )
        .hint(format!("{untouched}The disk may be damaged; the system's log there says more"))
    } else if says("Read-only file system") {
        Failure::new(Code::PermissionDenied, format!("{path} is on a read-only file system"))
            .hint("It has to be mounted for writing first")
    } else if says("ermission denied") {
        Failure::new(Code::PermissionDenied, format!("permission denied: {path}"))
            .hint("Check its owner and mode, and those of the directories above it")
    } else if says("Operation not permitted") {
        Failure::new(Code::PermissionDenied, format!("the system doesn't permit it: {path}"))
            .hint("It may be marked as unchangeable, or its directory as sticky")
    } else if says("Not a directory") {
        Failure::new(Code::NotFound, format!("{path} is not there: a file stands on the way to it"))
    } else if says("File name too long") {
        Failure::new(Code::Usage, format!("{path} is too long for a name"))
            .hint("A name may have 255 bytes")
    } else if says("Too many levels") {
        Failure::new(Code::NotFound, format!("{path} leads in a circle of links"))
    } else if says("busy") {
        Failure::new(Code::Busy, format!("{path} is in use"))
            .hint("End what uses it, then try again")
    } else if says("No such file") || says("nonexistent") || says("not found") {
        missing(path)
    } else if line.is_empty() && wish != Wish::Write {
        // What was asked why it can't be had could be: it came and went meanwhile.
        missing(path)
    } else {
        let line = if line.is_empty() { "the system doesn't say why" } else { line };
        Failure::new(Code::Internal, format!("{path}: {}", line.trim()))
    }
}

fn first_line(said: &str) -> &str {
    said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// A file that was another one whenever it was read.
pub(super) fn restless(host: &HostId, path: &FilePath) -> Failure {
    Failure::new(Code::Conflict, format!("{path} changes faster than it can be read"))
        .hint("Wait until what writes it is done, then try again")
        .on(host.to_string())
}

/// A file of which less came than it has, though nothing happened to it.
pub(super) fn unreadable(host: &HostId, path: &FilePath) -> Failure {
    Failure::new(Code::Internal, format!("{path} could not be read to its end"))
        .hint("Its disk may be damaged; the system's log there says more")
        .on(host.to_string())
}

/// An answer that can't be read.
pub(super) fn garbled(host: &HostId) -> Failure {
    let said = "the answer about a file can't be read".to_owned();
    TransportError::ShellBroken { host: host.clone(), said }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_while_it_was_looked_at_is_not_there() {
        let host = HostId::new("box");
        let vanished = refused(&host, Wish::See, &FilePath::from("vd"), why::WORDS, "");
        assert_eq!((vanished.code, &*vanished.message), (Code::NotFound, "vd is not there"));
    }

    #[test]
    fn of_a_save_that_was_cut_off_it_is_said_that_nobody_knows() {
        let host = HostId::new("box");
        let killed = refused(&host, Wish::Write, &FilePath::from("a"), 137, "");
        assert_eq!(killed.message, "what wrote a was ended there (status 137)");
        let lost = TransportError::ConnectionLost { host: host.clone(), said: String::new() };
        let lost = unsure(lost.into());
        assert_eq!(lost.message, "lost the connection to box");
        assert!(lost.hint.is_some_and(|hint| hint.starts_with("Whether it was saved isn't known")));
        let full = Failure::new(Code::TooLarge, "full").hint("Make room");
        assert_eq!(unsure(full.clone()), full);
    }

    #[test]
    fn what_could_not_be_deleted_is_named_below_what_was_to_be() {
        let host = HostId::new("box");
        let said = "rm: cannot remove './un/a/it': Permission denied\n";
        let failure = refused(&host, Wish::Change, &FilePath::from("/tmp/un/"), why::IN_PART, said);
        assert_eq!(
            failure.message,
            "permission denied: /tmp/un/a/it; what else could be deleted of /tmp/un/ is gone"
        );
    }
}
