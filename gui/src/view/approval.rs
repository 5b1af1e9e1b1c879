//! The card of a question that an agent waits with.

use egui::{CornerRadius, Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use lucide_icons::Icon;
use orchestrator::agent::ChoiceKind;
use orchestrator::seam::{Approval, ApprovalId, Command, Decision};

use crate::commands::{WindowCommand, keys_of};
use crate::text::{Block, clean, clean_line, code_blocks};
use crate::theme::{Theme, radius, size, space, strong};
use crate::transcript::{Blocks, input_blocks};
use crate::widget::{Kind, button_enabled, icon, pill};

/// How long a card has to have been there before it can be answered: who is typing meant something else.
const GUARD_SECONDS: f64 = 0.4;
/// What is asked is scrolled when it is higher, as a part of the window.
const MOST: f32 = 0.4;

/// What a card shows.
#[derive(Clone, Copy, Debug)]
pub struct ApprovalData<'a> {
    /// What is asked.
    pub approval: &'a Approval,
    /// What a person calls the session.
    pub session: &'a str,
    /// What a person calls the host.
    pub host: &'a str,
    /// How many questions wait in this session, with this one.
    pub waiting: usize,
}

/// What a person wishes on a card.
#[derive(Clone, Debug, PartialEq)]
pub enum ApprovalAct {
    /// To be sent to the engine: the answer.
    Command(Box<Command>),
    /// To be opened: a link in what is asked.
    OpenLink(String),
}

/// The card of one question at a time.
#[derive(Debug, Default)]
pub struct ApprovalCard {
    /// Which question it shows, and since when, in seconds of the window's time.
    shown: Option<(ApprovalId, f64)>,
    /// The question it gave an answer to: it can't be answered twice while the engine does its work.
    answered: Option<ApprovalId>,
    blocks: Blocks,
}

impl ApprovalCard {
    /// Shows the card, and gives the answer.
    pub fn ui(&mut self, ui: &mut Ui, data: &ApprovalData<'_>) -> Vec<ApprovalAct> {
        let theme = Theme::get(ui.ctx());
        let approval = data.approval;
        let now = ui.input(|input| input.time);
        if self.shown.as_ref().is_none_or(|(id, _)| *id != approval.id) {
            self.shown = Some((approval.id.clone(), now));
            self.blocks.set(asked(approval));
        }
        let since = self.shown.as_ref().map_or(now, |(_, since)| *since);
        let left = GUARD_SECONDS - (now - since);
        let is_answered = self.answered.as_ref() == Some(&approval.id);
        let is_ready = left <= 0.0 && !is_answered;
        if left > 0.0 {
            ui.request_repaint_after(std::time::Duration::from_secs_f64(left));
        }
        let mut acts = Vec::new();
        let mut decided = None;
        let frame = Frame::new()
            .fill(theme.tint(theme.warn))
            .stroke(Stroke::new(1.0, theme.rim(theme.warn)))
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin::same(14));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                icon(ui, Icon::ShieldQuestionMark, theme.warn);
                let title =
                    RichText::new(clean_line(&approval.title)).font(strong(size::BODY + 1.0));
                ui.add(Label::new(title).wrap());
            });
            ui.horizontal(|ui| {
                let who = format!("{} asks on", clean_line(data.session));
                ui.add(Label::new(RichText::new(who).color(theme.muted)).selectable(false));
                pill(ui, Some(Icon::Server), &clean_line(data.host), theme.remote);
                if data.waiting > 1 {
                    let more = format!("and {} more behind it", data.waiting - 1);
                    ui.add(Label::new(RichText::new(more).color(theme.muted)).selectable(false));
                }
            });
            let most = ui.ctx().content_rect().height() * MOST;
            let area =
                ScrollArea::vertical().id_salt("asked").max_height(most).auto_shrink([false, true]);
            area.show(ui, |ui| {
                let opened = self.blocks.ui(ui);
                acts.extend(opened.into_iter().map(ApprovalAct::OpenLink));
            });
            ui.add_space(space::S);
            decided = buttons(ui, approval, is_ready);
        });
        if let Some(decision) = decided {
            acts.push(ApprovalAct::Command(Box::new(self.answer(approval, decision))));
        }
        acts
    }
}

impl ApprovalCard {
    /// The answer of that kind, given by keys or the palette at a time of the window's, in seconds; `None` where the agent
    /// doesn't offer it, and while the card is too new or was answered.
    pub fn decide(&mut self, approval: &Approval, wanted: ChoiceKind, now: f64) -> Option<Command> {
        let since = self.shown.as_ref().filter(|(id, _)| *id == approval.id).map(|(_, at)| *at)?;
        if now - since < GUARD_SECONDS || self.answered.as_ref() == Some(&approval.id) {
            return None;
        }
        let of_kind = |kind| approval.options.iter().find(move |option| option.kind == kind);
        let option = match wanted {
            // Where an agent offers no lesser one, a no is a no.
            ChoiceKind::RejectOnce => of_kind(wanted).or_else(|| of_kind(ChoiceKind::RejectAlways)),
            ChoiceKind::AllowOnce | ChoiceKind::AllowAlways | ChoiceKind::RejectAlways => {
                of_kind(wanted)
            }
        }?;
        Some(self.answer(approval, decision(option.kind, Some(option.id.clone()))))
    }

    /// The answer could not be given: it may be given again.
    pub fn take_back(&mut self) {
        self.answered = None;
    }

    fn answer(&mut self, approval: &Approval, decision: Decision) -> Command {
        self.answered = Some(approval.id.clone());
        Command::ResolveApproval { approval: approval.id.clone(), decision }
    }
}

/// All that is asked, as blocks.
fn asked(approval: &Approval) -> Vec<Block> {
    let Some(call) = &approval.tool_call else { return Vec::new() };
    let mut blocks = input_blocks(&call.input);
    if blocks.is_empty() {
        blocks.extend(code_blocks("tool", "", &clean(&call.name)));
    }
    // Some agents say in the call's output what they would change.
    if let Some(output) = call.output.as_deref().filter(|output| !output.trim().is_empty()) {
        blocks.extend(code_blocks("details", "", &clean(output)));
    }
    blocks
}

const CHOICES: [(ChoiceKind, &str, Kind, Option<WindowCommand>); 4] = [
    (ChoiceKind::AllowOnce, "Allow once", Kind::Primary, Some(WindowCommand::ApproveOnce)),
    (
        ChoiceKind::AllowAlways,
        "Always for this session",
        Kind::Plain,
        Some(WindowCommand::ApproveAlways),
    ),
    (ChoiceKind::RejectOnce, "Deny", Kind::Danger, Some(WindowCommand::Deny)),
    (ChoiceKind::RejectAlways, "Always deny", Kind::Quiet, None),
];

fn buttons(ui: &mut Ui, approval: &Approval, is_ready: bool) -> Option<Decision> {
    let mut decided = None;
    if approval.options.is_empty() {
        let words = "The agent offers no answer: interrupt its turn instead";
        ui.add(Label::new(RichText::new(words).color(Theme::get(ui.ctx()).warn)).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        for (kind, words, look, command) in CHOICES {
            let same: Vec<_> =
                approval.options.iter().filter(|option| option.kind == kind).collect();
            // Two of one kind are told apart by the agent's own words.
            let several = same.len() > 1;
            for (at, option) in same.into_iter().enumerate() {
                let name = clean_line(&option.name);
                let look = if at == 0 { look } else { Kind::Plain };
                let words = if several { name.as_str() } else { words };
                let response = button_enabled(ui, is_ready, look, words);
                let about = match command.filter(|_| at == 0) {
                    Some(command) => {
                        format!("{name} ({})", keys_of(command, ui.ctx().os().is_mac()))
                    }
                    None => name,
                };
                if response.on_hover_text(about).clicked() {
                    decided = Some(decision(kind, Some(option.id.clone())));
                }
            }
        }
    });
    decided
}

fn decision(kind: ChoiceKind, option: Option<String>) -> Decision {
    match kind {
        ChoiceKind::AllowOnce | ChoiceKind::AllowAlways => Decision::Approve { option },
        ChoiceKind::RejectOnce | ChoiceKind::RejectAlways => Decision::Deny { option },
    }
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
