//! `baton history` as people and scripts use it, over a real sshd.

use std::fs;
use std::process::Stdio;

use baton_tests::{AgentHost, Home, Run, ended, start};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::cli_bed::{Bed, code};
use crate::support::within;

/// A person with a machine of that name, who knows the project's machine as `box`.
fn person(host: &AgentHost, name: &str) -> Home {
    let home = Home::new(host.sshd().write_client_config("box", &[]));
    fs::write(home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
    name_machine(&home, name);
    home
}

fn name_machine(home: &Home, name: &str) {
    let text = format!("[connection]\nlinger_seconds = 0\n[history]\nhost_name = {name:?}\n");
    fs::write(home.path("b/config/config.toml"), text).unwrap();
}

async fn baton(home: &Home, words: &[&str]) -> Run {
    ended(start(home.command(words).stdin(Stdio::null()))).await
}

/// The words that name the project.
fn project(host: &AgentHost) -> Vec<String> {
    let cwd = host.project().display().to_string();
    ["--host", "box", "--cwd", &cwd].map(str::to_owned).to_vec()
}

fn with<'a>(words: &[&'a str], more: &'a [String]) -> Vec<&'a str> {
    words.iter().copied().chain(more.iter().map(String::as_str)).collect()
}

fn summaries(run: &Run) -> Vec<String> {
    let entries = run.json()["entries"].clone();
    let summary = |entry: &Value| entry["summary"].as_str().unwrap().to_owned();
    entries.as_array().unwrap().iter().map(summary).collect()
}

#[tokio::test]
async fn what_one_person_adds_the_other_one_lists() {
    let host = AgentHost::start();
    let (ada, stephan) = (person(&host, "ada-book"), person(&host, "stephan"));
    let project = project(&host);
    let added =
        baton(&ada, &with(&["history", "add", "Mended the loop", "--json"], &project)).await;
    assert_eq!((added.status, added.stderr.as_str()), (Some(0), ""), "{added:?}");
    assert_eq!(added.json()["hostname"], "ada-book");
    let response = host.home().join("response.md");
    fs::write(&response, "# All of it\n").unwrap();
    let more = ["history", "add", "Wrote a test", "--type", "auto", "--response-file"];
    let more = [&more[..], &[response.to_str().unwrap()]].concat();
    assert_eq!(baton(&stephan, &with(&more, &project)).await.status, Some(0));
    let listed = baton(&ada, &with(&["history", "--json"], &project)).await;
    let document = listed.json();
    assert_eq!(summaries(&listed), ["Wrote a test", "Mended the loop"]);
    assert_eq!(document["entries"][0]["fullResponse"], "# All of it\n");
    assert_eq!(document["entries"][0]["type"], "AUTO");
    assert_eq!((&document["total"], &document["pending"]), (&json!(2), &json!(0)));
    assert_eq!(document["skipped_lines"], 0);
    let sources = json!([
        {"hostname": "ada-book", "local": true, "entries": 1},
        {"hostname": "stephan", "local": false, "entries": 1},
    ]);
    assert_eq!(document["sources"], sources);
    let text = baton(&ada, &with(&["history"], &project)).await;
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert!(lines[0].ends_with("AUTO  ☁ stephan") && lines[1] == "  Wrote a test", "{text:?}");
    assert!(lines[2].ends_with("USER  local") && lines[3] == "  Mended the loop", "{text:?}");
    // What is known is listed without asking anybody, also over everything.
    let known = baton(&ada, &["history", "--json"]).await;
    assert_eq!(summaries(&known), ["Wrote a test", "Mended the loop"]);
    let id = document["entries"][0]["id"].as_str().unwrap();
    let shown = baton(&ada, &["history", "show", &id[..12]]).await;
    assert!(shown.stdout.contains("# All of it"), "{shown:?}");
}

#[tokio::test]
async fn a_list_is_filtered_and_comes_in_pages() {
    let host = AgentHost::start();
    let ada = person(&host, "ada");
    let project = project(&host);
    for (summary, kind) in [("one loop", "user"), ("two loops", "auto"), ("three", "cue")] {
        let added =
            baton(&ada, &with(&["history", "add", summary, "--type", kind], &project)).await;
        assert_eq!(added.status, Some(0), "{added:?}");
    }
    let listed = async |words: &[&str]| {
        let run = baton(&ada, &[&["history", "--offline", "--json"], words].concat()).await;
        assert_eq!(run.status, Some(0), "{run:?}");
        (summaries(&run), run.json()["total"].as_u64().unwrap())
    };
    assert_eq!(
        listed(&["--search", "LOOP"]).await,
        (vec!["two loops".into(), "one loop".into()], 2)
    );
    assert_eq!(listed(&["--type", "user,cue"]).await, (vec!["three".into(), "one loop".into()], 2));
    assert_eq!(listed(&["--limit", "1", "--offset", "1"]).await, (vec!["two loops".into()], 3));
    assert_eq!(listed(&["--source", "local"]).await.1, 3);
    assert_eq!(listed(&["--source", "elsewhere"]).await, (vec![], 0));
    assert_eq!(listed(&["--since", "1h"]).await.1, 3);
    let activity =
        baton(&ada, &["history", "activity", "--lookback", "2h", "--buckets", "2", "--json"]).await;
    assert_eq!(activity.json()["buckets"][1], json!({"user": 1, "auto": 1, "cue": 1, "other": 0}));
    for (words, what) in [
        (&["history", "--since", "soon"][..], "usage"),
        (&["history", "--search", "?!"], "usage"),
        (&["history", "--cwd", "/tmp"], "usage"),
        (&["history", "add", "x"], "usage"),
        (&["history", "--follow"], "usage"),
        (&["history", "add", " ", "--host", "box"], "usage"),
        (&["history", "activity", "--lookback", "never"], "usage"),
        (&["history", "--session", "nobody"], "not_found"),
        (&["history", "show", "no-such-entry"], "not_found"),
        (&["history", "--host", "box", "--cwd", "/no/such"], "dir_missing"),
        (&["history", "--host", "no.such.host"], "host_unresolved"),
    ] {
        let run = baton(&ada, &[words, &["--json"]].concat()).await;
        if what == "host_unresolved" {
            // Its entries, if there ever were any, are all that is known.
            assert_eq!((run.status, summaries(&run).len()), (Some(0), 0), "{words:?} {run:?}");
            continue;
        }
        assert_eq!(code(&run).1, what, "{words:?}");
    }
}

#[tokio::test]
async fn who_follows_a_history_sees_each_entry_as_it_comes_and_once() {
    let host = AgentHost::start();
    let (ada, stephan) = (person(&host, "ada"), person(&host, "stephan"));
    let project = project(&host);
    baton(&stephan, &with(&["history", "add", "before"], &project)).await;
    let words = with(&["history", "--follow", "--json"], &project);
    let mut child = start(ada.command(&words).stdin(Stdio::null()));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = async || {
        let line = within(lines.next_line()).await.unwrap().expect("it has ended");
        let entry: Value = serde_json::from_str(&line).unwrap();
        entry["summary"].as_str().unwrap().to_owned()
    };
    assert_eq!(next().await, "before");
    for summary in ["one", "two"] {
        baton(&stephan, &with(&["history", "add", summary], &project)).await;
        assert_eq!(next().await, summary);
    }
    // The engine is its process': another command of the same person goes through it.
    baton(&ada, &with(&["history", "add", "mine"], &project)).await;
    assert_eq!(next().await, "mine");
    crate::cli_bed::signal(&child, rustix::process::Signal::INT);
    assert_eq!(within(child.wait()).await.unwrap().code(), Some(130));
}

#[tokio::test]
async fn a_machine_that_is_away_is_said_once_and_nothing_is_lost() {
    let mut host = AgentHost::start();
    let ada = person(&host, "ada");
    let project = project(&host);
    assert_eq!(baton(&ada, &with(&["history", "add", "one"], &project)).await.status, Some(0));
    host.sshd_mut().stop();
    let listed = baton(&ada, &with(&["history"], &project)).await;
    assert_eq!(listed.status, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("  one\n"), "{listed:?}");
    assert_eq!(listed.stderr.matches("offline: ").count(), 1, "{listed:?}");
    let added = baton(&ada, &with(&["history", "add", "two"], &project)).await;
    assert_eq!(added.status, Some(0), "{added:?}");
    assert!(added.stderr.contains("1 entry waits for box:"), "{added:?}");
    let outbox = baton(&ada, &["history", "outbox", "--json"]).await.json();
    assert_eq!(outbox["entries"][0]["summary"], "two");
    assert_eq!(outbox["entries"][0]["failure"]["code"], "connection_refused");
    let synced = baton(&ada, &["history", "sync", "--json"]).await;
    assert_eq!(synced.status, Some(3), "{synced:?}");
    assert_eq!(synced.json()["projects"][0]["pending"], 1);
    host.sshd_mut().restart();
    let synced = baton(&ada, &["history", "sync"]).await;
    assert_eq!(synced.status, Some(0), "{synced:?}");
    assert!(synced.stdout.contains("1 entry sent"), "{synced:?}");
    let outbox = baton(&ada, &["history", "outbox"]).await;
    assert_eq!((outbox.stdout.as_str(), outbox.stderr.as_str()), ("", "Nothing waits.\n"));
    let listed = baton(&ada, &with(&["history", "--json"], &project)).await;
    assert_eq!(summaries(&listed), ["two", "one"]);
}

#[tokio::test]
async fn a_turn_is_shared_before_baton_goes_and_what_is_in_its_way_is_said() {
    let bed = Bed::with("codex", "codex", &["--sync-history"]);
    let file = |name: &str| bed.host.project().join(".maestro").join(name);
    let sent = bed.baton(&["send", "work", "print I did it."]).await;
    assert_eq!(sent.status, Some(0), "{sent:?}");
    assert_eq!(
        fs::read_dir(file("history"))
            .unwrap()
            .filter(|entry| {
                entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("history-")
            })
            .count(),
        1
    );
    fs::remove_dir_all(file("")).unwrap();
    fs::write(bed.host.project().join(".maestro"), "").unwrap();
    let sent = bed.baton(&["send", "work", "print again."]).await;
    assert_eq!((sent.status, sent.stdout.as_str()), (Some(0), "again.\n"), "{sent:?}");
    assert!(sent.stderr.contains("1 entry waits for box:"), "{sent:?}");
    assert!(sent.stderr.contains("\nhint: "), "{sent:?}");
    let listed = bed.baton(&["history", "--session", "work", "--json"]).await;
    assert_eq!(
        (summaries(&listed), &listed.json()["pending"]),
        (vec!["again.".into(), "I did it.".into()], &json!(1))
    );
}

#[tokio::test]
async fn git_would_take_the_history_and_that_is_said_once_with_what_to_do() {
    let host = AgentHost::start();
    let ada = person(&host, "ada");
    let project = project(&host);
    let git = std::process::Command::new("git")
        .args(["init", "-q", host.project().to_str().unwrap()])
        .env("HOME", host.home())
        .status();
    assert!(git.unwrap().success());
    let first = baton(&ada, &with(&["history", "add", "one"], &project)).await;
    let hint = first.stderr.lines().find(|line| line.starts_with("hint: ")).expect("no hint");
    let again = baton(&ada, &with(&["history", "add", "two"], &project)).await;
    assert_eq!(again.stderr, "");
    // What it offers does it.
    let offered = hint.split('`').nth(1).unwrap().strip_prefix("baton ").unwrap();
    let words: Vec<&str> = offered.split(' ').collect();
    let done = baton(&ada, &words).await;
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.stderr.contains("git leaves .maestro/history/ alone."), "{done:?}");
    let ignored = fs::read_to_string(host.project().join(".gitignore")).unwrap();
    assert_eq!(ignored, ".maestro/history/\n");
}

#[tokio::test]
async fn lines_that_are_no_entries_are_counted_and_shown_and_left_alone() {
    let host = AgentHost::start();
    let ada = person(&host, "ada");
    let shared = host.project().join(".maestro/history");
    fs::create_dir_all(&shared).unwrap();
    let text = "\u{feff}{\"id\":\"a1\",\"type\":\"USER\",\"timestamp\":1767229300000,\"summary\":\"minimal\",\"projectPath\":\"/srv\"}\r\n42\nnull\n[]\n{\"id\":\n";
    fs::write(shared.join("history-pedbook.jsonl"), text).unwrap();
    fs::create_dir(shared.join("history-x.jsonl")).unwrap();
    let listed = baton(&ada, &with(&["history", "--json"], &project(&host))).await;
    let document = listed.json();
    assert_eq!(document["entries"][0]["hostname"], "pedbook");
    assert_eq!((&document["total"], &document["skipped_lines"]), (&json!(1), &json!(4)));
    assert_eq!(document["left_alone"][0]["name"], "history-x.jsonl");
    let text_of = baton(&ada, &with(&["history"], &project(&host))).await;
    assert!(text_of.stderr.contains("history-pedbook.jsonl: 4 lines skipped"), "{text_of:?}");
    assert!(text_of.stderr.contains("line 2: it is no JSON object: 42"), "{text_of:?}");
    assert_eq!(fs::read_to_string(shared.join("history-pedbook.jsonl")).unwrap(), text);
}

#[tokio::test]
async fn an_agent_that_is_asked_has_told_before_baton_goes() {
    let bed = Bed::with("codex", "codex", &["--sync-history", "--synopsis"]);
    let go = bed.file("go");
    let prompt = format!("print begun\nwait-for {go}\nprint All done.");
    let words = ["send", "work", &prompt];
    let sending = start(bed.home.command(&words).stdin(Stdio::null()));
    let mut follower = bed.follow(&[]);
    follower.until_text("begun").await;
    // What it is asked next, whatever that is, it answers so.
    bed.host.set_script("codex", "print **Summary:** Mended it. **Details:** All of it.");
    fs::write(&go, "").unwrap();
    let sent = ended(sending).await;
    assert_eq!(sent.status, Some(0), "{sent:?}");
    assert!(sent.stdout.ends_with("All done.\n"), "{sent:?}");
    let listed = bed.baton(&["history", "--session", "work", "--offline", "--json"]).await;
    assert_eq!(
        (summaries(&listed), &listed.json()["pending"]),
        (vec!["Mended it.".into()], &json!(0))
    );
}

#[tokio::test]
async fn a_turn_is_left_out_of_the_history_where_that_is_wanted() {
    let bed = Bed::with("codex", "codex", &["--sync-history", "--synopsis"]);
    let quiet = bed.baton(&["send", "work", "--no-history", "print not this"]).await;
    assert_eq!((quiet.status, &*quiet.stdout), (Some(0), "not this\n"), "{quiet:?}");
    let listed = bed.baton(&["history", "--session", "work", "--offline", "--json"]).await;
    assert_eq!(listed.json()["total"], json!(0), "{listed:?}");
    assert_eq!(bed.baton(&["session", "edit", "work", "--no-synopsis"]).await.status, Some(0));
    assert_eq!(bed.baton(&["send", "work", "print but this"]).await.status, Some(0));
    let listed = bed.baton(&["history", "--session", "work", "--offline", "--json"]).await;
    assert_eq!(summaries(&listed), ["but this"]);
}

#[tokio::test]
async fn an_entry_is_given_up_by_its_id() {
    let host = AgentHost::start();
    let ada = person(&host, "ada");
    let added =
        baton(&ada, &["history", "add", "x", "--host", "box", "--cwd", "/no/such", "--json"]).await;
    assert_eq!(added.status, Some(0), "{added:?}");
    assert!(added.stderr.contains("no directory /no/such"), "{added:?}");
    assert_eq!(baton(&ada, &["history", "sync"]).await.status, Some(4));
    let id = added.json()["id"].as_str().unwrap()[..8].to_owned();
    assert_eq!(baton(&ada, &["history", "outbox", "remove", &id]).await.status, Some(0));
    assert_eq!(baton(&ada, &["history", "sync"]).await.status, Some(0));
    assert_eq!(summaries(&baton(&ada, &["history", "--json"]).await), ["x"]);
}
