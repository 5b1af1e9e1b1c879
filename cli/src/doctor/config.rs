//! Our own configuration, and that of ssh.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use orchestrator::failure::Failure;
use orchestrator::host::{HostConfig, HostId, Hosts, expand_home, validate_host};
use orchestrator::transport::{Target, TransportError};

use super::{Area, Finding};
use crate::app::App;

/// `config.toml` and `hosts.toml`.
pub fn ours(app: &App) -> Vec<Finding> {
    let settings = match app.settings() {
        Ok(_) => {
            let path = app.paths.config.join("config.toml");
            let what = if path.exists() { "read" } else { "not there: the defaults apply" };
            Finding::ok(Area::Config, format!("config.toml: {what}"))
        }
        Err(failure) => Finding::failure(Area::Config, failure),
    };
    let mut findings = vec![settings];
    match app.hosts().read() {
        Ok(hosts) => findings.extend(hosts_toml(app, &hosts)),
        Err(error) => findings.push(Finding::failure(Area::Config, Failure::from(error))),
    }
    findings
}

fn hosts_toml(app: &App, hosts: &Hosts) -> Vec<Finding> {
    let mut findings = vec![Finding::ok(Area::Config, counted(hosts))];
    for host in &hosts.hosts {
        findings.extend(faults(app, host));
    }
    let path = app.paths.hosts_toml();
    let others_read = path.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if others_read && hosts.hosts.iter().any(|host| !host.env.is_empty()) {
        findings.push(Finding::warning(
            Area::Config,
            "hosts.toml holds environment variables, which may be secrets, and others can open it",
            format!("`chmod 600 {}`", path.display()),
        ));
    }
    findings
}

fn counted(hosts: &Hosts) -> String {
    let enabled = hosts.hosts.iter().filter(|host| host.enabled).count();
    match hosts.hosts.len() {
        0 => "hosts.toml: no hosts yet (`baton hosts add` saves one)".into(),
        1 if enabled == 1 => "hosts.toml: 1 host".into(),
        all if enabled == all => format!("hosts.toml: {all} hosts"),
        all => format!("hosts.toml: {all} hosts, {enabled} of them enabled"),
    }
}

/// What the file alone doesn't show: a key that is gone.
fn faults(app: &App, host: &HostConfig) -> Vec<Finding> {
    let readable = |key: &str| {
        let path = expand_home(key, &app.home);
        path.is_file() && File::open(path).is_ok()
    };
    let hint = format!("Correct it with `baton hosts edit {}`", host.id);
    let finding = |message| match host.enabled {
        true => Finding::problem(Area::Config, message, hint.clone()),
        false => Finding::warning(Area::Config, message, hint.clone()),
    };
    let faults = validate_host(host, &readable);
    faults.iter().map(|fault| finding(format!("{}: {fault}", host.id))).collect()
}

/// What we and ssh itself make of the ssh config.
pub async fn ssh_config(app: &App) -> Vec<Finding> {
    let aliases = app.aliases();
    let mut findings: Vec<_> = aliases
        .findings
        .iter()
        .map(|finding| {
            let hint = "Correct the line; `man ssh_config` explains it";
            Finding::warning(Area::SshConfig, finding.to_string(), hint)
        })
        .collect();
    // Every host will do: ssh reads all files to their end.
    let anybody = Target {
        id: HostId::new("localhost"),
        destination: "localhost".into(),
        user: None,
        port: None,
        identity_file: None,
    };
    match app.ssh_query().resolve(&anybody).await {
        Ok(_) => {
            let count = aliases.aliases.len();
            let what = if count == 1 { "1 alias".into() } else { format!("{count} aliases") };
            findings.insert(0, Finding::ok(Area::SshConfig, format!("ssh accepts it; {what}")));
        }
        // ssh itself is missing, which is a finding of its own.
        Err(TransportError::NotSetUp { .. }) => {}
        Err(error) => findings.push(Finding::failure(Area::SshConfig, Failure::from(error))),
    }
    findings
}
