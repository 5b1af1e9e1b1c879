//! A file from here to a host.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::gauge::Gauge;
use super::local::end_of;
use super::persist::Attempt;
use super::piece::pieces;
use super::source::Facts;
use super::talk::{CHUNK, LONG_PATIENCE, Talk};
use super::terms::Terms;
use super::trouble::{There, Trouble, changed, here};
use super::words::{Words, cwd};
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::Input;

/// A file on its way to a host.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    reached: &'a Reached,
    local: PathBuf,
    remote: &'a FilePath,
    shown: String,
    replace: bool,
    facts: Facts,
    key: String,
    nonce: String,
    /// The inode of the part that was sent before: it may have been placed, and nobody has told us.
    was: String,
    begun: bool,
    gauge: Gauge,
}

impl<'a> Upload<'a> {
    pub(super) fn new(
        reached: &'a Reached,
        local: &Path,
        facts: Facts,
        remote: &'a FilePath,
        terms: &Terms,
    ) -> Self {
        let key = facts.key(local);
        Self {
            reached,
            local: local.to_owned(),
            remote,
            shown: remote.to_string(),
            replace: terms.replace,
            facts,
            key,
            nonce: Uuid::new_v4().simple().to_string(),
            was: String::new(),
            begun: false,
            gauge: Gauge::new(terms.report.clone()),
        }
    }

    fn script(&self) -> Result<String, Trouble> {
        let Facts { size, seconds, nanos, .. } = self.facts;
        let words = Timestamp::from_second(seconds).unwrap_or_default();
        let words = words.strftime("%Y%m%d%H%M.%S").to_string();
        Ok(Words::default()
            .path("b_p", self.remote.bytes())?
            .set("b_key", &self.key)?
            .set("b_nonce", &self.nonce)?
            .set("b_size", &size.to_string())?
            .set("b_at", &format!("{seconds}.{nanos:09}"))?
            .set("b_at_words", &words)?
            .set("b_replace", if self.replace { "1" } else { "" })?
            .set("b_was", &self.was)?
            .call("b_receive"))
    }
}

impl Attempt for Upload<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let file = File::open(&self.local).map_err(|error| here(&self.local, &error))?;
        check(&file, &self.local, &self.facts)?;
        let script = self.script()?;
        let connection = &self.reached.connection;
        let mut talk = Talk::begin(connection, cwd(self.reached, self.remote), &script).await?;
        let there = There { host: connection.host(), path: &self.shown };
        let answer = talk.line(there).await?;
        self.begun = true;
        let [first, have, sum, inode, umask] = answer.as_slice() else {
            return placed(&answer, there);
        };
        if first != "ready" {
            return placed(&answer, there);
        }
        let have: u64 = have.parse().unwrap_or_default();
        let fits = have > 0
            && have <= self.facts.size
            && end_of(&file, have).is_ok_and(|ours| ours.to_string() == *sum);
        let from = if fits { have } else { 0 };
        self.was.clone_from(inode);
        let umask = u32::from_str_radix(umask, 8).unwrap_or(0o077);
        let mode = self.facts.mode & 0o777 & !umask;
        talk.tell(&format!("{} {mode:o}\n", if fits { "append" } else { "anew" })).await;
        self.gauge.set("sending", from, Some(self.facts.size));
        let Talk { stdin, mut hearing } = talk;
        let sent = {
            let sending = send(file, &self.local, &self.facts, from, stdin, &mut self.gauge);
            tokio::pin!(sending);
            tokio::select! {
                // One that refuses takes no more: its answer says more than our broken pipe.
                answer = hearing.line(there, std::time::Duration::MAX) => Err(answer),
                sent = &mut sending => Ok(sent),
            }
        };
        let answer = match sent {
            Err(early) => early?,
            Ok(sent) => {
                sent?;
                self.gauge.set("writing", self.facts.size, Some(self.facts.size));
                hearing.line(there, LONG_PATIENCE).await?
            }
        };
        placed(&answer, there)
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.gauge
    }

    fn has_begun(&self) -> bool {
        self.begun
    }
}

/// Where it is now.
pub(super) fn placed(answer: &[String], there: There<'_>) -> Result<FilePath, Trouble> {
    match answer.split_first() {
        Some((done, _)) if done == "done" => Ok(FilePath::from(there.path)),
        _ => Err(there.refused("", &answer.join(" ")).into()),
    }
}

/// Refuses a source that isn't what it was.
fn check(file: &File, path: &Path, facts: &Facts) -> Result<(), Failure> {
    let opened = file.metadata().map_err(|error| here(path, &error))?;
    let named = path.metadata().map_err(|error| here(path, &error))?;
    if Facts::of(&opened) == *facts && Facts::of(&named) == *facts {
        return Ok(());
    }
    Err(changed(&path.display().to_string()))
}

/// Sends what is left. The last piece goes only if the source is still what it was: without it nothing is placed.
async fn send(
    file: File,
    path: &Path,
    facts: &Facts,
    from: u64,
    mut stdin: Input,
    gauge: &mut Gauge,
) -> Result<(), Failure> {
    let (mut giver, mut taker) = pieces();
    let (owned_path, owned_facts) = (path.to_owned(), facts.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let mut at = from;
        while at < owned_facts.size {
            let rest = usize::try_from(owned_facts.size - at).unwrap_or(CHUNK);
            let mut room = giver.room();
            let wanted = rest.min(room.len());
            let filled = file.read_at(&mut room[..wanted], at);
            let filled = filled.map_err(|error| here(&owned_path, &error))?;
            at += filled as u64;
            if filled == 0 || at == owned_facts.size {
                check(&file, &owned_path, &owned_facts)?;
            }
            if filled == 0 {
                return Err(changed(&owned_path.display().to_string()));
            }
            if !giver.give_now(room, filled) {
                break; // Nobody sends any more.
            }
        }
        Ok(())
    });
    while let Some(piece) = taker.take().await {
        let mut rest = piece.bytes();
        while !rest.is_empty() {
            match stdin.write(rest).await {
                Ok(0) | Err(_) => return std::future::pending().await, // The answer says why.
                Ok(count) => {
                    rest = &rest[count..];
                    gauge.add(count);
                }
            }
        }
        taker.done_with(piece);
    }
    match reading.await {
        Ok(done) => done?,
        Err(error) => return Err(here(path, &std::io::Error::other(error))),
    }
    if stdin.shutdown().await.is_err() {
        return std::future::pending().await;
    }
    Ok(())
}
