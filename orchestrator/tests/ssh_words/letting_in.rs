//! Keys of hosts and of people, passwords, algorithms.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use orchestrator::transport::TransportError as E;

use crate::bed::Bed;

#[track_caller]
fn check(error: &E, fits: bool) {
    assert!(fits, "{error:?}");
}

#[test]
fn an_unknown_host_key() {
    let bed = Bed::start();
    let empty = format!("UserKnownHostsFile={}", bed.file("empty", "", 0o600));
    let error = bed.refused(&["-o", &empty, "-i", &bed.at("good")]);
    check(&error, matches!(error, E::HostKeyUnknown { asked: None, .. }));

    let error = bed.refused(&["-o", &empty, "-o", "StrictHostKeyChecking=ask"]);
    check(&error, matches!(error, E::HostKeyUnknown { asked: Some(_), .. }));
    let message = error.to_string();
    assert!(message.contains(": ED25519 SHA256:"), "{message}");
}

#[test]
fn a_changed_host_key_with_its_fingerprint_and_how_to_remove_the_old_one() {
    let bed = Bed::start();
    bed.know("changed", "other_host", "");
    let file = bed.at("changed");
    for checking in ["yes", "accept-new", "ask"] {
        let checking = format!("StrictHostKeyChecking={checking}");
        let error = bed.refused(&["-o", &format!("UserKnownHostsFile={file}"), "-o", &checking]);
        let E::HostKeyChanged { record, .. } = &error else { panic!("{error:?}") };
        assert!(record.shown.as_ref().unwrap().starts_with("ED25519 SHA256:"), "{record:?}");
        assert_eq!(record.entry, Some(format!("{file}:1")));
        let remove = format!("ssh-keygen -f \"{file}\" -R \"[127.0.0.1]:{}\"", bed.port);
        assert!(error.hint().unwrap().contains(&remove), "{error:?}");
    }
}

#[test]
fn a_revoked_host_key() {
    let bed = Bed::start();
    bed.know("revoked", "host", "@revoked ");
    let error = bed.refused(&["-o", &format!("UserKnownHostsFile={}", bed.at("revoked"))]);
    check(&error, matches!(error, E::HostKeyRevoked { .. }));

    let error = bed.refused(&["-o", &format!("RevokedHostKeys={}", bed.at("host.pub"))]);
    let shown =
        matches!(&error, E::HostKeyRevoked { shown: Some(key), .. } if key.contains("SHA256:"));
    check(&error, shown);
}

#[test]
fn a_wrong_key_and_a_wrong_user() {
    let bed = Bed::start();
    let error = bed.refused(&["-i", &bed.at("unknown")]);
    check(&error, matches!(error, E::AuthRefused { asked: None, .. }));
    let error = bed.refused(&["-i", &bed.at("good"), "-l", "nobody-of-that-name"]);
    check(&error, matches!(error, E::AuthRefused { asked: None, .. }));
}

#[test]
fn a_locked_key_whose_question_nobody_answers() {
    let bed = Bed::start();
    let error = bed.refused(&["-i", &bed.at("locked")]);
    let asks = matches!(&error, E::PassphraseRequired { asked, .. } if asked.contains("locked"));
    check(&error, asks);
}

#[test]
fn a_locked_key_in_batch_mode_looks_like_a_refused_one_and_the_hint_says_so() {
    let bed = Bed::start();
    let error = bed.refused(&["-o", "BatchMode=yes", "-i", &bed.at("locked")]);
    check(&error, matches!(error, E::AuthRefused { asked: None, .. }));
    assert!(error.hint().unwrap().contains("ssh-add"), "{error:?}");
}

#[test]
fn a_password_that_nobody_types() {
    let bed = Bed::with("PasswordAuthentication yes");
    let error = bed.refused(&["-i", &bed.at("unknown")]);
    let asks = matches!(&error, E::AuthRefused { asked: Some(q), .. } if q.contains("password"));
    check(&error, asks);
}

#[test]
fn a_server_that_gives_up_after_too_many_keys() {
    let bed = Bed::with("MaxAuthTries 2");
    let mut keys = Vec::new();
    for key in ["unknown", "other_host", "host", "good"] {
        keys.extend(["-i".to_owned(), bed.at(key)]);
    }
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let error = bed.refused(&keys);
    check(&error, matches!(error, E::TooManyAuthFailures { .. }));
}

#[test]
fn key_files_that_cannot_be_used() {
    let bed = Bed::start();
    let good = std::fs::read(bed.path("good")).unwrap();
    let open = bed.file("open", &good, 0o644);
    let damaged = bed.file("damaged", &good[..200], 0o600);
    let garbage = bed.file("garbage", "not a key\n", 0o600);
    let directory = bed.at("directory");
    std::fs::create_dir(&directory).unwrap();
    std::fs::set_permissions(&directory, Permissions::from_mode(0o700)).unwrap();
    let missing = bed.at("missing");
    for (file, advice) in [
        (open, "chmod 600"),
        (damaged, "ssh-keygen -y -f"),
        (garbage, "ssh-keygen -y -f"),
        (directory, "not the directory"),
        (missing, "Check the path"),
    ] {
        let error = bed.refused(&["-i", &file]);
        check(&error, matches!(error, E::KeyUnusable { .. }));
        let hint = error.hint().unwrap();
        assert!(hint.contains(advice) && hint.contains(&file), "{error:?}");
    }
}

#[test]
fn no_algorithm_in_common() {
    let bed = Bed::with("KexAlgorithms curve25519-sha256\nCiphers aes256-ctr\nMACs hmac-sha2-256");
    for (option, word) in [
        ("KexAlgorithms=ecdh-sha2-nistp256", "key exchange method"),
        ("HostKeyAlgorithms=rsa-sha2-256", "host key type"),
        ("Ciphers=aes128-ctr", "cipher"),
        ("MACs=hmac-sha2-512", "MAC"),
    ] {
        let error = bed.refused(&["-o", option]);
        check(&error, matches!(error, E::KexFailed { .. }));
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_banner_of_the_server_disturbs_nothing() {
    let bed = Bed::start();
    let banner = bed.file("banner", "Welcome!\nUnauthorised access is forbidden.\n", 0o644);
    let bed = Bed::with(&format!("Banner {banner}"));
    let error = bed.refused(&["-i", &bed.at("unknown")]);
    check(&error, matches!(error, E::AuthRefused { .. }));
    assert!(!error.to_string().contains("Welcome"), "{error}");
}
