//! `baton interrupt`.

use std::time::Duration;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, Delivery, EventBody, Seam, Session, Subscribe, TabId, TurnId};
use serde_json::json;
use tokio::sync::mpsc;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;
use crate::watch::{Told, signals};

/// How long the turns may take to end: an agent that is stopped has 3 s before it is killed, and a link may be slow.
const PATIENCE: Duration = Duration::from_secs(15);

/// After that, a person is told what we wait for.
const SILENCE: Duration = Duration::from_secs(1);

/// What is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
It waits until the turns have ended, 15 s at most. The exit status is 0 when they have, 1 when they are still under way, \
and 4 when none was.")]
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
/// When there is no such session or tab, nothing is under way, or it doesn't end.
pub async fn run(app: &App, args: InterruptArgs) -> Result<u8, Stop> {
    let mut told = signals()?;
    interrupt(&app.output, &*app.engine().await?, args, &mut told).await
}

async fn interrupt(
    output: &Output,
    seam: &dyn Seam,
    args: InterruptArgs,
    told: &mut mpsc::Receiver<Told>,
) -> Result<u8, Stop> {
    // Their ends come behind this event.
    let since = seam::snapshot(seam).await?.seq;
    let session = seam::session(seam, &args.session).await?;
    let tab = seam::tab_id(&session, args.tab.as_deref())?;
    let wanted =
        session.tabs.iter().filter(|known| tab.as_ref().is_none_or(|tab| known.id == *tab));
    let under_way: Vec<(&TabId, &TurnId)> = wanted
        .filter(|tab| tab.turn.as_ref().is_some_and(|turn| turn.status.is_none()))
        .filter_map(|tab| Some((&tab.id, &tab.turn.as_ref()?.id)))
        .collect();
    let mut turns = Vec::new();
    for (tab, turn) in &under_way {
        // What begins meanwhile is not what was meant.
        let (tab, turn) = (Some((*tab).clone()), Some((*turn).clone()));
        let id = turn.clone();
        let command =
            Command::Interrupt { session: session.id.clone(), tab, turn, stop: args.stop };
        match seam::done(seam, command).await {
            Ok(()) => turns.extend(id),
            // It has just ended by itself.
            Err(failure) if failure.code == Code::NotFound => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    if turns.is_empty() {
        return Err(none(&session, under_way.len()).into());
    }
    // Who passes the interrupt on may be this very process.
    tokio::select! {
        ended = ended(output, seam, &session, &turns, since, args.stop) => ended?,
        Some(Told::Interrupt(signal) | Told::Leave(signal)) = told.recv() => {
            output.note(format_args!("left: `baton follow {}` shows what comes of it", session.id));
            return Ok(128 + signal);
        }
    }
    if output.is_json() {
        output.document(
            &json!({ "session": session.id, "tab": tab, "stop": args.stop, "turns": turns }),
        )?;
        return Ok(exit::DONE);
    }
    let (name, done) =
        (clean_line(&session.name), if args.stop { "Stopped" } else { "Interrupted" });
    match turns.len() {
        1 => output.line(format_args!("{done} the turn in {name}"))?,
        more => output.line(format_args!("{done} {more} turns in {name}"))?,
    }
    Ok(exit::DONE)
}

/// Waits until these turns have ended.
async fn ended(
    output: &Output,
    seam: &dyn Seam,
    session: &Session,
    turns: &[TurnId],
    since: u64,
    stop: bool,
) -> Result<(), Stop> {
    let mut left = turns.to_vec();
    let wanted =
        Subscribe { since: Some(since), session: Some(session.id.clone()), ..Subscribe::default() };
    let mut subscription = seam.subscribe(wanted).await?;
    let ending = async {
        while !left.is_empty() {
            let gone = || Err(Failure::new(Code::Internal, "the engine ended"));
            if let Delivery::Event(event) = subscription.next().await.unwrap_or_else(gone)?
                && let (EventBody::TurnEnded { .. }, Some(turn)) = (&event.body, &event.turn)
            {
                left.retain(|waited| waited != turn);
            }
        }
        Ok::<_, Failure>(())
    };
    let noted = async {
        tokio::time::sleep(SILENCE).await;
        if !output.is_json() {
            output.note("waiting for the agent to end; Ctrl-C leaves");
        }
        tokio::time::sleep(PATIENCE - SILENCE).await;
    };
    tokio::select! {
        ended = ending => Ok(ended?),
        () = noted => Err(goes_on(session, stop).into()),
    }
}

/// That there was nothing to interrupt, or no longer.
fn none(session: &Session, just_ended: usize) -> Failure {
    let name = clean_line(&session.name);
    let message = match just_ended {
        0 => format!("nothing is under way in {name}"),
        1 => format!("the turn in {name} had just ended by itself"),
        more => format!("the {more} turns in {name} had just ended by themselves"),
    };
    let hint = format!("`baton session show {}` says how it stands", session.id);
    Failure::new(Code::NotFound, message).hint(hint)
}

/// That a turn is still under way.
fn goes_on(session: &Session, stop: bool) -> Failure {
    let (id, name) = (&session.id, clean_line(&session.name));
    let seconds = PATIENCE.as_secs();
    let hint = if stop {
        format!("Its host may be out of reach; `baton follow {id}` passes it on when it is back")
    } else {
        format!("`baton interrupt {id} --stop` ends the agent's processes")
    };
    Failure::new(Code::TimedOut, format!("{name} is still at work {seconds} s after the interrupt"))
        .hint(hint)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use orchestrator::seam::{TabState, TurnStatus};

    use super::*;
    use crate::watch::fake::{self, FakeEngine};

    #[tokio::test]
    async fn the_tab_that_was_named_is_interrupted_and_no_other() {
        let engine = FakeEngine::new();
        {
            let mut session = engine.session.lock().unwrap();
            session.tabs[0].state = TabState::Working;
            session.tabs[0].turn = Some(fake::turn("u1"));
        }
        let feed = engine.feed();
        for (seq, turn) in [(11, "another"), (12, "u1")] {
            let ended = fake::event(seq, turn, fake::ended(TurnStatus::Interrupted));
            feed.send(Ok(Delivery::Event(Box::new(ended)))).await.unwrap();
        }
        let (_tell, mut told) = mpsc::channel(1);
        let args = InterruptArgs { session: "work".into(), tab: Some("tab t1".into()), stop: true };
        interrupt(&Output::new(true), &*engine, args, &mut told).await.unwrap();
        let wanted = Command::Interrupt {
            session: orchestrator::seam::SessionId::new("s1"),
            tab: Some(TabId::new("t1")),
            turn: Some(TurnId::new("u1")),
            stop: true,
        };
        assert_eq!(engine.commands(), [wanted]);
        let args = InterruptArgs { session: "s1".into(), tab: Some("other".into()), stop: false };
        assert!(interrupt(&Output::new(true), &*engine, args, &mut told).await.is_err());
        assert_eq!(engine.commands().len(), 1);
    }

    #[tokio::test]
    async fn a_turn_that_has_just_ended_is_said_and_the_next_one_is_left_alone() {
        let engine = FakeEngine::new();
        let (_tell, mut told) = mpsc::channel(1);
        let args = || InterruptArgs { session: "work".into(), tab: None, stop: false };
        let idle = interrupt(&Output::new(true), &*engine, args(), &mut told).await;
        assert!(matches!(idle, Err(Stop::Failure(failure)) if failure.code == Code::NotFound));
        assert_eq!(engine.commands(), []);
        {
            let mut session = engine.session.lock().unwrap();
            session.tabs[0].state = TabState::Working;
            session.tabs[0].turn = Some(fake::turn("u1"));
        }
        engine.reply(Err(Failure::new(Code::NotFound, "turn u1 is not under way in work")));
        let late = interrupt(&Output::new(true), &*engine, args(), &mut told).await;
        let Err(Stop::Failure(failure)) = late else { panic!("{late:?}") };
        assert_eq!(failure.message, "the turn in work had just ended by itself");
        assert_eq!(engine.commands().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_goes_on_is_said_with_what_ends_it() {
        let engine = FakeEngine::new();
        {
            let mut session = engine.session.lock().unwrap();
            session.tabs[0].state = TabState::Working;
            session.tabs[0].turn = Some(fake::turn("u1"));
        }
        let _feed = engine.feed();
        let (_tell, mut told) = mpsc::channel(1);
        let args = InterruptArgs { session: "work".into(), tab: None, stop: false };
        let waited = interrupt(&Output::new(true), &*engine, args, &mut told).await;
        let Err(Stop::Failure(failure)) = waited else { panic!("{waited:?}") };
        assert_eq!(failure.code, Code::TimedOut);
        assert!(failure.hint.unwrap().contains("--stop"));
    }
}
