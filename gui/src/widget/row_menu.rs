//! The menu of a row, a tab or a block: at the pointer by a right click, below it by Shift+F10 or the menu key.

use egui::{Id, Key, Modifiers, Popup, Response, SetOpenCommand, Ui};

/// Which of a list's rows had its menu asked for by keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowMenu(Option<(Id, Stage)>);

/// Whether a row's menu was asked for by keys, and how far it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByKeys(Option<Stage>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Asked,
    /// Its size is being found: nothing in it can have the focus.
    Sized,
    Open,
}

impl ByKeys {
    /// Whether it was asked for by keys in this frame.
    pub fn is_new(self) -> bool {
        self.0 == Some(Stage::Asked)
    }
}

impl RowMenu {
    /// Takes Shift+F10 and the menu key, for the row that has the focus. Whether one was pressed.
    pub fn keys(&mut self, ui: &Ui, row: Id) -> bool {
        let pressed = ui.input_mut(|input| {
            input.consume_key(Modifiers::SHIFT, Key::F10)
                || input.consume_key(Modifiers::NONE, Key::Menu)
        });
        if pressed {
            self.0 = Some((row, Stage::Asked));
        }
        pressed
    }

    /// How the menu of this row was asked for: to be called once a frame, before it is shown.
    pub fn of(&mut self, row: &Response) -> ByKeys {
        if row.secondary_clicked() {
            self.0 = None;
        }
        let asked = self.0.as_mut().filter(|(of, _)| *of == row.id);
        ByKeys(asked.map(|(_, stage)| {
            let next = if *stage == Stage::Asked { Stage::Sized } else { Stage::Open };
            std::mem::replace(stage, next)
        }))
    }

    /// [`RowMenu::keys`], [`RowMenu::of`] and [`show`] for a row that takes the focus itself.
    pub fn ui<T>(
        &mut self,
        ui: &Ui,
        row: &Response,
        name: &str,
        entries: impl FnOnce(&mut Ui) -> Option<T>,
    ) -> Option<T> {
        if row.has_focus() {
            self.keys(ui, row.id);
        }
        show(row, self.of(row), name, entries)
    }
}

/// Shows the menu where it was asked for, until something is picked, Escape is pressed, or a click goes elsewhere. Opened by keys,
/// it has the focus on its first entry, and gives it back to the row.
pub fn show<T>(
    row: &Response,
    by_keys: ByKeys,
    name: &str,
    entries: impl FnOnce(&mut Ui) -> Option<T>,
) -> Option<T> {
    let open = if row.secondary_clicked() || by_keys.is_new() {
        Some(SetOpenCommand::Bool(true))
    } else if row.clicked() {
        Some(SetOpenCommand::Bool(false))
    } else {
        None
    };
    let popup = Popup::menu(row).open_memory(open).accessible_name(name);
    let popup = if by_keys.0.is_none() { popup.at_pointer_fixed() } else { popup };
    let shown = popup.show(|ui| {
        // As wide as the widest of the usual words: a menu doesn't jump between rows.
        ui.set_min_width(190.0);
        let picked = entries(ui);
        if picked.is_some() {
            // A click closes it by itself, a key doesn't.
            ui.close();
        } else if by_keys.0 == Some(Stage::Sized) {
            focus_first(ui);
        }
        picked
    })?;
    let left = shown.inner.is_some() || row.ctx.input(|input| input.key_pressed(Key::Escape));
    if by_keys.0.is_some() && left {
        row.request_focus();
    }
    shown.inner
}

fn focus_first(ui: &Ui) {
    let first = ui.ctx().viewport(|viewport| {
        let mut all = viewport.this_pass.widgets.get_layer(ui.layer_id());
        all.find(|widget| widget.enabled && widget.sense.is_focusable()).map(|widget| widget.id)
    });
    if let Some(first) = first {
        ui.memory_mut(|memory| memory.request_focus(first));
    }
}

#[cfg(test)]
#[path = "row_menu_tests.rs"]
mod tests;
