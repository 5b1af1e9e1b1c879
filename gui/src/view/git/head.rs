//! What stands over every part of the Git view: the branch, what it follows, and what goes on.

use egui::{Label, Layout, RichText, Ui};
use lucide_icons::Icon;
use orchestrator::seam::{GitStatus, Operation, OperationState, Unfinished, Work};

use super::data::{GitAct, GitData};
use crate::theme::{Theme, size, space, strong};
use crate::widget::{Kind, button, icon_button_enabled, pill, plain, small_button};
use crate::words::{clean_line, of_many, with_host};

/// Letters of a commit that stand for a branch where none is checked out.
const SHORT_COMMIT: usize = 7;

/// What the head is called.
pub fn head_words(status: &GitStatus) -> String {
    match (&status.branch, &status.commit) {
        (Some(branch), _) => clean_line(branch),
        (None, Some(commit)) => {
            format!("detached at {}", commit.get(..SHORT_COMMIT).unwrap_or(commit))
        }
        (None, None) => "no branch".to_owned(),
    }
}

fn unfinished_words(unfinished: Unfinished) -> &'static str {
    match unfinished {
        Unfinished::Merge => "merge",
        Unfinished::Rebase => "rebase",
        Unfinished::Am => "series of patches",
        Unfinished::CherryPick => "cherry-pick",
        Unfinished::Revert => "revert",
        Unfinished::Bisect => "bisect",
    }
}

/// Draws the branch with its buttons, and what is unfinished.
pub fn head(ui: &mut Ui, data: &GitData<'_>, status: &GitStatus, acts: &mut Vec<GitAct>) {
    let theme = Theme::get(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let words = head_words(status);
        pill(ui, Some(Icon::GitBranch), &words, theme.git).on_hover_text(about(status));
        if let Some((ahead, behind)) = status.ahead_behind
            && (ahead, behind) != (0, 0)
        {
            let text = format!("↑{ahead} ↓{behind}");
            let text = RichText::new(text).size(size::SMALL).color(theme.muted);
            ui.add(Label::new(text).selectable(false))
                .on_hover_text(format!("{ahead} to push, {behind} to pull"));
        }
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let can = !status.remotes.is_empty() && !data.busy;
            let has_branch = status.branch.is_some();
            if icon_button_enabled(ui, !data.busy, Icon::RefreshCw, "Look again", None).clicked() {
                acts.push(GitAct::Refresh);
            }
            let push = match status.ahead_behind {
                Some((ahead, _)) if ahead > 0 => format!("Push {}", commits(ahead)),
                None if has_branch => "Publish the branch".to_owned(),
                Some(_) | None => "Push".to_owned(),
            };
            let up = icon_button_enabled(ui, can && has_branch, Icon::ArrowUpFromLine, &push, None);
            if up.clicked() {
                acts.push(GitAct::Push { force: false });
            }
            let pull = match status.ahead_behind {
                Some((_, behind)) if behind > 0 => format!("Pull {}", commits(behind)),
                Some(_) | None => "Pull".to_owned(),
            };
            let can_pull = can && status.upstream.is_some();
            let down = icon_button_enabled(ui, can_pull, Icon::ArrowDownToLine, &pull, None);
            if down.clicked() {
                acts.push(GitAct::Pull { rebase: None });
            }
            if icon_button_enabled(ui, can, Icon::CloudDownload, "Fetch", None).clicked() {
                acts.push(GitAct::Fetch);
            }
        });
    });
    if let Some(unfinished) = status.unfinished {
        unfinished_card(ui, status, unfinished, acts);
    }
}

fn commits(number: u32) -> String {
    of_many(number.into(), "commit", "commits")
}

fn about(status: &GitStatus) -> String {
    let mut words = vec![status.top.to_string()];
    match &status.upstream {
        Some(upstream) if status.ahead_behind.is_none() => {
            words.push(format!("{} is gone", clean_line(upstream)));
        }
        Some(upstream) => words.push(format!("follows {}", clean_line(upstream))),
        None => words.push("follows nothing".to_owned()),
    }
    let (added, removed) = status.lines;
    words.push(format!("+{added} -{removed} since the last commit"));
    if status.stashes > 0 {
        words.push(of_many(status.stashes.into(), "stash", "stashes"));
    }
    words.join("\n")
}

fn unfinished_card(
    ui: &mut Ui,
    status: &GitStatus,
    unfinished: Unfinished,
    acts: &mut Vec<GitAct>,
) {
    let theme = Theme::get(ui.ctx());
    let name = unfinished_words(unfinished);
    crate::widget::card(ui, |ui| {
        ui.set_width(ui.available_width());
        let heading = format!("In the middle of a {name}");
        ui.add(Label::new(RichText::new(heading).font(strong(size::BODY)).color(theme.warn)));
        let conflicts = status
            .changes
            .iter()
            .filter(|change| super::parts::Part::Conflicts.kind(change).is_some())
            .count();
        let words = match u64::try_from(conflicts).unwrap_or(u64::MAX) {
            0 => "Nothing is in conflict any more.".to_owned(),
            conflicts => format!(
                "{} in conflict: edit, then stage them.",
                of_many(conflicts, "file is", "files are")
            ),
        };
        ui.add(Label::new(RichText::new(words).color(theme.muted)).wrap());
        if unfinished == Unfinished::Bisect {
            return;
        }
        ui.horizontal(|ui| {
            let go_on = crate::widget::button_enabled(ui, conflicts == 0, Kind::Plain, "Go on");
            if go_on.clicked() {
                acts.push(GitAct::Unfinished { abort: false });
            }
            if button(ui, Kind::Danger, "Give it up…").clicked() {
                acts.push(GitAct::Unfinished { abort: true });
            }
        });
    });
}

/// What an operation is called while it runs.
pub fn work_words(work: &Work) -> String {
    match work {
        Work::Push { .. } => "Push".to_owned(),
        Work::Pull { .. } => "Pull".to_owned(),
        Work::Fetch { .. } => "Fetch".to_owned(),
        Work::AddWorktree(wanted) => format!("Worktree of {}", clean_line(&wanted.branch)),
        Work::PullRequest { .. } => "Pull request".to_owned(),
        Work::Upload { remote, .. } => format!("Upload of {remote}"),
        Work::Download { remote, .. } => format!("Download of {remote}"),
        Work::Line { line, .. } => clean_line(line),
    }
}

/// Draws what takes long: how far it is, or why it failed.
pub fn operations(ui: &mut Ui, data: &GitData<'_>, acts: &mut Vec<GitAct>) {
    for (at, operation) in data.operations.iter().enumerate() {
        let before = data.operations.iter().take(at);
        let is_first = before.into_iter().all(|before| before.state.is_over());
        operation_row(ui, operation, is_first, acts);
    }
}

fn operation_row(ui: &mut Ui, operation: &Operation, is_first: bool, acts: &mut Vec<GitAct>) {
    let theme = Theme::get(ui.ctx());
    let name = work_words(&operation.work);
    let (icon, colour, words) = match &operation.state {
        OperationState::Waiting => {
            let words = if is_first { "begins" } else { "waits for the one before" };
            (Icon::Clock, theme.muted, words.to_owned())
        }
        OperationState::Running => (Icon::LoaderCircle, theme.busy, progress_words(operation)),
        OperationState::Away { why } => (Icon::Unplug, theme.warn, with_host(why)),
        OperationState::Done { outcome } => {
            let (icon, colour) = match outcome.failed {
                Some(_) => (Icon::TriangleAlert, theme.warn),
                None => (Icon::Check, theme.good),
            };
            let failed = outcome.failed.as_ref().map(with_host);
            let said = Some(outcome.said.clone()).filter(|said| !said.is_empty());
            (icon, colour, failed.or(said).unwrap_or_else(|| "done".to_owned()))
        }
        OperationState::Failed { why } => (Icon::CircleAlert, theme.bad, with_host(why)),
        OperationState::Stopped => (Icon::CircleStop, theme.muted, "stopped".to_owned()),
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        crate::widget::icon(ui, icon, colour);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let line = format!("{}: {}", plain(&name), plain(&words));
            ui.add(Label::new(RichText::new(line).size(size::SMALL)).wrap());
            let hint = match &operation.state {
                OperationState::Failed { why } | OperationState::Away { why } => why.hint.as_ref(),
                OperationState::Done { outcome } => {
                    outcome.failed.as_ref().and_then(|failed| failed.hint.as_ref())
                }
                OperationState::Waiting | OperationState::Running | OperationState::Stopped => None,
            };
            if let Some(hint) = hint {
                let hint = RichText::new(plain(hint)).size(size::SMALL).color(theme.muted);
                ui.add(Label::new(hint).wrap());
            }
            ui.horizontal(|ui| operation_buttons(ui, operation, acts));
        });
    });
}

fn operation_buttons(ui: &mut Ui, operation: &Operation, acts: &mut Vec<GitAct>) {
    let theme = Theme::get(ui.ctx());
    let id = || operation.id.clone();
    match &operation.state {
        OperationState::Waiting | OperationState::Running => {
            if small_button(ui, "Stop", theme.muted).clicked() {
                acts.push(GitAct::Stop(id()));
            }
        }
        OperationState::Away { .. } => {
            if small_button(ui, "Stop", theme.muted).clicked() {
                acts.push(GitAct::Stop(id()));
            }
            let forget = small_button(ui, "Forget", theme.muted);
            let forget = forget.on_hover_text("It is followed no more; what runs there goes on");
            if forget.clicked() {
                acts.push(GitAct::Forget(id()));
            }
        }
        OperationState::Done { .. } | OperationState::Failed { .. } | OperationState::Stopped => {
            if let OperationState::Done { outcome } = &operation.state {
                if let Some(url) = &outcome.url {
                    if small_button(ui, "Open", theme.link).on_hover_text(url.clone()).clicked() {
                        acts.push(GitAct::OpenLink(url.clone()));
                    }
                    if small_button(ui, "Copy", theme.link).clicked() {
                        acts.push(GitAct::Copy(url.clone()));
                    }
                }
                if let Some(session) = &outcome.session
                    && small_button(ui, "Show its session", theme.link).clicked()
                {
                    acts.push(GitAct::ShowSession(session.clone()));
                }
            }
            if small_button(ui, "Dismiss", theme.muted).clicked() {
                acts.push(GitAct::Forget(id()));
            }
        }
    }
}

fn progress_words(operation: &Operation) -> String {
    let Some(progress) = &operation.progress else { return "…".to_owned() };
    let doing = clean_line(&progress.doing);
    match progress.of {
        Some(of) if of > 0 => {
            let percent = u128::from(progress.done) * 100 / u128::from(of);
            format!("{doing} {percent} %")
        }
        Some(_) | None => doing,
    }
}
