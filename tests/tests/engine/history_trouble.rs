//! History over machines that are away, full, switched off, or have something in the way.

use std::fs;
use std::os::unix::fs::symlink;

use baton_tests::AgentHost;
use orchestrator::failure::Code;
use orchestrator::history::Entry;
use orchestrator::seam::{Command, HistoryScope};

use crate::desk::Laptop;
use crate::history_bed::{MAESTRO, ids, laptop, lines, project, shared, sharing, summaries};

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_waits_for_a_machine_that_cant_be_reached_and_arrives_once() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = desk.try_session(sharing(&machine)).await.unwrap();
    desk.turn(&session.id, "print one.").await.is_done();
    desk.until_written().await;
    machine.sshd_mut().stop();
    laptop.kill_masters();
    desk.add(project(&machine), "two").await.unwrap();
    let synced = desk.sync(project(&machine)).await;
    let [told] = &synced.projects[..] else { panic!("{synced:?}") };
    assert!(told.offline.is_some() && told.delayed.is_some(), "{told:?}");
    assert_eq!(told.pending, 1);
    // What was known is shown, and what waits with it.
    let page = desk.history(project(&machine)).await;
    assert_eq!((summaries(&page), page.pending), (vec!["two".to_owned(), "one.".to_owned()], 1));
    let waiting = desk.outbox().await;
    assert_eq!(waiting[0].summary, "two");
    assert!(waiting[0].failure.is_some(), "{waiting:?}");
    desk.stop().await;
    // Another engine, and the machine is back: the entry goes with the next connection, whoever makes it.
    machine.sshd_mut().restart();
    let desk = laptop.engine().await;
    desk.turn(&session.id, "print three.").await.is_done();
    desk.until_written().await;
    let written: Vec<String> = lines(&machine, "laptop")
        .iter()
        .map(|line| Entry::parse(line.as_bytes()).unwrap().summary)
        .collect();
    assert_eq!(written, ["one.", "two", "three."]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_arrival_was_never_heard_of_is_not_written_twice() {
    let machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    // Something stands in the way of the first attempt, so the entry waits.
    fs::write(machine.project().join(".maestro"), "").unwrap();
    let desk = laptop.engine().await;
    let item = desk.add(project(&machine), "written once").await.unwrap();
    let synced = desk.sync(project(&machine)).await;
    assert_eq!(synced.projects[0].delayed.as_ref().unwrap().code, Code::Conflict, "{synced:?}");
    desk.stop().await;
    // As it is when a process dies between the write and the word of it.
    fs::remove_file(machine.project().join(".maestro")).unwrap();
    fs::create_dir_all(shared(&machine)).unwrap();
    let file = shared(&machine).join("history-ada.jsonl");
    fs::write(&file, format!("{}\n", item.line)).unwrap();
    let desk = laptop.engine().await;
    desk.add(project(&machine), "and another").await.unwrap();
    desk.synced(project(&machine)).await;
    assert_eq!(desk.outbox().await, []);
    let written = ids(&lines(&machine, "ada"));
    assert_eq!(written.len(), 2, "{written:?}");
    assert_ne!(written[0], written[1]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cant_be_written_delays_an_entry_and_no_turn() {
    let machine = AgentHost::start().with_scripted("codex");
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), machine.project().join(".maestro")).unwrap();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let session = desk.try_session(sharing(&machine)).await.unwrap();
    desk.turn(&session.id, "print one.").await.is_done();
    desk.turn(&session.id, "print two.").await.is_done();
    let synced = desk.sync(project(&machine)).await;
    let told = &synced.projects[0];
    assert_eq!(told.pending, 2);
    assert_eq!(told.delayed.as_ref().unwrap().code, Code::PermissionDenied, "{told:?}");
    assert!(told.delayed.as_ref().unwrap().message.contains(".maestro"), "{told:?}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "it left the project");
    fs::remove_file(machine.project().join(".maestro")).unwrap();
    desk.synced(project(&machine)).await;
    assert_eq!(lines(&machine, "ada").len(), 2);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_switched_off_is_never_written_to() {
    let machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    let refused = desk.add(project(&machine), "no").await.unwrap_err();
    assert_eq!(refused.code, Code::HostDisabled);
    // What waited for it before goes nowhere, either.
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\n");
    fs::write(machine.project().join(".maestro"), "").unwrap();
    desk.add(project(&machine), "later").await.unwrap();
    assert_eq!(desk.sync(project(&machine)).await.projects[0].pending, 1);
    // No attempt is under way when it is switched off.
    desk.stop().await;
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    fs::remove_file(machine.project().join(".maestro")).unwrap();
    let desk = laptop.engine().await;
    let synced = desk.sync(HistoryScope::All).await;
    let why = synced.projects[0].delayed.as_ref().unwrap_or_else(|| panic!("{synced:?}"));
    assert_eq!((why.code, synced.projects[0].pending), (Code::HostDisabled, 1), "{synced:?}");
    let refused = desk.add(HistoryScope::All, "no").await.unwrap_err();
    assert_eq!(refused.code, Code::Usage);
    assert!(!shared(&machine).exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_did_is_shown_while_its_host_is_switched_off() {
    let machine = AgentHost::start().with_scripted("codex");
    fs::create_dir_all(shared(&machine)).unwrap();
    fs::write(shared(&machine).join("history-pedbook.jsonl"), MAESTRO).unwrap();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let session = desk.try_session(sharing(&machine)).await.unwrap();
    let scope = HistoryScope::Session { session: session.id.clone() };
    desk.turn(&session.id, "print one.").await.is_done();
    assert_eq!(desk.synced(scope.clone()).await.total, 4);
    laptop.write_hosts("[host.box]\nssh_config = \"box\"\nenabled = false\n");
    let synced = desk.sync(scope.clone()).await;
    assert_eq!(synced.projects[0].offline.as_ref().unwrap().code, Code::HostDisabled);
    assert_eq!(desk.history(scope.clone()).await.total, 4);
    let mut looking = desk.look(scope.clone()).await;
    assert_eq!(looking.news().await.offline.unwrap().code, Code::HostDisabled);
    // Nothing that is to be shared is kept here in silence, and nothing is written where nobody may go.
    let refused = desk.add(scope.clone(), "no").await.unwrap_err();
    assert_eq!(refused.code, Code::HostDisabled);
    let refused = desk.command(Command::IgnoreHistory { scope }).await.unwrap_err();
    assert_eq!(refused.code, Code::HostDisabled);
    drop(looking);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_written_when_the_machine_is_back_also_by_an_engine_that_stayed() {
    let mut machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let mut looking = desk.look(project(&machine)).await;
    desk.add(project(&machine), "before").await.unwrap();
    looking.until(|page| page.total == 1 && page.pending == 0).await;
    machine.sshd_mut().stop();
    laptop.kill_masters();
    desk.add(project(&machine), "meanwhile").await.unwrap();
    while looking.news().await.offline.is_none() {}
    // Whoever tries in vain doesn't make it wait any longer.
    for _ in 0..3 {
        assert_eq!(desk.sync(project(&machine)).await.projects[0].pending, 1);
    }
    machine.sshd_mut().restart();
    looking.until(|page| page.total == 2 && page.pending == 0).await;
    assert_eq!(lines(&machine, "ada").len(), 2);
    drop(looking);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_can_never_be_shared_is_given_up_and_stays_here() {
    let machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let nowhere = HistoryScope::Project { host: "box".into(), cwd: Some("/no/such/dir".into()) };
    desk.add(nowhere.clone(), "mistyped").await.unwrap();
    let synced = desk.sync(HistoryScope::All).await;
    assert_eq!(synced.projects[0].delayed.as_ref().unwrap().code, Code::DirMissing, "{synced:?}");
    let id = desk.outbox().await[0].id.clone();
    let unknown = Command::KeepHistoryHere { id: "nothing".into() };
    assert_eq!(desk.command(unknown).await.unwrap_err().code, Code::NotFound);
    desk.command(Command::KeepHistoryHere { id: id[..8].into() }).await.unwrap();
    assert_eq!(desk.outbox().await, []);
    assert_eq!(desk.sync(HistoryScope::All).await.projects, []);
    assert_eq!(summaries(&desk.history(HistoryScope::All).await), ["mistyped"]);
    desk.stop().await;
}
