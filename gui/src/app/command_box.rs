//! The command box of the session that is shown.

use egui::{Frame, Id, Margin, Panel, Ui};
use jiff::Timestamp;
use orchestrator::seam::{Operation, SessionId};

use super::lines::{LineFrom, line_of};
use super::pending::Pending;
use super::{App, Shown};
use crate::bridge::{Ask, LinesAsk};
use crate::theme::{Theme, size};
use crate::view::command_box::{Block, CommandBoxAct, CommandBoxData, LineData};
use crate::view::places::is_local;
use crate::words::clean_line;

/// The lowest and the highest command box, in points.
const HEIGHT: (f32, f32) = (110.0, 620.0);

impl App {
    /// Draws the command box below what else is shown of a session.
    pub(super) fn command_box(&mut self, ui: &mut Ui, shown: &Shown) {
        if !self.memory.commands.open {
            self.running_lines(ui, shown);
            return;
        }
        self.let_outputs_go(&shown.session);
        self.want_history(&shown.session);
        let theme = Theme::get(ui.ctx());
        let height = self.memory.commands.height.clamp(HEIGHT.0, HEIGHT.1);
        let panel = Panel::bottom("commands")
            .frame(Frame::new().fill(theme.panel))
            .resizable(true)
            .default_size(height)
            .size_range(HEIGHT.0..=HEIGHT.1.min(ui.available_height() * 0.75).max(HEIGHT.0));
        let drawn = panel.show(ui, |ui| self.draw_command_box(ui, &shown.session));
        let high = drawn.response.rect.height();
        if (high - self.memory.commands.height).abs() >= 1.0 {
            self.memory.commands.height = high.round();
        }
        let acts = drawn.inner;
        for act in acts {
            self.command_box_act(ui, &shown.session, act);
        }
    }

    /// Outputs of other sessions are read again when one comes back to them: many are many MB.
    fn let_outputs_go(&mut self, session: &SessionId) {
        if self.lines.of.as_ref() == Some(session) {
            return;
        }
        self.lines.of = Some(session.clone());
        let elsewhere = |operation: &&Operation| operation.session.as_ref() != Some(session);
        let others: Vec<String> =
            self.operations().iter().filter(elsewhere).map(|other| other.id.clone()).collect();
        for id in others {
            let output = self.lines.outputs.get_mut(&id);
            if output.and_then(|output| output.console.take()).is_some() {
                self.ask_quietly(Ask::Lines(LinesAsk::Unfollow(id)));
            }
        }
    }

    fn draw_command_box(&mut self, ui: &mut Ui, of: &SessionId) -> Vec<CommandBoxAct> {
        let Some(session) = self.sessions.get(of) else { return Vec::new() };
        let blocks = self.blocks(of);
        let host = self.host_words(&session.host);
        let history = self.lines.history(of);
        let completed = self.lines.completed(of);
        let remote = !is_local(&session.host);
        let directory = session.cwd.clone().unwrap_or_else(|| "~".to_owned());
        let typed = self.memory.lines.get(of);
        let mut text = typed.map(|typed| typed.text.clone()).unwrap_or_default();
        let starting = self.waiting.any(|pending| {
            matches!(pending, Pending::Line { session, from: LineFrom::Box, .. } if session == of)
        });
        let data = CommandBoxData {
            id: Id::unique(("command box", of.as_str())),
            now: Timestamp::now(),
            line: LineData {
                host: &host,
                remote,
                directory: &directory,
                completed: completed.as_deref(),
                history: &history,
            },
            blocks: &blocks,
            failure: self.lines.failures.get(of),
            starting,
        };
        let mut view = std::mem::take(&mut self.lines.view);
        let acts = view.ui(ui, &mut text, &data);
        self.lines.view = view;
        self.put_line(of, text);
        acts
    }

    /// In place of a box that is put away: what still runs there.
    fn running_lines(&mut self, ui: &mut Ui, shown: &Shown) {
        let runs = |operation: &&Operation| {
            operation.session.as_ref() == Some(&shown.session)
                && line_of(operation).is_some()
                && !operation.state.is_over()
        };
        let running: Vec<&Operation> = self.operations().iter().filter(runs).collect();
        let Some(last) = running.last() else { return };
        let host = self.host_words(&last.host);
        let words = match running.as_slice() {
            [one] => format!("{} runs on {host}", clean_line(line_of(one).unwrap_or_default())),
            many => format!("{} commands run on {host}", many.len()),
        };
        let theme = Theme::get(ui.ctx());
        let frame = Frame::new().fill(theme.panel).inner_margin(Margin::symmetric(12, 4));
        let shows = Panel::bottom("commands that run").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                crate::widget::icon_sized(
                    ui,
                    lucide_icons::Icon::SquareTerminal,
                    size::SMALL,
                    theme.busy,
                );
                let text = egui::RichText::new(&words).size(size::SMALL).color(theme.muted);
                let room = (ui.available_width() - 60.0).max(0.0);
                let layout = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(egui::vec2(room, 18.0), layout, |ui| {
                    ui.set_width(room);
                    ui.add(egui::Label::new(text).truncate().selectable(false));
                });
                crate::widget::small_button(ui, "Show", theme.link).clicked()
            })
            .inner
        });
        if shows.inner {
            self.toggle_command_box();
        }
    }

    fn blocks(&self, of: &SessionId) -> Vec<Block> {
        let ours = |operation: &&Operation| {
            operation.session.as_ref() == Some(of) && !self.lines.cleared.contains(&operation.id)
        };
        let block = |operation: &Operation| {
            let line = line_of(operation)?.to_owned();
            let output = self.lines.outputs.get(&operation.id);
            Some(Block {
                line,
                host: self.host_words(&operation.host),
                console: output.and_then(|output| output.console.clone()),
                shown: output.map(|output| output.shown).unwrap_or_default(),
                operation: operation.clone(),
            })
        };
        let mut blocks: Vec<Block> =
            self.operations().iter().filter(ours).filter_map(block).collect();
        blocks.sort_by_key(|block| block.operation.started_at);
        blocks
    }

    fn command_box_act(&mut self, ui: &Ui, session: &SessionId, act: CommandBoxAct) {
        match act {
            CommandBoxAct::Run => self.run_box(session),
            CommandBoxAct::Want { line, now } => self.want_offers(session, line, now),
            CommandBoxAct::Block(id, act) => self.block_act(ui, session, id, act),
            CommandBoxAct::Clear => self.clear_lines(session),
            CommandBoxAct::Dismiss => {
                self.lines.failures.remove(session);
            }
            CommandBoxAct::Close => self.close_command_box(),
        }
    }
}
