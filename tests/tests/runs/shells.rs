//! Whatever an account's login shell is, and whichever `sh` its machine has.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use baton_tests::{LoginShells, TestSshd, short_dir, until};
use orchestrator::run::{Job, Offsets, Runs, Standing, Stdin};
use orchestrator::seam::RunId;
use orchestrator::transport::{Local, LocalSettings};

use crate::bed::{Heard, finish, sh, to_the_end};
use crate::support::{connection_over, openssh_as};

/// The file that a login of that shell reads.
fn profile_of(shell: &str) -> &'static str {
    match shell {
        "bash" => ".bash_profile",
        "zsh" => ".zprofile",
        "fish" => ".config/fish/config.fish",
        "tcsh" => ".login",
        _ => ".profile",
    }
}

fn noise(shell: &str) -> &'static str {
    match shell {
        "fish" => "if status is-login; echo noise; echo noise >&2; set -gx OF_PROFILE yes; end\n",
        "tcsh" => "echo noise\nsetenv OF_PROFILE yes\n",
        _ => "echo noise\necho noise >&2\nOF_PROFILE=yes; export OF_PROFILE\n",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_every_login_shell_a_run_has_the_profiles_environment_and_none_of_its_noise() {
    let names = LoginShells::usable_names();
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    for shell in names {
        sshd.write_in_home(shell, profile_of(shell), noise(shell));
        let host = openssh_as(&sshd, shell);
        let runs = Runs::new(host.connection.clone());
        let all: Vec<u8> = (1..=255).collect();
        let mut job = Job::new([
            "sh",
            "-c",
            "printf '%s.' \"$OF_PROFILE\" \"$1\"; cat; echo err >&2; exit 6",
            "sh",
        ]);
        job.argv.push(all.clone().into());
        job.stdin = Stdin::Bytes(vec![0, 10, 255]);
        let (run, heard, status) = finish(&runs, &job).await;
        let expected = [&b"yes."[..], &all, &[b'.', 0, 10, 255]].concat();
        assert!(heard.out == expected, "{shell}: {}", heard.text());
        assert_eq!((heard.err.as_slice(), status), (&b"err\n"[..], 6), "{shell}");
        let folder = sshd.home_of(shell).join(".local/state/baton/runs").join(run.as_str());
        let profile = std::fs::read_to_string(folder.join("profile")).unwrap();
        assert!(profile.contains("noise"), "{shell}: {profile:?}");
        host.connection.close().await;
    }
}

/// This machine with another `sh`, and, for busybox, with its own small programs alone.
fn machine(sh: &str) -> (tempfile::TempDir, Runs) {
    machine_with(sh, &[])
}

/// The same, with more in its environment.
fn machine_with(sh: &str, more: &[(&str, &str)]) -> (tempfile::TempDir, Runs) {
    let home = short_dir();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let mut path = bin.display().to_string();
    if sh == "busybox" {
        let applets = std::process::Command::new("busybox").arg("--list").output().unwrap();
        for applet in String::from_utf8(applets.stdout).unwrap().lines() {
            symlink("/usr/bin/busybox", bin.join(applet)).unwrap();
        }
    } else {
        symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
        path.push_str(":/usr/bin:/bin");
    }
    // The machine's own profile sets the path anew; this one comes after it.
    std::fs::write(home.path().join(".profile"), format!("PATH={path}; export PATH\n")).unwrap();
    let mut env = vec![("PATH".into(), path.into())];
    env.extend(more.iter().map(|(name, value)| (name.into(), value.into())));
    let settings = LocalSettings { shell: bin.join("sh"), home: home.path().to_owned(), env };
    let local = Local::new(settings);
    (home, Runs::new(connection_over(Arc::new(local))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_lives_its_whole_life_under_dash_bash_mksh_and_busybox() {
    let all = ["dash", "bash", "mksh", "busybox"].map(|shell| tokio::spawn(whole_life(shell)));
    for one in futures::future::join_all(all).await {
        one.unwrap();
    }
}

async fn whole_life(shell: &str) {
    let (home, runs) = machine(shell);
    let mut job = sh("cat; echo err >&2; exit 3");
    job.stdin = Stdin::Bytes(b"in\n".to_vec());
    job.files = vec![("a".into(), b"file".to_vec())];
    let (run, heard, status) = finish(&runs, &job).await;
    assert_eq!(
        (heard.text().as_str(), heard.err.as_slice(), status),
        ("in\n", &b"err\n"[..], 3),
        "{shell}"
    );
    assert_eq!(runs.state(&run).await.unwrap().standing, Standing::Exited(3), "{shell}");

    let run = RunId::random();
    let mut follow = runs
        .launch(&run, &sh("trap '' TERM; echo ready; while :; do sleep 1; done"))
        .await
        .unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.text() == "ready\n").await;
    assert_eq!(runs.settle(&run).await.unwrap().standing, Standing::Running, "{shell}");
    drop(follow);
    assert_eq!(runs.stop(&run).await.unwrap().standing, Standing::Exited(137), "{shell}");

    let run = RunId::random();
    let mut job = sh("read -r a; read -r b; echo \"$a $b\"; cat");
    job.stdin = Stdin::Talk;
    let follow = runs.launch(&run, &job).await.unwrap();
    for (number, text) in [(1, "one\n"), (2, "two\n"), (3, "three\n")] {
        runs.write(&run, number, text.as_bytes()).await.unwrap();
        runs.write(&run, number, text.as_bytes()).await.unwrap();
    }
    runs.end_of_messages(&run).await.unwrap();
    let heard = to_the_end(follow).await;
    assert_eq!(
        (heard.text().as_str(), heard.status),
        ("one two\nthree\n", Some(Some(0))),
        "{shell}: {heard:?}"
    );

    let settled = RunId::random();
    assert_eq!(runs.settle(&settled).await.unwrap().standing, Standing::Never, "{shell}");
    assert_eq!(runs.list().await.unwrap().len(), 4, "{shell}");
    let swept: Vec<RunId> = runs.sweep(std::slice::from_ref(&run)).await.unwrap();
    assert_eq!(swept, [run], "{shell}");
    let home = home.path().to_str().unwrap().to_owned();
    until("nothing is left", || {
        baton_tests::processes(|words| words.iter().any(|word| word.starts_with(&home))).is_empty()
    })
    .await;
    runs.connection().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_messages_are_no_words_of_a_program_where_printf_is_one() {
    let (home, runs) = machine("mksh");
    let (log, printf) = (home.path().join("log"), home.path().join("bin/printf"));
    let text =
        format!("#!/bin/dash\necho \"$*\" >>{}; exec /usr/bin/printf \"$@\"\n", log.display());
    std::fs::write(&printf, text).unwrap();
    std::fs::set_permissions(&printf, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = RunId::random();
    let mut job = sh("echo \"$TOKEN\"; cat");
    job.env = vec![("TOKEN".into(), "hidden välue".into())];
    job.stdin = Stdin::Talk;
    let follow = runs.launch(&run, &job).await.unwrap();
    runs.write(&run, 1, "{\"prompt\":\"hidden wörds\"}\n".as_bytes()).await.unwrap();
    runs.end_of_messages(&run).await.unwrap();
    let heard = to_the_end(follow).await;
    assert_eq!(heard.text(), "hidden välue\n{\"prompt\":\"hidden wörds\"}\n");
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("launched"), "printf was not run: {said}");
    assert!(!said.contains("hidden") && !said.contains("150\\151\\144"), "{said}");
    runs.connection().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hosts_shell_complains_of_is_no_output_of_a_run() {
    // bash says at each start that there is no such locale.
    let (home, runs) = machine_with("bash", &[("LC_ALL", "xx_YY.UTF-8")]);
    let mut job = Job::new(["printf", "word\n"]);
    job.login = false;
    let (run, heard, status) = finish(&runs, &job).await;
    assert_eq!((heard.text().as_str(), heard.err.as_slice(), status), ("word\n", &b""[..], 0));
    let again = to_the_end(runs.follow(&run, Offsets::default())).await;
    assert_eq!((again.text().as_str(), again.err.as_slice()), ("word\n", &b""[..]));
    let said = std::process::Command::new(home.path().join("bin/sh"))
        .env("LC_ALL", "xx_YY.UTF-8")
        .args(["-c", ":"])
        .output()
        .unwrap();
    assert!(!said.stderr.is_empty(), "this bash doesn't complain");
    runs.connection().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_launched_from_inside_another_is_not_of_that_one() {
    let (home, runs) = machine_with("dash", &[("BATON_RUN", "outer")]);
    let run = RunId::random();
    let mut follow =
        runs.launch(&run, &sh("echo \"$BATON_RUN\"; while :; do sleep 0.1; done")).await.unwrap();
    let mut heard = Heard::default();
    heard.listen(&mut follow, |heard| heard.text().ends_with('\n')).await;
    assert_eq!(heard.text(), format!("{run}\n"));
    let runner = home.path().join(".local/state/baton/runs").join(run.as_str()).join("runner.pid");
    let runner = std::fs::read_to_string(runner).unwrap();
    let runner: u32 = runner.split(' ').next().unwrap().parse().unwrap();
    assert!(crate::bed::marked(&RunId::new("outer")).iter().all(|(pid, _)| *pid != runner));
    drop(follow);
    assert_eq!(runs.stop(&run).await.unwrap().standing, Standing::Exited(143));
    runs.connection().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_this_machine_holds_none_of_our_open_files() {
    let file = tempfile::NamedTempFile::new().unwrap();
    rustix::io::fcntl_setfd(file.as_file(), rustix::io::FdFlags::empty()).unwrap();
    let (_home, runs) = machine("dash");
    let (_, heard, _) = finish(&runs, &sh("ls -l /proc/$$/fd /proc/$PPID/fd")).await;
    assert!(heard.text().contains(" 0 -> "), "{}", heard.text());
    assert!(!heard.text().contains(&*file.path().to_string_lossy()), "{}", heard.text());
    runs.connection().close().await;
}

/// `sh` and small programs, but of the ways into a session of one's own only `tool`.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_setsid_perl_or_python_parts_a_run_from_us_or_else_nothing_does() {
    for tool in ["perl", "python3", "none"] {
        let home = short_dir();
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for name in [
            "sh", "mkdir", "rm", "ln", "mkfifo", "head", "tail", "wc", "cat", "sleep", "grep",
            "sed", "find", "tr", "mv", "env",
        ] {
            symlink(format!("/usr/bin/{name}"), bin.join(name)).unwrap();
        }
        match tool {
            "none" => {}
            "python3" => symlink("/usr/bin/python3", bin.join(tool)).unwrap(),
            _ => symlink(format!("/usr/bin/{tool}"), bin.join(tool)).unwrap(),
        }
        let local = Local::new(LocalSettings {
            shell: "/bin/sh".into(),
            home: home.path().to_owned(),
            env: vec![("PATH".into(), bin.into())],
        });
        let runs = Runs::new(connection_over(Arc::new(local)));
        let run = RunId::random();
        let mut job = sh("trap 'exit 4' INT; echo ready; while :; do sleep 0.1; done");
        // The machine's own profile sets the path anew.
        job.login = false;
        let mut follow =
            runs.launch(&run, &job).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
        let mut heard = Heard::default();
        heard.listen(&mut follow, |heard| heard.text() == "ready\n").await;
        let dir = home.path().join(".local/state/baton/runs").join(run.as_str());
        let noted = std::fs::read_to_string(dir.join("pid")).unwrap();
        assert!(noted.trim_end().ends_with(tool), "{noted}");
        is_left_alone_by_a_second_follower(&runs, &run, &dir).await;
        drop(follow);
        if tool == "none" {
            // Started in the background: INT is ignored there for ever.
            assert_eq!(runs.stop(&run).await.unwrap().standing, Standing::Exited(143), "{tool}");
        } else {
            runs.interrupt(&run).await.unwrap();
            crate::bed::stands(&runs, &run, Standing::Exited(4)).await;
        }
        runs.connection().close().await;
    }
}

/// What a follower does that comes after the link of the first one was lost: it ends that one, and the run lives on.
async fn is_left_alone_by_a_second_follower(runs: &Runs, run: &RunId, dir: &std::path::Path) {
    let name_of = |words: &[String]| words.iter().find(|word| word.starts_with("baton-")).cloned();
    let holds_the_end = |pid: u32| {
        std::fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|mut fds| {
            fds.any(|fd| {
                fd.and_then(|fd| std::fs::read_link(fd.path()))
                    .is_ok_and(|to| to == dir.join("end"))
            })
        })
    };
    let mut first = None;
    baton_tests::until("the first follower waits for the end", || {
        let found = baton_tests::processes(|words| name_of(words).is_some());
        first = found.into_iter().find(|(pid, _)| holds_the_end(*pid));
        first.is_some()
    })
    .await;
    let (pid, words) = first.unwrap();
    let name = name_of(&words).unwrap();
    // proc(5): state, parent, group.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let group = stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap().to_owned();
    let answer = std::process::Command::new("sh")
        .arg(dir.join("follow"))
        .args(["second", "1", "1", &group, &name])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(answer.stdout.starts_with(b"ok 6 0\n"), "{answer:?}");
    assert_eq!(runs.state(run).await.unwrap().standing, Standing::Running);
}
