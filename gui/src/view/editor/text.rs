//! A text file that is open: the text, what is said over it, and its menu.

use egui::{Frame, Id, Label, Margin, Popup, RichText, Ui, ViewportCommand};
use orchestrator::failure::Failure;

use super::area::{AreaData, TextArea};
use super::colours::{ColourWork, Colours};
use super::document::Document;
use super::find::{FindBar, GoToLine};
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space};
use crate::widget::{Kind, button, button_enabled, plain};
use crate::words::with_host;

/// How the file on the host stands, as far as that isn't what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is what was read.
    #[default]
    Same,
    /// Somebody else has changed it.
    Changed,
    /// It is gone.
    Gone,
}

/// What is shown with a text.
#[derive(Clone, Copy, Debug)]
pub struct EditorData<'a> {
    /// Names it.
    pub id: Id,
    /// Its path for people.
    pub path: &'a str,
    /// What its host is called.
    pub host: &'a str,
    /// Why it can only be looked at.
    pub locked: Option<&'a str>,
    /// How the file on the host stands.
    pub standing: Standing,
    /// Whether it is being saved.
    pub saving: bool,
    /// Whether it is being compared with what is on the host.
    pub comparing: bool,
    /// Why it could not be saved the last time.
    pub failure: Option<&'a Failure>,
}

/// What a person wants of a text.
#[derive(Debug)]
pub enum EditorAct {
    /// Save it.
    Save,
    /// Show both texts side by side.
    Compare,
    /// Read it again; what is written here can be had back by undoing.
    TakeTheirs,
    /// Say no more of the last failure.
    Dismiss,
    /// Tell its words apart.
    Colour(Box<ColourWork>),
    /// Do what the window does.
    Command(WindowCommand),
}

/// A text and where somebody is in it.
#[derive(Debug, Default)]
pub struct EditorView {
    /// The text.
    pub document: Document,
    /// Where somebody is.
    pub area: TextArea,
    /// What its words are.
    pub colours: Colours,
    find: FindBar,
    go: GoToLine,
}

impl EditorView {
    /// Of a file of that name.
    pub fn new(document: Document, name: &str) -> Self {
        Self { document, colours: Colours::new(name), ..Self::default() }
    }

    /// Opens what finds words in it.
    pub fn find(&mut self) {
        self.find.open(&self.document, &self.area);
    }

    /// Opens what goes to a line.
    pub fn go_to_line(&mut self) {
        self.go.open();
    }

    /// Makes it another text in one step that can be taken back; the view stays where it is.
    pub fn become_text(&mut self, text: &str) {
        let first = self.area.first();
        let before = self.document.len();
        let selection = self.area.selection;
        let top_was_above = selection.head.line >= first;
        self.area.selection = self.document.become_text(text, selection);
        // What was changed above the view doesn't move it away from where one reads.
        let moved = self.area.selection.head.line.cast_signed() - selection.head.line.cast_signed();
        if top_was_above && before != self.document.len() {
            self.area.put_first(first.saturating_add_signed(moved));
        }
    }

    /// Draws it in all the room there is.
    pub fn ui(&mut self, ui: &mut Ui, data: &EditorData<'_>) -> Vec<EditorAct> {
        let mut acts = Vec::new();
        self.head(ui, data, &mut acts);
        bars(ui, data, &mut acts);
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 2));
        frame.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            self.find.ui(ui, &self.document, &mut self.area);
            self.go.ui(ui, &self.document, &mut self.area);
        });
        self.colours.follow(&mut self.document);
        let area = AreaData {
            id: data.id,
            name: data.path,
            editable: data.locked.is_none(),
            colours: Some(&self.colours),
            needle: self.find.needle(),
            first_line: Some(0),
        };
        let shown = self.area.ui(ui, &mut self.document, &area);
        self.menu(&shown.response, data, &mut acts);
        self.colours.follow(&mut self.document);
        if let Some(work) = self.colours.wanted(&self.document, shown.lines.end) {
            acts.push(EditorAct::Colour(work));
        }
        acts
    }

    fn head(&self, ui: &mut Ui, data: &EditorData<'_>, acts: &mut Vec<EditorAct>) {
        let theme = Theme::get(ui.ctx());
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 2));
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(size::CONTROL);
                let layout = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(layout, |ui| {
                    let mac = ui.ctx().os().is_mac();
                    if data.locked.is_none() {
                        let modified = self.document.is_modified();
                        let words = if data.saving { "Saving …" } else { "Save" };
                        let save = button_enabled(ui, modified && !data.saving, Kind::Plain, words);
                        let keys = keys_of(WindowCommand::SaveFile, mac);
                        if save.on_hover_text(keys).clicked() {
                            acts.push(EditorAct::Save);
                        }
                        if modified {
                            let words = RichText::new("● not saved").size(size::SMALL);
                            ui.label(words.color(theme.warn));
                        }
                    }
                    let at = self.area.selection.head;
                    let column = self.document.line(at.line).get(..at.byte);
                    let column = column.map_or(0, |text| text.chars().count()) + 1;
                    let words = format!("Line {}, {column}", at.line + 1);
                    ui.label(RichText::new(words).size(size::SMALL).color(theme.muted));
                    if self.document.ending() == "\r\n" {
                        ui.label(RichText::new("CRLF").size(size::SMALL).color(theme.muted));
                    }
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let words = RichText::new(plain(data.path)).size(size::SMALL);
                        let label = Label::new(words.color(theme.muted)).truncate();
                        ui.add(label).on_hover_text(format!("{} on {}", data.path, data.host));
                    });
                });
            });
        });
    }

    fn menu(&self, response: &egui::Response, data: &EditorData<'_>, acts: &mut Vec<EditorAct>) {
        let ctx = response.ctx.clone();
        let by_keys = response.has_focus()
            && ctx.input_mut(|input| {
                input.consume_key(egui::Modifiers::SHIFT, egui::Key::F10)
                    || input.consume_key(egui::Modifiers::NONE, egui::Key::Menu)
            });
        let opens = response.secondary_clicked() || by_keys;
        let command = opens.then_some(egui::SetOpenCommand::Bool(true));
        let popup = Popup::menu(response).open_memory(command).accessible_name("Text");
        popup.at_pointer_fixed().show(|ui| {
            ui.set_min_width(170.0);
            let mac = ctx.os().is_mac();
            let mut is_used = false;
            // What keys do to the text is done by keys.
            let has = !self.area.selection.is_empty();
            let editable = data.locked.is_none();
            let clipboard = [
                ("Cut", ViewportCommand::RequestCut, has && editable),
                ("Copy", ViewportCommand::RequestCopy, has),
                ("Paste", ViewportCommand::RequestPaste, editable),
            ];
            for (words, command, usable) in clipboard {
                if ui.add_enabled(usable, egui::Button::new(words)).clicked() {
                    is_used = true;
                    response.request_focus();
                    ctx.send_viewport_cmd(command);
                }
            }
            ui.separator();
            for (words, command, usable) in [
                ("Save", WindowCommand::SaveFile, editable && self.document.is_modified()),
                ("Find…", WindowCommand::SearchTranscript, true),
                ("Go to line…", WindowCommand::GoToLine, true),
                ("Show in tree", WindowCommand::RevealFile, true),
            ] {
                let button = egui::Button::new(words).shortcut_text(keys_of(command, mac));
                if ui.add_enabled(usable, button).clicked() {
                    is_used = true;
                    acts.push(EditorAct::Command(command));
                }
            }
            if is_used {
                ui.close();
            }
        });
    }
}

/// What is said over a text.
fn bars(ui: &mut Ui, data: &EditorData<'_>, acts: &mut Vec<EditorAct>) {
    let theme = Theme::get(ui.ctx());
    if let Some(why) = data.locked {
        bar(ui, theme.muted, |ui| {
            ui.add(Label::new(RichText::new(why).size(size::SMALL)).wrap());
        });
    }
    if let Some(failure) = data.failure {
        bar(ui, theme.bad, |ui| {
            let message = plain(&with_host(failure)).into_owned();
            ui.add(Label::new(format!("It isn't saved: {message}")).wrap());
            if let Some(hint) = &failure.hint {
                ui.add(Label::new(RichText::new(plain(hint)).color(theme.muted)).wrap());
            }
            if button(ui, Kind::Plain, "Try again").clicked() {
                acts.push(EditorAct::Save);
            }
            if button(ui, Kind::Quiet, "Dismiss").clicked() {
                acts.push(EditorAct::Dismiss);
            }
        });
    }
    match data.standing {
        Standing::Same => {}
        Standing::Changed => bar(ui, theme.warn, |ui| {
            ui.label(format!("This file was changed on {}", data.host));
            let words = if data.comparing { "Comparing …" } else { "Compare" };
            if button_enabled(ui, !data.comparing, Kind::Plain, words).clicked() {
                acts.push(EditorAct::Compare);
            }
            let theirs = button(ui, Kind::Plain, "Take theirs");
            if theirs.on_hover_text("Yours can be had back by undoing").clicked() {
                acts.push(EditorAct::TakeTheirs);
            }
        }),
        Standing::Gone => bar(ui, theme.warn, |ui| {
            ui.label(format!("This file is no longer there on {}", data.host));
            if data.locked.is_none() && button(ui, Kind::Plain, "Save as new").clicked() {
                acts.push(EditorAct::Save);
            }
        }),
    }
}

fn bar(ui: &mut Ui, colour: egui::Color32, contents: impl FnOnce(&mut Ui)) {
    let theme = Theme::get(ui.ctx());
    Frame::new().fill(theme.tint(colour)).inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            contents(ui);
        });
    });
}
