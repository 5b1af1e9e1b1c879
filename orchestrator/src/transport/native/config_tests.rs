#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use super::*;

fn around() -> Surroundings {
    Surroundings {
        home: "/home/me".into(),
        local_user: "me".into(),
        environment: vec![
            ("SSH_AUTH_SOCK".into(), "/run/agent".into()),
            ("LC_ALL".into(), "C".into()),
            ("KEYS".into(), "/keys".into()),
        ],
    }
}

/// What the real `ssh -G` makes of a config.
fn ssh_g(lines: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    std::fs::write(&file, lines).unwrap();
    let printed = Command::new("ssh").arg("-F").arg(&file).args(["-G", "box"]).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8(printed.stdout).unwrap()
}

fn read(lines: &str) -> Result<NativeConfig, TransportError> {
    NativeConfig::from_ssh_g(&HostId::new("box"), &ssh_g(lines), &around())
}

#[test]
fn what_ssh_resolved_is_taken_over() {
    let config = read(
        "Host box\n HostName 10.0.0.7\n Port 2022\n User deploy\n IdentityFile ~/.ssh/%r-%h\n \
         IdentityFile ${KEYS}/b\n IdentitiesOnly yes\n HostKeyAlias cluster\n HashKnownHosts yes\n \
         UserKnownHostsFile /k/one /k/two\n GlobalKnownHostsFile none\n ConnectTimeout 3\n \
         ServerAliveInterval 7\n ServerAliveCountMax 2\n StrictHostKeyChecking yes\n AddressFamily inet\n \
         SetEnv A=b\n SendEnv LC_*\n PreferredAuthentications password,publickey\n IdentityAgent none\n",
    )
    .unwrap();
    assert_eq!((config.hostname.as_str(), config.port), ("10.0.0.7", 2022));
    assert_eq!(config.user, "deploy");
    assert_eq!(
        config.identity_files,
        [PathBuf::from("/home/me/.ssh/deploy-10.0.0.7"), "/keys/b".into()]
    );
    assert!(config.identities_only && config.hash_known_hosts && !config.batch);
    assert_eq!(config.host_key_alias.as_deref(), Some("cluster"));
    assert_eq!(config.known_hosts_files, [PathBuf::from("/k/one"), "/k/two".into()]);
    assert_eq!(config.new_keys_file, Some("/k/one".into()));
    assert_eq!(config.connect_timeout, Duration::from_secs(3));
    assert_eq!((config.keepalive_interval, config.keepalive_count), (Duration::from_secs(7), 2));
    assert_eq!(config.strict_host_key_checking, HostKeyPolicy::Strict);
    assert_eq!(config.address_family, AddressFamily::Inet);
    let env = [("A".to_owned(), "b".to_owned()), ("LC_ALL".to_owned(), "C".to_owned())];
    assert_eq!(config.environment, env);
    assert_eq!(config.methods, [Method::Password, Method::PublicKey]);
    assert_eq!(config.identity_agent, None);
}

#[test]
fn an_empty_config_has_the_usual_values() {
    let config = read("").unwrap();
    assert_eq!((config.hostname.as_str(), config.port), ("box", 22));
    assert!(config.identity_files.contains(&"/home/me/.ssh/id_ed25519".into()));
    assert_eq!(config.identity_agent, Some("/run/agent".into()));
    assert_eq!(config.strict_host_key_checking, HostKeyPolicy::Ask);
    assert_eq!(config.keepalive_interval, Duration::from_secs(15));
    assert_eq!(config.connect_timeout, Duration::from_secs(10));
    assert_eq!(config.methods.len(), 3);
    assert!(config.algorithms.ciphers.contains(&"aes128-gcm@openssh.com".to_owned()));
}

#[test]
fn what_we_cannot_honour_is_refused_by_name() {
    for (line, option) in [
        ("ProxyCommand nc %h %p", "proxycommand"),
        ("ProxyJump hop", "proxyjump"),
        ("CertificateFile /c", "certificatefile"),
        ("PKCS11Provider /p.so", "pkcs11provider"),
        ("KnownHostsCommand /bin/cat", "knownhostscommand"),
        ("RevokedHostKeys /r", "revokedhostkeys"),
        ("BindAddress 10.0.0.1", "bindaddress"),
        ("BindInterface eth0", "bindinterface"),
        ("PreferredAuthentications gssapi-with-mic\nGSSAPIAuthentication yes", "gssapi"),
        ("PreferredAuthentications hostbased", "preferredauthentications"),
        ("IdentityFile /keys/%C", "%C"),
        ("IdentityFile ${NOT_SET}/a", "NOT_SET"),
    ] {
        let refused = read(line).unwrap_err();
        let TransportError::Unsupported { what, .. } = &refused else {
            panic!("{line}: {refused:?}");
        };
        assert!(what.contains(option), "{line}: {what}");
    }
}

#[test]
fn none_switches_an_option_off() {
    assert!(read("ProxyJump none\nProxyCommand none\nPKCS11Provider none").is_ok());
    let config = read("IdentityFile none\nUserKnownHostsFile none").unwrap();
    assert!(config.identity_files.is_empty());
    assert_eq!(config.new_keys_file, None);
}

#[test]
fn batch_mode_leaves_nothing_that_asks() {
    let config = read("BatchMode yes").unwrap();
    assert!(config.batch);
    assert_eq!(config.methods, [Method::PublicKey]);
}

#[test]
fn a_switched_off_method_is_not_tried() {
    let config = read("PasswordAuthentication no\nPubkeyAuthentication no").unwrap();
    assert_eq!(config.methods, [Method::KeyboardInteractive]);
}

#[test]
fn text_that_is_not_from_ssh_is_an_invalid_config() {
    let refused = NativeConfig::from_ssh_g(&HostId::new("box"), "port x\n", &around());
    assert!(matches!(refused, Err(TransportError::InvalidConfig { .. })));
    let refused = NativeConfig::from_ssh_g(&HostId::new("box"), "", &around());
    assert!(matches!(refused, Err(TransportError::InvalidConfig { .. })));
}
