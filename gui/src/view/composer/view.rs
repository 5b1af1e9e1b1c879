//! The composer's view.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{
    Color32, CornerRadius, Event, EventFilter, Frame, Id, Key, KeyboardShortcut, Label, Margin,
    Modifiers, RichText, ScrollArea, Stroke, TextEdit, TextureHandle, Ui,
};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::FoundFiles;

use super::mention::{Mention, mention};
use super::offers::{MOST, Offer, offers};
use super::recall::Recall;
use super::shell::line_begins;
use crate::bridge::Picture;
use crate::fetched::Fetched;
use crate::kept_image::KeptImage;
use crate::memory::Draft;
use crate::theme::{Theme, radius, size, space};
use crate::view::command_box::{LineData, LineHelp};
use crate::widget::{
    Kind, Picked, button, button_enabled, caret, failure_card, icon, icon_button,
    icon_button_enabled, pick_by_keys, put_caret, toggle,
};

/// An image that goes along.
#[derive(Clone)]
pub struct Attachment {
    /// Its file.
    pub image: KeptImage,
    /// Its pixels.
    pub picture: Arc<Picture>,
    /// Its pixels on the graphics card, once it was drawn.
    pub texture: Option<TextureHandle>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("image", &self.image).finish_non_exhaustive()
    }
}

use std::fmt;

/// What the composer shows.
#[derive(Debug)]
pub struct ComposerData<'a> {
    /// Names the tab, so that each has a cursor and a history of its own.
    pub id: Id,
    /// Whom one writes to: `codex on box`.
    pub to: &'a str,
    /// Whether Enter sends; else Ctrl+Enter does.
    pub enter_sends: bool,
    /// What was sent before, the newest last.
    pub sent: &'a [String],
    /// Files of the directory whose paths fit what was typed behind `@`, best first; those that fitted before until they come.
    pub files: &'a Fetched<FoundFiles>,
    /// Another number whenever those are others.
    pub files_version: u64,
    /// Names of the commands behind `/`, and what they do.
    pub commands: &'a [(String, String)],
    /// Whether the agent takes images.
    pub takes_images: bool,
    /// Why read-only turns can't be had.
    pub no_read_only: Option<&'a str>,
    /// Whether the session is read-only anyway.
    pub read_only_session: bool,
    /// Whether a turn is under way: then a message waits for its end.
    pub working: bool,
    /// Whether a person has asked it to stop.
    pub interrupting: bool,
    /// Whether what was written is on its way to the engine.
    pub sending: bool,
    /// Where a line behind `!` would run, and what helps with it.
    pub line: LineData<'a>,
    /// Why the last message was not taken; it stands in the field again.
    pub failure: Option<&'a Failure>,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub enum ComposerAct {
    /// Send what is written. The draft is emptied when the engine has taken it, not before.
    Send,
    /// Ask the turn under way to stop.
    Interrupt,
    /// Kill it.
    Stop,
    /// Files of the directory are wanted that fit this.
    WantFiles(String),
    /// Choose an image file.
    ChooseImages,
    /// These files were dropped.
    Attach(Vec<PathBuf>),
    /// These pixels were pasted.
    AttachPixels(Arc<egui::ColorImage>),
    /// Images were dropped or pasted for an agent that takes none: say so.
    RefuseImages,
    /// Carry out the command of that place in [`ComposerData::commands`].
    Command(usize),
    /// Run the line that stands there in place of a message.
    RunLine,
    /// Offers are wanted behind this beginning of a line; now, or when nobody types for a moment.
    WantOffers {
        /// Up to the cursor.
        line: String,
        /// Now.
        now: bool,
    },
    /// The failure was read.
    Dismiss,
}

/// Where a message is written.
#[derive(Debug, Default)]
pub struct ComposerView {
    of: Option<Id>,
    recall: Recall,
    chosen: usize,
    /// What a list was last made for, and the list.
    offered: Option<(Mention, u64, Vec<Offer>)>,
    /// What files were asked for, while a mention is being typed.
    wanted: Option<String>,
    /// The word whose list was closed.
    closed: Option<Mention>,
    pub(super) focus: bool,
    pub(super) help: LineHelp,
    /// Several lines for the shell wait for a person's word.
    pub(super) asks: bool,
}

/// Lines that are shown before the text is scrolled.
const MOST_ROWS: f32 = 12.0;

impl ComposerView {
    /// Puts the cursor into it with the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Draws it, and says what somebody wants.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        attachments: &mut Vec<Attachment>,
        data: &ComposerData<'_>,
    ) -> Vec<ComposerAct> {
        if self.of != Some(data.id) {
            *self = Self { of: Some(data.id), focus: self.focus, ..Self::default() };
        }
        let theme = Theme::get(ui.ctx());
        let mut acts = Vec::new();
        if let Some(failure) = data.failure {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Dismiss").clicked() {
                    acts.push(ComposerAct::Dismiss);
                }
            });
            ui.add_space(space::S);
        }
        let edit_id = data.id.with("text");
        let focused = ui.ctx().memory(|memory| memory.has_focus(edit_id));
        let begins = line_begins(&draft.text);
        let rim = match (begins, focused) {
            (Some(_), _) => theme.remote,
            (None, true) => theme.accent,
            (None, false) => theme.line_strong,
        };
        self.asks &= begins.is_some();
        self.ask(ui, draft, data, &mut acts);
        Frame::new()
            .fill(theme.raised)
            .stroke(Stroke::new(1.0, rim))
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin::same(10))
            .show(ui, |ui| {
                self.attachments(ui, attachments);
                if begins.is_none() {
                    self.help.forget();
                    self.offer_list(ui, draft, data, edit_id, focused, &mut acts);
                }
                self.text(ui, draft, data, edit_id, focused, &mut acts);
                ui.add_space(space::XS);
                self.switches(ui, draft, attachments, data, &mut acts);
            });
        take_pasted(ui, focused, data, &mut acts);
        acts
    }

    fn attachments(&self, ui: &mut Ui, attachments: &mut Vec<Attachment>) {
        if attachments.is_empty() {
            return;
        }
        let mut gone = None;
        ui.horizontal_wrapped(|ui| {
            for (at, attachment) in attachments.iter_mut().enumerate() {
                let texture = attachment.texture.get_or_insert_with(|| {
                    let pixels = attachment.picture.pixels.clone();
                    ui.ctx().load_texture(
                        &attachment.image.name,
                        pixels,
                        egui::TextureOptions::LINEAR,
                    )
                });
                let size = texture.size_vec2();
                let scale = (56.0 / size.y).min(120.0 / size.x).min(1.0);
                ui.vertical(|ui| {
                    ui.add(
                        egui::Image::new((texture.id(), size * scale))
                            .alt_text(&attachment.image.name),
                    );
                    ui.horizontal(|ui| {
                        let name = RichText::new(&attachment.image.name).size(size::SMALL);
                        ui.add_sized([84.0, 16.0], Label::new(name).truncate());
                        let name = format!("Remove {}", attachment.image.name);
                        if icon_button(ui, Icon::X, &name).clicked() {
                            gone = Some(at);
                        }
                    });
                });
            }
        });
        if let Some(at) = gone {
            attachments.remove(at);
        }
        ui.add_space(space::XS);
    }

    /// The list for `@` or `/` over the field, used by the arrow keys.
    fn offer_list(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        data: &ComposerData<'_>,
        edit_id: Id,
        focused: bool,
        acts: &mut Vec<ComposerAct>,
    ) {
        let cursor = caret(ui, edit_id, &draft.text);
        let found = cursor.filter(|_| focused).and_then(|at| mention(&draft.text, at));
        let Some(found) = found.filter(|found| self.closed.as_ref() != Some(found)) else {
            self.offered = None;
            self.wanted = None;
            return;
        };
        if let Mention::File { typed, .. } = &found
            && self.wanted.as_ref() != Some(typed)
        {
            self.wanted = Some(typed.clone());
            acts.push(ComposerAct::WantFiles(typed.clone()));
        }
        if let (Mention::File { .. }, Some(failure)) = (&found, data.files.failure()) {
            let words = format!("The files can't be listed: {}", failure.message);
            let theme = Theme::get(ui.ctx());
            ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.bad)).wrap());
        }
        let version = match &found {
            Mention::File { .. } => data.files_version,
            Mention::Command { .. } => u64::try_from(data.commands.len()).unwrap_or(u64::MAX),
        };
        let is_known =
            matches!(&self.offered, Some((of, known, _)) if *of == found && *known == version);
        if !is_known {
            let list = match &found {
                Mention::File { .. } => {
                    let files = data.files.ready().map(|files| files.files.as_slice());
                    let files = files.unwrap_or_default().iter().take(MOST).enumerate();
                    files.map(|(at, file)| Offer { at, words: file.path.clone() }).collect()
                }
                Mention::Command { typed, .. } => {
                    offers(typed, data.commands.iter().map(|(name, _)| name.as_str()))
                }
            };
            self.chosen = 0;
            self.offered = Some((found.clone(), version, list));
        }
        let Some((_, _, list)) = self.offered.clone() else { return };
        let waiting = matches!(found, Mention::File { .. }) && data.files.is_pending();
        if list.is_empty() && !waiting {
            return;
        }
        let mut picked = match pick_by_keys(ui, &mut self.chosen, list.len()) {
            Some(Picked::This(at)) => Some(at),
            Some(Picked::Nothing) => {
                self.closed = Some(found);
                self.offered = None;
                return;
            }
            None => None,
        };
        if waiting {
            ui.add(Label::new(RichText::new("Asking for the files …").size(size::SMALL)));
        }
        for (at, offer) in list.iter().enumerate() {
            let words = match &found {
                Mention::File { .. } => offer.words.clone(),
                Mention::Command { .. } => {
                    let what = data.commands.get(offer.at).map(|(_, what)| what.as_str());
                    format!("/{}   {}", offer.words, what.unwrap_or_default())
                }
            };
            let words = RichText::new(words).color(Theme::get(ui.ctx()).text);
            let row = ui.selectable_label(at == self.chosen, words);
            if row.clicked() {
                picked = Some(at);
            }
        }
        ui.separator();
        let Some(offer) = picked.and_then(|at| list.get(at)) else { return };
        self.offered = None;
        match found {
            Mention::File { range, .. } => {
                let put = format!("@{} ", offer.words);
                let end = range.start + put.len();
                draft.text.replace_range(range, &put);
                put_caret(ui, edit_id, &draft.text, end);
            }
            Mention::Command { range, .. } => {
                draft.text.replace_range(range, "");
                put_caret(ui, edit_id, &draft.text, 0);
                acts.push(ComposerAct::Command(offer.at));
            }
        }
        ui.ctx().memory_mut(|memory| memory.request_focus(edit_id));
    }

    fn text(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        data: &ComposerData<'_>,
        edit_id: Id,
        focused: bool,
        acts: &mut Vec<ComposerAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let enter = |modifiers| KeyboardShortcut::new(modifiers, Key::Enter);
        let (send, breaks) = if data.enter_sends {
            (enter(Modifiers::NONE), enter(Modifiers::SHIFT))
        } else {
            (enter(Modifiers::COMMAND), enter(Modifiers::NONE))
        };
        let begins = line_begins(&draft.text);
        let mut wanted = None;
        if focused
            && !data.sending
            && let Some(begins) = begins
        {
            wanted = self.help.before(ui, edit_id, &mut draft.text, begins, &data.line);
        }
        if focused {
            // Exactly: Shift+Enter counts as Enter otherwise.
            let is_send = |input: &mut egui::InputState| {
                input.modifiers.matches_exact(send.modifiers) && input.consume_shortcut(&send)
            };
            if ui.input_mut(is_send) {
                self.send(draft, acts);
            }
            if begins.is_none() {
                self.recall_by_keys(ui, draft, data, edit_id);
            }
        }
        let hint = if data.working {
            format!("Write the next message to {}: it waits for its turn", data.to)
        } else {
            format!("Ask {} …   @ names a file, / a command, ! runs a line there", data.to)
        };
        let row = ui.text_style_height(&egui::TextStyle::Body);
        let before = draft.text.len();
        let response = ScrollArea::vertical()
            .id_salt(data.id.with("scroll"))
            .max_height(row * MOST_ROWS)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(&mut draft.text)
                    .id(edit_id)
                    .hint_text(RichText::new(hint).color(theme.muted))
                    .frame(Frame::NONE)
                    .background_color(Color32::TRANSPARENT)
                    .desired_rows(2)
                    .desired_width(f32::INFINITY)
                    .font(match begins {
                        Some(_) => egui::FontId::monospace(size::CODE),
                        None => egui::FontId::proportional(size::PROSE),
                    })
                    .return_key(breaks)
                    .event_filter(match begins {
                        Some(_) => self.help.filter(),
                        None => EventFilter {
                            tab: false,
                            horizontal_arrows: true,
                            vertical_arrows: true,
                            escape: false,
                        },
                    });
                ui.add_enabled(!data.sending, edit)
            })
            .inner;
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, !data.sending, "Message")
        });
        if response.changed() || before != draft.text.len() {
            self.recall.forget();
            self.closed = None;
        }
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        if let Some(begins) = line_begins(&draft.text) {
            let (over, line) = (response.rect, &data.line);
            let behind = self.help.after(ui, &response, over, &mut draft.text, begins, line);
            if let Some((line, now)) = behind.or(wanted) {
                acts.push(ComposerAct::WantOffers { line, now });
            }
        }
    }

    fn recall_by_keys(&mut self, ui: &Ui, draft: &mut Draft, data: &ComposerData<'_>, edit_id: Id) {
        // Only where the arrow would lead out of the text.
        let at = caret(ui, edit_id, &draft.text).unwrap_or(0);
        let (before, behind) = draft.text.split_at(at);
        let is_first = !before.contains('\n') && (draft.text.is_empty() || self.recall.is_back());
        let is_last = !behind.contains('\n') && self.recall.is_back();
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let found = if is_first && pressed(Key::ArrowUp) {
            self.recall.back(&draft.text, data.sent)
        } else if is_last && pressed(Key::ArrowDown) {
            self.recall.forth(data.sent)
        } else {
            None
        };
        if let Some(text) = found {
            // A message stays one.
            let escape = if text.starts_with('!') { "\\" } else { "" };
            draft.text = format!("{escape}{text}");
            put_caret(ui, edit_id, &draft.text, draft.text.len());
        }
    }

    fn switches(
        &mut self,
        ui: &mut Ui,
        draft: &mut Draft,
        attachments: &[Attachment],
        data: &ComposerData<'_>,
        acts: &mut Vec<ComposerAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        if line_begins(&draft.text).is_some() {
            self.shell_switches(ui, draft, data, acts);
            return;
        }
        ui.horizontal(|ui| {
            let why = "This agent takes no images";
            let name = if data.takes_images { "Add images" } else { why };
            if icon_button_enabled(ui, data.takes_images, Icon::Paperclip, name, None).clicked() {
                acts.push(ComposerAct::ChooseImages);
            }
            match (data.read_only_session, data.no_read_only) {
                (true, _) => {
                    icon(ui, Icon::Lock, theme.accent);
                    let words = RichText::new("Read-only session").size(size::SMALL);
                    ui.add(Label::new(words.color(theme.muted)).selectable(false));
                }
                // Whatever was wanted before is shown, and can be taken back: the message would be refused.
                (false, Some(_)) if draft.read_only => {
                    let name = "Read-only: this agent can't be kept from changing anything";
                    toggle(ui, &mut draft.read_only, Icon::Lock, name);
                }
                (false, Some(why)) => {
                    icon_button_enabled(ui, false, Icon::LockOpen, why, None);
                }
                (false, None) => {
                    let shown = if draft.read_only { Icon::Lock } else { Icon::LockOpen };
                    toggle(ui, &mut draft.read_only, shown, "Read-only: change nothing");
                }
            }
            toggle(ui, &mut draft.save_to_history, Icon::History, "Save to history");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let is_blank = draft.text.trim().is_empty();
                let ready = !is_blank && !data.sending;
                let words = match (data.sending, data.working) {
                    (true, _) => "Sending …",
                    (false, true) => "Queue",
                    (false, false) => "Send",
                };
                let send = button_enabled(ui, ready, Kind::Primary, words);
                let keys = if data.enter_sends { "Enter" } else { "Ctrl+Enter" };
                if send
                    .on_hover_text(keys)
                    .on_disabled_hover_text("Write something first")
                    .clicked()
                {
                    acts.push(ComposerAct::Send);
                }
                if data.working {
                    if data.interrupting {
                        let kill = button(ui, Kind::Danger, "Stop now");
                        if kill.on_hover_text("Kill the agent (Ctrl+Shift+.)").clicked() {
                            acts.push(ComposerAct::Stop);
                        }
                    } else {
                        let stop = button(ui, Kind::Plain, "Interrupt");
                        if stop.on_hover_text("Ask the agent to stop (Ctrl+.)").clicked() {
                            acts.push(ComposerAct::Interrupt);
                        }
                    }
                }
                if !attachments.is_empty() {
                    let words = match attachments.len() {
                        1 => "1 image".to_owned(),
                        many => format!("{many} images"),
                    };
                    ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.muted)));
                }
            });
        });
    }
}

/// Images that were pasted or dropped.
fn take_pasted(ui: &Ui, focused: bool, data: &ComposerData<'_>, acts: &mut Vec<ComposerAct>) {
    let (pasted, dropped) = ui.input(|input| {
        let pasted: Vec<_> = input
            .events
            .iter()
            .filter_map(|event| match event {
                Event::PasteImage(pixels) if focused => Some(Arc::clone(pixels)),
                _ => None,
            })
            .collect();
        let files = input.raw.dropped_files.iter().map(|file| file.path().to_path_buf());
        (pasted, files.collect::<Vec<PathBuf>>())
    });
    if !data.takes_images {
        if !pasted.is_empty() || !dropped.is_empty() {
            acts.push(ComposerAct::RefuseImages);
        }
        return;
    }
    acts.extend(pasted.into_iter().map(ComposerAct::AttachPixels));
    if !dropped.is_empty() {
        acts.push(ComposerAct::Attach(dropped));
    }
}
