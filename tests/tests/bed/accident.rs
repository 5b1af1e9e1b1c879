use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use baton_tests::{Accident, TestSshd, Wan};

use crate::support::{run, ssh, stdout, wait_for};

/// An ssh through the relay whose program is up.
fn client(config: &std::path::Path) -> Child {
    let mut client = ssh(config, &["far", "echo up; exec cat"]);
    let client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut client = client.spawn().unwrap();
    let mut up = String::new();
    BufReader::new(client.stdout.as_mut().unwrap()).read_line(&mut up).unwrap();
    assert_eq!(up, "up\n");
    client
}

#[test]
fn after_every_accident_the_host_is_reached_again() {
    let mut sshd = TestSshd::start();
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let alive = ["ServerAliveInterval 1", "ServerAliveCountMax 1"];
    let config = sshd.write_client_config_through("far", wan.port(), &alive);
    for accident in Accident::ALL {
        let mut lost = client(&config);
        accident.begin(&wan, &mut sshd);
        let takes = accident.takes_connections();
        if !takes {
            accident.end(&wan, &mut sshd);
            drop(lost.stdin.take());
        }
        let status = lost.wait().unwrap();
        assert_eq!(status.code(), Some(if takes { 255 } else { 0 }), "{accident:?}");
        accident.end(&wan, &mut sshd);
        assert_eq!(stdout(&run(&config, &["far", "echo back"])), "back\n", "{accident:?}");
    }
}

#[test]
fn a_server_restarts_on_its_port_many_times() {
    let mut sshd = TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    let port = sshd.port();
    for _ in 0..10 {
        sshd.restart();
    }
    assert_eq!(sshd.port(), port);
    assert_eq!(stdout(&run(&config, &["box", "echo back"])), "back\n");
}

#[test]
fn a_test_waits_for_bytes_in_the_middle_of_a_transfer() {
    let sshd = TestSshd::start();
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let config = sshd.write_client_config_through("far", wan.port(), &[]);
    let mut client = ssh(&config, &["far", "exec yes"]);
    let mut client = client.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut drain = client.stdout.take().unwrap();
    let drain = std::thread::spawn(move || std::io::copy(&mut drain, &mut std::io::sink()));
    let before = wan.arrived();
    wan.wait_for_bytes(1_000_000);
    assert!(wan.arrived() >= before + 1_000_000);
    wan.reset();
    assert_eq!(client.wait().unwrap().code(), Some(255));
    assert!(drain.join().unwrap().unwrap() > 0);
    wait_for("the connection is forgotten", || wan.connections() == 0);
}
