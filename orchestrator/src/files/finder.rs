//! Files below a directory, found by some of their letters. The list is fetched once, and refreshed behind the answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::form::{Files, Paths};
use super::matching::{Candidates, Matching};
use crate::failure::{Code, Failure};
use crate::host::{Place, Reached};
use crate::seam::FoundFiles;

/// A list that is older is fetched anew, behind the answer.
const STALE: Duration = Duration::from_secs(5);

/// How long somebody waits for the first list before they are told that it still comes.
const FIRST: Duration = Duration::from_secs(5);

/// Where nothing fits, a list that is older is fetched anew before that is said: an agent may have made the file just now.
const AGAIN: Duration = Duration::from_secs(1);

/// So many paths are looked through at most.
const MOST_PATHS: usize = 200_000;

/// So many lists are kept: one of 200,000 paths takes some 25 MB.
const MOST_LISTS: usize = 4;

/// So many files are told of at most: nobody reads more.
const MOST_FOUND: usize = 10_000;

/// The lists of all directories that somebody has looked through lately, the last one at the end.
#[derive(Debug, Default)]
pub(super) struct Finder {
    lists: Mutex<Vec<Arc<List>>>,
}

/// One directory's.
#[derive(Debug)]
struct List {
    place: Place,
    directory: Option<Vec<u8>>,
    fetched: watch::Sender<Fetched>,
    /// One search at a time; with it what the last one came to.
    matching: Mutex<Matching>,
}

/// What was fetched.
#[derive(Clone, Debug, Default)]
struct Fetched {
    candidates: Option<Arc<Candidates>>,
    at: Option<Instant>,
    /// Whether somebody is at it.
    under_way: bool,
    /// Why there is none, where it was tried.
    failure: Option<Failure>,
}

impl Finder {
    /// Those that fit `typed`, best first.
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
    ) -> Result<FoundFiles, Failure> {
        let list = self.list(reached);
        list.refresh(Arc::clone(&files), STALE);
        let Some(candidates) = list.candidates().await? else { return Ok(FoundFiles::default()) };
        let limit = limit.min(MOST_FOUND);
        let found = list.search(&candidates, &typed, limit).await?;
        if !found.files.is_empty() {
            return Ok(found);
        }
        list.refresh(files, AGAIN);
        match list.newer().await {
            Some(newer) if !Arc::ptr_eq(&newer, &candidates) => {
                list.search(&newer, &typed, limit).await
            }
            Some(_) | None => Ok(found),
        }
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

    /// Fetches it, where there is none or it is older than `most`, and nobody is at it.
    fn refresh(self: &Arc<Self>, files: Arc<dyn Files>, most: Duration) {
        let begins = self.fetched.send_if_modified(|fetched| {
            let is_fresh = fetched.at.is_some_and(|at| at.elapsed() < most);
            if fetched.under_way || is_fresh {
                return false;
            }
            fetched.under_way = true;
            fetched.failure = None;
            true
        });
        if !begins {
            return;
        }
        let list = Arc::clone(self);
        tokio::spawn(async move {
            let paths = files.paths().await;
            let former = list.fetched.borrow().candidates.clone();
            // Many paths take a moment to be prepared.
            let prepared = tokio::task::spawn_blocking(move || match paths {
                Ok(paths) => (Some(prepare(paths, former)), None),
                Err(failure) => (former, Some(failure)),
            });
            let prepared = prepared.await;
            list.fetched.send_modify(|fetched| {
                fetched.under_way = false;
                if let Ok((candidates, failure)) = prepared {
                    fetched.at = failure.is_none().then(Instant::now);
                    fetched.candidates = candidates;
                    fetched.failure = failure;
                }
            });
        });
    }

    /// What there is once nobody fetches it any more; that isn't waited for for ever, either.
    async fn newer(&self) -> Option<Arc<Candidates>> {
        let mut fetched = self.fetched.subscribe();
        let fetched = tokio::time::timeout(FIRST, fetched.wait_for(|it| !it.under_way)).await;
        fetched.ok()?.ok()?.candidates.clone()
    }

    /// What there is; waits for the first list, and not for ever.
    async fn candidates(&self) -> Result<Option<Arc<Candidates>>, Failure> {
        let mut fetched = self.fetched.subscribe();
        let is_there = |fetched: &Fetched| fetched.candidates.is_some() || !fetched.under_way;
        match tokio::time::timeout(FIRST, fetched.wait_for(is_there)).await {
            Ok(Ok(fetched)) => match (&fetched.candidates, &fetched.failure) {
                (Some(candidates), _) => Ok(Some(Arc::clone(candidates))),
                (None, Some(failure)) => Err(failure.clone()),
                (None, None) => Ok(None),
            },
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }
}

/// What was there already is kept where it is the same: what the last search came to still counts.
fn prepare(paths: Paths, former: Option<Arc<Candidates>>) -> Arc<Candidates> {
    let Paths { mut paths, mut whole } = paths;
    whole &= paths.len() <= MOST_PATHS;
    paths.truncate(MOST_PATHS);
    match former.filter(|former| former.are(&paths, whole)) {
        Some(former) => former,
        None => Arc::new(Candidates::new(&paths, whole)),
    }
}
