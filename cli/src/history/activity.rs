//! `baton history activity`: how much was done when.

use clap::Args;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{HistoryActivity, HistoryBucket, Query};
use serde_json::json;

use super::project::{FilterArgs, ProjectArgs};
use super::time;
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::seam;

/// The longest bar, in columns.
const BAR: u64 = 40;

/// What is counted.
#[derive(Debug, Args)]
pub struct ActivityArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    filter: FilterArgs,
    /// How far back, such as 24h, 3d, 2w, 6mo or 1y
    #[arg(long, value_name = "T", default_value = "24h")]
    lookback: String,
    /// In how many steps
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=1000))]
    buckets: u32,
}

/// Counts them.
///
/// # Errors
///
/// What can't be meant, and what the engine says.
pub async fn run(app: &App, args: ActivityArgs) -> Result<u8, Stop> {
    let to = Timestamp::now();
    let Some(from) = time::back(&args.lookback, to) else {
        let message = format!("{:?} is no span of time", args.lookback);
        return Err(Failure::new(Code::Usage, message)
            .hint("Write it as 24h, 3d, 2w, 6mo or 1y")
            .into());
    };
    let filter = args.filter.filter(None, to)?;
    let seam = app.engine().await?;
    let scope = args.project.scope(&*seam).await?;
    let query = Query::HistoryActivity { scope, filter, from, to, buckets: args.buckets };
    let activity = seam::history_activity(&*seam, query).await?;
    print(&app.output, &activity)?;
    Ok(exit::DONE)
}

fn print(output: &Output, activity: &HistoryActivity) -> Result<(), Stop> {
    if output.is_json() {
        return output.document(&json!(activity));
    }
    let all = |bucket: &HistoryBucket| bucket.user + bucket.auto + bucket.cue + bucket.other;
    let most = activity.buckets.iter().map(all).max().unwrap_or(0).max(1);
    let from = activity.from.as_millisecond();
    let step = (activity.to.as_millisecond() - from)
        / i64::try_from(activity.buckets.len().max(1)).unwrap_or(1);
    let mut begins = from;
    for bucket in &activity.buckets {
        let width = usize::try_from(all(bucket) * BAR / most)
            .unwrap_or(0)
            .max(usize::from(all(bucket) > 0));
        let bar = "#".repeat(width);
        let HistoryBucket { user, auto, cue, other } = bucket;
        let other = if *other > 0 { format!(" other {other}") } else { String::new() };
        output.line(format_args!(
            "{}  user {user:>4}  auto {auto:>4}  cue {cue:>4}{other}  {bar}",
            super::entry::time(begins)
        ))?;
        begins += step;
    }
    Ok(())
}
