//! The host's end of what is sent there: a script that is told what comes, says what it has, and takes the rest.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::bulk::Watch;
use super::gauge::{Gauge, watched};
use super::goal::Goal;
use super::source::Facts;
use super::talk::{Hearing, LONG_PATIENCE, Talk};
use super::terms::Terms;
use super::trouble::{There, Trouble, changed, here};
use super::under_way::Live;
use super::upload::{check, read};
use super::words::{Words, base, cwd};
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::{Input, Library};

/// So many pieces are read before they are sent.
pub(super) const AHEAD: usize = 4;

/// What goes out at once, and how many bytes of files it holds.
pub(super) type Piece = (Vec<u8>, usize);

/// Where something arrives.
#[derive(Debug)]
pub(super) struct Receiver<'a> {
    goal: Goal<'a>,
    live: Live,
    /// The inode of the part that was sent before: it may have been placed, and nobody has told us.
    was: String,
    begun: bool,
    pub(super) gauge: Gauge,
}

/// A host that takes the rest.
pub(super) struct Ready {
    pub(super) talk: Talk,
    /// What it has, in two words that are the function's own.
    pub(super) has: [String; 2],
    /// What its files may not be.
    pub(super) umask: u32,
}

impl<'a> Receiver<'a> {
    /// `key` names the source.
    pub(super) fn new(
        reached: &'a Reached,
        remote: &'a FilePath,
        key: String,
        terms: &Terms,
    ) -> Self {
        Self {
            goal: Goal::new(reached, remote, terms),
            live: Live::new(key, Uuid::new_v4().simple().to_string()),
            was: String::new(),
            begun: false,
            gauge: Gauge::new(terms.report.clone()),
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// What every function is called with.
    pub(super) fn words(&self) -> Result<Words, Trouble> {
        let Goal { reached, remote, replace, outside, .. } = self.goal;
        Ok(Words::default()
            .path("b_p", remote.bytes())?
            .path("b_base", base(reached, outside))?
            .set("b_key", &self.live.key)?
            .set("b_nonce", &self.live.nonce)?
            .set("b_live", &self.live.others())?
            .set("b_replace", if replace { "1" } else { "" })?
            .set("b_was", &self.was)?)
    }

    /// Starts the script, and hears what it has. `None` where all is in its place already.
    pub(super) async fn begin(
        &mut self,
        library: &Library,
        script: &str,
    ) -> Result<Option<Ready>, Trouble> {
        let Goal { reached, remote, .. } = self.goal;
        let cwd = cwd(reached, remote);
        let mut talk = Talk::begin(&reached.connection, cwd, library, script).await?;
        let there = self.goal.there();
        let answer = talk.line(there).await?;
        self.begun = true;
        match &answer[..] {
            [first, one, other, inode, umask] if first == "ready" => {
                self.was.clone_from(inode);
                let umask = u32::from_str_radix(umask, 8).unwrap_or(0o077);
                Ok(Some(Ready { talk, has: [one.clone(), other.clone()], umask }))
            }
            _ => placed(&answer, there).map(|()| None),
        }
    }

    /// Sends what `feed` brings, of a source of `all` bytes of which the host has `from`, and hears where it is.
    pub(super) async fn send(
        &mut self,
        talk: Talk,
        [from, all]: [u64; 2],
        feed: Feed,
    ) -> Result<FilePath, Trouble> {
        let there = self.goal.there();
        self.gauge.set("sending", from, Some(all));
        let Talk { stdin, mut hearing } = talk;
        let answer = {
            // One line is heard from the beginning to the end: what was read of it is lost where this is begun anew.
            let listening = hearing.line(there, std::time::Duration::MAX);
            tokio::pin!(listening);
            let sent = {
                let sending = pump(stdin, feed, [from, all], &mut self.gauge);
                tokio::pin!(sending);
                tokio::select! {
                    // One that refuses takes no more: its answer says more than our broken pipe.
                    answer = &mut listening => Err(answer),
                    sent = &mut sending => Ok(sent),
                }
            };
            match sent {
                Err(early) => Some(early),
                Ok(sent) => {
                    sent?;
                    self.gauge.set("writing", all, Some(all));
                    tokio::time::timeout(LONG_PATIENCE, &mut listening).await.ok()
                }
            }
        };
        let Some(answer) = answer else { return Err(hearing.timed_out(LONG_PATIENCE).into()) };
        let answer = answer?;
        placed(&answer, there)?;
        Ok(self.goal.remote.clone())
    }

    /// Where it goes, as it was named.
    pub(super) fn path(&self) -> FilePath {
        self.goal.remote.clone()
    }

    /// Bytes that the script says up to `mark`.
    pub(super) async fn up_to(
        &self,
        hearing: &mut Hearing,
        mark: &str,
    ) -> Result<Vec<u8>, Trouble> {
        let there = self.goal.there();
        hearing.up_to(there, mark.as_bytes()).await
    }
}

/// What is to be sent: read on a thread that may block.
pub(super) struct Pieces {
    pub(super) read: mpsc::Receiver<Piece>,
    pub(super) reading: tokio::task::JoinHandle<Result<(), Failure>>,
}

impl Pieces {
    /// `read` hands out pieces, until it is told that nobody takes more.
    pub(super) fn of(
        read: impl FnOnce(&mut dyn FnMut(Piece) -> bool) -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        let (pieces, taken) = mpsc::channel(AHEAD);
        let reading = tokio::task::spawn_blocking(move || {
            read(&mut |piece| pieces.blocking_send(piece).is_ok())
        });
        Self { read: taken, reading }
    }
}

/// What is sent.
pub(super) enum Feed {
    /// Whatever it is made of.
    Pieces(Pieces),
    /// The rest of a file.
    File(Source),
}

/// A file of this machine.
pub(super) struct Source {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// What it has to be until the end.
    pub(super) facts: Facts,
}

/// Sends all of it. Nothing is placed without its end, which comes only if the source is still what it was.
async fn pump(
    stdin: Input,
    feed: Feed,
    [from, all]: [u64; 2],
    gauge: &mut Gauge,
) -> Result<(), Failure> {
    match feed {
        Feed::Pieces(pieces) => pump_pieces(stdin, pieces, gauge).await,
        Feed::File(source) => match stdin.into_pipe() {
            Ok(pipe) => pump_file(pipe, source, [from, all], gauge).await,
            Err(stdin) => {
                let Source { file, path, facts } = source;
                let pieces = Pieces::of(move |give| read(&file, &path, &facts, from, give));
                pump_pieces(stdin, pieces, gauge).await
            }
        },
    }
}

async fn pump_file(
    pipe: OwnedFd,
    source: Source,
    [from, all]: [u64; 2],
    gauge: &mut Gauge,
) -> Result<(), Failure> {
    let Source { file, path, facts } = source;
    let watch = Watch::from(from);
    let failed = |error: std::io::Error| here(&path, &error);
    let mut pipe = watch.pipe(pipe).map_err(failed)?;
    let sending = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || {
            let mut refused = None;
            let sent = pipe.send(&file, from, all, || {
                check(&file, &path, &facts).map_err(|why| {
                    refused = Some(why);
                    std::io::ErrorKind::Other.into()
                })
            });
            match (sent, refused) {
                (Ok(()), _) => Ok(true),
                (Err(_), Some(why)) => Err(why),
                (Err(error), None) => match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => {
                        check(&file, &path, &facts)?;
                        Err(changed(&path.display().to_string()))
                    }
                    std::io::ErrorKind::BrokenPipe => Ok(false),
                    _ => Err(here(&path, &error)),
                },
            }
        })
    };
    match watched(gauge, &watch.moved, sending).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => std::future::pending().await, // The answer says why.
        Ok(Err(why)) => Err(why),
        Err(error) => Err(failed(std::io::Error::other(error))),
    }
}

async fn pump_pieces(
    mut stdin: Input,
    mut pieces: Pieces,
    gauge: &mut Gauge,
) -> Result<(), Failure> {
    while let Some((piece, counted)) = pieces.read.recv().await {
        let mut sent = 0;
        while sent < piece.len() {
            match stdin.write(&piece[sent..]).await {
                Ok(0) | Err(_) => return std::future::pending().await, // The answer says why.
                Ok(count) => {
                    sent += count;
                    if counted == piece.len() {
                        gauge.add(count);
                    }
                }
            }
        }
        if counted != piece.len() {
            gauge.add(counted);
        }
    }
    match pieces.reading.await {
        Ok(done) => done?,
        Err(error) => {
            return Err(here("its source".as_ref(), &std::io::Error::other(error)));
        }
    }
    if stdin.shutdown().await.is_err() {
        return std::future::pending().await;
    }
    Ok(())
}

/// Looks whether the script has placed it.
fn placed(answer: &[String], there: There<'_>) -> Result<(), Trouble> {
    match answer.split_first() {
        Some((done, _)) if done == "done" => Ok(()),
        _ => Err(there.refused("", &answer.join(" ")).into()),
    }
}
