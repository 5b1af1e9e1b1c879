//! A file from here to a host.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::gauge::Gauge;
use super::local::end_of;
use super::persist::Attempt;
use super::receiver::{Feed, Ready, Receiver, Source};
use super::source::{Facts, refuse_made_up};
use super::talk::{CHUNK, RECEIVE};
use super::terms::Terms;
use super::trouble::{Trouble, changed, here};
use super::words::Words;
use crate::failure::Failure;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::TransportError;

/// A file on its way to a host.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    receiver: Receiver<'a>,
    local: PathBuf,
    facts: Facts,
    /// Whether an engine has begun it that has ended since.
    again: bool,
}

impl<'a> Upload<'a> {
    pub(super) fn new(
        reached: &'a Reached,
        local: &Path,
        facts: Facts,
        remote: &'a FilePath,
        terms: &Terms,
    ) -> Self {
        let receiver = Receiver::new(reached, remote, facts.key(local), terms);
        Self { receiver, local: local.to_owned(), facts, again: terms.patient }
    }

    fn script(&self) -> Result<String, Trouble> {
        let called = self.receiver.words()?.set("b_size", &self.facts.size.to_string())?;
        let called = stamp(called, &self.facts)?;
        Ok(called.set("b_again", if self.again { "1" } else { "" })?.call("b_receive"))
    }
}

/// Tells a script when a source was changed.
pub(super) fn stamp(called: Words, facts: &Facts) -> Result<Words, TransportError> {
    let Facts { seconds, nanos, .. } = facts;
    let words = Timestamp::from_second(*seconds).unwrap_or_default();
    let words = words.strftime("%Y%m%d%H%M.%S").to_string();
    called.set("b_at", &format!("{seconds}.{nanos:09}"))?.set("b_at_words", &words)
}

impl Attempt for Upload<'_> {
    type Done = FilePath;

    async fn attempt(&mut self) -> Result<FilePath, Trouble> {
        let file = File::open(&self.local).map_err(|error| here(&self.local, &error))?;
        check(&file, &self.local, &self.facts)?;
        refuse_made_up(&file, &self.local, &self.facts)?;
        let script = self.script()?;
        let ready = Box::pin(self.receiver.begin(&RECEIVE, &script)).await?;
        let Some(Ready { mut talk, has: [have, sum], umask }) = ready else {
            return Ok(self.receiver.path());
        };
        let all = self.facts.size;
        let have: u64 = have.parse().unwrap_or_default();
        let ends_alike = || end_of(&file, have).is_ok_and(|ours| ours.to_string() == sum);
        let fits = have > 0 && have <= all && ends_alike();
        let from = if fits { have } else { 0 };
        let mode = self.facts.mode & 0o777 & !umask;
        talk.tell(&format!("{} {mode:o}\n", if fits { "append" } else { "anew" })).await;
        let source = Source { file, path: self.local.clone(), facts: self.facts.clone() };
        Box::pin(self.receiver.send(talk, [from, all], Feed::File(source))).await
    }

    fn gauge(&mut self) -> &mut Gauge {
        &mut self.receiver.gauge
    }

    fn has_begun(&self) -> bool {
        self.receiver.has_begun()
    }
}

/// Refuses a source that isn't what it was.
pub(super) fn check(file: &File, path: &Path, facts: &Facts) -> Result<(), Failure> {
    let opened = file.metadata().map_err(|error| here(path, &error))?;
    let named = path.metadata().map_err(|error| here(path, &error))?;
    if Facts::of(&opened) == *facts && Facts::of(&named) == *facts {
        return Ok(());
    }
    Err(changed(&path.display().to_string()))
}

/// Hands out what is left. The last piece comes only if the source is still what it was: without it nothing is placed.
pub(super) fn read(
    file: &File,
    path: &Path,
    facts: &Facts,
    from: u64,
    give: &mut dyn FnMut((Vec<u8>, usize)) -> bool,
) -> Result<(), Failure> {
    let mut at = from;
    while at < facts.size {
        let rest = usize::try_from(facts.size - at).unwrap_or(CHUNK);
        let mut piece = vec![0; rest.min(CHUNK)];
        let filled = file.read_at(&mut piece, at).map_err(|error| here(path, &error))?;
        piece.truncate(filled);
        at += filled as u64;
        if filled == 0 || at == facts.size {
            check(file, path, facts)?;
        }
        if filled == 0 {
            return Err(changed(&path.display().to_string()));
        }
        if !give((piece, filled)) {
            break; // Nobody sends any more.
        }
    }
    Ok(())
}
