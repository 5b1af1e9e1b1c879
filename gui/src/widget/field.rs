//! Fields of forms.

use egui::{Id, Label, Response, RichText, TextEdit, Ui};

use crate::theme::{Theme, size, space};

/// How a field is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field<'a> {
    /// What stands over it; `Username (optional)`.
    pub label: &'a str,
    /// What stands in it while it is empty.
    pub hint: &'a str,
    /// What is wrong with it.
    pub fault: Option<&'a str>,
    /// Whether its letters are hidden.
    pub secret: bool,
    /// Whether letters are all of one width.
    pub code: bool,
    /// Whether Tab is for a list of this field, not for the next one.
    pub keeps_tab: bool,
    /// Whether it only shows.
    pub locked: bool,
}

/// A line of text with its label over it, and what is wrong with it below.
pub fn field(
    ui: &mut Ui,
    id: impl std::hash::Hash,
    shown: Field<'_>,
    text: &mut String,
) -> Response {
    let theme = Theme::get(ui.ctx());
    labelled(ui, shown.label, |ui| {
        let mut edit = TextEdit::singleline(text)
            .id(field_id(id))
            .hint_text(RichText::new(shown.hint).color(theme.muted))
            .password(shown.secret)
            .lock_focus(shown.keeps_tab)
            .desired_width(f32::INFINITY)
            .margin(egui::Margin::symmetric(8, 6));
        if shown.code {
            edit = edit.font(egui::TextStyle::Monospace);
        }
        let response = ui.add_enabled(!shown.locked, edit);
        if let Some(fault) = shown.fault {
            ui.add(Label::new(RichText::new(fault).size(size::SMALL).color(theme.bad)).wrap());
        }
        response
    })
}

/// What egui knows a [`field`] by, for who has to know whether it has the focus before it is drawn.
pub fn field_id(id: impl std::hash::Hash) -> Id {
    Id::unique(("field", egui::util::hash(id)))
}

/// Anything with a label over it, which names it for screen readers.
pub fn labelled(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    let theme = Theme::get(ui.ctx());
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let text = RichText::new(label).size(size::SMALL).color(theme.muted);
        let label = ui.add(Label::new(text).selectable(false));
        add(ui).labelled_by(label.id)
    })
    .inner
}

/// A list that one thing is chosen from, with its label over it. `options` are what can be chosen, as words.
pub fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    id: impl std::hash::Hash,
    label: &str,
    chosen: &mut T,
    options: &[(T, String)],
) -> Response {
    let words = options.iter().find(|(value, _)| value == chosen).map(|(_, words)| words.as_str());
    let theme = Theme::get(ui.ctx());
    labelled(ui, label, |ui| {
        let width = ui.available_width();
        let mut changed = false;
        let mut response = egui::ComboBox::from_id_salt(("choice", egui::util::hash(id)))
            .selected_text(words.unwrap_or_default())
            .width(width)
            .show_ui(ui, |ui| {
                for (value, words) in options {
                    let words = RichText::new(words).color(theme.text);
                    let entry = ui.selectable_label(value == chosen, words);
                    if picked(ui, &entry) && value != chosen {
                        *chosen = value.clone();
                        changed = true;
                    }
                }
            })
            .response;
        if changed {
            response.mark_changed();
        }
        response
    })
}

/// Whether an entry of a list that drops down was picked. The list closes then: after a click it does so by itself, after
/// Enter it doesn't.
pub fn picked(ui: &Ui, entry: &Response) -> bool {
    if entry.clicked() {
        ui.close();
    }
    entry.clicked()
}
