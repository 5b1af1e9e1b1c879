use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::AtomicU32,
    time::Instant,
};

use tempfile::TempDir;

use super::Builder;
use crate::{
    process::{self, output_of, wait_until},
    shells::Accounts,
};

const INSTALL: &str = "apt-get install -y openssh-server openssh-client";
/// How often a start is tried again because somebody else took the port in between.
const START_TRIES: usize = 20;

/// A real OpenSSH sshd on 127.0.0.1, with keys, config and log of its own in a temporary directory.
///
/// On drop the server, its connections and every process that was started through it are killed, also detached
/// ones, and the directory is removed. Run as root, root may log in; run as somebody else, that account only.
#[derive(Debug)]
pub struct TestSshd {
    listener: Option<Child>,
    port: u16,
    user: String,
    mark: String,
    settings: Builder,
    pub(super) accounts: Option<Accounts>,
    pub(super) configs: AtomicU32,
    // Last, so that it goes after the processes in it.
    dir: TempDir,
}

impl TestSshd {
    /// Starts a server with the defaults.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Begins a server with settings of its own.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn launch(mut settings: Builder) -> Self {
        let dir = tempfile::Builder::new().prefix("baton-sshd-").tempdir().expect("a temp dir");
        let path = dir.path();
        // Other accounts have to reach their homes in it; what is secret has a mode of its own.
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our own directory");
        make_key(&path.join("host_key"));
        make_key(&path.join("client_key"));
        let mut keys = fs::read_to_string(path.join("client_key.pub")).expect("the key just made");
        for key in &settings.accepted_keys {
            keys.push_str(&format!("{key}\n"));
        }
        fs::write(path.join("authorized_keys"), keys).expect("our own directory");
        if let Some(banner) = &settings.banner {
            fs::write(path.join("banner"), banner).expect("our own directory");
        }
        // What runs in our sessions carries this name, so that detached programs are found on drop.
        let mark = format!("BATON_TEST_SSHD={}", path.display());
        settings.environment.push(mark.clone());
        if settings.login_shells.is_none() {
            // The profile of the one who runs the tests would run a thousand times, and be killed half-way at times.
            let home = path.join("home");
            fs::create_dir(&home).expect("our own directory");
            settings.environment.push(format!("HOME={}", home.display()));
        }
        let user = output_of(Command::new("id").arg("-un"), "apt-get install -y coreutils");
        let accounts = settings.login_shells.as_ref().map(|shells| shells.set_up(path));
        let mut sshd = Self {
            listener: None,
            port: 0,
            user: user.trim_end().to_owned(),
            mark,
            settings,
            accounts,
            configs: AtomicU32::new(0),
            dir,
        };
        sshd.listen(None);
        fs::write(sshd.known_hosts_path(), format!("{}\n", sshd.host_key_line()))
            .expect("our own directory");
        sshd
    }

    /// Starts the listener, on the given port or a free one.
    fn listen(&mut self, port: Option<u16>) {
        let program = process::program(&["/usr/sbin/sshd", "/usr/local/sbin/sshd"], INSTALL);
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").expect("root may make /run/sshd");
        }
        let version = version(&output_of_version());
        let start = Instant::now();
        let mut tries = 0;
        // A server that comes back may have to wait until a connection of somebody else leaves its port.
        while tries < START_TRIES || (port.is_some() && start.elapsed() < process::PATIENCE) {
            tries += 1;
            let port = port.unwrap_or_else(free_port);
            let config = self.dir().join("sshd_config");
            fs::write(&config, self.settings.config(self.dir(), port, version))
                .expect("our own directory");
            let mut command = match &self.accounts {
                Some(accounts) => accounts.command(program),
                None => Command::new(program),
            };
            command.arg("-D").arg("-f").arg(&config).arg("-E").arg(self.dir().join("sshd.log"));
            if self.try_listen(&mut command) {
                self.port = port;
                return;
            }
        }
        panic!("sshd doesn't start; its log:\n{}", self.log());
    }

    /// Starts the listener and waits until it listens. `false` when its port was taken.
    fn try_listen(&mut self, command: &mut Command) -> bool {
        let log = File::options().create(true).append(true).open(self.dir().join("sshd.log"));
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let command = command.stderr(log.expect("our own directory"));
        let mut child =
            command.spawn().unwrap_or_else(|e| panic!("can't start sshd: {e}; try: {INSTALL}"));
        let pid_file = self.dir().join("sshd.pid");
        let before = self.log().len();
        let mut ended = None;
        // sshd writes its pid only after it listens, so a full file proves that the port is ours.
        wait_until("sshd listens", || {
            ended = child.try_wait().expect("our own child");
            ended.is_some() || fs::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n'))
        });
        let Some(status) = ended else {
            self.listener = Some(child);
            return true;
        };
        let log = self.log();
        let news = log.get(before..).unwrap_or(&log);
        assert!(
            news.contains("Cannot bind any address"),
            "sshd ended with {status}; its log:\n{news}\nits config:\n{}",
            fs::read_to_string(self.dir().join("sshd_config")).expect("the config just written")
        );
        false
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The directory of this server, for a test's own files, too. Gone on drop.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The account that may log in: the one that runs the test.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The file of the keys that may log in; changes count from the next login on.
    #[must_use]
    pub fn authorized_keys_path(&self) -> PathBuf {
        self.dir().join("authorized_keys")
    }

    /// What sshd has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        match fs::read(self.dir().join("sshd.log")) {
            Ok(log) => String::from_utf8_lossy(&log).into_owned(),
            Err(_) => String::new(), // sshd makes it at its first message
        }
    }

    /// How many connections there are, those at their login included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.as_ref().map_or(0, |listener| process::children(raw(listener), is_sshd).len())
    }

    /// Kills the server's side of every connection; the listener stays, and so does what runs in the sessions.
    pub fn cut_connections(&self) {
        if let Some(listener) = &self.listener {
            process::kill_all(&process::descendants(raw(listener), is_sshd));
        }
    }

    /// Ends the listener and every connection; what runs in the sessions stays.
    pub fn stop(&mut self) {
        let Some(mut listener) = self.listener.take() else { return };
        let connections = process::descendants(raw(&listener), is_sshd);
        listener.kill().expect("our own child");
        listener.wait().expect("our own child");
        process::kill_all(&connections);
        fs::remove_file(self.dir().join("sshd.pid"))
            .expect("sshd wrote it when it began to listen");
    }

    /// Stops the server, if it runs, and starts it again on the same port.
    pub fn restart(&mut self) {
        self.stop();
        self.listen(Some(self.port));
    }

    /// Restarts the server with another host key. `known_hosts` keeps the old one, so clients see a changed key.
    pub fn change_host_key(&mut self) {
        self.stop();
        for name in ["host_key", "host_key.pub"] {
            fs::remove_file(self.dir().join(name)).expect("the key of before");
        }
        make_key(&self.dir().join("host_key"));
        self.restart();
    }
}

impl Drop for TestSshd {
    fn drop(&mut self) {
        let family = self.listener.as_ref().map(|l| process::descendants(raw(l), |_| true));
        self.stop();
        process::kill_all(&family.unwrap_or_default());
        // Detached programs have no parent that leads to them. They may fork meanwhile, so look again.
        loop {
            let left = process::with_environment(&self.mark);
            if left.is_empty() {
                break;
            }
            process::kill_all(&left);
        }
    }
}

/// Whether a process name is one of sshd's: since 9.8 a connection is `sshd-session`, at its login `sshd-auth`.
fn is_sshd(name: &str) -> bool {
    matches!(name, "sshd" | "sshd-session" | "sshd-auth")
}

fn raw(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a pid of Linux fits")
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn make_key(path: &Path) {
    let mut keygen = Command::new("ssh-keygen");
    output_of(
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "baton-test", "-f"]).arg(path),
        INSTALL,
    );
}

fn output_of_version() -> String {
    let output = Command::new("ssh").arg("-V").output();
    let output = output.unwrap_or_else(|e| panic!("can't start ssh: {e}; try: {INSTALL}"));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Reads `OpenSSH_9.2p1 Debian-2…`.
fn version(text: &str) -> (u32, u32) {
    let numbers = text.strip_prefix("OpenSSH_").unwrap_or_else(|| panic!("not OpenSSH: {text}"));
    let mut parts = numbers.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next().and_then(|part| part.parse().ok()).expect("OpenSSH_MAJOR.MINOR");
    (next(), next())
}
