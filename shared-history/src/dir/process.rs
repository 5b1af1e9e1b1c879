//! Which process holds a lock, and whether it lives: by number, place and start, so that another one with its number
//! isn't taken for it.

use std::io;
use std::os::unix::fs::MetadataExt as _;

/// A process, as a lock's `owner` names it: three lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    number: u32,
    /// The boot of its machine, and which of its processes see each other.
    place: String,
    start: String,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It is there.
    Lives,
    /// Its number is another one's.
    Ended,
    /// It isn't there, or only waits to be reaped, or is hidden from us.
    Unseen,
    /// Nobody can tell here: it is of before a restart, or in another container, or on another machine.
    Untold,
}

/// What stands where something can't be known.
const UNKNOWN: &str = "unknown";

impl Process {
    /// Names this process.
    pub fn current() -> io::Result<Self> {
        let number = std::process::id();
        let start = start(number).ok_or_else(|| io::Error::other("this process has no start"))?;
        Ok(Self { number, place: place(), start })
    }

    /// Reads what [`Process::text`] or a shell has written; `None` when it isn't all there.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split_terminator('\n').map(str::trim);
        let number = lines.next()?.split_whitespace().next()?.parse().ok()?;
        let (place, start) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        (!start.is_empty() && text.ends_with('\n')).then_some(Self { number, place, start })
    }

    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.number, self.place, self.start)
    }

    pub fn life(&self) -> Life {
        if self.place != place() || self.place == UNKNOWN || self.start == UNKNOWN {
            return Life::Untold;
        }
        match start(self.number) {
            Some(start) if start == self.start => Life::Lives,
            Some(_) => Life::Ended,
            None => Life::Unseen,
        }
    }
}

/// The boot of this machine, and the number of the namespace where processes see each other, if there is such a thing:
/// containers may share a disk. As `lock.sh` has it.
fn place() -> String {
    match std::fs::metadata("/proc/self/ns/pid") {
        Ok(namespace) => format!("{} {}", boot(), namespace.ino()),
        Err(_) => boot(),
    }
}

/// What names this boot of the machine.
#[cfg(target_os = "linux")]
fn boot() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    text.map_or_else(|_| UNKNOWN.to_owned(), |text| text.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn boot() -> String {
    ["kern.bootsessionuuid", "kern.boottime"]
        .iter()
        .find_map(|name| said("sysctl", &["-n", name]))
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

/// When a process was started, in whatever words the system has for it; `None` when it is gone.
#[cfg(target_os = "linux")]
fn start(number: u32) -> Option<String> {
    let stat = std::fs::read(format!("/proc/{number}/stat")).ok()?;
    // A process may call itself anything, but nothing behind the last parenthesis is its own choice: proc(5).
    let fields = &stat[memchr::memrchr(b')', &stat)? + 1..];
    let mut fields = std::str::from_utf8(fields).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    // The state is field 3 there, the start 22.
    if matches!(state, "Z" | "X") { None } else { fields.nth(18).map(str::to_owned) }
}

#[cfg(not(target_os = "linux"))]
fn start(number: u32) -> Option<String> {
    said("ps", &["-o", "lstart=", "-p", &number.to_string()])
}

/// What a program says in one line, trimmed; `None` when it says nothing.
#[cfg(not(target_os = "linux"))]
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_another_ones_number_is_not_it() {
        let own = Process::current().unwrap();
        assert_eq!(own.life(), Life::Lives);
        assert_eq!(Process::parse(&own.text()), Some(own.clone()));
        let with = |start: &str, place: &str| {
            Process { start: start.to_owned(), place: place.to_owned(), ..own.clone() }.life()
        };
        assert_eq!(with("1", &own.place), Life::Ended);
        assert_eq!(with("unknown", &own.place), Life::Untold);
        assert_eq!(with(&own.start, "another"), Life::Untold);
        // More than any system has.
        assert_eq!(Process { number: i32::MAX as u32, ..own.clone() }.life(), Life::Unseen);
        for half in ["", "12\n", "12\nboot\n", "12\nboot\nsta", "x\nboot\nstart\n"] {
            assert_eq!(Process::parse(half), None, "{half:?}");
        }
    }
}
