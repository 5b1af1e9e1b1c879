//! Repositories on hosts: looked at while they are in sight, and made ready to be shown, away from the frame.

use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::git::{GraphRow, graph};
use orchestrator::seam::{
    At, GitBranches, GitDiff, GitLog, GitQuery, GitReply, GitStatus, PullRequestDraft, Query,
    Reply, Request, SessionId, Worktree,
};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::News;
use super::room::Room;
use crate::view::git::OpenDiff;

/// Between an answer and the next question: a change shows within two seconds, with half a second for the way.
const AGAIN: Duration = Duration::from_millis(1500);
/// A diff that took long to come is asked for again after so many times as long: it is the host that counts it.
const REST: u32 = 4;
/// Commits that are read at once.
const PAGE: u32 = 200;
/// Lines around each change.
const CONTEXT: u32 = 3;

/// What the frame asks of a session's repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryAsk {
    /// Look at it from time to time; what was looked at before isn't any more. `RepositoryNews::Status` tells of changes
    /// alone, and first of all.
    Look(Option<SessionId>),
    /// Look at a diff from time to time; what was looked at before isn't any more. `RepositoryNews::Diff` tells of changes:
    /// a file that is changed once more has the status that it had.
    LookAtDiff(Option<(SessionId, OpenDiff)>),
    /// How it stands, now. Answer: `RepositoryNews::Status`.
    Status(SessionId),
    /// Differences. Answer: `RepositoryNews::Diff`.
    Diff {
        /// Whose.
        session: SessionId,
        /// Which.
        of: OpenDiff,
    },
    /// Commits. Answer: `RepositoryNews::Log`.
    Log {
        /// Whose.
        session: SessionId,
        /// Of all branches.
        all: bool,
        /// Only those whose message holds it.
        containing: Option<String>,
        /// How many are wanted; those that are known are read again, since the graph is one.
        commits: u32,
    },
    /// Branches. Answer: `RepositoryNews::Branches`.
    Branches(SessionId),
    /// Worktrees. Answer: `RepositoryNews::Worktrees`.
    Worktrees(SessionId),
    /// What a pull request would say. Answer: `RepositoryNews::Draft`.
    Draft(SessionId),
}

impl RepositoryAsk {
    /// Asks for one page of commits more than are known.
    pub fn more_log(
        session: SessionId,
        all: bool,
        containing: Option<String>,
        known: usize,
    ) -> Self {
        let known = u32::try_from(known).unwrap_or(u32::MAX);
        Self::Log { session, all, containing, commits: known.saturating_add(PAGE) }
    }
}

/// What the frame is told about a session's repository.
#[derive(Debug)]
pub enum RepositoryNews {
    /// How it stands; `None` inside where there is none.
    Status(Result<Option<Box<GitStatus>>, Failure>),
    /// Differences.
    Diff {
        /// Which.
        of: OpenDiff,
        /// They.
        answer: Result<Box<GitDiff>, Failure>,
    },
    /// Commits, each with its place in the graph.
    Log(Result<(GitLog, Vec<GraphRow>), Failure>),
    /// Branches.
    Branches(Result<GitBranches, Failure>),
    /// Worktrees.
    Worktrees(Result<Vec<Worktree>, Failure>),
    /// What a pull request would say.
    Draft(Result<PullRequestDraft, Failure>),
}

/// Carries them out.
#[derive(Debug)]
pub(super) struct Repositories {
    room: Arc<Room>,
    looking: Option<AbortHandle>,
    looking_at_diff: Option<(SessionId, OpenDiff, AbortHandle)>,
    /// The diff that is being asked for; the next one takes its place.
    diff: Option<AbortHandle>,
    log: Option<AbortHandle>,
}

impl Repositories {
    pub fn new(room: Arc<Room>) -> Self {
        Self { room, looking: None, looking_at_diff: None, diff: None, log: None }
    }

    /// Begins it; never waits.
    pub fn carry_out(&mut self, tasks: &mut JoinSet<()>, ask: RepositoryAsk) {
        let room = Arc::clone(&self.room);
        match ask {
            RepositoryAsk::Look(session) => {
                if let Some(before) = self.looking.take() {
                    before.abort();
                }
                self.looking = session.map(|session| tasks.spawn(watch(room, session)));
            }
            RepositoryAsk::LookAtDiff(look) => {
                if let Some((_, _, before)) = self.looking_at_diff.take() {
                    before.abort();
                }
                self.looking_at_diff = look.map(|(session, of)| {
                    let task = tasks.spawn(watch_diff(room, session.clone(), of.clone()));
                    (session, of, task)
                });
            }
            RepositoryAsk::Status(session) => {
                tasks.spawn(async move {
                    let answer = match status(&room, &session, None).await {
                        Ok(Some(status)) => Ok(status),
                        Ok(None) => return,
                        Err(failure) => Err(failure),
                    };
                    tell(&room, session, RepositoryNews::Status(answer)).await;
                });
            }
            RepositoryAsk::Diff { session, of } => {
                // A look that is under way may tell how it was before this.
                if let Some((of_session, of_diff, task)) = &mut self.looking_at_diff
                    && (&*of_session, &*of_diff) == (&session, &of)
                {
                    task.abort();
                    *task = tasks.spawn(watch_diff(Arc::clone(&room), session.clone(), of.clone()));
                }
                let task = tasks.spawn(async move {
                    let answer = diff(&room, &session, &of).await;
                    tell(&room, session, RepositoryNews::Diff { of, answer }).await;
                });
                replace(&mut self.diff, task);
            }
            RepositoryAsk::Log { session, all, containing, commits } => {
                let task = tasks.spawn(async move {
                    let answer = log(&room, &session, all, containing, commits.max(PAGE)).await;
                    tell(&room, session, RepositoryNews::Log(answer)).await;
                });
                replace(&mut self.log, task);
            }
            RepositoryAsk::Branches(session) => {
                tasks.spawn(async move {
                    let query = GitQuery::Branches { at: At::Session(session.clone()) };
                    let answer = match ask_git(&room, query).await {
                        Ok(GitReply::Branches(branches)) => Ok(branches),
                        other => Err(unfit(other)),
                    };
                    tell(&room, session, RepositoryNews::Branches(answer)).await;
                });
            }
            RepositoryAsk::Worktrees(session) => {
                tasks.spawn(async move {
                    let query = GitQuery::Worktrees { at: At::Session(session.clone()) };
                    let answer = match ask_git(&room, query).await {
                        Ok(GitReply::Worktrees(worktrees)) => Ok(worktrees),
                        other => Err(unfit(other)),
                    };
                    tell(&room, session, RepositoryNews::Worktrees(answer)).await;
                });
            }
            RepositoryAsk::Draft(session) => {
                tasks.spawn(async move {
                    let query = GitQuery::PullRequest { at: At::Session(session.clone()) };
                    let answer = match ask_git(&room, query).await {
                        Ok(GitReply::PullRequest(draft)) => Ok(draft),
                        other => Err(unfit(other)),
                    };
                    tell(&room, session, RepositoryNews::Draft(answer)).await;
                });
            }
        }
    }
}

fn replace(place: &mut Option<AbortHandle>, task: AbortHandle) {
    if let Some(before) = place.replace(task) {
        before.abort();
    }
}

/// Looks for as long as it isn't stopped; the next question waits for the answer to the one before.
async fn watch(room: Arc<Room>, session: SessionId) {
    let mut seen: Option<String> = None;
    let mut failed: Option<Code> = None;
    loop {
        match status(&room, &session, seen.clone()).await {
            Ok(Some(status)) => {
                seen = status.as_ref().map(|status| status.version.clone());
                failed = None;
                tell(&room, session.clone(), RepositoryNews::Status(Ok(status))).await;
            }
            Ok(None) => failed = None,
            // Told once while it lasts.
            Err(failure) if failed != Some(failure.code) => {
                failed = Some(failure.code);
                seen = None;
                tell(&room, session.clone(), RepositoryNews::Status(Err(failure))).await;
            }
            Err(_) => {}
        }
        sleep(AGAIN).await; // wait: what changes is seen next time
    }
}

/// Looks at a diff for as long as it isn't stopped. Failures are for who asked for it: the next look may find it again.
async fn watch_diff(room: Arc<Room>, session: SessionId, of: OpenDiff) {
    let mut seen: Option<Box<GitDiff>> = None;
    let mut pause = AGAIN;
    loop {
        sleep(pause).await; // wait: what changes is seen next time
        let begun = Instant::now();
        let answer = diff(&room, &session, &of).await;
        pause = AGAIN.max(begun.elapsed() * REST);
        let Ok(diff) = answer else { continue };
        if seen.as_ref() != Some(&diff) {
            seen = Some(diff.clone());
            let news = RepositoryNews::Diff { of: of.clone(), answer: Ok(diff) };
            tell(&room, session.clone(), news).await;
        }
    }
}

async fn diff(room: &Room, session: &SessionId, of: &OpenDiff) -> Result<Box<GitDiff>, Failure> {
    let query = GitQuery::Diff {
        at: At::Session(session.clone()),
        of: of.of.clone(),
        paths: of.path.iter().cloned().collect(),
        context: CONTEXT,
    };
    match ask_git(room, query).await {
        Ok(GitReply::Diff(diff)) => Ok(Box::new(diff)),
        other => Err(unfit(other)),
    }
}

/// How a repository stands; `None` when it is as it was seen.
async fn status(
    room: &Room,
    session: &SessionId,
    seen: Option<String>,
) -> Result<Option<Option<Box<GitStatus>>>, Failure> {
    let query = GitQuery::Status { at: At::Session(session.clone()), seen };
    match ask_git(room, query).await {
        Ok(GitReply::Status(status)) => Ok(Some(status)),
        Ok(GitReply::Unchanged) => Ok(None),
        other => Err(unfit(other)),
    }
}

async fn log(
    room: &Room,
    session: &SessionId,
    all: bool,
    containing: Option<String>,
    limit: u32,
) -> Result<(GitLog, Vec<GraphRow>), Failure> {
    let at = At::Session(session.clone());
    let query = GitQuery::Log { at, revision: None, all, path: None, containing, skip: 0, limit };
    match ask_git(room, query).await {
        Ok(GitReply::Log(log)) => {
            let work = tokio::task::spawn_blocking(move || {
                let lanes = graph(&log.commits);
                (log, lanes)
            });
            let broken =
                |error| Failure::new(Code::Internal, format!("the graph broke off: {error}"));
            work.await.map_err(broken)
        }
        other => Err(unfit(other)),
    }
}

async fn ask_git(room: &Room, query: GitQuery) -> Result<GitReply, Failure> {
    match room.call(Request::query(Query::Repository(query))).await? {
        Reply::Repository(reply) => Ok(reply),
        _ => Err(odd()),
    }
}

fn unfit(answer: Result<GitReply, Failure>) -> Failure {
    answer.err().unwrap_or_else(odd)
}

fn odd() -> Failure {
    Failure::new(Code::Internal, "the engine answered something else than was asked")
}

async fn tell(room: &Room, session: SessionId, news: RepositoryNews) {
    room.teller.tell(News::Repository { session, news: Box::new(news) }).await;
}
