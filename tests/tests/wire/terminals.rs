//! Terminals over a master's socket.

use std::sync::Arc;

use baton_tests::TestSshd;
use orchestrator::transport::{ConnectionSettings, TerminalSize};
use tokio::io::AsyncReadExt;

use crate::support::{Host, openssh, openssh_with, sh};

/// What a script prints on a terminal, and its status; nothing is typed.
async fn shown(host: &Host, script: &str) -> (String, u8) {
    let mut program = sh(script);
    program.terminal = Some(("xterm-256color".into(), TerminalSize { columns: 80, rows: 24 }));
    let (mut streams, exit) = host.connection.start(&program).await.unwrap().into_parts();
    let mut printed = Vec::new();
    let (read, exit) = tokio::join!(streams.stdout.read_to_end(&mut printed), exit);
    read.unwrap();
    (String::from_utf8_lossy(&printed).into_owned(), exit.unwrap().status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_what_the_persons_send_env_names_and_nothing_else() {
    let sshd = Arc::new(TestSshd::builder().config_line("AcceptEnv LC_*").start());
    let config = sshd.write_client_config("box", &["SendEnv LC_WORD"]);
    let host = openssh_with(sshd, config, ConnectionSettings::default(), |settings| {
        settings.env = vec![
            ("LC_OTHER".into(), "no".into()),
            // More than a master takes with one request.
            ("LC_LONG".into(), "x".repeat(300_000).into()),
            ("LC_WORD".into(), "two words".into()),
        ];
    });
    let done = shown(&host, "printf '<%s|%s>' \"$LC_WORD\" \"${LC_OTHER-unset}\"").await;
    assert_eq!(done, ("<two words|unset>".to_owned(), 0), "{}", host.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_prints_arrives_byte_for_byte_however_much_it_is() {
    let host = openssh(TestSshd::start());
    let script = "stty -opost; i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); echo \"$i of many\"; done; exit 3";
    let (printed, status) = shown(&host, script).await;
    let wanted: String = (1..=200_000).map(|number| format!("{number} of many\n")).collect();
    assert!(printed == wanted, "{} bytes of {}", printed.len(), wanted.len());
    assert_eq!(status, 3);
}
