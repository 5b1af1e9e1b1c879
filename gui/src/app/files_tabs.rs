//! What somebody wants of a file's tab.

use egui::Ui;

use super::App;
use super::files_git::GitWish;
use crate::bridge::OpenId;
use crate::view::files::FileTabAct;

impl App {
    /// Does what somebody wants of a file's tab.
    pub(super) fn file_tab_act(&mut self, ui: &Ui, act: FileTabAct) {
        let of = |id: OpenId| {
            let file = self.files.open.iter().find(|file| file.id == id)?;
            Some((file.session.clone(), file.path.clone()))
        };
        match act {
            FileTabAct::Show(id) => self.show_file(id),
            FileTabAct::Close(id) => self.close_file(id),
            FileTabAct::CloseOthers(id) => {
                let Some((session, _)) = of(id) else { return };
                let others: Vec<OpenId> = self
                    .files
                    .open
                    .iter()
                    .filter(|file| file.session == session && file.id != id)
                    .filter(|file| !file.is_modified())
                    .map(|file| file.id)
                    .collect();
                for other in others {
                    self.drop_file(other);
                }
            }
            FileTabAct::Stay(id) => {
                if let Some(file) = self.open_of(id) {
                    file.stays = true;
                }
            }
            FileTabAct::Reveal(id) => {
                if let Some((session, path)) = of(id) {
                    self.reveal_in_tree(&session, &path);
                }
            }
            FileTabAct::Diff(id) => {
                if let Some((session, path)) = of(id) {
                    self.git_wish(&session, GitWish::Diff(path));
                }
            }
            FileTabAct::CopyPath(id) => {
                if let Some((session, path)) = of(id) {
                    ui.ctx().copy_text(self.whole_path(&session, &path).to_string());
                    self.say("Path copied".to_owned());
                }
            }
        }
    }
}
