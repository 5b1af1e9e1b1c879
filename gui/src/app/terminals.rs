//! The terminals of sessions: which are open here, which is shown, and what is done with them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use egui::{CentralPanel, Frame, Ui};
use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, FilePath, Reply, SessionId, Terminal, TerminalCommand, TerminalReply,
    TerminalState,
};

use super::App;
use super::pending::Pending;
use super::typed_ahead::TypedAhead;
use crate::bridge::{Ask, SharedScreen, TerminalAsk};
use crate::keys::TerminalFocus;
use crate::theme::{Theme, size};
use crate::view::tabs::TerminalTab;
use crate::view::terminal::{TerminalAct, TerminalData, TerminalView};
use crate::widget::plain;

/// What an account's login shell begins with, until the view says what fits.
const FIRST: (u16, u16) = (80, 24);

/// All terminals, and those that were opened here.
#[derive(Debug, Default)]
pub(super) struct Terminals {
    all: Vec<Terminal>,
    open: HashMap<String, Open>,
    /// Which one stands in place of a session's conversation.
    shown: BTreeMap<SessionId, String>,
    /// Whether the shown one has the keys.
    pub(super) has_keys: bool,
    /// One that was asked for, and isn't there yet.
    pub(super) ahead: Option<TypedAhead>,
}

/// One that is followed.
#[derive(Debug)]
struct Open {
    screen: Arc<SharedScreen>,
    view: TerminalView,
    title: Option<String>,
    /// It rang while another one was shown.
    rang: bool,
}

impl Terminals {
    /// No terminal stands in place of that session's conversation any more.
    pub(super) fn leave(&mut self, session: &SessionId) {
        self.shown.remove(session);
    }
}

impl App {
    /// Which terminal of the shown session is shown, if one is.
    pub(super) fn shown_terminal(&self) -> Option<&Terminal> {
        let session = &self.shown.as_ref()?.session;
        let id = self.terminals.shown.get(session)?;
        self.terminals.all.iter().find(|terminal| terminal.id == *id)
    }

    /// What of a terminal has the keys: most of the window's are its program's, while there is one.
    pub(super) fn terminal_focus(&self) -> TerminalFocus {
        // What lies behind a diff has none.
        let has_keys = self.terminals.has_keys && !self.is_diff_shown();
        match self.shown_terminal().filter(|_| has_keys) {
            None if self.is_typed_ahead() => TerminalFocus::Program,
            None => TerminalFocus::None,
            Some(terminal) if terminal.state.is_over() => TerminalFocus::Ended,
            Some(_) => TerminalFocus::Program,
        }
    }

    /// All of them anew.
    pub(super) fn terminals_are(&mut self, all: Vec<Terminal>) {
        let is_there = |id: &String| all.iter().any(|terminal| terminal.id == *id);
        let gone: Vec<String> =
            self.terminals.open.keys().filter(|id| !is_there(id)).cloned().collect();
        for id in &gone {
            self.terminals.open.remove(id);
            self.ask_quietly(Ask::Terminal(TerminalAsk::Unfollow(id.clone())));
        }
        let before = self.shown_terminal().map(|terminal| terminal.id.clone());
        self.terminals.shown.retain(|_, id| is_there(id));
        self.terminals.all = all;
        if before.is_some_and(|id| gone.contains(&id))
            && std::mem::take(&mut self.terminals.has_keys)
        {
            self.focus_shown();
        }
    }

    /// Something new is on the screen of one.
    pub(super) fn terminal_printed(&mut self, id: &str) {
        let is_shown = self.shown_terminal().is_some_and(|terminal| terminal.id == id);
        let Some(open) = self.terminals.open.get_mut(id).filter(|_| !is_shown) else { return };
        let mut screen = open.screen.draw();
        open.title = screen.title();
        open.rang |= screen.take_bell();
        drop(screen);
    }

    /// A new one beside the conversations of the shown session.
    pub(super) fn new_terminal(&mut self) {
        self.new_terminal_in(None);
    }

    /// The same, in a directory of the session's host.
    pub(super) fn new_terminal_in(&mut self, directory: Option<FilePath>) {
        let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) else { return };
        let command = self.opening_terminal(&session, directory);
        self.terminals.ahead = Some(TypedAhead::of(session.clone()));
        self.carry_out(Command::Terminal(command), Pending::OpenTerminal { session });
    }

    /// What opens one for a session.
    pub(super) fn opening_terminal(
        &self,
        session: &SessionId,
        directory: Option<FilePath>,
    ) -> TerminalCommand {
        TerminalCommand::Open {
            at: At::Session(session.clone()),
            directory,
            columns: FIRST.0,
            rows: FIRST.1,
            name: None,
            keep: true,
        }
    }

    /// What became of opening one.
    pub(super) fn terminal_opened(
        &mut self,
        session: SessionId,
        answer: Result<Box<Reply>, Failure>,
    ) {
        match answer.map(|reply| *reply) {
            Ok(Reply::Terminal(TerminalReply::Terminal(terminal))) => {
                let id = terminal.id.clone();
                if !self.terminals.all.iter().any(|known| known.id == id) {
                    self.terminals.all.push(*terminal);
                }
                self.show_terminal(&session, id);
                self.typed_ahead_is_over(&session, true);
            }
            Ok(_) => {}
            Err(failure) => {
                self.typed_ahead_is_over(&session, false);
                self.complain(&failure);
            }
        }
    }

    /// Shows one in place of the session's conversation.
    pub(super) fn show_terminal(&mut self, session: &SessionId, id: String) {
        let screen = match self.terminals.open.get_mut(&id) {
            Some(open) => {
                open.view.focus();
                None
            }
            None => {
                let screen = Arc::new(SharedScreen::new());
                let mut view = TerminalView::default();
                view.focus();
                let open = Open { screen: Arc::clone(&screen), view, title: None, rang: false };
                self.terminals.open.insert(id.clone(), open);
                Some(screen)
            }
        };
        if let Some(screen) = screen {
            self.ask(Ask::Terminal(TerminalAsk::Follow { id: id.clone(), screen }));
        }
        self.files.shown.remove(session);
        if self.is_session_shown(session) {
            self.leave_diff();
        }
        self.terminals.shown.insert(session.clone(), id);
    }

    /// Gives the keys to the one that is shown again, as what lay over it is gone.
    pub(super) fn focus_shown_terminal(&mut self) {
        let Some(id) = self.shown_terminal().map(|terminal| terminal.id.clone()) else { return };
        if let Some(open) = self.terminals.open.get_mut(&id) {
            open.view.focus();
        }
    }

    /// Shows the session's conversation again.
    pub(super) fn hide_terminal(&mut self) {
        if let Some(shown) = &self.shown {
            self.terminals.shown.remove(&shown.session);
        }
        self.terminals.has_keys = false;
    }

    /// Ends one; of one whose shell isn't over it is asked first: nobody knows what runs in it.
    pub(super) fn want_terminal_closed(&mut self, id: &str) {
        let Some(terminal) = self.terminals.all.iter().find(|terminal| terminal.id == id) else {
            return;
        };
        if terminal.state.is_over() {
            self.close_terminal(id);
        } else {
            let name = plain(&words(terminal, None)).into_owned();
            self.ask_whether_close_terminal(id.to_owned(), name);
        }
    }

    /// The names of a session's terminals whose shells aren't over.
    pub(super) fn open_terminals_of(&self, session: &SessionId) -> Vec<String> {
        let of_session = |terminal: &&Terminal| terminal.session.as_ref() == Some(session);
        let open = self.terminals.all.iter().filter(of_session).filter(|one| !one.state.is_over());
        open.map(|terminal| plain(&words(terminal, None)).into_owned()).collect()
    }

    /// Ends all of a session.
    pub(super) fn close_terminals_of(&mut self, session: &SessionId) {
        let of_session = |terminal: &&Terminal| terminal.session.as_ref() == Some(session);
        let all = self.terminals.all.iter().filter(of_session);
        for id in all.map(|terminal| terminal.id.clone()).collect::<Vec<_>>() {
            self.close_terminal(&id);
        }
    }

    /// Ends one.
    pub(super) fn close_terminal(&mut self, id: &str) {
        self.command(Command::Terminal(TerminalCommand::Close { id: id.to_owned() }));
    }

    /// Calls one so.
    pub(super) fn rename_terminal(&mut self, id: String, name: Option<String>) {
        self.command(Command::Terminal(TerminalCommand::Rename { id, name }));
    }

    /// The tabs of a session's terminals.
    pub(super) fn terminal_tabs(&self, session: &SessionId) -> Vec<TerminalTab> {
        let shown = self.terminals.shown.get(session);
        let of_session = |terminal: &&Terminal| terminal.session.as_ref() == Some(session);
        let tab = |terminal: &Terminal| {
            let open = self.terminals.open.get(&terminal.id);
            TerminalTab {
                id: terminal.id.clone(),
                words: words(terminal, open.and_then(|open| open.title.as_deref())),
                name: terminal.name.clone(),
                shown: shown == Some(&terminal.id),
                over: terminal.state.is_over(),
                away: matches!(terminal.state, TerminalState::Away { .. }),
                rang: open.is_some_and(|open| open.rang),
            }
        };
        self.terminals.all.iter().filter(of_session).map(tab).collect()
    }

    /// Draws the one that is shown; `false` when none is.
    pub(super) fn terminal(&mut self, ui: &mut Ui) -> bool {
        let Some(terminal) = self.shown_terminal().cloned() else {
            self.terminals.has_keys = false;
            return false;
        };
        let Some(mut open) = self.terminals.open.remove(&terminal.id) else {
            // It was shown before the engine was opened anew.
            if let Some(session) = terminal.session.clone() {
                self.show_terminal(&session, terminal.id);
            }
            return true;
        };
        let theme = Theme::get(ui.ctx());
        let directory = terminal.directory.as_ref().map(ToString::to_string);
        let name = words(&terminal, None);
        let data = TerminalData {
            name: &name,
            state: &terminal.state,
            unkept: terminal.unkept.as_ref(),
            directory: directory.as_deref(),
            copy_on_select: self.memory.copy_on_select,
            font_size: size::CODE,
        };
        let frame = Frame::new().fill(theme.sunken);
        let view = &mut open.view;
        let screen = &open.screen;
        let acts =
            CentralPanel::no_frame().frame(frame).show(ui, |ui| view.show(ui, screen, &data)).inner;
        self.terminals.has_keys = view.has_keys();
        open.rang = false;
        for act in acts {
            self.terminal_act(ui, &terminal.id, &mut open, act);
        }
        self.terminals.open.insert(terminal.id, open);
        true
    }

    fn terminal_act(&mut self, ui: &Ui, id: &str, open: &mut Open, act: TerminalAct) {
        let id = id.to_owned();
        match act {
            TerminalAct::Send(bytes) => {
                self.quiet_command(Command::Terminal(TerminalCommand::Input { id, bytes }));
            }
            TerminalAct::Resize { columns, rows } => {
                let command = TerminalCommand::Resize { id, columns, rows };
                self.quiet_command(Command::Terminal(command));
            }
            TerminalAct::Copy(text) => ui.ctx().copy_text(text),
            TerminalAct::Selected(text) => {
                ui.output_mut(|output| {
                    output.commands.push(egui::OutputCommand::TextSelectionSettled(text));
                });
            }
            TerminalAct::OpenLink(address) => {
                ui.ctx().open_url(egui::OpenUrl::new_tab(address));
            }
            TerminalAct::Title(title) => open.title = title,
            // It is in sight.
            TerminalAct::Bell => {}
            TerminalAct::Reopen => {
                self.command(Command::Terminal(TerminalCommand::Reopen { id }));
            }
            TerminalAct::Close => self.want_terminal_closed(&id),
        }
    }

    /// Tells the engine; only a failure is said.
    fn quiet_command(&mut self, command: Command) {
        self.carry_out(command, Pending::Quiet);
    }
}

/// What a tab says: a person's name, else the program's title behind the number.
fn words(terminal: &Terminal, title: Option<&str>) -> String {
    let is_number = terminal.name.bytes().all(|byte| byte.is_ascii_digit());
    match title.filter(|_| is_number) {
        Some(title) => format!("{}: {title}", terminal.name),
        None if is_number => format!("Terminal {}", terminal.name),
        None => terminal.name.clone(),
    }
}
