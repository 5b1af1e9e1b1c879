//! `baton history`: a list of entries.

use std::collections::HashSet;

use clap::Args;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    HistoryCount, HistoryPage, HistoryQuery, HistoryScope, HistorySync, LeftAlone, Seam,
    SkippedLines,
};
use serde::Serialize;

use super::entry::{AsInFile, lines};
use super::project::{FilterArgs, ProjectArgs};
use super::{follow, sync};
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{clean_line, count};
use crate::seam;

/// Which entries are listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    filter: FilterArgs,
    /// Only what is not older: how long ago (90m, 24h, 3d, 2w), a date, or a time as RFC 3339 has it
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// At most so many; 100, if left out
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Leave out so many of the newest
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Show what is known here, without asking the project's machine for what is new
    #[arg(long, conflicts_with = "follow")]
    offline: bool,
    /// Then show each entry of that session or directory as it comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
}

/// Lists them.
///
/// # Errors
///
/// What can't be meant, and what the engine says. A machine that can't be reached is said, and no error.
pub async fn run(app: &App, args: ListArgs) -> Result<u8, Stop> {
    let filter = args.filter.filter(args.since.as_deref(), Timestamp::now())?;
    let seam = app.engine().await?;
    // Of everything that is known here nobody is asked what is new.
    let scope = if args.follow {
        args.project.one(&*seam).await?
    } else {
        args.project.scope(&*seam).await?
    };
    let query = HistoryQuery { scope, filter, limit: args.limit, offset: args.offset };
    if args.follow {
        return follow::run(&app.output, &*seam, query).await;
    }
    let is_one = query.scope != HistoryScope::All;
    let synced = if is_one && !args.offline {
        sync::sync(&app.output, &*seam, query.scope.clone()).await?
    } else {
        HistorySync::default()
    };
    // A directory that isn't there was mistyped; a session's may be gone, and what it did is still known.
    if let (HistoryScope::Project { .. }, Some(why)) = (&query.scope, missing(&synced)) {
        return Err(why.clone().into());
    }
    let page = whole(&*seam, query).await?;
    if app.output.is_json() {
        app.output.document(&Document::new(&page, &synced))?;
        return Ok(exit::DONE);
    }
    sync::tell(&app.output, &synced);
    print(&app.output, &page)?;
    Ok(exit::DONE)
}

fn missing(synced: &HistorySync) -> Option<&Failure> {
    let whys = synced.projects.iter().filter_map(|project| project.offline.as_ref());
    whys.into_iter().find(|why| why.code == Code::DirMissing)
}

/// As many entries as were asked for: an answer of the engine may hold fewer.
pub async fn whole(seam: &dyn Seam, query: HistoryQuery) -> Result<HistoryPage, Failure> {
    let mut page = seam::history(seam, query.clone()).await?;
    let mut known: HashSet<String> = page.entries.iter().map(|item| item.line.clone()).collect();
    let mut offset = query.offset;
    let mut got = page.entries.len();
    loop {
        offset = offset.saturating_add(u32::try_from(got).unwrap_or(u32::MAX));
        let have = u32::try_from(page.entries.len()).unwrap_or(u32::MAX);
        if got == 0 || have >= query.limit || u64::from(offset) >= page.total {
            return Ok(page);
        }
        let rest = HistoryQuery { limit: query.limit - have, offset, ..query.clone() };
        let more = seam::history(seam, rest).await?;
        got = more.entries.len();
        // What came in between has moved some of the former page into this one.
        page.entries
            .extend(more.entries.into_iter().filter(|item| known.insert(item.line.clone())));
    }
}

fn print(output: &Output, page: &HistoryPage) -> Result<(), Stop> {
    for item in &page.entries {
        for line in lines(item) {
            output.line(line)?;
        }
    }
    let shown = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
    if page.total == 0 {
        output.note("No entries.");
    } else if shown < page.total {
        output.note(format_args!(
            "{} of {} entries; --limit and --offset show others",
            count(shown),
            count(page.total)
        ));
    }
    left_out(output, page);
    Ok(())
}

/// Says what isn't shown, and what isn't where it should be yet.
pub fn left_out(output: &Output, page: &HistoryPage) {
    for file in &page.skipped {
        output.note(format_args!("{}: {} skipped", clean_line(&file.file), lines_of(file.lines)));
        for line in &file.first {
            let number = line.number.map_or_else(
                || format!("byte {}", line.position),
                |number| format!("line {number}"),
            );
            output.note(format_args!(
                "  {number}: {}: {}",
                line.reason,
                clean_line(&line.beginning)
            ));
        }
    }
    for other in &page.left_alone {
        output.note(format_args!("{} is left alone: {}", clean_line(&other.name), other.reason));
    }
    if page.pending > 0 {
        output.note(format_args!(
            "{} to be written to where they are shared; `baton history outbox` says why",
            if page.pending == 1 {
                "1 entry waits".into()
            } else {
                format!("{} entries wait", count(page.pending))
            }
        ));
    }
}

fn lines_of(number: u64) -> String {
    if number == 1 { "1 line".into() } else { format!("{} lines", count(number)) }
}

/// The list as JSON.
#[derive(Serialize)]
struct Document<'a> {
    entries: Vec<AsInFile<'a>>,
    total: u64,
    sources: &'a [HistoryCount],
    skipped_lines: u64,
    pending: u64,
    skipped: &'a [SkippedLines],
    left_alone: &'a [LeftAlone],
    /// Why a project's machine could not be asked.
    offline: Vec<&'a Failure>,
}

impl<'a> Document<'a> {
    fn new(page: &'a HistoryPage, synced: &'a HistorySync) -> Self {
        Self {
            entries: page.entries.iter().map(AsInFile).collect(),
            total: page.total,
            sources: &page.sources,
            skipped_lines: page.skipped.iter().map(|file| file.lines).sum(),
            pending: page.pending,
            skipped: &page.skipped,
            left_alone: &page.left_alone,
            offline: synced
                .projects
                .iter()
                .filter_map(|project| project.offline.as_ref())
                .collect(),
        }
    }
}
