//! Keys on the row that has the focus.

use egui::{Key, Modifiers, Ui};
use orchestrator::seam::SessionId;

use super::arrange::{Heading, Row};
use super::data::{SidebarAct, SidebarData};
use super::drag::place;
use super::order::{Step, group_moved, step};
use super::view::{SidebarView, fold, fold_below};

impl SidebarView {
    /// Keys on the row that has the focus.
    pub(super) fn keys(&mut self, ui: &Ui, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let Some(at) = self.at else { return };
        let Some(row) = self.list.rows.get(at).cloned() else { return };
        if !ui.memory(|memory| memory.has_focus(Self::row_id(&row))) {
            self.at = None;
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        for (key, way) in [(Key::ArrowUp, Step::Up), (Key::ArrowDown, Step::Down)] {
            if pressed(Modifiers::ALT, key) {
                self.step(&row, way, acts);
                return;
            }
        }
        let last = self.list.rows.len().saturating_sub(1);
        let moves = [
            (Key::ArrowUp, at.checked_sub(1)),
            (Key::ArrowDown, (at < last).then_some(at + 1)),
            (Key::Home, Some(0)),
            (Key::End, Some(last)),
        ];
        for (key, to) in moves {
            if pressed(Modifiers::NONE, key)
                && let Some(to) = to
            {
                self.focus_row(ui, to);
                return;
            }
        }
        if self.menu.keys(ui, Self::row_id(&row)) {
            return;
        }
        match &row {
            Row::Heading { heading, folded, .. } => {
                let key = if *folded { Key::ArrowRight } else { Key::ArrowLeft };
                if pressed(Modifiers::NONE, key) {
                    acts.push(fold(heading, !folded));
                } else if let Heading::Group(name) = heading
                    && pressed(Modifiers::NONE, Key::F2)
                {
                    self.rename_group(name);
                }
            }
            Row::Session(id) => {
                if self.fold_by_keys(ui, id, acts) {
                    return;
                }
                if pressed(Modifiers::NONE, Key::F2)
                    && let Some(session) = data.sessions.get(id)
                {
                    self.rename(session);
                } else if pressed(Modifiers::NONE, Key::Delete) {
                    acts.push(SidebarAct::Remove(id.clone()));
                }
            }
        }
    }

    /// Left folds what is below a session, or goes to the one above; Right unfolds it. Whether one of them was pressed.
    fn fold_by_keys(&mut self, ui: &Ui, id: &SessionId, acts: &mut Vec<SidebarAct>) -> bool {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let (left, right) = (pressed(Key::ArrowLeft), pressed(Key::ArrowRight));
        let Some(at) = self.list.place_of(id) else { return left || right };
        let Some(place) = self.list.sessions.get(at) else { return left || right };
        let opens = place.below > 0 && place.folded;
        let closes = place.below > 0 && !place.folded;
        if (left && closes) || (right && opens) {
            acts.push(fold_below(id, left));
        } else if left && let Some(above) = self.list.above(at) {
            let above = self.list.sessions.get(above).map(|above| &above.session);
            if let Some(row) = above.and_then(|above| self.list.row_of(above)) {
                self.focus_row(ui, row);
            }
        }
        left || right
    }

    fn step(&mut self, row: &Row, way: Step, acts: &mut Vec<SidebarAct>) {
        if !self.filter.trim().is_empty() {
            return;
        }
        match row {
            Row::Session(id) => {
                if let Some(moved) = step(&self.list, id, way) {
                    place(id, moved, acts);
                    self.reveal = self.at;
                }
            }
            Row::Heading { heading: Heading::Group(name), .. } => {
                let groups = &self.list.groups;
                let Some(at) = groups.iter().position(|known| known == name) else { return };
                let before = match way {
                    Step::Up => at.checked_sub(1).and_then(|at| groups.get(at)),
                    Step::Down => groups.get(at + 2),
                };
                if way == Step::Up && before.is_none() {
                    return;
                }
                let order = group_moved(groups, name, before.map(String::as_str));
                acts.extend(order.map(SidebarAct::GroupOrder));
            }
            Row::Heading { heading: Heading::Bookmarks | Heading::Others, .. } => {}
        }
    }
}
