//! Files that are dropped onto the window: what falls onto the tree is sent, anything else is the composer's.

use std::path::PathBuf;

use egui::{Context, DroppedFileHandle};
use orchestrator::seam::{FilePath, SessionId};

use super::App;
use crate::memory::RightPage;

/// So long, in seconds, it is waited for where something was dropped: an X server tells it with the pointer's first event after the
/// drop, which comes at once.
const PATIENCE: f64 = 0.5;

/// Files that were dropped, and when.
#[derive(Debug, Default)]
pub(super) struct Drops {
    files: Vec<DroppedFileHandle>,
    at: f64,
}

impl App {
    /// Takes what was dropped, before anybody else does.
    pub(super) fn take_drops(&mut self, ctx: &Context) {
        let (files, now) =
            ctx.input_mut(|input| (std::mem::take(&mut input.raw.dropped_files), input.time));
        if !files.is_empty() {
            self.files.drops.files.extend(files);
            self.files.drops.at = now;
        }
    }

    /// Whether something is held over the window, or was dropped and nobody has it yet.
    pub(super) fn is_dropping(&self) -> bool {
        let held = self.ctx.input(|input| !input.raw.hovered_files.is_empty());
        held || !self.files.drops.files.is_empty()
    }

    /// Sends what was dropped into a directory.
    pub(super) fn send_dropped(&mut self, session: &SessionId, folder: &FilePath) {
        let files = std::mem::take(&mut self.files.drops.files);
        let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_path_buf()).collect();
        if !paths.is_empty() {
            self.upload(session, folder, paths);
        }
    }

    /// Gives what didn't fall onto the tree to whoever is drawn next, once it is known where it fell.
    pub(super) fn pass_drops_on(&mut self, ctx: &Context, bar_shown: bool) {
        if self.files.drops.files.is_empty() {
            return;
        }
        let (place, now) = ctx.input(|input| (input.pointer.latest_pos(), input.time));
        let tree_shown = bar_shown && self.memory.right_page == RightPage::Files;
        if tree_shown && place.is_none() && now - self.files.drops.at < PATIENCE {
            ctx.request_repaint_after(std::time::Duration::from_millis(50));
            return;
        }
        let files = std::mem::take(&mut self.files.drops.files);
        ctx.input_mut(|input| input.raw.dropped_files = files);
    }
}
