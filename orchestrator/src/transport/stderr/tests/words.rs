use proptest::prelude::*;

use crate::failure::{Code, Failure};
use crate::host::HostId;
use crate::transport::TransportError as E;
use crate::transport::stderr::{Phase, explain};

fn connecting(said: &str) -> E {
    explain(&HostId::new("dev"), Phase::Connecting, said, &[])
}

fn connected(said: &str) -> E {
    explain(&HostId::new("dev"), Phase::Connected, said, &[])
}

#[test]
fn the_words_of_other_systems_and_versions_mean_the_same() {
    for (said, code) in [
        // macOS.
        (
            "ssh: Could not resolve hostname dev: nodename nor servname provided, or not known",
            Code::HostUnresolved,
        ),
        ("ssh: connect to host dev port 22: Operation timed out", Code::ConnectionTimedOut),
        ("ssh: connect to host dev port 22: Host is down", Code::NoRoute),
        ("ssh: connect to host dev port 22: Can't assign requested address", Code::NoRoute),
        ("ssh: connect to host dev port 22: Operation not permitted", Code::NoRoute),
        ("ssh: connect to host dev port 22: Undefined error: 0", Code::NoRoute),
        (
            "/Users/ada/.ssh/config: line 4: Bad configuration option: usekeychain\r\n/Users/ada/.ssh/config: terminating, 1 bad configuration options",
            Code::InvalidConfig,
        ),
        // glibc and musl.
        (
            "ssh: Could not resolve hostname dev: Temporary failure in name resolution",
            Code::HostUnresolved,
        ),
        (
            "ssh: Could not resolve hostname dev: No address associated with hostname",
            Code::HostUnresolved,
        ),
        ("ssh: Could not resolve hostname dev: Name does not resolve", Code::HostUnresolved),
        ("ssh: Could not resolve hostname dev: Try again", Code::HostUnresolved),
        // Linux, where the machine doesn't answer.
        ("ssh: connect to host dev port 22: Connection timed out", Code::ConnectionTimedOut),
        ("ssh: connect to host dev port 22: No route to host", Code::NoRoute),
        ("ssh: connect to host dev port 22: Invalid argument", Code::NoRoute),
        // Older versions.
        ("Permission denied (publickey,gssapi-keyex,gssapi-with-mic,password).", Code::AuthRefused),
        ("Permission denied (keyboard-interactive).", Code::AuthRefused),
        ("ssh_exchange_identification: Connection closed by remote host", Code::ConnectionClosed),
        ("ssh_exchange_identification: read: Connection reset by peer", Code::ConnectionClosed),
        ("Connection timed out during banner exchange", Code::ConnectionTimedOut),
        (
            "banner exchange: Connection to 10.0.0.1 port 22: Operation timed out",
            Code::ConnectionTimedOut,
        ),
        (
            "Received disconnect from 10.0.0.1: 2: Too many authentication failures for root",
            Code::TooManyAuthFailures,
        ),
        (
            "Received disconnect from 10.0.0.1 port 22:14: No supported authentication methods available",
            Code::AuthRefused,
        ),
        (
            "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss",
            Code::KexFailed,
        ),
        ("ControlPath too long ('/tmp/…' >= 108 bytes)", Code::InvalidConfig),
        // Others.
        ("Connection reset by 10.0.0.1 port 22", Code::ConnectionClosed),
        ("Connection closed by 10.0.0.1 port 22", Code::ConnectionClosed),
        (
            "Bad packet length 1349676916.\nssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: Connection corrupted",
            Code::ConnectionClosed,
        ),
        ("Bad owner or permissions on /home/ada/.ssh/config", Code::InvalidConfig),
        ("hostname contains invalid characters", Code::InvalidConfig),
    ] {
        assert_eq!(connecting(said).code(), code, "{said}");
        assert_eq!(
            connecting(&said.to_uppercase().replace("SSH: ", "ssh: ")).code(),
            code,
            "{said}"
        );
    }
}

#[test]
fn once_somebody_was_let_in_the_same_words_mean_a_lost_connection() {
    for said in [
        "Connection to dev closed by remote host.",
        "Timeout, server dev not responding.",
        "client_loop: send disconnect: Broken pipe",
        "Connection reset by 10.0.0.1 port 22",
        "Connection closed by 10.0.0.1 port 22",
        "Connection closed by UNKNOWN port 65535",
        "Received disconnect from 10.0.0.1 port 22:11: disconnected by user\nDisconnected from 10.0.0.1 port 22",
        "Read from remote host dev: Operation timed out",
        "packet_write_wait: Connection to 10.0.0.1 port 22: Broken pipe",
        "Corrupted MAC on input.\nssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: message authentication code incorrect",
        "ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: Connection corrupted",
        "mux_client_request_session: read from master failed: Broken pipe",
        "mux_client_request_session: session request failed: Session open refused by peer",
        "muxclient: master hello exchange failed",
        "something that no version has said so far",
    ] {
        let lost = connected(said);
        assert!(matches!(lost, E::ConnectionLost { .. }), "{said} {lost:?}");
        let first = said.lines().next().unwrap().trim_end_matches('.');
        assert!(lost.to_string().contains(first), "{lost}");
    }
    assert_eq!(connected("").to_string(), "lost the connection to dev");
}

#[test]
fn a_forward_that_failed_is_not_why_the_connection_was_lost() {
    let said = "channel 3: open failed: connect failed: Connection refused\nTimeout, server dev not responding.\n";
    assert_eq!(
        connected(said).to_string(),
        "lost the connection to dev: Timeout, server dev not responding"
    );
}

#[test]
fn words_that_nobody_knows_are_shown_and_kept_whole() {
    let error = connecting("first new words\nsecond new words\n");
    assert_eq!(
        error.to_string(),
        "the connection to dev ended before we were let in: second new words"
    );
    let E::ConnectionClosed { said, .. } = error else { panic!() };
    assert_eq!(said, "second new words\nfirst new words");
}

#[test]
fn noise_is_dropped() {
    let noise = "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n\
        debug1: Authentications that can continue: publickey\n\
        debug2: we sent a publickey packet, wait for reply\n\
        Pseudo-terminal will not be allocated because stdin is not a terminal.\r\n\
        Warning: Permanently added '[127.0.0.1]:22991' (ED25519) to the list of known hosts.\r\n\
        ** WARNING: connection is not using a post-quantum key exchange algorithm.\n\
        ** This session may be vulnerable to \"store now, decrypt later\" attacks.\n\
        ** The server may need to be upgraded. See https://openssh.com/pq.html\n\
        /home/ada/.ssh/config line 3: Deprecated option \"rsaauthentication\"\n";
    let E::ConnectionClosed { said, .. } = connecting(noise) else { panic!() };
    assert_eq!(said, "");
    let denied = "root@127.0.0.1: Permission denied (publickey).";
    let E::AuthRefused { said, .. } = connecting(&format!("{noise}{denied}\r\n")) else { panic!() };
    assert_eq!(said, denied);
}

#[test]
fn a_banner_before_the_words_of_ssh_does_not_decide() {
    let banner = "* Access is monitored. Connection refused without a badge. *\n";
    for (said, code) in [
        ("ada@dev: Permission denied (publickey).", Code::AuthRefused),
        ("Connection closed by 10.0.0.1 port 22", Code::ConnectionClosed),
        (
            "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures",
            Code::TooManyAuthFailures,
        ),
    ] {
        let error = connecting(&format!("{banner}{said}"));
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains("badge"), "{error}");
    }
}

#[test]
fn a_changed_key_outweighs_everything_that_follows() {
    // macOS 14, with a password login switched off because of the key.
    let said = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        The fingerprint for the RSA key sent by the remote host is\n\
        SHA256:2VqNNhP03c/bGRNZ3YCAq0k5xTlxMwAoy4ZcP6UdYO8.\n\
        Add correct host key in /Users/ada/my in laws/known_hosts to get rid of this message.\n\
        Offending ED25519 key in /Users/ada/my in laws/known_hosts:17\n\
        Password authentication is disabled to avoid man-in-the-middle attacks.\n\
        ada@dev: Permission denied (publickey,password).\n";
    let error = connecting(said);
    let E::HostKeyChanged { record, .. } = &error else { panic!("{error:?}") };
    assert_eq!(record.entry.as_deref(), Some("/Users/ada/my in laws/known_hosts:17"));
    assert!(record.shown.as_ref().unwrap().starts_with("RSA SHA256:"));
    assert!(error.hint().unwrap().contains("ssh-keygen -R dev"));
}

#[test]
fn keys_that_could_not_be_used_are_named_with_what_to_do() {
    let denied = "ada@dev: Permission denied (publickey).";
    for (said, advice) in [
        ("Load key \"/k\": invalid format", "ssh-keygen -y -f /k"),
        ("Load key \"/k\": Permission denied", "owner and mode of /k"),
        ("Load key \"/k\": incorrect passphrase supplied to decrypt private key", "ssh-add /k"),
        ("no such identity: /k: No such file or directory", "path /k"),
        ("sign_and_send_pubkey: no mutual signature supported", "PubkeyAcceptedAlgorithms"),
        (
            "sign_and_send_pubkey: signing failed for ED25519 \"/k\" from agent: agent refused operation",
            "ssh-add /k",
        ),
        ("sign_and_send_pubkey: signing failed for ED25519-SK \"/k\": device not found", "Plug in"),
    ] {
        let error = connecting(&format!("{said}\n{denied}"));
        assert!(matches!(error, E::KeyUnusable { .. }), "{error:?}");
        assert_eq!(error.code(), Code::AuthRefused);
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.hint().unwrap().contains(advice), "{error:?}");
        // It is no reason for what happens before keys matter.
        let early = format!("{said}\nssh: connect to host dev port 22: Connection refused");
        assert_eq!(connecting(&early).code(), Code::ConnectionRefused);
    }
}

#[test]
fn the_failing_hop_is_told_from_the_host_behind_it() {
    let dead = "kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535";
    for (said, hop, code) in [
        (
            "ssh: connect to host gate port 2222: Connection refused",
            "gate",
            Code::ConnectionRefused,
        ),
        (
            "ssh: Could not resolve hostname gate: Name or service not known",
            "gate",
            Code::HostUnresolved,
        ),
        ("ada@gate: Permission denied (publickey).", "gate", Code::AuthRefused),
        (
            "No ED25519 host key is known for [gate]:2222 and you have requested strict checking.\nHost key verification failed.",
            "gate",
            Code::HostKeyUnknown,
        ),
        (
            "Received disconnect from 10.0.0.9 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.9 port 22",
            "10.0.0.9",
            Code::TooManyAuthFailures,
        ),
        // The hop's own sshd hung up.
        (
            "kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.9 port 22",
            "10.0.0.9",
            Code::ConnectionClosed,
        ),
        (
            "Connection timed out during banner exchange\nConnection to 10.0.0.9 port 22 timed out",
            "10.0.0.9",
            Code::ConnectionTimedOut,
        ),
        // And the host behind it.
        (
            "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed",
            "dev",
            Code::NoRoute,
        ),
        (
            "channel 0: open failed: connect failed: Connection timed out\nstdio forwarding failed",
            "dev",
            Code::ConnectionTimedOut,
        ),
    ] {
        let error = connecting(&format!("{said}\n{dead}"));
        assert_eq!(error.code(), Code::ProxyFailed);
        let E::ProxyFailed { reason, said: words, .. } = &error else { panic!("{error:?}") };
        let reason = reason.as_ref().unwrap();
        assert_eq!((reason.host().unwrap().as_str(), reason.code()), (hop, code), "{said}");
        assert_eq!(error.needs_a_person(), reason.needs_a_person());
        assert!(said.lines().all(|line| words.contains(line)), "{words}");
        assert!(error.to_string().contains(hop), "{error}");
    }
}

#[test]
fn a_host_that_hangs_up_is_no_dead_proxy() {
    let said = "Warning: Identity file /k not accessible: No such file or directory.\nkex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22";
    assert_eq!(connecting(said).code(), Code::ConnectionClosed);
    // At LogLevel=ERROR the last line is missing.
    assert_eq!(connecting(said.rsplit_once('\n').unwrap().0).code(), Code::ConnectionClosed);
}

#[test]
fn nothing_in_a_message_can_steer_a_terminal() {
    let error = connecting("\u{1b}]0;owned\u{7}new words\n");
    let Failure { message, .. } = Failure::from(&error);
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.contains("new words"), "{message}");
}

proptest! {
    #[test]
    fn whatever_is_said_no_word_is_lost(lines in prop::collection::vec("[a-zA-Z:()@ ]{0,30}|\\PC{0,20}", 0..6)) {
        let text = lines.join("\n");
        for error in [connecting(&text), connected(&text)] {
            let (E::ConnectionClosed { said, .. } | E::ConnectionLost { said, .. }) = &error else { continue };
            for line in text.split(['\n', '\r']).map(str::trim) {
                let plain = !line.chars().any(char::is_control);
                prop_assert!(!plain || said.contains(line) || super::super::rows::is_noise(line));
            }
            let message = error.to_string();
            prop_assert!(!message.contains('\n'));
        }
    }
}
