//! `baton files`: the files of a host, or of a session's directory.

mod ask;
mod cat;
mod change;
mod find;
mod get;
mod list;
mod put;
mod show;
mod stat;
mod transfer;
mod tree;
mod write;

use clap::Subcommand;

use crate::app::App;
use crate::output::Stop;

/// The verbs of `baton files`. HOST may be a session as well, by its id or name, where no host is called so: a relative path
/// begins in its directory then.
#[derive(Debug, Subcommand)]
pub enum FilesVerb {
    /// List a directory
    Ls(list::ListArgs),
    /// Show what a path is, and the version that names its state
    Stat(stat::StatArgs),
    /// Print files one behind the other, or a part of one
    Cat(cat::CatArgs),
    /// Write stdin into a file, at once or not at all
    Write(write::WriteArgs),
    /// Make a directory
    Mkdir(change::MkdirArgs),
    /// Move a file or directory within a host
    Mv(change::MvArgs),
    /// Delete files; a link itself, not what it points to
    Rm(change::RmArgs),
    /// List a directory and those in it
    Tree(tree::TreeArgs),
    /// Find files below a directory by some of their letters: what `@` offers
    Find(find::FindArgs),
    /// Fetch a file or directory from a host
    Get(get::GetArgs),
    /// Send a file or directory to a host
    Put(put::PutArgs),
}

/// Runs it, and returns the exit status.
///
/// # Errors
///
/// What can't be, and why.
pub async fn run(app: &App, verb: FilesVerb) -> Result<u8, Stop> {
    match verb {
        FilesVerb::Ls(args) => list::run(app, args).await,
        FilesVerb::Stat(args) => stat::run(app, args).await,
        FilesVerb::Cat(args) => cat::run(app, args).await,
        FilesVerb::Write(args) => write::run(app, args).await,
        FilesVerb::Mkdir(args) => change::mkdir(app, args).await,
        FilesVerb::Mv(args) => change::mv(app, args).await,
        FilesVerb::Rm(args) => change::rm(app, args).await,
        FilesVerb::Tree(args) => tree::run(app, args).await,
        FilesVerb::Find(args) => find::run(app, args).await,
        FilesVerb::Get(args) => get::run(app, args).await,
        FilesVerb::Put(args) => put::run(app, args).await,
    }
}
