//! The built-in ssh client against a real sshd.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use orchestrator::transport::{
    Channel, ChannelExit, ChannelRequest, ForwardTarget, Link, OpenError, TerminalSize,
    TransportError,
};
use support::{Output, PATIENCE, TestSshd, output};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

fn command(line: &str) -> ChannelRequest {
    ChannelRequest::Command(line.to_owned())
}

async fn open(link: &dyn Link, line: &str) -> Channel {
    timeout(PATIENCE, link.open(&command(line))).await.expect("no answer").unwrap()
}

async fn run(link: &dyn Link, line: &str) -> Output {
    let channel = open(link, line).await;
    timeout(PATIENCE, output(channel)).await.expect("no end")
}

/// Bytes in which no two neighbourhoods are alike.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[tokio::test]
async fn a_command_has_three_streams_and_a_status() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let got = run(&*link, "cat; echo to stderr >&2; exit 7").await;
    assert_eq!((got.stdout, got.stderr), (Vec::new(), b"to stderr\n".to_vec()));
    assert_eq!(got.exit, ChannelExit::Status(7));

    let mut channel = open(&*link, "cat").await;
    channel.stdin.write_all(b"what I say\0\xff").await.unwrap();
    assert_eq!(output(channel).await.stdout, b"what I say\0\xff");
}

#[tokio::test]
async fn a_signal_is_told_by_its_name() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    for name in ["KILL", "TERM", "USR1"] {
        let got = run(&*link, &format!("kill -s {name} $$")).await;
        assert_eq!(got.exit, ChannelExit::Signal(name.to_owned()));
    }
}

#[tokio::test]
async fn much_goes_both_ways_at_once() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    for length in [200_000, 8 << 20] {
        let sent = noise(length);
        let Channel { mut stdin, mut stdout, exit, .. } = open(&*link, "cat").await;
        let writing = async {
            stdin.write_all(&sent).await.unwrap();
            drop(stdin);
        };
        let mut got = Vec::new();
        let reading = stdout.read_to_end(&mut got);
        let both = async { tokio::join!(writing, reading).1.unwrap() };
        timeout(PATIENCE, both).await.expect("a deadlock");
        assert!(got == sent, "{} of {length} bytes", got.len());
        assert_eq!(exit.await.unwrap(), ChannelExit::Status(0));
    }
}

#[tokio::test]
async fn standard_input_waits_for_a_program_that_does_not_read() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let mut channel = open(&*link, "read line; echo \"$line\"; cat | wc -c").await;
    channel.stdin.write_all(b"go\n").await.unwrap();
    let mut sleeper = open(&*link, "sleep 600").await;
    let chunk = noise(1 << 16);
    let filled = async {
        let mut taken = 0;
        // sshd's window is 2 MiB; what follows stays here.
        while timeout(Duration::from_millis(500), sleeper.stdin.write_all(&chunk)).await.is_ok() {
            taken += chunk.len();
            assert!(taken < 64 << 20, "no limit");
        }
    };
    timeout(PATIENCE, filled).await.expect("never full");
    // The full channel doesn't keep another one from sending.
    channel.stdin.write_all(&chunk).await.unwrap();
    let got = timeout(PATIENCE, output(channel)).await.expect("blocked by another channel");
    assert_eq!(String::from_utf8_lossy(&got.stdout), "go\n65536\n");
}

#[tokio::test]
async fn the_status_can_be_known_before_the_streams_are_read() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let mut channel = open(&*link, "head -c 5000000 /dev/zero; exit 3").await;
    assert_eq!(
        timeout(PATIENCE, &mut channel.exit).await.unwrap().unwrap(),
        ChannelExit::Status(3)
    );
    let mut got = Vec::new();
    channel.stdout.read_to_end(&mut got).await.unwrap();
    assert_eq!(got.len(), 5_000_000);
}

#[tokio::test]
async fn writing_to_a_program_that_ended_is_a_broken_pipe() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let mut channel = open(&*link, "exit 0").await;
    assert_eq!((&mut channel.exit).await.unwrap(), ChannelExit::Status(0));
    let broken = async {
        loop {
            if let Err(error) = channel.stdin.write_all(&[0; 1 << 14]).await {
                break error;
            }
        }
    };
    let error = timeout(PATIENCE, broken).await.expect("it takes bytes for ever");
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn a_terminal_has_its_name_and_follows_its_size() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let request = ChannelRequest::Terminal {
        command: "trap 'stty size; exit 5' WINCH; echo $TERM; stty size; echo err >&2; echo ready; while :; do sleep 0.05; done".to_owned(),
        term: "xterm-256color".to_owned(),
        size: TerminalSize { columns: 91, rows: 33 },
    };
    let mut channel = timeout(PATIENCE, link.open(&request)).await.unwrap().unwrap();
    let mut seen = String::new();
    let until = async |seen: &mut String,
                       word: &str,
                       stdout: &mut (dyn tokio::io::AsyncRead + Send + Unpin)| {
        let mut part = [0; 256];
        while !seen.contains(word) {
            let n = timeout(PATIENCE, stdout.read(&mut part)).await.expect("silence").unwrap();
            assert!(n > 0, "ended at {seen:?}");
            seen.push_str(&String::from_utf8_lossy(&part[..n]));
        }
    };
    until(&mut seen, "ready", &mut channel.stdout).await;
    assert_eq!(
        seen.split_whitespace().collect::<Vec<_>>(),
        ["xterm-256color", "33", "91", "err", "ready"]
    );
    channel.resize.as_ref().unwrap()(TerminalSize { columns: 120, rows: 40 });
    until(&mut seen, "40 120", &mut channel.stdout).await;
    assert_eq!(timeout(PATIENCE, channel.exit).await.unwrap().unwrap(), ChannelExit::Status(5));
    assert!(open(&*link, "true").await.resize.is_none());
}

#[tokio::test]
async fn a_subsystem_is_opened_and_a_missing_one_is_named() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let sftp = ChannelRequest::Subsystem("sftp".to_owned());
    let mut channel = link.open(&sftp).await.unwrap();
    // SSH_FXP_INIT, version 3.
    channel.stdin.write_all(&[0, 0, 0, 5, 1, 0, 0, 0, 3]).await.unwrap();
    let mut answer = [0; 5];
    timeout(PATIENCE, channel.stdout.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer[4], 2, "SSH_FXP_VERSION");

    let refused = link.open(&ChannelRequest::Subsystem("nothing".to_owned())).await.unwrap_err();
    let OpenError::Failed(TransportError::Unsupported { what, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(what.contains("nothing"), "{what}");
    assert_eq!(run(&*link, "echo on").await.stdout, b"on\n");
}

#[tokio::test]
async fn variables_that_the_server_accepts_arrive() {
    let sshd = TestSshd::start("AcceptEnv BATON_*");
    let mut config = sshd.config();
    config.environment = vec![("BATON_A".into(), "a b".into()), ("OTHER".into(), "c".into())];
    let link = orchestrator::transport::Transport::connect(&sshd.transport(config, None)).await;
    let got = run(&*link.unwrap(), "echo \"$BATON_A/$OTHER\"").await;
    assert_eq!(String::from_utf8_lossy(&got.stdout), "a b/\n");
}

#[tokio::test]
async fn a_server_that_takes_no_more_sessions_is_full_and_has_room_again() {
    let sshd = TestSshd::start("MaxSessions 3");
    let link = sshd.link().await;
    let mut open_ones = Vec::new();
    for _ in 0..3 {
        open_ones.push(open(&*link, "cat").await);
    }
    for _ in 0..3 {
        assert!(matches!(link.open(&command("true")).await, Err(OpenError::Full)));
    }
    assert_eq!(output(open_ones.pop().unwrap()).await.exit, ChannelExit::Status(0));
    assert_eq!(run(&*link, "echo room").await.stdout, b"room\n");
}

#[tokio::test]
async fn dropped_channels_give_their_sessions_back() {
    let sshd = TestSshd::start("MaxSessions 2");
    let link = sshd.link().await;
    let begun = Instant::now();
    let mut opened = 0;
    while opened < 20 {
        // An asker who gives up half-way, too.
        drop(timeout(Duration::from_millis(1), link.open(&command("cat"))).await);
        match link.open(&command("cat")).await {
            Ok(channel) => {
                opened += 1;
                drop(channel);
            }
            Err(OpenError::Full) => assert!(begun.elapsed() < PATIENCE, "full for ever"),
            Err(OpenError::Failed(error)) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_written_arrives_even_if_nobody_waits_for_the_end() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let file = sshd.path("written");
    let Channel { mut stdin, .. } = open(&*link, &format!("cat > {}", file.display())).await;
    let sent = noise(3 << 20);
    stdin.write_all(&sent).await.unwrap();
    drop(stdin);
    let begun = Instant::now();
    while std::fs::read(&file).unwrap_or_default() != sent {
        assert!(begun.elapsed() < PATIENCE, "it never arrived");
        tokio::time::sleep(Duration::from_millis(10)).await; // wait: between two looks
    }
}

#[tokio::test]
async fn a_reader_that_stalls_stops_nobody_else() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let mut stalled = open(&*link, "yes").await;
    // Until far more is on its way than memory and the window hold.
    let spilled = async {
        while spilled_bytes() < 48 << 20 {
            tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
        }
    };
    timeout(PATIENCE, spilled).await.expect("yes was throttled");
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(run(&*link, "true").await.exit, ChannelExit::Status(0));
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    // And nothing of it was lost.
    let mut part = vec![0; 4 << 20];
    timeout(PATIENCE, stalled.stdout.read_exact(&mut part)).await.unwrap().unwrap();
    assert!(part.chunks(2).all(|line| line == b"y\n"));
}

/// Bytes in files without a name that this process holds.
fn spilled_bytes() -> u64 {
    let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let nameless = files.filter(|fd| {
        std::fs::read_link(fd.path())
            .is_ok_and(|name| name.to_string_lossy().ends_with(" (deleted)"))
    });
    nameless.filter_map(|fd| std::fs::metadata(fd.path()).ok()).map(|file| file.len()).sum()
}

#[tokio::test]
async fn a_reader_too_far_behind_loses_its_channel_and_nobody_else_does() {
    let sshd = TestSshd::start("");
    let mut settings = sshd.settings();
    settings.spill.limit_bytes = 4 << 20;
    let host = orchestrator::host::HostId::new("box");
    let native = orchestrator::transport::native::Native::new(host, sshd.config(), settings, None);
    let link = orchestrator::transport::Transport::connect(&native).await.unwrap();
    let mut stalled = open(&*link, "yes").await;
    let ended = timeout(PATIENCE, &mut stalled.exit).await.expect("no limit");
    assert!(
        matches!(ended, Err(TransportError::TooLarge { limit_bytes, .. }) if limit_bytes == 4 << 20)
    );
    let mut got = Vec::new();
    let error = stalled.stdout.read_to_end(&mut got).await.unwrap_err();
    assert!(error.to_string().contains("4194304"), "{error}");
    assert!(got.len() >= 4 << 20, "{}", got.len());
    assert_eq!(run(&*link, "echo on").await.stdout, b"on\n");
}

#[tokio::test]
async fn a_port_there_is_reached_through_a_port_here() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = echo.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = echo.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.ok(); // either side may hang up first
            });
        }
    });
    let target = ForwardTarget { host: "127.0.0.1".to_owned(), port };
    let forward = link.forward(&target).await.unwrap();
    assert!(forward.address().ip().is_loopback());
    let sent = noise(1 << 20);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(forward.address()).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let mut got = Vec::new();
        let both = async {
            let write = async {
                writing.write_all(&sent).await.unwrap();
                writing.shutdown().await.unwrap();
            };
            tokio::join!(write, reading.read_to_end(&mut got)).1.unwrap();
        };
        timeout(PATIENCE, both).await.expect("stuck");
        assert!(got == sent, "{}", got.len());
    }
    let address = forward.address();
    let mut held = TcpStream::connect(address).await.unwrap();
    drop(forward);
    assert_eq!(timeout(PATIENCE, held.read(&mut [0])).await.unwrap().unwrap_or(0), 0, "cut");
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "it goes on listening");
    }
}

#[tokio::test]
async fn a_server_that_forbids_forwarding_ends_each_connection_at_once() {
    let sshd = TestSshd::start("AllowTcpForwarding no");
    let link = sshd.link().await;
    let target = ForwardTarget { host: "127.0.0.1".to_owned(), port: sshd.port };
    let forward = link.forward(&target).await.unwrap();
    let mut stream = TcpStream::connect(forward.address()).await.unwrap();
    assert_eq!(timeout(PATIENCE, stream.read(&mut [0])).await.unwrap().unwrap_or(0), 0, "ended");
    assert_eq!(run(&*link, "echo on").await.stdout, b"on\n");
}

#[tokio::test]
async fn a_server_that_dies_is_a_lost_connection_everywhere() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let mut channel = open(&*link, "echo begun; cat").await;
    let mut begun = [0; 6];
    channel.stdout.read_exact(&mut begun).await.unwrap();
    sshd.kill_connections();
    let lost = timeout(PATIENCE, link.lost()).await.expect("not noticed");
    assert!(matches!(lost, TransportError::ConnectionLost { .. }), "{lost:?}");
    let exit = timeout(PATIENCE, channel.exit).await.expect("no end");
    assert!(matches!(exit, Err(TransportError::ConnectionLost { .. })), "{exit:?}");
    assert!(channel.stdout.read(&mut begun).await.is_err(), "no end of file, for it isn't one");
    let refused = link.open(&command("true")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Failed(TransportError::ConnectionLost { .. })));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_noticed_by_keepalives() {
    for busy in [false, true] {
        let sshd = TestSshd::start("");
        let mut config = sshd.config();
        config.keepalive_interval = Duration::from_secs(1);
        config.keepalive_count = 2;
        let link = orchestrator::transport::Transport::connect(&sshd.transport(config, None)).await;
        let link = link.unwrap();
        let mut channel = open(&*link, "cat").await;
        sshd.freeze_connections();
        if busy {
            // Fills the socket, so that no keepalive can be sent at all.
            tokio::spawn(
                async move { while channel.stdin.write_all(&[0; 1 << 16]).await.is_ok() {} },
            );
        }
        let lost = timeout(PATIENCE, link.lost()).await.expect("not noticed");
        assert!(matches!(lost, TransportError::ConnectionLost { .. }), "{lost:?}");
    }
}

#[tokio::test]
async fn closing_ends_the_connection_and_not_the_programs() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let file = sshd.path("still-there");
    let line = format!(
        "trap '' HUP; echo begun; while ! test -e {0}; do sleep 0.05; done; echo > {0}.seen",
        file.display()
    );
    let mut channel = open(&*link, &line).await;
    channel.stdout.read_exact(&mut [0; 6]).await.unwrap();
    timeout(PATIENCE, link.close()).await.unwrap();
    timeout(PATIENCE, link.lost()).await.expect("still open");
    std::fs::write(&file, "").unwrap();
    let begun = Instant::now();
    while !sshd.path("still-there.seen").exists() {
        assert!(begun.elapsed() < PATIENCE, "the program died");
        tokio::time::sleep(Duration::from_millis(10)).await; // wait: between two looks
    }
}

#[tokio::test]
async fn a_link_that_is_dropped_with_its_channels_leaves_the_server() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let channel = open(&*link, "cat").await;
    drop(link);
    let mut channel = channel;
    channel.stdin.write_all(b"still here").await.unwrap();
    assert_eq!(output(channel).await.stdout, b"still here");
    let begun = Instant::now();
    while !sshd.log().contains("closed") && !sshd.log().contains("disconnect") {
        assert!(begun.elapsed() < PATIENCE, "{}", sshd.log());
        tokio::time::sleep(Duration::from_millis(10)).await; // wait: between two looks
    }
}

#[tokio::test]
async fn an_idle_link_uses_no_processor() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    let Channel { stdin, stdout, stderr, exit, .. } = open(&*link, "sleep 600").await;
    let quiet = open(&*link, "sleep 600").await;
    drop((stdin, stdout, stderr));
    let before = cpu_seconds();
    tokio::time::sleep(Duration::from_secs(2)).await; // wait: the time in which it must be idle
    let used = cpu_seconds() - before;
    assert!(used < 0.2, "{used} s of 2");
    drop((exit, quiet));
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

#[tokio::test]
async fn two_hundred_commands_follow_each_other_on_one_link() {
    let sshd = TestSshd::start("");
    let link = sshd.link().await;
    for n in 0..200 {
        let got = run(&*link, &format!("echo {n}; exit {}", n % 5)).await;
        assert_eq!(got.stdout, format!("{n}\n").into_bytes());
        assert_eq!(got.exit, ChannelExit::Status(n % 5));
    }
}
