//! Images that go along with a message.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Event, Label, RichText, Ui};
use lucide_icons::Icon;

use super::data::{Attachment, ComposerAct, ComposerData};
use crate::theme::{size, space};
use crate::widget::icon_button;

/// Shows them, each with a way to leave it out.
pub(super) fn show_attachments(ui: &mut Ui, attachments: &mut Vec<Attachment>) {
    if attachments.is_empty() {
        return;
    }
    let mut gone = None;
    ui.horizontal_wrapped(|ui| {
        for (at, attachment) in attachments.iter_mut().enumerate() {
            let texture = attachment.texture.get_or_insert_with(|| {
                let pixels = attachment.picture.pixels.clone();
                ui.ctx().load_texture(&attachment.image.name, pixels, egui::TextureOptions::LINEAR)
            });
            let size = texture.size_vec2();
            let scale = (56.0 / size.y).min(120.0 / size.x).min(1.0);
            ui.vertical(|ui| {
                ui.add(
                    egui::Image::new((texture.id(), size * scale)).alt_text(&attachment.image.name),
                );
                ui.horizontal(|ui| {
                    let name = RichText::new(&attachment.image.name).size(size::SMALL);
                    ui.add_sized([84.0, 16.0], Label::new(name).truncate());
                    let name = format!("Remove {}", attachment.image.name);
                    if icon_button(ui, Icon::X, &name).clicked() {
                        gone = Some(at);
                    }
                });
            });
        }
    });
    if let Some(at) = gone {
        attachments.remove(at);
    }
    ui.add_space(space::XS);
}

/// Images that were pasted or dropped.
pub(super) fn take_pasted(
    ui: &Ui,
    focused: bool,
    data: &ComposerData<'_>,
    acts: &mut Vec<ComposerAct>,
) {
    let (pasted, dropped) = ui.input(|input| {
        let pasted: Vec<_> = input
            .events
            .iter()
            .filter_map(|event| match event {
                Event::PasteImage(pixels) if focused => Some(Arc::clone(pixels)),
                _ => None,
            })
            .collect();
        let files = input.raw.dropped_files.iter().map(|file| file.path().to_path_buf());
        (pasted, files.collect::<Vec<PathBuf>>())
    });
    if !data.takes_images {
        if !pasted.is_empty() || !dropped.is_empty() {
            acts.push(ComposerAct::RefuseImages);
        }
        return;
    }
    acts.extend(pasted.into_iter().map(ComposerAct::AttachPixels));
    if !dropped.is_empty() {
        acts.push(ComposerAct::Attach(dropped));
    }
}
