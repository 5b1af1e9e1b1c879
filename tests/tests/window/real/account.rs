//! A clean account: an empty home, an ssh config, a display, and the real programs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use baton_tests::{AgentHost, Home, Run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::display::{Display, wait};

/// What the window is called.
const TITLE: &str = "Baton";

/// The account of a person who sits at a display.
pub struct Account {
    pub home: Home,
    pub display: Display,
}

impl Account {
    /// One whose ssh reads `ssh_config`. It has never seen Baton.
    pub fn new(ssh_config: PathBuf) -> Self {
        Self { home: Home::new(ssh_config), display: Display::start() }
    }

    /// One that knows a machine as the host `box`, and has left the first screen behind.
    pub fn knowing(machine: &AgentHost) -> Self {
        let account = Self::new(machine.sshd().write_client_config("box", &[]));
        fs::write(account.home.hosts_toml(), "[host.box]\nssh_config = \"box\"\n").unwrap();
        fs::create_dir_all(account.home.path("b/data")).unwrap();
        fs::write(account.remembered(), "{\"welcomed\":true}").unwrap();
        account
    }

    /// What the window remembers.
    pub fn remembered(&self) -> PathBuf {
        self.home.path("b/data/window.json")
    }

    /// Whether the window remembers something in which this stands.
    pub fn remembers(&self, text: &str) -> Option<()> {
        fs::read_to_string(self.remembered()).unwrap().contains(text).then_some(())
    }

    /// Whether the window's log has a line in which this stands.
    pub fn has_logged(&self, text: &str) -> Option<()> {
        let log = fs::read_to_string(self.home.path("b/state/baton-gui.log")).unwrap();
        log.contains(text).then_some(())
    }

    /// `baton-gui` with these words, on no display.
    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = self.home.command_of("baton-gui", words);
        // Cards differ; what every machine has draws the same.
        command.env("LIBGL_ALWAYS_SOFTWARE", "1").stdin(Stdio::null());
        command
    }

    /// The same, on the display.
    pub fn program_here(&self) -> Command {
        let mut command = self.program(&[]);
        command.env("DISPLAY", self.display.name());
        command
    }

    /// Opens the window, and waits until it is in front and nothing moves any more.
    pub fn open(&self) -> Program {
        self.open_by(self.program_here(), "cargo build --workspace --bins")
    }

    /// The same with a command that starts the program; says what to try when there is no such command.
    pub fn open_by(&self, mut command: Command, hint: &str) -> Program {
        let said = self.home.path("said");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("{error}; try: {hint}"));
        let mut program = Program { child, window: String::new() };
        let shown = wait(|| {
            if let Some(status) = program.child.try_wait().unwrap() {
                let said = fs::read_to_string(&said).unwrap();
                panic!("it has ended, {status}: {said}; try: {hint}");
            }
            self.display.windows(TITLE).into_iter().next()
        });
        program.window =
            shown.unwrap_or_else(|| panic!("no window: {}", self.display.keep("open")));
        self.until("the window is in front", || {
            (self.display.in_front().as_ref() == Some(&program.window)).then_some(())
        });
        self.display.settle();
        program
    }

    /// Waits until a look finds something; fails with a picture of the display.
    #[track_caller]
    pub fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        wait(look).unwrap_or_else(|| panic!("never: {what}; {}", self.display.keep("never")))
    }

    /// What `baton` answers; it must work.
    #[track_caller]
    pub fn ask(&self, words: &[&str]) -> Value {
        let run = self.home.baton(&[words, &["--json"]].concat());
        assert_eq!(run.status, Some(0), "{words:?}: {run:?}");
        run.json()
    }

    /// What `baton` does; it must work.
    #[track_caller]
    pub fn tell(&self, words: &[&str]) -> Run {
        let run = self.home.baton(words);
        assert_eq!(run.status, Some(0), "{words:?}: {run:?}");
        run
    }

    /// Everything that has happened in a session, up to now.
    pub fn events(&self, session: &str) -> Vec<Value> {
        let run = self.home.baton(&["follow", session, "--since", "0", "--until-idle", "--json"]);
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What stands in a session, as it is now: `session show`.
    #[track_caller]
    pub fn session(&self, session: &str) -> Value {
        self.ask(&["session", "show", session])
    }

    /// The reports of crashes.
    pub fn crashes(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.home.path("b/state")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|file| name(file).starts_with("crash-")).collect()
    }
}

/// The events of a type.
pub fn of_type<'a>(events: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == wanted).collect()
}

/// What an agent has said.
pub fn said(events: &[Value]) -> Vec<&str> {
    of_type(events, "text").into_iter().map(|event| event["text"].as_str().unwrap()).collect()
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

/// The window that is open. It is killed on drop.
pub struct Program {
    child: Child,
    pub window: String,
}

impl Program {
    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        wait(|| self.child.try_wait().unwrap()).expect("the window doesn't end")
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::KILL).unwrap();
        self.child.wait().unwrap();
    }

    /// The time that it has spent on a processor since it began, in ticks of the kernel's (a hundredth of a second).
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        // Behind the name, which may hold anything: the state is field 3, utime 14, stime 15.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        [fields[11], fields[12]].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}
