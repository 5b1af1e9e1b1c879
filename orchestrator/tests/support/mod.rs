//! A private sshd on loopback and scripted answers.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::VecDeque;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use orchestrator::host::HostId;
use orchestrator::transport::native::{HostKeyPolicy, Native, NativeConfig, NativeSettings};
use orchestrator::transport::{Asker, Channel, ChannelExit, Link, Question, Transport};
use tokio::io::AsyncReadExt as _;

/// How long anything may take before a test gives up; far more than it ever needs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// OpenSSH's sshd with its own keys, config and log; gone on drop.
///
/// `HOME` is an empty directory: the account's own dotfiles may be slow, and killing one that runs may leave its locks behind.
pub struct TestSshd {
    pub dir: tempfile::TempDir,
    pub port: u16,
    child: Child,
}

impl TestSshd {
    /// With lines of `sshd_config` that stand before ours.
    pub fn start(extra: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, kind) in [("host_key", "ed25519"), ("id", "ed25519"), ("rsa", "rsa")] {
            make_key(&dir.path().join(name), kind, "");
        }
        let keys: String = ["id.pub", "rsa.pub"]
            .map(|name| std::fs::read_to_string(dir.path().join(name)).unwrap())
            .concat();
        std::fs::write(dir.path().join("authorized_keys"), keys).unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        let user_is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if user_is_root {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        // Somebody else may take the port in between; then the next one is tried.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(child) = start_on(dir.path(), port, extra) {
                return Self { dir, port, child };
            }
        }
        panic!("sshd did not start (apt-get install openssh-server):\n{}", log_in(dir.path()));
    }

    /// What it logged.
    pub fn log(&self) -> String {
        log_in(self.dir.path())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A configuration that gets in, with nothing on record yet.
    pub fn config(&self) -> NativeConfig {
        let mut config = NativeConfig::new("127.0.0.1", self.port, user());
        config.identity_files = vec![self.path("id")];
        config.identities_only = true;
        config.known_hosts_files = vec![self.path("known_hosts")];
        config.new_keys_file = Some(self.path("known_hosts"));
        config.strict_host_key_checking = HostKeyPolicy::AcceptNew;
        config
    }

    pub fn settings(&self) -> NativeSettings {
        NativeSettings::new(self.path("spill"))
    }

    pub fn transport(&self, config: NativeConfig, asker: Option<Arc<dyn Asker>>) -> Native {
        Native::new(HostId::new("box"), config, self.settings(), asker)
    }

    /// An open connection.
    pub async fn link(&self) -> Arc<dyn Link> {
        match self.transport(self.config(), None).connect().await {
            Ok(link) => link,
            Err(error) => panic!("{error:?}\nsshd's log:\n{}", self.log()),
        }
    }

    /// Ends every connection as a crash would.
    pub fn kill_connections(&self) {
        for pid in descendants(self.child.id()) {
            signal(pid, "KILL");
        }
    }

    /// Stops every connection's process, as if the machine froze.
    pub fn freeze_connections(&self) {
        for pid in descendants(self.child.id()) {
            signal(pid, "STOP");
        }
    }
}

impl Drop for TestSshd {
    fn drop(&mut self) {
        self.kill_connections();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn start_on(dir: &Path, port: u16, extra: &str) -> Option<Child> {
    let shown = dir.display();
    let config = format!(
        "{extra}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host_key\nPidFile none\n\
         AuthorizedKeysFile {shown}/authorized_keys\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n\
         SetEnv HOME={shown}/home\nSubsystem sftp internal-sftp\nLogLevel VERBOSE\n"
    );
    std::fs::write(dir.join("sshd_config"), config).unwrap();
    let mut child = Command::new("/usr/sbin/sshd")
        .args(["-D", "-f"])
        .arg(dir.join("sshd_config"))
        .arg("-E")
        .arg(dir.join("sshd.log"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE && child.try_wait().unwrap().is_none() {
        if log_in(dir).contains(&format!("listening on 127.0.0.1 port {port}"))
            && TcpStream::connect(("127.0.0.1", port)).is_ok()
        {
            return Some(child);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a condition, on a thread without a runtime"
        )]
        std::thread::sleep(Duration::from_millis(5)); // wait: between two looks
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

fn log_in(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("sshd.log")).unwrap_or_default()
}

fn descendants(pid: u32) -> Vec<u32> {
    let children = Command::new("pgrep").args(["-P", &pid.to_string()]).output().unwrap().stdout;
    let children = String::from_utf8(children).unwrap();
    let children = children.lines().map(|line| line.parse().unwrap());
    children.flat_map(|child: u32| [child].into_iter().chain(descendants(child))).collect()
}

fn signal(pid: u32, name: &str) {
    // It may have ended by itself.
    Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

/// This account's name.
pub fn user() -> String {
    let name = Command::new("id").arg("-un").output().unwrap().stdout;
    String::from_utf8(name).unwrap().trim().to_owned()
}

/// A new key pair.
pub fn make_key(file: &Path, kind: &str, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"])
        .arg(file)
        .status();
    assert!(made.unwrap().success());
}

/// Gives prepared answers and keeps the questions.
#[derive(Debug, Default)]
pub struct Answers {
    prepared: Mutex<VecDeque<Option<String>>>,
    pub asked: Mutex<Vec<Question>>,
}

impl Answers {
    pub fn new(prepared: &[Option<&str>]) -> Arc<Self> {
        let prepared = prepared.iter().map(|answer| answer.map(str::to_owned)).collect();
        Arc::new(Self { prepared: Mutex::new(prepared), asked: Mutex::default() })
    }
}

#[async_trait]
impl Asker for Answers {
    async fn ask(&self, question: Question) -> Option<String> {
        self.asked.lock().unwrap().push(question);
        self.prepared.lock().unwrap().pop_front().flatten()
    }
}

/// What a command printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub exit: ChannelExit,
}

/// Reads a channel to its end; stdin is closed first.
pub async fn output(channel: Channel) -> Output {
    let Channel { stdin, mut stdout, mut stderr, exit, .. } = channel;
    drop(stdin);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (read_out, read_err, exit) =
        tokio::join!(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err), exit);
    read_out.unwrap();
    read_err.unwrap();
    Output { stdout: out, stderr: err, exit: exit.unwrap() }
}
