//! The middle of the window: a session with its tabs, its transcript and its composer.

use std::collections::{BTreeMap, BTreeSet};

use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use orchestrator::seam::{Command, MessageChange, MessageId, Session, SessionId, TabId};

use super::pending::Pending;
use super::transcripts::Kept;
use super::wishes::draft_key;
use super::{App, Shown};
use crate::bridge::{Ask, EngineState};
use crate::commands::WindowCommand;
use crate::fetched::Fetched;
use crate::model::tab_unread;
use crate::theme::{size, space};
use crate::transcript::{Older, TranscriptAct, TranscriptData};
use crate::view::approval::{ApprovalAct, ApprovalData};
use crate::view::banners::{BannersAct, BannersData, banners};
use crate::view::header::{HeaderAct, HeaderData};
use crate::view::places::host_name;
use crate::view::queue::{QueueAct, QueueData, queue_ui};
use crate::view::settings::SettingsPage;
use crate::view::sidebar::status as session_status;
use crate::view::start_page::{StartPageAct, StartPageData, StartPageView};
use crate::view::tabs::{TabsAct, TabsData, TerminalTabsAct};
use crate::widget::{Kind, button, failure_card};

impl App {
    /// Draws the shown session, or what to do without one.
    pub(super) fn middle(&mut self, ui: &mut Ui) {
        self.banners(ui);
        let Some(shown) = self.shown.clone().filter(|_| self.shown_session().is_some()) else {
            self.start_page(ui);
            return;
        };
        self.header_and_tabs(ui, &shown);
        self.command_box(ui, &shown);
        if self.is_diff_shown() {
            self.diff(ui);
            return;
        }
        if self.terminal(ui) {
            return;
        }
        if let Some(file) = self.shown_file() {
            CentralPanel::no_frame().show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                self.file(ui, file);
            });
            return;
        }
        let frame = Frame::new().inner_margin(Margin::symmetric(16, 10));
        Panel::bottom("composer").frame(frame).show_separator_line(false).show(ui, |ui| {
            centred(ui, |ui| {
                self.approval_card(ui);
                self.queue(ui);
                self.write(ui, &shown);
            });
        });
        CentralPanel::no_frame().show(ui, |ui| self.transcript(ui, &shown));
    }

    /// Whether a conversation with its composer is what is shown.
    pub(super) fn is_composer_shown(&self) -> bool {
        let other = self.is_diff_shown() || self.shown_terminal().is_some();
        !other && self.shown_file().is_none() && self.shown_session().is_some()
    }

    /// What is wrong with Baton itself.
    pub(super) fn banners(&mut self, ui: &mut Ui) {
        let engine = match &self.engine {
            EngineState::Failed(failure) => Some(failure),
            EngineState::Opening | EngineState::Open(_) | EngineState::Gone => None,
        };
        for act in banners(ui, BannersData { engine, hosts: self.hosts.fault.as_ref() }) {
            match act {
                BannersAct::OpenEngine => {
                    self.ask(Ask::OpenEngine);
                }
                BannersAct::OpenFile => self.open_hosts_file(),
                BannersAct::ShowHosts => self.open_settings(SettingsPage::Hosts),
            }
        }
    }

    fn header_and_tabs(&mut self, ui: &mut Ui, shown: &Shown) {
        let Some(session) = self.sessions.get(&shown.session) else { return };
        let data = HeaderData {
            session,
            tab: shown.tab.as_ref(),
            hosts: &self.hosts.hosts.hosts,
            git: self.looks.git.get(&shown.session).filter(|git| git.repository),
            bookmarked: self.memory.bookmarks.contains(&shown.session),
            left_open: self.memory.left.open,
            right_open: self.memory.right.open,
        };
        let header = &mut self.header;
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 6));
        let acts = Panel::top("header")
            .frame(frame)
            .show_separator_line(false)
            .show(ui, |ui| header.ui(ui, &data))
            .inner;
        let unread: BTreeSet<TabId> = session
            .tabs
            .iter()
            .filter(|tab| tab_unread(tab, &self.memory.seen))
            .map(|tab| tab.id.clone())
            .collect();
        let mut approvals: BTreeMap<TabId, u32> = BTreeMap::new();
        for approval in self.approvals.iter().filter(|approval| approval.session == session.id) {
            *approvals.entry(approval.tab.clone()).or_default() += 1;
        }
        let files = self.file_tabs(&shown.session);
        let file = self.shown_file();
        let terminals = self.terminal_tabs(&shown.session);
        let in_terminal = terminals.iter().any(|tab| tab.shown);
        let data = TabsData {
            session,
            shown: shown.tab.as_ref().filter(|_| file.is_none() && !in_terminal),
            terminals: &terminals,
            closed: &self.memory.closed,
            unread: &unread,
            approvals: &approvals,
            first_words: &self.first_words,
            files: &files,
            file,
        };
        let tabs = &mut self.tabs;
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 2));
        let tab_acts = Panel::top("tabs").frame(frame).show(ui, |ui| tabs.ui(ui, &data)).inner;
        for act in acts {
            match act {
                HeaderAct::Rename(name) => self.rename(shown.session.clone(), name),
                HeaderAct::Copy { what, text } => {
                    ui.ctx().copy_text(text);
                    self.say(format!("{what} copied"));
                }
                HeaderAct::Command(command) => self.obey(ui.ctx(), command),
            }
        }
        for act in tab_acts {
            match act {
                TabsAct::Show(tab) => self.show(&shown.session, Some(tab)),
                TabsAct::Close(tab) => self.close_tab(&tab),
                TabsAct::New => self.new_tab(),
                TabsAct::File(act) => self.file_tab_act(ui, act),
                TabsAct::Terminal(act) => match act {
                    TerminalTabsAct::Show(id) => self.show_terminal(&shown.session, id),
                    TerminalTabsAct::Close(id) => self.want_terminal_closed(&id),
                    TerminalTabsAct::Rename(id, name) => self.rename_terminal(id, name),
                    TerminalTabsAct::New => self.new_terminal(),
                },
                TabsAct::Rename { session, tab, name } => {
                    self.command(Command::RenameTab { session, tab, name });
                }
                TabsAct::Move { tab, before } => {
                    let session = shown.session.clone();
                    self.command(Command::MoveTab { session, tab, before });
                }
            }
        }
    }

    fn queue(&mut self, ui: &mut Ui) {
        let Some(session) = self.shown.as_ref().map(|shown| shown.session.clone()) else { return };
        let Some(tab) = self.shown_tab() else { return };
        let (of, data) = (tab.id.clone(), QueueData { queue: &tab.queue, paused: tab.paused });
        for act in queue_ui(ui, data) {
            let session = session.clone();
            match act {
                QueueAct::Edit(message) => {
                    let (session, message) = (session.clone(), message);
                    self.ask_prompt(session, message);
                }
                QueueAct::Move(message, to) => {
                    self.command(Command::MoveMessage { session, message, to });
                }
                QueueAct::Pause(message, paused) => {
                    let change = MessageChange { paused: Some(paused), ..MessageChange::default() };
                    self.command(Command::EditMessage { session, message, change });
                }
                QueueAct::Remove(message) => {
                    let pending = Pending::RemoveQueued {
                        session: session.clone(),
                        message: message.clone(),
                    };
                    self.carry_out(Command::RemoveMessage { session, message }, pending);
                }
                QueueAct::PauseAll(paused) => {
                    let tab = Some(of.clone());
                    self.command(Command::PauseQueue { session, tab, paused });
                }
            }
        }
    }

    /// Asks for the whole text of a message that waits, to edit it.
    fn ask_prompt(&mut self, session: SessionId, message: MessageId) {
        let ticket = self
            .waiting
            .ticket(Pending::Prompt { session: session.clone(), message: message.clone() });
        self.ask(Ask::Prompt { ticket, session, message });
    }

    /// Why a session's turns can't be read-only, as far as its agent is known.
    pub(super) fn no_read_only(&self, session: &Session) -> Option<&'static str> {
        let agent = self.looks.agent(&session.agent)?;
        let can = agent.read_only || session.talks;
        (!can).then_some("This agent can't be kept from changing anything")
    }
}

impl App {
    fn approval_card(&mut self, ui: &mut Ui) {
        let Some(approval) = self.shown_approval().cloned() else { return };
        let session = self.sessions.get(&approval.session);
        let name = session.map_or("", |session| session.name.as_str());
        let host = session.map_or("", |session| session.host.as_str());
        let waiting = self.approvals.iter().filter(|other| other.tab == approval.tab).count();
        let data = ApprovalData {
            approval: &approval,
            session: name,
            host: host_name(&self.hosts.hosts.hosts, host),
            waiting,
        };
        for act in self.approval.ui(ui, &data) {
            match act {
                ApprovalAct::Command(command) => self.carry_out(*command, Pending::Decide),
                ApprovalAct::OpenLink(link) => {
                    self.ask(Ask::Open(link));
                }
            }
        }
    }

    fn transcript(&mut self, ui: &mut Ui, shown: &Shown) {
        let Some(session) = self.sessions.get(&shown.session) else { return };
        let tab = self.shown_tab();
        let turn =
            tab.and_then(|tab| tab.turn.as_ref()).filter(|turn| turn.status.is_none()).cloned();
        let host = host_name(&self.hosts.hosts.hosts, &session.host).to_owned();
        let agents = self.looks.agents(None).ready();
        let agent = agents
            .and_then(|known| known.agents.iter().find(|agent| agent.id == session.agent))
            .map_or_else(|| session.agent.clone(), |agent| agent.name.clone());
        let directory = session.cwd.clone().unwrap_or_else(|| "~".to_owned());
        let keys = !self.keys_are_taken();
        let mut nothing = Kept::default();
        let kept =
            shown.tab.as_ref().and_then(|tab| self.transcripts.get(tab)).unwrap_or(&mut nothing);
        if let Some(failure) = kept.failure.clone() {
            let mut again = false;
            centred(ui, |ui| {
                ui.add_space(space::L);
                failure_card(ui, &failure, |ui| {
                    if button(ui, Kind::Plain, "Try again").clicked() {
                        again = true;
                    }
                });
            });
            if again && let Some(tab) = shown.tab.clone() {
                kept.failure = None;
                self.ask(Ask::Follow { session: shown.session.clone(), tab });
            }
            return;
        }
        let data = TranscriptData {
            now: jiff::Timestamp::now(),
            zone: &self.zone,
            agent: &agent,
            host: &host,
            directory: &directory,
            show_reasoning: self.memory.reasoning,
            turn: turn.as_ref(),
            older: if kept.whole || !kept.begun { Older::None } else { Older::Coming },
            images: &self.pictures,
            keys,
        };
        let acts = kept.view.ui(ui, &data);
        for act in acts {
            self.transcript_act(ui, shown, act);
        }
    }

    fn transcript_act(&mut self, ui: &Ui, shown: &Shown, act: TranscriptAct) {
        match act {
            TranscriptAct::OpenLink(link) => {
                self.ask(Ask::Open(link));
            }
            TranscriptAct::WantImages(message) => {
                if let Some(tab) = &shown.tab {
                    self.pictures_of.entry(tab.clone()).or_default().push(message.clone());
                }
                self.pictures.insert(message.clone(), Fetched::Pending);
                self.ask(Ask::Images { session: shown.session.clone(), message });
            }
            // They come by themselves.
            TranscriptAct::WantOlder => {}
            TranscriptAct::Retry { question: Some(question), turn } => {
                let Some(tab) = shown.tab.clone() else { return };
                let key = draft_key(&shown.session, Some(&tab));
                // A second click while the first one is on its way is no second wish.
                let again =
                    |pending: &Pending| matches!(pending, Pending::Again { key: of } if *of == key);
                if self.waiting.any(again) {
                    return;
                }
                let last = self.shown_tab().and_then(|tab| tab.turn.as_ref());
                let of_turn = last.filter(|last| last.id == turn).map(|last| last.save_to_history);
                let of_draft =
                    self.memory.drafts.get(&key).is_none_or(|draft| draft.save_to_history);
                let save_to_history = of_turn.unwrap_or(of_draft);
                let session = shown.session.clone();
                let ticket = self.waiting.ticket(Pending::Again { key });
                let message = question.message;
                self.ask(Ask::SendAgain { ticket, session, tab, message, save_to_history });
            }
            TranscriptAct::Retry { question: None, .. } => {
                self.say("The question is still being read; try again in a moment".to_owned());
            }
            TranscriptAct::FreshConversation => self.ask_whether_fresh(),
            TranscriptAct::OpenSettings => self.obey(ui.ctx(), WindowCommand::SshHosts),
            TranscriptAct::EditHost(host) => self.open_edit_host(&host),
            TranscriptAct::TestHost(host) => self.test_host(&host),
            TranscriptAct::RetryHost(host) => self.command(Command::RetryHost { host }),
        }
    }

    fn start_page(&mut self, ui: &mut Ui) {
        // The banner says what to do first.
        if matches!(self.engine, EngineState::Failed(_)) {
            return;
        }
        let unread = &self.unread;
        let approvals = &self.approvals_by_session;
        let stands = |session: &Session| {
            let waiting = approvals.get(&session.id).copied().unwrap_or(0);
            session_status(session, waiting, unread.contains(&session.id))
        };
        let recent = self.recent.of(&self.sessions).iter();
        let recent: Vec<_> = recent
            .filter_map(|(id, at)| self.sessions.get(id).map(|known| (known, stands(known), *at)))
            .collect();
        let data = StartPageData {
            now: jiff::Timestamp::now(),
            recent: &recent,
            any_sessions: self.sessions.iter().len() > 0,
            hosts: &self.hosts.hosts.hosts,
        };
        for act in StartPageView.ui(ui, &data) {
            match act {
                StartPageAct::Command(command) => self.obey(ui.ctx(), command),
                StartPageAct::Open(session) => {
                    self.show(&session, None);
                    self.sidebar.reveal(&session);
                }
            }
        }
    }
}

/// No wider than lines can be read.
fn centred(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let width = ui.available_width().min(size::MEASURE);
    let side = ((ui.available_width() - width) / 2.0).max(0.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(side);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(space::S, space::XS);
            ui.set_width(width);
            contents(ui);
        });
    });
}
