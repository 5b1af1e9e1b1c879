//! `baton hosts list` and `show`, and how a host looks in every answer.

use orchestrator::host::{HostConfig, Hosts, find};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit;
use crate::output::Stop;

/// A host as JSON; of its environment only the names, since values may be secrets.
pub fn document(host: &HostConfig, hosts: &Hosts) -> Value {
    json!({
        "id": host.id,
        "name": host.name,
        "host": host.host,
        "port": host.port,
        "user": host.user,
        "identity_file": host.identity_file,
        "remote_dir": host.remote_dir,
        "env_names": host.env.keys().collect::<Vec<_>>(),
        "enabled": host.enabled,
        "ssh_config": host.ssh_config,
        "transport": host.transport,
        "is_default": hosts.default.as_ref() == Some(&host.id),
    })
}

pub fn list(app: &App) -> Result<u8, Stop> {
    let hosts = app.hosts().read()?;
    if app.output.is_json() {
        let all: Vec<_> = hosts.hosts.iter().map(|host| document(host, &hosts)).collect();
        app.output.document(&json!({ "hosts": all }))?;
    } else if hosts.hosts.is_empty() {
        app.output.note("No hosts yet. `baton hosts candidates` lists those that your ssh knows, `baton hosts add` saves one.");
    } else {
        let rows: Vec<_> = hosts.hosts.iter().map(|host| row(host, &hosts)).collect();
        app.output.table(["ID", "NAME", "ADDRESS", "NOTES"], &rows)?;
    }
    Ok(exit::DONE)
}

pub fn show(app: &App, argument: &str) -> Result<u8, Stop> {
    let hosts = app.hosts().read()?;
    let host = find(argument, &hosts)?;
    if app.output.is_json() {
        app.output.document(&document(host, &hosts))?;
        return Ok(exit::DONE);
    }
    let inherited = || "(inherited)".to_owned();
    let names: Vec<_> = host.env.keys().map(String::as_str).collect();
    let is_default = hosts.default.as_ref() == Some(&host.id);
    let rows = [
        ("id", host.id.to_string()),
        ("name", host.name.clone()),
        ("host", host.host.clone()),
        ("ssh_config", host.ssh_config.clone().unwrap_or_else(|| "-".into())),
        ("user", host.user.clone().unwrap_or_else(inherited)),
        ("port", host.port.map_or_else(inherited, |port| port.to_string())),
        ("identity_file", host.identity_file.clone().unwrap_or_else(inherited)),
        ("remote_dir", host.remote_dir.clone().unwrap_or_else(|| "-".into())),
        ("env", if names.is_empty() { "-".into() } else { names.join(" ") }),
        ("enabled", if host.enabled { "yes" } else { "no" }.into()),
        ("transport", host.transport.as_str().into()),
        ("default", if is_default { "yes" } else { "no" }.into()),
    ];
    for (key, value) in rows {
        app.output.line(format_args!("{key:<14}{value}"))?;
    }
    Ok(exit::DONE)
}

fn row(host: &HostConfig, hosts: &Hosts) -> [String; 4] {
    let mut notes = Vec::new();
    if hosts.default.as_ref() == Some(&host.id) {
        notes.push("default");
    }
    if !host.enabled {
        notes.push("disabled");
    }
    if host.ssh_config.is_some() {
        notes.push("ssh config");
    }
    if host.transport != Default::default() {
        notes.push(host.transport.as_str());
    }
    [host.id.to_string(), host.name.clone(), address(host), notes.join(", ")]
}

/// `user@host:port`, of which only what the person set is there.
fn address(host: &HostConfig) -> String {
    let mut text = match &host.user {
        Some(user) => format!("{user}@"),
        None => String::new(),
    };
    match host.port {
        Some(port) if host.host.contains(':') => text += &format!("[{}]:{port}", host.host),
        Some(port) => text += &format!("{}:{port}", host.host),
        None => text += &host.host,
    }
    text
}
