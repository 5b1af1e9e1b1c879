//! The line over the transcript: which session this is, where it runs and how far it has come.

use egui::{FontId, Id, Key, Label, RichText, Sense, TextEdit, Ui, WidgetInfo, vec2};
use lucide_icons::Icon;
use orchestrator::host::HostConfig;
use orchestrator::seam::{Session, SessionId, TabId};

use self::fit::{Part, fit};
use crate::commands::{WindowCommand, tip};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::{agent_words, host_name, is_local};
use crate::view::sidebar::GitGlance;
use crate::widget::{icon_button, pill, pill_button};
use crate::words::{clean_line, cost, count, middle, octet};

#[path = "header_fit.rs"]
mod fit;

/// How wide a host's badge is at most.
const BADGE: f32 = 124.0;
/// How wide a name is at most, and what it always has.
const NAME: (f32, f32) = (240.0, 72.0);
/// How wide the bar of the context is, without its number.
const BAR: f32 = 48.0;
/// How wide an icon's button is: the icon and its paddings.
const ICON_BUTTON: f32 = size::ICON + 2.0 * space::M;
/// Letters of a directory.
const DIRECTORY: usize = 34;

/// What the header shows.
#[derive(Clone, Copy, Debug)]
pub struct HeaderData<'a> {
    /// The session that is shown.
    pub session: &'a Session,
    /// Its tab that is shown: conversation and context are this one's.
    pub tab: Option<&'a TabId>,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
    /// What is known of its git.
    pub git: Option<&'a GitGlance>,
    /// Whether it is bookmarked.
    pub bookmarked: bool,
    /// Whether the left bar is there.
    pub left_open: bool,
    /// Whether the right bar is there.
    pub right_open: bool,
}

/// What a person wants of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderAct {
    /// Give the session this name; never blank.
    Rename(String),
    /// Put this on the clipboard and say so.
    Copy {
        /// What it is: `Directory`.
        what: &'static str,
        /// The whole of it.
        text: String,
    },
    /// Do this with the shown session or the window.
    Command(WindowCommand),
}

/// The header's own state.
#[derive(Debug, Default)]
pub struct HeaderView {
    renaming: Option<(SessionId, String)>,
    rename_begins: bool,
}

/// What a header says, as text.
struct Words {
    name: String,
    host: String,
    agent: String,
    branch: Option<String>,
    directory: Option<String>,
    octet: Option<String>,
    cost: Option<String>,
    context: Option<Context>,
}

/// How full a conversation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    /// Tokens in use.
    pub used: u64,
    /// Tokens that there is room for.
    pub window: u64,
}

impl Context {
    /// Of a tab: as its turn says, or the last one that did.
    pub fn of(session: &Session, tab: Option<&TabId>) -> Option<Self> {
        let tab = session.tabs.iter().find(|known| Some(&known.id) == tab)?;
        let told = |usage: &orchestrator::agent::Usage| {
            let (used, window) = (usage.context_tokens?, usage.context_window?);
            (window > 0).then_some(Self { used, window })
        };
        tab.turn.as_ref().and_then(|turn| told(&turn.usage)).or_else(|| told(&tab.totals.usage))
    }

    /// Of a hundred; more than a hundred is a hundred.
    pub fn percent(self) -> u64 {
        (self.used.saturating_mul(100) / self.window.max(1)).min(100)
    }
}

/// What a session has cost, with what its turns under way have cost so far.
pub fn spent(session: &Session) -> Option<f64> {
    let running = session
        .tabs
        .iter()
        .filter_map(|tab| tab.turn.as_ref().filter(|turn| turn.status.is_none())?.usage.cost_usd);
    let usd = session.totals.usage.cost_usd.unwrap_or(0.0) + running.sum::<f64>();
    (usd > 0.0).then_some(usd)
}

impl HeaderView {
    /// Lets the name be edited in its place.
    pub fn rename(&mut self, session: &Session) {
        self.renaming = Some((session.id.clone(), session.name.clone()));
        self.rename_begins = true;
    }

    /// Draws it, on one line.
    pub fn ui(&mut self, ui: &mut Ui, data: &HeaderData<'_>) -> Vec<HeaderAct> {
        let mut acts = Vec::new();
        let mac = ui.ctx().os().is_mac();
        let theme = Theme::get(ui.ctx());
        let words = words(data);
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL + space::XS);
            ui.spacing_mut().item_spacing.x = space::S;
            let left = if data.left_open { "Hide the left bar" } else { "Show the left bar" };
            let keys = tip("", WindowCommand::ToggleLeftBar, mac);
            if icon_button(ui, Icon::PanelLeft, left).on_hover_text(keys.trim()).clicked() {
                acts.push(HeaderAct::Command(WindowCommand::ToggleLeftBar));
            }
            let buttons = 2.0 * (ICON_BUTTON + space::S);
            let room = ui.available_width() - buttons;
            let name_width = text_width(ui, &words.name, strong(size::HEADING - 1.0)).min(NAME.0);
            let host_width = pill_width(ui, &words.host, true).min(BADGE);
            let parts = parts(ui, &words);
            let (kept, name_width) =
                fit(&parts, room - host_width - space::S, name_width + 2.0, NAME.1, space::S);
            self.name(ui, &words, name_width, data, &mut acts);
            badge(ui, &theme, &words, data, host_width);
            for part in kept {
                draw(ui, &theme, part, &words, data, &mut acts);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let right =
                    if data.right_open { "Hide the right bar" } else { "Show the right bar" };
                let toggle = icon_button(ui, Icon::PanelRight, right);
                let toggle =
                    toggle.on_hover_text(tip("", WindowCommand::ToggleRightBar, mac).trim());
                if toggle.clicked() {
                    acts.push(HeaderAct::Command(WindowCommand::ToggleRightBar));
                }
                menu(ui, data, &words, mac, &mut acts);
            });
        });
        acts
    }

    fn name(
        &mut self,
        ui: &mut Ui,
        words: &Words,
        width: f32,
        data: &HeaderData<'_>,
        acts: &mut Vec<HeaderAct>,
    ) {
        let height = size::CONTROL;
        // Another session is shown by now.
        self.renaming = self.renaming.take().filter(|(of, _)| *of == data.session.id);
        if let Some((_, text)) = &mut self.renaming {
            let id = Id::unique("header rename");
            let edit = TextEdit::singleline(text).id(id).desired_width(width.max(160.0));
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(id, |node| node.set_label("Name of this session"));
            if std::mem::take(&mut self.rename_begins) {
                response.request_focus();
            } else if !response.has_focus() {
                let cancelled = ui.input(|input| input.key_pressed(Key::Escape));
                let name = text.trim().to_owned();
                if !cancelled && !name.is_empty() && name != data.session.name {
                    acts.push(HeaderAct::Rename(name));
                }
                self.renaming = None;
            }
            return;
        }
        let text = RichText::new(&words.name).font(strong(size::HEADING - 1.0));
        let label = Label::new(text).truncate().selectable(false).sense(Sense::click());
        let response = ui.add_sized(vec2(width, height), label);
        let name = format!("Rename {}", words.name);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
        let response = response.on_hover_cursor(egui::CursorIcon::Text);
        if response.on_hover_text(format!("{}\nClick to rename", words.name)).clicked() {
            self.rename(data.session);
        }
    }
}

fn words(data: &HeaderData<'_>) -> Words {
    let session = data.session;
    let tab = session.tabs.iter().find(|tab| Some(&tab.id) == data.tab);
    let host = if is_local(&session.host) {
        "THIS MACHINE".to_owned()
    } else {
        clean_line(host_name(data.hosts, &session.host)).to_uppercase()
    };
    Words {
        name: clean_line(&session.name),
        host,
        agent: agent_words(&clean_line(&session.agent), &session.host),
        branch: data.git.map(|git| {
            let branch = git.branch.as_deref().map_or_else(|| "no branch".into(), clean_line);
            let branch = middle(&branch, 22);
            if git.changed == 0 { branch } else { format!("{branch} ±{}", git.changed) }
        }),
        directory: session.cwd.as_deref().map(|path| middle(&clean_line(path), DIRECTORY)),
        octet: tab.and_then(|tab| tab.agent_session.as_deref()).map(octet),
        cost: spent(session).map(cost),
        context: Context::of(session, data.tab),
    }
}

fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE).size().x
}

fn pill_width(ui: &Ui, text: &str, icon: bool) -> f32 {
    let font = FontId::new(size::SMALL - 0.5, strong(0.0).family);
    // Paddings and the icon, as pills have them.
    text_width(ui, text, font) + 13.0 + if icon { 16.0 } else { 0.0 }
}

/// The parts that there are, with their widths.
fn parts(ui: &Ui, words: &Words) -> Vec<(Part, f32)> {
    let small = || FontId::proportional(size::BODY);
    let mut parts = vec![(Part::Agent, text_width(ui, &words.agent, small()) + 1.0)];
    let pills = [
        (Part::Branch, &words.branch, true),
        (Part::Octet, &words.octet, false),
        (Part::Cost, &words.cost, false),
    ];
    for (part, words, icon) in pills {
        parts.extend(words.as_ref().map(|words| (part, pill_width(ui, words, icon))));
    }
    if let Some(directory) = &words.directory {
        parts.insert(1, (Part::Directory, text_width(ui, directory, small()) + 1.0));
    }
    if let Some(context) = words.context {
        let number = format!("{} %", context.percent());
        let width = BAR + space::XS + text_width(ui, &number, FontId::proportional(size::SMALL));
        parts.push((Part::Context, width + 1.0));
    }
    parts
}

fn badge(ui: &mut Ui, theme: &Theme, words: &Words, data: &HeaderData<'_>, width: f32) {
    let local = is_local(&data.session.host);
    let (icon, colour) =
        if local { (Icon::Monitor, theme.muted) } else { (Icon::Server, theme.git) };
    ui.scope(|ui| {
        ui.set_max_width(width.max(40.0));
        let tip = if local {
            "The agent runs on this machine".to_owned()
        } else {
            format!("The agent runs on {}", words.host)
        };
        pill(ui, Some(icon), &words.host, colour).on_hover_text(tip);
    });
}

fn draw(
    ui: &mut Ui,
    theme: &Theme,
    part: Part,
    words: &Words,
    data: &HeaderData<'_>,
    acts: &mut Vec<HeaderAct>,
) {
    match part {
        Part::Agent => {
            let text = RichText::new(&words.agent).color(theme.muted);
            ui.add(Label::new(text).selectable(false));
        }
        Part::Directory => {
            let (Some(short), Some(whole)) = (&words.directory, &data.session.cwd) else { return };
            let text = RichText::new(short).color(theme.muted);
            let label = ui.add(Label::new(text).selectable(false).sense(Sense::click()));
            let name = "Copy the directory";
            label.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, name));
            let label = label.on_hover_cursor(egui::CursorIcon::PointingHand);
            let tip = format!("{}\nClick to copy", clean_line(whole));
            if label.on_hover_text(tip).clicked() {
                acts.push(HeaderAct::Copy { what: "Directory", text: whole.clone() });
            }
        }
        Part::Branch => {
            let (Some(words), Some(git)) = (&words.branch, data.git) else { return };
            let changed = crate::words::of_many(u64::from(git.changed), "file", "files");
            let whole = git.branch.as_deref().map_or_else(|| "no branch".into(), clean_line);
            pill(ui, Some(Icon::GitBranch), words, theme.remote)
                .on_hover_text(format!("On {whole}, {changed} changed"));
        }
        Part::Octet => {
            let Some(shown) = &words.octet else { return };
            let id = conversation(data);
            if pill_button(ui, None, shown, theme.muted, "Copy the conversation's id").clicked() {
                acts.extend(id.map(|text| HeaderAct::Copy { what: "Conversation's id", text }));
            }
        }
        Part::Cost => {
            let Some(cost) = &words.cost else { return };
            let turns = crate::words::of_many(data.session.totals.turns, "turn", "turns");
            pill(ui, None, cost, theme.good).on_hover_text(format!("{cost} in {turns}"));
        }
        Part::Context => {
            if let Some(context) = words.context {
                context_bar(ui, context);
            }
        }
    }
}

/// How full a conversation is: a bar and its number, tokens when pointed at.
pub fn context_bar(ui: &mut Ui, context: Context) -> egui::Response {
    let theme = Theme::get(ui.ctx());
    let percent = context.percent();
    let colour = match percent {
        ..75 => theme.accent,
        75..90 => theme.warn,
        _ => theme.bad,
    };
    let font = FontId::proportional(size::SMALL);
    let text_colour = if percent < 75 { theme.muted } else { colour };
    let number = ui.painter().layout_no_wrap(format!("{percent} %"), font, text_colour);
    let wanted = vec2(BAR + space::XS + number.size().x, 18.0);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let middle = rect.center().y;
    let bar = egui::Rect::from_min_size(egui::pos2(rect.left(), middle - 3.0), vec2(BAR, 6.0));
    ui.painter().rect_filled(bar, 3.0, theme.line_strong);
    let mut full = bar;
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
    let part = percent as f32 / 100.0;
    full.set_width(BAR * part);
    ui.painter().rect_filled(full, 3.0, colour);
    let at = egui::pos2(bar.right() + space::XS, middle - number.size().y / 2.0);
    ui.painter().galley(at, number, text_colour);
    response.widget_info(|| {
        WidgetInfo::labeled(egui::Role::ProgressIndicator, true, format!("Context {percent} %"))
    });
    response.on_hover_ui(|ui| {
        ui.label(format!("{} of {} tokens", count(context.used), count(context.window)));
        if percent >= 75 {
            ui.label("A fresh conversation begins with an empty context");
        }
    })
}

fn conversation(data: &HeaderData<'_>) -> Option<String> {
    let tab = data.session.tabs.iter().find(|tab| Some(&tab.id) == data.tab)?;
    tab.agent_session.clone()
}

/// The session's acts, and what the line may have no room for.
fn menu(ui: &mut Ui, data: &HeaderData<'_>, words: &Words, mac: bool, acts: &mut Vec<HeaderAct>) {
    let button = icon_button(ui, Icon::Ellipsis, "Session menu");
    egui::Popup::menu(&button).accessible_name("Session menu").show(|ui| {
        ui.set_min_width(230.0);
        let host = if is_local(&data.session.host) { "this machine" } else { &words.host };
        ui.weak(format!("{} on {host}", clean_line(&data.session.agent)));
        if let Some(git) = &words.branch {
            ui.weak(format!("Branch {git}"));
        }
        if let Some(cost) = &words.cost {
            ui.weak(format!("Cost {cost}"));
        }
        ui.separator();
        if let Some(directory) = &data.session.cwd
            && ui.button("Copy directory").clicked()
        {
            acts.push(HeaderAct::Copy { what: "Directory", text: directory.clone() });
        }
        if let Some(text) = conversation(data)
            && ui.button("Copy conversation's id").clicked()
        {
            acts.push(HeaderAct::Copy { what: "Conversation's id", text });
        }
        let bookmark = if data.bookmarked { "Remove bookmark" } else { "Bookmark" };
        let mut entries = vec![
            ("Rename…", WindowCommand::RenameSession),
            (bookmark, WindowCommand::ToggleBookmark),
            ("Edit…", WindowCommand::EditSession),
            ("Fresh conversation", WindowCommand::FreshConversation),
            ("Duplicate…", WindowCommand::DuplicateSession),
        ];
        if !is_local(&data.session.host) {
            entries.push(("Test connection", WindowCommand::TestHost));
        }
        entries.push(("Remove…", WindowCommand::RemoveSession));
        for (words, command) in entries {
            let keys = crate::commands::entry(command).and_then(|entry| entry.keys(mac));
            let button = egui::Button::new(words).shortcut_text(keys.unwrap_or_default());
            let response = ui.add(button);
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, words));
            if response.clicked() {
                acts.push(HeaderAct::Command(command));
            }
        }
    });
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
