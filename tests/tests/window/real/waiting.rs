//! The window never waits for a disk, a network or another program.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;

use baton_tests::AgentHost;

use super::account::{Account, said};
use super::judge::Verdict;
use super::watched::now;

#[test]
fn the_windows_thread_makes_no_call_that_waits() {
    let machine = AgentHost::start().with_scripted("codex");
    // A machine that takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    mute.set_nonblocking(true).unwrap();
    let account = Account::knowing(&machine);
    // The first of those that are offered.
    let config = fs::read_to_string(account.home.ssh_config()).unwrap();
    let port = mute.local_addr().unwrap().port();
    let config = format!(
        "Host amute\n  HostName 127.0.0.1\n  Port {port}\n  ConnectTimeout 600\n\n{config}"
    );
    fs::write(account.home.ssh_config(), config).unwrap();
    account.tell(&["session", "new", "--agent", "codex", "--host", "box", "--name", "notes"]);
    let lines: Vec<_> =
        (0..400).map(|line| format!("print Line {line} of a long answer")).collect();
    let signs = "print Ελληνικά, русский, 日本語, עברית, 🎉 and `code`";
    machine.set_script("codex", &format!("{}\n{signs}\nprint That is all", lines.join("\n")));

    let mut watched = account.open_watched();
    let (display, window) = (&account.display, watched.program.window.clone());
    let began = now();
    let is_idle = || (account.session("notes")["tabs"][0]["state"] == "idle").then_some(());
    // A session streams, and its transcript is scrolled meanwhile and afterwards.
    display.click(&window, 450, 110);
    display.settle();
    display.write("Tell me everything.");
    display.press("Return");
    account.until("the turn has begun", || (!account.events("notes").is_empty()).then_some(()));
    display.turn_wheel(&window, 500, 400, true, 10);
    account.until("the turn is over", is_idle);
    display.turn_wheel(&window, 500, 400, true, 30);
    display.turn_wheel(&window, 500, 400, false, 60);
    display.settle();
    // Looks change, and are remembered.
    watched.steps(&account, "ctrl+k");
    watched.write(&account, "light");
    watched.steps(&account, "Return");
    account.until("the window is light", || account.remembers("light"));
    // What is copied is pasted.
    watched.steps(&account, "ctrl+l");
    watched.write(&account, "twice ");
    watched.steps(&account, "ctrl+a ctrl+c End ctrl+v");
    account.until("the text is pasted", || account.remembers("twice twice "));
    // A host hangs while its dialog is open. Nothing has the keys before.
    display.click(&window, 450, 400);
    display.settle();
    watched.steps(&account, "ctrl+k");
    watched.write(&account, "add ssh");
    watched.steps(&account, "Return shift+Tab Return Return Tab shift+Tab shift+Tab");
    display.press("Return");
    let hung = account.until("the host is being tested", || mute.accept().ok());
    display.press("Tab");
    // Then somebody pastes what a program holds that never answers.
    let holder = display.hold_the_clipboard();
    display.press("ctrl+v");
    account.until("the window says so", || account.has_logged("doesn't answer"));
    // Something else goes on meanwhile.
    account.tell(&["send", "notes", "Once more."]);
    display.press("Escape");
    let ended = now();
    drop((hung, holder));
    let events = account.events("notes");
    assert_eq!(said(&events).len(), 2 * 402, "both turns are in the store");
    display.press("ctrl+q");
    let left = watched.program.ended();
    assert!(left.success(), "{left}");

    let calls = watched.calls(began, ended);
    let mut kinds: BTreeMap<(Verdict, &str), (usize, f64)> = BTreeMap::new();
    for (call, verdict) in &calls {
        let kind = kinds.entry((*verdict, &call.name)).or_default();
        *kind = (kind.0 + 1, kind.1.max(call.millis()));
    }
    let told: Vec<_> = kinds
        .iter()
        .map(|((verdict, name), (count, longest))| {
            format!("{count:6} {name}, {longest:.1} ms at most: {verdict:?}")
        })
        .collect();
    assert!(calls.len() > 1000, "only {} calls are noted: was the window drawn?", calls.len());
    let waits: Vec<_> =
        calls.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Blocks(_))).collect();
    assert!(waits.is_empty(), "{}\n{} calls that wait: {waits:#?}", told.join("\n"), waits.len());
}
