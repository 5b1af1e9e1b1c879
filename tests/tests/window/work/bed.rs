//! A project on a machine, a session in it, and the window over that.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use baton_tests::{AgentHost, Sockets, TestSshd, Wan, scripted_agent};
use orchestrator::seam::Session;

use crate::desktop::{Desktop, new_session};
use crate::window::Window;

/// How the machine is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    OpenSsh,
    Native,
    Local,
}

/// Links that are cut are noticed soon.
const QUICK: &str =
    "[connection]\nlinger_seconds = 5\nkeepalive_interval_seconds = 1\nkeepalive_count = 2\n";

/// A person's desktop, and a project on a machine with a session of codex's in it.
pub struct Bed {
    pub desktop: Desktop,
    pub session: Session,
    wan: Option<Wan>,
    // Behind the desktop's: what it holds there ends with the server.
    pub machine: AgentHost,
    /// Shells that tmux keeps end with it.
    _sockets: Sockets,
}

impl Bed {
    /// One with an empty project.
    pub fn of(way: Way) -> Self {
        Self::start(way, None)
    }

    /// The same over a link on which every byte takes so long, in both directions.
    pub fn far(way: Way, one_way: Duration) -> Self {
        Self::start(way, Some(one_way))
    }

    fn start(way: Way, one_way: Option<Duration>) -> Self {
        let sockets = Sockets::new();
        let settings = TestSshd::builder()
            .environment("TMUX_TMPDIR", sockets.path().to_str().unwrap())
            .environment("SHELL", "/bin/bash")
            .environment("PS1", "> ");
        let machine = AgentHost::start_with(settings).with_scripted("codex");
        let wan = one_way.map(|one_way| Wan::start(machine.sshd().address(), one_way));
        let config = match &wan {
            Some(wan) => machine.sshd().write_client_config_through("box", wan.port(), &[]),
            None => machine.sshd().write_client_config("box", &[]),
        };
        let mut desktop = Desktop::knowing_over(config);
        fs::write(desktop.setup.paths.config.join("config.toml"), QUICK).unwrap();
        let transport = if way == Way::Native { "native" } else { "openssh" };
        let hosts = format!("[host.box]\nssh_config = \"box\"\ntransport = \"{transport}\"\n");
        fs::write(desktop.setup.paths.hosts_toml(), hosts).unwrap();
        if way == Way::Local {
            let bin = desktop.setup.home.parent().unwrap().join("bin");
            symlink(scripted_agent(), bin.join("codex")).unwrap();
            let path = format!("PATH={}:/usr/bin:/bin\nexport PATH\n", bin.display());
            fs::write(desktop.setup.home.join(".profile"), path).unwrap();
        }
        desktop.setup.env.push(("TMUX_TMPDIR".into(), sockets.path().into()));
        let host = if way == Way::Local { "local" } else { "box" };
        let session = desktop.make(new_session("notes", "codex", host, &project_of(&machine)));
        Self { desktop, session, wan, machine, _sockets: sockets }
    }

    pub fn wan(&self) -> &Wan {
        self.wan.as_ref().unwrap()
    }

    /// The project's directory, as the machine calls it.
    pub fn project(&self) -> PathBuf {
        project_of(&self.machine)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.project().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// The window, with a page of the right bar in sight.
    pub fn open(&self, page: &str) -> Window {
        let memory = format!(
            "{{\"welcomed\":true,\"right_page\":\"{page}\",\"right\":{{\"open\":true,\"width\":420.0}}}}"
        );
        fs::write(self.desktop.setup.paths.data.join("window.json"), memory).unwrap();
        let mut window = Window::open(&self.desktop.setup);
        if page == "files" && self.session.host != "local" {
            // No connection is opened for a list that nobody has asked for.
            window.press("Connect and list them");
        }
        window
    }

    /// Makes the project a repository whose first commit has everything that is there.
    pub fn commit_all(&self) {
        let project = self.project();
        git(&project, &["init", "-q", "-b", "main"]);
        git(&project, &["config", "user.name", "Ada"]);
        git(&project, &["config", "user.email", "ada@example.org"]);
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-q", "--allow-empty", "-m", "First"]);
    }

    /// The same with a bare remote beside it that has the commit.
    pub fn commit_and_publish(&self) {
        self.commit_all();
        let project = self.project();
        git(&project, &["init", "-q", "--bare", "-b", "main", "../origin.git"]);
        git(&project, &["remote", "add", "origin", "../origin.git"]);
        git(&project, &["push", "-q", "-u", "origin", "main"]);
    }

    pub fn git(&self, words: &[&str]) -> String {
        git(&self.project(), words)
    }

    /// Puts a program of that name first on the machine's path: the text of a script for `sh`, without its first line.
    pub fn put_program(&self, name: &str, text: &str) {
        self.machine.write_program(name, text);
        let bin = self.desktop.setup.home.parent().unwrap().join("bin");
        let program = bin.join(name);
        fs::write(&program, format!("#!/bin/sh\n{text}")).unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
    }
}

fn project_of(machine: &AgentHost) -> PathBuf {
    machine.project().canonicalize().unwrap()
}

/// git in a directory of the machine's; what it prints.
#[track_caller]
pub fn git(directory: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(words).current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.env("LC_ALL", "C").output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A check for each way to a machine, under the check's name.
macro_rules! on_every_way {
    ($(fn $name:ident($way:ident: Way) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                fn check($way: Way) $body

                #[test]
                fn over_openssh() {
                    check(Way::OpenSsh);
                }

                #[test]
                fn with_the_built_in_client() {
                    check(Way::Native);
                }

                #[test]
                fn on_this_machine() {
                    check(Way::Local);
                }
            }
        )*
    };
}
pub(super) use on_every_way;
