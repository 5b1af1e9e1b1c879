//! A test of a host, stage by stage.

use egui::{Label, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::test_connection::{ConnectionReport, StageName, StageReport};

use crate::theme::{Theme, size, strong};
use crate::view::changed_key::changed_key_card;
use crate::widget::{failure_card, glyph, icon_sized, plain, shell_line, shell_lines};

/// All stages, in their order.
const STAGES: [StageName; 6] = [
    StageName::Validate,
    StageName::Resolve,
    StageName::Connect,
    StageName::Authenticate,
    StageName::Shell,
    StageName::Agent,
];

/// A test as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestRun {
    /// The stage that has begun last.
    pub began: Option<StageName>,
    /// Those that are over.
    pub stages: Vec<StageReport>,
    /// Whether an agent is looked for, too.
    pub with_agent: bool,
    /// What came of it; `None` while it is under way. A failure is one of the test itself, such as
    /// [`Code::Cancelled`]; a host that can't be used is a report.
    pub outcome: Option<Result<ConnectionReport, Failure>>,
}

impl TestRun {
    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        self.outcome.is_none()
    }

    /// Why the host can't be used, or why that isn't known.
    pub fn failure(&self) -> Option<&Failure> {
        match self.outcome.as_ref()? {
            Ok(report) => report.error(),
            Err(failure) => Some(failure),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State<'a> {
    Waiting,
    Running,
    Passed(&'a StageReport),
    Failed,
    /// An earlier one failed.
    NotReached,
}

fn state(run: &TestRun, stage: StageName) -> State<'_> {
    match run.stages.iter().find(|report| report.name == stage) {
        Some(report) if report.ok => State::Passed(report),
        Some(_) => State::Failed,
        None if !run.is_running() => State::NotReached,
        None if run.began == Some(stage) => State::Running,
        None => State::Waiting,
    }
}

fn name(stage: StageName) -> &'static str {
    match stage {
        StageName::Validate => "Validate",
        StageName::Resolve => "Resolve",
        StageName::Connect => "Connect",
        StageName::Authenticate => "Authenticate",
        StageName::Shell => "Shell",
        StageName::Agent => "Agent",
    }
}

/// Each stage with how it stands.
pub fn stage_list(ui: &mut Ui, run: &TestRun) {
    let theme = Theme::get(ui.ctx());
    let shown = STAGES.iter().filter(|stage| run.with_agent || **stage != StageName::Agent);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 20.0;
        for stage in shown {
            let (mark, colour, words) = match state(run, *stage) {
                State::Waiting => (Icon::Circle, theme.muted, "waiting".to_owned()),
                State::Running => (Icon::CircleDot, theme.busy, "running…".to_owned()),
                State::Passed(report) => {
                    (Icon::CircleCheck, theme.good, format!("{} ms", report.elapsed_ms))
                }
                State::Failed => (Icon::CircleX, theme.bad, "failed".to_owned()),
                State::NotReached => (Icon::CircleDashed, theme.muted, "not reached".to_owned()),
            };
            let found = run.stages.iter().find(|report| report.name == *stage);
            let found = found.map(|report| plain(&report.found)).unwrap_or_default();
            ui.horizontal(|ui| {
                icon_sized(ui, mark, size::ICON, colour);
                ui.allocate_ui_with_layout(
                    egui::vec2(100.0, 20.0),
                    egui::Layout::left_to_right(egui::Align::Center),
                    |ui| {
                        ui.set_min_width(100.0);
                        ui.label(name(*stage));
                    },
                );
                ui.allocate_ui_with_layout(
                    egui::vec2(80.0, 20.0),
                    egui::Layout::left_to_right(egui::Align::Center),
                    |ui| {
                        ui.set_min_width(80.0);
                        let words = RichText::new(words).size(size::SMALL).color(colour);
                        ui.label(words);
                    },
                );
                if !found.is_empty() {
                    let found = RichText::new(found.as_ref()).size(size::SMALL).color(theme.muted);
                    ui.add(Label::new(found).truncate());
                }
            });
        }
    });
}

/// What came of a test, in a line or a card; nothing while it is under way.
pub fn result_line(ui: &mut Ui, run: &TestRun) {
    let theme = Theme::get(ui.ctx());
    match &run.outcome {
        None => {}
        Some(Ok(report)) if report.ok => {
            ui.horizontal_top(|ui| {
                let mark = glyph(Icon::CircleCheck, size::ICON).color(theme.good);
                ui.add(Label::new(mark).selectable(false));
                let words = RichText::new(connected_words(report)).color(theme.good);
                ui.add(Label::new(words.font(strong(size::BODY))).wrap());
            });
        }
        Some(Ok(_) | Err(_)) => match run.failure() {
            Some(failure) if failure.code == Code::HostKeyChanged => {
                changed_key_card(ui, failure, failure.host.as_deref());
            }
            Some(failure) => {
                let hint = failure.hint.as_deref().unwrap_or_default();
                failure_card(ui, failure, |ui| {
                    for line in shell_lines(hint) {
                        shell_line(ui, &plain(line));
                    }
                });
            }
            None => {
                let failure = Failure::new(Code::Internal, "the test failed and didn't say why");
                failure_card(ui, &failure, |_| ());
            }
        },
    }
}

/// `Connected to gpu-1, Linux, /bin/zsh, 51 ms; codex 0.169.0 at /usr/bin/codex`.
pub fn connected_words(report: &ConnectionReport) -> String {
    let hostname = report.hostname.as_deref().unwrap_or("the host");
    let mut words = format!("Connected to {}", plain(hostname));
    for part in [&report.os, &report.shell].into_iter().flatten() {
        words.push_str(", ");
        words.push_str(&plain(part));
    }
    if let Some(ms) = report.latency_ms {
        words.push_str(&format!(", {ms} ms"));
    }
    if let Some(agent) = &report.agent {
        let version = agent.version.as_deref().map(|version| format!(" {version}"));
        let version = version.unwrap_or_default();
        let found = format!("; {}{version} at {}", agent.name, agent.path);
        words.push_str(&plain(&found));
    }
    words
}

#[cfg(test)]
#[path = "test_run_tests.rs"]
mod tests;
