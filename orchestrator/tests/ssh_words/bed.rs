//! A private sshd on loopback, and a real `ssh` that knows nothing of this machine's own configuration.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use orchestrator::host::HostId;
use orchestrator::transport::TransportError;
use orchestrator::transport::stderr::{Asked, Phase, explain};
use tempfile::TempDir;

/// Long enough for a busy machine; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// An sshd with its directory of keys, and the client's files beside them. Gone on drop.
pub struct Bed {
    dir: TempDir,
    sshd: Child,
    pub port: u16,
}

/// What an ssh said and asked before it ended.
#[derive(Debug)]
pub struct Heard {
    pub said: String,
    pub asked: Vec<Asked>,
}

impl Heard {
    pub fn explain(&self, phase: Phase) -> TransportError {
        let error = explain(&HostId::new("dev"), phase, &self.said, &self.asked);
        println!("{}{:?}\n=> {error}\nhint: {:?}\n", self.said, self.asked, error.hint());
        error
    }
}

impl Bed {
    pub fn start() -> Self {
        Self::with("")
    }

    /// With further lines for sshd_config.
    pub fn with(settings: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("words").tempdir().unwrap();
        for key in ["host", "other_host", "good", "unknown"] {
            make_key(&dir.path().join(key), "");
        }
        make_key(&dir.path().join("locked"), "open sesame");
        let allowed = [read(dir.path(), "good.pub"), read(dir.path(), "locked.pub")].concat();
        fs::write(dir.path().join("authorized"), allowed).unwrap();
        let (sshd, port) = start_sshd(dir.path(), settings);
        let bed = Self { dir, sshd, port };
        bed.know("known", "host", "");
        let config = format!(
            "Host gate\n HostName 127.0.0.1\n Port {port}\nHost dead1 dead2\n HostName 127.0.0.1\n Port 1\nHost lost\n HostName no-such-host.invalid\n\
             Host *\n Port {port}\n UserKnownHostsFile {known}\n GlobalKnownHostsFile /dev/null\n IdentitiesOnly yes\n IdentityAgent none\n\
             StrictHostKeyChecking yes\n ConnectTimeout 20\n LogLevel INFO\n",
            known = bed.path("known").display()
        );
        fs::write(bed.path("config"), config).unwrap();
        let ask = "#!/bin/sh\nprintf '%s\\0' \"$1\" >>\"$BED_ASKED\"\nexit 1\n";
        fs::write(bed.path("ask"), ask).unwrap();
        fs::set_permissions(bed.path("ask"), Permissions::from_mode(0o755)).unwrap();
        bed
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The path as an argument.
    pub fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a known_hosts file that holds `key` for the server, marked with `mark`.
    pub fn know(&self, file: &str, key: &str, mark: &str) {
        let public = read(self.dir.path(), &format!("{key}.pub"));
        let public: Vec<&str> = public.split(' ').take(2).collect();
        let line = format!("{mark}[127.0.0.1]:{} {}\n", self.port, public.join(" "));
        fs::write(self.path(file), line).unwrap();
    }

    /// A new file of that mode.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> String {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
        self.at(name)
    }

    /// The arguments that every call has: our configuration and no other.
    pub fn ssh(&self, program: &[&str], arguments: &[&str]) -> Command {
        let config = self.at("config");
        self.plain(program, &[&["-F", &config], arguments].concat())
    }

    /// An ssh behind `program` (such as `unshare -n`), or straight when there is none.
    pub fn plain(&self, program: &[&str], arguments: &[&str]) -> Command {
        let words = [program, &["ssh"], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("SSH_ASKPASS", self.path("ask")).env("SSH_ASKPASS_REQUIRE", "force");
        command.env("BED_ASKED", self.path("asked")).env("LC_ALL", "C").env_remove("SSH_AUTH_SOCK");
        command.env("DISPLAY", "none:0");
        command
    }

    /// Runs it to its end.
    pub fn hear(&self, mut command: Command) -> Heard {
        let child = command.stderr(File::create(self.path("said")).unwrap()).spawn().unwrap();
        self.heard(child)
    }

    /// Runs `ssh ARGUMENTS 127.0.0.1 true`, which has to fail.
    pub fn refused(&self, arguments: &[&str]) -> TransportError {
        let command = self.ssh(&[], &[arguments, &["127.0.0.1", "true"]].concat());
        self.hear(command).explain(Phase::Connecting)
    }

    /// Starts a remote `cat`, waits until it runs, does what `cut` does, and listens to how ssh ends.
    pub fn lose(&self, arguments: &[&str], cut: impl FnOnce()) -> TransportError {
        let remote = ["127.0.0.1", "echo up; cat"];
        let mut command = self.ssh(&[], &[arguments, &remote].concat());
        let said = File::create(self.path("said")).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said);
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "up\n", "{}\nsshd:\n{}", read(self.dir.path(), "said"), self.log());
        cut();
        let heard = self.heard(child);
        drop(stdin);
        heard.explain(Phase::Connected)
    }

    fn heard(&self, mut child: Child) -> Heard {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("ssh does not end; it said: {}", read(self.dir.path(), "said"));
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "between two looks at a condition, on a thread without a runtime"
            )]
            thread::sleep(Duration::from_millis(10)); // wait: between two looks
        };
        let said = read(self.dir.path(), "said");
        assert_eq!(status.code(), Some(255), "ssh said: {said}\nsshd:\n{}", self.log());
        let asked = fs::read_to_string(self.path("asked")).unwrap_or_default();
        let asked = asked.split_terminator('\0');
        let asked = asked.map(|text| Asked { text: text.to_owned(), answered: false }).collect();
        Heard { said, asked }
    }

    /// Kills what serves the open connections; the listener stays.
    pub fn kill_sessions(&self) {
        let ours = children(self.sshd.id());
        assert!(!ours.is_empty(), "no session is open");
        for pid in ours {
            let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
            assert!(killed.success(), "kill {pid}");
        }
    }

    fn log(&self) -> String {
        read(self.dir.path(), "log")
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let mut pids = String::new();
        for pid in children(self.sshd.id()) {
            write!(pids, "{pid} ").unwrap();
        }
        self.sshd.kill().unwrap();
        self.sshd.wait().unwrap();
        // Sessions that are gone already are no failure.
        Command::new("sh").args(["-c", &format!("kill {pids} 2>/dev/null; :")]).status().unwrap();
    }
}

/// Answers one connection with `answer` on a free port.
pub fn serve_once(answer: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || answer(listener.accept().unwrap().0));
    port.to_string()
}

/// Reads until the other side is quiet forever: keeps the connection open, says nothing.
pub fn stay_silent(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
}

/// Reads ssh's version line, answers with `words`, and hangs up when ssh does.
pub fn answer_with(words: &'static [u8]) -> impl FnOnce(TcpStream) + Send {
    move |mut stream| {
        let mut hello = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut hello).unwrap();
        assert!(hello.starts_with("SSH-2.0-"), "{hello}");
        stream.write_all(words).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stay_silent(stream);
    }
}

fn make_key(path: &Path, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "words", "-N", passphrase, "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen is missing: apt-get install openssh-client");
    assert!(made.success());
}

fn start_sshd(dir: &Path, settings: &str) -> (Child, u16) {
    if !Path::new("/run/sshd").is_dir() {
        fs::create_dir_all("/run/sshd").expect("sshd needs /run/sshd: sudo mkdir -p /run/sshd");
    }
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The first value counts, so a test's settings come first.
        let config = format!(
            "{settings}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {dir}/host\nPidFile none\nAuthorizedKeysFile {dir}/authorized\n\
             UsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel DEBUG\n",
            dir = dir.display()
        );
        fs::write(dir.join("sshd_config"), config).unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(File::create(dir.join("log")).unwrap())
            .spawn()
            .expect("sshd is missing: apt-get install openssh-server");
        let start = Instant::now();
        while sshd.try_wait().unwrap().is_none() {
            if read(dir, "log").contains("Server listening on") {
                return (sshd, port);
            }
            assert!(start.elapsed() < PATIENCE, "sshd does not start:\n{}", read(dir, "log"));
            #[expect(
                clippy::disallowed_methods,
                reason = "between two looks at a condition, on a thread without a runtime"
            )]
            thread::sleep(Duration::from_millis(10)); // wait: between two looks
        }
        // Somebody took the port in between; anything else is a fault.
        let log = read(dir, "log");
        assert!(log.contains("Address already in use"), "sshd ended:\n{log}");
    }
}

/// The processes that `parent` started.
fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parent = parent.to_string();
    pids.filter(|pid: &u32| {
        // "PID (NAME) STATE PPID …"; the name may hold anything.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)) == Some(&*parent)
    })
    .collect()
}

fn read(dir: &Path, name: &str) -> String {
    String::from_utf8_lossy(&fs::read(dir.join(name)).unwrap_or_default()).into_owned()
}
