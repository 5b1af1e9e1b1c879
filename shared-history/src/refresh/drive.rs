//! Looks, reads and notes.

use super::growth::{Grown, Growth};
use super::judge::{Verdict, judge, judge_gone};
use super::load::{Load, Loaded};
use super::{FileChange, Refreshed, Settings};
use crate::{Chunk, FileIndex, FileLook, Files, FilesError, Indexes, OddKind, Span};

/// Brings `indexes` up to date.
///
/// One look, and no more when nothing is new or what is new comes along with it; else one reading of all files
/// together, or several when a large file has long lines. A file that would lose lines is believed at the next refresh.
///
/// # Errors
///
/// What [`Files`] says. `indexes` is what it was then.
pub async fn refresh(
    files: &dyn Files,
    indexes: &mut Indexes,
    settings: &Settings,
) -> Result<Refreshed, FilesError> {
    let look = files.look(&indexes.known(), settings.most).await?;
    let mut state =
        State { next: indexes.clone(), jobs: Vec::new(), refreshed: Refreshed::default() };
    for file in &look.files {
        state.look_at(file, indexes.get(&file.name), settings);
    }
    for index in
        indexes.iter().filter(|index| !look.files.iter().any(|file| file.name == index.name))
    {
        let is_unreadable =
            look.odd.iter().any(|odd| odd.name == index.name && odd.kind == OddKind::Unreadable);
        if !is_unreadable {
            state.miss(index);
        }
    }
    while !state.jobs.is_empty() {
        state.read(files, settings).await?;
    }
    let State { next, refreshed, .. } = state;
    let mut refreshed = Refreshed { root: look.root, odd: look.odd, ..refreshed };
    refreshed.changes.sort_by(|one, other| one.name.cmp(&other.name));
    *indexes = next;
    Ok(refreshed)
}

/// A file that is being read.
#[derive(Debug)]
struct Job {
    file: FileLook,
    reading: Reading,
}

#[derive(Debug)]
enum Reading {
    Growth(Box<Growth>),
    Load(Box<Load>),
}

#[derive(Debug)]
struct State {
    next: Indexes,
    jobs: Vec<Job>,
    refreshed: Refreshed,
}

impl State {
    fn look_at(&mut self, file: &FileLook, index: Option<&FileIndex>, settings: &Settings) {
        let verdict = judge(index, file);
        match (verdict, index) {
            (Verdict::Wait(doubt), Some(index)) => {
                self.keep(FileIndex { doubt: Some(doubt), ..index.clone() });
                self.refreshed.is_unsettled = true;
            }
            (Verdict::Unchanged, Some(index)) => {
                self.keep(FileIndex { size: file.size, doubt: None, ..index.clone() });
            }
            (Verdict::Take, Some(index)) => {
                let mut growth = Growth::new(index, file, settings);
                if let Some(fresh) = &file.fresh {
                    growth.take_whole(fresh);
                }
                self.grown(growth.finish(), file, settings);
            }
            (Verdict::Read, Some(index)) => {
                let growth = Box::new(Growth::new(index, file, settings));
                self.start(file, Reading::Growth(growth));
            }
            (
                Verdict::Load
                | Verdict::Wait(_)
                | Verdict::Unchanged
                | Verdict::Take
                | Verdict::Read,
                _,
            ) => self.load(file, index.is_some(), settings),
        }
    }

    /// A file that was there before isn't.
    fn miss(&mut self, index: &FileIndex) {
        if let Some(doubt) = judge_gone(index) {
            self.keep(FileIndex { doubt: Some(doubt), ..index.clone() });
            self.refreshed.is_unsettled = true;
        } else {
            self.next.forget(&index.name);
            self.refreshed.gone.push(index.name.clone());
        }
    }

    fn load(&mut self, file: &FileLook, is_known: bool, settings: &Settings) {
        let load = Box::new(Load::new(file, is_known, settings));
        self.start(file, Reading::Load(load));
    }

    fn start(&mut self, file: &FileLook, reading: Reading) {
        let file = FileLook { fresh: None, ..file.clone() };
        self.jobs.push(Job { file, reading });
    }

    /// Reads what all jobs want in one go; those that want more afterwards are jobs again.
    /// What isn't of one moment counts as not seen: the next refresh will tell.
    async fn read(&mut self, files: &dyn Files, settings: &Settings) -> Result<(), FilesError> {
        let mut jobs = std::mem::take(&mut self.jobs);
        let (mut spans, mut owners) = (Vec::new(), Vec::new());
        for (job, of) in jobs.iter().enumerate() {
            for (span, wanted) in of.reading.spans().into_iter().enumerate() {
                if wanted.bytes > 0 {
                    owners.push((job, span));
                    spans.push(wanted);
                }
            }
        }
        let mut take = |chunk: Chunk<'_>| {
            if let Some(&(job, span)) = owners.get(chunk.span) {
                jobs[job].reading.take(span, chunk.bytes);
            }
        };
        if !spans.is_empty() {
            files.read(&spans, &mut take).await?;
        }

        for Job { file, reading } in jobs {
            match reading {
                Reading::Growth(growth) => self.grown(growth.finish(), &file, settings),
                Reading::Load(load) => match load.finish() {
                    Loaded::Change(change) => self.change(*change),
                    Loaded::Again(load) => self.start(&file, Reading::Load(load)),
                    Loaded::Unsteady => self.refreshed.is_unsettled = true,
                },
            }
        }
        Ok(())
    }

    fn grown(&mut self, grown: Grown, file: &FileLook, settings: &Settings) {
        match grown {
            Grown::Change(change) => self.change(change),
            Grown::Nothing(index) => self.keep(index),
            Grown::Other => self.load(file, true, settings),
            Grown::Unsteady => self.refreshed.is_unsettled = true,
        }
    }

    fn change(&mut self, change: FileChange) {
        self.keep(change.index.clone());
        self.refreshed.changes.push(change);
    }

    fn keep(&mut self, index: FileIndex) {
        self.next.files.insert(index.name.clone(), index);
    }
}

impl Reading {
    fn spans(&self) -> Vec<Span> {
        match self {
            Self::Growth(growth) => growth.spans(),
            Self::Load(load) => load.spans(),
        }
    }

    fn take(&mut self, span: usize, bytes: &[u8]) {
        match self {
            Self::Growth(growth) => growth.take(span, bytes),
            Self::Load(load) => load.take(span, bytes),
        }
    }
}
