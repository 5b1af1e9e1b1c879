use egui::Role;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::samples::{at, session};
use crate::testing::harness;

#[test]
fn without_sessions_it_says_what_to_do_first() {
    let mut window = harness(Vec::new(), |ui, acts| {
        let data = StartPageData { now: at(0), recent: &[], any_sessions: false, hosts: &[] };
        acts.extend(StartPageView.ui(ui, &data));
    });
    window.run();
    window.get_by_label("Start an agent on any of your machines");
    window.get_by_role_and_label(Role::Button, "New session…").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Keyboard shortcuts").click();
    window.run();
    let acts = [WindowCommand::NewSession, WindowCommand::Help].map(StartPageAct::Command);
    assert_eq!(window.state()[..], acts);
}

#[test]
fn recent_sessions_are_a_click_away() {
    let mut window = harness(Vec::new(), |ui, acts| {
        let of = session("a", "api-fix", "box", 0);
        let recent = [(&of, Status::Working, at(-600))];
        let data = StartPageData { now: at(0), recent: &recent, any_sessions: true, hosts: &[] };
        acts.extend(StartPageView.ui(ui, &data));
    });
    window.run();
    window.get_by_label("10 min ago");
    window.get_by_label("codex (SSH) on box");
    window.get_by_role_and_label(Role::Button, "api-fix").click();
    window.run();
    assert_eq!(window.state()[..], [StartPageAct::Open(SessionId::new("a"))]);
}
