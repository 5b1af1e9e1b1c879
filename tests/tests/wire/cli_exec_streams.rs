//! `baton exec` carries stdin, stdout and stderr as they come.

use std::process::{Command, Stdio};
use std::time::Duration;

use baton_tests::{Home, LoginShells, TestSshd, ended, processes, start, until};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// A host over either client.
fn homes(sshd: &TestSshd) -> (Home, [&'static str; 3]) {
    let home = Home::new(sshd.write_client_config("box", &[]));
    std::fs::write(home.hosts_toml(), "[host.own]\nssh_config = \"box\"\ntransport = \"native\"\n")
        .unwrap();
    (home, ["box", "own", "local"])
}

#[tokio::test]
async fn a_tree_goes_there_and_comes_back_through_tar() {
    let sshd = TestSshd::start();
    let (home, _) = homes(&sshd);
    let (here, there, back) = (home.path("here"), home.path("there"), home.path("back"));
    for dir in [&here, &there, &back] {
        std::fs::create_dir(dir).unwrap();
    }
    std::fs::write(here.join("a file"), "one").unwrap();
    std::fs::write(here.join("big"), vec![7; 3_000_000]).unwrap();
    let pipe = |script: &str| {
        let mut shell = Command::new("sh");
        let baton = home.command(&[]);
        shell.args(["-ec", script, "sh"]).arg(baton.get_program()).args([&here, &there, &back]);
        shell.env_clear().envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    };
    let to = "tar cf - -C \"$2\" . | \"$1\" exec box -- tar xf - -C \"$3\"";
    let from = "\"$1\" exec box --cwd \"$3\" -- tar cf - . | tar xf - -C \"$4\"";
    for script in [to, from] {
        let run = ended(start(&mut pipe(script))).await;
        assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
    }
    assert!(Command::new("diff").arg("-r").args([&here, &back]).status().unwrap().success());
}

#[tokio::test]
async fn random_bytes_come_back_as_they_were_sent() {
    let sshd = TestSshd::start();
    let (home, hosts) = homes(&sshd);
    let bytes: Vec<u8> = (0..5_000_000).map(|_| fastrand::u8(..)).collect();
    for host in hosts {
        let mut child = home.start(&["exec", host, "--", "cat"]);
        let mut stdin = child.stdin.take().unwrap();
        let send = async {
            stdin.write_all(&bytes).await.unwrap();
            drop(stdin);
        };
        let both = async { tokio::join!(send, child.wait_with_output()).1.unwrap() };
        let output = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
        assert!(output.status.success(), "{host}: {output:?}");
        assert!(output.stdout == bytes, "{host}: {} bytes came back", output.stdout.len());
        assert_eq!(output.stderr, b"", "{host}");
    }
}

#[tokio::test]
async fn who_reads_no_more_ends_it_here_and_there() {
    let sshd = TestSshd::start();
    let (home, hosts) = homes(&sshd);
    for host in hosts {
        let word = format!("no-more-of-{host}-{}", std::process::id());
        let mut child = home.start(&["exec", host, "--", "yes", &word]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
        assert_eq!(line.unwrap().unwrap().as_deref(), Some(&*word));
        drop(lines);
        let run = ended(child).await;
        assert_eq!(run.stderr, "", "{host}: {run:?}");
        until("the program is gone", || processes(|words| words == ["yes", &word]).is_empty())
            .await;
    }
}

#[tokio::test]
async fn it_ends_with_the_program_whatever_its_stdin_is() {
    let sshd = TestSshd::start();
    let (home, hosts) = homes(&sshd);
    for host in hosts {
        let open = home.start(&["exec", host, "--", "echo", "on"]);
        // Nothing is written, and nothing is closed: `ended` would close it.
        let mut open = open;
        let kept = open.stdin.take();
        let run = ended(open).await;
        drop(kept);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "on\n"), "{host}: {run:?}");

        let script = "exec \"$0\" \"$@\" <&-";
        let baton = home.command(&[]);
        let mut closed = Command::new("sh");
        closed.args(["-c", script]).arg(baton.get_program());
        closed.args(["exec", host, "--", "sh", "-c", "cat; echo on"]).env_clear();
        closed.envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let run = ended(start(closed.stdin(Stdio::null()))).await;
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "on\n"), "{host}: {run:?}");

        let run = home.exec(&[host, "--", "sh", "-c", "cat; echo on"]).await;
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "on\n"), "{host}: {run:?}");
    }
}

#[tokio::test]
async fn a_line_arrives_when_it_is_written_and_not_at_the_end() {
    let sshd = TestSshd::start();
    let (home, hosts) = homes(&sshd);
    for host in hosts {
        let mut child = home.start(&["exec", host, "--", "cat"]);
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for text in ["one", "two"] {
            stdin.write_all(format!("{text}\n").as_bytes()).await.unwrap();
            let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
            assert_eq!(line.unwrap().unwrap().as_deref(), Some(text), "{host}");
        }
        drop(stdin);
        assert_eq!(ended(child).await.status, Some(0));
    }
}

#[tokio::test]
async fn a_profile_that_chatters_adds_nothing_to_what_the_program_prints() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["bash", "zsh"])).start();
    let noise = "echo noise; echo noise >&2; printf 'no line end'\nexport FROM_PROFILE=yes\n";
    sshd.write_in_home("bash", ".bash_profile", noise);
    sshd.write_in_home("zsh", ".zshenv", noise);
    sshd.write_in_home("zsh", ".zprofile", noise);
    for shell in ["bash", "zsh"] {
        let home = Home::new(sshd.write_client_config_as(shell, "box", &[]));
        let script = "echo out $FROM_PROFILE; echo err >&2; cat";
        let mut child = home.start(&["exec", "box", "--", "sh", "-c", script]);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"in").await.unwrap();
        drop(stdin);
        let run = ended(child).await;
        let seen = (run.status, run.stdout.as_str(), run.stderr.as_str());
        assert_eq!(seen, (Some(0), "out yes\nin", "err\n"), "{shell}");
    }
}

#[tokio::test]
async fn two_streams_and_two_programs_may_share_one_file() {
    let sshd = TestSshd::start();
    let (home, hosts) = homes(&sshd);
    for host in hosts {
        let baton = home.command(&[]);
        let mut shell = Command::new("sh");
        let script = "for n in 1 2; do \"$1\" exec \"$2\" -- sh -c 'echo out-out-out; echo err >&2; echo out again'; done >all 2>&1";
        shell
            .args(["-ec", script, "sh"])
            .arg(baton.get_program())
            .arg(host)
            .current_dir(home.path(""));
        shell.env_clear().envs(baton.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert_eq!(ended(start(&mut shell)).await.status, Some(0));
        let all = std::fs::read_to_string(home.path("all")).unwrap();
        let mut lines: Vec<&str> = all.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            ["err", "err", "out again", "out again", "out-out-out", "out-out-out"],
            "{host}: {all:?}"
        );
    }
}
