//! `baton follow`: everything that happened in a session, and what happens.

use clap::Args;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::seam;
use crate::send::{asker, removed, report, status_of};
use crate::watch::{End, Target, Watch, Watcher, signals, watch};

/// What is followed, and from where.
#[derive(Debug, Args)]
#[command(after_help = "\
Ctrl-C stops following; the agent works on. With --until-idle the exit status is that of the last turn: 0 when it is \
done, 130 when it was interrupted; when it failed, 3 when its host was not reached, 4 when something that it needs is \
not there, 5 when it was refused, and 1 otherwise.")]
pub struct FollowArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    /// Only what happened after the event of that number; everything, if left out
    #[arg(long, value_name = "SEQ", conflicts_with = "new")]
    since: Option<u64>,
    /// Only what happens from now on
    #[arg(long)]
    new: bool,
    /// Stop when no turn is under way and no message waits
    #[arg(long)]
    until_idle: bool,
    /// Show tool calls and reasoning in full
    #[arg(long, short)]
    verbose: bool,
}

/// Follows until it is told to stop.
///
/// # Errors
///
/// When there is no such session, it was removed, or the engine is gone.
pub async fn run(app: &App, args: FollowArgs) -> Result<u8, Stop> {
    let seam = app.engine().await?;
    let session = seam::session(&*seam, &args.session).await?;
    let since = match args.since {
        Some(seq) => seq,
        None if args.new => seam::snapshot(&*seam).await?.seq,
        None => 0,
    };
    let mut report = report(&app.output, args.verbose, true);
    report.know(&session);
    let mut ask = asker(&app.output);
    let mut told = signals()?;
    let (end, seq) = watch(Watcher {
        seam,
        session: session.id.clone(),
        watch: Watch::new(Target::Session { until_idle: args.until_idle }, since),
        report: &mut report,
        ask: &mut *ask,
        told: &mut told,
    })
    .await?;
    match end {
        End::Idle(last) => Ok(last.as_ref().map_or(exit::DONE, status_of)),
        End::Removed => Err(removed(&session).into()),
        End::Left { signal, goes_on } => {
            if goes_on {
                let id = &session.id;
                app.output
                    .parting(format_args!(
                        "left: the agent works on; `baton follow {id} --since {seq}` goes on from here",
                    ))
                    .await;
            }
            Ok(128 + signal)
        }
        // These are ends of a message.
        End::Turn(_) | End::Began(_) | End::Waits { .. } | End::TakenOut => Ok(exit::DONE),
    }
}
