//! What reaching a host takes a person for: keys, passphrases, passwords, codes.

use egui::widgets::text_edit::TextEditState;
use egui::{CornerRadius, Frame, Label, Margin, RichText, Stroke, Ui};
use lucide_icons::Icon;
use orchestrator::failure::Failure;
use orchestrator::host::{HostId, Hosts};
use orchestrator::seam::{Command, HostQuestion, HostQuestionKind, QuestionId, Secret};
use zeroize::Zeroize;

use crate::theme::{Theme, radius, size, space};
use crate::widget::{
    Field, FormShape, Kind, button_enabled, field, field_id, form, icon, note, plain, shell_line,
    toggle,
};

/// Lines of a server's words that are shown; more wants to drown something.
const LINES: usize = 12;

/// So many seconds after an answer the same question is the same attempt: servers wait for 2 or 3 after a wrong one.
const AGAIN: f64 = 15.0;

/// What waits for a person.
#[derive(Clone, Copy, Debug)]
pub struct QuestionData<'a> {
    /// Oldest first; the first one is shown.
    pub questions: &'a [HostQuestion],
    /// For the hosts' names.
    pub hosts: &'a Hosts,
    /// Why the last answer didn't arrive; gone when another one is sent.
    pub failure: Option<&'a Failure>,
}

/// What the person said.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionAct {
    /// To be sent: always a [`Command::AnswerQuestion`]. An answer of `None` is that they declined. The question is shown
    /// until it is no longer among [`QuestionData::questions`].
    Answer(Command),
}

/// One question at a time. What is typed is wiped when it is sent, and when its question goes.
#[derive(Default)]
pub struct QuestionView {
    /// Whose answer this is.
    of: Option<QuestionId>,
    typed: String,
    shown: bool,
    /// Sent, and not taken away yet.
    is_sent: bool,
    /// What was answered last: where the same comes again at once, the answer was hardly the right one.
    answered: Option<Answered>,
    is_again: bool,
}

impl std::fmt::Debug for QuestionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuestionView").field("of", &self.of).finish_non_exhaustive()
    }
}

/// A question that was answered.
struct Answered {
    host: String,
    kind: HostQuestionKind,
    /// On the window's clock, in seconds.
    at: f64,
}

impl Answered {
    fn is_asked_again(&self, question: &HostQuestion, now: f64) -> bool {
        let is_same = self.host == question.host && self.kind == question.kind;
        question.secret && is_same && now - self.at < AGAIN
    }
}

impl Drop for QuestionView {
    fn drop(&mut self) {
        self.typed.zeroize();
    }
}

impl QuestionView {
    /// Shows the first question over everything else; nothing where there is none.
    pub fn ui(&mut self, ctx: &egui::Context, data: &QuestionData<'_>) -> Vec<QuestionAct> {
        let Some(question) = data.questions.first() else {
            if self.of.is_some() {
                self.forget(ctx, None);
            }
            return Vec::new();
        };
        let is_new = self.of.as_ref() != Some(&question.id);
        if is_new {
            self.forget(ctx, Some(question.id.clone()));
            let before = self.answered.take();
            let now = ctx.input(|input| input.time);
            self.is_again = before.is_some_and(|before| before.is_asked_again(question, now));
        }
        if data.failure.is_some() {
            self.is_sent = false;
        }
        let host = name_of(&question.host, data.hosts);
        let heading = heading(&question.kind);
        let shape = FormShape { heading, width: 480.0, height: None, scroll: true };
        let mut said = None;
        let shown = form(
            ctx,
            "question",
            shape,
            self,
            |view, ui| {
                ui.spacing_mut().item_spacing.y = space::S;
                ui.horizontal_top(|ui| {
                    let theme = Theme::get(ui.ctx());
                    icon(ui, mark(&question.kind), theme.accent);
                    ui.add(Label::new(why(&question.kind, &host)).wrap());
                });
                if view.is_again {
                    let theme = Theme::get(ui.ctx());
                    let words = "It asks again: the answer before this one may have been wrong.";
                    ui.add(Label::new(RichText::new(words).color(theme.warn)).wrap());
                }
                view.contents(ui, question, is_new, &mut said);
                if let Some(failure) = data.failure {
                    crate::widget::failure_card(ui, failure, |_| ());
                }
            },
            |view, ui| {
                let answer = buttons(ui, question, &view.typed, view.is_sent, is_new);
                let more = data.questions.len() - 1;
                if more > 0 {
                    let words =
                        if more == 1 { "1 more waits" } else { &format!("{more} more wait") };
                    note(ui, words);
                }
                answer
            },
        );
        let answer = match (said.or(shown.buttons), shown.close) {
            (Some(answer), _) => answer,
            (None, true) => Answer::Declined,
            (None, false) => return Vec::new(),
        };
        if self.is_sent {
            return Vec::new();
        }
        self.is_sent = true;
        let answer = match answer {
            Answer::Typed => Some(Secret(std::mem::take(&mut self.typed))),
            Answer::Yes => Some(Secret("yes".into())),
            Answer::Declined => None,
        };
        self.wipe(ctx);
        self.answered = answer.is_some().then(|| Answered {
            host: question.host.clone(),
            kind: question.kind.clone(),
            at: ctx.input(|input| input.time),
        });
        let question = question.id.clone();
        vec![QuestionAct::Answer(Command::AnswerQuestion { question, answer })]
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        question: &HostQuestion,
        is_new: bool,
        said: &mut Option<Answer>,
    ) {
        match &question.kind {
            HostQuestionKind::HostKey { fingerprint } => {
                framed(ui, &plain(fingerprint));
                note(
                    ui,
                    "Compare it with what the machine's owner tells you, or with what this prints on the machine \
                     itself. If it differs, somebody may stand in between.",
                );
                shell_line(ui, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
            }
            HostQuestionKind::Touch => words_of(ui, &question.text),
            HostQuestionKind::Passphrase { key } => {
                framed(ui, &plain(key));
                self.line(ui, "Passphrase", question, is_new, said);
            }
            HostQuestionKind::Password => self.line(ui, "Password", question, is_new, said),
            HostQuestionKind::Code => {
                words_of(ui, &question.text);
                self.line(ui, "Code", question, is_new, said);
            }
            HostQuestionKind::Other => {
                words_of(ui, &question.text);
                self.line(ui, "Answer", question, is_new, said);
            }
        }
    }

    fn line(
        &mut self,
        ui: &mut Ui,
        label: &str,
        question: &HostQuestion,
        is_new: bool,
        said: &mut Option<Answer>,
    ) {
        let mut pressed = false;
        ui.horizontal(|ui| {
            let room = ui.available_width() - size::ICON_BUTTON - space::S;
            ui.scope(|ui| {
                ui.set_max_width(if question.secret { room } else { ui.available_width() });
                let secret = question.secret && !self.shown;
                let shown = Field { label, secret, locked: self.is_sent, ..Field::default() };
                let response = field(ui, "answer", shown, &mut self.typed);
                if is_new {
                    response.request_focus();
                }
                pressed =
                    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                if pressed {
                    response.request_focus();
                }
            });
            if question.secret {
                ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                    let eye = if self.shown { Icon::EyeOff } else { Icon::Eye };
                    let name = if self.shown { "Hide the letters" } else { "Show the letters" };
                    toggle(ui, &mut self.shown, eye, name);
                });
            }
        });
        if pressed && !self.typed.is_empty() {
            *said = Some(Answer::Typed);
        }
    }

    fn forget(&mut self, ctx: &egui::Context, of: Option<QuestionId>) {
        self.of = of;
        self.shown = false;
        self.is_sent = false;
        self.wipe(ctx);
    }

    /// Also what the field keeps for undoing.
    fn wipe(&mut self, ctx: &egui::Context) {
        self.typed.zeroize();
        TextEditState::default().store(ctx, field_id("answer"));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Typed,
    Yes,
    Declined,
}

fn buttons(
    ui: &mut Ui,
    question: &HostQuestion,
    typed: &str,
    is_sent: bool,
    is_new: bool,
) -> Option<Answer> {
    let (go, stop) = match &question.kind {
        HostQuestionKind::HostKey { .. } => (Some("Trust and connect"), "Don't connect"),
        HostQuestionKind::Touch => (None, "Cancel"),
        HostQuestionKind::Passphrase { .. } => (Some("Unlock"), "Cancel"),
        HostQuestionKind::Password | HostQuestionKind::Code | HostQuestionKind::Other => {
            (Some("Send"), "Cancel")
        }
    };
    let is_key = matches!(question.kind, HostQuestionKind::HostKey { .. });
    let mut answer = None;
    if let Some(go) = go {
        let enabled = !is_sent && (is_key || !typed.is_empty());
        let kind = if is_key { Kind::Plain } else { Kind::Primary };
        let go = button_enabled(ui, enabled, kind, go);
        let why = if is_sent { "It was sent" } else { "Nothing is typed yet" };
        if go.on_disabled_hover_text(why).clicked() {
            answer = Some(if is_key { Answer::Yes } else { Answer::Typed });
        }
    }
    let stop = button_enabled(ui, !is_sent, Kind::Plain, stop);
    // Nobody trusts a key by a key press that was meant for something else.
    if is_new && (is_key || question.kind == HostQuestionKind::Touch) {
        stop.request_focus();
    }
    if stop.clicked() { Some(Answer::Declined) } else { answer }
}

fn heading(kind: &HostQuestionKind) -> &'static str {
    match kind {
        HostQuestionKind::HostKey { .. } => "Is this the right machine?",
        HostQuestionKind::Passphrase { .. } => "Unlock a key",
        HostQuestionKind::Password => "Password",
        HostQuestionKind::Code => "One-time code",
        HostQuestionKind::Touch => "Touch your security key",
        HostQuestionKind::Other => "A question of the server",
    }
}

fn mark(kind: &HostQuestionKind) -> Icon {
    match kind {
        HostQuestionKind::HostKey { .. } => Icon::Fingerprint,
        HostQuestionKind::Passphrase { .. } => Icon::KeyRound,
        HostQuestionKind::Password | HostQuestionKind::Code => Icon::Lock,
        HostQuestionKind::Touch => Icon::Usb,
        HostQuestionKind::Other => Icon::MessageCircleQuestionMark,
    }
}

/// Which host asks, and why.
fn why(kind: &HostQuestionKind, host: &str) -> String {
    match kind {
        HostQuestionKind::HostKey { .. } => format!(
            "{host} shows a key that this machine has never seen. It is remembered once you trust it."
        ),
        HostQuestionKind::Passphrase { .. } => {
            format!("The private key for {host} is locked. Its passphrase opens it:")
        }
        HostQuestionKind::Password => {
            format!("{host} asks for the password of your account there.")
        }
        HostQuestionKind::Code => format!("{host} asks for a one-time code to let you in."),
        HostQuestionKind::Touch => {
            format!("Your security key waits to be touched, to let you into {host}.")
        }
        HostQuestionKind::Other => format!("{host} asks, before it lets you in:"),
    }
}

/// What a person calls a host.
pub(super) fn name_of(host: &str, hosts: &Hosts) -> String {
    let saved = hosts.get(&HostId::new(host));
    plain(saved.map_or(host, |saved| &saved.name)).into_owned()
}

fn framed(ui: &mut Ui, text: &str) {
    let theme = Theme::get(ui.ctx());
    Frame::new()
        .fill(theme.sunken)
        .stroke(Stroke::new(1.0, theme.line))
        .corner_radius(CornerRadius::same(radius::SMALL))
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(RichText::new(text).monospace()).wrap());
        });
}

/// A server's words as it said them, without what could steer anything.
fn words_of(ui: &mut Ui, text: &str) {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first: Vec<_> = lines.by_ref().take(LINES).map(plain).collect();
    if first.is_empty() {
        return;
    }
    framed(ui, &first.join("\n"));
    let more = lines.count();
    if more > 0 {
        note(ui, &format!("and {more} more lines"));
    }
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
