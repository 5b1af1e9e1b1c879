//! The left bar.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Id, Key, Label, Modifiers, RichText, Sense, TextEdit, Ui, UiBuilder, vec2};
use lucide_icons::Icon;
use orchestrator::host::HostConfig;
use orchestrator::seam::{HostConnection, Session, SessionId};

use super::arrange::{self, Heading, List, Row, arrange};
use super::menu::{Picked, session_menu};
use super::order::{Step, Target, group_moved, moved, step};
use super::row::{self, Shown};
use super::status::{GitGlance, status};
use crate::commands::{self, WindowCommand};
use crate::memory::Memory;
use crate::theme::{Theme, size, space, strong};
use crate::view::places::{agent_words, host_name, way};
use crate::widget::{
    Field, Kind, Stack, button, button_enabled, dialog, empty, field, keep_arrows, search_field,
    search_id,
};
use crate::words::{clean_line, of_many};

/// What the left bar shows.
#[derive(Clone, Copy, Debug)]
pub struct SidebarData<'a> {
    /// All sessions.
    pub sessions: &'a BTreeMap<SessionId, Session>,
    /// Another number whenever a session came or went, or its name, group, agent, host or directory changed, or the
    /// memory's order, groups, folds or bookmarks did, or a host's name. Rows are arranged anew only then.
    pub version: u64,
    /// Order, folds, bookmarks.
    pub memory: &'a Memory,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
    /// How connections stand.
    pub connections: &'a [HostConnection],
    /// How many approvals wait in a session, where any do.
    pub approvals: &'a BTreeMap<SessionId, u32>,
    /// Sessions in which something ended that nobody has seen.
    pub unread: &'a BTreeSet<SessionId>,
    /// What is known of their git.
    pub git: &'a BTreeMap<SessionId, GitGlance>,
    /// The session that is shown.
    pub shown: Option<&'a SessionId>,
}

/// What a person wants of the left bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SidebarAct {
    /// Show this session.
    Open(SessionId),
    /// Open the dialog for a new session.
    NewSession,
    /// Give it this name; never blank.
    Rename {
        /// Which.
        session: SessionId,
        /// Its new name.
        name: String,
    },
    /// Put it into a group, or into none; if it is bookmarked it stays so.
    Group {
        /// Which.
        session: SessionId,
        /// Where to.
        group: Option<String>,
    },
    /// Rename a group, with all that are in it; `None` takes the group away and leaves its sessions without one.
    RenameGroup {
        /// Which.
        from: String,
        /// Its new name.
        to: Option<String>,
    },
    /// Put it on top, or back.
    Bookmark {
        /// Which.
        session: SessionId,
        /// On top, or back.
        on: bool,
    },
    /// Open its dialog.
    Edit(SessionId),
    /// Begin a fresh conversation in its shown tab, after asking.
    Fresh(SessionId),
    /// Open the dialog for a new session, filled in like this one.
    Duplicate(SessionId),
    /// Remove it, after asking.
    Remove(SessionId),
    /// Remember whether a part is folded: into [`Memory::folded`], by this key.
    Fold {
        /// The part's key.
        key: String,
        /// Folded or not.
        folded: bool,
    },
    /// Remember this order: all of [`Memory::order`].
    Order(Vec<SessionId>),
    /// Remember this order of groups: all of [`Memory::groups`].
    GroupOrder(Vec<String>),
}

/// What is dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Dragged {
    Session(SessionId),
    Group(String),
}

/// A name that is being typed in a dialog.
#[derive(Clone, Debug)]
enum Naming {
    NewGroup(SessionId),
    Group(String),
}

/// The left bar's own state.
#[derive(Debug, Default)]
pub struct SidebarView {
    filter: String,
    arranged: Option<(u64, String)>,
    list: List,
    stack: Stack,
    /// The row that had the focus when it was drawn last.
    at: Option<usize>,
    reveal: Option<usize>,
    renaming: Option<(SessionId, String)>,
    rename_begins: bool,
    naming: Option<(Naming, String)>,
    /// The row whose menu is to be opened by keys, or was.
    menu_by_keys: Option<(SessionId, bool)>,
}

impl SidebarView {
    /// The sessions whose rows are there, from the top: what Ctrl+1 to Ctrl+9 and next and previous mean.
    pub fn shown_order(&self) -> impl DoubleEndedIterator<Item = &SessionId> {
        self.list.shown()
    }

    /// Scrolls to a session's row.
    pub fn reveal(&mut self, session: &SessionId) {
        self.reveal = self.list.row_of(session);
    }

    /// Puts the focus into the filter.
    pub fn focus_filter(&self, ctx: &egui::Context) {
        ctx.memory_mut(|memory| memory.request_focus(search_id("sessions")));
    }

    /// Lets a session's name be edited in its row.
    pub fn rename(&mut self, session: &Session) {
        self.renaming = Some((session.id.clone(), session.name.clone()));
        self.rename_begins = true;
        self.reveal = self.list.row_of(&session.id);
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &SidebarData<'_>) -> Vec<SidebarAct> {
        let mut acts = Vec::new();
        self.top(ui, data, &mut acts);
        self.arrange(data);
        if data.sessions.is_empty() {
            nothing_yet(ui, &mut acts);
        } else if self.list.rows.is_empty() {
            self.nothing_found(ui);
        } else {
            self.keys(ui, data, &mut acts);
            self.rows(ui, data, &mut acts);
        }
        self.naming_dialog(ui, &mut acts);
        acts
    }

    fn arrange(&mut self, data: &SidebarData<'_>) {
        let key = (data.version, self.filter.trim().to_owned());
        if self.arranged.as_ref() == Some(&key) {
            return;
        }
        let focused = self.at.and_then(|at| self.list.rows.get(at)).map(Self::row_id);
        let names = |host| host_name(data.hosts, host);
        self.list = arrange(data.sessions.values(), data.memory, names, &key.1);
        self.stack = Stack::new(self.list.rows.iter().map(|row| match row {
            Row::Heading { .. } => row::HEADING,
            Row::Session(_) => row::SESSION,
        }));
        self.arranged = Some(key);
        // The row with the focus may be elsewhere now.
        self.at = focused
            .and_then(|focused| self.list.rows.iter().position(|row| Self::row_id(row) == focused));
        self.reveal = self.reveal.and(self.at).or(self.reveal);
    }

    fn top(&mut self, ui: &mut Ui, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let theme = Theme::get(ui.ctx());
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL);
            let name = RichText::new("Baton").font(strong(size::BODY)).color(theme.muted);
            ui.add(Label::new(name).selectable(false));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let keys = commands::entry(WindowCommand::NewSession)
                    .and_then(|entry| entry.keys(ui.ctx().os().is_mac()));
                let new = button(ui, Kind::Plain, "New session");
                if new.on_hover_text(keys.unwrap_or_default()).clicked() {
                    acts.push(SidebarAct::NewSession);
                }
            });
        });
        if data.sessions.is_empty() {
            return;
        }
        let searched = search_field(ui, "sessions", "Filter sessions", &mut self.filter);
        if searched.go_on {
            self.arrange(data);
            if searched.entered && !self.filter.trim().is_empty() {
                acts.extend(self.list.shown().next().cloned().map(SidebarAct::Open));
            }
            self.focus_row(ui, 0);
        }
        ui.add_space(space::XS);
    }

    fn nothing_found(&mut self, ui: &mut Ui) {
        empty(
            ui,
            Icon::SearchX,
            "Nothing found",
            "No session's name, host, agent or directory fits.",
        );
        ui.vertical_centered(|ui| {
            if button(ui, Kind::Plain, "Show all").clicked() {
                self.filter.clear();
            }
        });
    }

    fn row_id(row: &Row) -> Id {
        match row {
            Row::Heading { heading, .. } => Id::unique(("left bar heading", heading.key())),
            Row::Session(id) => Id::unique(("left bar session", id.as_str())),
        }
    }

    fn focus_row(&mut self, ui: &Ui, at: usize) {
        if let Some(row) = self.list.rows.get(at) {
            ui.memory_mut(|memory| memory.request_focus(Self::row_id(row)));
            self.at = Some(at);
            self.reveal = Some(at);
        }
    }

    /// Keys on the row that has the focus.
    fn keys(&mut self, ui: &Ui, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let Some(at) = self.at else { return };
        let Some(row) = self.list.rows.get(at).cloned() else { return };
        if !ui.memory(|memory| memory.has_focus(Self::row_id(&row))) {
            self.at = None;
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        for (key, way) in [(Key::ArrowUp, Step::Up), (Key::ArrowDown, Step::Down)] {
            if pressed(Modifiers::ALT, key) {
                self.step(&row, way, acts);
                return;
            }
        }
        let last = self.list.rows.len().saturating_sub(1);
        let moves = [
            (Key::ArrowUp, at.checked_sub(1)),
            (Key::ArrowDown, (at < last).then_some(at + 1)),
            (Key::Home, Some(0)),
            (Key::End, Some(last)),
        ];
        for (key, to) in moves {
            if pressed(Modifiers::NONE, key)
                && let Some(to) = to
            {
                self.focus_row(ui, to);
                return;
            }
        }
        match &row {
            Row::Heading { heading, folded, .. } => {
                let key = if *folded { Key::ArrowRight } else { Key::ArrowLeft };
                if pressed(Modifiers::NONE, key) {
                    acts.push(fold(heading, !folded));
                }
            }
            Row::Session(id) => {
                if pressed(Modifiers::SHIFT, Key::F10) || pressed(Modifiers::NONE, Key::Menu) {
                    self.menu_by_keys = Some((id.clone(), true));
                } else if pressed(Modifiers::NONE, Key::F2)
                    && let Some(session) = data.sessions.get(id)
                {
                    self.rename(session);
                } else if pressed(Modifiers::NONE, Key::Delete) {
                    acts.push(SidebarAct::Remove(id.clone()));
                }
            }
        }
    }

    fn step(&mut self, row: &Row, way: Step, acts: &mut Vec<SidebarAct>) {
        if !self.filter.trim().is_empty() {
            return;
        }
        match row {
            Row::Session(id) => {
                if let Some(moved) = step(&self.list, id, way) {
                    place(id, moved, acts);
                    self.reveal = self.at;
                }
            }
            Row::Heading { heading: Heading::Group(name), .. } => {
                let groups = &self.list.groups;
                let Some(at) = groups.iter().position(|known| known == name) else { return };
                let before = match way {
                    Step::Up => at.checked_sub(1).and_then(|at| groups.get(at)),
                    Step::Down => groups.get(at + 2),
                };
                if way == Step::Up && before.is_none() {
                    return;
                }
                let order = group_moved(groups, name, before.map(String::as_str));
                acts.extend(order.map(SidebarAct::GroupOrder));
            }
            Row::Heading { heading: Heading::Bookmarks | Heading::Others, .. } => {}
        }
    }

    fn rows(&mut self, ui: &mut Ui, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let list = std::mem::take(&mut self.list);
        let stack = std::mem::take(&mut self.stack);
        let reveal = self.reveal.take();
        stack.show(ui, "left bar", reveal, |ui, at, rect| match list.rows.get(at) {
            Some(Row::Session(id)) => {
                if let Some(session) = data.sessions.get(id) {
                    self.session(ui, at, rect, session, &list, data, acts);
                }
            }
            Some(Row::Heading { heading, count, folded }) => {
                self.heading(ui, at, rect, (heading, *count, *folded), &list, data, acts);
            }
            None => {}
        });
        self.list = list;
        self.stack = stack;
    }

    #[expect(clippy::too_many_arguments, reason = "a row takes part in everything the list does")]
    fn session(
        &mut self,
        ui: &mut Ui,
        at: usize,
        rect: egui::Rect,
        session: &Session,
        list: &List,
        data: &SidebarData<'_>,
        acts: &mut Vec<SidebarAct>,
    ) {
        let id = &session.id;
        let widget = Id::unique(("left bar session", id.as_str()));
        let response = ui.interact(rect.shrink2(vec2(0.0, 1.0)), widget, Sense::click_and_drag());
        let chosen = data.shown == Some(id);
        let approvals = data.approvals.get(id).copied().unwrap_or(0);
        let unread = data.unread.contains(id);
        let shown = Shown {
            session,
            status: status(session, approvals, unread),
            way: way(data.connections, &session.host),
            git: data.git.get(id),
            approvals,
            unread,
            renaming: self.renaming.as_ref().is_some_and(|(renamed, _)| renamed == id),
        };
        response.widget_info(|| {
            let name = clean_line(&session.name);
            egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, name)
        });
        ui.ctx().accesskit_node_builder(widget, |node| {
            node.set_selected(chosen);
            node.set_description(description(&shown, data.hosts));
        });
        row::ground(ui, response.rect, &response, chosen);
        row::session(ui, response.rect, &shown);
        if response.has_focus() {
            self.at = Some(at);
            keep_arrows(ui, widget);
        }
        if shown.renaming {
            self.rename_field(ui, rect, session, acts);
            return;
        }
        let by_keys = self.menu_by_keys(&response, id);
        let bookmarked = data.memory.bookmarks.contains(id);
        match session_menu(&response, by_keys, session, &list.groups, bookmarked) {
            Some(Picked::Act(act)) => acts.push(act),
            Some(Picked::Rename) => self.rename(session),
            Some(Picked::NewGroup(id)) => {
                self.naming = Some((Naming::NewGroup(id), String::new()));
            }
            None => {}
        }
        if response.clicked() {
            acts.push(SidebarAct::Open(id.clone()));
        }
        if response.double_clicked() {
            self.rename(session);
        }
        if self.filter.trim().is_empty() {
            response.dnd_set_drag_payload(Dragged::Session(id.clone()));
            drop_on_session(ui, &response, id, list, acts);
        }
        if !response.dragged() {
            response.on_hover_ui(|ui| tip(ui, &shown, data.hosts));
        }
    }

    /// Whether the row's menu was asked for by keys, and whether that is new.
    fn menu_by_keys(&mut self, row: &egui::Response, id: &SessionId) -> Option<bool> {
        if row.secondary_clicked() {
            self.menu_by_keys = None;
        }
        let (_, new) = self.menu_by_keys.as_mut().filter(|(of, _)| of == id)?;
        Some(std::mem::take(new))
    }

    fn rename_field(
        &mut self,
        ui: &mut Ui,
        rect: egui::Rect,
        session: &Session,
        acts: &mut Vec<SidebarAct>,
    ) {
        let Some((_, text)) = &mut self.renaming else { return };
        let place = egui::Rect::from_min_max(
            rect.min + vec2(26.0, 2.0),
            egui::pos2(rect.right() - space::S, rect.top() + 30.0),
        );
        let id = Id::unique("left bar rename");
        let edit = TextEdit::singleline(text).id(id).desired_width(place.width());
        let response =
            ui.scope_builder(UiBuilder::new().max_rect(place), |ui| ui.put(place, edit)).inner;
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("Session name"));
        if std::mem::take(&mut self.rename_begins) {
            response.request_focus();
        } else if !response.has_focus() {
            let name = text.trim().to_owned();
            let cancelled = ui.input(|input| input.key_pressed(Key::Escape));
            if !cancelled && !name.is_empty() && name != session.name {
                acts.push(SidebarAct::Rename { session: session.id.clone(), name });
            }
            self.renaming = None;
            let row = Id::unique(("left bar session", session.id.as_str()));
            ui.memory_mut(|memory| memory.request_focus(row));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row takes part in everything the list does")]
    fn heading(
        &mut self,
        ui: &mut Ui,
        at: usize,
        rect: egui::Rect,
        (heading, count, folded): (&Heading, usize, bool),
        list: &List,
        data: &SidebarData<'_>,
        acts: &mut Vec<SidebarAct>,
    ) {
        let widget = Id::unique(("left bar heading", heading.key()));
        let response = ui.interact(rect.shrink2(vec2(0.0, 1.0)), widget, Sense::click_and_drag());
        let words = clean_line(heading.words());
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::DisclosureTriangle, true, !folded, &words)
        });
        row::ground(ui, response.rect, &response, false);
        let waiting = if folded { waiting(heading, data) } else { 0 };
        row::heading(ui, response.rect, &words, count, folded, waiting);
        if response.has_focus() {
            self.at = Some(at);
            keep_arrows(ui, widget);
        }
        if let Heading::Group(name) = heading {
            response.context_menu(|ui| {
                if ui.button("Rename group…").clicked() {
                    self.naming = Some((Naming::Group(name.clone()), name.clone()));
                }
                if ui.button("Take the group away").clicked() {
                    acts.push(SidebarAct::RenameGroup { from: name.clone(), to: None });
                }
            });
            response.dnd_set_drag_payload(Dragged::Group(name.clone()));
        }
        if response.clicked() {
            acts.push(fold(heading, !folded));
        }
        drop_on_heading(ui, &response, heading, list, acts);
    }

    fn naming_dialog(&mut self, ui: &Ui, acts: &mut Vec<SidebarAct>) {
        let Some((naming, name)) = &mut self.naming else { return };
        let words = match naming {
            Naming::NewGroup(_) => ("New group", "Create"),
            Naming::Group(_) => ("Rename group", "Rename"),
        };
        let shown = dialog(ui.ctx(), "group name", words.0, 360.0, |ui| {
            let label = Field { label: "Name", hint: "work", ..Field::default() };
            let response = field(ui, "group name", label, name);
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if !response.has_focus() && !entered && ui.memory(|memory| memory.focused().is_none()) {
                response.request_focus();
            }
            ui.add_space(space::M);
            let can = !name.trim().is_empty();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let done = button_enabled(ui, can, Kind::Primary, words.1).clicked();
                let cancelled = button(ui, Kind::Plain, "Cancel").clicked();
                (can && (done || entered), cancelled)
            })
            .inner
        });
        let (done, cancelled) = shown.inner;
        if done {
            let name = name.trim().to_owned();
            acts.push(match naming {
                Naming::NewGroup(session) => {
                    SidebarAct::Group { session: session.clone(), group: Some(name) }
                }
                Naming::Group(from) => {
                    SidebarAct::RenameGroup { from: from.clone(), to: Some(name) }
                }
            });
        }
        if done || cancelled || shown.close {
            self.naming = None;
        }
    }
}

fn fold(heading: &Heading, folded: bool) -> SidebarAct {
    SidebarAct::Fold { key: heading.key().to_owned(), folded }
}

/// How many approvals wait under a heading.
fn waiting(heading: &Heading, data: &SidebarData<'_>) -> u32 {
    let under = |id: &SessionId| {
        let session = data.sessions.get(id);
        session.is_some_and(|session| arrange::heading(session, data.memory) == *heading)
    };
    data.approvals.iter().filter(|(id, _)| under(id)).map(|(_, waiting)| waiting).sum()
}

fn nothing_yet(ui: &mut Ui, acts: &mut Vec<SidebarAct>) {
    let words = "Each agent at work in a directory, here or on another machine, will stand here.";
    empty(ui, Icon::MessagesSquare, "No sessions yet", words);
    ui.add_space(space::S);
    ui.vertical_centered(|ui| {
        // Named apart from the button above it.
        if button(ui, Kind::Primary, "Start the first session").clicked() {
            acts.push(SidebarAct::NewSession);
        }
    });
}

fn description(shown: &Shown<'_>, hosts: &[HostConfig]) -> String {
    let session = shown.session;
    let agent = agent_words(&clean_line(&session.agent), &session.host);
    let host = clean_line(host_name(hosts, &session.host));
    let unread = if shown.unread { ", unread" } else { "" };
    format!("{}{unread}, {agent} on {host}", shown.status.words())
}

fn tip(ui: &mut Ui, shown: &Shown<'_>, hosts: &[HostConfig]) {
    let session = shown.session;
    ui.label(RichText::new(clean_line(&session.name)).font(strong(size::BODY)));
    ui.label(description(shown, hosts));
    if let Some(directory) = &session.cwd {
        ui.label(clean_line(directory));
    }
    if session.tabs.len() > 1 {
        let tabs = u64::try_from(session.tabs.len()).unwrap_or(u64::MAX);
        ui.label(of_many(tabs, "tab", "tabs"));
    }
}

fn place(session: &SessionId, moved: super::order::Moved, acts: &mut Vec<SidebarAct>) {
    if let Some(on) = moved.bookmark {
        acts.push(SidebarAct::Bookmark { session: session.clone(), on });
    }
    if let Some(group) = moved.group {
        acts.push(SidebarAct::Group { session: session.clone(), group });
    }
    acts.push(SidebarAct::Order(moved.order));
}

fn drop_on_session(
    ui: &Ui,
    row: &egui::Response,
    id: &SessionId,
    list: &List,
    acts: &mut Vec<SidebarAct>,
) {
    let Some(dragged) = row.dnd_hover_payload::<Dragged>() else { return };
    let Dragged::Session(session) = dragged.as_ref() else { return };
    if session == id {
        return;
    }
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let behind = pointer.is_some_and(|at| at.y > row.rect.center().y);
    let theme = Theme::get(ui.ctx());
    let y = if behind { row.rect.bottom() } else { row.rect.top() };
    let stroke = egui::Stroke::new(2.0, theme.accent);
    ui.painter().hline(row.rect.x_range().shrink(space::XS), y, stroke);
    if let Some(dropped) = row.dnd_release_payload::<Dragged>()
        && let Dragged::Session(session) = dropped.as_ref()
    {
        let target = if behind { Target::Behind(id.clone()) } else { Target::Before(id.clone()) };
        if let Some(moved) = moved(list, session, &target) {
            place(session, moved, acts);
        }
    }
}

fn drop_on_heading(
    ui: &Ui,
    row: &egui::Response,
    heading: &Heading,
    list: &List,
    acts: &mut Vec<SidebarAct>,
) {
    let Some(dragged) = row.dnd_hover_payload::<Dragged>() else { return };
    let theme = Theme::get(ui.ctx());
    let stroke = egui::Stroke::new(2.0, theme.accent);
    match dragged.as_ref() {
        Dragged::Session(_) => {
            ui.painter().rect_stroke(row.rect, 6.0, stroke, egui::StrokeKind::Inside);
        }
        Dragged::Group(_) => {
            ui.painter().hline(row.rect.x_range(), row.rect.top(), stroke);
        }
    }
    let Some(dropped) = row.dnd_release_payload::<Dragged>() else { return };
    match dropped.as_ref() {
        Dragged::Session(session) => {
            if let Some(moved) = moved(list, session, &Target::Under(heading.clone())) {
                place(session, moved, acts);
            }
        }
        Dragged::Group(group) => {
            let before = match heading {
                Heading::Group(name) => Some(name.as_str()),
                Heading::Bookmarks => list.groups.first().map(String::as_str),
                Heading::Others => None,
            };
            if before != Some(group) {
                let order = group_moved(&list.groups, group, before);
                acts.extend(order.map(SidebarAct::GroupOrder));
            }
        }
    }
}
