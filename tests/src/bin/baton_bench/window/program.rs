//! The real `baton-gui` and the empty window, started and watched.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::frames::{Told, monotonic};
use super::place::{Place, beside};
use super::screen::Screen;
use crate::{Outcome, machine};

/// How long anything may take whose end is at hand.
const PATIENCE: Duration = Duration::from_secs(60);
/// A window that draws nothing for so long is at rest.
const REST: Duration = Duration::from_millis(1_500);

/// A window that is open; killed on drop.
pub struct Window {
    child: Child,
    log: PathBuf,
    /// When it was started, on the monotonic clock.
    pub started: Duration,
}

impl Window {
    /// Starts `baton-gui`, which tells of its frames.
    pub fn open(place: &Place, screen: &Screen) -> Outcome<Self> {
        let log = place.setup.paths.state.join("baton-gui.log");
        match fs::remove_file(&log) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let mut command = bare(&beside("baton-gui")?, screen);
        command.envs(place.setup.env.iter().map(|(name, value)| (name, value)));
        let ssh_config = place.setup.ssh_config.as_deref().unwrap_or("/dev/null".as_ref());
        command.env("BATON_HOME", place.baton_home()).env("BATON_SSH_CONFIG", ssh_config);
        command.env("BATON_LOG", "warn,baton_gui::frames=trace");
        let started = monotonic();
        Ok(Self { child: command.stdout(Stdio::null()).spawn()?, log, started })
    }

    /// All frames so far.
    pub fn frames(&self) -> Outcome<Vec<Told>> {
        match fs::read_to_string(&self.log) {
            Ok(log) => Ok(Told::all(&log)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for something in its frames.
    pub async fn until<T>(
        &mut self,
        what: &str,
        look: impl Fn(&[Told]) -> Option<T>,
    ) -> Outcome<T> {
        let began = monotonic();
        loop {
            if let Some(found) = look(&self.frames()?) {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                return Err(format!("the window has ended with {status}: {last:?}").into());
            }
            if monotonic() - began > PATIENCE {
                return Err(format!("the window never came to {what}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await; // wait: between two looks into its log
        }
    }

    /// Waits until it has nothing more to draw.
    pub async fn rest(&mut self) -> Outcome<()> {
        let is_over = |frames: &[Told]| {
            frames.last().filter(|last| monotonic() > last.begun + REST).map(drop)
        };
        self.until("rest", is_over).await
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> Outcome<u64> {
        machine::resident_kib_of(&self.pid()?)
    }

    /// Processor time that it has used so far, all threads together, in seconds.
    pub fn cpu_seconds(&self) -> Outcome<f64> {
        machine::cpu_seconds_of(&self.pid()?)
    }

    fn pid(&self) -> Outcome<String> {
        Ok(self.child.id().ok_or("the window has ended")?.to_string())
    }

    /// Ends it.
    pub async fn close(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}

/// The window that shows nothing; killed on drop.
pub struct EmptyWindow {
    child: Child,
    out: BufReader<ChildStdout>,
    started: Duration,
}

impl EmptyWindow {
    /// Starts it.
    pub fn open(screen: &Screen) -> Outcome<Self> {
        let mut command = bare(&beside("empty-window")?, screen);
        command.env("HOME", "/nonexistent");
        let started = monotonic();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("the empty window has no stdout")?;
        Ok(Self { child, out: BufReader::new(out), started })
    }

    /// How long it took until its first frame was drawn.
    pub async fn drawn(&mut self) -> Outcome<Duration> {
        let mut line = String::new();
        tokio::time::timeout(PATIENCE, self.out.read_line(&mut line)).await??;
        let micros = line.trim().strip_prefix("drawn ").and_then(|micros| micros.parse().ok()); // Else the error below.
        let at = micros.ok_or_else(|| format!("the empty window said {line:?}"))?;
        Ok(Duration::from_micros(at).saturating_sub(self.started))
    }

    /// Resident memory when it has come to rest, in KiB.
    pub async fn resident_kib(&self) -> Outcome<u64> {
        tokio::time::sleep(REST).await; // wait: it says nothing more, and has nothing more to draw by then
        let pid = self.child.id().ok_or("the empty window has ended")?.to_string();
        machine::resident_kib_of(&pid)
    }

    /// Ends it.
    pub async fn close(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}

/// A program on that screen, drawn by the processor, with nothing of the person's environment.
fn bare(program: &std::path::Path, screen: &Screen) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("DISPLAY", &screen.display).env("LIBGL_ALWAYS_SOFTWARE", "1");
    command.env("LANG", "C.UTF-8").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}
