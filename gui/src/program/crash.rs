//! What a crash leaves: a file that says where, for whoever mends it. The store is written in transactions and needs nothing.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// From now on a panic leaves a report in `dir`, beside what it did before.
///
/// A report holds the panic's message, place and backtrace, the version and the time; its owner alone may read it, since a message may
/// quote what was worked on.
pub fn report_crashes(dir: PathBuf, version: &'static str) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let name = std::thread::current().name().unwrap_or("without a name").to_owned();
        let text = report(panic, version, &name, Timestamp::now(), &Backtrace::force_capture());
        match write(&dir, &text, Timestamp::now()) {
            Ok(file) => tracing::error!("a crash was written down in {}", file.display()),
            Err(error) => tracing::error!("a crash could not be written down: {error}\n{text}"),
        }
        before(panic);
    }));
}

fn report(
    panic: &PanicHookInfo<'_>,
    version: &str,
    thread: &str,
    at: Timestamp,
    trace: &Backtrace,
) -> String {
    let message = match panic.payload().downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => panic.payload().downcast_ref::<String>().cloned().unwrap_or_default(),
    };
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let mut text = String::new();
    // Writing to a String can't fail.
    writeln!(text, "baton-gui {version}, {at}\nthread {thread} at {place}\n{message}\n\n{trace}")
        .ok(); // See above.
    text
}

fn write(dir: &Path, text: &str, at: Timestamp) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    let file = dir.join(format!("crash-{}.txt", at.strftime("%Y%m%d-%H%M%S")));
    let mut made = OpenOptions::new().create(true).append(true).mode(0o600).open(&file)?;
    made.write_all(text.as_bytes())?;
    Ok(file)
}
