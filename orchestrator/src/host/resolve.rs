use std::collections::BTreeMap;
use std::path::Path;

use super::validate::{check_destination, check_user};
use super::{HostConfig, HostId, Hosts};
use crate::failure::{Code, Failure};
use crate::ssh_config::KnownNames;
use crate::transport::Target;

/// What a HOST argument means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedHost {
    /// This machine.
    Local,
    /// An entry of `hosts.toml`; enabled.
    Saved(HostConfig),
    /// A destination that was typed and isn't saved.
    AdHoc(AdHoc),
}

/// A destination as `[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdHoc {
    /// As it was typed.
    pub typed: String,
    /// The account, where one was typed.
    pub user: Option<String>,
    /// A host name, an address without brackets, or an alias of the ssh config.
    pub host: String,
    /// The port, where one was typed.
    pub port: Option<u16>,
}

impl ResolvedHost {
    /// What errors and events call it.
    pub fn id(&self) -> HostId {
        match self {
            Self::Local => HostId::new("local"),
            Self::Saved(host) => host.id.clone(),
            Self::AdHoc(host) => HostId::new(&host.typed),
        }
    }

    /// The directory that is meant where somebody names `cwd`, or none.
    pub fn directory(&self, cwd: Option<&str>) -> Option<String> {
        let usual = match self {
            Self::Saved(host) => host.remote_dir.as_deref(),
            Self::Local | Self::AdHoc(_) => None,
        };
        cwd.or(usual).map(str::to_owned)
    }

    /// What it adds to the environment of what is started there.
    pub fn env(&self) -> BTreeMap<String, String> {
        match self {
            Self::Saved(saved) => saved.env.clone(),
            Self::Local | Self::AdHoc(_) => BTreeMap::new(),
        }
    }

    /// As [`Place::target`](super::Place::target).
    pub fn target(&self, home: &Path) -> Option<Target> {
        self.place().target(home)
    }
}

/// Says what `argument` means: `local`, the id or name of a saved host, or a destination.
///
/// A bare word that is nowhere saved is only a destination when ssh knows it: as an alias or pattern of its config, or from
/// `known_hosts`. Else it is most likely a slip of the pen, and is refused with the nearest names. `known` is only called
/// for such words.
///
/// # Errors
///
/// [`Code::HostUnknown`], [`Code::HostDisabled`], and [`Code::Usage`] for what no destination can look like.
pub fn resolve(
    argument: &str,
    hosts: &Hosts,
    known: impl FnOnce() -> KnownNames,
) -> Result<ResolvedHost, Failure> {
    if argument == "local" {
        return Ok(ResolvedHost::Local);
    }
    if let Some(host) = saved(argument, hosts)? {
        if !host.enabled {
            return Err(disabled(host));
        }
        return Ok(ResolvedHost::Saved(host.clone()));
    }
    if !argument.contains(['.', ':', '@']) {
        // Faults first: what can't be a destination needs no advice on spelling.
        let host = destination(argument)?;
        let known = known();
        return if known.contains(argument) {
            Ok(ResolvedHost::AdHoc(host))
        } else {
            Err(unknown(argument, hosts, &known.names))
        };
    }
    destination(argument).map(ResolvedHost::AdHoc)
}

/// The saved host that `argument` names, disabled or not.
///
/// # Errors
///
/// [`Code::HostUnknown`] with the nearest saved names.
pub fn find<'a>(argument: &str, hosts: &'a Hosts) -> Result<&'a HostConfig, Failure> {
    saved(argument, hosts)?.ok_or_else(|| {
        let way = "`baton hosts list` shows the saved hosts, `baton hosts add` saves one";
        missing(argument, &nearest(argument, saved_names(hosts)), way)
    })
}

/// By id, by name, by a name that differs in case only.
fn saved<'a>(argument: &str, hosts: &'a Hosts) -> Result<Option<&'a HostConfig>, Failure> {
    let all = || hosts.hosts.iter();
    if let Some(host) = all().find(|host| host.id.as_str() == argument) {
        return Ok(Some(host));
    }
    if let Some(host) = all().find(|host| host.name == argument) {
        return Ok(Some(host));
    }
    let lower = argument.to_lowercase();
    let alike: Vec<_> = all().filter(|host| host.name.to_lowercase() == lower).collect();
    match alike.as_slice() {
        [] => Ok(None),
        [host] => Ok(Some(host)),
        several => {
            let ids: Vec<_> = several.iter().map(|host| host.id.as_str()).collect();
            Err(Failure::new(
                Code::HostUnknown,
                format!("{argument} could be any of {} hosts", several.len()),
            )
            .hint(format!("Name it by its id: {}", ids.join(", "))))
        }
    }
}

pub(super) fn disabled(host: &HostConfig) -> Failure {
    Failure::new(Code::HostDisabled, format!("the host {} is disabled", host.name))
        .hint(format!("Switch it on with `baton hosts enable {}`", host.id))
        .on(host.id.as_str())
}

fn unknown(argument: &str, hosts: &Hosts, known: &[String]) -> Failure {
    let others = ["local"].into_iter().chain(known.iter().map(String::as_str));
    let nearest = nearest(argument, saved_names(hosts).chain(others.map(|name| (name, name))));
    missing(
        argument,
        &nearest,
        &format!(
            "`baton hosts list` shows the saved hosts; for a machine of that name write USER@{argument}"
        ),
    )
}

/// What a saved host may be called, and the id by which it is shown.
fn saved_names(hosts: &Hosts) -> impl Iterator<Item = (&str, &str)> {
    hosts.hosts.iter().flat_map(|host| {
        let id = host.id.as_str();
        [(id, id), (host.name.as_str(), id)]
    })
}

fn missing(argument: &str, nearest: &[&str], way: &str) -> Failure {
    let hint = match nearest {
        [] => way.to_owned(),
        names => format!("Did you mean {}? Else: {way}", names.join(" or ")),
    };
    Failure::new(Code::HostUnknown, format!("no host is called {argument:?}"))
        .hint(hint)
        .on(argument)
}

/// At most three that are a slip away, the nearest first, out of names and how each is shown.
fn nearest<'a>(word: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<&'a str> {
    let lower = word.to_lowercase();
    let letters = lower.chars().count();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (name, shown) in names {
        let other = name.to_lowercase();
        let distance = strsim::damerau_levenshtein(&lower, &other);
        if distance <= 1 + letters / 4 {
            found.push((distance, shown));
        } else if letters >= 2 && other.starts_with(&lower) {
            found.push((usize::MAX, shown));
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    let mut nearest = Vec::new();
    for (_, shown) in found {
        if !nearest.contains(&shown) {
            nearest.push(shown);
        }
    }
    nearest.truncate(3);
    nearest
}

/// Reads `[user@]host[:port]`, with an IPv6 address bare or in brackets, and `ssh://` before it if one likes.
pub(super) fn destination(argument: &str) -> Result<AdHoc, Failure> {
    let wrong = |why: String| {
        Failure::new(Code::Usage, format!("{argument:?} can't be a host: {why}"))
            .hint("A HOST is a saved host's id or name, an alias of the ssh config, [USER@]HOST[:PORT], or local")
    };
    let rest = match argument.strip_prefix("ssh://") {
        Some(rest) => rest.trim_end_matches('/'),
        None => argument,
    };
    // As ssh does: the last one, so that a user may hold an `@`… which check_user refuses with its reason.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, rest),
    };
    let (host, port) = if let Some(inner) = rest.strip_prefix('[') {
        let (host, after) =
            inner.split_once(']').ok_or_else(|| wrong("the bracket isn't closed".into()))?;
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(wrong("only `:PORT` may follow the bracket".into())),
        }
    } else if rest.matches(':').count() == 1 {
        let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
        (host, Some(port))
    } else {
        (rest, None)
    };
    check_destination(host).map_err(|why| wrong(format!("the host {why}")))?;
    if let Some(user) = user {
        check_user(user).map_err(|why| wrong(format!("the user {why}")))?;
    }
    let port = match port {
        None => None,
        Some(text) => Some(
            text.parse::<u16>()
                .ok()
                .filter(|port| *port > 0 && text.bytes().all(|b| b.is_ascii_digit()))
                .ok_or_else(|| wrong("the port must be between 1 and 65535".into()))?,
        ),
    };
    Ok(AdHoc { typed: argument.into(), user: user.map(ToOwned::to_owned), host: host.into(), port })
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
