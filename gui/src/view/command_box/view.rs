//! The command box's view.

use egui::{
    CentralPanel, Color32, CornerRadius, FontId, Frame, Id, Key, Label, Margin, Modifiers, Panel,
    Rect, RichText, ScrollArea, Stroke, TextEdit, TextWrapMode, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use lucide_icons::Icon;
use orchestrator::seam::OperationState;

use super::block::{self, Laid};
use super::data::{BlockAct, CommandBoxAct, CommandBoxData, LineData};
use super::help::LineHelp;
use super::output::Cells;
use crate::theme::{Theme, radius, size, space, strong};
use crate::widget::{
    Kind, button, button_enabled, failure_card, icon, pill, plain, pressed_exactly, small_button,
    small_icon_button,
};

/// Lines of a text in the box that are seen before it is scrolled.
const MOST_ROWS: f32 = 6.0;
/// Around the text in its field.
const PAD: f32 = 4.0;
/// How wide the name of a directory may be.
const DIRECTORY: f32 = 220.0;

/// Why nothing is run while a line is searched for.
pub const TAKE_ONE_FIRST: &str = "Take one of the lines first, or leave the search";

/// How many lines a text has, where it has several.
pub fn several(text: &str) -> Option<usize> {
    let lines = text.trim_end().lines().count();
    (lines > 1).then_some(lines)
}

/// The command box.
#[derive(Debug, Default)]
pub struct CommandBoxView {
    of: Option<Id>,
    help: LineHelp,
    focus: bool,
    search: bool,
    /// Several lines wait for a person's word.
    asks: bool,
    has_focus: bool,
}

impl CommandBoxView {
    /// Puts the cursor into it with the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Looks for a line that was run.
    pub fn search(&mut self) {
        self.focus = true;
        self.search = true;
    }

    /// Whether somebody types in it.
    pub fn has_focus(&self) -> bool {
        self.has_focus
    }

    /// Another line stands there.
    pub fn forget_line(&mut self) {
        self.help.forget();
        self.asks = false;
    }

    /// Draws it, and says what somebody wants. `text` is what stands in the box.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        text: &mut String,
        data: &CommandBoxData<'_>,
    ) -> Vec<CommandBoxAct> {
        if self.of != Some(data.id) {
            *self = Self { of: Some(data.id), focus: self.focus, ..Self::default() };
        }
        self.help.take_up(text);
        let mut acts = Vec::new();
        ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
        let inner = Frame::new().inner_margin(Margin::symmetric(12, 4));
        Panel::top("command box bar")
            .frame(inner)
            .show_separator_line(false)
            .show(ui, |ui| bar(ui, data, &mut acts));
        let inner = Frame::new().inner_margin(Margin { left: 12, right: 12, top: 2, bottom: 8 });
        Panel::bottom("command box line").frame(inner).show_separator_line(false).show(ui, |ui| {
            self.ask_and_say(ui, text, data, &mut acts);
            self.line(ui, text, data, &mut acts);
        });
        let inner = Frame::new().inner_margin(Margin::symmetric(12, 0));
        CentralPanel::no_frame().frame(inner).show(ui, |ui| blocks(ui, data, &mut acts));
        self.help.put_down(text, 0);
        acts
    }

    fn ask_and_say(
        &mut self,
        ui: &mut Ui,
        text: &str,
        data: &CommandBoxData<'_>,
        acts: &mut Vec<CommandBoxAct>,
    ) {
        if let Some(failure) = data.failure {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Dismiss").clicked() {
                    acts.push(CommandBoxAct::Dismiss);
                }
            });
        }
        let Some(lines) = several(text).filter(|_| self.asks && !self.help.is_searching()) else {
            self.asks = false;
            return;
        };
        ui.horizontal_wrapped(|ui| {
            let theme = Theme::get(ui.ctx());
            icon(ui, Icon::TriangleAlert, theme.warn);
            ui.label(format!("These are {lines} lines. All of them run on {}.", data.line.host));
            let run = button(ui, Kind::Primary, &format!("Run {lines} lines"));
            if run.clicked() {
                self.asks = false;
                acts.push(CommandBoxAct::Run);
            }
            if button(ui, Kind::Plain, "Back").clicked() {
                self.asks = false;
                self.focus = true;
            }
        });
    }

    fn line(
        &mut self,
        ui: &mut Ui,
        text: &mut String,
        data: &CommandBoxData<'_>,
        acts: &mut Vec<CommandBoxAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let field = data.id.with("line");
        let focused = ui.ctx().memory(|memory| memory.has_focus(field));
        let mut wanted = None;
        if focused && !data.starting {
            wanted = self.help.before(ui, field, text, 0, &data.line);
            if pressed_exactly(ui, Modifiers::NONE, Key::Enter) {
                self.run(text, acts);
            }
            if pressed_exactly(ui, Modifiers::NONE, Key::Escape) {
                acts.push(CommandBoxAct::Close);
            }
        }
        if std::mem::take(&mut self.search) {
            self.help.search(text);
        }
        let rim = if focused { theme.accent } else { theme.line_strong };
        let frame = Frame::new()
            .fill(theme.raised)
            .stroke(Stroke::new(1.0, rim))
            .corner_radius(CornerRadius::same(radius::SMALL))
            .inner_margin(Margin::symmetric(8, 4));
        let shown = frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                place(ui, &theme, &data.line);
                let run = size::CONTROL + 3.0 * space::M;
                let wide = (ui.available_width() - run).max(80.0);
                let response = self.field(ui, field, wide, text, data);
                let searching = self.help.is_searching();
                let ready = !text.trim().is_empty() && !data.starting && !searching;
                let words = if data.starting { "…" } else { "Run" };
                let why = if searching { TAKE_ONE_FIRST } else { "Type a command first" };
                if button_enabled(ui, ready, Kind::Primary, words)
                    .on_disabled_hover_text(why)
                    .clicked()
                {
                    self.run(text, acts);
                }
                response
            })
            .inner
        });
        let over = shown.response.rect;
        let behind = self.help.after(ui, &shown.inner, over, text, 0, &data.line);
        self.has_focus = shown.inner.has_focus();
        if let Some((line, now)) = behind.or(wanted) {
            acts.push(CommandBoxAct::Want { line, now });
        }
    }

    fn field(
        &mut self,
        ui: &mut Ui,
        field: Id,
        wide: f32,
        text: &mut String,
        data: &CommandBoxData<'_>,
    ) -> egui::Response {
        let theme = Theme::get(ui.ctx());
        let hint = if self.help.is_searching() {
            "Search the lines that were run".to_owned()
        } else {
            format!(
                "A command for {} …   Tab completes, ↑ and Ctrl+R find old ones",
                data.line.host
            )
        };
        let font = FontId::monospace(size::CODE);
        let cell = cells(ui, wide - 2.0 * PAD);
        let rows: usize =
            text.split('\n').map(|line| line.chars().count().div_ceil(cell.columns).max(1)).sum();
        #[expect(clippy::cast_precision_loss, reason = "it is cut off at a few rows")]
        let high = (rows as f32).min(MOST_ROWS) * cell.height + 2.0 * PAD;
        let response = ScrollArea::vertical()
            .id_salt(data.id.with("scroll"))
            .max_height(high)
            .min_scrolled_height(high)
            .max_width(wide)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(text)
                    .id(field)
                    .hint_text(RichText::new(hint).color(theme.muted))
                    .frame(Frame::NONE)
                    .background_color(Color32::TRANSPARENT)
                    .desired_rows(1)
                    .desired_width(wide)
                    .margin(Margin::same(PAD as i8))
                    .font(font)
                    .return_key(egui::KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
                    .event_filter(egui::EventFilter { escape: true, ..self.help.filter() });
                ui.add_enabled(!data.starting, edit)
            })
            .inner;
        let name = format!("Command on {}", data.line.host);
        response.widget_info(|| {
            WidgetInfo::labeled(egui::Role::MultilineTextInput, !data.starting, &name)
        });
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        response
    }

    fn run(&mut self, text: &str, acts: &mut Vec<CommandBoxAct>) {
        // What is searched for is no line.
        if text.trim().is_empty() || self.help.is_searching() {
            return;
        }
        if several(text).is_some() {
            self.asks = true;
        } else {
            acts.push(CommandBoxAct::Run);
        }
    }
}

fn bar(ui: &mut Ui, data: &CommandBoxData<'_>, acts: &mut Vec<CommandBoxAct>) {
    let theme = Theme::get(ui.ctx());
    ui.horizontal(|ui| {
        icon(ui, Icon::SquareTerminal, theme.muted);
        let words = format!("Commands on {}", plain(data.line.host));
        ui.add(Label::new(RichText::new(words).font(strong(size::BODY))).selectable(false));
        let runs = data.blocks.iter().filter(|block| !block.operation.state.is_over()).count();
        if runs > 0 {
            let words = RichText::new(format!("{runs} running")).size(size::SMALL);
            ui.add(Label::new(words.color(theme.busy)).selectable(false));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if small_icon_button(ui, Icon::X, "Close the command box").clicked() {
                acts.push(CommandBoxAct::Close);
            }
            let is_over = data.blocks.iter().any(|block| block.operation.state.is_over());
            if is_over && small_button(ui, "Clear", theme.muted).clicked() {
                acts.push(CommandBoxAct::Clear);
            }
        });
    });
}

/// Where it runs: the machine, and the directory there.
pub(crate) fn place(ui: &mut Ui, theme: &Theme, line: &LineData<'_>) {
    let (mark, colour) = match line.remote {
        true => (Icon::Server, theme.remote),
        false => (Icon::Monitor, theme.muted),
    };
    pill(ui, Some(mark), &plain(line.host), colour);
    let directory = plain(line.directory);
    let text = RichText::new(directory.as_ref()).size(size::SMALL).color(theme.muted);
    let galley = egui::WidgetText::from(text.clone());
    let galley =
        galley.into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, FontId::default());
    let wide = galley.size().x.min(DIRECTORY).ceil() + 1.0;
    ui.add_sized(vec2(wide, size::CONTROL - 8.0), Label::new(text).truncate().selectable(false))
        .on_hover_text(directory.as_ref());
}

fn blocks(ui: &mut Ui, data: &CommandBoxData<'_>, acts: &mut Vec<CommandBoxAct>) {
    let theme = Theme::get(ui.ctx());
    if data.blocks.is_empty() {
        let words = "What runs here goes on without this window, over lost connections, too. The agent isn't told of it.";
        let words = RichText::new(words).size(size::SMALL).color(theme.muted);
        ui.add(Label::new(words).wrap().selectable(false));
        return;
    }
    if data.blocks.iter().any(is_counted) {
        ui.ctx().request_repaint_after_secs(1.0);
    }
    ScrollArea::vertical()
        .id_salt(data.id.with("blocks"))
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show_viewport(ui, |ui, viewport| {
            let wide = ui.available_width() - space::S;
            let cell = cells(ui, wide - space::M - space::S);
            let laid: Vec<Laid> = data.blocks.iter().map(|block| Laid::of(block, cell)).collect();
            let high: f32 = laid.iter().map(Laid::height).sum();
            ui.set_height(high);
            let origin = ui.min_rect().min;
            let mut top = 0.0;
            for (block, laid) in data.blocks.iter().zip(&laid) {
                let bottom = top + laid.height();
                if bottom >= viewport.top() && top <= viewport.bottom() {
                    let place = Rect::from_min_max(
                        pos2(origin.x, origin.y + top),
                        pos2(origin.x + wide, origin.y + bottom),
                    );
                    let id = block.operation.id.clone();
                    if block.console.is_none() && block.operation.output > 0
                        || block.console.is_none() && !block.operation.state.is_over()
                    {
                        acts.push(CommandBoxAct::Block(id.clone(), BlockAct::Look));
                    }
                    let inside = UiBuilder::new().max_rect(place).id_salt(&id);
                    let mut inside = ui.new_child(inside);
                    if let Some(act) = block::draw(&mut inside, block, laid, place, data.now) {
                        acts.push(CommandBoxAct::Block(id, act));
                    }
                }
                top = bottom;
            }
        });
}

/// Whether its time is shown as it passes.
fn is_counted(block: &super::data::Block) -> bool {
    matches!(block.operation.state, OperationState::Running | OperationState::Away { .. })
}

fn cells(ui: &Ui, wide: f32) -> Cells {
    let font = FontId::monospace(size::CODE);
    let (width, height) =
        ui.fonts_mut(|fonts| (fonts.glyph_width(&font, '0'), fonts.row_height(&font)));
    // A few columns are there however narrow the window is.
    let columns = (wide / width.max(1.0)).floor().max(8.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 8")]
    let columns = columns as usize;
    Cells { width, height, columns }
}
