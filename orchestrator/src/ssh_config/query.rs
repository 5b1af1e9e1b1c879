use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::Resolved;
use crate::transport::{Target, TransportError};

/// `ssh -G` takes 10 ms; only a `Match exec` can take long.
const PATIENCE: Duration = Duration::from_secs(10);
/// It prints some 5 KiB.
const MOST_OUTPUT_BYTES: u64 = 1024 * 1024;

/// Asks `ssh -G` what it makes of a destination. That runs the `Match exec` commands of the config.
#[derive(Clone, Debug)]
pub struct SshQuery {
    /// The ssh client: a path, or a name that is looked up in `PATH`.
    pub program: PathBuf,
    /// Passed on as `-F`; absent for ssh's own.
    pub config: Option<PathBuf>,
    /// After which it is killed, with everything that it started.
    pub patience: Duration,
}

impl SshQuery {
    /// With the time-out of 10 s.
    pub fn new(program: impl Into<PathBuf>, config: Option<PathBuf>) -> Self {
        Self { program: program.into(), config, patience: PATIENCE }
    }

    /// Every value that ssh would use for `target`.
    ///
    /// # Errors
    ///
    /// [`TransportError::InvalidConfig`] with ssh's words when it rejects its config, [`TransportError::TimedOut`], and
    /// [`TransportError::NotSetUp`] when there is no such program.
    pub async fn resolve(&self, target: &Target) -> Result<Resolved, TransportError> {
        let mut command = Command::new(&self.program);
        command.arg("-G");
        if let Some(config) = &self.config {
            command.arg("-F").arg(config);
        }
        if let Some(user) = &target.user {
            command.arg("-l").arg(user);
        }
        if let Some(port) = target.port {
            command.arg("-p").arg(port.to_string());
        }
        if let Some(key) = &target.identity_file {
            command.arg("-i").arg(key);
        }
        // Whatever a destination looks like, it is none of ssh's options.
        command.arg("--").arg(&target.destination);
        // A group of its own, so that a `Match exec` dies with it.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child =
            command.kill_on_drop(true).spawn().map_err(|error| TransportError::NotSetUp {
                what: format!("could not start the ssh client {}: {error}", self.program.display()),
                hint: "Install it (`apt-get install openssh-client`), or name another one with BATON_SSH".into(),
            })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let answer = tokio::time::timeout(self.patience, answer(&mut child)).await;
        let Ok(answer) = answer else {
            if let Some(group) = group {
                // Gone already is as good as killed.
                match kill_process_group(group, Signal::KILL) {
                    Ok(()) | Err(_) => {}
                }
            }
            return Err(TransportError::TimedOut {
                host: target.id.clone(),
                what: "`ssh -G` (a `Match exec` of the ssh config?)".into(),
                after_ms: u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX),
            });
        };
        let (status, stdout, stderr) = answer.map_err(|error| TransportError::Local {
            what: format!("could not read the answer of {}: {error}", self.program.display()),
            hint: None,
        })?;
        let rejected =
            |said: String| TransportError::InvalidConfig { host: target.id.clone(), said };
        if !status.success() {
            let said = stderr.trim();
            return Err(rejected(if said.is_empty() {
                format!("ssh -G ended with {status}")
            } else {
                said.into()
            }));
        }
        Resolved::parse(&stdout).ok_or_else(|| rejected("ssh -G printed no hostname".into()))
    }
}

async fn answer(child: &mut Child) -> std::io::Result<(std::process::ExitStatus, String, String)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(text(stdout), text(stderr))?;
    Ok((child.wait().await?, stdout, stderr))
}

async fn text(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MOST_OUTPUT_BYTES).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::fs;
    use std::path::Path;
    use std::time::Instant;

    use super::*;
    use crate::failure::Code;
    use crate::host::HostId;

    fn target(destination: &str) -> Target {
        Target {
            id: HostId::new("h"),
            destination: destination.into(),
            user: None,
            port: None,
            identity_file: None,
        }
    }

    fn query(dir: &Path, config: &str) -> SshQuery {
        let path = dir.join("config");
        fs::write(&path, config).unwrap();
        SshQuery::new("ssh", Some(path))
    }

    #[tokio::test]
    async fn the_real_ssh_says_what_it_would_use() {
        let dir = tempfile::tempdir().unwrap();
        let config = "Host box*\n HostName %h.example\n User ada\n Port 2222\n ProxyJump jump\n IdentityFile ~/k\n";
        let query = query(dir.path(), config);

        let resolved = query.resolve(&target("box1")).await.unwrap();
        assert_eq!(resolved.summary(), "ada@box1.example, port 2222, key: k, via jump");

        let mut own = target("box1");
        own.user = Some("bob".into());
        own.port = Some(7);
        // ssh leaves out a key that isn't there.
        let key = dir.path().join("mine");
        fs::write(&key, "").unwrap();
        own.identity_file = Some(key.clone());
        let resolved = query.resolve(&own).await.unwrap();
        assert_eq!((resolved.user.as_str(), resolved.port), ("bob", 7));
        assert_eq!(resolved.identity_files[0], key.to_str().unwrap());
    }

    #[tokio::test]
    async fn a_config_that_ssh_rejects_is_reported_in_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let error =
            query(dir.path(), "Host x\n Prot 22\n").resolve(&target("x")).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidConfig);
        assert!(
            error.to_string().contains("line 2") && error.to_string().contains("prot"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_match_exec_that_hangs_is_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let config =
            format!("Match exec \"echo $$ > {} && sleep 600; true\"\n User x\n", pid.display());
        let mut query = query(dir.path(), &config);
        query.patience = Duration::from_secs(2);
        let since = Instant::now();

        let error = query.resolve(&target("x")).await.unwrap_err();

        assert_eq!(error.code(), Code::TimedOut);
        assert!(since.elapsed() < Duration::from_secs(20));
        let pid: i32 = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let pid = Pid::from_raw(pid).unwrap();
        // Killed at once; gone (or a zombie of init) shortly after.
        for _ in 0..1000 {
            let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
                .unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the command of Match exec runs on");
    }

    #[tokio::test]
    async fn a_missing_ssh_is_named() {
        let error = SshQuery::new("/nowhere/ssh", None).resolve(&target("x")).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/ssh"), "{error}");
        assert!(error.hint().unwrap().contains("BATON_SSH"));
    }

    #[tokio::test]
    async fn a_destination_is_never_an_option() {
        let dir = tempfile::tempdir().unwrap();
        // As an option it would print the version.
        match query(dir.path(), "").resolve(&target("-V")).await {
            Ok(resolved) => assert_eq!(resolved.hostname, "-V"),
            Err(error) => assert!(!error.to_string().contains("OpenSSH_"), "{error}"),
        }
    }
}
