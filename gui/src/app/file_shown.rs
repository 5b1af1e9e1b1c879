//! A file that is open, as it is drawn.

use egui::{Id, Label, RichText, TextureHandle, Ui, vec2};
use lucide_icons::Icon;
use orchestrator::seam::FileEntry;

use super::App;
use super::file_body::Body;
use crate::bridge::{FilesAsk, OpenId, Picture};
use crate::theme::{size, space};
use crate::view::editor::HexData;
use crate::view::files::shown_name;
use crate::view::places::host_name;
use crate::widget::{Kind, button, empty, failure_card};
use crate::words::bytes;

impl App {
    /// Draws the file that is shown.
    pub(super) fn file(&mut self, ui: &mut Ui, id: OpenId) {
        let keys = !self.keys_are_taken();
        let Some(file) = self.files.open.iter_mut().find(|file| file.id == id) else { return };
        let host = self.sessions.get(&file.session).map_or("", |known| known.host.as_str());
        let host = host_name(&self.hosts.hosts.hosts, host).to_owned();
        let path = shown_name(&file.path);
        let widget = Id::unique(("editor", id));
        let mut again = false;
        let mut window = None;
        let mut acts = Vec::new();
        let mut chosen = Vec::new();
        let wants_focus = std::mem::take(&mut file.wants_focus);
        if let Some(conflict) = &mut file.conflict {
            egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
                chosen = conflict.view.ui(ui, &host);
            });
        } else {
            let locked = match &file.body {
                Body::Locked(_, why) => Some(why.clone()),
                _ => None,
            };
            match &mut file.body {
                Body::Wanted { asked } => {
                    again = !*asked;
                    file.wants_focus = wants_focus;
                    ui.vertical_centered(|ui| {
                        ui.add_space(space::XL);
                        ui.weak(format!("Reading {path} from {host} …"));
                    });
                }
                Body::Failed(failure) => {
                    ui.add_space(space::L);
                    ui.horizontal(|ui| {
                        ui.add_space(space::L);
                        ui.vertical(|ui| {
                            ui.set_width((ui.available_width() - space::L).min(size::MEASURE));
                            failure_card(ui, failure, |ui| {
                                again = button(ui, Kind::Plain, "Try again").clicked();
                            });
                        });
                    });
                }
                Body::Text(editor) | Body::Locked(editor, _) => {
                    if wants_focus && keys {
                        editor.area.focus();
                    }
                    let data = crate::view::editor::EditorData {
                        id: widget,
                        path: &path,
                        host: &host,
                        locked: locked.as_deref(),
                        standing: file.standing,
                        saving: file.saving,
                        comparing: file.comparing.is_some(),
                        failure: file.failure.as_ref(),
                    };
                    acts = editor.ui(ui, &data);
                }
                Body::Large(view) => window = view.ui(ui, widget, &path),
                Body::Binary(view) => {
                    window = view.ui(ui, &HexData { id: widget, name: &path });
                }
                Body::Image { picture, texture } => image(ui, picture, texture, file.file.as_ref()),
            }
        }
        if file.is_modified() {
            file.stays = true;
        }
        if again {
            self.read_file(id);
        }
        if let Some((offset, length)) = window
            && let Some(file) = self.open_of(id)
        {
            let (session, path) = (file.session.clone(), file.path.clone());
            self.file_ask(FilesAsk::Window { id, session, path, offset, length });
        }
        for act in acts {
            self.editor_act(ui, id, act);
        }
        for act in chosen {
            self.conflict_act(id, act);
        }
    }
}

fn image(
    ui: &mut Ui,
    picture: &Picture,
    texture: &mut Option<TextureHandle>,
    file: Option<&FileEntry>,
) {
    let texture = texture.get_or_insert_with(|| {
        let options = egui::TextureOptions::LINEAR;
        ui.ctx().load_texture(&picture.name, picture.pixels.clone(), options)
    });
    let [width, height] = picture.size;
    let size_words = file.map_or_else(String::new, |file| format!(", {}", bytes(file.size)));
    let room = ui.available_size() - vec2(space::XL, 48.0);
    if room.min_elem() < 16.0 {
        empty(ui, Icon::Image, "Image", "There is no room to show it.");
        return;
    }
    ui.vertical_centered(|ui| {
        ui.add_space(space::S);
        let words = format!("{width} × {height} pixels{size_words}");
        ui.add(Label::new(RichText::new(words).size(size::SMALL).weak()));
        let own = texture.size_vec2() / ui.ctx().pixels_per_point();
        let scale = (room.x / own.x).min(room.y / own.y).min(1.0);
        let image = egui::Image::new((texture.id(), own * scale));
        let shown = ui.add(image);
        shown.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Image, true, picture.name.as_str())
        });
    });
}
