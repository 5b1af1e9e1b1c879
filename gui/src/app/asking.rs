//! Dialogs that ask: ssh's questions, whether something is to go, a message that is changed, files to choose.

use std::collections::BTreeMap;

use egui::{Context, Id, TextEdit};
use orchestrator::failure::Failure;
use orchestrator::seam::{Command, ConnectionState, MessageChange, MessageId, SessionId, TabId};

use super::App;
use super::pending::Pending;
use crate::bridge::Ask;
use crate::memory::DraftKey;
use crate::theme::size;
use crate::view::changed_key::{ChangedKeyAct, changed_key, is_changed_key};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::view::file_picker::{FilePickerAct, FilePickerData, FilePickerView};
use crate::view::question::{QuestionAct, QuestionData, QuestionView};
use crate::widget::{Kind, button, button_enabled, dialog};

/// What is asked.
#[derive(Debug)]
enum Whether {
    Remove { session: SessionId, name: String, working: bool },
    Fresh { session: SessionId, tab: TabId },
}

/// A message that waits and is being changed.
#[derive(Debug)]
struct Editing {
    session: SessionId,
    message: MessageId,
    text: String,
}

/// The dialogs that ask.
#[derive(Debug, Default)]
pub(super) struct Asking {
    question: QuestionView,
    whether: Option<(ConfirmView, Whether)>,
    editing: Option<Editing>,
    images: Option<(FilePickerView, DraftKey)>,
    /// Hosts that show another key than the one on record, and whether the person knows.
    changed: BTreeMap<String, ChangedKey>,
}

/// A host with another key.
#[derive(Debug)]
struct ChangedKey {
    failure: Failure,
    is_known: bool,
}

impl Asking {
    pub fn is_open(&self) -> bool {
        let tells = self.changed.values().any(|changed| !changed.is_known);
        tells || self.whether.is_some() || self.editing.is_some() || self.images.is_some()
    }
}

impl App {
    /// Asks whether a session is to go.
    pub(super) fn ask_whether_remove(&mut self, session: &SessionId) {
        let Some(known) = self.sessions.get(session) else { return };
        let working = known
            .tabs
            .iter()
            .any(|tab| tab.turn.as_ref().is_some_and(|turn| turn.status.is_none()));
        let (session, name) = (session.clone(), known.name.clone());
        let whether = Whether::Remove { session, name, working };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Asks whether the shown tab is to begin a fresh conversation.
    pub(super) fn ask_whether_fresh(&mut self) {
        let Some(shown) = self.shown.clone() else { return };
        let Some(tab) = shown.tab else { return };
        let whether = Whether::Fresh { session: shown.session, tab };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Opens a message that waits, to change it.
    pub(super) fn edit_queued(&mut self, session: SessionId, message: MessageId, text: String) {
        self.asking.editing = Some(Editing { session, message, text });
    }

    /// Opens the picker for images.
    pub(super) fn choose_images(&mut self, key: DraftKey) {
        let view = FilePickerView::new(&self.setup.home);
        self.list_directory(view.directory().to_path_buf());
        self.asking.images = Some((view, key));
    }

    /// Draws what is asked.
    pub(super) fn asking(&mut self, ctx: &Context) {
        self.editing(ctx);
        self.images(ctx);
        self.whether(ctx);
        self.changed_keys(ctx);
        // Over everything else: a connection waits for it.
        let questions: Vec<_> =
            self.engine_questions.iter().chain(&self.local_questions).cloned().collect();
        let data = QuestionData { questions: &questions, hosts: &self.hosts.hosts, failure: None };
        for act in self.asking.question.ui(ctx, &data) {
            let QuestionAct::Answer(Command::AnswerQuestion { question, answer }) = act else {
                continue;
            };
            self.ask(Ask::Answer { question, answer });
        }
    }

    /// Takes in which hosts show another key.
    pub(super) fn notice_changed_keys(&mut self) {
        let blocked = self.connections.iter().filter_map(|connection| match &connection.state {
            ConnectionState::Blocked { why } if is_changed_key(why) => {
                Some((connection.host.clone(), why))
            }
            ConnectionState::Blocked { .. }
            | ConnectionState::Closed
            | ConnectionState::Connecting { .. }
            | ConnectionState::Connected
            | ConnectionState::Degraded
            | ConnectionState::Reconnecting { .. } => None,
        });
        let mut before = std::mem::take(&mut self.asking.changed);
        for (host, why) in blocked {
            let known = before.remove(&host).filter(|known| known.failure == *why);
            let new = || ChangedKey { failure: why.clone(), is_known: false };
            self.asking.changed.insert(host, known.unwrap_or_else(new));
        }
    }

    fn changed_keys(&mut self, ctx: &Context) {
        let first = self.asking.changed.iter_mut().find(|(_, changed)| !changed.is_known);
        let Some((host, changed)) = first else { return };
        let act = changed_key(ctx, &changed.failure, &self.hosts.hosts);
        changed.is_known |= act.is_some();
        match act {
            Some(ChangedKeyAct::Retry) => {
                let host = host.clone();
                self.command(Command::RetryHost { host });
            }
            Some(ChangedKeyAct::Close) | None => {}
        }
    }

    fn whether(&mut self, ctx: &Context) {
        let Some((mut view, whether)) = self.asking.whether.take() else { return };
        let data = match &whether {
            Whether::Remove { name, working, .. } => ConfirmData {
                heading: &format!("Remove {name}?"),
                what: if *working {
                    "Its transcript is deleted here. A turn is under way: it is ended here, and what is left of it on the host is left alone."
                } else {
                    "Its transcript is deleted here. Files on the host and the shared history stay."
                },
                names: &[],
                act: "Remove session",
                keep: "Keep it",
            },
            Whether::Fresh { .. } => ConfirmData {
                heading: "Begin a fresh conversation?",
                what: "The agent forgets what was said in this tab. The transcript stays.",
                names: &[],
                act: "Begin afresh",
                keep: "Go on as before",
            },
        };
        let acts = view.ui(ctx, &data);
        match acts.into_iter().next() {
            None => self.asking.whether = Some((view, whether)),
            Some(ConfirmAct::Keep) => {}
            Some(ConfirmAct::Do) => match whether {
                Whether::Remove { session, name, working } => {
                    let command = Command::RemoveSession { session, force: working };
                    self.carry_out(command, Pending::Say(format!("{name} was removed")));
                }
                Whether::Fresh { session, tab } => {
                    let command = Command::FreshConversation { session, tab };
                    let words = "The next message begins a fresh conversation";
                    self.carry_out(command, Pending::Say(words.to_owned()));
                }
            },
        }
    }

    fn editing(&mut self, ctx: &Context) {
        let Some(editing) = &mut self.asking.editing else { return };
        let shown = dialog(ctx, "edit message", "Edit the message", size::DIALOG, |ui| {
            let edit = TextEdit::multiline(&mut editing.text)
                .id(Id::unique("edited message"))
                .desired_rows(8)
                .desired_width(f32::INFINITY);
            let response = ui.add(edit);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Edited message")
            });
            ui.horizontal(|ui| {
                let ready = !editing.text.trim().is_empty();
                let save = button_enabled(ui, ready, Kind::Primary, "Save").clicked();
                let cancel = button(ui, Kind::Plain, "Cancel").clicked();
                (save, cancel)
            })
            .inner
        });
        let (save, cancel) = shown.inner;
        if save {
            let Editing { session, message, text } = match self.asking.editing.take() {
                Some(editing) => editing,
                None => return,
            };
            let pending = Pending::EditQueued {
                session: session.clone(),
                message: message.clone(),
                text: text.clone(),
            };
            let change = MessageChange { prompt: Some(text), ..MessageChange::default() };
            self.carry_out(Command::EditMessage { session, message, change }, pending);
        } else if cancel || shown.close {
            self.asking.editing = None;
        }
    }

    fn images(&mut self, ctx: &Context) {
        let Some((mut view, key)) = self.asking.images.take() else { return };
        let data = FilePickerData {
            heading: "Choose an image",
            home: &self.setup.home,
            rows: &self.forms.files,
            version: self.forms.files_version,
            images: true,
        };
        let acts = view.ui(ctx, &data);
        let mut open = true;
        for act in acts {
            match act {
                FilePickerAct::ListDirectory(dir) => self.list_directory(dir),
                FilePickerAct::Picked(file) => {
                    open = false;
                    let ticket = self.waiting.ticket(Pending::Attach { key: key.clone() });
                    self.ask(Ask::Attach { ticket, files: vec![file] });
                }
                FilePickerAct::Close => open = false,
            }
        }
        if open {
            self.asking.images = Some((view, key));
        }
    }
}
