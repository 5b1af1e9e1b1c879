//! How far git is, read from what it prints.

use crate::seam::Progress;

/// A line that is longer is none of git's progress.
const LONGEST: usize = 4 << 10;

/// Reads what git prints, in pieces.
#[derive(Debug, Default)]
pub(super) struct Meter {
    line: Vec<u8>,
    last: Option<Progress>,
    /// How many branches and tags have changed.
    pub refs: u64,
    /// Whether there was nothing to push.
    pub is_up_to_date: bool,
}

impl Meter {
    /// Takes a piece, cut anywhere; how far git is, where that has changed.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Progress> {
        let mut news = None;
        for byte in bytes {
            // git writes its progress over the line before.
            if !matches!(byte, b'\n' | b'\r') {
                if self.line.len() < LONGEST {
                    self.line.push(*byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            if let Some(progress) = progress(&line) {
                if self.last.as_ref() != Some(&progress) {
                    self.last = Some(progress.clone());
                    news = Some(progress);
                }
            } else if line.trim_end() == "Everything up-to-date" {
                self.is_up_to_date = true;
            } else if is_ref(&line) {
                self.refs += 1;
            }
        }
        news
    }
}

/// ` * [new branch]  main -> origin/main`: a flag and a space in front.
fn is_ref(line: &str) -> bool {
    let mut letters = line.chars();
    letters.next() == Some(' ')
        && letters.next().is_some_and(|flag| " +*-t".contains(flag))
        && letters.next() == Some(' ')
        && line.contains(" -> ")
}

/// `Writing objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s`; a server's has `remote: ` in front.
pub(super) fn progress(line: &str) -> Option<Progress> {
    let line = line.strip_prefix("remote: ").unwrap_or(line);
    let (doing, rest) = line.split_once(": ")?;
    let (percent, rest) = rest.trim_start().split_once("% (")?;
    percent.parse::<u8>().ok()?;
    let (done, rest) = rest.split_once('/')?;
    let (of, _) = rest.split_once(')')?;
    let (done, of) = (done.parse().ok()?, of.parse().ok()?);
    Some(Progress { doing: doing.to_owned(), done, of: Some(of), bytes: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_whatever_it_is_cut_into() {
        let all = b"Enumerating objects: 5, done.\nCounting objects:  20% (1/5)\rCounting objects: 100% (5/5), done.\n\
            remote: Resolving deltas:  50% (1/2), 1.00 KiB | 2 MiB/s\r";
        for size in 1..all.len() {
            let mut meter = Meter::default();
            let mut news: Vec<Progress> =
                all.chunks(size).filter_map(|part| meter.take(part)).collect();
            let last = news.pop();
            let wanted =
                Progress { doing: "Resolving deltas".into(), done: 1, of: Some(2), bytes: false };
            assert_eq!(last, Some(wanted), "{size}");
        }
        assert_eq!(progress("half: 10% (x/2)"), None);
        assert_eq!(progress("Sizes: 1000% (1/2)"), None);
    }

    #[test]
    fn branches_and_tags_that_have_changed_are_counted() {
        let mut meter = Meter::default();
        meter.take(
            b"From /srv/x\n * [new branch]      a          -> origin/a\n   1234567..89abcde  main       -> origin/main\n \
            - [deleted]         (none)     -> origin/old\n = [up to date]      b -> origin/b\na -> b\n",
        );
        assert_eq!(meter.refs, 3);
    }
}
