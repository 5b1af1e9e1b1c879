#![allow(clippy::unwrap_used)]

use egui::{Key, KeyboardShortcut};

use super::*;
use crate::theme::Appearance;

/// Every command that there is; the compiler asks for new ones here.
fn all() -> Vec<WindowCommand> {
    use WindowCommand as C;
    let mut all = vec![
        C::NewSession,
        C::PreviousSession,
        C::NextSession,
        C::NextNeedsYou,
        C::FilterSessions,
        C::RenameSession,
        C::ToggleBookmark,
        C::EditSession,
        C::DuplicateSession,
        C::RemoveSession,
        C::NewTab,
        C::NewTerminal,
        C::RunLine,
        C::SearchLines,
        C::CloseTab,
        C::ReopenTab,
        C::NextTab,
        C::PreviousTab,
        C::RenameTab,
        C::MoveTabLeft,
        C::MoveTabRight,
        C::FocusComposer,
        C::SearchTranscript,
        C::LastQuestion,
        C::Interrupt,
        C::Stop,
        C::FreshConversation,
        C::ApproveOnce,
        C::ApproveAlways,
        C::Deny,
        C::TogglePause,
        C::ToggleReadOnly,
        C::ToggleLeftBar,
        C::ToggleRightBar,
        C::ShowFiles,
        C::GoToFile,
        C::SaveFile,
        C::GoToLine,
        C::RevealFile,
        C::ShowGit,
        C::ShowLog,
        C::ShowBranches,
        C::ShowWorktrees,
        C::ShowChanges,
        C::WriteCommit,
        C::NewWorktree,
        C::PullRequest,
        C::ShowHistory,
        C::ShowAutoRun,
        C::SearchHistory,
        C::SyncHistory,
        C::Settings,
        C::SshHosts,
        C::AddHost,
        C::TestHost,
        C::RetryHost,
        C::ToggleContrast,
        C::ZoomIn,
        C::ZoomOut,
        C::ZoomReset,
        C::Palette,
        C::Help,
        C::About,
        C::Quit,
    ];
    all.extend((1..=9).map(C::OpenSession));
    let looks = [Appearance::System, Appearance::Dark, Appearance::Light];
    all.extend(looks.map(C::Appearance));
    for command in &all {
        match command {
            C::NewSession
            | C::OpenSession(_)
            | C::PreviousSession
            | C::NextSession
            | C::NextNeedsYou
            | C::FilterSessions
            | C::RenameSession
            | C::ToggleBookmark
            | C::EditSession
            | C::DuplicateSession
            | C::RemoveSession
            | C::NewTab
            | C::NewTerminal
            | C::RunLine
            | C::SearchLines
            | C::CloseTab
            | C::ReopenTab
            | C::NextTab
            | C::PreviousTab
            | C::RenameTab
            | C::MoveTabLeft
            | C::MoveTabRight
            | C::FocusComposer
            | C::SearchTranscript
            | C::LastQuestion
            | C::Interrupt
            | C::Stop
            | C::FreshConversation
            | C::ApproveOnce
            | C::ApproveAlways
            | C::Deny
            | C::TogglePause
            | C::ToggleReadOnly
            | C::ToggleLeftBar
            | C::ToggleRightBar
            | C::ShowFiles
            | C::GoToFile
            | C::SaveFile
            | C::GoToLine
            | C::RevealFile
            | C::ShowGit
            | C::ShowLog
            | C::ShowBranches
            | C::ShowWorktrees
            | C::ShowChanges
            | C::WriteCommit
            | C::NewWorktree
            | C::PullRequest
            | C::ShowHistory
            | C::ShowAutoRun
            | C::SearchHistory
            | C::SyncHistory
            | C::Settings
            | C::SshHosts
            | C::AddHost
            | C::TestHost
            | C::RetryHost
            | C::Appearance(_)
            | C::ToggleContrast
            | C::ZoomIn
            | C::ZoomOut
            | C::ZoomReset
            | C::Palette
            | C::Help
            | C::About
            | C::Quit => {}
        }
    }
    all
}

#[test]
fn every_command_stands_once_in_the_table_under_a_name_of_its_own() {
    for command in all() {
        let lines = TABLE.iter().filter(|entry| entry.command == command).count();
        assert_eq!(lines, 1, "{command:?}");
    }
    assert_eq!(TABLE.len(), all().len());
    for entry in TABLE {
        assert!(!entry.name.trim().is_empty());
        assert_eq!(
            TABLE.iter().filter(|other| other.name == entry.name).count(),
            1,
            "{}",
            entry.name
        );
    }
}

#[test]
fn no_two_commands_have_the_same_keys() {
    let mut seen: Vec<(KeyboardShortcut, &str)> = Vec::new();
    for entry in TABLE {
        for shortcut in entry.shortcuts {
            let keys = shortcut.keys;
            let other = seen.iter().find(|(other, _)| {
                other.logical_key == keys.logical_key
                    && (other.modifiers.matches_exact(keys.modifiers)
                        || written(*other, false) == written(keys, false))
            });
            assert!(other.is_none(), "{} and {other:?}", entry.name);
            seen.push((keys, entry.name));
        }
    }
}

#[test]
fn what_a_text_field_needs_is_left_to_it() {
    for entry in TABLE {
        for Shortcut { keys, typing } in entry.shortcuts {
            let KeyboardShortcut { modifiers, logical_key } = *keys;
            if *typing {
                let is_function_key = logical_key == Key::F1;
                assert!(modifiers.any() || is_function_key, "{} takes a letter", entry.name);
                assert!(
                    !matches!(logical_key, Key::ArrowLeft | Key::ArrowRight | Key::Home | Key::End),
                    "{} takes a key that moves the cursor",
                    entry.name
                );
            }
            let plain = modifiers.command && !modifiers.shift && !modifiers.alt;
            let edits = [Key::A, Key::C, Key::V, Key::X, Key::Z, Key::Y];
            assert!(!(plain && edits.contains(&logical_key)), "{}", entry.name);
            let redo = modifiers.command && modifiers.shift && logical_key == Key::Z;
            assert!(!redo, "{}", entry.name);
        }
    }
}

#[test]
fn a_command_is_offered_only_where_it_can_be_used() {
    let nothing = Situation::default();
    let usable = |command, now: &Situation| entry(command).unwrap().when.holds(now);
    assert!(usable(WindowCommand::NewSession, &nothing));
    assert!(!usable(WindowCommand::Interrupt, &nothing));
    let working = Situation { session: true, sessions: 2, working: true, ..nothing };
    assert!(usable(WindowCommand::Interrupt, &working));
    assert!(usable(WindowCommand::OpenSession(2), &working));
    assert!(!usable(WindowCommand::OpenSession(3), &working));
    assert!(!usable(WindowCommand::ApproveOnce, &working));
    assert!(!usable(WindowCommand::TestHost, &working));
}

#[test]
fn keys_are_written_as_they_stand_on_the_keyboard() {
    let keys = |command| entry(command).unwrap().keys(false).unwrap();
    assert_eq!(keys(WindowCommand::SearchHistory), "Ctrl+Shift+F");
    assert_eq!(keys(WindowCommand::Settings), "Ctrl+,");
    assert_eq!(keys(WindowCommand::LastQuestion), "Ctrl+↑");
    assert_eq!(keys(WindowCommand::ApproveOnce), "Ctrl+Shift+Y");
    assert_eq!(entry(WindowCommand::Palette).unwrap().keys(true).unwrap(), "Cmd+K");
    assert_eq!(keys_of(WindowCommand::About, false), "");
    assert_eq!(keys_of(WindowCommand::NewSession, false), "Ctrl+N");
}
