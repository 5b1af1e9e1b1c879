//! What is done with a line that was run, and with what it has printed.

use std::sync::Arc;

use egui::Ui;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    Command, Operation, OperationCommand, OperationState, Reply, SessionId, TerminalCommand,
    TerminalReply,
};

use super::App;
use super::lines::{LineFrom, line_of};
use super::pending::Pending;
use super::say::Undo;
use super::wishes::draft_key;
use crate::bridge::{Ask, LinesAsk, SharedConsole};
use crate::view::command_box::BlockAct;
use crate::words::{clean_line, of_many};

/// Bytes of an output that go into a message: more is for a file.
const MOST_INSERTED: usize = 16 << 10;

impl App {
    pub(super) fn block_act(&mut self, ui: &Ui, session: &SessionId, id: String, act: BlockAct) {
        let found = self.operations().iter().find(|operation| operation.id == id).cloned();
        let Some(operation) = found else { return };
        let Some(line) = line_of(&operation).map(str::to_owned) else { return };
        match act {
            BlockAct::Look => self.look_at_line(&id),
            BlockAct::Stop => self.command(Command::Operation(OperationCommand::Stop { id })),
            BlockAct::Again => match self.moved_since(&operation) {
                Some(why) => self.complain(&why),
                None => self.run_line(session.clone(), line, LineFrom::Block),
            },
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

    pub(super) fn forget_line(&mut self, id: String) {
        self.command(Command::Operation(OperationCommand::Forget { id }));
    }

    /// Clears away what is over in a session's box. It is forgotten when nobody wishes it back.
    pub(super) fn clear_lines(&mut self, session: &SessionId) {
        let is_cleared = |operation: &&Operation| {
            operation.session.as_ref() == Some(session)
                && line_of(operation).is_some()
                && operation.state.is_over()
                && !self.lines.cleared.contains(&operation.id)
        };
        let ids = self.operations().iter().filter(is_cleared).map(|operation| operation.id.clone());
        let ids: Vec<String> = ids.collect();
        if ids.is_empty() {
            return;
        }
        self.lines.cleared.extend(ids.iter().cloned());
        let number = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let words = of_many(number, "command was cleared away", "commands were cleared away");
        self.say_undoable(words, Undo::ShowLines(ids));
    }

    /// They were wished back.
    pub(super) fn show_lines_again(&mut self, ids: &[String]) {
        for id in ids {
            self.lines.cleared.remove(id);
        }
    }

    /// Nobody has wished them back.
    pub(super) fn forget_lines_for_good(&mut self, ids: Vec<String>) {
        for id in ids {
            // One that was wished back isn't meant any more, and one that is gone needn't be forgotten.
            if self.lines.cleared.contains(&id)
                && self.operations().iter().any(|operation| operation.id == id)
            {
                self.forget_line(id);
            }
        }
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
        self.lines.cleared.remove(id);
        if self.lines.outputs.remove(id).is_some_and(|output| output.console.is_some()) {
            self.ask_quietly(Ask::Lines(LinesAsk::Unfollow(id.to_owned())));
        }
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
