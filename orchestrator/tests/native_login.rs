//! How the built-in ssh client gets in, and what it says when it doesn't.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/odd_server.rs"]
mod odd_server;
mod support;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use odd_server::Wants;
use orchestrator::failure::Code;
use orchestrator::host::HostId;
use orchestrator::transport::native::{
    HostKeyPolicy, Native, NativeConfig, NativeSettings, Surroundings,
};
use orchestrator::transport::{
    Asker, ChannelRequest, Link, QuestionKind, Transport, TransportError,
};
use support::{Answers, PATIENCE, TestSshd, make_key, output, user};
use tokio::net::TcpListener;
use tokio::time::timeout;

type Entered = Result<Arc<dyn Link>, TransportError>;

async fn enter(sshd: &TestSshd, config: NativeConfig) -> Entered {
    enter_with(sshd, config, None).await
}

async fn enter_with(
    sshd: &TestSshd,
    config: NativeConfig,
    answers: Option<&Arc<Answers>>,
) -> Entered {
    let asker = answers.map(|answers| Arc::clone(answers) as Arc<dyn Asker>);
    let native = sshd.transport(config, asker);
    timeout(PATIENCE, native.connect()).await.expect("no end")
}

fn code(entered: Entered) -> Code {
    match entered {
        Ok(_) => panic!("we got in"),
        Err(error) => error.code(),
    }
}

/// A config for a server without keys.
fn odd_config(port: u16) -> NativeConfig {
    let mut config = NativeConfig::new("127.0.0.1", port, "me");
    config.strict_host_key_checking = HostKeyPolicy::AcceptNew;
    config
}

async fn enter_odd(config: NativeConfig, answers: Option<&Arc<Answers>>) -> Entered {
    let asker = answers.map(|answers| Arc::clone(answers) as Arc<dyn Asker>);
    let settings = NativeSettings::new("/nonexistent/spill");
    let native = Native::new(HostId::new("odd"), config, settings, asker);
    timeout(PATIENCE, native.connect()).await.expect("no end")
}

#[tokio::test]
async fn keys_of_every_usual_kind_let_us_in() {
    let sshd = TestSshd::start("");
    let authorized = sshd.path("authorized_keys");
    let mut lines = std::fs::read_to_string(&authorized).unwrap();
    for (name, kind) in [("ecdsa", "ecdsa"), ("ed", "ed25519"), ("rsa2", "rsa")] {
        make_key(&sshd.path(name), kind, "");
        lines += &std::fs::read_to_string(sshd.path(&format!("{name}.pub"))).unwrap();
    }
    std::fs::write(&authorized, lines).unwrap();
    for name in ["ecdsa", "ed", "rsa2"] {
        let mut config = sshd.config();
        config.identity_files = vec![sshd.path("missing"), sshd.path(name)];
        let entered = enter(&sshd, config).await;
        assert!(entered.is_ok(), "{name}: {entered:?}\n{}", sshd.log());
    }
}

#[tokio::test]
async fn rsa_signs_with_sha2() {
    for algorithm in ["rsa-sha2-256", "rsa-sha2-512"] {
        let sshd = TestSshd::start(&format!("PubkeyAcceptedAlgorithms {algorithm}"));
        let mut config = sshd.config();
        config.identity_files = vec![sshd.path("rsa")];
        config.algorithms.public_keys = vec![algorithm.to_owned()];
        let entered = enter(&sshd, config).await;
        assert!(entered.is_ok(), "{algorithm}: {entered:?}\n{}", sshd.log());
    }
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_refused() {
    let sshd = TestSshd::start("");
    make_key(&sshd.path("stranger"), "ed25519", "");
    let mut config = sshd.config();
    config.identity_files = vec![sshd.path("stranger")];
    let error = enter(&sshd, config).await.unwrap_err();
    let TransportError::AuthRefused { asked: None, said, .. } = &error else { panic!("{error:?}") };
    assert!(said.contains("stranger") && said.contains("publickey"), "{said}");
}

#[tokio::test]
async fn a_wrong_account_is_refused() {
    let sshd = TestSshd::start("");
    let mut config = sshd.config();
    config.user = "nobody-of-that-name".to_owned();
    assert_eq!(code(enter(&sshd, config).await), Code::AuthRefused);
}

#[tokio::test]
async fn too_many_keys_are_told_from_wrong_ones() {
    let sshd = TestSshd::start("MaxAuthTries 2");
    let mut config = sshd.config();
    config.identity_files = (0..4)
        .map(|n| {
            make_key(&sshd.path(&format!("k{n}")), "ed25519", "");
            sshd.path(&format!("k{n}"))
        })
        .collect();
    assert_eq!(code(enter(&sshd, config).await), Code::TooManyAuthFailures);
}

#[tokio::test]
async fn a_locked_key_is_a_question_with_up_to_three_answers() {
    let sshd = TestSshd::start("");
    let locked = sshd.path("locked");
    make_key(&locked, "ed25519", "open sesame");
    std::fs::copy(sshd.path("locked.pub"), sshd.path("authorized_keys")).unwrap();
    let mut config = sshd.config();
    config.identity_files = vec![locked.clone()];

    let answers = Answers::new(&[Some("wrong"), Some("open sesame")]);
    let entered = enter_with(&sshd, config.clone(), Some(&answers)).await;
    assert!(entered.is_ok(), "{entered:?}");
    let asked = answers.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].kind, QuestionKind::Passphrase { key: locked.display().to_string() });
    assert!(asked[0].secret && asked[0].text.contains("locked"));

    let error = enter(&sshd, config.clone()).await.unwrap_err();
    let TransportError::PassphraseRequired { asked, .. } = &error else { panic!("{error:?}") };
    assert!(asked.contains("locked"), "{asked}");

    let wrong = Answers::new(&[Some("a"), Some("b"), Some("c"), Some("open sesame")]);
    assert_eq!(code(enter_with(&sshd, config, Some(&wrong)).await), Code::AuthRefused);
    assert_eq!(wrong.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_locked_key_that_the_server_does_not_want_is_no_question() {
    let sshd = TestSshd::start("");
    make_key(&sshd.path("locked"), "ed25519", "secret");
    let mut config = sshd.config();
    config.identity_files = vec![sshd.path("locked"), sshd.path("id")];
    let answers = Answers::new(&[]);
    assert!(enter_with(&sshd, config, Some(&answers)).await.is_ok());
    assert!(answers.asked.lock().unwrap().is_empty());
}

/// An agent with keys, gone on drop.
struct TestAgent {
    child: Child,
    socket: std::path::PathBuf,
}

impl TestAgent {
    async fn start(sshd: &TestSshd, keys: &[&str]) -> Self {
        let socket = sshd.path("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { child, socket };
        // The socket's file is there before the agent listens on it.
        let begun = tokio::time::Instant::now();
        while std::os::unix::net::UnixStream::connect(&agent.socket).is_err() {
            assert!(begun.elapsed() < PATIENCE, "ssh-agent did not start");
            tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
        }
        for key in keys {
            let added = Command::new("ssh-add")
                .arg(sshd.path(key))
                .env("SSH_AUTH_SOCK", &agent.socket)
                .stderr(Stdio::null())
                .status();
            assert!(added.unwrap().success());
        }
        agent
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn the_agents_keys_let_us_in_and_identities_only_restrains_them() {
    let sshd = TestSshd::start("");
    make_key(&sshd.path("other"), "ed25519", "");
    let agent = TestAgent::start(&sshd, &["other", "rsa", "id"]).await;
    let mut config = sshd.config();
    config.identity_agent = Some(agent.socket.clone());
    config.identity_files = Vec::new();
    config.identities_only = false;
    let entered = enter(&sshd, config.clone()).await;
    assert!(entered.is_ok(), "{entered:?}");

    config.identities_only = true;
    assert_eq!(code(enter(&sshd, config.clone()).await), Code::AuthRefused);

    // Only the public half is here; the agent has the other.
    std::fs::remove_file(sshd.path("id")).unwrap();
    config.identity_files = vec![sshd.path("id.pub")];
    assert!(enter(&sshd, config.clone()).await.is_ok());
    config.identity_files = vec![sshd.path("id")];
    assert!(enter(&sshd, config.clone()).await.is_ok());

    config.identity_agent = Some(sshd.path("no-agent"));
    assert_eq!(code(enter(&sshd, config).await), Code::AuthRefused);
}

#[tokio::test]
async fn a_new_host_key_is_kept_and_known_the_next_time() {
    let sshd = TestSshd::start("");
    assert!(enter(&sshd, sshd.config()).await.is_ok());
    let mut strict = sshd.config();
    strict.strict_host_key_checking = HostKeyPolicy::Strict;
    assert!(enter(&sshd, strict).await.is_ok());
    let kept = std::fs::read_to_string(sshd.path("known_hosts")).unwrap();
    assert_eq!(kept.lines().count(), 1);
    let found = Command::new("ssh-keygen")
        .args(["-F", &format!("[127.0.0.1]:{}", sshd.port), "-f"])
        .arg(sshd.path("known_hosts"))
        .output();
    assert!(!found.unwrap().stdout.is_empty());
}

#[tokio::test]
async fn an_unknown_host_key_is_refused_or_asked_about() {
    let sshd = TestSshd::start("");
    let mut config = sshd.config();
    config.strict_host_key_checking = HostKeyPolicy::Strict;
    let error = enter(&sshd, config.clone()).await.unwrap_err();
    assert!(matches!(error, TransportError::HostKeyUnknown { asked: None, .. }), "{error:?}");

    config.strict_host_key_checking = HostKeyPolicy::Ask;
    let error = enter(&sshd, config.clone()).await.unwrap_err();
    let TransportError::HostKeyUnknown { asked: Some(asked), .. } = &error else {
        panic!("{error:?}");
    };
    let shown = Command::new("ssh-keygen").arg("-lf").arg(sshd.path("host_key.pub")).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    let fingerprint = shown.split(' ').nth(1).unwrap();
    assert!(asked.contains(fingerprint), "{asked} has no {fingerprint}");

    let no = Answers::new(&[Some("no")]);
    assert_eq!(code(enter_with(&sshd, config.clone(), Some(&no)).await), Code::HostKeyUnknown);
    assert!(!sshd.path("known_hosts").exists(), "nothing was kept");

    let yes = Answers::new(&[Some(fingerprint)]);
    assert!(enter_with(&sshd, config.clone(), Some(&yes)).await.is_ok());
    let kind = yes.asked.lock().unwrap()[0].kind.clone();
    assert_eq!(kind, QuestionKind::HostKey { fingerprint: fingerprint.to_owned() });
    assert!(enter(&sshd, config).await.is_ok(), "it was kept");
}

#[tokio::test]
async fn a_changed_or_revoked_host_key_is_refused_whatever_the_policy() {
    let sshd = TestSshd::start("");
    make_key(&sshd.path("another"), "ed25519", "");
    let line = |key: &str| std::fs::read_to_string(sshd.path(&format!("{key}.pub"))).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    for (known, word) in [
        (format!("{name} {}", line("another")), "another one"),
        (format!("{name} {0}@revoked * {0}", line("host_key")), "revoked"),
    ] {
        std::fs::write(sshd.path("known_hosts"), known).unwrap();
        for policy in [HostKeyPolicy::Strict, HostKeyPolicy::Ask, HostKeyPolicy::AcceptNew] {
            let mut config = sshd.config();
            config.strict_host_key_checking = policy;
            let error = enter(&sshd, config).await.unwrap_err();
            let (TransportError::HostKeyChanged { said, .. }
            | TransportError::HostKeyRevoked { said, .. }) = &error
            else {
                panic!("{error:?}")
            };
            assert!(said.contains(word) && said.contains("known_hosts:"), "{said}");
        }
    }
}

#[tokio::test]
async fn the_server_shows_the_kind_of_key_that_is_on_record() {
    let sshd = TestSshd::start("");
    drop(sshd);
    let rsa = tempfile::tempdir().unwrap();
    make_key(&rsa.path().join("host"), "rsa", "");
    let sshd = TestSshd::start(&format!("HostKey {}/host", rsa.path().display()));
    let public = std::fs::read_to_string(rsa.path().join("host.pub")).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    std::fs::write(sshd.path("known_hosts"), format!("{name} {public}")).unwrap();
    let mut config = sshd.config();
    config.strict_host_key_checking = HostKeyPolicy::Strict;
    let entered = enter(&sshd, config).await;
    assert!(entered.is_ok(), "{entered:?}");
}

#[tokio::test]
async fn a_host_that_only_an_authority_vouches_for_is_unsupported() {
    let sshd = TestSshd::start("");
    let key = std::fs::read_to_string(sshd.path("id.pub")).unwrap();
    std::fs::write(sshd.path("known_hosts"), format!("@cert-authority * {key}")).unwrap();
    assert_eq!(code(enter(&sshd, sshd.config()).await), Code::Unsupported);
}

#[tokio::test]
async fn a_password_is_asked_for_and_may_be_mistyped() {
    let port = odd_server::start(Wants::Password).await;
    let answers = Answers::new(&[Some("wrong"), Some("secret")]);
    let link = enter_odd(odd_config(port), Some(&answers)).await.unwrap();
    let channel = link.open(&ChannelRequest::Command("x".into())).await.unwrap();
    assert_eq!(output(channel).await.stdout, b"done");
    let asked = answers.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].kind, QuestionKind::Password);
    assert!(asked[0].secret);

    let error = enter_odd(odd_config(port), None).await.unwrap_err();
    let TransportError::AuthRefused { asked: Some(asked), .. } = &error else {
        panic!("{error:?}")
    };
    assert!(asked.contains("me@127.0.0.1's password"), "{asked}");

    let wrong = Answers::new(&[Some("a"), Some("b"), Some("c"), Some("secret")]);
    let error = enter_odd(odd_config(port), Some(&wrong)).await.unwrap_err();
    assert!(matches!(error, TransportError::AuthRefused { asked: None, .. }), "{error:?}");
    let text = format!("{error:?} {error}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_server_that_takes_no_second_try_is_a_refusal() {
    let port = odd_server::start(Wants::PasswordThenCode).await;
    let wrong = Answers::new(&[Some("wrong"), Some("secret")]);
    let error = enter_odd(odd_config(port), Some(&wrong)).await.unwrap_err();
    assert!(matches!(error, TransportError::AuthRefused { asked: None, .. }), "{error:?}");
    assert_eq!(wrong.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn every_prompt_of_the_server_is_a_question() {
    let port = odd_server::start(Wants::Code).await;
    let answers = Answers::new(&[Some("secret"), Some("123456")]);
    assert!(enter_odd(odd_config(port), Some(&answers)).await.is_ok());
    let asked = answers.asked.lock().unwrap().clone();
    let kinds: Vec<_> = asked.iter().map(|question| (&question.kind, question.secret)).collect();
    assert_eq!(kinds, [(&QuestionKind::Password, true), (&QuestionKind::Code, false)]);
    assert!(asked[1].text.contains("phone") && asked[1].text.contains("Verification code:"));

    let half = Answers::new(&[Some("secret"), None]);
    let error = enter_odd(odd_config(port), Some(&half)).await.unwrap_err();
    let TransportError::AuthRefused { asked: Some(asked), .. } = &error else {
        panic!("{error:?}")
    };
    assert!(asked.contains("Verification code:"), "{asked}");
}

#[tokio::test]
async fn a_server_may_want_two_things_one_after_another() {
    let port = odd_server::start(Wants::PasswordThenCode).await;
    let answers = Answers::new(&[Some("secret"), Some("123456")]);
    let entered = enter_odd(odd_config(port), Some(&answers)).await;
    assert!(entered.is_ok(), "{entered:?}");
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_the_time_limit_still_counts() {
    #[derive(Debug)]
    struct Slow;
    #[async_trait::async_trait]
    impl Asker for Slow {
        async fn ask(&self, question: orchestrator::transport::Question) -> Option<String> {
            tokio::time::sleep(Duration::from_millis(1500)).await; // wait: a person who thinks
            let host_key = matches!(question.kind, QuestionKind::HostKey { .. });
            Some(if host_key { "yes" } else { "secret" }.to_owned())
        }
    }
    let port = odd_server::start(Wants::Password).await;
    let mut config = odd_config(port);
    config.strict_host_key_checking = HostKeyPolicy::Ask;
    config.connect_timeout = Duration::from_secs(1);
    let settings = NativeSettings::new("/nonexistent/spill");
    let native = Native::new(HostId::new("odd"), config, settings, Some(Arc::new(Slow)));
    let entered = timeout(PATIENCE, native.connect()).await.expect("no end");
    assert!(entered.is_ok(), "{entered:?}");
}

#[tokio::test]
async fn a_server_that_hangs_up_while_we_log_in_is_no_refusal() {
    let port = odd_server::start(Wants::HangUp).await;
    let answers = Answers::new(&[Some("secret")]);
    let entered = enter_odd(odd_config(port), Some(&answers)).await;
    assert_eq!(code(entered), Code::ConnectionClosed);
}

#[tokio::test]
async fn what_no_ssh_server_answers_has_its_own_code() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    assert_eq!(code(enter_odd(odd_config(port), None).await), Code::ConnectionRefused);

    let mut config = odd_config(port);
    config.hostname = "no-such-host.invalid".to_owned();
    assert_eq!(code(enter_odd(config, None).await), Code::HostUnresolved);

    let closes = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closes.local_addr().unwrap().port();
    tokio::spawn(async move { while closes.accept().await.is_ok() {} });
    assert_eq!(code(enter_odd(odd_config(port), None).await), Code::ConnectionClosed);

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = odd_config(silent.local_addr().unwrap().port());
    config.connect_timeout = Duration::from_millis(300);
    assert_eq!(code(enter_odd(config, None).await), Code::ConnectionTimedOut);
}

#[tokio::test]
async fn no_common_algorithm_names_what_each_side_has() {
    let sshd = TestSshd::start("Ciphers aes128-ctr");
    let mut config = sshd.config();
    config.algorithms.ciphers = vec!["aes256-ctr".to_owned()];
    let error = enter(&sshd, config).await.unwrap_err();
    let TransportError::KexFailed { said, .. } = &error else { panic!("{error:?}") };
    assert!(said.contains("aes128-ctr") && said.contains("aes256-ctr"), "{said}");
}

#[tokio::test]
async fn what_ssh_itself_resolved_gets_us_in() {
    let sshd = TestSshd::start("");
    let text = format!(
        "Host box\n HostName 127.0.0.1\n Port {}\n User {}\n IdentityFile {}\n IdentitiesOnly yes\n \
         UserKnownHostsFile {}\n GlobalKnownHostsFile none\n StrictHostKeyChecking accept-new\n",
        sshd.port,
        user(),
        sshd.path("id").display(),
        sshd.path("known_hosts").display(),
    );
    std::fs::write(sshd.path("config"), text).unwrap();
    let printed = Command::new("ssh")
        .arg("-F")
        .arg(sshd.path("config"))
        .args(["-G", "box"])
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let around = Surroundings { home: sshd.dir.path().to_owned(), ..Surroundings::default() };
    let config = NativeConfig::from_ssh_g(&HostId::new("box"), &printed, &around).unwrap();
    let entered = enter(&sshd, config).await;
    assert!(entered.is_ok(), "{entered:?}\n{}", sshd.log());
}

#[tokio::test]
async fn an_attempt_that_is_given_up_leaves_no_connection() {
    let sshd = TestSshd::start("");
    #[derive(Debug)]
    struct Never;
    #[async_trait::async_trait]
    impl Asker for Never {
        async fn ask(&self, _: orchestrator::transport::Question) -> Option<String> {
            std::future::pending().await
        }
    }
    let mut config = sshd.config();
    config.strict_host_key_checking = HostKeyPolicy::Ask;
    let native = sshd.transport(config, Some(Arc::new(Never)));
    assert!(timeout(Duration::from_millis(500), native.connect()).await.is_err());
    let begun = tokio::time::Instant::now();
    let ours = format!("127.0.0.1:{}", sshd.port);
    loop {
        let open = Command::new("ss").args(["-Htn", "state", "established", "dst", &ours]).output();
        if open.unwrap().stdout.is_empty() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "still connected");
        tokio::time::sleep(Duration::from_millis(20)).await; // wait: between two looks
    }
}
