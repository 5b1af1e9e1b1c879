use std::sync::Arc;

use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::Code;
use orchestrator::host::Hosts;
use orchestrator::host::test_connection::ConnectionReport;

use super::super::import::AliasRow;
use super::*;
use crate::fetched::Fetched;
use crate::testing::{harness, press};

struct Page {
    page: HostsPage,
    view: HostsView,
    tests: BTreeMap<HostId, TestRun>,
    faults: BTreeMap<HostId, Failure>,
    failure: Option<Failure>,
    aliases: Fetched<Vec<AliasRow>>,
    acts: Vec<HostsAct>,
}

fn host(id: &str, name: &str) -> HostConfig {
    HostConfig::new(HostId::new(id), name, format!("{id}.example"))
}

fn open(hosts: Vec<HostConfig>, default: Option<&str>) -> Harness<'static, Page> {
    let hosts = Arc::new(Hosts { hosts, default: default.map(HostId::new) });
    let state = Page {
        page: HostsPage::default(),
        view: HostsView { hosts, fault: None },
        tests: BTreeMap::new(),
        faults: BTreeMap::new(),
        failure: None,
        aliases: Fetched::Ready(Vec::new()),
        acts: Vec::new(),
    };
    let mut window = harness(state, |ui, state: &mut Page| {
        let sessions = |id: &HostId| match id.as_str() {
            "gpu" => vec!["trainer".to_owned(), "notebook".to_owned()],
            _ => Vec::new(),
        };
        let data = HostsData {
            view: &state.view,
            path: Path::new("/home/ada/.config/baton/hosts.toml"),
            faults: &state.faults,
            tests: &state.tests,
            sessions_of: &sessions,
            failure: state.failure.as_ref(),
            form: ConnectForm {
                hosts: &state.view.hosts,
                aliases: &state.aliases,
                test: None,
                agents: &[],
                keys: &BTreeMap::new(),
                saved: &Fetched::Missing,
                home: Path::new("/home/ada"),
                files: &Fetched::Missing,
                files_version: 0,
            },
        };
        state.acts.extend(state.page.ui(ui, &data));
    });
    window.run();
    window
}

#[test]
fn each_host_has_its_address_its_badges_and_its_buttons() {
    let mut off = host("lab", "Lab");
    off.enabled = false;
    let mut window = open(vec![host("gpu", "GPU box"), off], Some("gpu"));
    for words in ["GPU box", "gpu.example", "Default", "Lab", "lab.example", "Disabled"] {
        window.get_by_label(words);
    }
    press(&mut window, "Test GPU box");
    press(&mut window, "Set Lab as default");
    press(&mut window, "GPU box is the default: clear it");
    let change = HostsAct::Change;
    let wanted = [
        HostsAct::Test(HostId::new("gpu")),
        change(Change::Default(Some(HostId::new("lab")))),
        change(Change::Default(None)),
    ];
    assert_eq!(window.state().acts, wanted);
}

#[test]
fn a_host_is_switched_off_and_on() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    window.get_by_role_and_label(Role::CheckBox, "GPU box enabled").click();
    window.run();
    let off = HostConfig { enabled: false, ..host("gpu", "GPU box") };
    assert_eq!(window.state().acts, [HostsAct::Change(Change::Put(off))]);
}

#[test]
fn a_hosts_fault_is_a_badge() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    let failure = Failure::new(Code::AuthRefused, "keys refused").hint("ssh-copy-id");
    window.state_mut().faults.insert(HostId::new("gpu"), failure);
    window.run();
    window.get_by_label("keys refused");
}

#[test]
fn a_test_shows_its_stages_and_then_its_result() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    window.state_mut().tests.insert(HostId::new("gpu"), TestRun::default());
    window.run();
    window.get_by_label("Authenticate");
    press(&mut window, "Cancel test");
    assert_eq!(window.state().acts, [HostsAct::CancelTest(HostId::new("gpu"))]);
    let report = ConnectionReport {
        ok: true,
        hostname: Some("gpu-1".into()),
        os: Some("Linux".into()),
        shell: Some("/bin/zsh".into()),
        latency_ms: Some(51),
        ..ConnectionReport::default()
    };
    let run = TestRun { outcome: Some(Ok(report)), ..TestRun::default() };
    window.state_mut().tests.insert(HostId::new("gpu"), run);
    window.run();
    window.get_by_label("Connected to gpu-1, Linux, /bin/zsh, 51 ms");
    assert!(window.query_by_label("Authenticate").is_none());
}

#[test]
fn deleting_says_which_sessions_will_refuse_to_run() {
    let mut window = open(vec![host("gpu", "GPU box"), host("lab", "Lab")], None);
    press(&mut window, "Delete GPU box");
    window.get_by_label("Delete GPU box?");
    window.get_by_label("•  trainer");
    window.get_by_label("•  notebook");
    window.get_by_label_contains("will refuse to run");
    press(&mut window, "Keep it");
    assert!(window.state().acts.is_empty());
    press(&mut window, "Delete Lab");
    window.get_by_label_contains("No session uses it");
    press(&mut window, "Delete host");
    let removed = HostsAct::Change(Change::Remove(HostId::new("lab")));
    assert_eq!(window.state().acts, [removed]);
    assert!(window.query_by_label("Delete Lab?").is_none());
}

#[test]
fn a_broken_file_is_told_with_its_place_and_the_last_good_hosts_stay() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    let failure = Failure::new(Code::InvalidConfig, "hosts.toml:7:3: unknown key `prot`")
        .hint("Mend the file by hand");
    window.state_mut().view.fault = Some(failure);
    window.run();
    window.get_by_label("hosts.toml:7:3: unknown key `prot`");
    window.get_by_label("GPU box");
    press(&mut window, "Open the file");
    assert_eq!(window.state().acts, [HostsAct::OpenFile]);
}

#[test]
fn a_change_that_failed_is_told_until_it_is_dismissed() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    window.state_mut().failure = Some(Failure::new(Code::Busy, "another program holds the lock"));
    window.run();
    window.get_by_label("another program holds the lock");
    press(&mut window, "Dismiss");
    assert_eq!(window.state().acts, [HostsAct::DropFailure]);
}

#[test]
fn without_hosts_the_page_says_what_will_be_there() {
    let mut window = open(Vec::new(), None);
    window.get_by_label("No machines yet");
    press(&mut window, "Add SSH Remote");
    window.get_by_label("Name*");
}

#[test]
fn without_hosts_the_page_offers_those_of_the_ssh_config() {
    let mut window = open(Vec::new(), None);
    let row = AliasRow { name: "lab".into(), resolved: Fetched::Pending, saved_as: None };
    window.state_mut().aliases = Fetched::Ready(vec![row]);
    window.run();
    press(&mut window, "Import from SSH Config (1 host found)");
    window.get_by_role_and_label(Role::ListBoxOption, "lab").click();
    window.run();
    window.get_by_label("Using SSH Config: lab");
}

#[test]
fn nothing_moves_when_the_ssh_config_has_been_read() {
    let mut window = open(Vec::new(), None);
    let add = window.get_by_label("Add SSH Remote").rect();
    let row = AliasRow { name: "lab".into(), resolved: Fetched::Pending, saved_as: None };
    window.state_mut().aliases = Fetched::Ready(vec![row]);
    window.run();
    window.get_by_label("Import from SSH Config (1 host found)");
    assert_eq!(window.get_by_label("Add SSH Remote").rect(), add);
}

#[test]
fn a_host_is_edited_in_the_same_dialog() {
    let mut window = open(vec![host("gpu", "GPU box")], None);
    press(&mut window, "Edit GPU box");
    window.get_by_label("Edit SSH Remote");
    let name = window.get_by_role_and_label(Role::TextInput, "Name*");
    assert_eq!(name.value().as_deref(), Some("GPU box"));
    press(&mut window, "Cancel");
    assert_eq!(window.state().acts.last(), Some(&HostsAct::Dialog(HostDialogAct::Close)));
    assert!(window.query_by_label("Edit SSH Remote").is_none());
}

#[test]
fn a_narrow_page_shows_it_too() {
    let mut off = host("lab", "A laboratory with a name that fits nowhere at all");
    off.enabled = false;
    let mut window = open(vec![host("gpu", "GPU box"), off], Some("lab"));
    window.set_size(egui::vec2(330.0, 300.0));
    window.run();
    press(&mut window, "Test GPU box");
    assert_eq!(window.state().acts, [HostsAct::Test(HostId::new("gpu"))]);
}

#[test]
fn hosts_stand_below_each_other_whichever_is_the_default() {
    let window = open(vec![host("gpu", "GPU box"), host("lab", "Lab")], Some("gpu"));
    let left = |words: &str| window.get_by_label(words).rect().left();
    assert!((left("gpu.example") - left("lab.example")).abs() < 0.1);
    let right = |name: &str| window.get_by_role_and_label(Role::CheckBox, name).rect().left();
    assert!((right("GPU box enabled") - right("Lab enabled")).abs() < 0.1);
}
