//! Requests to the engine, with the answers that belong to them.

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Approval, Command, Event, HistoryActivity, HistoryIgnored, HistoryItem, HistoryPage,
    HistoryQuery, HistoryScope, HistorySync, MessageId, OutboxEntry, Query, Reply, Request, Seam,
    Session, SessionId, Snapshot, Tab, TabId,
};

/// Events that one query may ask for.
pub const MOST_EVENTS: u32 = 1000;

/// A session by id, unique prefix of an id, or name.
///
/// # Errors
///
/// [`Code::NotFound`], or what the engine says.
pub async fn session(seam: &dyn Seam, named: &str) -> Result<Session, Failure> {
    match query(seam, Query::Session { named: named.to_owned() }).await? {
        Reply::Session(session) => Ok(*session),
        other => Err(odd(&other)),
    }
}

/// Carries out what answers with nothing but that it is done.
///
/// # Errors
///
/// What the engine says.
pub async fn done(seam: &dyn Seam, command: Command) -> Result<(), Failure> {
    match seam.call(Request::command(command)).await? {
        Reply::Done => Ok(()),
        // An answer that says more is as good.
        Reply::Session(_) => Ok(()),
        other => Err(odd(&other)),
    }
}

/// Carries out what answers with a session.
///
/// # Errors
///
/// What the engine says.
pub async fn changed(seam: &dyn Seam, command: Command) -> Result<Session, Failure> {
    match seam.call(Request::command(command)).await? {
        Reply::Session(session) => Ok(*session),
        other => Err(odd(&other)),
    }
}

/// How everything stands.
///
/// # Errors
///
/// What the engine says.
pub async fn snapshot(seam: &dyn Seam) -> Result<Snapshot, Failure> {
    match query(seam, Query::Snapshot).await? {
        Reply::Snapshot(snapshot) => Ok(*snapshot),
        other => Err(odd(&other)),
    }
}

/// Stored events after `since`, and whether there are more.
///
/// # Errors
///
/// What the engine says.
pub async fn events(
    seam: &dyn Seam,
    since: u64,
    session: Option<SessionId>,
    limit: u32,
) -> Result<(Vec<Event>, bool), Failure> {
    match query(seam, Query::Events { since, session, tab: None, limit }).await? {
        Reply::Events { events, more } => Ok((events, more)),
        other => Err(odd(&other)),
    }
}

/// What waits for a person.
///
/// # Errors
///
/// What the engine says.
pub async fn approvals(
    seam: &dyn Seam,
    session: Option<SessionId>,
) -> Result<Vec<Approval>, Failure> {
    match query(seam, Query::Approvals { session }).await? {
        Reply::Approvals(approvals) => Ok(approvals),
        other => Err(odd(&other)),
    }
}

/// What waits for a person under that id, or the only one whose id begins so.
///
/// # Errors
///
/// [`Code::NotFound`], or [`Code::Usage`] where several begin so.
pub async fn approval(seam: &dyn Seam, id: &str) -> Result<Approval, Failure> {
    let all = approvals(seam, None).await?;
    let ids = all.iter().map(|approval| approval.id.as_str());
    let at = one(id, ids, "approval")?;
    let hint = "`baton approvals` lists what waits; it may have been answered already";
    let missing = || Failure::new(Code::NotFound, format!("no approval {id:?} waits")).hint(hint);
    at.and_then(|at| all.into_iter().nth(at)).ok_or_else(missing)
}

/// A tab by id, unique prefix of an id, or name.
///
/// # Errors
///
/// [`Code::NotFound`], or [`Code::Usage`] where several are meant.
pub fn tab<'a>(session: &'a Session, named: &str) -> Result<&'a Tab, Failure> {
    let tabs = &session.tabs;
    let called: Vec<&Tab> = tabs.iter().filter(|tab| tab.name == named).collect();
    match called[..] {
        [tab] => return Ok(tab),
        [_, _, ..] if !tabs.iter().any(|tab| tab.id.as_str() == named) => {
            return Err(Failure::new(Code::Usage, format!("several tabs are called {named:?}"))
                .hint(format!(
                    "Name it by its id: `baton session show {}` lists them",
                    session.id
                )));
        }
        [] | [_, _, ..] => {}
    }
    let at = one(named, tabs.iter().map(|tab| tab.id.as_str()), "tab")?;
    at.and_then(|at| tabs.get(at)).ok_or_else(|| {
        Failure::new(Code::NotFound, format!("{} has no tab {named:?}", session.name))
            .hint(format!("`baton session show {}` lists its tabs", session.id))
    })
}

/// The tab that was named, if one was.
///
/// # Errors
///
/// As [`tab()`].
pub fn tab_id(session: &Session, named: Option<&str>) -> Result<Option<TabId>, Failure> {
    named.map(|named| tab(session, named).map(|tab| tab.id.clone())).transpose()
}

/// The tab that was used last; of equals the first one.
pub fn last_used(session: &Session) -> Option<&Tab> {
    let used = |tab: &Tab| {
        let turn = tab.turn.as_ref().map(|turn| turn.started_at);
        turn.max(tab.queue.iter().map(|message| message.at).max())
    };
    // Of equals, max_by_key takes the last one.
    session.tabs.iter().rev().max_by_key(|tab| used(tab))
}

/// Where the id stands that was typed whole, or whose beginning was typed.
///
/// # Errors
///
/// [`Code::Usage`] where several begin so.
pub fn one<'a>(
    typed: &str,
    ids: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> Result<Option<usize>, Failure> {
    if let Some(at) = ids.clone().position(|id| id == typed) {
        return Ok(Some(at));
    }
    let mut begin = ids.enumerate().filter(|(_, id)| !typed.is_empty() && id.starts_with(typed));
    match (begin.next(), begin.next()) {
        (Some(_), Some(_)) => {
            Err(Failure::new(Code::Usage, format!("several ids begin with {typed:?}"))
                .hint(format!("Type more letters of the {what}'s id")))
        }
        (first, _) => Ok(first.map(|(at, _)| at)),
    }
}

/// The whole prompt of a message that waits.
///
/// # Errors
///
/// What the engine says.
pub async fn prompt(
    seam: &dyn Seam,
    session: &SessionId,
    message: &MessageId,
) -> Result<String, Failure> {
    let wanted = Query::Prompt { session: session.clone(), message: message.clone() };
    match query(seam, wanted).await? {
        Reply::Prompt { prompt } => Ok(prompt),
        other => Err(odd(&other)),
    }
}

/// Entries of a history, as far as they are known here.
///
/// # Errors
///
/// What the engine says.
pub async fn history(seam: &dyn Seam, wanted: HistoryQuery) -> Result<HistoryPage, Failure> {
    match query(seam, Query::History(wanted)).await? {
        Reply::History(page) => Ok(*page),
        other => Err(odd(&other)),
    }
}

/// One entry of a history.
///
/// # Errors
///
/// [`Code::NotFound`], or what the engine says.
pub async fn history_entry(seam: &dyn Seam, id: &str) -> Result<HistoryItem, Failure> {
    match query(seam, Query::HistoryEntry { id: id.to_owned() }).await? {
        Reply::HistoryEntry(item) => Ok(*item),
        other => Err(odd(&other)),
    }
}

/// How much was done when.
///
/// # Errors
///
/// What the engine says.
pub async fn history_activity(seam: &dyn Seam, wanted: Query) -> Result<HistoryActivity, Failure> {
    match query(seam, wanted).await? {
        Reply::HistoryActivity(activity) => Ok(activity),
        other => Err(odd(&other)),
    }
}

/// Entries that wait to be written to where they are shared.
///
/// # Errors
///
/// What the engine says.
pub async fn outbox(seam: &dyn Seam) -> Result<Vec<OutboxEntry>, Failure> {
    match query(seam, Query::Outbox).await? {
        Reply::Outbox(entries) => Ok(entries),
        other => Err(odd(&other)),
    }
}

/// Brings a history up to date; `write_only`: what is there is left unread.
///
/// # Errors
///
/// What the engine says. A machine that can't be reached is no error.
pub async fn sync_history(
    seam: &dyn Seam,
    scope: HistoryScope,
    write_only: bool,
) -> Result<HistorySync, Failure> {
    match seam.call(Request::command(Command::SyncHistory { scope, write_only })).await? {
        Reply::Synced(synced) => Ok(*synced),
        other => Err(odd(&other)),
    }
}

/// Keeps a project's history out of its git.
///
/// # Errors
///
/// What the engine says.
pub async fn ignore_history(
    seam: &dyn Seam,
    scope: HistoryScope,
) -> Result<HistoryIgnored, Failure> {
    match seam.call(Request::command(Command::IgnoreHistory { scope })).await? {
        Reply::Ignored(ignored) => Ok(ignored),
        other => Err(odd(&other)),
    }
}

async fn query(seam: &dyn Seam, query: Query) -> Result<Reply, Failure> {
    seam.call(Request::query(query)).await
}

/// An answer that doesn't belong to the request.
pub fn odd(reply: &Reply) -> Failure {
    let kind = match reply {
        Reply::Done => "done",
        Reply::Session(_) => "session",
        Reply::Sent { .. } => "sent",
        Reply::Snapshot(_) => "snapshot",
        Reply::Events { .. } => "events",
        Reply::Agents(_) => "agents",
        Reply::Directory(_) => "directory",
        Reply::Git(_) => "git",
        Reply::Images(_) => "images",
        Reply::Prompt { .. } => "prompt",
        Reply::Approvals(_) => "approvals",
        Reply::History(_) => "history",
        Reply::HistoryEntry(_) => "history_entry",
        Reply::HistoryActivity(_) => "history_activity",
        Reply::Outbox(_) => "outbox",
        Reply::Synced(_) => "synced",
        Reply::Ignored(_) => "ignored",
        Reply::Status(_) => "status",
        Reply::File(_) => "file",
        Reply::Repository(_) => "repository",
        Reply::Operation(_) => "operation",
        Reply::Terminal(_) => "terminal",
    };
    Failure::new(Code::Internal, format!("the engine gave an answer of another kind: {kind}"))
        .hint("All processes of Baton should be of one version: end the older one, then try again")
}
