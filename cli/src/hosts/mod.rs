//! `baton hosts`.

mod candidates;
mod edit;
mod fields;
mod view;

use clap::Subcommand;

use crate::app::App;
use crate::output::Stop;
use candidates::{CandidatesArgs, ImportArgs};
pub use edit::new_host;
use edit::{AddArgs, DefaultArgs, EditArgs, HostArg};
pub use fields::HostFields;

/// The verbs of `baton hosts`.
#[derive(Debug, Subcommand)]
pub enum HostsVerb {
    /// List the saved hosts
    List,
    /// Show one host; of its environment only the names
    Show(HostArg),
    /// Save a host
    Add(AddArgs),
    /// Change a host; an empty value ('') unsets
    Edit(EditArgs),
    /// Forget a host; nothing happens on the machine itself
    Remove(HostArg),
    /// Switch a host on
    Enable(HostArg),
    /// Switch a host off: it refuses to run anything
    Disable(HostArg),
    /// Show, set or clear the default host: a marker only, nothing is run there by itself
    Default(DefaultArgs),
    /// List the hosts that your ssh config and known_hosts name
    Candidates(CandidatesArgs),
    /// Save a host of your ssh config; user, key and port stay inherited
    Import(ImportArgs),
}

/// Runs one of them, and returns the exit status.
pub async fn run(app: &App, verb: HostsVerb) -> Result<u8, Stop> {
    match verb {
        HostsVerb::List => view::list(app),
        HostsVerb::Show(args) => view::show(app, &args.host),
        HostsVerb::Add(args) => edit::add(app, args),
        HostsVerb::Edit(args) => edit::edit(app, args),
        HostsVerb::Remove(args) => edit::remove(app, &args.host),
        HostsVerb::Enable(args) => edit::enable(app, &args.host, true),
        HostsVerb::Disable(args) => edit::enable(app, &args.host, false),
        HostsVerb::Default(args) => edit::default(app, &args),
        HostsVerb::Candidates(args) => candidates::list(app, &args).await,
        HostsVerb::Import(args) => candidates::import(app, args),
    }
}
