//! Which of many paths fit what was typed, best first: nucleo's score, over what the former search has left, on all cores.
//!
//! Nucleo's best score takes microseconds a path. So all are looked at quickly, and only those that come out first closely.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::paths::Paths;
use crate::seam::{FoundFile, FoundFiles};

/// Fewer than so many are not worth a thread.
const WORTH_A_THREAD: usize = 4_000;

/// A thread takes so many at a time: where one has to wait for a core, another one does what is left.
const PART: usize = 2_000;

/// So many letters can be taken back at once without another search; each keeps some 400 KB at most of 100,000 paths, and less with
/// each letter.
const MOST_STEPS: usize = 64;

/// So many of those that fit about best are looked at closely, which takes some 2 µs each, or twice as many as are wanted.
const LOOKED_AT_CLOSELY: usize = 512;

/// More threads than that are no quicker: memory is what holds them up.
const MOST_THREADS: usize = 4;

/// Paths that can be searched.
#[derive(Debug)]
pub(super) struct Candidates {
    paths: Paths,
    /// Which letters each has, a bit each; see [`bag`].
    bags: Vec<u64>,
    /// The letters of those that aren't all ASCII, by their number.
    letters: HashMap<u32, Box<[char]>>,
    /// Another number than that of any other list.
    pub list: u64,
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
    pub(super) fn new(paths: Paths, list: u64) -> Self {
        let mut bags = Vec::with_capacity(paths.len());
        let mut letters = HashMap::new();
        for number in (0..).take(paths.len()) {
            let path = paths.get(number);
            if path.is_ascii() {
                bags.push(bag(path.bytes()));
            } else {
                // Other letters may be taken for those of ASCII: an é for an e.
                bags.push(u64::MAX);
                letters.insert(number, path.chars().collect());
            }
        }
        Self { paths, bags, letters, list }
    }

    /// Whether it would be the same for these.
    pub(super) fn are(&self, paths: &Paths) -> bool {
        self.paths == *paths
    }

    fn path(&self, number: u32) -> &str {
        self.paths.get(number)
    }

    fn letters(&self, number: u32) -> Utf32Str<'_> {
        match self.letters.get(&number) {
            Some(letters) => Utf32Str::Unicode(letters),
            None => Utf32Str::Ascii(self.path(number).as_bytes()),
        }
    }
}

/// What the last searches came to, and what searches need.
#[derive(Default)]
pub(super) struct Matching {
    candidates: Option<Arc<Candidates>>,
    /// Each begins with what the one before it looked for: as somebody types, and takes back.
    steps: Vec<Step>,
    matchers: Vec<Matcher>,
}

impl std::fmt::Debug for Matching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matching").finish_non_exhaustive()
    }
}

/// A search among the candidates.
struct Step {
    typed: String,
    limit: usize,
    /// All that fit.
    fit: Vec<u32>,
    /// The best of them.
    files: Vec<FoundFile>,
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
        let (whole, list) = (candidates.paths.whole, candidates.list);
        let found = |files| FoundFiles { files, looked_at, whole, list, coming: false };
        if typed.trim().is_empty() {
            let first = (0..looked_at).take(limit);
            let file =
                |number| FoundFile { path: candidates.path(number).to_owned(), letters: vec![] };
            return found(first.map(file).collect());
        }
        self.step_back(candidates, typed);
        if let Some(last) =
            self.steps.last().filter(|last| (&*last.typed, last.limit) == (typed, limit))
        {
            return found(last.files.clone());
        }
        let pattern =
            Pattern::new(typed, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        let wanted = bag(typed.bytes());
        let quick = Quick::new(&pattern);
        let steps = std::mem::take(&mut self.steps);
        let mut fits = match steps.last() {
            Some(last) => self.fits(candidates, &quick, wanted, &last.fit),
            None => self.fits(candidates, &quick, wanted, &(0..looked_at).collect::<Vec<_>>()),
        };
        self.steps = steps;
        let fit = fits.iter().map(|fit| fit.number).collect();
        let best = |fit: &Fit| (Reverse(fit.score), candidates.path(fit.number).len(), fit.number);
        let closer = limit.saturating_mul(2).max(LOOKED_AT_CLOSELY);
        keep_best(&mut fits, closer, best);
        if let Some(matcher) = self.matchers.first_mut() {
            for fit in &mut fits {
                let score = pattern.score(candidates.letters(fit.number), matcher);
                fit.score = score.unwrap_or(fit.score);
            }
        }
        keep_best(&mut fits, limit, best);
        fits.sort_unstable_by_key(best);
        let files = self.told(candidates, &pattern, &fits);
        // With another limit it is another search for the same.
        self.steps.pop_if(|last| last.typed == typed);
        if self.steps.len() == MOST_STEPS {
            self.steps.remove(0);
        }
        self.steps.push(Step { typed: typed.to_owned(), limit, fit, files: files.clone() });
        found(files)
    }

    /// Back to the last search that looked for no more than the beginning of this.
    fn step_back(&mut self, candidates: &Arc<Candidates>, typed: &str) {
        if !self.candidates.as_ref().is_some_and(|former| Arc::ptr_eq(former, candidates)) {
            self.candidates = Some(Arc::clone(candidates));
            self.steps.clear();
        }
        // Behind a backslash a space is a letter: what comes behind it may fit what didn't fit before.
        let is_before = |step: &Step| {
            step.typed == typed || !typed.contains('\\') && typed.starts_with(&step.typed)
        };
        let kept = self.steps.iter().take_while(|step| is_before(step)).count();
        self.steps.truncate(kept);
    }

    /// Those of `numbers` that fit, in any order.
    fn fits(
        &mut self,
        candidates: &Candidates,
        quick: &Quick<'_>,
        wanted: u64,
        numbers: &[u32],
    ) -> Vec<Fit> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(MOST_THREADS).min(numbers.len() / WORTH_A_THREAD).max(1);
        while self.matchers.len() < threads {
            self.matchers.push(Matcher::new(Config::DEFAULT.match_paths()));
        }
        let next = AtomicUsize::new(0);
        let next = &next;
        let mut matchers = self.matchers.iter_mut().take(threads);
        let Some(my_matcher) = matchers.next() else { return Vec::new() };
        std::thread::scope(|scope| {
            let others: Vec<_> = matchers
                .map(|matcher| {
                    scope.spawn(move || fits_of(candidates, quick, wanted, numbers, next, matcher))
                })
                .collect();
            let mut fits = fits_of(candidates, quick, wanted, numbers, next, my_matcher);
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
        let told = |fit: &Fit| {
            let mut letters = Vec::new();
            pattern.indices(candidates.letters(fit.number), matcher, &mut letters);
            letters.sort_unstable();
            letters.dedup();
            FoundFile { path: candidates.path(fit.number).to_owned(), letters }
        };
        fits.iter().map(told).collect()
    }
}

/// Leaves the `most` that come first, in any order.
fn keep_best<K: Ord>(fits: &mut Vec<Fit>, most: usize, best: impl Fn(&Fit) -> K) {
    if let Some(last) = most.checked_sub(1).filter(|last| *last < fits.len()) {
        fits.select_nth_unstable_by_key(last, best);
    }
    fits.truncate(most);
}

/// Tells at a fraction of the cost whether a path fits, and about how well.
struct Quick<'a> {
    pattern: &'a Pattern,
    /// Whether each word of the pattern can be looked for so, and whether its case counts for nothing.
    words: Vec<(bool, bool)>,
}

/// How well each word fits the directory of the path that was looked at last: the next one mostly lies in it, too.
#[derive(Debug, Default)]
struct Around<'a> {
    directory: &'a [u8],
    /// `None` for one that wasn't looked for there yet.
    scores: Vec<Option<Option<u16>>>,
}

impl<'a> Around<'a> {
    /// Turns to the directory of the next path.
    fn turn_to(&mut self, directory: &'a [u8], words: usize) {
        if self.directory != directory || self.scores.len() != words {
            self.directory = directory;
            self.scores.clear();
            self.scores.resize(words, None);
        }
    }

    /// How well that word fits it, which `look` finds out.
    fn score(&mut self, word: usize, look: impl FnOnce(&[u8]) -> Option<u16>) -> Option<u16> {
        let directory = self.directory;
        *self.scores.get_mut(word)?.get_or_insert_with(|| look(directory))
    }
}

impl<'a> Quick<'a> {
    fn new(pattern: &'a Pattern) -> Self {
        let word = |atom: &Atom| {
            let text = atom.needle_text();
            let is_quick = matches!(text, Utf32Str::Ascii(_));
            (is_quick, !text.chars().any(char::is_uppercase))
        };
        Self { pattern, words: pattern.atoms.iter().map(word).collect() }
    }

    /// The first letters that fit count, in the whole path and in its last name: whoever types a name means that. Of a single
    /// letter it is the best one.
    fn score<'p>(
        &self,
        letters: Utf32Str<'p>,
        around: &mut Around<'p>,
        matcher: &mut Matcher,
    ) -> Option<u32> {
        let Utf32Str::Ascii(path) = letters else { return self.pattern.score(letters, matcher) };
        let name = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
        let (directory, name) = path.split_at(name);
        around.turn_to(directory, self.words.len());
        let mut sum = 0;
        for (at, (atom, (is_quick, ignores_case))) in
            self.pattern.atoms.iter().zip(&self.words).enumerate()
        {
            if !is_quick {
                sum += u32::from(atom.score(letters, matcher)?);
                continue;
            }
            matcher.config.ignore_case = *ignores_case;
            let word = atom.needle_text();
            let is_letter = word.len() == 1;
            let mut look = |text: &[u8]| match is_letter {
                true => matcher.fuzzy_match(Utf32Str::Ascii(text), word),
                false => matcher.fuzzy_match_greedy(Utf32Str::Ascii(text), word),
            };
            // What fits the directory fits the path in the same way: the first letters count.
            let anywhere = match around.score(at, &mut look) {
                None if !is_letter => Some(look(path)?),
                in_directory => in_directory,
            };
            sum += u32::from(anywhere.max(look(name))?);
        }
        Some(sum)
    }
}

/// Those that fit of all parts of `numbers` that nobody else has taken.
fn fits_of(
    candidates: &Candidates,
    quick: &Quick<'_>,
    wanted: u64,
    numbers: &[u32],
    next: &AtomicUsize,
    matcher: &mut Matcher,
) -> Vec<Fit> {
    let mut fits = Vec::new();
    let mut around = Around::default();
    loop {
        let from = next.fetch_add(PART, Ordering::Relaxed);
        let Some(rest) = numbers.get(from..) else { return fits };
        let part = rest.get(..PART).unwrap_or(rest);
        if part.is_empty() {
            return fits;
        }
        fits.extend(part.iter().filter_map(|number| {
            let bag = candidates.bags.get(*number as usize)?;
            if wanted & !bag != 0 {
                return None;
            }
            let score = quick.score(candidates.letters(*number), &mut around, matcher)?;
            Some(Fit { score, number: *number })
        }));
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
