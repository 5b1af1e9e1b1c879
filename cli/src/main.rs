//! `baton`: the command line.

mod app;
mod args;
mod exit;
mod hosts;
mod output;
mod paths;

use std::ffi::OsString;
use std::process::ExitCode;

use app::App;
use args::{Args, Verb};
use orchestrator::failure::{Code, Failure};
use output::{Output, Stop};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // Known before the line is parsed, so that a line that can't be parsed is answered in JSON, too.
    let output = Output::new(args::wants_json(&words));
    let status = match run(&words, &output) {
        Ok(status) => status,
        Err(stop) => output.stop(&stop),
    };
    ExitCode::from(status)
}

fn run(words: &[OsString], output: &Output) -> Result<u8, Stop> {
    let Some(args) = args::parse(words, output)? else { return Ok(exit::DONE) };
    let app = App::from_env(output.clone())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(Code::Internal, format!("could not start the runtime: {error}"))
    })?;
    runtime.block_on(dispatch(&app, args))
}

/// Each verb answers with the exit status.
async fn dispatch(app: &App, args: Args) -> Result<u8, Stop> {
    match args.verb {
        Verb::Hosts(verb) => hosts::run(app, verb).await,
    }
}
