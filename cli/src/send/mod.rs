//! `baton send`: a message to an agent, and its turn to the end.

mod images;
mod prompt;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, HistoryScope, MessageId, NewMessage, Reply, Request, Seam, Session, Tab, TabChoice,
    TabId, TurnStatus,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::app::App;
use crate::exit;
use crate::history::tell_shared;
use crate::output::{Output, Stop};
use crate::render::Look;
use crate::seam;
use crate::watch::{
    Ask, Console, End, Ended, Nobody, Report, Target, Terminal, Told, Watch, Watcher, signals,
    watch,
};
pub use prompt::read as read_prompt;

/// Between two looks at an agent that is asked what it did.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A message, and where it goes.
#[derive(Debug, Args)]
#[command(after_help = "\
Ctrl-C interrupts the turn and waits for its end; a second one leaves it at work. The exit status is 0 when the \
turn is done, 130 when it was interrupted, 141 when nobody reads what is printed and it goes on; when it failed, 3 \
when its host was not reached, 4 when something that it needs is not there, 5 when it was refused, and 1 otherwise.")]
pub struct SendArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    /// What you want; `-` reads it from stdin
    #[arg(value_name = "PROMPT", allow_hyphen_values = true)]
    prompt: OsString,
    /// In that tab: its id, the beginning of it, or its name; the one used last, if left out
    #[arg(long, value_name = "T")]
    tab: Option<String>,
    /// In a new tab: a conversation of its own
    #[arg(long, conflicts_with = "tab")]
    new_tab: bool,
    /// Begin a fresh conversation in the tab: the agent forgets the former one, the transcript stays
    #[arg(long, conflicts_with = "new_tab")]
    fresh: bool,
    /// Tell the agent to change nothing
    #[arg(long)]
    read_only: bool,
    /// Leave the turn out of the history; the transcript has it all the same
    #[arg(long)]
    no_history: bool,
    /// An image that goes along: PNG, JPEG, GIF or WebP; may be repeated
    #[arg(long, value_name = "F")]
    image: Vec<PathBuf>,
    /// Return as soon as the turn has begun or the message waits behind others
    #[arg(long)]
    detach: bool,
    /// Show tool calls and reasoning in full
    #[arg(long, short)]
    verbose: bool,
}

/// Sends it and shows what comes of it.
///
/// # Errors
///
/// Before it was sent, and when the engine is gone.
pub async fn run(app: &App, args: SendArgs) -> Result<u8, Stop> {
    // What is wrong with the message is said before anything else happens.
    let message = NewMessage {
        prompt: prompt::read(&args.prompt, &app.output)?,
        images: images::read(&args.image)?,
        read_only: args.read_only,
        save_to_history: !args.no_history,
    };
    let seam = app.engine().await?;
    let session = seam::session(&*seam, &args.session).await?;
    let tab = match seam::tab_id(&session, args.tab.as_deref())? {
        Some(tab) => TabChoice::Id(tab),
        None if args.new_tab => TabChoice::New,
        None => TabChoice::Last,
    };
    if args.fresh {
        fresh(&*seam, &session, &tab).await?;
    }
    let mut report = report(&app.output, args.verbose, false);
    let mut ask = asker(&app.output);
    let mut told = signals()?;
    let sending = Sending { session, tab, message, detach: args.detach };
    let (sent, end) = send(Arc::clone(&seam), sending, &mut report, &mut *ask, &mut told).await?;
    let is_over = matches!(end, End::Turn(_)) && !sent.detach;
    let session = sent.session.clone();
    let status = finish(&app.output, &sent, end).await?;
    if is_over {
        tokio::select! {
            () = history(&app.output, &*seam, &session) => {}
            // The entry is safe here, and goes on its way with the next connection.
            _ = told.recv() => {}
        }
    }
    Ok(status)
}

/// Waits until the turn is in the history where it belongs: until the agent has said what it did, where it is asked, and until
/// that is written where it is shared. Ctrl-C leaves: both go on with the next command.
async fn history(output: &Output, seam: &dyn Seam, session: &Session) {
    if session.synopsis {
        until_told(output, seam, session).await;
    }
    if session.sync_history {
        let scope = HistoryScope::Session { session: session.id.clone() };
        tell_shared(output, seam, scope).await;
    }
}

/// Waits until an agent that is asked what it did has said so.
async fn until_told(output: &Output, seam: &dyn Seam, session: &Session) {
    let asks =
        |tab: &Tab| tab.turn.as_ref().is_some_and(|turn| turn.synopsis && turn.status.is_none());
    let mut is_said = false;
    // Where the session or the engine is gone, nothing is waited for.
    while let Ok(now) = seam::session(seam, session.id.as_str()).await {
        if !now.tabs.iter().any(asks) {
            return;
        }
        if !std::mem::replace(&mut is_said, true) {
            output.note(
                "asking the agent what it did, for the history; Ctrl-C doesn't wait for that",
            );
        }
        tokio::time::sleep(LOOK_AGAIN).await; // wait: between two looks
    }
}

/// The agent's own conversation of a tab is forgotten.
async fn fresh(seam: &dyn Seam, session: &Session, tab: &TabChoice) -> Result<(), Failure> {
    let tab = match tab {
        TabChoice::Id(tab) => tab.clone(),
        TabChoice::Last => match seam::last_used(session) {
            Some(tab) => tab.id.clone(),
            None => return Ok(()),
        },
        // It is fresh by itself.
        TabChoice::New => return Ok(()),
    };
    seam::done(seam, Command::FreshConversation { session: session.id.clone(), tab }).await
}

/// How things are told: text that lives where stdout is a terminal, or JSON.
pub fn report(output: &Output, verbose: bool, everything: bool) -> Report {
    let console = Console::new(output);
    if output.is_json() {
        return Report::json(console);
    }
    let look = Look { width: Console::columns(), verbose, everything };
    Report::text(console, look, std::io::stdout().is_terminal())
}

/// Who is asked: the person at the terminal, unless a program reads what we print.
pub fn asker(output: &Output) -> Box<dyn Ask> {
    let person = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    if person && !output.is_json() { Box::new(Terminal::new()) } else { Box::new(Nobody) }
}

struct Sending {
    session: Session,
    tab: TabChoice,
    message: NewMessage,
    detach: bool,
}

/// What was sent, and up to where it was watched.
#[derive(Debug)]
struct Sent {
    session: Session,
    tab: TabId,
    message: MessageId,
    seq: u64,
    detach: bool,
}

async fn send(
    seam: Arc<dyn Seam>,
    sending: Sending,
    report: &mut Report,
    ask: &mut dyn Ask,
    told: &mut mpsc::Receiver<Told>,
) -> Result<(Sent, End), Stop> {
    let Sending { session, tab, message, detach } = sending;
    let command = Command::Send { session: session.id.clone(), tab, message };
    let reply = tokio::select! {
        reply = seam.call(Request::command(command)) => reply?,
        Some(Told::Interrupt(signal) | Told::Leave(signal)) = told.recv() => {
            report.say(&format!(
                "left while it was being sent: `baton follow {}` shows whether it was",
                session.id,
            ));
            report.part().await;
            return Err(Stop::Told(128 + signal));
        }
    };
    let Reply::Sent { tab, message, seq } = reply else { return Err(seam::odd(&reply).into()) };
    report.know(&session);
    let target = Target::Message { tab: tab.clone(), message: message.clone(), detach };
    let (end, seq) = watch(Watcher {
        seam,
        session: session.id.clone(),
        watch: Watch::new(target, seq),
        report,
        ask,
        told,
    })
    .await?;
    Ok((Sent { session, tab, message, seq, detach }, end))
}

/// Says what the end was, where the events don't, and returns the exit status.
async fn finish(output: &Output, sent: &Sent, end: End) -> Result<u8, Stop> {
    let Sent { session, tab, message, seq, detach } = sent;
    let id = &session.id;
    let document = |state: &str| json!({ "session": id, "tab": tab, "message": message, "state": state, "seq": seq });
    match end {
        // Nothing was told of it until now.
        End::Turn(ended) if *detach => Err(never_began(ended).into()),
        End::Turn(ended) => Ok(status_of(&ended)),
        End::Began(turn) => {
            let mut document = document("started");
            document["turn"] = json!(turn);
            output.answer(
                &document,
                format_args!("Started turn {turn}; `baton follow {id} --since {seq}` shows it"),
            )?;
            Ok(exit::DONE)
        }
        End::Waits { behind, held } => {
            let mut document = document("queued");
            document["behind"] = json!(behind);
            document["held"] = json!(held);
            let held = if held { ", and held back" } else { "" };
            output.answer(
                &document,
                format_args!(
                    "Queued {message} behind {behind}{held}; `baton follow {id} --since {seq}` shows what comes of it"
                ),
            )?;
            Ok(exit::DONE)
        }
        End::TakenOut => {
            output.note("the message was taken out of the queue; the agent never saw it");
            Ok(exit::status(Code::Cancelled))
        }
        End::Removed => Err(removed(session).into()),
        End::Left { signal, goes_on: true } => {
            output.parting(format_args!(
                "left: it goes on; `baton follow {id} --since {seq}` shows the rest, `baton interrupt {id} --tab {tab}` ends it",
            )).await;
            Ok(128 + signal)
        }
        End::Left { signal, goes_on: false } => {
            output
                .parting(format_args!("left: `baton follow {id} --since {seq}` shows the rest"))
                .await;
            Ok(128 + signal)
        }
        // Only who follows a session waits for that.
        End::Idle(last) => Ok(last.as_ref().map_or(exit::DONE, status_of)),
    }
}

/// The exit status of a turn: of one that failed, that of what went wrong.
pub fn status_of(ended: &Ended) -> u8 {
    match ended.status {
        TurnStatus::Done => exit::DONE,
        TurnStatus::Failed => {
            exit::status(ended.fault.as_ref().map_or(Code::AgentFailed, |fault| fault.code))
        }
        TurnStatus::Interrupted => exit::status(Code::Cancelled),
    }
}

/// Why a turn was over before the agent was at work on it.
fn never_began(ended: Ended) -> Failure {
    match (ended.status, ended.fault) {
        (TurnStatus::Failed | TurnStatus::Done, Some(fault)) => fault,
        (TurnStatus::Failed | TurnStatus::Done, None) => {
            Failure::new(Code::AgentFailed, "the turn failed as soon as it had begun")
                .hint("`baton follow` shows what the agent said")
        }
        (TurnStatus::Interrupted, _) => {
            Failure::new(Code::Cancelled, "the turn was interrupted as soon as it had begun")
                .hint("Send the message again")
        }
    }
}

/// That somebody removed it meanwhile.
pub fn removed(session: &Session) -> Failure {
    let name = crate::render::clean_line(&session.name);
    Failure::new(Code::NotFound, format!("the session {name} was removed"))
        .hint("`baton session list` shows those that are there")
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
