#![allow(clippy::unwrap_used)]

use egui::Role;
use egui_kittest::kittest::Queryable;
use orchestrator::seam::SessionId;

use super::testing::window;
use crate::commands::WindowCommand;
use crate::memory::Memory;
use crate::samples::session;

#[test]
fn a_session_is_renamed_in_the_header_wherever_its_row_is() {
    for way in ["folded", "filtered", "shown"] {
        let mut notes = session("s", "notes", "local", 1);
        notes.group = Some("work".into());
        let other = session("t", "other", "local", 2);
        let mut memory = Memory::default();
        if way == "folded" {
            memory.folded.insert("work".into());
        }
        let mut window = window(memory, vec![notes, other]);
        window.app().show(&SessionId::new("s"), None);
        window.harness.run();
        if way == "filtered" {
            window.harness.get_by_role_and_label(Role::TextInput, "Filter sessions").focus();
            window.harness.run();
            window.harness.event(egui::Event::Text("other".into()));
            window.harness.run();
        }
        window.obey(WindowCommand::RenameSession);
        let field = window.harness.get_by_role_and_label(Role::TextInput, "Name of this session");
        assert!(field.is_focused(), "{way}");
    }
}
