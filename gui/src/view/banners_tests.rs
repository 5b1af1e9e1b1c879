use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use orchestrator::failure::{Code, Failure};

use super::*;
use crate::testing::harness;

struct World {
    engine: Option<Failure>,
    hosts: Option<Failure>,
    acts: Vec<BannersAct>,
}

fn open(engine: Option<Failure>, hosts: Option<Failure>) -> Harness<'static, World> {
    let draw = |ui: &mut Ui, world: &mut World| {
        let data = BannersData { engine: world.engine.as_ref(), hosts: world.hosts.as_ref() };
        world.acts.extend(banners(ui, data));
    };
    harness(World { engine, hosts, acts: Vec::new() }, draw)
}

#[test]
fn an_engine_that_cannot_be_opened_is_said_with_the_way_on() {
    let failure = Failure::new(Code::Busy, "the database is in use").hint("End the other program");
    let mut window = open(Some(failure), None);
    window.get_by_label("the database is in use");
    window.get_by_label("End the other program");
    window.get_by_role_and_label(Role::Button, "Try again").click();
    window.run();
    assert_eq!(window.state().acts, [BannersAct::OpenEngine]);
}

#[test]
fn a_broken_hosts_toml_is_said_with_its_line_and_opened() {
    let fault = Failure::new(Code::InvalidConfig, "hosts.toml:3:1: unknown key `prot`");
    let mut window = open(None, Some(fault));
    window.get_by_label("hosts.toml:3:1: unknown key `prot`");
    for name in ["Open the file", "Hosts in force…"] {
        window.get_by_role_and_label(Role::Button, name).click();
        window.run();
    }
    assert_eq!(window.state().acts, [BannersAct::OpenFile, BannersAct::ShowHosts]);
}

#[test]
fn nothing_is_said_where_nothing_is_wrong() {
    let window = open(None, None);
    assert!(window.query_by_role(Role::Button).is_none());
}
