//! `baton queue`: the messages that wait in a session.

use std::ffi::OsString;

use clap::{Args, Subcommand};
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Command, MessageChange, MessageId, Place, QueuedMessage, Seam, Session};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{clean_line, cut};
use crate::seam;
use crate::send::read_prompt;

/// Columns of a prompt in a list.
const SUMMARY: usize = 60;

/// Whose queue, and what to do with it.
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// Id of a session, the beginning of one, or a name
    #[arg(value_name = "SESSION")]
    session: String,
    #[command(subcommand)]
    verb: Option<QueueVerb>,
}

/// The verbs of `baton queue`.
#[derive(Debug, Subcommand)]
enum QueueVerb {
    /// List what waits, in the order of sending; what is done where no verb is given
    List,
    /// Take a message out; the agent doesn't see it
    Remove(MessageArg),
    /// Put a message back that was taken out, where it was and with its images; the last 20 of a session can be
    Restore(RestoreArgs),
    /// Move a message
    Move(MoveArgs),
    /// Hold the queue back: what is under way ends, and nothing begins
    Pause(HoldArgs),
    /// Let the queue go on
    Resume(HoldArgs),
    /// Write a message anew
    Edit(EditArgs),
}

/// A message that waits.
#[derive(Debug, Args)]
struct MessageArg {
    /// Id of a message, or the beginning of one
    #[arg(value_name = "MESSAGE")]
    message: String,
}

/// A message that was taken out.
#[derive(Debug, Args)]
struct RestoreArgs {
    /// Its whole id, as `remove` says it
    #[arg(value_name = "MESSAGE")]
    message: String,
}

/// A message, and where it is moved to.
#[derive(Debug, Args)]
struct MoveArgs {
    /// Id of a message, or the beginning of one
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Where a message is moved to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PlaceArgs {
    /// Next in turn
    #[arg(long)]
    first: bool,
    /// Behind all others
    #[arg(long)]
    last: bool,
    /// Right before that one
    #[arg(long, value_name = "M")]
    before: Option<String>,
}

/// What is held back.
#[derive(Debug, Args)]
struct HoldArgs {
    /// Only that tab's queue: its id, the beginning of it, or its name
    #[arg(long, value_name = "T", conflicts_with = "message")]
    tab: Option<String>,
    /// Only that message
    #[arg(long, value_name = "M")]
    message: Option<String>,
}

/// Another prompt.
#[derive(Debug, Args)]
struct EditArgs {
    /// Id of a message, or the beginning of one
    #[arg(value_name = "MESSAGE")]
    message: String,
    /// What you want instead; `-` reads it from stdin
    #[arg(value_name = "PROMPT", allow_hyphen_values = true)]
    prompt: OsString,
}

/// Changes the queue, and shows it as it is then.
///
/// # Errors
///
/// When there is no such session, tab or message.
pub async fn run(app: &App, args: QueueArgs) -> Result<u8, Stop> {
    let prompt = match &args.verb {
        Some(QueueVerb::Edit(edit)) => Some(read_prompt(&edit.prompt, &app.output)?),
        Some(
            QueueVerb::List
            | QueueVerb::Remove(_)
            | QueueVerb::Restore(_)
            | QueueVerb::Move(_)
            | QueueVerb::Pause(_)
            | QueueVerb::Resume(_),
        )
        | None => None,
    };
    change(&app.output, &*app.engine().await?, args, prompt).await
}

async fn change(
    output: &Output,
    seam: &dyn Seam,
    args: QueueArgs,
    prompt: Option<String>,
) -> Result<u8, Stop> {
    let mut session = seam::session(seam, &args.session).await?;
    if let Some(command) =
        args.verb.map(|verb| command(&session, verb, prompt)).transpose()?.flatten()
    {
        let removed = if let Command::RemoveMessage { message, .. } = &command {
            Some(message.clone())
        } else {
            None
        };
        seam::done(seam, command).await?;
        if let Some(message) = removed.filter(|_| !output.is_json()) {
            let session = &session.id;
            output.note(format_args!("`baton queue {session} restore {message}` puts it back"));
        }
        session = seam::session(seam, session.id.as_str()).await?;
    }
    if output.is_json() {
        session = whole(seam, session).await?;
    }
    show(output, &session)
}

/// With the whole of each prompt: scripts get what was written.
async fn whole(seam: &dyn Seam, mut session: Session) -> Result<Session, Failure> {
    for message in session.tabs.iter_mut().flat_map(|tab| &mut tab.queue) {
        if message.is_whole() {
            continue;
        }
        match seam::prompt(seam, &session.id, &message.id).await {
            Ok(prompt) => message.prompt = prompt,
            // It was sent meanwhile; its beginning and its size are what was known of it.
            Err(failure) if failure.code == Code::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(session)
}

/// The command; none where something is only shown.
fn command(
    session: &Session,
    verb: QueueVerb,
    prompt: Option<String>,
) -> Result<Option<Command>, Failure> {
    let id = session.id.clone();
    Ok(Some(match verb {
        QueueVerb::List => return Ok(None),
        QueueVerb::Remove(args) => {
            Command::RemoveMessage { session: id, message: message(session, &args.message)? }
        }
        // It waits nowhere, so no beginning of it can be looked up.
        QueueVerb::Restore(args) => {
            Command::RestoreMessage { session: id, message: MessageId::new(args.message) }
        }
        QueueVerb::Move(args) => {
            let to = match &args.place.before {
                Some(other) => Place::Before(message(session, other)?),
                None if args.place.first => Place::First,
                None => Place::Last,
            };
            Command::MoveMessage { session: id, message: message(session, &args.message)?, to }
        }
        QueueVerb::Pause(args) => hold(session, &args, true)?,
        QueueVerb::Resume(args) => hold(session, &args, false)?,
        QueueVerb::Edit(args) => Command::EditMessage {
            session: id,
            message: message(session, &args.message)?,
            change: MessageChange { prompt, ..MessageChange::default() },
        },
    }))
}

fn hold(session: &Session, args: &HoldArgs, paused: bool) -> Result<Command, Failure> {
    Ok(match &args.message {
        Some(named) => Command::EditMessage {
            session: session.id.clone(),
            message: message(session, named)?,
            change: MessageChange { paused: Some(paused), ..MessageChange::default() },
        },
        None => Command::PauseQueue {
            session: session.id.clone(),
            tab: seam::tab_id(session, args.tab.as_deref())?,
            paused,
        },
    })
}

/// A message by its id or the beginning of it.
fn message(session: &Session, typed: &str) -> Result<MessageId, Failure> {
    let all: Vec<&QueuedMessage> = session.tabs.iter().flat_map(|tab| &tab.queue).collect();
    let at = seam::one(typed, all.iter().map(|message| message.id.as_str()), "message")?;
    at.and_then(|at| all.get(at)).map(|message| message.id.clone()).ok_or_else(|| {
        Failure::new(Code::NotFound, format!("no message {typed:?} waits in {}", session.name))
            .hint(format!(
                "`baton queue {} list` shows what waits; it may have been sent already",
                session.id
            ))
    })
}

fn show(output: &Output, session: &Session) -> Result<u8, Stop> {
    if output.is_json() {
        output.document(&document(session))?;
        return Ok(exit::DONE);
    }
    let rows: Vec<[String; 4]> = session
        .tabs
        .iter()
        .flat_map(|tab| tab.queue.iter().map(move |message| (tab, message)))
        .map(|(tab, message)| {
            let held = tab.paused || message.paused;
            [
                message.id.to_string(),
                clean_line(&tab.name),
                if held { "held back" } else { "waits" }.to_owned(),
                summary(message),
            ]
        })
        .collect();
    if rows.is_empty() {
        output.note("Nothing waits.");
    } else {
        output.table(["ID", "TAB", "STATE", "PROMPT"], &rows)?;
    }
    for tab in session.tabs.iter().filter(|tab| tab.paused) {
        output.note(format_args!("The queue of {} is held back.", clean_line(&tab.name)));
    }
    Ok(exit::DONE)
}

fn document(session: &Session) -> Value {
    let tabs = session.tabs.iter().map(
        |tab| json!({ "tab": tab.id, "name": tab.name, "paused": tab.paused, "queue": tab.queue }),
    );
    json!({ "session": session.id, "tabs": tabs.collect::<Vec<_>>() })
}

/// A message in a line.
pub fn summary(message: &QueuedMessage) -> String {
    let mut text = cut(&clean_line(&message.prompt), SUMMARY);
    if message.images > 0 {
        text += &format!("  (images: {})", message.images);
    }
    if message.read_only {
        text += "  (read-only)";
    }
    if message.paused {
        text += "  (held back)";
    }
    text
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
