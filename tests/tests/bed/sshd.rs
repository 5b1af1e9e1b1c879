use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use baton_tests::TestSshd;

use crate::support::{run, ssh, stderr, stdout, wait_for};

/// A connection that others go through, as a control master; gone on drop.
struct Master(Child);

impl Master {
    fn start(config: &Path, socket: &Path) -> Self {
        let socket_option = format!("ControlPath={}", socket.display());
        let child = ssh(config, &["-M", "-N", "-o", &socket_option, "box"]).spawn().unwrap();
        wait_for("the master listens", || socket.exists());
        Self(child)
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn the_key_of_the_bed_lets_in() {
    let sshd = TestSshd::start();
    let output = run(&sshd.write_client_config("box", &[]), &["box", "echo hello; id -un; exit 7"]);
    assert_eq!(stdout(&output), format!("hello\n{}\n", sshd.user()), "{}", sshd.log());
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn a_foreign_key_is_refused_unless_it_was_accepted() {
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("other");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    let identity = format!("IdentityFile {}", key.display());
    // IdentityFile adds up, so ours is kept out by an empty file of keys.
    let strict = TestSshd::start();
    fs::write(strict.authorized_keys_path(), "").unwrap();
    let refused = run(&strict.write_client_config("box", &[&identity]), &["box", "true"]);
    assert_eq!(refused.status.code(), Some(255));
    assert!(stderr(&refused).contains("Permission denied (publickey)"), "{}", stderr(&refused));

    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let kind = TestSshd::builder().accept_key(&public).start();
    let own = fs::read_to_string(kind.dir().join("client_key.pub")).unwrap();
    let both = fs::read_to_string(kind.authorized_keys_path()).unwrap();
    fs::write(kind.authorized_keys_path(), both.replace(&own, "")).unwrap();
    let let_in = run(&kind.write_client_config("box", &[&identity]), &["box", "echo in"]);
    assert_eq!(stdout(&let_in), "in\n", "{}", stderr(&let_in));
}

#[test]
fn max_sessions_refuses_one_channel_too_many() {
    let sshd = TestSshd::builder().max_sessions(1).start();
    let config = sshd.write_client_config("box", &[]);
    let socket = sshd.dir().join("m");
    let _master = Master::start(&config, &socket);
    let socket = socket.to_str().unwrap();
    let mut first = ssh(&config, &["-S", socket, "box", "echo up; exec cat"]);
    let mut first = first.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut up = String::new();
    BufReader::new(first.stdout.as_mut().unwrap()).read_line(&mut up).unwrap();
    assert_eq!(up, "up\n");

    // With a proxy that fails, ssh can't help itself with a second connection.
    let second = run(&config, &["-S", socket, "-o", "ProxyCommand=false", "box", "true"]);
    let complaint = stderr(&second);
    assert!(complaint.contains("Session open refused by peer"), "{complaint}");
    assert_eq!(sshd.connections(), 1);
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
}

#[test]
fn a_cut_connection_makes_ssh_exit_255_and_new_ones_get_in() {
    let sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let mut client = ssh(&config, &["box", "echo up; exec sleep 600"]);
    let mut client = client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut up = String::new();
    BufReader::new(client.stdout.as_mut().unwrap()).read_line(&mut up).unwrap();
    assert_eq!(sshd.connections(), 1);

    sshd.cut_connections();
    assert_eq!(client.wait().unwrap().code(), Some(255));
    assert_eq!(sshd.connections(), 0);
    assert_eq!(stdout(&run(&config, &["box", "echo again"])), "again\n");
}

#[test]
fn a_stopped_server_refuses_and_a_restarted_one_is_back_on_its_port() {
    let mut sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    sshd.stop();
    let refused = run(&config, &["box", "true"]);
    assert!(stderr(&refused).contains("Connection refused"), "{}", stderr(&refused));
    sshd.restart();
    assert_eq!(stdout(&run(&config, &["box", "echo back"])), "back\n");
}

#[test]
fn a_changed_host_key_is_noticed() {
    let mut sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let before = sshd.host_key_line();
    sshd.change_host_key();
    assert_ne!(sshd.host_key_line(), before);
    let refused = run(&config, &["box", "true"]);
    assert_eq!(refused.status.code(), Some(255));
    let complaint = stderr(&refused);
    assert!(complaint.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{complaint}");
}

#[test]
fn settings_reach_the_server() {
    let sshd = TestSshd::builder()
        .banner("Mind the gap\n")
        .force_command("echo forced: $SSH_ORIGINAL_COMMAND $COLOUR")
        .environment("COLOUR", "deep blue")
        .without_sftp()
        .start();
    let config = sshd.write_client_config("box", &[]);
    let output = run(&config, &["box", "ls"]);
    assert_eq!(stdout(&output), "forced: ls deep blue\n");
    assert!(stderr(&output).contains("Mind the gap"), "{}", stderr(&output));
    let sftp = run(&config, &["-s", "box", "sftp"]);
    assert!(stderr(&sftp).contains("subsystem request failed"), "{}", stderr(&sftp));

    let default = TestSshd::start();
    let config = default.write_client_config("box", &[]);
    let mut sftp = Command::new("sftp");
    let sftp = sftp.arg("-F").arg(&config).args(["-b", "-", "box"]).stdin(Stdio::null()).output();
    assert!(sftp.unwrap().status.success());
}

#[test]
fn nothing_is_left_after_a_drop() {
    let sshd = TestSshd::start();
    let (dir, address) = (sshd.dir().to_owned(), sshd.address());
    let config = sshd.write_client_config("box", &[]);
    let detached = run(&config, &["box", "setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!"]);
    let pid = stdout(&detached).trim().to_owned();
    let mut attached = ssh(&config, &["box", "echo up; exec sleep 600"]);
    let mut attached = attached.stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(attached.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    assert!(Path::new("/proc").join(&pid).exists());

    drop(sshd);
    let status = attached.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(255), None));
    assert!(!dir.exists());
    assert!(TcpStream::connect(address).is_err());
    let state = fs::read_to_string(Path::new("/proc").join(&pid).join("stat"));
    assert!(state.is_err() || state.unwrap().contains(") Z "), "the detached program lives on");
}
