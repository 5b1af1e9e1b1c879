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
        let bin = self.machine.home().join("nobin");
        fs::create_dir(&bin).unwrap();
        let program = bin.join("tmux");
        fs::write(&program, "#!/bin/sh\nexit 127\n").unwrap();
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

on_every_way! {
    async fn a_shell_begins_in_the_directory_that_is_named_below_that_of_its_place(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let below = bed.machine.project().join("deep/er it");
        fs::create_dir_all(&below).unwrap();
        for directory in ["deep/er it", below.to_str().unwrap()] {
            let directory = Some(directory.into());
            let at = bed.at();
            let open = TerminalCommand::Open { at, directory, columns: 80, rows: 24, name: None, keep: true };
            let TerminalReply::Terminal(opened) = terminal(&desk, open).await else { panic!() };
            let mut window = Window::follow(&desk, &opened.id).await;
            window.type_(&desk, "basename \"$PWD\" | tr ' ' _; echo do''ne\r").await;
            window.shows("done").await;
            assert!(window.text().contains("er_it"), "{}", window.text());
            window.close(&desk).await;
        }
        desk.stop().await;
    }

    async fn a_shell_has_its_directory_its_environment_and_a_status(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            assert_eq!(window.terminal.as_ref().unwrap().host, bed.host);
            assert_eq!(window.terminal.as_ref().unwrap().name, "1");
            window.type_(&desk, "pwd; echo \"<$FROM_HOST> <$TERM> <$COLORTERM>\"; env | grep -ic tmux; tmux ls 2>&1 | head -1; echo do''ne\r").await;
            window.shows("done").await;
            let text = window.text();
            assert!(text.contains(bed.machine.project().to_str().unwrap()), "{text}");
            let from_host = if way == Way::Local { "" } else { "the host" };
            assert!(text.contains(&format!("<{from_host}> <xterm-256color> <truecolor>\r\n")), "{text}");
            if way != Way::Local {
                // TMUX_TMPDIR is the bed's own.
                assert!(text.contains("<truecolor>\r\n1\r\n"), "{text}");
                assert!(text.contains("error connecting") || text.contains("no server running"), "{text}");
            }
            window.type_(&desk, "echo the last wor''ds; exit 7\r").await;
            assert_eq!(window.ended().await, Some(7));
            assert!(window.text().contains("the last words"), "{}", window.text());
            let again = terminal(&desk, TerminalCommand::Reopen { id: window.id.clone() }).await;
            assert!(matches!(again, TerminalReply::Terminal(again) if again.state == TerminalState::Open));
            window.until("open again", |window| window.state() == Some(&TerminalState::Open)).await;
            window.type_(&desk, "echo $((6 * 7)); kill -9 $$\r").await;
            window.shows("42").await;
            // A signal's number is lost on the way that OpenSSH's master hands it on.
            let status = window.ended().await;
            assert!(status == Some(137) || (way == Way::OpenSsh && !keep && status == Some(255)), "{status:?}");
            assert!(window.text().contains("ready"), "what it showed is gone");
            window.close(&desk).await;
        }
        assert_eq!(listed(&desk).await, []);
        desk.stop().await;
    }

    async fn bytes_arrive_as_they_are(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            // Broken letters, hostile sequences, and every byte there is.
            window.type_(&desk, "printf '<\\377\\376\\303(\\033]0;title\\007\\033[31mred>\\n'\r").await;
            window.shows("red>").await;
            let wanted = b"<\xff\xfe\xc3(\x1b]0;title\x07\x1b[31mred>";
            assert!(window.printed.windows(wanted.len()).any(|part| part == wanted), "{}", window.text());
            let pasted: Vec<u8> = (0..(1 << 20)).map(|at: u32| (at % 251) as u8).collect();
            let file = bed.file(&format!("pasted-{keep}"));
            let count = pasted.len();
            window.type_(&desk, &format!("stty raw; echo g''o; head -c {count} > {}; stty sane -echo; echo ta''ken\r", file.display())).await;
            window.shows("go").await;
            for piece in pasted.chunks(100_000) {
                window.send(&desk, piece).await;
            }
            window.shows("taken").await;
            assert!(fs::read(&file).unwrap() == pasted, "what was pasted is not what arrived");
            window.close(&desk).await;
        }
        desk.stop().await;
    }

    async fn the_size_is_what_the_last_one_said(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            window.type_(&desk, "stty size\r").await;
            window.shows("24 80\r\n").await;
            for (columns, rows) in [(200, 50), (20, 5), (1, 1), (300, 100)] {
                window.resize(&desk, columns, rows).await;
                let id = window.id.clone();
                let size = format!("{rows} {columns}\r\n");
                until_shown(&mut window, &desk, &size).await;
                assert_eq!(listed(&desk).await.iter().find(|one| one.id == id).unwrap().columns, columns);
            }
            let refused = TerminalCommand::Resize { id: window.id.clone(), columns: 0, rows: 5 };
            let refused = desk.command(Command::Terminal(refused)).await.unwrap_err();
            assert_eq!(refused.code, Code::Usage);
            window.close(&desk).await;
        }
        desk.stop().await;
    }

    async fn a_flood_that_nobody_reads_costs_little_and_stops_nothing(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            let quiet = bed.open(&desk, keep).await;
            let mut other = quiet;
            window.type_(&desk, "yes\r").await;
            window.shows("y\r\ny\r\ny\r\n").await;
            // It doesn't read for a while, and the engine isn't to keep what it doesn't read.
            let before = resident();
            for round in 0..20 {
                other.type_(&desk, &format!("echo round-$(({round} + 100))\r")).await;
                other.shows(&format!("round-{}", round + 100)).await;
                // wait: the flood goes on meanwhile
                tokio::time::sleep(Duration::from_millis(50)).await; // wait: it floods
            }
            let grown = resident().saturating_sub(before);
            assert!(grown < 100 << 20, "{grown} bytes more");
            window.type_(&desk, "\x03").await;
            window.type_(&desk, "echo cal''m\r").await;
            window.shows("calm").await;
            window.close(&desk).await;
            other.close(&desk).await;
        }
        desk.stop().await;
    }

    async fn a_close_leaves_nothing_behind(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            let seconds = format!("98{:06}", fastrand::u32(0..1_000_000));
            window.type_(&desk, &format!("sleep {seconds} & sleep {seconds}\r")).await;
            let sleeping = || processes(|words| words.contains(&seconds)).len();
            until("both sleep", || sleeping() == 2).await;
            let id = window.id.clone();
            window.close(&desk).await;
            until("nobody sleeps", || sleeping() == 0).await;
            until("no tmux is left", || processes(|words| words.iter().any(|word| word.ends_with(&id))).is_empty()).await;
            assert_eq!(bed.sockets(), 0, "a socket is left");
            let gone = TerminalCommand::Input { id, bytes: b"x".to_vec() };
            assert_eq!(desk.command(Command::Terminal(gone)).await.unwrap_err().code, Code::NotFound);
        }
        desk.stop().await;
    }

    async fn a_kept_shell_outlives_its_engine_and_an_unkept_one_leaves_its_screen(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut kept = bed.open(&desk, true).await;
        let mut unkept = bed.open(&desk, false).await;
        assert_eq!(unkept.terminal.as_ref().unwrap().name, "2");
        for window in [&mut kept, &mut unkept] {
            window.type_(&desk, "HERE=still; cd /; echo last wor''ds\r").await;
            window.shows("last words").await;
        }
        desk.stop().await;
        let desk = bed.laptop.engine().await;
        assert_eq!(listed(&desk).await.len(), 2);
        let mut unkept = Window::follow(&desk, &unkept.id).await;
        unkept.shows("last words").await;
        assert!(matches!(unkept.state(), Some(TerminalState::Lost { .. })), "{:?}", unkept.state());
        let mut kept = Window::follow(&desk, &kept.id).await;
        kept.until("open", |window| window.state() == Some(&TerminalState::Open)).await;
        kept.shows("last words").await;
        kept.type_(&desk, "echo it is $HERE here\r").await;
        kept.shows("it is still here").await;
        terminal(&desk, TerminalCommand::Rename { id: kept.id.clone(), name: Some("mine".into()) }).await;
        kept.until("its name", |window| window.terminal.as_ref().is_some_and(|it| it.name == "mine")).await;
        kept.close(&desk).await;
        unkept.close(&desk).await;
        desk.stop().await;
    }

    async fn of_two_followers_one_answers_and_both_see_everything(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut first = bed.open(&desk, false).await;
        let mut second = Window::follow(&desk, &first.id).await;
        second.shows("ready").await;
        first.type_(&desk, "printf 'one\\033[c\\n'\r").await;
        first.shows("one\x1b[c").await;
        second.shows("one\x1b[c").await;
        assert!(first.to_answer.ends_with(b"one\x1b[c\r\n> ") || first.to_answer.windows(3).any(|part| part == b"\x1b[c"));
        assert_eq!(second.to_answer, b"");
        let id = first.id.clone();
        drop(first);
        second.type_(&desk, "printf 'two\\033[c\\n'\r").await;
        second.until("it answers", |window| window.to_answer.windows(3).any(|part| part == b"\x1b[c")).await;
        second.close(&desk).await;
        // Where tmux is the terminal, it is who answers.
        let mut kept = bed.open(&desk, true).await;
        kept.type_(&desk, "printf '\\033[6n'; IFS= read -rsd R where; echo \"${where#*[}\" at\r").await;
        kept.shows(" at").await;
        assert_eq!(kept.to_answer, b"", "{id}");
        kept.close(&desk).await;
        desk.stop().await;
    }
}

/// Asks for the size until it is that.
async fn until_shown(window: &mut Window, desk: &Desk, text: &str) {
    let wanted = text.as_bytes();
    let shown = async {
        while !window.printed.windows(wanted.len()).any(|part| part == wanted) {
            window.type_(desk, "stty size\r").await;
            let some = async { while window.next().await {} };
            // wait: what comes of it comes within that time, or of the next one
            tokio::time::timeout(Duration::from_millis(100), some).await.ok(); // It ended: said below.
        }
    };
    let shown = tokio::time::timeout(PATIENCE, shown).await.is_ok();
    assert!(shown, "never {text:?}: {:?}", window.text());
}

/// Bytes of memory that this process has, proc(5).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Runs a check over a link, with both transports.
macro_rules! over_a_link {
    ($(async fn $name:ident($bed:ident: Bed) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check($bed: Bed) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn over_openssh() {
                    check(Bed::start(Way::OpenSsh, true)).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn with_the_built_in_client() {
                    check(Bed::start(Way::Native, true)).await;
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

over_a_link! {
    async fn vim_goes_on_over_a_cut_and_is_drawn_anew(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        let file = bed.file("letter");
        window.type_(&desk, "stty echo\r").await;
        window.type_(&desk, &format!("vim -u NONE -N {}\r", file.display())).await;
        window.shows("[New]").await;
        window.type_(&desk, "iDear reader,\r").await;
        window.shows("Dear reader,").await;
        bed.wan().cut();
        window.until("away", is_away).await;
        // Typed blindly, and not lost.
        window.type_(&desk, "it goes on").await;
        let restarts = window.restarts;
        bed.wan().restore();
        window.until("back", |window| is_open(window) && window.restarts > restarts).await;
        window.shows("Dear reader,").await;
        assert!(window.text().contains("\x1b[?1049h"), "it is no full screen: {:?}", window.text());
        window.type_(&desk, " and ends\x1b:wq\r").await;
        let letter = "Dear reader,\nit goes on and ends\n";
        let written = || fs::read_to_string(&file).is_ok_and(|text| text == letter);
        until("the letter is written", written).await;
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn what_is_printed_over_cuts_and_resets_is_there_once(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.type_(&desk, "for i in $(seq 400); do echo \"line $i.\"; sleep 0.01; done; echo the e''nd\r").await;
        window.shows("line 50.").await;
        bed.wan().reset();
        window.shows("line 150.").await;
        bed.wan().cut();
        window.until("away", is_away).await;
        bed.wan().restore();
        window.shows("the end").await;
        assert!(window.restarts >= 2, "{}", window.restarts);
        let text = window.text();
        for line in 1..=400 {
            let line = format!("line {line}.");
            assert_eq!(text.matches(&line).count(), 1, "{line} in {text}");
        }
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn what_is_typed_over_resets_arrives_once_and_in_order(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        let file = bed.file("typed");
        window.type_(&desk, &format!("stty raw; echo g''o; head -c 60000 > {}; stty sane -echo; echo ta''ken\r", file.display())).await;
        window.shows("go").await;
        let mut typed = Vec::new();
        for number in 0..6000 {
            let keys = format!("{number:09}\n");
            window.send(&desk, keys.as_bytes()).await;
            typed.extend(keys.into_bytes());
            if number % 1500 == 700 {
                bed.wan().reset();
            }
        }
        window.shows("taken").await;
        assert!(fs::read(&file).unwrap() == typed, "{}", fs::read_to_string(&file).unwrap());
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn without_tmux_a_cut_loses_the_shell_and_it_is_opened_again_where_it_was(bed: Bed) {
        bed.without_tmux();
        let desk = bed.laptop.engine().await;
        let open = TerminalCommand::Open { at: bed.at(), directory: None, columns: 80, rows: 24, name: None, keep: true };
        let TerminalReply::Terminal(opened) = terminal(&desk, open).await else { panic!() };
        let why = opened.unkept.clone().expect("it is kept without a tmux");
        assert!(why.message.contains("no tmux") && why.hint.is_some(), "{why:?}");
        let mut window = Window::follow(&desk, &opened.id).await;
        window.type_(&desk, "cd /usr; printf '\\033]7;file://%s%s\\007seen here\\n' \"$(uname -n)\" \"$PWD\"\r").await;
        window.shows("seen here").await;
        window.until("its directory", |window| {
            window.terminal.as_ref().unwrap().directory == Some(FilePath::from("/usr"))
        }).await;
        bed.wan().cut();
        window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
        let refused = TerminalCommand::Input { id: opened.id.clone(), bytes: b"x".to_vec() };
        assert_eq!(desk.command(Command::Terminal(refused)).await.unwrap_err().code, Code::Conflict);
        bed.wan().restore();
        let reopened = async {
            let reopen = || Command::Terminal(TerminalCommand::Reopen { id: opened.id.clone() });
            while desk.command(reopen()).await.is_err() {
                // wait: until the link is back
                tokio::time::sleep(Duration::from_millis(100)).await; // wait: between two tries
            }
        };
        tokio::time::timeout(PATIENCE, reopened).await.expect("it is never open again");
        window.until("open", is_open).await;
        window.type_(&desk, "echo in $PWD\r").await;
        window.shows("in /usr").await;
        assert!(window.text().contains("seen here"), "what it showed is gone");
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn a_tmux_that_is_killed_loses_the_shell_and_says_so(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        let id = window.id.clone();
        let servers = || processes(|words| words.iter().any(|word| word.ends_with(&id)) && words.first().is_some_and(|word| word.starts_with("tmux")));
        for (pid, _) in servers() {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok(); // The client may go with the server.
        }
        window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
        assert!(window.text().contains("ready"), "what it showed is gone");
        let Some(TerminalState::Lost { why }) = window.state() else { panic!() };
        assert!(!why.message.contains("was not read"), "{why:?}");
        terminal(&desk, TerminalCommand::Reopen { id: id.clone() }).await;
        window.until("open", is_open).await;
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn what_was_typed_for_a_shell_that_is_lost_is_said_to_be_unread(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        bed.wan().cut();
        window.until("away", is_away).await;
        window.type_(&desk, "make deploy\r").await;
        let id = window.id.clone();
        let servers = processes(|words| words.iter().any(|word| word.ends_with(&id)) && words.first().is_some_and(|word| word.starts_with("tmux")));
        for (pid, _) in servers {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok(); // The client may go with the server.
        }
        bed.wan().restore();
        window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
        let Some(TerminalState::Lost { why }) = window.state() else { panic!() };
        assert!(why.message.contains("typed last was not read"), "{why:?}");
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn one_that_was_closed_while_away_ends_when_its_host_is_reached_next(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        let id = window.id.clone();
        bed.wan().cut();
        window.until("away", is_away).await;
        window.close(&desk).await;
        bed.wan().restore();
        let servers = || processes(|words| words.iter().any(|word| word.ends_with(&id)));
        assert!(!servers().is_empty(), "who ended it?");
        // What was on its way when the link was cut is reset.
        reached(&desk).await;
        let mut next = bed.open(&desk, true).await;
        until("it has ended", || servers().is_empty()).await;
        next.close(&desk).await;
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_just_before_the_engine_ends_arrives() {
    for way in [Way::OpenSsh, Way::Native, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        desk.stop().await;
        for round in 0..4 {
            let desk = bed.laptop.engine().await;
            let mut again = Window::follow(&desk, &window.id).await;
            again.until("open", is_open).await;
            let file = bed.file(&format!("typed-{round}"));
            let line = format!(": {}\rtouch {}\r", "x".repeat(3000), file.display());
            again.type_(&desk, &line).await;
            desk.stop().await;
            until("it was carried out", || file.exists()).await;
        }
        let desk = bed.laptop.engine().await;
        window = Window::follow(&desk, &window.id).await;
        window.close(&desk).await;
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_this_data_directory_does_not_know_is_left_alone() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let window = bed.open(&desk, true).await;
    let id = window.id.clone();
    desk.stop().await;
    // As where a copy of the data directory is used again, or on another laptop.
    let db = rusqlite::Connection::open(bed.laptop.path("data/baton.db")).unwrap();
    assert_eq!(db.execute("DELETE FROM terminals WHERE id = ?1", [&id]).unwrap(), 1);
    drop(db);
    let desk = bed.laptop.engine().await;
    assert_eq!(listed(&desk).await, []);
    let mut other = bed.open(&desk, true).await;
    other.type_(&desk, "echo $((6 * 7))\r").await;
    other.shows("42").await;
    other.close(&desk).await;
    let mut another = bed.open(&desk, true).await;
    another.close(&desk).await;
    desk.stop().await;
    let servers = processes(|words| words.iter().any(|word| word.ends_with(&id)));
    assert!(!servers.is_empty(), "somebody's shell was ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_shell_is_found_where_the_environment_that_it_was_opened_in_put_it() {
    for transport in ["openssh", "native"] {
        let bed = Bed::of(if transport == "native" { Way::Native } else { Way::OpenSsh });
        let hosts = |env: &str| {
            bed.laptop.write_hosts(&format!(
                "[host.box]\nssh_config = \"box\"\ntransport = \"{transport}\"\n[host.box.env]\n{env}"
            ));
        };
        let elsewhere = Sockets::new();
        hosts(&format!("TMUX_TMPDIR = \"{}\"\n", elsewhere.path().display()));
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.type_(&desk, "MINE=my; echo se''t\r").await;
        window.shows("set").await;
        desk.stop().await;
        // The same, and then another environment.
        for env in [None, Some("OTHER = \"x\"\n")] {
            if let Some(env) = env {
                hosts(env);
            }
            let desk = bed.laptop.engine().await;
            let mut window = Window::follow(&desk, &window.id).await;
            window.until("open", is_open).await;
            window.type_(&desk, "echo still $MINE''s\r").await;
            window.shows("still mys").await;
            if env.is_some() {
                window.close(&desk).await;
                until("it has ended", || servers_of(&window.id) == 0).await;
            }
            desk.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_whose_tmux_is_not_found_goes_on_and_comes_back_when_it_is_opened_again() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, true).await;
    window.type_(&desk, "MINE=my; echo se''t\r").await;
    window.shows("set").await;
    desk.stop().await;
    let hidden = bed.without_tmux();
    let desk = bed.laptop.engine().await;
    let mut window = Window::follow(&desk, &window.id).await;
    window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
    let Some(TerminalState::Lost { why }) = window.state() else { panic!() };
    assert!(why.hint.as_ref().unwrap().contains("goes on"), "{why:?}");
    fs::remove_file(hidden).unwrap();
    terminal(&desk, TerminalCommand::Reopen { id: window.id.clone() }).await;
    window.until("open", is_open).await;
    window.type_(&desk, "echo still $MINE''s\r").await;
    window.shows("still mys").await;
    let text = window.text().replace("\x1b[0m\x0f", "");
    assert_eq!(text.matches("set\r\n").count(), 1, "{text}");
    window.close(&desk).await;
    until("it has ended", || servers_of(&window.id) == 0).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_whose_socket_was_cleared_away_is_found_again() {
    for way in [Way::OpenSsh, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.type_(&desk, "MINE=my; echo se''t\r").await;
        window.shows("set").await;
        desk.stop().await;
        for directory in fs::read_dir(bed.sockets.path()).unwrap() {
            fs::remove_dir_all(directory.unwrap().path()).unwrap();
        }
        let desk = bed.laptop.engine().await;
        let mut window = Window::follow(&desk, &window.id).await;
        window.until("open", is_open).await;
        window.type_(&desk, "echo still $MINE''s\r").await;
        window.shows("still mys").await;
        window.close(&desk).await;
        until("it has ended", || servers_of(&window.id) == 0).await;
        assert_eq!(bed.sockets(), 0);
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_has_looked_at_ends_on_its_host_when_it_is_closed() {
    for way in [Way::Native, Way::Local] {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let id = bed.open(&desk, true).await.id;
        desk.stop().await;
        let desk = bed.laptop.engine().await;
        terminal(&desk, TerminalCommand::Close { id: id.clone() }).await;
        until("it has ended", || servers_of(&id) == 0).await;
        assert_eq!((bed.sockets(), listed(&desk).await), (0, vec![]));
        desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_loses_no_screen_and_no_directory() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    let mut window = bed.open(&desk, false).await;
    window
        .type_(
            &desk,
            "cd /usr; printf '\\033]7;file://%s%s\\007seen here\\n' \"$(uname -n)\" \"$PWD\"\r",
        )
        .await;
    window.shows("seen here").await;
    let kept = bed.laptop.path("data/terminals").join(&window.id);
    let text = || fs::read(&kept).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    until("what it shows is kept", || text().is_ok_and(|text| text.contains("seen here"))).await;
    let db = rusqlite::Connection::open(bed.laptop.path("data/baton.db")).unwrap();
    let directory = |id: &str| -> String {
        let select = "SELECT body FROM terminals WHERE id = ?1";
        let body: String = db.query_row(select, [id], |row| row.get(0)).unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["directory"].to_string()
    };
    let usr = serde_json::to_value(FilePath::from("/usr")).unwrap().to_string();
    until("its directory is kept", || directory(&window.id) == usr).await;
    window.close(&desk).await;
    assert!(!kept.exists());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_while_the_engine_moves_arrives_once_or_is_said_to_be_lost() {
    let bed = Bed::of(Way::OpenSsh);
    let (first, second) = (bed.laptop.process().await, bed.laptop.process().await);
    let open = TerminalCommand::Open {
        at: bed.at(),
        directory: None,
        columns: 80,
        rows: 24,
        name: None,
        keep: true,
    };
    let tell = |command: TerminalCommand| Request::command(Command::Terminal(command));
    let Reply::Terminal(TerminalReply::Terminal(opened)) = first.call(tell(open)).await.unwrap()
    else {
        panic!()
    };
    let id = opened.id;
    let file = bed.file("typed");
    let type_ =
        |keys: String| tell(TerminalCommand::Input { id: id.clone(), bytes: keys.into_bytes() });
    second.call(type_(format!("stty -echo; cat >{}\r", file.display()))).await.unwrap();
    until("it reads", || file.exists()).await;
    let mut taken = Vec::new();
    let mut ending = None;
    for number in 0..600 {
        if number == 200 {
            let first = first.clone();
            ending = Some(tokio::spawn(async move { first.shutdown().await }));
        }
        match second.call(type_(format!("key {number}\r"))).await {
            Ok(_) => taken.push(number),
            Err(failure) => assert!(failure.hint.is_some(), "{failure:?}"),
        }
    }
    ending.unwrap().await.unwrap();
    assert!(taken.len() > 500, "{}", taken.len());
    second.call(type_("end\r".into())).await.unwrap();
    let read = || fs::read_to_string(&file).unwrap();
    until("all is read", || read().ends_with("end\n")).await;
    let lines: Vec<u32> =
        read().lines().filter_map(|line| line.strip_prefix("key ")?.parse().ok()).collect();
    assert!(lines.is_sorted_by(|one, next| one < next), "twice, or out of order: {lines:?}");
    let lost: Vec<u32> = taken.into_iter().filter(|number| !lines.contains(number)).collect();
    assert_eq!(lost, [0; 0], "taken, and never sent");
    second.call(tell(TerminalCommand::Close { id: id.clone() })).await.unwrap();
    second.shutdown().await;
}

fn servers_of(id: &str) -> usize {
    let is_server = |words: &[String]| {
        words.first().is_some_and(|word| word.starts_with("tmux"))
            && words.iter().any(|word| word.ends_with(id))
    };
    processes(is_server).len()
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

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_can_not_be_opened_is_not_there() {
    let bed = Bed::of(Way::OpenSsh);
    let desk = bed.laptop.engine().await;
    for keep in [true, false] {
        let at = At::Host { host: "box".into(), directory: Some(FilePath::from("/not/there")) };
        let open =
            TerminalCommand::Open { at, directory: None, columns: 80, rows: 24, name: None, keep };
        let refused = desk.command(Command::Terminal(open)).await.unwrap_err();
        assert_eq!(refused.code, Code::DirMissing, "{refused:?}");
        assert_eq!(listed(&desk).await, []);
    }
    desk.stop().await;
}

mod floods;
