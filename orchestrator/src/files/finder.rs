//! Files below a directory, found by some of their letters. The list is fetched once, and refreshed behind the answers: no answer
//! waits for a list where there is one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::form::{Files, Listed};
use super::matching::{Candidates, Matching};
use super::sum::Sum;
use crate::failure::{Code, Failure};
use crate::host::{Place, Reached};
use crate::seam::FoundFiles;

/// A list that is older is fetched anew, behind the answer.
const STALE: Duration = Duration::from_secs(5);

/// How long somebody waits for a list before they are told that it still comes.
const FIRST: Duration = Duration::from_secs(5);

/// How long for a newer one: longer than the host is given to look, with the pause before.
const NEXT: Duration = Duration::from_secs(120);

/// Where nothing fits, the list is fetched anew, because an agent may have made the file just now: so long after the last time.
const AGAIN: Duration = Duration::from_millis(200);

/// And at most a fifth of the host's time goes into it, whatever is typed.
const PAUSES: u32 = 4;

/// So many lists are kept: one of 200,000 paths takes some 15 MB.
const MOST_LISTS: usize = 4;

/// So many files are told of at most: nobody reads more.
const MOST_FOUND: usize = 10_000;

/// The lists of all directories that somebody has looked through lately, the last one at the end.
#[derive(Debug, Default)]
pub(super) struct Finder {
    lists: Mutex<Vec<Arc<List>>>,
    /// How many lists there were.
    count: Arc<AtomicU64>,
}

/// One directory's.
#[derive(Debug)]
struct List {
    place: Place,
    directory: Option<Vec<u8>>,
    fetched: watch::Sender<Fetched>,
    count: Arc<AtomicU64>,
    /// One search at a time; with it what the last one came to.
    matching: Mutex<Matching>,
}

/// What was fetched.
#[derive(Clone, Debug, Default)]
struct Fetched {
    candidates: Option<Arc<Candidates>>,
    sum: Option<Sum>,
    last: Option<Last>,
    /// Whether somebody is at it.
    under_way: bool,
    /// When something was looked for in vain.
    missed: Option<Instant>,
    /// Why there is none, where it was tried.
    failure: Option<Failure>,
}

/// When it was fetched last, whatever came of it.
#[derive(Clone, Copy, Debug)]
struct Last {
    ended: Instant,
    took: Duration,
}

impl Last {
    /// When it may be fetched anew, because something was looked for in vain.
    fn again(self) -> Instant {
        self.ended + AGAIN.max(self.took * PAUSES)
    }
}

impl Fetched {
    fn list(&self) -> u64 {
        self.candidates.as_ref().map_or(0, |candidates| candidates.list)
    }
}

impl Finder {
    /// Those that fit `typed`, best first; with `behind` in the list after that one, as soon as it is there, and `None` where
    /// none has come.
    ///
    /// # Errors
    ///
    /// Why the first list can't be had.
    pub(super) async fn find(
        &self,
        reached: &Reached,
        files: Arc<dyn Files>,
        typed: String,
        limit: usize,
        behind: Option<u64>,
    ) -> Result<Option<FoundFiles>, Failure> {
        let list = self.list(reached);
        if behind.is_none() {
            list.refresh(&files);
        }
        let Some(candidates) = list.newer(behind.unwrap_or_default()).await? else {
            let coming = list.fetched.borrow().under_way;
            let known = behind.filter(|behind| *behind != 0);
            return Ok(known.is_none().then(|| FoundFiles { coming, ..FoundFiles::default() }));
        };
        let mut found = list.search(&candidates, &typed, limit.min(MOST_FOUND)).await?;
        if found.files.is_empty() && behind.is_none() {
            list.missed(&files);
        }
        let now = list.fetched.borrow();
        found.coming = now.under_way || now.list() != candidates.list;
        drop(now);
        Ok(Some(found))
    }

    fn list(&self, reached: &Reached) -> Arc<List> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |list: &Arc<List>| list.place == reached.place && list.directory == reached.directory;
        let list = match lists.iter().position(is_it) {
            Some(at) => lists.remove(at),
            None => Arc::new(List {
                place: reached.place.clone(),
                directory: reached.directory.clone(),
                fetched: watch::Sender::default(),
                count: Arc::clone(&self.count),
                matching: Mutex::default(),
            }),
        };
        lists.push(Arc::clone(&list));
        let too_many = lists.len().saturating_sub(MOST_LISTS);
        lists.drain(..too_many);
        list
    }
}

impl List {
    /// What fits; the search has a thread of its own.
    async fn search(
        self: &Arc<Self>,
        candidates: &Arc<Candidates>,
        typed: &str,
        limit: usize,
    ) -> Result<FoundFiles, Failure> {
        let (list, candidates, typed) =
            (Arc::clone(self), Arc::clone(candidates), typed.to_owned());
        let search = move || {
            let mut matching = list.matching.lock().unwrap_or_else(PoisonError::into_inner);
            matching.search(&candidates, &typed, limit)
        };
        tokio::task::spawn_blocking(search).await.map_err(|error| {
            Failure::new(Code::Internal, format!("the search among files ended: {error}"))
        })
    }

    /// Fetches it, where there is none or it is stale, and nobody is at it.
    fn refresh(self: &Arc<Self>, files: &Arc<dyn Files>) {
        let begins = self.fetched.send_if_modified(|fetched| {
            let is_fresh = fetched.candidates.is_some()
                && fetched.last.is_some_and(|last| last.ended.elapsed() < STALE);
            let begins = !fetched.under_way && !is_fresh;
            fetched.under_way |= begins;
            begins
        });
        if begins {
            tokio::spawn(Arc::clone(self).fetch(Arc::clone(files)));
        }
    }

    /// Fetches it once more than is under way, as soon as that may be: what was looked for may be there meanwhile.
    fn missed(self: &Arc<Self>, files: &Arc<dyn Files>) {
        let begins = self.fetched.send_if_modified(|fetched| {
            fetched.missed = Some(Instant::now());
            !std::mem::replace(&mut fetched.under_way, true)
        });
        if begins {
            tokio::spawn(Arc::clone(self).fetch(Arc::clone(files)));
        }
    }

    /// Fetches it, until it is newer than what was looked for in vain.
    async fn fetch(self: Arc<Self>, files: Arc<dyn Files>) {
        loop {
            let may = self.fetched.borrow().last.map(Last::again);
            if let Some(may) = may {
                tokio::time::sleep_until(may).await;
            }
            let began = Instant::now();
            let (sum, former) = {
                let fetched = self.fetched.borrow();
                (fetched.sum, fetched.candidates.clone())
            };
            let listed = match files.paths(sum.as_ref()).await {
                Ok(Some(listed)) => self.prepare(listed, former).await.map(Some),
                Ok(None) => Ok(None),
                Err(failure) => Err(failure),
            };
            let ended = Instant::now();
            let mut goes_on = false;
            self.fetched.send_modify(|fetched| {
                // What failed may succeed at once.
                let took = if listed.is_ok() { ended - began } else { Duration::ZERO };
                fetched.last = Some(Last { ended, took });
                fetched.failure = None;
                match listed {
                    Ok(Some((candidates, sum))) => {
                        fetched.candidates = Some(candidates);
                        fetched.sum = sum;
                    }
                    Ok(None) => {}
                    Err(failure) => fetched.failure = Some(failure),
                }
                let is_missed = fetched.missed.is_some_and(|missed| missed > began);
                goes_on = is_missed && fetched.failure.is_none();
                fetched.under_way = goes_on;
            });
            if !goes_on {
                return;
            }
        }
    }

    /// Makes a list searchable, which takes a moment where it is long. One that is the same as the former isn't made anew: what
    /// the last search came to still counts.
    async fn prepare(
        &self,
        listed: Listed,
        former: Option<Arc<Candidates>>,
    ) -> Result<(Arc<Candidates>, Option<Sum>), Failure> {
        let count = Arc::clone(&self.count);
        let prepare = move || {
            let Listed { paths, sum } = listed;
            let candidates = match former.filter(|former| former.are(&paths)) {
                Some(former) => former,
                None => {
                    let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                    Arc::new(Candidates::new(paths, number))
                }
            };
            (candidates, sum)
        };
        tokio::task::spawn_blocking(prepare).await.map_err(|error| {
            Failure::new(Code::Internal, format!("the list of files broke off: {error}"))
        })
    }

    /// The newest, if that isn't `known`; one that is on its way is waited for where there is no other, and not for ever.
    async fn newer(&self, known: u64) -> Result<Option<Arc<Candidates>>, Failure> {
        let mut fetched = self.fetched.subscribe();
        let is_there = |fetched: &Fetched| fetched.list() != known || !fetched.under_way;
        let patience = if known == 0 { FIRST } else { NEXT };
        match tokio::time::timeout(patience, fetched.wait_for(is_there)).await {
            Ok(Ok(fetched)) => match (&fetched.candidates, &fetched.failure) {
                (Some(candidates), _) if candidates.list != known => {
                    Ok(Some(Arc::clone(candidates)))
                }
                (None, Some(failure)) => Err(failure.clone()),
                (Some(_) | None, _) => Ok(None),
            },
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }
}
