//! However the program ends, nothing is lost.

use std::fs;

use baton_tests::AgentHost;

use super::account::{Account, of_type, said};

#[test]
fn a_window_that_is_killed_in_the_middle_of_a_turn_loses_nothing() {
    let machine = AgentHost::start().with_scripted("codex");
    let (begun, gate) = (machine.project().join("begun"), machine.project().join("gate"));
    let (begun_path, gate_path) = (begun.display(), gate.display());
    machine.set_script(
        "codex",
        &format!("print Before\ntouch {begun_path}\nwait-for {gate_path}\nprint Behind"),
    );
    let account = Account::knowing(&machine);
    account.tell(&["session", "new", "--agent", "codex", "--host", "box", "--name", "notes"]);
    let window = account.open();
    // With the mouse: the field is in the middle, at the lower edge.
    account.display.click(&window.window, 450, 110);
    account.display.settle();
    account.display.write("Take your time.");
    account.display.press("Return");
    account.until("the agent is at work", || begun.exists().then_some(()));
    window.kill();
    // It ends while nobody is there.
    fs::write(&gate, "").unwrap();

    let mut window = account.open();
    account.until("the turn's end is there", || {
        (account.session("notes")["tabs"][0]["state"] == "idle").then_some(())
    });
    let events = account.events("notes");
    assert_eq!(of_type(&events, "turn_started").len(), 1, "{events:#?}");
    assert_eq!(said(&events), ["Before", "Behind"]);
    let ends: Vec<_> = of_type(&events, "turn_ended").iter().map(|end| &end["status"]).collect();
    assert_eq!(ends, ["done"]);
    account.display.press("ctrl+q");
    assert!(window.ended().success());
    assert_eq!(account.crashes(), [] as [std::path::PathBuf; 0]);
}
