//! `hosts.toml`, the ssh config's aliases, and tests of hosts.

use std::sync::Arc;

use baton_front::Setup;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::test_connection::{Progress, test_connection};
use orchestrator::host::{Change, HostConfig, HostId, Hosts, HostsView, HostsWatch, ResolvedHost};
use orchestrator::transport::{Asker, Target};
use tokio::sync::mpsc;

use super::room::Room;
use super::{AliasSummary, HostEdit, News, TestNews, Ticket};

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

/// Changes `hosts.toml`.
pub(super) async fn edit(setup: &Setup, edit: HostEdit) -> Result<(), Failure> {
    let setup = setup.clone();
    let work = tokio::task::spawn_blocking(move || {
        let changes = |hosts: &Hosts| Ok((changes(hosts, edit)?, ()));
        Ok(setup.hosts_to_edit()?.edit(changes)?)
    });
    match work.await {
        Ok(done) => done,
        Err(error) => Err(Failure::new(Code::Internal, format!("the edit broke off: {error}"))),
    }
}

fn changes(hosts: &Hosts, edit: HostEdit) -> Result<Vec<Change>, Failure> {
    let known = |id: &HostId| {
        hosts.get(id).cloned().ok_or_else(|| {
            Failure::new(Code::HostUnknown, format!("there is no host {id} any more"))
                .hint("Somebody has removed it meanwhile; add it again")
                .on(id.as_str())
        })
    };
    Ok(match edit {
        HostEdit::Add(host) if hosts.get(&host.id).is_some() => {
            let id = host.id;
            return Err(Failure::new(Code::Conflict, format!("a host {id} is saved already"))
                .hint("Choose another name")
                .on(id.as_str()));
        }
        HostEdit::Add(host) => vec![Change::Put(*host)],
        HostEdit::Put(host) => {
            known(&host.id)?;
            vec![Change::Put(*host)]
        }
        HostEdit::Remove(id) => {
            known(&id)?;
            vec![Change::Remove(id)]
        }
        HostEdit::Default(id) => {
            if let Some(id) = &id {
                known(id)?;
            }
            vec![Change::Default(id)]
        }
        HostEdit::Enable(id, enabled) => vec![Change::Put(HostConfig { enabled, ..known(&id)? })],
    })
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
    let summary = match room.setup.ssh_query().resolve(&target).await {
        Ok(resolved) => {
            let value = |keyword| resolved.value(keyword).map(ToOwned::to_owned);
            Ok(AliasSummary {
                line: resolved.summary(),
                host: value("hostname").unwrap_or_else(|| name.clone()),
                port: value("port").and_then(|port| port.parse().ok()), // ssh names a number.
                user: value("user"),
                identity_file: value("identityfile"),
            })
        }
        Err(error) => Err(Failure::from(error)),
    };
    room.teller.tell(News::Alias { name, summary }).await;
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
