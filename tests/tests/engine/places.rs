//! A run stays where it is, whatever `hosts.toml` says of its host meanwhile.

use std::fs;

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{EventBody, NewSession, SessionId};

use crate::desk::{Desk, Laptop, Sent, Turn, new_session, processes_of, until};

/// The file as it is, and what may become of it while a run is under way.
const SAVED: &str = "[host.box]\nssh_config = \"box\"\n";
const CHANGED: [(&str, &str); 4] = [
    ("moved", "[host.box]\nhost = \"127.0.0.1\"\nport = 1\n"),
    ("disabled", "[host.box]\nssh_config = \"box\"\nenabled = false\n"),
    ("removed", ""),
    ("broken", "[host.box\n"),
];

/// A turn that waits for a file.
async fn begun(desk: &Desk, session: &SessionId, gate: &std::path::Path) -> Sent {
    let script = format!("print up\nwait-for {}\nprint on", gate.display());
    let sent = desk.send(session, &script).await;
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
    sent
}

#[track_caller]
fn is_whole(turn: &Turn, what: &str) {
    assert_eq!(turn.texts().concat().replace('\n', ""), "upon", "{what}: {turn:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_taken_up_where_it_runs_whatever_became_of_its_host() {
    for talks in [false, true] {
        let machine = AgentHost::start().with_scripted("codex");
        let laptop = Laptop::new(&machine);
        for (what, changed) in CHANGED {
            laptop.write_hosts(SAVED);
            let gate = machine.project().join(what);
            let desk = laptop.engine().await;
            let new = NewSession { talks, ..new_session("codex", &machine) };
            let session = desk.try_session(new).await.unwrap();
            let sent = begun(&desk, &session.id, &gate).await;
            desk.stop().await;
            laptop.write_hosts(changed);
            let desk = laptop.engine().await;
            fs::write(&gate, "").unwrap();
            is_whole(&desk.end_of(&sent).await, what);
            desk.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_begins_goes_where_its_host_is_then_or_nowhere() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let codes =
        [Code::ConnectionRefused, Code::HostDisabled, Code::HostUnknown, Code::InvalidConfig];
    for ((what, changed), code) in CHANGED.into_iter().zip(codes) {
        laptop.write_hosts(SAVED);
        let desk = laptop.engine().await;
        let session = desk.session("codex", &machine).await;
        let gate = machine.project().join(what);
        let first = begun(&desk, &session.id, &gate).await;
        let second = desk.send(&session.id, "print ran").await;
        laptop.write_hosts(changed);
        fs::write(&gate, "").unwrap();
        is_whole(&desk.end_of(&first).await, what);
        let turn = desk.end_of(&second).await;
        assert_eq!(turn.failure().code, code, "{what}: {turn:#?}");
        assert_eq!(turn.texts(), Vec::<&str>::new(), "{what}");
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_talks_moves_with_its_host_at_the_next_turn() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    laptop.write_hosts(SAVED);
    let desk = laptop.engine().await;
    let new = NewSession { talks: true, ..new_session("codex", &machine) };
    let session = desk.try_session(new).await.unwrap();
    let agents = || processes_of(&machine, "/names/");
    desk.turn(&session.id, "print up").await;
    let first = agents();
    assert_eq!(first.len(), 1);
    desk.turn(&session.id, "print up").await;
    assert_eq!(agents(), first, "nothing has changed");
    laptop.write_hosts(&format!("{SAVED}port = {}\n", machine.sshd().port()));
    let turn = desk.turn(&session.id, "session").await;
    let said = turn.texts().concat();
    assert!(said.starts_with("resumed "), "the conversation goes on: {said}");
    until("the former process is gone", || {
        let now = agents();
        now.len() == 1 && now != first
    })
    .await;
    desk.stop().await;
}
