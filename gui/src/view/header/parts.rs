//! The parts of a header: how wide they are, and how they are drawn.

use egui::{FontId, Label, RichText, Sense, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::context::{BAR, context_bar};
use super::data::{HeaderAct, HeaderData};
use super::fit::Part;
use super::words::{Words, conversation};
use crate::theme::{Theme, size, space, strong};
use crate::view::places::is_local;
use crate::widget::{pill, pill_button};
use crate::words::clean_line;

/// How wide a text is.
pub(super) fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE).size().x
}

/// How wide a pill is.
pub(super) fn pill_width(ui: &Ui, text: &str) -> f32 {
    let font = FontId::new(size::SMALL - 0.5, strong(0.0).family);
    // Paddings and the icon, as pills have them.
    text_width(ui, text, font) + 29.0
}

/// The parts that there are, with their widths.
pub(super) fn parts(ui: &Ui, words: &Words) -> Vec<(Part, f32)> {
    let small = || FontId::proportional(size::BODY);
    let mut parts = vec![(Part::Agent, text_width(ui, &words.agent, small()) + 1.0)];
    let pills =
        [(Part::Branch, &words.branch), (Part::Octet, &words.octet), (Part::Cost, &words.cost)];
    for (part, words) in pills {
        parts.extend(words.as_ref().map(|words| (part, pill_width(ui, words))));
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

/// The host's badge.
pub(super) fn badge(ui: &mut Ui, theme: &Theme, words: &Words, data: &HeaderData<'_>, width: f32) {
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

/// Draws a part.
pub(super) fn draw(
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
            if pill_button(ui, Some(Icon::Hash), shown, theme.muted, "Copy the conversation's id")
                .clicked()
            {
                acts.extend(id.map(|text| HeaderAct::Copy { what: "Conversation's id", text }));
            }
        }
        Part::Cost => {
            let Some(cost) = &words.cost else { return };
            let turns = crate::words::of_many(data.session.totals.turns, "turn", "turns");
            pill(ui, Some(Icon::Coins), cost, theme.good)
                .on_hover_text(format!("{cost} in {turns}"));
        }
        Part::Context => {
            if let Some(context) = words.context {
                context_bar(ui, context);
            }
        }
    }
}
