#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use egui::Role;
use egui_kittest::kittest::Queryable;
use orchestrator::host::{HostConfig, HostId, Hosts, HostsView};
use orchestrator::seam::KnownAgents;

use super::testing::{Window, window};
use crate::bridge::{Ask, News};
use crate::commands::WindowCommand;
use crate::memory::Memory;

fn hosts(names: &[&str]) -> News {
    let hosts = names.iter().map(|name| HostConfig::new(HostId::new(*name), *name, *name));
    let hosts = Arc::new(Hosts { hosts: hosts.collect(), default: None });
    News::Hosts(HostsView { hosts, ..HostsView::default() })
}

fn asked_agents(window: &mut Window) -> Vec<String> {
    let host = |ask: Ask| match ask {
        Ask::Agents { host, .. } => host,
        _ => None,
    };
    window.asked().into_iter().filter_map(host).collect()
}

/// New session with the host `gpu` chosen, whose agents are known.
fn on_gpu() -> Window {
    let mut window = window(Memory::default(), Vec::new());
    window.tell(hosts(&["gpu"]));
    window.obey(WindowCommand::NewSession);
    choose(&mut window, "gpu (gpu)");
    let answer = Ok(Box::new(KnownAgents::default()));
    window.tell(News::Agents { host: Some("gpu".into()), answer });
    window.asked();
    window
}

fn choose(window: &mut Window, entry: &str) {
    window.harness.get_by_role_and_label(Role::ComboBox, "SSH Remote Execution").click();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::Button, entry).click();
    window.harness.run();
}

#[test]
fn a_host_is_asked_for_its_agents_again_when_hosts_have_changed() {
    let mut window = on_gpu();
    window.tell(hosts(&["gpu", "box"]));
    assert_eq!(asked_agents(&mut window), ["gpu"]);
    window.harness.run();
    assert_eq!(asked_agents(&mut window), [""; 0], "once");
}

#[test]
fn a_host_that_is_added_from_a_new_session_is_chosen_there() {
    let mut window = on_gpu();
    choose(&mut window, "Add SSH Remote…");
    for (label, text) in [("Name*", "box"), ("Host*", "box.example")] {
        window.harness.get_by_role_and_label(Role::TextInput, label).focus();
        window.harness.run();
        window.harness.get_by_role_and_label(Role::TextInput, label).type_text(text);
        window.harness.run();
    }
    window.asked();
    window.harness.get_by_role_and_label(Role::Button, "Save").click();
    window.harness.run();
    let ticket = window.asked().into_iter().find_map(|ask| match ask {
        Ask::EditHosts { ticket, .. } => Some(ticket),
        _ => None,
    });
    window.tell(News::HostsEdited { ticket: ticket.unwrap(), answer: Ok(()) });
    assert!(window.harness.query_by_label("SSH Remote Hosts").is_none(), "settings are gone");
    window.tell(hosts(&["gpu", "box"]));
    assert!(asked_agents(&mut window).contains(&"box".to_owned()));
    window.harness.get_by_label_contains("Looking on box");
}

#[test]
fn leaving_the_dialog_of_a_host_leads_back_to_the_new_session() {
    let mut window = on_gpu();
    choose(&mut window, "Add SSH Remote…");
    window.harness.get_by_role_and_label(Role::TextInput, "Host*");
    window.harness.key_press(egui::Key::Escape);
    window.harness.run();
    assert!(window.harness.query_by_label("SSH Remote Hosts").is_none());
    window.harness.get_by_role_and_label(Role::ComboBox, "SSH Remote Execution");
}
