//! Going to a file by some of its letters, and files that are named in a message.

use std::time::Instant;

use orchestrator::failure::Failure;
use orchestrator::seam::{FilePath, FoundFiles, SessionId};

use super::wishes::draft_key;
use super::{App, Shown};
use crate::bridge::{Ask, FilesAsk, Finder};
use crate::fetched::Fetched;
use crate::view::files::{QuickAct, QuickData};
use crate::view::places::host_name;

/// Paths that are offered for a mention: who wants others types on.
const MENTIONS: u32 = 8;
/// Paths that are offered by the dialog that goes to a file.
const OFFERED: u32 = 200;

/// What files fit what was typed.
#[derive(Debug, Default)]
pub(super) struct Finding {
    /// Whose they are, and what was typed.
    pub of: Option<(SessionId, String)>,
    pub found: Fetched<FoundFiles>,
    pub version: u64,
}

impl Finding {
    /// Says that this is asked for; what was found stays until it comes. `false` when it is there, or under way.
    fn ask(&mut self, session: &SessionId, typed: &str) -> bool {
        let of = Some((session.clone(), typed.to_owned()));
        let is_other = self.of.as_ref().is_none_or(|(before, _)| before != session);
        if is_other || self.found.ready().is_none() {
            self.found = Fetched::Pending;
            self.version += 1;
        }
        std::mem::replace(&mut self.of, of.clone()) != of
    }

    fn put(&mut self, session: &SessionId, typed: &str, answer: Result<FoundFiles, Failure>) {
        let is_it = self.of.as_ref().is_some_and(|(of, text)| of == session && text == typed);
        if is_it {
            self.found = answer.into();
            self.version += 1;
        }
    }
}

impl App {
    /// Takes in what fits.
    pub(super) fn found_files(
        &mut self,
        finder: Finder,
        session: &SessionId,
        typed: &str,
        answer: Result<FoundFiles, Failure>,
    ) {
        let finding = match finder {
            Finder::Quick => &mut self.files.quick_found,
            Finder::Mention => &mut self.files.mentions,
        };
        finding.put(session, typed, answer);
        if finder == Finder::Mention {
            self.want_heads(session);
        }
    }

    /// Opens the dialog that goes to a file.
    pub(super) fn go_to_file(&mut self) {
        if self.shown.is_some() {
            self.files.quick_found = Finding::default();
            self.files.quick.open();
        }
    }

    /// Draws that dialog.
    pub(super) fn quick(&mut self, ctx: &egui::Context) {
        let Some(Shown { session, .. }) = self.shown.clone() else { return };
        let place = self.sessions.get(&session).map_or_else(String::new, |known| {
            let host = host_name(&self.hosts.hosts.hosts, &known.host);
            format!("{} on {host}", crate::words::clean_line(known.cwd.as_deref().unwrap_or("~")))
        });
        let found = &mut self.files.quick_found;
        let is_anothers = found.of.as_ref().is_some_and(|(of, _)| *of != session);
        if is_anothers && self.files.quick.is_open() {
            *found = Finding { version: found.version + 1, ..Finding::default() };
            self.files.quick.find_anew();
        }
        let data = QuickData { place: &place, found: &found.found, version: found.version };
        for act in self.files.quick.ui(ctx, &data) {
            match act {
                QuickAct::Find(typed) => {
                    if self.files.quick_found.ask(&session, &typed) {
                        let (finder, limit) = (Finder::Quick, OFFERED);
                        let session = session.clone();
                        self.file_ask(FilesAsk::Find { finder, session, typed, limit });
                    }
                }
                QuickAct::Open { path, stays } => {
                    self.open_file(&session, &FilePath::from(path), stays);
                }
            }
        }
    }

    /// Asks for files that may be mentioned.
    pub(super) fn want_mentions(&mut self, session: &SessionId, typed: String) {
        // The same letters again: files come and go.
        self.files.mentions.ask(session, &typed);
        let (finder, session) = (Finder::Mention, session.clone());
        self.file_ask(FilesAsk::Find { finder, session, typed, limit: MENTIONS });
    }

    /// Asks how those begin that are offered.
    fn want_heads(&mut self, session: &SessionId) {
        let Some(found) = self.files.mentions.found.ready() else { return };
        let offered = found.files.iter().map(|file| file.path.as_str());
        let paths = self.files.heads.wanted(session, offered, Instant::now());
        if !paths.is_empty() {
            self.ask_quietly(Ask::File(FilesAsk::Heads { session: session.clone(), paths }));
        }
    }

    /// Names a file in the message that is being written.
    pub(super) fn mention(&mut self, path: &FilePath) {
        let Some(Shown { session, tab }) = self.shown.clone() else { return };
        let Some(path) = path.text() else { return };
        let key = draft_key(&session, tab.as_ref());
        let draft = self.memory.drafts.entry(key).or_default();
        if !draft.text.is_empty() && !draft.text.ends_with(char::is_whitespace) {
            draft.text.push(' ');
        }
        draft.text.push_str(&format!("@{path} "));
        self.show_conversation();
        self.composer.focus();
    }
}
