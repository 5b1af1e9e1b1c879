use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::agent::AgentOnHost;
use orchestrator::failure::Code;
use orchestrator::host::test_connection::ConnectionReport;
use orchestrator::ssh_config::Resolved;

use super::*;
use crate::testing::{harness, press};

struct First {
    view: WelcomeView,
    aliases: Fetched<Vec<AliasRow>>,
    hosts: Hosts,
    tests: BTreeMap<HostId, TestRun>,
    failures: BTreeMap<String, Failure>,
    agents: Fetched<KnownAgents>,
    acts: Vec<WelcomeAct>,
}

fn alias(name: &str, resolved: Fetched<Resolved>) -> AliasRow {
    AliasRow { name: name.into(), resolved, saved_as: None }
}

fn agent(id: &str, name: &str, path: Option<&str>) -> KnownAgent {
    KnownAgent {
        id: id.into(),
        name: name.into(),
        program: id.into(),
        install: Some(format!("npm install -g {id}")),
        login_hint: "log in".into(),
        batch: true,
        talks: None,
        read_only: true,
        images: false,
        there: Some(AgentOnHost {
            agent: id.into(),
            path: path.map(ToOwned::to_owned),
            version: Some("1.0".into()),
            tested: true,
            logged_in: None,
            failure: None,
        }),
    }
}

fn first(aliases: Vec<AliasRow>, agents: Vec<KnownAgent>) -> Harness<'static, First> {
    let known = KnownAgents { agents, ..KnownAgents::default() };
    let state = First {
        view: WelcomeView::default(),
        aliases: Fetched::Ready(aliases),
        hosts: Hosts::default(),
        tests: BTreeMap::new(),
        failures: BTreeMap::new(),
        agents: Fetched::Ready(known),
        acts: Vec::new(),
    };
    let mut window = harness(state, |ui, state: &mut First| {
        let data = WelcomeData {
            aliases: &state.aliases,
            hosts: &state.hosts,
            tests: &state.tests,
            failures: &state.failures,
            agents: &state.agents,
        };
        state.acts.extend(state.view.ui(ui, &data));
    });
    window.run();
    window
}

#[test]
fn several_hosts_of_the_ssh_config_are_added_and_tested_by_a_click_each() {
    let resolved = Resolved { hostname: "10.0.0.7".into(), port: 22, ..Resolved::default() };
    let rows = vec![
        alias("lab", Fetched::Ready(resolved.clone())),
        alias("gpu", Fetched::Ready(resolved)),
    ];
    let mut window = first(rows, Vec::new());
    press(&mut window, "Add & test lab");
    press(&mut window, "Add & test gpu");
    let wanted = [WelcomeAct::AddAndTest("lab".into()), WelcomeAct::AddAndTest("gpu".into())];
    assert_eq!(window.state().acts, wanted);
    window.get_by_role_and_label(Role::Button, "Adding… lab");

    // It is saved, and its test runs, then is over.
    let host = HostConfig::new(HostId::new("lab"), "lab", "lab");
    window.state_mut().hosts.hosts.push(host);
    if let Fetched::Ready(rows) = &mut window.state_mut().aliases {
        rows[0].saved_as = Some("lab".into());
    }
    window.state_mut().tests.insert(HostId::new("lab"), TestRun::default());
    window.run();
    window.get_by_label("testing…");
    window.get_by_label("Authenticate");
    let hostname = Some("lab-1".into());
    let report = ConnectionReport { ok: true, hostname, ..ConnectionReport::default() };
    let run = TestRun { outcome: Some(Ok(report)), ..TestRun::default() };
    window.state_mut().tests.insert(HostId::new("lab"), run);
    window.run();
    window.get_by_label("ready");
    press(&mut window, "Start a session on lab");
    let host = window.state().acts.last().cloned();
    assert!(matches!(host, Some(WelcomeAct::StartSession(Some(_)))), "{host:?}");
    window.get_by_label("Connected to lab-1");
}

#[test]
fn a_host_that_fails_says_what_to_do_and_can_be_tried_again() {
    let mut window = first(Vec::new(), Vec::new());
    window.state_mut().hosts.hosts.push(HostConfig::new(HostId::new("lab"), "lab", "lab"));
    let failure =
        Failure::new(Code::AuthRefused, "lab accepted none of our keys").hint("`ssh-copy-id lab`");
    let run = TestRun { outcome: Some(Err(failure)), ..TestRun::default() };
    window.state_mut().tests.insert(HostId::new("lab"), run);
    window.run();
    window.get_by_label("lab accepted none of our keys");
    press(&mut window, "Test lab");
    assert_eq!(window.state().acts, [WelcomeAct::Test(HostId::new("lab"))]);
}

#[test]
fn a_host_that_cant_be_added_says_why_and_can_be_added_again() {
    let mut window = first(vec![alias("lab", Fetched::Pending)], Vec::new());
    press(&mut window, "Add & test lab");
    window
        .state_mut()
        .failures
        .insert("lab".into(), Failure::new(Code::Busy, "hosts.toml is locked"));
    window.run();
    window.get_by_label("hosts.toml is locked");
    window.get_by_role_and_label(Role::Button, "Add & test lab");
}

#[test]
fn addresses_are_asked_for_one_at_a_time() {
    let rows = vec![alias("a", Fetched::Missing), alias("b", Fetched::Missing)];
    let window = first(rows, Vec::new());
    let only = WelcomeAct::ResolveAlias("a".into());
    assert!(!window.state().acts.is_empty());
    assert!(window.state().acts.iter().all(|act| *act == only));
}

#[test]
fn the_agents_of_this_machine_are_shown() {
    let agents =
        vec![agent("codex", "Codex", Some("/usr/bin/codex")), agent("claude", "Claude Code", None)];
    let window = first(Vec::new(), agents);
    window.get_by_label("Codex");
    assert!(window.query_by_label("Claude Code").is_none());
}

#[test]
fn without_a_config_and_without_agents_there_is_a_way_on() {
    let mut window = first(Vec::new(), vec![agent("claude", "Claude Code", None)]);
    window.get_by_label_contains("Your SSH config names no hosts");
    window.get_by_label_contains("No coding agent is installed here");
    window.get_by_role_and_label(Role::Button, "Copy npm install -g claude");
    for button in ["Look again", "Add another machine…", "Start a session", "Skip for now"] {
        press(&mut window, button);
    }
    let wanted = [
        WelcomeAct::LookAgents { refresh: true },
        WelcomeAct::AddMachine,
        WelcomeAct::StartSession(None),
        WelcomeAct::Skip,
    ];
    assert_eq!(window.state().acts, wanted);
}

#[test]
fn what_isnt_known_yet_is_asked_for_once() {
    let mut window = first(Vec::new(), Vec::new());
    window.state_mut().agents = Fetched::Missing;
    window.state_mut().acts.clear();
    window.run();
    window.run();
    assert_eq!(window.state().acts, [WelcomeAct::LookAgents { refresh: false }]);
    window.state_mut().aliases =
        Fetched::Failed(Failure::new(Code::PermissionDenied, "can't read ~/.ssh/config"));
    window.run();
    window.get_by_label("can't read ~/.ssh/config");
    press(&mut window, "Retry");
    assert_eq!(window.state().acts.last(), Some(&WelcomeAct::ListAliases));
}

#[test]
fn a_small_window_shows_the_way_on_too() {
    let mut window = first(vec![alias("lab", Fetched::Pending)], Vec::new());
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    press(&mut window, "Start a session");
    assert_eq!(window.state().acts, [WelcomeAct::StartSession(None)]);
}
