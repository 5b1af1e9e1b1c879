//! `baton exec`: a program on a host, tied to this process as with ssh.

mod leave;
mod pump;
mod raw;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::ResolvedHost;
use orchestrator::transport::{Connection, Exit, Process, Program, TransportError};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::env_row::env_rows;
use crate::exit;
use crate::output::Stop;
pub use leave::Leaving;
pub use raw::{RawTerminal, size as terminal_size};

/// What ssh's own failures exit with, as with ssh.
pub const SSH_FAILED: u8 = 255;

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// A program, and where it runs.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// A saved host's id or name, an alias of the ssh config, `[user@]host[:port]`, or `local`
    host: String,
    /// Directory on the host; ~ is its home
    #[arg(long, value_name = "D")]
    cwd: Option<std::ffi::OsString>,
    /// Environment for the program; may be repeated. On the host it stands on no command line
    #[arg(long, value_name = "K=V")]
    env: Vec<std::ffi::OsString>,
    /// Give the program a terminal
    #[arg(long, short)]
    tty: bool,
    /// Without the login shell's environment
    #[arg(long)]
    no_login: bool,
    /// The program and its arguments, passed on byte for byte
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<std::ffi::OsString>,
}

/// Runs the program and returns its status.
///
/// # Errors
///
/// Before it ran. A failure of ssh is told here, and exits with 255.
pub async fn run(app: &App, args: ExecArgs) -> Result<u8, Stop> {
    let host = app.resolve_host(&args.host)?;
    let program = program(&host, &args)?;
    let connection = app.machine()?.connection(&host, None);
    let ran = over(app, &connection, &program).await;
    connection.close().await;
    match ran {
        Ok(status) => Ok(status),
        Err(Stop::Failure(failure)) if is_sshs(failure.code) => {
            app.output.stop(&Stop::Failure(failure));
            Ok(SSH_FAILED)
        }
        Err(stop) => Err(stop),
    }
}

/// Whether a failure is of the way to the program, rather than of what was asked for.
pub fn is_sshs(code: Code) -> bool {
    exit::status(code) == exit::NOT_REACHED || code == Code::ShellBroken
}

fn program(host: &ResolvedHost, args: &ExecArgs) -> Result<Program, Failure> {
    use std::os::unix::ffi::OsStrExt;
    let mut program = Program::new(args.command.iter().map(|word| word.as_bytes().to_vec()));
    program.login = !args.no_login;
    program.cwd = args.cwd.as_ref().map(|dir| dir.as_bytes().to_vec());
    if let ResolvedHost::Saved(saved) = host {
        program.env = saved
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect();
        if program.cwd.is_none() {
            program.cwd = saved.remote_dir.clone().map(String::into_bytes);
        }
    }
    program.env.extend(env_rows(&args.env)?);
    if args.tty {
        program.terminal = Some((raw::term(), raw::size()));
    }
    Ok(program)
}

async fn over(app: &App, connection: &Connection, program: &Program) -> Result<u8, Stop> {
    let mut leaving = Leaving::listen()?;
    let started = tokio::select! {
        started = start(app, connection, program) => started?,
        number = leaving.first() => return Ok(128 + number),
    };
    match program.terminal {
        Some(_) => in_terminal(connection, started, leaving).await,
        None => with_streams(app, connection, started, leaving).await,
    }
}

/// Starts the program, and says what is waited for when that takes long.
async fn start(
    app: &App,
    connection: &Connection,
    program: &Program,
) -> Result<Process, TransportError> {
    let starting = connection.start(program);
    tokio::pin!(starting);
    tokio::select! {
        started = &mut starting => return started,
        () = tokio::time::sleep(WORTH_SAYING) => {}
    }
    if std::io::stderr().is_terminal() {
        app.output.note(format_args!("connecting to {} …", connection.host()));
    }
    starting.await
}

async fn with_streams(
    app: &App,
    connection: &Connection,
    process: Process,
    mut leaving: Leaving,
) -> Result<u8, Stop> {
    let group = process.group;
    let (streams, ended) = process.into_parts();
    pump::stdin(streams.stdin)?;
    let out = pump::stdout(streams.stdout, in_a_task(connection, group, "PIPE"))?;
    let err = pump::stderr(streams.stderr)?;
    let ended = async {
        let exit = ended.await;
        // What was printed before the end comes before our own end.
        let (out, err) = tokio::join!(out, err);
        (exit, out.and(err))
    };
    tokio::pin!(ended);
    let mut asked_to_stop = false;
    loop {
        tokio::select! {
            (exit, printed) = &mut ended => {
                let status = status(exit?);
                read_as_wanted(printed)?;
                return Ok(status);
            }
            (number, name) = leaving.next() => {
                if asked_to_stop && name == "INT" {
                    // Without the dashes, kill of procps 4.0.2 reads -1234 digit by digit, and -1 is every process.
                    app.output.note(format_args!(
                        "left: process group {group} on {host} may still run; `baton exec {host} -- kill -s TERM -- -{group}` ends it",
                        host = connection.host(),
                    ));
                    return Ok(128 + number);
                }
                asked_to_stop |= name == "INT";
                in_a_task(connection, group, name)();
            }
        }
    }
}

async fn in_terminal(
    connection: &Connection,
    mut process: Process,
    mut leaving: Leaving,
) -> Result<u8, Stop> {
    let group = process.group;
    let resize = process.resize.take();
    let mut resized = signal(SignalKind::window_change()).map_err(|error| no_signals(&error))?;
    let terminal = RawTerminal::enter()?;
    // Between the first look and here the window may have changed.
    if let Some(resize) = &resize {
        resize(raw::size());
    }
    let (streams, ended) = process.into_parts();
    pump::stdin(streams.stdin)?;
    let out = pump::stdout(streams.stdout, in_a_task(connection, group, "HUP"))?;
    let ended = async {
        let exit = ended.await;
        (exit, out.await)
    };
    tokio::pin!(ended);
    let outcome = loop {
        tokio::select! {
            (exit, printed) = &mut ended => break exit.map_err(Stop::from).and_then(|exit| {
                read_as_wanted(printed)?;
                Ok(status(exit))
            }),
            _ = resized.recv() => {
                if let Some(resize) = &resize {
                    resize(raw::size());
                }
            }
            (number, name) = leaving.next() => {
                // Our terminal is gone or we are told to go: the program's goes with us.
                let told = connection.signal(group, if name == "INT" { "INT" } else { "HUP" });
                match tokio::time::timeout(WORTH_SAYING, told).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, "could not pass a signal on"),
                    Err(_) => tracing::warn!("could not pass a signal on: no answer"),
                }
                if name != "INT" {
                    break Ok(128 + number);
                }
            }
        }
    };
    drop(terminal);
    outcome
}

/// Passes a signal on in a task: a host that doesn't answer must not keep us from leaving.
fn in_a_task(
    connection: &Connection,
    group: u32,
    name: &'static str,
) -> impl FnOnce() + Send + 'static {
    let (connection, runtime) = (connection.clone(), Handle::current());
    move || {
        runtime.spawn(async move {
            if let Err(error) = connection.signal(group, name).await {
                tracing::warn!(%error, name, "could not pass a signal on");
            }
        });
    }
}

/// Whoever closed our stdout has read what they wanted.
fn read_as_wanted(printed: std::io::Result<()>) -> std::io::Result<()> {
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn status(exit: Exit) -> u8 {
    exit.status
}

fn no_signals(error: &std::io::Error) -> Failure {
    Failure::new(Code::Internal, format!("could not listen for signals: {error}"))
}
