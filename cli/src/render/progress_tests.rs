#![allow(clippy::unwrap_used)]

use orchestrator::seam::TurnStatus;

use super::*;
use crate::watch::fake::{self, at, event};

#[test]
fn the_line_says_what_the_turn_does_and_what_it_has_used() {
    let mut progress = Progress::default();
    progress.know("box");
    assert_eq!(progress.line(at(0), 80), None);
    progress.event(&event(0, "t1", fake::started("m1")));
    let line = |progress: &Progress, ms| progress.line(at(ms), 80).unwrap();
    assert_eq!(progress.waits_for(at(900)), None);
    assert_eq!(progress.waits_for(at(2000)), Some("box"));
    assert_eq!(line(&progress, 2000), "2 s · waiting for box");
    progress.event(&event(21, "t1", EventBody::TurnLaunched));
    assert_eq!(progress.waits_for(at(3000)), None);
    assert_eq!(line(&progress, 3000), "3 s · starting");
    progress.partial(&fake::partial("t1", "a"), at(4000));
    assert_eq!(line(&progress, 4200), "4 s · writing");
    progress.event(&event(50, "t1", EventBody::ToolCall(fake::tool(ToolStatus::Running))));
    assert_eq!(line(&progress, 5000), "5 s · Bash ls -la");
    let usage =
        Usage { input_tokens: 1000, output_tokens: 234, cost_usd: Some(0.02), ..Usage::default() };
    progress.event(&event(60, "t1", EventBody::Usage(usage)));
    let link = EventBody::Link { state: LinkState::Lost, why: None };
    progress.event(&event(61, "t1", link));
    assert_eq!(
        line(&progress, 80_000),
        "1 min 20 s · Bash ls -la · link lost · quiet for 1 min 13 s · 1,234 tokens · $0…"
    );
    assert_eq!(progress.line(at(80_000), 20).unwrap(), "1 min 20 s · Bash l…");
    progress.event(&event(900, "t1", fake::ended(TurnStatus::Done)));
    assert_eq!(progress.line(at(90_000), 80), None);
}

#[test]
fn a_call_that_ended_and_a_question_are_told_apart() {
    let mut progress = Progress::default();
    progress.event(&event(0, "t1", fake::started("m1")));
    progress.event(&event(1, "t1", EventBody::ToolCall(fake::tool(ToolStatus::Running))));
    progress.event(&event(2, "t1", EventBody::ToolCall(fake::tool(ToolStatus::Done))));
    assert_eq!(progress.line(at(1000), 80).unwrap(), "1 s · working");
    let approval = Box::new(fake::approval("q", "t1"));
    progress.event(&event(3, "t1", EventBody::ApprovalRequested { approval }));
    assert_eq!(progress.line(at(1000), 80).unwrap(), "1 s · waiting for your answer");
}
