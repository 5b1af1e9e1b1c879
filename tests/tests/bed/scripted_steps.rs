use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{agent, feed, json_lines, stderr, stdout, steps, wait_for};

/// Starts an agent whose output is read here.
fn start(script: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = agent(&steps("plain", script));
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_test_steers_an_agent_with_files_and_counts_its_turns() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (count, go, done) = (path("count"), path("go"), path("done"));
    let script =
        format!("count-file {count}\nprint waiting\nwait-for {go}\ntouch {done}\nprint on");
    let (mut child, mut output) = start(&[&script]);
    assert_eq!(line(&mut output), "waiting\n");
    assert!(!Path::new(&done).exists());
    fs::write(&go, "").unwrap();
    assert_eq!(line(&mut output), "on\n");
    assert!(child.wait().unwrap().success());
    assert!(Path::new(&done).exists());
    assert_eq!(agent(&["-e", &format!("count-file {count}")]).status().unwrap().code(), Some(0));
    assert_eq!(fs::read_to_string(count).unwrap().lines().count(), 2);
}

#[test]
fn lines_are_numbered_and_keep_their_pace() {
    let start = Instant::now();
    let output = agent(&steps("plain", &["lines 4 50", "stderr-lines 3"])).output().unwrap();
    assert_eq!(stdout(&output), "line 1\nline 2\nline 3\nline 4\n");
    assert_eq!(stderr(&output), "line 1\nline 2\nline 3\n");
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[test]
fn a_long_line_is_one_message_in_every_format() {
    let size = 3_000_000;
    let step = format!("long-line {size}");
    for format in ["plain", "claude", "codex", "opencode", "gemini"] {
        let output = agent(&steps(format, &[&step])).output().unwrap();
        let text = stdout(&output);
        assert!(text.len() >= size, "{format}: {}", text.len());
        let letters = text.bytes().filter(|byte| *byte == b'x').count();
        assert!((size..=2 * size + 100).contains(&letters), "{format}: {letters}");
    }
}

#[test]
fn the_prompt_comes_from_the_last_argument_a_file_or_stdin() {
    let script = ["-e", "prompt"];
    let argument =
        agent(&[&script[..], &["--", "-x", "as an argument"]].concat()).output().unwrap();
    assert_eq!(stdout(&argument), "as an argument\n");
    let fed = feed(&mut agent(&script), b"from stdin");
    assert_eq!(stdout(&fed), "from stdin\n");

    let dir = tempfile::tempdir().unwrap();
    let (asked, kept) = (dir.path().join("asked"), dir.path().join("kept"));
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    fs::write(&asked, &bytes).unwrap();
    let save = format!("save-prompt {}", kept.display());
    let file = ["--prompt-file", asked.to_str().unwrap(), "-e", &save];
    assert!(agent(&file).status().unwrap().success());
    assert!(fs::read(&kept).unwrap() == bytes, "every byte of it");
}

#[test]
fn the_prompt_can_be_the_script() {
    let prompt = b"You are a helper.\n\n#!script\n# a remark\nprint one\n\nprint two\nexit 3\n";
    let output = feed(&mut agent(&["--script-from-prompt"]), prompt);
    assert_eq!(stdout(&output), "one\ntwo\n");
    assert_eq!(output.status.code(), Some(3));
    let wrong = feed(&mut agent(&["--script-from-prompt"]), b"do something");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("no step `do something`"), "{}", stderr(&wrong));
}

#[test]
fn the_environment_can_name_the_script() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    fs::write(&script, "print from the file\nenv COLOUR\ndirectory\narguments\n").unwrap();
    let mut agent = agent(&["--model", "m"]);
    agent.env("SCRIPTED_AGENT_SCRIPT", &script).env("COLOUR", "blue").current_dir("/usr");
    let output = agent.output().unwrap();
    assert_eq!(stdout(&output), "from the file\nblue\n/usr\n[\"--model\",\"m\"]\n");
}

#[test]
fn silence_lasts_until_somebody_ends_it() {
    let (mut child, mut output) = start(&["ignore TERM", "print up", "quiet"]);
    assert_eq!(line(&mut output), "up\n");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(child.wait().unwrap().code(), None, "SIGHUP ended it, SIGTERM did not");
}

#[test]
fn an_agent_that_was_started_with_ctrl_c_ignored_can_be_interrupted_all_the_same() {
    // A shell without job control does that to what it starts with `&`; node undoes it.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" & echo $!; wait $!; echo $?", "sh"]);
    shell.arg(env!("CARGO_BIN_EXE_scripted-agent")).args(["-e", "print up", "-e", "quiet"]);
    let mut shell = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    let mut lines = [line(&mut output), line(&mut output)];
    lines.sort();
    assert_eq!(lines[1], "up\n");
    let pid = Pid::from_raw(lines[0].trim().parse().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(line(&mut output), "130\n");
    assert!(shell.wait().unwrap().success());
}

#[test]
fn a_child_in_a_session_of_its_own_outlives_the_process_group() {
    let mut child = agent(&["-e", "setsid-child", "-e", "print up", "-e", "quiet"]);
    let mark = tempfile::tempdir().unwrap();
    child.env("BED_MARK", mark.path()).process_group(0).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    line(&mut BufReader::new(child.stdout.as_mut().unwrap()));
    let find = || {
        let mark = format!("BED_MARK={}", mark.path().display());
        let mut grep = Command::new("sh");
        let grep = grep.args(["-c", "grep -lsF -- \"$1\" /proc/[0-9]*/environ", "sh", &mark]);
        let pid = |path: &str| path.split('/').nth(2).map(str::to_owned);
        let found: Vec<String> = stdout(&grep.output().unwrap()).lines().filter_map(pid).collect();
        let own = child.id().to_string();
        let is_sleep = |pid: &String| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n")
        };
        found.into_iter().find(|pid| *pid != own && is_sleep(pid))
    };
    wait_for("the child sleeps", || find().is_some());
    let left = find().unwrap();
    rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(is_alive(&left), "it is in no group of the agent's");
    kill_process(Pid::from_raw(left.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    wait_for("it is gone", || !is_alive(&left));
}

#[test]
fn an_agent_ends_while_its_other_process_goes_on_with_the_script() {
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let wait = format!("wait-for {}", go.display());
    let script = ["print before", "fork-and-exit", &wait, "prompt", "session"];
    let mut child =
        agent(&[&steps("codex", &script)[..], &["--resume", "t1", "--", "my words"]].concat());
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    assert!(child.wait().unwrap().success(), "it has ended");
    fs::write(&go, "").unwrap();
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    let types: Vec<serde_json::Value> =
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(types[0]["thread_id"], "t1");
    let begun = types.iter().filter(|line| line["type"] == "thread.started").count();
    assert_eq!(begun, 1, "the turn begins once: {text}");
    assert_eq!(types[3]["item"]["text"], "my words");
    assert_eq!(types.last().unwrap()["type"], "turn.completed");
}

#[test]
fn what_a_script_cannot_do_is_an_error() {
    let cases: [(&[&str], &str); 6] = [
        (&["-e", "ask may I"], "can't ask"),
        (&["-e", "if-allowed print x"], "nobody was asked"),
        (&["-e", "usage {\"apples\":1}"], "no apples"),
        (&["-e", "wait-for"], "wants a path"),
        (&["-e", "error-object flu"], "no error object flu"),
        (&["--script-from-prompt", "-e", "print x"], "there is one"),
    ];
    for (arguments, says) in cases {
        let output = agent(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
    let late = feed(&mut agent(&steps("codex", &["usage [1]"])), b"");
    assert!(json_lines(&late).is_empty(), "a wrong script is seen before anything is printed");
}

#[test]
fn reading_ends_with_stdin() {
    let (mut child, mut output) = start(&["read", "print never"]);
    child.stdin.take().unwrap().write_all(b"").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(child.wait().unwrap().success());
}
