use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use baton_tests::{TestSshd, Wan};

use crate::support::{run, ssh, stdout, wait_for};

const ONE_WAY: Duration = Duration::from_millis(25);
/// Long enough to say "nothing comes": ten times what an echo takes at most in these tests.
const SILENCE: Duration = Duration::from_millis(500);

/// A server that sends everything back, for as long as the test process lives.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut back = stream.try_clone().unwrap();
                if std::io::copy(&mut stream, &mut back).is_ok() {
                    back.shutdown(std::net::Shutdown::Write).ok(); // the other side may be gone first
                }
            });
        }
    });
    address
}

fn connect(wan: &Wan) -> TcpStream {
    let stream = TcpStream::connect(wan.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends a word and waits for its echo.
fn echo(stream: &mut TcpStream, word: &str) -> String {
    stream.write_all(word.as_bytes()).unwrap();
    let mut answer = vec![0; word.len()];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let answer = stream.read(&mut [0; 64]);
    stream.set_read_timeout(None).unwrap();
    matches!(answer, Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn is_reset(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.read(&mut [0; 64]).is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn every_byte_takes_the_delay_both_ways() {
    let wan = Wan::start(echo_server(), ONE_WAY);
    let mut stream = connect(&wan);
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(echo(&mut stream, "ping"), "ping");
        assert!(start.elapsed() >= 2 * ONE_WAY, "{:?}", start.elapsed());
    }
}

#[test]
fn the_delay_does_not_limit_the_throughput() {
    let wan = Wan::start(echo_server(), ONE_WAY);
    let mut stream = connect(&wan);
    let mut writer = stream.try_clone().unwrap();
    let size = 32 * 1024 * 1024;
    let data: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
    let copy = data.clone();
    let start = Instant::now();
    let sender = thread::spawn(move || {
        writer.write_all(&copy).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut back = Vec::with_capacity(size);
    stream.read_to_end(&mut back).unwrap();
    sender.join().unwrap();
    assert!(back == data, "the bytes come back as they went, {} of {size}", back.len());
    // One parcel a round trip would take 102 s.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_rate_slows_the_link_down_to_it() {
    let wan = Wan::start(echo_server(), Duration::ZERO);
    wan.set_rate(200_000);
    let mut stream = connect(&wan);
    let start = Instant::now();
    echo(&mut stream, &"x".repeat(100_000));
    assert!(start.elapsed() >= Duration::from_millis(490), "{:?}", start.elapsed());
    wan.unset_rate();
    assert_eq!(echo(&mut stream, "quick again"), "quick again");
}

#[test]
fn a_cut_is_silent_and_what_lost_bytes_is_reset_afterwards() {
    let wan = Wan::start(echo_server(), ONE_WAY);
    let (mut hurt, mut idle) = (connect(&wan), connect(&wan));
    assert_eq!(echo(&mut hurt, "before"), "before");
    assert_eq!(echo(&mut idle, "before"), "before");

    wan.cut();
    hurt.write_all(b"lost").unwrap();
    let mut late = connect(&wan);
    late.write_all(b"hello?").unwrap();
    assert!(is_silent(&mut hurt));
    assert!(is_silent(&mut late));
    assert_eq!(wan.connections(), 3);

    wan.restore();
    assert!(is_reset(&mut hurt));
    assert!(is_reset(&mut late));
    assert_eq!(echo(&mut idle, "unhurt"), "unhurt");
    assert_eq!(echo(&mut connect(&wan), "new"), "new");
}

#[test]
fn a_cut_takes_what_is_on_its_way() {
    let wan = Wan::start(echo_server(), Duration::ZERO);
    let mut stream = connect(&wan);
    assert_eq!(echo(&mut stream, "before"), "before");
    wan.set_one_way(Duration::from_secs(60));
    stream.write_all(b"on its way").unwrap();
    assert!(is_silent(&mut stream));
    wan.cut();
    wan.restore();
    assert!(is_reset(&mut stream));
}

#[test]
fn a_pause_holds_bytes_and_loses_none() {
    let wan = Wan::start(echo_server(), Duration::ZERO);
    let mut stream = connect(&wan);
    assert_eq!(echo(&mut stream, "before"), "before");
    wan.pause();
    stream.write_all(b"held").unwrap();
    assert!(is_silent(&mut stream));
    wan.resume();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"held");
}

#[test]
fn a_reset_ends_every_connection() {
    let wan = Wan::start(echo_server(), Duration::ZERO);
    let (mut one, mut other) = (connect(&wan), connect(&wan));
    assert_eq!(echo(&mut one, "up"), "up");
    assert_eq!(echo(&mut other, "up"), "up");
    wan.reset();
    assert!(is_reset(&mut one));
    assert!(is_reset(&mut other));
    wait_for("both are forgotten", || wan.connections() == 0);
    assert_eq!(echo(&mut connect(&wan), "new"), "new");
}

#[test]
fn a_server_that_is_not_there_resets_the_client() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let wan = Wan::start(nobody, Duration::ZERO);
    assert!(is_reset(&mut connect(&wan)));
}

#[test]
fn ssh_runs_through_it_and_notices_a_cut_by_its_keepalives() {
    let sshd = TestSshd::start();
    let wan = Wan::start(sshd.address(), ONE_WAY);
    let alive = ["ServerAliveInterval 1", "ServerAliveCountMax 2"];
    let config = sshd.write_client_config_through("far", wan.port(), &alive);
    let start = Instant::now();
    assert_eq!(stdout(&run(&config, &["far", "echo over there"])), "over there\n");
    assert!(start.elapsed() >= 8 * ONE_WAY, "a login takes at least four round trips");

    let mut client = ssh(&config, &["far", "echo up; exec sleep 600"]);
    let mut client = client.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut up = String::new();
    BufReader::new(client.stdout.as_mut().unwrap()).read_line(&mut up).unwrap();
    assert_eq!(up, "up\n");
    wan.cut();
    let mut complaint = String::new();
    client.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(255));
    assert!(complaint.contains("not responding"), "{complaint}");
}
