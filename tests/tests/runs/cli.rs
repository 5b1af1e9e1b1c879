//! `baton run`, `attach`, `stop` and `runs`, as a person or a script uses them.

use std::process::Stdio;
use std::sync::Arc;

use baton_tests::{Home, TestSshd, ended, processes, start, until};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

fn home(sshd: &TestSshd) -> Home {
    Home::new(sshd.write_client_config("box", &[]))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// The id in `run ID on HOST`.
fn id(stderr: &str) -> String {
    let line =
        stderr.lines().find(|line| line.starts_with("run ")).unwrap_or_else(|| panic!("{stderr}"));
    line.split(' ').nth(1).unwrap().to_owned()
}

fn kill(pid: u32, signal: &str) {
    let sent =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn run_gives_the_programs_streams_and_status_and_its_own_id_on_stderr() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let run = home.baton(&[
        "run",
        "box",
        "--env",
        "A=b c",
        "--",
        "sh",
        "-c",
        "echo \"$A\"; echo err >&2; exit 7",
    ]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(7), "b c\n"), "{run:?}");
    let mut said = run.stderr.lines();
    assert!(said.next().unwrap().ends_with(" on box"), "{run:?}");
    assert_eq!(said.next(), Some("err"), "{run:?}");
    std::fs::write(home.path("prompt"), [0, 255, b'\n']).unwrap();
    let prompt = home.path("prompt");
    let run =
        home.baton(&["run", "box", "--stdin", prompt.to_str().unwrap(), "--", "od", "-An", "-tx1"]);
    assert_eq!(run.stdout.trim(), "00 ff 0a", "{run:?}");
    let missing = home.baton(&["run", "box", "--stdin", "no-such-file", "--", "true"]);
    assert_eq!(missing.status, Some(4), "{missing:?}");
    let gone = home.baton(&["run", "box", "--cwd", "/no/such/dir", "--json", "--", "true"]);
    assert_eq!(
        (gone.status, &gone.json()["error"]["code"]),
        (Some(4), &Value::from("dir_missing"))
    );
}

#[test]
fn json_is_one_event_a_line_and_ends_with_the_status() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let script = "printf 'gr\\303\\266\\303\\237e\\n'; printf '\\377' >&2; kill -TERM $$";
    let run = home.baton(&["run", "box", "--json", "--", "sh", "-c", script]);
    assert_eq!(run.status, Some(143), "{run:?}");
    let events = lines(&run.stdout);
    assert_eq!(events[0]["type"], "started");
    assert_eq!(events[0]["host"], "box");
    let of = |stream: &str| events.iter().find(|event| event["stream"] == stream).unwrap();
    assert_eq!(
        (&of("out")["text"], &of("out")["offset"]),
        (&Value::from("größe\n"), &Value::from(0))
    );
    assert_eq!(of("err")["base64"], "/w==");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["status"], &last["signal"]),
        (&"exited".into(), &143.into(), &"TERM".into())
    );
    let id = events[0]["run"].as_str().unwrap();
    let again = home.baton(&["attach", id, "--from-start", "--json"]);
    assert_eq!((again.status, lines(&again.stdout).len()), (Some(143), events.len()), "{again:?}");
}

#[test]
fn a_run_without_a_host_is_sshs_failure_and_leaves_none_behind() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &["Port 1"]));
    let run = home.baton(&["run", "box", "--", "true"]);
    assert_eq!(run.status, Some(255), "{run:?}");
    assert!(run.stderr.contains("error: box refused the connection"), "{run:?}");
    assert_eq!(home.baton(&["runs", "--json"]).json()["runs"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baton_that_is_killed_is_taken_up_where_it_had_shown_it() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let go = home.path("go");
    let script = format!(
        "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; sleep 0.005; done; \
        while [ ! -e {} ]; do sleep 0.05; done; echo last; exit 4",
        go.display()
    );
    let mut child = home.start(&["run", "box", "--json", "--", "sh", "-c", &script]);
    let mut shown = String::new();
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
    while !shown.contains("line 100\n") {
        let event: Value =
            serde_json::from_str(&events.next_line().await.unwrap().unwrap()).unwrap();
        shown.push_str(event["text"].as_str().unwrap_or_default());
    }
    kill(child.id().unwrap(), "KILL");
    child.wait().await.unwrap();
    // What it had printed before it was killed is in the pipe still.
    while let Some(line) = events.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        shown.push_str(event["text"].as_str().unwrap_or_default());
    }
    std::fs::write(&go, "").unwrap();
    let id = home.baton(&["runs", "--json"]).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    let rest = ended(home.start(&["attach", &id, "--json"])).await;
    assert_eq!(rest.status, Some(4), "{rest:?}");
    let rest = lines(&rest.stdout);
    let first = rest.iter().find(|event| event["type"] == "output").unwrap();
    let offset = usize::try_from(first["offset"].as_u64().unwrap()).unwrap();
    // At most what was shown since the last note of it comes twice; nothing is missing.
    assert!(offset > 0 && offset <= shown.len(), "{offset} {}", shown.len());
    shown.truncate(offset);
    rest.iter().for_each(|event| shown.push_str(event["text"].as_str().unwrap_or_default()));
    let expected: String =
        (1..=200).map(|i| format!("line {i}\n")).chain(["last\n".into()]).collect();
    assert_eq!(shown, expected);
    let whole = home.baton(&["attach", &id, "--from-start"]);
    assert_eq!((whole.stdout, whole.status), (expected, Some(4)));
    let nothing = home.baton(&["attach", &id]);
    assert_eq!((nothing.stdout.as_str(), nothing.status), ("", Some(4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_is_noted_and_the_whole_answer_comes() {
    let sshd = Arc::new(TestSshd::start());
    let home = home(&sshd);
    let script =
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo $i; sleep 0.1; done";
    let mut child = home.start(&["run", "box", "--json", "--", "sh", "-c", script]);
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut all = Vec::new();
    while let Some(line) = events.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["type"] == "output" && all.len() == 3 {
            sshd.cut_connections();
        }
        all.push(event);
    }
    assert!(child.wait().await.unwrap().success());
    let text: String = all.iter().filter_map(|event| event["text"].as_str()).collect();
    assert_eq!(text, (1..=20).map(|i| format!("{i}\n")).collect::<String>());
    let links: Vec<&str> = all.iter().filter_map(|event| event["state"].as_str()).collect();
    assert_eq!(links, ["lost", "restored"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_once_interrupts_and_twice_leaves_with_the_way_back() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.1; done";
    let mut child = home.start(&["run", "box", "--", "sh", "-c", script]);
    let mut first = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut first).await.unwrap();
    kill(child.id().unwrap(), "INT");
    let run = ended(child).await;
    assert_eq!((run.status, run.stdout.as_str()), (Some(3), "interrupted\n"), "{run:?}");

    let script = "trap '' INT; echo ready; exec sleep 300";
    let mut child = home.start(&["run", "box", "--", "sh", "-c", script]);
    child.stdout.as_mut().unwrap().read_exact(&mut first).await.unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let started = stderr.next_line().await.unwrap().unwrap();
    kill(child.id().unwrap(), "INT");
    let said = stderr.next_line().await.unwrap().unwrap();
    assert!(said.contains("Ctrl-C once more"), "{said}");
    kill(child.id().unwrap(), "INT");
    let said = stderr.next_line().await.unwrap().unwrap();
    let id = id(&started);
    assert!(said.contains(&format!("baton attach {id}")), "{said}");
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    let rows = home.baton(&["runs", "--json"]).json();
    let row =
        rows["runs"].as_array().unwrap().iter().find(|row| row["run"] == *id).unwrap().clone();
    assert_eq!(row["state"], "running");
    let stopped = home.baton(&["stop", &id[..6], "--json"]);
    assert_eq!(
        (stopped.status, &stopped.json()["state"]),
        (Some(0), &"exited".into()),
        "{stopped:?}"
    );
    until("nothing of it is left", || {
        processes(|words| words.iter().any(|word| word.contains(&id))).is_empty()
    })
    .await;
}

#[test]
fn runs_are_listed_learned_and_cleaned_and_a_dead_host_holds_nobody_up() {
    let mut sshd = TestSshd::start();
    let mine = home(&sshd);
    let run = mine.baton(&["run", "box", "--", "echo", "done"]);
    let living = mine.baton(&["run", "box", "--detach", "--", "sleep", "300"]);
    assert_eq!((living.status, living.stdout.as_str()), (Some(0), ""), "{living:?}");
    let (done, living) = (id(&run.stderr), id(&living.stderr));
    let listed = mine.baton(&["runs", "--json"]).json();
    let rows = listed["runs"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["run"], &rows[0]["state"], &rows[0]["status"]),
        (&done.clone().into(), &"exited".into(), &0.into())
    );
    assert_eq!((&rows[0]["out_bytes"], &rows[0]["command"]), (&5.into(), &"echo done".into()));
    assert_eq!((&rows[1]["run"], &rows[1]["state"]), (&living.clone().into(), &"running".into()));

    // Another machine of the same person learns of it from the host.
    let other = home(&sshd);
    assert_eq!(other.baton(&["attach", &living]).status, Some(4));
    assert_eq!(other.baton(&["runs", "box", "--json"]).json()["runs"].as_array().unwrap().len(), 2);
    assert_eq!(other.baton(&["attach", &done]).stdout, "done\n");
    assert_eq!(other.baton(&["stop", &living, "--now"]).status, Some(0));

    let cleaned = mine.baton(&["runs", "clean", "--json"]).json();
    assert_eq!(
        cleaned["removed"].as_array().unwrap().len(),
        1,
        "the stopped one isn't stored here yet"
    );
    assert_eq!(mine.baton(&["attach", &living]).status, Some(137));
    assert_eq!(mine.baton(&["runs", "clean"]).stdout, "removed 1 run\n");
    assert_eq!(mine.baton(&["runs"]).stdout, "no runs\n");

    let again = mine.baton(&["run", "box", "--detach", "--", "sleep", "0"]);
    assert_eq!(again.status, Some(0), "{again:?}");
    sshd.stop();
    let listed = mine.baton(&["runs", "--json"]);
    assert_eq!(listed.status, Some(0), "{listed:?}");
    assert_eq!(listed.json()["runs"][0]["state"], "unknown");
    assert!(listed.json()["runs"][0]["error"]["code"].is_string());
    assert!(listed.stderr.starts_with("box: "), "{listed:?}");
    assert_eq!(mine.baton(&["attach", &id(&again.stderr)]).status, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_comes_from_our_own_stdin() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    let mut command = home.command(&["run", "box", "--stdin", "-", "--", "cat"]);
    let file = home.path("big");
    std::fs::write(&file, vec![b'x'; 3_000_000]).unwrap();
    let child = start(command.stdin(Stdio::from(std::fs::File::open(&file).unwrap())));
    let run = ended(child).await;
    assert_eq!((run.status, run.stdout.len()), (Some(0), 3_000_000));
}
