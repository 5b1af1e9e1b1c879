//! What a program is told goes along with its command where it may: every login shell must hand it on.

use std::sync::Arc;

use baton_tests::{LoginShells, TestSshd, short_dir};
use orchestrator::transport::{OpenSsh, Program};

use crate::support::{connection_over, openssh_settings, run, target};

#[tokio::test(flavor = "multi_thread")]
async fn arguments_without_an_environment_arrive_under_every_login_shell() {
    let sshd = TestSshd::builder().login_shells(LoginShells::usable()).start();
    let hostile =
        ["", "it's \"$HOME\" `id` \\ !x %s %b \\0101 *?[a]~ #;&|<>", "a\n\tb\n\n", "größe ✓", "-n"];
    // Longer than what goes along, so that it comes on stdin.
    let long = "x'".repeat(2000);
    for shell in LoginShells::usable_names() {
        let run_dir = short_dir();
        let config = sshd.write_client_config_as(shell, "box", &[]);
        let transport = OpenSsh::new(target("box"), openssh_settings(config, &run_dir));
        let connection = connection_over(Arc::new(transport));
        for words in [&hostile[..], &[long.as_str()]] {
            let argv = ["printf", "%s|"].iter().chain(words).copied();
            let mut program = Program::new(argv);
            program.cwd = Some(b"/usr".to_vec());
            let output = run(&connection, &program).await;
            assert_eq!(
                output.stdout,
                format!("{}|", words.join("|")),
                "{shell}: {}",
                output.stderr
            );
        }
        connection.close().await;
    }
}
