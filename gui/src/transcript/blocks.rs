//! Blocks that stand by themselves: what an approval asks, a long note. Laid out only where they are in sight.

use std::sync::Arc;

use egui::{Rect, Sense, Ui, UiBuilder, pos2, vec2};
use jiff::Timestamp;

use super::data::TranscriptAct;
use super::entries::{Entries, Row};
use super::layout::Layouts;
use super::piece::{Key, Kind, Piece};
use super::scroll::At;
use super::show::{self, Chosen, Cx, Did};
use crate::text::{Block, Gap};
use crate::theme::Theme;

/// Blocks with what was laid out of them, to be shown in any [`egui::ScrollArea`].
#[derive(Debug, Default)]
pub struct Blocks {
    entries: Entries,
    layouts: Layouts,
}

impl Blocks {
    /// Shows these from now on.
    pub fn set(&mut self, mut blocks: Vec<Block>) {
        if let Some(first) = blocks.first_mut() {
            first.gap = Gap::None;
            first.seal();
        }
        *self = Self::default();
        let (at, source) = (Timestamp::UNIX_EPOCH, Arc::from(""));
        let (key, kind) = (Key::Event(0), Kind::Mark);
        self.entries.put(Piece { key, seq: 0, at, until: at, turn: None, kind, blocks, source });
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.entries.rows(0) == 0
    }

    /// How many were laid out so far.
    pub fn laid_out(&self) -> u64 {
        self.layouts.laid_out
    }

    /// Shows them, and gives links that are to be opened.
    pub fn ui(&mut self, ui: &mut Ui) -> Vec<String> {
        let theme = Theme::get(ui.ctx());
        let width = ui.available_width().floor();
        self.layouts.begin(ui.ctx(), width, &theme);
        if self.entries.is_other(width, true) {
            self.entries.adapt(width, true);
        }
        let height = self.entries.row_heights(0).total() as f32;
        let (whole, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let sight = ui.clip_rect();
        let heights = self.entries.row_heights(0);
        let from = f64::from((sight.top() - whole.top()).max(0.0));
        let Some(mut row) = heights.at(from) else { return Vec::new() };
        let mut top = whole.top() + heights.before(row) as f32;
        let mut did = Vec::new();
        let mut has_changed = false;
        let mut inner = ui.new_child(UiBuilder::new().max_rect(whole));
        while top < sight.bottom() {
            let Some(Row::Block(block, _)) = self.entries.row(0, row) else { break };
            let laid = self.layouts.lay(inner.painter(), &theme, block);
            let rect = Rect::from_min_size(pos2(whole.left(), top), vec2(width, laid.height));
            let cx =
                Cx { entries: &self.entries, search: None, selection: Chosen::Egui, data: None };
            show::row(&mut inner, &cx, At { entry: 0, row }, Some(&laid), rect, &mut did);
            top = rect.bottom();
            has_changed |= (self.entries.row_heights(0).get(row) - laid.height).abs() > 0.02;
            self.entries.measured(0, row, laid.height);
            let Some(next) = self.entries.row_heights(0).next(row) else { break };
            row = next;
        }
        if has_changed {
            ui.request_repaint();
        }
        let mut links = Vec::new();
        for did in did {
            match did {
                Did::Copy(text) => ui.ctx().copy_text(text),
                Did::Act(TranscriptAct::OpenLink(url)) => links.push(url),
                // Nothing of this stands in blocks by themselves.
                Did::Open(..)
                | Did::OpenGroup(..)
                | Did::CopyAnswer(_)
                | Did::Large(..)
                | Did::Box(_)
                | Did::Act(_) => {}
            }
        }
        links
    }
}
