//! From the first start to the second: a person, a machine, an agent, and a link that is cut.

use std::fs;
use std::time::Duration;

use baton_tests::{AgentHost, Wan};
use serde_json::{Value, json};

use super::account::{Account, of_type, said};

#[test]
fn a_person_comes_from_an_ssh_config_to_agents_that_survive_a_cut_link_and_a_restart() {
    let machine = AgentHost::start().with_scripted("codex").with_scripted("gemini");
    let wan = Wan::start(machine.sshd().address(), Duration::ZERO);
    let account = Account::new(machine.sshd().write_client_config_through("box", wan.port(), &[]));
    let mut window = account.open();
    account.display.point_away();

    add_the_machine(&account, &wan);
    let session = make_a_session(&account);
    work_over_a_cut_link(&account, &machine, &wan, &session);
    approve_a_tool_call(&account, &machine);

    // What is begun stays, too.
    account.display.steps("ctrl+l");
    account.display.write("half of a thought");
    account.until("the draft is kept", || {
        fs::read_to_string(account.remembered())
            .unwrap()
            .contains("half of a thought")
            .then_some(())
    });
    let before = account.ask(&["session", "list"]);
    account.display.press("ctrl+q");
    assert!(window.ended().success());

    let mut window = account.open();
    assert_eq!(account.ask(&["session", "list"]), before);
    account.display.steps("ctrl+l Return");
    approve(&account);
    let second = account.until("the draft's turn is over", || {
        let session = account.session("second");
        (turns(&session) == 2 && is_idle(&session)).then_some(session)
    });
    assert_eq!(second["agent"], "gemini-cli");
    let events = account.events("second");
    let asked: Vec<_> = of_type(&events, "turn_started");
    assert_eq!(asked.len(), 2, "{events:#?}");
    assert!(asked[1].to_string().contains("half of a thought"), "{asked:#?}");
    account.display.press("ctrl+q");
    assert!(window.ended().success());
    assert_eq!(account.crashes(), [] as [std::path::PathBuf; 0]);
}

/// By import from the ssh config, and tested before it is saved.
fn add_the_machine(account: &Account, wan: &Wan) {
    let display = &account.display;
    assert_eq!(account.ask(&["hosts", "list"])["hosts"], json!([]));
    display.steps("ctrl+k");
    display.write("add ssh");
    display.settle();
    display.steps("Return");
    // The field of the name has the keys, and the list to import from is before it.
    display.steps("shift+Tab Return Return");
    assert_eq!(wan.connections(), 0, "{}", display.keep("import"));
    // The test's button is the last one but for the cross.
    display.steps("Tab shift+Tab shift+Tab Return");
    account.until("the test has reached the machine", || (wan.connections() > 0).then_some(()));
    display.settle();
    assert_eq!(account.ask(&["hosts", "list"])["hosts"], json!([]), "it was only tested");
    display.press("ctrl+Return");
    let hosts = account.until("the host is saved", || {
        let hosts = account.ask(&["hosts", "list"])["hosts"].take();
        hosts.as_array().is_some_and(|hosts| !hosts.is_empty()).then_some(hosts)
    });
    assert_eq!((&hosts[0]["name"], &hosts[0]["ssh_config"]), (&json!("box"), &json!("box")));
    // The user, the port and the key stay the ssh config's.
    assert_eq!((&hosts[0]["user"], &hosts[0]["port"]), (&Value::Null, &Value::Null));
    display.settle();
    display.steps("Escape");
}

/// On that machine, with the agent that is there.
fn make_a_session(account: &Account) -> String {
    let display = &account.display;
    // It begins in SSH Remote Execution, with this machine and the other one.
    display.steps("ctrl+n Return Down Down Return");
    let session = account.until("the session is made", || {
        // It can be made once the machine has said which agents it has.
        display.press("ctrl+Return");
        account.ask(&["session", "list"])["sessions"].as_array()?.first().cloned()
    });
    assert_eq!((&session["host"], &session["agent"]), (&json!("box"), &json!("codex")));
    display.settle();
    session["id"].as_str().unwrap().to_owned()
}

fn work_over_a_cut_link(account: &Account, machine: &AgentHost, wan: &Wan, session: &str) {
    let (begun, gate) = (machine.project().join("begun"), machine.project().join("gate"));
    let script = format!(
        "print First I look around\ntouch {}\nwait-for {}\nprint And this is what I saw",
        begun.display(),
        gate.display()
    );
    machine.set_script("codex", &script);
    account.display.steps("ctrl+l");
    account.display.write("What is in here?");
    account.display.press("Return");
    account.until("the agent is at work", || begun.exists().then_some(()));
    wan.reset();
    account.until("the link is back", || {
        (account.session(session)["tabs"][0]["turn"]["link"] == "restored").then_some(())
    });
    fs::write(&gate, "").unwrap();
    account.until("the turn is over", || is_idle(&account.session(session)).then_some(()));
    let events = account.events(session);
    let links: Vec<_> = of_type(&events, "link").into_iter().map(|link| &link["state"]).collect();
    assert_eq!(links, ["lost", "restored"], "{events:#?}");
    assert_eq!(said(&events), ["First I look around", "And this is what I saw"]);
    assert_eq!(of_type(&events, "turn_ended")[0]["status"], "done", "{events:#?}");
}

/// A session that somebody has begun on a terminal needs an answer here.
fn approve_a_tool_call(account: &Account, machine: &AgentHost) {
    machine.set_script("gemini", "ask May I\nif-allowed print allowed\nif-rejected print rejected");
    let new = ["session", "new", "--agent", "gemini-cli", "--host", "box", "--name", "second"];
    account.tell(&[&new[..], &["--talks"]].concat());
    account.tell(&["send", "second", "--detach", "Clean up, please."]);
    let id = account.session("second")["id"].as_str().unwrap().to_owned();
    account.until("the window shows it", || {
        // To the next session that needs a person; there is one as soon as the window has heard of it.
        account.display.press("ctrl+j");
        let remembered: Value =
            serde_json::from_str(&fs::read_to_string(account.remembered()).unwrap()).ok()?;
        (remembered["shown"][0] == json!(id)).then_some(())
    });
    approve(account);
    account.until("the turn is over", || is_idle(&account.session("second")).then_some(()));
    let events = account.events("second");
    // Once, and not for the whole session.
    assert_eq!(said(&events), ["answered proceed_once\nallowed"], "{events:#?}");
}

/// The question of the session that is shown, with keys.
fn approve(account: &Account) {
    account.until("the agent asks", || {
        (account.ask(&["approvals"])["approvals"].as_array()?.len() == 1).then_some(())
    });
    account.until("the answer is given", || {
        // A card takes no answer in its first moment: who is typing meant something else.
        account.display.press("ctrl+shift+y");
        account.ask(&["approvals"])["approvals"].as_array()?.is_empty().then_some(())
    });
}

fn is_idle(session: &Value) -> bool {
    session["tabs"][0]["state"] == "idle"
}

fn turns(session: &Value) -> u64 {
    session["totals"]["turns"].as_u64().unwrap()
}
