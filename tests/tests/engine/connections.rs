//! How connections stand, for who looks on.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use baton_tests::{AgentHost, Wan};
use jiff::Timestamp;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Command, ConnectionState, Delivery, EventBody, HostConnection, HostQuestion, Query, Request,
    Seam, Server, SocketSeam, Subscribe, Subscription,
};

use crate::desk::{Desk, Laptop, PATIENCE};
use crate::support::program;

/// Somebody who follows connections.
pub struct Onlooker {
    subscription: Subscription,
    pub connections: Option<Vec<HostConnection>>,
    pub questions: Option<Vec<HostQuestion>>,
}

impl Onlooker {
    /// Begins to look, and has been told how things stand.
    pub async fn at(seam: &dyn Seam) -> Self {
        let wanted = Subscribe { connections: true, ..Subscribe::default() };
        let subscription = seam.subscribe(wanted).await.unwrap();
        let mut onlooker = Self { subscription, connections: None, questions: None };
        while onlooker.connections.is_none() || onlooker.questions.is_none() {
            onlooker.next().await;
        }
        onlooker
    }

    /// Waits for the next delivery: each tells something new.
    async fn next(&mut self) {
        match self.subscription.next().await.expect("the engine has ended").unwrap() {
            Delivery::Connections(all) => {
                assert_ne!(self.connections.as_ref(), Some(&all), "told twice");
                self.connections = Some(all);
            }
            Delivery::Questions(all) => {
                assert_ne!(self.questions.as_ref(), Some(&all), "told twice");
                self.questions = Some(all);
            }
            other => panic!("{other:?}"),
        }
    }

    /// Looks on until it is so; the connection to `box` then.
    pub async fn until(&mut self, wanted: impl Fn(&HostConnection) -> bool) -> HostConnection {
        let seen = async {
            loop {
                let all = self.connections.iter().flatten();
                let here = all.clone().find(|connection| connection.host == "box");
                assert!(all.count() <= 1, "{:?}", self.connections);
                if let Some(here) = here.filter(|here| wanted(here)) {
                    return here.clone();
                }
                self.next().await;
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.expect("it was never so")
    }

    /// Looks on until so many questions wait.
    pub async fn asked(&mut self, count: usize) -> Vec<HostQuestion> {
        let seen = async {
            while self.questions.as_ref().is_none_or(|all| all.len() != count) {
                self.next().await;
            }
        };
        tokio::time::timeout(PATIENCE, seen).await.expect("it was never so");
        self.questions.clone().unwrap()
    }
}

fn is_open(connection: &HostConnection) -> bool {
    connection.state == ConnectionState::Connected
}

/// A front end in another process, as far as the engine can tell.
pub async fn guest(laptop: &Laptop, desk: &Desk) -> (Server, Arc<SocketSeam>) {
    let (run, data) = (laptop.path("run"), laptop.path("data"));
    let server = Server::start(&run, &data, desk.engine.clone(), program()).unwrap();
    let socket = run.join(orchestrator::seam::SOCKET);
    let seam = SocketSeam::connect(&socket, program()).await.unwrap();
    (server, Arc::new(seam))
}

/// Any question that takes the host to answer.
pub fn ask(host: &str) -> Query {
    Query::Directory { host: host.into(), typed: "/".into() }
}

async fn a_connection_is_seen_from_its_first_try_to_its_return(over_the_socket: bool) {
    let mut machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let (server, seam): (Option<Server>, Arc<dyn Seam>) = if over_the_socket {
        let (server, seam) = guest(&laptop, &desk).await;
        (Some(server), seam)
    } else {
        (None, desk.engine.clone())
    };
    let mut onlooker = Onlooker::at(&*seam).await;
    assert_eq!((&onlooker.connections, &onlooker.questions), (&Some(vec![]), &Some(vec![])));
    desk.query(ask("local")).await;
    let session = desk.session("codex", &machine).await;
    let gate = machine.project().join("gate");
    let sent = desk.send(&session.id, &format!("print here\nwait-for {}", gate.display())).await;
    onlooker.until(|seen| matches!(seen.state, ConnectionState::Connecting { failed: 0 })).await;
    let open = onlooker.until(|seen| is_open(seen) && seen.round_trip_us.is_some()).await;
    assert!(open.round_trip_us.unwrap() < 30_000_000, "{open:?}");
    assert_eq!(onlooker.until(|seen| seen.turns == 1).await.host, "box");
    desk.until(&sent, |body| matches!(body, EventBody::Text { .. })).await;

    machine.sshd_mut().stop();
    let mut tries = 0;
    while tries < 2 {
        let before = Timestamp::now();
        let lost = onlooker
            .until(|seen| matches!(seen.state, ConnectionState::Reconnecting { failed, .. } if failed >= tries))
            .await;
        let ConnectionState::Reconnecting { failed, at, why } = lost.state else { unreachable!() };
        // The longest wait has 16 s and a fifth.
        let latest = before.checked_add(Duration::from_secs(60)).unwrap();
        assert!(at < latest && why.host.as_deref() == Some("box"), "{at} {why:?}");
        tries = failed + 1;
    }
    machine.sshd_mut().restart();
    onlooker.until(is_open).await;
    fs::write(gate, "").unwrap();
    desk.end_of(&sent).await.is_done();
    onlooker.until(|seen| seen.turns == 0).await;
    // Who comes later is told at once how it stands.
    let mut later = Onlooker::at(&*seam).await;
    assert_eq!(later.until(is_open).await.turns, 0);
    drop((onlooker, later, server));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_connections_sees_one_from_its_first_try_to_its_return() {
    a_connection_is_seen_from_its_first_try_to_its_return(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_connections_over_the_socket_sees_the_same() {
    a_connection_is_seen_from_its_first_try_to_its_return(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_looks_on_opens_nothing_and_is_told_how_far_a_host_is() {
    let machine = AgentHost::start();
    let wan = Wan::start(machine.sshd().address(), Duration::from_millis(30));
    let laptop = Laptop::through(&machine, &wan, "openssh");
    let desk = laptop.engine().await;
    let mut onlooker = Onlooker::at(&*desk.engine).await;
    assert_eq!(machine.sshd().connections(), 0);
    desk.query(ask("box")).await;
    let open = onlooker.until(|seen| is_open(seen) && seen.round_trip_us.is_some()).await;
    assert!(open.round_trip_us.unwrap() >= 60_000, "{open:?}");
    // Nobody holds it: when it breaks it is over, and nothing is measured any more.
    wan.reset();
    onlooker.until(|seen| seen.state == ConnectionState::Closed).await;
    crate::desk::until("nobody is connected", || machine.sshd().connections() == 0).await;
    let mut later = Onlooker::at(&*desk.engine).await;
    later.until(|seen| seen.state == ConnectionState::Closed).await;
    assert_eq!(machine.sshd().connections(), 0);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_host_is_tried_again_when_the_person_has_mended_it_though_no_turn_is_there() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let keys = machine.sshd().authorized_keys_path();
    let good = fs::read(&keys).unwrap();
    fs::write(&keys, "").unwrap();
    let desk = laptop.engine().await;
    let mut onlooker = Onlooker::at(&*desk.engine).await;
    let refused = desk.engine.call(Request::query(ask("box"))).await;
    assert_eq!(refused.unwrap_err().code, Code::AuthRefused);
    let blocked =
        onlooker.until(|seen| matches!(seen.state, ConnectionState::Blocked { .. })).await;
    let ConnectionState::Blocked { why } = blocked.state else { unreachable!() };
    assert!(why.code == Code::AuthRefused && why.hint.is_some(), "{why:?}");
    fs::write(&keys, good).unwrap();
    desk.command(Command::RetryHost { host: "box".into() }).await.unwrap();
    onlooker.until(is_open).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_connections_goes_on_with_those_of_the_process_that_takes_over() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let (first, second) = (laptop.process().await, laptop.process().await);
    assert!(first.is_host() && !second.is_host());
    let mut onlooker = Onlooker::at(&second).await;
    second.call(Request::query(ask("box"))).await.unwrap();
    onlooker.until(|seen| is_open(seen) && seen.round_trip_us.is_some()).await;
    // The next engine tells everything anew.
    (onlooker.connections, onlooker.questions) = (None, None);
    first.shutdown().await;
    while onlooker.connections.is_none() || onlooker.questions.is_none() {
        onlooker.next().await;
    }
    assert!(second.is_host());
    assert_eq!((&onlooker.connections, &onlooker.questions), (&Some(vec![]), &Some(vec![])));
    second.call(Request::query(ask("box"))).await.unwrap();
    onlooker.until(is_open).await;
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_connections_hears_of_the_engines_end() {
    let machine = AgentHost::start();
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let mut onlooker = Onlooker::at(&*desk.engine).await;
    desk.stop().await;
    let end = tokio::time::timeout(PATIENCE, onlooker.subscription.next()).await.unwrap();
    assert!(end.is_none(), "{end:?}");
}
