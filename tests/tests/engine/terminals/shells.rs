//! What a shell in a terminal is given, prints and leaves behind.

use orchestrator::seam::NewSession;

use super::*;
use crate::desk::new_session;

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
            // tmux, which closes the terminal with its shell, may lose what that prints in the same moment.
            let between = if keep { "\r" } else { "; " };
            window.type_(&desk, &format!("echo the last wor''ds{between}")).await;
            if keep {
                window.shows("the last words").await;
            }
            window.type_(&desk, "exit 7\r").await;
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
            let pasted: Vec<u8> = (0..(1 << 20)).map(|at: u32| at as u8).collect();
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

    async fn one_whose_directory_is_gone_is_opened_again_at_home_and_says_so(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let directory = bed.machine.project().join("soon gone");
        for keep in [true, false] {
            fs::create_dir(&directory).unwrap();
            let at = At::Host { host: bed.host.into(), directory: Some(directory.to_str().unwrap().into()) };
            let mut window = Window::open(&desk, at, keep).await;
            window.type_(&desk, "exit 3\r").await;
            assert_eq!(window.ended().await, Some(3));
            fs::remove_dir(&directory).unwrap();
            let again = terminal(&desk, TerminalCommand::Reopen { id: window.id.clone() }).await;
            assert!(matches!(again, TerminalReply::Terminal(again) if again.state == TerminalState::Open));
            window.until("open again", is_open).await;
            window.type_(&desk, "[ -d \"$PWD\" ] && echo it li''ves\r").await;
            window.shows("it lives").await;
            assert!(window.text().contains("this begins in the home directory"), "{}", window.text());
            window.close(&desk).await;
        }
        desk.stop().await;
    }

    async fn a_session_that_is_removed_takes_its_shells_with_it(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let new = NewSession { host: bed.host.into(), ..new_session("codex", &bed.machine) };
        let session = desk.try_session(new).await.unwrap();
        let mut windows = Vec::new();
        for keep in [true, false] {
            windows.push(Window::open(&desk, At::Session(session.id.clone()), keep).await);
        }
        let mut other = bed.open(&desk, true).await;
        desk.command(Command::RemoveSession { session: session.id, force: false }).await.unwrap();
        for window in &mut windows {
            window.until("closed", |window| window.closed).await;
        }
        until("its tmux has ended", || servers_of(&windows[0].id) == 0).await;
        other.type_(&desk, "echo $((6 * 7))\r").await;
        other.shows("42").await;
        other.close(&desk).await;
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
            until("no tmux is left", || servers_of(&id) == 0).await;
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

    async fn what_its_former_shells_showed_is_above_a_kept_shell_that_outlives_its_engine(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        window.type_(&desk, "echo the form''er one\r").await;
        window.shows("the former one").await;
        window.type_(&desk, "exit 3\r").await;
        assert_eq!(window.ended().await, Some(3));
        terminal(&desk, TerminalCommand::Reopen { id: window.id.clone() }).await;
        window.until("open again", is_open).await;
        window.type_(&desk, "PS1='> '; stty -echo; echo the se''cond one\r").await;
        window.shows("the second one").await;
        desk.stop().await;
        // Also when what it showed was drawn anew by another engine before.
        for _ in 0..2 {
            let desk = bed.laptop.engine().await;
            let mut window = Window::back(&desk, &window.id).await;
            window.type_(&desk, "echo it goes o''n\r").await;
            window.shows("it goes on").await;
            let text = window.text();
            let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in {text}"));
            assert!(place("the former one") < place("the second one"), "{text}");
            assert_eq!((text.matches("the former one").count(), text.matches("the second one").count()), (1, 1), "{text}");
            desk.stop().await;
        }
        let desk = bed.laptop.engine().await;
        let mut window = Window::back(&desk, &window.id).await;
        window.close_all_of_it(&desk).await;
        let left = fs::read_dir(bed.laptop.path("data/terminals")).unwrap().count();
        assert_eq!(left, 0, "what it showed is kept still");
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

    async fn what_one_was_asked_and_never_read_is_asked_of_the_other(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for (keep, printed, question) in
            [(false, r"\033[6n", &b"\x1b[6n"[..]), (true, r"\033]11;?\007", b"\x1b]11;?\x07")]
        {
            let first = bed.open(&desk, keep).await;
            let mut second = Window::follow(&desk, &first.id).await;
            second.shows("ready").await;
            second.type_(&desk, &format!("printf 'it asks: {printed}'; IFS= read -r line\r")).await;
            second.shows(&format!("it asks: {}", String::from_utf8_lossy(question))).await;
            assert_eq!(second.to_answer, b"", "{keep}");
            drop(first);
            let is_asked = |window: &Window| window.to_answer.windows(question.len()).any(|part| part == question);
            second.until("it is asked", is_asked).await;
            second.close(&desk).await;
        }
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
