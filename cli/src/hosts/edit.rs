//! `baton hosts add`, `edit`, `remove`, `enable`, `disable` and `default`.

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{Change, HostConfig, Hosts, find, unique_id};
use serde_json::{Value, json};

use super::fields::HostFields;
use super::view::document;
use crate::app::App;
use crate::exit;
use crate::output::Stop;

/// A saved host.
#[derive(Debug, Args)]
pub struct HostArg {
    /// Id or name of a saved host
    #[arg(value_name = "HOST")]
    pub host: String,
}

/// What a new host is like.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What you call it
    name: String,
    #[command(flatten)]
    fields: HostFields,
    /// Save it switched off
    #[arg(long)]
    disabled: bool,
    /// Mark it as the default
    #[arg(long)]
    default: bool,
}

/// What changes about a host.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Id or name of a saved host
    #[arg(value_name = "HOST")]
    id: String,
    /// Call it differently; its id stays
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: HostFields,
    /// Take a name out of its environment; may be repeated
    #[arg(long, value_name = "K")]
    env_remove: Vec<String>,
}

/// Which host becomes the default.
#[derive(Debug, Args)]
pub struct DefaultArgs {
    /// Id or name of a saved host; without one, the default is shown
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Have no default
    #[arg(long, conflicts_with = "host")]
    clear: bool,
}

pub fn add(app: &App, args: AddArgs) -> Result<u8, Stop> {
    let change = |hosts: &Hosts| {
        let mut host = new_host(&args.name, hosts)?;
        host.enabled = !args.disabled;
        args.fields.apply(&mut host, &app.home)?;
        let mut changes = vec![Change::Put(host.clone())];
        if args.default {
            changes.push(Change::Default(Some(host.id.clone())));
        }
        Ok((changes, host))
    };
    let host = app.hosts_to_edit()?.edit(change)?;
    tell(app, &host, &format!("Added {} as {}", host.name, host.id))
}

/// An entry with that name and a free id.
///
/// # Errors
///
/// [`Code::Conflict`] when the name is taken.
pub fn new_host(name: &str, hosts: &Hosts) -> Result<HostConfig, Failure> {
    let taken = hosts.hosts.iter().find(|host| host.name == name || host.id.as_str() == name);
    if let Some(taken) = taken {
        let id = &taken.id;
        return Err(Failure::new(
            Code::Conflict,
            format!("a host called {name:?} is saved already"),
        )
        .hint(format!("Change it with `baton hosts edit {id}`, or choose another name"))
        .on(id.as_str()));
    }
    Ok(HostConfig::new(unique_id(name, hosts), name, ""))
}

pub fn edit(app: &App, args: EditArgs) -> Result<u8, Stop> {
    if args.fields.is_empty() && args.name.is_none() && args.env_remove.is_empty() {
        return Err(Failure::new(Code::Usage, "nothing to change was named")
            .hint("`baton hosts edit --help` lists what can be changed")
            .into());
    }
    let change = |hosts: &Hosts| {
        let mut host = find(&args.id, hosts)?.clone();
        if let Some(name) = args.name {
            host.name = name;
        }
        for name in &args.env_remove {
            if host.env.remove(name).is_none() {
                return Err(Failure::new(
                    Code::NotFound,
                    format!("the environment of {} has no {name}", host.name),
                )
                .hint(format!("`baton hosts show {}` lists its names", host.id))
                .on(host.id.as_str()));
            }
        }
        args.fields.apply(&mut host, &app.home)?;
        Ok((vec![Change::Put(host.clone())], host))
    };
    let host = app.hosts_to_edit()?.edit(change)?;
    tell(app, &host, &format!("Changed {}", host.id))
}

pub fn remove(app: &App, argument: &str) -> Result<u8, Stop> {
    let change = |hosts: &Hosts| {
        let host = find(argument, hosts)?.clone();
        let shown: Value = document(&host, hosts);
        Ok((vec![Change::Remove(host.id.clone())], (host, shown)))
    };
    let (host, shown) = app.hosts_to_edit()?.edit(change)?;
    app.output.answer(&shown, format_args!("Removed {}", host.id))?;
    Ok(exit::DONE)
}

pub fn enable(app: &App, argument: &str, enabled: bool) -> Result<u8, Stop> {
    let change = |hosts: &Hosts| {
        let mut host = find(argument, hosts)?.clone();
        host.enabled = enabled;
        Ok((vec![Change::Put(host.clone())], host))
    };
    let host = app.hosts_to_edit()?.edit(change)?;
    tell(app, &host, &format!("{} {}", if enabled { "Enabled" } else { "Disabled" }, host.id))
}

pub fn default(app: &App, args: &DefaultArgs) -> Result<u8, Stop> {
    let default = match &args.host {
        Some(argument) => app.hosts_to_edit()?.edit(|hosts| {
            let id = find(argument, hosts)?.id.clone();
            Ok((vec![Change::Default(Some(id.clone()))], Some(id)))
        })?,
        None if args.clear => {
            app.hosts_to_edit()?.edit(|_| Ok((vec![Change::Default(None)], None)))?
        }
        None => app.hosts().read()?.default,
    };
    match &default {
        None if !app.output.is_json() => app.output.note("No host is the default."),
        Some(id) => app.output.answer(&json!({ "default": id }), id)?,
        None => app.output.document(&json!({ "default": null }))?,
    }
    Ok(exit::DONE)
}

/// Answers with the host as it is now.
pub fn tell(app: &App, host: &HostConfig, text: &str) -> Result<u8, Stop> {
    if app.output.is_json() {
        let hosts = app.hosts().read()?;
        app.output.document(&document(host, &hosts))?;
    } else {
        app.output.line(text)?;
    }
    Ok(exit::DONE)
}
