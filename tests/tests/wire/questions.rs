//! Questions that ssh asks on the way, and what becomes of them.
//!
//! Passwords and codes take the same way; a server that asks for them needs PAM or real passwords, which the test
//! bed's sshd has not.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_tests::{TestSshd, processes};
use orchestrator::transport::{Asker, ConnectionSettings, Question, QuestionKind, TransportError};

use crate::support::{Host, openssh_with, run, sh};

const SECRET: &str = "correct-horse-battery-staple";

/// A person who gives the same answer to everything, and who looks around while being asked.
#[derive(Debug)]
struct Person {
    answer: Option<String>,
    asked: Mutex<Vec<Question>>,
}

impl Person {
    fn who_says(answer: Option<&str>) -> Arc<Self> {
        Arc::new(Self { answer: answer.map(str::to_owned), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Asker for Person {
    async fn ask(&self, question: Question) -> Option<String> {
        self.asked.lock().unwrap().push(question);
        self.answer.clone()
    }
}

/// A server that only takes a key with a passphrase.
fn locked() -> (Arc<TestSshd>, std::path::PathBuf) {
    let sshd = TestSshd::start();
    let key = sshd.dir().join("locked_key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", SECRET, "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    std::fs::copy(key.with_extension("pub"), sshd.authorized_keys_path()).unwrap();
    let config = sshd.write_client_config(
        "box",
        &[&format!("IdentityFile {}", key.display()), "IdentityAgent none"],
    );
    (Arc::new(sshd), config)
}

/// A server whose host key nobody knows.
fn unknown() -> (Arc<TestSshd>, std::path::PathBuf) {
    let sshd = TestSshd::start();
    let known = format!("UserKnownHostsFile {}", sshd.dir().join("nobody_known").display());
    let config = sshd.write_client_config("box", &["StrictHostKeyChecking ask", &known]);
    (Arc::new(sshd), config)
}

fn host_with(server: (Arc<TestSshd>, std::path::PathBuf), person: Option<Arc<Person>>) -> Host {
    let (sshd, config) = server;
    openssh_with(sshd, config, ConnectionSettings::default(), |settings| {
        settings.askpass = Some(env!("CARGO_BIN_EXE_askpass").into());
        settings.asker = person.map(|person| person as Arc<dyn Asker>);
    })
}

/// Every file below `folder` that holds the secret.
fn files_with_secret(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_with_secret(&path));
        } else if kind.is_file() {
            let text = std::fs::read(&path).unwrap_or_default();
            if text.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_that_is_given_opens_the_key_and_shows_up_nowhere() {
    let person = Person::who_says(Some(SECRET));
    let host = host_with(locked(), Some(Arc::clone(&person)));
    let watched = async {
        let ready = host.connection.ready();
        tokio::pin!(ready);
        loop {
            tokio::select! {
                ended = &mut ready => return ended,
                () = tokio::time::sleep(std::time::Duration::from_millis(2)) => { // wait: between two looks
                    // Tests beside this one make such keys, and ssh-keygen takes the passphrase as an argument.
                    let with_secret = processes(|words| {
                        words.first().is_none_or(|program| !program.ends_with("ssh-keygen"))
                            && words.iter().any(|word| word.contains(SECRET))
                    });
                    assert_eq!(with_secret, []);
                }
            }
        }
    };
    watched.await.unwrap_or_else(|e| panic!("{e:?}\n{}", host.log()));
    assert_eq!(run(&host.connection, &sh("env; echo on")).await.stdout.matches(SECRET).count(), 0);
    let asked = person.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].secret && asked[0].host.to_string() == "box");
    assert!(
        matches!(&asked[0].kind, QuestionKind::Passphrase { key } if key.ends_with("locked_key")),
        "{asked:?}"
    );
    assert_eq!(files_with_secret(host.run_dir.path()), Vec::<std::path::PathBuf>::new());
    assert_eq!(
        files_with_secret(host.sshd.as_ref().unwrap().dir()),
        Vec::<std::path::PathBuf>::new()
    );
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_may_be_tried_again_and_lets_nobody_in() {
    let person = Person::who_says(Some("wrong"));
    let host = host_with(locked(), Some(Arc::clone(&person)));
    let error = host.connection.ready().await.unwrap_err();
    assert!(error.needs_a_person(), "{error:?}");
    // ssh asks three times (NumberOfPasswordPrompts).
    assert_eq!(person.asked().len(), 3);
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_that_nobody_gives_is_asked_for_once_and_named() {
    let person = Person::who_says(None);
    for asker in [Some(Arc::clone(&person)), None] {
        let host = host_with(locked(), asker);
        let error = host.connection.ready().await.unwrap_err();
        let TransportError::PassphraseRequired { asked, .. } = &error else {
            panic!("{error:?}\n{}", host.log())
        };
        assert!(asked.contains("locked_key"), "{asked}");
        assert_eq!(host.connection.ready().await.unwrap_err(), error);
        host.connection.close().await;
        no_socket_is_left(&host);
    }
    assert_eq!(person.asked().len(), 1, "{:?}", person.asked());
}

fn no_socket_is_left(host: &Host) {
    use std::os::unix::fs::FileTypeExt;
    let entries = std::fs::read_dir(host.run_dir.path()).unwrap().map(Result::unwrap);
    let left: Vec<_> = entries
        .filter(|entry| entry.file_type().unwrap().is_socket())
        .map(|entry| entry.path())
        .collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_key_that_is_accepted_is_known_from_then_on() {
    let person = Person::who_says(Some("yes"));
    let server = unknown();
    let host = host_with(server.clone(), Some(Arc::clone(&person)));
    assert_eq!(run(&host.connection, &sh("echo on")).await.stdout, "on\n");
    let asked = person.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(!asked[0].secret);
    assert!(
        matches!(&asked[0].kind, QuestionKind::HostKey { fingerprint } if fingerprint.contains("SHA256:")),
        "{asked:?}"
    );
    host.connection.close().await;
    let again = host_with(server, Some(Arc::clone(&person)));
    again.connection.ready().await.unwrap();
    assert_eq!(person.asked().len(), 1);
    again.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_key_that_nobody_accepts_is_named_and_not_kept() {
    for (asker, times) in
        [(Some(Person::who_says(None)), 1), (Some(Person::who_says(Some("no"))), 1), (None, 0)]
    {
        let host = host_with(unknown(), asker.clone());
        let error = host.connection.ready().await.unwrap_err();
        let TransportError::HostKeyUnknown { asked, .. } = &error else {
            panic!("{error:?}\n{}", host.log())
        };
        // Somebody who says no has seen the question.
        let declined = asker.as_ref().is_none_or(|person| person.answer.is_none());
        assert!(
            !declined || asked.as_ref().is_some_and(|asked| asked.contains("SHA256:")),
            "{asked:?}"
        );
        assert_eq!(asker.map_or(0, |person| person.asked().len()), times);
        assert!(!host.sshd.as_ref().unwrap().dir().join("nobody_known").exists());
        host.connection.close().await;
        no_socket_is_left(&host);
    }
}
