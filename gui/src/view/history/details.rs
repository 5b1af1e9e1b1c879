//! One entry with all that it says.

use egui::{Label, RichText, Ui};
use jiff::tz::TimeZone;
use lucide_icons::Icon;

use super::card::HistoryCard;
use super::cards::{kind_pill, success_mark};
use crate::theme::{Theme, size, space, strong};
use crate::view::header::context_bar;
use crate::widget::{Kind, button, button_enabled, dialog, pill};
use crate::words::{count, when};

/// What a person did in the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detailed {
    Close,
    Resume,
    Previous,
    Next,
    Copy,
}

/// Draws the dialog; `answer` draws Markdown.
pub(super) fn details(
    ctx: &egui::Context,
    card: &HistoryCard,
    has_previous: bool,
    has_next: bool,
    zone: &TimeZone,
    answer: &mut dyn FnMut(&mut Ui, &str),
) -> Option<Detailed> {
    let heading = card.session_name.as_deref().unwrap_or("Entry");
    let shown = dialog(ctx, "history entry", heading, 720.0, |ui| {
        top(ui, card, zone);
        ui.add_space(space::S);
        let summary = RichText::new(&card.whole_summary).font(strong(size::BODY));
        ui.add(Label::new(summary).wrap());
        ui.add_space(space::S);
        ui.separator();
        match &card.answer {
            Some(text) => answer(ui, text),
            None => {
                ui.weak("There is no longer answer than this.");
            }
        }
        ui.add_space(space::M);
        bottom(ui, card, has_previous, has_next)
    });
    if shown.close { Some(Detailed::Close) } else { shown.inner }
}

fn top(ui: &mut Ui, card: &HistoryCard, zone: &TimeZone) {
    let theme = Theme::get(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        success_mark(ui, card);
        kind_pill(ui, &card.kind);
        if card.validated {
            pill(ui, Some(Icon::CheckCheck), "VALIDATED", theme.good);
        }
        if let Some(octet) = &card.octet {
            pill(ui, Some(Icon::Hash), octet, theme.muted);
        }
        if !card.local {
            let host = card.hostname.as_deref().unwrap_or("unknown host");
            pill(ui, Some(Icon::Server), host, theme.git);
            pill(ui, Some(Icon::Cloud), "Remote", theme.cue);
        }
        if let Some(cost) = &card.cost {
            pill(ui, Some(Icon::Coins), cost, theme.good);
        }
        match (card.context, card.context_percent) {
            (Some(context), _) => {
                context_bar(ui, context);
            }
            (None, Some(percent)) => {
                ui.weak(format!("Context {percent} %"));
            }
            (None, None) => {}
        }
    });
    let mut facts = Vec::new();
    facts.extend(card.at.map(|at| when(at, zone)));
    facts.extend(card.duration.as_ref().map(|took| format!("took {took}")));
    if !card.directory.is_empty() {
        facts.push(format!("in {}", card.directory));
    }
    ui.weak(facts.join("  ·  "));
    if let Some([input, output, read, written]) = card.tokens {
        let words = format!(
            "Tokens: {} in, {} out, {} from the cache, {} into it",
            count(input),
            count(output),
            count(read),
            count(written)
        );
        ui.weak(words);
    }
    if let Some(fault) = &card.fault {
        ui.colored_label(theme.warn, format!("This entry can't be read: {fault}"));
    }
}

fn bottom(ui: &mut Ui, card: &HistoryCard, has_previous: bool, has_next: bool) -> Option<Detailed> {
    let mut done = None;
    ui.horizontal(|ui| {
        let why = "The entry doesn't say which conversation it was";
        let resume = button_enabled(ui, card.can_resume(), Kind::Primary, "Resume");
        if resume.on_disabled_hover_text(why).clicked() {
            done = Some(Detailed::Resume);
        }
        if button(ui, Kind::Plain, "Copy").clicked() {
            done = Some(Detailed::Copy);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if button_enabled(ui, has_next, Kind::Plain, "Next").clicked() {
                done = Some(Detailed::Next);
            }
            if button_enabled(ui, has_previous, Kind::Plain, "Previous").clicked() {
                done = Some(Detailed::Previous);
            }
        });
    });
    done
}
