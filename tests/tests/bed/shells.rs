use baton_tests::{LoginShells, TestSshd};

use crate::support::{run, stderr, stdout};

#[test]
fn every_login_shell_answers_with_a_home_of_its_own() {
    let sshd = TestSshd::builder().login_shells(LoginShells::usable()).start();
    for shell in LoginShells::usable_names() {
        let config = sshd.write_client_config_as(shell, "box", &[]);
        let output = run(&config, &["box", "echo $SHELL; cd; pwd; exit 3"]);
        let answer = stdout(&output);
        let (program, home) = answer.trim_end().split_once('\n').unwrap_or_default();
        let is_it = match shell {
            "busybox" => program.ends_with("/busybox/sh"),
            _ => program.ends_with(&format!("/{shell}")),
        };
        assert!(is_it, "{shell}: {answer:?} {}\n{}", stderr(&output), sshd.log());
        assert_eq!(home, sshd.home_of(shell).to_str().unwrap(), "{shell}");
        assert_eq!(output.status.code(), Some(3), "{shell}");
    }
}

#[test]
fn a_login_shell_reads_the_profile_that_a_test_wrote() {
    let shells = LoginShells::named(&["dash", "fish"]);
    let sshd = TestSshd::builder().login_shells(shells).start();
    sshd.write_in_home("dash", ".profile", "TASTE=salt; export TASTE\n");
    sshd.write_in_home("fish", ".config/fish/config.fish", "set -gx TASTE pepper\n");
    for (shell, taste) in [("dash", "salt\n"), ("fish", "pepper\n")] {
        let config = sshd.write_client_config_as(shell, "box", &[]);
        let output = run(&config, &["box", "exec $SHELL -lc 'echo $TASTE'"]);
        assert_eq!(stdout(&output), taste, "{shell}: {}", stderr(&output));
    }
}

#[test]
fn nologin_and_a_restricted_shell_are_what_they_are() {
    let shells = LoginShells::named(&["nologin", "rbash"]);
    let sshd = TestSshd::builder().login_shells(shells).start();
    let nologin = run(&sshd.write_client_config_as("nologin", "box", &[]), &["box", "echo in"]);
    assert_eq!(nologin.status.code(), Some(1));
    assert!(stdout(&nologin).contains("not available"), "{}", stdout(&nologin));
    let rbash = run(&sshd.write_client_config_as("rbash", "box", &[]), &["box", "/bin/echo in"]);
    assert!(stderr(&rbash).contains("restricted"), "{}", stderr(&rbash));
}

#[test]
fn the_accounts_exist_only_inside_the_server() {
    let sshd = TestSshd::builder().login_shells(LoginShells::named(&["zsh"])).start();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    assert!(!passwd.contains(sshd.user_of("zsh")), "{passwd}");
    let own = run(&sshd.write_client_config("box", &[]), &["box", "id -un"]);
    assert_eq!(stdout(&own).trim_end(), sshd.user(), "{}", stderr(&own));
}
