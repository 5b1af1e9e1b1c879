//! `baton git log`.

use std::ffi::OsString;

use anstyle::{AnsiColor, Style};
use clap::Args;
use jiff::Timestamp;
use orchestrator::git::{GraphRow, graph};
use orchestrator::seam::{GitCommit, GitQuery, GitReply};
use serde_json::json;

use super::{call, lanes};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::{ago, clean_line};

const ID: Style = AnsiColor::Yellow.on_default();
const REFS: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// Which commits.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// A session, or a host and a directory of it
    #[arg(value_name = "S|HOST:PATH")]
    place: OsString,
    /// Only those that changed it, relative to the top of the repository
    #[arg(value_name = "FILE")]
    file: Option<OsString>,
    /// From that branch, tag or commit on; from what is checked out without it
    #[arg(long, value_name = "B")]
    from: Option<String>,
    /// From all branches and tags
    #[arg(long)]
    all: bool,
    /// Draw how they follow each other
    #[arg(long)]
    graph: bool,
    /// Only those whose message holds it, in capitals or not
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 30)]
    limit: u32,
    /// Without the first ones
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u32,
}

/// Lists them.
pub async fn run(app: &App, args: LogArgs) -> Result<u8, Stop> {
    let at = call::at(app, &args.place).await?;
    let path = args.file.as_deref().map(call::path);
    let is_part = path.is_some() || args.grep.is_some();
    let query = GitQuery::Log {
        at,
        revision: args.from,
        all: args.all,
        path,
        containing: args.grep,
        skip: args.skip,
        limit: args.limit,
    };
    let log = match call::ask(app, query).await? {
        GitReply::Log(log) => log,
        other => return Err(call::unexpected(other)),
    };
    let output = &app.output;
    if output.is_json() {
        output.document(&json!(log))?;
        return Ok(exit::DONE);
    }
    let now = Timestamp::now();
    // Where some are left out, they don't follow each other.
    let rows: Vec<GraphRow> = if args.graph && !is_part { graph(&log.commits) } else { Vec::new() };
    for (number, commit) in log.commits.iter().enumerate() {
        let (lane, below) = rows.get(number).map(lanes::draw).unwrap_or_default();
        let lane = if lane.is_empty() { lane } else { format!("{lane}  ") };
        output.line(format_args!("{lane}{}", line(commit, now)))?;
        if let Some(below) = below {
            output.line(below)?;
        }
    }
    if log.commits.is_empty() {
        output.note("No commits.");
    } else if log.more {
        output.note("There are more: -n and --skip show them.");
    }
    Ok(exit::DONE)
}

fn line(commit: &GitCommit, now: Timestamp) -> String {
    let id = commit.id.get(..10).unwrap_or(&commit.id);
    let refs = if commit.refs.is_empty() && !commit.head {
        String::new()
    } else {
        let head = commit.head.then(|| "HEAD".to_owned());
        let names: Vec<String> =
            head.into_iter().chain(commit.refs.iter().map(|name| clean_line(name))).collect();
        format!(" {REFS}({}){REFS:#}", names.join(", "))
    };
    let (subject, author) = (clean_line(&commit.subject), clean_line(&commit.author));
    let when = ago(commit.at, now);
    format!("{ID}{id}{ID:#}{refs} {subject} {DIM}{author}, {when}{DIM:#}")
}
