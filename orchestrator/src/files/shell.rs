//! Files through the host's shell: one call of a control shell each, and a channel for what is large.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::crc::cksum;
use super::entry::{Garbled, SHOWN, Shown};
use super::form::{Files, Listed, MOST_PATHS, Save, Told, Window};
use super::listing;
use super::paths;
use super::refusal::{self, Wish, why};
use super::scripts::{FILES, Line, SHELL_FILES};
use super::sum::{ListingSum, Sum};
use super::window::{self, Held, begins_alike};
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::{Expected, FileBeginning, FileEntry, FilePath, FileWindow, Listing};
use crate::transport::{Answer, Call, Connection, LongCall};

/// How long a look may take, with the way there and back, and with a disk that has fallen asleep.
const LOOK_PATIENCE: Duration = Duration::from_secs(30);

/// How long a change may take: a disk may be slow to say that it has the bytes, and a large directory to be deleted.
const CHANGE_PATIENCE: Duration = Duration::from_secs(300);

/// Files of so many bytes go through a control shell, which reads a byte at a time; as histories have it.
const MOST_INLINE: usize = 16 * 1024;

/// A call with such a file may be longer: bytes that have to be quoted take four.
pub(super) const LONGEST_CALL: usize = 24 * 1024;

/// Windows of so many bytes come through a control shell; larger ones would hold up what is small behind them.
pub(super) const MOST_INLINE_WINDOW: u32 = 256 * 1024;

/// What dd reads at once: windows begin anywhere, so up to so much is read in front of one and behind it.
const BLOCK: u64 = 4096;

/// What an answer may hold besides what was asked for.
pub(super) const SLACK: usize = 256 * 1024;

/// What an entry takes at most, by and large: names have up to 255 bytes, links up to 4 KiB, but hardly any have.
const ENTRY_BYTES: usize = 160;

/// How often a file that changes while it is read is read anew.
pub(super) const MOST_READS: usize = 3;

/// So many bytes of names are fetched at most: 200,000 paths of 160 bytes.
const MOST_NAME_BYTES: u64 = 32 * 1024 * 1024;

/// The script's word for names that are those that were seen.
const SAME_NAMES: u8 = 7;

/// How long they are looked for; what was found until then is taken.
const NAMES_SECONDS: u64 = 30;

/// One place's files.
#[derive(Debug)]
pub(super) struct ShellFiles {
    pub(super) connection: Connection,
    root: Vec<u8>,
}

impl ShellFiles {
    pub(super) fn new(reached: &Reached) -> Self {
        let root = reached.directory.clone().filter(|root| !root.is_empty());
        Self { connection: reached.connection.clone(), root: root.unwrap_or_else(|| b"~".to_vec()) }
    }

    pub(super) fn line(&self, function: &str) -> Result<Line, Failure> {
        Ok(Line::new(function).path(&self.root)?)
    }

    /// The call of a function that changes `paths`: not before it is sure what a tilde means.
    fn change(&self, function: &str, paths: &[&FilePath]) -> Result<Line, Failure> {
        let mut line = Line::default();
        for path in paths.iter().filter(|path| path.bytes().starts_with(b"~")) {
            line = line.function("bf_tilde").path(&self.root)?.word(path.bytes())?.then();
        }
        Ok(line.function(function).path(&self.root)?)
    }

    pub(super) async fn call(&self, line: &Line, limit_bytes: usize) -> Result<Answer, Failure> {
        let call = Call { patience: LOOK_PATIENCE, limit_bytes, ..Call::new(line.text()) };
        Ok(self.connection.call(call.with(&SHELL_FILES)).await?)
    }

    async fn call_to_change(&self, line: &Line) -> Result<Answer, Failure> {
        let call = Call { patience: CHANGE_PATIENCE, ..Call::new(line.text()) };
        Ok(self.connection.call(call.with(&SHELL_FILES)).await?)
    }

    /// The same over a channel of its own.
    pub(super) async fn long_call(
        &self,
        line: &Line,
        bytes: &[u8],
        limit_bytes: usize,
    ) -> Result<Answer, Failure> {
        let call = LongCall {
            what: "reading or writing a file",
            library: &SHELL_FILES,
            script: &line.text(),
            bytes: &[bytes],
            limit_bytes,
            patience: CHANGE_PATIENCE,
        };
        Ok(Box::pin(call.run(&self.connection)).await?)
    }

    pub(super) fn refused(&self, wish: Wish, path: &FilePath, answer: &Answer) -> Failure {
        refusal::failure(self.connection.host(), wish, path, answer)
    }

    pub(super) fn whole<T>(&self, read: Result<T, Garbled>) -> Result<T, Failure> {
        read.map_err(|Garbled| refusal::garbled(self.connection.host()))
    }

    /// The file that an answer tells of.
    fn shown(&self, wish: Wish, path: &FilePath, answer: &Answer) -> Result<FileEntry, Failure> {
        if answer.status != 0 {
            return Err(self.refused(wish, path, answer));
        }
        let fields: Vec<&[u8]> = answer.stdout.split(|byte| *byte == 0).collect();
        let shown = fields.get(..SHOWN).ok_or(Garbled).and_then(Shown::read);
        Ok(self.whole(shown)?.entry)
    }

    /// What a directory holds, as one of the functions tells it; nothing where it is as it was `seen`.
    async fn list_by(
        &self,
        function: &str,
        path: &FilePath,
        limit: usize,
        seen: Option<ListingSum>,
    ) -> Result<Option<(Listing, Told)>, Failure> {
        let mark = mark();
        let most_bytes = limit.saturating_mul(ENTRY_BYTES).saturating_add(SLACK);
        let line = self.line(function)?.path(path.bytes())?.word(&mark)?;
        // Entries, links and what is ignored.
        let line = line.number(most_bytes as u64);
        let (crc, sha) =
            seen.map_or_else(Default::default, |sum| (sum.crc(), sum.sha().to_owned()));
        let line = line.word(crc.as_bytes())?.word(sha.as_bytes())?;
        let answer = self.call(&line, most_bytes.saturating_mul(3).saturating_add(SLACK)).await?;
        if answer.status != 0 {
            return Err(self.refused(Wish::See, path, &answer));
        }
        if answer.stdout == b"same\0" {
            return Ok(None);
        }
        let (mut listing, told) =
            self.whole(listing::read(&answer.stdout, &mark, most_bytes, limit))?;
        if told != Told::Names {
            listing.version = ListingSum::of(&answer.stdout, &mark, limit).version();
        }
        Ok(Some((listing, told)))
    }

    /// Reads a window once.
    async fn read_once(&self, window: &Window<'_>) -> Result<Option<(FileWindow, Held)>, Failure> {
        let mark = mark();
        let (offset, length) = (window.offset, u64::from(window.length));
        let skip = offset / BLOCK;
        let lead = offset % BLOCK;
        let count = (lead + length).div_ceil(BLOCK);
        let line = self.line("bf_read")?.path(window.path.bytes())?.word(&mark)?;
        let line = line.word(window.seen.unwrap_or_default().as_bytes())?;
        let line = line.number(offset).number(length).number(skip).number(count);
        let limit = usize::try_from(count * BLOCK).unwrap_or(usize::MAX).saturating_add(SLACK);
        let answer = if window.length > MOST_INLINE_WINDOW {
            self.long_call(&line, &[], limit).await?
        } else {
            self.call(&line, limit).await?
        };
        if answer.status != 0 {
            return Err(self.refused(Wish::See, window.path, &answer));
        }
        if answer.stdout == b"same\0" {
            return Ok(None);
        }
        self.whole(window::cut(answer.stdout, &mark, window, lead)).map(Some)
    }
}

/// A word that nothing else has.
pub(super) fn mark() -> Vec<u8> {
    Uuid::new_v4().simple().to_string().into_bytes()
}

#[async_trait]
impl Files for ShellFiles {
    async fn list(
        &self,
        path: &FilePath,
        limit: usize,
        seen: Option<&str>,
    ) -> Result<Option<(Listing, Told)>, Failure> {
        let seen = seen.and_then(ListingSum::read).filter(|sum| sum.limit == limit);
        self.list_by("bf_list", path, limit, seen).await
    }

    async fn names(&self, path: &FilePath, limit: usize) -> Result<(Listing, Told), Failure> {
        let named = match self.list_by("bf_rows", path, limit, None).await {
            // The names alone of some million files: a listing takes what it may.
            Err(failure) if failure.code == Code::TooLarge => {
                self.list_by("bf_list", path, limit, None).await?
            }
            named => named?,
        };
        named.ok_or_else(|| refusal::garbled(self.connection.host()))
    }

    async fn stat(&self, path: &FilePath) -> Result<FileEntry, Failure> {
        let line = self.line("bf_stat")?.path(path.bytes())?;
        let answer = self.call(&line, SLACK).await?;
        self.shown(Wish::See, path, &answer)
    }

    async fn read(&self, window: &Window<'_>) -> Result<Option<FileWindow>, Failure> {
        let mut before: Option<FileWindow> = None;
        for _ in 0..MOST_READS {
            let Some((read, held)) = self.read_once(window).await? else { return Ok(None) };
            match held {
                Held::Same => return Ok(Some(read)),
                // A log is what it was as far as it goes.
                Held::Grown
                    if before.as_ref().is_some_and(|before| begins_alike(before, &read)) =>
                {
                    return Ok(Some(read));
                }
                Held::Short => {
                    return Err(refusal::unreadable(self.connection.host(), window.path));
                }
                Held::Grown | Held::Changed => before = Some(read),
            }
        }
        Err(refusal::restless(self.connection.host(), window.path))
    }

    async fn read_many(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Result<FileBeginning, Failure>>, Failure> {
        Box::pin(self.read_all(paths, length)).await
    }

    async fn write(&self, save: &Save<'_>) -> Result<FileEntry, Failure> {
        let expected = match save.expected {
            Expected::Absent => "-",
            // Words of the script's own, which no file is called by.
            Expected::Version(version) if matches!(&**version, "" | "-") => {
                let host = self.connection.host();
                return Err(refusal::refused(host, Wish::Write, save.path, why::CHANGED, ""));
            }
            Expected::Version(version) => version,
            Expected::Anything => "",
        };
        let line = self.change("bf_write", &[save.path])?.path(save.path.bytes())?;
        let line = line.flag(save.outside).word(expected.as_bytes())?;
        let line = line.number(save.bytes.len() as u64).number(u64::from(cksum(save.bytes)));
        let line = line.word(&mark())?;
        let small = save.bytes.len() <= MOST_INLINE && !save.bytes.contains(&0);
        let inline = small.then(|| line.clone().word(save.bytes)).transpose()?;
        let answer = match inline.filter(|line| line.text().len() <= LONGEST_CALL) {
            Some(inline) => self.call_to_change(&inline).await?,
            None => self.long_call(&line, save.bytes, SLACK).await?,
        };
        self.shown(Wish::Write, save.path, &answer)
    }

    async fn make_directory(
        &self,
        path: &FilePath,
        parents: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        let line = self.change("bf_mkdir", &[path])?.path(path.bytes())?;
        let answer = self.call_to_change(&line.flag(outside).flag(parents)).await?;
        let shown = self.shown(Wish::Change, path, &answer);
        if parents { shown } else { shown.map_err(|failure| refusal::no_parent(failure, path)) }
    }

    async fn rename(
        &self,
        from: &FilePath,
        to: &FilePath,
        replace: bool,
        outside: bool,
    ) -> Result<FileEntry, Failure> {
        let line = self.change("bf_rename", &[from, to])?.path(from.bytes())?.path(to.bytes())?;
        let answer = self.call_to_change(&line.flag(outside).flag(replace)).await?;
        // How far it came is told by how many NULs stand before anything else.
        let stage = answer.stdout.iter().take_while(|byte| **byte == 0).count().min(2);
        let answer = Answer { stdout: answer.stdout[stage..].to_vec(), ..answer };
        let about = match (stage, answer.status) {
            (0, _) => from,
            (1, _) | (_, 6 | 15 | 19) => to,
            (_, _) => from,
        };
        let shown = self.shown(Wish::Change, about, &answer);
        shown.map_err(|failure| match stage {
            1 => refusal::no_place(failure, to),
            _ => failure,
        })
    }

    async fn delete(
        &self,
        paths: &[FilePath],
        recursive: bool,
        outside: bool,
    ) -> Result<(), Failure> {
        let all: Vec<&FilePath> = paths.iter().collect();
        let mut line = self.change("bf_delete", &all)?.flag(outside).flag(recursive);
        for path in paths {
            line = line.path(path.bytes())?;
        }
        let answer = self.call_to_change(&line).await?;
        if answer.status == 0 {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.stdout);
        let number = said.lines().last().and_then(|number| number.parse::<usize>().ok());
        let about = number.and_then(|number| paths.get(number)).or(paths.first());
        let failure = self.refused(Wish::Change, about.unwrap_or(&FilePath::default()), &answer);
        // It tells of each when it looks at it, and again when it deletes it.
        let is_behind_others = said.lines().count() > paths.len() + 1;
        Err(if is_behind_others { refusal::behind_others(failure) } else { failure })
    }

    async fn paths(&self, seen: Option<&Sum>) -> Result<Option<Listed>, Failure> {
        let line = self.line("bf_names")?.path(b"")?;
        let line = line.number(MOST_NAME_BYTES).number(NAMES_SECONDS);
        let line = line.word(seen.map(|sum| sum.text()).unwrap_or_default().as_bytes())?;
        let limit_bytes = usize::try_from(MOST_NAME_BYTES).unwrap_or(usize::MAX) + SLACK;
        // Behind what it takes to find them, the way there and back.
        let patience = Duration::from_secs(NAMES_SECONDS) + LOOK_PATIENCE;
        let call = Call { patience, limit_bytes, ..Call::new(line.text()) };
        let answer = self.connection.call(call.with(&FILES)).await?;
        if answer.status == SAME_NAMES {
            return Ok(None);
        }
        let root = String::from_utf8_lossy(&self.root);
        if let Some(failure) = paths::gone(&self.connection, &root, answer.status) {
            return Err(failure);
        }
        // Many paths take a moment, in which others would wait.
        let read = move || {
            let paths = paths::read(&answer.stdout, MOST_PATHS);
            // What was cut off may be cut off elsewhere the next time.
            let sum = paths.whole.then(|| Sum::of(&answer.stdout));
            Some(Listed { paths, sum })
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.map_err(|_| refusal::garbled(self.connection.host()))
    }
}
