//! A person's machine for the window: directories, an agent in its path, sessions here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use baton_front::Setup;
use baton_front::paths::Paths;
use orchestrator::seam::{
    Command, EngineHandle, NewMessage, NewSession, Program, Query, Reply, Request, Seam, Session,
    SessionId, Snapshot, TabChoice,
};
use tempfile::TempDir;

use crate::Outcome;
use crate::bed::ALIAS;

/// The agent of its sessions: the scripted one under a name whose output it speaks.
const AGENT: &str = "codex";

/// A person's machine; gone on drop.
pub struct Place {
    dir: TempDir,
    /// How programs find it.
    pub setup: Setup,
}

impl Place {
    /// One with an agent that plays its prompt, or `script` whatever its prompt says.
    pub fn new(script: Option<&str>) -> Outcome<Self> {
        // Sockets have short names.
        let dir = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp")?;
        let below = |name: &str| dir.path().join(name);
        for folder in ["home", "bin", "work", "b/config", "b/data", "b/state", "b/run"] {
            fs::create_dir_all(below(folder))?;
        }
        let scripted = beside("scripted-agent")?;
        symlink(&scripted, below("work/codex"))?;
        let mut wrapper = "#!/bin/sh\n".to_owned();
        if let Some(script) = script {
            fs::write(below("script"), script)?;
            wrapper.push_str(&format!(
                "SCRIPTED_AGENT_SCRIPT='{}'\nexport SCRIPTED_AGENT_SCRIPT\n",
                below("script").display()
            ));
        }
        wrapper.push_str(&format!("exec '{}' \"$@\"\n", below("work/codex").display()));
        fs::write(below("bin/codex"), wrapper)?;
        fs::set_permissions(below("bin/codex"), fs::Permissions::from_mode(0o755))?;
        let path = format!("{}:/usr/bin:/bin", below("bin").display());
        // A login shell reads the machine's own profile first, which sets the path anew.
        fs::write(below("home/.profile"), format!("PATH={path}\nexport PATH\n"))?;
        fs::write(below("b/data/window.json"), r#"{"welcomed":true,"notifications":false}"#)?;
        let env = [
            ("HOME", below("home").into_os_string()),
            ("PATH", path.into()),
            ("SHELL", "/bin/sh".into()),
        ];
        let setup = Setup {
            paths: Paths {
                config: below("b/config"),
                data: below("b/data"),
                state: below("b/state"),
                run: below("b/run"),
            },
            home: below("home"),
            ssh: "ssh".into(),
            ssh_config: Some("/dev/null".into()),
            shell: "/bin/sh".into(),
            env: env.into_iter().map(|(name, value)| (OsString::from(name), value)).collect(),
            askpass: None,
        };
        Ok(Self { dir, setup })
    }

    /// One that knows the bed's machine as [`ALIAS`], and shows Files.
    pub fn with_host(ssh_config: &Path) -> Outcome<Self> {
        let mut place = Self::new(None)?;
        let hosts = format!("[host.{ALIAS}]\nssh_config = \"{ALIAS}\"\n");
        fs::write(place.setup.paths.config.join("hosts.toml"), hosts)?;
        let remembered = r#"{"welcomed":true,"notifications":false,"right_page":"files"}"#;
        fs::write(place.setup.paths.data.join("window.json"), remembered)?;
        place.setup.ssh_config = Some(ssh_config.to_owned());
        Ok(place)
    }

    /// What `BATON_HOME` has to be.
    pub fn baton_home(&self) -> PathBuf {
        self.dir.path().join("b")
    }

    /// Its engine: hosted here, or that of a window that is open.
    pub async fn engine(&self) -> Outcome<EngineHandle> {
        let program = Program {
            name: "baton-bench".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
        };
        Ok(self.setup.open_engine(program, None).await?)
    }

    /// Makes a session on this machine.
    pub async fn session(&self, engine: &EngineHandle, name: &str) -> Outcome<Session> {
        self.session_at(engine, name, "local", &self.dir.path().join("work")).await
    }

    /// Makes a session in a directory of a host.
    pub async fn session_at(
        &self,
        engine: &EngineHandle,
        name: &str,
        host: &str,
        directory: &Path,
    ) -> Outcome<Session> {
        let new = NewSession {
            name: Some(name.into()),
            group: None,
            agent: AGENT.into(),
            host: host.into(),
            cwd: Some(directory.display().to_string()),
            env: BTreeMap::new(),
            model: None,
            arguments: Vec::new(),
            read_only: false,
            talks: false,
            sync_history: false,
            synopsis: false,
            resume: None,
            parent: None,
        };
        match engine.call(Request::command(Command::NewSession(new))).await? {
            Reply::Session(session) => Ok(*session),
            other => Err(format!("no session but {other:?}").into()),
        }
    }
}

/// Sends a message.
pub async fn send(engine: &EngineHandle, session: &SessionId, prompt: &str) -> Outcome<()> {
    let message = NewMessage {
        prompt: prompt.to_owned(),
        images: Vec::new(),
        read_only: false,
        save_to_history: true,
    };
    let send = Command::Send { session: session.clone(), tab: TabChoice::Last, message };
    match engine.call(Request::command(send)).await? {
        Reply::Sent { .. } => Ok(()),
        other => Err(format!("not sent but {other:?}").into()),
    }
}

/// How all sessions stand.
pub async fn snapshot(engine: &EngineHandle) -> Outcome<Snapshot> {
    match engine.call(Request::query(Query::Snapshot)).await? {
        Reply::Snapshot(snapshot) => Ok(*snapshot),
        other => Err(format!("no snapshot but {other:?}").into()),
    }
}

/// A program that was built beside this one.
pub fn beside(name: &str) -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.parent().unwrap_or(Path::new(".")).join(name);
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("{} isn't built\nhint: run `make bench`, which builds it", program.display())
            .into())
    }
}
