//! `baton send` and `baton follow` over whatever happens to the link and to the processes of ours: each prompt runs once,
//! and each line is told once.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use baton_tests::{Accident, Wan, until};
use serde_json::Value;

use crate::cli_bed::{Bed, kill, lines, of_type, texts};
use crate::desk::processes_of;

/// The number of a numbered line.
fn number(line: &Value) -> Option<u64> {
    let text = line["text"].as_str().filter(|_| line["type"] == "text")?;
    Some(text.strip_prefix("line ")?.parse().unwrap())
}

/// The numbered lines of a turn.
fn numbers(lines: &[Value]) -> Vec<u64> {
    lines.iter().filter_map(number).collect()
}

/// Numbers of events only grow: nothing came twice.
#[track_caller]
fn in_order(lines: &[Value]) {
    let seqs: Vec<u64> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "{seqs:?}");
}

fn times(file: &str) -> usize {
    fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

fn size(name: &str, usual: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "`make soak` asks for more through it")]
    let set = std::env::var(name);
    set.map_or(usual, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The events of the turn of a prompt; none where it never became one.
fn turn_of<'a>(lines: &'a [Value], prompt: &str) -> Vec<&'a Value> {
    let started = of_type(lines, "turn_started");
    let of_it: Vec<&&Value> = started.iter().filter(|line| line["prompt"] == prompt).collect();
    assert!(of_it.len() < 2, "it became two turns: {of_it:#?}");
    let Some(first) = of_it.first() else { return Vec::new() };
    lines.iter().filter(|line| line["turn"] == first["turn"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_killed_at_any_moment_runs_its_prompt_once_or_never_and_loses_nothing() {
    let bed = Bed::with("codex", "codex", &[]);
    let mut ran = 0;
    for round in 0..size("BATON_SOAK_KILLS", 8) {
        let count = bed.file(&format!("count-{round}"));
        let prompt = format!("count-file {count}\nlines 20 10\nprint end of {round}");
        let sending = bed.home.start(&["send", "work", &prompt]);
        if round % 2 == 1 {
            until("the agent is at work", || Path::new(&count).exists()).await;
        }
        // wait: any moment will do; which one, nobody knows
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..400))).await; // wait: another moment each round
        kill(sending).await;
        let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
        assert_eq!(followed.status, Some(0), "{round}: {followed:?}");
        let all = lines(&followed);
        in_order(&all);
        let turn: Vec<Value> = turn_of(&all, &prompt).into_iter().cloned().collect();
        assert_eq!(times(&count), usize::from(!turn.is_empty()), "{round}: {turn:#?}");
        if !turn.is_empty() {
            ran += 1;
            assert_eq!(numbers(&turn), (1..=20).collect::<Vec<_>>(), "{round}");
            assert_eq!(of_type(&turn, "turn_ended").len(), 1, "{round}: {turn:#?}");
            assert_eq!(turn.last().unwrap()["status"], "done", "{round}: {turn:#?}");
        }
    }
    // What was told along the way is what is told of all in the end.
    let whole = lines(&bed.baton(&["follow", "work", "--until-idle", "--json"]).await);
    in_order(&whole);
    assert_eq!(of_type(&whole, "turn_ended").len(), ran);
    assert_eq!(numbers(&whole).len(), 20 * ran);
    until("no agent is left", || processes_of(&bed.host, "scripted-agent").is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_takes_over_within_a_second_when_the_host_is_killed_and_misses_nothing() {
    let bed = Bed::with("codex", "codex", &[]);
    let (count, gate) = (bed.file("count"), bed.file("gate"));
    let prompt = format!("count-file {count}\nlines 300 5\nwait-for {gate}\nprint the end");
    let sending = bed.home.start(&["send", "work", &prompt]);
    until("the agent is at work", || Path::new(&count).exists()).await;
    assert_eq!(bed.hosting(), sending.id(), "who sends hosts");
    let mut first = bed.follow(&["--until-idle"]);
    let mut second = bed.follow(&["--until-idle"]);
    for follower in [&mut first, &mut second] {
        follower.until_text("line 20").await;
    }
    kill(sending).await;
    let began = Instant::now();
    let followers = [first.child.id(), second.child.id()];
    until("one of them hosts", || followers.contains(&bed.hosting())).await;
    assert!(began.elapsed() < Duration::from_secs(1), "the takeover took {:?}", began.elapsed());
    first.until_text("line 200").await;
    // The one that hosts now goes, too.
    let (gone, mut left) =
        if bed.hosting() == first.child.id() { (first, second) } else { (second, first) };
    kill(gone.child).await;
    left.until_text("line 300").await;
    fs::write(&gate, "").unwrap();
    let (all, status) = left.ended().await;
    assert_eq!(status, Some(0));
    in_order(&all);
    assert_eq!(numbers(&all), (1..=300).collect::<Vec<_>>());
    assert_eq!(texts(&all).last(), Some(&"the end"));
    assert_eq!(times(&count), 1);
    assert_eq!(of_type(&all, "turn_started").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detached_turn_needs_no_process_here_and_the_next_who_comes_has_all_of_it() {
    let bed = Bed::with("codex", "codex", &[]);
    let (count, gate) = (bed.file("count"), bed.file("gate"));
    let prompt = format!("count-file {count}\nlines 50\nwait-for {gate}\nlines 3");
    let sent = bed.baton(&["send", "work", "--detach", "--json", &prompt]).await;
    assert_eq!((sent.status, &sent.json()["state"]), (Some(0), &Value::from("started")));
    until("nothing is left on the laptop", || bed.processes().is_empty()).await;
    until("the agent is at work", || times(&count) == 1).await;
    fs::write(&gate, "").unwrap();
    until("the agent has ended", || processes_of(&bed.host, "scripted-agent").is_empty()).await;
    let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
    assert_eq!(followed.status, Some(0), "{followed:?}");
    let all = lines(&followed);
    assert_eq!(numbers(&all), (1..=50).chain(1..=3).collect::<Vec<_>>());
    assert_eq!(times(&count), 1);
    until("nothing is left on the laptop", || bed.processes().is_empty()).await;
}

/// An agent that doesn't want to go, with children that hide.
const STUBBORN: &str = "ignore TERM\nignore INT\nfork-holding-output\nsetsid-child\ntouch ";

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_no_process_of_the_agent_on_the_machine() {
    for sender_is_killed in [false, true] {
        let bed = Bed::with("codex", "codex", &[]);
        let began = bed.file("began");
        let prompt = format!("{STUBBORN}{began}\nquiet");
        let sending = bed.home.start(&["send", "work", &prompt]);
        until("the agent is at work", || Path::new(&began).exists()).await;
        if sender_is_killed {
            kill(sending).await;
        }
        let stopped = bed.baton(&["interrupt", "work", "--stop", "--json"]).await;
        assert_eq!(stopped.status, Some(0), "{sender_is_killed}: {stopped:?}");
        assert_eq!(stopped.json()["turns"].as_array().unwrap().len(), 1, "{stopped:?}");
        assert_eq!(processes_of(&bed.host, "scripted-agent"), [0; 0], "{sender_is_killed}");
        let followed = bed.baton(&["follow", "work", "--until-idle", "--json"]).await;
        assert_eq!(followed.status, Some(130), "{followed:?}");
        let nothing = bed.baton(&["interrupt", "work", "--json"]).await;
        assert_eq!(nothing.status, Some(4), "{nothing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_from_elsewhere_reaches_a_turn_that_nobody_follows() {
    let bed = Bed::with("codex", "codex", &[]);
    let began = bed.file("began");
    bed.baton(&["send", "work", "--detach", &format!("touch {began}\nquiet")]).await;
    until("the agent is at work", || Path::new(&began).exists()).await;
    let interrupted = bed.baton(&["interrupt", "work"]).await;
    assert_eq!(interrupted.status, Some(0), "{interrupted:?}");
    assert_eq!(interrupted.stdout, "Interrupted the turn in work\n");
    until("the agent is gone", || processes_of(&bed.host, "scripted-agent").is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_sees_every_line_and_every_loss_of_the_link() {
    let (mut bed, wan) = Bed::through(|host| Wan::start(host.sshd().address(), Duration::ZERO));
    let (count, gate) = (bed.file("count"), bed.file("gate"));
    let prompt = format!("count-file {count}\nlines 1200 5\nwait-for {gate}\nprint the end");
    let sending = bed.home.start(&["send", "work", &prompt]);
    until("the agent is at work", || Path::new(&count).exists()).await;
    let mut follower = bed.follow(&["--until-idle"]);
    let kinds = [Accident::Reset, Accident::Kill, Accident::Silence, Accident::Restart];
    for (at, kind) in kinds.into_iter().enumerate() {
        // In the middle of the output, wherever the last accident has left it.
        let share = u64::try_from(at).unwrap() * 200;
        follower.until(|line| number(line).is_some_and(|number| number > share)).await;
        kind.begin(&wan, bed.host.sshd_mut());
        follower.until(|line| line["type"] == "link" && line["state"] == "lost").await;
        kind.end(&wan, bed.host.sshd_mut());
        follower.until(|line| line["type"] == "link" && line["state"] == "restored").await;
    }
    fs::write(&gate, "").unwrap();
    let (all, status) = follower.ended().await;
    assert_eq!(status, Some(0));
    in_order(&all);
    assert_eq!(numbers(&all), (1..=1200).collect::<Vec<_>>());
    assert_eq!(times(&count), 1);
    // The one who sent it saw the same, as text.
    let sent = baton_tests::ended(sending).await;
    assert_eq!(sent.status, Some(0), "{sent:?}");
    assert_eq!(sent.stdout.lines().filter(|line| line.starts_with("line ")).count(), 1200);
    assert!(sent.stdout.ends_with("the end\n"), "{}", sent.stdout);
    assert!(sent.stderr.contains("link lost"), "{}", sent.stderr);
    assert!(sent.stderr.contains("link restored"), "{}", sent.stderr);
}
