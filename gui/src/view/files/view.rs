//! The tree's view.

use egui::{EventFilter, Id, Label, Rect, RichText, Sense, Ui, WidgetInfo};
use lucide_icons::Icon;
use orchestrator::seam::{FileKind, FilePath, SessionId};

use super::data::{FilesAct, FilesData};
use super::marks::Marks;
use super::menu::{About, Picked, menu};
use super::naming::Naming;
use super::row::{self, HEIGHT, Stands};
use super::transfers::TransfersView;
use super::tree::{Note, Shown, Tree};
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space};
use crate::widget::{
    Kind, RowMenu, Scroll, Stack, button, empty, failure_card, icon_button, search_field, search_id,
};

/// The tree's own state.
#[derive(Debug, Default)]
pub struct FilesView {
    session: Option<SessionId>,
    filter: String,
    /// The row with the cursor, by its path; a row that is no file by its number.
    at: Option<(usize, Option<FilePath>)>,
    reveal: Option<usize>,
    /// A path that the cursor goes to as soon as there is a row for it.
    wanted: Option<FilePath>,
    wants_focus: bool,
    /// What is chosen beside it.
    pub(super) marks: Marks,
    transfers: TransfersView,
    pub(super) naming: Option<Naming>,
    pub(super) menu: RowMenu,
    /// Letters that lead to a name, and when the last one came.
    pub(super) ahead: (String, f64),
    /// How many rows are seen.
    pub(super) page: usize,
    stack: (u64, Stack),
    /// The row that something is held over.
    pub(super) under_pointer: Option<usize>,
    /// What the cursor's number was found for.
    found: u64,
}

fn tree_id() -> Id {
    Id::unique("files tree")
}

/// What a row is known by.
pub(super) fn row_id(at: usize) -> Id {
    Id::unique(("file row", at))
}

impl FilesView {
    /// Puts the focus into the tree.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Puts the focus into the filter.
    pub fn focus_filter(&self, ctx: &egui::Context) {
        ctx.memory_mut(|memory| memory.request_focus(search_id("files")));
    }

    /// Puts the cursor on a path as soon as there is a row for it.
    pub fn reveal(&mut self, path: &FilePath) {
        self.wanted = Some(path.clone());
    }

    /// The row with the cursor.
    pub(super) fn cursor(&self, tree: &Tree) -> Option<usize> {
        self.at.as_ref().map(|(at, _)| *at).filter(|at| *at < tree.rows().len())
    }

    /// Puts the cursor there, and chooses only that.
    pub(super) fn put_cursor(&mut self, tree: &Tree, at: usize) {
        self.marks.clear(tree.path(at));
        self.move_cursor(at);
    }

    /// Puts the cursor there; what is chosen stays.
    pub(super) fn move_cursor(&mut self, at: usize) {
        self.at = Some((at, None));
        self.found = u64::MAX;
        self.reveal = Some(at);
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &FilesData<'_>) -> Vec<FilesAct> {
        let mut acts = Vec::new();
        if self.session.as_ref() != data.session {
            let session = data.session.cloned();
            let filter = data.tree.filter().to_owned();
            // What was wanted of this session's tree before it was drawn.
            let (wanted, wants_focus) = (self.wanted.take(), self.wants_focus);
            let transfers = std::mem::take(&mut self.transfers);
            *self = Self { session, filter, wanted, wants_focus, transfers, ..Self::default() };
        }
        if data.session.is_none() {
            empty(ui, Icon::FolderTree, "Files", "Those of the session that is shown stand here.");
            return acts;
        }
        self.top(ui, data, &mut acts);
        acts.extend(self.transfers.ui(ui, data.transfers).map(FilesAct::Transfer));
        let place = ui.available_rect_before_wrap();
        if let Some(failure) = data.tree.failure() {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Try again").clicked() {
                    acts.push(FilesAct::Show);
                }
            });
        } else if data.tree.root().is_some() {
            self.rows(ui, data, &mut acts);
        } else if data.reached || data.tree.is_under_way(&FilePath::default()) {
            ui.weak(format!("Asking {} …", data.host));
            acts.push(FilesAct::Show);
        } else {
            let words = "There is no connection; the files are listed once there is one.";
            empty(ui, Icon::FolderTree, &format!("Files on {}", data.host), words);
            ui.add_space(space::S);
            ui.vertical_centered(|ui| {
                if button(ui, Kind::Plain, "Connect and list them").clicked() {
                    acts.push(FilesAct::Show);
                }
            });
        }
        acts.extend(self.take_drop(ui, place, data));
        if let Some(mut naming) = self.naming.take() {
            let (act, over) = naming.ui(ui.ctx(), data.tree);
            if over {
                if let Some(FilesAct::Make { path, .. } | FilesAct::Rename { to: path, .. }) = &act
                {
                    self.wanted = Some(path.clone());
                }
                self.wants_focus = true;
            } else {
                self.naming = Some(naming);
            }
            acts.extend(act);
        }
        acts
    }

    fn top(&mut self, ui: &mut Ui, data: &FilesData<'_>, acts: &mut Vec<FilesAct>) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.spacing_mut().button_padding.x = space::XS;
            let room = ui.available_width() - 5.0 * 30.0;
            let place = data
                .tree
                .root()
                .map_or_else(|| data.directory.to_owned(), |root| root.directory.to_string());
            let words = RichText::new(&place).size(size::SMALL).color(theme.muted);
            ui.allocate_ui(egui::vec2(room, size::CONTROL), |ui| {
                ui.set_width(room);
                let label = Label::new(words).truncate().selectable(false);
                ui.add(label).on_hover_text(format!("{place} on {}", data.host));
            });
            let mac = ui.ctx().os().is_mac();
            let keys = keys_of(WindowCommand::GoToFile, mac);
            if icon_button(ui, Icon::FileSearch, "Go to file").on_hover_text(keys).clicked() {
                acts.push(FilesAct::GoTo);
            }
            let folder = self.folder_at(data.tree);
            if icon_button(ui, Icon::FilePlus, "New file").clicked() {
                self.naming = Some(Naming::new_in(&folder, false));
            }
            if icon_button(ui, Icon::FolderPlus, "New folder").clicked() {
                self.naming = Some(Naming::new_in(&folder, true));
            }
            if icon_button(ui, Icon::ChevronsDownUp, "Fold all").clicked() {
                acts.push(FilesAct::FoldAll);
            }
            if icon_button(ui, Icon::RefreshCw, "Refresh").clicked() {
                acts.push(FilesAct::Refresh);
            }
        });
        let searched = search_field(ui, "files", "Filter what is unfolded", &mut self.filter);
        if searched.response.changed() {
            acts.push(FilesAct::Filter(self.filter.clone()));
        }
        if searched.go_on {
            self.put_cursor(data.tree, 0);
            self.wants_focus = true;
        }
        ui.add_space(space::XS);
    }

    /// The directory that something new goes into: that of the cursor.
    fn folder_at(&self, tree: &Tree) -> FilePath {
        let shown = self.cursor(tree).and_then(|at| tree.shown(at));
        match shown {
            Some((_, Shown::Entry { folder, entry, .. })) => {
                if entry.file.kind == FileKind::Directory {
                    folder.join(entry.file.path.bytes())
                } else {
                    folder.clone()
                }
            }
            Some((_, Shown::Note { folder, .. })) => folder.clone(),
            None => FilePath::default(),
        }
    }

    /// Rows come and go: the cursor stays on its file.
    fn keep_cursor(&mut self, tree: &Tree) {
        if let Some(wanted) = &self.wanted
            && let Some(at) = tree.row_of(wanted)
        {
            self.wanted = None;
            self.at = Some((at, tree.path(at)));
            self.marks.clear(tree.path(at));
            self.reveal = Some(at);
            self.found = tree.version();
        }
        if self.found == tree.version() {
            return;
        }
        self.found = tree.version();
        self.marks.keep(tree);
        let Some((at, path)) = self.at.take() else { return };
        let last = tree.rows().len().saturating_sub(1);
        let now = match &path {
            Some(path) => tree.row_of(path).unwrap_or(at.min(last)),
            None => at.min(last),
        };
        self.at = Some((now, tree.path(now)));
    }

    fn rows(&mut self, ui: &mut Ui, data: &FilesData<'_>, acts: &mut Vec<FilesAct>) {
        let tree = data.tree;
        self.keep_cursor(tree);
        let id = tree_id();
        let place = ui.available_rect_before_wrap();
        let list = ui.interact(place, id, Sense::focusable_noninteractive());
        list.widget_info(|| WidgetInfo::labeled(egui::Role::Tree, true, "Files"));
        if std::mem::take(&mut self.wants_focus) {
            list.request_focus();
            if self.at.is_none() {
                self.at = Some((0, tree.path(0)));
            }
        }
        let focused = ui.memory(|memory| memory.has_focus(id));
        if focused {
            let filter = EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                // It ends the choosing first.
                escape: !self.marks.is_empty(),
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
            if self.naming.is_none() && !egui::Popup::is_any_open(ui.ctx()) {
                self.keys(ui, data, acts);
            }
        }
        if tree.rows().is_empty() {
            let words = "What is folded and was never unfolded isn't looked into.";
            empty(ui, Icon::SearchX, "Nothing is called so", words);
            ui.vertical_centered(|ui| {
                if button(ui, Kind::Plain, "Look through all files").clicked() {
                    acts.push(FilesAct::GoTo);
                }
            });
            acts.push(FilesAct::Look(tree.folders_of(0..0)));
            return;
        }
        if self.stack.0 != tree.version() || self.stack.1.len() != tree.rows().len() {
            self.stack = (tree.version(), Stack::new(tree.rows().iter().map(|_| HEIGHT)));
        }
        let stack = std::mem::take(&mut self.stack);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few rows")]
        {
            self.page = (place.height() / HEIGHT).floor().max(1.0) as usize;
        }
        let scroll = self.reveal.take().map_or(Scroll::Stay, Scroll::Reveal);
        let pointer = ui.input(|input| input.pointer.latest_pos());
        let mut seen: Option<(usize, usize)> = None;
        self.under_pointer = None;
        stack.1.show(ui, "files", scroll, |ui, at, rect| {
            if data.dropping && pointer.is_some_and(|pointer| rect.contains(pointer)) {
                self.under_pointer = Some(at);
            }
            seen = Some((seen.map_or(at, |(first, _)| first), at + 1));
            self.row(ui, at, rect, data, focused, acts);
        });
        self.stack = stack;
        if let Some((first, last)) = seen {
            acts.push(FilesAct::Look(tree.folders_of(first..last)));
        }
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        at: usize,
        rect: Rect,
        data: &FilesData<'_>,
        focused: bool,
        acts: &mut Vec<FilesAct>,
    ) {
        let tree = data.tree;
        let Some((depth, shown)) = tree.shown(at) else { return };
        // Reached by the arrow keys: Tab would stop at every file.
        let sense = Sense::click() - Sense::FOCUSABLE;
        let response = ui.interact(rect, row_id(at), sense);
        let chosen = self.cursor(tree) == Some(at);
        let (folder, entry, open) = match shown {
            Shown::Note { folder, note, failure } => {
                let words = match note {
                    Note::Waits => format!("Asking {} …", data.host),
                    Note::Empty => "Empty".to_owned(),
                    Note::More => "There are more, which aren't shown".to_owned(),
                    Note::Failed => failure.map_or_else(String::new, |failure| {
                        format!("{} (click to try again)", failure.message)
                    }),
                };
                let stands = Stands { depth, open: false, chosen, focused, shown: false };
                row::ground(ui, rect, &response, stands);
                row::note(ui, rect, note, &words, depth);
                response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &words));
                if response.clicked() && note == Note::Failed {
                    acts.push(FilesAct::Unfold { path: folder.clone(), open: true });
                    acts.push(FilesAct::Refresh);
                }
                if note == Note::Failed {
                    let hint = failure.and_then(|failure| failure.hint.clone());
                    response.on_hover_text(hint.unwrap_or(words));
                }
                return;
            }
            Shown::Entry { folder, entry, open } => (folder, entry, open),
        };
        let path = folder.join(entry.file.path.bytes());
        let is_folder = entry.file.kind == FileKind::Directory;
        // The cursor alone says nothing while others are chosen.
        let has_cursor = chosen;
        let chosen = if self.marks.is_empty() { chosen } else { self.marks.has(&path) };
        let drops = data.dropping && self.drop_folder(tree).is_some_and(|into| into == path);
        let shown = data.shown == Some(&path) || drops;
        let stands = Stands { depth, open, chosen, focused, shown };
        response
            .widget_info(|| WidgetInfo::selected(egui::Role::TreeItem, true, chosen, &entry.words));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_selected(chosen);
            node.set_description(row::about(&entry.file));
            if is_folder {
                node.set_expanded(open);
            }
        });
        row::ground(ui, rect, &response, stands);
        row::entry(ui, rect, entry, stands);
        if has_cursor && !self.marks.is_empty() && focused {
            let stroke = egui::Stroke::new(1.0, Theme::get(ui.ctx()).accent);
            ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        let modifiers = ui.input(|input| input.modifiers);
        let chooses = response.clicked() && (modifiers.command || modifiers.shift);
        let before = self.cursor(tree);
        if response.clicked() || response.secondary_clicked() {
            self.at = Some((at, Some(path.clone())));
            ui.memory_mut(|memory| memory.request_focus(tree_id()));
        }
        if chooses && modifiers.shift {
            self.marks.extend(tree, at, before);
        } else if chooses {
            self.marks.toggle(&path, before.and_then(|before| tree.path(before)));
        } else if response.clicked() || (response.secondary_clicked() && !self.marks.has(&path)) {
            self.marks.clear(Some(path.clone()));
        }
        let by_keys = self.menu.of(&response);
        let whole = data.tree.whole(&path).to_string();
        let is_open = by_keys.is_new() || response.context_menu_opened();
        let all = if is_open { self.marks.with(&path) } else { Vec::new() };
        let about = About { path: &path, entry: Some(entry), whole, all };
        let picked = menu(&response, by_keys, &about);
        if response.has_focus() {
            // The arrow keys go on here.
            ui.memory_mut(|memory| memory.request_focus(tree_id()));
        }
        match picked {
            Some(Picked::Act(act)) => {
                // The arrow keys go on from here.
                ui.memory_mut(|memory| memory.request_focus(tree_id()));
                acts.push(act);
            }
            Some(Picked::Name(naming)) => self.naming = Some(naming),
            None => {}
        }
        if chooses {
            // It is only chosen.
        } else if response.double_clicked() && entry.file.kind == FileKind::File {
            acts.push(FilesAct::Open { path, stays: true });
        } else if response.clicked() {
            match entry.file.kind {
                FileKind::Directory => acts.push(FilesAct::Unfold { path, open: !open }),
                FileKind::File => acts.push(FilesAct::Open { path, stays: false }),
                FileKind::Broken | FileKind::Other => {}
            }
        }
        response.on_hover_ui(|ui| {
            ui.label(RichText::new(entry.words.as_str()));
            ui.weak(row::about(&entry.file));
        });
    }
}
