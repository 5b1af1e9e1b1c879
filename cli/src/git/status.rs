//! `baton git status`.

use std::ffi::OsString;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::git::OUTSIDE;
use orchestrator::seam::{ChangeKind, GitChange, GitQuery, GitReply, GitStatus, Unfinished};
use serde_json::json;

use super::call;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::{clean_line, count};

const STAGED: Style = AnsiColor::Green.on_default();
const UNSTAGED: Style = AnsiColor::Red.on_default();
const STRONG: Style = Style::new().bold();

/// Which repository.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
}

/// Shows it.
pub async fn run(app: &App, args: StatusArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let reply = call::ask(app, GitQuery::Status { at, seen: None }).await?;
    let status = match reply {
        GitReply::Status(Some(status)) => status,
        GitReply::Status(None) => {
            let message = format!("{} is in no git repository", args.place.to_string_lossy());
            let failure = Failure::new(Code::NotARepository, message);
            return Err(failure.hint(OUTSIDE).into());
        }
        other => return Err(call::unexpected(other)),
    };
    if app.output.is_json() {
        app.output.document(&json!({ "status": status }))?;
    } else {
        app.output.line(text(&status).trim_end())?;
    }
    Ok(exit::DONE)
}

/// For people.
fn text(status: &GitStatus) -> String {
    let mut text = head(status);
    let mut put = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if let Some(unfinished) = status.unfinished {
        let on = match unfinished {
            Unfinished::Bisect => "`git bisect good` and `bad` there go on",
            _ => "`baton git continue` goes on",
        };
        put(format!(
            "In the middle of {}: {on}, `baton git abort` gives it up",
            midway(unfinished)
        ));
    }
    if status.bare {
        put("A bare repository: it has no files of its own".into());
    }
    let staged = |change: &&GitChange| change.staged.is_some();
    let unstaged =
        |change: &&GitChange| change.unstaged.is_some_and(|kind| kind != ChangeKind::Untracked);
    let unknown = |change: &&GitChange| change.unstaged == Some(ChangeKind::Untracked);
    for (name, style, changes) in [
        ("Staged", STAGED, status.changes.iter().filter(staged).collect::<Vec<_>>()),
        ("Not staged", UNSTAGED, status.changes.iter().filter(unstaged).collect()),
        ("Not known to git", UNSTAGED, status.changes.iter().filter(unknown).collect()),
    ] {
        if changes.is_empty() {
            continue;
        }
        put(format!("{STRONG}{name}{STRONG:#}"));
        for change in changes {
            let kind = if name == "Staged" { change.staged } else { change.unstaged };
            put(format!("  {style}{}{style:#}", row(change, kind)));
        }
    }
    if status.more {
        put("… and more".into());
    }
    if status.changed == 0 && !status.more && !status.bare {
        put("Nothing has changed".into());
    } else if status.lines != (0, 0) {
        put(format!(
            "+{} -{} lines since the last commit",
            count(status.lines.0),
            count(status.lines.1)
        ));
    }
    if status.stashes > 0 {
        put(format!("{} stashed", status.stashes));
    }
    text
}

fn head(status: &GitStatus) -> String {
    let mut text = match (&status.branch, &status.commit) {
        (Some(branch), _) => format!("On {STRONG}{}{STRONG:#}", clean_line(branch)),
        (None, Some(commit)) => format!("On no branch, at {}", commit.get(..10).unwrap_or(commit)),
        (None, None) => "On no branch".into(),
    };
    if status.commit.is_none() {
        text.push_str(", no commits yet");
    }
    if let Some(upstream) = &status.upstream {
        let upstream = clean_line(upstream);
        let follows = match status.ahead_behind {
            Some((0, 0)) => format!(", as {upstream}"),
            Some((ahead, 0)) => format!(", {ahead} ahead of {upstream}"),
            Some((0, behind)) => format!(", {behind} behind {upstream}"),
            Some((ahead, behind)) => format!(", {ahead} ahead of and {behind} behind {upstream}"),
            None => format!(", follows {upstream}, which is gone"),
        };
        text.push_str(&follows);
    }
    text.push('\n');
    text
}

fn row(change: &GitChange, kind: Option<ChangeKind>) -> String {
    let mut text = format!("{:<12}", kind.map_or("", word));
    if let Some(from) = change.from.as_ref().filter(|_| kind == change.staged) {
        // Writing to a String never fails.
        if write!(text, "{from} → ").is_err() {
            return text;
        }
    }
    format!("{text}{}{}", change.path, if change.submodule { " (submodule)" } else { "" })
}

/// What became of a file.
pub fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "new",
        ChangeKind::Modified => "changed",
        ChangeKind::Deleted => "gone",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Copied => "copied",
        ChangeKind::TypeChanged => "other kind",
        ChangeKind::Conflicted => "in conflict",
        ChangeKind::Untracked => "unknown",
    }
}

fn midway(unfinished: Unfinished) -> &'static str {
    match unfinished {
        Unfinished::Merge => "a merge",
        Unfinished::Rebase => "a rebase",
        Unfinished::Am => "applying patches",
        Unfinished::CherryPick => "a cherry-pick",
        Unfinished::Revert => "a revert",
        Unfinished::Bisect => "a bisect",
    }
}
