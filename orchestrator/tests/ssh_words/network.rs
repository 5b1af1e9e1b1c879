//! Names, routes, ports, servers that aren't sshd, and connections that break.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use orchestrator::transport::TransportError as E;
use orchestrator::transport::stderr::Phase;

use crate::bed::{Bed, answer_with, serve_once, stay_silent};

#[test]
fn a_name_without_an_address() {
    let bed = Bed::start();
    let error =
        bed.hear(bed.ssh(&[], &["no-such-host.invalid", "true"])).explain(Phase::Connecting);
    assert!(matches!(error, E::HostUnresolved { .. }), "{error:?}");
}

#[test]
fn a_port_where_nobody_listens() {
    let bed = Bed::start();
    let error = bed.refused(&["-p", "1"]);
    assert!(matches!(error, E::ConnectionRefused { .. }), "{error:?}");
}

/// In a network namespace of its own, where `set_up` decides which ways there are.
fn in_a_namespace(set_up: &str) -> E {
    let bed = Bed::start();
    let script = format!("{set_up}\nexec \"$@\"");
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let flags = if root { "-n" } else { "-rn" };
    let program = ["unshare", flags, "sh", "-c", &script, "sh"];
    bed.hear(bed.ssh(&program, &["192.0.2.1", "true"])).explain(Phase::Connecting)
}

#[test]
fn a_machine_without_a_network() {
    let error = in_a_namespace("");
    assert!(matches!(error, E::NoRoute { .. }), "{error:?}");
    assert!(error.to_string().contains("Network is unreachable"), "{error}");
}

#[test]
fn a_host_without_a_route() {
    let error = in_a_namespace("ip link set lo up; ip route add unreachable 192.0.2.1");
    assert!(error.to_string().contains("No route to host"), "{error}");
    assert!(matches!(error, E::NoRoute { .. }), "{error:?}");
}

#[test]
fn a_firewall_that_forbids_to_connect_is_no_refused_key() {
    let error = in_a_namespace("ip link set lo up; ip route add prohibit 192.0.2.1");
    assert!(error.to_string().contains("Permission denied"), "{error}");
    assert!(matches!(error, E::NoRoute { .. }), "{error:?}");
}

#[test]
fn a_server_that_hangs_up_at_once() {
    let bed = Bed::start();
    let error = bed.refused(&["-p", &serve_once(drop)]);
    assert!(matches!(error, E::ConnectionClosed { .. }), "{error:?}");

    let port = serve_once(|mut stream: TcpStream| {
        assert!(stream.read(&mut [0; 256]).unwrap() > 0);
        stream.shutdown(Shutdown::Write).unwrap();
        stay_silent(stream);
    });
    let error = bed.refused(&["-p", &port]);
    assert!(matches!(error, E::ConnectionClosed { .. }), "{error:?}");
}

#[test]
fn a_server_that_hangs_up_during_the_key_exchange() {
    let bed = Bed::start();
    let error = bed.refused(&["-p", &serve_once(answer_with(b"SSH-2.0-words\r\n"))]);
    assert!(matches!(error, E::ConnectionClosed { .. }), "{error:?}");
}

#[test]
fn a_server_that_is_no_sshd() {
    let bed = Bed::start();
    let web = answer_with(b"HTTP/1.1 400 Bad Request\r\nServer: words\r\n\r\n");
    let error = bed.refused(&["-p", &serve_once(web)]);
    assert!(matches!(error, E::ConnectionClosed { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("not be sshd"), "{error:?}");
}

#[test]
fn a_server_that_speaks_the_old_protocol() {
    let bed = Bed::start();
    let error = bed.refused(&["-p", &serve_once(answer_with(b"SSH-1.5-words\r\n"))]);
    assert!(matches!(error, E::KexFailed { .. }), "{error:?}");
}

#[test]
fn a_server_that_sends_nonsense() {
    let bed = Bed::start();
    let mut nonsense = b"SSH-2.0-words\r\n".to_vec();
    nonsense.resize(2000, 0xff);
    let port = serve_once(answer_with(nonsense.leak()));
    let error = bed.refused(&["-p", &port]);
    assert!(matches!(error, E::ConnectionClosed { .. }), "{error:?}");
}

#[test]
fn a_server_that_never_says_a_word() {
    let bed = Bed::start();
    let error = bed.refused(&["-o", "ConnectTimeout=1", "-p", &serve_once(stay_silent)]);
    assert!(matches!(error, E::ConnectionTimedOut { .. }), "{error:?}");
}

#[test]
fn a_connection_whose_server_dies() {
    let bed = Bed::start();
    let error = bed.lose(&["-i", &bed.at("good")], || bed.kill_sessions());
    assert!(matches!(error, E::ConnectionLost { .. }), "{error:?}");
    assert!(error.to_string().contains("closed by remote host"), "{error}");
}

#[test]
fn a_connection_that_goes_silent() {
    let bed = Bed::start();
    let silent = Arc::new(AtomicBool::new(false));
    let upstream = ("127.0.0.1", bed.port);
    let port = serve_once({
        let silent = silent.clone();
        move |client| {
            let server = TcpStream::connect(upstream).unwrap();
            let up = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let quiet = silent.clone();
            let there = thread::spawn(move || carry(up.0, up.1, &quiet));
            carry(server, client, &silent);
            there.join().unwrap();
        }
    });
    bed.know("any", "host", "");
    let alias = format!("HostKeyAlias=[127.0.0.1]:{}", bed.port);
    let options = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1", "-o", &alias];
    let key = bed.at("good");
    let arguments = [&options[..], &["-i", &key, "-p", &port]].concat();
    let error = bed.lose(&arguments, || silent.store(true, Ordering::SeqCst));
    assert!(matches!(error, E::ConnectionLost { .. }), "{error:?}");
    assert!(error.to_string().contains("not responding"), "{error}");
}

/// Carries bytes until the end; once `silent`, swallows them.
fn carry(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if !silent.load(Ordering::SeqCst) && to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    // Either side may be gone already.
    drop(to.shutdown(Shutdown::Both));
}
