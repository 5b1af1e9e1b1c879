//! `baton hosts candidates` and `import`: what the person's ssh knows.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::{Change, HostId, Hosts, HostsError, validate_host};
use orchestrator::ssh_config::{KnownNames, Resolved};
use orchestrator::transport::{Target, TransportError};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::edit::{new_host, tell};
use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::clean_line;

/// How much to find out.
#[derive(Debug, Args)]
pub struct CandidatesArgs {
    /// Ask `ssh -G` about each alias; that runs the `Match exec` commands of your ssh config
    #[arg(long)]
    resolve: bool,
}

/// Which alias to save.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Alias of the ssh config
    #[arg(allow_hyphen_values = true)]
    alias: String,
    /// What you call it; the alias, if left out
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct Candidate {
    name: String,
    source: &'static str,
    file: Option<PathBuf>,
    line: Option<usize>,
    port: Option<u16>,
    /// The id of the host that is saved with this alias or address.
    saved_as: Option<HostId>,
    resolved: Option<Resolved>,
    error: Option<Failure>,
}

/// `ssh -G` is short work for a processor; more at once only makes a laptop stutter.
const MOST_QUERIES_AT_ONCE: usize = 4;

pub async fn list(app: &App, args: &CandidatesArgs) -> Result<u8, Stop> {
    let hosts = app.hosts().read()?;
    let aliases = app.aliases();
    let mut candidates: Vec<Candidate> = aliases
        .aliases
        .iter()
        .map(|alias| Candidate {
            saved_as: saved_as(&hosts, &alias.name, None),
            name: alias.name.clone(),
            source: "ssh_config",
            file: Some(alias.file.clone()),
            line: Some(alias.line),
            port: None,
            resolved: None,
            error: None,
        })
        .collect();
    if args.resolve {
        resolve_all(app, &mut candidates).await;
    }
    for known in app.known_hosts() {
        let twin = |other: &Candidate| other.name == known.name && other.port == known.port;
        if !candidates.iter().any(twin) {
            candidates.push(Candidate {
                saved_as: saved_as(&hosts, &known.name, known.port),
                name: known.name,
                source: "known_hosts",
                file: None,
                line: None,
                port: known.port,
                resolved: None,
                error: None,
            });
        }
    }
    if app.output.is_json() {
        let answer = json!({ "candidates": candidates, "findings": aliases.findings });
        app.output.document(&answer)?;
        return Ok(exit::DONE);
    }
    if candidates.is_empty() {
        app.output.note("Neither the ssh config nor known_hosts names a host.");
    } else {
        let rows: Vec<_> = candidates.iter().map(row).collect();
        app.output.table(["NAME", "FROM", "SAVED AS", "DETAILS"], &rows)?;
    }
    for finding in &aliases.findings {
        app.output.note(format_args!("note: {finding}"));
    }
    Ok(exit::DONE)
}

fn saved_as(hosts: &Hosts, name: &str, port: Option<u16>) -> Option<HostId> {
    let alias = |host: &&orchestrator::host::HostConfig| {
        port.is_none() && host.ssh_config.as_deref() == Some(name)
    };
    let address = |host: &&orchestrator::host::HostConfig| {
        host.host == name && host.port.filter(|port| *port != 22) == port
    };
    let mut all = hosts.hosts.iter();
    let host = all.clone().find(alias).or_else(|| all.find(address))?;
    Some(host.id.clone())
}

fn row(candidate: &Candidate) -> [String; 4] {
    let name = match candidate.port {
        Some(port) if candidate.name.contains(':') => format!("[{}]:{port}", candidate.name),
        Some(port) => format!("{}:{port}", candidate.name),
        None => candidate.name.clone(),
    };
    let from = match (&candidate.file, candidate.line) {
        (Some(file), Some(line)) => format!("{}:{line}", file.display()),
        _ => candidate.source.to_owned(),
    };
    let saved = candidate.saved_as.as_ref().map(ToString::to_string).unwrap_or_default();
    let details = match (&candidate.resolved, &candidate.error) {
        (Some(resolved), _) => resolved.summary(),
        (None, Some(error)) => format!("error: {}", clean_line(&error.message)),
        (None, None) => String::new(),
    };
    [name, from, saved, details]
}

async fn resolve_all(app: &App, candidates: &mut [Candidate]) {
    let query = Arc::new(app.ssh_query());
    let turns = Arc::new(Semaphore::new(MOST_QUERIES_AT_ONCE));
    let mut work = JoinSet::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let (query, turns) = (Arc::clone(&query), Arc::clone(&turns));
        let target = Target {
            id: HostId::new(&candidate.name),
            destination: candidate.name.clone(),
            user: None,
            port: None,
            identity_file: None,
        };
        work.spawn(async move {
            let _turn = turns.acquire().await;
            (at, query.resolve(&target).await)
        });
    }
    let mut told = false;
    loop {
        let next = tokio::time::timeout(Duration::from_secs(1), work.join_next()).await;
        match next {
            Err(_) if !told => {
                told = true;
                app.output.note(format_args!("Asking ssh about {} aliases …", candidates.len()));
            }
            Err(_) => {}
            Ok(None) => return,
            Ok(Some(Ok((at, answer)))) => keep(candidates, at, answer),
            // A task of ours that died took its answer with it; the row stays without one.
            Ok(Some(Err(error))) => {
                app.output.note(format_args!("note: a query was lost: {error}"))
            }
        }
    }
}

fn keep(candidates: &mut [Candidate], at: usize, answer: Result<Resolved, TransportError>) {
    if let Some(candidate) = candidates.get_mut(at) {
        match answer {
            Ok(resolved) => candidate.resolved = Some(resolved),
            Err(error) => candidate.error = Some(error.into()),
        }
    }
}

pub fn import(app: &App, args: ImportArgs) -> Result<u8, Stop> {
    let alias = args.alias;
    let known = KnownNames::new(app.aliases(), []);
    if !known.contains(&alias) {
        return Err(Failure::new(
            Code::HostUnknown,
            format!("the ssh config has no host {alias:?}"),
        )
        .hint("`baton hosts candidates` lists them; `baton hosts add` saves one that isn't in it")
        .on(alias)
        .into());
    }
    let name = args.name.unwrap_or_else(|| alias.clone());
    let change = |hosts: &Hosts| {
        let mut host = new_host(&name, hosts)?;
        host.host.clone_from(&alias);
        host.ssh_config = Some(alias);
        let faults = validate_host(&host, &|_| true);
        if !faults.is_empty() {
            return Err(HostsError::Invalid { faults }.into());
        }
        Ok((vec![Change::Put(host.clone())], host))
    };
    let host = app.hosts_to_edit()?.edit(change)?;
    tell(app, &host, &format!("Imported {} as {}", host.host, host.id))
}
