//! `baton run`: a program on a host that goes on without us.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::ResolvedHost;
use orchestrator::run::{Job, Offsets, RunError, Runs, Standing, Stdin};
use orchestrator::seam::RunId;
use orchestrator::store::{RunRecord, RunState, Store};

use super::book::{self, Shown};
use super::show::Printer;
use super::watch::Watch;
use crate::app::App;
use crate::env_row::env_rows;
use crate::exec::{self, Leaving};
use crate::output::Stop;

/// How often we try to find out what became of a launch whose link broke.
const SETTLING_TRIES: u32 = 5;

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// A program, and where it runs.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A saved host's id or name, an alias of the ssh config, `[user@]host[:port]`, or `local`
    host: String,
    /// Directory on the host; ~ is its home
    #[arg(long, value_name = "D")]
    cwd: Option<OsString>,
    /// Environment for the program; may be repeated. It stands on no command line
    #[arg(long, value_name = "K=V")]
    env: Vec<OsString>,
    /// What the program reads: a file here, or `-` for our own stdin to its end. Without it, nothing
    #[arg(long, value_name = "FILE")]
    stdin: Option<OsString>,
    /// Return as soon as it is launched
    #[arg(long)]
    detach: bool,
    /// The program and its arguments, passed on byte for byte
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Launches the program, shows it to its end and returns its status.
///
/// # Errors
///
/// Before it ran. A failure of ssh is told here, and exits with 255.
pub async fn launch(app: &App, args: RunArgs) -> Result<u8, Stop> {
    let host = app.resolve_host(&args.host)?;
    let job = job(&host, &args)?;
    let store = book::open(app)?;
    let runs = book::runs_of(app, &host.place())?;
    let mut leaving = Leaving::listen()?;
    let done = over(app, &store, &runs, &host, &args, &job, &mut leaving).await;
    // What is not on its way yet is given up; the run is not.
    runs.connection().close().await;
    store.close().await;
    match done {
        Ok(status) => Ok(status),
        Err(Stop::Failure(failure)) if exec::is_sshs(failure.code) => {
            app.output.stop(&Stop::Failure(failure));
            Ok(exec::SSH_FAILED)
        }
        Err(stop) => Err(stop),
    }
}

fn job(host: &ResolvedHost, args: &RunArgs) -> Result<Job, Failure> {
    let mut job = Job::new(args.command.iter().map(|word| word.as_bytes().to_vec()));
    job.cwd = args.cwd.as_ref().map(|dir| dir.as_bytes().to_vec());
    if let ResolvedHost::Saved(saved) = host {
        let own = saved.env.iter();
        job.env = own.map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
        if job.cwd.is_none() {
            job.cwd = saved.remote_dir.clone().map(String::into_bytes);
        }
    }
    job.env.extend(env_rows(&args.env)?);
    if let Some(file) = &args.stdin {
        job.stdin = Stdin::Bytes(read(file)?);
    }
    Ok(job)
}

fn read(file: &OsString) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if file == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(Path::new(file)).map(|all| bytes = all)
    };
    let name = if file == "-" { "stdin".into() } else { Path::new(file).display().to_string() };
    read.map(|()| bytes).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            std::io::ErrorKind::PermissionDenied => Code::PermissionDenied,
            std::io::ErrorKind::IsADirectory => Code::IsDirectory,
            _ => Code::Internal,
        };
        Failure::new(code, format!("can't read {name}: {error}"))
            .hint("--stdin takes a file of this machine, or - for our own stdin")
    })
}

async fn over(
    app: &App,
    store: &Store,
    runs: &Runs,
    host: &ResolvedHost,
    args: &RunArgs,
    job: &Job,
    leaving: &mut Leaving,
) -> Result<u8, Stop> {
    let run = RunId::random();
    // Before it is launched: whatever happens then, somebody knows of it.
    let record = RunRecord {
        id: run.clone(),
        host: host.reference(),
        place: Some(host.place()),
        started_at: Timestamp::now(),
        command: job.command(),
        cwd: job.cwd.as_deref().map(|dir| String::from_utf8_lossy(dir).into_owned()),
        owner: None,
        state: RunState::Launching,
        status: None,
        out_offset: 0,
        err_offset: 0,
        reader: None,
        swept: false,
    };
    store.add_run(record).await?;
    let launching = launch_over(app, runs, &run, job, args.detach);
    let follow = tokio::select! {
        launched = launching => match launched {
            Ok(follow) => follow,
            Err(error) => {
                if !matches!(error, RunError::InDoubt { .. }) {
                    book::set(store, &run, RunState::Never, None).await?;
                }
                return Err(Failure::from(error).into());
            }
        },
        number = leaving.first() => {
            app.output.note(format_args!("left while run {run} was being launched; `baton attach {run}` tells whether it was"));
            return Ok(128 + number);
        }
    };
    book::set(store, &run, RunState::Running, None).await?;
    let printer = Printer::new(&app.output, host.id().to_string());
    printer.started(&run)?;
    let Some(follow) = follow else { return Ok(crate::exit::DONE) };
    let shown = Shown::new(store.clone(), run.clone(), Offsets::default());
    Watch { app, store, runs, run, printer, shown }.show(follow, leaving).await
}

/// Launches, and finds out what became of it where the link breaks meanwhile.
async fn launch_over(
    app: &App,
    runs: &Runs,
    run: &RunId,
    job: &Job,
    detach: bool,
) -> Result<Option<orchestrator::run::Follow>, RunError> {
    let launching = async {
        if detach {
            runs.launch_detached(run, job).await.map(|()| None)
        } else {
            runs.launch(run, job).await.map(Some)
        }
    };
    tokio::pin!(launching);
    let launched = tokio::select! {
        launched = &mut launching => launched,
        () = tokio::time::sleep(WORTH_SAYING) => {
            if std::io::stderr().is_terminal() {
                app.output.note(format_args!("connecting to {} …", runs.connection().host()));
            }
            launching.await
        }
    };
    let Err(RunError::InDoubt { host, why, .. }) = launched else { return launched };
    let mut tries = 0;
    loop {
        match runs.settle(run).await.map(|facts| facts.standing) {
            Ok(Standing::Never) => return Err(RunError::Transport(*why)),
            Ok(_) if detach => return Ok(None),
            Ok(_) => return Ok(Some(runs.follow(run, Offsets::default()))),
            Err(error) => {
                tries += 1;
                if tries == SETTLING_TRIES {
                    tracing::debug!(%error, "what became of a launch is not known");
                    return Err(RunError::InDoubt { host, run: run.clone(), why });
                }
                tokio::time::sleep(Duration::from_millis(200 << tries)).await;
            }
        }
    }
}
