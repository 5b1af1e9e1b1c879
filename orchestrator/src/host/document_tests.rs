#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn problems(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn an_entry_needs_an_address_and_nothing_else() {
    let hosts = parse("[host.gpu]\nhost = \"gpu.example\"\n").unwrap();
    assert_eq!(hosts.hosts, [HostConfig::new(HostId::new("gpu"), "gpu", "gpu.example")]);
    assert_eq!(hosts.default, None);
}

#[test]
fn every_key_is_read() {
    let text = r#"
default = "gpu"
[host.gpu]
name = "GPU box"
host = "gpu.example"
user = "ada"
port = 2222
identity_file = "~/.ssh/gpu"
remote_dir = "~/work"
enabled = false
transport = "native"
env = { LANG = "C.UTF-8" }
[host.lab]
ssh_config = "lab-login"
[host.lab.env]
A = "1"
"#;
    let hosts = parse(text).unwrap();
    let gpu = &hosts.hosts[0];
    assert_eq!(gpu.name, "GPU box");
    assert_eq!(gpu.user.as_deref(), Some("ada"));
    assert_eq!(gpu.port, Some(2222));
    assert_eq!(gpu.identity_file.as_deref(), Some("~/.ssh/gpu"));
    assert_eq!(gpu.remote_dir.as_deref(), Some("~/work"));
    assert!(!gpu.enabled);
    assert_eq!(gpu.transport, TransportKind::Native);
    assert_eq!(gpu.env["LANG"], "C.UTF-8");
    let lab = &hosts.hosts[1];
    assert_eq!((lab.host.as_str(), lab.ssh_config.as_deref()), ("lab-login", Some("lab-login")));
    assert_eq!(lab.env["A"], "1");
    assert_eq!(hosts.default, Some(HostId::new("gpu")));
}

#[test]
fn faulty_toml_is_named_with_line_and_column() {
    let found = parse("[host.a]\nhost = \"x\n").unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 2, "{found:?}");
    assert_eq!(problems("[host.a]\nhost = \"x\"\n[host.a]\n")[0].split(':').next(), Some("3"));
}

#[test]
fn every_unknown_key_and_wrong_type_is_named_at_once() {
    let text = "defualt = \"a\"\n\n[host.a]\nhost = 5\nport = \"22\"\nusr = \"x\"\nenabled = 1\n  transport = \"telnet\"\nenv = { K = 5 }\n";
    let found = problems(text);
    assert_eq!(
        found,
        [
            "1:1: unknown key `defualt`; did you mean `default`?",
            "4:8: `host` must be a text in quotes, found a whole number",
            "5:8: `port` must be a whole number, found a text",
            "6:1: unknown key `usr`; did you mean `user`?",
            "7:11: `enabled` must be true or false, found a whole number",
            "8:15: `transport` must be \"openssh\" or \"native\", found \"telnet\"",
            "9:13: the value of K must be a text in quotes, found a whole number",
        ]
    );
}

#[test]
fn invalid_values_are_named_where_they_stand() {
    let text = "default = \"c\"\n[host.a]\nhost = \"-x\"\n[host.b]\nname = \"a\"\n[host.b.env]\n1A = \"x\"\n";
    let found = problems(text);
    assert_eq!(found.len(), 5, "{found:?}");
    let places: Vec<_> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["1:11", "3:8", "4:7", "5:8", "7:1"], "{found:?}");
    assert!(found[2].contains("no address"), "{found:?}");
}

#[test]
fn a_port_out_of_range_is_named_with_what_was_found() {
    assert_eq!(
        problems("[host.a]\nhost = \"x\"\nport = 70000\n"),
        ["3:8: the port must be between 1 and 65535, found 70000"]
    );
}

#[test]
fn a_column_counts_characters_not_bytes() {
    let found = problems("[host.a]\nhost = \"x\"\nenv = { \"é\" = \"ü\", B = 1 }\n");
    assert!(found[0].starts_with("3:24:"), "{found:?}");
}

#[test]
fn a_problem_never_shows_a_value_of_the_environment() {
    let found =
        problems("[host.a]\nhost = \"x\"\nenv = { \"1BAD\" = \"s3cret\", B = [\"s3cret\"] }\n");
    assert!(found.iter().all(|line| !line.contains("s3cret")), "{found:?}");
}
