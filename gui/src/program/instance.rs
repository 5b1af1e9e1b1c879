//! One window for each data directory: a second start raises the first.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use orchestrator::failure::{Code, Failure};
use rustix::fs::{FlockOperation, flock};
use tokio::sync::mpsc;

/// What a second start says, and what the first answers.
const RAISE: &[u8] = b"raise\n";
const RAISED: &[u8] = b"raised\n";
/// How long the first one may take to answer, or to be gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which start this is.
#[derive(Debug)]
pub enum Instance {
    /// The first.
    First(First),
    /// Another one is there, and was raised.
    Second,
}

/// The right to be the window; given back when dropped.
#[derive(Debug)]
pub struct First {
    /// Held for as long as we live, and freed by the system however we end.
    _lock: std::fs::File,
    /// Each start after ours. Taken by the bridge.
    pub raises: Option<mpsc::Receiver<()>>,
}

impl Instance {
    /// Takes the place, or raises who has it.
    ///
    /// # Errors
    ///
    /// `busy` when another one has it and doesn't answer; what the file system says.
    pub fn take(run: &Path) -> Result<Self, Failure> {
        baton_front::paths::make_private(run)?;
        let failed = |error: std::io::Error| {
            Failure::new(
                Code::PermissionDenied,
                format!("could not use {}: {error}", run.display()),
            )
            .hint("Check the directory, or choose another place with BATON_HOME")
        };
        let lock = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(run.join("window.lock"))
            .map_err(failed)?;
        let socket = run.join("window.sock");
        let began = Instant::now();
        loop {
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(rustix::io::Errno::WOULDBLOCK) => {}
                Err(error) => return Err(failed(error.into())),
            }
            match raise(&socket) {
                Ok(()) => return Ok(Self::Second),
                // It is being closed, or opened: one of these in a moment.
                Err(_) if began.elapsed() < PATIENCE => {
                    // wait: until it has gone, or answers
                    std::thread::park_timeout(Duration::from_millis(50));
                }
                Err(error) => {
                    return Err(Failure::new(
                        Code::Busy,
                        format!("another window is open and doesn't answer: {error}"),
                    )
                    .hint("End that baton-gui, then start again"));
                }
            }
        }
        // Whoever left it behind is gone: we have the lock.
        match std::fs::remove_file(&socket) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        let (told, raises) = mpsc::channel(4);
        std::thread::Builder::new()
            .name("instance".into())
            .spawn(move || listen(&listener, &told))
            .map_err(failed)?;
        Ok(Self::First(First { _lock: lock, raises: Some(raises) }))
    }
}

fn raise(socket: &Path) -> std::io::Result<()> {
    let mut first = UnixStream::connect(socket)?;
    first.set_read_timeout(Some(PATIENCE))?;
    first.set_write_timeout(Some(PATIENCE))?;
    first.write_all(RAISE)?;
    let mut answer = [0; RAISED.len()];
    first.read_exact(&mut answer)?;
    if answer == *RAISED {
        Ok(())
    } else {
        Err(std::io::Error::new(ErrorKind::InvalidData, "it says something else"))
    }
}

/// Ends with the program.
fn listen(listener: &UnixListener, told: &mpsc::Sender<()>) {
    for stream in listener.incoming() {
        let answered = stream.and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            let mut asked = [0; RAISE.len()];
            stream.read_exact(&mut asked)?;
            if asked == *RAISE {
                match told.try_send(()) {
                    // Full: the window is being raised already.
                    Ok(()) | Err(mpsc::error::TrySendError::Full(())) => {
                        stream.write_all(RAISED)?
                    }
                    // The window is being closed: whoever asks waits for the lock.
                    Err(mpsc::error::TrySendError::Closed(())) => {}
                }
            }
            Ok(())
        });
        if let Err(error) = answered {
            tracing::info!("another start could not be answered: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_second_start_raises_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let Instance::First(mut first) = Instance::take(dir.path()).unwrap() else {
            panic!("the first is first")
        };
        assert!(matches!(Instance::take(dir.path()).unwrap(), Instance::Second));
        assert_eq!(first.raises.as_mut().unwrap().blocking_recv(), Some(()));
    }

    #[test]
    fn a_place_that_was_left_can_be_taken_again() {
        let dir = tempfile::tempdir().unwrap();
        drop(Instance::take(dir.path()).unwrap());
        assert!(matches!(Instance::take(dir.path()).unwrap(), Instance::First(_)));
    }
}
