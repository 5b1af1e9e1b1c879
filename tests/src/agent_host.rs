//! A machine with agents on it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    Builder, MockModel, TestSshd,
    agent_cli::{
        gemini_environment, install_codex, install_gemini, install_opencode, opencode_environment,
        scripted_agent, write_codex_config, write_gemini_config, write_opencode_config,
        write_opencode_config_that_asks,
    },
    process::output_of,
};

/// Where the machine finds programs besides its agents. Not `/usr/local/bin`: a real agent may be there.
const SYSTEM: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

/// A machine of the test bed for agents: a [`TestSshd`] with an empty home, and a `PATH` with the agents that the
/// test puts there, and no others.
///
/// The `PATH` counts for `ssh HOST COMMAND` and for a login shell that is a POSIX one (`~/.profile`).
/// Everything is gone on drop, what agents left behind included.
#[derive(Debug)]
pub struct AgentHost {
    sshd: TestSshd,
    /// Begun with the first real agent.
    model: Option<MockModel>,
    // Last, so that it goes after the processes that run from it.
    dir: TempDir,
}

impl AgentHost {
    /// Starts a machine without agents.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(TestSshd::builder())
    }

    /// The same on a server with settings of its own, but without accounts of its own.
    #[must_use]
    pub fn start_with(settings: Builder) -> Self {
        let dir = tempfile::Builder::new().prefix("baton-agents-").tempdir().expect("a temp dir");
        for folder in ["bin", "names", "scripts"] {
            fs::create_dir(dir.path().join(folder)).expect("our own directory");
        }
        let path = format!("{}:{SYSTEM}", dir.path().join("bin").display());
        let sshd = settings.environment("PATH", &path).start();
        let host = Self { sshd, model: None, dir };
        // A login shell reads the machine's own profile first, which sets the path anew.
        fs::write(host.home().join(".profile"), format!("PATH={path}\nexport PATH\n"))
            .expect("accounts of their own have no common home");
        fs::create_dir(host.project()).expect("our own directory");
        host
    }

    /// Puts the scripted agent there as `name`: `claude`, `codex`, `opencode` or `gemini`, whose options it takes
    /// and whose format it speaks, or any other, which takes the scripted agent's own.
    ///
    /// Its script is the prompt, unless [`set_script`](Self::set_script) says another.
    #[must_use]
    pub fn with_scripted(self, name: &str) -> Self {
        let program = self.dir.path().join("names").join(name);
        symlink(scripted_agent(), &program).expect("a name that wasn't there");
        let script = self.script_path(name);
        let (script, program) = (script.display(), program.display());
        self.write_program(
            name,
            &format!(
                "if [ -e '{script}' ]; then\n  SCRIPTED_AGENT_SCRIPT='{script}'\n  \
                 export SCRIPTED_AGENT_SCRIPT\nfi\nexec '{program}' \"$@\"\n"
            ),
        );
        self
    }

    /// The same with a script that every turn plays, whatever its prompt says.
    #[must_use]
    pub fn with_scripted_by(self, name: &str, script: &str) -> Self {
        let host = self.with_scripted(name);
        host.set_script(name, script);
        host
    }

    /// What that scripted agent does from its next start on.
    pub fn set_script(&self, name: &str, script: &str) {
        // Never half a script: it may be starting right now.
        let new = self.dir.path().join("scripts").join(format!("{name}.new"));
        fs::write(&new, script).expect("our own directory");
        fs::rename(&new, self.script_path(name)).expect("our own directory");
    }

    /// Puts the real codex there, which talks to this machine's [`model`](Self::model).
    #[must_use]
    pub fn with_codex(self) -> Self {
        let host = self.with_model();
        write_codex_config(&host.home(), host.model().port());
        host.with_real("codex", &install_codex(), &[])
    }

    /// Puts the real opencode there. It runs and writes without asking.
    #[must_use]
    pub fn with_opencode(self) -> Self {
        let host = self.with_model();
        write_opencode_config(&host.home(), host.model().port());
        host.with_real("opencode", &install_opencode(), &opencode_environment())
    }

    /// The same, but it asks before it runs a command or writes a file.
    #[must_use]
    pub fn with_opencode_that_asks(self) -> Self {
        let host = self.with_opencode();
        write_opencode_config_that_asks(&host.home(), host.model().port());
        host
    }

    /// Puts the real gemini there.
    #[must_use]
    pub fn with_gemini(self) -> Self {
        let host = self.with_model();
        write_gemini_config(&host.home());
        let environment = gemini_environment(host.model().port());
        host.with_real("gemini", &install_gemini(), &environment)
    }

    fn with_model(mut self) -> Self {
        self.model.get_or_insert_with(MockModel::start);
        self
    }

    /// A program of npm's, with the node that runs it and the variables it wants.
    fn with_real(self, name: &str, program: &Path, variables: &[(&str, String)]) -> Self {
        let mut find = Command::new("sh");
        let node = output_of(find.args(["-c", "command -v node"]), "apt-get install -y nodejs");
        let node = Path::new(node.trim()).parent().expect("a program is in a directory");
        let mut text = String::new();
        for (variable, value) in variables {
            text.push_str(&format!("{variable}='{value}'\nexport {variable}\n"));
        }
        let (node, program) = (node.display(), program.display());
        self.write_program(
            name,
            &format!("{text}PATH=$PATH:{node}\nexport PATH\nexec '{program}' \"$@\"\n"),
        );
        self
    }

    /// Puts any program there: the text of a script for `sh`, without its first line.
    pub fn write_program(&self, name: &str, text: &str) {
        let path = self.dir.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}")).expect("our own directory");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
    }

    /// Takes a program away, as somebody does who uninstalls it.
    pub fn remove_program(&self, name: &str) {
        fs::remove_file(self.dir.path().join("bin").join(name)).expect("it is there");
    }

    fn script_path(&self, name: &str) -> PathBuf {
        self.dir.path().join("scripts").join(name)
    }

    /// The server: for client configs, accidents and its log.
    #[must_use]
    pub fn sshd(&self) -> &TestSshd {
        &self.sshd
    }

    /// The server, to stop and restart it.
    pub fn sshd_mut(&mut self) -> &mut TestSshd {
        &mut self.sshd
    }

    /// The model that the real agents talk to.
    ///
    /// # Panics
    ///
    /// On a machine without a real agent.
    #[must_use]
    pub fn model(&self) -> &MockModel {
        self.model.as_ref().expect("with_codex() and its like begin a model")
    }

    /// The home of whoever logs in: empty but for a `.profile`, and the settings of the real agents.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.sshd.dir().join("home")
    }

    /// A directory to work in, empty at the start.
    #[must_use]
    pub fn project(&self) -> PathBuf {
        self.sshd.dir().join("project")
    }
}
