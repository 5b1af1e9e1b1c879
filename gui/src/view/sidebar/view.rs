//! The left bar.

use egui::{
    Event, EventFilter, Id, Key, Label, PointerButton, RichText, Sense, TextEdit, Ui, UiBuilder,
    vec2,
};
use lucide_icons::Icon;
use orchestrator::host::HostConfig;
use orchestrator::seam::{Session, SessionId};

use super::arrange::{Heading, List, Row, arrange, below_key};
use super::data::{SidebarAct, SidebarData};
use super::drag::{Dragged, drop_on_heading, drop_on_session, scroll_at_edges};
use super::menu::{Picked, group_menu, session_menu};
use super::naming::Naming;
use super::row::{self, Shown};
use super::status::status;
use crate::commands::{WindowCommand, keys_of};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::{agent_words, host_name, way};
use crate::widget::{Kind, RowMenu, Scroll, Stack, button, empty, search_field, search_id};
use crate::words::{clean_line, of_many};

/// The left bar's own state.
#[derive(Debug, Default)]
pub struct SidebarView {
    pub(super) filter: String,
    pub(super) arranged: Option<(u64, String)>,
    pub(super) list: List,
    pub(super) stack: Stack,
    /// The row that had the focus when it was drawn last.
    pub(super) at: Option<usize>,
    pub(super) reveal: Option<usize>,
    pub(super) renaming: Option<(SessionId, String)>,
    pub(super) rename_begins: bool,
    pub(super) naming: Option<(Naming, String)>,
    pub(super) menu: RowMenu,
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

    /// Lets a group's name be edited, in a dialog.
    pub(super) fn rename_group(&mut self, name: &str) {
        self.naming = Some((Naming::Group(name.to_owned()), name.to_owned()));
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, data: &SidebarData<'_>) -> Vec<SidebarAct> {
        let mut acts = Vec::new();
        self.top(ui, data, &mut acts);
        self.arrange(data);
        self.leave_gone_row(data, &mut acts);
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

    /// A name that was being typed in a row that is there no more: it counts, and takes no focus when the row comes back.
    fn leave_gone_row(&mut self, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let list = &self.list;
        let gone = self.renaming.take_if(|(id, _)| list.row_of(id).is_none());
        let Some((id, typed)) = gone else { return };
        let name = typed.trim();
        if data.sessions.get(&id).is_some_and(|session| !name.is_empty() && name != session.name) {
            acts.push(SidebarAct::Rename { session: id, name: name.to_owned() });
        }
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
                let keys = keys_of(WindowCommand::NewSession, ui.ctx().os().is_mac());
                let new = button(ui, Kind::Plain, "New session");
                if new.on_hover_text(keys).clicked() {
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

    pub(super) fn row_id(row: &Row) -> Id {
        match row {
            Row::Heading { heading, .. } => Id::unique(("left bar heading", heading.key())),
            Row::Session(id) => Id::unique(("left bar session", id.as_str())),
        }
    }

    pub(super) fn focus_row(&mut self, ui: &Ui, at: usize) {
        if let Some(row) = self.list.rows.get(at) {
            ui.memory_mut(|memory| memory.request_focus(Self::row_id(row)));
            self.at = Some(at);
            self.reveal = Some(at);
        }
    }

    fn rows(&mut self, ui: &mut Ui, data: &SidebarData<'_>, acts: &mut Vec<SidebarAct>) {
        let list = std::mem::take(&mut self.list);
        let stack = std::mem::take(&mut self.stack);
        let scroll = match (self.reveal.take(), scroll_at_edges(ui)) {
            (Some(row), _) => Scroll::Reveal(row),
            (None, Some(points)) => Scroll::By(points),
            (None, None) => Scroll::Stay,
        };
        stack.show(ui, "left bar", scroll, |ui, at, rect| match list.rows.get(at) {
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
        let place = list.place_of(id);
        let hidden = place.filter(|at| list.sessions.get(*at).is_some_and(|place| place.folded));
        let hidden = hidden.map(|at| list.below(at)).unwrap_or_default();
        let place = place.and_then(|at| list.sessions.get(at));
        let of = |id: &SessionId| data.approvals.get(id).copied().unwrap_or(0);
        // What is folded away is seen on the row that it is folded into.
        let approvals = of(id) + hidden.iter().map(|place| of(&place.session)).sum::<u32>();
        let unread = data.unread.contains(id)
            || hidden.iter().any(|place| data.unread.contains(&place.session));
        if !data.git.contains_key(id) {
            acts.push(SidebarAct::GlanceAtGit(id.clone()));
        }
        let above = session.parent.as_ref().filter(|_| place.is_some_and(|place| place.depth > 0));
        let shown = Shown {
            session,
            status: status(session, approvals, unread),
            way: way(data.connections, &session.host),
            git: data.git.get(id).filter(|git| git.repository),
            approvals,
            unread,
            renaming: self.renaming.as_ref().is_some_and(|(renamed, _)| renamed == id),
            depth: place.map_or(0, |place| place.depth),
            above: above.and_then(|above| data.sessions.get(above)),
            hidden: hidden.len(),
        };
        response.widget_info(|| {
            let name = clean_line(&session.name);
            egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, name)
        });
        ui.ctx().accesskit_node_builder(widget, |node| {
            node.set_selected(chosen);
            node.set_description(description(&shown, data.hosts));
            node.set_level(shown.depth + 1);
            if let Some(place) = place.filter(|place| place.below > 0) {
                node.set_expanded(!place.folded);
            }
        });
        row::ground(ui, response.rect, &response, chosen);
        if response.dragged() {
            ui.multiply_opacity(0.5);
        }
        row::session(ui, response.rect, &shown);
        if let Some(place) = place.filter(|place| place.below > 0)
            && row::fold_mark(ui, response.rect, &shown, place.folded).clicked()
        {
            acts.push(fold_below(id, !place.folded));
        }
        if response.has_focus() {
            self.at = Some(at);
            keep_arrows(ui, widget);
            if chosen && is_written(ui) {
                acts.push(SidebarAct::Write);
            }
        }
        if shown.renaming {
            self.rename_field(ui, row::beneath(rect, shown.depth), session, acts);
            return;
        }
        let by_keys = self.menu.of(&response);
        let bookmarked = data.memory.bookmarks.contains(id);
        match session_menu(&response, by_keys, session, place, &list.groups, bookmarked) {
            Some(Picked::Act(act)) => acts.push(act),
            Some(Picked::Rename) => self.rename(session),
            Some(Picked::NewGroup(id)) => {
                self.naming = Some((Naming::NewGroup(id), String::new()));
            }
            None => {}
        }
        if response.clicked_by(PointerButton::Primary) {
            response.request_focus();
            acts.push(SidebarAct::Look(id.clone()));
        } else if response.clicked() {
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
            egui::pos2(rect.right() - space::S, rect.top() + 26.0),
        );
        let id = Id::unique("left bar rename");
        let edit = TextEdit::singleline(text)
            .id(id)
            .desired_width(place.width())
            .align(egui::Align2::LEFT_CENTER);
        let response = ui
            .scope_builder(UiBuilder::new().max_rect(place), |ui| {
                // The second line stays free.
                ui.spacing_mut().interact_size.y = place.height();
                ui.put(place, edit)
            })
            .inner;
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("Session name"));
        if std::mem::take(&mut self.rename_begins) {
            response.request_focus();
        } else if !ui.memory(|memory| memory.has_focus(id)) {
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
        let waiting = if folded { waiting(heading, list, data) } else { 0 };
        row::heading(ui, response.rect, &words, count, folded, waiting);
        if response.has_focus() {
            self.at = Some(at);
            keep_arrows(ui, widget);
        }
        if let Heading::Group(name) = heading {
            let by_keys = self.menu.of(&response);
            match group_menu(&response, by_keys, name) {
                Some(Picked::Act(act)) => acts.push(act),
                Some(Picked::Rename) => self.rename_group(name),
                Some(Picked::NewGroup(_)) | None => {}
            }
            response.dnd_set_drag_payload(Dragged::Group(name.clone()));
        }
        if response.clicked() {
            response.request_focus();
            acts.push(fold(heading, !folded));
        }
        drop_on_heading(ui, &response, heading, list, acts);
    }
}

/// The wish to fold a part, or to unfold it.
pub(super) fn fold(heading: &Heading, folded: bool) -> SidebarAct {
    SidebarAct::Fold { key: heading.key().to_owned(), folded }
}

/// The wish to fold what stands below a session, or to unfold it.
pub(super) fn fold_below(session: &SessionId, folded: bool) -> SidebarAct {
    SidebarAct::Fold { key: below_key(session), folded }
}

/// Keeps the arrow keys in the row that has the focus: they walk through the list, and fold.
fn keep_arrows(ui: &Ui, row: Id) {
    let filter =
        EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(row, filter));
}

/// Whether letters are typed or pasted. A space is none: it clicks the row.
fn is_written(ui: &Ui) -> bool {
    let is_text = |event: &Event| match event {
        Event::Text(text) | Event::Paste(text) => !text.trim().is_empty(),
        _ => false,
    };
    ui.input(|input| input.events.iter().any(is_text))
}

/// How many approvals wait under a heading.
fn waiting(heading: &Heading, list: &List, data: &SidebarData<'_>) -> u32 {
    let under = |id: &SessionId| {
        let place = list.place_of(id).and_then(|at| list.sessions.get(at));
        place.is_some_and(|place| place.heading == *heading)
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
    let branch = shown.branch().map(|branch| format!(", on {branch}")).unwrap_or_default();
    let above = shown.above.map(|above| format!(", below {}", clean_line(&above.name)));
    let above = above.unwrap_or_default();
    format!("{}{unread}, {agent} on {host}{branch}{above}", shown.status.words())
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
