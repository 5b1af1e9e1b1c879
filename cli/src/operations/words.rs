//! Operations in words and as JSON.

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{FilePath, Operation, OperationState, Outcome, Progress, Work};
use serde::Serialize;

use crate::render::clean_line;

/// What an operation does, on one line.
pub fn what(work: &Work) -> String {
    let text = match work {
        Work::Upload { local, remote, .. } => format!("put {local} {remote}"),
        Work::Download { remote, local, .. } => format!("get {remote} {local}"),
        Work::Push { remote, branch, .. } => with("git push", [remote, branch]),
        Work::Pull { .. } => "git pull".into(),
        Work::Fetch { remote, .. } => with("git fetch", [remote, &None]),
        Work::AddWorktree(add) => format!("worktree {}", add.branch),
        Work::PullRequest { title, .. } => with("pull request", [title, &None]),
        Work::Line { line, .. } => line.clone(),
    };
    clean_line(&text)
}

fn with(verb: &str, more: [&Option<String>; 2]) -> String {
    let words = more.into_iter().flatten().map(String::as_str);
    [verb].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

/// How it stands, in a few words.
pub fn state(operation: &Operation) -> String {
    match &operation.state {
        OperationState::Waiting => "waiting".into(),
        OperationState::Running => match operation.progress.as_ref().and_then(percent) {
            Some(percent) => format!("{percent} %"),
            None => "running".into(),
        },
        OperationState::Away { .. } => "away".into(),
        OperationState::Done { outcome: Outcome { status: Some(status), .. } } if *status != 0 => {
            format!("exit {status}")
        }
        OperationState::Done { .. } => "done".into(),
        OperationState::Failed { .. } => "failed".into(),
        OperationState::Stopped => "stopped".into(),
    }
}

fn percent(progress: &Progress) -> Option<u64> {
    let of = progress.of.filter(|of| *of > 0)?;
    Some(progress.done.saturating_mul(100) / of)
}

/// How far it is, on one line.
pub fn progress(progress: &Progress) -> String {
    let Progress { doing, done, of, bytes } = progress;
    let amount = |number: u64| {
        if *bytes {
            format!("{:.1} MiB", number as f64 / f64::from(1 << 20))
        } else {
            number.to_string()
        }
    };
    let far = match of {
        Some(of) => format!("{} of {}", amount(*done), amount(*of)),
        None if *done > 0 => amount(*done),
        None => String::new(),
    };
    let percent = percent(progress).map(|percent| format!("{percent} %")).unwrap_or_default();
    let parts = [clean_line(doing), far, percent];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// An operation as a script reads it.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    operation: &'a str,
    host: &'a str,
    session: Option<&'a str>,
    directory: Option<&'a FilePath>,
    what: String,
    work: &'a Work,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    progress: Option<&'a Progress>,
    output_bytes: u64,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl<'a> Row<'a> {
    pub fn new(operation: &'a Operation) -> Self {
        let (state, outcome, error) = match &operation.state {
            OperationState::Waiting => ("waiting", None, None),
            OperationState::Running => ("running", None, None),
            OperationState::Away { why } => ("away", None, Some(why)),
            OperationState::Done { outcome } => ("done", Some(outcome), None),
            OperationState::Failed { why } => ("failed", None, Some(why)),
            OperationState::Stopped => ("stopped", None, None),
        };
        Self {
            operation: &operation.id,
            host: &operation.host,
            session: operation.session.as_ref().map(orchestrator::seam::SessionId::as_str),
            directory: operation.directory.as_ref(),
            what: what(&operation.work),
            work: &operation.work,
            state,
            outcome,
            error,
            progress: operation.progress.as_ref(),
            output_bytes: operation.output,
            started_at: operation.started_at,
            ended_at: operation.ended_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_can_be_read() {
        let far = |doing: &str, done, of, bytes| {
            progress(&Progress { doing: doing.into(), done, of, bytes })
        };
        assert_eq!(
            far("sending", 1 << 20, Some(4 << 20), true),
            "sending · 1.0 MiB of 4.0 MiB · 25 %"
        );
        assert_eq!(far("Counting objects", 7, None, false), "Counting objects · 7");
        assert_eq!(far("", 0, Some(0), false), "0 of 0");
    }
}
