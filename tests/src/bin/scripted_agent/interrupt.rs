//! Ctrl-C for a process that was started with it ignored.

use std::{fs, io, thread};

use tokio::{runtime, signal::unix::SignalKind};

/// What a shell says of a program that SIGINT has ended (128 + 2).
const INTERRUPTED: i32 = 130;

/// Takes SIGINT when it was ignored at the start, and ends then.
///
/// A shell without job control ignores it for what it starts in the background. node resets that at its start
/// (`PlatformInit` in node.cc), so the real agents can be interrupted there; this one can, too.
pub(crate) fn take_ignored() -> io::Result<()> {
    if !is_ignored()? {
        return Ok(());
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _context = runtime.enter();
        tokio::signal::unix::signal(SignalKind::interrupt())?
    };
    let wait = move || {
        if runtime.block_on(signals.recv()).is_some() {
            #[expect(clippy::disallowed_methods, reason = "it ends here and now, as by a signal")]
            std::process::exit(INTERRUPTED);
        }
    };
    thread::Builder::new().name("interrupt".to_owned()).spawn(wait).map(drop)
}

/// Whether SIGINT, the second signal, is ignored: `SigIgn` of proc_pid_status(5), a bit each.
fn is_ignored() -> io::Result<bool> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    Ok(mask.is_some_and(|mask| mask & 0b10 != 0))
}
