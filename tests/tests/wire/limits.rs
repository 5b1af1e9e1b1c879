//! Servers with few sessions, hosts with few tools, and input that can't be right.

use std::sync::Arc;
use std::time::Duration;

use baton_tests::{LoginShells, TestSshd, processes, sleepers, until};
use orchestrator::transport::{Call, ConnectionSettings, Program, TransportError};
use tokio::io::AsyncReadExt;

use crate::support::{Host, finish, masters_in, openssh, openssh_as, openssh_with, run, sh};

/// Starts `count` programs at once, all of which run until the last one has started, and checks what they print.
async fn all_run_together(host: &Host, count: usize) -> usize {
    let gate = host.run_dir.path().join("gate");
    let script =
        format!("echo $1; while [ ! -e {} ]; do sleep 0.2; done; echo done $1", gate.display());
    let starting = (0..count).map(|n| {
        let connection = host.connection.clone();
        let mut program = Program::new(["sh", "-c", &script, "sh", &n.to_string()]);
        program.login = false;
        tokio::spawn(async move { connection.start(&program).await })
    });
    let mut started = Vec::new();
    for process in futures::future::join_all(starting).await {
        started.push(process.unwrap().unwrap_or_else(|e| panic!("{e:?}\n{}", host.log())));
    }
    let links = host.connection.links();
    assert_eq!(masters_in(host.run_dir.path()).len(), links);
    std::fs::write(&gate, "").unwrap();
    for (n, output) in
        futures::future::join_all(started.into_iter().map(finish)).await.into_iter().enumerate()
    {
        assert_eq!((output.stdout, output.exit.status), (format!("{n}\ndone {n}\n"), 0));
    }
    links
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_programs_at_once_work_on_ten_sessions_a_connection() {
    let host = openssh(TestSshd::builder().max_sessions(10).start());
    let links = all_run_together(&host, 200).await;
    assert!((20..=21).contains(&links), "{links} connections");
    until("idle connections are closed", || host.connection.links() == 1).await;
    until("their masters are gone", || masters_in(host.run_dir.path()).len() == 1).await;
    assert_eq!(run(&host.connection, &sh("echo on")).await.stdout, "on\n");
    host.connection.close().await;
    until("no master is left", || masters_in(host.run_dir.path()).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_a_connection_is_enough() {
    let host = openssh(TestSshd::builder().max_sessions(1).start());
    assert_eq!(all_run_together(&host, 4).await, 4);
    assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drops_a_rush_of_connections_gets_them_one_by_one() {
    let sshd = TestSshd::builder().max_sessions(1).max_startups("1:100:1").start();
    let host = openssh(sshd);
    assert_eq!(all_run_together(&host, 5).await, 5);
    // Each one is let in before the next one comes. sshd may still drop one, when it is slow to count the last one out.
    let log = host.log();
    let steps = log.lines().filter_map(|line| {
        let steps = ["Connection from", "Accepted publickey"];
        steps.into_iter().find(|step| line.starts_with(step))
    });
    let steps: Vec<&str> = steps.collect();
    assert_eq!(steps, ["Connection from", "Accepted publickey"].repeat(5), "{log}");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_connection_that_the_server_drops_is_tried_again() {
    let host = openssh(TestSshd::builder().max_sessions(1).max_startups("1:100:1").start());
    let sshd = Arc::clone(host.sshd.as_ref().unwrap());
    let first = host.connection.start(&Program::new(["cat"])).await.unwrap();
    // Somebody else is at their login, and there is room for one.
    let stranger = tokio::net::TcpStream::connect(sshd.address()).await.unwrap();
    until("the stranger is at the login", || sshd.connections() == 2).await;
    let connection = host.connection.clone();
    let second = tokio::spawn(async move { run(&connection, &sh("echo on")).await });
    until("ours is dropped", || sshd.log().contains("MaxStartups throttling")).await;
    drop(stranger);
    let second = second.await.unwrap_or_else(|error| panic!("{error}\n{}", sshd.log()));
    assert_eq!(second.stdout, "on\n");
    assert_eq!(finish(first).await.exit.status, 0);
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_sftp_still_runs_programs() {
    let host = openssh(TestSshd::builder().without_sftp().start());
    match host.connection.subsystem("sftp").await {
        Ok(mut channel) => {
            let mut nothing = Vec::new();
            channel.stdout.read_to_end(&mut nothing).await.unwrap();
            assert_eq!(nothing, b"");
        }
        Err(error) => assert!(matches!(error, TransportError::Unsupported { .. }), "{error:?}"),
    }
    assert_eq!(run(&host.connection, &sh("echo on")).await.stdout, "on\n");
    assert_eq!(host.connection.links(), 1);
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_needs_neither_bash_nor_setsid_nor_any_other_tool_but_sh() {
    let shells = LoginShells::named(&["dash"]);
    let sshd = Arc::new(TestSshd::builder().login_shells(shells).start());
    let tools = sshd.home_of("dash").join("tools");
    std::fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink("/usr/bin/dash", tools.join("sh")).unwrap();
    sshd.write_in_home("dash", ".profile", &format!("PATH={}; export PATH\n", tools.display()));
    let host = openssh_as(&sshd, "dash");
    let output = run(&host.connection, &sh("echo \"$PATH\"; cat /dev/null || echo bare")).await;
    assert_eq!(output.stdout, format!("{}\nbare\n", tools.display()), "{output:?}");
    assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    let hanging = Call { patience: Duration::from_millis(200), ..Call::new("while :; do :; done") };
    let error = host.connection.call(hanging).await.unwrap_err();
    assert!(matches!(error, TransportError::TimedOut { .. }), "{error:?}");
    assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_too_long_for_sockets_is_said_before_anything_is_started() {
    let sshd = Arc::new(TestSshd::start());
    let config = sshd.write_client_config("box", &[]);
    let mut long = std::path::PathBuf::new();
    let host = openssh_with(sshd, config, ConnectionSettings::default(), |settings| {
        long = settings.run_dir.join("d".repeat(100));
        settings.run_dir = long.clone();
    });
    let error = host.connection.ready().await.unwrap_err();
    assert!(error.to_string().contains("too long by"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("BATON_HOME")), "{error:?}");
    assert_eq!(host.sshd.as_ref().unwrap().connections(), 0);
    assert!(!long.exists(), "the directory was made all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_gets_its_error_and_runs_nothing() {
    let shells = LoginShells::named(&["dash"]);
    let sshd = Arc::new(TestSshd::builder().login_shells(shells).start());
    let host = openssh_as(&sshd, "dash");
    let proof = host.proof();
    let file = sshd.write_in_home("dash", "a file", "");
    let mut touch = Program::new(["touch".into(), proof.as_os_str().as_encoded_bytes().to_vec()]);
    let usage = |error: &TransportError| matches!(error, TransportError::Usage { .. });
    let start = async |program: &Program| host.connection.start(program).await.unwrap_err();

    let error = start(&Program::new(Vec::<Vec<u8>>::new())).await;
    assert!(usage(&error), "{error:?}");
    let error = start(&Program::new([""])).await;
    assert!(usage(&error), "{error:?}");
    touch.argv.push(b"a\0b".to_vec());
    let error = start(&touch).await;
    assert!(usage(&error) && error.to_string().contains("NUL"), "{error:?}");
    touch.argv.pop();
    for name in ["", "1A", "A-B", "A=B", "A B", "Ä", "A\0"] {
        touch.env = vec![(name.into(), b"x".to_vec())];
        let error = start(&touch).await;
        assert!(usage(&error), "{name:?}: {error:?}");
    }
    touch.env = vec![("A".into(), b"a\0b".to_vec())];
    let error = start(&touch).await;
    assert!(usage(&error), "{error:?}");
    touch.env.clear();
    // It is known before a connection is made.
    assert_eq!(sshd.connections(), 0);

    touch.cwd = Some(b"/no/such 'dir\n".to_vec());
    let error = start(&touch).await;
    assert!(
        matches!(&error, TransportError::DirMissing { dir, .. } if dir == "/no/such 'dir\n"),
        "{error:?}"
    );
    touch.cwd = Some(file.as_os_str().as_encoded_bytes().to_vec());
    let error = start(&touch).await;
    assert!(matches!(&error, TransportError::DirMissing { .. }), "{error:?}");
    assert!(error.to_string().contains("a file is not a directory"), "{error}");
    touch.cwd = Some(b"".to_vec());
    let error = start(&touch).await;
    assert!(matches!(&error, TransportError::Usage { .. }), "{error:?}");
    let locked = sshd.home_of("dash").join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    touch.cwd = Some(locked.as_os_str().as_encoded_bytes().to_vec());
    let error = start(&touch).await;
    assert!(matches!(&error, TransportError::PermissionDenied { .. }), "{error:?}");

    assert!(!proof.exists());
    assert_eq!(processes(|words| words.first().is_some_and(|word| word == "touch")), []);
    // What was refused holds no session: nothing but the one connection is left.
    until("refused programs have left", || baton_tests::children_of_sessions(&sshd).is_empty())
        .await;
    assert_eq!(host.connection.links(), 1);
    host.connection.close().await;
    until("the master is gone", || masters_in(host.run_dir.path()).is_empty()).await;
    let mut left: Vec<String> = std::fs::read_dir(host.run_dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.retain(|name| {
        name != "proof" && ![".conf", ".log", ".lock"].iter().any(|end| name.ends_with(end))
    });
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_nobody_waits_for_runs_on() {
    let host = openssh(TestSshd::start());
    let nap = format!("61.{}", std::process::id());
    let process = host.connection.start(&Program::new(["sleep", &nap])).await.unwrap();
    drop(process);
    host.connection.close().await;
    until("the master is gone", || masters_in(host.run_dir.path()).is_empty()).await;
    until("the program runs", || sleepers(&nap).len() == 1).await;
}
