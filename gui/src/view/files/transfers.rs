//! Files on their way between this machine and a host, and those that have arrived.

use egui::{
    Id, Key, Label, Modifiers, ProgressBar, RichText, ScrollArea, Sense, Ui, UiBuilder, vec2,
};
use lucide_icons::Icon;

use crate::theme::{Theme, size, space};
use crate::widget::{RowMenu, icon, small_button, small_icon_button};
use crate::words::of_many;

/// How much of the bar the list takes at most, in points: six rows, that the tree keeps its room.
const HIGHEST: f32 = 168.0;

/// How a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// It goes on, or waits for that.
    UnderWay,
    /// All of it is there.
    Done,
    /// It failed, or was stopped: it can be gone on with.
    Halted,
}

/// A transfer, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// Which.
    pub id: String,
    /// Whether it goes to the host.
    pub up: bool,
    /// Its name.
    pub name: String,
    /// Where to: `/srv/api/src` on the host, `/home/ada/Downloads` here.
    pub place: String,
    /// How it stands: `12 MB of 40 MB, 3 MB/s, 9 s left`, why it failed.
    pub about: String,
    /// What to do about a failure.
    pub hint: Option<String>,
    /// How much is done, 0 to 1, where that is known.
    pub part: Option<f32>,
    /// How it stands.
    pub state: TransferState,
}

/// What a person wants of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferAct {
    /// Stop it; it can be gone on with.
    Stop(String),
    /// Begin it again where it was.
    Again(String),
    /// Show where it went: in the tree, or in the desktop's files.
    Show(String),
    /// Put where it went on the clipboard.
    CopyPath(String),
    /// Say no more of it.
    Forget(String),
    /// Say no more of all that are over.
    ForgetOver,
}

/// The list's own state.
#[derive(Debug, Default)]
pub struct TransfersView {
    folded: bool,
    menu: RowMenu,
}

impl TransfersView {
    /// Draws them; nothing where there are none.
    pub fn ui(&mut self, ui: &mut Ui, all: &[Transfer]) -> Option<TransferAct> {
        if all.is_empty() {
            return None;
        }
        let mut act = self.top(ui, all);
        if !self.folded {
            ScrollArea::vertical().id_salt("transfers").max_height(HIGHEST).show(ui, |ui| {
                ui.set_width(ui.available_width());
                for transfer in all {
                    act = self.row(ui, transfer).or(act.take());
                }
            });
        }
        ui.separator();
        act
    }

    fn top(&mut self, ui: &mut Ui, all: &[Transfer]) -> Option<TransferAct> {
        let theme = Theme::get(ui.ctx());
        let count = |state| all.iter().filter(|transfer| transfer.state == state).count();
        let under_way = count(TransferState::UnderWay);
        let mut act = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            let (mark, name) = if self.folded {
                (Icon::ChevronRight, "Show the transfers")
            } else {
                (Icon::ChevronDown, "Fold the transfers")
            };
            if small_icon_button(ui, mark, name).clicked() {
                self.folded = !self.folded;
            }
            let words = if under_way > 0 {
                let under_way = u64::try_from(under_way).unwrap_or(u64::MAX);
                format!("{} under way", of_many(under_way, "transfer", "transfers"))
            } else {
                "Transfers".to_owned()
            };
            ui.add(Label::new(RichText::new(words).size(size::SMALL).color(theme.muted)));
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(layout, |ui| {
                if under_way < all.len()
                    && small_button(ui, "Clear", theme.muted)
                        .on_hover_text("Takes those that are over from the list; files stay")
                        .clicked()
                {
                    act = Some(TransferAct::ForgetOver);
                }
            });
        });
        act
    }

    fn row(&mut self, ui: &mut Ui, transfer: &Transfer) -> Option<TransferAct> {
        let theme = Theme::get(ui.ctx());
        let mut act = None;
        let id = Id::unique(("transfer", transfer.id.as_str()));
        let (at, width) = (ui.cursor().min, ui.available_width());
        let bar = transfer.part.filter(|_| transfer.state == TransferState::UnderWay);
        let height = if bar.is_some() { 48.0 } else { 42.0 };
        let rect = egui::Rect::from_min_size(at, vec2(width, height));
        let row = ui.interact(rect, id, Sense::click());
        row.widget_info(|| {
            let words = format!("{}, {}", transfer.name, transfer.about);
            egui::WidgetInfo::labeled(egui::Role::ListItem, true, words)
        });
        if row.has_focus() || row.contains_pointer() {
            let stroke = if row.has_focus() {
                egui::Stroke::new(1.5, theme.accent)
            } else {
                egui::Stroke::NONE
            };
            ui.painter().rect(rect, 6.0, theme.hover, stroke, egui::StrokeKind::Inside);
        }
        let inside = rect.shrink2(vec2(space::XS, 2.0));
        ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                let halted = transfer.state == TransferState::Halted;
                let (mark, colour) = match (transfer.state, transfer.up) {
                    (TransferState::Done, _) => (Icon::CircleCheck, theme.good),
                    (_, true) if halted => (Icon::Upload, theme.bad),
                    (_, false) if halted => (Icon::Download, theme.bad),
                    (_, true) => (Icon::Upload, theme.muted),
                    (_, false) => (Icon::Download, theme.muted),
                };
                icon(ui, mark, colour);
                let layout = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(layout, |ui| {
                    act = buttons(ui, transfer);
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let name = RichText::new(&transfer.name).size(size::SMALL);
                        ui.add(Label::new(name).truncate().selectable(false));
                    });
                });
            });
            let colour =
                if transfer.state == TransferState::Halted { theme.bad } else { theme.muted };
            let about = RichText::new(&transfer.about).size(size::SMALL).color(colour);
            ui.add(Label::new(about).truncate().selectable(false));
            if let Some(part) = bar {
                ui.add_space(2.0);
                ui.add(ProgressBar::new(part).desired_height(4.0));
            }
        });
        ui.advance_cursor_after_rect(rect);
        act = Self::keys(ui, &row, transfer).or(act);
        act = self.menu(ui, &row, transfer).or(act);
        row.on_hover_ui(|ui| {
            let way = if transfer.up { "To" } else { "Into" };
            ui.label(format!("{way} {}", transfer.place));
            ui.label(&transfer.about);
            if let Some(hint) = &transfer.hint {
                ui.weak(hint);
            }
        });
        act
    }

    fn keys(ui: &Ui, row: &egui::Response, transfer: &Transfer) -> Option<TransferAct> {
        if !row.has_focus() {
            return None;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let id = transfer.id.clone();
        if pressed(Modifiers::NONE, Key::Delete) {
            Some(match transfer.state {
                TransferState::UnderWay => TransferAct::Stop(id),
                TransferState::Done | TransferState::Halted => TransferAct::Forget(id),
            })
        } else if pressed(Modifiers::NONE, Key::Enter) {
            match transfer.state {
                TransferState::UnderWay => None,
                TransferState::Done => Some(TransferAct::Show(id)),
                TransferState::Halted => Some(TransferAct::Again(id)),
            }
        } else {
            None
        }
    }

    fn menu(&mut self, ui: &Ui, row: &egui::Response, transfer: &Transfer) -> Option<TransferAct> {
        self.menu.ui(ui, row, "Transfer", |ui| {
            let mut act = None;
            let id = || transfer.id.clone();
            let mut put = |ui: &mut Ui, words: &str, what: TransferAct| {
                if ui.button(words).clicked() {
                    act = Some(what);
                }
            };
            match transfer.state {
                TransferState::UnderWay => put(ui, "Stop", TransferAct::Stop(id())),
                TransferState::Halted => put(ui, "Go on", TransferAct::Again(id())),
                TransferState::Done => put(ui, show_words(transfer), TransferAct::Show(id())),
            }
            put(ui, "Copy path", TransferAct::CopyPath(id()));
            if transfer.state != TransferState::UnderWay {
                put(ui, "Remove from the list", TransferAct::Forget(id()));
            }
            act
        })
    }
}

fn show_words(transfer: &Transfer) -> &'static str {
    if transfer.up { "Show in tree" } else { "Show in its folder" }
}

fn buttons(ui: &mut Ui, transfer: &Transfer) -> Option<TransferAct> {
    let id = || transfer.id.clone();
    let name = &transfer.name;
    let mut put = |icon, words: &str| small_icon_button(ui, icon, words).clicked();
    match transfer.state {
        TransferState::UnderWay => {
            put(Icon::Square, &format!("Stop {name}")).then(|| TransferAct::Stop(id()))
        }
        TransferState::Done => {
            let forget = put(Icon::X, &format!("Remove {name} from the list"));
            let icon = if transfer.up { Icon::ListTree } else { Icon::FolderOpen };
            let show = put(icon, &format!("{}: {name}", show_words(transfer)));
            let forget = forget.then(|| TransferAct::Forget(id()));
            show.then(|| TransferAct::Show(id())).or(forget)
        }
        TransferState::Halted => {
            let forget = put(Icon::X, &format!("Remove {name} from the list"));
            let again = put(Icon::RefreshCw, &format!("Go on with {name}"));
            let forget = forget.then(|| TransferAct::Forget(id()));
            again.then(|| TransferAct::Again(id())).or(forget)
        }
    }
}
