//! Whatever an account's login shell is and its profile does: programs run as asked, or the shell's own line says why not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_tests::{LoginShells, TestSshd, sleepers, until};
use orchestrator::transport::{Call, ConnectionSettings, Program, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Host, openssh_as, openssh_as_with, run, sh};

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

/// Puts `folder` in front of the path, in that shell's language.
fn prepend_path(shell: &str, folder: &str) -> String {
    match shell {
        "fish" => format!("set -gx PATH {folder} $PATH\n"),
        "tcsh" => format!("setenv PATH {folder}:$PATH\n"),
        _ => format!("PATH={folder}:$PATH; export PATH\n"),
    }
}

/// Runs `command` at a login only: sshd starts even our first line with the account's shell, and fish reads its
/// configuration then, too, before anything of ours is there.
fn at_login(shell: &str, command: &str) -> String {
    match shell {
        "fish" => format!("if status is-login; {command}; end\n"),
        _ => format!("{command}\n"),
    }
}

/// Ends the shell that reads it. tcsh's own `exit` only ends the file that is being read.
const EXIT: &str = "exec sh -c 'exit 3'\n";

/// Runs `check` over an account of each usable shell, after `prepare` has written its profile.
async fn with_each_shell<F>(
    profile: impl Fn(&str) -> Option<String>,
    check: impl Fn(String, Arc<Host>) -> F,
) where
    F: Future<Output = ()>,
{
    let names = LoginShells::usable_names();
    assert!(names.len() >= 6, "{names:?}");
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    for shell in names {
        if let Some(text) = profile(shell) {
            sshd.write_in_home(shell, profile_of(shell), &text);
        }
        let host = Arc::new(openssh_as(&sshd, shell));
        check(shell.to_owned(), Arc::clone(&host)).await;
        host.connection.close().await;
    }
}

/// Starts it and expects a broken shell; its words.
async fn broken(host: &Host, program: &Program) -> String {
    match host.connection.start(program).await {
        Err(TransportError::ShellBroken { said, .. }) => said,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_environment_directory_and_stdin_arrive_byte_for_byte_under_every_login_shell() {
    with_each_shell(
        |_| None,
        |shell, host| async move {
            let all: Vec<u8> = (1..=255).collect();
            let script = "printf '%s\\0' \"$@\" \"$BATON_VALUE\" \"$PWD\"; cat";
            let mut argv: Vec<Vec<u8>> =
                [&b"sh"[..], b"-c", script.as_bytes(), b"sh"].map(<[u8]>::to_vec).into();
            let payload: Vec<Vec<u8>> = vec![
                all.clone(),
                b"".to_vec(),
                b"it's \"$HOME\" `id` \\ !x $(id) %s *?[a]~ #;&|<>".to_vec(),
                b"\n two\nlines\n\n".to_vec(),
                b"\\n\\".to_vec(),
                b"-e".to_vec(),
                b"-\x01".to_vec(),
                "größe ✓".as_bytes().to_vec(),
            ];
            argv.extend(payload.clone());
            let mut program = Program::new(argv);
            program.env = vec![("BATON_VALUE".into(), all.clone())];
            program.cwd = Some(b"/usr".to_vec());
            let process =
                host.connection.start(&program).await.unwrap_or_else(|e| panic!("{shell}: {e:?}"));
            let (mut streams, exit) = process.into_parts();
            streams.stdin.write_all(&all).await.unwrap();
            streams.stdin.write_all(&[0]).await.unwrap();
            drop(streams.stdin);
            let mut out = Vec::new();
            streams.stdout.read_to_end(&mut out).await.unwrap();
            assert_eq!(exit.await.unwrap().status, 0, "{shell}");
            let mut expected = payload;
            expected.extend([all.clone(), b"/usr".to_vec(), all, b"".to_vec()]);
            assert!(out == expected.join(&0), "{shell}: {}", String::from_utf8_lossy(&out));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_small_operations_see_what_the_login_profile_sets() {
    with_each_shell(
        |shell| Some(prepend_path(shell, "/opt/of-the-profile")),
        |shell, host| async move {
            let script = "echo \"$PATH\"";
            let output = run(&host.connection, &sh(script)).await;
            assert!(output.stdout.starts_with("/opt/of-the-profile:"), "{shell}: {output:?}");
            let answer = host.connection.call(Call::new(script)).await.unwrap();
            let seen = String::from_utf8(answer.stdout).unwrap();
            assert!(seen.starts_with("/opt/of-the-profile:"), "{shell}: {seen}");
            let mut plain = sh(script);
            plain.login = false;
            let output = run(&host.connection, &plain).await;
            // fish reads its config.fish also when it is no login shell.
            let read = output.stdout.contains("of-the-profile");
            assert_eq!(read, shell == "fish", "{shell}: {output:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_profile_prints_changes_nothing_of_the_output() {
    // 300 KB on both streams, and a last line without its end.
    let noise = "sh -c 'i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789; echo 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 1>&2; i=$((i+1)); done; printf tail; printf tail 1>&2'\n";
    with_each_shell(
        |_| Some(noise.into()),
        |shell, host| async move {
            let output = run(&host.connection, &sh("echo out; echo err >&2; exit 3")).await;
            assert_eq!((&*output.stdout, &*output.stderr), ("out\n", "err\n"), "{shell}");
            assert_eq!(output.exit.status, 3, "{shell}");
            let answer = host.connection.call(Call::new("echo out; echo err >&2")).await.unwrap();
            assert_eq!(
                (&*answer.stdout, &*answer.stderr),
                (&b"out\n"[..], &b"err\n"[..]),
                "{shell}"
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_reads_takes_nothing_of_our_stdin() {
    with_each_shell(
        // csh closes every descriptor that we could keep stdin in.
        |shell| (shell != "tcsh").then(|| at_login(shell, "cat >/dev/null")),
        |shell, host| async move {
            let process = host
                .connection
                .start(&Program::new(["cat"]))
                .await
                .unwrap_or_else(|e| panic!("{shell}: {e:?}"));
            let (mut streams, exit) = process.into_parts();
            streams.stdin.write_all(b"ours\n").await.unwrap();
            drop(streams.stdin);
            let mut out = String::new();
            streams.stdout.read_to_string(&mut out).await.unwrap();
            assert_eq!((&*out, exit.await.unwrap().status), ("ours\n", 0), "{shell}");
            assert_eq!(
                host.connection.call(Call::new("echo on")).await.unwrap().stdout,
                b"on\n",
                "{shell}"
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_exits_is_a_broken_shell_with_its_own_line() {
    with_each_shell(
        |_| Some(format!("sh -c 'echo no entry today 1>&2'\n{EXIT}")),
        |shell, host| async move {
            let proof = host.proof();
            let said = broken(&host, &sh(&format!("touch {}", proof.display()))).await;
            assert_eq!(said, "no entry today", "{shell}");
            match host.connection.call(Call::new("echo on")).await {
                Err(TransportError::ShellBroken { said, .. }) => {
                    assert_eq!(said, "no entry today", "{shell}")
                }
                other => panic!("{shell}: {other:?}"),
            }
            assert!(!proof.exists(), "{shell}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_exits_without_a_word_is_a_broken_shell_with_its_status() {
    with_each_shell(
        |_| Some(EXIT.into()),
        |shell, host| async move {
            let said = broken(&host, &sh("echo ran")).await;
            assert_eq!(said, "it ended with status 3 before it ran anything", "{shell}");
            match host.connection.call(Call::new("echo on")).await {
                Err(TransportError::ShellBroken { said, .. }) => {
                    assert_eq!(said, "it ended before it ran anything", "{shell}");
                }
                other => panic!("{shell}: {other:?}"),
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_in_a_profile_runs_the_program_or_names_the_shells_line() {
    with_each_shell(
        |shell| Some(if shell == "tcsh" { "if ( then\n".into() } else { "if then ) (\n".into() }),
        |shell, host| async move {
            // Shells differ: some stop at such a profile, others complain and go on.
            match host.connection.start(&sh("echo ran")).await {
                Ok(process) => {
                    let output = crate::support::finish(process).await;
                    assert_eq!((&*output.stdout, &*output.stderr), ("ran\n", ""), "{shell}");
                }
                Err(TransportError::ShellBroken { said, .. }) => {
                    let said = said.to_lowercase();
                    let names_it =
                        ["syntax", "unexpected", "if:", "parse", "missing", "expression"];
                    assert!(names_it.iter().any(|word| said.contains(word)), "{shell}: {said:?}");
                }
                Err(other) => panic!("{shell}: {other:?}"),
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_hangs_is_given_up_and_leaves_no_process() {
    let names = LoginShells::usable_names();
    let sshd = Arc::new(TestSshd::builder().login_shells(LoginShells::usable()).start());
    let settings = ConnectionSettings {
        profile_patience: Duration::from_secs(1),
        ..ConnectionSettings::default()
    };
    let all = names.into_iter().enumerate().map(|(nth, shell)| {
        // A length that no other test uses, so that it can be found.
        let sleep = format!("60{}.{nth:02}", std::process::id() % 1000);
        sshd.write_in_home(shell, profile_of(shell), &at_login(shell, &format!("sleep {sleep}")));
        let host = openssh_as_with(&sshd, shell, settings);
        async move {
            let host = host;
            let started = Instant::now();
            let said = broken(&host, &sh("echo ran")).await;
            assert_eq!(said, "its profile was not done after 1 s", "{shell}");
            match host.connection.call(Call::new("echo on")).await {
                Err(TransportError::ShellBroken { said, .. }) => {
                    assert_eq!(said, "its profile was not done after 1 s", "{shell}");
                }
                other => panic!("{shell}: {other:?}"),
            }
            assert!(
                started.elapsed() < Duration::from_secs(15),
                "{shell}: {:?}",
                started.elapsed()
            );
            until(&format!("the profile of {shell} is gone"), || sleepers(&sleep).is_empty()).await;
            host.connection.close().await;
        }
    });
    futures::future::join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_prints_without_end_is_a_broken_shell() {
    with_each_shell(
        |_| Some("yes\n".into()),
        |shell, host| async move {
            assert_eq!(
                broken(&host, &sh("echo ran")).await,
                "its profile prints without end",
                "{shell}"
            );
            match host.connection.call(Call::new("echo on")).await {
                Err(TransportError::ShellBroken { said, .. }) => {
                    assert_eq!(said, "its profile prints without end", "{shell}");
                }
                other => panic!("{shell}: {other:?}"),
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_may_not_run_commands_say_so_in_their_shells_words() {
    let shells = LoginShells::named(&["rbash", "nologin"]);
    let sshd = Arc::new(TestSshd::builder().login_shells(shells).start());
    for (shell, words) in
        [("rbash", "restricted"), ("nologin", "This account is currently not available")]
    {
        let host = openssh_as(&sshd, shell);
        let said = broken(&host, &sh("echo ran")).await;
        assert!(said.contains(words), "{shell}: {said:?}");
        match host.connection.call(Call::new("echo on")).await {
            Err(TransportError::ShellBroken { said, .. }) => {
                assert!(said.contains(words), "{shell}: {said:?}")
            }
            other => panic!("{shell}: {other:?}"),
        }
        host.connection.close().await;
    }
}
