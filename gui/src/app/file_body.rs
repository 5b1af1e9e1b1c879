//! What is shown of a file: text, bytes, an image, or why there is nothing.

use std::sync::Arc;

use egui::TextureHandle;
use orchestrator::failure::Failure;
use orchestrator::seam::FileEntry;

use crate::bridge::{Contents, Picture};
use crate::view::editor::{Document, EditorView, HexView, LargeView};

/// What is shown of a file.
pub(super) enum Body {
    /// It is being read, or will be when somebody looks.
    Wanted { asked: bool },
    /// It can't be read.
    Failed(Failure),
    /// Text.
    Text(Box<EditorView>),
    /// Text that can only be looked at, and why.
    Locked(Box<EditorView>, String),
    /// Text that is too large.
    Large(Box<LargeView>),
    /// No text.
    Binary(Box<HexView>),
    /// An image.
    Image { picture: Arc<Picture>, texture: Option<TextureHandle> },
}

impl Body {
    /// Shows what a file of that name holds.
    pub fn new(contents: Contents, entry: &FileEntry, name: &str) -> Self {
        let editor = |document: Document| Box::new(EditorView::new(document, name));
        match contents {
            Contents::Text(document, _) if is_writable(entry) => Self::Text(editor(*document)),
            Contents::Text(document, _) => {
                let why = "This account may not write this file, so it is only shown";
                Self::Locked(editor(*document), why.to_owned())
            }
            Contents::Decoded(document, encoding) => {
                let why = format!("Only UTF-8 can be edited here; this is {}", encoding.words());
                Self::Locked(editor(*document), why)
            }
            Contents::Large(first) => Self::Large(Box::new(LargeView::new(entry.size, &first))),
            Contents::Binary(first) => Self::Binary(Box::new(HexView::new(entry.size, &first))),
            Contents::Image(picture) => Self::Image { picture, texture: None },
        }
    }

    /// Shows what the file holds now, which was `before`, where one reads it; gives it back where it is shown in another way.
    pub fn become_another(
        &mut self,
        contents: Contents,
        entry: &FileEntry,
        before: Option<&FileEntry>,
    ) -> Option<Contents> {
        match (self, contents) {
            (Self::Locked(editor, _), Contents::Text(document, _)) if !is_writable(entry) => {
                editor.become_text(&document.text());
                editor.document.mark_saved();
                None
            }
            (Self::Locked(editor, _), Contents::Decoded(document, _)) => {
                editor.become_text(&document.text());
                editor.document.mark_saved();
                None
            }
            (Self::Large(view), Contents::Large(first)) => {
                let is_still = before.is_some_and(|before| entry.is_still(before));
                let grows = view.grow(entry.size, &first, is_still);
                (!grows).then_some(Contents::Large(first))
            }
            (Self::Binary(view), Contents::Binary(first)) => {
                view.become_bytes(entry.size, &first);
                None
            }
            (_, contents) => Some(contents),
        }
    }
}

/// Which of them it is.
impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wanted { .. } => "Wanted",
            Self::Failed(_) => "Failed",
            Self::Text(_) => "Text",
            Self::Locked(..) => "Locked",
            Self::Large(_) => "Large",
            Self::Binary(_) => "Binary",
            Self::Image { .. } => "Image",
        })
    }
}

fn is_writable(entry: &FileEntry) -> bool {
    entry.writable != Some(false)
}
