//! `baton`: the command line.

mod agents;
mod app;
mod approvals;
mod args;
mod ask;
mod complete;
mod completions;
mod doctor;
mod env_row;
mod exec;
mod exit;
mod files;
mod follow;
mod git;
mod heard;
mod history;
mod hosts;
mod interrupt;
mod logs;
mod man;
mod operations;
mod output;
mod place;
mod queue;
mod reference;
mod render;
mod run;
mod seam;
mod send;
mod session;
mod tab;
mod terminal;
mod test_connection;
mod under_way;
mod watch;
mod worktree;

use std::ffi::OsString;
use std::process::ExitCode;

use app::App;
use args::{Args, Verb};
use orchestrator::failure::{Code, Failure};
use output::{Output, Stop};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // ssh runs us with a question; the one who started it waits at the socket.
    if let Some(status) = baton_front::ssh_asks(&words) {
        return ExitCode::from(status);
    }
    // Known before the line is parsed, so that a line that can't be parsed is answered in JSON, too.
    let output = Output::new(args::wants_json(&words));
    let status = match start(&words, &output) {
        Ok(status) => status,
        Err(stop) => output.stop(&stop),
    };
    ExitCode::from(status)
}

fn start(words: &[OsString], output: &Output) -> Result<u8, Stop> {
    let Some(args) = args::parse(words, output)? else { return Ok(exit::DONE) };
    logs::start();
    let app = App::from_env(output.clone())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(Code::Internal, format!("could not start the runtime: {error}"))
    })?;
    let status = runtime.block_on(async {
        let status = dispatch(&app, args).await;
        app.leave().await;
        status
    });
    // A thread may still be waiting for our stdin; nobody waits for it.
    runtime.shutdown_background();
    status
}

/// Each verb answers with the exit status.
async fn dispatch(app: &App, args: Args) -> Result<u8, Stop> {
    match args.verb {
        Verb::Hosts(verb) => hosts::run(app, verb).await,
        Verb::TestConnection(args) => test_connection::run(app, args).await,
        Verb::Exec(args) => exec::run(app, args).await,
        Verb::Terminal(args) => terminal::run(app, args).await,
        Verb::Session(verb) => session::run(app, verb).await,
        Verb::Send(args) => send::run(app, args).await,
        Verb::Follow(args) => follow::run(app, args).await,
        Verb::Interrupt(args) => interrupt::run(app, args).await,
        Verb::Queue(args) => queue::run(app, args).await,
        Verb::Tab(args) => tab::run(app, args).await,
        Verb::Approvals(args) => approvals::list(app, args).await,
        Verb::Approve(args) => approvals::answer(app, args, true).await,
        Verb::Deny(args) => approvals::answer(app, args, false).await,
        Verb::Git(verb) => git::run(app, verb).await,
        Verb::Worktree(verb) => worktree::run(app, verb).await,
        Verb::History(args) => history::run(app, args).await,
        Verb::Files(verb) => files::run(app, verb).await,
        Verb::Agents(args) => agents::run(app, args).await,
        Verb::Run(args) => run::launch(app, args).await,
        Verb::Runs(args) => run::runs(app, args).await,
        Verb::Attach(args) => run::attach(app, args).await,
        Verb::Stop(args) => run::stop(app, args).await,
        Verb::Operations(args) => operations::run(app, args).await,
        Verb::Complete(args) => complete::run(app, args).await,
        Verb::Doctor(args) => doctor::run(app, &args).await,
        Verb::Completions(args) => completions::run(&app.output, &args),
        Verb::Man(args) => man::run(&app.output, &args),
        Verb::Reference => reference::run(&app.output),
    }
}
