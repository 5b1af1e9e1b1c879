//! What a person does to a repository, and what came of it.

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    AddWorktree, Command, FilePath, GitCommand, GitReply, GitStatus, NewSession, OperationCommand,
    Reply, SessionId, Work,
};

use super::App;
use super::pending::Pending;
use super::place::Place;
use crate::bridge::{Ask, RepositoryAsk};
use crate::fetched::Fetched;
use crate::view::git::GitAct;

impl App {
    pub(super) fn git_acts(&mut self, ctx: &egui::Context, acts: Vec<GitAct>) {
        for act in acts {
            self.git_act(ctx, act);
        }
    }

    /// Does what somebody wants of git.
    pub(super) fn git_act(&mut self, ctx: &egui::Context, act: GitAct) {
        let Some(at) = self.repository_at() else { return };
        match act {
            GitAct::Page(page) => self.turn_to_git(page),
            GitAct::Refresh => {
                self.refresh_repository();
            }
            GitAct::Open(open) => self.open_diff(open),
            GitAct::OpenFile(path) => self.open_file_of_repository(&path),
            GitAct::Reveal(path) => self.reveal_of_repository(&path),
            GitAct::OpenTerminal(directory) => self.new_terminal_in(Some(directory)),
            GitAct::Stage(paths) => self.git(GitCommand::Stage { at, paths }, After::Quiet),
            GitAct::Unstage(paths) => self.git(GitCommand::Unstage { at, paths }, After::Quiet),
            GitAct::Discard(paths) => self.git(GitCommand::Discard { at, paths }, After::Quiet),
            GitAct::Commit { message, amend, all } => {
                let after = After::Committed { message: message.clone() };
                self.git(GitCommand::Commit { at, message, amend, all }, after);
            }
            GitAct::Unfinished { abort } => {
                self.git(GitCommand::Unfinished { at, abort }, After::Quiet);
            }
            GitAct::Switch(branch) => {
                let words = format!("{branch} is checked out");
                self.git(GitCommand::Switch { at, branch }, After::Say(words));
            }
            GitAct::NewBranch { name, start, switch } => {
                let words = format!("The branch {name} was made");
                self.git(GitCommand::NewBranch { at, name, start, switch }, After::Say(words));
            }
            GitAct::RenameBranch { name, to } => {
                self.git(GitCommand::RenameBranch { at, name, to }, After::Quiet);
            }
            GitAct::DeleteBranch { name, force } => {
                let place = self.repository.of.as_ref().and_then(|of| self.place_of(of));
                let after = After::Deleted { name: name.clone(), force, place };
                self.git(GitCommand::DeleteBranch { at, name, force }, after);
            }
            GitAct::RemoveWorktree { path, force } => {
                let words = format!("The worktree {path} was removed");
                self.git(GitCommand::RemoveWorktree { at, path, force }, After::Say(words));
            }
            GitAct::NothingToCommit => {
                self.say_bad("Nothing is staged, so no commit was made".to_owned());
            }
            GitAct::Prune => {
                self.git(GitCommand::PruneWorktrees { at, dry_run: false }, After::Quiet);
            }
            GitAct::Push { force } => {
                let branch = self.seen_branch();
                self.begin(Work::Push { at, remote: None, branch, force, tags: false });
            }
            GitAct::Pull { rebase } => self.begin(Work::Pull { at, rebase }),
            GitAct::Fetch => self.begin(Work::Fetch { at, remote: None, prune: false }),
            GitAct::AddWorktree { branch, base, path, set_up, session } => {
                let session = self.like_shown().filter(|_| session).map(Box::new);
                let path = path.map(FilePath::from);
                let wanted = AddWorktree { at, branch, base, path, set_up, session };
                self.begin(Work::AddWorktree(wanted));
            }
            GitAct::PullRequest { branch, title, body, base, draft } => {
                let branch = branch.or_else(|| self.seen_branch());
                let (title, body) = (Some(title), Some(body));
                self.begin(Work::PullRequest { at, branch, title, body, base, draft });
            }
            GitAct::MoreLog => {
                self.repository.loading_more = true;
                let known = self.repository.log.ready().map_or(0, |log| log.commits.len());
                self.ask_log(known);
            }
            GitAct::FilterLog(containing) => {
                self.repository.log_containing = (!containing.is_empty()).then_some(containing);
                self.repository.log = Fetched::Missing;
            }
            GitAct::AllBranches(all) => {
                self.repository.log_all = all;
                self.repository.log = Fetched::Missing;
            }
            GitAct::ShowSession(session) => self.find_and_show(session),
            GitAct::WantDraft => {
                self.repository.draft = Fetched::Pending;
                if let Some(session) = self.repository.of.clone() {
                    self.ask_quietly(Ask::Repository(RepositoryAsk::Draft(session)));
                }
            }
            GitAct::Stop(id) => self.command(Command::Operation(OperationCommand::Stop { id })),
            GitAct::Forget(id) => self.command(Command::Operation(OperationCommand::Forget { id })),
            GitAct::OpenLink(link) => {
                self.ask(Ask::Open(link));
            }
            GitAct::Copy(text) => {
                ctx.copy_text(text);
                self.say("Copied".to_owned());
            }
        }
    }

    /// The branch that was seen: another one may be checked out by now.
    fn seen_branch(&self) -> Option<String> {
        match self.repository.status.ready() {
            Some(Some(status)) => status.branch.clone(),
            Some(None) | None => None,
        }
    }

    /// A session as the one that is shown, for a worktree.
    fn like_shown(&self) -> Option<NewSession> {
        let session = self.repository.of.as_ref().and_then(|of| self.sessions.get(of))?;
        Some(NewSession {
            name: None,
            group: session.group.clone(),
            agent: session.agent.clone(),
            host: session.host.clone(),
            cwd: None,
            env: Default::default(),
            model: session.model.clone(),
            arguments: session.arguments.clone(),
            read_only: session.read_only,
            talks: session.talks,
            sync_history: session.sync_history,
            synopsis: session.synopsis,
            resume: None,
            parent: Some(session.id.clone()),
        })
    }

    fn open_file_of_repository(&mut self, path: &FilePath) {
        let Some(Some(status)) = self.repository.status.ready() else { return };
        let path = as_the_tree_calls_it(status, path);
        let Some(session) = self.repository.of.clone() else { return };
        self.open_file(&session, &path, true);
    }

    pub(super) fn git(&mut self, command: GitCommand, after: After) {
        let Some(session) = self.repository.of.clone() else { return };
        self.carry_out(Command::Repository(command), Pending::Git { session, after });
    }

    fn begin(&mut self, work: Work) {
        self.carry_out(Command::Operation(OperationCommand::Start(work)), Pending::Begin);
    }

    /// Says that something is done, and what is on no branch any more since then.
    fn say_done(&mut self, words: String, reply: &Reply) {
        let Reply::Repository(GitReply::Left { id, commits }) = reply else {
            return self.say(words);
        };
        let short = id.get(..10).unwrap_or(id);
        let left = crate::words::of_many(*commits, "commit is", "commits are");
        self.say_bad(format!("{words}. {left} on no branch now: a branch at {short} keeps them"));
    }

    /// A change of a repository was made, or not.
    pub(super) fn git_done(
        &mut self,
        session: &SessionId,
        after: After,
        answer: Result<Box<Reply>, Failure>,
    ) {
        if answer.is_err() {
            // What was to be staged first isn't.
            self.git_view.forget_commit_of(session);
        }
        match (after, answer) {
            (After::Committed { message }, Ok(reply)) => {
                self.git_view.committed(session);
                // Another one is being written for the next commit by now.
                if self.memory.commit_messages.get(session) == Some(&message) {
                    self.memory.commit_messages.remove(session);
                }
                if let Reply::Repository(GitReply::Committed { id, subject }) = *reply {
                    let short = id.get(..7).unwrap_or(&id).to_owned();
                    self.say(format!("Committed {short}: {}", crate::words::clean_line(&subject)));
                }
            }
            (After::Say(words), Ok(reply)) => self.say_done(words, &reply),
            (After::Deleted { name, .. }, Ok(reply)) => {
                self.say_done(format!("The branch {name} was deleted"), &reply);
            }
            (After::Deleted { name, force: false, place }, Err(failure))
                if failure.code == Code::Conflict
                    && self.repository.of.as_ref() == Some(session)
                    && self.place_of(session) == place =>
            {
                self.git_view.ask_to_force_delete(session.clone(), name);
            }
            (After::Quiet, Ok(_)) => {}
            (_, Err(failure)) => self.complain(&failure),
        }
        if self.repository.of.as_ref() == Some(session) {
            self.repository.is_stale = self.refresh_repository();
        }
        self.git_asked.remove(session);
        self.looks.git.remove(session);
        self.glance_at_git(session);
    }
}

/// What becomes of the answer to a change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum After {
    /// Nothing, unless it fails.
    Quiet,
    /// This is said.
    Say(String),
    /// The commit is said, and its message is no draft any more.
    Committed { message: String },
    /// A branch is gone; one that isn't merged is asked about while its repository is looked at.
    Deleted { name: String, force: bool, place: Option<Place> },
}

/// A file of a repository, relative to the session's directory, so that it has one tab; whole where it lies elsewhere.
fn as_the_tree_calls_it(status: &GitStatus, path: &FilePath) -> FilePath {
    let prefix = status.prefix.bytes();
    let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
    if prefix.is_empty() {
        return path.clone();
    }
    let below = path.bytes().strip_prefix(prefix).and_then(|rest| rest.strip_prefix(b"/"));
    below.map_or_else(|| status.top.join(path.bytes()), |below| FilePath(below.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_repository_has_the_name_that_the_tree_gives_it() {
        let path = |text: &str| FilePath::from(text);
        let status = |prefix: &str| GitStatus {
            top: path("/srv/shop"),
            prefix: path(prefix),
            ..GitStatus::default()
        };
        assert_eq!(as_the_tree_calls_it(&status(""), &path("a/b.rs")), path("a/b.rs"));
        assert_eq!(as_the_tree_calls_it(&status("a/"), &path("a/b.rs")), path("b.rs"));
        assert_eq!(as_the_tree_calls_it(&status("a"), &path("a/b.rs")), path("b.rs"));
        assert_eq!(as_the_tree_calls_it(&status("a"), &path("ab.rs")), path("/srv/shop/ab.rs"));
    }
}
