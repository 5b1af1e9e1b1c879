//! Errors as cards: what failed, and buttons for what to do next.

use egui::{CornerRadius, Id, Layout, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use lucide_icons::Icon;
use orchestrator::failure::{Code, Failure};

use super::data::{TranscriptAct, TranscriptData};
use super::entries::{Entries, Entry};
use super::layout::Laid;
use super::paint;
use super::piece::Piece;
use super::shaped::Shaped;
use super::show::Did;
use crate::text::{ErrorCard, clean_line};
use crate::theme::{Theme, radius, size, space};
use crate::widget::{Kind as Look, button, button_enabled};

/// What a card offers, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// Send the message again.
    Retry,
    /// Begin a fresh conversation.
    Fresh,
    /// Copy the command that the hint names.
    CopyCommand,
    /// Test the host.
    TestHost,
    /// Change the host.
    EditHost,
    /// Try the host again.
    RetryHost,
    /// Open the settings.
    Settings,
}

/// What can be done about a failure.
pub(super) fn offers(card: &ErrorCard) -> Vec<Offer> {
    let failure = &card.failure;
    let mut offers = Vec::new();
    if card.recoverable {
        offers.push(Offer::Retry);
    }
    if command(failure).is_some() {
        offers.push(Offer::CopyCommand);
    }
    let of_host: &[Offer] = match failure.code {
        // The conversation is too long, or the agent has forgotten it.
        Code::TooLarge | Code::NotFound => &[Offer::Fresh],
        Code::InvalidConfig | Code::HostUnknown => &[Offer::Settings],
        Code::HostDisabled => &[Offer::EditHost, Offer::Settings],
        Code::HostUnresolved
        | Code::ConnectionRefused
        | Code::ConnectionTimedOut
        | Code::NoRoute
        | Code::ConnectionLost
        | Code::ConnectionClosed
        | Code::AuthRefused
        | Code::TooManyAuthFailures
        | Code::PassphraseRequired
        | Code::HostKeyUnknown
        | Code::HostKeyChanged
        | Code::KexFailed
        | Code::ProxyFailed
        | Code::ShellBroken => &[Offer::RetryHost, Offer::TestHost, Offer::EditHost],
        Code::AgentMissing | Code::InterpreterMissing | Code::AgentNotLoggedIn => {
            &[Offer::TestHost]
        }
        Code::Usage
        | Code::AgentFailed
        | Code::RateLimited
        | Code::DirMissing
        | Code::PermissionDenied
        | Code::IsDirectory
        | Code::Conflict
        | Code::NotARepository
        | Code::DirtyWorktree
        | Code::Busy
        | Code::TimedOut
        | Code::Cancelled
        | Code::Corrupt
        | Code::Unsupported
        | Code::Internal => &[],
    };
    let needs_host =
        |offer: &Offer| matches!(offer, Offer::TestHost | Offer::EditHost | Offer::RetryHost);
    offers.extend(of_host.iter().filter(|offer| !needs_host(offer) || failure.host.is_some()));
    offers
}

/// The command that a hint names between backquotes.
pub(super) fn command(failure: &Failure) -> Option<&str> {
    let mut parts = failure.hint.as_deref()?.split('`');
    parts.next()?;
    let command = parts.next()?;
    // It has to end, too.
    parts.next()?;
    Some(command).filter(|command| !command.trim().is_empty())
}

/// What a card is shown with.
pub(super) struct Of<'a> {
    pub(super) entries: &'a Entries,
    pub(super) data: &'a TranscriptData<'a>,
    pub(super) entry: &'a Entry,
    pub(super) card: &'a ErrorCard,
}

pub(super) fn card(
    ui: &mut Ui,
    of: &Of<'_>,
    id: Id,
    rect: Rect,
    laid: &Laid,
    selected: &dyn Fn(usize, &Shaped) -> paint::Selecting,
    did: &mut Vec<Did>,
) {
    let card = of.card;
    let theme = Theme::get(ui.ctx());
    let corner = CornerRadius::same(radius::LARGE);
    let stroke = Stroke::new(1.0, theme.rim(theme.bad));
    ui.painter().rect(rect, corner, theme.tint(theme.bad), stroke, egui::StrokeKind::Inside);
    let mark = rect.min + vec2(space::M + 7.0, space::M + 10.0);
    paint::icon(ui, mark, Icon::CircleAlert, size::ICON + 1.0, theme.bad);
    for (at, (shift, galley)) in laid.texts.iter().enumerate() {
        paint::text(
            ui,
            id.with(at),
            rect.min + *shift,
            galley,
            std::iter::empty(),
            &selected(at, galley),
        );
    }
    let left = rect.left() + space::M + size::ICON + space::S;
    let top = rect.bottom() - space::M - size::CONTROL;
    let line =
        Rect::from_min_max(pos2(left, top), pos2(rect.right() - space::M, top + size::CONTROL));
    let layout = Layout::left_to_right(egui::Align::Center);
    let builder = UiBuilder::new().scope_id(id.with("buttons")).max_rect(line).layout(layout);
    let mut buttons = ui.new_child(builder);
    let host = card.failure.host.clone();
    for offer in offers(card) {
        let act = show_offer(&mut buttons, of, offer, host.as_deref());
        did.extend(act);
    }
    if let Some(resets_at) = card.resets_at {
        let time = resets_at.to_zoned(of.data.zone.clone());
        let is_today = time.date() == of.data.now.to_zoned(of.data.zone.clone()).date();
        let time = time.strftime(if is_today { "%H:%M" } else { "%e %b, %H:%M" }).to_string();
        let words = match resets_at > of.data.now {
            true => format!("The limit ends at {}", time.trim()),
            false => format!("The limit ended at {}", time.trim()),
        };
        buttons.label(egui::RichText::new(words).color(theme.muted).size(size::BODY));
    }
}

fn show_offer(ui: &mut Ui, of: &Of<'_>, offer: Offer, host: Option<&str>) -> Option<Did> {
    let Of { entries, data, entry, card } = of;
    let act = match offer {
        Offer::Retry => {
            let turn = entry.piece.turn.clone()?;
            let of_turn =
                || entries.pieces().rev().filter(|piece| piece.turn.as_ref() == Some(&turn));
            let why_not = match of_turn().any(Piece::is_end_of_done) {
                true => Some("The turn went on, and is done"),
                false => data.turn.map(|_| "A turn is under way"),
            };
            let response = button_enabled(ui, why_not.is_none(), Look::Primary, "Retry")
                .on_hover_text("Sends this turn's message again")
                .on_disabled_hover_text(why_not.unwrap_or_default());
            if !response.clicked() {
                return None;
            }
            let question = of_turn().find_map(|piece| piece.question().cloned());
            TranscriptAct::Retry { turn, question }
        }
        Offer::Fresh => {
            let response = button(ui, Look::Plain, "Fresh session");
            let about = "The next message begins a fresh conversation; this transcript stays";
            response.on_hover_text(about).clicked().then_some(TranscriptAct::FreshConversation)?
        }
        Offer::CopyCommand => {
            let command = clean_line(command(&card.failure)?);
            let response = button(ui, Look::Plain, "Copy command").on_hover_text(command.as_str());
            return response.clicked().then_some(Did::Copy(command));
        }
        Offer::TestHost => {
            let host = host?;
            let clicked = button(ui, Look::Plain, "Test host").clicked();
            clicked.then(|| TranscriptAct::TestHost(host.to_owned()))?
        }
        Offer::EditHost => {
            let host = host?;
            let clicked = button(ui, Look::Plain, "Edit host").clicked();
            clicked.then(|| TranscriptAct::EditHost(host.to_owned()))?
        }
        Offer::RetryHost => {
            let host = host?;
            let response = button(ui, Look::Plain, "Try again");
            let clicked = response.on_hover_text("Connects to the host again").clicked();
            clicked.then(|| TranscriptAct::RetryHost(host.to_owned()))?
        }
        Offer::Settings => {
            let clicked = button(ui, Look::Plain, "Open settings").clicked();
            clicked.then_some(TranscriptAct::OpenSettings)?
        }
    };
    Some(Did::Act(act))
}
