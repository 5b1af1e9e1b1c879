use egui_kittest::kittest::Queryable;
use orchestrator::host::test_connection::AgentFound;

use super::*;
use crate::testing::harness;

pub(crate) fn passed(name: StageName, elapsed_ms: u64) -> StageReport {
    StageReport { name, ok: true, elapsed_ms, error: None, found: String::new() }
}

fn failed(name: StageName, failure: &Failure) -> StageReport {
    let error = Some(failure.clone());
    StageReport { name, ok: false, elapsed_ms: 9, error, found: String::new() }
}

#[test]
fn stages_are_told_as_they_pass() {
    let run = TestRun {
        began: Some(StageName::Connect),
        stages: vec![passed(StageName::Validate, 0), passed(StageName::Resolve, 11)],
        with_agent: false,
        outcome: None,
    };
    let mut window = harness(run, |ui, run| stage_list(ui, run));
    window.run();
    for words in ["Validate", "0 ms", "Resolve", "11 ms", "Connect", "running…"] {
        window.get_by_label(words);
    }
    assert_eq!(window.get_all_by_label("waiting").count(), 2);
    assert!(window.query_by_label("Agent").is_none());
    window.state_mut().with_agent = true;
    window.run();
    window.get_by_label("Agent");
}

#[test]
fn a_test_that_failed_says_what_to_do_and_how_far_it_came() {
    let failure = Failure::new(Code::AuthRefused, "box accepted none of our keys")
        .hint("Run `ssh-copy-id box`, then retry");
    let stages = vec![passed(StageName::Validate, 0), failed(StageName::Authenticate, &failure)];
    let report = ConnectionReport { stages: stages.clone(), ..ConnectionReport::default() };
    let run = TestRun { stages, outcome: Some(Ok(report)), ..TestRun::default() };
    assert_eq!(run.failure(), Some(&failure));
    let mut window = harness(run, |ui, run| {
        stage_list(ui, run);
        result_line(ui, run);
    });
    window.run();
    window.get_by_label("failed");
    window.get_by_label("box accepted none of our keys");
    window.get_by_role_and_label(egui::Role::Button, "Copy ssh-copy-id box");
    assert_eq!(window.get_all_by_label("not reached").count(), 3);
}

#[test]
fn a_changed_key_is_told_in_red_also_by_a_test() {
    let failure =
        Failure::new(Code::HostKeyChanged, "box shows another key").hint("`ssh-keygen -R box`");
    let run = TestRun { outcome: Some(Err(failure)), ..TestRun::default() };
    let mut window = harness(run, |ui, run| result_line(ui, run));
    window.run();
    window.get_by_label_contains("Either the machine was installed anew");
    window.get_by_role_and_label(egui::Role::Button, "Copy ssh-keygen -R box");
}

#[test]
fn a_good_test_tells_the_machines_own_name() {
    let mut report = ConnectionReport {
        ok: true,
        hostname: Some("gpu-1".into()),
        os: Some("Linux".into()),
        shell: Some("/bin/zsh".into()),
        latency_ms: Some(51),
        ..ConnectionReport::default()
    };
    assert_eq!(connected_words(&report), "Connected to gpu-1, Linux, /bin/zsh, 51 ms");
    report.agent = Some(AgentFound {
        name: "codex".into(),
        path: "/usr/bin/codex".into(),
        version: Some("0.169.0".into()),
    });
    report.hostname = Some("a\x1b[2J".into());
    assert_eq!(
        connected_words(&report),
        "Connected to a^[[2J, Linux, /bin/zsh, 51 ms; codex 0.169.0 at /usr/bin/codex"
    );
}
