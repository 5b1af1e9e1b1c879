//! Many writers of one file at once: every entry is there once, whatever happens to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_tests::{TestSshd, Wan, children_of_sessions, short_dir};
use orchestrator::transport::native::{ResolvingNative, Surroundings};
use orchestrator::transport::{Connection, ConnectionSettings};
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use crate::bed::{Machine, Project, Tools, append_surely, assert_each_once, entry, size};
use crate::support::{Host, connection_over, openssh_settings, openssh_with, target};

const WRITERS: usize = 20;

fn entries() -> usize {
    size("BATON_SOAK_ENTRIES", 10)
}

fn id(writer: usize, number: usize) -> String {
    format!("w{writer}-{number}")
}

fn all() -> impl Iterator<Item = String> {
    (0..WRITERS).flat_map(|writer| (0..entries()).map(move |number| id(writer, number)))
}

/// Lets twenty writers append at once, over these connections in turn. `done` counts what is there.
async fn write_at_once(project: &Project, connections: &[Connection], done: &Arc<AtomicUsize>) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let connection = &connections[writer % connections.len()];
        let own = Project::at(connection, project.dir.clone());
        let done = Arc::clone(done);
        writers.spawn(async move {
            for number in 0..entries() {
                let id = id(writer, number);
                // Some are too long for a control shell.
                let length = if number % 10 == 9 { 5_000 } else { 20 };
                append_surely(&own.files, &id, &entry(&id, &"größe ".repeat(length))).await;
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
}

/// Connections of both ssh's to one machine, each with shells of its own.
fn both(sshd: &Arc<TestSshd>, config: &std::path::Path, count: usize) -> Vec<Host> {
    (0..count)
        .map(|number| {
            if number % 2 == 0 {
                let settings = ConnectionSettings::default();
                return openssh_with(Arc::clone(sshd), config.to_owned(), settings, |_| ());
            }
            let run_dir = short_dir();
            let settings = openssh_settings(config.to_owned(), &run_dir);
            let transport = ResolvingNative::new(target("box"), settings, Surroundings::default());
            let connection = connection_over(Arc::new(transport));
            Host { connection, run_dir, sshd: Some(Arc::clone(sshd)) }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_writers_over_two_transports_lose_and_double_nothing() {
    let sshd = Arc::new(TestSshd::start());
    let config = sshd.write_client_config("box", &[]);
    let hosts = both(&sshd, &config, 6);
    let connections: Vec<Connection> = hosts.iter().map(|host| host.connection.clone()).collect();
    let project = Project::new(&connections[0]);
    write_at_once(&project, &connections, &Arc::default()).await;
    assert_each_once(&project.bytes(), all());
    assert_eq!(project.litter(), Vec::<String>::new());
    for connection in connections {
        connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_writers_without_flock_and_perl_lose_and_double_nothing() {
    let shells = ["dash", "bash", "mksh", "busybox", "dash", "bash"];
    let machines = shells.map(|sh| Machine::new(sh, Tools::NoLock));
    let connections = machines.each_ref().map(|machine| machine.connection.clone());
    let project = Project::new(&connections[0]);
    write_at_once(&project, &connections, &Arc::default()).await;
    assert_each_once(&project.bytes(), all());
    assert_eq!(project.litter(), Vec::<String>::new());
    for connection in connections {
        connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_with_flock_and_writers_with_perl_keep_out_of_each_others_way() {
    let kinds = [
        ("dash", Tools::Flock),
        ("dash", Tools::Perl),
        ("mksh", Tools::Flock),
        ("mksh", Tools::Perl),
    ];
    let machines = kinds.map(|(sh, tools)| Machine::new(sh, tools));
    let connections = machines.each_ref().map(|machine| machine.connection.clone());
    let project = Project::new(&connections[0]);
    write_at_once(&project, &connections, &Arc::default()).await;
    assert_each_once(&project.bytes(), all());
    for connection in connections {
        connection.close().await;
    }
}

/// Kills a process of a session, whichever.
fn kill_one(sshd: &TestSshd) {
    let found = children_of_sessions(sshd);
    if found.is_empty() {
        return;
    }
    let (pid, _) = &found[fastrand::usize(..found.len())];
    if let Some(pid) = Pid::from_raw(i32::try_from(*pid).unwrap())
        && let Err(error) = kill_process(pid, Signal::KILL)
    {
        assert_eq!(error, rustix::io::Errno::SRCH);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_shells_and_cut_links_lose_and_double_nothing_that_was_acknowledged() {
    let sshd = Arc::new(TestSshd::start());
    let wan = Wan::start(sshd.address(), Duration::ZERO);
    let config = sshd.write_client_config_through("box", wan.port(), &[]);
    let hosts = both(&sshd, &config, 4);
    let connections: Vec<Connection> = hosts.iter().map(|host| host.connection.clone()).collect();
    let project = Project::new(&connections[0]);
    let done = Arc::new(AtomicUsize::new(0));
    let writing = write_at_once(&project, &connections, &done);
    let accidents = async {
        let rounds = size("BATON_SOAK_KILLS", 12);
        for round in 0..rounds {
            // Spread over the whole work.
            let goal = (round + 1) * WRITERS * entries() / (rounds + 2);
            while done.load(Ordering::SeqCst) < goal {
                tokio::time::sleep(Duration::from_millis(2)).await; // wait: between two looks
            }
            match round % 6 {
                2 => wan.reset(),
                5 => sshd.cut_connections(),
                _ => kill_one(&sshd),
            }
        }
    };
    tokio::join!(writing, accidents);
    // What the last accident left behind is mended by who comes next.
    append_surely(&project.files, "last", &entry("last", "x")).await;
    assert_each_once(&project.bytes(), all().chain(["last".to_owned()]));
    for connection in connections {
        connection.close().await;
    }
}
