//! What the person's ssh configuration says: which aliases it lists, and what `ssh -G` makes of one.

mod aliases;
mod files;
mod known_hosts;
mod line;
mod names;
mod pattern;
mod query;
mod resolved;
mod usual;

pub use aliases::{Alias, Aliases, ConfigSources, Finding, aliases};
pub use files::{ConfigFiles, Disk};
pub use known_hosts::{KnownHost, known_hosts};
pub use names::KnownNames;
pub use query::SshQuery;
pub use resolved::Resolved;
pub use usual::{usual_aliases, usual_known_hosts};
