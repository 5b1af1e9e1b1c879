//! Jump hosts and proxy commands.

use orchestrator::transport::TransportError as E;
use orchestrator::transport::stderr::Phase;

use crate::bed::Bed;

/// What stands in the way, according to the error.
#[track_caller]
fn reason(error: &E) -> Option<&E> {
    let E::ProxyFailed { reason, .. } = error else { panic!("{error:?}") };
    reason.as_deref()
}

#[test]
fn a_jump_host_where_nobody_listens() {
    let bed = Bed::start();
    let error = bed.refused(&["-J", "dead1"]);
    assert!(matches!(reason(&error), Some(E::ConnectionRefused { .. })), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1 refused the connection"), "{error}");
}

#[test]
fn the_first_of_two_jump_hosts_is_dead() {
    let bed = Bed::start();
    let error = bed.refused(&["-J", "dead1,dead2"]);
    assert!(matches!(reason(&error), Some(E::ConnectionRefused { .. })), "{error:?}");
}

#[test]
fn a_jump_host_without_an_address() {
    let bed = Bed::start();
    let error = bed.refused(&["-J", "lost"]);
    assert!(matches!(reason(&error), Some(E::HostUnresolved { .. })), "{error:?}");
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}

/// Reaches `target` through a second ssh to the bed with those options.
fn through(bed: &Bed, options: &str, target: &[&str]) -> E {
    let hop = format!("ssh -F {} {options} -W '[%h]:%p' gate", bed.at("config"));
    let proxy = format!("ProxyCommand={hop}");
    let command = bed.ssh(&[], &[&["-o", &proxy], target].concat());
    bed.hear(command).explain(Phase::Connecting)
}

#[test]
fn a_jump_host_that_refuses_our_key() {
    let bed = Bed::start();
    let error = through(&bed, &format!("-i {}", bed.at("unknown")), &["127.0.0.1", "true"]);
    let hop = reason(&error).unwrap();
    assert!(matches!(hop, E::AuthRefused { .. }), "{error:?}");
    assert_eq!(hop.host().unwrap().as_str(), "127.0.0.1");
    assert!(error.needs_a_person(), "retrying would not help");
}

#[test]
fn a_jump_host_that_asks_for_a_passphrase() {
    let bed = Bed::start();
    let error = through(&bed, &format!("-i {}", bed.at("locked")), &["127.0.0.1", "true"]);
    assert!(matches!(reason(&error), Some(E::PassphraseRequired { .. })), "{error:?}");
}

#[test]
fn a_jump_host_with_an_unknown_or_changed_key() {
    let bed = Bed::start();
    let empty = bed.file("empty", "", 0o600);
    let error = through(&bed, &format!("-o UserKnownHostsFile={empty}"), &["127.0.0.1", "true"]);
    assert!(matches!(reason(&error), Some(E::HostKeyUnknown { .. })), "{error:?}");

    bed.know("changed", "other_host", "");
    let options = format!("-o UserKnownHostsFile={}", bed.at("changed"));
    let error = through(&bed, &options, &["127.0.0.1", "true"]);
    assert!(matches!(reason(&error), Some(E::HostKeyChanged { .. })), "{error:?}");
    assert!(error.hint().unwrap().contains("ssh-keygen -f"), "{error:?}");
}

#[test]
fn a_jump_host_without_a_common_algorithm() {
    let bed = Bed::start();
    let error = through(&bed, "-o HostKeyAlgorithms=rsa-sha2-256", &["127.0.0.1", "true"]);
    assert!(matches!(reason(&error), Some(E::KexFailed { .. })), "{error:?}");
}

#[test]
fn a_target_that_cannot_be_reached_from_the_jump_host() {
    let bed = Bed::start();
    let key = format!("-i {}", bed.at("good"));
    let error = through(&bed, &key, &["-p", "1", "127.0.0.1", "true"]);
    assert!(matches!(reason(&error), Some(E::ConnectionRefused { .. })), "{error:?}");
    assert!(error.to_string().contains("dev refused"), "{error}");

    let error = through(&bed, &key, &["no-such-host.invalid", "true"]);
    assert!(matches!(reason(&error), Some(E::HostUnresolved { .. })), "{error:?}");
}

#[test]
fn a_jump_host_that_forbids_forwarding() {
    let bed = Bed::with("AllowTcpForwarding no");
    let error = through(&bed, &format!("-i {}", bed.at("good")), &["127.0.0.1", "true"]);
    assert!(reason(&error).is_none(), "{error:?}");
    assert!(error.to_string().contains("administratively prohibited"), "{error}");
}

#[test]
fn a_target_that_refuses_us_behind_a_jump_host_that_works() {
    let bed = Bed::start();
    let bad = bed.at("unknown");
    let error =
        through(&bed, &format!("-i {}", bed.at("good")), &["-i", &bad, "127.0.0.1", "true"]);
    assert!(matches!(error, E::AuthRefused { .. }), "{error:?}");
}

#[test]
fn proxy_commands_that_are_missing_fail_or_say_nothing() {
    let bed = Bed::start();
    for (command, words) in [
        ("no-such-program %h %p", "no-such-program"),
        ("/no/such/program %h %p", "/no/such/program"),
        ("sh -c 'echo gateway is closed >&2; exit 255'", "gateway is closed"),
        ("exit 255", "failed: "),
        ("false", "without a word"),
    ] {
        let error = bed.refused(&["-o", &format!("ProxyCommand={command}")]);
        assert!(reason(&error).is_none(), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_proxy_command_that_waits_forever() {
    let bed = Bed::start();
    let error = bed.refused(&["-o", "ConnectTimeout=1", "-o", "ProxyCommand=tail -f /dev/null"]);
    assert!(matches!(error, E::ConnectionTimedOut { .. }), "{error:?}");
}

#[test]
fn at_loglevel_error_a_dead_jump_host_still_shows() {
    let bed = Bed::start();
    let error = bed.refused(&["-o", "LogLevel=ERROR", "-J", "dead1"]);
    assert!(matches!(reason(&error), Some(E::ConnectionRefused { .. })), "{error:?}");
    let error = bed.refused(&["-o", "LogLevel=ERROR", "-i", &bed.at("missing"), "-p", "1"]);
    assert!(matches!(error, E::ConnectionRefused { .. }), "{error:?}");
}

#[test]
fn a_master_tells_in_two_places_and_either_may_come_first() {
    let bed = Bed::start();
    let (log, socket) = (bed.at("master.log"), bed.at("s"));
    let mut heard = bed
        .hear(bed.ssh(&[], &["-J", "dead1", "-M", "-N", "-S", &socket, "-E", &log, "127.0.0.1"]));
    let log = std::fs::read_to_string(log).unwrap();
    assert!(heard.said.contains("refused") && !log.contains("refused"), "{heard:?} {log}");
    for said in [format!("{}{log}", heard.said), format!("{log}{}", heard.said)] {
        heard.said = said;
        let error = heard.explain(Phase::Connecting);
        assert!(matches!(reason(&error), Some(E::ConnectionRefused { .. })), "{error:?}");
    }
}
