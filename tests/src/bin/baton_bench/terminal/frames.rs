//! Frames of the terminal's view, without a window: laid out, shown and made triangles. Nothing is rasterized.

use std::time::Duration;

use baton_gui::fonts;
use baton_gui::terminal::Glyphs;
use baton_gui::theme::{Theme, space};
use baton_gui::view::terminal::{TerminalData, TerminalView};
use egui::{Context, Pos2, RawInput, Rect, UiBuilder, vec2};
use orchestrator::seam::TerminalState;
use orchestrator::terminal::Screen;

use super::shell::{COLUMNS, ROWS};
use crate::table::Row;
use crate::window::frames::{Costs, thread_cpu};
use crate::{Outcome, Scale};

/// What a frame may take, in ms.
pub const MARK_MS: f64 = 8.0;

/// Letters of a terminal, in points.
const FONT: f32 = 13.0;

/// The view, in a window that has room for all its cells.
pub struct Stage {
    ctx: Context,
    view: TerminalView,
    frames: u64,
}

impl Stage {
    /// One whose letters are known.
    pub fn new() -> Self {
        let ctx = Context::default();
        ctx.set_fonts(fonts::definitions());
        Theme::DARK.put(&ctx);
        let mut stage = Self { ctx, view: TerminalView::default(), frames: 0 };
        // Fonts count from the second frame on, and letters are drawn when they are first seen.
        let mut screen = Screen::new(COLUMNS, ROWS);
        for number in 0..30 {
            screen.feed(&coloured(number));
            stage.frame(Some(&mut screen));
        }
        stage
    }

    /// What a frame costs of the processor; one without a screen shows what the last one showed.
    pub fn frame(&mut self, mut screen: Option<&mut Screen>) -> Duration {
        let begun = thread_cpu();
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(3000.0, 2000.0))),
            time: Some(self.frames as f64 / 60.0),
            ..RawInput::default()
        };
        let data = TerminalData {
            name: "Terminal 1",
            state: &TerminalState::Open,
            unkept: None,
            directory: None,
            copy_on_select: false,
            font_size: FONT,
        };
        let view = &mut self.view;
        let mut output = self.ctx.run_ui(input, |ui| {
            // Exactly as many cells as the shell has, half a cell to spare.
            let cell = Glyphs::default().begin(ui.ctx(), FONT);
            let cells = cell.rect(0, COLUMNS.into()).size() * vec2(1.0, ROWS.into());
            let edge = vec2(space::XS + space::S, space::XS);
            let spare = vec2(cell.width, cell.height) / 2.0;
            let rect = Rect::from_min_size(Pos2::ZERO, cells + edge + spare);
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                // Nobody wishes anything here.
                view.show_found(ui, screen.as_deref_mut(), &data);
            });
        });
        let triangles =
            self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = thread_cpu().saturating_sub(begun);
        // There is nobody to upload them to.
        output.drop_without_applying_deltas();
        drop(triangles);
        took
    }
}

/// Measures a screen whose cells are all new with each frame.
pub fn measure(scale: Scale) -> Outcome<Vec<Row>> {
    let count = if scale.quick { 200 } else { 1_000 };
    let mut stage = Stage::new();
    let mut screen = Screen::new(COLUMNS, ROWS);
    let mut costs = Vec::new();
    for number in 0..count {
        // A worker's thread does this.
        screen.feed(&coloured(number));
        costs.push(stage.frame(Some(&mut screen)));
    }
    if (screen.columns(), screen.rows()) != (COLUMNS.into(), ROWS.into()) {
        return Err(format!("{} x {} cells were shown", screen.columns(), screen.rows()).into());
    }
    let costs = Costs::of(costs);
    let longest = costs.quantile(1.0);
    Ok(vec![Row {
        what: format!("terminal, {COLUMNS} × {ROWS} coloured cells, all new: a frame"),
        ours: costs.words(),
        ssh: String::new(),
        ratio: None,
        mark: Some((format!("each ≤ {MARK_MS} ms"), longest <= MARK_MS)),
    }])
}

/// Every cell another letter and other colours than in the frame before.
fn coloured(frame: usize) -> Vec<u8> {
    let mut bytes = b"\x1b[H".to_vec();
    for row in 0..usize::from(ROWS) {
        for column in 0..usize::from(COLUMNS) {
            let number = frame + row * 7 + column * 3;
            let letter = char::from(b'a' + ((row + column + frame) % 26) as u8);
            let [red, green, blue, back] = [1, 5, 11, 13].map(|factor| number * factor % 256);
            let text = format!("\x1b[38;2;{red};{green};{blue};48;5;{back}m{letter}");
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(b"\x1b[0m");
        if row + 1 < usize::from(ROWS) {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes
}
