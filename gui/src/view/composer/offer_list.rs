//! The list for `@` or `/` over the field.

use egui::{Button, Id, Label, RichText, Ui};

use super::data::{ComposerAct, ComposerData};
use super::mention::{Mention, mention};
use super::offers::{MOST, Offer, offers};
use super::preview::preview;
use super::view::ComposerView;
use crate::memory::Draft;
use crate::theme::{Theme, size};
use crate::widget::{Picked, caret, pick_by_keys, put_caret, types_before_picking};

/// So wide is the field at least where the beginning of a file is shown beside the list, in points.
const WIDE: f32 = 480.0;

/// What Enter is to do once it is known what fits: nothing else is typed meanwhile.
#[derive(Debug, Default)]
pub(super) enum Accepts {
    /// Nothing.
    #[default]
    Nothing,
    /// Take the best for what is typed in this frame.
    Typed,
    /// Take the best for this.
    Of(Mention),
}

impl ComposerView {
    /// The list for `@` or `/` over the field, used by the arrow keys.
    pub(super) fn offer_list(
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
            self.accepts = Accepts::Nothing;
            return;
        };
        let mut is_late = false;
        if let Mention::File { typed, .. } = &found {
            let is_new = self.wanted.as_ref() != Some(typed);
            is_late = is_new || data.files_late;
            if is_new {
                self.wanted = Some(typed.clone());
                acts.push(ComposerAct::WantFiles(typed.clone()));
            }
        }
        let types = types_before_picking(ui);
        let accepted = match std::mem::take(&mut self.accepts) {
            Accepts::Typed => true,
            Accepts::Of(of) => of == found && !types,
            Accepts::Nothing => false,
        };
        if accepted && is_late {
            self.accepts = Accepts::Of(found.clone());
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
            // A newer list of the same word doesn't move what somebody has gone to.
            let kept = match &self.offered {
                Some((of, _, before)) if *of == found && self.chosen != 0 => before
                    .get(self.chosen)
                    .and_then(|one| list.iter().position(|other| other.words == one.words)),
                Some(_) | None => None,
            };
            self.chosen = kept.unwrap_or_default();
            self.offered = Some((found.clone(), version, list));
        }
        let Some((_, _, list)) = self.offered.clone() else { return };
        let waiting = matches!(found, Mention::File { .. }) && data.files.is_pending();
        if list.is_empty() && !waiting {
            return;
        }
        let mut picked = match pick_by_keys(ui, &mut self.chosen, list.len()) {
            Some(Picked::This(_)) if types => {
                self.accepts = Accepts::Typed;
                ui.ctx().request_repaint();
                None
            }
            // Nobody has gone to another one than what was the best before.
            Some(Picked::This(0)) if is_late => {
                self.accepts = Accepts::Of(found.clone());
                None
            }
            Some(Picked::This(at)) => Some(at),
            Some(Picked::Nothing) => {
                self.closed = Some(found);
                self.offered = None;
                self.accepts = Accepts::Nothing;
                return;
            }
            None => (accepted && !is_late).then_some(self.chosen),
        };
        if waiting {
            ui.add(Label::new(RichText::new("Asking for the files …").size(size::SMALL)));
        }
        let previewed = match &found {
            Mention::File { .. } => list.get(self.chosen).filter(|_| ui.available_width() > WIDE),
            Mention::Command { .. } => None,
        };
        let chosen = self.chosen;
        let mut rows = |ui: &mut Ui| {
            for (at, offer) in list.iter().enumerate() {
                let words = match &found {
                    Mention::File { .. } => offer.words.clone(),
                    Mention::Command { .. } => {
                        let what = data.commands.get(offer.at).map(|(_, what)| what.as_str());
                        format!("/{}   {}", offer.words, what.unwrap_or_default())
                    }
                };
                let words = RichText::new(words).color(Theme::get(ui.ctx()).text);
                let row = ui.add(Button::selectable(at == chosen, words).truncate());
                if row.clicked() {
                    picked = Some(at);
                }
            }
        };
        match previewed {
            Some(offer) => ui.columns(2, |columns| {
                if let [left, right] = columns {
                    rows(left);
                    preview(right, &offer.words, data.heads.get(&offer.words));
                }
            }),
            None => rows(ui),
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
}
