#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::host::HostId;

fn host(id: &str) -> HostConfig {
    HostConfig::new(HostId::new(id), id, "box.example")
}

fn fields(host: &HostConfig) -> Vec<String> {
    validate_host(host, &|_| true).into_iter().map(|fault| fault.field).collect()
}

#[test]
fn a_plain_entry_has_no_fault() {
    let mut plain = host("gpu");
    plain.port = Some(22);
    plain.user = Some("CORP\\ada".into());
    plain.identity_file = Some("~/.ssh/id_ed25519".into());
    plain.remote_dir = Some("~/work".into());
    plain.env.insert("_X1".into(), "any\nvalue".into());
    assert_eq!(validate_host(&plain, &|_| true), []);
}

#[test]
fn every_fault_is_reported_at_once() {
    let mut bad = HostConfig::new(HostId::new("-x"), " ", "-oProxyCommand=x");
    bad.port = Some(0);
    bad.user = Some("-l".into());
    bad.identity_file = Some("/nowhere".into());
    bad.remote_dir = Some("a\nb".into());
    bad.env.insert("1A".into(), "x".into());
    bad.env.insert("A".into(), "x\0".into());

    let found: Vec<_> =
        validate_host(&bad, &|_| false).into_iter().map(|fault| fault.field).collect();

    assert_eq!(
        found,
        ["id", "name", "host", "port", "user", "identity_file", "remote_dir", "env.1A", "env.A"]
    );
}

#[test]
fn an_address_that_ssh_would_misread_is_a_fault() {
    for bad in
        ["-x", "a b", "a\tb", "a\u{7}", "", "me@box", "box:22", "[::1]", "a;b", "$(x)", "ssh://box"]
    {
        let mut host = host("gpu");
        host.host = bad.into();
        assert_eq!(fields(&host), ["host"], "{bad:?}");
    }
    for good in ["box", "10.0.0.1", "::1", "fe80::1%eth0", "a_b-c.example"] {
        let mut host = host("gpu");
        host.host = good.into();
        assert_eq!(fields(&host), Vec::<String>::new(), "{good:?}");
    }
}

#[test]
fn an_account_that_ssh_would_misread_is_a_fault() {
    for bad in ["-l", "", "a b", "a\nb", "a@b", "a;b", "a\\"] {
        let mut host = host("gpu");
        host.user = Some(bad.into());
        assert_eq!(fields(&host), ["user"], "{bad:?}");
    }
}

#[test]
fn a_key_is_named_by_a_full_path_and_can_be_read() {
    let mut host = host("gpu");
    host.identity_file = Some("id_ed25519".into());
    assert_eq!(fields(&host), ["identity_file"]);

    host.identity_file = Some("~/.ssh/gone".into());
    let faults = validate_host(&host, &|path| path != "~/.ssh/gone");
    assert_eq!(faults[0].message, "the private key ~/.ssh/gone can't be read");
}

#[test]
fn an_alias_and_an_address_contradict_each_other() {
    let mut host = host("gpu");
    host.ssh_config = Some("gpu".into());
    assert_eq!(fields(&host), ["host"]);
    host.host = "gpu".into();
    assert_eq!(fields(&host), Vec::<String>::new());
}

#[test]
fn twins_and_a_lost_default_are_faults_of_the_file() {
    let mut twin = host("b");
    twin.name = "a".into();
    let hosts =
        Hosts { hosts: vec![host("a"), twin, host("a")], default: Some(HostId::new("gone")) };

    let found: Vec<_> = validate(&hosts, &|_| true).into_iter().map(|fault| fault.field).collect();

    assert_eq!(found, ["host.b.name", "host.a.id", "host.a.name", "default"]);
}

#[test]
fn a_name_may_not_hide_behind_another_hosts_id() {
    let mut other = host("b");
    other.name = "a".into();
    let mut first = host("a");
    first.name = "first".into();
    let faults = validate(&Hosts { hosts: vec![first, other], default: None }, &|_| true);
    assert_eq!(faults[0].field, "host.b.name");
}

#[test]
fn a_tilde_means_the_home_that_is_handed_in() {
    let home = Path::new("/home/ada");
    assert_eq!(expand_home("~/k", home), Path::new("/home/ada/k"));
    assert_eq!(expand_home("/k", home), Path::new("/k"));
}

proptest! {
    #[test]
    fn what_passes_is_never_an_option_and_holds_no_control_character(text in "[ -~\\t\\n\\x00]{0,12}") {
        if check_destination(&text).is_ok() {
            prop_assert!(!text.starts_with('-') && !text.is_empty());
            prop_assert!(!text.chars().any(|c| c.is_control() || c.is_whitespace()));
        }
        if check_user(&text).is_ok() {
            prop_assert!(!text.starts_with('-') && !text.contains(['@', ' ']));
        }
    }

    #[test]
    fn an_environment_name_is_what_a_shell_takes_for_one(name in "[A-Za-z0-9_.= -]{0,8}") {
        let legal = !name.is_empty()
            && !name.as_bytes()[0].is_ascii_digit()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        prop_assert_eq!(is_env_name(&name), legal);
    }
}
