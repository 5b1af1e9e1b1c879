//! How a session or a run remembers its host, so that it never means another one later.

use super::resolve::{destination, disabled};
use super::{Hosts, ResolvedHost};
use crate::failure::{Code, Failure};

/// What stands before a destination that was typed and isn't saved.
const TYPED: &str = "ssh://";

impl ResolvedHost {
    /// `local`, a saved host's id, or `ssh://` and the destination.
    ///
    /// A saved host that is removed later must not be taken for an alias of that name, nor the other way round.
    pub fn reference(&self) -> String {
        match self {
            Self::Local => "local".into(),
            Self::Saved(host) => host.id.as_str().to_owned(),
            Self::AdHoc(host) => format!("{TYPED}{}", bare(&host.typed)),
        }
    }
}

/// The host that a [`ResolvedHost::reference`] means today.
///
/// # Errors
///
/// [`Code::HostUnknown`] and [`Code::HostDisabled`], with its name: nothing else is run instead.
pub fn recall(reference: &str, hosts: &Hosts) -> Result<ResolvedHost, Failure> {
    if reference == "local" {
        return Ok(ResolvedHost::Local);
    }
    if let Some(typed) = reference.strip_prefix(TYPED) {
        return destination(typed).map(ResolvedHost::AdHoc);
    }
    match hosts.hosts.iter().find(|host| host.id.as_str() == reference) {
        Some(host) if host.enabled => Ok(ResolvedHost::Saved(host.clone())),
        Some(host) => Err(disabled(host)),
        None => Err(Failure::new(
            Code::HostUnknown,
            format!("the host {reference} is not saved any more"),
        )
        .hint("Save it again under that id with `baton hosts add`, or move the session with `baton session edit SESSION --host HOST`")
        .on(reference)),
    }
}

fn bare(typed: &str) -> &str {
    typed.strip_prefix(TYPED).unwrap_or(typed).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::host::{HostConfig, HostId, resolve};
    use crate::ssh_config::KnownNames;

    fn saved(id: &str) -> Hosts {
        let host = HostConfig::new(HostId::new(id), id, "10.0.0.1");
        Hosts { hosts: vec![host], default: None }
    }

    #[test]
    fn a_saved_host_that_was_removed_is_refused_even_where_an_alias_has_its_name() {
        let hosts = saved("gpu");
        let reference = resolve("gpu", &hosts, KnownNames::default).unwrap().reference();
        assert_eq!(recall(&reference, &hosts).unwrap().reference(), "gpu");
        let refused = recall(&reference, &Hosts::default()).unwrap_err();
        assert_eq!((refused.code, refused.host.as_deref()), (Code::HostUnknown, Some("gpu")));
    }

    #[test]
    fn a_typed_destination_stays_what_it_was_when_a_host_of_that_name_is_saved_later() {
        for typed in ["ann@box:2222", "ssh://ann@box:2222"] {
            let was = resolve(typed, &Hosts::default(), KnownNames::default).unwrap();
            let is = recall(&was.reference(), &saved("ann@box:2222")).unwrap();
            let ResolvedHost::AdHoc(is) = is else { panic!("{is:?}") };
            assert_eq!(
                (is.user.as_deref(), is.host.as_str(), is.port),
                (Some("ann"), "box", Some(2222))
            );
        }
    }

    #[test]
    fn a_disabled_host_is_refused_by_name() {
        let mut hosts = saved("gpu");
        hosts.hosts[0].enabled = false;
        assert_eq!(recall("gpu", &hosts).unwrap_err().code, Code::HostDisabled);
    }
}
