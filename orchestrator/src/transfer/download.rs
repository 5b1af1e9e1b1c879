//! A file from a host to here.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::task::JoinHandle;

use super::bulk::Watch;
use super::gauge::{Gauge, watched};
use super::local::{self, END, Held, Target};
use super::persist::Attempt;
use super::piece::{Giver, Taker, pieces};
use super::source::key;
use super::talk::{Hearing, LONG_PATIENCE, SEND, Talk};
use super::terms::Terms;
use super::trouble::{There, Trouble, here};
use super::words::{Words, cwd};
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;

/// So many bytes are written before the disk is asked to take them: a few of its own queues, and little for a person to wait for
/// at the end.
const BEHIND: usize = 16 << 20;

/// Where a part may go on: what the host's `dd` skips is in such blocks.
const BLOCK: u64 = 256 * 1024;

/// A file on its way from a host.
#[derive(Debug)]
pub(super) struct Download<'a> {
    pub(super) reached: &'a Reached,
    pub(super) remote: &'a FilePath,
    pub(super) shown: String,
    pub(super) replace: bool,
    pub(super) target: Target,
    pub(super) begun: bool,
    /// What a person should know of what came.
    pub(super) said: String,
    pub(super) gauge: Gauge,
}

impl<'a> Download<'a> {
    pub(super) async fn new(
        reached: &'a Reached,
        remote: &'a FilePath,
        local: &Path,
        terms: &Terms,
    ) -> Result<Self, Failure> {
        Ok(Self {
            reached,
            remote,
            shown: remote.to_string(),
            replace: terms.replace,
            target: Target::take(local, terms.replace).await?,
            begun: false,
            said: String::new(),
            gauge: Gauge::new(terms.report.clone()),
        })
    }

    async fn file(&mut self, mut talk: Talk, facts: &[String]) -> Result<(), Trouble> {
        let host = self.reached.connection.host();
        let there = There { host, path: &self.shown };
        let [size, modified, _, mode] = facts else {
            return Err(there.refused("", &facts.join(" ")).into());
        };
        if self.target.path.is_dir() {
            return Err(local::is_directory(&self.target.path).into());
        }
        let state = facts.join(" ");
        let key = key(&[host.as_str().as_bytes(), self.remote.bytes(), state.as_bytes()]);
        let part = self.target.part(&key)?;
        let file = local::open_part(&part).map_err(|error| here(&part, &error))?;
        // What the system makes up as it is read has no size: all that comes is the file.
        let size: Option<u64> = size.parse().ok().filter(|size| *size > 0);
        let have = file.metadata().map_err(|error| here(&part, &error))?.len();
        let from = match size {
            Some(size) if have <= size => {
                let from = have - have % BLOCK;
                if from > 0 && fits(&mut talk, there, &file, from).await? { from } else { 0 }
            }
            Some(_) | None => 0,
        };
        talk.tell(&format!("go {}\n", from / BLOCK)).await;
        self.gauge.set("receiving", from, size);
        let Talk { stdin, mut hearing } = talk;
        let rest = size.map(|size| size - from);
        let share = self.target.share();
        let taken = match hearing.pipe() {
            Some((head, pipe)) => {
                let taking = Taking { file, part: part.clone(), from, rest, head, pipe, share };
                taking.watched(&mut self.gauge).await.map_err(Trouble::from)
            }
            None => {
                let writer = Writer::begin(file, &part, from, share);
                take(&mut hearing, rest, writer, &mut self.gauge).await
            }
        };
        drop(stdin);
        let file = match taken {
            Ok(Taken { file, whole: true }) => file,
            Ok(Taken { whole: false, .. }) => return Err(there.changed().into()),
            Err(Trouble::Final(why)) => {
                // A full disk is no place to keep half a file.
                if why.code == crate::failure::Code::TooLarge {
                    local::remove(&part);
                }
                return Err(why.into());
            }
            Err(trouble @ Trouble::Link(_)) => return Err(trouble),
        };
        self.verify(&mut hearing, &file, size, &state).await?;
        let all = self.gauge.done();
        self.gauge.set("writing", all, size);
        let mode = u32::from_str_radix(mode, 8).unwrap_or(0o644);
        let modified = local::time(modified);
        let target = self.target.path.clone();
        let complete = move || local::complete(&file, mode, modified, &target);
        let done = tokio::task::spawn_blocking(complete);
        done.await.map_err(std::io::Error::other).flatten().map_err(|error| here(&part, &error))?;
        Ok(self.target.place(&part, self.replace)?)
    }

    /// Whether all has come, of a file that is still what it was.
    async fn verify(
        &self,
        hearing: &mut Hearing,
        file: &File,
        size: Option<u64>,
        state: &str,
    ) -> Result<(), Trouble> {
        let there = There { host: self.reached.connection.host(), path: &self.shown };
        let said = hearing.said().await;
        let Some((before, end)) = said.rsplit_once("end ") else {
            return Err(hearing.ended(there).await);
        };
        let (status, now) = end.trim().split_once(' ').unwrap_or((end, ""));
        if status != "0" {
            let word = if before.contains("Permission denied") { "denied" } else { "" };
            return Err(there.refused(word, before).into());
        }
        let have = file.metadata().map_err(|error| here(&self.target.path, &error))?.len();
        // What the system makes up as it is read may have less than it says: a clean end of a file that is what it was is its end.
        if now != state || size.is_some_and(|size| have > size) {
            return Err(there.changed().into());
        }
        Ok(())
    }
}

impl Attempt for Download<'_> {
    type Done = PathBuf;

    async fn attempt(&mut self) -> Result<PathBuf, Trouble> {
        let script = Words::default().path("b_p", self.remote.bytes())?.call("b_send");
        let connection = &self.reached.connection;
        let mut talk =
            Talk::begin(connection, cwd(self.reached, self.remote), &SEND, &script).await?;
        let there = There { host: connection.host(), path: &self.shown };
        let mut answer = talk.line(there).await?;
        self.begun = true;
        if answer == ["counting"] {
            self.gauge.set("counting", 0, None);
            // A directory may have any number of files.
            answer = talk.hearing.line(there, LONG_PATIENCE).await?;
        }
        match answer.split_first() {
            Some((kind, facts)) if kind == "file" => self.file(talk, facts).await?,
            Some((kind, facts)) if kind == "tree" => self.tree(talk, facts).await?,
            _ => return Err(there.refused("", &answer.join(" ")).into()),
        }
        Ok(self.target.path.clone())
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.gauge
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

/// Whether the host's file has the same bytes before `from`, as far as their checksum says.
async fn fits(talk: &mut Talk, there: There<'_>, file: &File, from: u64) -> Result<bool, Trouble> {
    talk.tell(&format!("sum {}\n", (from - END) / END)).await;
    let answer = talk.line(there).await?;
    let Ok(ours) = local::end_of(file, from) else { return Ok(false) };
    Ok(answer.get(1).is_some_and(|theirs| *theirs == ours.to_string()))
}

struct Taken {
    file: File,
    /// Nothing more came than was expected.
    whole: bool,
}

/// Takes `rest` bytes, or all there are. Fewer are no error here: the script's last words say why.
async fn take(
    hearing: &mut Hearing,
    rest: Option<u64>,
    mut writer: Writer,
    gauge: &mut Gauge,
) -> Result<Taken, Trouble> {
    let mut rest = rest.unwrap_or(u64::MAX);
    let mut whole = true;
    loop {
        let mut room = writer.pieces.room();
        let mut filled = 0;
        let mut over = false;
        while filled < room.len() {
            match hearing.stdout.read(&mut room[filled..]).await {
                Ok(0) | Err(_) => {
                    over = true;
                    break;
                }
                Ok(count) => {
                    gauge.add(count);
                    filled += count;
                }
            }
        }
        if filled as u64 > rest {
            whole = false;
            over = true;
            filled = usize::try_from(rest).unwrap_or(filled);
        }
        rest -= filled as u64;
        if filled > 0 && !writer.pieces.give(room, filled).await {
            break; // It says why below.
        }
        if over {
            break;
        }
    }
    Ok(Taken { file: writer.end().await?, whole })
}

/// Writes a part, on a thread that may block.
struct Writer {
    pieces: Giver,
    writing: JoinHandle<Result<File, Failure>>,
    part: PathBuf,
}

impl Writer {
    fn begin(mut file: File, part: &Path, from: u64, share: Arc<Held>) -> Self {
        let (pieces, mut sent) = pieces();
        let path = part.to_owned();
        let writing = tokio::task::spawn_blocking(move || {
            let _share = share;
            let begun = file.set_len(from).and_then(|()| file.seek(SeekFrom::Start(from)));
            match begun.and_then(|_| write(&file, &mut sent)) {
                Ok(()) => Ok(file),
                Err(error) => Err(here(&path, &error)),
            }
        });
        Self { pieces, writing, part: part.to_owned() }
    }

    async fn end(self) -> Result<File, Failure> {
        drop(self.pieces);
        match self.writing.await {
            Ok(written) => written,
            Err(error) => Err(here(&self.part, &std::io::Error::other(error))),
        }
    }
}

/// Writes what comes.
fn write(file: &File, sent: &mut Taker) -> std::io::Result<()> {
    behind(file, |wrote| {
        let mut writer = file;
        while let Some(piece) = sent.take_now() {
            writer.write_all(piece.bytes())?;
            wrote(piece.bytes().len());
            sent.done_with(piece);
        }
        Ok(())
    })
}

/// Has the disk take what `work` says it wrote while it goes on: little is left for the end then.
fn behind<T>(
    file: &File,
    work: impl FnOnce(&mut dyn FnMut(usize)) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let (ask, asked) = std::sync::mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        // The system says once of a file that its disk has failed: whoever hears it keeps it.
        let syncing = scope.spawn(move || asked.into_iter().try_for_each(|()| file.sync_data()));
        let mut since = 0;
        let done = work(&mut |wrote| {
            since += wrote;
            // While the one before is still at it, it is asked with the next piece.
            if since >= BEHIND && ask.try_send(()).is_ok() {
                since = 0;
            }
        });
        drop(ask);
        let synced = syncing.join().unwrap_or_else(|_| Err(std::io::Error::other("it broke off")));
        done.and_then(|done| synced.map(|()| done))
    })
}

/// What comes out of a pipe into a part.
struct Taking {
    file: File,
    part: PathBuf,
    from: u64,
    /// So many bytes, or all there are.
    rest: Option<u64>,
    /// Read already.
    head: Vec<u8>,
    pipe: OwnedFd,
    share: Arc<Held>,
}

impl Taking {
    async fn watched(self, gauge: &mut Gauge) -> Result<Taken, Failure> {
        let watch = Watch::from(self.from);
        let Self { mut file, part, from, rest, head, pipe, share } = self;
        let failed = |error: std::io::Error| here(&part, &error);
        let mut pipe = watch.pipe(pipe).map_err(failed)?;
        let moved = Arc::clone(&watch.moved);
        let taking = tokio::task::spawn_blocking(move || {
            let _share = share;
            file.set_len(from)?;
            file.seek(SeekFrom::Start(from))?;
            let mut rest = rest.unwrap_or(u64::MAX);
            if head.len() as u64 > rest {
                return Ok(Taken { file, whole: false });
            }
            let whole = behind(&file, |wrote| {
                (&file).write_all(&head)?;
                moved.fetch_add(head.len() as u64, Ordering::Relaxed);
                rest -= head.len() as u64;
                while rest > 0 {
                    let most = usize::try_from(rest).unwrap_or(usize::MAX);
                    match pipe.take(&file, most)? {
                        0 => return Ok(true),
                        count => {
                            rest -= count as u64;
                            wrote(count);
                        }
                    }
                }
                pipe.is_over()
            })?;
            Ok(Taken { file, whole })
        });
        let taken = watched(gauge, &watch.moved, taking).await.map_err(std::io::Error::other);
        taken.flatten().map_err(failed)
    }
}
