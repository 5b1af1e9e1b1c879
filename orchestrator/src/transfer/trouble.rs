//! Why an attempt ended, and what a person hears of it.

use std::io;
use std::path::Path;

use crate::failure::{Code, Failure};
use crate::host::HostId;
use crate::transport::TransportError;

/// Why an attempt ended before its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The way to the host: another attempt may go well.
    Link(TransportError),
    /// It can't succeed.
    Final(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}

impl From<TransportError> for Trouble {
    fn from(error: TransportError) -> Self {
        if error.is_passing() { Self::Link(error) } else { Self::Final(error.into()) }
    }
}

/// The two ends of a transfer, as people name them.
#[derive(Clone, Copy, Debug)]
pub(super) struct There<'a> {
    pub(super) host: &'a HostId,
    /// For people.
    pub(super) path: &'a str,
}

impl There<'_> {
    /// What a script's refusal means: its word, and the words of the host's own programs.
    pub(super) fn refused(&self, word: &str, said: &str) -> Failure {
        let Self { host, path } = self;
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let failure = match word {
            "noname" => Failure::new(Code::Usage, format!("{path} is no name of a file"))
                .hint("Name the file or directory itself"),
            "nodir" => Failure::new(
                Code::DirMissing,
                format!("the directory of {path} does not exist on {host}"),
            )
            .hint("Make it first: `baton files mkdir -p`"),
            "nofile" => Failure::new(Code::NotFound, format!("{path} does not exist on {host}"))
                .hint("Check the path; a link leads nowhere when its target is gone"),
            "denied" => {
                Failure::new(Code::PermissionDenied, format!("permission denied on {host}: {path}"))
                    .hint("Check the owner and mode there, or use another account")
            }
            "nowrite" => Failure::new(
                Code::PermissionDenied,
                format!("{path} is read-only for this account on {host}"),
            )
            .hint("Check its mode and owner; nothing was changed"),
            "names" => Failure::new(
                Code::Unsupported,
                format!("{path} on {host} has further names (hard links), which replacing it would part from it"),
            )
            .hint("Remove the other names, or the file itself, then send it again; nothing was changed"),
            "kept" => Failure::new(
                Code::Conflict,
                format!("{path} on {host} has a file that belongs to another account, or has further names (hard links){}", colon(said)),
            )
            .hint("Replacing it would part it from them: remove it first, or send what is beside it; nothing was changed"),
            "nomove" => Failure::new(
                Code::PermissionDenied,
                format!("nothing may be placed in the directory {said} on {host}"),
            )
            .hint("Check its owner and mode, or use another account; nothing was changed"),
            "half" => Failure::new(
                half_code(said),
                format!("{path} on {host} was replaced in part only{}", colon(said)),
            )
            .hint("What is named is in the way: mend that, then send it again, and all of it is placed"),
            "owner" => Failure::new(
                Code::PermissionDenied,
                format!("{path} on {host} belongs to another account or group, and would belong to this one when it is replaced"),
            )
            .hint("Send it as its owner, or make it yours first; what was there is untouched"),
            "readonly" => Failure::new(
                Code::PermissionDenied,
                format!("can't write {path}: its file system on {host} is read-only"),
            )
            .hint("Mount it so that it can be written, or choose another place"),
            "loop" => Failure::new(Code::NotFound, format!("{path} is a link that leads nowhere"))
                .hint("Name what it should lead to"),
            "busy" => busy(path),
            "exists" => exists(path),
            "isdir" => Failure::new(Code::IsDirectory, format!("{path} is a directory on {host}"))
                .hint("Name the file that is meant in it"),
            "isfile" => Failure::new(Code::Conflict, format!("{path} is no directory on {host}"))
                .hint("Choose another name, or move it away"),
            "mixed" => Failure::new(
                Code::Conflict,
                format!("{path} on {host} has a directory where a file is to go, or the other way round{}", colon(said)),
            )
            .hint("Move it away, or choose another name; nothing was changed"),
            "other" => Failure::new(
                Code::Unsupported,
                format!("{path} on {host} is neither a file nor a directory"),
            )
            .hint("Devices, sockets and pipes are not transferred"),
            "outside" => Failure::new(
                Code::PermissionDenied,
                format!(
                    "{} lies outside of the directory in which work is done",
                    if said.is_empty() { path } else { said }
                ),
            )
            .hint("Say that it may lie outside, if you mean it; nothing was changed"),
            "full" => full(&format!("{path} on {host}")),
            "lost" => Failure::new(
                Code::Conflict,
                format!("another transfer has taken over {path} on {host}"),
            )
            .hint("What it has sent counts; begin this one again if that was wrong"),
            "notar" => Failure::new(Code::Unsupported, format!("{host} has no tar"))
                .hint("Install tar there, or transfer the files one by one"),
            _ => Failure::new(Code::Internal, format!("can't transfer {path} on {host}{}", colon(said)))
                .hint("The words are the host's own; try again once that is mended"),
        };
        failure.on(host.as_str())
    }

    /// The file has changed while it was read.
    pub(super) fn changed(&self) -> Failure {
        changed(&format!("{} on {}", self.path, self.host)).on(self.host.as_str())
    }
}

pub(super) fn busy(path: &str) -> Failure {
    Failure::new(Code::Busy, format!("another transfer to {path} is under way"))
        .hint("Wait for it, or stop it first")
}

/// Whether a transfer failed because something has the name already that it was to have, and wasn't to be replaced.
pub fn is_there_already(why: &Failure) -> bool {
    why.code == Code::Conflict && why.message.ends_with(THERE)
}

const THERE: &str = " is there already";

pub(super) fn exists(path: &str) -> Failure {
    Failure::new(Code::Conflict, format!("{path}{THERE}"))
        .hint("Choose another name, or say that it may be replaced (-f)")
}

pub(super) fn changed(path: &str) -> Failure {
    Failure::new(Code::Conflict, format!("{path} was changed while it was read"))
        .hint("Begin again; of a file that is always written, make a copy first")
}

pub(super) fn cancelled() -> Failure {
    Failure::new(Code::Cancelled, "the transfer was stopped")
        .hint("What has arrived is kept: begun again, it goes on there")
}

fn full(place: &str) -> Failure {
    Failure::new(Code::TooLarge, format!("no room is left for {place}"))
        .hint("Make room there (the disk, or the quota), then begin again; nothing was changed")
}

/// What an error of this machine's file system means.
pub(super) fn here(path: &Path, error: &io::Error) -> Failure {
    let name = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(Code::NotFound, format!("{name} does not exist here"))
                .hint("Check the path")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(Code::PermissionDenied, format!("permission denied here: {name}"))
                .hint("Check its owner and mode")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Failure::new(Code::PermissionDenied, format!("can't write {name}: read-only here"))
                .hint("Choose another place")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            full(&format!("{name} here"))
        }
        _ => Failure::new(Code::Internal, format!("can't use {name}: {error}"))
            .hint("That is what this machine says of it"),
    }
}

fn half_code(said: &str) -> Code {
    let denies = |words: &&str| said.contains(words);
    match ["ermission denied", "not permitted", "ead-only"].iter().any(denies) {
        true => Code::PermissionDenied,
        false => Code::Internal,
    }
}

fn colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
