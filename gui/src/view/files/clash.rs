//! What becomes of a transfer whose target is there already.

use egui::Context;

use crate::theme::{size, space};
use crate::widget::{Kind, button, dialog, note};

/// What a person wants then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClashChoice {
    /// Put it in place of what is there.
    Replace,
    /// Leave that alone, under a name of its own.
    KeepBoth,
    /// Leave it out.
    Skip,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct ClashData<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it goes: `src on box`, `/home/ada/Downloads`.
    pub place: &'a str,
    /// How many more wait for the same question.
    pub more: usize,
}

/// The question's own state.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClashView {
    /// The same for the others.
    all: bool,
}

impl ClashView {
    /// Asks; the choice, and whether it is for all that wait.
    pub fn ui(&mut self, ctx: &Context, data: &ClashData<'_>) -> Option<(ClashChoice, bool)> {
        let heading = format!("{} is there already", data.name);
        let shown = dialog(ctx, "transfer clash", &heading, 460.0, |ui| {
            note(ui, &format!("In {}.", data.place));
            if data.more > 0 {
                let words = match data.more {
                    1 => "The same for the other one".to_owned(),
                    more => format!("The same for the {more} others"),
                };
                ui.checkbox(&mut self.all, words);
            }
            ui.add_space(space::M);
            let layout = egui::Layout::right_to_left(egui::Align::Center);
            let room = egui::vec2(ui.available_width(), size::CONTROL);
            ui.allocate_ui_with_layout(room, layout, |ui| {
                let both = button(ui, Kind::Primary, "Keep both");
                if ui.memory(|memory| memory.focused().is_none()) {
                    // What loses nothing.
                    both.request_focus();
                }
                let replace = button(ui, Kind::Danger, "Replace").clicked();
                let skip = button(ui, Kind::Plain, "Skip").clicked();
                match (both.clicked(), replace, skip) {
                    (true, _, _) => Some(ClashChoice::KeepBoth),
                    (_, true, _) => Some(ClashChoice::Replace),
                    (_, _, true) => Some(ClashChoice::Skip),
                    _ => None,
                }
            })
            .inner
        });
        let choice = shown.inner.or(shown.close.then_some(ClashChoice::Skip))?;
        Some((choice, self.all && data.more > 0))
    }
}

/// Another name beside `name`: `notes (2).txt`. Of what a name ends in, `.tar.gz` included, nothing is lost, and of a hidden one
/// everything is its name.
pub fn another_name(name: &[u8], number: u32) -> Vec<u8> {
    let dot = name.iter().skip(1).rposition(|byte| *byte == b'.').map(|at| at + 1);
    let tar = dot.filter(|dot| name.get(..*dot).is_some_and(|stem| stem.ends_with(b".tar")));
    let cut = tar.map(|dot| dot - 4).filter(|cut| *cut > 0).or(dot).unwrap_or(name.len());
    let (stem, ending) = name.split_at_checked(cut).unwrap_or((name, &[]));
    [stem, format!(" ({number})").as_bytes(), ending].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_keeps_its_ending() {
        for (name, wanted) in [
            ("notes.txt", "notes (2).txt"),
            ("src", "src (2)"),
            (".profile", ".profile (2)"),
            (".a.b", ".a (2).b"),
            ("x.tar.gz", "x (2).tar.gz"),
            (".tar.gz", ".tar (2).gz"),
            ("a.", "a (2)."),
        ] {
            assert_eq!(another_name(name.as_bytes(), 2), wanted.as_bytes(), "{name}");
        }
        assert_eq!(another_name(b"\xff.c", 3), b"\xff (3).c");
    }
}
