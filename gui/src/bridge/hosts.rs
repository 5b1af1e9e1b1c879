//! `hosts.toml`, the ssh config's aliases, and tests of hosts.

use std::sync::Arc;

use baton_front::Setup;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::test_connection::{Progress, test_connection};
use orchestrator::host::{
    Change, HostConfig, HostId, Hosts, HostsView, HostsWatch, ResolvedHost, expand_home,
};
use orchestrator::transport::{Asker, Target};
use tokio::sync::mpsc;

use super::room::Room;
use super::{News, TestNews, Ticket};

/// Stages of a test with a beginning and an end each: there are six.
const STAGES: usize = 16;

/// Tells the hosts in force, whenever they change.
pub(super) async fn watch(room: Arc<Room>) {
    let started = room.setup.hosts_to_edit().and_then(|store| Ok(HostsWatch::start(store)?));
    let watch = match started {
        Ok(watch) => watch,
        Err(failure) => {
            let view = HostsView { fault: Some(failure), ..HostsView::default() };
            room.teller.tell(News::Hosts(view)).await;
            return;
        }
    };
    let mut views = watch.subscribe();
    loop {
        let view = views.borrow_and_update().clone();
        if !room.teller.tell(News::Hosts(view)).await || views.changed().await.is_err() {
            return;
        }
    }
}

/// Changes `hosts.toml`. A new entry is refused where its id or its name is taken.
pub(super) async fn edit(setup: &Setup, change: Change, is_new: bool) -> Result<(), Failure> {
    let setup = setup.clone();
    let work = tokio::task::spawn_blocking(move || {
        let decide = |hosts: &Hosts| {
            check(hosts, &change, is_new)?;
            Ok((vec![change], ()))
        };
        Ok(setup.hosts_to_edit()?.edit(decide)?)
    });
    match work.await {
        Ok(done) => done,
        Err(error) => Err(Failure::new(Code::Internal, format!("the edit broke off: {error}"))),
    }
}

/// Somebody else may have changed the file since it was shown.
fn check(hosts: &Hosts, change: &Change, is_new: bool) -> Result<(), Failure> {
    let wanted = match change {
        Change::Put(host) if is_new => {
            let taken = |known: &&HostConfig| known.id == host.id || known.name == host.name;
            return match hosts.hosts.iter().find(taken) {
                Some(taken) => Err(Failure::new(
                    Code::Conflict,
                    format!("a host called {} is saved already", taken.name),
                )
                .hint("Choose another name")
                .on(taken.id.as_str())),
                None => Ok(()),
            };
        }
        Change::Put(host) => &host.id,
        Change::Remove(id) | Change::Default(Some(id)) => id,
        Change::Default(None) => return Ok(()),
    };
    match hosts.get(wanted) {
        Some(_) => Ok(()),
        None => Err(Failure::new(Code::HostUnknown, format!("there is no host {wanted} any more"))
            .hint("Somebody has removed it meanwhile; add it again")
            .on(wanted.as_str())),
    }
}

/// Whether a private key can be read.
pub(super) async fn check_key(room: Arc<Room>, path: String) {
    let file = expand_home(&path, &room.setup.home);
    let readable = tokio::fs::File::open(file).await.is_ok();
    room.teller.tell(News::Key { path, readable }).await;
}

/// Lists the aliases of the ssh config.
pub(super) async fn aliases(room: Arc<Room>) {
    let setup = room.setup.clone();
    let names = tokio::task::spawn_blocking(move || {
        setup.aliases().aliases.into_iter().map(|alias| alias.name).collect()
    });
    match names.await {
        Ok(names) => {
            room.teller.tell(News::Aliases(names)).await;
        }
        Err(error) => tracing::error!("reading the ssh config broke off: {error}"),
    }
}

/// Asks `ssh -G` about an alias.
pub(super) async fn resolve_alias(room: Arc<Room>, name: String) {
    let target = Target {
        id: HostId::new(&name),
        destination: name.clone(),
        user: None,
        port: None,
        identity_file: None,
    };
    let resolved = room.setup.ssh_query().resolve(&target).await;
    let resolved = resolved.map(Box::new).map_err(Failure::from);
    room.teller.tell(News::Alias { name, resolved }).await;
}

/// Tests a host, and tells each stage as it goes.
pub(super) async fn test(
    room: Arc<Room>,
    ticket: Ticket,
    host: Option<Box<HostConfig>>,
    agent: Option<String>,
) {
    let tell = |what| room.teller.tell(News::Test { ticket, what });
    let asker = Arc::clone(&room.questions) as Arc<dyn Asker>;
    let machine = match room.setup.machine(Some(asker)) {
        Ok(machine) => machine,
        Err(failure) => {
            tell(TestNews::Failed(failure)).await;
            return;
        }
    };
    let host = host.map_or(ResolvedHost::Local, |host| ResolvedHost::Saved(*host));
    let (stages, mut passing) = mpsc::channel(STAGES);
    let watch = move |progress: Progress<'_>| {
        let what = match progress {
            Progress::Began(stage) => TestNews::Began(stage),
            Progress::Ended(report) => TestNews::Ended(report.clone()),
        };
        // There is room for all stages.
        stages.try_send(what).ok(); // Nobody listens any more: the test is being ended.
    };
    let telling = async {
        while let Some(what) = passing.recv().await {
            tell(what).await;
        }
    };
    let testing = async move {
        let report = test_connection(&host, &machine, agent.as_deref(), &watch).await;
        drop(watch);
        report
    };
    let (report, ()) = futures::join!(testing, telling);
    tell(TestNews::Report(Box::new(report))).await;
}
