//! Many files through the host's shell: a call for hundreds of them.

use super::many::{self, Came, Cut};
use super::refusal::Wish;
use super::scripts::Line;
use super::shell::{LONGEST_CALL, MOST_INLINE_WINDOW, MOST_READS, SLACK, ShellFiles, mark};
use crate::failure::Failure;
use crate::seam::{FileBeginning, FilePath};
use crate::transport::Answer;

/// So many bytes of paths go into a call: a shell reads its line a byte at a time, and a program takes 128 KiB at once (Linux,
/// `MAX_ARG_STRLEN` of xargs' own limit).
const MOST_LINE: usize = 64 * 1024;

/// What a file that was read comes to.
type Beginning = Result<FileBeginning, Failure>;

impl ShellFiles {
    /// The beginnings of many files, in their order.
    pub(super) async fn read_all(
        &self,
        paths: &[FilePath],
        length: u32,
    ) -> Result<Vec<Beginning>, Failure> {
        let named: Vec<FilePath> = paths.iter().map(dotted).collect();
        let mut all = Vec::with_capacity(paths.len());
        let mut rest = &named[..];
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |path: &&FilePath| {
                bytes += path.bytes().len() + 3;
                bytes <= MOST_LINE
            };
            let (some, others) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            all.extend(self.read_some(some, length).await?);
            rest = others;
        }
        Ok(all)
    }

    /// Those whose paths fit into one call.
    async fn read_some(&self, paths: &[FilePath], length: u32) -> Result<Vec<Beginning>, Failure> {
        let mut came: Vec<Option<Beginning>> = vec![None; paths.len()];
        let mut alone: Vec<usize> = Vec::new();
        let mut left: Vec<usize> = (0..paths.len()).collect();
        for _ in 0..MOST_READS {
            let asked: Vec<&FilePath> = left.iter().map(|number| &paths[*number]).collect();
            let (cut, answer) = self.ask_many(&asked, length).await?;
            match cut {
                Cut::Sure(read) => {
                    for (number, one) in std::mem::take(&mut left).into_iter().zip(read) {
                        match self.told(one, &paths[number], &answer) {
                            Some(one) => came[number] = Some(one),
                            None => alone.push(number),
                        }
                    }
                }
                Cut::Unsure(moved) if moved.is_empty() => break,
                Cut::Unsure(moved) => {
                    alone.extend(moved.iter().map(|moved| left[*moved]));
                    left.retain(|number| !alone.contains(number));
                }
            }
            if left.is_empty() {
                break;
            }
        }
        alone.append(&mut left);
        let asked: Vec<&FilePath> = alone.iter().map(|number| &paths[*number]).collect();
        for (number, one) in alone.iter().zip(many::one_by_one(self, &asked, length).await) {
            came[*number] = Some(one);
        }
        Ok(came.into_iter().flatten().collect())
    }

    async fn ask_many(&self, paths: &[&FilePath], length: u32) -> Result<(Cut, Answer), Failure> {
        let mark = mark();
        let mut line: Line = self.line("bf_many")?.word(&mark)?.number(u64::from(length));
        for path in paths {
            line = line.path(path.bytes())?;
        }
        let length = length as usize;
        let most = paths.len().saturating_mul(length + mark.len() + 2);
        let is_small = most <= MOST_INLINE_WINDOW as usize && line.text().len() <= LONGEST_CALL;
        // What find says of each, twice.
        let limit =
            most + paths.iter().map(|path| 2 * (path.bytes().len() + 256)).sum::<usize>() + SLACK;
        let answer = if is_small {
            self.call(&line, limit).await?
        } else {
            self.long_call(&line, &[], limit).await?
        };
        if answer.status != 0 {
            let first = paths.first().copied().cloned().unwrap_or_default();
            return Err(self.refused(Wish::See, &first, &answer));
        }
        Ok((self.whole(many::cut(&answer.stdout, &mark, paths, length))?, answer))
    }

    /// As a front end is told; `None` where it has to be read alone.
    fn told(&self, came: Came, path: &FilePath, answer: &Answer) -> Option<Beginning> {
        let refused = |status: u8, said: &str| {
            let stderr = said.as_bytes().to_vec();
            let path = bare(path);
            Some(Err(self.refused(
                Wish::See,
                &path,
                &Answer { status, stdout: Vec::new(), stderr },
            )))
        };
        match came {
            Came::Read(beginning) => Some(Ok(beginning)),
            Came::Alone => None,
            Came::Directory => refused(5, ""),
            Came::Other => refused(9, ""),
            Came::Denied => refused(4, "it: Permission denied"),
            Came::Missing => {
                let said = String::from_utf8_lossy(&answer.stderr);
                let name = path.to_string();
                match said.lines().find(|line| line.contains(&name)) {
                    Some(line) => refused(4, line),
                    None => refused(3, ""),
                }
            }
        }
    }
}

/// So that no program takes it for an option.
fn dotted(path: &FilePath) -> FilePath {
    if path.bytes().starts_with(b"/") || path.bytes().starts_with(b"~") {
        return path.clone();
    }
    FilePath([b"./", path.bytes()].concat())
}

/// As it was asked for.
fn bare(path: &FilePath) -> FilePath {
    FilePath(path.bytes().strip_prefix(b"./").unwrap_or(path.bytes()).to_vec())
}
