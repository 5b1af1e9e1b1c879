#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Mutex;

use super::*;
use crate::host::{HostConfig, HostId, TransportKind};
use crate::settings::ConnectionKeys;

fn machine(dir: &std::path::Path) -> ThisMachine {
    #[expect(clippy::disallowed_methods, reason = "programs are found as the tests themselves are")]
    let path = std::env::var_os("PATH").unwrap();
    ThisMachine {
        ssh: "ssh".into(),
        ssh_config: Some("none".into()),
        home: dir.to_owned(),
        run_dir: dir.join("run"),
        shell: "/bin/sh".into(),
        env: vec![("PATH".into(), path)],
        askpass: None,
        asker: None,
        keys: ConnectionKeys::default(),
    }
}

fn nobody(_: Progress<'_>) {}

#[tokio::test]
async fn this_machine_passes_every_stage_and_each_is_reported_as_it_passes() {
    let dir = tempfile::tempdir().unwrap();
    let seen = Mutex::new(Vec::new());
    let watch = |progress: Progress<'_>| match progress {
        Progress::Began(name) => seen.lock().unwrap().push(format!("{name} began")),
        Progress::Ended(stage) => seen.lock().unwrap().push(format!("{} ended", stage.name)),
    };

    let report = test_connection(&ResolvedHost::Local, &machine(dir.path()), None, &watch).await;

    assert!(report.ok, "{report:?}");
    assert_eq!(report.shell.as_deref(), Some("/bin/sh"));
    assert!(report.hostname.is_some() && report.os.is_some() && report.latency_ms.is_some());
    let names: Vec<_> = report.stages.iter().map(|stage| stage.name.to_string()).collect();
    assert_eq!(names, ["validate", "resolve", "connect", "authenticate", "shell"]);
    let ended = names.iter().map(|name| format!("{name} ended"));
    let seen = seen.into_inner().unwrap();
    assert_eq!(
        seen.iter().filter(|line| line.ends_with("ended")).cloned().collect::<Vec<_>>(),
        ended.collect::<Vec<_>>()
    );
    assert_eq!(seen[0], "validate began");
}

#[tokio::test]
async fn every_fault_of_an_entry_is_named_at_once_and_nothing_else_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let mut host = HostConfig::new(HostId::new("new"), "new", "");
    host.port = Some(0);
    host.identity_file = Some("~/nowhere".into());

    let host = ResolvedHost::Saved(host);
    let report = test_connection(&host, &machine(dir.path()), None, &nobody).await;

    assert!(!report.ok);
    assert_eq!(report.stages.len(), 1);
    let failure = report.error().unwrap();
    assert_eq!(failure.code, Code::InvalidConfig);
    for part in ["no address", "between 1 and 65535", "~/nowhere can't be read"] {
        assert!(failure.message.contains(part), "{failure}");
    }
}

#[tokio::test]
async fn the_environment_of_a_host_counts_when_its_agent_is_looked_for() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let agent = dir.path().join("my-agent");
    std::fs::write(&agent, "#!/bin/sh\necho my-agent 1.2.3\n").unwrap();
    std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).unwrap();
    let machine = machine(dir.path());
    let connection = machine.connection(&ResolvedHost::Local, None);
    let mut saved = HostConfig::new(HostId::new("box"), "box", "box.example");
    let without = agent::find(&connection, &ResolvedHost::Saved(saved.clone()), "my-agent").await;
    assert_eq!(without.unwrap_err().code, Code::AgentMissing);

    let path = format!("{}:/usr/bin:/bin", dir.path().display());
    saved.env.insert("PATH".into(), path);
    let (found, _) =
        agent::find(&connection, &ResolvedHost::Saved(saved), "my-agent").await.unwrap();

    assert_eq!(found.path, agent.to_str().unwrap());
    assert_eq!(found.version.as_deref(), Some("my-agent 1.2.3"));
    connection.close().await;
}

#[tokio::test]
async fn a_command_of_the_shell_is_no_agent() {
    let dir = tempfile::tempdir().unwrap();
    let machine = machine(dir.path());
    let report = test_connection(&ResolvedHost::Local, &machine, Some("alias"), &nobody).await;
    assert_eq!(report.error().unwrap().code, Code::AgentMissing);
}

#[tokio::test]
async fn without_an_ssh_only_a_host_of_the_built_in_client_has_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let machine = ThisMachine { ssh: "/nowhere/ssh".into(), ..machine(dir.path()) };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut host = HostConfig::new(HostId::new("box"), "box", "127.0.0.1");
    host.port = Some(closed);
    let failed = |report: &ConnectionReport| {
        report.stages.iter().find(|stage| !stage.ok).map(|stage| stage.name)
    };

    let report = test_connection(&ResolvedHost::Saved(host.clone()), &machine, None, &nobody).await;
    assert_eq!(failed(&report), Some(StageName::Resolve));
    assert!(report.error().unwrap().hint.as_ref().unwrap().contains("BATON_SSH"));

    host.transport = TransportKind::Native;
    let report = test_connection(&ResolvedHost::Saved(host), &machine, None, &nobody).await;
    assert_eq!(failed(&report), Some(StageName::Connect));
}

#[test]
fn a_host_that_keeps_us_out_answered_before() {
    assert!(stage_of(Code::AuthRefused) > stage_of(Code::HostKeyChanged));
    assert_eq!(stage_of(Code::HostKeyUnknown), StageName::Connect);
    assert_eq!(stage_of(Code::HostUnresolved), StageName::Resolve);
}
