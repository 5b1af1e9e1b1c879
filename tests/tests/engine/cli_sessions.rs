//! `baton session`, `send`, `follow` and their like over a real engine, a real sshd and a scripted agent.

use std::path::Path;
use std::process::Stdio;

use baton_tests::{Terminal, ended, start, until};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::cli_bed::{Bed, code, lines, of_type, signal, texts};
use crate::desk::processes_of;

#[tokio::test]
async fn a_turn_is_shown_to_its_end_and_its_status_is_ours() {
    let bed = Bed::start();
    let text = bed.baton(&["send", "work", "print hello from there"]).await;
    assert_eq!((text.status, text.stdout.as_str()), (Some(0), "hello from there\n"), "{text:?}");
    assert!(text.stderr.contains("done in "), "{text:?}");

    let json = bed.baton(&["send", "work", "print again", "--json"]).await;
    assert_eq!((json.status, json.stderr.as_str()), (Some(0), ""), "{json:?}");
    let all = lines(&json);
    assert_eq!(of_type(&all, "turn_started").len(), 1);
    assert_eq!(of_type(&all, "text")[0]["text"], "again");
    assert_eq!(all.last().unwrap()["status"], "done");

    let failed = bed.baton(&["send", "work", "exit 3"]).await;
    assert_eq!(failed.status, Some(1), "{failed:?}");
}

#[tokio::test]
async fn what_a_command_line_prints_is_shown_as_it_stands() {
    let bed = Bed::with("claude", "shell", &[]);
    let table = "NAME     SIZE\n* a      1\n  # b    2\n\n1) `c`   *3*\n";
    let prompt = format!("cat <<'EOF'\n{table}EOF\nprintf '\\033[2Jend\\n'");
    let text = bed.baton(&["send", "work", &prompt]).await;
    assert_eq!((text.status, text.stdout), (Some(0), format!("{table}end\n")), "{}", text.stderr);
    let json = bed.baton(&["send", "work", "--json", &prompt]).await;
    let all = lines(&json);
    let said = of_type(&all, "text");
    assert_eq!((said.len(), &said[0]["plain"]), (1, &json!(true)), "{all:#?}");
    assert_eq!(said[0]["text"], format!("{table}end\n"));
}

#[tokio::test]
async fn a_message_behind_another_waits_and_says_so() {
    let bed = Bed::start();
    let go = bed.file("go");
    let prompt = format!("wait-for {go}\nprint first");
    let detached = bed.baton(&["send", "work", "--detach", "--json", &prompt]).await;
    assert_eq!(detached.json()["state"], "started", "{detached:?}");
    let second = bed.baton(&["send", "work", "--detach", "--json", "print second"]).await;
    assert_eq!(second.json()["state"], "queued", "{second:?}");
    assert_eq!(second.json()["behind"], 1);
    let waiting = bed.baton(&["queue", "work", "--json"]).await.json();
    assert_eq!(waiting["tabs"][0]["queue"][0]["prompt"], "print second");
    std::fs::write(&go, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!(followed.status, Some(0), "{followed:?}");
    let all = lines(&followed);
    assert_eq!(texts(&all), ["first", "second"]);
}

#[tokio::test]
async fn a_turns_run_is_left_to_its_session() {
    let bed = Bed::start();
    let go = bed.file("go");
    let prompt = format!("print before\nwait-for {go}\nprint after");
    let detached = bed.baton(&["send", "work", "--detach", "--json", &prompt]).await.json();
    let runs = bed.baton(&["runs", "--json"]).await.json();
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    let refused = bed.baton(&["attach", &run, "--json"]).await;
    assert_eq!(refused.status, Some(5), "{refused:?}");
    let hint = refused.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains(&format!("baton follow {}", detached["session"].as_str().unwrap())));
    std::fs::write(&go, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!(texts(&lines(&followed)), ["before", "after"], "{followed:?}");
}

#[tokio::test]
async fn ctrl_c_interrupts_the_turn_and_waits_for_its_end() {
    let bed = Bed::start();
    let began = bed.file("began");
    let running = bed.home.start(&["send", "work", &format!("touch {began}\nquiet")]);
    until("the agent is at work", || Path::new(&began).exists()).await;
    signal(&running, Signal::INT);
    let run = ended(running).await;
    assert_eq!(run.status, Some(130), "{run:?}");
    assert!(run.stderr.contains("interrupted after"), "{run:?}");
}

#[tokio::test]
async fn who_is_told_to_go_leaves_the_turn_at_work() {
    let bed = Bed::start();
    let (began, go) = (bed.file("began"), bed.file("go"));
    let prompt = format!("touch {began}\nwait-for {go}\nprint it went on");
    let running = bed.home.start(&["send", "work", &prompt]);
    until("the agent is at work", || Path::new(&began).exists()).await;
    signal(&running, Signal::TERM);
    let left = ended(running).await;
    assert_eq!(left.status, Some(143), "{left:?}");
    assert!(left.stderr.contains("baton follow"), "{left:?}");
    std::fs::write(&go, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle"]).await;
    assert_eq!(followed.status, Some(0), "{followed:?}");
    assert!(followed.stdout.contains("it went on"), "{followed:?}");
}

#[tokio::test]
async fn an_approval_is_asked_on_the_terminal_and_its_key_goes_to_the_agent() {
    let bed = Bed::with("gemini", "gemini-cli", &["--talks"]);
    let terminal = Terminal::new();
    let before = terminal.modes();
    let prompt = "ask May I\nif-allowed print allowed\nif-rejected print rejected";
    let running = terminal.start(&bed.home.command(&["send", "work", prompt]));
    terminal.shows("[a] ").await;
    terminal.keys("a");
    terminal.shows("allowed\r\n").await;
    assert!(running.ended().await.success(), "{}", terminal.printed());
    assert_eq!(terminal.modes(), before);
}

#[tokio::test]
async fn an_approval_that_is_answered_elsewhere_goes_away() {
    let bed = Bed::with("gemini", "gemini-cli", &["--talks"]);
    let terminal = Terminal::new();
    let prompt = "ask May I\nif-allowed print allowed\nif-rejected print rejected";
    let running = terminal.start(&bed.home.command(&["send", "work", prompt]));
    terminal.shows("[a] ").await;
    let waiting = bed.baton(&["approvals", "work", "--json"]).await.json();
    let id = waiting["approvals"][0]["id"].as_str().unwrap();
    let denied = bed.baton(&["deny", id]).await;
    assert_eq!(denied.status, Some(0), "{denied:?}");
    terminal.shows("rejected\r\n").await;
    assert!(running.ended().await.success(), "{}", terminal.printed());
}

#[tokio::test]
async fn a_session_is_listed_shown_changed_and_removed() {
    let bed = Bed::start();
    let list = bed.baton(&["session", "list", "--json"]).await.json();
    let id = list["sessions"][0]["id"].as_str().unwrap().to_owned();
    let prefix = &id[..4];
    let changed = bed.baton(&["session", "edit", prefix, "--name", "other", "--json"]).await;
    assert_eq!(changed.json()["name"], "other", "{changed:?}");
    let show = bed.baton(&["session", "show", "other"]).await;
    assert!(show.stdout.contains(&id), "{show:?}");
    let gone = bed.baton(&["session", "show", "work", "--json"]).await;
    assert_eq!((gone.status, &gone.json()["error"]["code"]), (Some(4), &Value::from("not_found")));
    assert_eq!(bed.baton(&["session", "remove", "other"]).await.status, Some(0));
    let list = bed.baton(&["session", "list", "--json"]).await.json();
    assert_eq!(list["sessions"], Value::Array(Vec::new()));
}

/// The names of an object's fields.
fn fields(line: &Value) -> Vec<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn events_are_lines_of_json_with_the_fields_that_are_promised() {
    let bed = Bed::with("codex", "codex", &[]);
    let prompt = "think hard\nprint hello\n\
        tool command {\"command\":\"ls\",\"output\":\"a\",\"exit_code\":0}\n\
        usage {\"input\":10,\"cached\":4,\"output\":5,\"reasoning\":2}";
    let sent = bed.baton(&["send", "work", "--json", prompt]).await;
    assert_eq!(sent.status, Some(0), "{sent:?}");
    let all = lines(&sent);
    let session = bed.baton(&["session", "show", "work", "--json"]).await.json();
    let mut before = 0;
    for line in &all {
        assert!(line["seq"].as_u64().unwrap() > before, "{line}");
        before = line["seq"].as_u64().unwrap();
        assert_eq!(line["session"], session["id"], "{line}");
        assert_eq!(line["tab"], session["tabs"][0]["id"], "{line}");
        assert!(line["at"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(line["turn"].is_string(), "{line}");
    }
    let kinds: Vec<&str> = all.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "turn_started",
            "turn_launched",
            "agent_session",
            "reasoning",
            "text",
            "tool_call",
            "tool_call",
            "usage",
            "turn_ended"
        ]
    );
    let of = |kind| of_type(&all, kind);
    assert_eq!(of("turn_started")[0]["prompt"], prompt);
    assert!(of("agent_session")[0]["id"].is_string());
    assert_eq!(of("reasoning")[0]["text"], "hard");
    assert_eq!(
        (&of("text")[0]["text"], &of("text")[0]["partial"]),
        (&json!("hello"), &json!(false))
    );
    let calls = of("tool_call");
    assert_eq!((&calls[0]["status"], &calls[1]["status"]), (&json!("running"), &json!("done")));
    for field in ["id", "name", "status", "input", "output"] {
        assert!(fields(calls[1]).contains(&field), "{field}: {}", calls[1]);
    }
    let usage = of("usage")[0];
    for field in ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"] {
        assert!(usage[field].is_u64(), "{field}: {usage}");
    }
    let end = of("turn_ended")[0];
    assert_eq!((&end["status"], &end["exit_status"]), (&json!("done"), &json!(0)));
    assert_eq!(end["text"], "hello");
    assert!(end["elapsed_ms"].is_u64());
}

#[tokio::test]
async fn a_prompt_reaches_the_agent_byte_for_byte_from_a_word_and_from_stdin() {
    let bed = Bed::start();
    let saved = bed.file("saved");
    bed.host.set_script("claude", &format!("save-prompt {saved}\nprint got it"));
    let prompt = "--- \\ $HOME `id` 'quoted' \"twice\"\n\u{1b}[31m\ttab ünï 日本\r\n";
    let word = bed.baton(&["send", "work", prompt]).await;
    assert_eq!(word.status, Some(0), "{word:?}");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), prompt);

    let large = format!("{prompt}{}", "0123456789abcdef".repeat(64 * 1024));
    let mut child = start(bed.home.command(&["send", "work", "-"]).stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(large.as_bytes()).await.unwrap();
    drop(stdin);
    let piped = ended(child).await;
    assert_eq!(piped.status, Some(0), "{piped:?}");
    assert!(std::fs::read_to_string(&saved).unwrap() == large, "the large prompt was changed");
}

#[tokio::test]
async fn images_and_read_only_reach_the_agent() {
    let bed = Bed::with("codex", "codex", &[]);
    let image = bed.home.path("shot.png");
    std::fs::write(&image, b"\x89PNG\r\n\x1a\nrest").unwrap();
    let image = image.to_str().unwrap();
    let sent =
        bed.baton(&["send", "work", "arguments", "--image", image, "--read-only", "--json"]).await;
    assert_eq!(sent.status, Some(0), "{sent:?}");
    let all = lines(&sent);
    let started = of_type(&all, "turn_started")[0];
    assert_eq!((&started["images"], &started["read_only"]), (&json!(1), &json!(true)));
    let arguments = texts(&all)[0];
    assert!(arguments.contains("--image"), "{arguments}");
    assert!(arguments.contains("read-only"), "{arguments}");
}

#[tokio::test]
async fn a_tab_goes_on_with_its_conversation_until_a_fresh_one_is_wanted() {
    let bed = Bed::with("codex", "codex", &[]);
    let say = async |more: &[&str]| {
        let sent = bed.baton(&[&["send", "work", "session", "--json"], more].concat()).await;
        assert_eq!(sent.status, Some(0), "{sent:?}");
        let all = lines(&sent);
        (texts(&all)[0].to_owned(), all[0]["tab"].as_str().unwrap().to_owned())
    };
    let (first, tab) = say(&[]).await;
    let id = first.strip_prefix("new ").unwrap();
    assert_eq!(say(&[]).await, (format!("resumed {id}"), tab.clone()));
    let (other, second) = say(&["--new-tab"]).await;
    assert!(other.starts_with("new ") && second != tab, "{other} in {second}");
    assert_eq!(say(&["--tab", &tab]).await.0, format!("resumed {id}"));
    let (fresh, same) = say(&["--tab", &tab, "--fresh"]).await;
    assert!(fresh.starts_with("new ") && !fresh.contains(id), "{fresh}");
    assert_eq!(same, tab);
}

#[tokio::test]
async fn following_begins_behind_the_event_that_is_named() {
    let bed = Bed::start();
    bed.baton(&["send", "work", "print one"]).await;
    bed.baton(&["send", "work", "print two"]).await;
    let whole = lines(&bed.baton(&["follow", "work", "--until-idle", "--json"]).await);
    assert_eq!(texts(&whole), ["one", "two"]);
    let middle = of_type(&whole, "turn_ended")[0]["seq"].to_string();
    let rest = bed.baton(&["follow", "work", "--since", &middle, "--until-idle", "--json"]).await;
    let behind: Vec<&Value> =
        whole.iter().filter(|line| line["seq"].as_u64() > middle.parse().ok()).collect();
    assert_eq!(lines(&rest).iter().collect::<Vec<_>>(), behind);
    let text = bed.baton(&["follow", "work", "--until-idle"]).await;
    for part in ["print one", "one\n", "print two", "two\n"] {
        assert!(text.stdout.contains(part), "{text:?}");
    }
}

#[tokio::test]
async fn two_who_send_at_once_both_get_their_own_turn() {
    let bed = Bed::start();
    let (left, right) = (bed.file("left"), bed.file("right"));
    let prompts = [&left, &right].map(|file| format!("count-file {file}\nprint of {file}"));
    let send = async |prompt: &str| bed.baton(&["send", "work", prompt, "--json"]).await;
    let (one, other) = tokio::join!(send(&prompts[0]), send(&prompts[1]));
    for (run, file) in [(one, &left), (other, &right)] {
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(texts(&lines(&run)), [format!("of {file}")], "{run:?}");
        assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 1);
    }
}

#[tokio::test]
async fn what_waits_can_be_moved_changed_held_back_and_taken_out() {
    let bed = Bed::start();
    let go = bed.file("go");
    let queue = async |words: &[&str]| {
        let run = bed.baton(&[&["queue", "work"], words, &["--json"]].concat()).await;
        assert_eq!(run.status, Some(0), "{words:?}: {run:?}");
        run
    };
    bed.baton(&["send", "work", "--detach", &format!("wait-for {go}\nprint first")]).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let sent =
            bed.baton(&["send", "work", "--detach", "--json", &format!("print {name}")]).await;
        ids.push(sent.json()["message"].as_str().unwrap().to_owned());
    }
    queue(&["move", &ids[2], "--first"]).await;
    queue(&["remove", &ids[0]]).await;
    queue(&["edit", &ids[1], "print b, changed"]).await;
    queue(&["pause"]).await;
    std::fs::write(&go, "").unwrap();
    let held = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!((held.status, texts(&lines(&held))), (Some(0), vec!["first"]), "{held:?}");
    let waits = queue(&["list"]).await.json();
    let prompts: Vec<&Value> = waits["tabs"][0]["queue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["prompt"])
        .collect();
    assert_eq!(prompts, ["print c", "print b, changed"]);
    queue(&["resume"]).await;
    let rest = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!(texts(&lines(&rest)), ["first", "c", "b, changed"]);
    let gone = bed.baton(&["queue", "work", "remove", &ids[0], "--json"]).await;
    assert_eq!(code(&gone), (Some(4), "not_found".into()));
}

#[tokio::test]
async fn ctrl_c_twice_leaves_the_turn_at_work_and_says_how_to_get_back() {
    let bed = Bed::start();
    let (began, go) = (bed.file("began"), bed.file("go"));
    let prompt = format!("ignore INT\ntouch {began}\nwait-for {go}\nprint it went on");
    let terminal = Terminal::new();
    let before = terminal.modes();
    let running = terminal.start(&bed.home.command(&["send", "work", &prompt]));
    until("the agent is at work", || Path::new(&began).exists()).await;
    terminal.keys("\x03");
    terminal.shows("Ctrl-C again leaves it at work").await;
    terminal.keys("\x03");
    assert_eq!(running.ended().await.code(), Some(130), "{}", terminal.printed());
    terminal.shows("left: it goes on; `baton follow ").await;
    assert_eq!(terminal.modes(), before);
    std::fs::write(&go, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle"]).await;
    assert!(followed.stdout.contains("it went on"), "{followed:?}");
}

#[tokio::test]
async fn ctrl_c_once_on_a_terminal_ends_the_turn_as_interrupted() {
    let bed = Bed::start();
    let began = bed.file("began");
    let terminal = Terminal::new();
    let prompt = format!("touch {began}\nquiet");
    let running = terminal.start(&bed.home.command(&["send", "work", &prompt]));
    until("the agent is at work", || Path::new(&began).exists()).await;
    terminal.keys("\x03");
    terminal.shows("interrupted after").await;
    assert_eq!(running.ended().await.code(), Some(130), "{}", terminal.printed());
    until("the agent is gone", || processes_of(&bed.host, "scripted-agent").is_empty()).await;
}

#[tokio::test]
async fn a_host_that_is_disabled_or_removed_refuses_and_nothing_runs_elsewhere() {
    let bed = Bed::start();
    let ran = bed.file("ran");
    let prompt = format!("touch {ran}");
    assert_eq!(bed.baton(&["hosts", "disable", "box"]).await.status, Some(0));
    let disabled = bed.baton(&["send", "work", &prompt, "--json"]).await;
    assert_eq!(code(&disabled), (Some(5), "host_disabled".into()));
    assert!(disabled.stdout.contains("box"), "{disabled:?}");
    assert_eq!(bed.baton(&["hosts", "remove", "box"]).await.status, Some(0));
    // There is an alias of that name in the ssh config: it is another host for us.
    let removed = bed.baton(&["send", "work", &prompt, "--json"]).await;
    assert_eq!(code(&removed), (Some(4), "host_unknown".into()));
    assert!(!Path::new(&ran).exists());
    let list = bed.baton(&["session", "list", "--json"]).await.json();
    assert_eq!(list["sessions"][0]["name"], "work", "it is still there");
}

#[tokio::test]
async fn looking_opens_no_connection_and_starts_no_turn() {
    let bed = Bed::start();
    let (began, go) = (bed.file("began"), bed.file("go"));
    let prompt = format!("touch {began}\nwait-for {go}\nprint on");
    let left = bed.baton(&["send", "work", "--detach", &prompt]).await;
    assert_eq!(left.status, Some(0), "{left:?}");
    bed.baton(&["send", "work", "--detach", "print next"]).await;
    until("the connection is closed", || bed.host.sshd().connections() == 0).await;
    let log = bed.host.sshd().log();
    for words in [
        &["session", "list"][..],
        &["session", "show", "work"],
        &["queue", "work"],
        &["approvals"],
        &["agents"],
    ] {
        let looked = bed.baton(words).await;
        assert_eq!(looked.status, Some(0), "{looked:?}");
    }
    assert_eq!(bed.host.sshd().log(), log, "somebody knocked");
    std::fs::write(&go, "").unwrap();
    let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!(texts(&lines(&followed)), ["on", "next"]);
}

#[tokio::test]
async fn a_host_that_takes_long_is_said_to_be_waited_for() {
    use std::time::Duration;
    let (bed, wan) =
        Bed::through(|host| baton_tests::Wan::start(host.sshd().address(), Duration::ZERO));
    wan.pause();
    let terminal = Terminal::new();
    let running = terminal.start(&bed.home.command(&["send", "work", "print at last"]));
    terminal.shows("waiting for box").await;
    let piped = bed.home.start(&["send", "work", "--new-tab", "--read-only", "print piped"]);
    let said = async {
        // wait: until it is due, a second after the beginning
        tokio::time::sleep(Duration::from_millis(1500)).await; // wait: longer than the second after which it is said
        wan.resume();
        ended(piped).await
    };
    let piped = said.await;
    assert_eq!((piped.status, piped.stdout.as_str()), (Some(0), "piped\n"), "{piped:?}");
    assert!(piped.stderr.contains("waiting for box\n"), "{piped:?}");
    terminal.shows("at last").await;
    assert!(running.ended().await.success(), "{}", terminal.printed());
}

#[tokio::test]
async fn lines_of_a_shells_output_stay_lines() {
    let bed = Bed::with("claude", "shell", &[]);
    let shown = bed.baton(&["send", "work", "printf 'one\\ntwo\\nthree\\n'"]).await;
    assert_eq!((shown.status, shown.stdout.as_str()), (Some(0), "one\ntwo\nthree\n"), "{shown:?}");
}
