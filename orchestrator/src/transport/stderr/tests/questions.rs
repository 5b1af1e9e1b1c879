use proptest::prelude::*;

use crate::failure::Code;
use crate::host::HostId;
use crate::transport::QuestionKind as K;
use crate::transport::TransportError as E;
use crate::transport::stderr::fingerprint;
use crate::transport::stderr::{Asked, Phase, explain, kind_of_question};

const HOST_KEY: &str = "The authenticity of host '[127.0.0.1]:22991 ([127.0.0.1]:22991)' can't be established.\n\
    ED25519 key fingerprint is SHA256:2VqNNhP03c/bGRNZ3YCAq0k5xTlxMwAoy4ZcP6UdYO8.\n\
    This key is not known by any other names.\n\
    Are you sure you want to continue connecting (yes/no/[fingerprint])? ";

fn host_key(fingerprint: &str) -> K {
    K::HostKey { fingerprint: fingerprint.into() }
}

fn key(name: &str) -> K {
    K::Passphrase { key: name.into() }
}

#[test]
fn every_question_of_ssh_is_told_apart() {
    for (text, kind) in [
        (HOST_KEY, host_key("ED25519 SHA256:2VqNNhP03c/bGRNZ3YCAq0k5xTlxMwAoy4ZcP6UdYO8")),
        ("Please type 'yes', 'no' or the fingerprint: ", host_key("")),
        // OpenSSH 6, as CentOS 7 has it.
        ("Are you sure you want to continue connecting (yes/no)? ", host_key("")),
        (
            "Enter passphrase for key '/home/ada/.ssh/id_ed25519': ",
            key("/home/ada/.ssh/id_ed25519"),
        ),
        ("Enter passphrase for key '/home/o'hara/id': ", key("/home/o'hara/id")),
        ("Enter passphrase for \"/Users/ada/.ssh/id_rsa\": ", key("/Users/ada/.ssh/id_rsa")),
        ("Enter PIN for ED25519-SK key /home/ada/.ssh/id_sk: ", key("/home/ada/.ssh/id_sk")),
        ("Enter PIN for 'YubiKey PIV #1': ", key("YubiKey PIV #1")),
        ("Confirm user presence for key ED25519-SK SHA256:abc", K::Touch),
        ("root@127.0.0.1's password: ", K::Password),
        ("(ada@box) Password: ", K::Password),
        ("(ada@box) Verification code: ", K::Code),
        ("(ada@box) One-time password (OATH) for `ada': ", K::Code),
        ("Duo two-factor login for ada\n\nPasscode or option (1-3): ", K::Code),
        ("(ada@box) What is the airspeed of a swallow? ", K::Other),
        ("", K::Other),
    ] {
        assert_eq!(kind_of_question(text), kind, "{text}");
    }
}

#[test]
fn a_fingerprint_is_found_in_every_wording() {
    let sha = "SHA256:2VqNNhP03c/bGRNZ3YCAq0k5xTlxMwAoy4ZcP6UdYO8";
    let named = Some(format!("ED25519 {sha}"));
    assert_eq!(fingerprint(HOST_KEY), named);
    assert_eq!(fingerprint(&format!("ED25519 key fingerprint is: {sha}")), named);
    assert_eq!(fingerprint(&format!("Host key ED25519 {sha} revoked by file x")), named);
    let changed = format!("The fingerprint for the ED25519 key sent by the remote host is\n{sha}.");
    assert_eq!(fingerprint(&changed), named);
    assert_eq!(fingerprint(sha), Some(sha.to_owned()));
    assert_eq!(fingerprint("nothing of that kind"), None);
}

fn after(said: &str, questions: &[(&str, bool)]) -> E {
    let asked: Vec<Asked> = questions
        .iter()
        .map(|(text, answered)| Asked { text: (*text).into(), answered: *answered })
        .collect();
    explain(&HostId::new("dev"), Phase::Connecting, said, &asked)
}

const DENIED: &str =
    "root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\n";
const PASSWORD: &str = "root@127.0.0.1's password: ";
const PASSPHRASE: &str = "Enter passphrase for key '/k': ";

#[test]
fn a_question_that_nobody_answered_is_the_reason_of_a_refusal() {
    assert_eq!(after(DENIED, &[(PASSPHRASE, false)]).code(), Code::PassphraseRequired);
    assert_eq!(
        after(DENIED, &[(PASSWORD, false)]),
        E::AuthRefused {
            host: HostId::new("dev"),
            asked: Some(PASSWORD.trim().into()),
            said: DENIED.trim().into()
        }
    );
    // The key comes before the password that stands in for it.
    let both = after(DENIED, &[(PASSPHRASE, false), (PASSWORD, false)]);
    assert_eq!(both.code(), Code::PassphraseRequired);
    let unknown = after("Host key verification failed.\n", &[(HOST_KEY, false)]);
    assert!(matches!(&unknown, E::HostKeyUnknown { asked: Some(q), .. } if q == HOST_KEY.trim()));
}

#[test]
fn a_question_that_was_answered_is_no_reason() {
    let answered = [(HOST_KEY, true), (PASSPHRASE, true), (PASSWORD, true)];
    assert!(matches!(after(DENIED, &answered), E::AuthRefused { asked: None, .. }));
    let asked_again = [(PASSWORD, true), (PASSWORD, false)];
    assert!(matches!(after(DENIED, &asked_again), E::AuthRefused { asked: Some(_), .. }));
}

#[test]
fn a_server_that_hangs_up_while_we_wait_for_an_answer_does_not_hide_the_question() {
    let said = "Connection closed by 10.0.0.1 port 22\n";
    assert_eq!(after(said, &[(PASSPHRASE, false)]).code(), Code::PassphraseRequired);
    assert_eq!(after(said, &[(PASSWORD, false)]).code(), Code::AuthRefused);
    assert_eq!(after("", &[(HOST_KEY, false)]).code(), Code::HostKeyUnknown);
    // A refused port has nothing to do with what was asked on the way.
    let said = "ssh: connect to host dev port 22: Connection refused\n";
    assert_eq!(after(said, &[(PASSWORD, false)]).code(), Code::ConnectionRefused);
}

#[test]
fn a_question_of_the_jump_host_is_the_jump_hosts() {
    let said = "ada@gate: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n";
    let E::ProxyFailed { reason, .. } = after(said, &[(PASSPHRASE, false)]) else { panic!() };
    let reason = reason.unwrap();
    assert_eq!(
        (reason.code(), reason.host().unwrap().as_str()),
        (Code::PassphraseRequired, "gate")
    );
}

proptest! {
    #[test]
    fn no_question_upsets_us(text in "\\PC*") {
        kind_of_question(&text);
        fingerprint(&text);
    }
}
