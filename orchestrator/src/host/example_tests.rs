#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::document::KEYS;
use super::{Hosts, TransportKind, parse};

const EXAMPLE: &str = include_str!("../../../hosts.toml.example");

/// Takes the `#` off the lines that are settings; those of the prose are followed by a space.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    EXAMPLE.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_loads_as_it_is_and_has_no_hosts() {
    assert_eq!(parse(EXAMPLE).unwrap(), Hosts::default());
}

#[test]
fn the_example_loads_with_every_setting_uncommented() {
    let hosts = parse(&uncommented()).unwrap();
    assert_eq!(hosts.default.as_ref().map(|id| id.as_str()), Some("gpu"));
    let gpu = &hosts.hosts[0];
    assert_eq!(
        (gpu.name.as_str(), gpu.host.as_str(), gpu.port),
        ("GPU box", "gpu.example.org", Some(2222))
    );
    assert_eq!((gpu.enabled, gpu.transport, gpu.env.len()), (true, TransportKind::Openssh, 2));
    assert_eq!(hosts.hosts[1].ssh_config.as_deref(), Some("lab-login"));
}

#[test]
fn the_example_shows_every_key() {
    for key in KEYS {
        assert!(EXAMPLE.contains(&format!("\n#{key} = ")), "{key} is missing");
    }
}
