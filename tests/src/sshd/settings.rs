use std::{fmt::Write as _, path::Path};

use super::TestSshd;
use crate::LoginShells;

/// What an sshd of a test is to be like. [`TestSshd::builder`] begins one, [`start`](Self::start) ends it.
#[derive(Debug)]
pub struct Builder {
    pub(super) lines: Vec<String>,
    pub(super) environment: Vec<String>,
    pub(super) banner: Option<String>,
    pub(super) accepted_keys: Vec<String>,
    pub(super) login_shells: Option<LoginShells>,
    sftp: bool,
}

impl Builder {
    pub(super) fn new() -> Self {
        let (lines, environment, accepted_keys) = (Vec::new(), Vec::new(), Vec::new());
        Self { lines, environment, banner: None, accepted_keys, login_shells: None, sftp: true }
    }

    /// Any line of `sshd_config(5)`. The first line with a keyword counts, and these come before our own.
    ///
    /// # Panics
    ///
    /// With `SetEnv`, of which sshd takes only one line: that is [`environment`](Self::environment).
    #[must_use]
    pub fn config_line(mut self, line: &str) -> Self {
        let keyword = line.split_whitespace().next().unwrap_or_default();
        assert!(!keyword.eq_ignore_ascii_case("SetEnv"), "use environment() for SetEnv");
        self.lines.push(line.to_owned());
        self
    }

    /// How many channels with a session one connection may have (10 unless said).
    #[must_use]
    pub fn max_sessions(self, count: u32) -> Self {
        self.config_line(&format!("MaxSessions {count}"))
    }

    /// How many connections may be at their login, as `start:rate:full` (100:30:200 unless said).
    #[must_use]
    pub fn max_startups(self, limits: &str) -> Self {
        self.config_line(&format!("MaxStartups {limits}"))
    }

    /// How many keys or passwords a connection may try (6 unless said).
    #[must_use]
    pub fn max_auth_tries(self, count: u32) -> Self {
        self.config_line(&format!("MaxAuthTries {count}"))
    }

    /// A server without the sftp subsystem.
    #[must_use]
    pub fn without_sftp(mut self) -> Self {
        self.sftp = false;
        self
    }

    /// Runs this for every login, whatever the client asked for.
    #[must_use]
    pub fn force_command(self, command: &str) -> Self {
        self.config_line(&format!("ForceCommand {command}"))
    }

    /// Text that clients get before they log in.
    #[must_use]
    pub fn banner(mut self, text: &str) -> Self {
        self.banner = Some(text.to_owned());
        self
    }

    /// A variable in the environment of every session. The value has no quotes and no line breaks.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push(format!("{name}={value}"));
        self
    }

    /// One more key that may log in: a line as in `authorized_keys`, so with options if wanted.
    #[must_use]
    pub fn accept_key(mut self, public_key: &str) -> Self {
        self.accepted_keys.push(public_key.trim_end().to_owned());
        self
    }

    /// Accounts with these login shells may log in, too, each with a home of its own.
    #[must_use]
    pub fn login_shells(mut self, shells: LoginShells) -> Self {
        self.login_shells = Some(shells);
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    ///
    /// With the install line when OpenSSH's server isn't there, with its log when it doesn't start.
    #[must_use]
    pub fn start(self) -> TestSshd {
        TestSshd::launch(self)
    }

    /// The text of the server's `sshd_config`.
    pub(super) fn config(&self, dir: &Path, port: u16, version: (u32, u32)) -> String {
        let mut text = String::new();
        for line in &self.lines {
            writeln!(text, "{line}").expect("a string takes everything");
        }
        let dir = dir.display();
        let environment: String = self.environment.iter().map(|e| format!(" \"{e}\"")).collect();
        write!(
            text,
            "Port {port}\n\
             ListenAddress 127.0.0.1\n\
             HostKey {dir}/host_key\n\
             PidFile {dir}/sshd.pid\n\
             AuthorizedKeysFile {dir}/authorized_keys\n\
             SetEnv{environment}\n\
             StrictModes no\n\
             UsePAM no\n\
             UseDNS no\n\
             PasswordAuthentication no\n\
             KbdInteractiveAuthentication no\n\
             PermitRootLogin yes\n\
             PrintLastLog no\n\
             PrintMotd no\n\
             LogLevel VERBOSE\n",
        )
        .expect("a string takes everything");
        // Of these, sshd takes the last line that there is (OpenSSH 9.2, servconf.c).
        if !self.lines.iter().any(|line| line.starts_with("MaxStartups")) {
            text.push_str("MaxStartups 100:30:200\n");
        }
        if self.sftp {
            text.push_str("Subsystem sftp internal-sftp\n");
        }
        if self.banner.is_some() {
            writeln!(text, "Banner {dir}/banner").expect("a string takes everything");
        }
        // From 9.8 on, sshd shuts an address out for a while after failed logins (release notes of OpenSSH 9.8).
        if version >= (9, 8) {
            text.push_str("PerSourcePenalties no\n");
        }
        text
    }
}
