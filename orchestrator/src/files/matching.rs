//! Which of many paths fit what was typed, best first: nucleo's score, over what the former search has left, on all cores.

use std::cmp::Reverse;
use std::sync::Arc;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::seam::{FoundFile, FoundFiles};

/// Fewer than so many are not worth a thread.
const WORTH_A_THREAD: usize = 4_000;

/// More threads than that are no quicker: memory is what holds them up.
const MOST_THREADS: usize = 4;

/// Paths that can be searched.
#[derive(Debug)]
pub(super) struct Candidates {
    paths: Vec<Candidate>,
    whole: bool,
}

#[derive(Debug)]
struct Candidate {
    path: Box<str>,
    /// Its letters, where they aren't all ASCII.
    letters: Option<Box<[char]>>,
    /// Which letters it has, a bit each; see [`bag`].
    bag: u64,
}

impl Candidate {
    fn new(path: String) -> Self {
        let letters = (!path.is_ascii()).then(|| path.chars().collect());
        // Other letters may be taken for those of ASCII: an é for an e.
        let bag = if letters.is_some() { u64::MAX } else { bag(path.bytes()) };
        Self { path: path.into_boxed_str(), letters, bag }
    }

    fn text(&self) -> Utf32Str<'_> {
        match &self.letters {
            Some(letters) => Utf32Str::Unicode(letters),
            None => Utf32Str::Ascii(self.path.as_bytes()),
        }
    }
}

/// A bit for each letter, whatever its case, each digit, and four more; the rest has none.
fn bag(bytes: impl Iterator<Item = u8>) -> u64 {
    let bit = |byte: u8| match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => 1 << (letter - b'a'),
        digit @ b'0'..=b'9' => 1 << (26 + digit - b'0'),
        b'/' => 1 << 36,
        b'.' => 1 << 37,
        b'_' => 1 << 38,
        b'-' => 1 << 39,
        _ => 0_u64,
    };
    bytes.fold(0, |bag, byte| bag | bit(byte))
}

impl Candidates {
    /// `paths` is sorted; `whole` is whether these are all.
    pub(super) fn new(paths: Vec<String>, whole: bool) -> Self {
        Self { paths: paths.into_iter().map(Candidate::new).collect(), whole }
    }

    /// Whether it would be the same for these.
    pub(super) fn are(&self, paths: &[String], whole: bool) -> bool {
        self.whole == whole
            && self.paths.len() == paths.len()
            && self.paths.iter().zip(paths).all(|(mine, path)| *mine.path == **path)
    }
}

/// What the last search came to, and what searches need.
#[derive(Default)]
pub(super) struct Matching {
    last: Option<Last>,
    matchers: Vec<Matcher>,
}

impl std::fmt::Debug for Matching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matching").finish_non_exhaustive()
    }
}

struct Last {
    candidates: Arc<Candidates>,
    typed: String,
    fit: Vec<u32>,
}

/// A path that fits.
#[derive(Clone, Copy, Debug)]
struct Fit {
    score: u32,
    number: u32,
}

impl Matching {
    /// The best `limit` of `candidates`.
    pub(super) fn search(
        &mut self,
        candidates: &Arc<Candidates>,
        typed: &str,
        limit: usize,
    ) -> FoundFiles {
        let looked_at = u32::try_from(candidates.paths.len()).unwrap_or(u32::MAX);
        let found = |files| FoundFiles { files, looked_at, whole: candidates.whole };
        if typed.trim().is_empty() {
            let first = candidates.paths.iter().take(limit);
            let file = |one: &Candidate| FoundFile { path: one.path.to_string(), letters: vec![] };
            return found(first.map(file).collect());
        }
        let pattern =
            Pattern::new(typed, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        let wanted = bag(typed.bytes());
        let former = self.last.take().filter(|last| {
            Arc::ptr_eq(&last.candidates, candidates)
                && typed.starts_with(&last.typed)
                // Behind a backslash a space is a letter.
                && !typed.contains('\\')
        });
        let all: Vec<u32> = match former {
            Some(former) => former.fit,
            None => (0..looked_at).collect(),
        };
        let mut fits = self.fits(candidates, &pattern, wanted, &all);
        let fit = fits.iter().map(|fit| fit.number).collect();
        let best = |fit: &Fit| {
            let length = candidates.paths.get(fit.number as usize).map_or(0, |one| one.path.len());
            (Reverse(fit.score), length, fit.number)
        };
        if fits.len() > limit && limit > 0 {
            fits.select_nth_unstable_by_key(limit - 1, best);
        }
        fits.truncate(limit);
        fits.sort_unstable_by_key(best);
        let files = self.told(candidates, &pattern, &fits);
        self.last = Some(Last { candidates: Arc::clone(candidates), typed: typed.to_owned(), fit });
        found(files)
    }

    /// Those of `numbers` that fit, in their order.
    fn fits(
        &mut self,
        candidates: &Candidates,
        pattern: &Pattern,
        wanted: u64,
        numbers: &[u32],
    ) -> Vec<Fit> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(MOST_THREADS).min(numbers.len() / WORTH_A_THREAD).max(1);
        while self.matchers.len() < threads {
            self.matchers.push(Matcher::new(Config::DEFAULT.match_paths()));
        }
        let part = numbers.len().div_ceil(threads).max(1);
        let mut work = numbers.chunks(part).zip(&mut self.matchers);
        // This thread has a part of its own.
        let Some((mine, my_matcher)) = work.next() else { return Vec::new() };
        std::thread::scope(|scope| {
            let others: Vec<_> = work
                .map(|(part, matcher)| {
                    scope.spawn(move || fits_of(candidates, pattern, wanted, part, matcher))
                })
                .collect();
            let mut fits = fits_of(candidates, pattern, wanted, mine, my_matcher);
            for other in others {
                // One that panicked has found nothing; its panic was told of.
                fits.extend(other.join().unwrap_or_default());
            }
            fits
        })
    }

    /// With the letters that fit.
    fn told(&mut self, candidates: &Candidates, pattern: &Pattern, fits: &[Fit]) -> Vec<FoundFile> {
        let Some(matcher) = self.matchers.first_mut() else { return Vec::new() };
        let fits = fits.iter().filter_map(|fit| candidates.paths.get(fit.number as usize));
        fits.map(|one| {
            let mut letters = Vec::new();
            pattern.indices(one.text(), matcher, &mut letters);
            letters.sort_unstable();
            letters.dedup();
            FoundFile { path: one.path.to_string(), letters }
        })
        .collect()
    }
}

fn fits_of(
    candidates: &Candidates,
    pattern: &Pattern,
    wanted: u64,
    numbers: &[u32],
    matcher: &mut Matcher,
) -> Vec<Fit> {
    let fit = |number: &u32| {
        let one = candidates.paths.get(*number as usize)?;
        if wanted & !one.bag != 0 {
            return None;
        }
        let score = pattern.score(one.text(), matcher)?;
        Some(Fit { score, number: *number })
    };
    numbers.iter().filter_map(fit).collect()
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
