//! Dialogs that ask: ssh's questions, whether something is to go, a message that is changed, files to choose.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use egui::Context;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    At, Command, ConnectionState, FileCommand, FilePath, MessageChange, MessageId, QuestionId,
    SessionId, TabId,
};

use super::App;
use super::files_change::{Doomed, FilePending};
use super::pending::Pending;
use crate::bridge::{Ask, OpenId};
use crate::memory::DraftKey;
use crate::view::changed_key::{ChangedKeyAct, changed_key, is_changed_key};
use crate::view::confirm::{ConfirmAct, ConfirmData, ConfirmView};
use crate::view::edit_message::{EditMessageAct, EditMessageView};
use crate::view::editor::{ClosingAct, ClosingView};
use crate::view::file_picker::{FilePickerAct, FilePickerData, FilePickerView, Picks};
use crate::view::files::shown_name;
use crate::view::question::{QuestionAct, QuestionData, QuestionView};

/// What is asked.
#[derive(Debug)]
enum Whether {
    Remove {
        session: SessionId,
        name: String,
        working: bool,
    },
    Fresh {
        session: SessionId,
        tab: TabId,
    },
    Delete {
        session: SessionId,
        all: Vec<Doomed>,
    },
    /// `closes`: the file whose save it is, is closed then.
    Outside {
        command: FileCommand,
        pending: FilePending,
        closes: bool,
    },
    SendOutside {
        session: SessionId,
        folder: FilePath,
        local: Vec<PathBuf>,
    },
    CloseTerminal {
        id: String,
        name: String,
    },
}

/// A message that waits and is being changed.
#[derive(Debug)]
struct Editing {
    session: SessionId,
    message: MessageId,
    view: EditMessageView,
}

/// The dialogs that ask.
#[derive(Debug, Default)]
pub(super) struct Asking {
    question: QuestionView,
    /// The question whose last answer didn't arrive, and why.
    unanswered: Option<(QuestionId, Failure)>,
    whether: Option<(ConfirmView, Whether)>,
    /// One behind the other: none takes the place of what is being typed.
    editing: VecDeque<Editing>,
    images: Option<(FilePickerView, DraftKey)>,
    closing: Option<(ClosingView, OpenId, String)>,
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
        tells
            || self.closing.is_some()
            || self.whether.is_some()
            || !self.editing.is_empty()
            || self.images.is_some()
    }
}

impl Asking {
    /// A session is elsewhere: what was asked about its files was about others.
    pub fn forget_files(&mut self, session: &SessionId) {
        let is_its = |(_, whether): &mut (ConfirmView, Whether)| match whether {
            Whether::Delete { session: of, .. } | Whether::SendOutside { session: of, .. } => {
                of == session
            }
            Whether::Outside { command, .. } => {
                let (FileCommand::Write { at, .. }
                | FileCommand::MakeDirectory { at, .. }
                | FileCommand::Rename { at, .. }
                | FileCommand::Delete { at, .. }) = command;
                *at == At::Session(session.clone())
            }
            Whether::Remove { .. } | Whether::Fresh { .. } | Whether::CloseTerminal { .. } => false,
        };
        self.whether.take_if(is_its);
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

    /// Asks whether a terminal's shell is to end with what runs in it.
    pub(super) fn ask_whether_close_terminal(&mut self, id: String, name: String) {
        let whether = Whether::CloseTerminal { id, name };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Asks whether the shown tab is to begin a fresh conversation.
    pub(super) fn ask_whether_fresh(&mut self) {
        let Some(shown) = self.shown.clone() else { return };
        let Some(tab) = shown.tab else {
            self.say(
                "This tab hasn't begun yet: its first message begins a fresh conversation".into(),
            );
            return;
        };
        let whether = Whether::Fresh { session: shown.session, tab };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Asks whether files are to be deleted.
    pub(super) fn ask_whether_delete(&mut self, session: SessionId, all: Vec<Doomed>) {
        let whether = Whether::Delete { session, all };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Asks whether something outside of the session's directory is to be changed.
    pub(super) fn ask_whether_outside(&mut self, command: FileCommand, pending: FilePending) {
        let whether = Whether::Outside { command, pending, closes: false };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Saves a file, which is closed with that; where it waits for a person's word, only with that.
    pub(super) fn save_and_close(&mut self, id: OpenId, anyway: bool) {
        self.save_file(id, anyway);
        if self.open_of(id).is_some_and(|file| file.saving) {
            self.files.closing.insert(id);
        } else if let Some((
            _,
            Whether::Outside { pending: FilePending::Save { id: of, .. }, closes, .. },
        )) = &mut self.asking.whether
        {
            *closes |= *of == id;
        }
    }

    /// Asks whether files are to be sent into a directory outside of the session's.
    pub(super) fn ask_whether_send_outside(
        &mut self,
        session: SessionId,
        folder: FilePath,
        local: Vec<PathBuf>,
    ) {
        let whether = Whether::SendOutside { session, folder, local };
        self.asking.whether = Some((ConfirmView::default(), whether));
    }

    /// Asks what is to become of a file that isn't saved.
    pub(super) fn ask_whether_close(&mut self, id: OpenId, name: String) {
        self.asking.closing = Some((ClosingView::default(), id, name));
    }

    fn closing(&mut self, ctx: &Context) {
        let Some((view, id, name)) = &mut self.asking.closing else { return };
        let (act, id) = (view.ui(ctx, name), *id);
        match act {
            Some(ClosingAct::Save) => self.save_and_close(id, false),
            Some(ClosingAct::Lose) => self.drop_file(id),
            Some(ClosingAct::Stay) => self.show_file(id),
            None => return,
        }
        self.asking.closing = None;
    }

    /// Opens a message that waits, to change it.
    pub(super) fn edit_queued(&mut self, session: SessionId, message: MessageId, text: String) {
        let view = EditMessageView::new(text);
        self.asking.editing.push_back(Editing { session, message, view });
    }

    /// Opens it again with what the queue didn't take.
    pub(super) fn edit_again(&mut self, session: SessionId, message: MessageId, text: String) {
        let view = EditMessageView::unsaved(text);
        self.asking.editing.push_back(Editing { session, message, view });
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
        self.closing(ctx);
        self.picking_for_transfer(ctx);
        self.clash(ctx);
        self.whether(ctx);
        self.changed_keys(ctx);
        // Over everything else: a connection waits for it.
        let questions: Vec<_> =
            self.engine_questions.iter().chain(&self.local_questions).cloned().collect();
        let first = questions.first().map(|question| &question.id);
        let unanswered = self.asking.unanswered.take().filter(|(of, _)| Some(of) == first);
        let failure = unanswered.as_ref().map(|(_, failure)| failure);
        let data = QuestionData { questions: &questions, hosts: &self.hosts.hosts, failure };
        let acts = self.asking.question.ui(ctx, &data);
        self.asking.unanswered = unanswered;
        for act in acts {
            let QuestionAct::Answer(Command::AnswerQuestion { question, answer }) = act else {
                continue;
            };
            self.asking.unanswered = None;
            let of = question.clone();
            if let Err(failure) = self.bridge.ask(Ask::Answer { question, answer }) {
                self.unanswered(of, failure);
            }
        }
    }

    /// An answer didn't arrive: its question says so, and may be answered again.
    pub(super) fn unanswered(&mut self, question: QuestionId, failure: Failure) {
        let mut waiting = self.engine_questions.iter().chain(&self.local_questions);
        if waiting.any(|waiting| waiting.id == question) {
            tracing::warn!("an answer didn't arrive: {failure}");
            self.asking.unanswered = Some((question, failure));
        } else {
            self.complain(&failure);
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
        let about = match &whether {
            Whether::Delete { all, .. } => all.iter().map(|one| shown_name(&one.path)).collect(),
            Whether::Outside {
                command:
                    FileCommand::Write { path, .. }
                    | FileCommand::MakeDirectory { path, .. }
                    | FileCommand::Rename { from: path, .. },
                ..
            } => vec![shown_name(path)],
            Whether::SendOutside { folder, .. } => vec![shown_name(folder)],
            Whether::Outside { command: FileCommand::Delete { paths, .. }, .. } => {
                paths.iter().map(shown_name).collect()
            }
            Whether::Remove { session, .. } => {
                let files = self.unsaved_files(session).into_iter();
                files.chain(self.open_terminals_of(session)).collect()
            }
            Whether::Fresh { .. } | Whether::CloseTerminal { .. } => Vec::new(),
        };
        let data = match &whether {
            Whether::Delete { all, .. } => ConfirmData {
                heading: &Self::delete_heading(all),
                what: Self::delete_words(all),
                names: &about,
                act: "Delete",
                keep: "Keep it",
            },
            Whether::SendOutside { .. } => ConfirmData {
                heading: "Send it outside?",
                what: "This directory lies outside of the session's, by a link or a path of its own.",
                names: &about,
                act: "Send it there",
                keep: "Don't send it",
            },
            Whether::Outside { .. } => ConfirmData {
                heading: "Change what lies outside?",
                what: "This leads out of the session's directory, by a link or a path of its own.",
                names: &about,
                act: "Change it",
                keep: "Leave it alone",
            },
            Whether::Remove { session, name, working } => ConfirmData {
                heading: &format!("Remove {name}?"),
                what: &self.removal_words(session, *working),
                names: &about,
                act: "Remove session",
                keep: "Keep it",
            },
            Whether::CloseTerminal { name, .. } => ConfirmData {
                heading: &format!("Close {name}?"),
                what: "Its shell ends, with what runs in it.",
                names: &[],
                act: "Close terminal",
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
                Whether::CloseTerminal { id, .. } => self.close_terminal(&id),
                Whether::Remove { session, name, working } => {
                    self.close_terminals_of(&session);
                    let command = Command::RemoveSession { session, force: working };
                    self.carry_out(command, Pending::Say(format!("{name} was removed")));
                }
                Whether::Delete { session, all } => {
                    let outside = all.iter().any(|one| self.is_outside(&session, &one.path));
                    let recursive = all.iter().any(Doomed::is_directory);
                    let at = At::Session(session.clone());
                    let paths: Vec<FilePath> = all.into_iter().map(|one| one.path).collect();
                    let pending = FilePending::Delete { session, paths: paths.clone() };
                    let command = FileCommand::Delete { at, paths, recursive, outside };
                    self.do_or_ask(outside, command, pending);
                }
                Whether::SendOutside { session, folder, local } => {
                    self.send_into(&session, &folder, local, true);
                }
                Whether::Outside { command, pending, closes } => {
                    if let FilePending::Save { id, .. } = &pending
                        && let Some(file) = self.open_of(*id)
                    {
                        file.outside = true;
                        if closes {
                            self.files.closing.insert(*id);
                        }
                    }
                    self.write_file(command, pending);
                }
                Whether::Fresh { session, tab } => {
                    let command = Command::FreshConversation { session, tab };
                    let words = "The next message begins a fresh conversation";
                    self.carry_out(command, Pending::Say(words.to_owned()));
                }
            },
        }
    }

    /// What becomes of a session that is removed.
    fn removal_words(&self, session: &SessionId, working: bool) -> String {
        let mut words = "Its transcript is deleted here. ".to_owned();
        words += if working {
            "A turn is under way: it is ended here, and what is left of it on the host is left alone."
        } else {
            "Files on the host and the shared history stay."
        };
        if !self.unsaved_files(session).is_empty() {
            words += " What isn't saved of these files is put aside on this machine.";
        }
        if !self.open_terminals_of(session).is_empty() {
            words += " Its terminals are closed, with what runs in them.";
        }
        words
    }

    fn editing(&mut self, ctx: &Context) {
        let Some(editing) = self.asking.editing.front_mut() else { return };
        let Some(act) = editing.view.ui(ctx) else { return };
        let Some(Editing { session, message, .. }) = self.asking.editing.pop_front() else {
            return;
        };
        if let EditMessageAct::Save(text) = act {
            let pending = Pending::EditQueued {
                session: session.clone(),
                message: message.clone(),
                text: text.clone(),
            };
            let change = MessageChange { prompt: Some(text), ..MessageChange::default() };
            self.carry_out(Command::EditMessage { session, message, change }, pending);
        }
    }

    fn images(&mut self, ctx: &Context) {
        let Some((mut view, key)) = self.asking.images.take() else { return };
        let data = FilePickerData {
            heading: "Choose an image",
            home: &self.setup.home,
            rows: &self.forms.files,
            version: self.forms.files_version,
            picks: Picks::Image,
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
