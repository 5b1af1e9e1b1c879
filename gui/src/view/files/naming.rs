//! The name of a file that is made or renamed.

use egui::{Context, Key};
use orchestrator::seam::FilePath;

use super::data::FilesAct;
use super::tree::{Tree, parted, shown_name};
use crate::widget::{Field, FormShape, Kind, button, button_enabled, field, form};

/// A name that is being typed.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    folder: FilePath,
    /// What is renamed; `None` for what is made.
    of: Option<FilePath>,
    directory: bool,
    text: String,
}

impl Naming {
    /// Of something new.
    pub fn new_in(folder: &FilePath, directory: bool) -> Self {
        Self { folder: folder.clone(), of: None, directory, text: String::new() }
    }

    /// Another one for what is there.
    pub fn of(path: &FilePath) -> Self {
        let (folder, name) = parted(path);
        let text = String::from_utf8_lossy(name).into_owned();
        Self { folder, of: Some(path.clone()), directory: false, text }
    }

    fn fault(&self, tree: &Tree) -> Option<&'static str> {
        if self.text.contains(['/', '\0']) {
            return Some("A name has no / in it");
        }
        if self.has_lost_bytes() {
            return Some("Its name isn't UTF-8: replace each � to rename it");
        }
        if self.text == "." || self.text == ".." {
            return Some("That is the directory itself, or the one above");
        }
        let wanted = self.folder.join(self.text.as_bytes());
        let is_there = !self.text.is_empty()
            && self.of.as_ref() != Some(&wanted)
            && tree.entry(&wanted).is_some();
        is_there.then_some("There is one of that name already")
    }

    /// Whether what stands for bytes of a name that isn't UTF-8 is still there: it would be written in their place.
    fn has_lost_bytes(&self) -> bool {
        let is_text = |of: &FilePath| std::str::from_utf8(of.name()).is_ok();
        self.text.contains('\u{fffd}') && self.of.as_ref().is_some_and(|of| !is_text(of))
    }

    fn act(&self) -> FilesAct {
        let path = self.folder.join(self.text.as_bytes());
        match &self.of {
            Some(from) => FilesAct::Rename { from: from.clone(), to: path },
            None => FilesAct::Make { path, directory: self.directory },
        }
    }

    /// Shows it over everything else; what was wanted, and whether it is over.
    pub fn ui(&mut self, ctx: &Context, tree: &Tree) -> (Option<FilesAct>, bool) {
        let place = if self.folder.bytes().is_empty() {
            String::new()
        } else {
            format!(" in {}", shown_name(&self.folder))
        };
        let heading = match &self.of {
            Some(of) => format!("Rename {}", shown_name(&FilePath(of.name().to_vec()))),
            None if self.directory => format!("New folder{place}"),
            None => format!("New file{place}"),
        };
        let fault = self.fault(tree);
        let words = if self.of.is_some() { "Rename" } else { "Make" };
        let is_same = self.of.as_ref().is_some_and(|of| of.name() == self.text.as_bytes());
        let good = fault.is_none() && !self.text.is_empty() && !is_same;
        let shape = FormShape { heading: &heading, width: 420.0, height: None, scroll: true };
        let shown = form(
            ctx,
            "file name",
            shape,
            self,
            |naming, ui| {
                let shown = Field { label: "Name", fault, code: true, ..Field::default() };
                let typed = field(ui, "file name", shown, &mut naming.text);
                typed.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
            },
            |_, ui| {
                let go = button_enabled(ui, good, Kind::Primary, words).clicked();
                (go, button(ui, Kind::Plain, "Cancel").clicked())
            },
        );
        let (go, cancel) = shown.buttons;
        if good && (go || shown.inner) {
            return (Some(self.act()), true);
        }
        (None, cancel || shown.close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_utf_8_is_never_written_with_marks_in_place_of_its_bytes() {
        let tree = Tree::default();
        let mut naming = Naming::of(&FilePath(b"src/b\xf6se.txt".to_vec()));
        assert!(naming.fault(&tree).is_some());
        naming.text = "b\u{fffd}se.md".into();
        assert!(naming.fault(&tree).is_some());
        naming.text = "b\u{f6}se.txt".into();
        assert_eq!(naming.fault(&tree), None);
        let named = Naming::of(&FilePath::from("a\u{fffd}"));
        assert_eq!(named.fault(&tree), None, "there it is a letter of the name");
    }
}
