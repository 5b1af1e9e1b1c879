//! Carrying out what the frame asks.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, FileCommand, GitCommand, HistoryPage, Query, Reply, Request, Seam, SessionId,
    Subscribe, TabChoice, TabId, TerminalCommand,
};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;

use super::files::Files;
use super::keeper::Keeper;
use super::lines::Lines;
use super::notices::Looking;
use super::repository::Repositories;
use super::room::{Room, SentDraft, Standing};
use super::terminals::Terminals;
use super::{Ask, HistoryRead, News, Ticket, follow, hosts, kept_images, local};
use crate::memory::DraftKey;
use crate::view::history::HistoryCard;

/// How long what was asked last may take when the window is closed.
const FAREWELL: Duration = Duration::from_secs(5);

/// Carries out asks, each in a task of its own; commands of one session one behind the other.
pub(super) struct Carrier {
    room: Arc<Room>,
    keeper: Keeper,
    tasks: JoinSet<()>,
    /// The last of each line, for the next one to wait for.
    last: HashMap<Line, JoinHandle<()>>,
    /// Commands that wait for no other, and that are stored before the window is gone.
    prompt: JoinSet<()>,
    follows: HashMap<TabId, AbortHandle>,
    tests: HashMap<Ticket, AbortHandle>,
    looking_at: Option<AbortHandle>,
    repositories: Repositories,
    terminals: Terminals,
    lines: Lines,
    /// Completions that are being asked; the next one takes their place.
    completing: Option<AbortHandle>,
    files: Files,
}

impl Carrier {
    pub fn new(room: Arc<Room>, keeper: Keeper) -> Self {
        let files = Files::new(Arc::clone(&room));
        let repositories = Repositories::new(Arc::clone(&room));
        let terminals = Terminals::new(Arc::clone(&room));
        let lines = Lines::new(Arc::clone(&room));
        Self {
            room,
            keeper,
            files,
            tasks: JoinSet::new(),
            last: HashMap::new(),
            prompt: JoinSet::new(),
            follows: HashMap::new(),
            tests: HashMap::new(),
            looking_at: None,
            repositories,
            terminals,
            lines,
            completing: None,
        }
    }

    /// Begins it; never waits.
    pub fn carry_out(&mut self, ask: Ask) {
        // Those that have ended are let go of.
        while self.tasks.try_join_next().is_some() {}
        let room = Arc::clone(&self.room);
        match ask {
            Ask::Do { ticket, command } => self.command(ticket, *command, None),
            Ask::Send { ticket, command, key } => self.command(ticket, *command, Some(key)),
            Ask::Follow { session, tab } => {
                let task = self.spawn(follow::follow(room, session, tab.clone()));
                if let Some(before) = self.follows.insert(tab, task) {
                    before.abort();
                }
            }
            Ask::Unfollow(tab) => {
                if let Some(task) = self.follows.remove(&tab) {
                    task.abort();
                }
            }
            Ask::Terminal(ask) => self.terminals.carry_out(&mut self.tasks, ask),
            Ask::OpenEngine => {
                room.standing.send_if_modified(|standing| {
                    let failed = matches!(standing, Standing::Failed(_));
                    if failed {
                        *standing = Standing::Opening;
                    }
                    failed
                });
            }
            Ask::Agents { host, refresh } => {
                self.spawn(async move {
                    let wanted = Query::Agents { host: host.clone(), refresh };
                    let answer = match ask_engine(&room, wanted).await {
                        Ok(Reply::Agents(agents)) => Ok(agents),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::Agents { host, answer }).await;
                });
            }
            Ask::Directory { host, typed } => {
                let task = self.spawn(async move {
                    let wanted = Query::Directory { host: host.clone(), typed: typed.clone() };
                    let answer = match ask_engine(&room, wanted).await {
                        Ok(Reply::Directory(look)) => Ok(look),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::Directory { host, typed, answer }).await;
                });
                if let Some(before) = self.completing.replace(task) {
                    before.abort();
                }
            }
            Ask::File(ask) => self.files.carry_out(&mut self.tasks, ask),
            Ask::Lines(ask) => self.lines.carry_out(&mut self.tasks, ask),
            Ask::Repository(ask) => self.repositories.carry_out(&mut self.tasks, ask),
            Ask::Git(session) => {
                self.spawn(async move {
                    let wanted = Query::Git { session: session.clone() };
                    let answer = match ask_engine(&room, wanted).await {
                        Ok(Reply::Git(glance)) => Ok(glance),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::Git { session, answer }).await;
                });
            }
            Ask::Images { session, message } => {
                self.spawn(async move {
                    let wanted = Query::Images { session, message: message.clone() };
                    let answer = match ask_engine(&room, wanted).await {
                        Ok(Reply::Images(images)) => Ok(local::decode(images).await),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::Images { message, answer }).await;
                });
            }
            Ask::Attach { ticket, files } => {
                self.spawn(async move {
                    let news = local::attach(ticket, files).await;
                    room.teller.tell(news).await;
                });
            }
            Ask::AttachPixels { ticket, pixels } => {
                self.spawn(async move {
                    let news = local::attach_pixels(ticket, pixels).await;
                    room.teller.tell(news).await;
                });
            }
            Ask::Restore { ticket, images } => {
                self.keeper.know(&images);
                self.spawn(async move {
                    let data = room.setup.paths.data.clone();
                    let news = kept_images::restore(ticket, data, images).await;
                    room.teller.tell(news).await;
                });
            }
            Ask::SendAgain { ticket, session, tab, message, save_to_history } => {
                self.in_order(Line::Session(session.clone()), async move {
                    let again = follow::again(&room, &session, &tab, &message, save_to_history);
                    let answer = match again.await {
                        Ok(message) => {
                            let tab = TabChoice::Id(tab);
                            let command = Command::Send { session, tab, message };
                            room.call(Request::command(command)).await
                        }
                        Err(failure) => Err(failure),
                    };
                    room.teller.tell(News::Done { ticket, answer: answer.map(Box::new) }).await;
                });
            }
            Ask::Heard(ticket) => room.sent().retain(|sent| sent.ticket != ticket),
            Ask::Forget(pieces) => {
                self.tasks.spawn_blocking(move || drop(pieces));
            }
            Ask::Outbox => room.outbox.notify_one(),
            Ask::Session { ticket, session } => {
                self.spawn(async move {
                    let named = session.as_str().to_owned();
                    let answer = ask_engine(&room, Query::Session { named }).await;
                    room.teller.tell(News::Done { ticket, answer: answer.map(Box::new) }).await;
                });
            }
            Ask::Prompt { ticket, session, message } => {
                self.spawn(async move {
                    let answer = ask_engine(&room, Query::Prompt { session, message }).await;
                    room.teller.tell(News::Done { ticket, answer: answer.map(Box::new) }).await;
                });
            }
            Ask::CheckKey(path) => {
                self.spawn(hosts::check_key(room, path));
            }
            Ask::EditHosts { ticket, change, is_new } => {
                self.in_order(Line::Hosts, async move {
                    let answer = hosts::edit(&room.setup, change, is_new).await;
                    room.teller.tell(News::HostsEdited { ticket, answer }).await;
                });
            }
            Ask::Aliases => {
                self.spawn(hosts::aliases(room));
            }
            Ask::ResolveAlias(name) => {
                self.spawn(hosts::resolve_alias(room, name));
            }
            Ask::Test { ticket, host, agent } => {
                self.tests.retain(|_, task| !task.is_finished());
                let task = self.spawn(hosts::test(room, ticket, host, agent));
                if let Some(before) = self.tests.insert(ticket, task) {
                    before.abort();
                }
            }
            Ask::StopTest(ticket) => {
                if let Some(task) = self.tests.remove(&ticket) {
                    task.abort();
                }
            }
            Ask::Answer { question, answer } => {
                self.spawn(async move {
                    if room.questions.answer(&question, answer.as_ref()).await {
                        return;
                    }
                    let asked = question.clone();
                    let command = Command::AnswerQuestion { question, answer };
                    match room.call(Request::command(command)).await {
                        Ok(_) => {}
                        // Whoever asked has given up: the question goes by itself.
                        Err(failure) if failure.code == Code::NotFound => {}
                        Err(failure) => {
                            let question = asked;
                            room.teller.tell(News::Unanswered { question, failure }).await;
                        }
                    }
                });
            }
            Ask::History { ticket, query } => {
                self.spawn(async move {
                    let answer = match ask_engine(&room, Query::History(query)).await {
                        Ok(Reply::History(page)) => Ok(Box::new(read(*page))),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::History { ticket, answer }).await;
                });
            }
            Ask::Activity { ticket, scope, filter, from, to, buckets } => {
                self.spawn(async move {
                    let wanted = Query::HistoryActivity { scope, filter, from, to, buckets };
                    let answer = match ask_engine(&room, wanted).await {
                        Ok(Reply::HistoryActivity(activity)) => Ok(activity),
                        other => Err(unfit(other)),
                    };
                    room.teller.tell(News::Activity { ticket, answer }).await;
                });
            }
            Ask::LookAtHistory(scope) => {
                if let Some(before) = self.looking_at.take() {
                    before.abort();
                }
                if let Some(scope) = scope {
                    let wanted = Subscribe { history: Some(scope), ..Subscribe::default() };
                    self.looking_at = Some(self.spawn(look_at_history(room, wanted)));
                }
            }
            Ask::ListDirectory(dir) => {
                self.spawn(async move {
                    let news = local::list(dir).await;
                    room.teller.tell(news).await;
                });
            }
            Ask::Open(what) => {
                self.spawn(async move {
                    if let Err(failure) = local::open(&what).await {
                        room.teller.tell(News::Trouble(failure)).await;
                    }
                });
            }
            Ask::Remember(memory) => self.keeper.keep(memory),
            Ask::Looking { focused, tab, notify } => {
                room.notices.looking.send_replace(Looking { focused, tab, notify });
            }
        }
    }

    /// Lets what was sent before the window was closed be stored, and ends what follows.
    pub async fn end(mut self) {
        for task in self.follows.values().chain(self.tests.values()) {
            task.abort();
        }
        for task in [self.looking_at, self.completing].into_iter().flatten() {
            task.abort();
        }
        // A message that was sent with the last key press is stored; that takes no time of a person's, unless the engine
        // can't be had: then it stays a draft.
        let stored = async {
            for (_, task) in self.last.drain() {
                task.await.ok(); // It has told what there is to tell.
            }
            while self.prompt.join_next().await.is_some() {}
        };
        if timeout(FAREWELL, stored).await.is_err() {
            tracing::warn!("something that was asked last is not done: the engine takes too long");
        }
        let sent = std::mem::take(&mut *self.room.sent());
        self.keeper.end(sent).await;
        self.files.end().await;
        self.tasks.shutdown().await;
    }

    fn command(&mut self, ticket: Ticket, command: Command, draft: Option<DraftKey>) {
        let room = Arc::clone(&self.room);
        let line = line_of(&command);
        let (prompt, images) = match &command {
            Command::Send { message, .. } => (message.prompt.clone(), message.images.len()),
            _ => (String::new(), 0),
        };
        let work = async move {
            let answer = room.call(Request::command(command)).await.map(Box::new);
            if let (Some(key), true) = (draft, answer.is_ok()) {
                // Should nobody hear the answer any more, the draft must not look unsent.
                let mut sent = room.sent();
                sent.push(SentDraft { ticket, key, text: prompt, images });
            }
            room.teller.tell(News::Done { ticket, answer }).await;
        };
        match line {
            Line::Session(_) | Line::Hosts | Line::At(_) | Line::Terminal(_) => {
                self.in_order(line, work);
            }
            Line::Prompt => {
                while self.prompt.try_join_next().is_some() {}
                self.prompt.spawn(work);
            }
            Line::None => {
                self.spawn(work);
            }
        }
    }

    /// Behind what was asked of the same line before.
    fn in_order(&mut self, of: Line, work: impl Future<Output = ()> + Send + 'static) {
        let before = self.last.remove(&of).filter(|task| !task.is_finished());
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.await.ok(); // However it ended: ours is next.
            }
            work.await;
        });
        self.last.retain(|_, task| !task.is_finished());
        self.last.insert(of, task);
    }

    fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.tasks.spawn(work)
    }
}

/// What waits for one another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Line {
    /// What changes the files and the repository of one place.
    At(At),
    /// What is typed into a terminal comes in the order of typing.
    Terminal(String),
    /// What is done to a session is done in the order of asking.
    Session(SessionId),
    /// So are changes of `hosts.toml`.
    Hosts,
    /// It waits for nothing: a stop, an answer.
    Prompt,
    /// The same; it may take long, and is asked again when the window was closed meanwhile.
    None,
}

fn line_of(command: &Command) -> Line {
    match command {
        Command::EditSession { session, .. }
        | Command::RemoveSession { session, .. }
        | Command::Send { session, .. }
        | Command::EditMessage { session, .. }
        | Command::MoveMessage { session, .. }
        | Command::RemoveMessage { session, .. }
        | Command::RestoreMessage { session, .. }
        | Command::RenameTab { session, .. }
        | Command::MoveTab { session, .. }
        | Command::PauseQueue { session, .. }
        | Command::FreshConversation { session, .. } => Line::Session(session.clone()),
        Command::Interrupt { .. }
        | Command::NewSession(_)
        | Command::ResolveApproval { .. }
        | Command::AnswerQuestion { .. }
        | Command::AddHistory(_)
        | Command::KeepHistoryHere { .. } => Line::Prompt,
        Command::File(
            FileCommand::Write { at, .. }
            | FileCommand::MakeDirectory { at, .. }
            | FileCommand::Rename { at, .. }
            | FileCommand::Delete { at, .. },
        )
        | Command::Repository(
            GitCommand::Stage { at, .. }
            | GitCommand::Unstage { at, .. }
            | GitCommand::Discard { at, .. }
            | GitCommand::Lines { at, .. }
            | GitCommand::Commit { at, .. }
            | GitCommand::Switch { at, .. }
            | GitCommand::NewBranch { at, .. }
            | GitCommand::RenameBranch { at, .. }
            | GitCommand::DeleteBranch { at, .. }
            | GitCommand::Unfinished { at, .. }
            | GitCommand::RemoveWorktree { at, .. }
            | GitCommand::PruneWorktrees { at, .. },
        ) => Line::At(at.clone()),
        Command::Terminal(
            TerminalCommand::Input { id, .. }
            | TerminalCommand::Resize { id, .. }
            | TerminalCommand::Rename { id, .. }
            | TerminalCommand::Reopen { id }
            | TerminalCommand::Close { id },
        ) => Line::Terminal(id.clone()),
        Command::Terminal(TerminalCommand::Open { .. }) | Command::Operation(_) => Line::Prompt,
        Command::RetryHost { .. } | Command::SyncHistory { .. } | Command::IgnoreHistory { .. } => {
            Line::None
        }
    }
}

/// Entries are parsed here, and not for each frame.
fn read(page: HistoryPage) -> HistoryRead {
    HistoryRead {
        cards: page.entries.iter().map(HistoryCard::from_item).collect(),
        total: page.total,
        sources: page.sources,
        skipped: page.skipped,
        pending: page.pending,
    }
}

async fn ask_engine(room: &Room, query: Query) -> Result<Reply, Failure> {
    room.call(Request::query(query)).await
}

fn unfit(answer: Result<Reply, Failure>) -> Failure {
    match answer {
        Ok(_) => Failure::new(Code::Internal, "the engine answered something else than was asked"),
        Err(failure) => failure,
    }
}

async fn look_at_history(room: Arc<Room>, wanted: Subscribe) {
    let looking = async {
        let mut looking = room.engine().await?.subscribe(wanted).await?;
        while let Some(delivery) = looking.next().await {
            if let orchestrator::seam::Delivery::History(news) = delivery? {
                room.outbox.notify_one();
                if !room.teller.tell(News::HistoryChanged(news)).await {
                    break;
                }
            }
        }
        Ok::<(), Failure>(())
    };
    if let Err(failure) = looking.await {
        // It is shown where the history is, as what is known of it stays.
        tracing::info!("a history can't be looked at: {failure}");
    }
}
