//! Command lines of sessions: run, shown with what they print, and helped with while they are typed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use orchestrator::failure::{Code, Failure};
use orchestrator::host::HostConfig;
use orchestrator::seam::{
    At, Command, ConnectionState, Operation, OperationCommand, OperationReply, OperationState,
    Reply, Session, SessionId, Work,
};

use super::App;
use super::pending::Pending;
use crate::bridge::{Ask, LinesAsk, LinesNews, SharedConsole};
use crate::fetched::Fetched;
use crate::memory::{DraftKey, TypedLine};
use crate::view::command_box::{CommandBoxView, Completed, Unfolded};
use crate::view::composer::line_begins;
use crate::view::places::{host_name, is_local};
use crate::words::clean_line;

/// Where a line was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LineFrom {
    /// In the command box.
    Box,
    /// In place of a message.
    Message(DraftKey),
    /// Nowhere: it is run again.
    Block,
}

/// What is known of lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) view: CommandBoxView,
    /// Whose outputs are at hand.
    pub(super) of: Option<SessionId>,
    /// By operation.
    pub(super) outputs: HashMap<String, Output>,
    /// What a host has offered last, and for whom.
    completed: Option<(SessionId, Arc<Completed>)>,
    versions: u64,
    /// Lines that were run, the newest last.
    history: BTreeMap<SessionId, Fetched<Arc<[String]>>>,
    /// Why the line in a session's box wasn't begun.
    pub(super) failures: BTreeMap<SessionId, Failure>,
    /// Operations that were cleared away, and may be wished back.
    pub(super) cleared: BTreeSet<String>,
}

/// What a line has printed, and how much of it is shown.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) console: Option<Arc<SharedConsole>>,
    pub(super) shown: Unfolded,
}

impl Lines {
    /// Lines that were run in a session, the newest last.
    pub(super) fn history(&self, session: &SessionId) -> Arc<[String]> {
        self.history.get(session).and_then(Fetched::ready).cloned().unwrap_or_default()
    }

    /// What its host has offered last.
    pub(super) fn completed(&self, session: &SessionId) -> Option<Arc<Completed>> {
        let (of, completed) = self.completed.as_ref()?;
        (of == session).then(|| Arc::clone(completed))
    }
}

impl App {
    /// Opens the command box of the shown session, or puts it away where one is in it.
    pub(super) fn toggle_command_box(&mut self) {
        if self.memory.commands.open && self.lines.view.has_focus() {
            self.close_command_box();
        } else if let Some(shown) = &self.shown {
            // What couldn't be read before is asked for again.
            self.lines
                .history
                .retain(|of, lines| *of != shown.session || lines.failure().is_none());
            self.memory.commands.open = true;
            self.lines.view.focus();
        }
    }

    /// Looks for a line that was run in the shown session.
    pub(super) fn search_lines(&mut self) {
        self.memory.commands.open = true;
        self.lines.view.search();
    }

    pub(super) fn close_command_box(&mut self) {
        self.memory.commands.open = false;
        self.composer.focus();
    }

    /// This stands in a session's box now.
    pub(super) fn put_line(&mut self, of: &SessionId, text: String) {
        if text.is_empty() {
            self.memory.lines.remove(of);
        } else if let Some(typed) = self.memory.lines.get_mut(of) {
            typed.text = text;
        } else if let Some(session) = self.sessions.get(of) {
            let (host, directory) =
                (session.host.clone(), Some(directory_of(&self.hosts.hosts.hosts, session)));
            self.memory.lines.insert(of.clone(), TypedLine { text, host, directory });
        }
    }

    pub(super) fn host_words(&self, host: &str) -> String {
        host_name(&self.hosts.hosts.hosts, host).to_owned()
    }

    pub(super) fn run_box(&mut self, session: &SessionId) {
        let Some(typed) = self.memory.lines.get_mut(session) else { return };
        let Some(known) = self.sessions.get(session) else { return };
        let (host, directory) = (known.host.clone(), directory_of(&self.hosts.hosts.hosts, known));
        // A line that was typed for one machine or directory doesn't run in another without a word.
        let there = typed.directory.replace(directory.clone());
        let before = std::mem::replace(&mut typed.host, host.clone());
        let line = typed.text.clone();
        if before != host {
            let failure = self.for_another_host(&before, &host);
            self.lines.failures.insert(session.clone(), failure);
            return;
        }
        if let Some(there) = there.filter(|there| *there != directory) {
            let failure = for_another_directory(&there, &directory);
            self.lines.failures.insert(session.clone(), failure);
            return;
        }
        self.run_line(session.clone(), line, LineFrom::Box);
    }

    /// That a line was typed for one machine, and would run on another.
    fn for_another_host(&self, before: &str, now: &str) -> Failure {
        let (before, now) = (self.host_words(before), self.host_words(now));
        let message = format!("this line was typed for {before}, and the session is on {now} now");
        Failure::new(Code::Conflict, message).hint(format!("Press Enter again to run it on {now}"))
    }

    /// Runs what stands in place of a message.
    pub(super) fn run_message(&mut self, session: &SessionId, key: DraftKey) {
        if self.is_running_message(&key) {
            return;
        }
        let Some(draft) = self.memory.drafts.get(&key) else { return };
        let Some(begins) = line_begins(&draft.text) else { return };
        let line = draft.text.get(begins..).unwrap_or_default().to_owned();
        let Some(known) = self.sessions.get(session) else { return };
        let (host, directory) = (known.host.clone(), directory_of(&self.hosts.hosts.hosts, known));
        self.failures.remove(&key);
        let before = draft.host.clone().filter(|before| *before != host);
        if let Some(before) = before {
            let failure = self.for_another_host(&before, &host);
            self.failures.insert(key.clone(), failure);
            if let Some(draft) = self.memory.drafts.get_mut(&key) {
                (draft.host, draft.directory) = (Some(host), Some(directory));
            }
            return;
        }
        let there = draft.directory.clone().filter(|there| *there != directory);
        if let Some(there) = there {
            self.failures.insert(key.clone(), for_another_directory(&there, &directory));
            if let Some(draft) = self.memory.drafts.get_mut(&key) {
                draft.directory = Some(directory);
            }
            return;
        }
        self.run_line(session.clone(), line, LineFrom::Message(key));
    }

    /// Whether a line that stands in place of a message is on its way.
    pub(super) fn is_running_message(&self, key: &DraftKey) -> bool {
        let is_it = |pending: &Pending| matches!(pending, Pending::Line { from: LineFrom::Message(of), .. } if of == key);
        self.waiting.any(is_it)
    }

    pub(super) fn run_line(&mut self, session: SessionId, line: String, from: LineFrom) {
        if line.trim().is_empty() {
            return;
        }
        // Twice by a double click is once.
        let is_it = |pending: &Pending| {
            matches!(pending, Pending::Line { session: of, from: by, line: begun }
                if *of == session && *by == from && *begun == line)
        };
        if self.waiting.any(is_it) {
            return;
        }
        self.lines.failures.remove(&session);
        let at = At::Session(session.clone());
        let work = Work::Line { at, line: line.clone() };
        let pending = Pending::Line { session, from, line };
        self.carry_out(Command::Operation(OperationCommand::Start(work)), pending);
    }

    /// What became of beginning a line.
    pub(super) fn line_begun(
        &mut self,
        session: SessionId,
        from: LineFrom,
        line: String,
        answer: Result<Box<Reply>, Failure>,
    ) {
        // Whoever is in another session by now goes on typing there.
        let is_shown = self.is_session_shown(&session);
        match answer.map(|reply| *reply) {
            Ok(Reply::Operation(OperationReply::Operation(operation))) => {
                let id = operation.id.clone();
                self.operation_begun(*operation);
                self.remember_line(&session, &line);
                match from {
                    LineFrom::Box => {
                        if self.memory.lines.get(&session).is_some_and(|typed| typed.text == line) {
                            self.put_line(&session, String::new());
                        }
                        if is_shown {
                            self.lines.view.forget_line();
                            self.lines.view.focus();
                        }
                    }
                    LineFrom::Message(key) => {
                        let stands = |text: &str| {
                            line_begins(text).and_then(|begins| text.get(begins..)) == Some(&*line)
                        };
                        if let Some(draft) = self.memory.drafts.get_mut(&key)
                            && stands(&draft.text)
                        {
                            draft.text.clear();
                            (draft.host, draft.directory) = (None, None);
                        }
                        if is_shown {
                            self.memory.commands.open = true;
                            self.composer.focus();
                        }
                    }
                    LineFrom::Block => {}
                }
                // Its end may have been heard before its beginning.
                let known = self.operations().iter().find(|known| known.id == id).cloned();
                if let Some(known) = known {
                    self.give_line_back(&known);
                }
            }
            Ok(_) => {}
            Err(failure) => match from {
                LineFrom::Box => {
                    self.lines.failures.insert(session, failure);
                    if is_shown {
                        self.lines.view.focus();
                    }
                }
                LineFrom::Message(key) => {
                    self.failures.insert(key, failure);
                    if is_shown {
                        self.composer.focus();
                    }
                }
                LineFrom::Block => self.complain(&failure),
            },
        }
    }

    /// A line is over: it is said where nobody sees it.
    pub(super) fn line_ended(&mut self, ended: &Operation) {
        let Some(line) = line_of(ended) else { return };
        let line = clean_line(line);
        self.give_line_back(ended);
        let is_shown = self.memory.commands.open
            && self.shown.as_ref().map(|shown| &shown.session) == ended.session.as_ref();
        if is_shown {
            return;
        }
        let host = self.host_words(&ended.host);
        match &ended.state {
            OperationState::Done { outcome } => match outcome.status {
                Some(0) | None => self.say(format!("{line} is done on {host}")),
                Some(status) => self.say_bad(format!("{line} on {host} ended with {status}")),
            },
            OperationState::Failed { why } => self.complain(why),
            OperationState::Waiting
            | OperationState::Running
            | OperationState::Away { .. }
            | OperationState::Stopped => {}
        }
    }

    /// A line that never ran stands in the box again, where that is empty.
    fn give_line_back(&mut self, operation: &Operation) {
        let OperationState::Failed { why } = &operation.state else { return };
        let (Some(line), Some(session)) = (line_of(operation), operation.session.clone()) else {
            return;
        };
        // It may have run: nobody knows.
        let is_known = operation.output == 0 && why.code != Code::Internal;
        if is_known
            && self.sessions.get(&session).is_some()
            && !self.memory.lines.contains_key(&session)
        {
            self.put_line(&session, line.to_owned());
        }
    }

    fn remember_line(&mut self, session: &SessionId, line: &str) {
        if line.starts_with(' ') {
            return;
        }
        let line = line.trim_end().to_owned();
        let known = self.lines.history(session);
        let all = known.iter().filter(|other| **other != line).cloned();
        let all: Arc<[String]> = all.chain([line.clone()]).collect();
        if let Some(Fetched::Ready(history)) = self.lines.history.get_mut(session) {
            *history = all;
        }
    }

    /// Asks for the lines that were run in a session, once.
    pub(super) fn want_history(&mut self, session: &SessionId) {
        let history = self.lines.history.entry(session.clone()).or_default();
        if history.is_missing() {
            *history = Fetched::Pending;
            self.ask_quietly(Ask::Lines(LinesAsk::History(session.clone())));
        }
    }

    /// Asks the host what may stand behind a line. What nobody has asked for by a key wakes no host.
    pub(super) fn want_offers(&mut self, session: &SessionId, line: String, now: bool) {
        let Some(host) = self.sessions.get(session).map(|session| session.host.as_str()) else {
            return;
        };
        let is_there = is_local(host)
            || self.connections.iter().any(|connection| {
                connection.host == host && connection.state == ConnectionState::Connected
            });
        if now || is_there {
            let session = session.clone();
            self.ask_quietly(Ask::Lines(LinesAsk::Complete { session, line, now }));
        }
    }

    /// Takes in what is said of lines.
    pub(super) fn lines_came(&mut self, news: LinesNews) {
        match news {
            LinesNews::Completions { session, line, by_key, answer } => {
                self.lines.versions += 1;
                let version = self.lines.versions;
                let completed = Completed { line, by_key, answer: answer.into(), version };
                self.lines.completed = Some((session, Arc::new(completed)));
            }
            LinesNews::History { session, answer } => {
                self.lines.history.insert(session, answer.into());
            }
            // The next frame draws it.
            LinesNews::Printed(_) => {}
        }
    }

    /// A session is gone, and its lines with it.
    pub(super) fn forget_lines(&mut self, session: &SessionId) {
        self.memory.lines.remove(session);
        self.lines.history.remove(session);
        self.lines.failures.remove(session);
    }
}

/// The directory that a session works in, as people and hosts call it.
pub(super) fn directory_of(hosts: &[HostConfig], session: &Session) -> String {
    let host = || hosts.iter().find(|host| host.id.as_str() == session.host);
    let usual = || host().and_then(|host| host.remote_dir.clone());
    session.cwd.clone().or_else(usual).unwrap_or_else(|| "~".to_owned())
}

/// That a line was typed for one directory, and would run in another.
fn for_another_directory(before: &str, now: &str) -> Failure {
    let (before, now) = (clean_line(before), clean_line(now));
    let message = format!("this line was typed for {before}, and the session is in {now} now");
    Failure::new(Code::Conflict, message).hint(format!("Press Enter again to run it in {now}"))
}

/// The line of an operation that runs one.
pub(super) fn line_of(operation: &Operation) -> Option<&str> {
    match &operation.work {
        Work::Line { line, .. } => Some(line),
        Work::Upload { .. }
        | Work::Download { .. }
        | Work::Push { .. }
        | Work::Pull { .. }
        | Work::Fetch { .. }
        | Work::AddWorktree(_)
        | Work::PullRequest { .. } => None,
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
