use super::*;

fn typed(name: &str, host: &str) -> HostForm {
    HostForm { name: name.into(), host: host.into(), ..HostForm::default() }
}

fn fields(form: &HostForm, hosts: &Hosts) -> Vec<String> {
    form.faults(hosts, &BTreeMap::new()).into_iter().map(|fault| fault.field).collect()
}

#[test]
fn an_edited_host_that_nobody_touched_is_the_same() {
    let mut host = HostConfig::new(HostId::new("gpu"), "GPU box", "gpu.example");
    host.port = Some(2222);
    host.env.insert("A".into(), "1".into());
    host.ssh_config = Some("gpu.example".into());
    host.enabled = false;
    host.transport = TransportKind::Native;
    assert_eq!(HostForm::of(&host).config(&Hosts::default()), host);
}

#[test]
fn every_fault_is_told_with_its_field() {
    let hosts = Hosts::default();
    assert_eq!(fields(&typed("", ""), &hosts), ["name", "host"]);
    let mut form = typed("gpu", "gpu.example");
    assert!(fields(&form, &hosts).is_empty());
    for port in ["0", "65536", "ssh", "-1"] {
        form.port = port.into();
        assert_eq!(fields(&form, &hosts), ["port"], "{port}");
    }
    form.port = " 2222 ".into();
    form.identity_file = "keys/id".into();
    assert_eq!(fields(&form, &hosts), ["identity_file"]);
    form.identity_file = "~/.ssh/id".into();
    let keys = BTreeMap::from([("~/.ssh/id".to_owned(), false)]);
    assert_eq!(form.faults(&hosts, &keys).len(), 1);
    assert!(form.faults(&hosts, &BTreeMap::new()).is_empty());
}

#[test]
fn a_name_is_taken_once_and_ids_are_made_unique() {
    let first = typed("gpu", "a").config(&Hosts::default());
    let hosts = Hosts { hosts: vec![first], default: None };
    assert_eq!(fields(&typed("gpu", "b"), &hosts), ["name"]);
    assert_eq!(typed("gpu!", "b").config(&hosts).id.as_str(), "gpu-2");
    // Its own name is no other's.
    let edited = HostForm { id: Some(HostId::new("gpu")), ..typed("gpu", "a") };
    assert!(fields(&edited, &hosts).is_empty());
}

#[test]
fn an_alias_stands_for_the_address_until_it_is_dropped() {
    let mut form = HostForm::default();
    form.take_alias("lab");
    let config = form.config(&Hosts::default());
    assert_eq!((config.name.as_str(), config.host.as_str()), ("lab", "lab"));
    assert_eq!(config.ssh_config.as_deref(), Some("lab"));
    assert!(fields(&form, &Hosts::default()).is_empty());

    form.take_alias("dev");
    assert_eq!(form.name, "dev");
    form.name = "My box".into();
    form.take_alias("lab");
    assert_eq!(form.name, "My box");

    let resolved = Resolved {
        hostname: "10.0.0.7".into(),
        port: 2200,
        user: "ada".into(),
        ..Resolved::default()
    };
    form.drop_alias(Some(&resolved));
    assert_eq!((form.alias.as_deref(), form.host.as_str()), (None, "10.0.0.7"));
    assert_eq!((form.user.as_str(), form.port.as_str()), ("ada", "2200"));
}

#[test]
fn an_alias_that_nobody_resolved_stays_as_the_address() {
    let mut form = HostForm::default();
    form.take_alias("lab");
    form.drop_alias(None);
    assert_eq!((form.alias, form.host.as_str()), (None, "lab"));
}
