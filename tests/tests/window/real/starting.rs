//! How the program starts, and how it doesn't.

use baton_tests::{Home, Run, TestSshd};

use super::account::Account;
use super::display::Display;

fn run(home: &Home, words: &[&str]) -> Run {
    Run::of(home.command_of("baton-gui", words).output().unwrap())
}

/// A home without a display and without a machine.
fn home() -> Home {
    Home::new("/dev/null".into())
}

#[test]
fn without_a_display_it_says_so_and_leaves_nothing_in_the_way() {
    let home = home();
    let refused = run(&home, &[]);
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.starts_with("error: there is no display: DISPLAY isn't set\nhint: "));
    // Nothing of an engine or a window: whoever comes next finds a free place.
    let left = ["b/data/window.json", "b/run/window.lock", "b/run/window.sock"];
    assert!(left.iter().all(|path| !home.path(path).exists()), "{left:?}");
    let hosts = home.baton(&["hosts", "list", "--json"]);
    assert_eq!((hosts.status, hosts.json()["hosts"].as_array().unwrap().len()), (Some(0), 0));
}

#[test]
fn a_display_that_does_not_answer_is_an_error_with_a_hint() {
    let home = home();
    // No server has such a number.
    let mut command = home.command_of("baton-gui", &[]);
    let refused = Run::of(command.env("DISPLAY", ":65000").output().unwrap());
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("error: no window can be opened: "), "{refused:?}");
    assert!(refused.stderr.contains("\nhint: "), "{refused:?}");
}

#[test]
fn a_display_on_which_nothing_can_be_drawn_is_an_error_with_its_reason_whatever_is_logged() {
    let home = home();
    let display = Display::start_with(&["-extension", "GLX"]);
    let mut command = home.command_of("baton-gui", &[]);
    command.env("DISPLAY", display.name());
    // Nor is there any driver for EGL.
    command.env("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent").env("BATON_LOG", "off");
    let refused = Run::of(command.output().unwrap());
    assert_eq!(refused.status, Some(1), "{refused:?}");
    let said = refused.stderr.strip_prefix("error: no window can be opened: ").unwrap();
    assert!(said.contains("EGL") && said.contains("\nhint: "), "{refused:?}");
}

#[test]
fn version_and_help_need_no_display_and_other_words_are_refused() {
    let home = home();
    let version = run(&home, &["--version"]);
    assert_eq!(version.status, Some(0));
    assert!(version.stdout.starts_with("baton-gui ") && version.stderr.is_empty(), "{version:?}");
    let help = run(&home, &["--help"]);
    assert_eq!(help.status, Some(0));
    assert!(help.stdout.contains("Usage: baton-gui") && help.stderr.is_empty(), "{help:?}");
    for words in [&["--nonsense"][..], &["notes"], &["--version", "--help"]] {
        let refused = run(&home, words);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.contains("\nhint: "));
    }
    assert!(!home.path("b/data").exists() && !home.path("b/run").exists());
}

#[test]
fn a_second_start_raises_the_first_and_ends_with_success() {
    let sshd = TestSshd::start();
    let account = Account::new(sshd.write_client_config("box", &[]));
    let mut first = account.open();
    account.display.minimize(&first.window);
    account.until("the window is put away", || {
        account.display.windows("Baton").is_empty().then_some(())
    });
    let second = Run::of(account.program_here().output().unwrap());
    assert_eq!((second.status, &*second.stderr), (Some(0), ""), "{second:?}");
    account.until("the first is in front again", || {
        (account.display.in_front().as_ref() == Some(&first.window)).then_some(())
    });
    assert_eq!(account.display.windows("Baton"), [first.window.clone()]);
    account.display.press("ctrl+q");
    assert!(first.ended().success());
}
