//! A disk of ours that is full.

use std::process::{Command, Stdio};

use baton_tests::{Home, Run, TestSshd, program};

/// Runs `baton` where its directory is a file system of its own that is full, and lists what it left there.
fn on_a_full_disk(home: &Home, words: &[&str]) -> (Run, String) {
    let script = "mount -t tmpfs -o size=16k tmpfs \"$1\" || exit 99; cd \"$1\"; \
        mkdir -m 700 run run/ssh; cat /dev/zero >fill 2>/dev/null; shift; \
        env BATON_HOME=\"$PWD\" \"$@\"; status=$?; ls -A run/ssh >&3; exit $status";
    let plain = home.command(words);
    let disk = home.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let left = home.path("left");
    let mut command = Command::new("unshare");
    // Without root, in a user namespace in which we are.
    command.arg(if rustix::process::geteuid().is_root() { "-m" } else { "-rm" });
    command.args(["sh", "-c", &format!("exec 3>'{}'; {script}", left.display()), "sh"]);
    command.arg(&disk).arg(program()).args(plain.get_args());
    command.env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    (Run::of(output), std::fs::read_to_string(left).unwrap())
}

#[test]
fn a_full_disk_is_said_and_nothing_half_written_is_left() {
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[]));
    let (run, left) = on_a_full_disk(&home, &["exec", "box", "--", "true"]);
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stderr.contains("No space left on device"), "{run:?}");
    assert!(
        run.stderr.contains("hint: Check that the directory is yours and the disk is not full"),
        "{run:?}"
    );
    assert_eq!(left, "", "left behind");
    assert_eq!(sshd.connections(), 0);
}
