//! What each wish and each fact gives: which session it touches, and the outcome.

use jiff::Timestamp;

use super::create::{self, Resolved};
use super::entry::{Effect, Entry, Outcome};
use super::fact::{Fact, FactBody};
use super::world::World;
use super::{Book, command, said, tabs, turn, waiting};
use crate::agent;
use crate::failure::{Code, Failure};
use crate::history::Account;
use crate::host::Site;
use crate::seam::{Approval, Command, HistoryScope, Reply, SessionId};
use crate::store::Change;

/// The session that a decision touches.
#[derive(Debug)]
pub enum Touched {
    /// It will be this.
    Put(Box<Entry>),
    /// It will be gone.
    Removed(SessionId),
    /// None.
    Nothing,
}

type Decision = Result<(Touched, Outcome), Failure>;

/// Decides about a copy of a session.
fn within(
    world: &World,
    book: &Book,
    session: &SessionId,
    decide: impl FnOnce(&mut Entry) -> Result<Outcome, Failure>,
) -> Decision {
    let mut entry = book.get(session)?.clone();
    entry.host = world.hosts.recall(&entry.session.host);
    let outcome = decide(&mut entry)?;
    Ok((Touched::Put(Box::new(entry)), outcome))
}

/// What a wish gives.
///
/// # Errors
///
/// Why it can't be; nothing has changed then.
pub fn wish(world: &World, book: &Book, wish: Command, now: Timestamp) -> Decision {
    match wish {
        Command::NewSession(new) => {
            let agent = world.agent(&new.agent)?;
            if let Some(id) = &new.resume {
                agent::check_resume(agent, new.talks, id)?;
            }
            let agent_name = agent.id.clone();
            let host = world.hosts.resolve(&new.host)?;
            let (entry, outcome) = create::create(book, new, Resolved { host, agent_name }, now)?;
            world.check_session(&entry)?;
            Ok((Touched::Put(Box::new(entry)), outcome))
        }
        Command::EditSession { session, change } => within(world, book, &session, |entry| {
            let host = change.host.as_deref().map(|host| world.hosts.resolve(host)).transpose()?;
            let outcome = create::edit(book, entry, change, host)?;
            world.check_session(entry)?;
            Ok(outcome)
        }),
        Command::RemoveSession { session, force } => {
            let outcome = create::remove(book.get(&session)?, force, now)?;
            Ok((Touched::Removed(session), outcome))
        }
        Command::Send { session, tab, message } => within(world, book, &session, |entry| {
            world.check_message(entry, &message)?;
            command::send(entry, tab, message, now)
        }),
        Command::Interrupt { session, tab, turn, stop } => within(world, book, &session, |entry| {
            command::interrupt(entry, tab.as_ref(), turn.as_ref(), stop)
        }),
        Command::EditMessage { session, message, change } => {
            within(world, book, &session, |entry| {
                if let Some(prompt) = &change.prompt {
                    world.check_prompt(prompt)?;
                }
                waiting::edit_message(entry, &message, change, now)
            })
        }
        Command::MoveMessage { session, message, to } => {
            within(world, book, &session, |entry| waiting::move_message(entry, &message, &to, now))
        }
        Command::RemoveMessage { session, message } => {
            within(world, book, &session, |entry| waiting::remove_message(entry, &message, now))
        }
        Command::RestoreMessage { session, message } => {
            within(world, book, &session, |entry| waiting::restore_message(entry, &message, now))
        }
        Command::RenameTab { session, tab, name } => {
            within(world, book, &session, |entry| tabs::rename(entry, &tab, name.as_deref()))
        }
        Command::MoveTab { session, tab, before } => {
            within(world, book, &session, |entry| tabs::place(entry, &tab, before.as_ref()))
        }
        Command::PauseQueue { session, tab, paused } => {
            within(world, book, &session, |entry| waiting::pause(entry, tab.as_ref(), paused, now))
        }
        Command::FreshConversation { session, tab } => {
            within(world, book, &session, |entry| command::fresh(entry, &tab))
        }
        Command::ResolveApproval { approval, decision } => {
            let approval = book.approval(&approval)?;
            let is_other = |other: &Approval| other.tab == approval.tab && other.id != approval.id;
            let others_wait = book.approvals.iter().any(is_other);
            within(world, book, &approval.session, |entry| {
                command::resolve(entry, approval, decision, others_wait, now)
            })
        }
        Command::AddHistory(new) => {
            let (session, host, cwd) = match &new.scope {
                HistoryScope::Session { session } => {
                    let session = &book.get(session)?.session;
                    (Some(session), world.hosts.recall(&session.host), session.cwd.as_deref())
                }
                HistoryScope::Project { host, cwd } => {
                    (None, Ok(world.hosts.resolve(host)?), cwd.as_deref())
                }
                HistoryScope::All => {
                    return Err(Failure::new(
                        Code::Usage,
                        "an entry belongs to a session or a directory",
                    )
                    .hint("Name a session, or a host and a directory"));
                }
            };
            let shares = new.share.unwrap_or_else(|| session.is_none_or(|of| of.sync_history));
            let site = match host {
                Ok(host) => Some(Site { place: host.place(), cwd: host.directory(cwd) }),
                // What is to be shared is not kept here in silence.
                Err(failure) if shares => return Err(failure),
                Err(_) => None,
            };
            let account = Account::by_hand(new, session, site, now)?;
            let mut outcome = Outcome::new();
            outcome.reply = Reply::HistoryEntry(Box::new(account.item(world.ledger.hostname())));
            outcome.accounts.push(account);
            Ok((Touched::Nothing, outcome))
        }
        Command::SyncHistory { .. }
        | Command::IgnoreHistory { .. }
        | Command::KeepHistoryHere { .. }
        | Command::File(_)
        | Command::Repository(_)
        | Command::Operation(_)
        | Command::Terminal(_)
        | Command::AnswerQuestion { .. } => {
            Err(Failure::new(Code::Internal, "a wish that is none of the desk's came to it"))
        }
        Command::RetryHost { host } => {
            let mut outcome = Outcome::new();
            outcome.effects.push(Effect::Retry(world.hosts.resolve(&host)?.reference()));
            Ok((Touched::Nothing, outcome))
        }
    }
}

/// What a fact gives. One about a session that was removed meanwhile gives nothing but what concerns its run.
pub fn fact(world: &World, book: &Book, fact: Fact, now: Timestamp) -> (Touched, Outcome) {
    let mut entry = book.get(&fact.session).ok().cloned();
    let may_launch = matches!(&fact.body, FactBody::Ended { .. } | FactBody::NeverLaunched { .. });
    if let Some(entry) = entry.as_mut().filter(|_| may_launch) {
        entry.host = world.hosts.recall(&entry.session.host);
    }
    let is_there = entry.is_some();
    let outcome = match (entry.as_mut(), fact.body) {
        (Some(entry), FactBody::Launched { turn }) => turn::launched(entry, &turn),
        (Some(entry), FactBody::NeverLaunched { turn }) => {
            turn::again(entry, &turn, &book.approvals, now)
        }
        (
            entry,
            FactBody::Read { run, tab, turn, items, withdrawn, out_offset, err_offset, reader },
        ) => {
            let mut outcome = match (entry, turn) {
                (Some(entry), Some(turn)) => {
                    let agent = entry.session.agent.clone();
                    let explain = |error: &_| world.explain(&agent, error);
                    let by = said::Source { run: &run, tab: &tab, turn: &turn };
                    let mut outcome = said::heard(entry, &by, items, explain, now);
                    let known = &book.approvals;
                    said::withdrawn(entry, &tab, &withdrawn, known, &mut outcome, now);
                    outcome
                }
                (Some(_) | None, _) => Outcome::new(),
            };
            // What the agent of a session says that was removed is not kept.
            let reader = is_there.then_some(reader);
            let progress = Change::Progress { run, out_offset, err_offset, reader };
            outcome.batch.changes.push(progress);
            outcome
        }
        (Some(entry), FactBody::Link { turn, state, why }) => turn::link(entry, &turn, state, why),
        (Some(entry), FactBody::Quiet { turn, seconds, stderr }) => {
            turn::quiet(entry, &turn, seconds, stderr)
        }
        (Some(entry), FactBody::Trouble { turn, failure, recoverable }) => {
            turn::trouble(entry, &turn, failure, recoverable)
        }
        (Some(entry), FactBody::Ended { turn, end }) => {
            turn::ended(entry, &turn, end, &book.approvals, now)
        }
        (entry, FactBody::RunEnded { run, state, status }) => {
            let mut outcome = Outcome::new();
            if let Some(entry) = entry {
                turn::talker_ended(entry, &run, &book.approvals, &mut outcome, now);
            }
            outcome.batch.changes.push(Change::SetRun { run, state, status });
            outcome
        }
        (_, FactBody::Swept { run }) => {
            let mut outcome = Outcome::new();
            outcome.batch.changes.push(Change::Swept(run));
            outcome
        }
        (
            None,
            FactBody::Launched { .. }
            | FactBody::NeverLaunched { .. }
            | FactBody::Link { .. }
            | FactBody::Quiet { .. }
            | FactBody::Trouble { .. }
            | FactBody::Ended { .. },
        ) => Outcome::new(),
    };
    (entry.map_or(Touched::Nothing, |entry| Touched::Put(Box::new(entry))), outcome)
}
