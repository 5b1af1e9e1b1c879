use super::*;

const CTRL: Modifiers =
    Modifiers { ctrl: true, command: true, alt: false, shift: false, mac_cmd: false };
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..CTRL };

fn everything() -> Situation {
    Situation {
        sessions: 12,
        something_needs_you: true,
        session: true,
        remote: true,
        tabs: 3,
        file: true,
        tab: true,
        closed_tab: true,
        working: true,
        queue: true,
        approval: true,
        first_screen: false,
    }
}

fn press(key: Key, modifiers: Modifiers, focus: Focus, now: &Situation) -> Option<WindowCommand> {
    command_for(key, Some(key), modifiers, focus, now)
}

#[test]
fn every_shortcut_of_the_table_gives_its_command() {
    for entry in TABLE {
        for shortcut in entry.shortcuts {
            // As Linux reports it: command and ctrl are the same key.
            let modifiers = shortcut.keys.modifiers;
            let control = modifiers.ctrl || modifiers.command;
            let modifiers = Modifiers { ctrl: control, command: control, ..modifiers };
            let command =
                press(shortcut.keys.logical_key, modifiers, Focus::default(), &everything());
            assert_eq!(command, Some(entry.command));
        }
    }
}

#[test]
fn typing_is_left_alone() {
    let typing = Focus { typing: true, ..Focus::default() };
    for key in [Key::N, Key::ArrowUp, Key::Enter, Key::Backspace, Key::F2, Key::Escape, Key::Tab] {
        assert_eq!(press(key, Modifiers::NONE, typing, &everything()), None, "{key:?}");
        assert_eq!(press(key, Modifiers::SHIFT, typing, &everything()), None, "{key:?}");
    }
    for key in [Key::A, Key::C, Key::V, Key::X, Key::Z, Key::ArrowLeft, Key::ArrowRight] {
        assert_eq!(press(key, CTRL, typing, &everything()), None, "{key:?}");
    }
    assert_eq!(press(Key::N, CTRL, typing, &everything()), Some(WindowCommand::NewSession));
}

#[test]
fn a_message_that_is_sent_by_ctrl_enter_never_approves_anything() {
    let typing = Focus { typing: true, ..Focus::default() };
    assert_eq!(press(Key::Enter, CTRL, typing, &everything()), None);
    assert_eq!(
        press(Key::Enter, CTRL, Focus::default(), &everything()),
        Some(WindowCommand::ApproveOnce)
    );
    let nothing_asked = Situation { approval: false, ..everything() };
    assert_eq!(press(Key::Enter, CTRL, Focus::default(), &nothing_asked), None);
}

#[test]
fn interrupt_and_stop_are_two_different_keys() {
    let focus = Focus::default();
    assert_eq!(press(Key::Period, CTRL, focus, &everything()), Some(WindowCommand::Interrupt));
    assert_eq!(press(Key::Period, CTRL_SHIFT, focus, &everything()), Some(WindowCommand::Stop));
    // A German keyboard: Shift and . make a colon.
    let german = command_for(Key::Colon, Some(Key::Period), CTRL_SHIFT, focus, &everything());
    assert_eq!(german, Some(WindowCommand::Stop));
}

#[test]
fn signs_and_digits_are_found_on_other_keyboards() {
    let focus = Focus::default();
    // German: / is Shift and 7.
    let slash = command_for(Key::Slash, Some(Key::Num7), CTRL_SHIFT, focus, &Situation::default());
    assert_eq!(slash, Some(WindowCommand::Help));
    // French: the row of digits gives signs.
    let one = command_for(Key::Exclamationmark, Some(Key::Num1), CTRL, focus, &everything());
    assert_eq!(one, Some(WindowCommand::OpenSession(1)));
    // Dvorak: letters count as they are written, never by their place.
    let letter = command_for(Key::O, Some(Key::N), CTRL, focus, &everything());
    assert_eq!(letter, None);
}

#[test]
fn behind_a_dialog_only_zoom_and_quit_count() {
    let dialog = Focus { dialog: true, ..Focus::default() };
    assert_eq!(press(Key::W, CTRL, dialog, &everything()), None);
    assert_eq!(press(Key::Q, CTRL, dialog, &everything()), Some(WindowCommand::Quit));
    assert_eq!(press(Key::Minus, CTRL, dialog, &everything()), Some(WindowCommand::ZoomOut));
}

#[test]
fn keys_that_are_held_down_stop_nothing_twice() {
    let key = |key, repeat| Event::Key {
        key,
        physical_key: Some(key),
        pressed: true,
        repeat,
        modifiers: CTRL,
    };
    let mut events = vec![
        key(Key::Period, false),
        key(Key::Period, true),
        key(Key::PageDown, true),
        key(Key::V, false),
        Event::Text("x".into()),
    ];
    let commands = take(&mut events, Focus::default(), &everything());
    assert_eq!(commands, [WindowCommand::Interrupt, WindowCommand::NextSession]);
    assert_eq!(events, [key(Key::V, false), Event::Text("x".into())]);
}

#[test]
fn on_the_first_screen_keys_open_what_stands_over_it_and_nothing_happens_behind_it() {
    let now = Situation { first_screen: true, ..everything() };
    let press = |key, modifiers| press(key, modifiers, Focus::default(), &now);
    assert_eq!(press(Key::K, CTRL), Some(WindowCommand::Palette));
    assert_eq!(press(Key::N, CTRL), Some(WindowCommand::NewSession));
    assert_eq!(press(Key::Comma, CTRL), Some(WindowCommand::Settings));
    assert_eq!(press(Key::Q, CTRL), Some(WindowCommand::Quit));
    for (key, modifiers) in [
        (Key::Num1, CTRL),
        (Key::T, CTRL),
        (Key::W, CTRL),
        (Key::J, CTRL),
        (Key::B, CTRL),
        (Key::PageDown, CTRL),
        (Key::Period, CTRL),
        (Key::F, CTRL_SHIFT),
        (Key::L, CTRL_SHIFT),
    ] {
        assert_eq!(press(key, modifiers), None, "{key:?}");
    }
    // The palette offers the same.
    for entry in TABLE.iter().filter(|entry| entry.is_usable(&now)) {
        assert!(entry.command.opens_over_first_screen(), "{}", entry.name);
    }
}

#[test]
fn a_terminals_program_has_all_keys_but_the_windows_own() {
    let focus = Focus { typing: true, terminal: TerminalFocus::Program, ..Focus::default() };
    let now = everything();
    let goes = |key, modifiers| press(key, modifiers, focus, &now);
    for key in [Key::N, Key::T, Key::W, Key::K, Key::B, Key::D, Key::Q, Key::F, Key::ArrowUp] {
        assert_eq!(goes(key, CTRL), None, "{key:?}");
    }
    assert_eq!(goes(Key::F1, Modifiers::NONE), None);
    assert_eq!(goes(Key::F, CTRL | Modifiers::SHIFT), None);
    assert_eq!(goes(Key::Tab, Modifiers::CTRL), Some(WindowCommand::NextTab));
    assert_eq!(goes(Key::PageDown, CTRL), Some(WindowCommand::NextSession));
    assert_eq!(goes(Key::Num2, CTRL), Some(WindowCommand::OpenSession(2)));
    assert_eq!(goes(Key::Backtick, CTRL | Modifiers::SHIFT), Some(WindowCommand::NewTerminal));
    assert_eq!(goes(Key::Backtick, CTRL), Some(WindowCommand::RunLine));
}

#[test]
fn where_a_shell_has_ended_the_windows_keys_are_the_windows_again() {
    let focus = Focus { typing: true, terminal: TerminalFocus::Ended, ..Focus::default() };
    let now = everything();
    let goes = |key, modifiers| press(key, modifiers, focus, &now);
    for key in [Key::K, Key::W, Key::B] {
        assert!(goes(key, CTRL).is_some(), "{key:?}");
    }
    for key in [Key::C, Key::V, Key::F] {
        assert_eq!(goes(key, CTRL | Modifiers::SHIFT), None, "{key:?}");
    }
}
