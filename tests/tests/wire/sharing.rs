//! Connections that several share: ours among processes, and the person's own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{TestSshd, short_dir, until};
use orchestrator::transport::{Call, Connection, OpenSsh};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{connection_over, masters_in, openssh_settings, run, sh, target};

/// One more user of the run directory, as another process would be.
fn user(config: &Path, run_dir: &TempDir, linger: Duration) -> Connection {
    let mut settings = openssh_settings(config.to_owned(), run_dir);
    settings.linger = linger;
    connection_over(Arc::new(OpenSsh::new(target("box"), settings)))
}

fn logins(sshd: &TestSshd) -> usize {
    sshd.log().matches("Accepted publickey").count()
}

async fn works(connection: &Connection) {
    assert_eq!(run(connection, &sh("echo on")).await.stdout, "on\n");
    assert_eq!(connection.call(Call::new("echo on")).await.unwrap().stdout, b"on\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_with_one_run_directory_share_a_connection_that_lingers_for_the_next() {
    let (sshd, run_dir) = (TestSshd::start(), short_dir());
    let config = sshd.write_client_config("box", &[]);
    let linger = Duration::from_secs(2);
    let (one, two) = (user(&config, &run_dir, linger), user(&config, &run_dir, linger));
    let (first, second) = tokio::join!(one.ready(), two.ready());
    first.unwrap();
    second.unwrap();
    works(&one).await;
    one.close().await;
    works(&two).await;
    two.close().await;
    drop((one, two));
    let three = user(&config, &run_dir, linger);
    works(&three).await;
    assert_eq!((masters_in(run_dir.path()).len(), logins(&sshd)), (1, 1), "{}", sshd.log());
    three.close().await;
    drop(three);
    until("the master ends after its last user", || masters_in(run_dir.path()).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_lingering_a_connection_goes_with_its_own_user_and_no_other() {
    let (sshd, run_dir) = (TestSshd::start(), short_dir());
    let config = sshd.write_client_config("box", &[]);
    let (one, two) =
        (user(&config, &run_dir, Duration::ZERO), user(&config, &run_dir, Duration::ZERO));
    works(&one).await;
    works(&two).await;
    assert_eq!(masters_in(run_dir.path()).len(), 2);
    one.close().await;
    until("the first master is gone", || masters_in(run_dir.path()).len() == 1).await;
    works(&two).await;
    two.close().await;
    until("the second master is gone", || masters_in(run_dir.path()).is_empty()).await;
    until("the server sees nobody", || sshd.connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dead_socket_of_a_killed_master_is_replaced() {
    let (sshd, run_dir) = (TestSshd::start(), short_dir());
    let config = sshd.write_client_config("box", &[]);
    let linger = Duration::from_secs(60);
    let one = user(&config, &run_dir, linger);
    works(&one).await;
    let [(master, _)] = masters_in(run_dir.path())[..] else { panic!("not one master") };
    kill_process(Pid::from_raw(master as i32).unwrap(), Signal::KILL).unwrap();
    until("the master is gone", || masters_in(run_dir.path()).is_empty()).await;
    let sockets = |path: &Path| -> Vec<PathBuf> {
        use std::os::unix::fs::FileTypeExt;
        let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
        entries
            .filter(|entry| entry.file_type().unwrap().is_socket())
            .map(|entry| entry.path())
            .collect()
    };
    let left = sockets(run_dir.path());
    assert_eq!(left.len(), 1);
    let two = user(&config, &run_dir, linger);
    works(&two).await;
    assert_eq!(sockets(run_dir.path()), left);
    // The one that lost it comes back over the same new master.
    works(&one).await;
    assert_eq!((masters_in(run_dir.path()).len(), logins(&sshd)), (1, 2), "{}", sshd.log());
    one.close().await;
    two.close().await;
    let [(master, _)] = masters_in(run_dir.path())[..] else { panic!("not one master") };
    kill_process(Pid::from_raw(master as i32).unwrap(), Signal::TERM).unwrap();
    until("the master is gone", || masters_in(run_dir.path()).is_empty()).await;
}

/// The person's own ssh, with their own configuration.
fn their_ssh(config: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).args(arguments).arg("box");
    let null = std::process::Stdio::null;
    command.stdin(null()).stdout(null()).stderr(null()).status().unwrap().success()
}

/// Uses their connection, which is there already or not, and leaves it alone.
async fn their_connection_is_used(sshd: &TestSshd, config: &Path, runs_before: bool) {
    let run_dir = short_dir();
    if runs_before {
        assert!(their_ssh(config, &["-f", "-N"]), "{}", sshd.log());
    }
    let before = logins(sshd);
    let connection = user(config, &run_dir, Duration::ZERO);
    works(&connection).await;
    connection.close().await;
    drop(connection);
    assert_eq!(logins(sshd) - before, usize::from(!runs_before), "{}", sshd.log());
    assert_eq!(masters_in(run_dir.path()), []);
    assert!(their_ssh(config, &["-O", "check"]), "their master was closed");
    assert!(their_ssh(config, &["-O", "exit"]));
    until("their master has ended", || sshd.connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_persons_own_multiplexing_is_used_and_left_alone() {
    let (sshd, theirs) = (TestSshd::start(), short_dir());
    let path = format!("ControlPath {}/%C", theirs.path().display());
    let config =
        sshd.write_client_config("box", &["ControlMaster auto", &path, "ControlPersist 60"]);
    their_connection_is_used(&sshd, &config, true).await;
    their_connection_is_used(&sshd, &config, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn multiplexing_that_is_set_up_in_an_included_file_is_found() {
    let (sshd, theirs) = (TestSshd::start(), short_dir());
    let included = theirs.path().join("included");
    let text = format!(
        "ControlMaster auto\nControlPersist 60\nControlPath {}/%C\n",
        theirs.path().display()
    );
    std::fs::write(&included, text).unwrap();
    let config = sshd.write_client_config("box", &[&format!("Include {}", included.display())]);
    their_connection_is_used(&sshd, &config, true).await;
    their_connection_is_used(&sshd, &config, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_path_without_a_master_is_not_started_for_the_person() {
    let (sshd, theirs, run_dir) = (TestSshd::start(), short_dir(), short_dir());
    let path = format!("ControlPath {}/%C", theirs.path().display());
    let config = sshd.write_client_config("box", &[&path]);
    let connection = user(&config, &run_dir, Duration::ZERO);
    works(&connection).await;
    assert_eq!(masters_in(run_dir.path()).len(), 1);
    assert_eq!(std::fs::read_dir(theirs.path()).unwrap().count(), 0);
    connection.close().await;
    until("our master is gone", || masters_in(run_dir.path()).is_empty()).await;
}

/// What ssh makes of the configuration that we hand to it.
async fn options_with(extra: &[&str]) -> String {
    let (sshd, run_dir) = (TestSshd::start(), short_dir());
    let config = sshd.write_client_config("box", extra);
    let connection = user(&config, &run_dir, Duration::ZERO);
    works(&connection).await;
    connection.close().await;
    let entries = std::fs::read_dir(run_dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let ours: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "conf")).collect();
    let output = Command::new("ssh").arg("-G").arg("-F").arg(&ours[0]).arg("box").output().unwrap();
    assert!(output.status.success() && ours.len() == 1, "{ours:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_the_person_count_and_ours_only_fill_the_gaps() {
    let has = |options: &str, line: &str| options.lines().any(|have| have == line);
    let options = options_with(&[]).await;
    for line in [
        "stricthostkeychecking accept-new",
        "serveraliveinterval 1",
        "serveralivecountmax 2",
        "connecttimeout 10",
        "clearallforwardings yes",
    ] {
        assert!(has(&options, line), "{line}:\n{options}");
    }
    for strict in ["ask", "true"] {
        let theirs =
            format!("StrictHostKeyChecking {}", if strict == "true" { "yes" } else { strict });
        let options = options_with(&[&theirs, "ServerAliveInterval 7", "ConnectTimeout 33"]).await;
        for line in [
            &format!("stricthostkeychecking {strict}"),
            "serveraliveinterval 7",
            "serveralivecountmax 2",
            "connecttimeout 33",
            "clearallforwardings yes",
        ] {
            assert!(has(&options, line), "{line}:\n{options}");
        }
    }
}
