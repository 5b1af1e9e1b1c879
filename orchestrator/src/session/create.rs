//! Making a session, and changing what it is.

use std::collections::BTreeMap;

use crate::agent::Carry;
use crate::failure::{Code, Failure};
use crate::host::ResolvedHost;
use crate::seam::{
    EventBody, NewSession, Session, SessionChange, SessionId, Tab, TabId, TabState, Totals, Turn,
    TurnStatus,
};
use crate::store::{Change, Environment, RunState};
use crate::transport::quote;

use super::entry::{Effect, Entry, Now, Outcome};
use super::turn::elapsed_ms;
use super::{Book, command, queue};
use crate::seam::Reply;

/// The longest name, in characters: more fits in no list.
const LONGEST_NAME: usize = 100;

/// What the driver found out about a session to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The host.
    pub host: ResolvedHost,
    /// The agent's name for people.
    pub agent_name: String,
}

/// Makes a session.
///
/// # Errors
///
/// [`Code::Usage`] for what can't be; [`Code::Conflict`] for a name that is taken; [`Code::NotFound`] for a parent that isn't
/// there.
pub fn create(
    book: &Book,
    new: NewSession,
    resolved: Resolved,
    now: Now,
) -> Result<(Entry, Outcome), Failure> {
    check_env(new.env.keys())?;
    let mut env = match &new.parent {
        Some(parent) => inherited(book.get(parent)?, &resolved.host),
        None => BTreeMap::new(),
    };
    env.extend(new.env);
    let name = match new.name {
        Some(name) => {
            check_name(book, None, &name)?;
            name
        }
        None => free_name(book, new.cwd.as_deref(), &resolved),
    };
    let mut tab = new_tab(1);
    if let Some(id) = &new.resume {
        tab.agent_session = Some(id.clone());
        tab.carry = Carry::begun_elsewhere();
    }
    let entry = Entry {
        session: Session {
            id: SessionId::random(),
            name,
            group: new.group,
            agent: new.agent,
            host: resolved.host.reference(),
            cwd: new.cwd.filter(|cwd| !cwd.is_empty()),
            env_names: env.keys().cloned().collect(),
            model: new.model,
            arguments: new.arguments,
            read_only: new.read_only,
            talks: new.talks,
            sync_history: new.sync_history,
            synopsis: new.synopsis,
            parent: new.parent,
            created_at: now,
            tabs: vec![tab.clone()],
            totals: Totals::default(),
        },
        env: Environment(env),
        host: Ok(resolved.host),
        sites: BTreeMap::new(),
        removed: Vec::new(),
    };
    let mut outcome = Outcome::new();
    entry.changed(&mut outcome.batch, true);
    entry.put_tab(&mut outcome.batch, &tab);
    if let Some(id) = new.resume {
        // Whoever follows hears of it as of one that the agent has named.
        let body = EventBody::AgentSession { id };
        outcome.batch.drafts.push(entry.draft(Some(&tab.id), None, body));
    }
    outcome.reply = Reply::Session(Box::new(entry.session.shown()));
    Ok((entry, outcome))
}

/// What a session takes of its parent's environment: nothing on another host, which may not learn of its secrets.
fn inherited(parent: &Entry, host: &ResolvedHost) -> BTreeMap<String, String> {
    if parent.session.host == host.reference() { parent.env.0.clone() } else { BTreeMap::new() }
}

/// Changes a session. What the host reads counts from the next turn.
///
/// # Errors
///
/// As [`create`].
pub fn edit(
    book: &Book,
    entry: &mut Entry,
    change: SessionChange,
    host: Option<ResolvedHost>,
) -> Result<Outcome, Failure> {
    check_env(change.env.keys())?;
    if let Some(name) = &change.name {
        check_name(book, Some(&entry.session.id), name)?;
    }
    let before = (entry.session.clone(), entry.env.clone());
    let session = &mut entry.session;
    let SessionChange {
        name,
        group,
        host: _,
        cwd,
        env,
        model,
        arguments,
        read_only,
        sync_history,
        synopsis,
    } = change;
    session.name = name.unwrap_or_else(|| session.name.clone());
    session.group = group.unwrap_or_else(|| session.group.clone());
    session.cwd = cwd.unwrap_or_else(|| session.cwd.clone()).filter(|cwd| !cwd.is_empty());
    session.model = model.unwrap_or_else(|| session.model.clone());
    session.arguments = arguments.unwrap_or_else(|| session.arguments.clone());
    session.read_only = read_only.unwrap_or(session.read_only);
    session.sync_history = sync_history.unwrap_or(session.sync_history);
    session.synopsis = synopsis.unwrap_or(session.synopsis);
    let mut outcome = Outcome::new();
    if let Some(host) = host.filter(|host| host.reference() != session.host) {
        // A conversation lives on its machine: no other one knows its id.
        session.host = host.reference();
        entry.host = Ok(host);
        for tab in &mut session.tabs {
            tab.agent_session = None;
            tab.carry = Carry::default();
        }
    }
    for (name, value) in env {
        match value {
            Some(value) => entry.env.0.insert(name, value),
            None => entry.env.0.remove(&name),
        };
    }
    entry.session.env_names = entry.env.0.keys().cloned().collect();
    if started_with(&before.0, &before.1) != started_with(&entry.session, &entry.env) {
        let effects = entry.session.tabs.iter_mut().filter_map(command::part);
        outcome.effects.extend(effects);
    }
    entry.changed(&mut outcome.batch, true);
    for tab in &entry.session.tabs {
        entry.put_tab(&mut outcome.batch, tab);
    }
    outcome.reply = Reply::Session(Box::new(entry.session.shown()));
    Ok(outcome)
}

/// What an agent is started with, and keeps to.
fn started_with<'a>(session: &'a Session, env: &'a Environment) -> impl PartialEq + use<'a> {
    (&session.host, &session.cwd, &session.model, &session.arguments, &env.0)
}

/// Removes a session. With `force` a turn that is under way fails here, and its run is left alone on its host.
///
/// # Errors
///
/// [`Code::Busy`] while a turn is under way, without `force`.
pub fn remove(entry: &Entry, force: bool, now: Now) -> Result<Outcome, Failure> {
    let id = &entry.session.id;
    if !force && entry.session.tabs.iter().any(queue::is_working) {
        return Err(Failure::new(Code::Busy, format!("{} is at work", entry.session.name)).hint(
            format!(
                "Interrupt it first: baton interrupt {id}. If its machine is gone: baton session remove {id} --force"
            ),
        ));
    }
    let mut outcome = Outcome::new();
    outcome.batch.changes.push(Change::RemoveSession(id.clone()));
    for tab in &entry.session.tabs {
        match tab.turn.as_ref().filter(|turn| turn.status.is_none()) {
            Some(turn) => leave(entry, tab, turn, &mut outcome, now),
            None => outcome.effects.extend(command::let_go(&mut tab.clone())),
        }
    }
    // What was done stays in the history, also where the agent hasn't said yet what it was.
    let accounts = entry.session.tabs.iter().filter_map(|tab| tab.account.as_deref());
    outcome.accounts.extend(accounts.cloned());
    outcome.batch.drafts.push(entry.draft(None, None, EventBody::SessionRemoved));
    outcome.reply = Reply::Session(Box::new(entry.session.shown()));
    Ok(outcome)
}

/// Ends a turn here, whatever its agent does.
fn leave(entry: &Entry, tab: &Tab, turn: &Turn, outcome: &mut Outcome, now: Now) {
    let (run, host) = (turn.run.clone(), &turn.host);
    let changes = &mut outcome.batch.changes;
    let state = RunState::Left;
    changes.push(Change::SetRun { run: run.clone(), state, status: None });
    let failure = Failure::new(
        Code::Cancelled,
        format!("the session was removed; its agent may go on in run {run} on {host}"),
    )
    .hint(format!("When {host} can be reached, `baton stop {run}` ends it there"))
    .on(host.clone());
    let bodies = [
        EventBody::Error { failure, recoverable: false, resets_at: None },
        EventBody::TurnEnded {
            status: TurnStatus::Failed,
            exit_status: None,
            elapsed_ms: elapsed_ms(turn.started_at, now),
            text: String::new(),
        },
    ];
    let drafts = bodies.map(|body| entry.draft(Some(&tab.id), Some(&turn.id), body));
    outcome.batch.drafts.extend(drafts);
    outcome.effects.push(Effect::Leave { run });
}

/// A tab in which nothing has happened; the `number`th of its session.
pub fn new_tab(number: usize) -> Tab {
    Tab {
        id: TabId::random(),
        name: number.to_string(),
        agent_session: None,
        talk: None,
        carry: Carry::default(),
        state: TabState::Idle,
        turn: None,
        queue: Vec::new(),
        paused: false,
        totals: Totals::default(),
        account: None,
    }
}

fn check_env<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), Failure> {
    for name in names {
        if !quote::is_env_name(name) {
            return Err(Failure::new(
                Code::Usage,
                format!("{name:?} can't name an environment variable"),
            )
            .hint("Letters, digits and _, and no digit in front"));
        }
    }
    Ok(())
}

fn check_name(book: &Book, own: Option<&SessionId>, name: &str) -> Result<(), Failure> {
    check_words("a session's name", name)?;
    match book.iter().find(|entry| entry.session.name == name && Some(&entry.session.id) != own) {
        Some(other) => Err(Failure::new(
            Code::Conflict,
            format!("session {} is called {name:?} already", other.session.id),
        )
        .hint("Choose another name with --name")),
        None => Ok(()),
    }
}

/// Whether something can be called so; `what` says whose name it is.
///
/// # Errors
///
/// [`Code::Usage`].
pub fn check_words(what: &str, name: &str) -> Result<(), Failure> {
    let usage = |message: String| Err(Failure::new(Code::Usage, message));
    if name.trim().is_empty() {
        return usage(format!("{what} can't be empty"));
    }
    if name.chars().any(char::is_control) || name.chars().count() > LONGEST_NAME {
        return usage(format!(
            "{what} has at most {LONGEST_NAME} characters, and no control characters"
        ));
    }
    Ok(())
}

/// A name out of the directory and the agent, with a number where it is taken.
fn free_name(book: &Book, cwd: Option<&str>, resolved: &Resolved) -> String {
    let directory = cwd.and_then(|cwd| {
        cwd.trim_end_matches('/').rsplit('/').next().filter(|last| !matches!(*last, "" | "~"))
    });
    let host = resolved.host.reference();
    let place = directory.unwrap_or(&host);
    let base: String = format!("{place} {}", resolved.agent_name)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_NAME - 8)
        .collect();
    let is_taken = |name: &str| book.iter().any(|entry| entry.session.name == name);
    if !is_taken(&base) {
        return base;
    }
    (2_u64..).map(|n| format!("{base} {n}")).find(|name| !is_taken(name)).unwrap_or(base)
}
