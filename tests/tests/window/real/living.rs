//! What the window costs while nothing happens.

use std::time::Duration;

use baton_tests::AgentHost;

use super::account::{Account, Program};
use super::display::rest;

/// Sessions that are open.
const SESSIONS: usize = 10;
/// What ten seconds of rest may cost, in ticks of 10 ms; unoptimised it is 1, and 2 while others build.
const MOST: u64 = 3;

#[test]
fn a_window_with_ten_sessions_takes_no_time_while_nothing_happens() {
    let machine = AgentHost::start().with_scripted_by("codex", "print Here I am.");
    let account = Account::knowing(&machine);
    for number in 1..=SESSIONS {
        let name = format!("session {number}");
        account.tell(&["session", "new", "--agent", "codex", "--host", "box", "--name", &name]);
    }
    account.tell(&["send", "session 1", "Hello"]);
    let mut window = account.open();
    account.display.point_away();
    // Each of them is looked at once.
    for _ in 0..SESSIONS {
        account.display.press("ctrl+Next");
        account.display.settle();
    }
    // Connections that are no longer needed are closed, and the last of that is shown.
    account.until("nothing is left to do", || (spent(&window, 3) == 0).then_some(()));
    let ticks = spent(&window, 10);
    // The engine in it asks its machine now and then whether it is there.
    assert!(ticks <= MOST, "{ticks} ticks in ten seconds of rest");
    account.display.press("ctrl+q");
    assert!(window.ended().success());
}

/// What so many seconds cost, in ticks.
fn spent(window: &Program, seconds: u64) -> u64 {
    let before = window.ticks();
    rest(Duration::from_secs(seconds));
    window.ticks() - before
}
