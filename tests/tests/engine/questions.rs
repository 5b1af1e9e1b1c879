//! Who answers what reaching a host takes a person for.

use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_tests::{AgentHost, TestSshd};
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, HostQuestion, HostQuestionKind, Query, Reply, Request, Seam, Secret,
};
use orchestrator::transport::{Asker, Question};

use crate::connections::{Onlooker, ask, guest};
use crate::desk::{Desk, Laptop, until};

const SECRET: &str = "correct-horse-battery-staple";

/// The front end that hosts the engine.
#[derive(Debug)]
struct Person {
    answer: Option<String>,
    asked: Mutex<usize>,
}

impl Person {
    fn who_says(answer: Option<&str>) -> Arc<Self> {
        Arc::new(Self { answer: answer.map(str::to_owned), asked: Mutex::default() })
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

#[async_trait]
impl Asker for Person {
    async fn ask(&self, _: Question) -> Option<String> {
        *self.asked.lock().unwrap() += 1;
        self.answer.clone()
    }
}

/// A laptop whose only key for `box` is locked.
fn locked(sshd: &TestSshd, person: &Arc<Person>) -> Laptop {
    let key = sshd.dir().join("locked_key");
    let mut keygen = Program::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", SECRET, "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    std::fs::copy(key.with_extension("pub"), sshd.authorized_keys_path()).unwrap();
    let identity = format!("IdentityFile {}", key.display());
    let config = sshd.write_client_config("box", &[&identity, "IdentityAgent none"]);
    let mut laptop = Laptop::over(config, "openssh");
    let person: Arc<dyn Asker> = person.clone();
    laptop.asker = Some(person);
    laptop
}

/// Asks the host something in the background.
fn asking(desk: &Desk) -> tokio::task::JoinHandle<Result<Reply, orchestrator::failure::Failure>> {
    let engine = desk.engine.clone();
    tokio::spawn(async move { engine.call(Request::query(ask("box"))).await })
}

fn answer(question: &HostQuestion, answer: Option<&str>) -> Command {
    let answer = answer.map(|answer| Secret(answer.into()));
    Command::AnswerQuestion { question: question.id.clone(), answer }
}

/// Every file below `folder` that holds the secret.
fn files_with_secret(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
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
async fn who_follows_connections_is_asked_and_the_answer_is_kept_nowhere() {
    let machine = AgentHost::start();
    let person = Person::who_says(Some("wrong"));
    let laptop = locked(machine.sshd(), &person);
    let desk = laptop.engine().await;
    let (server, seam) = guest(&laptop, &desk).await;
    let (mut here, mut there) = (Onlooker::at(&*desk.engine).await, Onlooker::at(&*seam).await);
    let waiting = asking(&desk);
    let [question] = &there.asked(1).await[..] else { panic!() };
    assert_eq!((&*question.host, question.secret), ("box", true));
    let HostQuestionKind::Passphrase { key } = &question.kind else { panic!("{question:?}") };
    assert!(key.ends_with("locked_key"), "{question:?}");
    assert_eq!(here.asked(1).await, std::slice::from_ref(question));
    let said = answer(question, Some(SECRET));
    assert_eq!(seam.call(Request::command(said.clone())).await, Ok(Reply::Done));
    // Of two answers the first counts.
    assert_eq!(desk.command(said).await.unwrap_err().code, Code::NotFound);
    assert!(matches!(waiting.await.unwrap(), Ok(Reply::Directory(_))));
    there.asked(0).await;
    here.asked(0).await;
    assert_eq!(person.asked(), 0);
    drop(server);
    desk.stop().await;
    assert_eq!(files_with_secret(&laptop.path("")), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nobody_follows_connections_the_process_that_hosts_the_engine_asks() {
    let machine = AgentHost::start();
    let person = Person::who_says(Some(SECRET));
    let laptop = locked(machine.sshd(), &person);
    let desk = laptop.engine().await;
    drop(Onlooker::at(&*desk.engine).await);
    let mut tries = 0;
    // The one who has gone may not have been missed yet.
    while !matches!(asking(&desk).await.unwrap(), Ok(Reply::Directory(_))) {
        tries += 1;
        assert!(tries < 3);
        desk.command(Command::RetryHost { host: "box".into() }).await.unwrap();
    }
    assert_eq!(person.asked(), 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_last_onlooker_goes_is_asked_where_the_engine_is() {
    let machine = AgentHost::start();
    let person = Person::who_says(Some(SECRET));
    let laptop = locked(machine.sshd(), &person);
    let desk = laptop.engine().await;
    let (server, seam) = guest(&laptop, &desk).await;
    let mut onlooker = Onlooker::at(&*seam).await;
    let waiting = asking(&desk);
    onlooker.asked(1).await;
    assert_eq!(person.asked(), 0);
    drop(onlooker);
    assert!(matches!(waiting.await.unwrap(), Ok(Reply::Directory(_))));
    assert_eq!(person.asked(), 1);
    drop(server);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_declined_blocks_its_host_and_one_of_an_attempt_that_is_gone_goes() {
    let machine = AgentHost::start();
    let person = Person::who_says(Some(SECRET));
    let laptop = locked(machine.sshd(), &person);
    let desk = laptop.engine().await;
    let mut onlooker = Onlooker::at(&*desk.engine).await;
    let waiting = asking(&desk);
    let [question] = &onlooker.asked(1).await[..] else { panic!() };
    desk.command(answer(question, None)).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap_err().code, Code::PassphraseRequired);
    onlooker.asked(0).await;

    desk.command(Command::RetryHost { host: "box".into() }).await.unwrap();
    let [question] = &onlooker.asked(1).await[..] else { panic!() };
    // The process that asks is taken away.
    until("the question is gone", || {
        laptop.kill_masters();
        desk_has_forgotten(&laptop)
    })
    .await;
    onlooker.asked(0).await;
    let late = desk.command(answer(question, Some(SECRET))).await.unwrap_err();
    assert_eq!(late.code, Code::NotFound);
    assert_eq!(person.asked(), 0);
    desk.stop().await;
}

/// Whether no socket for questions is left.
fn desk_has_forgotten(laptop: &Laptop) -> bool {
    let sockets = std::fs::read_dir(laptop.path("run/ssh")).unwrap().map(Result::unwrap);
    !sockets.into_iter().any(|entry| entry.path().extension().is_some_and(|end| end == "ask"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_key_is_shown_with_its_fingerprint_and_accepted_by_yes() {
    let machine = AgentHost::start();
    let known = format!("UserKnownHostsFile {}", machine.sshd().dir().join("nobody").display());
    let config = machine.sshd().write_client_config("box", &["StrictHostKeyChecking ask", &known]);
    let mut laptop = Laptop::over(config, "openssh");
    laptop.asker = Some(Person::who_says(None));
    let desk = laptop.engine().await;
    let mut onlooker = Onlooker::at(&*desk.engine).await;
    let waiting = asking(&desk);
    let [question] = &onlooker.asked(1).await[..] else { panic!() };
    let HostQuestionKind::HostKey { fingerprint } = &question.kind else { panic!("{question:?}") };
    assert!(fingerprint.contains("SHA256:") && !question.secret, "{question:?}");
    desk.command(answer(question, Some("yes"))).await.unwrap();
    assert!(matches!(waiting.await.unwrap(), Ok(Reply::Directory(_))));
    let status = Query::CommandStatus { id: orchestrator::seam::CommandId::new("never") };
    assert_eq!(desk.query(status).await, Reply::Status(None));
    desk.stop().await;
}
