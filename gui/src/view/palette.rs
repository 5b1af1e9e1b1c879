//! The palette: every command and every session, by a few letters.

use std::cmp::Reverse;

use egui::{Align2, FontId, Rect, Ui, WidgetInfo, pos2};
use lucide_icons::Icon;
use orchestrator::host::HostConfig;
use orchestrator::seam::{Session, SessionId};

use crate::commands::{Entry, Situation, TABLE, WindowCommand};
use crate::fuzzy::Fuzzy;
use crate::theme::{Theme, icons, size, space};
use crate::view::places::{agent_words, host_name};
use crate::widget::{Picked, Picker, PickerOf, pick_by_keys};
use crate::words::clean_line;

const OF: PickerOf = PickerOf { name: "palette", width: 600.0, row: 34.0, rows: 11.0 };

/// How many commands are remembered as recently used.
const RECENT: usize = 8;
/// How many sessions stand there while nothing is typed, so that commands are seen, too.
const FEW: usize = 5;
/// A name that was found stands before words that were only meant.
const NAME_FIRST: u32 = 40;

/// What the palette shows.
#[derive(Clone, Copy, Debug)]
pub struct PaletteData<'a> {
    /// All sessions, in the order of the left bar or of their making.
    pub sessions: &'a [&'a Session],
    /// Another number whenever a session came, went or changed its name, agent, host or directory.
    pub version: u64,
    /// Hosts, for their names.
    pub hosts: &'a [HostConfig],
    /// The host of the session that is shown.
    pub host: Option<&'a str>,
    /// How things stand: what can't be used isn't offered.
    pub now: &'a Situation,
}

/// What a person wants of the palette; it closes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteAct {
    /// Do this.
    Run(WindowCommand),
    /// Show this session.
    Open(SessionId),
}

#[derive(Clone, Debug, PartialEq)]
enum Hit {
    /// What it works on stands behind its name.
    Command(&'static Entry, String),
    Session {
        id: SessionId,
        name: String,
        about: String,
    },
}

/// The palette's own state.
#[derive(Debug, Default)]
pub struct PaletteView {
    picker: Picker,
    hits: Vec<Hit>,
    found: Option<(u64, Situation, String)>,
    recent: Vec<WindowCommand>,
}

impl PaletteView {
    /// Opens it, with nothing typed.
    pub fn open(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        *self = Self { picker: Picker::opened(), recent, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.picker.is_open()
    }

    /// Remembers that a command was used, from wherever: it stands first next time.
    pub fn used(&mut self, command: WindowCommand) {
        self.recent.retain(|other| *other != command);
        self.recent.insert(0, command);
        self.recent.truncate(RECENT);
    }

    /// Draws it over everything else, while it is open.
    pub fn ui(&mut self, ctx: &egui::Context, data: &PaletteData<'_>) -> Option<PaletteAct> {
        if !self.picker.begin(ctx, &OF) {
            return None;
        }
        let mut picker = std::mem::take(&mut self.picker);
        self.find(data, &mut picker);
        let ((picked, leave), left) = picker.show(ctx, &OF, |picker, ui| {
            let by_keys = pick_by_keys(ui, &mut picker.at, self.hits.len());
            if picker.field(ui, &OF, "Command or session", "Type a command or a session") {
                picker.choose_first();
            }
            self.find(data, picker);
            let clicked = self.rows(ui, picker, by_keys.is_none());
            match by_keys {
                Some(Picked::This(at)) => (Some(at), false),
                Some(Picked::Nothing) => (None, true),
                None => (clicked, false),
            }
        });
        self.picker = picker;
        if picked.is_some() || leave || left {
            self.picker.close(ctx, true);
        }
        match self.hits.get(picked?)? {
            Hit::Command(entry, _) => {
                let command = entry.command;
                self.used(command);
                Some(PaletteAct::Run(command))
            }
            Hit::Session { id, .. } => Some(PaletteAct::Open(id.clone())),
        }
    }

    fn find(&mut self, data: &PaletteData<'_>, picker: &mut Picker) {
        let key = (data.version, *data.now, picker.typed.trim().to_owned());
        if self.found.as_ref() == Some(&key) {
            return;
        }
        self.hits = hits(data, &key.2, &self.recent);
        picker.at = picker.at.min(self.hits.len().saturating_sub(1));
        self.found = Some(key);
    }

    fn rows(&self, ui: &mut Ui, picker: &mut Picker, chooses: bool) -> Option<usize> {
        if self.hits.is_empty() {
            ui.vertical_centered(|ui| {
                ui.add_space(space::L);
                ui.weak("No command and no session is called so");
                ui.add_space(space::L);
            });
            return None;
        }
        let mac = ui.ctx().os().is_mac();
        picker.rows(ui, &OF, self.hits.len(), chooses, |ui, rect, row, chosen, response| {
            if let Some(hit) = self.hits.get(row) {
                draw(ui, rect, hit, chosen, mac, response);
            }
        })
    }
}

fn draw(ui: &Ui, rect: Rect, hit: &Hit, chosen: bool, mac: bool, response: &egui::Response) {
    let theme = Theme::get(ui.ctx());
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, 6.0, theme.chosen);
    }
    let (icon, name, about, keys) = match hit {
        Hit::Command(entry, on) => (
            Icon::Command,
            format!("{}{on}", entry.name),
            entry.group.words().to_owned(),
            entry.keys(mac).unwrap_or_default(),
        ),
        Hit::Session { name, about, .. } => {
            (Icon::MessageSquare, name.clone(), about.clone(), String::new())
        }
    };
    response.widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, &name));
    let middle = rect.center().y;
    let at = pos2(rect.left() + space::S, middle);
    painter.text(at, Align2::LEFT_CENTER, char::from(icon), icons(size::ICON), theme.muted);
    let right = rect.right() - space::L;
    let small = FontId::monospace(size::SMALL);
    let keys = painter.text(pos2(right, middle), Align2::RIGHT_CENTER, keys, small, theme.muted);
    let room = keys.left() - space::S - rect.left() - 34.0;
    let short = |text: String, font: FontId, colour, most: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text, font, colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(most.max(0.0));
        painter.layout_job(job)
    };
    let name = short(name, FontId::proportional(size::BODY), theme.text, room);
    let left = rect.left() + 34.0;
    let after = left + name.size().x + space::M;
    painter.galley(pos2(left, middle - name.size().y / 2.0), name, theme.text);
    let about = short(
        about,
        FontId::proportional(size::SMALL),
        theme.muted,
        keys.left() - space::S - after,
    );
    painter.galley(pos2(after, middle - about.size().y / 2.0), about, theme.muted);
}

/// What fits: commands that were used lately first while nothing is typed, else the best first.
fn hits(data: &PaletteData<'_>, typed: &str, recent: &[WindowCommand]) -> Vec<Hit> {
    let usable = TABLE
        .iter()
        .filter(|entry| entry.command != WindowCommand::Palette && entry.is_usable(data.now));
    let command = |entry: &'static Entry| {
        let on = match (entry.command, data.host) {
            (WindowCommand::RunLine, Some(host)) => {
                format!(" on {}", clean_line(host_name(data.hosts, host)))
            }
            _ => String::new(),
        };
        Hit::Command(entry, on)
    };
    let session = |session: &Session| {
        let agent = agent_words(&clean_line(&session.agent), &session.host);
        let host = clean_line(host_name(data.hosts, &session.host));
        Hit::Session {
            id: session.id.clone(),
            name: clean_line(&session.name),
            about: format!("{agent} on {host}"),
        }
    };
    let Some(mut fuzzy) = Fuzzy::new(typed) else {
        let mut commands: Vec<&'static Entry> = usable
            // Sessions stand there by their names.
            .filter(|entry| !matches!(entry.command, WindowCommand::OpenSession(_)))
            .collect();
        let place = |entry: &&Entry| {
            recent.iter().position(|known| *known == entry.command).unwrap_or(RECENT)
        };
        commands.sort_by_key(place);
        let (used, others): (Vec<_>, Vec<_>) =
            commands.into_iter().partition(|entry| recent.contains(&entry.command));
        let sessions = data.sessions.iter().take(FEW).map(|known| session(known));
        return used
            .into_iter()
            .map(command)
            .chain(sessions)
            .chain(others.into_iter().map(command))
            .collect();
    };
    let mut hits: Vec<(u32, Hit)> = Vec::new();
    for entry in usable {
        let name = fuzzy.score(&[entry.name]).map(|score| score + NAME_FIRST);
        let score = name.or_else(|| fuzzy.score(&[entry.name, entry.also, entry.group.words()]));
        hits.extend(score.map(|score| (score, command(entry))));
    }
    for known in data.sessions {
        let directory = known.cwd.as_deref().unwrap_or_default();
        let name = fuzzy.score(&[&known.name]).map(|score| score + NAME_FIRST);
        let score = name.or_else(|| {
            fuzzy.score(&[&known.name, host_name(data.hosts, &known.host), &known.agent, directory])
        });
        hits.extend(score.map(|score| (score, session(known))));
    }
    hits.sort_by_key(|(score, _)| Reverse(*score));
    hits.into_iter().map(|(_, hit)| hit).collect()
}

#[cfg(test)]
#[path = "palette_tests.rs"]
mod tests;
