//! `baton git branches`.

use std::ffi::OsString;

use clap::Args;
use jiff::Timestamp;
use orchestrator::seam::{GitBranch, GitQuery, GitReply};
use serde_json::json;

use super::call;
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::{ago, clean_line};

/// Which repository.
#[derive(Debug, Args)]
pub struct BranchesArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Remotes' branches, too
    #[arg(short = 'a', long)]
    all: bool,
}

/// Lists them.
pub async fn run(app: &App, args: BranchesArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let told = match call::ask(app, GitQuery::Branches { at }).await? {
        GitReply::Branches(told) => told,
        other => return Err(call::unexpected(other)),
    };
    if app.output.is_json() {
        app.output.document(&json!(told))?;
        return Ok(exit::DONE);
    }
    let now = Timestamp::now();
    let shown = told.branches.iter().filter(|branch| args.all || !branch.remote);
    let rows: Vec<[String; 5]> = shown.map(|branch| row(branch, now)).collect();
    if rows.is_empty() {
        app.output.note("No branches yet.");
    } else {
        app.output.table(["BRANCH", "FOLLOWS", "LAST", "COMMIT", "SUBJECT"], &rows)?;
    }
    Ok(exit::DONE)
}

fn row(branch: &GitBranch, now: Timestamp) -> [String; 5] {
    let mark = match (branch.current, &branch.worktree) {
        (true, _) => "* ",
        (false, Some(_)) => "+ ",
        (false, None) => "  ",
    };
    let follows = branch.upstream.as_deref().map_or_else(String::new, |upstream| {
        let upstream = clean_line(upstream);
        match branch.ahead_behind {
            Some((0, 0)) => upstream,
            Some((ahead, behind)) => format!("{upstream} +{ahead} -{behind}"),
            None => format!("{upstream} (gone)"),
        }
    });
    [
        format!("{mark}{}", clean_line(&branch.name)),
        follows,
        branch.at.map_or_else(String::new, |at| ago(at, now)),
        branch.commit.get(..10).unwrap_or(&branch.commit).to_owned(),
        clean_line(&branch.subject),
    ]
}
