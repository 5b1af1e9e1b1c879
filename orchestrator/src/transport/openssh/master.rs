//! Starting a master, and finding out whether one is there.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::askpass::{Questions, SOCKET_VARIABLE};
use super::mux::MuxClient;
use super::transport::OpenSshSettings;
use crate::ssh_config::SshQuery;
use crate::transport::stderr::{self, Phase};
use crate::transport::{Target, TransportError};

/// How long a login may take in which nobody is asked anything; ssh bounds only what comes before it.
const LOGIN_PATIENCE: Duration = Duration::from_secs(60);

/// What ssh prints at most before we stop listening.
const WORDS_LIMIT: u64 = 256 * 1024;

/// How often the log is looked at while somebody watches the steps.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// What ssh logs at DEBUG1 when the server's greeting has come (sshconnect.c, kex_exchange_identification).
const SERVER_ANSWERED: &[u8] = b"Remote protocol version";

/// How long ssh's last words are waited for: a proxy command may hold the stream open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Whether a master answers at `socket`. A socket that a killed one left behind doesn't.
pub(super) async fn is_alive(socket: &Path) -> bool {
    match MuxClient::connect(socket).await {
        Ok(client) => client.pid().await.is_ok(),
        Err(_) => false,
    }
}

/// The arguments that name `target`; user, port and key only where the person set them.
pub(super) fn target_args(target: &Target) -> Vec<std::ffi::OsString> {
    let mut args: Vec<std::ffi::OsString> = Vec::new();
    if let Some(port) = target.port {
        args.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(key) = &target.identity_file {
        args.extend(["-i".into(), key.into()]);
    }
    if let Some(user) = &target.user {
        args.extend(["-l".into(), user.into()]);
    }
    args.extend(["--".into(), target.destination.clone().into()]);
    args
}

fn not_started(program: &Path, error: &io::Error) -> TransportError {
    TransportError::NotSetUp {
        what: format!("could not start the ssh client {}: {error}", program.display()),
        hint: "Install it (`apt-get install openssh-client`), or name another one with BATON_SSH"
            .into(),
    }
}

/// A master to be started.
pub(super) struct Start<'a> {
    pub(super) settings: &'a OpenSshSettings,
    pub(super) target: &'a Target,
    pub(super) config: &'a Path,
    pub(super) socket: &'a Path,
    pub(super) log: &'a Path,
    pub(super) linger: Duration,
    /// Whether the socket is the person's own: then its path and how long it stays are theirs to say.
    pub(super) theirs: bool,
}

impl Start<'_> {
    /// Starts the master and waits until somebody was let in; ssh then goes on in the background.
    pub(super) async fn run(&self) -> Result<(), TransportError> {
        let host = &self.target.id;
        // A socket that nobody answers at is what a `kill -9` leaves behind; ssh would refuse to replace it.
        remove(self.socket)?;
        remove(self.log)?;
        let questions = self.listen_for_questions()?;
        let mut command = self.command(questions.as_ref());
        let mut child =
            command.spawn().map_err(|error| not_started(&self.settings.program, &error))?;
        let mut words = Vec::new();
        let Some(stderr) = child.stderr.take() else {
            return Err(not_started(&self.settings.program, &io::Error::other("no pipe")));
        };
        let mut stderr = stderr.take(WORDS_LIMIT);
        let mut reading = std::pin::pin!(stderr.read_to_end(&mut words));
        let mut read = false;
        let mut reached = false;
        let mut login_end = std::pin::pin!(tokio::time::sleep(LOGIN_PATIENCE));
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                ended = &mut reading, if !read => {
                    read = true;
                    if let Err(error) = ended {
                        tracing::debug!(%host, %error, "ssh's words are lost");
                    }
                }
                () = tokio::time::sleep(LOOK_INTERVAL), if !reached && self.settings.steps.is_some() => {
                    reached = self.look_whether_reached();
                }
                () = &mut login_end => {
                    login_end.as_mut().reset(tokio::time::Instant::now() + LOGIN_PATIENCE);
                    if questions.as_ref().is_some_and(Questions::waits) {
                        continue;
                    }
                    let said = format!("the login was not done after {} s", LOGIN_PATIENCE.as_secs());
                    return Err(TransportError::ConnectionTimedOut { host: host.clone(), said });
                }
            }
        };
        let status = status.map_err(|error| not_started(&self.settings.program, &error))?;
        if status.success() {
            return Ok(());
        }
        if !read && tokio::time::timeout(LAST_WORDS, reading).await.is_err() {
            tracing::debug!(%host, "a proxy holds ssh's stderr open");
        }
        let logged = std::fs::read(self.log).unwrap_or_default();
        remove(self.log)?;
        words.extend_from_slice(&logged);
        let asked = questions.as_ref().map(Questions::asked).unwrap_or_default();
        let error =
            stderr::explain(host, Phase::Connecting, &String::from_utf8_lossy(&words), &asked);
        match &error {
            TransportError::ConnectionClosed { .. } => {
                Err(self.hear_the_proxy().await.unwrap_or(error))
            }
            _ => Err(error),
        }
    }

    /// Connects once more to hear what a jump host or proxy command says.
    ///
    /// For a master that lingers, ssh throws their words away (sshconnect.c, `ssh_proxy_connect`); the server's
    /// end is all that is left of them. Nobody is asked anything, and a connection that comes about is given up.
    async fn hear_the_proxy(&self) -> Option<TransportError> {
        let query = SshQuery::new(&self.settings.program, Some(self.config.to_owned()));
        let resolved = query.resolve(self.target).await.ok()?;
        if resolved.proxy_jump.is_none() && resolved.proxy_command.is_none() {
            return None;
        }
        let mut command = Command::new(&self.settings.program);
        command.arg("-N").arg("-F").arg(self.config);
        for option in ["BatchMode=yes", "ControlMaster=no", "ControlPath=none", "ControlPersist=no"]
        {
            command.arg("-o").arg(option);
        }
        command
            .args(target_args(self.target))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.process_group(0).kill_on_drop(true).spawn().ok()?;
        let mut stderr = child.stderr.take()?.take(WORDS_LIMIT);
        let mut words = Vec::new();
        let patience = self.settings.patience.connect + LAST_WORDS;
        if let Err(error) = tokio::time::timeout(patience, stderr.read_to_end(&mut words)).await {
            tracing::debug!(host = %self.target.id, %error, "a proxy said nothing more");
        }
        let error = stderr::explain(
            &self.target.id,
            Phase::Connecting,
            &String::from_utf8_lossy(&words),
            &[],
        );
        matches!(error, TransportError::ProxyFailed { .. }).then_some(error)
    }

    /// Reports the step when the log shows that the server has answered.
    fn look_whether_reached(&self) -> bool {
        let log = std::fs::read(self.log).unwrap_or_default();
        let reached = memchr::memmem::find(&log, SERVER_ANSWERED).is_some();
        if reached && let Some(steps) = &self.settings.steps {
            steps.reached();
        }
        reached
    }

    fn command(&self, questions: Option<&Questions>) -> Command {
        let mut command = Command::new(&self.settings.program);
        // -f: into the background once somebody was let in; -N: no command; -M: a master.
        command.args(["-f", "-N", "-F"]).arg(self.config).arg("-E").arg(self.log);
        if self.settings.steps.is_some() {
            // Only so does the log show how far it has come; the words of the errors stay the same.
            command.args(["-o", "LogLevel=DEBUG1"]);
        }
        if self.theirs {
            command.args(["-o", "ControlMaster=auto"]);
        } else {
            // With no lingering this is for a process that is killed before it can say goodbye. ssh counts whole
            // seconds: after `1` a master may be gone 0.2 s after its start, before anybody has called.
            let linger = self.linger.as_secs().max(2);
            command
                .arg("-M")
                .arg("-S")
                .arg(self.socket)
                .arg("-o")
                .arg(format!("ControlPersist={linger}"));
        }
        match (&self.settings.askpass, questions) {
            (Some(helper), Some(questions)) => {
                command
                    .env("SSH_ASKPASS", helper)
                    .env("SSH_ASKPASS_REQUIRE", "force")
                    .env(SOCKET_VARIABLE, questions.socket());
            }
            // Without a helper ssh must not ask at all: it would wait for a terminal.
            (Some(_) | None, _) => {
                command.args(["-o", "BatchMode=yes"]);
            }
        }
        command
            .args(target_args(self.target))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C is for us, not for a connection that others share.
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    /// Lets ssh ask through us, where there is a helper.
    fn listen_for_questions(&self) -> Result<Option<Questions>, TransportError> {
        if self.settings.askpass.is_none() {
            return Ok(None);
        }
        let name = format!("{}.ask", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let socket = self.settings.run_dir.join(name);
        let questions = Questions::listen(&self.target.id, socket, self.settings.asker.clone())
            .map_err(|error| TransportError::Local {
                what: format!("could not listen in {}: {error}", self.settings.run_dir.display()),
                hint: Some("Check that the directory is yours and the disk is not full".into()),
            })?;
        Ok(Some(questions))
    }
}

fn remove(path: &Path) -> Result<(), TransportError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(TransportError::Local {
            what: format!("could not remove {}: {error}", path.display()),
            hint: Some("Check that the directory is yours".into()),
        }),
    }
}
