//! A run stays where it is, whatever `hosts.toml` says of its host meanwhile.

use std::fs;

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, Delivery, EventBody, NewSession, Query, Reply, Seam, SessionId, Subscribe, TurnStatus,
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_on_a_machine_that_is_gone_is_given_up_by_force_and_its_session_removed() {
    for talks in [false, true] {
        let mut machine = AgentHost::start().with_scripted("codex");
        let laptop = Laptop::new(&machine);
        let desk = laptop.engine().await;
        let new = NewSession { talks, ..new_session("codex", &machine) };
        let session = desk.try_session(new).await.unwrap();
        let sent = begun(&desk, &session.id, &machine.project().join("gate")).await;
        machine.sshd_mut().stop();
        laptop.kill_masters();
        desk.until(&sent, |body| matches!(body, EventBody::Link { .. })).await;
        let remove = |force| Command::RemoveSession { session: session.id.clone(), force };
        assert_eq!(desk.command(remove(false)).await.unwrap_err().code, Code::Busy);
        let mut events = desk.engine.subscribe(Subscribe::default()).await.unwrap();
        let Reply::Session(was) = desk.command(remove(true)).await.unwrap() else { panic!() };
        let mut bodies = Vec::new();
        while !bodies.contains(&EventBody::SessionRemoved) {
            if let Delivery::Event(event) = events.next().await.unwrap().unwrap() {
                bodies.push(event.body);
            }
        }
        let failed = bodies.iter().find_map(|body| match body {
            EventBody::Error { failure, .. } => Some(failure),
            _ => None,
        });
        let run = was.tabs[0].turn.as_ref().unwrap().run.clone();
        assert!(failed.unwrap().message.contains(run.as_str()), "{failed:?}");
        let failed = |body: &EventBody| {
            matches!(body, EventBody::TurnEnded { status: TurnStatus::Failed, .. })
        };
        assert!(bodies.iter().any(failed), "{bodies:?}");
        desk.stop().await;
        // Nobody takes it up: the machine is away for ever.
        let desk = laptop.engine().await;
        desk.engine.subscribe(Subscribe::default()).await.unwrap();
        let Reply::Snapshot(all) = desk.query(Query::Snapshot).await else { panic!() };
        assert_eq!(all.sessions, []);
        desk.stop().await;
        for pid in processes_of(&machine, "/names/") {
            let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok(); // It may have ended.
        }
    }
}
