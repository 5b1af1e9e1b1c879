//! Command lines of sessions: run, shown with what they print, and helped with while they are typed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use egui::{Frame, Id, Margin, Panel, Ui};
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    At, Command, ConnectionState, Operation, OperationCommand, OperationReply, OperationState,
    Reply, SessionId, TerminalCommand, TerminalReply, Work,
};

use super::pending::Pending;
use super::wishes::draft_key;
use super::{App, Shown};
use crate::bridge::{Ask, LinesAsk, LinesNews, SharedConsole};
use crate::fetched::Fetched;
use crate::memory::{DraftKey, TypedLine};
use crate::theme::{Theme, size};
use crate::view::command_box::{
    Block, BlockAct, CommandBoxAct, CommandBoxData, CommandBoxView, Completed, LineData, Unfolded,
};
use crate::view::composer::line_begins;
use crate::view::places::{host_name, is_local};
use crate::words::clean_line;

/// The lowest and the highest command box, in points.
const HEIGHT: (f32, f32) = (110.0, 620.0);
/// Bytes of an output that go into a message: more is for a file.
const MOST_INSERTED: usize = 16 << 10;

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
    view: CommandBoxView,
    /// Whose outputs are at hand.
    of: Option<SessionId>,
    /// By operation.
    outputs: HashMap<String, Output>,
    /// What a host has offered last, and for whom.
    completed: Option<(SessionId, Arc<Completed>)>,
    versions: u64,
    /// Lines that were run, the newest last.
    history: BTreeMap<SessionId, Fetched<Arc<[String]>>>,
    /// Why the line in a session's box wasn't begun.
    failures: BTreeMap<SessionId, Failure>,
}

#[derive(Debug, Default)]
struct Output {
    console: Option<Arc<SharedConsole>>,
    shown: Unfolded,
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

    fn close_command_box(&mut self) {
        self.memory.commands.open = false;
        self.composer.focus();
    }

    /// Draws the command box below what else is shown of a session.
    pub(super) fn command_box(&mut self, ui: &mut Ui, shown: &Shown) {
        if !self.memory.commands.open {
            self.running_lines(ui, shown);
            return;
        }
        self.let_outputs_go(&shown.session);
        self.want_history(&shown.session);
        let theme = Theme::get(ui.ctx());
        let height = self.memory.commands.height.clamp(HEIGHT.0, HEIGHT.1);
        let panel = Panel::bottom("commands")
            .frame(Frame::new().fill(theme.panel))
            .resizable(true)
            .default_size(height)
            .size_range(HEIGHT.0..=HEIGHT.1.min(ui.available_height() * 0.75).max(HEIGHT.0));
        let drawn = panel.show(ui, |ui| self.draw_command_box(ui, &shown.session));
        let high = drawn.response.rect.height();
        if (high - self.memory.commands.height).abs() >= 1.0 {
            self.memory.commands.height = high.round();
        }
        let acts = drawn.inner;
        for act in acts {
            self.command_box_act(ui, &shown.session, act);
        }
    }

    /// Outputs of other sessions are read again when one comes back to them: many are many MB.
    fn let_outputs_go(&mut self, session: &SessionId) {
        if self.lines.of.as_ref() == Some(session) {
            return;
        }
        self.lines.of = Some(session.clone());
        let elsewhere = |operation: &&Operation| operation.session.as_ref() != Some(session);
        let others: Vec<String> =
            self.operations().iter().filter(elsewhere).map(|other| other.id.clone()).collect();
        for id in others {
            let output = self.lines.outputs.get_mut(&id);
            if output.and_then(|output| output.console.take()).is_some() {
                self.ask_quietly(Ask::Lines(LinesAsk::Unfollow(id)));
            }
        }
    }

    fn draw_command_box(&mut self, ui: &mut Ui, of: &SessionId) -> Vec<CommandBoxAct> {
        let Some(session) = self.sessions.get(of) else { return Vec::new() };
        let blocks = self.blocks(of);
        let host = self.host_words(&session.host);
        let history = self.lines.history(of);
        let completed = self.lines.completed(of);
        let remote = !is_local(&session.host);
        let directory = session.cwd.clone().unwrap_or_else(|| "~".to_owned());
        let typed = self.memory.lines.get(of);
        let mut text = typed.map(|typed| typed.text.clone()).unwrap_or_default();
        let starting = self.waiting.any(|pending| {
            matches!(pending, Pending::Line { session, from: LineFrom::Box, .. } if session == of)
        });
        let data = CommandBoxData {
            id: Id::unique(("command box", of.as_str())),
            now: Timestamp::now(),
            line: LineData {
                host: &host,
                remote,
                directory: &directory,
                completed: completed.as_deref(),
                history: &history,
            },
            blocks: &blocks,
            failure: self.lines.failures.get(of),
            starting,
        };
        let mut view = std::mem::take(&mut self.lines.view);
        let acts = view.ui(ui, &mut text, &data);
        self.lines.view = view;
        self.put_line(of, text);
        acts
    }

    /// That stands in a session's box now.
    fn put_line(&mut self, of: &SessionId, text: String) {
        if text.is_empty() {
            self.memory.lines.remove(of);
        } else if let Some(typed) = self.memory.lines.get_mut(of) {
            typed.text = text;
        } else if let Some(session) = self.sessions.get(of) {
            let host = session.host.clone();
            self.memory.lines.insert(of.clone(), TypedLine { text, host });
        }
    }

    /// In place of a box that is put away: what still runs there.
    fn running_lines(&mut self, ui: &mut Ui, shown: &Shown) {
        let runs = |operation: &&Operation| {
            operation.session.as_ref() == Some(&shown.session)
                && line_of(operation).is_some()
                && !operation.state.is_over()
        };
        let running: Vec<&Operation> = self.operations().iter().filter(runs).collect();
        let Some(last) = running.last() else { return };
        let host = self.host_words(&last.host);
        let words = match running.as_slice() {
            [one] => format!("{} runs on {host}", clean_line(line_of(one).unwrap_or_default())),
            many => format!("{} commands run on {host}", many.len()),
        };
        let theme = Theme::get(ui.ctx());
        let frame = Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(12, 4));
        let shows = Panel::bottom("commands that run").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                crate::widget::icon_sized(
                    ui,
                    lucide_icons::Icon::SquareTerminal,
                    size::SMALL,
                    theme.busy,
                );
                let text = egui::RichText::new(&words).size(size::SMALL).color(theme.muted);
                let room = (ui.available_width() - 60.0).max(0.0);
                let layout = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(egui::vec2(room, 18.0), layout, |ui| {
                    ui.set_width(room);
                    ui.add(egui::Label::new(text).truncate().selectable(false));
                });
                crate::widget::small_button(ui, "Show", theme.link).clicked()
            })
            .inner
        });
        if shows.inner {
            self.toggle_command_box();
        }
    }

    fn host_words(&self, host: &str) -> String {
        host_name(&self.hosts.hosts.hosts, host).to_owned()
    }

    fn blocks(&self, of: &SessionId) -> Vec<Block> {
        let ours = |operation: &&Operation| operation.session.as_ref() == Some(of);
        let block = |operation: &Operation| {
            let line = line_of(operation)?.to_owned();
            let output = self.lines.outputs.get(&operation.id);
            Some(Block {
                line,
                host: self.host_words(&operation.host),
                console: output.and_then(|output| output.console.clone()),
                shown: output.map(|output| output.shown).unwrap_or_default(),
                operation: operation.clone(),
            })
        };
        let mut blocks: Vec<Block> =
            self.operations().iter().filter(ours).filter_map(block).collect();
        blocks.sort_by_key(|block| block.operation.started_at);
        blocks
    }

    fn command_box_act(&mut self, ui: &Ui, session: &SessionId, act: CommandBoxAct) {
        match act {
            CommandBoxAct::Run => self.run_box(session),
            CommandBoxAct::Want { line, now } => self.want_offers(session, line, now),
            CommandBoxAct::Block(id, act) => self.block_act(ui, session, id, act),
            CommandBoxAct::Clear => {
                for block in self.blocks(session) {
                    if block.operation.state.is_over() {
                        self.forget_line(block.operation.id);
                    }
                }
            }
            CommandBoxAct::Dismiss => {
                self.lines.failures.remove(session);
            }
            CommandBoxAct::Close => self.close_command_box(),
        }
    }

    fn run_box(&mut self, session: &SessionId) {
        let Some(typed) = self.memory.lines.get_mut(session) else { return };
        let Some(host) = self.sessions.get(session).map(|session| session.host.clone()) else {
            return;
        };
        // A line that was typed for one machine doesn't run on another without a word.
        let before = std::mem::replace(&mut typed.host, host.clone());
        let line = typed.text.clone();
        if before != host {
            let (before, now) = (self.host_words(&before), self.host_words(&host));
            let message =
                format!("this line was typed for {before}, and the session is on {now} now");
            let failure = Failure::new(Code::Conflict, message)
                .hint(format!("Press Enter again to run it on {now}"));
            self.lines.failures.insert(session.clone(), failure);
            return;
        }
        self.run_line(session.clone(), line, LineFrom::Box);
    }

    /// Runs what stands in place of a message.
    pub(super) fn run_message(&mut self, session: &SessionId, key: DraftKey) {
        let Some(draft) = self.memory.drafts.get(&key) else { return };
        let Some(begins) = line_begins(&draft.text) else { return };
        let line = draft.text.get(begins..).unwrap_or_default().to_owned();
        self.failures.remove(&key);
        self.run_line(session.clone(), line, LineFrom::Message(key));
    }

    /// Whether a line that stands in place of a message is on its way.
    pub(super) fn is_running_message(&self, key: &DraftKey) -> bool {
        let is_it = |pending: &Pending| matches!(pending, Pending::Line { from: LineFrom::Message(of), .. } if of == key);
        self.waiting.any(is_it)
    }

    fn run_line(&mut self, session: SessionId, line: String, from: LineFrom) {
        if line.trim().is_empty() {
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
                        self.lines.view.forget_line();
                        self.lines.view.focus();
                    }
                    LineFrom::Message(key) => {
                        let stands = |text: &str| {
                            line_begins(text).and_then(|begins| text.get(begins..)) == Some(&*line)
                        };
                        if let Some(draft) = self.memory.drafts.get_mut(&key)
                            && stands(&draft.text)
                        {
                            draft.text.clear();
                        }
                        self.memory.commands.open = true;
                        self.composer.focus();
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
                    self.lines.view.focus();
                }
                LineFrom::Message(key) => {
                    self.failures.insert(key, failure);
                    self.composer.focus();
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
            LinesNews::Completions { session, line, answer } => {
                self.lines.versions += 1;
                let version = self.lines.versions;
                let completed = Completed { line, answer: answer.into(), version };
                self.lines.completed = Some((session, Arc::new(completed)));
            }
            LinesNews::History { session, answer } => {
                self.lines.history.insert(session, answer.into());
            }
            // The next frame draws it.
            LinesNews::Printed(_) => {}
        }
    }

    fn block_act(&mut self, ui: &Ui, session: &SessionId, id: String, act: BlockAct) {
        let found = self.operations().iter().find(|operation| operation.id == id).cloned();
        let Some(operation) = found else { return };
        let Some(line) = line_of(&operation).map(str::to_owned) else { return };
        match act {
            BlockAct::Look => self.look_at_line(&id),
            BlockAct::Stop => self.command(Command::Operation(OperationCommand::Stop { id })),
            BlockAct::Again => self.run_line(session.clone(), line, LineFrom::Block),
            BlockAct::Edit => {
                self.put_line(session, String::new());
                self.put_line(session, line);
                self.lines.view.forget_line();
                self.lines.view.focus();
            }
            BlockAct::CopyLine => {
                ui.ctx().copy_text(line);
                self.say("The line was copied".to_owned());
            }
            BlockAct::CopyOutput => {
                if let Some((text, is_all)) = self.printed(&operation, usize::MAX) {
                    ui.ctx().copy_text(text);
                    let words = if is_all {
                        "The output was copied"
                    } else {
                        "What is kept of the output was copied"
                    };
                    self.say(words.to_owned());
                }
            }
            BlockAct::Insert => self.insert_line(&operation, &line),
            BlockAct::Terminal => self.line_in_terminal(session, line),
            BlockAct::Show(shown) => {
                self.lines.outputs.entry(id).or_default().shown = shown;
            }
            BlockAct::Remove => self.forget_line(id),
        }
    }

    fn look_at_line(&mut self, id: &str) {
        let output = self.lines.outputs.entry(id.to_owned()).or_default();
        if output.console.is_none() {
            let console = Arc::new(SharedConsole::default());
            output.console = Some(Arc::clone(&console));
            let id = id.to_owned();
            self.ask_quietly(Ask::Lines(LinesAsk::Follow { id, console }));
        }
    }

    fn forget_line(&mut self, id: String) {
        self.command(Command::Operation(OperationCommand::Forget { id }));
    }

    /// What a line has printed, as far as it is here; says so where it isn't.
    fn printed(&mut self, operation: &Operation, most: usize) -> Option<(String, bool)> {
        if operation.output == 0 && operation.state.is_over() {
            return Some((String::new(), true));
        }
        let output = self.lines.outputs.get(&operation.id);
        let Some(console) = output.and_then(|output| output.console.clone()) else {
            self.look_at_line(&operation.id);
            self.say("Its output is being read; try again in a moment".to_owned());
            return None;
        };
        let text = console.look().text(most);
        Some(text)
    }

    /// Puts a line and what it has printed into the message that is being written.
    fn insert_line(&mut self, operation: &Operation, line: &str) {
        let Some((printed, is_all)) = self.printed(operation, MOST_INSERTED) else { return };
        let Some(shown) = self.shown.clone() else { return };
        let host = self.host_words(&operation.host);
        let words = inserted(&host, line, &operation.state, &printed, is_all);
        let key = draft_key(&shown.session, shown.tab.as_ref());
        let draft = self.memory.drafts.entry(key).or_default();
        if !draft.text.is_empty() && !draft.text.ends_with('\n') {
            draft.text.push_str("\n\n");
        }
        draft.text.push_str(&words);
        self.show_conversation();
        self.composer.focus();
    }

    fn line_in_terminal(&mut self, session: &SessionId, line: String) {
        let command = self.opening_terminal(session, None);
        let pending = Pending::LineInTerminal { session: session.clone(), line };
        self.carry_out(Command::Terminal(command), pending);
    }

    /// A terminal for a line was opened: the line is typed there, and not entered.
    pub(super) fn type_in_terminal(
        &mut self,
        session: SessionId,
        line: String,
        answer: Result<Box<Reply>, Failure>,
    ) {
        let id = match answer.as_deref() {
            Ok(Reply::Terminal(TerminalReply::Terminal(terminal))) => Some(terminal.id.clone()),
            Ok(_) | Err(_) => None,
        };
        self.terminal_opened(session, answer);
        if let Some(id) = id {
            let bytes = line.into_bytes();
            self.command(Command::Terminal(TerminalCommand::Input { id, bytes }));
        }
    }

    /// A line was forgotten, whoever wanted that.
    pub(super) fn line_forgotten(&mut self, id: &str) {
        if self.lines.outputs.remove(id).is_some_and(|output| output.console.is_some()) {
            self.ask_quietly(Ask::Lines(LinesAsk::Unfollow(id.to_owned())));
        }
    }

    /// A session is gone, and its lines with it.
    pub(super) fn forget_lines(&mut self, session: &SessionId) {
        self.memory.lines.remove(session);
        self.lines.history.remove(session);
        self.lines.failures.remove(session);
    }
}

/// The line of an operation that runs one.
fn line_of(operation: &Operation) -> Option<&str> {
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

/// A line and what it has printed, for an agent.
fn inserted(host: &str, line: &str, state: &OperationState, printed: &str, is_all: bool) -> String {
    let ended = match state {
        OperationState::Waiting | OperationState::Running | OperationState::Away { .. } => {
            "which still runs".to_owned()
        }
        OperationState::Done { outcome } => match outcome.status {
            Some(status) => format!("exit {status}"),
            None => "which has ended".to_owned(),
        },
        OperationState::Failed { why } => clean_line(&why.message),
        OperationState::Stopped => "which was stopped".to_owned(),
    };
    // Longer than any in the text.
    let longest = [line, printed]
        .iter()
        .flat_map(|text| text.split(|letter| letter != '`'))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let cut = if is_all { "" } else { "[the beginning is left out]\n" };
    let printed = printed.trim_end();
    let end = if printed.is_empty() { "" } else { "\n" };
    format!(
        "On {host} I ran this ({ended}):\n\n{fence}console\n$ {line}\n{cut}{printed}{end}{fence}\n"
    )
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
