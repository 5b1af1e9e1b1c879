//! A true link: two TUN devices, one of them in a network namespace with an sshd, and us in between.
//!
//! The kernel here has no `netem` qdisc, so the packets are held in this process. Unlike behind a relay, a TCP
//! handshake takes as long as it would, and the kernel's own congestion control is at work.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use baton_tests::TestSshd;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tun_rs::{DeviceBuilder, Layer, SyncDevice};

use crate::Outcome;

/// What makes a TUN device.
const TUN: &str = "/dev/net/tun";

/// The most bytes of a packet on such a device, as on Ethernet.
const MTU: u16 = 1500;

/// How many packets may be under way in one direction: 25 ms at 400 MiB/s and more than ssh's window.
const UNDER_WAY: usize = 8192;

/// How many packets the kernel keeps for us: a whole window at once.
const QUEUE: &str = "10000";

/// How long the server may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A namespace with an sshd behind a slow link; removed on drop.
#[derive(Debug)]
pub struct Far {
    namespace: String,
    near: String,
    address: Ipv4Addr,
    // After it was ended in `drop`, this reaps it.
    listener: Child,
}

impl Far {
    /// Whether this process may make such a link.
    pub fn is_possible() -> bool {
        rustix::process::geteuid().is_root() && Path::new(TUN).exists()
    }

    /// Makes the link, and starts a second listener of `sshd` at its far end.
    pub async fn set_up(sshd: &TestSshd, round_trip_millis: u64) -> Outcome<Self> {
        let id = std::process::id();
        let namespace = format!("baton-bench-{id}");
        // A device's name has at most 15 letters.
        let (near, far) = (format!("bbn{id}"), format!("bbf{id}"));
        // From 198.18.0.0/15, which is set aside for benchmarks (RFC 2544, appendix C.2.2).
        let net = [198, 18, u8::try_from(id % 256)?];
        let address = Ipv4Addr::new(net[0], net[1], net[2], 2);
        let ours = format!("{}.{}.{}.1/24", net[0], net[1], net[2]);
        let theirs = format!("{address}/24");

        ip(&["netns", "add", &namespace]).await?;
        let mut undo = Undo { namespace: &namespace, near: &near, armed: true };
        let (near_end, far_end) = (device(&near)?, device(&far)?);
        ip(&["link", "set", &far, "netns", &namespace]).await?;
        ip(&["addr", "add", &ours, "dev", &near]).await?;
        ip(&["link", "set", &near, "txqueuelen", QUEUE, "up"]).await?;
        ip(&["-n", &namespace, "addr", "add", &theirs, "dev", &far]).await?;
        ip(&["-n", &namespace, "link", "set", &far, "txqueuelen", QUEUE, "up"]).await?;
        ip(&["-n", &namespace, "link", "set", "lo", "up"]).await?;
        let one_way = Duration::from_millis(round_trip_millis) / 2;
        carry(Arc::clone(&near_end), Arc::clone(&far_end), one_way)?;
        carry(far_end, near_end, one_way)?;
        let listener = listen(sshd, &namespace, address).await?;
        undo.armed = false;
        drop(undo);
        Ok(Self { namespace, near, address, listener })
    }

    /// Where the server listens, on the same port as its twin on loopback.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Kills the server's side of every connection; what runs in their sessions lives on.
    pub fn cut_connections(&self) -> Outcome<()> {
        let Some(listener) = self.listener.id() else { return Ok(()) };
        let children =
            std::fs::read_to_string(format!("/proc/{listener}/task/{listener}/children"))?;
        for child in children.split_whitespace() {
            if let Some(pid) = Pid::from_raw(child.parse()?) {
                kill_process(pid, Signal::KILL)?;
            }
        }
        Ok(())
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        take_down(&self.namespace, &self.near);
    }
}

/// Takes down what a set-up that failed half-way has made.
struct Undo<'a> {
    namespace: &'a str,
    near: &'a str,
    armed: bool,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if self.armed {
            take_down(self.namespace, self.near);
        }
    }
}

fn device(name: &str) -> Outcome<Arc<SyncDevice>> {
    let device = DeviceBuilder::new().name(name).layer(Layer::L3).mtu(MTU).build_sync();
    Ok(Arc::new(device.map_err(|error| format!("could not make the device {name}: {error}"))?))
}

async fn ip(words: &[&str]) -> Outcome<()> {
    let output = Command::new("ip").args(words).stdin(Stdio::null()).output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("ip {}: {said}", words.join(" ")).into())
}

/// Ends every process of the namespace, then the namespace and the devices.
fn take_down(namespace: &str, near: &str) {
    let run = |words: &[&str]| std::process::Command::new("ip").args(words).output();
    let pids = run(&["netns", "pids", namespace]).map(|output| output.stdout).unwrap_or_default();
    for pid in String::from_utf8_lossy(&pids).lines().filter_map(|line| line.parse().ok()) {
        if let Some(pid) = Pid::from_raw(pid)
            && let Err(error) = kill_process(pid, Signal::KILL)
            && error != rustix::io::Errno::SRCH
        {
            eprintln!("warning: a process of {namespace} stays: {error}");
        }
    }
    for words in [["link", "del", near], ["netns", "del", namespace]] {
        match run(&words) {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                eprintln!("warning: {}", String::from_utf8_lossy(&output.stderr).trim());
            }
            Err(error) => eprintln!("warning: could not run ip: {error}"),
        }
    }
}

/// Carries packets from one device to another, each `delay` after it came; until a device is gone.
fn carry(from: Arc<SyncDevice>, to: Arc<SyncDevice>, delay: Duration) -> Outcome<()> {
    let (sender, receiver) = sync_channel(UNDER_WAY);
    std::thread::Builder::new()
        .name("carry-in".into())
        .spawn(move || take(&from, &sender, delay))?;
    std::thread::Builder::new().name("carry-out".into()).spawn(move || give(&to, &receiver))?;
    Ok(())
}

fn take(from: &SyncDevice, under_way: &SyncSender<(Instant, Vec<u8>)>, delay: Duration) {
    let mut buffer = [0; MTU as usize];
    while let Ok(length) = from.recv(&mut buffer) {
        let due = Instant::now() + delay;
        if under_way.send((due, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread of its own, and tokio's timers count milliseconds"
)]
fn give(to: &SyncDevice, under_way: &Receiver<(Instant, Vec<u8>)>) {
    for (due, packet) in under_way {
        std::thread::sleep(due.saturating_duration_since(Instant::now())); // wait: until the packet is due
        if to.send(&packet).is_err() {
            return;
        }
    }
}

/// Starts an sshd in the namespace with the keys and settings of `sshd`.
async fn listen(sshd: &TestSshd, namespace: &str, address: Ipv4Addr) -> Outcome<Child> {
    let dir = sshd.dir();
    let near = fs::read_to_string(dir.join("sshd_config"))?;
    let pid_file = dir.join("far.pid");
    let config = near
        .replace("ListenAddress 127.0.0.1", &format!("ListenAddress {address}"))
        .replace(&dir.join("sshd.pid").display().to_string(), &pid_file.display().to_string());
    let (config_file, log) = (dir.join("far_config"), dir.join("far.log"));
    fs::write(&config_file, config)?;
    let known = fs::read_to_string(sshd.known_hosts_path())?;
    let line = sshd.host_key_line().replace("127.0.0.1", &address.to_string());
    fs::write(sshd.known_hosts_path(), format!("{known}{line}\n"))?;
    let mut listener = Command::new("ip")
        .args(["netns", "exec", namespace, "/usr/sbin/sshd", "-D", "-f"])
        .arg(&config_file)
        .arg("-E")
        .arg(&log)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let up = async {
        // It writes its pid only after it listens.
        while !fs::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n')) {
            if let Some(status) = listener.try_wait()? {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("the far sshd ended with {status}: {said}").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
        }
        Outcome::Ok(())
    };
    tokio::time::timeout(PATIENCE, up).await??;
    Ok(listener)
}
