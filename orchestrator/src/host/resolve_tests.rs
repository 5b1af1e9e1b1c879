#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::host::parse;

fn hosts() -> Hosts {
    parse(
        r#"
[host.gpu]
name = "GPU box"
host = "gpu.example"
user = "ada"
port = 2222
identity_file = "~/.ssh/gpu"
[host.lab]
ssh_config = "lab-login"
[host.off]
host = "off.example"
enabled = false
[host.twin]
name = "Build"
host = "b1"
[host.other]
name = "BUILD"
host = "b2"
"#,
    )
    .unwrap()
}

fn known() -> KnownNames {
    KnownNames { names: vec!["jump".into(), "pi".into()], patterns: vec!["dev-*".into()] }
}

fn meaning(argument: &str) -> Result<ResolvedHost, Failure> {
    resolve(argument, &hosts(), known)
}

fn ad_hoc(argument: &str) -> (Option<String>, String, Option<u16>) {
    match meaning(argument) {
        Ok(ResolvedHost::AdHoc(host)) => {
            assert_eq!(host.typed, argument);
            (host.user, host.host, host.port)
        }
        other => panic!("{argument}: {other:?}"),
    }
}

#[test]
fn a_saved_host_is_found_by_id_and_by_name() {
    for argument in ["gpu", "GPU box", "gpu BOX"] {
        assert_eq!(meaning(argument).unwrap().id().as_str(), "gpu", "{argument}");
    }
    assert_eq!(meaning("Build").unwrap().id().as_str(), "twin");
    assert_eq!(meaning("BUILD").unwrap().id().as_str(), "other");
    assert_eq!(meaning("local").unwrap(), ResolvedHost::Local);
}

#[test]
fn a_name_that_could_be_two_is_not_guessed() {
    let failure = meaning("build").unwrap_err();
    assert_eq!(failure.code, Code::HostUnknown);
    assert!(failure.hint.unwrap().contains("twin, other"));
}

#[test]
fn a_disabled_host_is_refused_by_name() {
    let failure = meaning("off").unwrap_err();
    assert_eq!(failure.code, Code::HostDisabled);
    assert_eq!(failure.host.as_deref(), Some("off"));
    assert!(failure.message.contains("off"));
    assert_eq!(find("off", &hosts()).unwrap().id.as_str(), "off");
}

#[test]
fn a_destination_may_have_a_user_a_port_and_an_address_in_brackets() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(ad_hoc("ada@box"), (some("ada"), "box".into(), None));
    assert_eq!(ad_hoc("ada@box:2222"), (some("ada"), "box".into(), Some(2222)));
    assert_eq!(ad_hoc("box.example"), (None, "box.example".into(), None));
    assert_eq!(ad_hoc("[::1]:22"), (None, "::1".into(), Some(22)));
    assert_eq!(ad_hoc("ada@[fe80::1%eth0]"), (some("ada"), "fe80::1%eth0".into(), None));
    assert_eq!(ad_hoc("::1"), (None, "::1".into(), None));
    assert_eq!(ad_hoc("ssh://ada@box:22/"), (some("ada"), "box".into(), Some(22)));
}

#[test]
fn a_bare_word_is_a_destination_when_ssh_knows_it() {
    assert_eq!(ad_hoc("jump"), (None, "jump".into(), None));
    assert_eq!(ad_hoc("dev-7"), (None, "dev-7".into(), None));
}

#[test]
fn an_unknown_word_is_refused_with_the_nearest_names() {
    for (slip, meant) in [
        ("gup", "gpu"),
        ("jmup", "jump"),
        ("lba", "lab"),
        ("lcoal", "local"),
        ("gp", "gpu"),
        ("gpu-bx", "gpu?"),
    ] {
        let failure = meaning(slip).unwrap_err();
        assert_eq!(failure.code, Code::HostUnknown);
        let hint = failure.hint.unwrap();
        assert!(hint.contains(&format!("Did you mean {meant}")), "{slip}: {hint}");
    }
    let hint = meaning("zzzzzz").unwrap_err().hint.unwrap();
    assert!(!hint.contains("Did you mean"), "{hint}");
}

#[test]
fn what_ssh_would_misread_is_a_usage_error() {
    for bad in [
        "",
        "-oProxyCommand=x",
        "a b.c",
        "@box.c",
        "-l@box",
        "box:0",
        "box:+22",
        "box:70000",
        "box:",
        "[::1",
        "[::1]x",
        "a@b@c.d",
        "x;y.z",
    ] {
        assert_eq!(meaning(bad).unwrap_err().code, Code::Usage, "{bad:?}");
    }
}

#[test]
fn the_ssh_config_is_only_read_for_bare_words() {
    let never = || panic!("not needed");
    for argument in ["local", "gpu", "ada@box", "box.example"] {
        resolve(argument, &hosts(), never).unwrap();
    }
}

#[test]
fn a_target_sends_only_what_the_person_set() {
    let home = Path::new("/home/ada");
    let gpu = meaning("gpu").unwrap().target(home).unwrap();
    assert_eq!(
        gpu,
        Target {
            id: HostId::new("gpu"),
            destination: "gpu.example".into(),
            user: Some("ada".into()),
            port: Some(2222),
            identity_file: Some(PathBuf::from("/home/ada/.ssh/gpu")),
        }
    );
    let lab = meaning("lab").unwrap().target(home).unwrap();
    assert_eq!(lab.destination, "lab-login");
    assert_eq!((lab.user, lab.port, lab.identity_file), (None, None, None));
    let typed = meaning("bob@box:7").unwrap().target(home).unwrap();
    assert_eq!(
        (typed.id.as_str(), typed.destination.as_str(), typed.port),
        ("bob@box:7", "box", Some(7))
    );
    assert_eq!(ResolvedHost::Local.target(home), None);
}

proptest! {
    #[test]
    fn no_argument_ever_becomes_an_option_of_ssh(argument in "[-a@.:\\[\\] \\n\\x00]{0,10}") {
        if let Ok(host) = meaning(&argument)
            && let Some(target) = host.target(Path::new("/"))
        {
            let words = [Some(target.destination), target.user];
            for word in words.into_iter().flatten() {
                prop_assert!(!word.starts_with('-') && !word.is_empty());
                prop_assert!(!word.chars().any(|c| c.is_control() || c.is_whitespace()));
            }
        }
    }
}
