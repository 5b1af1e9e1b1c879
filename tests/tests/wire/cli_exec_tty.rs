//! `baton exec --tty` gives the program the person's terminal, and gives it back as it was.

use std::net::TcpListener;

use baton_tests::{Home, Terminal, TestSshd, sleepers, until};
use rustix::process::{Pid, Signal, kill_process};

const HOSTS: [&str; 3] = ["box", "own", "local"];

fn home(sshd: &TestSshd) -> Home {
    let home = Home::new(sshd.write_client_config("box", &[]));
    std::fs::write(home.hosts_toml(), "[host.own]\nssh_config = \"box\"\ntransport = \"native\"\n")
        .unwrap();
    home
}

fn exec(home: &Home, host: &str, script: &str) -> std::process::Command {
    home.command(&["exec", "--tty", host, "--", "sh", "-c", script])
}

#[tokio::test]
async fn the_program_has_a_terminal_of_the_same_kind_and_size_and_its_status_is_ours() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in HOSTS {
        let terminal = Terminal::new();
        let before = terminal.modes();
        let script = "tty <&0 && tty <&1 && tty <&2; stty size; echo term=$TERM; exit 42";
        let status = terminal.start(&exec(&home, host, script)).ended().await;
        assert_eq!(status.code(), Some(42), "{host}: {}", terminal.printed());
        terminal.shows("30 90\r\nterm=vt100\r\n").await;
        let printed = terminal.printed();
        assert_eq!(printed.matches("/dev/pts/").count(), 3, "{host}: {printed}");
        assert!(printed.starts_with("/dev/pts/"), "{host}: {printed:?}");
        assert!(printed.ends_with("term=vt100\r\n"), "{host}: {printed:?}");
        assert_eq!(terminal.modes(), before, "{host}");
    }
}

#[tokio::test]
async fn the_size_follows_the_window() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in HOSTS {
        let terminal = Terminal::new();
        let script = "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.05; done";
        let running = terminal.start(&exec(&home, host, script));
        terminal.shows("30 90\r\n").await;
        terminal.resize(101, 42);
        terminal.shows("42 101\r\n").await;
        assert!(running.ended().await.success(), "{host}");
    }
}

#[tokio::test]
async fn keys_go_to_the_program_as_they_are_typed_and_ctrl_c_is_one_of_them() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in HOSTS {
        let terminal = Terminal::new();
        let before = terminal.modes();
        let script = "trap 'echo interrupted; exit 3' INT; echo ready; read line; echo \"<$line>\"; \
                      while :; do sleep 0.05; done";
        let running = terminal.start(&exec(&home, host, script));
        terminal.shows("ready\r\n").await;
        assert_ne!(terminal.modes(), before, "{host}");
        terminal.keys("hello\r");
        // The host's terminal echoes, ours doesn't.
        terminal.shows("hello\r\n<hello>\r\n").await;
        terminal.keys("\x03");
        assert_eq!(running.ended().await.code(), Some(3), "{host}: {}", terminal.printed());
        terminal.shows("interrupted\r\n").await;
        assert_eq!(terminal.modes(), before, "{host}");
    }
}

#[tokio::test]
async fn the_terminal_is_as_before_when_nothing_could_be_connected() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sshd = TestSshd::start();
    let home = Home::new(sshd.write_client_config("box", &[&format!("Port {free}")]));
    let terminal = Terminal::new();
    let before = terminal.modes();
    let status = terminal.start(&exec(&home, "box", "true")).ended().await;
    assert_eq!(status.code(), Some(255));
    terminal.shows("hint:").await;
    assert_eq!(terminal.modes(), before);
}

#[tokio::test]
async fn the_terminal_is_as_before_when_the_connection_breaks() {
    let mut sshd = TestSshd::start();
    for host in ["box", "own"] {
        let home = home(&sshd);
        let terminal = Terminal::new();
        let before = terminal.modes();
        let running = terminal.start(&exec(&home, host, "echo ready; sleep 600"));
        terminal.shows("ready\r\n").await;
        sshd.stop();
        let status = running.ended().await;
        assert_eq!(status.code(), Some(255), "{host}: {}", terminal.printed());
        terminal.shows("error:").await;
        assert_eq!(terminal.modes(), before, "{host}");
        sshd.restart();
    }
}

#[tokio::test]
async fn the_terminal_is_as_before_when_baton_is_told_to_go_and_the_program_goes_too() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in HOSTS {
        for (sent, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
            let seconds = format!("{}.{}", fastrand::u32(3_000..90_000), fastrand::u32(1..90_000));
            let terminal = Terminal::new();
            let before = terminal.modes();
            let script = format!("echo ready; sleep {seconds}");
            let running = terminal.start(&exec(&home, host, &script));
            terminal.shows("ready\r\n").await;
            kill_process(Pid::from_raw(running.pid()).unwrap(), sent).unwrap();
            assert_eq!(running.ended().await.code(), Some(status), "{host}");
            assert_eq!(terminal.modes(), before, "{host}");
            until("the program is gone", || sleepers(&seconds).is_empty()).await;
        }
    }
}

#[tokio::test]
async fn who_reads_no_more_of_a_terminal_ends_the_program_in_it() {
    let sshd = TestSshd::start();
    let home = home(&sshd);
    for host in HOSTS {
        let word = format!("no-more-{host}-{}", std::process::id());
        let terminal = Terminal::new();
        let before = terminal.modes();
        let (mut from, to) = std::io::pipe().unwrap();
        let running = terminal.start_with(&exec(&home, host, &format!("yes {word}")), |command| {
            command.stdout(to);
        });
        let mut first = vec![0; word.len()];
        std::io::Read::read_exact(&mut from, &mut first).unwrap();
        assert_eq!(first, word.as_bytes());
        drop(from);
        running.ended().await;
        assert_eq!(terminal.modes(), before, "{host}");
    }
}
