//! Terminals on hosts, as front ends get them: on both transports and here, with real shells, tmux and vim.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::{AgentHost, Sockets, TestSshd, Wan, processes};
use orchestrator::failure::Code;
use orchestrator::seam::{
    At, Command, Delivery, FilePath, FileQuery, Query, Reply, Request, Seam, Subscribe,
    Subscription, Terminal, TerminalCommand, TerminalNews, TerminalReply, TerminalState, Watch,
};

use crate::desk::{Desk, Laptop, PATIENCE, until};

/// A machine, and the laptop that reaches it as `box`, maybe through a bad link.
struct Bed {
    // Dropped in this order: the sockets' directory last.
    machine: AgentHost,
    laptop: Laptop,
    wan: Option<Wan>,
    host: &'static str,
    sockets: Sockets,
}

impl Bed {
    fn of(way: Way) -> Self {
        Self::start(way, false)
    }

    fn start(way: Way, over_wan: bool) -> Self {
        let sockets = Sockets::new();
        let settings = TestSshd::builder()
            .environment("TMUX_TMPDIR", sockets.path().to_str().unwrap())
            .environment("SHELL", "/bin/bash");
        let machine = AgentHost::start_with(settings);
        let transport = if way == Way::Native { "native" } else { "openssh" };
        let wan = over_wan.then(|| Wan::start(machine.sshd().address(), Duration::ZERO));
        let mut laptop = match &wan {
            Some(wan) => Laptop::through(&machine, wan, transport),
            None => Laptop::over(machine.sshd().write_client_config("box", &[]), transport),
        };
        laptop.tmux = Some(sockets.path().to_owned());
        let host = if way == Way::Local { "local" } else { "box" };
        Self { machine, laptop, wan, host, sockets }
    }

    fn wan(&self) -> &Wan {
        self.wan.as_ref().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.machine.project().join(name)
    }

    fn at(&self) -> At {
        let directory = FilePath::from(self.machine.project().to_str().unwrap());
        At::Host { host: self.host.into(), directory: Some(directory) }
    }

    /// A host without a tmux, as far as its `PATH` says; what hides it.
    fn without_tmux(&self) -> PathBuf {
        self.with_program("tmux", "#!/bin/sh\nexit 127\n")
    }

    /// A host whose `PATH` finds this before any other program of that name.
    fn with_program(&self, name: &str, text: &str) -> PathBuf {
        let bin = self.machine.home().join("before");
        fs::create_dir(&bin).unwrap();
        let program = bin.join(name);
        fs::write(&program, text).unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
        let profile = self.machine.home().join(".profile");
        let old = fs::read_to_string(&profile).unwrap();
        fs::write(&profile, format!("{old}PATH={}:$PATH\n", bin.display())).unwrap();
        program
    }

    /// Sockets of tmux servers, living or not.
    fn sockets(&self) -> usize {
        let directories = fs::read_dir(self.sockets.path()).unwrap().map(Result::unwrap);
        directories.map(|directory| fs::read_dir(directory.path()).unwrap().count()).sum()
    }

    async fn open(&self, desk: &Desk, keep: bool) -> Window {
        Window::open(desk, self.at(), keep).await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    OpenSsh,
    Native,
    Local,
}

async fn terminal(desk: &Desk, command: TerminalCommand) -> TerminalReply {
    match desk.command(Command::Terminal(command)).await.unwrap() {
        Reply::Terminal(reply) => reply,
        other => panic!("{other:?}"),
    }
}

async fn listed(desk: &Desk) -> Vec<Terminal> {
    match desk.query(Query::Terminals).await {
        Reply::Terminal(TerminalReply::Terminals(all)) => all,
        other => panic!("{other:?}"),
    }
}

/// A front end's terminal: what it was told.
struct Window {
    id: String,
    subscription: Subscription,
    terminal: Option<Terminal>,
    /// Since the last restart.
    printed: Vec<u8>,
    /// What it was to answer.
    to_answer: Vec<u8>,
    restarts: usize,
    closed: bool,
}

impl Window {
    async fn open(desk: &Desk, at: At, keep: bool) -> Self {
        let open =
            TerminalCommand::Open { at, directory: None, columns: 80, rows: 24, name: None, keep };
        let TerminalReply::Terminal(opened) = terminal(desk, open).await else { panic!() };
        assert_eq!(opened.unkept.is_none(), keep, "{opened:?}");
        let mut window = Self::follow(desk, &opened.id).await;
        window.type_(desk, "PS1='> '; stty -echo; echo rea''dy\r").await;
        window.shows("ready").await;
        window
    }

    async fn follow(desk: &Desk, id: &str) -> Self {
        let watch = Some(Watch::Terminal { id: id.to_owned(), answers: true });
        let subscribe = Subscribe { watch, ..Subscribe::default() };
        let subscription = desk.engine.subscribe(subscribe).await.unwrap();
        Self {
            id: id.to_owned(),
            subscription,
            terminal: None,
            printed: Vec::new(),
            to_answer: Vec::new(),
            restarts: 0,
            closed: false,
        }
    }

    /// Follows one that an engine has to come back to, until it is there.
    async fn back(desk: &Desk, id: &str) -> Self {
        let mut window = Self::follow(desk, id).await;
        window.until("open", is_open).await;
        window
    }

    /// Has its shell remember what no other one knows.
    async fn remember(&mut self, desk: &Desk) {
        self.type_(desk, "MINE=my; echo se''t\r").await;
        self.shows("set").await;
    }

    /// It is the shell that was to remember.
    async fn still_remembers(&mut self, desk: &Desk) {
        self.type_(desk, "echo still $MINE''s\r").await;
        self.shows("still mys").await;
    }

    async fn next(&mut self) -> bool {
        let Some(delivery) = self.subscription.next().await else { return false };
        match delivery.unwrap() {
            Delivery::Terminal(TerminalNews::Terminal(terminal)) => self.terminal = Some(*terminal),
            Delivery::Terminal(TerminalNews::Restart { .. }) => {
                self.printed.clear();
                self.restarts += 1;
            }
            Delivery::Terminal(TerminalNews::Output { bytes, answer, .. }) => {
                if answer {
                    self.to_answer.extend(&bytes);
                }
                self.printed.extend(bytes);
            }
            Delivery::Terminal(TerminalNews::Closed) => self.closed = true,
            other => panic!("{other:?}"),
        }
        true
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.printed).into_owned()
    }

    async fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let seen = async {
            while !wanted(self) {
                assert!(self.next().await, "it ended before {what}");
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await.is_ok();
        let text = self.text();
        let tail = &text[text.floor_char_boundary(text.len().saturating_sub(3000))..];
        assert!(seen, "never {what}: {:?}\n{tail:?}", self.terminal);
    }

    async fn shows(&mut self, text: &str) {
        let wanted = text.as_bytes().to_vec();
        self.until(text, move |window| {
            window.printed.windows(wanted.len()).any(|part| part == wanted)
        })
        .await;
    }

    fn state(&self) -> Option<&TerminalState> {
        self.terminal.as_ref().map(|terminal| &terminal.state)
    }

    async fn ended(&mut self) -> Option<u8> {
        let is_ended = |window: &Self| matches!(window.state(), Some(TerminalState::Ended { .. }));
        self.until("an end", is_ended).await;
        match self.state() {
            Some(TerminalState::Ended { status }) => *status,
            other => panic!("{other:?}"),
        }
    }

    async fn type_(&self, desk: &Desk, keys: &str) {
        self.send(desk, keys.as_bytes()).await;
    }

    async fn send(&self, desk: &Desk, bytes: &[u8]) {
        let input = TerminalCommand::Input { id: self.id.clone(), bytes: bytes.to_vec() };
        terminal(desk, input).await;
    }

    async fn resize(&self, desk: &Desk, columns: u16, rows: u16) {
        terminal(desk, TerminalCommand::Resize { id: self.id.clone(), columns, rows }).await;
    }

    async fn close(&mut self, desk: &Desk) {
        terminal(desk, TerminalCommand::Close { id: self.id.clone() }).await;
        self.until("closed", |window| window.closed).await;
    }

    /// Closes it, and waits until nothing of its tmux is left.
    async fn close_all_of_it(&mut self, desk: &Desk) {
        self.close(desk).await;
        until("it has ended", || servers_of(&self.id) == 0).await;
    }
}

/// Processes of the tmux that keeps a terminal: its server, and clients of that.
pub(crate) fn tmux_of(id: &str) -> Vec<(u32, Vec<String>)> {
    processes(|words| {
        words.first().is_some_and(|word| word.starts_with("tmux"))
            && words.iter().any(|word| word.ends_with(id))
    })
}

fn servers_of(id: &str) -> usize {
    tmux_of(id).len()
}

/// Takes the tmux away that keeps a terminal, as the system may.
fn kill_tmux(id: &str) {
    use rustix::process::{Pid, Signal, kill_process};

    for (pid, _) in tmux_of(id) {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        kill_process(pid, Signal::KILL).ok(); // The client may go with the server.
    }
}

/// Runs a check on every way, each under its own name.
macro_rules! on_every_way {
    ($(async fn $name:ident($way:ident: Way) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check($way: Way) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn over_openssh() {
                    check(Way::OpenSsh).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn with_the_built_in_client() {
                    check(Way::Native).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn on_this_machine() {
                    check(Way::Local).await;
                }
            }
        )*
    };
}

fn is_away(window: &Window) -> bool {
    matches!(window.state(), Some(TerminalState::Away { .. }))
}

fn is_open(window: &Window) -> bool {
    window.state() == Some(&TerminalState::Open)
}

/// Waits until the host can be asked again.
async fn reached(desk: &Desk) {
    let asked = async {
        loop {
            let at = At::Host { host: "box".into(), directory: None };
            let query = Query::File(FileQuery::Stat { at, path: ".".into() });
            if desk.engine.call(Request::query(query)).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await; // wait: between two tries
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("the host is not reached");
}

mod colours;
mod engines;
mod floods;
mod links;
mod shells;
