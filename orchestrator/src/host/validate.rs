use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::slug::is_id;
use super::{HostConfig, Hosts};

/// One thing that is wrong with an entry, as a form shows it beside its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The key, such as `port` or `env.API_KEY`; in a whole file `host.ID.port`.
    pub field: String,
    /// What is wrong with it, in a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Answers whether a private key, written as in `hosts.toml`, can be read.
pub type KeyReadable<'a> = &'a dyn Fn(&str) -> bool;

/// Everything that is wrong with one entry by itself.
pub fn validate_host(host: &HostConfig, key_readable: KeyReadable<'_>) -> Vec<Fault> {
    let mut faults = Faults::default();
    if !is_id(host.id.as_str()) {
        faults.add(
            "id",
            format!(
                "{:?} can't be an id: take letters, digits, `-` and `_`, at most 64, and not `local`",
                host.id.as_str()
            ),
        );
    }
    name(&host.name, &mut faults);
    match &host.ssh_config {
        None => destination("host", &host.host, &mut faults),
        Some(alias) => {
            destination("ssh_config", alias, &mut faults);
            if !host.host.is_empty() && &host.host != alias {
                faults.add(
                    "host",
                    "the ssh config decides the address: leave either `host` or `ssh_config` out",
                );
            }
        }
    }
    if host.port == Some(0) {
        faults.add("port", "the port must be between 1 and 65535");
    }
    if let Some(user) = &host.user {
        account(user, &mut faults);
    }
    if let Some(key) = &host.identity_file {
        identity_file(key, key_readable, &mut faults);
    }
    if let Some(dir) = &host.remote_dir {
        if dir.is_empty() {
            faults.add("remote_dir", "the remote directory is empty");
        } else if dir.chars().any(char::is_control) {
            faults.add("remote_dir", "the remote directory holds a control character");
        }
    }
    environment(&host.env, &mut faults);
    faults.0
}

/// Everything that is wrong with a whole file; fields are named `host.ID.KEY`.
pub fn validate(hosts: &Hosts, key_readable: KeyReadable<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, host) in hosts.hosts.iter().enumerate() {
        let mut own = validate_host(host, key_readable);
        let others: Vec<_> =
            hosts.hosts.iter().enumerate().filter(|(other, _)| *other != at).collect();
        // The later of two twins is the one to mend.
        if others.iter().any(|(other, twin)| *other < at && twin.id == host.id) {
            own.push(fault("id", format!("another host has the id {} already", host.id)));
        }
        if others.iter().any(|(other, twin)| *other < at && twin.name == host.name) {
            own.push(fault("name", format!("another host is called {:?} already", host.name)));
        } else if others.iter().any(|(_, twin)| twin.id.as_str() == host.name && twin.id != host.id)
        {
            own.push(fault("name", format!("{:?} is the id of another host", host.name)));
        }
        faults.extend(own.into_iter().map(|own| Fault {
            field: format!("host.{}.{}", host.id, own.field),
            message: own.message,
        }));
    }
    if let Some(missing) = hosts.default.as_ref().filter(|id| hosts.get(id).is_none()) {
        faults.push(fault("default", format!("the default is {missing}, and no host has that id")));
    }
    faults
}

/// Whether ssh can be given this host name, address or alias; `Err` says why not.
pub(super) fn check_destination(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty".into());
    }
    check_word(text)?;
    // What ssh refuses itself (ssh.c, valid_hostname): `%h` puts the name into shell commands.
    if let Some(c) = text.chars().find(|c| "'`\"$\\;&<>|(){}".contains(*c)) {
        return Err(format!("holds the character `{c}`, which ssh refuses"));
    }
    if text.contains('@') {
        return Err("holds an `@`: the account belongs into `user`".into());
    }
    if text.contains(['[', ']', '/']) {
        return Err("holds a bracket or a slash: write the bare name or address".into());
    }
    if text.matches(':').count() == 1 {
        return Err("holds a `:`: the port belongs into `port`".into());
    }
    Ok(())
}

/// Whether ssh can be given this account; `Err` says why not.
pub(super) fn check_user(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty".into());
    }
    check_word(text)?;
    // As ssh itself (ssh.c, valid_ruser); a `\` inside is fine for DOMAIN\user.
    match text.chars().find(|c| "'`\"$;&<>|(){}@".contains(*c)) {
        Some(c) => Err(format!("holds the character `{c}`, which ssh refuses")),
        None if text.ends_with('\\') => Err("ends in `\\`, which ssh refuses".into()),
        None => Ok(()),
    }
}

fn check_word(text: &str) -> Result<(), String> {
    if text.starts_with('-') {
        return Err("begins with `-`, which ssh would take for an option".into());
    }
    if text.chars().any(char::is_control) {
        return Err("holds a control character".into());
    }
    if text.chars().any(char::is_whitespace) {
        return Err("holds a space".into());
    }
    Ok(())
}

fn name(name: &str, faults: &mut Faults) {
    if name.trim().is_empty() {
        faults.add("name", "the host has no name");
    } else if name.chars().any(char::is_control) {
        faults.add("name", "the name holds a control character");
    } else if name.trim() != name {
        faults.add("name", "the name begins or ends with a space");
    } else if name.eq_ignore_ascii_case("local") {
        faults.add("name", "`local` means this machine: choose another name");
    }
}

fn destination(field: &str, text: &str, faults: &mut Faults) {
    if text.is_empty() && field == "host" {
        faults.add(field, "the host has no address: set `host` or `ssh_config`");
    } else if let Err(why) = check_destination(text) {
        faults.add(field, format!("`{field}` {why}"));
    }
}

fn account(text: &str, faults: &mut Faults) {
    if let Err(why) = check_user(text) {
        faults.add("user", format!("`user` {why}"));
    }
}

fn identity_file(key: &str, key_readable: KeyReadable<'_>, faults: &mut Faults) {
    if key.chars().any(char::is_control) {
        faults.add("identity_file", "the private key's path holds a control character");
    } else if !key.starts_with('/') && !key.starts_with("~/") {
        faults.add("identity_file", format!("the private key {key:?} must begin with `/` or `~/`"));
    } else if !key_readable(key) {
        faults.add("identity_file", format!("the private key {key} can't be read"));
    }
}

fn environment(env: &BTreeMap<String, String>, faults: &mut Faults) {
    for (name, value) in env {
        let field = format!("env.{name}");
        if !is_env_name(name) {
            faults.add(
                &field,
                format!(
                    "{name:?} can't be an environment name: letters, digits and `_`, no digit first"
                ),
            );
        }
        if value.contains('\0') {
            faults.add(
                &field,
                format!("the value of {name} holds a NUL, which no environment can carry"),
            );
        }
    }
}

fn is_env_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn fault(field: impl Into<String>, message: impl Into<String>) -> Fault {
    Fault { field: field.into(), message: message.into() }
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(fault(field, message));
    }
}

/// Expands `~/` with the home directory that is handed in; every other path stays as it is.
pub fn expand_home(path: &str, home: &Path) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => path.into(),
    }
}

/// All of them in one line, for an error's message.
pub(super) fn list(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
