//! Where a message is written to the shown session.

use egui::Ui;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::TabState;

use super::pending::Pending;
use super::wishes::draft_key;
use super::{App, Shown};
use crate::bridge::Ask;
use crate::commands::{TABLE, WindowCommand};
use crate::memory::Draft;
use crate::view::command_box::LineData;
use crate::view::composer::{ComposerAct, ComposerData, line_begins};
use crate::view::places::{host_name, is_local};

impl App {
    fn refuse_images(&mut self, shown: &Shown) {
        let Some(session) = self.sessions.get(&shown.session) else { return };
        let agent = self.looks.agent(&session.agent);
        let name = agent.map_or(session.agent.as_str(), |agent| agent.name.as_str());
        let failure = Failure::new(Code::Unsupported, format!("{name} takes no images"))
            .hint("Put the file where the agent works, and name it in the message");
        self.complain(&failure);
    }

    /// Draws the composer of the shown tab, and does what somebody wants there.
    pub(super) fn write(&mut self, ui: &mut Ui, shown: &Shown) {
        let key = draft_key(&shown.session, shown.tab.as_ref());
        let is_line = |draft: &Draft| line_begins(&draft.text).is_some();
        if self.memory.drafts.get(&key).is_some_and(is_line) {
            self.want_history(&shown.session);
        }
        let Some(session) = self.sessions.get(&shown.session) else { return };
        let tab = self.shown_tab();
        let working = tab.is_some_and(|tab| tab.state != TabState::Idle);
        let turn = tab.and_then(|tab| tab.turn.as_ref());
        let interrupting = turn.is_some_and(|turn| turn.status.is_none() && turn.interrupting);
        let agent = self.looks.agent(&session.agent);
        let place = if is_local(&session.host) {
            "this machine".to_owned()
        } else {
            host_name(&self.hosts.hosts.hosts, &session.host).to_owned()
        };
        let to = format!("{} on {place}", session.agent);
        let host = session.host.clone();
        let no_read_only = self.no_read_only(session);
        let id = egui::Id::unique(("composer", String::from(key.clone())));
        let commands: Vec<(WindowCommand, (String, String))> = slash_commands(&self.situation());
        let shown_commands: Vec<(String, String)> =
            commands.iter().map(|(_, words)| words.clone()).collect();
        let sent = match shown.tab.as_ref().and_then(|tab| self.transcripts.peek(tab)) {
            Some(kept) => kept.sent.clone(),
            None => std::sync::Arc::default(),
        };
        let remote = !is_local(&session.host);
        let directory = session.cwd.clone().unwrap_or_else(|| "~".to_owned());
        let history = self.lines.history(&shown.session);
        let completed = self.lines.completed(&shown.session);
        let data = ComposerData {
            id,
            to: &to,
            enter_sends: self.memory.enter_sends,
            sent: &sent,
            files: &self.files.mentions.found,
            files_late: self.files.mentions.late,
            files_version: self.files.mentions.version,
            heads: &self.files.heads,
            commands: &shown_commands,
            takes_images: agent.is_none_or(|agent| agent.images),
            no_read_only,
            read_only_session: session.read_only,
            working,
            interrupting,
            sending: self.is_sending(&key) || self.is_running_message(&key),
            line: LineData {
                host: &place,
                remote,
                directory: &directory,
                completed: completed.as_deref(),
                history: &history,
            },
            failure: self.failures.get(&key),
        };
        let mut draft = self.memory.drafts.get(&key).cloned().unwrap_or_default();
        let mut attachments = self.attachments.remove(&key).unwrap_or_default();
        let images = attachments.len();
        let acts = self.composer.ui(ui, &mut draft, &mut attachments, &data);
        draft.note_place(line_begins(&draft.text).is_some(), &host, &directory);
        if draft.is_blank() {
            self.memory.drafts.remove(&key);
        } else if self.memory.drafts.get(&key) != Some(&draft) {
            self.memory.drafts.insert(key.clone(), draft);
        }
        let is_other = attachments.len() != images;
        if !attachments.is_empty() {
            self.attachments.insert(key.clone(), attachments);
        }
        if is_other {
            self.keep_images(&key);
        }
        for act in acts {
            match act {
                ComposerAct::Send => self.send(),
                ComposerAct::RunLine => self.run_message(&shown.session, key.clone()),
                ComposerAct::WantOffers { line, now } => {
                    self.want_offers(&shown.session, line, now);
                }
                ComposerAct::Interrupt => self.interrupt(false),
                ComposerAct::Stop => self.interrupt(true),
                ComposerAct::WantFiles(typed) => self.want_mentions(&shown.session, typed),
                ComposerAct::ChooseImages => self.choose_images(key.clone()),
                ComposerAct::Attach(files) => {
                    let ticket = self.waiting.ticket(Pending::Attach { key: key.clone() });
                    self.ask(Ask::Attach { ticket, files });
                }
                ComposerAct::AttachPixels(pixels) => {
                    let ticket = self.waiting.ticket(Pending::Attach { key: key.clone() });
                    self.ask(Ask::AttachPixels { ticket, pixels });
                }
                ComposerAct::RefuseImages => self.refuse_images(shown),
                ComposerAct::Command(at) => {
                    if let Some((command, _)) = commands.get(at) {
                        self.obey(ui.ctx(), *command);
                    }
                }
                ComposerAct::Dismiss => {
                    self.failures.remove(&key);
                }
            }
        }
    }
}

/// What a slash offers: the window's commands that can be used now, by names without spaces.
fn slash_commands(now: &crate::commands::Situation) -> Vec<(WindowCommand, (String, String))> {
    TABLE
        .iter()
        .filter(|entry| entry.is_usable(now))
        .map(|entry| {
            let name = entry.name.to_lowercase().replace(' ', "-");
            (entry.command, (name, entry.name.to_owned()))
        })
        .collect()
}
