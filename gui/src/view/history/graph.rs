//! How much was done when, as bars.

use egui::{Color32, FontId, Id, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orchestrator::seam::{HistoryActivity, HistoryBucket};

use super::look_back::LookBack;
use super::wanted::{Bucket, sum};
use crate::theme::{Theme, size, space};
use crate::words::of_many;

/// How high the bars are.
const HIGH: f32 = 44.0;

/// What a person did with the graph.
pub(super) enum Graphed {
    Choose(Bucket),
    LookBack(LookBack),
}

/// Draws the bars, stacked by type; `chosen` stands out.
pub(super) fn graph(
    ui: &mut Ui,
    activity: Option<&HistoryActivity>,
    look_back: LookBack,
    chosen: Option<&Bucket>,
    zone: &TimeZone,
) -> Option<Graphed> {
    let theme = Theme::get(ui.ctx());
    let mut graphed = None;
    let size = vec2(ui.available_width(), HIGH);
    let (rect, all) = ui.allocate_exact_size(size, Sense::click());
    all.widget_info(|| WidgetInfo::labeled(egui::Role::Group, true, "Activity"));
    all.context_menu(|ui| graphed = menu(ui, look_back).or(graphed.take()));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme.line));
    if let Some(activity) = activity {
        let most = activity.buckets.iter().map(sum).max().unwrap_or(0).max(1);
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand bars")]
        let each = rect.width() / activity.buckets.len().max(1) as f32;
        let mut left = rect.left();
        for (at, bucket) in activity.buckets.iter().enumerate() {
            let place = Rect::from_min_size(pos2(left, rect.top()), vec2(each, HIGH));
            left += each;
            let picked = bar(ui, place, at, bucket, most, activity, look_back, chosen, zone);
            graphed = picked.or(graphed);
        }
    }
    let small = FontId::proportional(size::SMALL - 0.5);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if let Some(activity) = activity {
            let text = egui::RichText::new(short(activity.from, look_back, zone))
                .font(small.clone())
                .color(theme.muted);
            ui.add(egui::Label::new(text).selectable(false));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let words = match look_back {
                LookBack::All => "All time".to_owned(),
                LookBack::Day
                | LookBack::ThreeDays
                | LookBack::Week
                | LookBack::TwoWeeks
                | LookBack::Month
                | LookBack::HalfYear
                | LookBack::Year => format!("Last {}", look_back.words()),
            };
            let text = egui::RichText::new(format!("{words} ▾")).font(small).color(theme.muted);
            let button = ui.add(egui::Button::new(text).frame_when_inactive(false));
            button.widget_info(|| {
                WidgetInfo::labeled(
                    egui::Role::Button,
                    true,
                    format!("Look back: {}", look_back.words()),
                )
            });
            egui::Popup::menu(&button).accessible_name("Look back").show(|ui| {
                graphed = menu(ui, look_back).or(graphed.take());
            });
        });
    });
    graphed
}

fn menu(ui: &mut Ui, look_back: LookBack) -> Option<Graphed> {
    let mut picked = None;
    for other in LookBack::ALL {
        if ui.selectable_label(other == look_back, other.words()).clicked() {
            picked = Some(Graphed::LookBack(other));
            ui.close();
        }
    }
    picked
}

#[expect(clippy::too_many_arguments, reason = "a bar is a part of its graph")]
fn bar(
    ui: &mut Ui,
    place: Rect,
    at: usize,
    bucket: &HistoryBucket,
    most: u64,
    activity: &HistoryActivity,
    look_back: LookBack,
    chosen: Option<&Bucket>,
    zone: &TimeZone,
) -> Option<Graphed> {
    let theme = Theme::get(ui.ctx());
    let time = Bucket::of(activity, at)?;
    let total = sum(bucket);
    let sense = if total > 0 { Sense::click() } else { Sense::hover() };
    let response = ui.interact(place, Id::unique(("history bar", at)), sense);
    let is_chosen = chosen.is_some_and(|chosen| chosen.from == time.from && chosen.to == time.to);
    let ground = if is_chosen {
        theme.chosen
    } else if response.hovered() || response.has_focus() {
        theme.hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(place, 2.0, ground);
    if total == 0 {
        return None;
    }
    paint(ui, place, bucket, most);
    let words = format!("{}, {}", of_many(total, "entry", "entries"), when(&time, zone));
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, is_chosen, &words));
    let mut picked = response.clicked().then_some(Graphed::Choose(time));
    response.context_menu(|ui| {
        picked = menu(ui, look_back).or(picked.take());
    });
    tip(&response, bucket, &words);
    picked
}

fn tip(response: &Response, bucket: &HistoryBucket, words: &str) {
    let parts = [
        (bucket.user, "USER"),
        (bucket.auto, "AUTO"),
        (bucket.cue, "CUE"),
        (bucket.other, "other"),
    ];
    response.clone().on_hover_ui(|ui| {
        ui.label(words);
        for (count, kind) in parts.into_iter().filter(|(count, _)| *count > 0) {
            ui.label(format!("{kind}  {count}"));
        }
    });
}

fn paint(ui: &Ui, place: Rect, bucket: &HistoryBucket, most: u64) {
    let theme = Theme::get(ui.ctx());
    let parts = [
        (bucket.user, theme.accent),
        (bucket.auto, theme.remote),
        (bucket.cue, theme.cue),
        (bucket.other, theme.muted),
    ];
    let mut bottom = place.bottom() - 1.0;
    for (count, colour) in parts.into_iter().filter(|(count, _)| *count > 0) {
        #[expect(clippy::cast_precision_loss, reason = "it is a picture")]
        let part = count as f32 / most as f32;
        // Two points at least: what is there is seen.
        let high = (part * (place.height() - 4.0)).max(2.0);
        let top = (bottom - high).max(place.top());
        let gap = (place.width() * 0.15).min(2.0);
        let rect = Rect::from_x_y_ranges(place.left() + gap..=place.right() - gap, top..=bottom);
        ui.painter().rect_filled(rect, 1.0, colour);
        bottom = top;
    }
}

/// A bar's time: `Nov 21, 14:00 to 15:00`.
pub(super) fn when(time: &Bucket, zone: &TimeZone) -> String {
    let from = time.from.to_zoned(zone.clone());
    let to = time.to.to_zoned(zone.clone());
    if from.date() == to.date() {
        format!("{} to {}", from.strftime("%b %-d, %H:%M"), to.strftime("%H:%M"))
    } else {
        format!("{} to {}", from.strftime("%b %-d, %H:%M"), to.strftime("%b %-d, %H:%M"))
    }
}

fn short(at: Timestamp, look_back: LookBack, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    let form = match look_back {
        LookBack::Day | LookBack::ThreeDays => "%b %-d, %H:%M",
        LookBack::Week | LookBack::TwoWeeks | LookBack::Month => "%b %-d",
        LookBack::HalfYear | LookBack::Year | LookBack::All => "%b %-d, %Y",
    };
    at.strftime(form).to_string()
}
