//! The engine's log: a file, so that there is one to look into when something went wrong.
//!
//! A thread of its own writes it: nobody who has something to say waits for the disk, the window least of all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use orchestrator::failure::{Code, Failure};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::fault::Fault;

/// What is written, such as `orchestrator=debug`; warnings and errors without it.
const VARIABLE: &str = "BATON_LOG";
/// A log of that size is set aside at the next start, in bytes.
const LARGE: u64 = 4 << 20;
/// Lines that wait for the disk. Of more the file says how many are missing.
const AHEAD: usize = 8192;

/// The log. What was said up to its drop is in the file then.
#[derive(Debug)]
pub struct Log {
    /// Where it is.
    pub file: PathBuf,
    /// Why the window's loop has ended.
    pub(super) fault: Fault,
    lines: Lines,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Log {
    fn drop(&mut self) {
        // Whoever says something later is heard by nobody: the program has ended.
        if self.lines.to.send(Said::End).is_ok()
            && let Some(writer) = self.writer.take()
        {
            writer.join().ok(); // A panic of its has been written down as a crash.
        }
    }
}

#[derive(Debug)]
enum Said {
    Line(Vec<u8>),
    End,
}

/// Takes lines, and never waits.
#[derive(Clone, Debug)]
struct Lines {
    to: SyncSender<Said>,
    missing: Arc<AtomicU64>,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if self.to.try_send(Said::Line(line.to_vec())).is_err() {
            self.missing.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Starts writing to `baton-gui.log` in `dir`.
///
/// # Errors
///
/// When it can't be written.
pub fn start_log(dir: &Path) -> Result<Log, Failure> {
    let path = dir.join("baton-gui.log");
    let file = open(dir, &path).map_err(|error| {
        Failure::new(Code::PermissionDenied, format!("could not write {}: {error}", path.display()))
            .hint("Check the directory, or choose another place with BATON_HOME")
    })?;
    let (lines, writer) = start_writer(file)?;
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::WARN.into())
        .with_env_var(VARIABLE)
        .from_env_lossy();
    let fault = Fault::default();
    let written = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(lines.clone())
        .with_filter(filter);
    let started = tracing_subscriber::registry().with(written).with(fault.layer()).try_init();
    match started {
        Ok(()) => Ok(Log { file: path, fault, lines, writer: Some(writer) }),
        Err(error) => Err(Failure::new(Code::Internal, format!("there is a log already: {error}"))),
    }
}

fn start_writer(file: impl Write + Send + 'static) -> Result<(Lines, JoinHandle<()>), Failure> {
    let (to, lines) = sync_channel(AHEAD);
    let missing = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&missing);
    let writer = std::thread::Builder::new()
        .name("log".into())
        .spawn(move || write(file, &lines, &told))
        .map_err(|error| {
            Failure::new(Code::Internal, format!("could not start a thread: {error}"))
        })?;
    Ok((Lines { to, missing }, writer))
}

fn write(mut file: impl Write, lines: &Receiver<Said>, missing: &AtomicU64) {
    while let Ok(Said::Line(line)) = lines.recv() {
        let gone = missing.swap(0, Ordering::Relaxed);
        if gone > 0 {
            writeln!(
                file,
                "{gone} lines are missing: they came quicker than they could be written"
            )
            .ok(); // As below.
        }
        file.write_all(&line).ok(); // There is no other place to say that the log can't be written.
    }
}

fn open(dir: &Path, path: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(dir)?;
    if std::fs::metadata(path).is_ok_and(|file| file.len() > LARGE) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;

    use super::*;

    /// A disk that takes nothing until it may.
    struct Stuck(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.recv().ok(); // From then on it takes everything.
            self.1.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_has_something_to_say_does_not_wait_for_the_disk_and_what_is_missing_is_counted() {
        let (go, may) = sync_channel(1);
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut lines, writer) = start_writer(Stuck(may, Arc::clone(&written))).unwrap();
        // One is being written, or none yet.
        for number in 0..AHEAD + 10 {
            lines.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        drop(go);
        lines.to.send(Said::End).unwrap();
        writer.join().unwrap();
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let (kept, told): (Vec<_>, Vec<_>) =
            text.lines().partition(|line| line.starts_with("line "));
        assert_eq!(kept.first(), Some(&"line 0"));
        let gone: usize = told[0].split(' ').next().unwrap().parse().unwrap();
        assert_eq!((kept.len() + gone, told.len()), (AHEAD + 10, 1), "{told:?}");
    }
}
