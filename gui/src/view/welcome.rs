//! The first start: where do your agents run?

use std::collections::{BTreeMap, BTreeSet};

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::host::{HostConfig, HostId, Hosts};
use orchestrator::seam::{KnownAgent, KnownAgents};

use super::settings::{
    AliasRow, TestRun, address, connected_words, result_line, stage_list, summary,
};
use crate::fetched::Fetched;
use crate::theme::{Theme, size, space, strong};
use crate::widget::{
    Kind, button, button_enabled, card, dashed_button, failure_card, follow_focus, icon_sized,
    note, pill, plain, shell_line,
};

/// How wide the screen's column is.
const COLUMN: f32 = 720.0;

/// How high the list of machines is at most.
const MACHINES: f32 = 260.0;

/// How high a row is that has no test.
const ROW: f32 = 40.0;

/// What the screen shows.
#[derive(Clone, Copy, Debug)]
pub struct WelcomeData<'a> {
    /// Names of the person's ssh config.
    pub aliases: &'a Fetched<Vec<AliasRow>>,
    /// Hosts that are saved: those that were just added, and earlier ones.
    pub hosts: &'a Hosts,
    /// Tests of saved hosts.
    pub tests: &'a BTreeMap<HostId, TestRun>,
    /// Why a name couldn't be added, by the name.
    pub failures: &'a BTreeMap<String, Failure>,
    /// What this machine has of the agents.
    pub agents: &'a Fetched<KnownAgents>,
}

/// What a person wants of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WelcomeAct {
    /// Read the names of the ssh config.
    ListAliases,
    /// Ask `ssh -G` for this name; one at a time, may come again until it is `Pending`.
    ResolveAlias(String),
    /// Save a host that goes by this name of the ssh config, and test it: [`AliasRow::saved_as`], [`WelcomeData::tests`].
    AddAndTest(String),
    /// Test a saved host again.
    Test(HostId),
    /// Look at this machine's agents.
    LookAgents {
        /// Whatever was found before.
        refresh: bool,
    },
    /// Open the dialog that adds a host.
    AddMachine,
    /// Go on to a new session, on that host where one was chosen.
    StartSession(Option<HostId>),
    /// Go on to the empty window.
    Skip,
}

/// What was pressed already.
#[derive(Debug, Default)]
pub struct WelcomeView {
    /// Names that are being added.
    adding: BTreeSet<String>,
    asked_agents: bool,
}

impl WelcomeView {
    /// Shows the screen in all there is.
    pub fn ui(&mut self, ui: &mut Ui, data: &WelcomeData<'_>) -> Vec<WelcomeAct> {
        let mut acts = Vec::new();
        if !self.asked_agents && data.agents.is_missing() {
            self.asked_agents = true;
            acts.push(WelcomeAct::LookAgents { refresh: false });
        }
        self.adding.retain(|name| !data.failures.contains_key(name));
        let width = COLUMN.min(ui.available_width() - 2.0 * space::XL);
        let side = ((ui.available_width() - width) / 2.0).max(0.0);
        let column = |ui: &mut Ui, contents: &mut dyn FnMut(&mut Ui)| {
            ui.horizontal_top(|ui| {
                ui.add_space(side);
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.spacing_mut().item_spacing.y = space::S;
                    contents(ui);
                });
            });
        };
        // The way on stays where it is, however many machines there are.
        let height = ui.available_height() - size::CONTROL - 2.0 * space::L;
        let area = ScrollArea::vertical().id_salt("welcome").auto_shrink([false, true]);
        area.max_height(height.max(80.0)).show(ui, |ui| {
            ui.add_space(space::XL);
            column(ui, &mut |ui| self.column(ui, data, &mut acts));
            follow_focus(ui);
        });
        ui.add_space(space::M);
        column(ui, &mut |ui| way_on(ui, &mut acts));
        acts
    }

    fn column(&mut self, ui: &mut Ui, data: &WelcomeData<'_>, acts: &mut Vec<WelcomeAct>) {
        let theme = Theme::get(ui.ctx());
        ui.label(RichText::new("Where do your agents run?").font(strong(size::TITLE)));
        let words = "Baton starts coding agents on your machines over SSH. They need sshd, a shell and the agent, \
                     nothing else.";
        ui.add(Label::new(RichText::new(words).color(theme.muted)).wrap());
        ui.add_space(space::XS);
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            heading(ui, Icon::Server, "Your machines");
            self.machines(ui, data, acts);
            if dashed_button(ui, Icon::Plus, "Add another machine…").clicked() {
                acts.push(WelcomeAct::AddMachine);
            }
        });
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            heading(ui, Icon::Laptop, "This machine");
            here(ui, data.agents, acts);
        });
    }

    /// Saved hosts first, then the names of the ssh config that nobody has added.
    fn machines(&mut self, ui: &mut Ui, data: &WelcomeData<'_>, acts: &mut Vec<WelcomeAct>) {
        match data.aliases {
            Fetched::Missing => acts.push(WelcomeAct::ListAliases),
            Fetched::Pending => {
                note(ui, "Reading your SSH config…");
            }
            Fetched::Failed(failure) => {
                failure_card(ui, failure, |ui| {
                    if button(ui, Kind::Plain, "Retry").clicked() {
                        acts.push(WelcomeAct::ListAliases);
                    }
                });
            }
            Fetched::Ready(rows) if rows.is_empty() && data.hosts.hosts.is_empty() => {
                note(
                    ui,
                    "Your SSH config names no hosts. Add a machine by its address, or begin with this one.",
                );
            }
            Fetched::Ready(_) => {}
        }
        for host in &data.hosts.hosts {
            saved(ui, host, data.tests.get(&host.id), acts);
        }
        let Some(rows) = data.aliases.ready() else { return };
        let open: Vec<&AliasRow> = rows.iter().filter(|row| row.saved_as.is_none()).collect();
        let asking = rows.iter().any(|row| row.resolved.is_pending());
        let mut resolve = None;
        let area = ScrollArea::vertical().id_salt("machines").max_height(MACHINES);
        area.auto_shrink([false, true]).show_rows(ui, ROW, open.len(), |ui, seen| {
            for row in seen.filter_map(|at| open.get(at)) {
                if row.resolved.is_missing() && !asking && resolve.is_none() {
                    resolve = Some(row.name.clone());
                }
                self.alias(ui, row, data, acts);
            }
        });
        acts.extend(resolve.map(WelcomeAct::ResolveAlias));
    }

    fn alias(
        &mut self,
        ui: &mut Ui,
        row: &AliasRow,
        data: &WelcomeData<'_>,
        acts: &mut Vec<WelcomeAct>,
    ) {
        let theme = Theme::get(ui.ctx());
        let (words, colour) = match (data.failures.get(&row.name), &row.resolved) {
            (Some(failure), _) | (None, Fetched::Failed(failure)) => {
                (plain(&failure.message).into_owned(), theme.bad)
            }
            (None, Fetched::Ready(resolved)) => (summary(resolved), theme.muted),
            (None, Fetched::Missing | Fetched::Pending) => ("…".to_owned(), theme.muted),
        };
        let name = plain(&row.name);
        let is_adding = self.adding.contains(&row.name);
        let pressed = line(ui, &name, &words, colour, |ui| {
            let words = if is_adding { "Adding…" } else { "Add & test" };
            let button = button_enabled(ui, !is_adding, Kind::Plain, words);
            let label = format!("{words} {name}");
            button
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, !is_adding, &label));
            button.clicked()
        });
        if pressed {
            self.adding.insert(row.name.clone());
            acts.push(WelcomeAct::AddAndTest(row.name.clone()));
        }
    }
}

/// What everybody wants next.
fn way_on(ui: &mut Ui, acts: &mut Vec<WelcomeAct>) {
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), size::CONTROL),
        Layout::right_to_left(Align::Center),
        |ui| {
            if button(ui, Kind::Primary, "Start a session").clicked() {
                acts.push(WelcomeAct::StartSession(None));
            }
            if button(ui, Kind::Quiet, "Skip for now").clicked() {
                acts.push(WelcomeAct::Skip);
            }
        },
    );
}

fn heading(ui: &mut Ui, mark: Icon, words: &str) {
    let theme = Theme::get(ui.ctx());
    ui.horizontal(|ui| {
        icon_sized(ui, mark, size::HEADING, theme.accent);
        ui.label(RichText::new(words).font(strong(size::BODY)));
    });
}

/// A name with words below it, and something on the right.
fn line<R>(
    ui: &mut Ui,
    name: &str,
    words: &str,
    colour: egui::Color32,
    right: impl FnOnce(&mut Ui) -> R,
) -> R {
    let wanted = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(ROW);
        // Room for the bar of a list.
        ui.add_space(space::S);
        let came = right(ui);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.add_space(2.0);
            ui.add(Label::new(RichText::new(name).font(strong(size::BODY))).truncate());
            let words = RichText::new(words).size(size::SMALL).color(colour);
            ui.add(Label::new(words).truncate());
        });
        came
    })
    .inner
}

/// A host that is there, with what its test says.
fn saved(ui: &mut Ui, host: &HostConfig, test: Option<&TestRun>, acts: &mut Vec<WelcomeAct>) {
    let theme = Theme::get(ui.ctx());
    let name = plain(&host.name);
    let (words, colour) = match test.and_then(|test| test.outcome.as_ref()) {
        Some(Ok(report)) if report.ok => (connected_words(report), theme.good),
        Some(Ok(_) | Err(_)) | None => (address(host), theme.muted),
    };
    line(ui, &name, &words, colour, |ui| match test {
        Some(test) if test.is_running() => {
            pill(ui, Some(Icon::LoaderCircle), "testing…", theme.busy);
        }
        Some(test) if test.failure().is_none() => {
            let start = button(ui, Kind::Plain, "Start here");
            start.widget_info(|| {
                let label = format!("Start a session on {name}");
                egui::WidgetInfo::labeled(egui::Role::Button, true, label)
            });
            if start.clicked() {
                acts.push(WelcomeAct::StartSession(Some(host.id.clone())));
            }
            pill(ui, Some(Icon::Check), "ready", theme.good);
        }
        Some(_) | None => {
            let test = button(ui, Kind::Plain, "Test");
            test.widget_info(|| {
                let label = format!("Test {name}");
                egui::WidgetInfo::labeled(egui::Role::Button, true, label)
            });
            if test.clicked() {
                acts.push(WelcomeAct::Test(host.id.clone()));
            }
        }
    });
    match test {
        Some(test) if test.is_running() => stage_list(ui, test),
        Some(test) if test.failure().is_some() => result_line(ui, test),
        Some(_) | None => {}
    }
}

/// The agents of this machine.
fn here(ui: &mut Ui, agents: &Fetched<KnownAgents>, acts: &mut Vec<WelcomeAct>) {
    match agents {
        Fetched::Missing | Fetched::Pending => {
            note(ui, "Looking for agents…");
        }
        Fetched::Failed(failure) => {
            failure_card(ui, failure, |ui| {
                if button(ui, Kind::Plain, "Look again").clicked() {
                    acts.push(WelcomeAct::LookAgents { refresh: true });
                }
            });
        }
        Fetched::Ready(known) => {
            let coding = known.agents.iter().filter(|agent| agent.install.is_some());
            let (found, missing): (Vec<&KnownAgent>, Vec<_>) =
                coding.partition(|agent| is_here(agent));
            if !found.is_empty() {
                ui.horizontal_wrapped(|ui| {
                    for agent in &found {
                        agent_pill(ui, agent);
                    }
                });
            } else {
                ui.label("No coding agent is installed here. Install one with a line such as these, or use it on another machine:");
                for agent in missing.iter().take(3) {
                    let line = agent.install.as_deref().unwrap_or_default();
                    install(ui, &agent.name, line);
                }
                if button(ui, Kind::Plain, "Look again").clicked() {
                    acts.push(WelcomeAct::LookAgents { refresh: true });
                }
            }
        }
    }
}

fn is_here(agent: &KnownAgent) -> bool {
    agent.there.as_ref().is_some_and(|there| there.path.is_some())
}

fn agent_pill(ui: &mut Ui, agent: &KnownAgent) {
    let theme = Theme::get(ui.ctx());
    let there = agent.there.as_ref();
    let version = there.and_then(|there| there.version.as_deref()).unwrap_or_default();
    let failure = there.and_then(|there| there.failure.as_ref());
    let logged_out = there.and_then(|there| there.logged_in) == Some(false);
    let (colour, why) = match failure {
        Some(failure) => (theme.bad, plain(&failure.message).into_owned()),
        None if logged_out => (theme.warn, format!("not logged in: {}", plain(&agent.login_hint))),
        None => (theme.good, plain(version).into_owned()),
    };
    let name = plain(&agent.name);
    let words = if logged_out { format!("{name}: not logged in") } else { name.into_owned() };
    let mark = if colour == theme.good { Icon::Check } else { Icon::TriangleAlert };
    let pill = pill(ui, Some(mark), &words, colour);
    if !why.is_empty() {
        pill.on_hover_text(why);
    }
}

fn install(ui: &mut Ui, name: &str, line: &str) {
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(
            vec2(110.0, size::CONTROL),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_width(110.0);
                ui.add(Label::new(plain(name)).truncate());
            },
        );
        shell_line(ui, &plain(line));
    });
}

#[cfg(test)]
#[path = "welcome_tests.rs"]
mod tests;
