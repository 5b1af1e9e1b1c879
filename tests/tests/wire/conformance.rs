//! One suite that every transport passes.

use std::time::Duration;

use baton_tests::{TestSshd, is_running, until};
use orchestrator::transport::{Call, ForwardTarget, Program, TerminalSize, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Host, finish, local, native, openssh, run, sh};

/// Runs a check on every transport, each under its own name.
macro_rules! on_every_transport {
    ($($(#[$meta:meta])* async fn $name:ident($host:ident: &Host) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                $(#[$meta])*
                async fn check($host: &Host) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn over_openssh() {
                    let host = openssh(TestSshd::start());
                    check(&host).await;
                    host.connection.close().await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn with_the_built_in_client() {
                    let host = native(TestSshd::start());
                    check(&host).await;
                    host.connection.close().await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn on_this_machine() {
                    let host = local();
                    check(&host).await;
                    host.connection.close().await;
                }
            }
        )*
    };
}

on_every_transport! {
    async fn streams_and_status_are_kept_apart(host: &Host) {
        let output = run(&host.connection, &sh("echo out; echo err >&2; exit 7")).await;
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(output.exit.status, 7);
    }

    async fn what_a_child_prints_after_the_programs_end_still_arrives(host: &Host) {
        let script = "(sleep 0.3; echo late; echo late >&2) & echo early; exit 4";
        let output = run(&host.connection, &sh(script)).await;
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("early\nlate\n", "late\n"));
        assert_eq!(output.exit.status, 4);
    }

    async fn a_program_ended_by_a_signal_says_so(host: &Host) {
        let output = run(&host.connection, &sh("kill -TERM $$")).await;
        assert_eq!(output.exit.signal(), Some(15));
        assert_eq!(output.exit.status, 143);
    }

    async fn arguments_arrive_byte_for_byte(host: &Host) {
        let hostile: Vec<Vec<u8>> = vec![
            b"printf".to_vec(), b"%s\\0".to_vec(), b"".to_vec(), b"a b".to_vec(), b"it's".to_vec(),
            b"$HOME `id` \\ !x".to_vec(), b"line\nline\n\n".to_vec(), (1..=255).collect(), b"-n".to_vec(),
        ];
        let program = Program::new(hostile.clone());
        let process = host.connection.start(&program).await.unwrap();
        let (mut streams, exit) = process.into_parts();
        let mut out = Vec::new();
        streams.stdout.read_to_end(&mut out).await.unwrap();
        assert_eq!(exit.await.unwrap().status, 0);
        let mut expected = hostile[2..].join(&0);
        expected.push(0);
        assert_eq!(out, expected);
    }

    async fn environment_and_directory_are_set(host: &Host) {
        let mut program = sh("printf '%s|%s' \"$TOKEN\" \"$PWD\"");
        program.env = vec![("TOKEN".into(), b"s'e\ncret\n".to_vec())];
        program.cwd = Some(b"/usr".to_vec());
        assert_eq!(run(&host.connection, &program).await.stdout, "s'e\ncret\n|/usr");
    }

    async fn a_tilde_is_the_hosts_home(host: &Host) {
        let mut program = sh("[ \"$PWD\" -ef \"$HOME\" ] && echo home");
        program.cwd = Some(b"~".to_vec());
        assert_eq!(run(&host.connection, &program).await.stdout, "home\n");
    }

    async fn nothing_runs_in_a_directory_that_is_not_there(host: &Host) {
        let proof = tempfile::tempdir().unwrap();
        let mut program = sh(&format!("touch {}/ran", proof.path().display()));
        program.cwd = Some(b"/no/such/dir".to_vec());
        let error = host.connection.start(&program).await.unwrap_err();
        assert!(matches!(&error, TransportError::DirMissing { dir, .. } if dir == "/no/such/dir"), "{error:?}");
        assert!(!proof.path().join("ran").exists());
    }

    async fn stdin_is_passed_on_and_its_end_too(host: &Host) {
        let process = host.connection.start(&Program::new(["cat"])).await.unwrap();
        let (mut streams, exit) = process.into_parts();
        let sent: Vec<u8> = (0..1_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let write = async {
            streams.stdin.write_all(&sent).await.unwrap();
            streams.stdin.shutdown().await.unwrap();
            drop(streams.stdin);
        };
        let mut received = Vec::new();
        let ((), read) = tokio::join!(write, streams.stdout.read_to_end(&mut received));
        read.unwrap();
        assert!(received == sent, "{} of {} bytes came back", received.len(), sent.len());
        assert_eq!(exit.await.unwrap().status, 0);
    }

    async fn output_that_is_read_late_is_not_lost(host: &Host) {
        let process = host.connection.start(&sh("head -c 1000000 /dev/zero")).await.unwrap();
        let group = process.group;
        let (mut streams, exit) = process.into_parts();
        // Until the program is gone, or waits for us because not everything fits on the way.
        let over = Call::new(format!("kill -0 {group} 2>/dev/null; echo $?"));
        for _ in 0..20 {
            if host.connection.call(over.clone()).await.unwrap().stdout == b"1\n" { break; }
        }
        let mut received = Vec::new();
        streams.stdout.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), 1_000_000);
        assert_eq!(exit.await.unwrap().status, 0);
    }

    async fn a_missing_program_is_127(host: &Host) {
        let output = run(&host.connection, &Program::new(["no-such-program-here"])).await;
        assert_eq!(output.exit.status, 127);
        assert!(output.stderr.contains("no-such-program-here"), "{output:?}");
    }

    async fn a_signal_reaches_the_whole_group(host: &Host) {
        let process = host.connection.start(&sh("trap 'echo got; exit 3' INT; echo ready; sleep 60 >/dev/null 2>&1 & wait")).await.unwrap();
        let group = process.group;
        let (mut streams, exit) = process.into_parts();
        let mut ready = [0; 6];
        streams.stdout.read_exact(&mut ready).await.unwrap();
        host.connection.signal(group, "INT").await.unwrap();
        let mut rest = String::new();
        streams.stdout.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "got\n");
        assert_eq!(exit.await.unwrap().status, 3);
        host.connection.signal(group, "KILL").await.unwrap();
    }

    async fn a_terminal_is_a_terminal_and_follows_its_size(host: &Host) {
        let mut program = sh("stty size; read -r _; stty size; printf '%s' \"$TERM\"");
        program.terminal = Some(("xterm-256color".into(), TerminalSize { columns: 100, rows: 30 }));
        let process = host.connection.start(&program).await.unwrap();
        let resize = process.resize.as_ref().map(|_| ()).is_some();
        assert!(resize);
        let mut process = process;
        let change = process.resize.take().unwrap();
        let (mut streams, exit) = process.into_parts();
        let mut first = vec![0; 8];
        streams.stdout.read_exact(&mut first).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&first), "30 100\r\n");
        change(TerminalSize { columns: 120, rows: 40 });
        // The new size has to reach the host before the program looks.
        let sees = sh("true");
        for _ in 0..3 { run(&host.connection, &sees).await; }
        streams.stdin.write_all(b"\n").await.unwrap();
        let mut rest = String::new();
        streams.stdout.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("40 120\r\n") && rest.ends_with("xterm-256color"), "{rest:?}");
        assert_eq!(exit.await.unwrap().status, 0);
    }

    async fn a_small_operation_answers_with_both_streams(host: &Host) {
        let answer = host.connection.call(Call::new("echo out\necho err >&2\nexit 5")).await.unwrap();
        assert_eq!((answer.status, &answer.stdout[..], &answer.stderr[..]), (5, &b"out\n"[..], &b"err\n"[..]));
        let answer = host.connection.call(Call::new("printf 'no newline'")).await.unwrap();
        assert_eq!(answer.stdout, b"no newline");
    }

    async fn an_operation_that_hangs_is_killed_and_the_next_one_works(host: &Host) {
        let mark = tempfile::tempdir().unwrap();
        let script = format!("sleep 61 & echo $! > {}/pid; wait", mark.path().display());
        let call = Call { patience: Duration::from_millis(300), ..Call::new(script) };
        let error = host.connection.call(call).await.unwrap_err();
        assert!(matches!(error, TransportError::TimedOut { .. }), "{error:?}");
        let pid = std::fs::read_to_string(mark.path().join("pid")).unwrap();
        let pid = pid.trim();
        let pid = pid.parse().unwrap();
        until("the operation's process is gone", || !is_running(pid)).await;
        assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    }

    async fn an_operation_that_prints_without_end_is_stopped(host: &Host) {
        let call = Call { limit_bytes: 100_000, ..Call::new("yes") };
        let error = host.connection.call(call).await.unwrap_err();
        assert!(matches!(error, TransportError::TooLarge { limit_bytes: 100_000, .. }), "{error:?}");
        assert_eq!(host.connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
    }

    async fn a_reader_that_stalls_stops_nobody_else(host: &Host) {
        let stalled = host.connection.start(&Program::new(["yes"])).await.unwrap();
        for _ in 0..3 {
            let program = sh("echo alive");
            let other = tokio::time::timeout(Duration::from_secs(20), run(&host.connection, &program));
            assert_eq!(other.await.expect("another channel was stopped").stdout, "alive\n");
        }
        host.connection.signal(stalled.group, "KILL").await.unwrap();
    }

    async fn a_port_of_the_host_is_forwarded(host: &Host) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(b"pong").await.unwrap();
            asked
        });
        let target = ForwardTarget { host: "127.0.0.1".into(), port };
        let forward = host.connection.forward(&target).await.unwrap();
        let mut stream = tokio::net::TcpStream::connect(forward.address()).await.unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!((&answer, &serving.await.unwrap()), (b"pong", b"ping"));
    }

    async fn the_sftp_subsystem_answers(host: &Host) {
        let mut channel = host.connection.subsystem("sftp").await.unwrap();
        // SSH_FXP_INIT of version 3 (draft-ietf-secsh-filexfer-02, 4); the answer is SSH_FXP_VERSION.
        channel.stdin.write_all(&[0, 0, 0, 5, 1, 0, 0, 0, 3]).await.unwrap();
        channel.stdin.flush().await.unwrap();
        let mut answer = [0; 5];
        channel.stdout.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[4], 2);
    }

    async fn many_programs_at_once_all_finish(host: &Host) {
        let running = (0..40).map(|n| {
            let connection = host.connection.clone();
            tokio::spawn(async move { finish(connection.start(&sh(&format!("echo {n}"))).await.unwrap()).await })
        });
        for (n, output) in futures::future::join_all(running).await.into_iter().enumerate() {
            assert_eq!(output.unwrap().stdout, format!("{n}\n"));
        }
    }
}
