//! `baton tab`: what the tabs of a session are called, and their order.

use clap::{Args, Subcommand};
use orchestrator::failure::Failure;
use orchestrator::seam::{Command, Seam, Session, TabId, TabState};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;

/// Whose tabs, and what to do with them.
#[derive(Debug, Args)]
pub struct TabArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    #[command(subcommand)]
    verb: Option<TabVerb>,
}

/// The verbs of `baton tab`.
#[derive(Debug, Subcommand)]
enum TabVerb {
    /// List the tabs in their order; what is done where no verb is given
    List,
    /// Give a tab a name; an empty one ('') gives it its number back
    Rename(RenameArgs),
    /// Move a tab
    Move(MoveArgs),
}

/// A tab and its name.
#[derive(Debug, Args)]
struct RenameArgs {
    /// Id of a tab, the beginning of it, or its name
    #[arg(value_name = "TAB")]
    tab: String,
    /// What you call it; no number alone, and no name of another tab
    #[arg(value_name = "NAME", allow_hyphen_values = true)]
    name: String,
}

/// A tab, and where it is moved to.
#[derive(Debug, Args)]
struct MoveArgs {
    /// Id of a tab, the beginning of it, or its name
    #[arg(value_name = "TAB")]
    tab: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Where a tab is moved to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PlaceArgs {
    /// Before all others
    #[arg(long)]
    first: bool,
    /// Behind all others
    #[arg(long)]
    last: bool,
    /// Right before that one
    #[arg(long, value_name = "T")]
    before: Option<String>,
}

/// Changes the tabs, and shows them as they are then.
///
/// # Errors
///
/// When there is no such session or tab, or the name can't be.
pub async fn run(app: &App, args: TabArgs) -> Result<u8, Stop> {
    change(&app.output, &*app.engine().await?, args).await
}

async fn change(output: &Output, seam: &dyn Seam, args: TabArgs) -> Result<u8, Stop> {
    let mut session = seam::session(seam, &args.session).await?;
    if let Some(command) = args.verb.map(|verb| command(&session, verb)).transpose()?.flatten() {
        seam::done(seam, command).await?;
        session = seam::session(seam, session.id.as_str()).await?;
    }
    show(output, &session)
}

/// The command; none where something is only shown.
fn command(session: &Session, verb: TabVerb) -> Result<Option<Command>, Failure> {
    let tab = |named: &str| seam::tab(session, named).map(|tab| tab.id.clone());
    let id = session.id.clone();
    Ok(Some(match verb {
        TabVerb::List => return Ok(None),
        TabVerb::Rename(args) => Command::RenameTab {
            session: id,
            tab: tab(&args.tab)?,
            name: Some(args.name).filter(|name| !name.is_empty()),
        },
        TabVerb::Move(args) => {
            let moved = tab(&args.tab)?;
            let before = match &args.place.before {
                Some(other) => Some(tab(other)?),
                None if args.place.first => first_other(session, &moved),
                None => None,
            };
            Command::MoveTab { session: id, tab: moved, before }
        }
    }))
}

/// Of a session with one tab there is none: then that one is the first already.
fn first_other(session: &Session, moved: &TabId) -> Option<TabId> {
    session.tabs.iter().map(|tab| &tab.id).find(|id| *id != moved).cloned()
}

fn show(output: &Output, session: &Session) -> Result<u8, Stop> {
    if output.is_json() {
        output.document(&document(session))?;
        return Ok(exit::DONE);
    }
    let rows: Vec<[String; 4]> = session
        .tabs
        .iter()
        .map(|tab| {
            let doing = match tab.state {
                TabState::Idle => "idle",
                TabState::Working => "working",
                TabState::Waiting => "waits for an approval",
            };
            let conversation = tab.agent_session.as_deref().map_or_else(|| "-".into(), clean_line);
            [tab.id.to_string(), clean_line(&tab.name), doing.to_owned(), conversation]
        })
        .collect();
    output.table(["ID", "NAME", "STATE", "CONVERSATION"], &rows)?;
    Ok(exit::DONE)
}

fn document(session: &Session) -> Value {
    json!({ "session": session.id, "tabs": session.tabs })
}

#[cfg(test)]
#[path = "tab_tests.rs"]
mod tests;
