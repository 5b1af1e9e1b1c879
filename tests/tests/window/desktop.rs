//! A person's machine, for the window: directories, an ssh config, agents in its path.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use baton_front::Setup;
use baton_front::paths::Paths;
use baton_tests::AgentHost;
use tempfile::TempDir;

/// A person's machine; gone on drop.
pub struct Desktop {
    dir: TempDir,
    pub setup: Setup,
}

impl Desktop {
    /// One whose ssh reads `ssh_config`. It has no hosts and no agents.
    pub fn new(ssh_config: PathBuf) -> Self {
        let dir = tempfile::Builder::new().prefix("bw").tempdir_in("/tmp").unwrap();
        let below = |name: &str| dir.path().join(name);
        for folder in ["home", "bin", "b/config", "b/data", "b/state", "b/run"] {
            fs::create_dir_all(below(folder)).unwrap();
        }
        // What lingers goes with the test's server.
        fs::write(below("b/config/config.toml"), "[connection]\nlinger_seconds = 5\n").unwrap();
        let path = format!("{}:/usr/bin:/bin", below("bin").display());
        let env = [("HOME", below("home").into_os_string()), ("PATH", path.into()), ("SHELL", "/bin/sh".into())];
        let setup = Setup {
            paths: Paths {
                config: below("b/config"),
                data: below("b/data"),
                state: below("b/state"),
                run: below("b/run"),
            },
            home: below("home"),
            ssh: "ssh".into(),
            ssh_config: Some(ssh_config),
            shell: "/bin/sh".into(),
            env: env.into_iter().map(|(name, value)| (OsString::from(name), value)).collect(),
            askpass: Some(env!("CARGO_BIN_EXE_askpass").into()),
        };
        Self { dir, setup }
    }

    /// One that knows a machine as the alias `box` of its ssh config, and has saved nothing.
    pub fn beside(machine: &AgentHost) -> Self {
        Self::new(machine.sshd().write_client_config("box", &[]))
    }

    /// The same with the machine saved as a host.
    pub fn knowing(machine: &AgentHost) -> Self {
        let desktop = Self::beside(machine);
        fs::write(desktop.setup.paths.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
        desktop
    }

    /// A path on it.
    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }
}
