//! `baton interrupt`.

use clap::Args;
use orchestrator::seam::{Command, Seam, TabState, TurnId};
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;

/// What is interrupted.
#[derive(Debug, Args)]
pub struct InterruptArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    /// Only the turn in that tab: its id, the beginning of it, or its name
    #[arg(long, value_name = "T")]
    tab: Option<String>,
    /// End the agent's processes instead of asking it: TERM, and KILL 3 s later
    #[arg(long)]
    stop: bool,
}

/// Interrupts the turns under way; what waits behind them goes on.
///
/// # Errors
///
/// When there is no such session or tab, or the host can't be reached.
pub async fn run(app: &App, args: InterruptArgs) -> Result<u8, Stop> {
    interrupt(&app.output, &*app.engine().await?, args).await
}

async fn interrupt(output: &Output, seam: &dyn Seam, args: InterruptArgs) -> Result<u8, Stop> {
    let session = seam::session(seam, &args.session).await?;
    let tab = seam::tab_id(&session, args.tab.as_deref())?;
    let wanted =
        session.tabs.iter().filter(|known| tab.as_ref().is_none_or(|tab| known.id == *tab));
    let turns: Vec<TurnId> = wanted
        .filter(|tab| tab.state != TabState::Idle)
        .filter_map(|tab| tab.turn.as_ref())
        .map(|turn| turn.id.clone())
        .collect();
    let command =
        Command::Interrupt { session: session.id.clone(), tab: tab.clone(), stop: args.stop };
    seam::done(seam, command).await?;
    if output.is_json() {
        output.document(
            &json!({ "session": session.id, "tab": tab, "stop": args.stop, "turns": turns }),
        )?;
        return Ok(exit::DONE);
    }
    let name = clean_line(&session.name);
    match turns.len() {
        0 => output.note(format_args!("No turn is under way in {name}.")),
        1 => output.line(format_args!("Interrupted the turn in {name}"))?,
        more => output.line(format_args!("Interrupted {more} turns in {name}"))?,
    }
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use orchestrator::seam::TabId;

    use super::*;
    use crate::watch::fake::FakeEngine;

    #[tokio::test]
    async fn the_tab_that_was_named_is_interrupted_and_no_other() {
        let engine = FakeEngine::new();
        let args = InterruptArgs { session: "work".into(), tab: Some("tab t1".into()), stop: true };
        interrupt(&Output::new(true), &*engine, args).await.unwrap();
        let wanted = Command::Interrupt {
            session: orchestrator::seam::SessionId::new("s1"),
            tab: Some(TabId::new("t1")),
            stop: true,
        };
        assert_eq!(engine.commands(), [wanted]);
        let args = InterruptArgs { session: "s1".into(), tab: Some("other".into()), stop: false };
        assert!(interrupt(&Output::new(true), &*engine, args).await.is_err());
        assert_eq!(engine.commands().len(), 1);
    }
}
