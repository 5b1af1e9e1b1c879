//! Turns survive whatever happens to the link and to the engine: every word once, and the agent runs once.

use std::fs;
use std::time::Duration;

use baton_tests::{Accident, AgentHost, Wan};
use orchestrator::failure::Code;
use orchestrator::seam::{EventBody, LinkState, NewSession, TurnStatus};

use crate::desk::{Laptop, Turn, new_session, until};

/// The numbered lines of a turn, as they came.
fn numbers(turn: &Turn) -> Vec<u64> {
    let texts = turn.texts();
    let lines = texts.iter().filter_map(|text| text.strip_prefix("line "));
    lines.map(|number| number.parse().unwrap()).collect()
}

fn size(name: &str, usual: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "`make soak` asks for more through it")]
    let set = std::env::var(name);
    set.map_or(usual, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Prints many lines while the link has accidents of every kind: each line arrives once, in order, of one turn.
async fn is_whole_over_accidents(transport: &str) {
    let lines = size("BATON_SOAK_LINES", 2_000);
    let accidents = size("BATON_SOAK_CUTS", 10);
    let mut machine = AgentHost::start().with_scripted("codex");
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, transport);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let (count, gate) = (machine.project().join("count"), machine.project().join("gate"));
    let script = format!(
        "count-file {}\nlines {lines} 2\nwait-for {}\nprint the end",
        count.display(),
        gate.display()
    );
    let sent = desk.send(&session.id, &script).await;
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
    // The last one takes the ssh process here, where there is one.
    let kinds = [
        Some(Accident::Reset),
        Some(Accident::Kill),
        Some(Accident::Silence),
        Some(Accident::Restart),
        None,
    ];
    for at in 0..accidents {
        let kind = kinds[usize::try_from(at).unwrap() % kinds.len()];
        // In the middle of the output: after one more share of the lines has come.
        let line = format!("line {}", 1 + at * lines / accidents);
        desk.until(&sent, |body| matches!(body, EventBody::Text { text, .. } if *text == line))
            .await;
        match kind {
            Some(kind) => {
                kind.begin(&wan, machine.sshd_mut());
                kind.end(&wan, machine.sshd_mut());
            }
            None => laptop.kill_masters(),
        }
    }
    fs::write(&gate, "").unwrap();
    let turn = desk.end_of(&sent).await;
    turn.is_done();
    assert_eq!(numbers(&turn), (1..=lines).collect::<Vec<_>>());
    assert_eq!(turn.texts().last(), Some(&"the end"));
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 1, "it ran once");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_arrives_once_over_cuts_of_every_kind_with_openssh() {
    is_whole_over_accidents("openssh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_arrives_once_over_cuts_of_every_kind_with_the_native_transport() {
    is_whole_over_accidents("native").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_goes_on_while_no_engine_runs_and_the_next_one_has_every_line() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let (count, gate) = (machine.project().join("count"), machine.project().join("gate"));
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let script = format!(
        "count-file {}\nlines 500 1\nwait-for {}\nlines 3\nexit 0",
        count.display(),
        gate.display()
    );
    let sent = desk.send(&session.id, &script).await;
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
    desk.stop().await;
    for line in [50, 100, 150] {
        let desk = laptop.engine().await;
        let line = format!("line {line}");
        desk.until(&sent, |body| matches!(body, EventBody::Text { text, .. } if *text == line))
            .await;
        desk.stop().await;
    }
    fs::write(&gate, "").unwrap();
    until("the agent has ended", || {
        crate::desk::processes_of(&machine, "scripted-agent").is_empty()
    })
    .await;
    let desk = laptop.engine().await;
    let turn = desk.end_of(&sent).await;
    turn.is_done();
    let expected: Vec<u64> = (1..=500).chain(1..=3).collect();
    assert_eq!(numbers(&turn), expected);
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_is_told_and_so_is_its_return() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, "openssh");
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    let gate = machine.project().join("gate");
    let script = format!("print up\nwait-for {}\nprint on", gate.display());
    let sent = desk.send(&session.id, &script).await;
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
    Accident::Restart.begin(&wan, machine.sshd_mut());
    desk.until(&sent, |body| matches!(body, EventBody::Link { state: LinkState::Lost, .. })).await;
    Accident::Restart.end(&wan, machine.sshd_mut());
    desk.until(&sent, |body| matches!(body, EventBody::Link { state: LinkState::Restored, .. }))
        .await;
    fs::write(gate, "").unwrap();
    assert_eq!(desk.end_of(&sent).await.is_done().texts(), ["up", "on"]);
    desk.stop().await;
}

/// Whether the error of a failed turn says that sending again may help.
fn is_recoverable(turn: &Turn) -> bool {
    turn.bodies().any(|body| matches!(body, EventBody::Error { recoverable: true, .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_for_a_machine_that_is_away_fails_and_what_waits_is_held_back() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.session("codex", &machine).await;
    machine.sshd_mut().stop();
    let turn = desk.turn(&session.id, "print x").await;
    assert_eq!(turn.failure().code, Code::ConnectionRefused, "{turn:#?}");
    assert!(is_recoverable(&turn), "{turn:#?}");
    let new = NewSession { talks: true, ..new_session("codex", &machine) };
    let talking = desk.try_session(new).await.unwrap();
    let turn = desk.turn(&talking.id, "print x").await;
    assert_eq!(turn.failure().code, Code::ConnectionRefused, "{turn:#?}");
    assert!(is_recoverable(&turn), "{turn:#?}");
    let turn = desk.turn(&session.id, "print x").await;
    assert_eq!(turn.end(), (TurnStatus::Failed, None));
    machine.sshd_mut().restart();
    desk.turn(&session.id, "print on").await.is_done();
    desk.stop().await;
}
