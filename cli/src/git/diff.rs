//! `baton git diff`.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use clap::{ArgGroup, Args};
use orchestrator::seam::{DiffOf, GitDiff, GitQuery, GitReply};
use serde_json::json;

use super::call;
use super::status::word;
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean;

const HEAD: Style = Style::new().bold();
const PLACE: Style = AnsiColor::Cyan.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const PLAIN: Style = Style::new();

/// Which differences.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("between").multiple(false)),
    after_help = "Without one of --staged, --head, --base, --commit and --untracked: what isn't staged. \
A file behind a bare --base stands behind a `--`. Paths are relative to the top of the repository."
)]
pub struct DiffArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Only there
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
    /// Between the last commit and what is staged
    #[arg(long, visible_alias = "cached", group = "between")]
    staged: bool,
    /// Between the last commit and what lies there
    #[arg(long, group = "between")]
    head: bool,
    /// Between where the branch left B (the default branch when it isn't named) and what lies there
    #[arg(long, value_name = "B", group = "between", num_args = 0..=1, default_missing_value = "")]
    base: Option<String>,
    /// Between that commit and its first parent
    #[arg(long, value_name = "ID", group = "between")]
    commit: Option<String>,
    /// One file that git doesn't know, as all new
    #[arg(long, group = "between", requires = "files")]
    untracked: bool,
    /// Only how many lines of each file
    #[arg(long)]
    stat: bool,
    /// Lines around each change, with --json
    #[arg(short = 'U', long, value_name = "N", default_value_t = 3)]
    unified: u32,
}

/// Shows them.
pub async fn run(app: &App, args: DiffArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let of = of(&args);
    let paths = call::paths(args.files);
    if app.output.is_json() || args.stat {
        let query = GitQuery::Diff { at, of, paths, context: args.unified };
        let diff = match call::ask(app, query).await? {
            GitReply::Diff(diff) => diff,
            other => return Err(call::unexpected(other)),
        };
        if app.output.is_json() {
            app.output.document(&json!(diff))?;
        } else {
            stat(&app.output, &diff)?;
        }
        return Ok(exit::DONE);
    }
    let patch = match call::ask(app, GitQuery::Patch { at, of, paths }).await? {
        GitReply::Patch(patch) => patch.bytes,
        other => return Err(call::unexpected(other)),
    };
    if io::stdout().is_terminal() {
        app.output.write(&coloured(&patch))?;
    } else {
        app.output.write_raw(&patch)?;
    }
    Ok(exit::DONE)
}

fn of(args: &DiffArgs) -> DiffOf {
    if args.staged {
        DiffOf::Staged
    } else if args.head {
        DiffOf::Head
    } else if let Some(base) = &args.base {
        DiffOf::Base { base: Some(base.clone()).filter(|base| !base.is_empty()) }
    } else if let Some(id) = &args.commit {
        DiffOf::Commit { id: id.clone() }
    } else if args.untracked {
        DiffOf::Untracked
    } else {
        DiffOf::Unstaged
    }
}

fn stat(output: &Output, diff: &GitDiff) -> Result<(), Stop> {
    let rows: Vec<[String; 4]> = diff
        .files
        .iter()
        .map(|file| {
            let number = |sign: char, lines: u32| match file.binary {
                true => "-".to_owned(),
                false => format!("{sign}{lines}"),
            };
            let name = match &file.from {
                Some(from) => format!("{from} → {}", file.path),
                None => file.path.to_string(),
            };
            [word(file.kind).to_owned(), number('+', file.added), number('-', file.removed), name]
        })
        .collect();
    if rows.is_empty() {
        output.note("No differences.");
        return Ok(());
    }
    output.table(["", "NEW", "GONE", "FILE"], &rows)?;
    if diff.more || diff.files.iter().any(|file| file.cut) {
        output.note("It is more than can be counted here: some of it was left out.");
    }
    Ok(())
}

/// For a terminal, which nothing in it may steer.
fn coloured(patch: &[u8]) -> String {
    let text = String::from_utf8_lossy(patch);
    let mut shown = String::with_capacity(text.len() + text.len() / 4);
    // Lines of a hunk that are still to come: they may look like anything.
    let (mut old, mut new) = (0_u32, 0_u32);
    for line in text.lines() {
        let style = if old > 0 || new > 0 {
            let (is_old, is_new) = match line.as_bytes().first() {
                Some(b'+') => (0, 1),
                Some(b'-') => (1, 0),
                Some(b'\\') => (0, 0),
                _ => (1, 1),
            };
            (old, new) = (old.saturating_sub(is_old), new.saturating_sub(is_new));
            match (is_old, is_new) {
                (0, 1) => ADDED,
                (1, 0) => REMOVED,
                _ => PLAIN,
            }
        } else if line.starts_with("@@ ") {
            (old, new) = spans(line);
            PLACE
        } else if line.starts_with('\\') {
            PLAIN
        } else {
            HEAD
        };
        shown.push_str(&format!("{style}{}{style:#}\n", clean(line)));
    }
    shown
}

/// How many lines a hunk has, before and after: `@@ -1,2 +3 @@`.
fn spans(line: &str) -> (u32, u32) {
    let mut words = line.split(' ').skip(1).map(|word| match word.split_once(',') {
        Some((_, lines)) => lines.parse().unwrap_or(0),
        None => 1,
    });
    (words.next().unwrap_or(0), words.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_hunk_are_never_taken_for_its_head() {
        let patch = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n \x1b[2Jz\n\\ No newline\n@@ -9 +9 @@\n-a\n+b\n";
        let shown = coloured(patch.as_bytes());
        let styled = |style: Style, text: &str| format!("{style}{text}{style:#}\n");
        assert!(
            shown.contains(&styled(REMOVED, "--- x")) && shown.contains(&styled(ADDED, "+++ y"))
        );
        assert!(
            shown.contains(&styled(HEAD, "+++ b/f"))
                && shown.contains(&styled(PLACE, "@@ -9 +9 @@"))
        );
        assert!(shown.contains("^[[2Jz"));
    }
}
