//! Files of a host: a directory of many entries, and many small files.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};
use std::time::Instant;

use futures::FutureExt;
use orchestrator::seam::{At, FilePath, FileQuery, FileReply, Query, Reply};

use crate::bed::{ALIAS, Bed};
use crate::desk::Desk;
use crate::plain::PlainMaster;
use crate::rounds::{Method, take_turns};
use crate::sftp::Sftp;
use crate::small::millis;
use crate::table::Row;
use crate::{Outcome, Scale, window};

/// Entries of the directory.
pub const ENTRIES: usize = 5_000;
/// What a listing may take of what `ls -la` takes.
const MARK_LIST: f64 = 0.9;
/// Small files that are read.
const FILES: usize = 1_000;
/// Directories that they lie in.
const FOLDERS: usize = 20;
/// The longest of them, in bytes; the mean is half of it.
const LONGEST: usize = 4_096;
/// What sftp has under way.
const IN_FLIGHT: usize = 32;
/// What reading them may take of what sftp takes, far away.
const MARK_READ: f64 = 0.1;

/// Measures both.
pub async fn measure(bed: &Bed, scale: Scale) -> Outcome<Vec<Row>> {
    let desk = Desk::new(bed.config(), &[ALIAS]).await?;
    let plain = PlainMaster::start(bed.config()).await?;
    let mut rows = lists(scale, &desk, &plain).await?;
    rows.extend(reads(bed, scale, &desk, &plain).await?);
    desk.stop().await;
    rows.extend(window::tree(bed, scale).await?);
    Ok(rows)
}

/// A directory alone, and one of a repository that ignores some of it.
async fn lists(scale: Scale, desk: &Desk, plain: &PlainMaster) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, repository) in [("a directory", false), ("the same in a git repository", true)] {
        let dir = tempfile::tempdir()?;
        if repository {
            git(dir.path(), &["init", "-q"])?;
            fs::write(dir.path().join(".gitignore"), "*7.o\n")?;
        }
        let path = dir.path().join("many");
        fill(&path)?;
        let (path, there) = (&path, &path.display().to_string());
        let methods = [
            Method::new("list", move || list(desk, path).boxed()),
            Method::new("ls", move || ls(plain, there).boxed()),
        ];
        let samples = take_turns(scale.share(2), &methods).await?;
        let [ours, ssh] = &samples[..] else { return Err("a method is missing".into()) };
        let ratio = ours.ratio_to(ssh);
        rows.push(Row {
            what: format!("{what} of {ENTRIES} entries, listed"),
            ours: ours.spread("ms"),
            ssh: format!("{} (ssh -S, ls -la)", ssh.spread("ms")),
            ratio: Some(ratio),
            mark: Some((format!("≤ {MARK_LIST}"), ratio <= MARK_LIST)),
        });
    }
    Ok(rows)
}

/// Makes a directory of [`ENTRIES`]: files, some directories and some links.
pub fn fill(path: &Path) -> Outcome<()> {
    fs::create_dir_all(path)?;
    for number in 0..ENTRIES {
        match number % 50 {
            0 => fs::create_dir(path.join(format!("folder-{number:04}")))?,
            1 => std::os::unix::fs::symlink("folder-0000", path.join(format!("link-{number:04}")))?,
            _ => fs::write(path.join(format!("a-file-of-some-length-{number:04}.o")), "x")?,
        }
    }
    Ok(())
}

/// As the window asks for it.
async fn list(desk: &Desk, path: &Path) -> Outcome<f64> {
    let start = Instant::now();
    let path = FilePath(path.as_os_str().as_bytes().to_vec());
    let list = FileQuery::List { at: at(), path, seen: None, limit: 200_000 };
    match desk.query(Query::File(list)).await? {
        Reply::File(FileReply::Listing(listing)) if listing.entries.len() == ENTRIES => {
            Ok(millis(start))
        }
        other => Err(format!("no listing but {other:?}").into()),
    }
}

async fn ls(plain: &PlainMaster, path: &str) -> Outcome<f64> {
    let start = Instant::now();
    let said = plain.command(&format!("ls -la '{path}'")).stdout(Stdio::piped()).output().await?;
    // With the directory itself, the one above, and the sum.
    if said.stdout.iter().filter(|byte| **byte == b'\n').count() != ENTRIES + 3 {
        return Err(format!("ls ended with {}", said.status).into());
    }
    Ok(millis(start))
}

/// Many small files, whole.
async fn reads(bed: &Bed, scale: Scale, desk: &Desk, plain: &PlainMaster) -> Outcome<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    let (mut paths, mut bytes) = (Vec::new(), 0_u64);
    for folder in 0..FOLDERS {
        fs::create_dir(dir.path().join(format!("folder-{folder:02}")))?;
    }
    for number in 0..FILES {
        let name = format!("folder-{:02}/source-file-{number:04}.rs", number % FOLDERS);
        let length = 1 + number * LONGEST / FILES;
        bytes += length as u64;
        paths.push(dir.path().join(name));
        fs::write(&paths[number], "x".repeat(length))?;
    }
    let (paths, sftp) = (&paths, &tokio::sync::Mutex::new(Sftp::open(plain).await?));
    let methods = [
        Method::new("read", move || read(desk, paths, bytes).boxed()),
        Method::new("sftp", move || {
            async move {
                let start = Instant::now();
                match sftp.lock().await.read_all(paths, IN_FLIGHT).await? {
                    came if came == bytes => Ok(millis(start)),
                    came => Err(format!("{came} of {bytes} bytes came").into()),
                }
            }
            .boxed()
        }),
    ];
    let samples = take_turns(scale.share(if bed.is_far() { 8 } else { 2 }), &methods).await?;
    let [ours, sftp] = &samples[..] else { return Err("a method is missing".into()) };
    let ratio = ours.ratio_to(sftp);
    Ok(vec![Row {
        what: format!("{FILES} small files of {} KiB in all, read", bytes / 1024),
        ours: ours.spread("ms"),
        ssh: format!("{} (sftp, {IN_FLIGHT} requests under way)", sftp.spread("ms")),
        ratio: Some(ratio),
        mark: bed.is_far().then(|| (format!("≤ {MARK_READ}"), ratio <= MARK_READ)),
    }])
}

async fn read(desk: &Desk, paths: &[PathBuf], bytes: u64) -> Outcome<f64> {
    let start = Instant::now();
    let named = paths.iter().map(|path| FilePath(path.as_os_str().as_bytes().to_vec())).collect();
    let read = FileQuery::ReadMany { at: at(), paths: named, length: LONGEST as u32 };
    let Reply::File(FileReply::Beginnings(read)) = desk.query(Query::File(read)).await? else {
        return Err("the files were not read".into());
    };
    let took = millis(start);
    let mut came = 0;
    for file in read {
        let file = file?;
        came += file.bytes.len() as u64;
        if !file.end {
            return Err("a file was not read whole".into());
        }
    }
    if came == bytes { Ok(took) } else { Err(format!("{came} of {bytes} bytes came").into()) }
}

/// The bed's machine.
pub fn at() -> At {
    At::Host { host: ALIAS.into(), directory: None }
}

/// Runs git here.
pub fn git(dir: &Path, words: &[&str]) -> Outcome<()> {
    let status = StdCommand::new("git").arg("-C").arg(dir).args(words).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {words:?} ended with {status}").into()) }
}
