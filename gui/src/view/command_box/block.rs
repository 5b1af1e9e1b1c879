//! A line that was run: how it stands, what it has printed, and what can be done with it.

use egui::text::LayoutJob;
use egui::{
    Align, Align2, Color32, Label, Layout, Popup, Rect, RichText, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use jiff::Timestamp;
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::OperationState;

use super::data::{Block, BlockAct, Unfolded};
use super::output::{self, Cells};
use crate::theme::{Theme, radius, size, space, strong_code};
use crate::widget::{plain, small_icon_button};
use crate::words::{duration, with_host};

/// How high its own line is.
const HEAD: f32 = 30.0;
/// How high a line of words below it is.
const NOTE: f32 = 20.0;
/// Between two blocks.
const GAP: f32 = 6.0;
/// Rows that are shown of an output until a person wants all of it.
const LAST_ROWS: usize = 12;

/// How a block is laid out.
#[derive(Debug)]
pub(super) struct Laid {
    /// Rows that aren't shown, above those that are.
    hidden: usize,
    rows: usize,
    notes: Vec<(String, bool)>,
    /// Whether lines are gone for good.
    is_cut: bool,
    cell: Cells,
}

impl Laid {
    pub(super) fn of(block: &Block, cell: Cells) -> Self {
        let mut laid = Self { hidden: 0, rows: 0, notes: notes(block), is_cut: false, cell };
        if block.shown == Unfolded::Nothing {
            return laid;
        }
        if let Some(console) = &block.console {
            let console = console.look();
            let all: usize = console.lines().map(|line| line.rows(cell.columns)).sum();
            laid.rows = match block.shown {
                Unfolded::Nothing => 0,
                Unfolded::Last => all.min(LAST_ROWS),
                Unfolded::All => all,
            };
            laid.hidden = all - laid.rows;
            laid.is_cut = console.is_cut();
        }
        laid
    }

    fn above(&self) -> f32 {
        if self.hidden > 0 || self.is_cut { NOTE } else { 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few ten thousand rows")]
    fn output(&self) -> f32 {
        self.rows as f32 * self.cell.height
    }

    #[expect(clippy::cast_precision_loss, reason = "two at most")]
    pub(super) fn height(&self) -> f32 {
        HEAD + self.above() + self.output() + self.notes.len() as f32 * NOTE + GAP
    }
}

/// Draws it into `place`; of its output only what lies in the clip.
pub(super) fn draw(
    ui: &mut Ui,
    block: &Block,
    laid: &Laid,
    place: Rect,
    now: Timestamp,
) -> Option<BlockAct> {
    let theme = Theme::get(ui.ctx());
    let card = Rect::from_min_max(place.min, pos2(place.right(), place.bottom() - GAP));
    let (_, colour) = stands(block, &theme);
    ui.painter().rect(
        card,
        f32::from(radius::SMALL),
        theme.sunken,
        Stroke::new(1.0, theme.line),
        egui::StrokeKind::Inside,
    );
    let edge = Rect::from_min_max(card.min, pos2(card.left() + 3.0, card.bottom()));
    ui.painter().rect_filled(edge, 1.5, colour);
    let head_place = Rect::from_min_size(card.min, vec2(card.width(), HEAD));
    let mut act = head(ui, block, head_place, now);
    let mut top = head_place.bottom();
    let left = card.left() + space::M;
    let line_place =
        |top: f32| Rect::from_min_max(pos2(left, top), pos2(card.right() - space::S, top + NOTE));
    if laid.above() > 0.0 {
        let mut inside = ui.new_child(UiBuilder::new().max_rect(line_place(top)));
        act = above(&mut inside, &theme, block, laid).or(act);
        top += NOTE;
    }
    if let Some(console) = block.console.as_ref().filter(|_| laid.rows > 0) {
        let origin = pos2(left, top);
        let rows = laid.hidden..laid.hidden + laid.rows;
        output::draw(ui, &theme, &console.look(), rows, laid.cell, origin);
        top += laid.output();
    }
    for (words, is_why) in &laid.notes {
        let colour = if *is_why { colour } else { theme.muted };
        let mut inside = ui.new_child(UiBuilder::new().max_rect(line_place(top)));
        let text = RichText::new(words.as_str()).size(size::SMALL).color(colour);
        inside.add(Label::new(text).truncate()).on_hover_text(words.as_str());
        top += NOTE;
    }
    act
}

fn above(ui: &mut Ui, theme: &Theme, block: &Block, laid: &Laid) -> Option<BlockAct> {
    let mut act = None;
    ui.horizontal(|ui| {
        if laid.hidden > 0 {
            let words = match laid.hidden {
                1 => "1 row above: show all".to_owned(),
                many => format!("{} rows above: show all", crate::words::count(many as u64)),
            };
            if crate::widget::small_button(ui, &words, theme.link).clicked() {
                act = Some(BlockAct::Show(Unfolded::All));
            }
        }
        if laid.is_cut && (block.shown == Unfolded::All || laid.hidden == 0) {
            let words = RichText::new("What was printed before isn't kept").size(size::SMALL);
            ui.add(Label::new(words.color(theme.muted)).selectable(false));
        }
    });
    act
}

fn head(ui: &mut Ui, block: &Block, place: Rect, now: Timestamp) -> Option<BlockAct> {
    let theme = Theme::get(ui.ctx());
    let id = ui.scope_id().with(("line", &block.operation.id));
    let response = ui.interact(place, id, Sense::click());
    let line = shown_line(&block.line);
    let (words, colour) = stands(block, &theme);
    let took = took(block, now);
    let name = format!("{line} on {}: {words}", block.host);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(place, f32::from(radius::SMALL), theme.hover);
    }
    let mut act = None;
    let inside = Rect::from_min_max(place.min + vec2(space::M, 0.0), place.max - vec2(4.0, 0.0));
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inside).layout(layout));
    ui.spacing_mut().item_spacing.x = 2.0;
    let more = small_icon_button(&mut ui, Icon::Ellipsis, &format!("More for {line}"));
    let on_button = Popup::menu(&more).show(|ui| menu(ui, block)).and_then(|shown| shown.inner);
    let on_head =
        Popup::context_menu(&response).show(|ui| menu(ui, block)).and_then(|shown| shown.inner);
    act = on_button.or(on_head).or(act);
    if has_output(block) {
        let name = format!("Insert {line} into the message");
        if small_icon_button(&mut ui, Icon::MessageSquarePlus, &name).clicked() {
            act = Some(BlockAct::Insert);
        }
        let name = format!("Copy what {line} has printed");
        if small_icon_button(&mut ui, Icon::Copy, &name).clicked() {
            act = Some(BlockAct::CopyOutput);
        }
    }
    if block.operation.state.is_over() {
        let again = small_icon_button(&mut ui, Icon::RotateCw, &format!("Run {line} again"));
        // A double click is meant once, however fast the answer comes.
        if again.clicked() && !again.double_clicked() && !again.triple_clicked() {
            act = Some(BlockAct::Again);
        }
    } else if small_icon_button(&mut ui, Icon::CircleStop, &format!("Stop {line}")).clicked() {
        act = Some(BlockAct::Stop);
    }
    ui.add_space(space::S);
    let small = |text: &str, colour: Color32| {
        let text = RichText::new(text).size(size::SMALL).color(colour);
        Label::new(text).selectable(false)
    };
    if let Some(took) = took {
        ui.add(small(&took, theme.muted));
        ui.add_space(space::S);
    }
    ui.add(small(&words, colour));
    ui.add_space(space::S);
    ui.add(small(&plain(&block.host), theme.muted));
    let rest = ui.available_rect_before_wrap();
    let painter = ui.painter();
    let fold =
        if block.shown == Unfolded::Nothing { Icon::ChevronRight } else { Icon::ChevronDown };
    let mark = String::from(char::from(fold));
    let icon = crate::theme::icons(size::SMALL);
    painter.text(rest.left_center(), Align2::LEFT_CENTER, mark, icon, theme.muted);
    let mut job = LayoutJob::simple_singleline(line, strong_code(size::CODE), theme.text);
    let room = (rest.width() - 18.0 - space::M).max(0.0);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = painter.layout_job(job);
    let at = pos2(rest.left() + 18.0, rest.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, theme.text);
    if act.is_none() && response.clicked() {
        let shown = match block.shown {
            Unfolded::Nothing => Unfolded::Last,
            Unfolded::Last | Unfolded::All => Unfolded::Nothing,
        };
        act = Some(BlockAct::Show(shown));
    }
    act
}

fn menu(ui: &mut Ui, block: &Block) -> Option<BlockAct> {
    ui.set_min_width(200.0);
    let is_over = block.operation.state.is_over();
    let shown = match block.shown {
        Unfolded::Nothing => ("Show its output", Unfolded::Last),
        Unfolded::Last => ("Show all of its output", Unfolded::All),
        Unfolded::All => ("Hide its output", Unfolded::Nothing),
    };
    let is_one_line = !block.line.contains('\n');
    let is_away = matches!(block.operation.state, OperationState::Away { .. });
    let entries = [
        ("Stop", BlockAct::Stop, !is_over),
        ("Run again", BlockAct::Again, true),
        ("Edit in the box", BlockAct::Edit, true),
        ("Open in a terminal", BlockAct::Terminal, is_one_line),
        ("Insert into the message", BlockAct::Insert, true),
        ("Copy the line", BlockAct::CopyLine, true),
        ("Copy the output", BlockAct::CopyOutput, has_output(block)),
        (shown.0, BlockAct::Show(shown.1), has_output(block)),
        ("Remove", BlockAct::Remove, is_over || is_away),
    ];
    let mut picked = None;
    for (words, act, can) in entries {
        if ui.add_enabled(can, egui::Button::new(words)).clicked() {
            picked = Some(act);
        }
    }
    picked
}

/// Whether it has printed anything.
pub(super) fn has_output(block: &Block) -> bool {
    block.operation.output > 0
        || block.console.as_ref().is_some_and(|console| !console.look().is_empty())
}

fn shown_line(line: &str) -> String {
    plain(&line.replace('\n', " ⏎ ")).into_owned()
}

/// How it stands, in a word and a colour.
fn stands(block: &Block, theme: &Theme) -> (String, Color32) {
    match &block.operation.state {
        OperationState::Waiting => ("begins".to_owned(), theme.busy),
        OperationState::Running => ("runs".to_owned(), theme.busy),
        OperationState::Away { .. } => ("out of reach".to_owned(), theme.warn),
        OperationState::Done { outcome } => match outcome.status {
            Some(0) => ("done".to_owned(), theme.good),
            Some(status) => (exit_words(status), theme.bad),
            None => ("ended".to_owned(), theme.muted),
        },
        OperationState::Failed { .. } => ("failed".to_owned(), theme.bad),
        OperationState::Stopped => ("stopped".to_owned(), theme.muted),
    }
}

/// What a shell says by a status: from 128 on, the number of the signal that ended it.
pub(super) fn exit_words(status: u8) -> String {
    let what = match status {
        126 => "can't be run",
        127 => "not found",
        130 => "interrupted",
        137 => "killed",
        139 => "crashed",
        143 => "terminated",
        _ => return format!("exit {status}"),
    };
    format!("exit {status}, {what}")
}

fn took(block: &Block, now: Timestamp) -> Option<String> {
    let operation = &block.operation;
    if matches!(operation.state, OperationState::Waiting) {
        return None;
    }
    let ended = operation.ended_at.or((!operation.state.is_over()).then_some(now))?;
    let took = ended.as_millisecond().saturating_sub(operation.started_at.as_millisecond());
    let took = u64::try_from(took).unwrap_or(0);
    // What runs is counted in whole seconds: nothing flickers.
    let took = if operation.ended_at.is_some() { took } else { took / 1000 * 1000 };
    Some(duration(took))
}

/// What is said below its output: why it failed, and what to do.
fn notes(block: &Block) -> Vec<(String, bool)> {
    let of = |why: &Failure| {
        let mut notes = vec![(plain(&with_host(why)).into_owned(), true)];
        notes.extend(why.hint.as_deref().map(|hint| (plain(hint).into_owned(), false)));
        notes
    };
    match &block.operation.state {
        OperationState::Failed { why } => of(why),
        OperationState::Away { why } => {
            let mut notes = of(why);
            notes.truncate(1);
            notes
                .push(("It goes on there, and is followed again once it can be".to_owned(), false));
            notes
        }
        OperationState::Waiting
        | OperationState::Running
        | OperationState::Done { .. }
        | OperationState::Stopped => Vec::new(),
    }
}
