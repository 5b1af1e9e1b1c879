//! `baton session`, `send`, `follow` and their like over a real engine, a real sshd and a scripted agent.

use baton_tests::{AgentHost, Home, Run, Terminal, ended, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A machine with the scripted agent as `claude`, and a home with a session `work` on it.
struct Bed {
    host: AgentHost,
    home: Home,
}

impl Bed {
    fn start() -> Self {
        Self::with("claude", "claude-code", &[])
    }

    fn with(program: &str, agent: &str, more: &[&str]) -> Self {
        let host = AgentHost::start().with_scripted(program);
        let home = Home::new(host.sshd().write_client_config("box", &[]));
        let project = host.project();
        let cwd = project.to_str().unwrap();
        let new = ["session", "new", "--agent", agent, "--host", "box", "--cwd", cwd];
        let made = home.baton(&[&new, &["--name", "work"][..], more].concat());
        assert_eq!(made.status, Some(0), "{made:?}");
        Self { host, home }
    }

    async fn baton(&self, words: &[&str]) -> Run {
        ended(self.home.start(words)).await
    }

    fn file(&self, name: &str) -> String {
        self.host.project().join(name).display().to_string()
    }
}

fn lines(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind && line["partial"] != true).collect()
}

fn signal(child: &tokio::process::Child, signal: Signal) {
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

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
    let texts: Vec<&Value> = of_type(&all, "text").iter().map(|line| &line["text"]).collect();
    assert_eq!(texts, ["first", "second"]);
}

#[tokio::test]
async fn ctrl_c_interrupts_the_turn_and_waits_for_its_end() {
    let bed = Bed::start();
    let began = bed.file("began");
    let running = bed.home.start(&["send", "work", &format!("touch {began}\nquiet")]);
    until("the agent is at work", || std::path::Path::new(&began).exists()).await;
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
    until("the agent is at work", || std::path::Path::new(&began).exists()).await;
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
