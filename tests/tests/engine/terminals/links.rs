//! Terminals over links that break.

use super::*;

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
        kill_tmux(&id);
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
        kill_tmux(&window.id);
        bed.wan().restore();
        window.until("lost", |window| matches!(window.state(), Some(TerminalState::Lost { .. }))).await;
        let Some(TerminalState::Lost { why }) = window.state() else { panic!() };
        assert!(why.message.contains("typed last was not read"), "{why:?}");
        window.close(&desk).await;
        desk.stop().await;
    }

    async fn a_host_whose_address_is_edited_has_its_shells_still(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, true).await;
        let mut other = bed.open(&desk, true).await;
        window.remember(&desk).await;
        bed.wan().cut();
        window.until("away", is_away).await;
        other.until("away", is_away).await;
        bed.is_at(bed.machine.sshd().port());
        window.until("open", is_open).await;
        window.still_remembers(&desk).await;
        window.close(&desk).await;
        other.close_all_of_it(&desk).await;
        desk.stop().await;
    }

    async fn a_host_whose_address_is_another_machines_has_its_shells_where_they_were(bed: Bed) {
        let (_sockets, other) = another_machine(&bed);
        let desk = bed.laptop.engine().await;
        let (mut window, mut closed) = (bed.open(&desk, true).await, bed.open(&desk, true).await);
        window.remember(&desk).await;
        bed.wan().cut();
        window.until("away", is_away).await;
        closed.until("away", is_away).await;
        let before = fs::read_to_string(bed.laptop.path("config/hosts.toml")).unwrap();
        bed.is_at(other.sshd().port());
        window.until("the other machine is asked", |window| match window.state() {
            Some(TerminalState::Away { why }) => why.code == Code::NotFound,
            Some(TerminalState::Lost { why }) => panic!("{why:?}"),
            _ => false,
        }).await;
        // What has its address now says nothing about its shells, also when one is closed.
        closed.close(&desk).await;
        // One that is opened from here on is there.
        let mut there = bed.open(&desk, true).await;
        assert!(servers_of(&closed.id) > 0, "who ended it?");
        bed.wan().restore();
        window.until("open", is_open).await;
        window.still_remembers(&desk).await;
        until("what was closed has ended", || servers_of(&closed.id) == 0).await;
        there.close_all_of_it(&desk).await;
        bed.laptop.write_hosts(&before);
        window.close_all_of_it(&desk).await;
        desk.stop().await;
    }

    async fn the_last_words_of_a_plain_shell_over_a_slow_link_are_all_there(bed: Bed) {
        let desk = bed.laptop.engine().await;
        let mut window = bed.open(&desk, false).await;
        // More than the way there holds: that the shell has ended is told before them.
        bed.wan().set_rate(2_000_000);
        window.type_(&desk, "seq 1500000; echo the last wor''ds; exit 7\r").await;
        let status = window.ended().await;
        assert_eq!(status, Some(7));
        let text = window.text();
        let tail = &text[text.len().saturating_sub(100)..];
        assert!(tail.contains("1499999\r\n1500000\r\nthe last words\r\n"), "{tail:?}");
        bed.wan().unset_rate();
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
        assert!(servers_of(&id) > 0, "who ended it?");
        // What was on its way when the link was cut is reset.
        reached(&desk).await;
        let mut next = bed.open(&desk, true).await;
        until("it has ended", || servers_of(&id) == 0).await;
        next.close(&desk).await;
        desk.stop().await;
    }
}

impl Bed {
    /// Edits the host's port.
    fn is_at(&self, port: u16) {
        let old = fs::read_to_string(self.laptop.path("config/hosts.toml")).unwrap();
        self.laptop.write_hosts(&old.replacen('\n', &format!("\nport = {port}\n"), 1));
    }
}

/// A tmux that doesn't find a socket by its path: on another machine there is none, and this one is the same in truth.
const ELSEWHERE: &str = r#"if [ "$2" = -S ]; then name=${3##*/}; shift 3; set -- -u -L "$name" "$@"; fi
exec bash -c 'exec -a tmux /usr/bin/tmux "$@"' tmux "$@"
"#;

/// One that lets the same person in, and which the laptop trusts; where its tmux servers are.
fn another_machine(bed: &Bed) -> (Sockets, AgentHost) {
    let first = bed.machine.sshd();
    let key = fs::read_to_string(first.key_path().with_extension("pub")).unwrap();
    let sockets = Sockets::new();
    let settings = TestSshd::builder()
        .environment("TMUX_TMPDIR", sockets.path().to_str().unwrap())
        .environment("SHELL", "/bin/bash")
        .accept_key(&key);
    let other = AgentHost::start_with(settings);
    other.write_program("tmux", ELSEWHERE);
    let known = fs::read_to_string(first.known_hosts_path()).unwrap();
    let both = format!("{known}{}\n", other.sshd().host_key_line());
    fs::write(first.known_hosts_path(), both).unwrap();
    (sockets, other)
}
