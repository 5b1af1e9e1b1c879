use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use super::TestSshd;
use crate::shells::Accounts;

impl TestSshd {
    /// Writes an ssh client's config (for `ssh -F`) that reaches the server as `alias`, and returns its path.
    ///
    /// `extra` lines come first in the `Host` block, so they win over ours.
    #[must_use]
    pub fn write_client_config(&self, alias: &str, extra: &[&str]) -> PathBuf {
        self.write_client_config_for(alias, self.user(), self.port(), extra)
    }

    /// Like [`write_client_config`](Self::write_client_config), as the account with this login shell.
    #[must_use]
    pub fn write_client_config_as(&self, shell: &str, alias: &str, extra: &[&str]) -> PathBuf {
        self.write_client_config_for(alias, self.user_of(shell), self.port(), extra)
    }

    /// Like [`write_client_config`](Self::write_client_config), but through a [`Wan`](crate::Wan) or another
    /// relay that listens at `port`, whose host key becomes known, too.
    #[must_use]
    pub fn write_client_config_through(&self, alias: &str, port: u16, extra: &[&str]) -> PathBuf {
        self.trust_port(port);
        self.write_client_config_for(alias, self.user(), port, extra)
    }

    /// Adds the server's present key to the client's `known_hosts` for a relay at `port`.
    pub fn trust_port(&self, port: u16) {
        let mut known =
            fs::read_to_string(self.known_hosts_path()).expect("known_hosts can be read");
        let line = self.host_key_line_at(port);
        if !known.lines().any(|have| have == line) {
            writeln!(known, "{line}").expect("a string takes everything");
            fs::write(self.known_hosts_path(), known).expect("known_hosts can be written");
        }
    }

    fn write_client_config_for(
        &self,
        alias: &str,
        user: &str,
        port: u16,
        extra: &[&str],
    ) -> PathBuf {
        let mut text = format!("Host {alias}\n");
        for line in extra {
            writeln!(text, "  {line}").expect("a string takes everything");
        }
        write!(
            text,
            "  HostName 127.0.0.1\n  \
               Port {port}\n  \
               User {user}\n  \
               IdentityFile {}\n  \
               IdentitiesOnly yes\n  \
               UserKnownHostsFile {}\n  \
               GlobalKnownHostsFile /dev/null\n",
            self.key_path().display(),
            self.known_hosts_path().display(),
        )
        .expect("a string takes everything");
        let number = self.configs.fetch_add(1, Ordering::Relaxed);
        let path = self.dir().join(format!("client-{number}.conf"));
        fs::write(&path, text).expect("the client's config can be written");
        path
    }

    /// The server's host key as a line of `known_hosts`.
    #[must_use]
    pub fn host_key_line(&self) -> String {
        self.host_key_line_at(self.port())
    }

    fn host_key_line_at(&self, port: u16) -> String {
        let key = fs::read_to_string(self.dir().join("host_key.pub")).expect("there is a host key");
        let mut words = key.split_whitespace();
        let (kind, key) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        format!("[127.0.0.1]:{port} {kind} {key}")
    }

    /// A `known_hosts` file that holds the key the server started with.
    #[must_use]
    pub fn known_hosts_path(&self) -> PathBuf {
        self.dir().join("known_hosts")
    }

    /// The private key that may log in (ed25519, no passphrase).
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.dir().join("client_key")
    }

    /// The account whose login shell is `shell`; see [`login_shells`](crate::Builder::login_shells).
    #[must_use]
    pub fn user_of(&self, shell: &str) -> &str {
        self.accounts().user_of(shell)
    }

    /// The home of that account, empty at the start.
    #[must_use]
    pub fn home_of(&self, shell: &str) -> &Path {
        self.accounts().home_of(shell)
    }

    /// Writes a file at `path` below the home of that account, such as its `.profile`. It belongs to the account.
    pub fn write_in_home(&self, shell: &str, path: &str, text: &str) -> PathBuf {
        self.accounts().write_in_home(shell, path, text)
    }

    fn accounts(&self) -> &Accounts {
        self.accounts.as_ref().expect("a server without login_shells() has no accounts of its own")
    }
}
