#![allow(clippy::unwrap_used, clippy::panic)]

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::agent::{AgentOnHost, Protocol};
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{HostConfig, HostId};

use super::super::form::tests::session;
use super::*;
use crate::testing::{focus_order, harness, press, type_into};

struct Open {
    view: NewSessionView,
    hosts: Hosts,
    known: Fetched<KnownAgents>,
    agents: Fetched<KnownAgents>,
    directory: Fetched<DirectoryLook>,
    made: Fetched<()>,
    acts: Vec<NewSessionAct>,
}

fn agent(id: &str, name: &str, there: Option<(Option<&str>, Option<bool>)>) -> KnownAgent {
    KnownAgent {
        id: id.into(),
        name: name.into(),
        program: id.into(),
        install: Some(format!("npm install -g {id}")),
        login_hint: format!("Start {id} once"),
        batch: true,
        talks: (id == "codex").then_some(Protocol::CodexAppServer),
        read_only: true,
        images: true,
        there: there.map(|(path, logged_in)| AgentOnHost {
            agent: id.into(),
            path: path.map(ToOwned::to_owned),
            version: path.map(|_| "1.2.3".to_owned()),
            tested: true,
            logged_in,
            failure: None,
        }),
    }
}

fn known(agents: Vec<KnownAgent>) -> Fetched<KnownAgents> {
    Fetched::Ready(KnownAgents { agents, ..KnownAgents::default() })
}

fn here() -> Fetched<KnownAgents> {
    known(vec![
        agent("claude", "Claude Code", Some((None, None))),
        agent("gemini", "Gemini CLI", Some((Some("/usr/bin/gemini"), Some(false)))),
        agent("codex", "Codex", Some((Some("/usr/bin/codex"), Some(true)))),
    ])
}

fn open(view: NewSessionView) -> Harness<'static, Open> {
    let mut gpu = HostConfig::new(HostId::new("gpu"), "GPU box", "gpu.example");
    gpu.user = Some("ada".into());
    gpu.remote_dir = Some("~/models".into());
    let off = HostConfig { enabled: false, ..HostConfig::new(HostId::new("off"), "Off", "off") };
    let state = Open {
        view,
        hosts: Hosts { hosts: vec![gpu, off], default: Some(HostId::new("gpu")) },
        known: known(vec![agent("claude", "Claude Code", None), agent("codex", "Codex", None)]),
        agents: here(),
        directory: Fetched::Missing,
        made: Fetched::Missing,
        acts: Vec::new(),
    };
    let groups = vec!["team".to_owned()];
    let models = BTreeMap::from([("codex".to_owned(), vec!["gpt-5".to_owned()])]);
    let mut window = harness(state, move |ui, state: &mut Open| {
        let data = NewSessionData {
            hosts: &state.hosts,
            known: &state.known,
            agents: &state.agents,
            directory: &state.directory,
            groups: &groups,
            models: &models,
            is_name_taken: &|name| name == "taken",
            made: &state.made,
            now: Timestamp::UNIX_EPOCH,
        };
        state.acts.extend(state.view.ui(ui.ctx(), &data));
    });
    window.run();
    window
}

fn choose_host(window: &mut Harness<'_, Open>, host: &str) {
    window.get_by_role_and_label(Role::ComboBox, "SSH Remote Execution").click();
    window.run();
    window.get_by_role_and_label(Role::Button, host).click();
    window.run();
}

fn made(window: &Harness<'_, Open>) -> Option<Command> {
    window.state().acts.iter().rev().find_map(|act| match act {
        NewSessionAct::Make(command) => Some((**command).clone()),
        _ => None,
    })
}

const GPU: &str = "GPU box (ada@gpu.example)  ·  Default";

fn found(completions: &[&str]) -> Fetched<DirectoryLook> {
    Fetched::Ready(DirectoryLook {
        directory: Some("/home/ada/work".into()),
        file: false,
        repository: true,
        completions: completions.iter().map(|path| (*path).to_owned()).collect(),
        more: false,
    })
}

#[test]
fn a_session_is_made_here_with_the_first_agent_that_is_there() {
    let mut window = open(NewSessionView::new());
    window.get_by_label("Agent will run on this machine");
    let look = NewSessionAct::LookAgents { host: "local".into(), refresh: false };
    assert_eq!(
        window.state().acts,
        [look],
        "the default host is a mark, and never chosen by itself"
    );
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert_eq!((new.agent.as_str(), new.host.as_str()), ("codex", "local"));
    window.state_mut().made = Fetched::Pending;
    window.run();
    window.get_by_role_and_label(Role::Button, "Creating…");
    window.state_mut().made = Fetched::Ready(());
    window.run();
    assert_eq!(window.state().acts.last(), Some(&NewSessionAct::Close));
}

#[test]
fn a_remote_host_is_chosen_and_said_and_asked() {
    let mut window = open(NewSessionView::new());
    choose_host(&mut window, GPU);
    window.get_by_label("Agent will run on GPU box");
    window.get_by_role_and_label(Role::CheckBox, "Sync history to remote");
    window.get_by_label("Starts in ~/models on GPU box");
    let look = NewSessionAct::LookAgents { host: "gpu".into(), refresh: false };
    assert_eq!(window.state().acts.last(), Some(&look));
    window.get_by_role_and_label(Role::CheckBox, "Sync history to remote").click_accesskit();
    window.run();
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert_eq!((new.host.as_str(), new.sync_history), ("gpu", true));
}

#[test]
fn a_disabled_host_is_shown_and_cant_be_chosen() {
    let mut window = open(NewSessionView::new());
    choose_host(&mut window, "Off (off)  ·  disabled in settings");
    assert_eq!(window.state().view.host(), "local");
}

#[test]
fn agents_say_whether_they_are_there_and_logged_in_or_how_to_install_them() {
    let mut window = open(NewSessionView::new());
    window.get_by_label("logged in");
    window.get_by_label("not logged in");
    window.get_by_label("not there");
    window.get_by_role_and_label(Role::Button, "Copy npm install -g claude");
    assert!(window.query_by_role_and_label(Role::RadioButton, "Claude Code").is_none());
    window.get_by_role_and_label(Role::RadioButton, "Gemini CLI").click();
    window.run();
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert_eq!(new.agent, "gemini");
    window.state_mut().acts.clear();
    press(&mut window, "Look again for agents on this machine");
    let refresh = NewSessionAct::LookAgents { host: "local".into(), refresh: true };
    assert_eq!(window.state().acts, [refresh]);
}

#[test]
fn a_host_that_cant_be_asked_leaves_a_choice() {
    let mut window = open(NewSessionView::new());
    let failure = Failure::new(Code::ConnectionTimedOut, "gpu didn't answer in 10 s");
    window.state_mut().view = NewSessionView::new();
    window.state_mut().agents = Fetched::Failed(failure);
    window.run();
    window.get_by_label("gpu didn't answer in 10 s");
    window.get_by_label("choose an agent");
    press(&mut window, "Create");
    assert!(made(&window).is_none());
    window.get_by_role_and_label(Role::RadioButton, "Codex").click_accesskit();
    window.run();
    press(&mut window, "Create");
    assert!(made(&window).is_some());
}

#[test]
fn an_agent_that_isnt_on_the_host_isnt_used_there() {
    let form = SessionForm { agent: Some("claude".into()), ..SessionForm::default() };
    let mut window = open(NewSessionView::filled(form));
    window.get_by_label("Claude Code can't work on this machine");
    press(&mut window, "Create");
    assert!(made(&window).is_none());
}

#[test]
fn a_directory_is_completed_by_tab() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Directory", "~/w");
    let look = NewSessionAct::LookDirectory { host: "local".into(), typed: "~/w".into() };
    assert_eq!(window.state().acts.last(), Some(&look));
    window.get_by_label("Looking on this machine…");
    window.state_mut().directory = found(&["~/wine", "~/work"]);
    window.run();
    window.get_by_role_and_label(Role::ListBoxOption, "~/wine");
    window.key_press(Key::ArrowDown);
    window.run();
    window.key_press(Key::ArrowDown);
    window.run();
    window.key_press(Key::Tab);
    window.run();
    assert_eq!(window.state().view.directory(), "~/work");
    assert!(window.get_by_role_and_label(Role::TextInput, "Directory").is_focused());
    window.get_by_label("Directory found on this machine");
    window.get_by_label("git repository");
}

#[test]
fn a_list_of_directories_is_left_by_escape_and_the_dialog_stays() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Directory", "~/w");
    window.state_mut().directory = found(&["~/wine"]);
    window.run();
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "~/wine").is_none());
    window.get_by_label("New session");
    assert!(!window.state().acts.contains(&NewSessionAct::Close));
}

#[test]
fn a_directory_that_isnt_there_cant_be_used_but_one_that_cant_be_asked_for_can() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Directory", "/nowhere");
    window.state_mut().directory = Fetched::Ready(DirectoryLook::default());
    window.run();
    window.get_by_label("No such directory on this machine");
    press(&mut window, "Create");
    assert!(made(&window).is_none());
    window.state_mut().directory = Fetched::Failed(Failure::new(Code::NoRoute, "no way there"));
    window.run();
    window.get_by_label("this machine couldn't be asked: no way there");
    press(&mut window, "Create");
    assert!(made(&window).is_some());
}

#[test]
fn a_file_is_no_directory_and_is_called_what_it_is() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Directory", "/etc/profile");
    let look = DirectoryLook { file: true, ..DirectoryLook::default() };
    window.state_mut().directory = Fetched::Ready(look);
    window.run();
    window.get_by_label("This is a file on this machine, not a directory");
    window.get_by_label("the directory is a file on this machine");
    press(&mut window, "Create");
    assert!(made(&window).is_none());
}

#[test]
fn nothing_typed_is_lost_by_a_failure() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Name", "my session");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    assert!(made(&window).is_some());
    let failure =
        Failure::new(Code::Conflict, "another session is called so").hint("Choose another name");
    window.state_mut().made = Fetched::Failed(failure);
    window.run();
    window.get_by_label("another session is called so");
    window.get_by_label("Choose another name");
    assert_eq!(window.state().view.form.name, "my session");
    window.get_by_role_and_label(Role::Button, "Create");
}

#[test]
fn the_agent_can_ask_only_where_it_can_talk() {
    let mut window = open(NewSessionView::new());
    window.get_by_role_and_label(Role::CheckBox, "Agent can ask for approval").click_accesskit();
    window.run();
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert!(new.talks);
    window.state_mut().view = NewSessionView::new();
    window.run();
    window.get_by_role_and_label(Role::RadioButton, "Gemini CLI").click();
    window.run();
    assert!(window.query_by_label("Agent can ask for approval").is_none());
}

#[test]
fn a_model_that_was_used_before_is_offered() {
    let mut window = open(NewSessionView::new());
    window.get_by_role_and_label(Role::Button, "Choose a model that is there").click_accesskit();
    window.run();
    window.get_by_role_and_label(Role::Button, "gpt-5").click_accesskit();
    window.run();
    assert_eq!(window.state().view.form.model, "gpt-5");
}

#[test]
fn an_edited_session_keeps_its_agent_and_warns_of_another_host() {
    let mut window = open(NewSessionView::edit(&session()));
    window.get_by_label("Edit session");
    window.get_by_label("stays: another agent is another session");
    assert!(window.query_by_label_contains("counts from the next turn").is_none());
    window.get_by_role_and_label(Role::ComboBox, "SSH Remote Execution").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Local Execution").click();
    window.run();
    window.get_by_label_contains("counts from the next turn");
    window.get_by_role_and_label(Role::CheckBox, "Share history in the project");
    press(&mut window, "Save");
    let Some(Command::EditSession { change, .. }) = made(&window) else { panic!() };
    assert_eq!(change.host.as_deref(), Some("local"));
}

#[test]
fn leaving_asks_when_something_was_typed() {
    let mut window = open(NewSessionView::new());
    press(&mut window, "Cancel");
    assert_eq!(window.state().acts.last(), Some(&NewSessionAct::Close));
    window.state_mut().acts.clear();
    type_into(&mut window, "Name", "x");
    press(&mut window, "Cancel");
    assert!(!window.state().acts.contains(&NewSessionAct::Close));
    press(&mut window, "Leave");
    assert_eq!(window.state().acts.last(), Some(&NewSessionAct::Close));
}

#[test]
fn nothing_is_made_behind_the_question_whether_to_leave() {
    let mut window = open(NewSessionView::new());
    type_into(&mut window, "Name", "x");
    press(&mut window, "Cancel");
    window.get_by_label("Leave without saving?");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run();
    assert_eq!(made(&window), None);
}

#[test]
fn a_host_can_be_added_on_the_way() {
    let mut window = open(NewSessionView::new());
    choose_host(&mut window, "Add SSH Remote…");
    assert_eq!(window.state().acts.last(), Some(&NewSessionAct::AddHost));
}

#[test]
fn every_field_comes_into_view_when_tab_reaches_it() {
    let mut window = open(NewSessionView::new());
    let last = "Ask for a synopsis after each turn";
    let is_reached = |window: &Harness<'_, Open>| {
        window.get_by_role_and_label(Role::CheckBox, last).is_focused()
    };
    for _ in 0..60 {
        if is_reached(&window) {
            break;
        }
        window.key_press(Key::Tab);
        window.run();
    }
    assert!(is_reached(&window));
    let seen = window.get_by_role_and_label(Role::CheckBox, last).rect();
    let create = window.get_by_role_and_label(Role::Button, "Create").rect();
    assert!(seen.bottom() < create.top() && seen.top() > 0.0, "{seen:?} {create:?}");
    // A click there does what it says: it isn't cut off.
    window.get_by_role_and_label(Role::CheckBox, last).click();
    window.run();
    assert!(window.state().view.form.synopsis);
}

#[test]
fn another_host_may_mean_another_agent_unless_a_person_chose_one() {
    let mut window = open(NewSessionView::new());
    assert_eq!(window.state().view.form.agent.as_deref(), Some("codex"));
    let there = Some((Some("/bin/claude"), None));
    window.state_mut().agents = known(vec![agent("claude", "Claude Code", there)]);
    window.run();
    assert_eq!(window.state().view.form.agent.as_deref(), Some("claude"));

    window.state_mut().agents = here();
    window.run();
    window.get_by_role_and_label(Role::RadioButton, "Gemini CLI").click();
    window.run();
    window.state_mut().agents = known(vec![agent("claude", "Claude Code", there)]);
    window.run();
    assert_eq!(window.state().view.form.agent.as_deref(), Some("gemini"));
}

#[test]
fn a_host_is_chosen_by_keyboard_alone() {
    let mut window = open(NewSessionView::new());
    window.get_by_role_and_label(Role::ComboBox, "SSH Remote Execution").focus();
    window.run();
    window.key_press(Key::Space);
    window.run();
    for _ in 0..8 {
        if window.get_by_role_and_label(Role::Button, GPU).is_focused() {
            break;
        }
        window.key_press(Key::ArrowDown);
        window.run();
    }
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(window.state().view.host(), "gpu");
    // The list is no longer in the way.
    assert!(window.query_by_role_and_label(Role::Button, "Add SSH Remote…").is_none());
}

#[test]
fn a_small_window_shows_it_too() {
    let mut window = open(NewSessionView::new());
    window.set_size(egui::vec2(420.0, 300.0));
    window.run();
    window.get_by_role_and_label(Role::Button, "Create").click();
    window.run();
    assert!(made(&window).is_some());
}

#[test]
fn the_dialog_begins_with_where_the_agent_runs_and_tab_goes_through_it_to_its_cross() {
    let mut window = open(NewSessionView::new());
    let order = focus_order(&mut window);
    assert_eq!(order.first().map(String::as_str), Some("SSH Remote Execution"), "{order:?}");
    assert_eq!(order.last().map(String::as_str), Some("Close"), "{order:?}");
    let place = |name: &str| order.iter().position(|known| known == name).unwrap();
    let fields = ["Codex", "Directory", "Name", "Model", "Cancel", "Close"].map(place);
    assert!(fields.is_sorted(), "{order:?}");
}

fn resumed() -> NewSessionView {
    let resume = Some("0199a1b2-77aa".to_owned());
    NewSessionView::filled(SessionForm {
        agent: Some("codex".into()),
        resume,
        ..SessionForm::default()
    })
}

#[test]
fn the_form_says_which_conversation_the_session_goes_on_with_and_sends_it() {
    let mut window = open(resumed());
    window.get_by_label("Goes on with conversation 0199A1B2");
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert_eq!(new.resume.as_deref(), Some("0199a1b2-77aa"));
}

#[test]
fn a_conversation_can_be_left_alone_before_the_session_is_made() {
    let mut window = open(resumed());
    press(&mut window, "Begin a fresh conversation instead");
    assert!(window.query_by_label_contains("Goes on with").is_none());
    press(&mut window, "Create");
    let Some(Command::NewSession(new)) = made(&window) else { panic!() };
    assert_eq!(new.resume, None);
}
