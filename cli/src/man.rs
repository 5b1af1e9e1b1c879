//! `baton man`: manual pages.

use clap::{Args, CommandFactory};
use orchestrator::failure::{Code, Failure};
use serde_json::json;

use crate::args;
use crate::exit;
use crate::output::{Output, Stop};

/// Which page.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command that it is about, such as `hosts add`; without one, the first page
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// Prints the page.
///
/// # Errors
///
/// [`Code::Usage`] when there is no such command.
pub fn run(output: &Output, args: &ManArgs) -> Result<u8, Stop> {
    let mut root = args::Args::command();
    root.build();
    let mut command = &root;
    for word in &args.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            Failure::new(Code::Usage, format!("there is no command {:?}", args.command.join(" ")))
                .hint("`baton --help` lists them")
        })?;
    }
    let mut page = Vec::new();
    let command = command.clone().version(env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).render(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    output.answer(&json!({ "page": page }), page.trim_end())?;
    Ok(exit::DONE)
}
