//! `baton operations`: what takes long, here and on hosts, and goes on without us.

mod follow;
mod list;
pub mod watched;
pub mod words;

use clap::{Args, Subcommand};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Operation, OperationCommand, OperationQuery, OperationReply, Query, Reply, Request,
    Seam,
};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::seam;

/// All of them, or what is done about one.
#[derive(Debug, Args)]
#[command(after_help = "\
Transfers, what git sends and fetches, worktrees, pull requests and command lines are operations: they go on over a lost link, and \
the next `baton` follows those that this one has begun. Those under way are listed, and the last 100 that are over.")]
pub struct OperationsArgs {
    #[command(subcommand)]
    verb: Option<OperationsVerb>,
}

/// What is done.
#[derive(Debug, Subcommand)]
pub enum OperationsVerb {
    /// List them
    List,
    /// Show what one prints, to its end; Ctrl-C leaves it at work
    Show {
        /// Its id, or the beginning of it
        #[arg(value_name = "OPERATION")]
        id: String,
    },
    /// End one: TERM to all that it has started, KILL 3 s later; a transfer keeps what has arrived
    Stop {
        /// Its id, or the beginning of it
        #[arg(value_name = "OPERATION")]
        id: String,
    },
    /// Forget one that is over, or whose host can't be reached: what runs there is left alone
    Forget {
        /// Its id, or the beginning of it
        #[arg(value_name = "OPERATION")]
        id: String,
    },
}

/// Does it.
///
/// # Errors
///
/// When there is no such operation, and what the engine says.
pub async fn run(app: &App, args: OperationsArgs) -> Result<u8, Stop> {
    let seam = &*app.engine().await?;
    match args.verb.unwrap_or(OperationsVerb::List) {
        OperationsVerb::List => list::list(&app.output, &all(seam).await?),
        OperationsVerb::Show { id } => {
            let operation = named(seam, &id).await?;
            follow::show(&app.output, seam, operation).await
        }
        OperationsVerb::Stop { id } => {
            let operation = named(seam, &id).await?;
            follow::stop(&app.output, seam, operation).await
        }
        OperationsVerb::Forget { id } => {
            let Operation { id, .. } = named(seam, &id).await?;
            match command(seam, OperationCommand::Forget { id: id.clone() }).await? {
                OperationReply::Done => {}
                other => return Err(seam::odd(&Reply::Operation(other)).into()),
            }
            app.output.answer(&json!({ "forgotten": id }), format_args!("Forgot {id}"))?;
            Ok(exit::DONE)
        }
    }
}

/// All that the engine knows.
async fn all(seam: &dyn Seam) -> Result<Vec<Operation>, Failure> {
    match seam.call(Request::query(Query::Operation(OperationQuery::List))).await? {
        Reply::Operation(OperationReply::Operations(all)) => Ok(all),
        other => Err(seam::odd(&other)),
    }
}

/// The one of that id, or the only one whose id begins so.
async fn named(seam: &dyn Seam, named: &str) -> Result<Operation, Failure> {
    let mut found = all(seam).await?;
    if let Some(exact) = found.iter().position(|one| one.id == named) {
        return Ok(found.swap_remove(exact));
    }
    found.retain(|one| !named.is_empty() && one.id.starts_with(named));
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(Failure::new(Code::NotFound, format!("there is no operation {named:?}"))
            .hint("`baton operations` lists those that there are")),
        _ => {
            let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
            let message = format!("several operations begin with {named:?}: {}", ids.join(", "));
            Err(Failure::new(Code::Usage, message).hint("Write more of its id"))
        }
    }
}

async fn command(seam: &dyn Seam, wish: OperationCommand) -> Result<OperationReply, Failure> {
    match seam.call(Request::command(Command::Operation(wish))).await? {
        Reply::Operation(reply) => Ok(reply),
        other => Err(seam::odd(&other)),
    }
}
