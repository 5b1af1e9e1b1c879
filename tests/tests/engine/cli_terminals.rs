//! `baton terminal`, as a person has it in a terminal of theirs.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use baton_tests::{Home, Sockets, Terminal, TestSshd, Wan, until};
use orchestrator::terminal::Screen;
use rustix::process::{Pid, Signal, kill_process};

use crate::terminals::tmux_of;

const HOSTS: [&str; 3] = ["box", "own", "local"];

/// Links that are cut are noticed soon, and nothing of ssh lingers.
const QUICK: &str =
    "[connection]\nlinger_seconds = 0\nkeepalive_interval_seconds = 1\nkeepalive_count = 2\n";

struct Bed {
    home: Home,
    wan: Wan,
    _sshd: TestSshd,
    sockets: Sockets,
}

impl Bed {
    fn start() -> Self {
        let sockets = Sockets::new();
        let sshd = TestSshd::builder()
            .environment("TMUX_TMPDIR", sockets.path().to_str().unwrap())
            .environment("SHELL", "/bin/bash")
            .environment("PS1", "> ")
            .start();
        let wan = Wan::start(sshd.address(), Duration::ZERO);
        let home = Home::new(sshd.write_client_config_through("box", wan.port(), &[]));
        fs::write(home.path("b/config/config.toml"), QUICK).unwrap();
        let own = "[host.box]\nssh_config = \"box\"\n[host.own]\nssh_config = \"box\"\ntransport = \"native\"\n";
        fs::write(home.hosts_toml(), own).unwrap();
        Self { home, wan, _sshd: sshd, sockets }
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = self.home.command(&[&["terminal"], words].concat());
        command.env("TMUX_TMPDIR", self.sockets.path());
        command
    }

    /// The ids that are listed.
    fn listed(&self) -> Vec<String> {
        let run = baton_tests::Run::of(self.command(&["--list", "--json"]).output().unwrap());
        assert_eq!(run.status, Some(0), "{run:?}");
        let all = run.json();
        let all = all["terminals"].as_array().unwrap();
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_is_here_and_its_status_is_ours() {
    let bed = Bed::start();
    for host in HOSTS {
        for keep in [&[][..], &["--no-keep"]] {
            let terminal = Terminal::new();
            let before = terminal.modes();
            let words = [&[host, "--cwd", "/usr"], keep].concat();
            let running = terminal.start(&bed.command(&words));
            terminal.keys("echo here $PWD $((40 + 2)); stty size\r");
            terminal.shows("here /usr 42\r\n30 90\r\n").await;
            terminal.resize(101, 42);
            terminal.keys("for i in 1 2 3 4 5 6 7 8 9; do stty size; sleep 0.1; done\r");
            terminal.shows("42 101\r\n").await;
            terminal.keys("exit 5\r");
            let status = running.ended().await;
            assert_eq!(status.code(), Some(5), "{host}: {}", terminal.printed());
            assert_eq!(terminal.modes(), before, "{host}");
            assert_eq!(bed.listed(), [""; 0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_left_or_killed_is_come_back_to_as_it_was() {
    let bed = Bed::start();
    for host in HOSTS {
        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&[host]));
        terminal.keys("MINE=my; echo rea''dy\r");
        terminal.shows("ready\r\n").await;
        terminal.keys("\r~.");
        assert_eq!(running.ended().await.code(), Some(0), "{host}: {}", terminal.printed());
        let ids = bed.listed();
        let [id] = &ids[..] else { panic!("{ids:?}") };
        terminal.shows(&format!("baton terminal --attach {id}")).await;

        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&["--attach", &id[..6]]));
        terminal.shows("ready").await;
        terminal.keys("echo still $MINE''s\r");
        terminal.shows("still mys\r\n").await;
        kill_process(Pid::from_raw(running.pid()).unwrap(), Signal::KILL).unwrap();
        running.ended().await;

        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&["--attach", id]));
        terminal.shows("still mys").await;
        terminal.keys("echo and $MINE''s\r");
        until("it still knows", || {
            let ended = terminal.printed().contains("error:");
            assert!(!ended, "{:?}", terminal.printed());
            terminal.printed().contains("and mys")
        })
        .await;
        terminal.keys("exit\r");
        assert_eq!(running.ended().await.code(), Some(0), "{host}: {}", terminal.printed());
        assert_eq!(bed.listed(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_is_said_in_one_line_and_it_goes_on() {
    let bed = Bed::start();
    for host in ["box", "own"] {
        let terminal = Terminal::new();
        let cwd = bed.sockets.path().to_str().unwrap();
        let running = terminal.start(&bed.command(&[host, "--cwd", cwd]));
        terminal.keys("vim -u NONE -N letter\r");
        until("vim is there", || {
            assert!(!terminal.printed().contains("not found"), "{}", terminal.printed());
            terminal.printed().contains("[New]")
        })
        .await;
        terminal.keys("ione\r");
        terminal.shows("one").await;
        bed.wan.cut();
        terminal.shows("it comes back by itself").await;
        bed.wan.restore();
        let shown = || {
            let printed = terminal.printed();
            let notice = printed.rfind("it comes back by itself").unwrap();
            printed[notice..].contains("\x1b[?1049h") && printed[notice..].contains("one")
        };
        until("it is drawn anew", shown).await;
        terminal.keys("two\x1b");
        terminal.keys(":wq\r");
        // What is typed while vim leaves may be thrown away with its modes.
        until("vim has left", || {
            let printed = terminal.printed();
            let drawn = printed.rfind("\x1b[?1049h").unwrap();
            printed[drawn..].contains("\x1b[?1049l")
        })
        .await;
        terminal.keys("cat letter\r");
        until("the letter is read", || {
            let printed = terminal.printed();
            let read = printed.rfind("cat letter").map(|at| printed[at..].to_owned());
            read.is_some_and(|read| read.contains("one") && read.contains("two"))
        })
        .await;
        terminal.keys("rm letter; exit 3\r");
        assert_eq!(running.ended().await.code(), Some(3), "{host}: {}", terminal.printed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nothing_keeps_is_lost_with_the_link_and_says_so() {
    let bed = Bed::start();
    for host in ["box", "own"] {
        let terminal = Terminal::new();
        let before = terminal.modes();
        let running = terminal.start(&bed.command(&[host, "--no-keep"]));
        terminal.keys("echo rea''dy\r");
        terminal.shows("ready\r\n").await;
        bed.wan.reset();
        assert_eq!(running.ended().await.code(), Some(255), "{host}: {}", terminal.printed());
        terminal.shows("error:").await;
        assert_eq!(terminal.modes(), before, "{host}");
        assert_eq!(bed.listed(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_terminal_is_told_how_to_do_it_else() {
    let bed = Bed::start();
    let refused = bed.home.baton(&["terminal", "box"]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("baton exec"), "{refused:?}");
    let missing = bed.home.baton(&["terminal", "--close", "nothing"]);
    assert_eq!(missing.status, Some(4), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_closed_from_elsewhere() {
    let bed = Bed::start();
    let terminal = Terminal::new();
    let running = terminal.start(&bed.command(&["local"]));
    terminal.keys("echo rea''dy\r");
    terminal.shows("ready\r\n").await;
    let id = bed.listed().pop().unwrap();
    let closed = baton_tests::Run::of(bed.command(&["--close", &id]).output().unwrap());
    assert_eq!(closed.status, Some(0), "{closed:?}");
    assert!(!running.ended().await.success());
    terminal.shows("closed elsewhere").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_just_before_it_is_left_is_carried_out() {
    let bed = Bed::start();
    for host in HOSTS {
        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&[host]));
        terminal.keys("echo rea''dy\r");
        terminal.shows("ready\r\n").await;
        let file = bed.sockets.path().join(format!("made-{host}"));
        terminal.keys(&format!("touch {}\r~.", file.display()));
        assert_eq!(running.ended().await.code(), Some(0), "{host}: {}", terminal.printed());
        until("it was carried out", || file.exists()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_the_screen_is_still_there_when_it_is_left() {
    let bed = Bed::start();
    for full in [false, true] {
        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&["local"]));
        terminal.keys("echo rea''dy\r");
        terminal.shows("ready\r\n").await;
        if full {
            terminal.keys("printf '\\033[?1049h\\033[H\\033[2;9rfu''ll'; read x\r");
            terminal.shows("full").await;
        } else {
            terminal.keys("printf '\\033[?1h\\033[?25lquiet\\n'; read x\r");
            terminal.shows("quiet\r\n").await;
        }
        terminal.keys("\r~.");
        running.ended().await;
        until("all was printed", || {
            let printed = terminal.printed();
            printed.ends_with('\n') && printed.contains("left;")
        })
        .await;
        let mut screen = Screen::new(90, 30);
        screen.feed(b"$ one\r\ntwo\r\nthree\r\n");
        screen.feed(terminal.printed().as_bytes());
        let rows: Vec<String> = (0..30).map(|row| screen.row_text(row)).collect();
        assert_eq!(rows[..3], ["$ one", "two", "three"], "{rows:#?}");
        let ready =
            rows.iter().rposition(|row| ["ready", "# ready", "$ ready"].contains(&row.as_str()));
        let ready =
            ready.unwrap_or_else(|| panic!("it is gone: {rows:#?}, {:?}", terminal.printed()));
        let left = rows.iter().position(|row| row.starts_with("left;")).expect("it isn't said");
        assert!(ready < left && rows[left + 1..].iter().all(String::is_empty), "{rows:#?}");
        assert!(screen.cursor().is_some(), "the cursor is hidden");
        assert!(!screen.modes().application_cursor());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_there_set_no_title_and_no_clipboard_unless_they_are_trusted() {
    let bed = Bed::start();
    let line = r"printf '\033]52;c;ZXZpbA==\007\033]2;ti''tle\007be''hind\n'";
    for trusted in [false, true] {
        let terminal = Terminal::new();
        let words = ["box", "--no-keep", "--trust"];
        let running = terminal.start(&bed.command(&words[..2 + usize::from(trusted)]));
        terminal.keys(&format!("{line}\r"));
        terminal.shows("behind\r\n").await;
        let printed = terminal.printed();
        assert_eq!(printed.contains("\x1b]52;c;ZXZpbA=="), trusted, "{printed:?}");
        assert_eq!(printed.contains("\x1b]2;title"), trusted, "{printed:?}");
        terminal.keys("exit\r");
        assert_eq!(running.ended().await.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_shell_of_somebody_else_goes_on_when_it_is_left() {
    let bed = Bed::start();
    for host in HOSTS {
        let theirs = Terminal::new();
        let running = theirs.start(&bed.command(&[host, "--no-keep"]));
        theirs.keys("MINE=my; echo rea''dy\r");
        theirs.shows("ready\r\n").await;
        let id = bed.listed().pop().unwrap();
        let ours = Terminal::new();
        let attached = ours.start(&bed.command(&["--attach", &id]));
        ours.shows("ready").await;
        ours.keys("\r~.");
        assert_eq!(attached.ended().await.code(), Some(0), "{host}: {}", ours.printed());
        ours.shows("it goes on").await;
        theirs.keys("echo still $MINE''s\r");
        theirs.shows("still mys\r\n").await;
        theirs.keys("exit 4\r");
        assert_eq!(running.ended().await.code(), Some(4), "{host}");
        assert_eq!(bed.listed(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_paste_waits_for_its_program_and_arrives_whole() {
    let bed = Bed::start();
    let terminal = Terminal::new();
    let running = terminal.start(&bed.command(&["local", "--no-keep", "--escape", "none"]));
    // More than waits anywhere: in the engine, here, and in the terminals between.
    let (count, go) = (6 << 20, bed.sockets.path().join("go"));
    let (file, go) = (bed.sockets.path().join("pasted"), go.display());
    terminal.keys(&format!(
        "stty raw -echo; echo rea''dy; until [ -e {go} ]; do sleep 0.1; done; head -c {count} > {}; stty sane; exit 6\r",
        file.display()
    ));
    terminal.shows("ready").await;
    let pasted: String = (0..count / 8).map(|at| format!("{at:07}\n")).collect();
    let (terminal, typed) = (Arc::new(terminal), Arc::new(AtomicUsize::new(0)));
    let typing = {
        let (terminal, pasted, typed) = (Arc::clone(&terminal), pasted.clone(), Arc::clone(&typed));
        std::thread::spawn(move || {
            for piece in pasted.as_bytes().chunks(8000) {
                terminal.keys(std::str::from_utf8(piece).unwrap());
                typed.fetch_add(piece.len(), Ordering::Relaxed);
            }
        })
    };
    until("as much waits as may", || typed.load(Ordering::Relaxed) > (4 << 20) + (64 << 10)).await;
    fs::write(bed.sockets.path().join("go"), "").unwrap();
    assert_eq!(running.ended().await.code(), Some(6), "{}", terminal.printed());
    typing.join().unwrap();
    assert!(fs::read_to_string(&file).unwrap() == pasted, "what was pasted is not what arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_program_reads_nothing_can_be_left_behind_a_large_paste() {
    let bed = Bed::start();
    let terminal = Terminal::new();
    let running = terminal.start(&bed.command(&["local", "--no-keep"]));
    terminal.keys("stty raw -echo; echo rea''dy; exec sleep 1000\r");
    terminal.shows("ready").await;
    let terminal = Arc::new(terminal);
    let typing = {
        let terminal = Arc::clone(&terminal);
        std::thread::spawn(move || {
            let piece = "0123456\n".repeat(1000);
            // More than waits anywhere: in the engine, and in the terminals between.
            for _ in 0..(6 << 20) / piece.len() {
                terminal.keys(&piece);
            }
            terminal.keys("\r~.");
        })
    };
    assert_eq!(running.ended().await.code(), Some(0), "{}", terminal.printed());
    typing.join().unwrap();
    terminal.shows("bytes were not sent").await;
    assert_eq!(bed.listed(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_one_that_is_left_behind_a_large_paste_leaves_no_client_on_its_host() {
    let bed = Bed::start();
    for host in HOSTS {
        let terminal = Terminal::new();
        let running = terminal.start(&bed.command(&[host]));
        terminal.keys("stty raw -echo; echo rea''dy; exec sleep 1000\r");
        terminal.shows("ready").await;
        let id = bed.listed().pop().unwrap();
        let (terminal, ended) = (Arc::new(terminal), Arc::new(AtomicBool::new(false)));
        let typing = {
            let (terminal, ended) = (Arc::clone(&terminal), Arc::clone(&ended));
            std::thread::spawn(move || {
                let piece = "0123456\n".repeat(1000);
                for _ in 0..(3 << 20) / piece.len() {
                    if !ended.load(Ordering::Relaxed) {
                        terminal.keys(&piece);
                    }
                }
                terminal.keys("\r~.");
            })
        };
        let status = running.ended().await;
        ended.store(true, Ordering::Relaxed);
        typing.join().unwrap();
        assert_eq!(status.code(), Some(0), "{host}: {}", terminal.printed());
        // What keeps the shell is there, and nobody else.
        until("its client has gone", || tmux_of(&id).len() < 2).await;
        assert_eq!(tmux_of(&id).len(), 1, "{host}");
        assert_eq!(bed.listed(), [id.as_str()], "{host}");
        let closed = baton_tests::Run::of(bed.command(&["--close", &id]).output().unwrap());
        assert_eq!(closed.status, Some(0), "{closed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_a_host_are_listed_by_its_name_too() {
    let bed = Bed::start();
    let named = "[host.box]\nname = \"The Box\"\nssh_config = \"box\"\n";
    fs::write(bed.home.hosts_toml(), named).unwrap();
    let terminal = Terminal::new();
    let running = terminal.start(&bed.command(&["box"]));
    terminal.keys("echo rea''dy\r");
    terminal.shows("ready\r\n").await;
    for (name, count) in [("box", 1), ("The Box", 1), ("local", 0)] {
        let listed = bed.command(&["--list", name, "--json"]).output().unwrap();
        let listed = baton_tests::Run::of(listed);
        assert_eq!(listed.status, Some(0), "{listed:?}");
        assert_eq!(listed.json()["terminals"].as_array().unwrap().len(), count, "{name}");
    }
    let missing = baton_tests::Run::of(bed.command(&["--list", "nothing"]).output().unwrap());
    assert_eq!(missing.status, Some(4), "{missing:?}");
    terminal.keys("exit 3\r");
    assert_eq!(running.ended().await.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_removed_says_how_many_of_its_terminals_were_closed() {
    let bed = Bed::start();
    for (count, said) in [
        (0, None),
        (1, Some("closed 1 terminal of it: its shell ends")),
        (2, Some("closed 2 terminals of it: their shells end")),
    ] {
        let new = ["session", "new", "--agent", "shell", "--host", "box", "--cwd", "/usr"];
        let made = bed.home.baton(&[&new[..], &["--name", "work"]].concat());
        assert_eq!(made.status, Some(0), "{made:?}");
        for place in std::iter::repeat_n("work", count).chain(["box"]) {
            let terminal = Terminal::new();
            let running = terminal.start(&bed.command(&[place]));
            terminal.keys("echo rea''dy\r");
            terminal.shows("ready\r\n").await;
            terminal.keys("\r~.");
            assert_eq!(running.ended().await.code(), Some(0), "{}", terminal.printed());
        }
        let removed = bed.home.baton(&["session", "remove", "work", "--json"]);
        assert_eq!(removed.status, Some(0), "{removed:?}");
        assert_eq!(removed.json()["closed_terminals"], count);
        match said {
            Some(said) => assert!(removed.stderr.contains(said), "{removed:?}"),
            None => assert!(!removed.stderr.contains("closed"), "{removed:?}"),
        }
        let left = bed.listed();
        let [other] = &left[..] else { panic!("{left:?}") };
        let closed = baton_tests::Run::of(bed.command(&["--close", other]).output().unwrap());
        assert_eq!(closed.status, Some(0), "{closed:?}");
    }
}
