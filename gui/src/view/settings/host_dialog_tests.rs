#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::HostId;
use orchestrator::host::test_connection::{ConnectionReport, StageName};
use orchestrator::ssh_config::Resolved;

use super::*;
use crate::testing::{harness, press, type_into};

struct Open {
    view: HostDialogView,
    hosts: Hosts,
    aliases: Fetched<Vec<AliasRow>>,
    test: Option<TestRun>,
    keys: BTreeMap<String, bool>,
    saved: Fetched<()>,
    files: Fetched<Vec<FileRow>>,
    acts: Vec<HostDialogAct>,
}

fn resolved() -> Resolved {
    Resolved {
        hostname: "10.0.0.7".into(),
        port: 2200,
        user: "ada".into(),
        identity_files: vec!["~/.ssh/lab".into()],
        ..Resolved::default()
    }
}

fn alias(name: &str, resolved: Fetched<Resolved>) -> AliasRow {
    AliasRow { name: name.into(), resolved, saved_as: None }
}

fn open(view: HostDialogView) -> Harness<'static, Open> {
    let aliases = vec![
        alias("lab", Fetched::Ready(resolved())),
        alias("dev", Fetched::Missing),
        alias("gpu", Fetched::Missing),
    ];
    let state = Open {
        view,
        hosts: Hosts::default(),
        aliases: Fetched::Ready(aliases),
        test: None,
        keys: BTreeMap::new(),
        saved: Fetched::Missing,
        files: Fetched::Pending,
        acts: Vec::new(),
    };
    let agents = vec![("codex".to_owned(), "Codex".to_owned())];
    let mut window = harness(state, move |ui, state: &mut Open| {
        let data = ConnectForm {
            hosts: &state.hosts,
            aliases: &state.aliases,
            test: state.test.as_ref(),
            agents: &agents,
            keys: &state.keys,
            saved: &state.saved,
            home: Path::new("/home/ada"),
            files: &state.files,
            files_version: 1,
        };
        state.acts.extend(state.view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

const IMPORT: &str = "Import from SSH Config (3 hosts found)";

fn import(window: &mut Harness<'_, Open>) {
    window.get_by_role_and_label(Role::ComboBox, IMPORT).click();
    window.run();
}

#[test]
fn a_host_is_typed_and_saved() {
    let mut window = open(HostDialogView::add());
    assert!(window.get_by_role_and_label(Role::TextInput, "Name*").is_focused());
    type_into(&mut window, "Name*", "GPU box");
    type_into(&mut window, "Host*", "gpu.example");
    type_into(&mut window, "Port", "2222");
    type_into(&mut window, "Username", "ada");
    press(&mut window, "Save");
    let mut wanted = HostConfig::new(HostId::new("gpu-box"), "GPU box", "gpu.example");
    wanted.port = Some(2222);
    wanted.user = Some("ada".into());
    assert_eq!(window.state().acts, [HostDialogAct::Save(Box::new(wanted))]);

    window.state_mut().saved = Fetched::Pending;
    window.run();
    window.get_by_role_and_label(Role::Button, "Saving…");
    window.state_mut().saved = Fetched::Ready(());
    window.run();
    assert_eq!(window.state().acts.last(), Some(&HostDialogAct::Close));
}

#[test]
fn nothing_typed_is_lost_by_a_save_that_fails() {
    let mut window = open(HostDialogView::add());
    type_into(&mut window, "Name*", "gpu");
    type_into(&mut window, "Host*", "gpu.example");
    press(&mut window, "Save");
    let failure =
        Failure::new(Code::Busy, "another program has held hosts.toml for 10 s").hint("End it");
    window.state_mut().saved = Fetched::Failed(failure);
    window.run();
    window.get_by_label("another program has held hosts.toml for 10 s");
    assert_eq!(window.state().view.form.host, "gpu.example");
    // What another dialog failed at is none of the next one's.
    let typed = std::mem::replace(&mut window.state_mut().view, HostDialogView::add());
    window.run();
    assert!(window.query_by_label("another program has held hosts.toml for 10 s").is_none());
    window.state_mut().view = typed;
    window.run();
    window.state_mut().acts.clear();
    press(&mut window, "Save");
    assert!(matches!(window.state().acts[..], [HostDialogAct::Save(_)]));
}

#[test]
fn what_is_wrong_stands_under_its_field_and_cant_be_saved() {
    let mut window = open(HostDialogView::add());
    // An empty form isn't full of faults, and still can't be saved.
    assert!(window.query_by_label("the host has no name").is_none());
    press(&mut window, "Save");
    assert!(window.state().acts.is_empty());
    type_into(&mut window, "Port", "70000");
    window.get_by_label("the port must be between 1 and 65535");
    type_into(&mut window, "Host*", "-oProxyCommand=x");
    window.get_by_label_contains("begins with `-`");
    press(&mut window, "Test Connection");
    assert!(window.state().acts.is_empty());
}

#[test]
fn what_the_ssh_config_may_fill_in_is_marked_optional_and_nothing_else_is() {
    let inherited = ["Username", "Port", "Private Key Path"];
    let mut window = open(HostDialogView::import("lab"));
    for label in inherited {
        window.get_by_role_and_label(Role::TextInput, &format!("{label} (optional)"));
    }
    press(&mut window, "Stop using SSH Config: fill in the fields yourself");
    for label in inherited {
        window.get_by_role_and_label(Role::TextInput, label);
    }
    // What has a star has to be there, with or without it.
    for label in ["Name*", "Host*"] {
        window.get_by_role_and_label(Role::TextInput, label);
    }
}

#[test]
fn a_private_key_is_looked_at_and_one_that_cant_be_read_is_a_fault() {
    let mut window = open(HostDialogView::add());
    type_into(&mut window, "Private Key Path", "~/k");
    let look = HostDialogAct::CheckKey("~/k".into());
    assert!(window.state().acts.contains(&look));
    window.state_mut().keys.insert("~/k".into(), false);
    window.run();
    window.get_by_label("the private key ~/k can't be read");
}

#[test]
fn a_private_key_that_is_made_meanwhile_is_looked_at_again() {
    let mut host = HostConfig::new(HostId::new("gpu"), "GPU box", "gpu.example");
    host.identity_file = Some("~/k".into());
    // It could not be read when the dialog was open before.
    let mut window = open(HostDialogView::edit(&host));
    let looks = |window: &Harness<'_, Open>| {
        let look = HostDialogAct::CheckKey("~/k".into());
        window.state().acts.iter().filter(|act| **act == look).count()
    };
    window.state_mut().keys.insert("~/k".into(), false);
    window.run();
    assert_eq!(looks(&window), 1);
    // Somebody runs ssh-keygen elsewhere, and comes back.
    window.event(egui::Event::WindowFocused(false));
    window.run();
    window.event(egui::Event::WindowFocused(true));
    window.run();
    assert_eq!(looks(&window), 2);
    window.state_mut().keys.insert("~/k".into(), true);
    window.run();
    assert!(window.query_by_label("the private key ~/k can't be read").is_none());
    // What is known from before isn't taken for today's.
    window.state_mut().view = HostDialogView::edit(&host);
    window.run();
    assert_eq!(looks(&window), 3);
}

#[test]
fn a_private_key_is_picked_from_a_list() {
    let mut window = open(HostDialogView::add());
    press(&mut window, "Choose a private key");
    let list = HostDialogAct::ListDirectory("/home/ada/.ssh".into());
    assert_eq!(window.state().acts, [list]);
    let path = PathBuf::from("/home/ada/.ssh/id_ed25519");
    let row = FileRow { name: "id_ed25519".into(), path, directory: false };
    window.state_mut().files = Fetched::Ready(vec![row]);
    window.run();
    press(&mut window, "Choose");
    assert_eq!(window.state().view.form.identity_file, "~/.ssh/id_ed25519");
}

#[test]
fn a_host_is_imported_by_keyboard_alone() {
    let mut window = open(HostDialogView::add());
    import(&mut window);
    assert!(window.get_by_role_and_label(Role::TextInput, "Filter").is_focused());
    window.get_by_label("ada@10.0.0.7:2200");
    window.key_press(Key::ArrowDown);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Using SSH Config: dev");
    assert_eq!(window.state().view.form.name, "dev");
    assert_eq!(window.state().view.form.alias.as_deref(), Some("dev"));
}

#[test]
fn the_list_is_filtered_by_name_and_address() {
    let mut window = open(HostDialogView::add());
    import(&mut window);
    window.get_by_role_and_label(Role::TextInput, "Filter").type_text("10.0");
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "lab");
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "dev").is_none());
    window.get_by_role_and_label(Role::TextInput, "Filter").type_text("zzz");
    window.run();
    window.get_by_label("No host of your SSH config fits.");
    // Escape leaves the list, not the dialog.
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_role_and_label(Role::TextInput, "Filter").is_none());
    window.get_by_label("Add SSH Remote");
}

#[test]
fn addresses_are_asked_for_one_at_a_time() {
    let mut window = open(HostDialogView::add());
    assert!(window.state().acts.is_empty(), "nothing is asked while the list is closed");
    import(&mut window);
    let dev = HostDialogAct::ResolveAlias("dev".into());
    assert!(window.state().acts.iter().all(|act| *act == dev));
    assert!(!window.state().acts.is_empty());
    window.state_mut().acts.clear();
    if let Fetched::Ready(rows) = &mut window.state_mut().aliases {
        rows[1].resolved = Fetched::Pending;
    }
    window.run();
    assert!(window.state().acts.is_empty());
    if let Fetched::Ready(rows) = &mut window.state_mut().aliases {
        rows[1].resolved = Fetched::Failed(Failure::new(Code::InvalidConfig, "bad config"));
    }
    window.run();
    window.get_by_label("bad config");
    assert!(window.state().acts.contains(&HostDialogAct::ResolveAlias("gpu".into())));
}

#[test]
fn an_imported_host_inherits_and_says_so_until_the_chip_is_crossed_out() {
    let mut window = open(HostDialogView::import("lab"));
    window.get_by_label("ada@10.0.0.7:2200");
    window.get_by_label("Port (optional)");
    press(&mut window, "Save");
    let wanted = HostConfig {
        ssh_config: Some("lab".into()),
        ..HostConfig::new(HostId::new("lab"), "lab", "lab")
    };
    assert_eq!(window.state().acts, [HostDialogAct::Save(Box::new(wanted))]);
    press(&mut window, "Stop using SSH Config: fill in the fields yourself");
    let form = &window.state().view.form;
    assert_eq!((form.alias.as_ref(), form.host.as_str()), (None, "10.0.0.7"));
    assert_eq!((form.user.as_str(), form.port.as_str()), ("ada", "2200"));
}

#[test]
fn a_connection_is_tested_before_it_is_saved() {
    let mut window = open(HostDialogView::import("lab"));
    press(&mut window, "Test Connection");
    let HostDialogAct::Test { host, agent } = &window.state().acts[0] else { panic!() };
    assert_eq!((host.ssh_config.as_deref(), agent), (Some("lab"), &None));

    let began = Some(StageName::Connect);
    window.state_mut().test = Some(TestRun { began, ..TestRun::default() });
    window.run();
    window.get_by_label("running…");
    // A host that hangs leaves everything else usable.
    type_into(&mut window, "Name*", "2");
    assert_eq!(window.state().view.form.name, "lab2");
    window.get_by_label("Before your last change");
    press(&mut window, "Cancel test");
    assert_eq!(window.state().acts.last(), Some(&HostDialogAct::CancelTest));

    let hostname = Some("lab-1".into());
    let report = ConnectionReport { ok: true, hostname, ..ConnectionReport::default() };
    window.state_mut().test = Some(TestRun { outcome: Some(Ok(report)), ..TestRun::default() });
    window.run();
    window.get_by_label("Connected to lab-1");
    press(&mut window, "Test Connection");
    assert!(window.query_by_label("Before your last change").is_none());
}

#[test]
fn an_agent_can_be_looked_for_in_the_test() {
    let mut window = open(HostDialogView::import("lab"));
    window.state_mut().view.agent = Some("codex".into());
    window.run();
    press(&mut window, "Test Connection");
    let HostDialogAct::Test { agent, .. } = &window.state().acts[0] else { panic!() };
    assert_eq!(agent.as_deref(), Some("codex"));
}

#[test]
fn leaving_asks_when_something_was_typed_and_not_otherwise() {
    let mut window = open(HostDialogView::add());
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().acts, [HostDialogAct::Close]);

    let mut window = open(HostDialogView::add());
    type_into(&mut window, "Name*", "x");
    press(&mut window, "Cancel");
    assert!(window.state().acts.is_empty());
    window.get_by_label("Leave without saving?");
    window.key_press(Key::Enter);
    window.run();
    assert!(window.query_by_label("Leave without saving?").is_none());
    assert!(window.state().acts.is_empty());
    press(&mut window, "Cancel");
    press(&mut window, "Leave");
    assert_eq!(window.state().acts, [HostDialogAct::Close]);
}

#[test]
fn an_ssh_config_without_hosts_leads_on_to_the_fields() {
    let mut window = open(HostDialogView::add());
    window.state_mut().aliases = Fetched::Ready(Vec::new());
    window.run();
    window.get_by_label("Your SSH config names no hosts: fill in the fields below.");
    window.state_mut().aliases = Fetched::Missing;
    window.run();
    assert!(window.state().acts.contains(&HostDialogAct::ListAliases));
    window.state_mut().aliases =
        Fetched::Failed(Failure::new(Code::PermissionDenied, "can't read"));
    window.run();
    window.get_by_label("can't read");
}

#[test]
fn a_small_window_shows_it_too() {
    let mut window = open(HostDialogView::import("lab"));
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    press(&mut window, "Test Connection");
    window.state_mut().test = Some(TestRun::default());
    window.run();
    press(&mut window, "Cancel test");
    press(&mut window, "Save");
    assert!(matches!(window.state().acts.last(), Some(HostDialogAct::Save(_))));
}

#[test]
fn ten_thousand_names_are_listed_without_being_laid_out() {
    let mut window = open(HostDialogView::add());
    let name = |number| alias(&format!("host-{number}"), Fetched::Ready(resolved()));
    window.state_mut().aliases = Fetched::Ready((0..10_000).map(name).collect());
    window.run();
    let words = "Import from SSH Config (10000 hosts found)";
    window.get_by_role_and_label(Role::ComboBox, words).click();
    window.run();
    assert!(window.get_all_by_role(Role::ListBoxOption).count() < 20);
    window.key_press(Key::ArrowUp);
    // It scrolls there.
    window.run_steps(12);
    window.get_by_role_and_label(Role::ListBoxOption, "host-9999");
}

#[test]
fn a_host_is_saved_by_keyboard_alone() {
    let mut window = open(HostDialogView::import("lab"));
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::Enter);
    window.run();
    assert!(matches!(window.state().acts.last(), Some(HostDialogAct::Save(_))));
}

#[test]
fn the_enter_that_opens_the_list_of_the_ssh_config_chooses_nothing() {
    let mut window = open(HostDialogView::add());
    window.get_by_role_and_label(Role::ComboBox, IMPORT).focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "lab");
    assert!(window.query_by_label_contains("Using SSH Config").is_none());
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label_contains("Using SSH Config");
}
