//! What is said above a terminal's screen, and what it asks.

use egui::{Color32, Frame, Label, Margin, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::seam::TerminalState;

use super::data::{TerminalAct, TerminalData};
use crate::theme::{Theme, size, space};
use crate::widget::{Kind, button, icon_sized, plain};

/// What waits for a person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A paste that would do something at once.
    Paste(String, String),
    /// The program wants this on the clipboard.
    Copy(String),
    /// An address that was clicked.
    Open(String),
}

/// What the person said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Yes,
    No,
}

/// A line above the screen.
fn bar(ui: &mut Ui, icon: Icon, colour: Color32, add: impl FnOnce(&mut Ui)) {
    let theme = Theme::get(ui.ctx());
    Frame::new()
        .fill(theme.tint(colour))
        .inner_margin(Margin::symmetric(space::M as i8, space::XS as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                icon_sized(ui, icon, size::ICON, colour);
                add(ui);
            });
        });
}

fn words(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).size(size::BODY)).wrap());
}

fn why(ui: &mut Ui, failure: &Failure) {
    let theme = Theme::get(ui.ctx());
    let mut text = plain(&failure.message).into_owned();
    if let Some(hint) = &failure.hint {
        text = format!("{text}. {}", plain(hint));
    }
    ui.add(Label::new(RichText::new(text).size(size::SMALL).color(theme.muted)).wrap());
}

/// How it stands, when that is more than open.
pub(super) fn state(ui: &mut Ui, data: &TerminalData<'_>, acts: &mut Vec<TerminalAct>) {
    let theme = Theme::get(ui.ctx());
    let reopen = |ui: &mut Ui, acts: &mut Vec<TerminalAct>| {
        let name = match data.directory {
            Some(directory) => format!("Open again in {}", plain(directory)),
            None => "Open again".to_owned(),
        };
        if button(ui, Kind::Primary, &name).clicked() {
            acts.push(TerminalAct::Reopen);
        }
        if button(ui, Kind::Quiet, "Close").clicked() {
            acts.push(TerminalAct::Close);
        }
    };
    match data.state {
        TerminalState::Opening => {
            bar(ui, Icon::Loader, theme.busy, |ui| words(ui, "The shell is being started."));
        }
        TerminalState::Open => {}
        TerminalState::Away { why: failure } => bar(ui, Icon::Unplug, theme.warn, |ui| {
            words(
                ui,
                "The link is cut. The shell goes on, and comes back here by itself; what you type is sent then.",
            );
            why(ui, failure);
        }),
        TerminalState::Lost { why: failure } => bar(ui, Icon::CircleX, theme.bad, |ui| {
            words(ui, "The shell is gone. What it showed last is below.");
            why(ui, failure);
            reopen(ui, acts);
        }),
        TerminalState::Ended { status } => bar(ui, Icon::CircleStop, theme.muted, |ui| {
            let text = match status {
                Some(0) => "The shell has ended.".to_owned(),
                Some(status) => format!("The shell has ended with status {status}."),
                None => "The shell has ended; nobody could say how.".to_owned(),
            };
            words(ui, &text);
            reopen(ui, acts);
        }),
    }
}

/// Asks; an answer ends it.
pub(super) fn ask(ui: &mut Ui, question: &Question) -> Option<Said> {
    let theme = Theme::get(ui.ctx());
    let mut said = None;
    let mut answers = |ui: &mut Ui, yes: &str, no: &str| {
        if button(ui, Kind::Primary, yes).clicked() {
            said = Some(Said::Yes);
        }
        if button(ui, Kind::Plain, no).clicked() {
            said = Some(Said::No);
        }
    };
    match question {
        Question::Paste(_, risk) => bar(ui, Icon::ClipboardPaste, theme.warn, |ui| {
            words(ui, risk);
            answers(ui, "Paste it", "Don't paste");
        }),
        Question::Copy(text) => bar(ui, Icon::ClipboardCopy, theme.warn, |ui| {
            let count = text.chars().count();
            words(
                ui,
                &format!("The program wants to copy {count} characters: {}", shortened(text)),
            );
            answers(ui, "Copy", "Don't copy");
        }),
        Question::Open(address) => bar(ui, Icon::ExternalLink, theme.link, |ui| {
            words(ui, &format!("Open {}?", plain(address)));
            answers(ui, "Open", "Don't open");
        }),
    }
    said
}

/// The beginning of a text, in one line.
pub(super) fn shortened(text: &str) -> String {
    /// What fits beside two buttons.
    const SHOWN: usize = 60;
    let line: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let more = if text.chars().nth(SHOWN).is_some() { " …" } else { "" };
    format!("“{}{more}”", plain(line.trim()))
}
