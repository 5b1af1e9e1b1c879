//! History that a project's people share, over a real engine and a real sshd.

use std::fs;
use std::os::unix::fs::symlink;

use baton_tests::AgentHost;
use orchestrator::history::Entry;
use orchestrator::seam::{
    Command, EventBody, HistoryFilter, HistoryIgnored, HistoryKind, HistoryScope, HistorySource,
    NewHistoryEntry, NewSession, Query, Reply, Request, Seam, SessionChange,
};

use crate::desk::until;
use crate::history_bed::{MAESTRO, laptop, lines, project, shared, sharing, summaries};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_one_project_see_what_the_other_does_while_they_look() {
    let machine = AgentHost::start().with_scripted("codex");
    let (book, pc) = (laptop(&machine, "ada-book"), laptop(&machine, "stephan.local"));
    let (ada, stephan) = (book.engine().await, pc.engine().await);
    let mine = ada.try_session(sharing(&machine)).await.unwrap();
    let theirs = stephan.try_session(sharing(&machine)).await.unwrap();
    let mut at_ada = ada.look(HistoryScope::Session { session: mine.id.clone() }).await;
    let mut at_stephan = stephan.look(project(&machine)).await;
    ada.turn(&mine.id, "print I mended the loop.").await.is_done();
    at_stephan.until_summary("I mended the loop.").await;
    stephan.turn(&theirs.id, "print I wrote its test.").await.is_done();
    at_ada.until_summary("I wrote its test.").await;
    let page = ada.history(project(&machine)).await;
    assert_eq!(summaries(&page), ["I wrote its test.", "I mended the loop."]);
    let from: Vec<_> =
        page.entries.iter().map(|item| (item.hostname.as_deref(), item.local)).collect();
    assert_eq!(from, [(Some("stephan.local"), false), (Some("ada-book"), true)]);
    assert_eq!((page.total, page.pending), (2, 0));
    // Each has written a file of its own, and no other.
    let (one, other) = (lines(&machine, "ada-book"), lines(&machine, "stephan.local"));
    assert_eq!((one.len(), other.len()), (1, 1));
    drop((at_ada, at_stephan));
    ada.stop().await;
    stephan.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_what_maestro_wants_to_know() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = laptop(&machine, "ada/böok");
    let desk = laptop.engine().await;
    let session = desk.try_session(sharing(&machine)).await.unwrap();
    desk.turn(&session.id, "print I look around\nprint I mended it. It was broken.")
        .await
        .is_done();
    desk.until_written().await;
    let [line] = &lines(&machine, "ada_b_ok")[..] else { panic!("no line") };
    let entry = Entry::parse(line.as_bytes()).unwrap();
    assert_eq!(entry.kind.as_str(), "USER");
    assert_eq!(entry.summary, "I mended it.");
    assert_eq!(entry.full_response.as_deref(), Some("I mended it. It was broken."));
    assert_eq!(entry.project_path, machine.project().display().to_string());
    assert_eq!(entry.hostname.as_deref(), Some("ada/böok"));
    assert_eq!((entry.success, &entry.session_name), (Some(true), &Some(session.name.clone())));
    assert!(entry.elapsed_time_ms.is_some_and(|ms| ms > 0.0 && ms.fract() == 0.0), "{line}");
    assert!(entry.usage_stats.unwrap().output_tokens.is_some_and(|tokens| tokens > 0.0));
    let keys = ["{\"id\":", ",\"type\":", ",\"timestamp\":", ",\"summary\":", ",\"fullResponse\":"];
    let places: Vec<_> = keys.iter().map(|key| line.find(key).expect(key)).collect();
    assert!(places.is_sorted() && !line.contains(": "), "{line}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_maestro_has_written_is_shown_as_it_stands() {
    let machine = AgentHost::start();
    fs::create_dir_all(shared(&machine)).unwrap();
    let file = shared(&machine).join("history-pedbook.jsonl");
    fs::write(&file, format!("{MAESTRO}42\n\nnull\n{{\"torn")).unwrap();
    fs::create_dir(shared(&machine).join("history-dir.jsonl")).unwrap();
    symlink("/etc/passwd", shared(&machine).join("history-evil.jsonl")).unwrap();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let page = desk.synced(project(&machine)).await;
    let expected: Vec<&str> = MAESTRO.lines().rev().collect();
    let shown: Vec<&str> = page.entries.iter().map(|item| item.line.as_str()).collect();
    assert_eq!(shown, expected);
    let names: Vec<_> = page.entries.iter().map(|item| item.hostname.as_deref().unwrap()).collect();
    assert_eq!(names, ["pedbook", "pedopswat.local", "pedbook"]);
    let [skipped] = &page.skipped[..] else { panic!("{:?}", page.skipped) };
    assert_eq!((&*skipped.file, skipped.lines), ("history-pedbook.jsonl", 2));
    assert_eq!(skipped.first[0].beginning, "42");
    let left: Vec<_> = page.left_alone.iter().map(|left| &*left.name).collect();
    assert_eq!(left, ["history-dir.jsonl", "history-evil.jsonl"]);
    // Nobody's file was touched.
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{MAESTRO}42\n\nnull\n{{\"torn"));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reinstalled_laptop_sees_its_past() {
    let machine = AgentHost::start().with_scripted("codex");
    {
        let laptop = laptop(&machine, "ada");
        let desk = laptop.engine().await;
        let session = desk.try_session(sharing(&machine)).await.unwrap();
        desk.turn(&session.id, "print long ago.").await.is_done();
        desk.until_written().await;
        desk.stop().await;
    }
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let page = desk.synced(project(&machine)).await;
    assert_eq!(summaries(&page), ["long ago."]);
    assert_eq!((page.entries[0].hostname.as_deref(), page.entries[0].local), (Some("ada"), false));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_directory_under_two_names_is_one_project() {
    let machine = AgentHost::start().with_scripted("codex");
    let real = machine.home().join("app");
    fs::create_dir(&real).unwrap();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let named = |cwd: &str| NewSession { cwd: Some(cwd.into()), ..sharing(&machine) };
    let one = desk.try_session(named("~/app")).await.unwrap();
    let other = desk.try_session(named(real.to_str().unwrap())).await.unwrap();
    desk.turn(&one.id, "print from home.").await.is_done();
    desk.turn(&other.id, "print from the root.").await.is_done();
    desk.until_written().await;
    let whole = HistoryScope::Project { host: "box".into(), cwd: Some("~/app".into()) };
    let page = desk.synced(whole).await;
    assert_eq!(summaries(&page), ["from the root.", "from home."]);
    let paths: Vec<String> = page
        .entries
        .iter()
        .map(|item| Entry::parse(item.line.as_bytes()).unwrap().project_path)
        .collect();
    let root = fs::canonicalize(&real).unwrap().display().to_string();
    assert_eq!(paths, [root.clone(), root]);
    assert_eq!(desk.history(HistoryScope::All).await.total, 2);
    // A session shows what it did itself, and what others did in its project.
    let page = desk.history(HistoryScope::Session { session: one.id.clone() }).await;
    assert_eq!(summaries(&page), ["from home."]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_on_this_machine_is_shared_and_watched() {
    let machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    let dir = laptop.path("home/app");
    fs::create_dir_all(&dir).unwrap();
    let desk = laptop.engine().await;
    let scope = HistoryScope::Project { host: "local".into(), cwd: Some("~/app".into()) };
    let mut looking = desk.look(scope.clone()).await;
    desk.add(scope.clone(), "from here").await.unwrap();
    looking.until(|page| page.total == 1 && page.pending == 0).await;
    let ours = fs::read_to_string(dir.join(".maestro/history/history-ada.jsonl")).unwrap();
    assert_eq!(ours.lines().count(), 1);
    fs::write(dir.join(".maestro/history/history-pedbook.jsonl"), MAESTRO).unwrap();
    looking.until(|page| page.total == 4).await;
    drop(looking);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_file_is_trimmed_and_what_was_made_here_stays() {
    let machine = AgentHost::start();
    let mut laptop = laptop(&machine, "ada");
    laptop.history.limit = 10;
    let desk = laptop.engine().await;
    for number in 1..=11 {
        desk.add(project(&machine), &format!("entry {number}")).await.unwrap();
    }
    desk.synced(project(&machine)).await;
    assert_eq!(lines(&machine, "ada").len(), 11);
    desk.add(project(&machine), "entry 12").await.unwrap();
    desk.synced(project(&machine)).await;
    let kept = lines(&machine, "ada");
    assert_eq!(kept.len(), 10);
    assert_eq!(Entry::parse(kept[0].as_bytes()).unwrap().summary, "entry 3");
    let page = desk.synced(project(&machine)).await;
    assert_eq!((page.total, page.entries.len()), (12, 12));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_asked_tells_colleagues_what_it_did() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let new = NewSession { synopsis: true, ..sharing(&machine) };
    let session = desk.try_session(new).await.unwrap();
    // The next turn is Baton's own: the machine's agent answers it with this, whatever it is asked.
    let go = machine.project().join("go");
    let script = format!("print begun\nwait-for {}\nprint All done.", go.display());
    let sent = desk.send(&session.id, &script).await;
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;
    machine.set_script("codex", "print **Summary:** Mended the loop. **Details:** It had no end.");
    fs::write(go, "").unwrap();
    desk.end_of(&sent).await.is_done();
    until("the agent has told", || lines(&machine, "ada").len() == 1).await;
    let entry = Entry::parse(lines(&machine, "ada")[0].as_bytes()).unwrap();
    assert_eq!(entry.summary, "Mended the loop.");
    assert_eq!(
        entry.full_response.as_deref(),
        Some("**Summary:** Mended the loop. **Details:** It had no end.\n\n---\n\nAll done.")
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_found_by_word_type_source_and_time_and_counted() {
    let machine = AgentHost::start();
    fs::create_dir_all(shared(&machine)).unwrap();
    fs::write(shared(&machine).join("history-pedbook.jsonl"), MAESTRO).unwrap();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    desk.add(project(&machine), "Überarbeitet: 日本語の説明").await.unwrap();
    desk.synced(project(&machine)).await;
    let found = async |filter: HistoryFilter| {
        let page = desk.filtered(project(&machine), filter).await;
        assert_eq!(page.total, u64::try_from(page.entries.len()).unwrap());
        summaries(&page)
    };
    let none = HistoryFilter::default;
    let search =
        async |text: &str| found(HistoryFilter { search: Some(text.into()), ..none() }).await.len();
    assert_eq!(search("uploader").await, 1);
    assert_eq!(search("UPLO retr").await, 1);
    assert_eq!(search("uploader parser").await, 0);
    assert_eq!(search("uberarb").await, 1);
    assert_eq!(search("本語").await, 1);
    assert_eq!(search("pedopswat").await, 1);
    assert_eq!(search("\"' OR NEAR( *").await, 0);
    let auto = HistoryFilter { kinds: vec![HistoryKind::Auto], ..none() };
    assert_eq!(found(auto).await, ["Added unit tests for the parser"]);
    let local = HistoryFilter { source: Some(HistorySource::Local), ..none() };
    assert_eq!(found(local).await, ["Überarbeitet: 日本語の説明"]);
    let pedbook = HistorySource::Hostname("pedbook".into());
    assert_eq!(found(HistoryFilter { source: Some(pedbook), ..none() }).await.len(), 2);
    let since = "2026-01-01T01:00:00Z".parse().unwrap();
    assert_eq!(found(HistoryFilter { since: Some(since), ..none() }).await.len(), 3);
    let query = Query::HistoryActivity {
        scope: project(&machine),
        filter: none(),
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        to: "2026-01-01T02:00:00Z".parse().unwrap(),
        buckets: 2,
    };
    let Reply::HistoryActivity(activity) = desk.query(query).await else { panic!("no activity") };
    let counts: Vec<_> = activity.buckets.iter().map(|one| (one.user, one.auto)).collect();
    assert_eq!(counts, [(1, 0), (1, 1)]);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_sent_again_adds_one_entry() {
    let machine = AgentHost::start();
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let request = Request::command(Command::AddHistory(NewHistoryEntry {
        scope: project(&machine),
        kind: HistoryKind::User,
        summary: "once".into(),
        response: None,
        share: None,
    }));
    let first = desk.engine.call(request.clone()).await.unwrap();
    assert_eq!(desk.engine.call(request).await.unwrap(), first);
    assert_eq!(desk.synced(project(&machine)).await.total, 1);
    assert_eq!(lines(&machine, "ada").len(), 1);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn git_is_told_to_look_away_when_a_person_wants_it_and_they_are_asked_once() {
    let machine = AgentHost::start();
    let git = |words: &[&str]| {
        let run = std::process::Command::new("git")
            .args(["-C", machine.project().to_str().unwrap()])
            .args(words)
            .env("HOME", machine.home())
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
        String::from_utf8(run.stdout).unwrap()
    };
    git(&["init", "-q"]);
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    desk.add(project(&machine), "one").await.unwrap();
    let first = desk.sync(project(&machine)).await;
    assert_eq!(
        (first.projects[0].ignored, first.projects[0].hint),
        (Some(HistoryIgnored::No), true)
    );
    let second = desk.sync(project(&machine)).await;
    assert!(!second.projects[0].hint);
    let wish = Command::IgnoreHistory { scope: project(&machine) };
    assert_eq!(desk.command(wish).await.unwrap(), Reply::Ignored(HistoryIgnored::Yes));
    assert!(!git(&["status", "--porcelain"]).contains(".maestro"));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_shares_nothing_writes_nothing_and_still_sees_the_others() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = laptop(&machine, "ada");
    let desk = laptop.engine().await;
    let new = NewSession { sync_history: false, ..sharing(&machine) };
    let session = desk.try_session(new).await.unwrap();
    let scope = HistoryScope::Session { session: session.id.clone() };
    desk.turn(&session.id, "print for myself.").await.is_done();
    assert_eq!(desk.outbox().await, []);
    assert_eq!(lines(&machine, "ada"), [""; 0]);
    fs::create_dir_all(shared(&machine)).unwrap();
    fs::write(shared(&machine).join("history-pedbook.jsonl"), MAESTRO).unwrap();
    assert_eq!(desk.synced(scope.clone()).await.total, 4);
    // From the next turn on.
    let change = SessionChange { sync_history: Some(true), ..SessionChange::default() };
    desk.command(Command::EditSession { session: session.id.clone(), change }).await.unwrap();
    desk.turn(&session.id, "print for all.").await.is_done();
    desk.until_written().await;
    assert_eq!(lines(&machine, "ada").len(), 1);
    desk.stop().await;
}
