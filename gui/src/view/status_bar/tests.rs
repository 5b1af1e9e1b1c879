#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{HostConfig, HostId};
use orchestrator::seam::{ConnectionState, HostConnection};

use super::*;
use crate::samples::at;
use crate::testing::harness;

#[derive(Default)]
struct World {
    view: StatusBarView,
    connections: Vec<HostConnection>,
    since: BTreeMap<String, Timestamp>,
    hosts: Vec<HostConfig>,
    engine: EngineState,
    pending: u64,
    acts: Vec<StatusBarAct>,
}

fn connection(host: &str, state: ConnectionState) -> HostConnection {
    HostConnection { host: host.into(), state, round_trip_us: Some(51_000), turns: 2 }
}

fn blocked(code: Code) -> ConnectionState {
    let why = Failure::new(code, "it won't do").hint("Run ssh-copy-id box");
    ConnectionState::Blocked { why }
}

fn window(world: World) -> Harness<'static, World> {
    let mut window = harness(world, |ui, world| {
        let data = StatusBarData {
            now: at(100),
            connections: &world.connections,
            since: &world.since,
            hosts: &world.hosts,
            engine: &world.engine,
            pending: world.pending,
        };
        ui.add_space(500.0);
        let acts = world.view.ui(ui, &data);
        world.acts.extend(acts);
    });
    // Countdowns ask for later frames; those aren't waited for.
    window.run_steps(4);
    window
}

fn with(state: ConnectionState) -> World {
    let hosts = vec![HostConfig::new(HostId::new("box"), "Big box", "10.0.0.1")];
    World { connections: vec![connection("box", state)], hosts, ..World::default() }
}

#[test]
fn each_state_of_a_connection_is_said_in_a_few_words() {
    let why = Failure::new(Code::ConnectionLost, "lost");
    let states = [
        (ConnectionState::Connected, "51 ms"),
        (ConnectionState::Connecting { failed: 0 }, "connecting…"),
        (ConnectionState::Degraded, "not answering"),
        (ConnectionState::Closed, "not connected"),
        (
            ConnectionState::Reconnecting { failed: 1, at: at(104), why: why.clone() },
            "reconnecting in 4 s",
        ),
        (ConnectionState::Reconnecting { failed: 1, at: at(90), why }, "reconnecting…"),
        (blocked(Code::AuthRefused), "blocked: it won't do"),
    ];
    for (state, words) in states {
        let label = format!("Big box: {words}");
        window(with(state)).get_by_role_and_label(Role::Button, &label);
    }
}

#[test]
fn a_countdown_ticks_and_everything_else_rests() {
    let why = Failure::new(Code::ConnectionLost, "lost");
    let delay = |state| {
        let window = window(with(state));
        window.output().viewport_output.values().map(|out| out.repaint_delay).min().unwrap()
    };
    let waiting = ConnectionState::Reconnecting { failed: 1, at: at(104), why };
    let next = delay(waiting);
    assert!(next > Duration::from_millis(900) && next <= Duration::from_secs(1), "{next:?}");
    assert!(delay(ConnectionState::Connected) > Duration::from_secs(3600));
    assert!(delay(blocked(Code::AuthRefused)) > Duration::from_secs(3600));
}

#[test]
fn what_is_blocked_has_the_button_that_mends_it() {
    let mut retry = window(with(blocked(Code::ConnectionRefused)));
    retry.get_by_role_and_label(Role::Button, "Retry").click();
    retry.run();
    assert_eq!(retry.state().acts, [StatusBarAct::Retry("box".into())]);
    let mut edit = window(with(blocked(Code::InvalidConfig)));
    edit.get_by_role_and_label(Role::Button, "Edit host").click();
    edit.run();
    assert_eq!(edit.state().acts, [StatusBarAct::EditHost("box".into())]);
}

#[test]
fn refused_keys_say_what_to_do_and_can_be_tried_again() {
    let mut window = window(with(blocked(Code::AuthRefused)));
    window.get_by_role_and_label(Role::Button, "What to do").click();
    window.run();
    window.get_by_label("Run ssh-copy-id box");
    window.get_by_label("2 turns under way; the agents work on meanwhile");
    window.get_by_role_and_label(Role::Button, "Copy").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Retry now").click();
    window.run();
    let acts = [
        StatusBarAct::Copy("box: it won't do\nRun ssh-copy-id box".into()),
        StatusBarAct::Retry("box".into()),
    ];
    assert_eq!(window.state().acts, acts);
}

#[test]
fn a_click_tells_all_about_a_connection() {
    let mut world = with(ConnectionState::Connected);
    world.since.insert("box".into(), at(100 - 600));
    let mut window = window(world);
    window.get_by_role_and_label(Role::Button, "Big box: 51 ms").click();
    window.run();
    window.get_by_label("Connected; it answers within 51 ms");
    window.get_by_label("For 10 min");
    window.get_by_role_and_label(Role::Button, "Test").click();
    window.run();
    assert_eq!(window.state().acts, [StatusBarAct::Test("box".into())]);
}

#[test]
fn what_doesnt_fit_is_counted_and_trouble_stands_first() {
    let mut connections: Vec<HostConnection> =
        (0..20).map(|n| connection(&format!("machine-{n}"), ConnectionState::Connected)).collect();
    connections.push(connection("broken", blocked(Code::ConnectionRefused)));
    let mut window = window(World { connections, ..World::default() });
    window.get_by_role_and_label(Role::Button, "broken: blocked: it won't do");
    let more = window.get_by_label_contains(" more");
    assert!(more.rect().right() < 1000.0);
    more.click();
    window.run();
    window.get_by_label("machine-19");
    window.get_all_by_role_and_label(Role::Button, "Test").next().unwrap().click();
    window.run();
    assert!(matches!(&window.state().acts[..], [StatusBarAct::Test(_)]));
}

#[test]
fn the_engine_and_what_waits_to_be_shared_are_told() {
    let mut window =
        window(World { engine: EngineState::Elsewhere { pid: 7 }, pending: 3, ..World::default() });
    window.get_by_label("engine in another process");
    window.get_by_role_and_label(Role::Button, "3 entries wait to be shared").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Command palette").click();
    window.run();
    assert_eq!(window.state().acts, [StatusBarAct::SyncHistory, StatusBarAct::Palette]);
}

#[test]
fn everything_in_the_status_bar_has_a_name() {
    assert_eq!(window(with(blocked(Code::AuthRefused))).unnamed_widgets(), [""; 0]);
}

#[test]
fn an_engine_that_fails_says_so_and_leaves_room_for_connections() {
    let message = "the database can't be opened ".repeat(20);
    let engine = EngineState::Failed(Failure::new(Code::Corrupt, message.trim()));
    let window = window(World { engine, ..with(ConnectionState::Connected) });
    window.get_by_label_contains("the database can't be opened");
    window.get_by_role_and_label(Role::Button, "Big box: 51 ms");
}
